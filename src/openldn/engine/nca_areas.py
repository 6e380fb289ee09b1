"""Areas under curves of samples, and their terminal slopes.

Between two samples the curve is a straight line ("linear"), or, where it falls and the rule is "linear-up
log-down", an exponential. With L = ln(c₁/c₂) and w = t₂ − t₁, the exponential has

    ∫ c dt = w (c₁ − c₂) / L,      ∫ t c dt = t₁ ∫ c dt + w² (c₁ − c₂ − c₂ L) / L²

The terminal slope λz is that of ln c on t over the last samples: the last 3, the last 4, … back to the
highest; the fit with the largest adjusted R² counts, and of fits within 0.0001 of it the one with most
samples, which is the rule of Phoenix WinNonlin and PKNCA. Means and sums of squares grow by one sample at a
time from the last one (Welford 1962), so no digits go to the distance of the samples from 0.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Whole = NDArray[np.intp]
RULES = ("linear-up log-down", "linear")
_TIE = 1e-4
# Of a curve that neither falls nor rises, rounding leaves an R² of 1e-28 or less, with either sign of the slope.
_NOTHING = 1e-20
# Below this the two rules agree to 1e-11 of the area, and the exponential's formula loses digits.
_FLAT = 1e-5


@dataclass(frozen=True)
class Terminal:
    """ln c = intercept − slope · t over `count` samples from `start` to `end`."""

    slope: float
    intercept: float
    count: int
    start: float
    end: float
    r2: float
    adjusted_r2: float

    def at(self, t: float) -> float:
        """The concentration that the line predicts."""
        return math.exp(self.intercept - self.slope * t)


@dataclass(frozen=True)
class Terminals:
    """The fit of each curve: `slope` (curves,) is λz, NaN where there is none; `last` is the line at the end."""

    slope: Array
    count: Array
    r2: Array
    adjusted_r2: Array
    last: Array


def area(t: Array, c: Array, rule: str) -> float:
    """∫ c dt from the first sample to the last."""
    return float(np.sum(pieces(t[:-1], c[:-1], t[1:], c[1:], rule)[0]))


def moment(t: Array, c: Array, rule: str) -> float:
    """∫ t c dt from the first sample to the last."""
    return float(np.sum(pieces(t[:-1], c[:-1], t[1:], c[1:], rule)[1]))


def pieces(t1: Array, c1: Array, t2: Array, c2: Array, rule: str) -> tuple[Array, Array]:
    """∫ c dt and ∫ t c dt of each pair of neighbours; all of one shape."""
    w = t2 - t1
    areas = w * (c1 + c2) / 2
    # The field's trapezoid of t·c, though t times a straight line is a parabola: peers do the same.
    moments = w * (t1 * c1 + t2 * c2) / 2
    if rule == RULES[0]:
        falls = np.flatnonzero(_falls(c1, c2))
        w, c2 = w[falls], c2[falls]
        drop = c1[falls] - c2
        # Of near neighbours the difference is exact and the quotient is not; beyond a double's range it is cut off.
        log = np.log1p(np.minimum(drop / c2, np.finfo(float).max))
        areas[falls] = fallen = w * drop / log
        moments[falls] = t1[falls] * fallen + (w / log) ** 2 * (drop - c2 * log)
    return areas, moments


def between(t1: Array, c1: Array, t2: Array, c2: Array, when: Array, rule: str) -> Array:
    """The concentrations at times between neighbours, on the curve that `area` is the area of."""
    share = (when - t1) / (t2 - t1)
    straight = c1 + share * (c2 - c1)
    if rule != RULES[0]:
        return straight
    falls = _falls(c1, c2)
    return np.where(falls, c1 * (np.where(falls, c2, 1.0) / np.where(falls, c1, 1.0)) ** share, straight)


def terminal(t: Array, c: Array, least: int = 3) -> Terminal | None:
    """The best terminal fit through the last samples, all positive; None if none of them falls."""
    found = terminals(t, np.log(c), np.zeros(1, np.intp), np.array([t.size - 1]), least)
    slope, count = float(found.slope[0]), found.count[0]
    if math.isnan(slope):
        return None
    start, end = float(t[-int(count)]), float(t[-1])
    intercept = math.log(found.last[0]) + slope * end
    return Terminal(slope, intercept, int(count), start, end, float(found.r2[0]), float(found.adjusted_r2[0]))


def terminals(t: Array, logs: Array, first: Whole, last: Whole, least: int = 3) -> Terminals:
    """The best terminal fit of each curve through its samples from `first` to `last` (curves,).

    t, logs (samples,): times and logarithms, all curves end to end.
    """
    longest_first = np.argsort(first - last, kind="stable")
    end = last[longest_first]
    sizes = (last - first + 1)[longest_first]
    best, slope, count, r2, at_end = (np.full(end.size, np.nan) for _ in range(5))
    adjusted = np.full(end.size, np.nan)
    mx, my, sxx, sxy, syy = (np.zeros(end.size) for _ in range(5))
    origin_t, origin_y = t[end], logs[end]
    for n in range(2, int(sizes[0]) + 1 if end.size else 0):
        # Curves are in order of their length: those that still have a sample are the first ones.
        own = slice(0, int(np.searchsorted(-sizes, -n, side="right")))
        at = end[own] - (n - 1)
        x, y = t[at] - origin_t[own], logs[at] - origin_y[own]
        dx, dy = x - mx[own], y - my[own]
        mx[own] += dx / n
        my[own] += dy / n
        x -= mx[own]
        y -= my[own]
        sxx[own] += dx * x
        sxy[own] += dx * y
        syy[own] += dy * y
        if n < least:
            continue
        tilt = sxy[own] / sxx[own]
        flat = syy[own] == 0
        fit = np.where(flat, 1.0, tilt * sxy[own] / np.where(flat, 1.0, syy[own]))
        share = 1 - (1 - fit) * (n - 1) / (n - 2)
        falling = (tilt < 0) & (fit > _NOTHING)
        # A fit that is nearly as good as a shorter one takes its place, and so does a better one.
        better = np.flatnonzero(falling & ~(share < best[own] - _TIE))
        best[better] = np.fmax(best[better], share[better])
        slope[better], count[better] = -tilt[better], n
        r2[better], adjusted[better] = fit[better], share[better]
        at_end[better] = np.exp(origin_y[better] + my[better] - tilt[better] * mx[better])
    back = np.empty_like(longest_first)
    back[longest_first] = np.arange(back.size)
    return Terminals(*(x[back] for x in (slope, count, r2, adjusted, at_end)))


def _falls(c1: Array, c2: Array) -> NDArray[np.bool_]:
    return (c2 > 0) & (c1 > c2 * (1 + _FLAT))
