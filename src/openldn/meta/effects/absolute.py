"""A relative or absolute effect as people out of 100 or 1000, and the number needed to treat.

From a baseline risk p₀ the risk under treatment is

    RR: p₀ RR        OR: OR p₀/(1 − p₀ + OR p₀)        RD: p₀ + RD

with the limits of the effect carried through; the baseline is taken as known. Of `per` people (Cates's
faces): those who have the event either way, those whom the treatment spares it or who get it because of
it, and those who stay free either way; the three add up to `per`.

The number needed to treat is 1/|RD|, rounded up, for benefit (NNTB) or harm (NNTH). When the interval
of RD holds 0 the limits of the number run through infinity: from NNTH … over ∞ to NNTB …. Sources: Cates,
nntonline.net; Altman (1998), BMJ 317, 1309; Cochrane Handbook 15.4.
"""

import math
from dataclasses import dataclass

from openldn.meta.effects.record import require

ABSOLUTE_MEASURES = ("RR", "OR", "RD")


@dataclass(frozen=True)
class NaturalFrequencies:
    """Risks out of `per` people. `fewer` is baseline minus treated: negative when treatment adds events.

    both: with the event either way. changed: the treatment makes the difference. neither: free either way.
    Whole people; they add up to `per`.
    """

    per: int
    baseline: float
    treated: float
    treated_low: float
    treated_high: float
    fewer: float
    both: int
    changed: int
    neither: int


@dataclass(frozen=True)
class NumberNeeded:
    """`number` people are to be treated for one more to benefit (kind "NNTB") or be harmed ("NNTH").

    None and kind "none" when the risks are equal. words: with the limits, through infinity if need be.
    """

    number: int | None
    kind: str
    words: str


def risk_under(measure: str, baseline: float, effect: float) -> float:
    """The risk under treatment, from the baseline risk and an RR, OR or RD on its natural scale.

    Raises InputError for another measure, a baseline outside 0 to 1, and a risk that would leave 0 to 1.
    """
    require(measure in ABSOLUTE_MEASURES, f'"{measure}" is not one of {", ".join(ABSOLUTE_MEASURES)}')
    require(0 <= baseline <= 1, f"baseline risk {baseline:g} is not between 0 and 1; write 0.16 for 16 %")
    require(
        measure == "RD" or effect >= 0, f"{measure} = {effect:g}; it cannot be negative, not even as a log"
    )
    risk = {
        "RR": baseline * effect,
        "OR": effect * baseline / (1 - baseline + effect * baseline) if baseline < 1 else 1.0,
        "RD": baseline + effect,
    }[measure]
    require(
        -1e-12 <= risk <= 1 + 1e-12,
        f"{measure} = {effect:g} at a baseline risk of {baseline:g} makes a risk of {risk:g}; use OR",
    )
    return min(max(risk, 0.0), 1.0)


def natural_frequencies(
    measure: str, baseline: float, effect: float, low: float, high: float, *, per: int = 100
) -> NaturalFrequencies:
    """People out of `per` at this baseline risk. A limit beyond a risk of 0 or 1 stops there.

    Raises InputError as `risk_under` does, and when the effect is outside its limits.
    """
    require(low <= effect <= high, f"{effect:g} is outside its limits, {low:g} to {high:g}")
    require(per >= 1, f"out of {per} people; give 100 or 1000")
    treated = risk_under(measure, baseline, effect)
    limits = [_limit(measure, baseline, x) for x in (low, high)]
    least, most = sorted((round(per * baseline), round(per * treated)))
    return NaturalFrequencies(
        per, per * baseline, per * treated, per * limits[0], per * limits[1], per * (baseline - treated),
        both=least, changed=most - least, neither=per - most,
    )  # fmt: skip


def number_needed(rd: float, low: float, high: float, *, event_is_good: bool = False) -> NumberNeeded:
    """The number needed to treat from a risk difference (treated minus baseline) with its limits.

    event_is_good: more events are the benefit, as with responders.
    Raises InputError when rd is outside its limits or beyond −1 to 1.
    """
    require(low <= rd <= high, f"{rd:g} is outside its limits, {low:g} to {high:g}")
    require(-1 <= rd <= 1, f"a risk difference of {rd:g} is not between −1 and 1")
    benefit = rd if event_is_good else -rd
    bounds = sorted((low, high) if event_is_good else (-low, -high))
    least, most = (_one(x) for x in bounds)
    words = f"{least} to ∞ to {most}" if bounds[0] < 0 < bounds[1] else f"{most} to {least}"
    if bounds[1] <= 0:
        words = f"{least} to {most}"
    if benefit == 0:
        return NumberNeeded(None, "none", f"no difference ({words})")
    return NumberNeeded(_up(benefit), _kind(benefit), f"{_one(benefit)} ({words})")


def _limit(measure: str, baseline: float, effect: float) -> float:
    if measure == "RD":
        return min(max(baseline + effect, 0.0), 1.0)
    return min(baseline * effect, 1.0) if measure == "RR" else risk_under("OR", baseline, effect)


def _one(benefit: float) -> str:
    return "∞" if benefit == 0 else f"{_kind(benefit)} {_up(benefit)}"


def _kind(benefit: float) -> str:
    return "NNTB" if benefit > 0 else "NNTH"


def _up(benefit: float) -> int:
    return math.ceil(1 / abs(benefit) - 1e-9)
