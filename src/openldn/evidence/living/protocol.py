"""The protocol of the review: what is asked, what is eligible, how it is done, and where that was not kept to."""

import datetime
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from openldn.evidence.prose import prose
from openldn.notation import Fingerprint, Record, read_toml

_FILE = Path(__file__).with_name("protocol.toml")


@dataclass(frozen=True)
class Deviation:
    """What was done otherwise than planned, since when and why."""

    date: str
    what: str
    why: str


@dataclass(frozen=True)
class Protocol:
    """Each field is running text. registered: where the protocol is registered, "" where it is not."""

    question: str
    population: str
    intervention: str
    comparator: str
    outcomes: str
    designs: str
    languages: str
    extraction: str
    bias: str
    synthesis: str
    certainty: str
    judges: str
    funding: str
    registered: str
    deviations: tuple[Deviation, ...]


_TEXTS = tuple(name for name in Protocol.__dataclass_fields__ if name not in ("registered", "deviations"))


@lru_cache(maxsize=1)
def protocol() -> Protocol:
    """Raises DataError with file, line and field."""
    r = read_toml(_FILE).root()
    texts = {name: prose(r, name) for name in _TEXTS}
    found = Protocol(
        **texts,
        registered=r.text("registered"),
        deviations=tuple(_deviation(d) for d in r.tables("deviation")),
    )
    r.done()
    return found


def protocol_fingerprint() -> Fingerprint:
    return read_toml(_FILE).fingerprint


def _deviation(r: Record) -> Deviation:
    found = Deviation(day(r, "date"), prose(r, "what"), prose(r, "why"))
    r.done()
    return found


def day(r: Record, name: str) -> str:
    """The day in field `name`, as YYYY-MM-DD. Raises DataError."""
    text = r.text(name)
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise r.error(f'"{text}" is not a day; write it like 2026-12-01', name) from None
