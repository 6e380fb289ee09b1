"""How fast and how large: figures of this machine now. Nothing is judged but that results are the same."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from openldn.engine import Run, ev, simulate
from openldn.notation import SolveError
from openldn.pharmacology import model
from openldn.population import draw
from openldn.proof.qualify import processes

CROWDS, QUICK_CROWDS = (
    ((20_000, 2_000), (200_000, 2_000), (200_000, 10_000)),
    ((2_000, 500), (8_000, 500), (8_000, 2_000)),
)
TWO, QUICK_TWO = 2_000, 400
NIGHTS, OUTPUTS = 84, ("C_N", "occ_mu_brain", "BE")


@dataclass(frozen=True)
class Figure:
    """A number of this machine, or None where it could not be had; `passed` only where results were compared."""

    id: str
    description: str
    value: float | None
    unit: str
    note: str = ""
    passed: bool | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id, "description": self.description, "value": self.value, "unit": self.unit,
            "note": self.note, "passed": self.passed,
        }  # fmt: skip


def figures(quick: bool) -> Iterator[Figure]:
    """First results, threads, and the memory of populations."""
    yield from _first()
    yield from _threads(QUICK_TWO if quick else TWO)
    yield from _crowds(QUICK_CROWDS if quick else CROWDS)


def _first() -> Iterator[Figure]:
    try:
        found = processes.first_results()
    except SolveError as error:
        yield Figure("PQ-first", "first result", None, "s", str(error), False)
        return
    words = "from starting a process to its first result of the whole model"
    yield Figure("PQ-first-cold", f"{words}, nothing in the cache", found.cold_s, "s")
    yield Figure("PQ-first-cached", f"{words}, its kernel in the cache", found.cached_s, "s")


def _threads(persons: int) -> Iterator[Figure]:
    """One thread and two in turn, three times; the better of each, since what else runs only slows."""
    _nights(8, 1)  # what is compiled on first use
    seconds: dict[int, list[float]] = {1: [], 2: []}
    results = {}
    for _ in range(3):
        for threads in (1, 2):
            start = time.perf_counter()
            results[threads] = _nights(persons, threads).values
            seconds[threads].append(time.perf_counter() - start)
    one, two = min(seconds[1]), min(seconds[2])
    yield Figure(
        "PQ-patients", f"patients of the whole model ({NIGHTS} doses, {NIGHTS + 1} days) on one thread",
        persons / one, "1/s",
    )  # fmt: skip
    yield Figure("PQ-two-threads", "speed of two threads over one", one / two, "times")
    same = np.array_equal(results[1], results[2])
    yield Figure("PQ-two-same", "numbers that differ between two threads and one",
                 float(np.sum(results[1] != results[2])), "numbers", "must be 0", same)  # fmt: skip


def _nights(persons: int, threads: int) -> Run:
    """So many persons through 84 nightly doses, three outputs a day."""
    doses = ev("4.5 mg", cmt="oral", time=22, ii=24, addl=NIGHTS - 1)
    days = np.arange(0.0, 24.0 * (NIGHTS + 1) + 1, 24.0)
    return simulate(model(), doses, days, OUTPUTS, draw(model(), persons, 1), rtol=1e-6, threads=threads)


def _crowds(crowds: tuple[tuple[int, int], ...]) -> Iterator[Figure]:
    hashes: dict[int, set[str]] = {}
    for persons, chunk in crowds:
        id_, words = (
            f"PQ-crowd-{persons}-{chunk}",
            f"{persons:,} persons in chunks of {chunk:,}, summaries alone",
        )
        try:
            found = processes.crowd(persons, chunk)
        except SolveError as error:
            yield Figure(id_, words, None, "MB", str(error), False)
            continue
        hashes.setdefault(persons, set()).add(found["sha256"])
        before = found["before_mb"]
        note = f"{found['seconds']:.1f} s" + ("" if before is None else f"; {before:.0f} MB before it began")
        yield Figure(id_, f"{words}: the most memory held", found["peak_mb"], "MB", note)
    for persons, kinds in hashes.items():
        if sum(p == persons for p, _ in crowds) > 1:
            yield Figure(f"PQ-crowd-{persons}-same", f"different summaries of {persons:,} persons by chunk",
                         float(len(kinds)), "kinds", "must be 1", len(kinds) == 1)  # fmt: skip
