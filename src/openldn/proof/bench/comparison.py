"""Who does the common work fastest at the same error: patients per second of processor time.

Each simulator is tried at a few settings. Of those whose largest relative error is at most 1e-6 the fastest
counts. The chosen ones then run in turn, several rounds in one process, so that what else the machine does
falls on all alike; the median round counts. What a patient costs our engine as the work grows follows in the
same run, at our engine's setting (`scaling`).
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from openldn.proof.bench import peers, work
from openldn.proof.bench.machine import Machine, this_machine
from openldn.proof.bench.scaling import Scaling, measure_scaling

ERROR_LIMIT = 1e-6
_ROUNDS, _QUICK_ROUNDS = 7, 3
_TRIALS, _QUICK_TRIALS = 6, 3  # of each setting, before one is chosen
_SHARE_S, _QUICK_SHARE_S = 1.5, 0.6  # processor time of a simulator in a round
_RTOLS = (1e-4, 1e-5, 1e-6, 1e-7)
Settings = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class _Entry:
    name: str
    package: str
    make: Callable[[], peers.Solver]
    settings: Settings
    threads: int = 1
    trial: int = 40
    slow: bool = False


@dataclass(frozen=True)
class Row:
    """One simulator: `patients_per_cpu_second` is None where it is absent, and `note` says why."""

    name: str
    version: str
    patients_per_cpu_second: float | None
    max_relative_error: float | None
    threads: int
    rtol: float | None
    atol: float | None = None
    patients_per_second: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Comparison:
    """Every simulator, how many times ours does the work of each of numbalsoda's, and what ours costs as work grows."""

    simulators: tuple[Row, ...]
    ratio_to_numbalsoda_lsoda: float | None
    ratio_to_numbalsoda_dop853: float | None
    speedup_of_two_threads: float | None
    scaling: Scaling | None
    machine: Machine
    error_limit: float = field(default=ERROR_LIMIT)


def compare_simulators(*, quick: bool = False, progress: Callable[[float], None] | None = None) -> Comparison:
    """The comparison; `quick` leaves out the peers that take long to start and runs fewer rounds."""
    entries = [entry for entry in _entries() if not (quick and entry.slow)]
    ready: list[tuple[_Entry, peers.Solver, tuple[float, float], float, float]] = []
    rows: dict[str, Row] = {}
    for i, entry in enumerate(entries):
        try:
            ready.append((entry, *_chosen(entry, _QUICK_TRIALS if quick else _TRIALS)))
        except Exception as problem:
            # A peer may be missing or broken in ways of its own; that is a line of the report.
            rows[entry.name] = _absent(entry, f"{type(problem).__name__}: {problem}")
        if progress:
            progress(0.4 * (i + 1) / len(entries))
    rounds = _QUICK_ROUNDS if quick else _ROUNDS
    pace: dict[str, list[tuple[float, float]]] = {entry.name: [] for entry, *_ in ready}
    for i in range(rounds):
        for entry, run, setting, _, guess in ready:
            share = _QUICK_SHARE_S if quick else _SHARE_S
            count = max(min(entry.trial, 4), int(guess * share))
            pace[entry.name].append(_timed(run, count, setting)[1:])
        if progress:
            progress(0.4 + 0.4 * (i + 1) / rounds)
    for entry, _, (rtol, atol), error, _ in ready:
        cpu, wall = (statistics.median(column) for column in zip(*pace[entry.name], strict=True))
        rows[entry.name] = Row(
            entry.name, peers.version(entry.package), cpu, error, entry.threads, rtol, atol, wall
        )
    return Comparison(
        tuple(rows[entry.name] for entry in entries),
        ratio_to_numbalsoda_lsoda=_ratio(rows, "numbalsoda LSODA"),
        ratio_to_numbalsoda_dop853=_ratio(rows, "numbalsoda DOP853"),
        speedup_of_two_threads=_speedup(pace),
        scaling=_scaling(rows["openldn"], quick, progress),
        machine=this_machine(),
    )


