"""How much each combination of choices counts: every option of a choice the same, however many follow from it.

Somebody decides factor after factor in their order, and at each takes any of the options that still lead to a defensible
analysis with the same chance. Parts of one option (`Option.of`) share its share, and so do options that come to the same
analyses whatever follows: two rules that keep the same studies are one way to decide. The weights of all combinations
add up to 1; that of an analysis is the sum of those that lead to it.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from openldn.meta.linear import Array

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


def weigh(grid: Ints, counts: Flags, parts: Sequence[Sequence[str]]) -> Array:
    """Weights of the shape of `grid`: of each combination the analysis that it leads to, −1 where there is none.

    counts: the combinations that count at all. parts: of each factor what each option is a part of, its own name if of none.
    """
    label = np.where(counts & (grid >= 0), grid, -1)
    shares: list[Array] = []
    for named in reversed(parts):
        rows = label.reshape(-1, len(named))
        shares.append(_within(rows, named).reshape(label.shape))
        # What two options lead to is the same where the rows below them are: a row becomes a label in its turn.
        _, same = np.unique(rows, axis=0, return_inverse=True)
        label = np.where((rows >= 0).any(axis=1), same.reshape(-1), -1).reshape(label.shape[:-1])
    found = np.ones(())
    for share in reversed(shares):
        found = found[..., None] * share
    return np.asarray(found)


def _within(rows: Ints, named: Sequence[str]) -> Array:
    """The share of each option in its row; rows without any have none."""
    share = np.zeros(rows.shape)
    there = rows >= 0
    wholes = np.zeros(len(rows))
    for whole in dict.fromkeys(named):
        at = [i for i, x in enumerate(named) if x == whole]
        part, alive = rows[:, at], there[:, at]
        alike = np.stack([(part == part[:, [j]]).sum(axis=1) for j in range(len(at))], axis=1)
        each = np.where(alive, 1 / alike, 0.0)
        distinct = each.sum(axis=1, keepdims=True)
        share[:, at] = np.divide(each, distinct, out=np.zeros_like(each), where=distinct > 0)
        wholes += alive.any(axis=1)
    return np.divide(share, wholes[:, None], out=share, where=wholes[:, None] > 0)


def added(of: Ints, weight: Array, count: int) -> Array:
    """(count,) the weights of each analysis, from the analysis and the weight of each combination."""
    return np.bincount(of, weight, minlength=count).astype(np.float64)
