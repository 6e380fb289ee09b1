"""The body of evidence on one question: effects of its trials, their average in three ways, what each could show.

Default: REML with Knapp and Hartung's interval; beside it a common effect with a normal interval, and a Bayesian
model with a half-normal prior for τ. Everything is on the scale of the analysis, the logarithm for ratios.
"""

import math
from dataclasses import dataclass, field
from functools import lru_cache

from openldn.evidence.questions import Question, question_by_id
from openldn.evidence.synthesis import DesignErrors, Pooled, Posterior, design_errors, pool, posterior, prior
from openldn.evidence.synthesis.effects import EffectSize

# Scales of the half-normal prior of τ where the measure itself says what a large difference between trials is.
_TAU = {"RR": "half-normal:0.5", "OR": "half-normal:0.5", "RD": "half-normal:0.1", "SMD": "half-normal:0.5"}


@dataclass(frozen=True)
class Body:
    """`errors` has one entry a trial, if the smallest difference that would matter is true; () without such a size."""

    question: Question
    effects: tuple[EffectSize, ...] = field(repr=False)
    pooled: Pooled
    common: Pooled
    bayes: Posterior = field(repr=False)
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
        return self.bayes.p_mu_above(0.0) if self.sign > 0 else self.bayes.p_mu_below(0.0)

    def p_important(self) -> float | None:
        """P(the average effect is at least the smallest that would matter, on the good side)."""
        at = self.important
        if at is None:
            return None
        return self.bayes.p_mu_above(at) if self.sign > 0 else self.bayes.p_mu_below(at)

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
    return Body(
        question,
        effects,
        pool(y, v),
        pool(y, v, method="FE", ci="z"),
        posterior(y, v, prior(_tau_prior(question, min(v)), question.measure)),
        () if truth is None else tuple(design_errors(truth, e.se) for e in effects),
    )


def _tau_prior(question: Question, least: float) -> str:
    """A raw difference has the size that would matter for a scale, or else the best trial's standard error."""
    if question.measure in _TAU:
        return _TAU[question.measure]
    return f"half-normal:{abs(question.important.value) if question.important else math.sqrt(least):g}"


def _truth(question: Question) -> float | None:
    if question.important is None:
        return None
    size = question.important.value
    return abs(math.log(size)) if question.ratio else abs(size)
