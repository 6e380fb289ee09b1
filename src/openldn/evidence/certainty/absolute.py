"""From an effect to people: how many of 1000 with and without the drug, and how many reach a change that they notice.

The baseline risk is that of the comparator arms of the same trials, people over people: the table that gave the effect
where there is one, else the arm as printed, a percent weighing as much as its arm is large. The relative effect is laid on that
one number, which is taken as known; the limits are those of the effect.
"""

import math
from dataclasses import dataclass

from openldn.evidence.catalogue import study
from openldn.evidence.certainty.facts import Facts
from openldn.evidence.effects.comparison import Group, comparison
from openldn.evidence.questions import Member, Question
from openldn.meta.effects import natural_frequencies, responders

PER = 1000


@dataclass(frozen=True)
class Baseline:
    """The risk without the drug, 0 to 1; `origin` says which arms it is from, `fields` where they stand."""

    risk: float
    origin: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class PerThousand:
    """People out of `per`: without the drug, with it (limits beside it) and the difference, with minus without."""

    per: int
    without: float
    with_drug: float
    low: float
    high: float
    difference: float
    difference_low: float
    difference_high: float


@dataclass(frozen=True)
class Reaching:
    """Shares (0 to 1) of people who improve by `threshold` or more, by the normal distribution."""

    threshold: float
    without: float
    with_drug: float
    low: float
    high: float
    origin: str


def baseline(question: Question) -> Baseline | None:
    """The risk in the comparator arms of the question's trials, None where no arm prints it."""
    people = events = 0.0
    told, fields = [], []
    for m in question.members:
        group = _comparator(m)
        if group is None or group.n is None:
            continue
        arm, label = group.arm, _label(m)
        table = m.effect(question.measure, question.unit).events
        if table is not None:
            _, _, hit, n = table
            people, events = people + n, events + hit
            told.append(f"{hit} of {n} on {arm.arm} in {label}, the table of the effect")
            fields.append(f"{m.study}: {group.address}/{'events' if arm.events is not None else 'percent'}")
            continue
        if arm.events is not None:
            share, words = arm.events / group.n, f"{arm.events} of {group.n} on {arm.arm} in {label}"
            fields.append(f"{m.study}: {group.address}/events")
        elif arm.percent is not None:
            share, words = (
                arm.percent / 100,
                f"{arm.percent:g} % on {arm.arm} as printed by {label}, denominator not printed",
            )
            fields.append(f"{m.study}: {group.address}/percent")
        else:
            continue
        people, events = people + group.n, events + share * group.n
        told.append(words)
    return Baseline(events / people, "; ".join(told), tuple(fields)) if people else None


def per_thousand(f: Facts, base: Baseline, measure: str) -> PerThousand:
    """People out of 1000 at this baseline risk; measure is RR, OR or RD. Raises InputError as `natural_frequencies`."""
    effect, low, high = (math.exp(x) if f.ratio else x for x in (f.estimate, f.low, f.high))
    found = natural_frequencies(measure, base.risk, effect, low, high, per=PER)
    return PerThousand(
        PER, found.baseline, found.treated, found.treated_low, found.treated_high, found.treated - found.baseline,
        found.treated_low - found.baseline, found.treated_high - found.baseline,
    )  # fmt: skip


def reaching(f: Facts, question: Question) -> Reaching | None:
    """Who reaches the change that a person notices; None where no such change or no comparator arm with an SD is known."""
    if question.noticed is None or f.ratio:
        return None
    for m in question.members:
        group = _comparator(m)
        if group is None or group.arm.change is None or group.arm.sd is None:
            continue
        mean, sd = group.arm.change * m.factor, group.arm.sd * m.factor
        at = question.noticed.value
        shares = [responders(d, mean, sd, at, better=question.better) for d in (f.estimate, f.low, f.high)]
        low, high = sorted((shares[1].treated, shares[2].treated))
        origin = (
            f"{group.arm.arm} of {_label(m)}: mean change {mean:g}, SD {sd:g}, taken as normal in both arms"
        )
        return Reaching(at, shares[0].control, shares[0].treated, low, high, origin.replace("-", "−"))
    return None


def _label(m: Member) -> str:
    """The label of a member's study."""
    return study(m.study).label


def _comparator(m: Member) -> Group | None:
    return comparison(study(m.study), m.outcome).control
