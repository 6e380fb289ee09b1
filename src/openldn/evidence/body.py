"""The body of evidence on one question: effects of its trials, their average in three ways, what each could show.

REML; its interval is Knapp and Hartung's, never narrower than the normal one, from three trials that differ, else
normal: two trials make theirs meaningless. No prediction is made from two trials. Beside it stand a common effect and
a Bayesian model with a half-normal prior for τ of half the outcome's own spread (0.5 for a log ratio). One trial says
nothing about τ, so its chances are those of its own estimate. Everything is on the scale of the analysis, the logarithm
for ratios; no chance allows for bias.
"""

import math
from dataclasses import dataclass, field, replace
from functools import lru_cache

from openldn.evidence.questions import Question, question_by_id
from openldn.meta import Average, DesignErrors, Posterior, design_errors, pool_effects, posterior, prior
from openldn.meta.distributions import normal_cdf
from openldn.meta.effects import EffectSize

# Scales of the half-normal prior of τ where the measure itself says what a large difference between trials is.
_TAU = {"RR": 0.5, "OR": 0.5, "RD": 0.1, "SMD": 0.5}
_OF_SD = 0.5
_FEW = 3  # from so many trials on the spread between them can be told at all


@dataclass(frozen=True)
class Body:
    """`errors` has one entry a trial, if the smallest difference that would matter is true; () without such a size.

    doubts: the Bayesian model with half and with twice the prior's scale.
    """

    question: Question
    effects: tuple[EffectSize, ...] = field(repr=False)
    pooled: Average
    common: Average
    bayes: Posterior = field(repr=False)
    doubts: tuple[Posterior, ...] = field(repr=False)
    errors: tuple[DesignErrors, ...] = field(repr=False)

    @property
    def sign(self) -> int:
        """1 where a positive effect is better for people, -1 where a negative one is."""
        return 1 if self.question.better == "higher" else -1

    @property
    def important(self) -> float | None:
        """The smallest difference that would matter, on the scale of the analysis and in the direction of benefit."""
        size = _truth(self.question)
        return None if size is None else self.sign * size

    @property
    def persons(self) -> int:
        """Persons in the trials, each counted once; those whose number is not printed count as 0."""
        return sum(e.n or 0 for e in self.effects)

    def p_benefit(self) -> float:
        """P(the average effect is on the good side)."""
        return self._beyond(0.0, self.bayes)

    def p_important(self) -> float | None:
        """P(the average effect is at least the smallest that would matter, on the good side)."""
        return None if self.important is None else self._beyond(self.important, self.bayes)

    def with_other_sign(self) -> tuple[float, float | None]:
        """`p_benefit` and `p_important` if the printed differences run the other way."""
        important = None if self.important is None else self._beyond(-self.important, self.bayes, -self.sign)
        return self._beyond(0.0, self.bayes, -self.sign), important

    def benefit_range(self) -> tuple[float, float]:
        """`p_benefit` with half and with twice the prior's scale of τ, the lower first."""
        found = sorted(self._beyond(0.0, d) for d in self.doubts)
        return found[0], found[-1]

    def _beyond(self, x: float, posterior: Posterior, sign: int = 0) -> float:
        sign = sign or self.sign
        if len(self.effects) == 1:
            e = self.effects[0]
            return normal_cdf(sign * (e.yi - x) / e.se)
        return posterior.p_mu_above(x) if sign > 0 else posterior.p_mu_below(x)

    def p_next_benefit(self) -> float:
        """P(the true effect in a new setting is on the good side)."""
        return self.bayes.p_new_above(0.0) if self.sign > 0 else self.bayes.p_new_below(0.0)

    def natural(self, x: float) -> float:
        """A value of the analysis as people read it: a ratio as a ratio."""
        return math.exp(x) if self.question.ratio else x


@lru_cache(maxsize=128)
def body(question_id: str) -> Body:
    """The body of evidence on the question `condition/key`, computed once. Raises UnknownName."""
    return body_of(question_by_id(question_id))


def body_of(question: Question) -> Body:
    """The body of evidence on any question. Raises InputError where a trial gives no effect."""
    effects = question.effects()
    y, v = [e.yi for e in effects], [e.vi for e in effects]
    truth = _truth(question)
    plain = pool_effects(y, v, ci="z")
    hartung = len(y) >= _FEW and plain.tau2 > 0
    pooled = pool_effects(y, v, ci="adhoc") if hartung else plain
    if len(y) < _FEW:
        pooled = replace(pooled, pi_low=None, pi_high=None)
    scale = _tau_scale(question, effects)
    priors = (prior(f"half-normal:{scale * factor:g}", question.measure) for factor in (1.0, 0.5, 2.0))
    bayes, *doubts = (posterior(y, v, p) for p in priors)
    return Body(
        question, effects, pooled, pool_effects(y, v, method="FE", ci="z"), bayes, tuple(doubts),
        () if truth is None else tuple(design_errors(truth, e.se) for e in effects),
    )  # fmt: skip


def outcome_sd(question: Question, effects: tuple[EffectSize, ...], design: str) -> float | None:
    """The SD of one group that the largest trial of a design implies; None without such a trial.

    SE √n over 2 for two equal groups; for a crossover, SE √n over √2, as if the periods were not correlated.
    """
    over = 2.0 if design == "rct-parallel" else math.sqrt(2)
    trials = [e for e, s in zip(effects, question.studies(), strict=True) if s.design == design and e.n]
    if not trials:
        return None
    largest = max(trials, key=lambda e: e.n or 0)
    return largest.se * math.sqrt(largest.n or 0) / over


def _tau_scale(question: Question, effects: tuple[EffectSize, ...]) -> float:
    if question.measure in _TAU:
        return _TAU[question.measure]
    sd = outcome_sd(question, effects, "rct-parallel") or outcome_sd(question, effects, "rct-crossover")
    return _OF_SD * (sd or math.sqrt(max(e.vi for e in effects)))


def _truth(question: Question) -> float | None:
    if question.important is None:
        return None
    size = question.important.value
    return abs(math.log(size)) if question.ratio else abs(size)
