"""What is pooled with what: questions of one condition, each with the trials that answer it.

question("fibromyalgia", "pain").effects()       the effects of its trials, one unit, every conversion kept
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from openldn.evidence.catalogue import study
from openldn.evidence.conditions import conditions
from openldn.evidence.effects import effects_of
from openldn.evidence.study import Study
from openldn.meta.effects import EffectSize
from openldn.meta.measures import LOG_MEASURES, MEASURE_WORDS
from openldn.notation import Fingerprint, Record, UnknownName, read_toml, sources

_FILE = Path(__file__).with_name("questions.toml")
MEASURES = ("MD", "SMD", "RR", "OR", "RD")
BASES = ("printed", "derived", "assumed")
ASPECTS = ("population", "intervention", "comparator", "outcome", "time")


@dataclass(frozen=True)
class Difference:
    """The smallest difference between groups that would matter, on the natural scale (a ratio as a ratio)."""

    value: float
    basis: str
    sources: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Member:
    """One trial of a question: which outcome, by which route ("" for the best), times which factor."""

    study: str
    outcome: str
    route: str = ""
    factor: float = 1.0

    def effect(self, measure: str, unit: str = "") -> EffectSize:
        """The effect of this trial in the unit of the question."""
        found = effects_of(study(self.study), self.outcome, measure, route=self.route)
        return found if self.factor == 1.0 else found.rescaled(self.factor, unit)


@dataclass(frozen=True)
class Indirect:
    """One way in which the trials answer another question than the one asked: `aspect` is one of ASPECTS."""

    aspect: str
    why: str


@dataclass(frozen=True)
class Unpooled:
    """A trial that measured the outcome and printed nothing that can be pooled."""

    study: str
    why: str


@dataclass(frozen=True)
class Question:
    """One outcome of one condition; `better` is the direction in which a person is better off.

    said: the outcome as a sentence names it. noticed: the smallest change that one person calls an improvement.
    sign_unknown: why nobody can tell which way the printed sign runs; "" where it is known. Such a question has one trial.
    """

    condition: str
    key: str
    title: str
    measure: str
    unit: str
    better: str
    members: tuple[Member, ...] = field(repr=False)
    important: Difference | None
    harm: bool
    critical: bool
    note: str
    said: str = ""
    noticed: Difference | None = None
    indirect: tuple[Indirect, ...] = ()
    unpooled: tuple[Unpooled, ...] = ()
    against: str = ""
    sign_unknown: str = ""

    @property
    def id(self) -> str:
        return f"{self.condition}/{self.key}"

    @property
    def ratio(self) -> bool:
        """Whether the analysis runs on logarithms."""
        return self.measure in LOG_MEASURES

    @property
    def effect_words(self) -> str:
        """What its effect is called in a sentence: `difference`, `risk ratio`."""
        return MEASURE_WORDS[self.measure].removeprefix("mean ").removesuffix(" (Hedges' g)")

    def effects(self) -> tuple[EffectSize, ...]:
        """The effects in the order of the file. Raises InputError where a trial has no way to the measure."""
        return tuple(m.effect(self.measure, self.unit) for m in self.members)

    def studies(self) -> tuple[Study, ...]:
        return tuple(study(m.study) for m in self.members)


@lru_cache(maxsize=1)
def questions() -> tuple[Question, ...]:
    """Every question in the order of the file. Raises DataError with file, line and field."""
    keys = {c.key for c in conditions()}
    found: list[Question] = []
    for condition, record in read_toml(_FILE).tables():
        if condition not in keys:
            raise record.error(f'"{condition}" is not a condition')
        found += [_question(condition, key, inner) for key, inner in record.inner_tables()]
        record.done()
    return tuple(found)


def questions_of(condition: str) -> tuple[Question, ...]:
    """The questions of a condition by its key; empty where no trial can be put into figures."""
    return tuple(q for q in questions() if q.condition == condition)


def question(condition: str, key: str) -> Question:
    """One question. Raises UnknownName."""
    for found in questions():
        if (found.condition, found.key) == (condition, key):
            return found
    raise UnknownName("question", f"{condition}/{key}", (q.id for q in questions()))


def question_by_id(name: str) -> Question:
    """One question by `condition/key`. Raises UnknownName."""
    condition, _, key = name.partition("/")
    return question(condition, key)


def questions_fingerprint() -> Fingerprint:
    return read_toml(_FILE).fingerprint


def with_routes(asked: Question, routes: Mapping[str, str]) -> Question:
    """The question with other routes for some studies, by id; for asking what a choice changes."""
    members = tuple(replace(m, route=routes.get(m.study, m.route)) for m in asked.members)
    return replace(asked, members=members)


def _question(condition: str, key: str, r: Record) -> Question:
    measure = r.one_of("measure", MEASURES)
    found = Question(
        condition=condition,
        key=key,
        title=r.text("title"),
        measure=measure,
        unit=r.text("unit", "" if measure in LOG_MEASURES else "1"),
        better=r.one_of("better", ("lower", "higher")),
        members=tuple(_member(m) for m in r.tables("members")),
        important=_difference(r, "important"),
        harm=r.flag("harm", False),
        critical=r.flag("critical", False),
        note=r.text("note", ""),
        said=r.text("said", ""),
        noticed=_difference(r, "noticed"),
        indirect=tuple(_indirect(t) for t in r.tables("indirect")),
        unpooled=tuple(_unpooled(t) for t in r.tables("unpooled")),
        against=r.text("against", ""),
        sign_unknown=r.text("sign_unknown", ""),
    )
    if not found.members:
        raise r.error("a question needs a member", "members")
    if found.sign_unknown and len(found.members) > 1:
        raise r.error("a trial whose sign is not known is pooled with no other", "sign_unknown")
    r.done()
    return found


def _member(r: Record) -> Member:
    found = Member(r.text("study"), r.text("outcome"), r.text("route", ""), r.number("factor", 1.0))
    study(found.study)
    r.done()
    return found


def _indirect(r: Record) -> Indirect:
    found = Indirect(r.one_of("aspect", ASPECTS), r.text("why"))
    r.done()
    return found


def _unpooled(r: Record) -> Unpooled:
    found = Unpooled(r.text("study"), r.text("why"))
    study(found.study)
    r.done()
    return found


def _difference(r: Record, name: str) -> Difference | None:
    inner = r.table(name, None)
    if inner is None:
        return None
    found = Difference(
        inner.number("value"), inner.one_of("basis", BASES), inner.texts("sources"), inner.text("why")
    )
    for key in found.sources:
        if key not in sources():
            raise inner.error(f'source "{key}" is not known', "sources")
    inner.done()
    return found
