"""Rule `unit`: doses and times that do not convert, and numbers outside the bounds of their kind."""

import math
import re
from collections.abc import Iterator

from openldn.evidence.lint.finding import Finding, arms_of, find
from openldn.evidence.study import Arm, Effect, Study
from openldn.evidence.vocabulary import RATIOS
from openldn.notation import QuantityError, convert

RULE = "unit"
_DOSE = re.compile(r"\d+(?:\.\d+)?\s*(?P<unit>[A-Za-zµμ]+(?:/[A-Za-z]+)*)")
_DOSE_UNITS = ("mg", "mg/kg", "mg/d", "mg/kg/d")


def wrong_unit(study: Study) -> Iterator[Finding]:
    yield from _dose(study)
    yield from _times(study)
    for address, _, arm in arms_of(study):
        yield from _arm(study, address, arm)
    for outcome in study.outcomes:
        if outcome.effect is not None:
            yield from _effect(study, f"outcome:{outcome.name}/effect", outcome.effect)
    for harm in study.harms:
        if harm.effect is not None:
            yield from _effect(study, f"harm:{harm.term}/effect", harm.effect)


def _dose(study: Study) -> Iterator[Finding]:
    for dose in study.dose_mg:
        if not (math.isfinite(dose) and dose > 0):
            yield find(RULE, study, "dose_mg", f"{dose:g} mg is not a dose")
    if not study.dose_text:
        return
    units = [m["unit"] for m in _DOSE.finditer(study.dose_text) if m["unit"] not in ("to", "or")]
    if not units:
        yield find(RULE, study, "dose_text", f'"{study.dose_text}" holds no dose; write it like 0.1 mg/kg/d')
    for unit in units:
        if not any(_converts(unit, to) for to in _DOSE_UNITS):
            message = f'"{unit}" does not convert to mg, mg/kg or either of them a day'
            yield find(RULE, study, "dose_text", message)


def _converts(unit: str, to: str) -> bool:
    try:
        convert(1.0, unit, to)
    except QuantityError:
        return False
    return True


def _times(study: Study) -> Iterator[Finding]:
    if study.duration_weeks is not None and not 0 < study.duration_weeks < math.inf:
        yield find(RULE, study, "duration_weeks", f"{study.duration_weeks:g} weeks is not a duration")
    for outcome in study.outcomes:
        if outcome.weeks is not None and not 0 <= outcome.weeks < math.inf:
            yield find(RULE, study, f"outcome:{outcome.name}/weeks", f"{outcome.weeks:g} weeks is not a time")


def _arm(study: Study, address: str, arm: Arm) -> Iterator[Finding]:
    if arm.percent is not None and not 0 <= arm.percent <= 100:
        yield find(RULE, study, f"{address}/percent", f"{arm.percent:g} % of persons")
    if arm.change_percent is not None and arm.change_percent < -100:
        yield find(RULE, study, f"{address}/change_percent", f"a fall of {-arm.change_percent:g} %")
    for name in ("sd", "se", "error", "baseline_sd", "baseline_error"):
        value = getattr(arm, name)
        if value is not None and value < 0:
            yield find(RULE, study, f"{address}/{name}", f"{value:g}: a spread is not negative")
    if arm.p_within is not None and not 0 <= arm.p_within <= 1:
        yield find(RULE, study, f"{address}/p_within", f"p = {arm.p_within:g}")
    yield from _interval(study, address, "ci_low", arm.ci_low, arm.ci_high, arm.centre)


def _effect(study: Study, address: str, effect: Effect) -> Iterator[Finding]:
    yield from _interval(study, address, "low", effect.low, effect.high, effect.estimate)
    if effect.p is not None and not 0 <= effect.p <= 1:
        yield find(RULE, study, f"{address}/p", f"p = {effect.p:g}")
    if effect.i2 is not None and not 0 <= effect.i2 <= 100:
        yield find(RULE, study, f"{address}/i2", f"I² = {effect.i2:g} %")
    if effect.se is not None and effect.se < 0:
        yield find(RULE, study, f"{address}/se", f"{effect.se:g}: a spread is not negative")
    if effect.measure in RATIOS:
        for name in ("estimate", "low", "high"):
            value = getattr(effect, name)
            if value is not None and value <= 0:
                yield find(RULE, study, f"{address}/{name}", f"{value:g}: a ratio is above zero")


def _interval(
    study: Study, address: str, field: str, low: float | None, high: float | None, inside: float | None
) -> Iterator[Finding]:
    if low is None or high is None:
        return
    if low > high:
        yield find(RULE, study, f"{address}/{field}", f"the interval runs from {low:g} down to {high:g}")
    elif inside is not None and not low <= inside <= high:
        message = f"the interval {low:g} to {high:g} does not hold {inside:g}"
        yield find(RULE, study, f"{address}/{field}", message)
