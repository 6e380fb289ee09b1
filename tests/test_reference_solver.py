"""The reference solver against closed forms, against itself by another method, and against laws."""

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openldn.engine import Dose, Model, assemble, parse_block, with_integrals
from openldn.engine import simulate as by_any_solver
from openldn.engine.linear import linear_rates
from openldn.engine.pruning import parameters_behind, silent_states
from openldn.notation import InputError, SolveError, UnknownName

ORAL = """
model oral : one compartment with absorption
parameter KA [1/h] = 1.1
parameter CL [L/h] = 5
parameter V [L] = 40
state gut [ug]
state A [ug]
dose oral -> gut
dose iv -> A
C [ug/L] = A / V
d/dt(gut) = -KA * gut
d/dt(A) = KA * gut - CL * C
"""
HILL = ORAL.replace("- CL * C", "- CL * C * (C / (C + half))").replace(
    "state gut", "parameter half [ug/L] = 3\nstate gut"
)
# Error of the solver at its default tolerance of 1e-8, relative to the largest value of the curve, with
# room for its interpolation between steps.
CLOSE = 1e-7
simulate = partial(by_any_solver, solver="reference")


def build(text: str) -> Model:
    block = parse_block(text, file="test.model")
    return assemble(block.name, {block.name: block}.__getitem__)


def bateman(t: np.ndarray, dose: float, ka: float = 1.1, cl: float = 5, v: float = 40) -> np.ndarray:
    k = cl / v
    return np.where(t > 0, dose * ka / (v * (ka - k)) * (np.exp(-k * t) - np.exp(-ka * t)), 0.0)


def test_one_dose_by_mouth_follows_bateman() -> None:
    t = np.linspace(0, 48, 97)
    found = simulate(build(ORAL), [Dose(0, 1, "oral")], t, ("C",)).of("C")[0]
    expected = bateman(t, 1000)
    assert np.max(np.abs(found - expected)) < CLOSE * expected.max()


def test_repeated_doses_add_up() -> None:
    t = np.linspace(0, 96, 193)
    given = [Dose(12.0 * i, 1 + i, "oral") for i in range(7)]
    found = simulate(build(ORAL), given, t, ("C",)).of("C")[0]
    expected = sum(bateman(t - d.time_h, 1000 * d.amount_mg) for d in given)
    assert np.max(np.abs(found - expected)) < CLOSE * np.max(expected)


def test_an_infusion_rises_to_rate_over_clearance() -> None:
    t = np.array([6.0, 20.0, 30.0])
    found = simulate(build(ORAL), [Dose(0, 20, "iv", 20)], t, ("C",)).of("C")[0]
    rise = 1000 / 5 * (1 - np.exp(-5 / 40 * np.array([6.0, 20.0, 20.0])))
    expected = rise * np.array([1, 1, math.exp(-5 / 40 * 10)])
    assert found == pytest.approx(expected, rel=CLOSE)


def test_the_value_at_the_time_of_a_dose_is_the_one_before_it() -> None:
    found = simulate(build(ORAL), [Dose(0, 1, "iv"), Dose(24, 1, "iv")], np.array([0.0, 24.0]), ("C",)).of(
        "C"
    )[0]
    assert found[0] == 0
    assert found[1] == pytest.approx(25 * math.exp(-5 / 40 * 24), rel=CLOSE)


def test_the_integral_of_concentration_is_dose_over_clearance() -> None:
    m = with_integrals(build(ORAL), ("C",))
    found = simulate(m, [Dose(0, 1, "oral")], np.array([0.0, 400.0]), ("integral_C",)).of("integral_C")[0, 1]
    assert found == pytest.approx(1000 / 5, rel=CLOSE)


@pytest.mark.parametrize("text", [ORAL, HILL], ids=["linear", "nonlinear"])
def test_two_methods_agree(text: str) -> None:
    t, given = np.linspace(0, 72, 145), [Dose(0, 1, "oral"), Dose(24, 2, "iv"), Dose(30, 3, "iv", 6)]
    a = simulate(build(text), given, t, ("C",), method="DOP853").of("C")
    b = simulate(build(text), given, t, ("C",), method="LSODA", rtol=1e-9, atol=1e-11).of("C")
    assert np.max(np.abs(a - b)) < CLOSE * np.max(a)


