"""Large crowds part by part, so that memory grows with a part and not with the crowd.

    summary = summarise(model, plan, persons, outputs, lambda first, count: draw(model, count, seed, first=first))

Persons are always taken in the same parts of the same size, so that sums are made in one order and the result
does not depend on the number of threads.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.kernels.run import Solved, run_kernel
from openldn.engine.model import Model
from openldn.engine.plan import Plan
from openldn.notation import InputError

Array = NDArray[np.float64]
Values = Callable[[int, int], Mapping[str, Any]]
PART = 4096


@dataclass(frozen=True)
class Summary:
    """Over the persons who were solved, each of shape (samples, outputs); `failed` counts the others.

    sd: standard deviation with n - 1. counted: persons with a number there.
    """

    outputs: tuple[str, ...]
    persons: int
    failed: int
    counted: NDArray[np.int64] = field(repr=False)
    mean: Array = field(repr=False)
    sd: Array = field(repr=False)
    low: Array = field(repr=False)
    high: Array = field(repr=False)


def solve_in_parts(
    model: Model, plan: Plan, persons: int, outputs: Sequence[str], values: Values, **options: Any
) -> Iterator[tuple[int, Solved]]:
    """Part after part, with the number of its first person.

    values: given the first person and how many, their parameters, as `run_kernel` takes them; options: as
        `run_kernel`. Raises InputError for fewer than one person or plans for another number of them.
    """
    if persons < 1 or (plan.of is not None and plan.of.size != persons):
        raise InputError(f"{persons} persons: ask for at least one, and for a plan for each or one for all")
    for first in range(0, persons, PART):
        count = min(PART, persons - first)
        of = np.zeros(count, dtype=np.int64) if plan.of is None else plan.of[first : first + count]
        own = replace(plan, of=np.ascontiguousarray(of))
        yield first, run_kernel(model, own, values(first, count), outputs, **options)


def summarise(
    model: Model, plan: Plan, persons: int, outputs: Sequence[str], values: Values, **options: Any
) -> Summary:
    """Mean, spread and range of every output at every sample. Raises as `solve_in_parts`."""
    shape = plan.samples(), len(outputs)
    counted, failed = np.zeros(shape, dtype=np.int64), 0
    mean, squares = np.zeros(shape), np.zeros(shape)
    low, high = np.full(shape, np.inf), np.full(shape, -np.inf)
    for _, solved in solve_in_parts(model, plan, persons, outputs, values, **options):
        failed += solved.failed.size
        there = np.isfinite(solved.values)
        count = there.sum(axis=0)
        kept = np.where(there, solved.values, 0.0)
        own = kept.sum(axis=0) / np.maximum(count, 1)
        away = np.where(there, solved.values - own, 0.0)
        # Two parts as one: Chan, Golub & LeVeque (1983), The American Statistician 37, 242.
        total = counted + count
        share = count / np.maximum(total, 1)
        squares += (away**2).sum(axis=0) + (own - mean) ** 2 * counted * share
        mean += (own - mean) * share
        counted = total
        low = np.minimum(low, np.where(there, solved.values, np.inf).min(axis=0))
        high = np.maximum(high, np.where(there, solved.values, -np.inf).max(axis=0))
    sd = np.sqrt(squares / np.maximum(counted - 1, 1))
    return Summary(tuple(outputs), persons, failed, counted, mean, sd, low, high)
