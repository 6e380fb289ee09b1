"""States solved by modes: exact where theory says so, the same as without, and left alone where they fail."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openldn.engine import Model, SciPy, assemble, ev, parse_block, simulate
from openldn.engine.kernels import Kind, Solved, run_kernel
from openldn.engine.kernels.epochs import find_epochs
from openldn.engine.kernels.graph import Graph
from openldn.engine.kernels.modes import linear_states
from openldn.engine.kernels.program import program
from plans import Step, plan

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
# The same to the last bit, but for the engine, which sees a rate that depends on time.
INTEGRATED = TWO.replace("-KA * gut", "-KA * gut * cos(calm * t)") + "parameter calm [1/h] = 0\n"
OUTPUTS = ("gut", "A", "B", "effect", "gone")
TIGHT = {"rtol": 1e-10, "atol": 1e-11}
# Both ways of solving run at 1e-10; a few steps' errors of the integrated states add up.
SAME = 1e-8


def build(text: str = TWO) -> Model:
    block = parse_block(text, file="test.model")
    return assemble(block.name, {block.name: block}.__getitem__)


def both_ways(steps: list[Step], values: dict[str, np.ndarray]) -> tuple[Solved, Solved]:
    """By modes, and without."""
    ways = (run_kernel(build(text), plan([steps]), values, OUTPUTS, **TIGHT) for text in (TWO, INTEGRATED))
    return next(ways), next(ways)


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
    doses, t = ev(1, cmt="oral", ii=24, addl=1), np.linspace(0, 48, 9)
    found = simulate(equal, doses, t, ("A", "effect"), values, **TIGHT)
    k = values["KA"][1]
    assert found.of("A")[1, 1] == pytest.approx(1000 * k * t[1] * np.exp(-k * t[1]), rel=1e-8)
    oracle = simulate(equal, doses, t, ("A", "effect"), values, rtol=1e-10, solver=SciPy())
    assert np.max(np.abs(found.values - oracle.values)) < 1e-6
    for i in range(3):
        alone = simulate(
            equal,
            doses,
            t,
            ("A", "effect"),
            {n: v[i : i + 1] for n, v in values.items()},
            **TIGHT,
        )
        assert np.array_equal(alone.values[0], found.values[i])


def test_a_model_of_linear_states_alone_is_solved() -> None:
    gone = ("state effect", "state gone", "d/dt(effect)", "d/dt(gone)")
    linear = build("\n".join(line for line in TWO.splitlines() if not line.startswith(gone)))
    t = np.linspace(0, 30, 7)
    found = simulate(linear, ev(1, cmt="oral"), t, ("C", "B"), **TIGHT)
    oracle = simulate(linear, ev(1, cmt="oral"), t, ("C", "B"), rtol=1e-11, solver=SciPy())
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
    two = run_kernel(build(INTEGRATED), plan([steps]), values, ("gut", "A", "B"), **TIGHT)
    assert one.steps[0] <= 12 + 2 * len(times)
    scale = np.nanmax(np.abs(two.values), axis=(0, 1)) + 1e-6
    assert np.max(np.abs(one.values - two.values) / scale) < SAME


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


def changing(seed: int) -> list[Step]:
    """Four doses, an infusion, and parameters that change at any time, two of them at once."""
    rng = np.random.default_rng(seed)
    steps = [Step(float(t), Kind.SAMPLE) for t in np.linspace(0, 100, 21)]
    steps += [Step(DAY * k, Kind.ADD, "gut", 300) for k in range(4)]
    steps += [Step(30, Kind.FLOW, "A", 40), Step(47, Kind.FLOW, "A", -40)]
    for t in rng.uniform(0, 90, rng.integers(0, 6)):
        steps += [
            Step(float(t), Kind.PARAMETER, "CL", float(rng.uniform(3, 20))),
            Step(float(t), Kind.PARAMETER, "V", float(rng.uniform(20, 50))),
            Step(float(t), Kind.PARAMETER, "half", float(rng.uniform(2, 6))),
        ]
    if seed % 3 == 0:
        steps += [Step(55, Kind.RESET), Step(60, Kind.PARAMETER, "KA", 0.7)]
    if seed % 4 == 0:
        steps += [Step(24, Kind.PARAMETER, "Q", 3), Step(70, Kind.SET, "B", 40)]
    return sorted(steps, key=lambda step: step.time_h)


@pytest.mark.parametrize("outputs", [("gut", "A", "B"), OUTPUTS])
def test_parameters_that_change_take_the_modes_with_them(outputs: tuple[str, ...]) -> None:
    plans, exchange = [changing(seed) for seed in range(24)], np.random.default_rng(1).uniform(5, 20, 24)
    values = {"Q": exchange, "start": np.array(30.0)}
    by_modes, without = (
        run_kernel(build(text), plan(plans, range(24)), values, outputs, **TIGHT)
        for text in (TWO, INTEGRATED)
    )
    assert not by_modes.failed.size
    scale = np.max(np.abs(without.values), axis=(0, 1))
    assert np.max(np.abs(by_modes.values - without.values) / scale) < SAME
    if outputs != OUTPUTS:  # from event to event
        assert by_modes.steps.max() < 20 < without.steps.min()
    for i in (0, 5, 23):
        alone = run_kernel(build(), plan([plans[i]]), {**values, "Q": exchange[i : i + 1]}, outputs, **TIGHT)
        assert np.array_equal(alone.values[0], by_modes.values[i])


def test_rows_of_modes_are_never_too_many_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    plans, values = plan([changing(s) for s in range(24)], range(24)), {"Q": np.linspace(5, 20, 24)}
    whole = run_kernel(build(), plans, values, OUTPUTS)
    monkeypatch.setattr("openldn.engine.kernels.run._ROWS", 7)
    assert np.array_equal(run_kernel(build(), plans, values, OUTPUTS).values, whole.values)


def test_a_person_whose_modes_fail_in_one_stretch_is_integrated_in_all() -> None:
    """From 10 h on, KA is CL / V: what is in A then falls as t e^(-kt) does."""
    text = "model one : by mouth\nparameter KA [1/h] = 1\nparameter k [1/h] = 0.3\nstate gut [mg]\nstate A [mg]\n"
    model = build(text + "d/dt(gut) = -KA * gut\nd/dt(A) = KA * gut - k * A\n")
    steps = [
        Step(0, Kind.ADD, "A", 50), Step(10, Kind.PARAMETER, "KA", 0.3), Step(10, Kind.ADD, "gut", 100),
        Step(14, Kind.SAMPLE),
    ]  # fmt: skip
    found = run_kernel(model, plan([steps]), {"k": np.array([0.3, 0.2])}, ("A",), **TIGHT)
    other = 50 * np.exp(-0.2 * 14) + 100 * 0.3 / (0.3 - 0.2) * (np.exp(-0.2 * 4) - np.exp(-0.3 * 4))
    equal = 50 * np.exp(-0.3 * 14) + 100 * 0.3 * 4 * np.exp(-0.3 * 4)
    assert found.values[:, 0, 0] == pytest.approx([equal, other], rel=1e-9)
    assert found.steps[0] > found.steps[1] == 2


def test_each_change_has_its_row_and_others_have_none() -> None:
    plans = [
        [Step(0, Kind.SAMPLE), Step(1, Kind.PARAMETER, "half", 2), Step(2, Kind.PARAMETER, "CL", 5)],
        [],
        [
            Step(1, Kind.PARAMETER, "V", 20), Step(1, Kind.PARAMETER, "CL", 6), Step(2, Kind.ADD, "gut", 1),
            Step(3, Kind.PARAMETER, "V", 21),
        ],
    ]  # fmt: skip
    found = program(build(), ["gut", "A", "B", "effect"], (), dosed=("gut",))
    epochs = find_epochs(found, plan(plans))
    assert epochs is not None
    assert epochs.row.tolist() == [-1, -1, 1, -1, 1, -1, 2]
    assert epochs.offsets.tolist() == [0, 2, 3, 6]
    numbers = {name: i for i, name in enumerate(found.parameters)}
    assert np.array_equal(epochs.values[numbers["CL"]], [np.nan, 5, np.nan, np.nan, 6, 6], equal_nan=True)
    assert np.array_equal(epochs.values[numbers["V"]], [np.nan] * 4 + [20, 21], equal_nan=True)
    rows, first = epochs.rows_of(np.array([2, 0, 2]))
    assert rows.tolist() == [3, 4, 5, 0, 1, 3, 4, 5]
    assert first.tolist() == [0, 3, 5]


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
