"""The implicit method: derivatives, elimination, known stiff problems, and when it is chosen."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openldn.engine import Model, assemble, ev, parse_block, parse_model, simulate
from openldn.engine.events import nothing
from openldn.engine.kernels import Kind, Solved, run_kernel
from openldn.engine.kernels.derivative import by_time, jacobian
from openldn.engine.kernels.elimination import eliminate
from openldn.engine.kernels.graph import Graph
from openldn.engine.kernels.program import program
from openldn.engine.tape import OPERATIONS
from openldn.notation import UnknownName
from openldn.pharmacology import model as ldn
from openldn.population import draw
from plans import Step, dosing_plan, plan

ROBERTSON = """
model robertson : three reactions, eleven powers of ten apart
parameter a [1/h] = 0.04
parameter b [1/h] = 1e4
parameter c [1/h] = 3e7
state x [1] = 1
state y [1]
state z [1]
d/dt(x) = -a * x + b * y * z
d/dt(y) = a * x - b * y * z - c * y ^ 2
d/dt(z) = c * y ^ 2
"""
EVERYTHING = """
model everything : every function of the language
parameter k [1/h] = 1
parameter p [1] = 1.7
parameter w [1/h] = 0.3
state x [1] = 0.7
state y [1] = 1.3
d/dt(x) = k * (tanh(x * y) + exp(-x) * log(1 + y) + sqrt(1 + x * x) - abs(x - 2) + sin(w * t) * x / (1 + y))
d/dt(y) = k * (min(x, y) ^ 2 - max(x * y, 0.2) + (1 + x) ^ p - x ^ y + cos(w * t + x) * y - y ^ 3)
"""


def build(text: str) -> Model:
    block = parse_block(text, file="test.model")
    return assemble(block.name, {block.name: block}.__getitem__)


def evaluated(
    graph: Graph, nodes: list[int], t: float, states: np.ndarray, parameters: np.ndarray
) -> np.ndarray:
    """The nodes' values by NumPy, for one person."""
    known: dict[int, float] = {}
    for node in graph.behind(nodes):
        name, *rest = graph.nodes[node]
        parts = [known[a] for a in graph.arguments(node)]
        if name in ("num", "par", "state", "t"):
            known[node] = (
                {"num": rest[0], "par": parameters, "state": states, "t": t}[name]
                if name in ("num", "t")
                else (parameters if name == "par" else states)[int(rest[0])]
            )
        elif name == "rcp":
            known[node] = 1 / parts[0]
        elif name == "above":
            known[node] = float(parts[0] > parts[1])
        else:
            known[node] = float(OPERATIONS[str(name)](*parts))
    return np.array([known[node] for node in nodes])


def test_every_derivative_agrees_with_differences() -> None:
    found = program(build(EVERYTHING), ["x", "y"], ())
    graph, rates = found.graph, list(found.rates)
    parameters = np.array(
        [{"k": 1.0, "p": 1.7, "w": 0.3}.get(name, 1.0) for name in found.parameters]
    )  # or zones
    entries, times = jacobian(graph, rates, 2), by_time(graph, rates)
    y, t, d = np.array([0.7, 1.3]), 2.0, 1e-6
    for (i, j), node in entries.items():
        step = d * np.eye(2)[j]
        above, below = (evaluated(graph, [rates[i]], t, y + s * step, parameters)[0] for s in (1, -1))
        # Central differences err by d² and by rounding over d.
        assert evaluated(graph, [node], t, y, parameters)[0] == pytest.approx(
            (above - below) / (2 * d), rel=1e-7
        )
    for i, node in times.items():
        after, before = (evaluated(graph, [rates[i]], t + s * d, y, parameters)[0] for s in (1, -1))
        assert evaluated(graph, [node], t, y, parameters)[0] == pytest.approx(
            (after - before) / (2 * d), rel=1e-6
        )
    assert len(entries) == 4
    assert len(times) == 2


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 9), st.integers(0, 1000), st.floats(0.1, 0.9))
def test_elimination_knows_beforehand_every_entry_that_is_filled(
    size: int, seed: int, density: float
) -> None:
    rng = np.random.default_rng(seed)
    pattern = rng.random((size, size)) < density
    matrix = np.where(pattern, rng.normal(size=(size, size)), 0) + size * np.eye(size)
    found = eliminate(size, map(tuple, np.argwhere(pattern)))
    left, x = matrix.copy(), rng.normal(size=size)
    for pivot in found.order:
        for i in found.rows[pivot]:
            left[i, pivot] /= left[pivot, pivot]
            for j in found.columns[pivot]:
                left[i, j] -= left[i, pivot] * left[pivot, j]
    assert {tuple(e) for e in np.argwhere(left != 0)} <= set(found.slots)
    b = matrix @ x
    for pivot in found.order:
        for i in found.rows[pivot]:
            b[i] -= left[i, pivot] * b[pivot]
    for pivot in reversed(found.order):
        b[pivot] = (b[pivot] - sum(left[pivot, j] * b[j] for j in found.columns[pivot])) / left[pivot, pivot]
    assert np.allclose(b, x, rtol=1e-8, atol=1e-8)


