"""Rules about counts of persons: `impossible-count`, `nested-responders-summed`, `crossover-counted-twice`.

The first is the GRIM test on percentages: k of n persons is k/n, so most pairs of a rounded percentage
and an n are impossible (no k of 17 rounds to 89 %). Source of the idea: Brown & Heathers (2017).
"""

import math
import re
from collections.abc import Iterator

from openldn.evidence.lint.finding import Finding, arms_of, find
from openldn.evidence.study import Arm, Outcome, Study
from openldn.notation import decimals

COUNT, NESTED, CROSSOVER = "impossible-count", "nested-responders-summed", "crossover-counted-twice"
_THRESHOLD = re.compile(r"\b(\d+)\s*%")


def is_possible(percent: float, n: int) -> bool:
    """True when some whole number of n persons rounds to `percent` as printed; ties go either way."""
    unit = 10.0 ** -decimals(percent)
    nearest = percent * n / 100
    counts = (math.floor(nearest), math.ceil(nearest))
    return any(abs(100 * k / n - percent) <= unit / 2 + 1e-9 for k in counts)


def impossible_count(study: Study) -> Iterator[Finding]:
    for address, _, arm in arms_of(study):
        if arm.n is None:
            continue
        if arm.n < 1:
            yield find(COUNT, study, f"{address}/n", f"n = {arm.n}; an arm has at least one person")
            continue
        if arm.events is not None and not 0 <= arm.events <= arm.n:
            yield find(COUNT, study, f"{address}/events", f"{arm.events} of {arm.n} persons had the event")
        elif arm.percent is not None:
            yield from _percent(study, address, arm, arm.n, arm.percent)
        for name, count in arm.counts:
            if not 0 <= count <= arm.n:
                yield find(COUNT, study, f"{address}/counts/{name}", f"{count} of {arm.n} persons")


def _percent(study: Study, address: str, arm: Arm, n: int, percent: float) -> Iterator[Finding]:
    if not is_possible(percent, n):
        low, high = math.floor(percent * n / 100), math.ceil(percent * n / 100)
        message = (
            f"no count out of {n} rounds to {percent:g} % "
            f"({low} is {100 * low / n:.1f} %, {high} is {100 * high / n:.1f} %)"
        )
        yield find(COUNT, study, f"{address}/percent", message)
    elif arm.events is not None:
        unit = 10.0 ** -decimals(percent)
        if abs(100 * arm.events / n - percent) > unit / 2 + 1e-9:
            message = f"{arm.events} of {n} is {100 * arm.events / n:.1f} %, not {percent:g} %"
            yield find(COUNT, study, f"{address}/percent", message)


def nested_responders_summed(study: Study) -> Iterator[Finding]:
    """Thresholds of one outcome must shrink, never be added up; categories must fit into n."""
    by_name = {o.name: o for o in study.outcomes}
    for outcome in study.outcomes:
        for arm in outcome.arms:
            total = sum(count for _, count in arm.categories)
            if arm.n is not None and total > arm.n:
                field = f"outcome:{outcome.name}/arm:{arm.arm}/categories"
                yield find(NESTED, study, field, f"the categories hold {total} persons of {arm.n}")
        if outcome.nested_in:
            yield from _not_shrinking(study, outcome, by_name[outcome.nested_in])
        yield from _is_a_sum(study, outcome)
    yield from _undeclared(study)


def _not_shrinking(study: Study, inner: Outcome, outer: Outcome) -> Iterator[Finding]:
    wider = {a.arm: a for a in outer.arms}
    for arm in inner.arms:
        other = wider.get(arm.arm)
        if other is None:
            continue
        for name in ("events", "percent"):
            a, b = getattr(arm, name), getattr(other, name)
            if a is not None and b is not None and a > b:
                message = f'{a:g} reached "{inner.name}" but only {b:g} the wider "{outer.name}"'
                yield find(NESTED, study, f"outcome:{inner.name}/arm:{arm.arm}/{name}", message)


def _is_a_sum(study: Study, outcome: Outcome) -> Iterator[Finding]:
    chain = _chain(study, outcome)
    for arm in outcome.arms:
        parts = [a.events for o in chain for a in o.arms if a.arm == arm.arm and a.events]
        if arm.events and len(parts) > 1 and arm.events == sum(parts):
            sum_of = " + ".join(map(str, parts))
            message = f"{arm.events} is the sum of {sum_of}, thresholds that contain each other"
            yield find(NESTED, study, f"outcome:{outcome.name}/arm:{arm.arm}/events", message)


def _chain(study: Study, outcome: Outcome) -> list[Outcome]:
    """The outcomes nested in each other, `outcome` left out."""
    names = {o.name for o in study.outcomes if o.nested_in} | {o.nested_in for o in study.outcomes}
    return [o for o in study.outcomes if o.name in names and o.name != outcome.name]


def _undeclared(study: Study) -> Iterator[Finding]:
    linked = {o.nested_in for o in study.outcomes} | {o.name for o in study.outcomes if o.nested_in}
    loose = [o for o in study.outcomes if _THRESHOLD.search(o.name) and o.arms and o.name not in linked]
    for i, a in enumerate(loose):
        for b in loose[i + 1 :]:
            if (a.scale, a.weeks) == (b.scale, b.weeks) and _threshold(a) != _threshold(b):
                message = f'"{a.name}" and "{b.name}" share persons; say which is nested_in which'
                yield find(NESTED, study, f"outcome:{b.name}/nested_in", message)


def _threshold(outcome: Outcome) -> str:
    match = _THRESHOLD.search(outcome.name)
    return match[1] if match else ""


def crossover_counted_twice(study: Study) -> Iterator[Finding]:
    """The persons of a crossover stand in both arms; they are counted once."""
    if study.design != "rct-crossover":
        return
    randomised, analysed = study.n_randomised, study.n_analysed
    if randomised is not None and analysed is not None and analysed > randomised:
        message = f"{analysed} analysed of {randomised} randomised: persons counted once per period"
        yield find(CROSSOVER, study, "n_analysed", message)
        return
    for outcome in study.outcomes:
        for arm in outcome.arms:
            if randomised is not None and arm.n is not None and arm.n > randomised:
                field = f"outcome:{outcome.name}/arm:{arm.arm}/n"
                yield find(CROSSOVER, study, field, f"{arm.n} persons in an arm, {randomised} randomised")
        total = sum(a.n or 0 for a in outcome.arms)
        if len(outcome.arms) == 2 and randomised is None and analysed is not None and total == analysed:
            message = f"{analysed} analysed is the sum of both arms, who are the same persons"
            yield find(CROSSOVER, study, "n_analysed", message)
            return
