"""The second reading: figures extracted again by somebody who had not seen the first reading.

`second_readings/` holds one file per study, and `pharmacology.toml` for facts of the pharmacology
tables. A figure with a `field` and a `value` is compared with the first reading. The state of a field:

    provisional   read once
    agreed        read twice, the same
    settled       read twice and differed, or found wrong since; `corrections.toml` says what stands
    corrected     corrected, and still read once: the second reader looked for it in vain or not at all
    differs       read twice, differs, and nobody has settled it: a test allows none

Both readers saw mostly abstracts, registry tables and label sections, often the same page: agreement
shows that copying was correct, not that the page is right.

A number that was computed here (`derived` of its table) has nothing to be read and is no part of a share.

What counts as read: a number as printed, or brought into the sign and unit of the study file; the
size of an arm for each outcome of that arm; a zero said in words; completers of a crossover for both
periods. What does not, and so has no `value`: a sum, a time taken from the length of treatment, a
number randomised or analysed taken from the number who entered, and a copy that may come from the
first reading.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import cast

from openldn.evidence.catalogue import studies, study
from openldn.evidence.corrections import UNSET, corrections
from openldn.evidence.fields import is_derived, numbers, value_at
from openldn.evidence.prose import prose
from openldn.evidence.study import Study
from openldn.notation import Fingerprint, Record, UnknownName, read_toml

_FOLDER = Path(__file__).with_name("second_readings")
PHARMACOLOGY = "pharmacology"
STATES = {
    "provisional": "read once",
    "agreed": "read twice, the same",
    "settled": "read twice, settled by a correction",
    "corrected": "corrected, read once",
    "differs": "read twice, differs",
}
Value = float | int | str | tuple[float, ...]


@dataclass(frozen=True)
class SecondFigure:
    """One figure as the second reader found it.

    subject: a study id, or the id of a fact (may be "" when no table has it).
    found: False when the second reader looked for it in vain; `sought` then is the last day of that, where
        it was noted, and `note` says where.
    first_had_it: False when the first reading lacks the figure and the study file took it from here;
        then it has still been read once only.
    """

    subject: str
    name: str
    as_printed: str
    url: str
    field: str = ""
    value: Value | None = None
    found: bool = True
    first_had_it: bool = True
    sought: str = ""
    note: str = ""


@dataclass(frozen=True)
class Share:
    """How many of `total` numbers were read a second time, how many of those agreed at once, and how many
    were looked for in vain."""

    total: int
    second_read: int
    agreed: int
    in_vain: int

    @property
    def fraction(self) -> float:
        return self.second_read / self.total if self.total else 0.0


def second_figures(subject: str | None = None) -> tuple[SecondFigure, ...]:
    """Every second reading in file order, or those of one study or fact."""
    return tuple(f for f in _read()[0] if subject is None or f.subject == subject)


def state_of(study_id: str, field: str) -> str:
    """The state (see the module) of one field of a study.

    Raises UnknownName when there is no such study, or the study has no such field.
    """
    found = study(study_id)
    value = value_at(found, field)
    corrected = any(c.field == field for c in corrections(found.id))
    second = _second(found.id, field)
    if second is None:
        return "corrected" if corrected else "provisional"
    if corrected:
        return "settled"
    return "agreed" if _same(value, second.value) else "differs"


def read_twice(study_id: str, field: str) -> bool:
    """Whether two people have read the figure, whatever became of it.

    Raises UnknownName when there is no such study, or the study has no such field.
    """
    return state_of(study_id, _plain(field)) in ("agreed", "settled", "differs")


def read_again() -> frozenset[str]:
    """The studies, by id, of which a second reader has read at least one figure."""
    known = {s.id for s in studies()}
    return frozenset(f.subject for f in second_figures() if f.subject in known and f.found)


def corrected_once() -> tuple[tuple[str, str], ...]:
    """Study and field of every number that was corrected and has still been read by one person only."""
    return tuple(
        (s.id, _plain(f))
        for s in studies()
        for f, _ in numbers(s)
        if state_of(s.id, _plain(f)) == "corrected"
    )


def share_second_read(*which: Study) -> Share:
    """The share over `which`, or over all studies, of numbers that a second reader has read."""
    total = second_read = agreed = in_vain = 0
    for s in which or studies():
        looked_for = {f.field for f in second_figures(s.id) if f.value is None}
        for field, _ in numbers(s):
            if is_derived(s, _plain(field)):
                continue
            total += 1
            if read_twice(s.id, field):
                second_read += 1
                agreed += state_of(s.id, _plain(field)) == "agreed"
            else:
                in_vain += _plain(field) in looked_for
    return Share(total, second_read, agreed, in_vain)


def unsettled() -> tuple[SecondFigure, ...]:
    """The second readings that differ from the study file without a correction that explains it."""
    return tuple(f for (s, field), f in _by_field().items() if state_of(s, field) == "differs")


def second_readings_fingerprints() -> tuple[Fingerprint, ...]:
    return _read()[1]


def _second(study_id: str, field: str) -> SecondFigure | None:
    """The reading of somebody else than the first reader, None where there is none."""
    found = _by_field().get((study_id, field))
    return found if found is not None and found.first_had_it else None


def _plain(field: str) -> str:
    """`dose_mg/1` is read as `dose_mg`; other addresses stay."""
    head, _, last = field.rpartition("/")
    return head if last.isdecimal() and head else field


def _same(first: object, second: object) -> bool:
    if first is None:
        return second == UNSET
    if isinstance(first, str) and isinstance(second, str):
        return first.casefold() == second.casefold()
    return first == second


@lru_cache(maxsize=1)
def _by_field() -> dict[tuple[str, str], SecondFigure]:
    return {(f.subject, f.field): f for f in second_figures() if f.field and f.value is not None}


@lru_cache(maxsize=1)
def _read() -> tuple[tuple[SecondFigure, ...], tuple[Fingerprint, ...]]:
    known = {s.id for s in studies()}
    found: list[SecondFigure] = []
    prints = []
    for path in sorted(_FOLDER.glob("*.toml")):
        if path.stem not in known and path.stem != PHARMACOLOGY:
            raise UnknownName("study of a second reading", path.stem, known)
        file = read_toml(path)
        root = file.root()
        found += [_figure(r, path.stem) for r in root.tables("figure")]
        root.done()
        prints.append(file.fingerprint)
    return tuple(found), tuple(prints)


def _figure(r: Record, stem: str) -> SecondFigure:
    found = SecondFigure(
        subject=r.text("fact", "") if stem == PHARMACOLOGY else stem,
        name=r.text("name"),
        as_printed=prose(r, "as_printed", ""),
        url=r.text("url", ""),
        field=r.text("field", ""),
        value=_value(r),
        found=r.flag("found", True),
        first_had_it=r.flag("first_had_it", True),
        sought=r.text("sought", ""),
        note=prose(r, "note", ""),
    )
    r.done()
    if found.found and not (found.as_printed and found.url):
        raise r.error("a figure that was found needs as_printed and url")
    if found.sought:
        if found.found:
            raise r.error("a figure that was found was not sought in vain; leave it out", "sought")
        try:
            date.fromisoformat(found.sought)
        except ValueError:
            raise r.error(f'"{found.sought}" is not a day; write it like 2026-12-01', "sought") from None
    if stem != PHARMACOLOGY and found.field:
        try:
            value_at(study(stem), found.field)
        except UnknownName as error:
            raise r.error(str(error), "field") from None
    return found


def _value(r: Record) -> Value | None:
    value: object = r.take("value", (int, float, str, list), None)
    return cast(Value, tuple(value) if isinstance(value, list) else value) if value is not None else None
