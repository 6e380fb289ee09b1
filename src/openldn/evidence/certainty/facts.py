"""What the rules look at: a body of evidence as plain numbers, so that each rule can be tried on numbers of one's own.

The average is by REML. Its interval is Knapp and Hartung's from three trials that differ, else normal: two trials make
theirs meaningless, and without a difference between trials it can be too narrow.
"""

import math
from dataclasses import dataclass

from openldn.evidence.body import Body
from openldn.evidence.catalogue import study
from openldn.evidence.certainty.risk_of_bias import shown_assessment
from openldn.evidence.certainty.rules import Rules
from openldn.evidence.questions import Indirect
from openldn.evidence.study import Study
from openldn.meta import EffectSize, egger, pool_effects
from openldn.notation import InputError, effect_figure, significant

_Z = 1.959963984540054  # Φ⁻¹(0.975)


@dataclass(frozen=True)
class Trial:
    """One trial of the body. bias: overall word, "" where nobody assessed it; high_domains: domains of the worst word."""

    study: str
    label: str
    weight: float
    yi: float
    se: float
    bias: str = "low"
    high_domains: int = 0
    bias_label: str = "proposed"
    randomised: bool = True
    comparator: str = "placebo"
    low_dose: bool = True
    dose: str = ""
    fields: tuple[str, ...] = ()

    @property
    def low(self) -> float:
        return self.yi - _Z * self.se

    @property
    def high(self) -> float:
        return self.yi + _Z * self.se


@dataclass(frozen=True)
class Facts:
    """Everything on the scale of the analysis, the logarithm for ratios. `important`: a size above 0, None if unknown.

    interval: what kind of interval `low` to `high` is, in words, "" where none was printed.
    events: those of all arms, None where they were not printed. control_risk: the share of people with the event in the
    comparator arms of a ratio, None likewise.
    missing: trials known to have measured the outcome without a usable figure, with their number of people.
    """

    trials: tuple[Trial, ...]
    persons: int
    estimate: float
    low: float
    high: float
    interval: str
    important: float | None
    ratio: bool = False
    unit: str = ""
    events: int | None = None
    i2: float = 0.0
    tau: float = 0.0
    q_p: float = 1.0
    prediction: tuple[float, float] | None = None
    indirect: tuple[Indirect, ...] = ()
    missing: tuple[tuple[str, int], ...] = ()
    egger_p: float | None = None
    without_high: tuple[int, float, float, float] | None = None
    against: str = ""
    control_risk: float | None = None

    @property
    def k(self) -> int:
        return len(self.trials)

    def show(self, x: float) -> str:
        """A value as people read it: a ratio as a ratio, by the rule of every effect."""
        return effect_figure(math.exp(x) if self.ratio else x)

    def threshold(self, x: float) -> str:
        """A difference that matters, as it was set."""
        return significant(math.exp(x) if self.ratio else x)

    def span(self, low: float, high: float) -> str:
        """`−1.1 to 0.79`."""
        return f"{self.show(low)} to {self.show(high)}"


def facts_of(body: Body, rules: Rules) -> Facts:
    """The numbers of `body` that the rules look at."""
    p, q = body.pooled, body.question
    y, v = [e.yi for e in body.effects], [e.vi for e in body.effects]
    kind = p.interval
    trials = tuple(
        trial_of(study(e.study), m.outcome, float(w), e)
        for e, m, w in zip(body.effects, q.members, p.weights, strict=True)
    )
    return Facts(
        trials=trials, persons=body.persons, estimate=p.estimate, low=p.ci_low, high=p.ci_high,
        interval=f"95 % confidence interval ({kind})",
        important=None if body.important is None else abs(body.important), ratio=q.ratio, unit=q.unit,
        events=_events(body.effects),
        i2=p.heterogeneity.i2, tau=math.sqrt(p.tau2), q_p=p.heterogeneity.q_p,
        prediction=None if p.pi_low is None or p.pi_high is None else (p.pi_low, p.pi_high),
        indirect=q.indirect,
        missing=tuple((study(u.study).label, study(u.study).persons or 0) for u in q.unpooled),
        egger_p=_egger(y, v) if p.k >= rules["publication_bias.trials"] else None,
        without_high=_without_high(trials), against=q.against,
        control_risk=_control_risk(body.effects) if q.ratio else None,
    )  # fmt: skip


def trial_of(s: Study, outcome: str, weight: float, effect: EffectSize | None = None) -> Trial:
    """One trial with its assessment of bias; without an effect its `yi` and `se` are nan."""
    found = shown_assessment(s.id, outcome)
    return Trial(
        study=s.id, label=s.label, weight=weight,
        yi=effect.yi if effect else math.nan, se=effect.se if effect else math.nan,
        bias=found.overall if found else "", high_domains=found.worst_domains if found else 0,
        bias_label=found.label if found else "", randomised=s.is_randomised, comparator=s.comparator,
        low_dose=s.low_dose, dose=s.dose_words(), fields=tuple(f"{s.id}: {f}" for f in (effect.fields if effect else ())),
    )  # fmt: skip


def _events(effects: tuple[EffectSize, ...]) -> int | None:
    """The events in all arms, None where a trial does not print them."""
    tables = [e.events for e in effects]
    return None if None in tables else sum(t[0] + t[2] for t in tables if t is not None)


def _control_risk(effects: tuple[EffectSize, ...]) -> float | None:
    """The share of people with the event in the comparator arms together, None where a trial does not print them."""
    tables = [e.events for e in effects if e.events is not None]
    people = sum(t[3] for t in tables)
    return sum(t[2] for t in tables) / people if people and len(tables) == len(effects) else None


def _egger(y: list[float], v: list[float]) -> float | None:
    try:
        return egger(y, v, model="multiplicative").p
    except InputError:
        return None


def _without_high(trials: tuple[Trial, ...]) -> tuple[int, float, float, float] | None:
    """The common-effect average without the trials at high risk: how many are left, estimate and limits."""
    rest = [t for t in trials if t.bias not in ("high", "serious", "critical")]
    if not rest or len(rest) == len(trials):
        return None
    left = pool_effects([t.yi for t in rest], [t.se**2 for t in rest], method="FE", ci="z")
    return len(rest), left.estimate, left.ci_low, left.ci_high
