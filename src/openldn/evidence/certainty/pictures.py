"""Judgements of bias in plain tuples, ready to be drawn: a table of lights for each tool, marks beside a forest plot."""

from collections.abc import Iterable
from dataclasses import dataclass

from openldn.evidence.catalogue import study
from openldn.evidence.certainty.risk_of_bias import Assessment, shown_assessment
from openldn.evidence.certainty.tools import NO_INFORMATION, tool
from openldn.evidence.questions import Question


@dataclass(frozen=True)
class LightTable:
    """Studies by domains of one tool. rows: (label, one word for each domain, overall); title says who judged."""

    tool: str
    title: str
    domains: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...], str], ...]


def light_tables(pairs: Iterable[tuple[str, str]]) -> tuple[LightTable, ...]:
    """One table for each tool, of (study, outcome) pairs; a study stands once in a table, without an assessment in none."""
    groups: dict[str, dict[str, Assessment]] = {}
    for name, outcome in pairs:
        found = shown_assessment(name, outcome)
        if found:
            groups.setdefault(found.tool.key, {}).setdefault(found.study, found)
    return tuple(_table(key, tuple(group.values())) for key, group in groups.items())


def lights_of(question: Question) -> tuple[LightTable, ...]:
    """The tables of one question's trials."""
    return light_tables((m.study, m.outcome) for m in question.members)


def forest_marks(question: Question) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The domains that the trials' tools share, and one row of words for each trial in the question's order.

    The last column is "Overall", so what a tool has beyond the shared domains still counts. A trial without an
    assessment has "no information" throughout.
    """
    found = [shown_assessment(m.study, m.outcome) for m in question.members]
    tools = [a.tool for a in found if a]
    first = tools[0] if tools else tool("rob2")
    shared = [d for d in first.domains if all(d.key in t.keys for t in tools)]
    rows = tuple((*(_word(a, d.key) for d in shared), a.overall if a else NO_INFORMATION) for a in found)
    return (*(d.name for d in shared), "Overall"), rows


def _word(a: Assessment | None, domain: str) -> str:
    found = a.of(domain) if a else None
    return found.judgement if found else NO_INFORMATION


def _table(key: str, found: tuple[Assessment, ...]) -> LightTable:
    t = tool(key)
    by = "proposed, nobody has judged" if all(a.status == "proposed" for a in found) else "judged in part"
    if all(a.status == "judged" for a in found):
        by = "judged by " + ", ".join(dict.fromkeys(a.judge for a in found))
    rows = tuple((study(a.study).label, a.judgements, a.overall) for a in found)
    return LightTable(key, f"{t.name} ({t.version}): {by}", tuple(d.name for d in t.domains), rows)
