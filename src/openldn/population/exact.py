"""Sums without rounding: a wide fixed-point number for each column, to which doubles are added exactly.

Every double is a whole number of 2⁻¹¹³⁰. Its bits are added to limbs of 32 bits kept in 64-bit integers, so
that a sum is the same in whatever order, or in however many parts, its terms arrive (Kulisch's accumulator).
A chunk is summed in doubles first, in slices so coarse that nothing is rounded (Rump's extraction). A
square is split into its rounded value and what the rounding left (Dekker), and both are added: means and
variances come out correctly rounded. A term is below 10¹⁵⁰ in size.
"""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Limbs = NDArray[np.int64]
LARGEST = 1e150  # whose square is still a double, with room for Dekker's splitting
_SCALE, _BITS, _LIMBS = 1130, 32, 70
_TOGETHER = 1 << 15
_MASK = np.int64((1 << _BITS) - 1)
_SPLIT = 134217729.0  # 2**27 + 1


def exact_sum(x: Array) -> Limbs:
    """The sum over the first axis of x (persons, columns), as limbs (limbs, columns)."""
    total = np.zeros((_LIMBS, x.shape[1]), dtype=np.int64)
    for block in _blocks(x):
        _extract(total, block.copy())
    return carried(total)


def exact_sum_of_squares(x: Array) -> Limbs:
    """The sum of squares over the first axis of x (persons, columns), as limbs (limbs, columns)."""
    total = np.zeros((_LIMBS, x.shape[1]), dtype=np.int64)
    for block in _blocks(x):
        square = block * block
        big = block * _SPLIT
        high = big - (big - block)
        low = block - high
        _extract(total, ((high * high - square) + 2.0 * high * low) + low * low)
        _extract(total, square)
    return carried(total)


def carried(total: Limbs) -> Limbs:
    """The same sums with every limb but the last from 0 to 2³² − 1: the one way to write them."""
    total = total.copy()
    for i in range(_LIMBS - 1):
        total[i + 1] += total[i] >> _BITS
        total[i] &= _MASK
    return total


def mean(total: Limbs, count: int) -> Array:
    """The mean of each column, correctly rounded."""
    return np.array([_ratio(value, count << _SCALE) for value in _whole(total)])


def deviation(total: Limbs, squares: Limbs, count: int) -> Array:
    """The standard deviation of each column on count − 1 degrees of freedom; NaN for fewer than two."""
    if count < 2:
        return np.full(total.shape[1], np.nan)
    return np.array(
        [
            math.sqrt(_ratio(count * (b << _SCALE) - a * a, count * (count - 1) << 2 * _SCALE))
            for a, b in zip(_whole(total), _whole(squares), strict=True)
        ]
    )


def _blocks(x: Array) -> Iterator[Array]:
    """Rows that fit into a processor's cache."""
    step = max(1, _TOGETHER // max(1, x.shape[1]))
    return (x[start : start + step] for start in range(0, len(x), step))


def _extract(total: Limbs, x: Array) -> None:
    """Add the rows of x, which is used up, to the limbs."""
    room = 2.0 ** math.ceil(math.log2(len(x) + 2))
    part = np.empty_like(x)
    while (largest := np.maximum(x.max(axis=0), -x.min(axis=0))).any():
        # σ: a power of two so large that the parts of x above its last place add up without rounding
        sigma = room * np.ldexp(1.0, np.frexp(largest)[1])
        np.add(x, sigma, out=part)
        part -= sigma
        _add(total, part.sum(axis=0))
        x -= part


def _add(total: Limbs, x: Array) -> None:
    """Add x (columns,) to the limbs."""
    mantissa, exponent = np.frexp(np.abs(x))
    whole = np.ldexp(mantissa, 53).astype(np.int64)
    place = exponent.astype(np.int64) - 53 + _SCALE
    limb, shift = place // _BITS, place % _BITS
    low, high = (whole & _MASK) << shift, (whole >> _BITS) << shift
    sign, column = np.where(x < 0, np.int64(-1), np.int64(1)), np.arange(x.size)
    for i, part in enumerate((low & _MASK, (low >> _BITS) + (high & _MASK), high >> _BITS)):
        total[limb + i, column] += sign * part


def _ratio(above: int, below: int) -> float:
    return above / below  # Python divides whole numbers of any size with one rounding


def _whole(total: Limbs) -> list[int]:
    used = [i for i in range(len(total)) if total[i].any()]
    columns = [0] * total.shape[1]
    for i in used:
        for column, value in enumerate(total[i].tolist()):
            if value:
                columns[column] += value << (_BITS * i)
    return columns
