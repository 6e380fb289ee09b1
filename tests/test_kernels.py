"""Kernels against the reference solver, closed forms and laws, and against themselves in other company."""

import math
import multiprocessing
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import lambertw

from openldn.engine import Model, SciPy, assemble, ev, parse_block, simulate, with_integrals
from openldn.engine.events import nothing, stacked
from openldn.engine.kernels import Kind, Status, run_kernel, width
from openldn.engine.kernels.machine import host
from openldn.engine.kernels.width import WIDTHS
from openldn.notation import InputError, SolveError, UnknownName
from openldn.pharmacology import model as ldn
from openldn.population import draw
from plans import Step, dosing_plan, plan

ORAL = """
model oral : one compartment with absorption
parameter KA [1/h] = 1.1
parameter CL [L/h] = 5
parameter V [L] = 40
parameter share [1] = 0.5
state gut [ug]
state A [ug]
state out [ug]
dose oral -> gut * share
dose iv -> A
C [ug/L] = A / V
d/dt(gut) = -KA * gut
d/dt(A) = KA * gut - CL * C
d/dt(out) = CL * C
"""
BURST = """
model burst : grows without bound where g is above zero
parameter g [1/h] = 0
state x [1] = 1
d/dt(x) = g * x * x
"""
HILL = """
model hill : an effect by a power that is not whole
parameter K [1/h] = 0.2
parameter HALF [ug] = 30
parameter G [1] = 1.7
state A [ug] = A0
parameter A0 [ug] = 1
state E [1]
d/dt(A) = -K * A
d/dt(E) = K * ((A / HALF) ^ G / (1 + (A / HALF) ^ G) - E)
"""
CIRCLE = """
model circle : the angle turns by the square of the radius
parameter W [1/h] = 1
state x [1] = 1
state y [1]
d/dt(x) = -W * y * (x * x + y * y)
d/dt(y) = W * x * (x * x + y * y)
"""
TIGHT = {"rtol": 1e-10, "atol": 1e-11}
# Both solvers run at 1e-9 or below; what they may differ by leaves room for errors that add up over days.
AGREE = 1e-7


def build(text: str) -> Model:
    block = parse_block(text, file="test.model")
    return assemble(block.name, {block.name: block}.__getitem__)


def bateman(t: np.ndarray, dose: float, ka: float = 1.1, cl: float = 5, v: float = 40) -> np.ndarray:
    k = cl / v
    return dose * ka / (v * (ka - k)) * (np.exp(-k * t) - np.exp(-ka * t))


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    dose=st.floats(0.5, 50),
    every=st.sampled_from([6.0, 12.0, 24.0]),
    route=st.sampled_from(["oral", "nasal", "im_depot", "iv"]),
)
def test_persons_of_the_ldn_model_agree_with_the_reference_solver(
    seed: int, dose: float, every: float, route: str
) -> None:
    model, times = ldn(), np.linspace(0, 72, 25)
    doses = ev(f"{dose} mg", cmt=route, ii=every, addl=3)
    outputs = ("C_N", "C_6", "occ_mu_brain", "occ_delta_periphery", "B_mu", "BE", "growth", "CRP")
    values = draw(model, 3, seed)
    mine = simulate(model, doses, times, outputs, values, rtol=1e-9)
    oracle = simulate(model, doses, times, outputs, values, rtol=1e-9, solver=SciPy())
    for name in outputs:
        scale = np.max(np.abs(oracle.of(name)))
        assert np.max(np.abs(mine.of(name) - oracle.of(name))) <= AGREE * scale, name


def test_one_dose_by_mouth_follows_bateman() -> None:
    t = np.linspace(0, 48, 97)
    found = simulate(build(ORAL), ev(2, cmt="oral"), t, ("C",), **TIGHT).of("C")[0]
    assert np.max(np.abs(found - bateman(t, 1000))) < 1e-8 * found.max()


