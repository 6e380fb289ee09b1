"""The one result by which a study is shown on a page of many: nothing pooled, nothing computed.

It is the primary outcome if it shows something, else the one that the file marks as `headline`, else
the first that shows something. Of two primary outcomes the one with a printed effect size goes first.
"""

from dataclasses import dataclass

from openldn.evidence.study import Arm, Effect, Outcome, Study
from openldn.evidence.vocabulary import MEASURES, RATIOS

_MINUS = "−"


@dataclass(frozen=True)
class Headline:
    """`arms` are texts, one per group; `estimate`, `low` and `high` are on the measure's own scale.

    no_effect: the value of the measure that means no difference (1 for a ratio, else 0).
    """

    outcome: str
    scale: str
    weeks: float | None
    better: str
    primary: bool
    arms: tuple[str, ...]
    measure: str
    measure_words: str
    estimate: float | None
    low: float | None
    high: float | None
    no_effect: float
    p: str
    words: str
    favours: str

    def sentence(self) -> str:
        """The result in one line: arms, then the effect with its interval, then p, then words."""
        interval = f" ({_number(self.low)} to {_number(self.high)})" if self.has_interval else ""
        effect = (
            f"{self.measure_words} {_number(self.estimate)}{interval}" if self.estimate is not None else ""
        )
        tested = ", ".join(filter(None, (effect, self.p)))
        return "; ".join(filter(None, (*self.arms, tested, self.words)))

    def name_and_time(self) -> str:
        """`pain change at 12 weeks`; a name that tells its time stands alone."""
        told = "month" in self.outcome or "week" in self.outcome
        return self.outcome if told or not self.weeks else f"{self.outcome} at {self.weeks:g} weeks"

    @property
    def has_interval(self) -> bool:
        return self.low is not None and self.high is not None


def headline(study: Study) -> Headline | None:
    """What to show of `study`, or None when it holds no result (a protocol, a review in words only)."""
    shown = [o for o in study.outcomes if _rank(o) > 0]
    if not shown:
        return None
    return outcome_headline(max(shown, key=lambda o: (o.primary, o.headline, _rank(o) if o.primary else 0)))


def arm_text(arm: Arm) -> str:
    """`LDN −1.3 (95 % CI −1.7 to −0.8), n = 49`; "" when the arm has no result of its own."""
    if arm.events is not None and arm.n is not None:
        result = f"{arm.events} of {arm.n}" + (f" ({arm.percent:g} %)" if arm.percent is not None else "")
        return f"{arm.arm} {result}"
    if arm.percent is not None:
        result = f"{arm.percent:g} %"
    elif arm.centre is not None:
        result = _number(arm.centre) + (" %" if arm.change is None and arm.change_percent is not None else "")
        if arm.baseline_mean is not None and arm.change is None and arm.change_percent is None:
            result = f"from {_number(arm.baseline_mean)} to {result}"
        if arm.ci_low is not None and arm.ci_high is not None:
            result += f" (95 % CI {_number(arm.ci_low)} to {_number(arm.ci_high)})"
        elif arm.sd is not None:
            result += f" (SD {_number(arm.sd)})"
    elif arm.values:
        before = f"from {_list(arm.baseline_values)} " if arm.baseline_values else ""
        result = f"{before}to {_list(arm.values)}" if before else _list(arm.values)
    elif arm.events is not None:
        result = f"{arm.events}"
    elif arm.occurrences is not None:
        result = f"{arm.occurrences} occurrences"
    elif arm.p_within is not None or arm.p_within_text:
        within = f"p = {arm.p_within:g}" if arm.p_within is not None else "not significant"
        result = f"{within} within the group"
    else:
        return ""
    return f"{arm.arm} {result}" + (f", n = {arm.n}" if arm.n is not None else "")


def outcome_headline(outcome: Outcome) -> Headline:
    """One outcome in the form of a headline, whether or not it is the one that is shown first."""
    effect = outcome.effect or Effect("words")
    return Headline(
        outcome=outcome.name,
        scale=outcome.scale,
        weeks=outcome.weeks,
        better=outcome.better,
        primary=outcome.primary,
        arms=tuple(filter(None, map(arm_text, outcome.arms))),
        measure=effect.measure,
        measure_words=MEASURES[effect.measure],
        estimate=effect.estimate,
        low=effect.low,
        high=effect.high,
        no_effect=1.0 if effect.measure in RATIOS else 0.0,
        p=effect.p_words(),
        words=effect.words,
        favours=effect.favours,
    )


def _rank(outcome: Outcome) -> int:
    effect = outcome.effect
    if effect is not None and effect.estimate is not None:
        return 3
    if any(map(arm_text, outcome.arms)):
        return 2
    return int(effect is not None and bool(effect.p_words() or effect.words))


def _number(value: float | None) -> str:
    return "not given" if value is None else f"{value:g}".replace("-", _MINUS)


def _list(values: tuple[float, ...]) -> str:
    return ", ".join(map(_number, values))
