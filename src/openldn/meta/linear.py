"""Weighted least squares with known weights: the algebra under every estimator of this room.

    β = (X'WX)⁻¹X'Wy     r = y − Xβ     P = W − WX(X'WX)⁻¹X'W

P is never formed: its traces come from sums over studies, so that work grows with their number.
A single column of ones as X is the ordinary meta-analysis.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from openldn.notation import InputError

Array = NDArray[np.float64]
SMALLEST, LARGEST = 1e-60, 1e60  # of effects and variances: powers of these stay within double precision


@dataclass(frozen=True)
class Weighted:
    """A fit with weights (studies,): `beta` (terms,), `cov` = (X'WX)⁻¹, `residuals` (studies,), `rss` = r'Wr."""

    beta: Array
    cov: Array
    residuals: Array
    rss: float
    weights: Array = field(repr=False)
    x: Array = field(repr=False)

    @property
    def hat(self) -> Array:
        """Leverage of each study: the diagonal of X(X'WX)⁻¹X'W."""
        return np.asarray(np.einsum("ij,jk,ik->i", self.x, self.cov, self.x) * self.weights)

    def trace(self, a: Array | float = 1.0) -> float:
        """tr(PA) for a diagonal A: the diagonal of P is w(1 − leverage)."""
        return float(np.sum(self.weights * a * self._spare()))

    def trace2(self, a: Array | float = 1.0, b: Array | float = 1.0) -> float:
        """tr(PAPB) for diagonal A and B."""
        w, x, c = self.weights, self.x, self.cov
        if x.shape[1] == 1:
            u = w**2 * x[:, 0] ** 2 * c[0, 0]
            return float(np.sum((w * self._spare()) ** 2 * a * b) + np.sum(u * b * _sum_of_others(u * a)))

        def middle(d: Array) -> Array:
            return np.asarray(c @ (x.T @ (x * d[:, None])))

        last = np.trace(middle(w**2 * a) @ middle(w**2 * b))
        return float(np.sum(w**2 * a * b) - 2 * np.trace(middle(w**3 * a * b)) + last)

    def _spare(self) -> Array:
        """1 − leverage; with one term computed without the cancellation that one heavy study would bring."""
        if self.x.shape[1] > 1:
            return 1 - self.hat
        u = self.weights * self.x[:, 0] ** 2
        return _sum_of_others(u) / float(np.sum(u))


def fit(y: Array, x: Array, weights: Array) -> Weighted:
    """Weighted least squares of y (studies,) on x (studies, terms). Raises InputError if x has no full rank."""
    xw = x * weights[:, None]
    try:
        cov = np.asarray(np.linalg.inv(xw.T @ x), dtype=np.float64)
    except np.linalg.LinAlgError:
        raise dependent() from None
    beta = cov @ (xw.T @ y)
    beta = beta + cov @ (xw.T @ (y - x @ beta))  # one step of refinement against cancellation
    residuals = y - x @ beta
    return Weighted(beta, cov, residuals, float(np.sum(weights * residuals**2)), weights, x)


def _sum_of_others(u: Array) -> Array:
    """Σu − uᵢ for positive u (studies,), the heaviest study's not by subtraction."""
    rest = np.sum(u) - u
    i = int(np.argmax(u))
    rest[i] = np.sum(u[:i]) + np.sum(u[i + 1 :])
    return np.asarray(rest)


def computable(y: Array, v: Array) -> NDArray[np.bool_]:
    """Which studies (studies,) have a finite effect and a variance above zero, both of a size that can be used."""
    with np.errstate(invalid="ignore"):
        return np.asarray((np.abs(y) <= LARGEST) & (v >= SMALLEST) & (v <= LARGEST))


def ones(y: Array) -> Array:
    """The design of a meta-analysis without moderators."""
    return np.ones((len(y), 1))


def dependent() -> InputError:
    """What to say when the columns of a design are not independent."""
    return InputError(
        "the moderators determine one another (or one is constant); leave out one of them so that each says "
        "something of its own"
    )
