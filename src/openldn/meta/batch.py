"""Many small meta-analyses at once: m data sets of k studies each, every estimator and interval of `pool_effects`.

The equations are those of `heterogeneity`, `likelihood` and `regression` without
moderators, written for arrays (data sets, studies). With Aⱼ = Σ wʲ the trace of P is A₁ − A₂/A₁.

Roots are found by halving an interval that must hold them. The generalised Q falls in τ² and is at most
Σ(y − ȳ)²/τ², so Paule and Mandel's τ² lies below Σ(y − ȳ)²/(k − 1). The likelihoods are scanned as there: every
crossing of the slope from + to − is refined and the highest peak wins.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openldn.meta.distributions import critical
from openldn.meta.heterogeneity import NO_SPREAD, RANDOM_METHODS
from openldn.meta.linear import Array
from openldn.meta.regression import INTERVALS
from openldn.notation import InputError, UnknownName

_HALVINGS = 90
_PER_DECADE = 24


@dataclass(frozen=True)
class Batch:
    """Averages of many data sets, all arrays (data sets,): see `Average` for their meaning. i2 and i2_q in percent."""

    estimate: Array
    low: Array
    high: Array
    p: Array
    tau2: Array
    i2: Array
    i2_q: Array


def pool_batch(
    y: Array, v: Array, method: str, ci: str, tau2: Array | None = None, level: float = 0.95
) -> Batch:
    """Pool each row of effects `y` with variances `v`, both (data sets, studies).

    tau2: from `tau2_batch`, where it was computed already. One study gives itself with its normal interval.
    Raises UnknownName for a method or interval that does not exist, InputError for shapes that do not fit.
    """
    if ci not in INTERVALS:
        raise UnknownName("interval", ci, INTERVALS)
    _check(y, v)
    k = y.shape[1]
    t = tau2_batch(y, v, method) if tau2 is None else tau2
    w = 1 / (v + t[:, None])
    mu, total = _mean(y, w), w.sum(axis=1)
    var = 1 / total
    if ci in ("hk", "adhoc") and k > 1:
        q = (w * (y - mu[:, None]) ** 2).sum(axis=1) / (k - 1)
        var = var * (q if ci == "hk" else np.maximum(1.0, q))
    se = np.sqrt(var)
    df = k - 1 if ci != "z" and k > 1 else None
    c = critical(level, df)
    fixed = 1 / v
    spread = (fixed * (y - _mean(y, fixed)[:, None]) ** 2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        statistic = np.where(mu == 0, 0.0, np.abs(mu) / se)
        i2_q = np.where((spread > 0) & (k > 1), np.maximum(0.0, 100 * (spread - (k - 1)) / spread), 0.0)
        i2 = 100 * t / (t + (k - 1) / _trace(fixed)) if k > 1 else np.zeros(len(t))
    return Batch(mu, mu - c * se, mu + c * se, _two_sided(statistic, df), t, i2, i2_q)


def tau2_batch(y: Array, v: Array, method: str) -> Array:
    """The between-study variance (data sets,) of each row by `method`; 0 for FE and for one study."""
    if method != "FE" and method not in RANDOM_METHODS:
        raise UnknownName("method", method, (*RANDOM_METHODS, "FE"))
    _check(y, v)
    m, k = y.shape
    if method == "FE" or k == 1 or m == 0:
        return np.zeros(m)
    if method in ("ML", "REML"):
        return _likelihood(y, v, method == "REML")
    if method in ("PM", "EB"):
        return _paule_mandel(y, v)
    centred = y - y.mean(axis=1, keepdims=True)
    squares = (centred**2).sum(axis=1)
    if method == "HE":
        return np.asarray(np.maximum(0.0, squares / (k - 1) - v.mean(axis=1)))
    if method == "SJ":
        start = np.where(squares / k > NO_SPREAD, squares / k, 0.0)
        ratio = np.divide(v, start[:, None], out=np.ones_like(v), where=start[:, None] > 0)
        return np.where(start > 0, _generalised_q(y, 1 / (ratio + 1)) / (k - 1), 0.0)
    w = 1 / v
    q = _generalised_q(y, w)
    if method == "HS":
        return np.asarray(np.maximum(0.0, (q - k) / w.sum(axis=1)))
    return np.asarray(np.maximum(0.0, (q - (k - 1)) / _trace(w)))


def _check(y: Array, v: Array) -> None:
    if y.ndim != 2 or y.shape != v.shape or y.shape[1] == 0:
        raise InputError(
            f"effects {y.shape} and variances {v.shape} must be two tables (data sets, studies) of one shape"
        )
    if not (np.all(np.isfinite(y)) and np.all(v > 0)):
        raise InputError("an effect is not finite or a variance is not above 0; leave that data set out")


def _mean(y: Array, w: Array) -> Array:
    return np.asarray((w * y).sum(axis=1) / w.sum(axis=1))


def _trace(w: Array) -> Array:
    total = w.sum(axis=1)
    return np.asarray(total - (w**2).sum(axis=1) / total)


def _generalised_q(y: Array, w: Array) -> Array:
    return np.asarray((w * (y - _mean(y, w)[:, None]) ** 2).sum(axis=1))


def _paule_mandel(y: Array, v: Array) -> Array:
    k = y.shape[1]
    low = np.zeros(len(y))
    high = ((y - y.mean(axis=1, keepdims=True)) ** 2).sum(axis=1) / (k - 1)
    some = _generalised_q(y, 1 / v) > k - 1
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        above = _generalised_q(y, 1 / (v + middle[:, None])) > k - 1
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.where(some, (low + high) / 2, 0.0)


def _likelihood(y: Array, v: Array, restricted: bool) -> Array:
    y = y - _mean(y, 1 / v)[:, None]
    # beyond 16 times the largest squared effect or variance the slope is below 0 for any weights
    top = 16 * np.maximum((y**2).max(axis=1), v.max(axis=1))
    least = v.min(axis=1) * 1e-4
    count = int(_PER_DECADE * np.log10((top / least).max())) + 2
    ladder = least[:, None] * (top / least)[:, None] ** np.linspace(0, 1, count)
    grid = np.concatenate([np.zeros((len(y), 1)), ladder], axis=1)
    slopes = _slope(y[:, None, :], v[:, None, :], grid, restricted)
    row, at = np.nonzero((slopes[:, :-1] > 0) & (slopes[:, 1:] <= 0))
    low, high = grid[row, at], grid[row, at + 1]
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        rising = _slope(y[row], v[row], middle, restricted) > 0
        low, high = np.where(rising, middle, low), np.where(rising, high, middle)
    zero = np.flatnonzero(slopes[:, 0] <= 0)
    rows, peaks = np.concatenate([zero, row]), np.concatenate([np.zeros(len(zero)), (low + high) / 2])
    order = np.lexsort((peaks, -_height(y[rows], v[rows], peaks, restricted), rows))
    first = np.unique(rows[order], return_index=True)[1]
    return np.asarray(peaks[order][first])


def _parts(y: Array, v: Array, t: Array) -> tuple[Array, Array, Array, Array]:
    w = 1 / (v + t[..., None])
    total = w.sum(axis=-1)
    mu = (w * y).sum(axis=-1) / total
    return w, total, (y - mu[..., None]) ** 2, (w**2).sum(axis=-1)


def _slope(y: Array, v: Array, t: Array, restricted: bool) -> Array:
    w, total, r2, squared = _parts(y, v, t)
    return np.asarray((w**2 * r2).sum(axis=-1) - total + (squared / total if restricted else 0.0))


def _height(y: Array, v: Array, t: Array, restricted: bool) -> Array:
    w, total, r2, _ = _parts(y, v, t)
    return np.asarray(np.log(w).sum(axis=-1) - (w * r2).sum(axis=-1) - (np.log(total) if restricted else 0.0))


def _two_sided(statistic: Array, df: int | None) -> Array:
    from scipy.special import ndtr, stdtr

    p: NDArray[np.float64] = 2 * (ndtr(-statistic) if df is None else stdtr(df, -statistic))
    return p


def by_size(sizes: Sequence[int]) -> dict[int, NDArray[np.intp]]:
    """The places of the data sets of each number of studies, so that those of one size go together."""
    found = np.asarray(sizes)
    return {int(k): np.flatnonzero(found == k) for k in np.unique(found)}
