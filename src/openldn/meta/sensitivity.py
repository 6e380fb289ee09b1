"""The same average without each study in turn, and study by study as they came.

Both take a `pooler`: a function of the indices (studies,) to use, which pools those. So they serve every method.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openldn.meta.average import Average, pool_effects
from openldn.meta.linear import Array
from openldn.notation import InputError

Indices = NDArray[np.intp]
Pooler = Callable[[Indices], Average]


@dataclass(frozen=True)
class Step:
    """One analysis of a series: the study left out or added, by its index, and the average that results."""

    study: int
    pooled: Average


def pooler(yi: Sequence[float] | Array, vi: Sequence[float] | Array, **options: str | float) -> Pooler:
    """A pooler of `pool_effects` with these options; τ² gets no intervals."""
    y, v = np.asarray(yi, float), np.asarray(vi, float)
    return lambda use: pool_effects(y[use], v[use], intervals=False, **options)  # type: ignore[arg-type]


def leave_one_out(k: int, pool_these: Pooler) -> tuple[Step, ...]:
    """The average without each of k studies, in their order. Raises InputError for fewer than two."""
    if k < 2:
        raise InputError("leaving out the only study leaves nothing; this needs two studies or more")
    every = np.arange(k)
    return tuple(Step(i, pool_these(np.delete(every, i))) for i in range(k))


def cumulative(k: int, pool_these: Pooler, order: Sequence[float] | None = None) -> tuple[Step, ...]:
    """The average of the first, the first two … studies; `order` (studies,), such as the years, sorts them stably."""
    ranks = np.arange(k) if order is None else np.argsort(np.asarray(order, float), kind="stable")
    return tuple(Step(int(ranks[i]), pool_these(ranks[: i + 1])) for i in range(k))
