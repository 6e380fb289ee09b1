"""The Bayesian normal-normal model, by numerical integration over τ: no sampling, the same answer every time.

    yᵢ ~ N(θᵢ, vᵢ)     θᵢ ~ N(μ, τ²)     μ flat, or N(m₀, s₀²)     τ by a prior

Given τ everything is normal: μ | τ ~ N(m(τ), s²(τ)), and so are θᵢ and the effect of a new study. Only τ needs
integrating. Its posterior p(τ) ∏ N(yᵢ; μ, vᵢ + τ²) integrated over μ is taken on a fine ladder of log τ, where it is
smooth and dies out at both ends, so that the trapezoid rule converges faster than any power of the step. The
marginals are mixtures over the ladder. Approach: Röver (2020), J Stat Softw 93(6), bayesmeta.

A posterior needs a tail thinner than 1/τ, and each moment of it one power more; a mean or SD that does not exist
is None. With the flat μ and uniform τ three studies or more are needed.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from openldn.meta.ladder import Ladder
from openldn.meta.linear import Array
from openldn.meta.mixture import Mixture, shortest
from openldn.meta.priors import Prior
from openldn.meta.regression import checked
from openldn.notation import InputError

_FIRST_STEP, _STEP, _RUNGS = (
    0.1,
    0.02,
    300,
)  # of the ladder: a look, then the widest step and the fewest rungs
_REACH = 30.0  # in log τ, to either side of the data's own scale and of the prior's
_NEGLIGIBLE = 1e-13
_CELLS = 4_000_000


@dataclass(frozen=True)
class Summary:
    """A posterior in figures; `central` leaves out as much on either side."""

    mean: float | None
    sd: float | None
    median: float
    mode: float
    central: tuple[float, float]
    level: float
    distribution: "Mixture | Ladder" = field(repr=False)

    @cached_property
    def shortest(self) -> tuple[float, float]:
        """The narrowest interval that holds `level`; found when it is asked for, since that takes longest."""
        return shortest(self.distribution.quantile, self.level)


@dataclass(frozen=True)
class Posterior:
    """mu, new: mixtures of normals for μ and for the effect of a new study; tau: its posterior on a ladder.

    study_mean, study_sd: the shrunken effects θᵢ (studies,). share: how far each moved to μ, from 0 to 1.
    """

    prior: Prior
    k: int
    mu: Mixture
    new: Mixture
    tau: Ladder
    mu_summary: Summary
    tau_summary: Summary
    new_summary: Summary
    study_mean: Array = field(repr=False)
    study_sd: Array = field(repr=False)
    share: Array = field(repr=False)

    def p_mu_below(self, x: float = 0.0) -> float:
        """P(μ < x)."""
        return self.mu.cdf(x)

    def p_mu_above(self, x: float = 0.0) -> float:
        """P(μ > x)."""
        return 1 - self.mu.cdf(x)

    def p_new_below(self, x: float = 0.0) -> float:
        """P(the effect of a new study < x)."""
        return self.new.cdf(x)

    def p_new_above(self, x: float = 0.0) -> float:
        """P(the effect of a new study > x)."""
        return 1 - self.new.cdf(x)

    def p_tau_below(self, x: float) -> float:
        """P(τ < x)."""
        return self.tau.cdf(x)


def posterior(
    yi: Sequence[float] | Array,
    vi: Sequence[float] | Array,
    tau_prior: Prior,
    *,
    mu_prior: tuple[float, float] | None = None,
    level: float = 0.95,
) -> Posterior:
    """The posterior from effects and variances (studies,); `mu_prior` is (mean, SD) of a normal, else flat.

    Raises InputError where the posterior would not be a distribution.
    """
    y, v = checked(yi, vi)
    k = len(y)
    if mu_prior is not None and not (math.isfinite(mu_prior[0]) and 0 < mu_prior[1] < math.inf):
        raise InputError(
            f"the prior of μ is {mu_prior}; give a finite mean and an SD above zero, or None for a flat one"
        )
    power = k - (mu_prior is None) + tau_prior.tail  # τ^−power is how the posterior of τ falls
    if power <= 1:
        raise InputError(
            f"the uniform prior of τ gives no posterior from {k} {'study' if k == 1 else 'studies'}; use half-normal:S, "
            "half-cauchy:S or an empirical prior"
        )
    centre = float(np.average(y, weights=1 / v))
    scales = (math.log(float(np.median(v))) / 2, tau_prior.centre)

    def log_posterior(x: Array) -> tuple[Array, Array, Array]:
        log_p, mean, variance = _given(y - centre, v, np.exp(x), mu_prior, centre)
        return log_p + tau_prior.log_density(np.exp(x)) + x, mean + centre, variance

    x, weight, mean, variance = _climb(log_posterior, min(scales) - _REACH, max(scales) + _REACH)
    weight = weight / np.sum(weight)
    tau = np.exp(x)
    mu = Mixture(mean, np.sqrt(variance), weight)
    new = Mixture(mean, np.sqrt(variance + tau**2), weight)
    study_mean, study_sd, share = _shrunken(y, v, tau, mean, variance, weight)

    def finite(order: int) -> bool:
        return power > order + 1

    ladder = Ladder(x, weight)
    return Posterior(
        tau_prior, k, mu, new, ladder, _summary(mu, level, finite), _summary(ladder, level, finite),
        _summary(new, level, finite), study_mean, study_sd, share,
    )  # fmt: skip


def _climb(
    log_posterior: Callable[[Array], tuple[Array, Array, Array]], low: float, high: float
) -> tuple[Array, Array, Array, Array]:
    """The rungs that count, with weights and what comes with them; finer until there are enough of them."""
    step = _FIRST_STEP
    while True:
        x = np.arange(low, high + step / 2, step)
        log_p, mean, variance = log_posterior(x)
        weight = np.exp(log_p - np.max(log_p))
        keep = slice(*np.flatnonzero(weight > _NEGLIGIBLE)[[0, -1]] + np.array([0, 1]))
        x, weight = x[keep], weight[keep]
        if step <= _STEP and len(x) >= _RUNGS:
            return x, weight, mean[keep], variance[keep]
        low, high = float(x[0]) - step, float(x[-1]) + step
        step = min(_STEP, (high - low) / (2 * _RUNGS))


def _given(
    y: Array, v: Array, tau: Array, mu_prior: tuple[float, float] | None, centre: float
) -> tuple[Array, Array, Array]:
    """log of the likelihood of τ with μ integrated out, and the mean and variance of μ given τ, each (times,)."""
    log_p, mean, variance = (np.empty_like(tau) for _ in range(3))
    step = max(1, _CELLS // len(y))
    for i in range(0, len(tau), step):
        here = slice(i, i + step)
        w = 1 / (v + tau[here, None] ** 2)
        precision, weighted = np.sum(w, axis=1), np.sum(w * y, axis=1)
        base = 0.5 * np.sum(np.log(w), axis=1)
        extra = 0.0
        if mu_prior is not None:
            m0, w0 = mu_prior[0] - centre, 1 / mu_prior[1] ** 2
            precision, weighted, extra = precision + w0, weighted + w0 * m0, w0 * m0**2
        mean[here] = weighted / precision
        variance[here] = 1 / precision
        squares = np.sum(w * (y - mean[here, None]) ** 2, axis=1)
        if mu_prior is not None:
            squares = squares + extra - 2 * w0 * m0 * mean[here] + w0 * mean[here] ** 2
        log_p[here] = base - 0.5 * np.log(precision) - 0.5 * squares
    return log_p, mean, variance


def _shrunken(
    y: Array, v: Array, tau: Array, mean: Array, variance: Array, weight: Array
) -> tuple[Array, Array, Array]:
    out = []
    step = max(1, _CELLS // len(tau))
    for i in range(0, len(y), step):
        yi, vi = y[i : i + step, None], v[i : i + step, None]
        b = vi / (vi + tau**2)
        centre = (1 - b) * yi + b * mean
        inner = (1 - b) * vi + b**2 * variance
        m = centre @ weight
        out.append((m, np.sqrt((inner + (centre - m[:, None]) ** 2) @ weight), b @ weight))
    return tuple(np.concatenate(part) for part in zip(*out, strict=True))  # type: ignore[return-value]


def _summary(d: Mixture | Ladder, level: float, finite: Callable[[int], bool]) -> Summary:
    tail = (1 - level) / 2
    return Summary(
        mean=d.mean() if finite(1) else None, sd=d.sd() if finite(2) else None, median=d.quantile(0.5), mode=d.mode(),
        central=(d.quantile(tail), d.quantile(1 - tail)), level=level, distribution=d,
    )  # fmt: skip
