"""Samples between the ends of steps: as exact as these, in any number, and of no account to anything else."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from openldn.engine import parse_model
from openldn.engine.kernels import Kind, Solved, run_kernel
from openldn.engine.kernels import tableau as pair
from openldn.engine.kernels.between import powers
from plans import Step, plan
from test_pair import conditions, density, trees

EFFECT = """
model effect : a dose by mouth, a saturable loss, an effect by a power, and something that only gathers
parameter KA [1/h] = 1.2
parameter VMAX [mg/h] = 3
parameter KM [mg] = 4
parameter K [1/h] = 0.4
parameter G [1] = 1.6
parameter W [1/h] = 0.26
state gut [mg]
state A [mg]
state B [mg]
state E [1]
state sum [h]
loss [mg/h] = VMAX * A / (KM + A)
d/dt(gut) = -KA * gut
d/dt(A) = KA * gut - loss
d/dt(B) = loss - K * B
d/dt(E) = K * ((A / KM) ^ G / (1 + (A / KM) ^ G) * (1 + 0.3 * cos(W * t)) - E)
d/dt(sum) = E
"""
OUTPUTS = ("gut", "A", "B", "E", "sum")
DOSES = (Step(0, Kind.ADD, "gut", 10), Step(12, Kind.ADD, "gut", 6), Step(24, Kind.FLOW, "A", 1))
CHANGES = (Step(24.5, Kind.FLOW, "A", -1), Step(30, Kind.PARAMETER, "K", 0.2), Step(33, Kind.SET, "B", 1))
END = 48.0


def run(
    times: Sequence[float], values: dict[str, np.ndarray] | None = None, *, rtol: float = 1e-6, **options: int
) -> Solved:
    """The outputs at those hours and at the end, for people who take two doses and an infusion."""
    samples = [Step(float(t), Kind.SAMPLE) for t in {*times, END}]
    steps = sorted([*samples, *DOSES, *CHANGES], key=lambda step: step.time_h)
    return run_kernel(
        parse_model(EFFECT), plan([steps]), values or {}, OUTPUTS, method="explicit", rtol=rtol, **options
    )


def by_another_solver(times: np.ndarray) -> np.ndarray:
    """The same by SciPy, event after event, shape (times, 5)."""

    def rates(t: float, y: np.ndarray, inflow: float, k: float) -> list[float]:
        gut, a, b, e, _ = y
        loss = 3 * a / (4 + a)
        x = (max(a, 0) / 4) ** 1.6
        return [
            -1.2 * gut, 1.2 * gut - loss + inflow, loss - k * b,
            k * (x / (1 + x) * (1 + 0.3 * np.cos(0.26 * t)) - e), e,
        ]  # fmt: skip

    y, found = np.zeros(5), []
    ends = (0.0, 12.0, 24.0, 24.5, 30.0, 33.0, END)
    for n, (start, end) in enumerate(pairwise(ends)):
        y[0] += {0: 10.0, 1: 6.0}.get(n, 0.0)
        if n == 5:
            y[2] = 1.0
        own = times[(times > start) & (times <= end)]
        solved = solve_ivp(
            rates, (start, end), y, "DOP853", t_eval=[*own, end], rtol=1e-12, atol=1e-18, max_step=0.1,
            args=(1.0 if n == 2 else 0.0, 0.2 if n >= 4 else 0.4),
        )  # fmt: skip
        found.append(solved.y.T[:-1])
        y = solved.y[:, -1].copy()
    return np.concatenate(found)


def test_samples_within_steps_are_as_exact_as_the_steps() -> None:
    """By P alone the worst was off by 2.4 tolerances; by twelve in the model of the bench."""
    times = np.sort(np.append([0.003, 0.02, 0.05], np.random.default_rng(2).uniform(0.01, END, 700)))
    exact = by_another_solver(times)
    # What is far below a state's largest has no digits of its own (`atol`).
    size = np.abs(exact) + 1e-5 * np.abs(exact).max(axis=0)
    for rtol in (1e-5, 1e-7, 1e-9):
        found = run(times, rtol=rtol)
        assert found.steps[0] < 0.4 * times.size
        # Five states share the error of a step, of which one may have all: √5, and usually less.
        assert np.max(np.abs(found.values[0, :-1] - exact) / size) < 2 * rtol


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0.01, 47.9), min_size=1, max_size=40, unique=True), st.integers(0, 10))
def test_no_sample_changes_a_bit_of_another_or_of_the_steps(times: list[float], seed: int) -> None:
    times = sorted(times)
    chosen = np.random.default_rng(seed).random(len(times)) < 0.5
    persons = {"VMAX": np.array([1.0, 3.0, 2.5, 2.0, 1.5]), "G": np.array([1.0, 1.6, 3.1, 0.7, 2.0])}
    every, some = run(times, persons), run([t for t, yes in zip(times, chosen, strict=True) if yes], persons)
    assert np.array_equal(every.values[:, np.append(chosen, True)], some.values)
    assert np.array_equal(every.steps, some.steps)
    assert np.array_equal(every.rejected, some.rejected)


@pytest.mark.parametrize("every", [0.1, 1.7, 13.0])
def test_neighbours_and_threads_change_no_bit_of_a_sample_within_a_step(every: float) -> None:
    """Also where a step waits with its samples until an infusion starts or a parameter changes."""
    rng = np.random.default_rng(4)
    persons = {"VMAX": rng.uniform(1, 3, 23), "KA": rng.uniform(0.3, 3, 23)}
    times = np.arange(every, END, every)
    together = run(times, persons)
    assert np.array_equal(run(times, persons, threads=3).values, together.values)
    order = rng.permutation(23)
    mixed = run(times, {name: column[order] for name, column in persons.items()}).values
    assert np.array_equal(mixed, together.values[order])
    for i in (0, 7, 22):
        alone = run(times, {name: column[i : i + 1] for name, column in persons.items()}).values
        assert np.array_equal(alone[0], together.values[i])


def test_samples_that_share_a_time_with_events_keep_their_place() -> None:
    steps = [
        Step(0, Kind.SAMPLE), Step(0, Kind.ADD, "A", 8), Step(0, Kind.SAMPLE), Step(1, Kind.SAMPLE),
        Step(2, Kind.SAMPLE), Step(2, Kind.SET, "A", 5), Step(2, Kind.SAMPLE), Step(2, Kind.ADD, "A", 1),
        Step(2, Kind.SAMPLE), Step(2, Kind.SAMPLE), Step(3, Kind.SAMPLE),
    ]  # fmt: skip
    found = run_kernel(parse_model(EFFECT), plan([steps]), {}, ("A",)).values[0, :, 0]
    assert found[:2].tolist() == [0, 8]
    assert found[4:8].tolist() == [5, 6, 6, found[7]]
    assert 8 > found[2] > found[3] > 0
    assert 6 > found[7] > 0


def test_what_moves_nothing_that_is_asked_for_makes_no_step_end() -> None:
    """Doses into a state on which no output depends, one of them the last event."""
    plain = [Step(0, Kind.ADD, "A", 8), *(Step(float(t), Kind.SAMPLE) for t in range(1, 20))]
    idle = [Step(t + 0.5, Kind.ADD, "B", 3) for t in range(19)]
    mixed = sorted([*plain, *idle], key=lambda step: step.time_h)
    one, two = (
        run_kernel(parse_model(EFFECT), plan([steps]), {}, ("A",))
        for steps in (plain, [*mixed[:-1], mixed[-1]])
    )
    assert two.values == pytest.approx(one.values, rel=1e-5)
    assert two.steps[0] <= one.steps[0] + 1
    assert two.ended_h[0] == 19


def test_a_person_who_fails_has_the_samples_before() -> None:
    """x = 1/(1 - t) has no value at 1 h."""
    model = parse_model("model burst : grows\nparameter g [1/h] = 1\nstate x [1] = 1\nd/dt(x) = g * x * x\n")
    times = np.array([0.1, 0.2, 0.5, 0.9, 0.99, 1.5, 2.0])
    found = run_kernel(model, plan([[Step(t, Kind.SAMPLE) for t in times]]), {}, ("x",))
    assert found.values[0, :5, 0] == pytest.approx(1 / (1 - times[:5]), rel=1e-5)
    assert np.isnan(found.values[0, 5:]).all()


def weights(theta: float) -> np.ndarray:
    """Of h kᵢ in P(θ) - y, for all stages."""
    found = np.zeros(pair.ALL_STAGES)
    own = [factor for factor, _ in powers(theta)]
    new = np.zeros(pair.ALL_STAGES)
    new[list(pair.B)] = list(pair.B.values())
    first, last = np.eye(pair.ALL_STAGES)[[0, pair.STAGES]]
    terms = [new, first - new, new - last - (first - new)]
    for row in pair.INNER_D:
        term = np.zeros(pair.ALL_STAGES)
        term[list(row)] = list(row.values())
        terms.append(term)
    for factor, term in zip(own, terms, strict=True):
        found += factor * term
    return found


@pytest.mark.parametrize("theta", [0.1, 0.37, 0.7, 0.95, 1.0])
def test_between_the_ends_of_a_step_the_order_is_seven(theta: float) -> None:
    """Σ bᵢ(θ) Φᵢ = θ^n / γ for every tree of n vertices up to 7; rounding of terms of some hundred leaves 1e-12."""
    matrix = np.zeros((pair.ALL_STAGES, pair.ALL_STAGES))
    for i, row in enumerate((*pair.A, pair.B, *pair.INNER_A)):
        matrix[i, list(row)] = list(row.values())
    expected = [theta**n / density(tree) for n in range(1, 8) for tree in trees(n)]
    assert conditions(7, matrix) @ weights(theta) == pytest.approx(expected, abs=1e-12)


def test_the_slope_of_the_polynomial_is_its_derivative() -> None:
    step = 1e-6
    above, below = (np.array(powers(0.7 + d))[:, 0] for d in (step, -step))
    assert np.array(powers(0.7))[:, 1] == pytest.approx((above - below) / (2 * step), abs=1e-9)
