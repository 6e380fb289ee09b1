"""A finite mixture of normals: what the posteriors of μ and of a new study are."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from openldn.meta.distributions import normal_quantile
from openldn.meta.linear import Array
from openldn.meta.roots import find_root


@dataclass(frozen=True)
class Mixture:
    """Means, SDs and weights (components,); the weights add to 1."""

    means: Array = field(repr=False)
    sds: Array = field(repr=False)
    weights: Array = field(repr=False)

    def mean(self) -> float:
        return float(self.weights @ self.means)

    def sd(self) -> float:
        return math.sqrt(float(self.weights @ (self.sds**2 + (self.means - self.mean()) ** 2)))

    def cdf(self, x: float) -> float:
        """P(X ≤ x)."""
        from scipy.special import ndtr

        return float(self.weights @ ndtr((x - self.means) / self.sds))

    def density(self, x: float) -> float:
        z = (x - self.means) / self.sds
        return float(self.weights @ (np.exp(-(z**2) / 2) / self.sds)) / math.sqrt(2 * math.pi)

    def quantile(self, p: float) -> float:
        """x with P(X ≤ x) = p; −∞ and ∞ for 0 and 1."""
        if p <= 0 or p >= 1:
            return math.copysign(math.inf, p - 0.5)
        i = int(np.argmax(self.weights))
        z = normal_quantile(p)
        step = float(self.sds[i])
        low = high = float(self.means[i]) + z * step
        while self.cdf(low) > p:
            low, step = low - step, 2 * step
        while self.cdf(high) < p:
            high, step = high + step, 2 * step
        return low if low == high else find_root(lambda x: self.cdf(x) - p, low, high, rtol=1e-10)

    def mode(self) -> float:
        """The highest point, looked for between the quartiles and refined."""
        low, high = self.quantile(0.05), self.quantile(0.95)
        grid = np.linspace(low, high, 101)
        i = int(np.argmax([self.density(float(x)) for x in grid]))
        a, b = float(grid[max(0, i - 1)]), float(grid[min(100, i + 1)])
        return narrowest(lambda x: -self.density(x), a, b)


def shortest(quantile: Callable[[float], float], level: float) -> tuple[float, float]:
    """The narrowest interval that holds `level`, for a distribution with one peak."""

    def width(p: float) -> float:
        return quantile(p + level) - quantile(p)

    ladder = np.linspace(0, 1 - level, 41)
    widths = [width(float(p)) for p in ladder]
    i = int(np.argmin(widths))
    p = narrowest(width, float(ladder[max(0, i - 1)]), float(ladder[min(40, i + 1)]))
    p = min((p, float(ladder[i])), key=width)
    return quantile(p), quantile(p + level)


def narrowest(f: Callable[[float], float], a: float, b: float) -> float:
    """Where f is smallest between a and b, by golden section."""
    ratio = (math.sqrt(5) - 1) / 2
    c, d = b - ratio * (b - a), a + ratio * (b - a)
    fc, fd = f(c), f(d)
    for _ in range(32):
        if fc <= fd:
            b, d, fd = d, c, fc
            c = b - ratio * (b - a)
            fc = f(c)
        else:
            a, c, fc = c, d, fd
            d = a + ratio * (b - a)
            fd = f(d)
    return (a + b) / 2
