"""Adverse events of a ClinicalTrials.gov record: persons affected, of those at risk, by term."""

from openldn.evidence.importers.ctgov_groups import Treatments
from openldn.evidence.importers.shape import Node
from openldn.evidence.importers.words import clean, count, name, unique
from openldn.evidence.study import Arm, Harm
from openldn.notation import Limit

LIMIT = Limit(1_000, "harms", "that are taken of an imported trial")
_TOTALS = (
    ("deaths", "deaths"),
    ("serious", "any serious adverse event"),
    ("other", "any other adverse event"),
)


def harms_of(module: Node, given: Treatments, notes: list[str]) -> tuple[Harm, ...]:
    """The harms of an adverseEventsModule: totals first, then serious terms, then other ones."""
    taken: set[str] = set()
    groups: dict[str, tuple[str, str]] = {}
    entries = list(module.nodes("eventGroups"))
    for group in entries:
        title = group.text("title")
        groups[group.text("id", 40)] = (
            unique(name(title), taken),
            given.role(title, group.text("description")),
        )
    threshold = module.text("frequencyThreshold", 20)
    about = "; ".join(w for w in (module.text("timeFrame", 300), module.text("description", 400)) if w)
    harms, terms = [], set[str]()
    for key, term in _TOTALS:
        arms = tuple(
            Arm(*groups[g.text("id", 40)], n=count(g.written(f"{key}NumAtRisk")), events=count(g.written(f"{key}NumAffected")))
            for g in entries
            if f"{key}NumAffected" in g
        )  # fmt: skip
        if arms:
            above = (
                f"listed only above {threshold} % in an arm"
                if key == "other" and threshold not in ("", "0")
                else ""
            )
            harms.append(Harm(unique(term, terms), "; ".join(w for w in (above, about) if w), arms))
    for kind in ("serious", "other"):
        for event in module.nodes(f"{kind}Events"):
            if len(harms) == LIMIT:
                notes.append(f"only the first {LIMIT:,} harms were taken")
                return tuple(harms)
            harms.append(_harm(event, kind, groups, terms, notes))
    return tuple(harms)


def _harm(
    event: Node, kind: str, groups: dict[str, tuple[str, str]], terms: set[str], notes: list[str]
) -> Harm:
    term = name(event.text("term", 120)).lower()
    term = unique(f"{term} (serious)" if kind == "serious" else term, terms)
    arms: list[Arm] = []
    for entry in event.nodes("stats"):
        group = groups.get(entry.text("groupId", 40))
        if group is None or any(a.arm == group[0] for a in arms):
            notes.append(f'"{term}": counts of a group that is not described, or twice, were left out')
            continue
        affected = count(entry.written("numAffected"))
        if affected is None and "numAffected" in entry:
            notes.append(f'"{term}", {group[0]}: "{entry.text("numAffected", 40)}" persons is not a count')
        arms.append(
            Arm(*group, n=count(entry.written("numAtRisk")), events=affected, occurrences=count(entry.written("numEvents")))
        )  # fmt: skip
    return Harm(term, clean(event.text("notes"), 300), tuple(arms))
