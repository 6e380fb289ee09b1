"""How much studies differ: Q, eight estimators of τ², I² and H².

Each estimator takes effects y (studies,), variances v (studies,) and a design X (studies, terms), by default a
column of ones; k studies, p terms; w = 1/v; P as in `linear`.

    DL   (Q − (k − p)) / tr P                       DerSimonian & Laird 1986
    HE   (y'P₁y − tr P₁V) / (k − p), weights 1      Hedges & Olkin 1985
    HS   (Q − k) / Σw                               Hunter & Schmidt 1990
    SJ   τ₀² · y'P₀y / (k − p), weights 1/(v+τ₀²)   Sidik & Jonkman 2005, τ₀² the variance of y with divisor k
    PM   the τ² at which y'Py = k − p               Paule & Mandel 1982
    EB   the same equation                          Morris 1983
    ML, REML                                        `likelihood`

I² is the share of the total variance that is between studies. It says nothing of how much they differ in the
unit of the outcome: τ and the prediction interval do. It grows with the size of the studies alone.
"""

import math
from dataclasses import dataclass

import numpy as np

from openldn.meta.distributions import chi2_tail
from openldn.meta.likelihood import maximum
from openldn.meta.linear import Array, Weighted, fit, ones
from openldn.meta.roots import find_root, widen
from openldn.notation import UnknownName

# Effects whose variance is less than this are equal but for rounding; v over it would be beyond what a double holds.
NO_SPREAD = 1e-280
RANDOM_METHODS = ("DL", "REML", "PM", "ML", "SJ", "EB", "HE", "HS")


@dataclass(frozen=True)
class Heterogeneity:
    """Q with its degrees of freedom and p; `i2_q` from Q, `i2` and `h2` from τ² and the typical variance; percent."""

    q: float
    df: int
    q_p: float
    tau2: float
    tau2_se: float | None
    i2: float
    i2_q: float
    h2: float
    typical_variance: float | None


def q_statistic(y: Array, v: Array, x: Array | None = None) -> tuple[float, int]:
    """Cochran's Q (residual Q when there are moderators) and its degrees of freedom."""
    x = ones(y) if x is None else x
    return fit(y, x, 1 / v).rss, len(y) - x.shape[1]


def tau2(y: Array, v: Array, method: str = "REML", x: Array | None = None) -> float:
    """The between-study variance by `method`, never below 0; 0 when no degree of freedom is left.

    Raises UnknownName for a method that is not one of RANDOM_METHODS.
    """
    if method not in RANDOM_METHODS:
        raise UnknownName("method", method, RANDOM_METHODS)
    x = ones(y) if x is None else x
    k, p = _size(x)
    if k <= p:
        return 0.0
    if method in ("ML", "REML"):
        return maximum(y, v, x, restricted=method == "REML").tau2
    if method in ("PM", "EB"):
        return _paule_mandel(y, v, x)
    if method == "HE":
        f = fit(y, x, np.ones(k))
        return max(0.0, (f.rss - f.trace(v)) / (k - p))
    if method == "SJ":
        start = _sidik_jonkman_start(y)
        return fit(y, x, 1 / (v / start + 1)).rss / (k - p) if start > 0 else 0.0
    f = fit(y, x, 1 / v)
    if method == "HS":
        return max(0.0, (f.rss - k) / float(np.sum(1 / v)))
    return max(0.0, (f.rss - (k - p)) / f.trace())


def tau2_standard_error(y: Array, v: Array, method: str, t: float, x: Array | None = None) -> float | None:
    """The large-sample standard error of τ² = `t`; for the moment estimators that of their quadratic form."""
    x = ones(y) if x is None else x
    k, p = _size(x)
    if k <= p:
        return None
    if method in ("ML", "REML", "PM", "EB"):
        f = fit(y, x, 1 / (v + t))
        if method == "ML":
            return math.sqrt(2 / float(np.sum(f.weights**2)))
        if method == "REML":
            squares = f.trace2()
            return math.sqrt(2 / squares) if squares > 0 else None
        return math.sqrt(2 / (k - p)) * k / float(np.sum(f.weights))
    if method == "HE":
        f, scale = fit(y, x, np.ones(k)), 1.0 / (k - p)
    elif method == "SJ":
        start = _sidik_jonkman_start(y)
        if start == 0:
            return None
        f, scale = fit(y, x, 1 / (v + start)), start / (k - p)
    else:
        f = fit(y, x, 1 / v)
        scale = 1 / f.trace() if method == "DL" else 1 / float(np.sum(1 / v))
    # the variance of y'Py when y varies by v + τ²
    return scale * math.sqrt(max(0.0, 2 * f.trace2(v, v) + 4 * t * f.trace2(v) + 2 * t**2 * f.trace2()))


def typical_variance(v: Array, x: Array | None = None) -> float | None:
    """The typical sampling variance (k − p) / tr P of Higgins & Thompson (2002); None for one study."""
    x = ones(v) if x is None else x
    k, p = _size(x)
    return (k - p) / fit(np.zeros(k), x, 1 / v).trace() if k > p else None


def heterogeneity(y: Array, v: Array, method: str, t: float, x: Array | None = None) -> Heterogeneity:
    """Everything about how studies differ, given τ² = `t` as estimated by `method` (FE: 0)."""
    q, df = q_statistic(y, v, x)
    typical = typical_variance(v, x)
    se = tau2_standard_error(y, v, method, t, x) if method in RANDOM_METHODS else None
    return Heterogeneity(
        q=q, df=df, q_p=chi2_tail(q, df), tau2=t, tau2_se=se,
        i2=100 * t / (t + typical) if typical else 0.0, i2_q=i2_from_q(q, df),
        h2=(t + typical) / typical if typical else 1.0, typical_variance=typical,
    )  # fmt: skip


def i2_from_q(q: float, df: int) -> float:
    """I² of Higgins & Thompson (2002) from Q: the excess of Q over its degrees of freedom, percent of Q."""
    return max(0.0, 100 * (q - df) / q) if q > 0 else 0.0


def generalised_q(y: Array, v: Array, t: float, x: Array) -> Weighted:
    """The fit with weights 1/(v + t); its `rss` is the generalised Q, which falls as t grows."""
    return fit(y, x, 1 / (v + t))


def _size(x: Array) -> tuple[int, int]:
    return int(x.shape[0]), int(x.shape[1])


def _paule_mandel(y: Array, v: Array, x: Array) -> float:
    target = float(x.shape[0] - x.shape[1])

    def excess(t: float) -> float:
        return generalised_q(y, v, t, x).rss - target

    if excess(0.0) <= 0:
        return 0.0
    return find_root(excess, 0.0, widen(excess, 0.0, float(np.max(v))))


def _sidik_jonkman_start(y: Array) -> float:
    start = float(np.var(y))
    return start if start > NO_SPREAD else 0.0
