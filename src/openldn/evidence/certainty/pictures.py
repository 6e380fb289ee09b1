"""Judgements of bias in plain tuples, ready to be drawn: a table of lights for each tool, marks beside a forest plot."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from openldn.evidence.catalogue import study
from openldn.evidence.certainty.risk_of_bias import Assessment, shown_assessment
from openldn.evidence.certainty.tools import NOT_READ, Domain, Tool, tool
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
    """Every domain that a trial's tool has, and one row of words for each trial in the question's order.

    The last column is "Overall". A domain that a trial's tool lacks is "" in its row; a trial without an assessment has
    "not read" throughout.
    """
    found = [shown_assessment(m.study, m.outcome) for m in question.members]
    domains = _merged([a.tool for a in found if a] or [tool("rob2")])
    rows = tuple((*(_word(a, d.key) for d in domains), a.overall if a else NOT_READ) for a in found)
    return (*(d.name for d in domains), "Overall"), rows


def _merged(tools: Sequence[Tool]) -> list[Domain]:
    """The domains of all tools, each once, in the order that the tools give them."""
    merged: list[Domain] = []
    for t in tools:
        place = 0
        for d in t.domains:
            keys = [m.key for m in merged]
            if d.key in keys:
                place = keys.index(d.key) + 1
            else:
                merged.insert(place, d)
                place += 1
    return merged


def _word(a: Assessment | None, domain: str) -> str:
    if a and domain not in a.tool.keys:
        return ""
    found = a.of(domain) if a else None
    return found.judgement if found else NOT_READ


def _table(key: str, found: tuple[Assessment, ...]) -> LightTable:
    t = tool(key)
    by = "proposed, nobody has judged" if all(a.status == "proposed" for a in found) else "judged in part"
    if all(a.status == "judged" for a in found):
        by = "judged by " + ", ".join(dict.fromkeys(a.judge for a in found))
    rows = tuple((study(a.study).label, a.judgements, a.overall) for a in found)
    return LightTable(key, f"{t.name} ({t.version}): {by}", tuple(d.name for d in t.domains), rows)
