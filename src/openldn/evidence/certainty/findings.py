"""The summary of findings of a condition: at most seven outcomes, critical ones first, benefits beside harms.

Counts come as people out of 1000 with and without the drug, means in the unit of the scale beside the smallest
difference that matters. Every certainty carries its reasons as footnotes. Where nothing can be pooled the table is empty
and says why, with the studies that there are.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from openldn.evidence.body import body
from openldn.evidence.catalogue import of_condition
from openldn.evidence.certainty.absolute import (
    Baseline,
    PerThousand,
    Reaching,
    baseline,
    per_thousand,
    reaching,
)
from openldn.evidence.certainty.facts import Facts, facts_of
from openldn.evidence.certainty.grade import Certainty, certainty_from
from openldn.evidence.certainty.harms import HarmsApart, harms_apart
from openldn.evidence.certainty.rules import Rules, rules
from openldn.evidence.certainty.statements import statement
from openldn.evidence.certainty.told import Told, told_of
from openldn.evidence.conditions import condition
from openldn.evidence.questions import Question, questions_of
from openldn.evidence.study import Study
from openldn.notation import InputError

MOST_OUTCOMES = 7


@dataclass(frozen=True)
class FindingRow:
    """One outcome. `footnotes` are numbers into the table's; relative and mean are (estimate, low, high), one of them None."""

    question: Question = field(repr=False)
    studies: tuple[str, ...]
    participants: int
    interval: str
    relative: tuple[float, float, float] | None
    mean: tuple[float, float, float] | None
    baseline: Baseline | None
    per_thousand: PerThousand | None
    reaching: Reaching | None
    certainty: Certainty
    statement: str
    footnotes: tuple[int, ...]

    @property
    def outcome(self) -> str:
        return self.question.title

    @property
    def reconstructed(self) -> bool:
        """Whether a trial's counts are ours, from percents without denominators."""
        return any(e.reconstructed for e in body(self.question.id).effects)


@dataclass(frozen=True)
class SummaryOfFindings:
    """absent: why there is no row, "" if there are some. not_pooled: trials of low dose that stand in no row, with why.

    told: main outcomes of which a trial told something and printed no figure. left_out: questions beyond the seven.
    harms: what was printed of harms and stands in no row.
    """

    condition: str
    name: str
    intervention: str
    comparators: tuple[str, ...]
    rows: tuple[FindingRow, ...]
    told: tuple[Told, ...]
    footnotes: tuple[str, ...]
    absent: str
    not_pooled: tuple[tuple[str, str], ...]
    left_out: tuple[str, ...]
    harms: HarmsApart


def summary_of_findings(name: str, *, using: Rules | None = None) -> SummaryOfFindings:
    """The table of a condition by key, name or alias. Raises UnknownName."""
    r, found = using or rules(), condition(name)
    asked = questions_of(found.key)
    chosen = most_important(asked)
    notes: list[str] = []
    rows = tuple(_row(q, r, notes) for q in chosen)
    told = told_of(found.key)
    pooled = {s.id for q in asked for s in q.studies()} | {t.study.id for t in told}
    same = {s.cohort for q in asked for s in q.studies() if s.cohort}
    trials = [
        s
        for s in of_condition(found.key)
        if s.is_trial and s.low_dose and s.id not in pooled and s.cohort not in same
    ]
    return SummaryOfFindings(
        condition=found.key,
        name=found.name,
        intervention="low-dose naltrexone",
        comparators=tuple(dict.fromkeys(_comparator(s) for q in chosen for s in q.studies())),
        rows=rows,
        told=told,
        footnotes=tuple(notes),
        absent="" if rows else why_nothing(found.key),
        not_pooled=tuple((s.label, s.usable_note or s.concerns) for s in trials),
        left_out=tuple(q.title for q in asked if q not in chosen),
        harms=harms_apart(found.key, asked),
    )


