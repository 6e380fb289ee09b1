"""Every difference between readings that was settled, and every figure that was found wrong: data too.

A correction names what it is about (a study, or a fact of the pharmacology tables by its id), the
field, what stood there, what stands there now, and why. "unset" stands for a figure that is left out.
`decision` is "changed", or "kept" where both readings were weighed and the matter stays open.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import cast

from openldn.evidence.prose import prose
from openldn.notation import Fingerprint, Record, UnknownName, read_toml, sources

_FILE = Path(__file__).with_name("corrections.toml")
UNSET = "unset"
DECISIONS = ("changed", "kept")
Figure = float | int | str


@dataclass(frozen=True)
class Correction:
    """`field` is an address as in `fields.py` when `subject` is a study; `date` is ISO 8601."""

    id: str
    subject: str
    field: str
    was: Figure
    now: Figure
    why: str
    decision: str
    sources: tuple[str, ...]
    date: str
    by: str


def corrections(subject: str | None = None) -> tuple[Correction, ...]:
    """Every correction in file order, or those about one study or fact."""
    return tuple(c for c in _read()[0] if subject is None or c.subject == subject)


def corrections_fingerprint() -> Fingerprint:
    return _read()[1]


@lru_cache(maxsize=1)
def _read() -> tuple[tuple[Correction, ...], Fingerprint]:
    file = read_toml(_FILE)
    root = file.root()
    found: dict[str, Correction] = {}
    for record in root.tables("correction"):
        read = _correction(record)
        if read.id in found:
            raise record.error(f'"{read.id}" stands twice', "id")
        found[read.id] = read
    root.done()
    return tuple(found.values()), file.fingerprint


def _correction(record: Record) -> Correction:
    found = Correction(
        id=record.text("id"),
        subject=record.text("subject"),
        field=record.text("field"),
        was=_figure(record, "was"),
        now=_figure(record, "now"),
        why=prose(record, "why"),
        decision=record.one_of("decision", DECISIONS),
        sources=record.texts("sources"),
        date=record.text("date"),
        by=record.text("by"),
    )
    record.done()
    for key in found.sources:
        if key not in sources():
            raise record.error(str(UnknownName("source", key, sources())), "sources")
    if found.decision == "changed" and found.was == found.now:
        raise record.error("was and now are the same; a change changes something", "now")
    return found


def _figure(record: Record, name: str) -> Figure:
    return cast(Figure, record.take(name, (int, float, str)))
