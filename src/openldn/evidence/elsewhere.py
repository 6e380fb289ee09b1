"""What other people's lists of studies hold, each beside our own study or the reason why we have none.

`elsewhere.toml` says of each list what could be seen of it and where, and names the entries that were
seen. An entry is in ours when `ours` names a study; else `why` says what keeps it out.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from openldn.evidence.catalogue import study
from openldn.evidence.prose import prose
from openldn.notation import Fingerprint, Record, UnknownName, read_toml

_FILE = Path(__file__).with_name("elsewhere.toml")


@dataclass(frozen=True)
class Elsewhere:
    """One entry of a list. `ours` is the id of a study of ours, or "" where `why` has the reason."""

    label: str
    ours: str
    why: str


@dataclass(frozen=True)
class OtherList:
    """One list. `holds` is how many studies it says it holds, None where it does not say."""

    name: str
    seen: str
    date: str
    holds: int | None
    entries: tuple[Elsewhere, ...]


def other_lists() -> tuple[OtherList, ...]:
    """Every list in file order. Raises DataError, for an entry without a study and without a reason too."""
    return _read()[0]


def elsewhere_fingerprint() -> Fingerprint:
    return _read()[1]


@lru_cache(maxsize=1)
def _read() -> tuple[tuple[OtherList, ...], Fingerprint]:
    file = read_toml(_FILE)
    root = file.root()
    found = tuple(_list(r) for r in root.tables("list"))
    root.done()
    return found, file.fingerprint


def _list(r: Record) -> OtherList:
    found = OtherList(
        name=r.text("name"),
        seen=prose(r, "seen"),
        date=r.text("date"),
        holds=r.integer("holds", None),
        entries=tuple(_entry(e) for e in r.tables("entries")),
    )
    r.done()
    return found


def _entry(r: Record) -> Elsewhere:
    found = Elsewhere(r.text("label"), r.text("ours", ""), prose(r, "why", ""))
    r.done()
    if bool(found.ours) == bool(found.why):
        raise r.error(f'"{found.label}" needs either a study of ours or the reason why there is none', "ours")
    if found.ours:
        try:
            study(found.ours)
        except UnknownName as error:
            raise r.error(str(error), "ours") from None
    return found
