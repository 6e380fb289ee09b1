"""The daily bread timed: our engine and its peers at each task (`tasks`), in turn, from the input to the table.

Seconds are those of the processor. Each peer runs in the fastest of its ways and settings whose largest relative
error is at most 1e-6; ours at one setting, and its error stands beside. What surrounds a peer is what its user
writes: pandas reads the CSV, and a data frame is made. A figure that others measured elsewhere is printed as stated.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.peers import Array, Peer, Solver, absence, peers, version
from benchmarks.tasks import (
    Answer,
    Laps,
    common_at,
    csv_to_table,
    doses_to_table,
    everybody,
    job,
    kernel_alone,
    largest_error,
    nca_of_all,
    resident_call,
    schedule,
    write_csv,
)  # fmt: skip
from openldn.notation.extras import needed

Solve = Callable[[Array], Array]  # persons (CL, V2) to concentrations (persons, samples)
ERROR_LIMIT = 1e-6
_FEW = 24  # persons on whom ways and settings are tried
TWELVE, CALLS = 12, 15


@dataclass(frozen=True)
class Sizes:
    """How many persons there are in each task, and how many rounds."""

    csv: int = 3000
    daily: int = 1000
    hourly: int = 1000
    common: int = 512
    nca: int = 1000
    rounds: int = 3


WHOLE, QUICK = Sizes(), Sizes(csv=300, daily=100, hourly=100, common=64, nca=20, rounds=1)


@dataclass(frozen=True)
class Stated:
    """A figure that was measured elsewhere, and the seconds that our engine of that day took there for as many."""

    simulator: str
    cpu_seconds: float
    persons: int
    ours_beside: float
    machine: str


@dataclass(frozen=True)
class Took:
    """One simulator at a task: `split` says on what its processor time went, where it says so."""

    name: str
    version: str
    cpu_seconds: float | None
    max_relative_error: float | None
    split: Mapping[str, float] = field(default_factory=dict)
    way: str = ""
    absent: str | None = None


@dataclass(frozen=True)
class Task:
    """A task with all who did it. Ratios are speeds: how many times as fast ours is, person by person."""

    id: str
    description: str
    persons: int
    samples: int
    simulators: tuple[Took, ...]
    stated: Stated | None = None
    ratio_to_best_peer: float | None = None
    ratio_to_stated: float | None = None


_WHERE = "one core of another x86-64 server, in November 2026"
STATED = {
    name: Stated("mrgsolve 2.0.2, LSODA", seconds, persons, ours, _WHERE)
    for name, seconds, persons, ours in (
        ("csv", 2.02, 3000, 9.2), ("daily", 1.72, 1000, 1.5), ("hourly", 2.19, 1000, 8.5)
    )
}  # fmt: skip
_WORDS = {
    "csv": "a CSV of 100 records a person (28 doses, 72 samples) to a table",
    "daily": "84 daily doses, a sample a day, to a table",
    "hourly": "84 daily doses, a sample an hour, to a table",
}
_NOT_HERE = ("scipy",)  # some hundred times slower, which the comparison says


def measure_tasks(
    sizes: Sizes = WHOLE,
    *,
    others: Sequence[Peer] | None = None,
    progress: Callable[[float], None] | None = None,
) -> tuple[Task, ...]:
    """Every task. `others` are the peers, all of them unless said."""
    whom = [p for p in (peers() if others is None else others) if p.package not in _NOT_HERE]
    doses, samples = schedule("hourly")
    analysed = "84 doses, a sample every two hours, and an analysis of each dose"
    people = {"csv": sizes.csv, "daily": sizes.daily, "hourly": sizes.hourly}
    few, common, rounds = everybody(TWELVE), sizes.common, sizes.rounds
    with tempfile.TemporaryDirectory(prefix="openldn-bench-") as folder:
        path = Path(folder) / "events.csv"
        jobs: list[Callable[[], Task]] = [
            *(partial(_task, name, count, rounds, path, whom) for name, count in people.items()),
            partial(_alone, "common-daily", "the common model, 17 states, a sample a day", rounds,
                    partial(common_at, common, 24.0)),
            partial(_alone, "common-hourly", "the same, a sample an hour", rounds, partial(common_at, common, 1.0)),
            partial(_alone, "nca", analysed, 1, partial(nca_of_all, everybody(sizes.nca), doses, samples[::2])),
            partial(_alone, "resident", "a call with a compiled model, 84 doses, a sample a day", CALLS,
                    partial(resident_call, few, *schedule("daily")), partial(kernel_alone, few, *schedule("daily"))),
        ]  # fmt: skip
        found = list[Task]()
        for one in jobs:
            found.append(one())
            if progress:
                progress(len(found) / len(jobs))
    return tuple(found)


def _task(name: str, persons: int, rounds: int, path: Path, others: Sequence[Peer]) -> Task:
    values, (doses, samples) = everybody(persons), schedule(name)
    file = path if name == "csv" else None
    versions, solvers, took = {"openldn": version("openldn")}, dict[str, Solve](), dict[str, Took]()
    ways = dict[str, str]()
    for peer in others:
        versions[peer.name] = version(peer.package)
        try:
            solvers[peer.name], ways[peer.name] = _best(peer, name, values)
        except Exception as problem:
            # A peer may be missing or broken in ways of its own; that is a line of the report.
            why = absence(peer, problem)
            took[peer.name] = Took(peer.name, versions[peer.name], None, None, absent=why)

    def everyone(whom: Array) -> Mapping[str, Callable[[], Answer]]:
        """Each simulator's way through the task, for those persons; where there is a file, it is written."""
        if file is not None:
            write_csv(file, whom)
        ours = partial(doses_to_table, whom, doses, samples) if file is None else partial(csv_to_table, file)
        return {"openldn": ours} | {
            who: partial(_around, solve, whom, samples, file) for who, solve in solvers.items()
        }

    for run in everyone(values[:_FEW]).values():
        run()  # what is compiled on first use
    runs = everyone(values)
    answers: dict[str, list[Answer]] = {who: [] for who in runs}
    for _ in range(rounds):
        for who, run in runs.items():
            answers[who].append(run())
    for who, given in answers.items():
        split = _medians(given)
        total, error = sum(split.values()), largest_error(given[0].concentrations, values, name)
        split = _apart(split, partial(kernel_alone, values, doses, samples) if who == "openldn" else None)
        took[who] = Took(who, versions[who], total, error, split, ways.get(who, ""))
    seconds = {who: one.cpu_seconds for who, one in took.items() if one.cpu_seconds is not None}
    mine, stated = seconds.pop("openldn"), STATED[name]
    return Task(
        name, _WORDS[name], persons, len(samples), tuple(took[who] for who in versions), stated,
        min(seconds.values()) / mine if seconds else None,
        (stated.cpu_seconds / stated.persons) / (mine / persons),
    )  # fmt: skip


