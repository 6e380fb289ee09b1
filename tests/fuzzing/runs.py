"""Cases, run one after another, with what is wrong with each and the counts of all."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .case import Case, Outcome
from .corpus import corpus
from .doors import DOORS, generate
from .oracle import faults
from .server import Server

__all__ = ["DOORS", "Result", "asked", "beside", "corpus", "generated", "run", "summary"]


@dataclass(frozen=True)
class Result:
    """A case, its outcome, and each promise that it broke."""

    case: Case
    outcome: Outcome
    faults: tuple[str, ...]

    def __str__(self) -> str:
        o = self.outcome
        head = f"{_shown(self.case.name)[:70]:70} {o.word:>12} {o.seconds:7.2f} s {o.megabytes:7,.0f} MB"
        return (
            "\n".join([head, *(f"    {fault}" for fault in self.faults)])
            .encode("ascii", "backslashreplace")
            .decode()
        )

    def row(self) -> tuple[str, ...]:
        cells = (
            self.case.door,
            self.case.name,
            self.outcome.word,
            f"{self.outcome.seconds:.2f}",
            f"{self.outcome.megabytes:.0f}",
            "; ".join(self.faults),
        )
        return tuple(_shown(cell) for cell in cells)


def _shown(text: str) -> str:
    return text.encode("unicode_escape").decode()


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


def beside(before: Sequence[Mapping[str, str]], after: Sequence[Result]) -> list[str]:
    """A table in Markdown of the cases that were at fault, or took ten times as long: before and after."""
    old = {row["case"]: row for row in before}
    lines = ["| case | before | s | MB | after | s | MB |", "|---|---|---|---|---|---|---|"]
    for result in after:
        _, name, word, seconds, megabytes, faults = result.row()
        was = old.get(name)
        if was and (was["faults"] or faults or float(was["seconds"]) > 1 + 10 * float(seconds)):
            told = (name[:70], was["outcome"], was["seconds"], was["megabytes"], word, seconds, megabytes)
            lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in told)} |")
    return lines


def asked() -> tuple[int, int]:
    """(cases of each door, seed) from OPENLDN_FUZZ_CASES and OPENLDN_FUZZ_SEED."""
    return int(os.environ.get("OPENLDN_FUZZ_CASES", "100")), int(os.environ.get("OPENLDN_FUZZ_SEED", "0"))
