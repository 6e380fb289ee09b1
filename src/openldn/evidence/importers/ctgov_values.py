"""One measurement of a ClinicalTrials.gov record as an Arm: which field a value and its spread belong in.

`paramType` says what the value is, `dispersionType` what the spread is. A spread is an SD, an SE or a 95 %
interval only when that says so; without it the figure is an `error` of unstated kind, which the lint
reports. Medians, ranges, quartiles and other intervals have no field in a study and stand in the note.
"""

import re
from dataclasses import dataclass, replace
from typing import Any

from openldn.evidence.conditions import folded
from openldn.evidence.importers.shape import Node
from openldn.evidence.importers.words import clean, count, number
from openldn.evidence.study import Arm

_MEANS = {"MEAN": "", "LEAST_SQUARES_MEAN": "least squares means"}
_SPREADS = {"standard deviation": "sd", "standard error": "se", "standard error of the mean": "se",
            "standard error of mean": "se"}  # fmt: skip
_INTERVAL = "95 confidence interval"
_KNOWN_APART = ("interquartile", "inter quartile", "range", "confidence interval", "coefficient of variation")
_PEOPLE = re.compile(
    r"(?:number of )?(?:participants?|patients?|subjects?|persons?|people|individuals)\b", re.IGNORECASE
)
_PERCENT = re.compile(r"percent|%", re.IGNORECASE)
_OF_PEOPLE = re.compile(r"participant|patient|subject|person|people|individual|respon", re.IGNORECASE)
_EVENTS = re.compile(r"\b(?:events?|episodes?|attacks?|flares?|relapses?)\b", re.IGNORECASE)
_CHANGE = re.compile(r"\bchanges?\b", re.IGNORECASE)


@dataclass(frozen=True)
class Kind:
    """What a measure's values are. field: mean, change, change_percent, events, percent, occurrences, or ""."""

    field: str
    unit: str
    spread: str
    words: str = ""

    @property
    def counts_people(self) -> bool:
        return self.field == "events"


def kind_of(measure: Node, title: str, notes: list[str]) -> Kind:
    """The Kind of an outcome measure; `notes` gets what was guessed and what has no field."""
    param, unit = measure.text("paramType", 60).upper(), measure.text("unitOfMeasure", 120)
    spread = folded(measure.text("dispersionType", 60))
    spread = "" if spread in ("na", "not applicable", "none") else spread
    if param == "COUNT_OF_PARTICIPANTS":
        return Kind("events", unit, spread)
    if param in _MEANS:
        change = _CHANGE.search(title) is not None
        if change:
            notes.append(f'"{title}" was taken for a change because its title says so')
        percent = change and re.search(r"(?:percent(?:age)?|%)\s+change", f"{title} {unit}", re.IGNORECASE)
        return Kind(
            "change_percent" if percent else "change" if change else "mean", unit, spread, _MEANS[param]
        )
    if param == "NUMBER" and _PERCENT.search(unit) and _OF_PEOPLE.search(f"{unit} {title}"):
        return Kind("percent", unit, spread)
    if param == "NUMBER" and _PEOPLE.match(unit):
        return Kind("events", unit, spread)
    if param == "COUNT_OF_UNITS" or (param == "NUMBER" and _EVENTS.search(unit)):
        return Kind("occurrences", unit, spread)
    said = param.replace("_", " ").lower() or "kind not stated"
    notes.append(
        f'"{title}": {said} ({unit or "no unit"}) has no field in a study; its values stand in notes'
    )
    return Kind("", unit, spread, said)


def arm_of(entry: Node, arm: Arm, kind: Kind, row: str, called: str, notes: list[str]) -> Arm:
    """`arm` with the figures of one measurement."""
    printed = entry.text("value", 60)
    whole = kind.field in ("events", "occurrences")
    value = count(printed) if whole else number(printed)
    target = "mean" if kind.field.startswith("change") and folded(row) == "baseline" else kind.field
    comment = entry.text("comment", 200)
    if value is None or not target:
        if not target:
            words = f"{kind.words} {printed}"
        else:
            notes.append(f'"{called}", {arm.arm}: "{printed}" is not a number, so no figure stands there')
            words = f'printed as "{printed}"'
        return replace(arm, note=_joined(words, _spread_words(entry, kind), comment))
    fields: dict[str, Any] = {target: value}
    if target in ("mean", "change", "change_percent"):
        fields |= _spread(entry, kind, called, arm.arm, notes)
        left_over = "" if set(fields) & {"sd", "se", "error", "ci_low"} else _spread_words(entry, kind)
    else:
        left_over = _spread_words(entry, kind)
    return replace(arm, **fields, note=_joined(left_over, comment))


def _spread(entry: Node, kind: Kind, called: str, arm: str, notes: list[str]) -> dict[str, Any]:
    spread, low, high = (number(entry.written(n)) for n in ("spread", "lowerLimit", "upperLimit"))
    if kind.spread == _INTERVAL:
        if low is not None and high is not None:
            return {"ci_low": low, "ci_high": high}
        if spread is not None:
            notes.append(
                f'"{called}", {arm}: a 95 % interval with one figure only; its kind is unstated here'
            )
            return {"error": spread, "error_kind": "unstated"}
        return {}
    if spread is None:
        return {}
    if kind.spread in _SPREADS:
        return {_SPREADS[kind.spread]: spread}
    if any(word in kind.spread for word in _KNOWN_APART):
        return {}
    if kind.spread:
        notes.append(f'"{called}": dispersion "{kind.spread}" is none that we know; the spread is unstated')
    return {"error": spread, "error_kind": "unstated"}


def _spread_words(entry: Node, kind: Kind) -> str:
    spread, low, high = (entry.text(n, 40) for n in ("spread", "lowerLimit", "upperLimit"))
    if number(spread) is None and number(low) is None and number(high) is None:
        return ""
    figure = f"{low or 'not given'} to {high or 'not given'}" if low or high else spread
    return f"{kind.spread or 'spread of unstated kind'} {figure}" if figure else ""


def _joined(*parts: str) -> str:
    return clean("; ".join(part for part in parts if part), 500)