def test_an_infusion_rises_to_rate_over_clearance_and_falls_after_it() -> None:
    t = np.array([0.0, 6.0, 20.0, 30.0])
    found = simulate(build(ORAL), ev(20, cmt="iv", dur=20), t, ("C",), **TIGHT).of("C")[0]
    rise = 1000 / 5 * (1 - np.exp(-5 / 40 * np.array([0.0, 6.0, 20.0, 20.0])))
    assert found == pytest.approx(rise * np.array([1, 1, 1, math.exp(-5 / 40 * 10)]), rel=1e-8)


def test_the_value_at_the_time_of_a_dose_is_the_one_before_it() -> None:
    t, doses = np.array([0.0, 24.0]), ev(1, cmt="iv", ii=24, addl=1)
    found = simulate(build(ORAL), doses, t, ("C",), **TIGHT).of("C")[0]
    assert found[0] == 0
    assert found[1] == pytest.approx(25 * math.exp(-5 / 40 * 24), rel=1e-8)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 60), st.floats(0.1, 20)), min_size=1, max_size=5))
def test_what_went_in_is_in_the_body_or_has_left_it(given_doses: list[tuple[float, float]]) -> None:
    hours, mg = zip(*given_doses, strict=True)
    found = simulate(build(ORAL), ev(mg, time=hours, cmt="iv"), np.array([0.0, 72.0]), ("A", "out"))
    total = 1000 * sum(mg)
    # Sums are kept exactly by a linear method, but for rounding.
    assert found.of("A")[0, 1] + found.of("out")[0, 1] == pytest.approx(total, rel=1e-12)


def test_the_integral_of_concentration_is_dose_over_clearance() -> None:
    m = with_integrals(build(ORAL), ("C",))
    found = simulate(m, ev(2, cmt="oral"), np.array([0.0, 400.0]), ("integral_C",), **TIGHT)
    assert found.of("integral_C")[0, 1] == pytest.approx(1000 / 5, rel=1e-8)


@pytest.mark.parametrize("method", ["explicit", "implicit"])
def test_error_falls_as_the_tolerance_does(method: str) -> None:
    """Round a circle, faster where it is wider: on that of radius 1 for five turns. Errors add up with the steps."""
    times = np.linspace(1, 31, 11)
    steps, errors = [Step(float(t), Kind.SAMPLE) for t in times], []
    for exponent in range(3, 12):
        found = run_kernel(build(CIRCLE), plan([steps]), {}, ("x",), method=method, rtol=10.0**-exponent)
        errors.append(np.max(np.abs(found.values[0, :, 0] - np.cos(times))))
    assert all(error < 100 * 10.0**-exponent for exponent, error in enumerate(errors, 3))
    assert np.polyfit(range(3, 12), np.log10(errors), 1)[0] < -0.8  # nearly in proportion


@pytest.fixture(scope="module")
def crowd() -> dict[str, np.ndarray]:
    return draw(ldn(), 37, 5)


def cohort(values: dict[str, np.ndarray], **options: object) -> np.ndarray:
    events = dosing_plan(ldn(), ev("4.5 mg", cmt="oral", ii=24, addl=2), np.linspace(0, 96, 13))
    return run_kernel(ldn(), events, values, ("C_N", "B_mu", "BE"), rtol=1e-6, atol=1e-8, **options).values  # type: ignore[arg-type]


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_the_number_of_threads_changes_no_bit(crowd: dict[str, np.ndarray], threads: int) -> None:
    assert np.array_equal(cohort(crowd, threads=1), cohort(crowd, threads=threads))


def test_neighbours_and_the_size_of_the_crowd_change_no_bit(crowd: dict[str, np.ndarray]) -> None:
    together = cohort(crowd)
    order = np.random.default_rng(3).permutation(37)
    assert np.array_equal(cohort({k: v[order] for k, v in crowd.items()}), together[order])
    for part in (slice(0, 1), slice(5, 8), slice(36, 37)):
        assert np.array_equal(cohort({k: v[part] for k, v in crowd.items()}), together[part])


