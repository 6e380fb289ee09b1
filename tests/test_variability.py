"""How persons differ: correlated spreads, shapes, and occasions within a person."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import kstest

from openldn.engine import (
    Kernel,
    Model,
    SciPy,
    assemble,
    ev,
    parse_block,
    read_correlations,
    read_table,
    simulate,
)
from openldn.engine.occasions import Occasions, occasions
from openldn.engine.solving import Solver
from openldn.notation import DataError, InputError, read_toml
from openldn.population import draw, simulate_population, uniforms

TEXT = """
model one : a drug in one compartment
parameter KA [1/h]  : absorption
parameter CL [L/h]  : clearance
parameter V  [L]    : volume
parameter F  [1]    : share absorbed
parameter A0 [mg]   : amount at the start
parameter IDLE [1]  : in no equation
state gut [mg]
state A [mg] = A0
state seen [mg]
dose oral -> gut * F
dose iv -> A
C [mg/L] = A / V
d/dt(gut) = -KA * gut
d/dt(A) = KA * gut - CL * C
d/dt(seen) = CL * C * (1 + 0.5 * sin(t * 2 * pi / 1))
"""
TABLE = {
    "KA": '"1 1/h"', "CL": '"10 L/h"', "V": '"50 L"', "F": '"0.6 1"', "A0": '"0 mg"', "IDLE": '"1 1"',
}  # fmt: skip
RANGES = {"F": "[0.1, 1]"}
GUESS = 'basis = "assumed", why = "for a test"'


def build(folder: Path, extra: str = "", **fields: str) -> Model:
    """The model with further fields for its parameters, `extra` after the table."""
    lines = []
    for symbol, printed in TABLE.items():
        lines += [f"[{symbol}]", f"as_printed = {printed}", 'basis = "assumed"', 'why = "for a test"']
        lines += [f"range = {RANGES.get(symbol, '[0, 1000]')}", fields.get(symbol, "")]
    path = folder / "one.toml"
    path.write_text("\n".join([*lines, extra]), encoding="utf-8")
    file, text = read_toml(path), TEXT.replace("sin(t * 2 * pi / 1)", "sin(2 * pi * T_PER * t)")
    text = text.replace("state gut", "parameter T_PER [1/h] = 0.2 : once in five hours\nstate gut")
    block, entries = parse_block(text, file="one.model"), read_table(file, {})
    return assemble("one", {"one": block}.__getitem__, entries, read_correlations(file, entries, {}))


def cv(value: float) -> str:
    return f"spread = {{ cv = {value}, {GUESS} }}"


def block(of: str, pairs: str) -> str:
    return f'[correlation.b]\nof = {of}\npairs = {pairs}\nbasis = "assumed"\nwhy = "for a test"'


THREE = {"CL": cv(0.4), "V": cv(0.3), "KA": cv(0.7)}
MATRIX = block('["CL", "V", "KA"]', '[["CL", "V", 0.6], ["CL", "KA", -0.3], ["V", "KA", 0.2]]')


def test_correlations_are_recovered_and_spreads_kept(tmp_path: Path) -> None:
    drawn = draw(build(tmp_path, MATRIX, **THREE), 20_000, 11)
    z = {name: np.log(drawn[name]) for name in THREE}
    for a, b, r in (("CL", "V", 0.6), ("CL", "KA", -0.3), ("V", "KA", 0.2)):
        # four standard errors of a correlation at 20,000: (1 − r²)/√n
        assert np.corrcoef(z[a], z[b])[0, 1] == pytest.approx(r, abs=4 * (1 - r * r) / np.sqrt(20_000))
    for name, share in (("CL", 0.4), ("V", 0.3), ("KA", 0.7)):
        sigma = np.sqrt(np.log1p(share**2))
        # four standard errors of a standard deviation and of a median
        assert z[name].std() == pytest.approx(sigma, rel=4 / np.sqrt(2 * 20_000))
        assert np.median(z[name]) == pytest.approx(
            np.log(float(TABLE[name].strip('"').split()[0])), abs=4 * 1.2533 * sigma / np.sqrt(20_000)
        )


def test_a_parameter_added_at_the_end_of_a_block_or_outside_it_changes_nobody(tmp_path: Path) -> None:
    plain = draw(build(tmp_path, CL=cv(0.4), V=cv(0.3)), 300, 5)
    two = block('["CL", "V"]', '[["CL", "V", 0.6]]')
    pair = draw(build(tmp_path, two, CL=cv(0.4), V=cv(0.3)), 300, 5)
    three = draw(build(tmp_path, MATRIX, **THREE), 300, 5)
    assert np.array_equal(plain["CL"], pair["CL"]), "the first of a block is who they were"
    assert np.array_equal(pair["CL"], three["CL"])
    assert np.array_equal(pair["V"], three["V"])
    zero = block('["CL", "V"]', '[["CL", "V", 0]]')
    none = draw(build(tmp_path, zero, CL=cv(0.4), V=cv(0.3)), 300, 5)
    assert np.array_equal(none["V"], plain["V"]), "no correlation is no change"


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**60), st.integers(1, 40), st.integers(0, 90))
def test_a_correlated_person_is_the_same_in_any_part_of_any_population(
    seed: int, size: int, first: int
) -> None:
    model = CORRELATED[0]
    whole, part = draw(model, 130, seed), draw(model, size, seed, first=first)
    for name, values in part.items():
        assert np.array_equal(values, whole[name][first : first + size])


CORRELATED: list[Model] = []


@pytest.fixture(autouse=True, scope="module")
def _correlated(tmp_path_factory: pytest.TempPathFactory) -> None:
    CORRELATED.append(build(tmp_path_factory.mktemp("tables"), MATRIX, **THREE))


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (
            block('["CL", "V"]', '[["CL", "V", 1.2]]'),
            "correlation of CL and V is 1.2; it lies between -1 and 1",
        ),
        (
            block('["CL", "V", "KA"]', '[["CL", "V", 0.9], ["CL", "KA", 0.9], ["V", "KA", -0.5]]'),
            # by hand: 0.9 × −0.5 ± √((1 − 0.9²)(1 − 0.5²)); that of V and KA would have to move further, to 0.62
            "that of CL and KA, 0.9, may lie between -0.827 and -0.0725",
        ),
        (block('["CL", "Q"]', "[]"), '"Q" has no spread to correlate; choose one of: CL, KA, V'),
        (block('["CL", "F"]', "[]"), '"F" has no spread to correlate'),
        (block('["CL"]', "[]"), "names two parameters or more"),
        (block('["CL", "V"]', '[["CL", "KA", 0.1]]'), '"KA" is not in "of"'),
        (block('["CL", "V"]', '[["CL", 0.1]]'), "does not read; write it like"),
        (
            block('["CL", "V"]', "[]") + "\n" + block('["V", "KA"]', "[]").replace(".b]", ".c]"),
            '"V" is in the blocks "b" and "c"; join the two',
        ),
        (block('["CL", "V"]', "[]").replace('why = "for a test"', ""), "say from what, or why this guess"),
    ],
)
def test_correlations_that_no_population_can_have_are_refused(
    tmp_path: Path, extra: str, message: str
) -> None:
    with pytest.raises(DataError) as caught:
        build(tmp_path, extra, **THREE)
    assert message in str(caught.value)
    assert "one.toml" in str(caught.value)


def test_the_pair_that_a_matrix_is_refused_for_would_mend_it(tmp_path: Path) -> None:
    good = '[["CL", "V", 0.9], ["CL", "KA", -0.08], ["V", "KA", -0.5]]'
    assert build(tmp_path, block('["CL", "V", "KA"]', good), **THREE).correlations


def test_a_share_on_the_logit_stays_inside_its_range_about_its_median(tmp_path: Path) -> None:
    model = build(tmp_path, F=f"spread = {{ logit_sd = 1.5, {GUESS} }}")
    drawn = draw(model, 20_000, 2)["F"]
    assert np.all((drawn > 0.1) & (drawn < 1))
    place = (drawn - 0.1) / 0.9
    z = np.log(place / (1 - place))
    assert np.median(z) == pytest.approx(
        np.log(0.5 / 0.9 / (1 - 0.5 / 0.9)), abs=4 * 1.2533 * 1.5 / np.sqrt(2e4)
    )
    assert z.std() == pytest.approx(1.5, rel=4 / np.sqrt(4e4))


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (f"spread = {{ cv = 0.2, sd = 1, {GUESS} }}", 'one of "cv"'),
        (f"spread = {{ logit_sd = -1, {GUESS} }}", "above zero"),
        (f"occasion = {{ cv = 5, {GUESS} }}", "between 0 and 3"),
        (f"occasion = {{ {GUESS} }}", 'one of "cv"'),
    ],
)
def test_spreads_that_do_not_read_are_refused(tmp_path: Path, field: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        build(tmp_path, CL=field)


TIMES = np.arange(0.0, 49.0, 1.0)
DOSES = ev("10 mg", cmt="oral", ii=12, addl=3)


@pytest.mark.parametrize("solver", [SciPy(), Kernel()])
def test_a_run_cut_into_occasions_is_the_run(tmp_path: Path, solver: Solver) -> None:
    """Nothing changes at the cuts, which fall at doses, at samples and within an infusion; the clock runs on."""
    model = within(0.0, 1e-9, tmp_path)
    given = DOSES + ev("8 mg", cmt="iv", time=3, dur=6)
    values = {"CL": np.array([5.0, 10.0, 20.0])}
    whole = simulate(model, given, TIMES, ("C", "seen"), values, solver=solver)
    pieces = Occasions(np.array([[0.0, 5.0, 12.0, 13.7, 24.0]]), ("CL",))
    changed = pieces.added(given, model, values, 7, range(3))
    assert changed.records == 3 * (5 + given.records)
    cut = simulate(model, changed, TIMES, ("C", "seen"), values, solver=solver)
    # both within the tolerance of 1e-8 that each is solved to
    assert np.max(np.abs(cut.values - whole.values)) < 3e-7 * np.max(whole.values)


def test_an_occasion_has_its_own_clearance_and_its_parts_follow_in_closed_form(tmp_path: Path) -> None:
    model, times = within(0.0, 0.5, tmp_path), np.array([0.0, 1.0, 4.0, 6.0])
    pieces, who = Occasions(np.array([[0.0, 4.0]]), ("CL",)), range(3)
    first, second = (pieces.values(model, {}, k, 7, who)["CL"] for k in (0, 1))
    assert np.all(np.abs(first / second - 1) > 0.01)
    given = pieces.added(ev("10 mg", cmt="iv"), model, {}, 7, who)
    found = simulate(model, given, times, ("C",))
    for person, (a, b) in enumerate(zip(first, second, strict=True)):
        exact = 10 / 50 * np.exp(-np.array([a, 4 * a, 4 * a + 2 * b]) / 50)
        assert found.of("C")[person, 1:] == pytest.approx(exact, rel=1e-7)


def within(cv_between: float, cv_occasion: float, tmp_path: Path) -> Model:
    field = f"occasion = {{ cv = {cv_occasion}, {GUESS} }}"
    return build(tmp_path, CL=(cv(cv_between) + "\n" if cv_between else "") + field)


def test_occasions_move_a_person_about_their_own_value_by_the_cv_of_the_table(tmp_path: Path) -> None:
    model, n = within(0.4, 0.25, tmp_path), 4000
    pieces = occasions(model, DOSES, ("C",), "doses", end=48.0)
    assert pieces is not None
    assert pieces.edges.tolist() == [[0.0, 12.0, 24.0, 36.0]]
    base = draw(model, n, 8)
    logs = np.log([pieces.values(model, base, k, 8, range(n))["CL"] for k in range(4)])
    sigma = np.sqrt(np.log1p(0.25**2))
    # four standard errors: of a standard deviation over 3 n degrees of freedom, of a mean over 4 n
    assert np.sqrt(np.mean(logs.var(axis=0, ddof=1))) == pytest.approx(sigma, rel=4 / np.sqrt(2 * 3 * n))
    assert np.mean(logs - np.log(base["CL"])) == pytest.approx(0, abs=4 * sigma / np.sqrt(4 * n))
    between = np.log(base["CL"]).var(ddof=1)
    # within adds σ²/4 to the variance of persons' means; four standard errors of a variance
    assert logs.mean(axis=0).var(ddof=1) == pytest.approx(between + sigma**2 / 4, rel=4 * np.sqrt(2 / n))
    assert abs(np.corrcoef(logs[0] - np.log(base["CL"]), logs[1] - np.log(base["CL"]))[0, 1]) < 4 / np.sqrt(n)


def test_an_occasion_of_a_person_is_the_same_in_any_population_and_beside_any_other(tmp_path: Path) -> None:
    model = within(0.4, 0.25, tmp_path)
    pieces = occasions(model, DOSES, ("C",), "doses", end=48.0)
    assert pieces is not None
    whole = pieces.values(model, draw(model, 60, 3), 2, 3, range(60))["CL"]
    part = pieces.values(model, draw(model, 10, 3, first=20), 2, 3, range(20, 30))["CL"]
    assert np.array_equal(whole[20:30], part)
    few = occasions(model, DOSES, ("C",), [5.0, 6.0], end=48.0)
    assert few is not None
    assert np.array_equal(few.values(model, draw(model, 60, 3), 2, 3, range(60))["CL"], whole)


def test_occasions_widen_what_is_seen_and_none_leaves_it(tmp_path: Path) -> None:
    model = within(0.0, 0.5, tmp_path)
    with_them = simulate_population(model, DOSES, TIMES, ("C",), 200, 1)
    without = simulate_population(model, DOSES, TIMES, ("C",), 200, 1, when=())
    assert np.all(without.sd("C") == 0)
    assert with_them.sd("C")[30] > 0.1 * with_them.mean("C")[30]


@pytest.mark.parametrize(
    ("fields", "when", "message"),
    [
        ({"IDLE": "x"}, None, "variation of IDLE between occasions would do nothing: no equation uses it"),
        ({"A0": "x"}, "doses", "variation of A0 between occasions would do nothing: it only sets where"),
        ({}, "doses", "none has an `occasion`"),
        ({"CL": "x"}, [5.0, 4.0], "give increasing hours above 0"),
        ({"CL": "x"}, [0.0], "give increasing hours above 0"),
        ({"CL": "x"}, [100.0], "before the end of the run"),
        ({"CL": "x"}, "weeks", 'give "doses" or hours'),
        ({"CL": "x"}, "doses", "would change nothing in gut"),
    ],
)
def test_occasions_that_would_do_nothing_are_refused(
    tmp_path: Path, fields: dict[str, str], when: str | list[float] | None, message: str
) -> None:
    field = f"occasion = {{ sd = 0.1, {GUESS} }}"
    model = build(tmp_path, **dict.fromkeys(fields, field))
    outputs = ("gut",) if "gut" in message else ("C",)
    with pytest.raises(InputError, match=message):
        simulate_population(model, DOSES, TIMES, outputs, 3, 1, when=when)


def test_a_centre_that_cannot_vary_by_a_cv_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="A0 varies by a CV, so its centre must be above zero"):
        draw(build(tmp_path, A0=cv(0.3)), 5, 1)


def test_streams_of_occasions_and_parameters_are_unrelated() -> None:
    """Correlations of 1000 pairs under 200 seeds are normal with a variance of 1/1000."""
    for a, b in (("CL", "CL occasion 0"), ("CL occasion 0", "CL occasion 1")):
        z = [
            np.corrcoef(uniforms(s, a, 1000), uniforms(s, b, 1000))[0, 1] * np.sqrt(1000) for s in range(200)
        ]
        # the seeds are fixed; a chance of one in a thousand was all that chose them
        assert kstest(z, "norm").pvalue > 1e-3


def test_the_mean_of_a_cut_lognormal_is_that_of_its_density(tmp_path: Path) -> None:
    """A spread so wide that the range cuts it: the numbers are those of the density between the limits."""
    RANGES["KA"] = "[0.5, 1.5]"
    try:
        drawn = draw(build(tmp_path, KA=cv(0.7)), 20_000, 9)["KA"]
    finally:
        del RANGES["KA"]
    sigma = np.sqrt(np.log1p(0.7**2))

    def density(x: float) -> float:
        return float(np.exp(-0.5 * (np.log(x) / sigma) ** 2) / x)

    mass, moment = (quad(lambda x, p=p: x**p * density(x), 0.5, 1.5)[0] for p in (0, 1))
    # four standard errors of the mean
    assert drawn.mean() == pytest.approx(moment / mass, abs=4 * drawn.std() / np.sqrt(20_000))
