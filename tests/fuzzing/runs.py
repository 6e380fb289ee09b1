"""Cases, run one after another, with what is wrong with each and the counts of all."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .case import Case, Outcome
from .corpus import corpus
from .doors import DOORS, generate
from .oracle import faults
from .server import Server

__all__ = ["DOORS", "Result", "corpus", "generated", "run", "summary"]


@dataclass(frozen=True)
class Result:
    """A case, its outcome, and each promise that it broke."""

    case: Case
    outcome: Outcome
    faults: tuple[str, ...]

    def __str__(self) -> str:
        head = f"{self.case.name[:70]:70} {self.outcome.word:>12} {self.outcome.seconds:7.2f} s {self.outcome.megabytes:7,.0f} MB"
        return (
            "\n".join([head, *(f"    {fault}" for fault in self.faults)])
            .encode("ascii", "backslashreplace")
            .decode()
        )

    def row(self) -> tuple[str, ...]:
        told = "; ".join(self.faults).encode("ascii", "backslashreplace").decode()
        return (
            self.case.door,
            self.case.name,
            self.outcome.word,
            f"{self.outcome.seconds:.2f}",
            f"{self.outcome.megabytes:.0f}",
            told,
        )


def generated(
    cases: int | None, seed: int, doors: Sequence[str] | None = None, only: str | None = None
) -> list[Case]:
    """`cases` of each door, each from the seed, the door and its number alone; only: this number."""
    numbers = [int(only)] if only is not None and only.isdigit() else range(cases or 0)
    return [generate(door, seed, number) for door in doors or DOORS for number in numbers]


def run(
    cases: Iterable[Case],
    cache: Path,
    *,
    keep: Path | None = None,
    seconds: float | None = None,
    megabytes: float | None = None,
) -> Iterator[Result]:
    """Each case with its outcome, judged. cache: of compiled kernels. seconds, megabytes: instead of those of each case."""
    with Server(cache, keep) as server:
        for case in cases:
            limited = replace(case, seconds=seconds or case.seconds, megabytes=megabytes or case.megabytes)
            outcome = server.run(limited)
            yield Result(case, outcome, tuple(faults(limited, outcome)))


def summary(results: Sequence[Result]) -> list[str]:
    """Lines: cases of each door by outcome, the slowest and the fattest."""
    if not results:
        return ["no case"]
    lines = [""]
    for door in sorted({result.case.door for result in results}):
        of = [result for result in results if result.case.door == door]
        counts = ", ".join(
            f"{n} × {word}" for word, n in sorted(Counter(result.outcome.word for result in of).items())
        )
        wrong = sum(bool(result.faults) for result in of)
        lines.append(f"{door:10} {len(of):6,} cases: {counts}; {wrong} at fault")
    slow, fat = max(results, key=lambda r: r.outcome.seconds), max(results, key=lambda r: r.outcome.megabytes)
    lines.append(f"slowest {slow.outcome.seconds:.1f} s: {slow.case.name[:80]}")
    lines.append(f"fattest {fat.outcome.megabytes:,.0f} MB: {fat.case.name[:80]}")
    lines.append(f"{len(results):,} cases, {sum(bool(result.faults) for result in results)} at fault")
    return [line.encode("ascii", "backslashreplace").decode() for line in lines]


def asked() -> tuple[int, int]:
    """(cases of each door, seed) from OPENLDN_FUZZ_CASES and OPENLDN_FUZZ_SEED."""
    return int(os.environ.get("OPENLDN_FUZZ_CASES", "100")), int(os.environ.get("OPENLDN_FUZZ_SEED", "0"))