def _scaling(ours: Row, quick: bool, progress: Callable[[float], None] | None) -> Scaling | None:
    """The curves at the setting that was chosen for our engine; none where no setting was good enough."""
    if ours.rtol is None or ours.atol is None:
        return None
    later = None if progress is None else lambda share: progress(0.8 + 0.2 * share)
    return measure_scaling(ours.rtol, ours.atol, quick=quick, progress=later)


def _entries() -> tuple[_Entry, ...]:
    plain: Settings = tuple((rtol, atol) for rtol in _RTOLS for atol in (rtol, rtol / 100))
    own: Settings = (
        (1e-3, 1e-4),
        (1e-3, 1e-5),
        (3e-4, 1e-5),
        (1e-4, 1e-5),
        (1e-4, 1e-6),
        (1e-5, 1e-6),
        (1e-6, 1e-8),
    )

    def ours(threads: int) -> Callable[[], peers.Solver]:
        return lambda: lambda values, rtol, atol: work.ours(values, rtol, atol, threads)

    return (
        _Entry("openldn", "openldn", ours(1), own, trial=400),
        _Entry("openldn, two threads", "openldn", ours(2), own, threads=2, trial=400),
        _Entry("numbalsoda LSODA", "numbalsoda", lambda: peers.numbalsoda("lsoda"), plain),
        _Entry("numbalsoda DOP853", "numbalsoda", lambda: peers.numbalsoda("dop853"), plain),
        _Entry("heyoka", "heyoka", peers.heyoka, ((1e-6, 0.0), (1e-8, 0.0), (1e-10, 0.0)), slow=True),
        _Entry("scipy DOP853", "scipy", peers.scipy, ((1e-6, 1e-6),), trial=1),
        _Entry("diffrax Dopri8", "diffrax", peers.diffrax, ((1e-5, 1e-6), (1e-7, 1e-8)), slow=True),
    )


def _chosen(entry: _Entry, trials: int) -> tuple[peers.Solver, tuple[float, float], float, float]:
    """The solver, its fastest good setting, the error there, and patients per processor second there.

    The good settings run in turn, and the best pace of each counts: on a busy machine a setting that had bad luck
    once must not lose to a slower one.
    """
    run = entry.make()
    errors: dict[tuple[float, float], float] = {}
    for setting in entry.settings:
        _timed(run, min(entry.trial, 4), setting)  # what is compiled on first use
        error = work.largest_error(_timed(run, min(entry.trial, work.CHECKED), setting)[0])
        if error <= ERROR_LIMIT:
            errors[setting] = error
    if not errors:
        raise ValueError(f"no setting keeps the error at or below {ERROR_LIMIT:g}")
    pace = dict.fromkeys(errors, 0.0)
    for _ in range(trials if len(errors) > 1 else 1):
        for setting in pace:
            pace[setting] = max(pace[setting], _timed(run, entry.trial, setting)[1])
    best = max(pace, key=lambda setting: pace[setting])
    return run, best, errors[best], pace[best]


def _timed(run: peers.Solver, count: int, setting: tuple[float, float]) -> tuple[Any, float, float]:
    """The values, and patients per second of processor time and of the clock."""
    values = work.persons(count)
    cpu, wall = time.process_time(), time.perf_counter()
    found = run(values, *setting)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return found, count / max(cpu, 1e-9), count / max(wall, 1e-9)


def _absent(entry: _Entry, note: str) -> Row:
    return Row(entry.name, peers.version(entry.package), None, None, entry.threads, None, note=note)


def _ratio(rows: dict[str, Row], name: str) -> float | None:
    mine, theirs = rows["openldn"].patients_per_cpu_second, rows[name].patients_per_cpu_second
    return None if mine is None or theirs is None else mine / theirs


def _speedup(pace: dict[str, list[tuple[float, float]]]) -> float | None:
    if not {"openldn", "openldn, two threads"} <= pace.keys():
        return None
    pairs = zip(pace["openldn"], pace["openldn, two threads"], strict=True)
    return statistics.median(two[1] / one[1] for one, two in pairs)