def robertson(rtol: float, method: str = "implicit") -> Solved:
    steps = [Step(t, Kind.SAMPLE) for t in (0.4, 40.0, 4000.0)]
    return run_kernel(
        build(ROBERTSON), plan([steps]), {}, ("x", "y", "z"), method=method, rtol=rtol, atol=rtol * 1e-6
    )


def test_three_reactions_follow_a_solver_of_another_make() -> None:
    from scipy.integrate import solve_ivp

    def rates(t: float, u: np.ndarray) -> list[float]:
        x, y, z = u
        return [-0.04 * x + 1e4 * y * z, 0.04 * x - 1e4 * y * z - 3e7 * y * y, 3e7 * y * y]

    oracle = solve_ivp(
        rates, (0, 4000), [1, 0, 0], "Radau", t_eval=[0.4, 40, 4000], rtol=1e-10, atol=1e-14
    ).y.T
    errors = [np.max(np.abs(robertson(rtol).values[0] / oracle - 1)) for rtol in (1e-4, 1e-6, 1e-8)]
    assert errors[0] < 1e-3
    assert errors[2] < 1e-7
    assert errors[0] > errors[1] > errors[2]
    assert robertson(1e-8).steps[0] < 3000
    assert robertson(1e-8).values[0].sum(axis=1) == pytest.approx(1, abs=1e-12)  # nothing is lost


def test_stiff_equations_come_to_the_implicit_method_by_themselves() -> None:
    by_itself, asked = robertson(1e-6, "auto"), robertson(1e-6)
    assert np.array_equal(by_itself.values, asked.values)
    assert robertson(1e-6, "explicit").steps[0] > 100 * asked.steps[0]


@settings(max_examples=3, deadline=None)
@given(st.integers(0, 1000))
def test_both_methods_agree_on_the_ldn_model(seed: int) -> None:
    times = np.array([1.0, 6.0, 24.0, 30.0])
    events = dosing_plan(ldn(), ev(4.5, cmt="oral", ii=24, addl=1), times)
    outputs, values = ("C_N", "occ_mu_brain", "B_mu", "BE", "TNF"), draw(ldn(), 3, seed)
    a, b = (
        run_kernel(ldn(), events, values, outputs, method=m, rtol=1e-8, atol=1e-10)
        for m in ("explicit", "implicit")
    )
    scale = np.max(np.abs(a.values), axis=(0, 1))
    assert np.max(np.abs(a.values - b.values) / scale) < 1e-6  # order 4, with errors that add up


def test_neighbours_change_no_bit_of_an_implicit_solution() -> None:
    slow = {"a": np.array([0.04, 0.02, 0.08, 0.05, 0.04])}
    steps = plan([[Step(t, Kind.SAMPLE) for t in (1.0, 100.0)]])
    together = run_kernel(build(ROBERTSON), steps, slow, ("y",), method="implicit").values
    for i in range(5):
        alone = run_kernel(build(ROBERTSON), steps, {"a": slow["a"][i : i + 1]}, ("y",), method="implicit")
        assert np.array_equal(alone.values[0], together[i])


def test_a_method_that_is_not_there_is_refused() -> None:
    with pytest.raises(UnknownName, match="method"):
        robertson(1e-6, "magic")


def test_a_person_whose_jacobian_fails_is_still_solved_by_explicit_steps() -> None:
    """q empties like a tank, (1 − t/2)², and has no derivative of its rate where it is empty; w turns very fast."""
    model = parse_model(
        "model tank : emptying beside an oscillator\nparameter A [1/h] = 1\nparameter W [1/h] = 300\n"
        "state q [1] = 1\nstate x [1] = 1\nstate y [1] = 0\n"
        "d/dt(q) = -A * sqrt(max(q, 0))\nd/dt(x) = -W * y\nd/dt(y) = W * x\n"
    )
    times = np.array([1.0, 5.0, 40.0])
    found = simulate(model, nothing(), times, ("q", "x"), rtol=1e-8)
    assert found.of("q")[0] == pytest.approx([0.25, 0, 0], abs=1e-7)
    assert found.of("x")[0] == pytest.approx(np.cos(300 * times), abs=1e-3)  # 1e-8 a step for 20,000 steps
