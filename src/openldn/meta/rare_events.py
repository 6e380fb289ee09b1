"""The exact conditional binomial-normal model for rare events: no 0.5 is added to anything.

Given the events s of both groups together, those of the first follow Fisher's noncentral hypergeometric law:

    P(a | s, θ) = C(n₁, a) C(n₂, s − a) e^{θa} / Σ_j C(n₁, j) C(n₂, s − j) e^{θj},     θ ~ N(μ, τ²)

θ is the study's log odds ratio; baseline risks drop out. Each study's likelihood is the integral over θ by adaptive
Gauss-Hermite quadrature about its peak: Newton's method finds it, since the integrand is log-concave. For given τ
the log-likelihood is concave in μ. τ is scanned before it is refined, so its global maximum is found. A study in
which nobody, or everybody, had the event has the likelihood 1 whatever θ is: it neither helps nor harms.

Source: van Houwelingen, Zwinderman & Stijnen (1993); Stijnen, Hamza & Özdemir (2010); metafor's CM.EL. Q is the
likelihood ratio of a θ for each study against one for all.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from openldn.meta.average import Average, common_effect
from openldn.meta.distributions import chi2_tail, critical
from openldn.meta.effects.two_groups import Counts, Mask
from openldn.meta.heterogeneity import Heterogeneity, i2_from_q
from openldn.meta.linear import Array
from openldn.meta.mixture import narrowest
from openldn.meta.roots import find_root
from openldn.notation import InputError, Limit

_NODES = 41
_LARGEST_TAU = 10.0  # a log odds ratio that varies with this SD spans nine orders of magnitude either way
_LARGEST_SUPPORT = Limit(3_000_000, "terms", "of the exact model of counts")


@dataclass(frozen=True)
class ExactFit:
    """The maximum: log odds ratio `mu` with `se`, `tau`, and the log-likelihood there and with τ = 0."""

    mu: float
    se: float
    tau: float
    log_likelihood: float
    log_likelihood_common: float


def conditional_exact(table: Counts, *, common: bool = False, level: float = 0.95) -> Average:
    """The pooled log odds ratio from counts; common=True holds τ at 0. z intervals, prediction by the normal.

    Raises InputError when no study tells anything, or all of them point to an infinite odds ratio.
    """
    use = ~table.double_zero
    if not np.any(use):
        raise InputError(
            "in no study do some persons have the event and others not, so no odds ratio exists; report the counts, or "
            "use --measure RD"
        )
    studies = _Studies(Counts(table.a[use], table.n1[use], table.c[use], table.n2[use]))
    fitted = fit_exact(studies, common=common or studies.k == 1)
    q = max(0.0, 2 * (studies.saturated() - fitted.log_likelihood_common))
    df = studies.k - 1
    low, high, p = common_effect(fitted.mu, fitted.se, level)
    half = critical(level, None) * math.hypot(fitted.tau, fitted.se)
    k = len(table.a)
    warnings = ["The exact model has no plain weights; none are shown."]
    if not np.all(use):
        warnings.append(
            f"{int(np.sum(~use))} of {k} studies had nobody, or everybody, with the event: they say nothing about an odds "
            "ratio and change nothing."
        )
    if k == 1:
        warnings.append("One study: what is shown is that study by itself; nothing says how studies differ.")
    return Average(
        estimate=fitted.mu, se=fitted.se, ci_low=low, ci_high=high, p=p, pi_low=fitted.mu - half if k > 1 else None,
        pi_high=fitted.mu + half if k > 1 else None, k=k, method="GLMM", ci="z", level=level, prediction="hk", df=None,
        heterogeneity=Heterogeneity(q, df, chi2_tail(q, df), fitted.tau**2, None, math.nan, i2_from_q(q, df), math.nan, None),
        tau2_ci=None, tau2_profile_ci=None, adhoc_ci=None, warnings=tuple(warnings), weights=np.full(k, math.nan),
    )  # fmt: skip


class _Studies:
    """The support of each study's events and its log combinatorial weights, padded to (studies, support)."""

    def __init__(self, table: Counts) -> None:
        from scipy.special import gammaln

        self.a, self.k = table.a, len(table.a)
        s = table.a + table.c
        low, high = np.maximum(0, s - table.n2), np.minimum(table.n1, s)
        width = int(np.max(high - low)) + 1
        if width * self.k > _LARGEST_SUPPORT:
            raise InputError(
                f"the exact model would need {width * self.k:,} terms (limit {_LARGEST_SUPPORT:,}); with this many events "
                "--method MH or REML serve as well"
            )
        self.j = low[:, None] + np.arange(width)
        valid = self.j <= high[:, None]
        j = np.where(valid, self.j, low[:, None])

        def choose(n: Array, r: Array) -> Array:
            return np.asarray(gammaln(n + 1) - gammaln(r + 1) - gammaln(n - r + 1))

        weight = choose(table.n1[:, None], j) + choose(table.n2[:, None], s[:, None] - j)
        self.log_weight = np.where(valid, weight, -np.inf)
        self.at_low, self.at_high = self.a == low, self.a == high
        self.peaks: Array = np.zeros(self.k)  # where the last integrals had theirs: the next are near
        self.observed = np.take_along_axis(weight, (self.a - low).astype(int)[:, None], axis=1)[:, 0]

    def log_p(self, theta: Array) -> tuple[Array, Array, Array]:
        """log P(a | θ) with the mean and variance of the law, for θ (studies, …)."""
        exponent = self.log_weight[:, None, :] + theta[:, :, None] * self.j[:, None, :]
        top = np.max(exponent, axis=2, keepdims=True)
        share = np.exp(exponent - top)
        total = np.sum(share, axis=2)
        share /= total[:, :, None]
        mean = np.sum(share * self.j[:, None, :], axis=2)
        variance = np.sum(share * (self.j[:, None, :] - mean[:, :, None]) ** 2, axis=2)
        log_p = self.observed[:, None] + theta * self.a[:, None] - top[:, :, 0] - np.log(total)
        return log_p, mean, variance

    def common(self, mu: float) -> tuple[float, float, float]:
        """Log-likelihood of one θ = μ for all, its slope and information."""
        log_p, mean, variance = self.log_p(np.full((self.k, 1), mu))
        return float(np.sum(log_p)), float(np.sum(self.a - mean[:, 0])), float(np.sum(variance))

    def mixed(self, mu: float, tau: float) -> tuple[float, float, float]:
        """Log-likelihood with θ ~ N(μ, τ²), its slope in μ and minus its curvature."""
        peak = self.peaks
        for _ in range(200):
            _, mean, variance = self.log_p(peak[:, None])
            curvature = variance[:, 0] + 1 / tau**2
            step = (self.a - mean[:, 0] - (peak - mu) / tau**2) / curvature
            peak = peak + np.clip(step, -2, 2)
            if np.max(np.abs(step)) < 1e-8:
                break
        self.peaks = peak
        x, w = np.polynomial.hermite_e.hermegauss(_NODES)
        width = 1 / np.sqrt(curvature)
        theta = peak[:, None] + width[:, None] * x
        z = (theta - mu) / tau
        term = self.log_p(theta)[0] - z**2 / 2 + x**2 / 2 + np.log(w)
        top = np.max(term, axis=1, keepdims=True)
        share = np.exp(term - top)
        total = np.sum(share, axis=1)
        log_l = top[:, 0] + np.log(total * width / tau / math.sqrt(2 * math.pi))
        mean_z = np.sum(share * z, axis=1) / total
        var_z = np.sum(share * (z - mean_z[:, None]) ** 2, axis=1) / total
        return float(np.sum(log_l)), float(np.sum(mean_z)) / tau, float(np.sum(1 - var_z)) / tau**2

    def saturated(self) -> float:
        """The log-likelihood with a θ of its own for each study; at the edge of the support it tends to 0."""
        inner, log_p, _, _ = self.each()
        return float(np.sum(np.where(inner, log_p, 0.0)))

    def each(self) -> tuple[Mask, Array, Array, Array]:
        """Whether a study has a finite θ of its own, its log-likelihood there, that θ and its information (studies,)."""
        inner = ~(self.at_low | self.at_high)
        theta = np.zeros(self.k)
        for _ in range(500):
            log_p, mean, variance = self.log_p(theta[:, None])
            step = np.where(inner, (self.a - mean[:, 0]) / np.maximum(variance[:, 0], 1e-12), 0.0)
            theta = theta + np.clip(step, -1, 1)
            if np.max(np.abs(step)) < 1e-10:
                break
        return inner, log_p[:, 0], theta, variance[:, 0]


