"""The oracle against closed forms, against itself by another method, and against laws."""

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openldn.engine import Model, SciPy, assemble, ev, parse_block, solve, with_integrals
from openldn.engine import simulate as by_any_solver
from openldn.engine.events import nothing
from openldn.engine.linear import linear_rates
from openldn.engine.pruning import parameters_behind, silent_states
from openldn.notation import DataError, InputError, UnknownName
from openldn.proof.qualify.problems import error_of, problems
from openldn.proof.qualify.solvers import asked_at

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
SATURABLE = """
model saturable : Michaelis and Menten
parameter VMAX [{unit}/h] = {vmax}
parameter KM [{unit}/L] = {km}
parameter V [L] = 20
state A [{unit}]
dose iv [{unit}] -> A
C [{unit}/L] = A / V
d/dt(A) = -VMAX * C / (KM + C)
"""
# Error of the solver at its default tolerance of 1e-8, relative to the largest value of the curve, with
# room for errors that add up over steps.
CLOSE = 1e-7
ONE = ev(1, cmt="oral")
TWICE = ev(1, cmt="oral", ii=24, addl=1)
simulate = partial(by_any_solver, solver=SciPy())


def build(text: str) -> Model:
    block = parse_block(text, file="test.model")
    return assemble(block.name, {block.name: block}.__getitem__)


def bateman(t: np.ndarray, dose: float, ka: float = 1.1, cl: float = 5, v: float = 40) -> np.ndarray:
    k = cl / v
    return np.where(t > 0, dose * ka / (v * (ka - k)) * (np.exp(-k * t) - np.exp(-ka * t)), 0.0)


def test_one_dose_by_mouth_follows_bateman() -> None:
    t = np.linspace(0, 48, 97)
    found = simulate(build(ORAL), ONE, t, ("C",)).of("C")[0]
    expected = bateman(t, 1000)
    assert np.max(np.abs(found - expected)) < CLOSE * expected.max()


def test_repeated_doses_add_up() -> None:
    t = np.linspace(0, 96, 193)
    hours, mg = 12.0 * np.arange(7), 1.0 + np.arange(7)
    found = simulate(build(ORAL), ev(mg, cmt="oral", time=hours), t, ("C",)).of("C")[0]
    expected = sum(bateman(t - start, 1000 * amount) for start, amount in zip(hours, mg, strict=True))
    assert np.max(np.abs(found - expected)) < CLOSE * np.max(expected)


def test_an_infusion_rises_to_rate_over_clearance() -> None:
    t = np.array([6.0, 20.0, 30.0])
    found = simulate(build(ORAL), ev(20, cmt="iv", dur=20), t, ("C",)).of("C")[0]
    rise = 1000 / 5 * (1 - np.exp(-5 / 40 * np.array([6.0, 20.0, 20.0])))
    expected = rise * np.array([1, 1, math.exp(-5 / 40 * 10)])
    assert found == pytest.approx(expected, rel=CLOSE)


def test_the_value_at_the_time_of_a_dose_is_the_one_before_it() -> None:
    found = simulate(build(ORAL), ev(1, cmt="iv", ii=24, addl=1), [0.0, 24.0], ("C",)).of("C")[0]
    assert found[0] == 0
    assert found[1] == pytest.approx(25 * math.exp(-5 / 40 * 24), rel=CLOSE)


def test_the_integral_of_concentration_is_dose_over_clearance() -> None:
    m = with_integrals(build(ORAL), ("C",))
    found = simulate(m, ONE, [0.0, 400.0], ("integral_C",)).of("integral_C")[0, 1]
    assert found == pytest.approx(1000 / 5, rel=CLOSE)


@pytest.mark.parametrize("text", [ORAL, HILL], ids=["linear", "nonlinear"])
def test_two_methods_agree(text: str) -> None:
    t, given = np.linspace(0, 72, 145), ONE + ev([2, 3], cmt="iv", time=[24, 30], dur=[0, 6])
    a = simulate(build(text), given, t, ("C",)).of("C")
    b = simulate(build(text), given, t, ("C",), solver=SciPy("LSODA"), rtol=1e-9).of("C")
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
    t = np.linspace(0, 48, 13)
    together = simulate(build(text), TWICE, t, ("C",), {"CL": np.array(clearances)}).of("C")
    for i, clearance in enumerate(clearances):
        alone = simulate(build(text), TWICE, t, ("C",), {"CL": clearance}).of("C")[0]
        assert np.max(np.abs(together[i] - alone)) < CLOSE * np.max(alone)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.1, 100))
def test_doubling_every_rate_halves_every_time(scale: float) -> None:
    t = np.linspace(0.5, 10, 20)
    fast = {"KA": 1.1 * scale, "CL": 5 * scale}
    a = simulate(build(ORAL), ONE, t, ("C",)).of("C")
    b = simulate(build(ORAL), ONE, t / scale, ("C",), fast).of("C")
    assert np.max(np.abs(a - b)) < CLOSE * np.max(a)


def test_a_state_that_gets_nothing_is_left_out_and_brings_no_parameter() -> None:
    m = build(ORAL)
    assert silent_states(m, {"A"}) == {"gut"}
    assert parameters_behind(m, ("C",), ("iv",)) == {"CL", "V"}
    assert parameters_behind(m, ("C",), ("oral",)) == {"CL", "V", "KA"}