def test_linear_rates_are_found_where_they_are_and_only_there() -> None:
    values = {"KA": 1.1, "CL": 5.0, "V": 40.0}
    matrix, offset, curved = linear_rates(build(ORAL), values, ["gut", "A"], 1)
    assert curved == ()
    assert np.allclose(matrix, [[[-1.1, 0], [1.1, -5 / 40]]])
    assert not np.any(offset)
    assert linear_rates(build(HILL), {**values, "half": 3.0}, ["gut", "A"], 1)[2] == ("A",)


def test_a_rate_that_depends_on_time_is_not_linear() -> None:
    text = ORAL.replace("-KA * gut", "-KA * gut * (1 + t / slow)").replace(
        "state gut", "parameter slow [h] = 9\nstate gut"
    )
    assert linear_rates(build(text), {"KA": 1.1, "CL": 5.0, "V": 40.0, "slow": 9.0}, ["gut", "A"], 1)[2] == (
        "gut",
    )


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0.5, 20), min_size=2, max_size=6), st.sampled_from([ORAL, HILL]))
def test_a_person_does_not_depend_on_the_neighbours(clearances: list[float], text: str) -> None:
    t, given = np.linspace(0, 48, 13), [Dose(0, 1, "oral"), Dose(24, 1, "oral")]
    together = simulate(build(text), given, t, ("C",), {"CL": np.array(clearances)}).of("C")
    for i, clearance in enumerate(clearances):
        alone = simulate(build(text), given, t, ("C",), {"CL": clearance}).of("C")[0]
        assert np.max(np.abs(together[i] - alone)) < CLOSE * np.max(alone)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.1, 100))
def test_doubling_every_rate_halves_every_time(scale: float) -> None:
    t = np.linspace(0.5, 10, 20)
    fast = {"KA": 1.1 * scale, "CL": 5 * scale}
    a = simulate(build(ORAL), [Dose(0, 1, "oral")], t, ("C",)).of("C")
    b = simulate(build(ORAL), [Dose(0, 1, "oral")], t / scale, ("C",), fast).of("C")
    assert np.max(np.abs(a - b)) < CLOSE * np.max(a)


def test_a_state_that_gets_nothing_is_left_out_and_brings_no_parameter() -> None:
    m = build(ORAL)
    assert silent_states(m, {"A"}) == {"gut"}
    assert parameters_behind(m, ("C",), ("iv",)) == {"CL", "V"}
    assert parameters_behind(m, ("C",), ("oral",)) == {"CL", "V", "KA"}


def test_error_falls_as_the_tolerance_does() -> None:
    t = np.linspace(1, 48, 48)
    m, given = build(ORAL), [Dose(0, 1, "oral")]
    runs = [simulate(m, given, t, ("C",), rtol=r, atol=r / 100).of("C")[0] for r in (1e-4, 1e-7, 1e-10)]
    errors = [np.max(np.abs(run - bateman(t, 1000))) for run in runs]
    assert errors[0] > 10 * errors[1] > 100 * errors[2]


def test_a_value_that_leaves_the_numbers_is_reported_with_the_person() -> None:
    text = ORAL.replace("- CL * C", "+ CL * C * C * C / half / half").replace(
        "state gut", "parameter half [ug/L] = 1\nstate gut"
    )
    with pytest.raises(SolveError, match="person 0 could not be solved"):
        simulate(build(text), [Dose(0, 100, "iv")], np.array([0.0, 500.0]), ("C",))


def test_requests_that_make_no_sense_are_refused() -> None:
    m, dose, t = build(ORAL), [Dose(0, 1, "oral")], np.array([0.0, 1.0])
    with pytest.raises(UnknownName, match='did you mean "oral"'):
        simulate(m, [Dose(0, 1, "orall")], t, ("C",))
    with pytest.raises(UnknownName):
        simulate(m, dose, t, ("D",))
    with pytest.raises(UnknownName):
        simulate(m, dose, t, ("C",), {"KAA": 1.0})
    with pytest.raises(UnknownName):
        simulate(m, dose, t, ("C",), method="RK4")
    with pytest.raises(InputError):
        simulate(m, dose, np.array([1.0, 0.0]), ("C",))
    with pytest.raises(InputError):
        simulate(m, dose, t, ("C",), {"CL": np.ones(3), "KA": np.ones(2)})
    with pytest.raises(InputError, match="too many to hold"):
        simulate(m, dose, np.linspace(0, 1, 10_000), ("C",), {"CL": np.ones(50_000)})
