"""Who took what: the groups of a ClinicalTrials.gov record, and the dose of naltrexone in its words.

The registry describes groups four times (arms, flow, outcomes, harms) and tells their treatment only in
words. A title decides before a description, and the arm of the same title before both. The type of an arm
decides before its description: an experimental arm "in capsules that match placebo" is none of placebo. A
sequence of a crossover takes two treatments, so it has the role "none", as in our own files.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from openldn.evidence.about import about
from openldn.evidence.conditions import folded
from openldn.evidence.importers.shape import Node
from openldn.evidence.importers.words import number

_NALTREXONE = re.compile(r"\b(?:naltrexone|LDN|ULDN|VLDN|revia|nalorex|vivitrol)\b", re.IGNORECASE)
_PLACEBO = re.compile(r"\b(?:placebo|sham|sugar pill|dummy)s?\b", re.IGNORECASE)
# A placebo that looks like naltrexone is one, whatever it looks like.
_LIKE = re.compile(
    r"placebo\W+(?:for|of|to match|matching|identical|comparator|capsules? (?:identical|matching))|"
    r"(?:naltrexone|LDN)\W{1,3}placebo|matching placebo",
    re.IGNORECASE,
)
_EVERYBODY = re.compile(r"(?:total|all|overall|entire)\b", re.IGNORECASE)
_LOW = re.compile(r"\b(?:low|very low|ultra[- ]?low)[- ]dose naltrexone\b|\bU?V?LDN\b", re.IGNORECASE)
_MG = r"(?<![\d.,])(\d{1,3}(?:\.\d{1,4})?)\s*-?\s*mg\b(?!\s*/\s*(?:kg|m))"
_DOSES = (
    re.compile(rf"(?:naltrexone|LDN)\b[^.;|]{{0,60}}?{_MG}", re.IGNORECASE),
    re.compile(rf"{_MG}[^.;|\d]{{0,30}}?(?:naltrexone|LDN)\b", re.IGNORECASE),
)
_BY_TYPE = {
    "PLACEBO_COMPARATOR": "placebo", "SHAM_COMPARATOR": "placebo", "NO_INTERVENTION": "none",
    "ACTIVE_COMPARATOR": "active",
}  # fmt: skip


@dataclass(frozen=True)
class Treatments:
    """What the protocol says of its arms: the role of each by folded label, doses, and the comparator.

    doses: mg, from the words beside "naltrexone", smallest first. low: within the bounds of `about.toml`,
    or called low. naltrexone: the record names it at all.
    """

    roles: dict[str, str]
    comparator: str
    doses: tuple[float, ...]
    low: bool
    naltrexone: bool

    def role(self, title: str, description: str) -> str:
        """ldn, naltrexone, placebo or active; none when the words do not tell."""
        arm = self.roles.get(folded(title))
        said = _role(title) or (_role(description) if arm is None else arm)
        if said == "both":
            return "none"
        return ("ldn" if self.low else "naltrexone") if said == "given" else (said or "none")


def treatments(protocol: Node) -> Treatments:
    """The Treatments of a protocolSection."""
    module = protocol.node("armsInterventionsModule")
    drugs = [(i.text("name"), i.text("description")) for i in module.nodes("interventions")]
    arms = [
        (a.text("label"), a.text("type").upper(), a.text("description"), a.texts("interventionNames"))
        for a in module.nodes("armGroups")
    ]
    titles = [protocol.node("identificationModule").text(t) for t in ("briefTitle", "officialTitle")]
    words = [*titles, *(w for drug in drugs for w in drug), *(w for a in arms for w in (a[0], a[2]))]
    doses = tuple(sorted({float(d) for w in words for d in _doses(w)}))
    bounds = about()
    in_bounds = any(bounds.low_dose_from_mg <= d <= bounds.low_dose_to_mg for d in doses)
    roles = {folded(label): _arm_role(label, kind, text, names) for label, kind, text, names in arms}
    found = {r for r in roles.values() if r in ("placebo", "active")}
    if any(_PLACEBO.search(name) for name, _ in drugs):
        found.add("placebo")
    comparator = "mixed" if len(found) == 2 else next(iter(found), "none")
    named = any(_NALTREXONE.search(w) for w in words)
    return Treatments(
        roles, comparator, doses, in_bounds or (not doses and any(map(_LOW.search, words))), named
    )


def is_everybody(title: str) -> bool:
    """Whether a group's title means all persons rather than one arm."""
    return _EVERYBODY.match(title) is not None


def _arm_role(label: str, kind: str, description: str, interventions: Iterable[str]) -> str:
    said = _role(label)
    if said:
        return said
    if kind in ("PLACEBO_COMPARATOR", "SHAM_COMPARATOR", "NO_INTERVENTION"):
        return _BY_TYPE[kind]
    given = [_role(name) for name in interventions]
    if "given" in given and "placebo" in given:
        return "both"
    told = next((g for g in given if g), "")
    if told and not (told == "placebo" and kind == "EXPERIMENTAL"):
        return told
    said = _role(description)
    if said == "placebo" and kind in ("EXPERIMENTAL", "ACTIVE_COMPARATOR"):
        # What an arm is compared with stands in its description as often as what it takes.
        said = "given" if _NALTREXONE.search(description) and kind == "EXPERIMENTAL" else ""
    return said or _BY_TYPE.get(kind, "")


def _role(text: str) -> str:
    """given (naltrexone), placebo, both, or "" when the words name neither."""
    if _LIKE.search(text):
        rest = _LIKE.sub(" ", text)
        return "both" if re.search(r"\b(?:then|followed by)\b", rest, re.IGNORECASE) else "placebo"
    given, placebo = _NALTREXONE.search(text) is not None, _PLACEBO.search(text) is not None
    if given and placebo:
        return "both"
    return "given" if given else "placebo" if placebo else ""


def _doses(text: str) -> list[float]:
    found = [number(m) for pattern in _DOSES for m in pattern.findall(text)]
    return [float(d) for d in found if d]
