"""A distribution of τ known on an even ladder of log τ: what its posterior is."""

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from openldn.meta.linear import Array


@dataclass(frozen=True)
class Ladder:
    """`log_tau` (rungs,) evenly spaced, `weights` (rungs,) proportional to the density of log τ, adding to 1."""

    log_tau: Array = field(repr=False)
    weights: Array = field(repr=False)

    def mean(self) -> float:
        return float(self.weights @ np.exp(self.log_tau))

    def sd(self) -> float:
        return math.sqrt(float(self.weights @ (np.exp(self.log_tau) - self.mean()) ** 2))

    def cdf(self, tau: float) -> float:
        """P(τ ≤ tau)."""
        if tau <= 0:
            return 0.0
        x = self.log_tau
        place = (math.log(tau) - x[0]) / self._step
        if place <= 0 or place >= len(x) - 1:
            return float(place > 0)
        i = int(place)
        s, a, b = place - i, self._density[i], self._density[i + 1]
        return float(self._cumulative[i] + s * a + s * s * (b - a) / 2)

    def quantile(self, p: float) -> float:
        """τ with P(τ ≤ it) = p; the density is taken as straight between two rungs."""
        c = self._cumulative
        if p <= c[1]:
            return 0.0
        if p >= c[-1]:
            return float(np.exp(self.log_tau[-1]))
        i = int(np.searchsorted(c, p, side="right")) - 1
        a, b, rest = self._density[i], self._density[i + 1], p - c[i]
        s = 2 * rest / (a + math.sqrt(max(0.0, a * a + 2 * (b - a) * rest)))
        return float(np.exp(self.log_tau[i] + min(1.0, s) * self._step))

    def mode(self) -> float:
        """The highest point of the density of τ; 0 where it only falls."""
        density = self.weights / np.exp(self.log_tau)
        i = int(np.argmax(density))
        if i in (0, len(density) - 1) or density[0] >= density[i] * (1 - 1e-9):
            return 0.0
        f = np.log(density[i - 1 : i + 2])
        return float(np.exp(self.log_tau[i] + self._step * (f[0] - f[2]) / (2 * (f[0] - 2 * f[1] + f[2]))))

    @property
    def _step(self) -> float:
        return float(self.log_tau[1] - self.log_tau[0])

    @cached_property
    def _density(self) -> Array:
        """Per rung; it dies out at both ends, so that its plain sum is its integral."""
        return self.weights / np.sum(self.weights)

    @cached_property
    def _cumulative(self) -> Array:
        """The trapezoid rule with the slopes at the ends of each part: exact to the fourth power of the step."""
        d = self._density
        total = np.concatenate([[0.0], np.cumsum((d[1:] + d[:-1]) / 2)]) - np.gradient(d) / 12
        return np.asarray(np.maximum.accumulate(np.clip(total, 0.0, 1.0)))
