"""The likelihood of τ² with the effects profiled out, and its highest point.

    ℓ(τ²) = −½ [Σ log(v + τ²) + r'Wr + (REML) log|X'WX|] + constant,     W = diag 1/(v + τ²)

In small sets of unequal studies ℓ can have two or more peaks, and a climb from one start may end on the lower.
So the slope is scanned from 0 to beyond where it must fall, every crossing from + to − is refined, and the
highest peak wins. A flat top goes to the smaller τ².
"""

import math
from dataclasses import dataclass

import numpy as np

from openldn.meta.linear import Array, dependent, fit
from openldn.meta.roots import find_root
from openldn.notation import InputError

_PER_DECADE, _PER_DECADE_MANY, _MANY = 24, 8, 5000
_CELLS = 2_000_000


@dataclass(frozen=True)
class Maximum:
    """The global maximum: τ², log-likelihood there, and every local peak as (τ², log-likelihood), lowest τ² first."""

    tau2: float
    log_likelihood: float
    peaks: tuple[tuple[float, float], ...]


def log_likelihood(y: Array, v: Array, x: Array, tau2: Array, restricted: bool) -> Array:
    """The profile log-likelihood, normal constants included, at each τ² (times,)."""
    return _profile(y, v, x, np.atleast_1d(np.asarray(tau2, float)), restricted)[0]


def maximum(y: Array, v: Array, x: Array, *, restricted: bool) -> Maximum:
    """The global maximum over τ² ≥ 0. y, v (studies,), x (studies, terms)."""
    y = y - x @ fit(y, x, 1 / v).beta  # the same likelihood, without cancellation
    spread = float(np.max(np.abs(y))) ** 2
    if spread == 0:
        return _at(y, v, x, [0.0], restricted)

    def slope(t: float) -> float:
        return float(_profile(y, v, x, np.array([t]), restricted)[1][0])

    grid = scan_grid(v, spread)
    while slope(float(grid[-1])) > 0:
        grid = np.append(grid, grid[-1] * np.array([2.0, 4.0, 8.0]))
    slopes = _profile(y, v, x, grid, restricted)[1]
    peaks = [0.0] if slopes[0] <= 0 else []
    falling = np.flatnonzero((slopes[:-1] > 0) & (slopes[1:] <= 0))
    peaks += [find_root(slope, float(grid[i]), float(grid[i + 1])) for i in falling]
    return _at(y, v, x, peaks, restricted)


def scan_grid(v: Array, spread: float) -> Array:
    """0 and a geometric ladder of τ² from far below the smallest variance to beyond any peak."""
    low, high = float(np.min(v)) * 1e-4, 4 * max(spread, float(np.max(v)))
    per = _PER_DECADE if len(v) <= _MANY else _PER_DECADE_MANY
    return np.concatenate([[0.0], np.geomspace(low, high, int(per * math.log10(high / low)) + 2)])


def _at(y: Array, v: Array, x: Array, tau2: list[float], restricted: bool) -> Maximum:
    heights = log_likelihood(y, v, x, np.array(tau2), restricted)
    best = int(np.argmax(heights))
    return Maximum(tau2[best], float(heights[best]), tuple(zip(tau2, map(float, heights), strict=True)))


def _profile(y: Array, v: Array, x: Array, tau2: Array, restricted: bool) -> tuple[Array, Array]:
    """ℓ and its slope at each τ², in blocks that bound the memory."""
    step = max(1, _CELLS // len(y))
    parts = [_block(y, v, x, tau2[i : i + step], restricted) for i in range(0, len(tau2), step)]
    return np.concatenate([a for a, _ in parts]), np.concatenate([b for _, b in parts])


def _block(y: Array, v: Array, x: Array, tau2: Array, restricted: bool) -> tuple[Array, Array]:
    k, p = x.shape
    if k <= p:
        raise InputError(f"{k} studies cannot give {p} coefficients and a τ²; use fewer moderators")
    w = 1 / (v + tau2[:, None])
    information = _information(w, x)
    try:
        beta = np.linalg.solve(information, (w @ (x * y[:, None]))[:, :, None])[:, :, 0]
    except np.linalg.LinAlgError:
        raise dependent() from None
    r2 = (y - beta @ x.T) ** 2
    height = np.sum(np.log(w), axis=1) - np.sum(w * r2, axis=1) - (k - restricted * p) * math.log(2 * math.pi)
    trace = np.sum(w, axis=1)
    if restricted:
        height -= np.linalg.slogdet(information)[1]
        squared = _information(w**2, x)
        trace -= np.trace(np.linalg.solve(information, squared), axis1=1, axis2=2)
    return 0.5 * height, 0.5 * (np.sum(w**2 * r2, axis=1) - trace)


def _information(w: Array, x: Array) -> Array:
    """X'WX for each row of weights (times, studies), some studies at a time where there are many terms."""
    k, p = x.shape
    step = max(1, _CELLS // p**2)
    found = np.zeros((len(w), p * p))
    for i in range(0, k, step):
        part = x[i : i + step]
        found += w[:, i : i + step] @ (part[:, :, None] * part[:, None, :]).reshape(len(part), p * p)
    return found.reshape(-1, p, p)