def _powers_asked_of_the_library(found: multiprocessing.Queue) -> None:  # type: ignore[type-arg]
    """In a process of its own: how often a run for one person asks the C library for a power, and the result."""
    import ctypes

    import llvmlite.binding as llvm

    calls: list[float] = []
    kind = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double, ctypes.c_double)

    def power(x: float, y: float) -> float:
        calls.append(x)
        return math.nan

    counted = kind(power)
    llvm.add_symbol("pow", ctypes.cast(counted, ctypes.c_void_p).value)
    steps = [Step(0, Kind.ADD, "A", 100), Step(6, Kind.ADD, "A", 50), Step(24, Kind.SAMPLE)]
    solved = run_kernel(build(HILL), plan([steps]), {}, ("E",), threads=1)
    found.put((len(calls), int(solved.steps[0]), float(solved.values[0, 0, 0])))


def test_lanes_that_hold_nobody_ask_nothing_of_the_c_library() -> None:
    """Numbers that are zero or left over have powers that are none; a copy of a person has not."""
    context = multiprocessing.get_context("spawn")
    found = context.Queue()
    process = context.Process(target=_powers_asked_of_the_library, args=(found,))
    process.start()
    calls, steps, value = found.get(timeout=60)
    process.join(60)
    assert math.isfinite(value)
    assert steps > 10
    # Before the first step, when nobody's numbers are there yet, each function is asked for once or twice.
    assert calls < 20


def _solve_in_little_room(found: multiprocessing.Queue) -> None:  # type: ignore[type-arg]
    """A chain of 300 states, in a thread with half a megabyte, as some systems give."""
    chain = [f"d/dt(y{i}) = k * h * (y{i - 1} / (h + y{i - 1}) - y{i} / (h + y{i}))" for i in range(1, 300)]
    states = [f"state y{i} [mg]" for i in range(300)]
    numbers = ["parameter k [1/h] = 2", "parameter h [mg] = 3"]
    model = build(
        "\n".join(["model chain : long", *numbers, *states, "d/dt(y0) = -k * h * y0 / (h + y0)", *chain])
    )
    events = plan([[Step(0, Kind.ADD, "y0", 100), Step(2, Kind.SAMPLE), Step(3, Kind.SAMPLE)]])

    def solve() -> None:
        values = run_kernel(model, events, {}, ("y0", "y299"), threads=1, method="explicit").values
        found.put(values[0, :, 0].tolist())

    solve()  # what compiles has all the room that it wants
    threading.stack_size(512 * 1024)
    thread = threading.Thread(target=solve)
    thread.start()
    thread.join()


def test_a_large_model_needs_no_large_stack() -> None:
    context = multiprocessing.get_context("spawn")
    found = context.Queue()
    process = context.Process(target=_solve_in_little_room, args=(found,))
    process.start()
    first, second = found.get(timeout=120), found.get(timeout=120)
    process.join(120)
    assert process.exitcode == 0
    assert first == second
    # y + h ln y falls by k h t.
    exact = 3 * np.real(lambertw(100 / 3 * np.exp((100 - 6 * np.array([2.0, 3.0])) / 3)))
    assert first == pytest.approx(exact, rel=1e-6)


def test_persons_may_have_plans_of_their_own(crowd: dict[str, np.ndarray]) -> None:
    times = np.array([0.0, 10.0, 30.0])
    plans = [dosing_plan(ldn(), ev(mg, cmt="oral"), times) for mg in (1.0, 4.5)]
    of = np.arange(37) % 2
    each = dosing_plan(ldn(), stacked(ev(mg, cmt="oral") for mg in (1.0, 4.5)), times)
    both = run_kernel(ldn(), replace(each, of=of), crowd, ("C_N",)).values
    for i in (0, 1):
        alone = run_kernel(ldn(), plans[i], crowd, ("C_N",)).values
        assert np.array_equal(both[of == i], alone[of == i])


