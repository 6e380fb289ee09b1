"""Verdicts judged twice: the second judgement of each claim, and what stands where the two differ.

The second reader had `primary_source_says` and the studies' data, without verdict and reasons where `blind` says so.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from openldn.evidence.claims import VERDICTS, claims
from openldn.evidence.prose import prose
from openldn.notation import Fingerprint, Record, read_toml

_FILE = Path(__file__).with_name("second_verdicts.toml")


@dataclass(frozen=True)
class SecondVerdict:
    """`first` is the verdict as it stood when `second` was given; `settled` and `why` are "" where the two agree."""

    claim: str
    first: str
    second: str
    blind: bool
    settled: str = ""
    why: str = ""

    @property
    def agrees(self) -> bool:
        return self.first == self.second

    @property
    def stands(self) -> str:
        """The verdict that the claim has to have."""
        return self.first if self.agrees else self.settled


def second_verdicts() -> tuple[SecondVerdict, ...]:
    """Every second judgement in file order. Raises DataError where a difference is not settled."""
    return _read()[0]


def judged_once() -> tuple[str, ...]:
    """The claims, by id, that nobody has judged a second time."""
    return _read()[1]


def second_verdicts_fingerprint() -> Fingerprint:
    return _read()[2]


@lru_cache(maxsize=1)
def _read() -> tuple[tuple[SecondVerdict, ...], tuple[str, ...], Fingerprint]:
    file = read_toml(_FILE)
    root = file.root()
    root.text("by")
    root.text("date")
    known = tuple(c.id for c in claims())
    found = tuple(read_second(r, known) for r in root.tables("verdict"))
    waiting: tuple[str, ...] = ()
    if (once := root.table("once", None)) is not None:
        waiting = once.texts("claims")
        once.text("why")
        once.done()
    root.done()
    judged = [v.claim for v in found]
    if twice := sorted({name for name in judged if judged.count(name) > 1}):
        raise root.error(f"claim {twice[0]} is judged more than twice", "verdict")
    if wrong := sorted(set(known) ^ {*judged, *waiting}):
        raise root.error(
            f"claim {wrong[0]} is unknown, or has no second verdict and is not named under once", "once"
        )
    return found, waiting, file.fingerprint


def read_second(r: Record, known: tuple[str, ...]) -> SecondVerdict:
    """One [[verdict]] block. Raises DataError with file, line and field."""
    words = tuple(VERDICTS)
    found = SecondVerdict(
        claim=r.one_of("claim", known),
        first=r.one_of("first", words),
        second=r.one_of("second", words),
        blind=r.flag("blind"),
        settled=r.one_of("settled", words, ""),
        why=prose(r, "why", ""),
    )
    r.done()
    if found.agrees and (found.settled or found.why):
        raise r.error("both say the same; there is nothing to settle", "settled")
    if not found.agrees and not (found.settled and found.why):
        raise r.error("the verdicts differ; say in settled and why what stands", "settled")
    return found
