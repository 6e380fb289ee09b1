"""Who does the common work fastest at the same error: patients per second of processor time.

Each simulator is tried in the ways and at the settings that it has. Of those whose largest relative error is at most
1e-6 the fastest counts. The chosen ones then run in turn, several rounds in one process, so that what else the
machine does falls on all alike; the median round counts. In the same rounds the peak of the processor is measured
(`roofline`); the daily bread (`timing`) and what a patient costs as the work grows (`scaling`) follow.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks import work
from benchmarks.machine import Machine, this_machine
from benchmarks.peers import Peer, Settings, Solver, absence, peers, version
from benchmarks.roofline import Roofline, measured_peak, roofline
from benchmarks.scaling import Scaling, measure_scaling
from benchmarks.timing import QUICK, WHOLE, Task, measure_tasks
from openldn.engine.kernels.width import lanes

ERROR_LIMIT = 1e-6
_ROUNDS, _QUICK_ROUNDS = 7, 3
_TRIALS, _QUICK_TRIALS = 6, 3  # of each way and setting, before one is chosen
_SHARE_S, _QUICK_SHARE_S = 1.5, 0.6  # processor time of a simulator in a round
_FAR_BEHIND = 0.6  # of the fastest in the first trial: what is slower need not be tried again
OWN, OWN_TWO = "openldn", "openldn, two threads"
_OWN_SETTINGS: Settings = tuple((rtol, 1e-5 * rtol) for rtol in (1e-3, 5e-4, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6))


@dataclass(frozen=True)
class Row:
    """One simulator; where it did not run its numbers are None, and `absent` says why. `way` is how it ran."""

    name: str
    version: str
    patients_per_cpu_second: float | None
    max_relative_error: float | None
    threads: int
    rtol: float | None
    atol: float | None = None
    patients_per_second: float | None = None
    way: str = ""
    absent: str | None = None


@dataclass(frozen=True)
class Comparison:
    """Every simulator, and how many times ours does the work of the fastest other on one thread, `best_peer`."""

    simulators: tuple[Row, ...]
    best_peer: str | None
    ratio_to_best_peer: float | None
    ratio_to_numbalsoda_lsoda: float | None
    ratio_to_numbalsoda_dop853: float | None
    speedup_of_two_threads: float | None
    roofline: Roofline | None
    tasks: tuple[Task, ...]
    scaling: Scaling | None
    machine: Machine
    quick: bool = False
    error_limit: float = field(default=ERROR_LIMIT)


@dataclass(frozen=True)
class _Ready:
    """A simulator with the way and setting that were chosen, and about how fast it is."""

    name: str
    package: str
    threads: int
    trial: int
    run: Solver
    way: str
    setting: tuple[float, float]
    error: float
    pace: float


def compare_simulators(*, quick: bool = False, progress: Callable[[float], None] | None = None) -> Comparison:
    """The comparison; `quick` runs fewer rounds with fewer persons."""
    told = progress or (lambda share: None)
    everyone = ((_own(OWN, 1), 1), (_own(OWN_TWO, 2), 2), *((peer, 1) for peer in peers()))
    ready, rows = list[_Ready](), dict[str, Row]()
    for i, (peer, threads) in enumerate(everyone):
        try:
            ready.append(_chosen(peer, threads, _QUICK_TRIALS if quick else _TRIALS))
        except Exception as problem:
            # A peer may be missing or broken in ways of its own; that is a line of the report.
            rows[peer.name] = Row(
                peer.name, version(peer.package), None, None, threads, None, absent=absence(peer, problem)
            )
        told(0.3 * (i + 1) / len(everyone))
    pace: dict[str, list[tuple[float, float]]] = {one.name: [] for one in ready}
    peaks = list[float]()
    rounds, share = (_QUICK_ROUNDS, _QUICK_SHARE_S) if quick else (_ROUNDS, _SHARE_S)
    for i in range(rounds):
        for one in ready:
            count = max(min(one.trial, 4), int(one.pace * share))
            pace[one.name].append(_timed(one.run, count, one.setting)[1:])
        peaks.append(measured_peak())
        told(0.3 + 0.25 * (i + 1) / rounds)
    for one in ready:
        cpu, wall = (statistics.median(column) for column in zip(*pace[one.name], strict=True))
        rows[one.name] = Row(
            one.name, version(one.package), cpu, one.error, one.threads, *one.setting, wall, one.way
        )
    best = _best_peer(rows)
    return Comparison(
        tuple(rows[peer.name] for peer, _ in everyone),
        best_peer=best,
        ratio_to_best_peer=_ratio(rows, best),
        ratio_to_numbalsoda_lsoda=_ratio(rows, "numbalsoda LSODA"),
        ratio_to_numbalsoda_dop853=_ratio(rows, "numbalsoda DOP853"),
        speedup_of_two_threads=_speedup(pace),
        roofline=_roofline(rows[OWN], max(peaks)),
        tasks=measure_tasks(QUICK if quick else WHOLE, progress=lambda s: told(0.55 + 0.25 * s)),
        scaling=_scaling(rows[OWN], quick, lambda s: told(0.8 + 0.2 * s)),
        machine=this_machine(),
        quick=quick,
    )


def _own(name: str, threads: int) -> Peer:
    """Our engine in the form of a peer."""

    def make(job: work.Job) -> Solver:
        del job  # the same, as a plan
        return lambda values, rtol, atol: work.ours(values, rtol, atol, threads)

    return Peer(name, OWN, {f"{lanes()} patients at once": make}, _OWN_SETTINGS, trial=400)


def _chosen(peer: Peer, threads: int, trials: int) -> _Ready:
    """The fastest way and setting that keep the error.

    The good ones run in turn, and the best pace of each counts: on a busy machine one that had bad luck once must not
    lose to a slower one.
    """
    good: dict[tuple[str, tuple[float, float]], tuple[Solver, float]] = {}
    for way, make in peer.ways.items():
        run = make(work.job())
        for setting in peer.settings:
            _timed(run, min(peer.trial, 4), setting)  # what is compiled on first use
            error = work.largest_error(_timed(run, min(peer.trial, work.CHECKED), setting)[0])
            if error <= ERROR_LIMIT:
                good[way, setting] = run, error
    if not good:
        raise ValueError(f"no setting keeps the error at or below {ERROR_LIMIT:g}")
    pace = dict.fromkeys(good, 0.0)
    for _ in range(trials if len(good) > 1 else 1):
        for one in pace:
            pace[one] = max(pace[one], _timed(good[one][0], peer.trial, one[1])[1])
        most = max(pace.values())
        pace = {one: found for one, found in pace.items() if found > _FAR_BEHIND * most}
    best = max(pace, key=lambda one: pace[one])
    run, error = good[best]
    return _Ready(peer.name, peer.package, threads, peer.trial, run, *best, error, pace[best])


def _timed(run: Solver, count: int, setting: tuple[float, float]) -> tuple[Any, float, float]:
    """The values, and patients per second of processor time and of the clock."""
    values = work.persons(count)
    cpu, wall = time.process_time(), time.perf_counter()
    found = run(values, *setting)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return found, count / max(cpu, 1e-9), count / max(wall, 1e-9)


def _best_peer(rows: dict[str, Row]) -> str | None:
    ran = {
        name: row.patients_per_cpu_second
        for name, row in rows.items()
        if row.patients_per_cpu_second is not None and name not in (OWN, OWN_TWO)
    }
    return max(ran, key=lambda name: ran[name]) if ran else None


def _ratio(rows: dict[str, Row], name: str | None) -> float | None:
    if name not in rows:
        return None
    mine, theirs = rows[OWN].patients_per_cpu_second, rows[name].patients_per_cpu_second
    return None if mine is None or theirs is None else mine / theirs


def _speedup(pace: dict[str, list[tuple[float, float]]]) -> float | None:
    if not {OWN, OWN_TWO} <= pace.keys():
        return None
    pairs = zip(pace[OWN], pace[OWN_TWO], strict=True)
    return statistics.median(two[1] / one[1] for one, two in pairs)


def _roofline(ours: Row, peak: float) -> Roofline | None:
    if ours.patients_per_cpu_second is None or ours.rtol is None or ours.atol is None:
        return None
    return roofline(ours.patients_per_cpu_second, ours.rtol, ours.atol, peak)


def _scaling(ours: Row, quick: bool, progress: Callable[[float], None]) -> Scaling | None:
    """The curves at the setting that was chosen for our engine; none where no setting was good enough."""
    if ours.rtol is None or ours.atol is None:
        return None
    return measure_scaling(ours.rtol, ours.atol, quick=quick, progress=progress)
