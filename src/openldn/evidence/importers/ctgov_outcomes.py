"""Outcome measures of a ClinicalTrials.gov record: one Outcome for each row that has numbers by group.

A measure holds classes (often times or subscales), a class categories, a category one measurement a group.
Counts of participants in several categories stay together as `categories`; everything else is a row.
A row is a level, or a change if the title says "change" (a guess, and named as one).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from openldn.evidence.importers.ctgov_analyses import effect_of
from openldn.evidence.importers.ctgov_groups import Treatments
from openldn.evidence.importers.ctgov_values import Kind, arm_of, kind_of
from openldn.evidence.importers.shape import Node
from openldn.evidence.importers.words import NAME_LIMIT, clean, count, name, unique
from openldn.evidence.study import Arm, Outcome
from openldn.notation import Limit

LIMIT = Limit(300, "outcomes", "that are taken of an imported trial")
_PLANNED = (("primaryOutcomes", True), ("secondaryOutcomes", False), ("otherOutcomes", False))
_TIMES = re.compile(
    r"\b(?P<unit2>weeks?|wks?|days?)\s*(?P<after>\d{1,4}(?:\.\d)?)(?!\s*(?:weeks?|days?|\d|[,.]\d))|"
    r"(?<![\d.,])(?P<before>\d{1,4}(?:\.\d)?)[\s-]*(?P<unit>weeks?|wks?|days?)\b",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True)
class _Row:
    label: str
    when: str
    denominators: dict[str, int]
    categories: list[tuple[str, Node]]


def outcomes_of(results: Node, given: Treatments, notes: list[str]) -> tuple[Outcome, ...]:
    """Every outcome with posted results; `notes` gets what was not understood."""
    found: list[Outcome] = []
    taken: set[str] = set()
    for measure in results.node("outcomeMeasuresModule").nodes("outcomeMeasures"):
        title = measure.text("title", 300)
        if measure.text("reportingStatus", 30).upper() == "NOT_POSTED":
            notes.append(f'"{title}" has no results yet')
            continue
        for outcome in _measure(measure, title, given, taken, notes):
            if len(found) == LIMIT:
                notes.append(f"only the first {LIMIT:,} outcomes were taken")
                return tuple(found)
            found.append(outcome)
    return tuple(found)


def planned_outcomes(protocol: Node) -> tuple[Outcome, ...]:
    """The outcomes that a record without results says it will measure."""
    found: list[Outcome] = []
    taken: set[str] = set()
    for part, primary in _PLANNED:
        for planned in protocol.node("outcomesModule").nodes(part):
            if len(found) < LIMIT:
                frame = planned.text("timeFrame", 300)
                title = unique(name(planned.text("measure")), taken)
                found.append(Outcome(title, "neither", weeks=weeks_in(frame), primary=primary, note=frame))
    return tuple(found)


def weeks_in(text: str) -> float | None:
    """The one time in weeks or days that `text` names, in weeks; None when it names none or several."""
    # "Weeks 4, 8 and 12", "3 months (visit 5)": a number that is no week leaves it open which is meant.
    if re.search("[1-9]", _TIMES.sub(" ", text)):
        return None
    found = set()
    for m in _TIMES.finditer(text):
        amount, unit = float(m["before"] or m["after"]), (m["unit"] or m["unit2"]).lower()
        found.add(round(amount / 7, 3) if unit.startswith("day") else amount)
    times = found - {0.0}
    if len(times) != 1:
        return None
    time = times.pop()
    return int(time) if time == int(time) else time


def _measure(
    measure: Node, title: str, given: Treatments, taken: set[str], notes: list[str]
) -> Iterator[Outcome]:
    kind = kind_of(measure, title, notes)
    labels: set[str] = set()
    groups = {
        g.text("id", 40): (unique(name(g.text("title")), labels), given.role(g.text("title"), g.text("description")))
        for g in measure.nodes("groups")
    }  # fmt: skip
    for title_of_group, role in groups.values():
        if role == "none":
            notes.append(f'what "{title_of_group}" took is not told: its role is "none"; set it')
    frame = measure.text("timeFrame", 300)
    rows = list(_rows(measure, kind, title, notes))
    primary = measure.text("type", 20).upper() == "PRIMARY"
    analyses = list(measure.nodes("analyses"))
    made = [_outcome(row, title, frame, kind, groups, primary, taken, notes) for row in rows]
    if analyses and len(made) == 1:
        only = made.pop()
        effect = effect_of(analyses, groups, only.arms, title, notes)
        yield Outcome(**{**only.__dict__, "effect": effect})
    yield from made
    if analyses and len(rows) != 1:
        effect = effect_of(analyses, groups, (), title, notes)
        yield Outcome(
            unique(name(title), taken), "neither", scale=kind.unit, weeks=weeks_in(frame), primary=primary,
            note=frame, effect=effect,
            reading_note="The registry ties this analysis to the measure, not to one of its rows.",
        )  # fmt: skip


def _rows(measure: Node, kind: Kind, title: str, notes: list[str]) -> Iterator[_Row]:
    overall = _denominators(measure, title, notes)
    classes = list(measure.nodes("classes"))
    for c in classes:
        label = c.text("title", NAME_LIMIT)
        denominators = {**overall, **_denominators(c, title, notes)}
        categories = [(k.text("title", NAME_LIMIT), k) for k in c.nodes("categories")]
        if kind.counts_people and len(categories) > 1:
            yield _Row(label, label, denominators, categories)
            continue
        for category, node in categories:
            parts = [p for p in (label, category) if p]
            yield _Row(": ".join(parts), " ".join(parts), denominators, [(category, node)])


def _denominators(holder: Node, title: str, notes: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for denominator in holder.nodes("denoms"):
        units = denominator.text("units", 40).casefold()
        if units not in ("participants", "participant", ""):
            notes.append(f'"{title}": counts of {units} were left out, n is of persons')
            continue
        for entry in denominator.nodes("counts"):
            people = count(entry.written("value"))
            if people is None:
                notes.append(f'"{title}": n "{entry.text("value", 40)}" is not a count')
            else:
                found[entry.text("groupId", 40)] = people
    return found


def _outcome(
    row: _Row, title: str, frame: str, kind: Kind, groups: dict[str, tuple[str, str]], primary: bool,
    taken: set[str], notes: list[str],
) -> Outcome:  # fmt: skip
    label = clean(title, NAME_LIMIT - min(len(row.label), 80)) + (
        f": {clean(row.label, 80)}" if row.label else ""
    )
    called = unique(name(label, NAME_LIMIT + 20), taken)
    arms: dict[str, Arm] = {}
    for category, node in row.categories:
        for entry in node.nodes("measurements"):
            key = entry.text("groupId", 40)
            if key not in groups:
                notes.append(f'"{called}": a value of a group that is not described was left out')
                continue
            arm = Arm(*groups[key], n=row.denominators.get(key))
            if len(row.categories) == 1:
                if key in arms:
                    notes.append(f'"{called}": a second value of "{arm.arm}" was left out')
                else:
                    arms[key] = arm_of(entry, arm, kind, row.when, called, notes)
                continue
            people = count(entry.written("value"))
            if people is None:
                notes.append(f'"{called}", {arm.arm}: "{entry.text("value", 40)}" is not a count of persons')
                continue
            before = arms.get(key, arm)
            names = {k for k, _ in before.categories}
            more = (unique(name(category), names), people)
            arms[key] = Arm(arm.arm, arm.role, arm.n, categories=(*before.categories, more))
    return Outcome(
        called, "neither", scale=kind.unit, weeks=weeks_in(row.when) or weeks_in(frame), primary=primary,
        note="; ".join(part for part in (frame, kind.words) if part), arms=tuple(arms.values()),
    )  # fmt: skip