def _alone(
    name: str, words: str, rounds: int, run: Callable[[], Answer], kernel: Callable[[], float] | None = None
) -> Task:
    """A task of our engine alone."""
    if rounds > 1:
        run()  # what is compiled on first use
    answers = [run() for _ in range(rounds)]
    split = _apart(_medians(answers), kernel)
    persons, samples = answers[0].concentrations.shape
    took = Took("openldn", version("openldn"), sum(split.values()), None, split)
    return Task(name, words, persons, samples, (took,))


def _medians(answers: Sequence[Answer]) -> dict[str, float]:
    return {part: statistics.median(a.split[part] for a in answers) for part in answers[0].split}


def _apart(split: Mapping[str, float], kernel: Callable[[], float] | None) -> dict[str, float]:
    """A plan and a kernel that were timed together, apart: the kernel is timed by itself on an equal plan."""
    found = dict[str, float]()
    for part, seconds in split.items():
        if part == "plan and kernel" and kernel is not None:
            alone = min(seconds, statistics.median(kernel() for _ in range(3)))
            found |= {"plan": seconds - alone, "kernel": alone}
        else:
            found[part] = seconds
    return found


def _best(peer: Peer, name: str, values: Array) -> tuple[Solve, str]:
    """The fastest way and setting of a peer that keeps the error, tried on few persons, and its words."""
    few, found = values[:_FEW], list[tuple[float, Solve, str]]()
    for way, make in peer.ways.items():
        solver = make(job(name))
        for setting in peer.settings:
            run = _at(solver, setting)
            if largest_error(run(few), few, name) <= ERROR_LIMIT:
                begin = time.process_time()
                run(few)
                taken = time.process_time() - begin
                found.append((taken, run, ", ".join(filter(None, (way, f"rtol {setting[0]:g}")))))
    if not found:
        raise ValueError(f"no setting keeps the error at or below {ERROR_LIMIT:g}")
    _, run, words = min(found, key=lambda row: row[0])
    return run, words


def _at(solver: Solver, setting: tuple[float, float]) -> Solve:
    """Concentrations from a solver that gives central amounts."""
    return lambda values: np.asarray(solver(values, *setting)[:, :, 0] / values[:, 1:])


def _around(solve: Solve, values: Array, samples: Sequence[float], path: Path | None) -> Answer:
    """What a user of a peer writes around it: a CSV read by pandas, a data frame at the end."""
    pandas = needed("pandas", "data")
    laps, given = Laps(), values
    if path is not None:
        read = pandas.read_csv(path, na_values=".")
        given = read.groupby("ID", sort=False)[["CL", "V2"]].first().to_numpy()
        laps.lap("reading")
    found = solve(given)
    laps.lap("kernel")
    pandas.DataFrame({
        "ID": np.repeat(np.arange(len(given)), len(samples)), "TIME": np.tile(samples, len(given)),
        "CL": np.repeat(given[:, 0], len(samples)), "V2": np.repeat(given[:, 1], len(samples)), "C": found.ravel(),
    })  # fmt: skip
    laps.lap("table")
    return Answer(found, laps.seconds)
