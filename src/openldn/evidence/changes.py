"""What changed since a day: in a claim, in a study or pooled answer that it rests on, and which studies are new."""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from openldn.evidence.catalogue import studies
from openldn.evidence.claims import Claim, claims
from openldn.evidence.corrections import corrections
from openldn.evidence.questions import questions
from openldn.notation import Fingerprint, InputError, Record, read_toml, shown, suggestion

_FILE = Path(__file__).with_name("changes.toml")
KINDS = ("verdict", "reasons", "synthesis", "wording", "computed", "added")
OF_QUESTIONS = ("certainty", "estimate")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True)
class Change:
    """`what` is one of KINDS, or what the claim was touched by.

    "study": `subject` is a study and `field` the figure of it that was weighed. "new study": `subject` was added.
    "certainty" and "estimate": `subject` is the pooled question.
    """

    claim: str
    date: str
    what: str
    was: str
    now: str
    why: str
    subject: str = ""
    field: str = ""


@dataclass(frozen=True)
class News:
    """A change outside any claim: `what` is one of OF_QUESTIONS, of the question `subject`, or "new study".

    claims: those that it touches, which may be none.
    """

    subject: str
    date: str
    what: str
    was: str
    now: str
    why: str
    claims: tuple[str, ...]


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
            Change(c.id, x.date, x.what, x.was, x.now, x.why, x.subject)
            for x in news_since(day)
            if c.id in x.claims
        ]
        found += [
            Change(c.id, x.date, "study", str(x.was), str(x.now), x.why, x.subject, x.field)
            for x in corrections()
            if x.date >= day and x.subject in c.studies and x.decision == "changed"
        ]
    return tuple(sorted(found, key=lambda x: x.date))


def news_since(day: str) -> tuple[News, ...]:
    """Pooled answers that changed and studies that were added on `day` or later, whether a claim rests on them or not."""
    return tuple(x for x in _read()[1] if x.date >= day)


def changes_fingerprint() -> Fingerprint:
    return _read()[2]


@lru_cache(maxsize=1)
def _read() -> tuple[tuple[Change, ...], tuple[News, ...], Fingerprint]:
    file = read_toml(_FILE)
    root = file.root()
    found = tuple(_change(r) for r in root.tables("change"))
    news = (*(_of_question(r) for r in root.tables("question")), *(_added(r) for r in root.tables("study")))
    root.done()
    return found, news, file.fingerprint


def _change(r: Record) -> Change:
    found = Change(
        r.one_of("claim", tuple(c.id for c in claims())), r.text("date"), r.one_of("what", KINDS),
        r.text("was"), r.text("now"), r.text("why"),
    )  # fmt: skip
    _check_day(r, found.date)
    r.done()
    return found


def _of_question(r: Record) -> News:
    subject = r.one_of("question", tuple(q.id for q in questions()))
    cited = tuple(c.id for c in claims() if subject in (*c.syntheses, *(x.synthesis for x in c.context)))
    found = News(
        subject,
        r.text("date"),
        r.one_of("what", OF_QUESTIONS),
        r.text("was"),
        r.text("now"),
        r.text("why"),
        cited,
    )
    _check_day(r, found.date)
    r.done()
    return found


def _added(r: Record) -> News:
    subject, touched = r.one_of("study", tuple(s.id for s in studies())), r.texts("claims")
    label = next(s.label for s in studies() if s.id == subject)
    ids = tuple(c.id for c in claims())
    for name in touched:
        if name not in ids:
            raise r.error(f'claim "{name}" is not known; {suggestion(name, ids)}', "claims")
    found = News(subject, r.text("date"), "new study", "", label, r.text("why"), touched)
    _check_day(r, found.date)
    r.done()
    return found


def _check_day(r: Record, day: str) -> None:
    if not _DAY.fullmatch(day):
        raise r.error(f'date "{day}" is not a day; write it like 2026-11-24', "date")