def most_important(asked: Sequence[Question]) -> tuple[Question, ...]:
    """At most seven: critical first, benefits before harms, in the order of the file; a harm keeps a place."""
    ranked = sorted(asked, key=lambda q: (not q.critical, q.harm))
    chosen = ranked[:MOST_OUTCOMES]
    harms = [q for q in ranked if q.harm]
    if harms and not any(q.harm for q in chosen):
        chosen[-1] = harms[0]
    return tuple(chosen)


def why_nothing(key: str) -> str:
    """Why a condition has no row: no trial at all, none of low dose, or none that printed a figure that can be pooled."""
    found = [s for s in of_condition(key) if not s.is_review]
    trials = [s for s in found if s.is_trial and s.design != "protocol"]
    low = [s for s in trials if s.low_dose]
    if not found:
        return "No study of people in this condition was found" + (
            ", only reviews." if of_condition(key) else "."
        )
    if low:
        return f"No trial printed a figure that can be pooled: {_named(low)}."
    if trials:
        other = f"trials of other doses: {_named(trials)}"
        return f"No trial of low-dose naltrexone exists among the studies that were found; {other}."
    others = [s for s in found if s.design != "protocol"]
    planned = [s for s in found if s.design == "protocol"]
    told = [f"studies without a randomised comparison: {_named(others)}" if others else ""]
    told.append(f"registered, without results: {_named(planned)}" if planned else "")
    rest = "; ".join(filter(None, told))
    return f"No randomised trial with results exists among the studies that were found{'; ' + rest if rest else ''}."


def _row(q: Question, r: Rules, notes: list[str]) -> FindingRow:
    f = facts_of(body(q.id), r)
    certainty = certainty_from(f, q.id, r)
    natural = _natural(f)
    base = baseline(q) if q.ratio or q.measure == "RD" else None
    numbers = []
    for reason in certainty.reasons:
        if reason not in notes:
            notes.append(reason)
        numbers.append(notes.index(reason) + 1)
    counted = q.ratio or q.measure == "RD"
    return FindingRow(
        question=q,
        studies=tuple(t.label for t in f.trials),
        participants=f.persons,
        interval=f.interval,
        relative=natural if counted else None,
        mean=None if counted else natural,
        baseline=base,
        per_thousand=_people(f, base, q.measure) if base else None,
        reaching=reaching(f, q),
        certainty=certainty,
        statement=statement(f, certainty.shown, q.said or q.title, r, against=_against(q), sides=_sides(q)),
        footnotes=tuple(numbers),
    )


def _people(f: Facts, base: Baseline, measure: str) -> PerThousand | None:
    """None where a ratio would make the risk exceed 1; the relative effect stands alone then."""
    try:
        return per_thousand(f, base, measure)
    except InputError:
        return None


def _natural(f: Facts) -> tuple[float, float, float]:
    found = (f.estimate, f.low, f.high)
    return (math.exp(found[0]), math.exp(found[1]), math.exp(found[2])) if f.ratio else found


def _against(q: Question) -> str:
    """The comparator of a sentence; "" where the outcome's own words name it."""
    words = tuple(dict.fromkeys(_comparator(s) for s in q.studies()))
    return "" if any(w.split(",")[0].split()[0] in q.said for w in words) else " or ".join(words)


def _sides(q: Question) -> tuple[str, str]:
    """What an important difference below no effect and above it is to a person."""
    if q.harm:
        return "reduction", "increase"
    return ("benefit", "harm") if q.better == "lower" else ("harm", "benefit")


def _comparator(s: Study) -> str:
    return s.comparator if s.comparator != "active" else s.comparator_detail or "another treatment"


def _named(found: Sequence[Study]) -> str:
    return ", ".join(f"{s.label} ({_people_of(s, found)})" for s in found)


def _people_of(s: Study, found: Sequence[Study]) -> str:
    """How many, took part or are planned; of a second publication of the same people also that they are the same."""
    if s.persons is None:
        return f"{s.n_planned} planned" if s.n_planned is not None else s.status or "number not seen"
    same = s.cohort and any(other.cohort == s.cohort for other in found[: found.index(s)])
    return f"{s.persons} people, taken as the same" if same else f"{s.persons} people"
