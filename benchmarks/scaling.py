"""What a patient costs our engine: against how many there are, how long they are followed, and how many states.

The first two curves are of the common model. The third is of chains of compartments: a dose enters the first,
leaves it by a saturable and a linear way, and passes on at one rate from each to the next. All that comes after
the saturable term depends on it, so no state has a solution as a sum of exponentials: every one is integrated.

A cost is processor time of one thread per patient, from the call to the result, without compiling. The points run in
turn, several rounds, and the median round counts: what else the machine does falls on all alike.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from benchmarks import work
from openldn.engine import Model, ev, parse_model
from openldn.engine.events import compiled
from openldn.engine.kernels import run_kernel

POPULATION, QUICK_POPULATION = (1, 4, 16, 64, 256, 1024, 4096), (1, 64, 1024)
HORIZON, QUICK_HORIZON = (7, 14, 28, 85), (7, 85)
STATES, QUICK_STATES = (2, 4, 8, 16, 32, 64), (2, 16)
CROWD = 512  # patients where it is not their number that changes
CHAIN_DAYS = 28
RTOL, ATOL = 1e-5, 1e-10  # of the chains
_ROUNDS, _QUICK_ROUNDS = 7, 3
_LEAST_S = 0.05  # a point with few patients is repeated until it has taken so much processor time
_DOSE_MG, _SPREAD = 4.5, 0.3


@dataclass(frozen=True)
class Cost:
    """Processor time per patient at one point of a curve."""

    patients: int
    days: int
    states: int
    rtol: float
    atol: float
    cpu_seconds_per_patient: float


@dataclass(frozen=True)
class Scaling:
    """The three curves, each in rising order of what changes along it; `states` is of the chains."""

    population: tuple[Cost, ...]
    horizon: tuple[Cost, ...]
    states: tuple[Cost, ...]


@dataclass(frozen=True)
class _Point:
    curve: str
    patients: int
    days: int
    states: int
    rtol: float
    atol: float
    solve: Callable[[], None]


def measure_scaling(
    rtol: float, atol: float, *, quick: bool = False, progress: Callable[[float], None] | None = None
) -> Scaling:
    """The curves; `rtol` and `atol` are those of the common model, and `quick` takes fewer points and rounds."""
    points = _points(rtol, atol, quick)
    rounds = _QUICK_ROUNDS if quick else _ROUNDS
    for point in points:
        point.solve()  # what is compiled on first use
    seconds: list[list[float]] = [[] for _ in points]
    for i in range(rounds):
        for point, found in zip(points, seconds, strict=True):
            found.append(_cost(point.solve) / point.patients)
        if progress:
            progress((i + 1) / rounds)
    costs = [
        (p.curve, Cost(p.patients, p.days, p.states, p.rtol, p.atol, statistics.median(found)))
        for p, found in zip(points, seconds, strict=True)
    ]
    population, horizon, states = (
        tuple(cost for name, cost in costs if name == curve) for curve in ("population", "horizon", "states")
    )
    return Scaling(population, horizon, states)


def chain(states: int) -> str:
    """The text of a chain of so many compartments."""
    lines = [
        f"model chain{states} : compartments in a row, the first with a saturable way out too",
        "parameter VM [mg/h] = 1 : the most that the saturable way takes",
        "parameter KM [mg] = 2 : the amount at which it takes half of that",
        "parameter K [1/h] = 0.5 : from each compartment to the next",
        *(f"state X{i} [mg] = 0 : compartment {i}" for i in range(1, states + 1)),
        "d/dt(X1) = -VM * X1 / (KM + X1) - K * X1",
        *(f"d/dt(X{i}) = K * X{i - 1} - K * X{i}" for i in range(2, states + 1)),
    ]
    return "\n".join(lines) + "\n"


def _points(rtol: float, atol: float, quick: bool) -> list[_Point]:
    def common(curve: str, patients: int, days: int) -> _Point:
        values, events = work.persons(patients), work.events(days)

        def solve() -> None:
            work.ours(values, rtol, atol, 1, events)

        return _Point(curve, patients, days, len(work.common_model().states), rtol, atol, solve)

    sizes, days, lengths = (
        (QUICK_POPULATION, QUICK_HORIZON, QUICK_STATES) if quick else (POPULATION, HORIZON, STATES)
    )
    return [
        *(common("population", patients, work.DAYS) for patients in sizes),
        *(common("horizon", CROWD, d) for d in days),
        *(
            _Point("states", CROWD, CHAIN_DAYS, n, RTOL, ATOL, solve_chain(n, CROWD, CHAIN_DAYS))
            for n in lengths
        ),
    ]


def solve_chain(states: int, patients: int, days: int) -> Callable[[], None]:
    """A function that solves a chain for patients who differ in all three parameters, a dose each night."""
    model, last = chain_model(states), f"X{states}"
    given = (
        ev(_DOSE_MG, cmt="X1", time=22.0, ii=24.0, addl=days - 1)
        if days > 1
        else ev(_DOSE_MG, cmt="X1", time=22.0)
    )
    events = compiled(model, given, outputs=(last,), times=[24.0 * k for k in range(days + 1)]).plan
    z = np.random.default_rng(work.SEED).standard_normal((3, patients))
    values = {
        name: model.parameters[name].value * np.exp(_SPREAD * column)
        for name, column in zip(("VM", "KM", "K"), z, strict=True)
    }

    def solve() -> None:
        solved = run_kernel(model, events, values, (last,), rtol=RTOL, atol=ATOL, threads=1)
        assert not solved.failed.size

    return solve


@lru_cache(maxsize=16)
def chain_model(states: int) -> Model:
    return parse_model(chain(states), file=f"chain{states}.model")


def _cost(solve: Callable[[], None]) -> float:
    """Processor seconds of one call, the mean over as many as are needed to be told from the clock's grain."""
    start, calls, taken = time.process_time(), 0, 0.0
    while calls == 0 or taken < _LEAST_S:
        solve()
        calls += 1
        taken = time.process_time() - start
    return taken / calls