def test_error_falls_as_the_tolerance_does() -> None:
    t = np.linspace(1, 48, 48)
    runs = [simulate(build(ORAL), ONE, t, ("C",), rtol=r).of("C")[0] for r in (1e-4, 1e-7, 1e-10)]
    errors = [np.max(np.abs(run - bateman(t, 1000))) for run in runs]
    assert errors[0] > 10 * errors[1] > 100 * errors[2]


def lambert(t: np.ndarray, c0: float) -> np.ndarray:
    """C + KM ln C falls by VMAX t / V."""
    from scipy.special import lambertw

    return np.asarray(2 * np.real(lambertw(c0 / 2 * np.exp((c0 - 10 * t / 20) / 2))))


@pytest.mark.parametrize("method", ["DOP853", "LSODA"])
def test_a_sample_between_two_steps_errs_no_more_than_the_steps(method: str) -> None:
    model = build(SATURABLE.format(unit="mg", vmax=10, km=2))
    t = np.linspace(0.05, 24, 480)
    found = simulate(model, ev(100), t, ("C",), solver=SciPy(method)).of("C")[0]
    # 1e-8 a step: DOP853 takes a dozen; LSODA some hundred, and judges them less strictly
    assert np.max(np.abs(found / lambert(t, 5) - 1)) < {"DOP853": 3e-8, "LSODA": 1e-6}[method]


@pytest.mark.parametrize("method", ["DOP853", "LSODA"])
def test_a_trace_is_the_same_in_mol_and_in_pmol(method: str) -> None:
    t = np.array([1.0, 6.0, 24.0, 48.0])
    for unit, one in (("mol", 1e-12), ("nmol", 1e-3), ("pmol", 1.0)):
        model = build(SATURABLE.format(unit=unit, vmax=10 * one, km=2 * one))
        found = simulate(model, ev(100 * one), t, ("C",), solver=SciPy(method)).of("C")[0]
        assert found / one == pytest.approx(lambert(t, 5), rel=1e-6), unit


@pytest.mark.parametrize("method", ["DOP853", "LSODA"])
@pytest.mark.parametrize("pace", [0.02, 200.0])
def test_a_dose_through_twenty_empty_states_has_its_digits(pace: float, method: str) -> None:
    """The last holds t²⁰ of it at first, of which no step from nothing has any digit; then Erlang's density."""
    text = [
        "model chain",
        "parameter k [1/h] = 1",
        *(f"state y{i} [mg]" for i in range(21)),
        "d/dt(y0) = -k * y0",
    ]
    text += [f"d/dt(y{i}) = k * (y{i - 1} - y{i})" for i in range(1, 21)]
    turns = np.array([2.0, 8.0, 20.0, 40.0])
    found = simulate(
        build("\n".join(text)), ev(100, cmt="y0"), turns / pace, ("y20",), {"k": pace}, solver=SciPy(method)
    )
    exact = 100 * np.exp(-turns) * turns**20 / math.factorial(20)
    assert found.of("y20")[0] == pytest.approx(exact, rel=1e-6)  # 1e-8 a step


@pytest.mark.parametrize("name", sorted(problems()))
def test_textbook_problems_come_to_the_end_states_that_are_printed(name: str) -> None:
    problem = problems()[name]
    solver, rtol = SciPy("LSODA" if problem.stiff else "DOP853"), problem.rtol
    # LSODA judges its steps less strictly
    rtol = rtol / 100 if problem.stiff else rtol
    run = solve(
        problem.model,
        asked_at([0, problem.until]),
        {},
        tuple(problem.end),
        solver,
        rtol=rtol,
        atol=problem.atol,
    )
    assert error_of(problem, run.values[0, 1]) < problem.tolerance


def test_a_value_that_leaves_the_numbers_is_reported_with_the_person() -> None:
    text = ORAL.replace("- CL * C", "+ CL * C * C * C / half / half").replace(
        "state gut", "parameter half [ug/L] = 1\nstate gut"
    )
    run = simulate(build(text), ev(100, cmt="iv"), [0.0, 500.0], ("C",), {"CL": np.array([0.0, 5.0])})
    assert list(run.reasons) == [1]
    assert '"A" changes by' in str(run.reasons[1])
    assert run.of("C")[0].tolist() == [0, 2500]
    assert np.isnan(run.of("C")[1, 1])


def test_requests_that_make_no_sense_are_refused() -> None:
    m, t = build(ORAL), np.array([0.0, 1.0])
    with pytest.raises(DataError, match='did you mean "oral"'):
        simulate(m, ev(1, cmt="orall"), t, ("C",))
    with pytest.raises(UnknownName):
        simulate(m, ONE, t, ("D",))
    with pytest.raises(UnknownName):
        simulate(m, ONE, t, ("C",), {"KAA": 1.0})
    with pytest.raises(UnknownName):
        SciPy("RK4")
    with pytest.raises(InputError):
        simulate(m, ONE, np.array([1.0, 0.0]), ("C",))
    with pytest.raises(InputError):
        simulate(m, ONE, t, ("C",), {"CL": np.ones(3), "KA": np.ones(2)})
    with pytest.raises(InputError, match="too many to hold"):
        simulate(m, ONE, np.linspace(0, 1, 10_000), ("C",), {"CL": np.ones(50_000)})
    with pytest.raises(InputError, match="threads is 4, but SciPy runs on one"):
        simulate(m, ONE, t, ("C",), threads=4)
    with pytest.raises(InputError, match="lies between 0 and 1"):
        simulate(m, nothing(), t, ("C",), rtol=0)
