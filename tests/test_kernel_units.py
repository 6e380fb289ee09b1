"""The unit in which a model is written changes no digit: what a step may err has each state's own size."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from openldn.engine import Model, ev, parse_model
from openldn.engine.expressions import Call, Expression, Number, Symbol
from openldn.engine.kernels import Kind, Solved, run_kernel
from openldn.engine.kernels.graph import Graph
from openldn.engine.kernels.reach import sizes
from openldn.notation import InputError
from openldn.pharmacology import model as ldn
from openldn.population import draw
from plans import Step, dosing_plan, plan

NMOL = {"mol": 1e-9, "nmol": 1.0, "pmol": 1e3}
BINDING = """
model binding : a drug that is cleared by its target (TMDD)
parameter kel [1/h] = 0.05
parameter kon [L/{unit}/h] = {kon}
parameter koff [1/h] = 0.1
parameter kint [1/h] = 0.3
parameter kdeg [1/h] = 0.1
parameter first [{unit}/L] = {target}
state C [{unit}/L]
state R [{unit}/L] = first
state P [{unit}/L]
d/dt(C) = -kel * C - kon * C * R + koff * P
d/dt(R) = kdeg * (first - R) - kon * C * R + koff * P
d/dt(P) = kon * C * R - (koff + kint) * P
"""
TRACER = """
model tracer : so little that its elimination is saturable by no more than a part in a thousand
parameter VMAX [{unit}/h] = {vmax}
parameter KM [{unit}/L] = {km}
parameter V [L] = 40
parameter Q [L/h] = 9
parameter W [L] = 120
state A [{unit}]
state B [{unit}]
C [{unit}/L] = A / V
d/dt(A) = -VMAX * C / (KM + C) - Q * (C - B / W)
d/dt(B) = Q * (C - B / W)
"""
HOURS = (1.0, 4.0, 12.0, 24.0, 48.0, 100.0)
CHAIN = 20  # states that a dose goes through


def binding(unit: str, method: str, hours: tuple[float, ...] = HOURS) -> np.ndarray:
    """All states in nmol/L, shape (hours, 3), at 1e-6, after 100 nmol/L on a target of 10."""
    one = NMOL[unit]
    model = parse_model(BINDING.format(unit=unit, kon=1 / one, target=10 * one))
    steps = [Step(0, Kind.ADD, "C", 100 * one), *(Step(t, Kind.SAMPLE) for t in hours)]
    solved = run_kernel(model, plan([steps]), {}, ("C", "R", "P"), method=method, rtol=1e-6)
    assert not solved.failed.size
    return np.asarray(solved.values[0] / one)


@pytest.mark.parametrize("method", ["explicit", "implicit"])
def test_a_drug_bound_by_its_target_is_the_same_in_mol_and_in_pmol(method: str) -> None:
    """At 100 h what is left is 1e-12 of the dose: it may be anything that is no more than that."""

    def rates(t: float, y: np.ndarray) -> list[float]:
        c, r, p = y
        return [-0.05 * c - c * r + 0.1 * p, 0.1 * (10 - r) - c * r + 0.1 * p, c * r - 0.4 * p]

    oracle = solve_ivp(rates, (0, 100), [100, 10, 0], "LSODA", t_eval=HOURS, rtol=1e-12, atol=1e-20).y.T
    found = {unit: binding(unit, method) for unit in NMOL}
    for unit in ("mol", "pmol"):
        assert found[unit] == pytest.approx(found["nmol"], rel=1e-8, abs=1e-9), (
            unit
        )  # of numbers rounded otherwise
    # A relative error of 1e-6 a step, and 1e-11 of the largest for what has gone, which is 100.
    assert found["mol"] == pytest.approx(oracle, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("method", ["explicit", "implicit"])
def test_no_concentration_ends_below_nothing(method: str) -> None:
    late = binding("mol", method, tuple(np.linspace(0, 1000, 101)))
    assert late.min() > -1e-8  # of 100: what 1e-11 a step may leave after a thousand


def test_ten_picomoles_are_as_many_when_written_in_mol() -> None:
    """1.0 is what the elimination takes of what is there: a dose of 0.01 nmol is far below its half."""
    found = {}
    for unit, one in NMOL.items():
        model = parse_model(TRACER.format(unit=unit, vmax=200 * one, km=25 * one))
        steps = [Step(0, Kind.ADD, "A", 0.01 * one), *(Step(t, Kind.SAMPLE) for t in HOURS)]
        solved = run_kernel(model, plan([steps]), {}, ("C",), method="explicit", rtol=1e-6)
        found[unit] = solved.values[0, :, 0] / one

    def rates(t: float, y: np.ndarray) -> list[float]:
        c, out = y[0] / 40, 9 * (y[0] / 40 - y[1] / 120)
        return [-200 * c / (25 + c) - out, out]

    oracle = solve_ivp(rates, (0, 100), [0.01, 0], "DOP853", t_eval=HOURS, rtol=1e-12, atol=1e-22).y[0] / 40
    for unit in NMOL:
        assert found[unit] == pytest.approx(oracle, rel=1e-5), unit


def counted(model: Model, factors: dict[str, float]) -> Model:
    """The model with each state counted in a unit so many times smaller, and all else as it was."""

    def shown(expression: Expression) -> Expression:
        if isinstance(expression, Symbol) and expression.name in factors:
            return Call("/", (expression, Number(factors[expression.name])))
        if isinstance(expression, Call):
            return Call(expression.name, tuple(shown(a) for a in expression.arguments))
        return expression

    def times(name: str, expression: Expression) -> Expression:
        nothing = expression == Number(0.0)
        return expression if nothing else Call("*", (Number(factors[name]), expression))

    return replace(
        model,
        states=tuple(replace(s, expression=times(s.name, s.expression)) for s in model.states),
        assignments=tuple(replace(a, expression=shown(a.expression)) for a in model.assignments),
        rates={n: replace(r, expression=times(n, shown(r.expression))) for n, r in model.rates.items()},
    )


def course(model: Model, factors: dict[str, float], method: str, outputs: tuple[str, ...]) -> Solved:
    given = ev("4.5 mg", cmt="oral", ii=24, addl=1)
    when = dosing_plan(ldn(), given, [1.0, 6.0, 24.0, 30.0], outputs)
    each = np.array([factors.get(name, 1.0) for name in when.targets])
    when = replace(when, amounts=np.where(when.target >= 0, when.amounts * each[when.target], when.amounts))
    values = draw(ldn(), 3, 7)
    return run_kernel(model, when, values, outputs, method=method, rtol=1e-6)


def back(solved: Solved, factors: dict[str, float]) -> np.ndarray:
    """Outputs in the units of the model as it was; some of them are states."""
    return np.asarray(solved.values / [factors.get(name, 1.0) for name in solved.outputs])


OUTPUTS = ("C_N", "occ_mu_brain", "BE", "growth", "CRP")


@pytest.mark.parametrize("method", ["explicit", "implicit"])
def test_the_ldn_model_in_units_a_power_of_two_apart_is_the_same_to_the_last_bit(method: str) -> None:
    factors = {s.name: 2.0**-40 for s in ldn().states}
    plain = course(ldn(), {}, method, OUTPUTS)
    other = course(counted(ldn(), factors), factors, method, OUTPUTS)
    assert np.array_equal(other.steps, plain.steps)
    assert np.array_equal(back(other, factors), plain.values)


@pytest.mark.parametrize("method", ["explicit", "implicit"])
def test_the_ldn_model_in_units_of_all_sizes_has_the_same_digits(method: str) -> None:
    rng = np.random.default_rng(1)
    factors = {s.name: float(10 ** rng.uniform(-12, 12)) for s in ldn().states}
    plain = course(ldn(), {}, method, OUTPUTS)
    other = course(counted(ldn(), factors), factors, method, OUTPUTS)
    # Other rounding, and with it now and then another step: a hundredth of what a step may err.
    assert back(other, factors) == pytest.approx(plain.values, rel=1e-8)


@pytest.mark.parametrize("pace", [0.02, 2.0, 200.0])
@pytest.mark.parametrize(("method", "most", "error"), [("explicit", 150, 1e-6), ("implicit", 2000, 1e-5)])
def test_a_dose_through_twenty_empty_states_is_not_waited_for(
    pace: float, method: str, most: int, error: float
) -> None:
    """The last holds t²⁰ of it at first, of which no step from nothing has any digit; then Erlang's density."""
    chain = [f"d/dt(y{i}) = k * (y{i - 1} - y{i})" for i in range(1, CHAIN + 1)]
    states = [f"state y{i} [mg]" for i in range(CHAIN + 1)]
    text = ["model chain : transit", "parameter k [1/h] = 1", *states, "d/dt(y0) = -k * y0", *chain]
    turns = np.array([2.0, 8.0, 20.0, 40.0])
    steps = [Step(0, Kind.ADD, "y0", 100), *(Step(float(t), Kind.SAMPLE) for t in turns / pace)]
    found = run_kernel(
        parse_model("\n".join(text)), plan([steps]), {"k": pace}, (f"y{CHAIN}",), method=method, rtol=1e-6
    )
    exact = 100 * np.exp(-turns) * turns**CHAIN / math.factorial(CHAIN)
    assert found.values[0, :, 0] == pytest.approx(exact, rel=error)
    assert found.steps[0] + found.rejected[0] < most


def test_what_can_reach_a_state_is_a_sum_of_sizes() -> None:
    g = Graph()
    k, x, y = g.leaf("par"), g.leaf("state", 0), g.leaf("state", 1)
    loss = g.node("-", g.node("*", k, x), g.node("*", k, y))
    (found,) = sizes(g, [loss])
    size = g.node("abs", k)
    assert found == g.node("+", g.node("*", size, x), g.node("*", size, y))
    assert sizes(g, [g.node("sin", x)]) == (g.num(1.0),)
    assert sizes(g, [g.node("/", x, g.node("+", k, y))]) == (
        g.node("*", x, g.node("abs", g.node("rcp", g.node("+", k, y)))),
    )


def test_a_tolerance_of_nothing_is_refused() -> None:
    one = plan([[Step(0, Kind.SAMPLE)]])
    for wrong in ({"rtol": 0.0}, {"atol": 0.0}, {"rtol": math.nan}, {"atol": -1e-9}):
        with pytest.raises(InputError, match="shares above 0"):
            run_kernel(ldn(), one, {}, OUTPUTS, **wrong)
