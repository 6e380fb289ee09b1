"""What changed since a day: in a claim itself, or in a study that it rests on."""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from openldn.evidence.claims import Claim, claims
from openldn.evidence.corrections import corrections
from openldn.notation import Fingerprint, InputError, Record, read_toml, shown

_FILE = Path(__file__).with_name("changes.toml")
KINDS = ("verdict", "reasons", "synthesis", "wording", "computed", "added")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True)
class Change:
    """`what` is one of KINDS, or "study": then `subject` is the study and `field` the figure that was weighed."""

    claim: str
    date: str
    what: str
    was: str
    now: str
    why: str
    subject: str = ""
    field: str = ""


def parse_day(text: str) -> str:
    """A day such as 2026-11-24. Raises InputError."""
    try:
        if not _DAY.fullmatch(text.strip()):
            raise ValueError
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise InputError(f'"{shown(text, 40)}" is not a day; write it like 2026-11-24') from None


def changes_since(day: str, which: tuple[Claim, ...] | None = None) -> tuple[Change, ...]:
    """Changes on `day` or later, by date and then by claim; of all claims unless `which` says otherwise."""
    found = []
    for c in claims() if which is None else which:
        found += [x for x in _read()[0] if x.claim == c.id and x.date >= day]
        found += [
            Change(c.id, x.date, "study", str(x.was), str(x.now), x.why, x.subject, x.field)
            for x in corrections()
            if x.date >= day and x.subject in c.studies and x.decision == "changed"
        ]
    return tuple(sorted(found, key=lambda x: x.date))


def changes_fingerprint() -> Fingerprint:
    return _read()[1]


@lru_cache(maxsize=1)
def _read() -> tuple[tuple[Change, ...], Fingerprint]:
    file = read_toml(_FILE)
    root = file.root()
    found = tuple(_change(r) for r in root.tables("change"))
    root.done()
    return found, file.fingerprint


def _change(r: Record) -> Change:
    found = Change(
        r.one_of("claim", tuple(c.id for c in claims())), r.text("date"), r.one_of("what", KINDS),
        r.text("was"), r.text("now"), r.text("why"),
    )  # fmt: skip
    if not _DAY.fullmatch(found.date):
        raise r.error(f'date "{found.date}" is not a day; write it like 2026-11-24', "date")
    r.done()
    return found
