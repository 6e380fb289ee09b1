"""States solved by modes: exact where theory says so, the same as without, and left alone where they fail."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openldn.engine import Dose, Model, assemble, parse_block, simulate
from openldn.engine.kernels import Kind, Solved, Step, plan, run_kernel
from openldn.engine.kernels.graph import Graph
from openldn.engine.kernels.modes import linear_states
from openldn.engine.kernels.program import program

TWO = """
model two : two compartments, a depot, and an effect that follows them in a crooked way
parameter KA [1/h] = 1.3
parameter CL [L/h] = 8
parameter V [L] = 30
parameter Q [L/h] = 12
parameter W [L] = 90
parameter half [ug/L] = 4
parameter pace [1/h] = 0.4
parameter unused [1] = 1
state gut [ug]
state A [ug] = start
parameter start [ug] = 0
state B [ug]
state effect [1]
state gone [ug]
dose oral -> gut
dose iv -> A
C [ug/L] = A / V
d/dt(gut) = -KA * gut
d/dt(A) = KA * gut - (CL + Q) * C + Q * B / W
d/dt(B) = Q * (C - B / W)
d/dt(effect) = pace * (C ^ 2 / (C ^ 2 + half ^ 2) - effect)
d/dt(gone) = CL * C * unused
"""
OUTPUTS = ("gut", "A", "B", "effect", "gone")
TIGHT = {"rtol": 1e-10, "atol": 1e-11}
# Both ways of solving run at 1e-10; a few steps' errors of the integrated states add up.
SAME = 1e-8


def build(text: str = TWO) -> Model:
    block = parse_block(text, file="test.model")
    return assemble(block.name, {block.name: block}.__getitem__)


def both_ways(steps: list[Step], values: dict[str, np.ndarray]) -> tuple[Solved, Solved]:
    """By modes, and without: an event on a parameter rules them out."""
    by_modes = run_kernel(build(), plan([steps]), values, OUTPUTS, **TIGHT)
    without = run_kernel(
        build(), plan([[Step(0, Kind.PARAMETER, "unused", 1), *steps]]), values, OUTPUTS, **TIGHT
    )
    return by_modes, without


def split(model: Model, dosed: tuple[str, ...] = ("gut",)) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found = program(model, [s.name for s in model.states], (), dosed=dosed)
    return found.states[: found.free], found.states[found.free :]


def test_the_linear_part_that_doses_reach_is_found_and_what_only_gathers_is_left_out() -> None:
    assert split(build()) == (("effect", "gone"), ("gut", "A", "B"))
    assert split(build(), ()) == (("gut", "A", "B", "effect", "gone"), ())


def test_an_equation_that_depends_on_time_or_bends_is_not_linear() -> None:
    bends = build(TWO.replace("KA * gut - (CL", "KA * gut * half / (half + C) - (CL"))
    assert split(bends)[1] == ()
    in_time = build(TWO.replace("d/dt(B) = Q * (C", "d/dt(B) = Q * cos(pace * t) * (C"))
    assert split(in_time)[1] == ()


def test_states_that_exchange_stand_in_one_group_after_what_feeds_them() -> None:
    graph = Graph()
    k, states = graph.leaf("par"), [graph.leaf("state", i) for i in range(3)]
    loss = [graph.node("neg", graph.node("*", k, state)) for state in states]
    rates = [
        graph.node("+", loss[0], states[2]),
        loss[1],
        graph.node("+", loss[2], graph.node("+", states[0], states[1])),
    ]
    assert linear_states(graph, rates).groups == ((1,), (0, 2))


@settings(max_examples=12, deadline=None)
@given(
    times=st.lists(st.floats(0, 40), min_size=1, max_size=4),
    kinds=st.lists(st.sampled_from(["gut", "A", "flow", "set", "reset"]), min_size=4, max_size=4),
    clearances=st.lists(st.floats(0.5, 60), min_size=1, max_size=5),
)
def test_with_and_without_modes_the_same_comes_out(
    times: list[float], kinds: list[str], clearances: list[float]
) -> None:
    made = {
        "gut": lambda t: [Step(t, Kind.ADD, "gut", 300)],
        "A": lambda t: [Step(t, Kind.ADD, "A", 200)],
        "flow": lambda t: [Step(t, Kind.FLOW, "A", 40), Step(t + 5, Kind.FLOW, "A", -40)],
        "set": lambda t: [Step(t, Kind.SET, "B", 77)],
        "reset": lambda t: [Step(t, Kind.RESET)],
    }
    steps = [step for t, kind in zip(times, kinds, strict=False) for step in made[kind](t)]
    steps += [Step(float(t), Kind.SAMPLE) for t in np.linspace(0, 60, 13)]
    steps.sort(key=lambda step: step.time_h)
    one, two = both_ways(steps, {"CL": np.array(clearances), "start": np.array(30.0)})
    assert not one.failed.size
    assert not two.failed.size
    scale = np.nanmax(np.abs(two.values), axis=(0, 1)) + 1e-6
    assert np.max(np.abs(one.values - two.values) / scale) < SAME


def test_persons_with_equal_rates_are_solved_without_modes_and_change_nobody() -> None:
    absorption = np.array([1.3, 0.1, 0.9])
    equal = build(
        TWO.replace("Q * (C - B / W)", "-KA * B").replace("+ Q * B / W", "").replace("(CL + Q) * C", "CL * C")
    )
    values = {"KA": absorption, "CL": np.array([3.0, 3.0, 27.0])}  # the second and third: KA = CL / V
    doses, t = [Dose(0, 1, "oral"), Dose(24, 1, "oral")], np.linspace(0, 48, 9)
    found = simulate(equal, doses, t, ("A", "effect"), values, solver="kernel", **TIGHT)
    k = values["KA"][1]
    assert found.of("A")[1, 1] == pytest.approx(1000 * k * t[1] * np.exp(-k * t[1]), rel=1e-8)
    oracle = simulate(equal, doses, t, ("A", "effect"), values, rtol=1e-10, atol=1e-10)
    assert np.max(np.abs(found.values - oracle.values)) < 1e-6
    for i in range(3):
        alone = simulate(
            equal,
            doses,
            t,
            ("A", "effect"),
            {n: v[i : i + 1] for n, v in values.items()},
            solver="kernel",
            **TIGHT,
        )
        assert np.array_equal(alone.values[0], found.values[i])


def test_a_model_of_linear_states_alone_is_solved() -> None:
    gone = ("state effect", "state gone", "d/dt(effect)", "d/dt(gone)")
    linear = build("\n".join(line for line in TWO.splitlines() if not line.startswith(gone)))
    t = np.linspace(0, 30, 7)
    found = simulate(linear, [Dose(0, 1, "oral")], t, ("C", "B"), solver="kernel", **TIGHT)
    oracle = simulate(linear, [Dose(0, 1, "oral")], t, ("C", "B"), rtol=1e-11, atol=1e-11)
    assert np.max(np.abs(found.values - oracle.values)) < 1e-7


LINEAR = "\n".join(
    line
    for line in TWO.splitlines()
    if not line.startswith(("state effect", "state gone", "d/dt(effect)", "d/dt(gone)"))
)
DAY = 24.0


def test_where_all_is_linear_nothing_is_integrated() -> None:
    """From one dose to the next in one stride, however many samples lie between, and each exact."""
    t = np.arange(0, 85 * DAY, 1.0)
    steps = [Step(DAY * k, Kind.ADD, "gut", 300) for k in range(84)] + [
        Step(float(h), Kind.SAMPLE) for h in t
    ]
    steps.sort(key=lambda step: step.time_h)
    clearances = np.array([3.0, 8.0, 21.0])
    found = run_kernel(build(LINEAR), plan([steps]), {"CL": clearances}, ("A",), rtol=1e-3)
    assert found.steps.tolist() == [84] * 3
    # Each dose leaves a sum of exponentials behind it; one that is taken at a sample's time is taken after it.
    for person, CL in enumerate(clearances):
        rates, vectors = np.linalg.eig(
            np.array([[-1.3, 0, 0], [1.3, -(CL + 12) / 30, 12 / 90], [0, 12 / 30, -12 / 90]])
        )
        share = np.linalg.solve(vectors, [300.0, 0, 0])
        past = t[:, None] - DAY * np.arange(84)
        one = np.exp(np.maximum(past, 0)[:, :, None] * rates) @ (vectors[1] * share)
        expected = np.where((past > 0) & (DAY * np.arange(84) < t[:, None]), one, 0).sum(axis=1)
        # A dose at the very time of a sample stands before it in `steps`, and is in the gut all the same.
        assert found.values[person, :, 0] == pytest.approx(expected, rel=1e-11, abs=1e-11)


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.floats(0, 40), min_size=1, max_size=5),
    st.lists(st.sampled_from(["gut", "A", "flow", "set", "reset"]), min_size=5, max_size=5),
    st.floats(0.5, 60),
)
def test_without_integration_events_do_what_they_do_with_it(
    times: list[float], kinds: list[str], clearance: float
) -> None:
    """A change to 1 of what is 1 already has all integrated."""
    made = {
        "gut": lambda t: [Step(t, Kind.ADD, "gut", 300)],
        "A": lambda t: [Step(t, Kind.ADD, "A", 200)],
        "flow": lambda t: [Step(t, Kind.FLOW, "A", 40), Step(t + 5, Kind.FLOW, "A", -40)],
        "set": lambda t: [Step(t, Kind.SET, "B", 77)],
        "reset": lambda t: [Step(t, Kind.RESET)],
    }
    steps = [step for t, kind in zip(times, kinds, strict=False) for step in made[kind](t)]
    steps += [Step(float(t), Kind.SAMPLE) for t in np.linspace(0, 60, 13)]
    steps.sort(key=lambda step: step.time_h)
    values = {"CL": np.array(clearance), "start": np.array(30.0)}
    one = run_kernel(build(LINEAR), plan([steps]), values, ("gut", "A", "B"), **TIGHT)
    two = run_kernel(build(LINEAR), plan([steps]), values, ("gut", "A", "B"), method="implicit", **TIGHT)
    assert one.steps[0] <= 12 + 2 * len(times)
    scale = np.nanmax(np.abs(two.values), axis=(0, 1)) + 1e-6
    # The implicit method is of order 4 and takes many steps, whose errors of 1e-10 add up.
    assert np.max(np.abs(one.values - two.values) / scale) < 1e-7


@pytest.mark.parametrize("near", [0.0, 1e-12, 1e-9, 1e-7, 1e-4, -1e-6])
def test_absorption_as_fast_as_elimination_is_no_different_from_nearly_as_fast(near: float) -> None:
    """k t e^(-k t): where the modes are none, or the difference of two that are nearly one, it is integrated."""
    text = "model one : by mouth\nparameter KA [1/h] = 1\nparameter k [1/h] = 0.3\nstate gut [mg]\nstate A [mg]\n"
    model = build(text + "d/dt(gut) = -KA * gut\nd/dt(A) = KA * gut - k * A\n")
    t = np.array([0.5, 3.0, 11.0, 40.0])
    steps = [Step(0, Kind.ADD, "gut", 100), *(Step(float(h), Kind.SAMPLE) for h in t)]
    found = run_kernel(model, plan([steps]), {"KA": 0.3 * (1 + near)}, ("A",), **TIGHT).values[0, :, 0]
    with mpmath.workdps(40):
        ka, k = mpmath.mpf(0.3 * (1 + near)), mpmath.mpf(0.3)
        same = [100 * k * h * mpmath.exp(-k * h) for h in t]
        other = [
            100 * ka / (ka - k) * (mpmath.exp(-k * h) - mpmath.exp(-ka * h)) if ka != k else 0 for h in t
        ]
        exact = np.array([float(v) for v in (same if ka == k else other)])
    # Modes enlarge rounding by up to a million; integration errs by 1e-10 a step.
    assert found == pytest.approx(exact, rel=1e-9)


def test_what_grows_gathers_or_turns_is_integrated() -> None:
    """e^t, which no stretch may take at once; a state without a loss; cos t."""
    growth = build("model growth : of itself\nparameter g [1/h] = 1\nstate x [1] = 1\nd/dt(x) = g * x\n")
    found = run_kernel(growth, plan([[Step(3, Kind.SAMPLE)]]), {"g": np.array([1.0, -1.0])}, ("x",), **TIGHT)
    assert found.values[:, 0, 0] == pytest.approx(np.exp([3.0, -3.0]), rel=1e-9)
    assert found.steps[0] > found.steps[1] == 1
    gathers = build(
        "model gathers : what has left\nparameter k [1/h] = 1\nstate x [1] = 1\nstate y [1]\n"
        "d/dt(x) = -k * x\nd/dt(y) = k * x\n"
    )
    steps = plan([[Step(3, Kind.SAMPLE), Step(500, Kind.SAMPLE)]])
    assert run_kernel(gathers, steps, {}, ("y",), **TIGHT).values[0, :, 0] == pytest.approx(
        [1 - np.exp(-3), 1], rel=1e-9
    )
    turns = build(
        "model turns : round\nparameter w [1/h] = 1\nstate x [1] = 1\nstate y [1]\nd/dt(x) = -w * y - 0 * w * x\n"
        "d/dt(y) = w * x\n"
    )
    assert run_kernel(turns, steps, {}, ("x",), **TIGHT).values[0, :, 0] == pytest.approx(
        np.cos([3, 500]), abs=1e-7
    )


def test_a_dose_that_is_no_number_is_told() -> None:
    steps = [Step(0, Kind.SAMPLE), Step(1, Kind.ADD, "gut", float("nan")), Step(2, Kind.SAMPLE)]
    found = run_kernel(build(LINEAR), plan([steps]), {}, ("A",))
    assert found.failed.tolist() == [0]
    assert "not finite" in found.reason(0)
    assert found.values[0, 0, 0] == 0


def test_a_steady_infusion_comes_to_its_rate_over_clearance() -> None:
    steps = [Step(0, Kind.ADD, "gut", 5), Step(0, Kind.FLOW, "A", 80), Step(2000, Kind.SAMPLE)]
    found = run_kernel(build(), plan([steps]), {"CL": np.array([4.0, 8.0, 16.0])}, ("C",)).values[:, 0, 0]
    assert found == pytest.approx(80 / np.array([4.0, 8.0, 16.0]), rel=1e-9)
