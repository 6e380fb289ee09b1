"""What is kept of many persons' numbers: mean, spread, extremes and quantiles of each column.

Digests of parts merge into the digest of the whole, to the last bit, whatever the parts and their order.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from openldn.notation import InputError
from openldn.population.exact import Limbs, carried, deviation, exact_sum, exact_sum_of_squares
from openldn.population.exact import mean as mean_of
from openldn.population.sketch import Sketch, merge_sketches, quantiles, sketch

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Digest:
    """Of `persons` persons: columns of any meaning, in the order in which they came."""

    persons: int
    low: Array = field(repr=False)
    high: Array = field(repr=False)
    total: Limbs = field(repr=False)
    squares: Limbs = field(repr=False)
    counts: Sketch = field(repr=False)

    def mean(self) -> Array:
        """The mean of each column, correctly rounded. Raises InputError when nobody is left."""
        self._somebody()
        return mean_of(self.total, self.persons)

    def sd(self) -> Array:
        """The standard deviation of each column; NaN for one person. Raises InputError for nobody."""
        self._somebody()
        return deviation(self.total, self.squares, self.persons)

    def quantile(self, q: float) -> Array:
        """The quantile of each column, off by at most sketch.RELATIVE_ERROR of its order statistics."""
        self._somebody()
        if not 0 <= q <= 1:
            raise InputError(f"quantile {q:g}: choose a number from 0 to 1")
        return quantiles(self.counts, q, self.low, self.high)

    def _somebody(self) -> None:
        if self.persons == 0:
            raise InputError("nobody could be solved; look at the reasons")


def digest(x: Array) -> Digest:
    """The digest of the finite numbers x (persons, columns)."""
    x = x + 0.0  # no −0, which would sort before 0
    if len(x) == 0:
        low, high = np.full(x.shape[1], np.inf), np.full(x.shape[1], -np.inf)
    else:
        low, high = x.min(axis=0), x.max(axis=0)
    return Digest(len(x), low, high, exact_sum(x), exact_sum_of_squares(x), sketch(x))


def merge_digests(a: Digest, b: Digest) -> Digest:
    """The digest of the persons of both. Raises InputError when they have different columns."""
    if a.low.shape != b.low.shape:
        raise InputError(f"summaries of {a.low.size} and of {b.low.size} numbers a person do not merge")
    return Digest(
        a.persons + b.persons,
        np.minimum(a.low, b.low),
        np.maximum(a.high, b.high),
        carried(a.total + b.total),
        carried(a.squares + b.squares),
        merge_sketches(a.counts, b.counts),
    )
