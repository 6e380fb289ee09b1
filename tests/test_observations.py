"""Lines `observe`: residual error of every common kind, and what an observation is not."""

import numpy as np
import pytest

from openldn.engine import Model, parse_model, simulate
from openldn.engine.events import nothing
from openldn.engine.observations import lower_limit, needs, observed
from openldn.engine.pruning import needed_states
from openldn.notation import InputError, ModelTextError, UnknownName

HEAD = """
model assayed
parameter CL [L/h] = 5
parameter V [L] = 50
parameter S [1] = 0.1
parameter ADD [ug/L] = 2
parameter LLOQ [ug/L] = 0.5
state A [ug] = 10000 ug
C [ug/L] = A / V
d/dt(A) = -CL * C
"""


def build(*lines: str) -> Model:
    return parse_model(HEAD + "\n".join(lines) + "\n")


ERRORS = build(
    "observe PROP [ug/L] = C * (1 + S * noise) : proportional",
    "observe ADDED [ug/L] = C + ADD * noise lloq LLOQ",
    "observe BOTH [ug/L] = C * (1 + S * noise) + ADD * noise2 lloq 0.25 ug/L : proportional: and additive",
    "observe LOGN [ug/L] = C * exp(S * noise)",
    "observe SCORE [1] = if(C + ADD * noise > 100 ug/L, 1, 0)",
)


def test_a_line_says_what_is_printed_and_from_what() -> None:
    both = ERRORS.observations["BOTH"]
    assert (both.unit, both.meaning, both.line) == ("ug/L", "proportional: and additive", 13)
    assert needs(both) == ("C", "S", "ADD")
    assert needs(ERRORS.observations["ADDED"]) == ("C", "ADD", "LLOQ")
    assert list(ERRORS.observations) == ["PROP", "ADDED", "BOTH", "LOGN", "SCORE"]


def test_residual_error_follows_its_formula_for_every_person_and_record() -> None:
    times = np.array([0.0, 10.0, 30.0])
    run = simulate(ERRORS, nothing(), times, ("C",), {"V": np.array([50.0, 100.0])})
    rng = np.random.default_rng(1)
    e1, e2 = rng.standard_normal((2, 3)), rng.standard_normal((2, 3))
    known = {"C": run.of("C"), "S": np.array([[0.1], [0.2]]), "ADD": 2.0, "LLOQ": 0.5}
    c, s = run.of("C"), np.array([[0.1], [0.2]])
    expected = {
        "PROP": c * (1 + s * e1), "ADDED": c + 2 * e1, "BOTH": c * (1 + s * e1) + 2 * e2, "LOGN": c * np.exp(s * e1),
        "SCORE": (c + 2 * e1 > 100).astype(float),
    }  # fmt: skip
    for name, values in expected.items():
        assert np.allclose(observed(ERRORS, name, known, e1, e2), values, rtol=1e-14)  # a few roundings
    assert np.array_equal(observed(ERRORS, "BOTH", known), c)


def test_the_spread_of_what_is_observed_is_that_of_the_error() -> None:
    n = 40_000
    e1, e2 = np.random.default_rng(7).standard_normal((2, n))
    found = observed(ERRORS, "BOTH", {"C": 30.0, "S": 0.1, "ADD": 4.0}, e1, e2)
    assert found.shape == (n,)
    sd = np.hypot(3, 4)  # of two independent errors
    assert np.mean(found) == pytest.approx(30, abs=4 * sd / np.sqrt(n))  # four standard errors
    assert np.std(found) == pytest.approx(sd, rel=4 / np.sqrt(2 * n))


def test_a_limit_of_quantification_has_the_unit_of_its_line() -> None:
    assert lower_limit(ERRORS, "PROP", {}) is None
    assert lower_limit(ERRORS, "BOTH", {}) == 0.25
    found = lower_limit(ERRORS, "ADDED", {"LLOQ": np.array([0.5, 1.0])})
    assert found is not None
    assert found.tolist() == [0.5, 1.0]
    # "lloq" is a word only where an expression ends, so it may be a name too
    model = build("parameter lloq [ug/L] = 3", "observe DV [ug/L] = C + (lloq * noise) lloq lloq * S")
    assert needs(model.observations["DV"]) == ("C", "lloq", "S")


def test_what_is_not_given_is_asked_for() -> None:
    with pytest.raises(InputError, match='observation "BOTH" needs S, ADD'):
        observed(ERRORS, "BOTH", {"C": 1.0}, 0.0)
    with pytest.raises(UnknownName, match=r'observation "PROPP".*did you mean "PROP"'):
        observed(ERRORS, "PROPP", {}, 0.0)


def test_the_log_of_what_is_negative_is_no_number_and_no_warning() -> None:
    model = build("observe DV [1] = log(C / ADD + noise)")
    assert np.isnan(observed(model, "DV", {"C": 1.0, "ADD": 1.0}, -3.0))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("observe DV [ug/L] = C * (1 + S * nois)", '"nois" is not defined'),
        ("observe DV [mg/L] = C * (1 + S * noise)", "off by a factor of 0.001"),
        ("observe DV [ug/L] = C + S * noise", r'second part of "\+" is a plain number, not in mg/L'),
        ("observe DV [ug/L] = C lloq S", "DV: the right side is a plain number, not in mg/L"),
        ("observe DV [ug/L] = C lloq C", '"C" cannot stand here'),
        (
            "observe DV [ug/L] = C lloq ADD * noise",
            '"noise" stands only in the expression of a line "observe"',
        ),
        ("observe DV [ug/L] = C lloq ADD lloq ADD", "does not read"),
        ("observe DV [ug/L] = lloq ADD", '"ADD" is one too many'),
        ("observe DV [ug/L] = C lloq", "does not read"),
        ("observe DV = C", "does not read"),
        ("observe C [ug/L] = A / V", '"C" is defined twice'),
        ("observe noise [1] = 1", "reserved"),
        ("parameter noise2 [1] = 1", "reserved"),
        ("D [1] = C / ADD + noise", '"noise" stands only in the expression of a line "observe"'),
        (
            "observe DV [ug/L] = C\nD [ug/L] = DV",
            '"DV" is an observation, which nothing hangs on; use what it is made of',
        ),
        ("observe DV [ug/L] = C\nobserve D2 [ug/L] = DV", '"DV" is an observation'),
        ("observe DV [ug/L] = C\nwhen DV > ADD : A = 0", '"DV" is an observation'),
        ("observe DV [ug/L] = C\nwhen C > ADD : DV = 0", '"DV" is no state and no parameter'),
    ],
)
def test_an_observation_that_does_not_fit_is_refused(line: str, says: str) -> None:
    with pytest.raises(ModelTextError, match=says):
        build(line)


def test_an_observation_is_no_output_and_changes_no_other() -> None:
    assert needed_states(ERRORS, ["C"]) == {"A"}
    with pytest.raises(UnknownName, match="output"):
        ERRORS.unit_of("PROP")
    assert build("observe W [1] = if(tad > 5 h, noise, 0)").uses_tad