def own_odds(table: Counts) -> tuple[Array, Array]:
    """The conditional log odds ratio and its variance of each study; NaN and infinite where it is not finite."""
    inner, _, theta, information = _Studies(table).each()
    with np.errstate(divide="ignore"):
        return np.where(inner, theta, np.nan), np.where(inner, 1 / information, np.inf)


def fit_exact(studies: _Studies, *, common: bool) -> ExactFit:
    """Maximise over μ for each τ of a scan, then over τ."""
    if np.all(studies.at_low) or np.all(studies.at_high):
        raise InputError(
            "in every study that tells anything the events fall in the same group, so the odds ratio is 0 or infinite; "
            "use --method PETO, or --measure RD"
        )
    mu0 = _peak(lambda m: studies.common(m)[1])
    height0, _, information = studies.common(mu0)
    flat = ExactFit(mu0, 1 / math.sqrt(information), 0.0, height0, height0)
    if common:
        return flat

    start = mu0

    def climb(tau: float) -> tuple[float, float]:
        """The best μ for this τ and the log-likelihood there: Newton, as the log-likelihood is concave in μ."""
        nonlocal start
        mu = start
        for _ in range(60):
            top, slope, curvature = studies.mixed(mu, tau)
            step = slope / curvature
            if abs(step) < 1e-7:
                start = mu
                return mu, top
            mu += min(1.0, max(-1.0, step))
        mu = _peak(lambda m: studies.mixed(m, tau)[1])
        return mu, studies.mixed(mu, tau)[0]

    def height(tau: float) -> float:
        return climb(tau)[1]

    scan = np.geomspace(0.02, _LARGEST_TAU, 28)
    heights = [height(float(t)) for t in scan]
    i = int(np.argmax(heights))
    left, right = float(scan[i - 1]) if i else 1e-3, float(scan[min(len(scan) - 1, i + 1)])
    tau = narrowest(lambda x: -height(x), left, right)
    mu, top = climb(tau)
    if top <= height0 + 1e-7:
        return flat
    return ExactFit(mu, _standard_error(studies, mu, tau), tau, top, height0)


def _standard_error(studies: _Studies, mu: float, tau: float) -> float:
    """From the curvature in μ and τ together, by differences of the exact slope and of the height."""
    h = 1e-3 * tau
    _, _, curvature = studies.mixed(mu, tau)
    up, here, down = (studies.mixed(mu, tau + s) for s in (h, 0.0, -h))
    cross = (up[1] - down[1]) / (2 * h)
    bend = -(up[0] - 2 * here[0] + down[0]) / h**2
    return 1 / math.sqrt(curvature - cross**2 / bend) if bend > 0 else 1 / math.sqrt(curvature)


def _peak(slope: Callable[[float], float]) -> float:
    """Where a falling slope crosses zero."""
    reach = 2.0
    while slope(-reach) < 0 or slope(reach) > 0:
        reach *= 2
        if reach > 200:
            raise InputError("the odds ratio runs off to 0 or infinity; use --method PETO, or --measure RD")
    return find_root(slope, -reach, reach, rtol=1e-10)