def test_plans_with_fewer_samples_leave_the_rest_empty() -> None:
    plans = [[Step(0, Kind.SAMPLE)], [Step(0, Kind.SAMPLE), Step(5, Kind.SAMPLE)]]
    found = run_kernel(build(BURST), plan(plans, [1, 0]), {}, ("x",)).values[:, :, 0]
    assert found[0].tolist() == [1, 1]
    assert found[1, 0] == 1
    assert math.isnan(found[1, 1])


def test_a_state_can_be_set_everything_reset_and_a_parameter_changed() -> None:
    k = 5 / 40
    steps = [
        Step(0, Kind.ADD, "A", 100), Step(1, Kind.SET, "A", 50), Step(3, Kind.SAMPLE),
        Step(3, Kind.PARAMETER, "CL", 10), Step(4, Kind.SAMPLE), Step(4, Kind.RESET), Step(4, Kind.SAMPLE),
        Step(4, Kind.ADD, "A", 8), Step(5, Kind.SAMPLE),
    ]  # fmt: skip
    found = run_kernel(build(ORAL), plan([steps]), {}, ("A",), **TIGHT).values[0, :, 0]
    expected = [50 * math.exp(-2 * k), 50 * math.exp(-4 * k), 0, 8 * math.exp(-2 * k)]
    assert found == pytest.approx(expected, rel=1e-9)


def test_where_nothing_moves_time_passes_all_the_same() -> None:
    """No dose, no initial value: no state is solved for, and a parameter may still change."""
    steps = [Step(0, Kind.SAMPLE), Step(3, Kind.PARAMETER, "V", 8), Step(5, Kind.SAMPLE)]
    found = run_kernel(build(ORAL), plan([steps]), {}, ("C",))
    assert found.values[0, :, 0].tolist() == [0, 0]
    assert found.failed.size == 0


def test_an_amount_takes_its_factor_from_the_person() -> None:
    shares = np.array([0.1, 0.9, 0.4])
    found = simulate(build(ORAL), ev(1, cmt="oral"), np.array([0.0, 4.0]), ("C",), {"share": shares})
    assert found.of("C")[:, 1] / found.of("C")[0, 1] == pytest.approx(shares / 0.1, rel=1e-6)


def test_a_person_who_cannot_be_solved_is_counted_with_a_reason_and_harms_nobody() -> None:
    growth = np.array([0.0, 0.2, 1.0, 0.1, 0.0, 0.5])
    steps = [Step(float(t), Kind.SAMPLE) for t in range(4)]
    found = run_kernel(build(BURST), plan([steps]), {"g": growth}, ("x",))
    assert found.failed.tolist() == [2, 5]
    assert "h, " in found.reason(2)
    assert found.reason(0) == ""
    assert found.ended_h[2] == pytest.approx(1.0, rel=1e-3)  # x = 1/(1 - t) has no value at 1 h
    assert np.isnan(found.values[2, 2:]).all()
    assert found.values[1, :, 0] == pytest.approx(1 / (1 - 0.2 * np.arange(4)), rel=1e-5)
    alone = run_kernel(build(BURST), plan([steps]), {"g": growth[[0, 1, 3, 4]]}, ("x",))
    assert np.array_equal(found.values[[0, 1, 3, 4]], alone.values)
    with pytest.raises(SolveError, match="person 2 could not be solved: at 1 h"):
        simulate(build(BURST), nothing(), np.arange(4.0), ("x",), {"g": growth}).whole()


def test_a_limit_on_steps_is_kept() -> None:
    found = run_kernel(
        build(HILL), plan([[Step(0, Kind.ADD, "A", 1), Step(900, Kind.SAMPLE)]]), {}, ("E",), step_limit=5
    )
    assert found.status.tolist() == [Status.TOO_MANY_STEPS]
    assert found.steps[0] <= 6


