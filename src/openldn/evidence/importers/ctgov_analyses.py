"""The printed comparison of a ClinicalTrials.gov outcome as an Effect.

The registry prints a difference without saying which arm was subtracted from which. Where the arms' own
values tell, the estimand says so; the figure itself stays as printed.
"""

import re
from collections.abc import Sequence

from openldn.evidence.conditions import folded
from openldn.evidence.importers.shape import Node
from openldn.evidence.importers.words import clean, number
from openldn.evidence.study import Arm, Effect
from openldn.evidence.vocabulary import SIGNED

_KINDS = (
    ("hazard ratio", "HR"), ("odds ratio", "OR"), ("risk ratio", "RR"), ("relative risk", "RR"),
    ("risk difference", "RD"), ("median difference", "difference"), ("difference of least square", "MD"),
    ("least squares mean difference", "MD"), ("ls mean difference", "MD"), ("mean difference", "MD"),
    ("difference", "difference"),
)  # fmt: skip
_GIVEN = ("ldn", "naltrexone")


def effect_of(
    analyses: Sequence[Node], groups: dict[str, tuple[str, str]], arms: Sequence[Arm], title: str, notes: list[str]
) -> Effect:  # fmt: skip
    """The first analysis that compares naltrexone with something, else the first; the others are counted."""
    chosen = next((a for a in analyses if _compares(a, groups)), analyses[0])
    if len(analyses) > 1:
        notes.append(
            f'"{title}": {len(analyses)} analyses, of which one was taken; read the others in the registry'
        )
    param = chosen.text("paramType", 100)
    value = number(chosen.written("paramValue"))
    if value is None and "paramValue" in chosen:
        notes.append(f'"{title}": the estimate "{chosen.text("paramValue", 40)}" is not a number')
    one_group = len(chosen.texts("groupIds", 40)) == 1
    p, p_text = _p(chosen.text("pValue", 40), title, notes)
    low, high, interval = _interval(chosen)
    measure = _measure(param, value, one_group, p is not None or bool(p_text))
    sign, direction = _direction(value, measure, chosen, groups, arms)
    words = "; ".join(
        part for part in (
            param if measure in ("words", "difference", "p-only") else "", chosen.text("statisticalMethod", 120),
            interval, chosen.text("nonInferiorityType", 60).replace("_", " ").lower(), _dispersion(chosen),
            chosen.text("estimateComment", 200),
        ) if part
    )  # fmt: skip
    return Effect(
        measure, value if measure not in ("p-only", "p-within", "words") else None, sign, low, high,
        se=_se(chosen), p=p, p_text=p_text, words=clean(words, 600), estimand=direction,
    )  # fmt: skip


def _compares(analysis: Node, groups: dict[str, tuple[str, str]]) -> bool:
    roles = [groups[g][1] for g in analysis.texts("groupIds", 40) if g in groups]
    return len(roles) == 2 and any(r in _GIVEN for r in roles) and not all(r in _GIVEN for r in roles)


def _measure(param: str, value: float | None, one_group: bool, has_p: bool) -> str:
    if value is None:
        return "words" if not has_p else "p-within" if one_group else "p-only"
    if one_group:
        return "within-change"
    said = folded(param)
    return next((measure for word, measure in _KINDS if word in said), "words")


def _p(text: str, title: str, notes: list[str]) -> tuple[float | None, str]:
    plain = re.sub(r"^[\s=pP]+", "", text).replace("≤", "<=").replace("≥", ">=")
    if not plain:
        return None, ""
    value = number(plain)
    if value is not None:
        return float(value), ""
    match = re.fullmatch(r"([<>]=?)\s*(\d*\.?\d+)", plain)
    if match:
        return None, match[1] + match[2]
    notes.append(f'"{title}": p is printed as "{text}", which is no number')
    return None, text


def _interval(analysis: Node) -> tuple[float | None, float | None, str]:
    low, high = (number(analysis.written(n)) for n in ("ciLowerLimit", "ciUpperLimit"))
    level, sides = number(analysis.written("ciPctValue")), analysis.text("ciNumSides", 20).upper()
    if low is None and high is None:
        return None, None, ""
    if level == 95 and sides == "TWO_SIDED" and low is not None and high is not None:
        return low, high, ""
    told = f"{level:g} %" if level is not None else "unstated level"
    side = sides.replace("_", " ").lower() or "sides unstated"
    shown = " to ".join("not given" if v is None else f"{v:g}" for v in (low, high))
    return None, None, f"interval of {told}, {side}: {shown}"


def _se(analysis: Node) -> float | None:
    return number(analysis.written("dispersionValue")) if _is_se(analysis) else None


def _is_se(analysis: Node) -> bool:
    return folded(analysis.text("dispersionType", 60)).startswith("standard error")


def _dispersion(analysis: Node) -> str:
    value, kind = analysis.text("dispersionValue", 40), folded(analysis.text("dispersionType", 60))
    return f"{kind or 'spread of unstated kind'} {value}" if value and not _is_se(analysis) else ""


def _direction(
    value: float | None, measure: str, analysis: Node, groups: dict[str, tuple[str, str]], arms: Sequence[Arm]
) -> tuple[str, str]:
    """The estimate's `sign` and what is to be said of it; both "" where it has none."""
    if value is None or measure not in SIGNED:
        return "", ""
    if measure == "within-change":
        return "unknown", "the registry does not say whether it is after minus before"
    unknown = "unknown", "the registry does not say which arm was subtracted from, or put over, which"
    if measure not in ("MD", "difference") or not _compares(analysis, groups):
        return unknown
    named = [groups[g] for g in analysis.texts("groupIds", 40)]
    centre = {a.arm: a.centre for a in arms}
    ldn = next(centre.get(arm) for arm, role in named if role in _GIVEN)
    other = next(centre.get(arm) for arm, role in named if role not in _GIVEN)
    if ldn is None or other is None or ldn == other or value == 0:
        return unknown
    if (ldn - other) * value > 0:
        return "printed", "by its sign naltrexone minus comparator, as the arms differ"
    return "reversed", "by its sign comparator minus naltrexone: the arms differ the other way"
