"""How many persons lie where: counts in bins that no order, chunk or neighbour can change.

A double falls into the bin of its sign, exponent and first nine binary digits, read off its own bits: bins
are fixed beforehand, ordered as numbers are, and 2⁻⁹ wide relative to the values in them. Only bins with
somebody in them are kept. To merge is to add counts, so merging is associative and commutative to the bit.

A quantile is numpy's default: with h = q (n − 1), the order statistics of ranks ⌊h⌋ and ⌊h⌋ + 1, joined by
a straight line. Each order statistic comes out as the middle of its bin, off by at most RELATIVE_ERROR of
itself; the smallest and the largest are kept as they are.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
RELATIVE_ERROR = 2.0**-10
_SHIFT = 52 - 9
_OFFSET, _STRIDE = 1 << 21, 1 << 22  # a code lies between −2²⁰ and 2²⁰
_SIGN = np.int64(-(2**63))


@dataclass(frozen=True)
class Sketch:
    """`keys` are column and bin in order, `counts` how many persons fell there."""

    columns: int
    keys: Whole = field(repr=False)
    counts: Whole = field(repr=False)


def sketch(x: Array) -> Sketch:
    """The counts of the finite numbers x (persons, columns)."""
    column = np.arange(x.shape[1], dtype=np.int64) * _STRIDE + _OFFSET
    keys, counts = np.unique((_codes(x) + column).ravel(), return_counts=True)
    return Sketch(x.shape[1], keys, counts.astype(np.int64))


def merge_sketches(a: Sketch, b: Sketch) -> Sketch:
    """The counts of both."""
    keys = np.concatenate([a.keys, b.keys])
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    counts = np.add.reduceat(np.concatenate([a.counts, b.counts])[order], starts) if keys.size else a.counts
    return Sketch(a.columns, keys[starts], counts)


def quantiles(found: Sketch, q: float, low: Array, high: Array) -> Array:
    """The quantile q of each column; low and high are the column's extremes."""
    edges = np.searchsorted(found.keys, np.arange(found.columns + 1, dtype=np.int64) * _STRIDE)
    out = np.empty(found.columns)
    for column in range(found.columns):
        part = slice(edges[column], edges[column + 1])
        total = np.cumsum(found.counts[part])
        count = int(total[-1])
        h = q * (count - 1)
        rank = min(int(h), count - 2) if count > 1 else 0
        codes = found.keys[part] - column * _STRIDE - _OFFSET
        below, above = (_statistic(codes, total, r, low[column], high[column]) for r in (rank, rank + 1))
        out[column] = below + (above - below) * (h - rank)
    return out


def _statistic(codes: Whole, total: Whole, rank: int, low: float, high: float) -> float:
    if rank <= 0:
        return float(low)
    if rank >= total[-1] - 1:
        return float(high)
    code = int(codes[np.searchsorted(total, rank, side="right")])
    return float(min(max(_middle(code), low), high))


def _codes(x: Array) -> Whole:
    bits = np.ascontiguousarray(x, dtype=np.float64).view(np.int64)
    size = (bits & ~_SIGN) >> _SHIFT
    return np.where(bits < 0, -size, size)


def _middle(code: int) -> float:
    """The middle of a bin; 0 for the one that holds zero and what is smaller than any normal number's."""
    if code == 0:
        return 0.0
    edges = np.array([abs(code) << _SHIFT, (abs(code) + 1) << _SHIFT], dtype=np.int64).view(np.float64)
    middle = float(edges[0]) + (float(edges[1]) - float(edges[0])) / 2
    return middle if code > 0 else -middle