def test_requests_that_make_no_sense_are_refused() -> None:
    model, one = build(ORAL), plan([[Step(0, Kind.SAMPLE)]])
    with pytest.raises(UnknownName, match="target of an event"):
        run_kernel(model, plan([[Step(0, Kind.ADD, "gutt", 1)]]), {}, ("C",))
    with pytest.raises(UnknownName):
        run_kernel(model, one, {}, ("D",))
    with pytest.raises(UnknownName, match="method"):
        run_kernel(model, one, {}, ("C",), method="fast")
    with pytest.raises(InputError, match="3 persons and plans for 2"):
        run_kernel(model, plan([[Step(0, Kind.SAMPLE)]], [0, 0]), {"CL": np.ones(3)}, ("C",))
    with pytest.raises(InputError, match="run them in parts"):
        run_kernel(
            model,
            plan([[Step(float(i), Kind.SAMPLE) for i in range(2000)]]),
            {"CL": np.ones(200_000)},
            ("C",),
        )


@pytest.mark.parametrize("method", ["explicit", "implicit"])
def test_the_width_of_the_lanes_changes_no_bit(
    crowd: dict[str, np.ndarray], method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of people who are integrated beside their modes, by modes alone, and without any."""
    few = {name: column[:11] for name, column in crowd.items()}
    steps = [Step(0, Kind.ADD, "A", 100), *(Step(0.7 * i, Kind.SAMPLE) for i in range(30))]
    effect = [Step(0, Kind.ADD, "gut", 9), *steps]
    found = []
    for lanes in WIDTHS:
        monkeypatch.setenv("OPENLDN_LANES", str(lanes))
        found.append(
            [
                cohort(few, method=method),
                run_kernel(
                    build(ORAL), plan([effect]), {"CL": np.arange(1.0, 12)}, ("C",), method=method
                ).values,
                run_kernel(
                    build(HILL), plan([steps]), {"K": np.arange(1, 12) / 20}, ("E",), method=method
                ).values,
            ]
        )
    for other in found[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(found[0], other, strict=True))


def test_the_width_is_measured_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENLDN_LANES", raising=False)
    monkeypatch.setenv("OPENLDN_CACHE", str(tmp_path))
    monkeypatch.setattr(width, "host", lambda: replace(host(), widest=8))
    measured: list[int] = []

    def measure() -> int:
        measured.append(8)
        return 8

    assert width.measure() in (4, 8)
    monkeypatch.setattr(width, "measure", measure)
    for _ in range(2):  # as two processes would
        width._measured.cache_clear()
        assert width.lanes() == 8
    assert measured == [8]
    monkeypatch.setattr(width, "host", lambda: replace(host(), widest=4))
    width._measured.cache_clear()
    assert width.lanes() == 4
    width._measured.cache_clear()
    monkeypatch.setenv("OPENLDN_LANES", "3")
    with pytest.raises(InputError, match="OPENLDN_LANES is '3'"):
        width.lanes()


def test_error_falls_as_the_tolerance_does_on_the_ldn_model() -> None:
    times, outputs = np.array([2.0, 20.0, 26.0, 47.0]), ("C_N", "occ_mu_brain", "B_mu", "BE", "CRP")
    doses, values = ev(4.5, cmt="oral", ii=22, addl=1), draw(ldn(), 4, 11)
    found = [
        simulate(ldn(), doses, times, outputs, values, rtol=rtol).values
        for rtol in (*(10.0**-e for e in range(3, 11)), 1e-13)
    ]
    scale = np.max(np.abs(found[-1]), axis=(0, 1))
    errors = [float(np.max(np.abs(run - found[-1]) / scale)) for run in found[:-1]]
    # Five states are integrated: by the root of their mean square, one of them may err by √5 in a step.
    assert all(error < math.sqrt(5) * 10.0**-exponent for exponent, error in enumerate(errors, 3))
    assert errors[0] > 1e3 * errors[-1]
