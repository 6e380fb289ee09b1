"""Areas under a curve of samples, and its terminal slope.

Between two samples the curve is a straight line ("linear"), or, where it falls and the rule is "linear-up
log-down", an exponential. With L = ln(c₁/c₂) and w = t₂ − t₁, the exponential has

    ∫ c dt = w (c₁ − c₂) / L,      ∫ t c dt = w (t₁ c₁ − t₂ c₂) / L + w² (c₁ − c₂) / L²

The terminal slope λz is that of ln c on t over the last samples: the last 3, the last 4, … back to the
highest; the fit with the largest adjusted R² counts, and of fits within 0.0001 of it the one with most
samples, which is the rule of Phoenix WinNonlin and PKNCA.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
RULES = ("linear-up log-down", "linear")
_TIE = 1e-4
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


def area(t: Array, c: Array, rule: str) -> float:
    """∫ c dt from the first sample to the last."""
    return float(np.sum(_pieces(t, c, rule)[0]))


def moment(t: Array, c: Array, rule: str) -> float:
    """∫ t c dt from the first sample to the last."""
    return float(np.sum(_pieces(t, c, rule)[1]))


def between(t: Array, c: Array, when: float, rule: str) -> float:
    """The concentration at a time within the samples, on the curve that `area` is the area of."""
    if when in t:
        return float(c[np.flatnonzero(t == when)[0]])
    i = int(np.searchsorted(t, when))
    share = (when - t[i - 1]) / (t[i] - t[i - 1])
    if _falls(c[i - 1], c[i], rule):
        return float(c[i - 1] * (c[i] / c[i - 1]) ** share)
    return float(c[i - 1] + share * (c[i] - c[i - 1]))


def terminal(t: Array, c: Array, least: int = 3) -> Terminal | None:
    """The best terminal fit through the last samples, all positive; None if none of them falls."""
    fits = [_fit(t[-n:], np.log(c[-n:])) for n in range(least, t.size + 1)]
    falling = [fit for fit in fits if fit.slope > 0]
    if not falling:
        return None
    best = max(fit.adjusted_r2 for fit in falling)
    return max((fit for fit in falling if fit.adjusted_r2 >= best - _TIE), key=lambda fit: fit.count)


def _pieces(t: Array, c: Array, rule: str) -> tuple[Array, Array]:
    t1, t2, c1, c2 = t[:-1], t[1:], c[:-1], c[1:]
    w = t2 - t1
    falls = _falls(c1, c2, rule)
    safe = np.where(falls, c1, 2.0), np.where(falls, c2, 1.0)
    log = np.log(safe[0] / safe[1])
    areas = np.where(falls, w * (c1 - c2) / log, w * (c1 + c2) / 2)
    # The field's trapezoid of t·c, though t times a straight line is a parabola: peers do the same.
    straight = w * (t1 * c1 + t2 * c2) / 2
    curved = w * (t1 * c1 - t2 * c2) / log + w**2 * (c1 - c2) / log**2
    return areas, np.where(falls, curved, straight)


def _falls(c1: Array, c2: Array, rule: str) -> NDArray[np.bool_]:
    return (rule == RULES[0]) & (c2 > 0) & (c1 > c2 * (1 + _FLAT))


def _fit(t: Array, y: Array) -> Terminal:
    x = t - t.mean()
    sxx, sxy, syy = float(x @ x), float(x @ (y - y.mean())), float(np.sum((y - y.mean()) ** 2))
    slope = sxy / sxx
    r2 = 1.0 if syy == 0 else slope * sxy / syy
    n = t.size
    adjusted = 1 - (1 - r2) * (n - 1) / (n - 2)
    intercept = float(y.mean() - slope * t.mean())
    return Terminal(-slope, intercept, n, float(t[0]), float(t[-1]), r2, adjusted)
