"""The 5th and 95th percentile over many persons, of whom only the ends are kept.

    bands = Bands(persons)
    for some in groups:
        bands.add(some)                 (persons of the group, times)
    low, high = bands.ends()            (times,) each

A percentile lies between two neighbours among the sorted numbers, so that what lies between the lowest and the highest
twentieth may be forgotten: the result is that of everybody at once, to the last bit.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
ENDS = (5, 95)
_BLOCK = 100  # times whose percentiles are taken together


class Bands:
    """The numbers of `persons` persons at each time, as far as the ends of their band need them."""

    def __init__(self, persons: int) -> None:
        self.persons = persons
        # the neighbours of the 5th percentile and one more, for what rounding does to its rank
        self._kept = min(persons, persons * ENDS[0] // 100 + 3)
        self._low: list[Array] = []
        self._high: list[Array] = []

    def add(self, values: Array) -> None:
        """Further persons: (persons, times)."""
        self._low, self._high = (
            _kept([*before, values], self._kept, side)
            for before, side in ((self._low, slice(None, self._kept)), (self._high, slice(-self._kept, None)))
        )

    def ends(self) -> tuple[Array, Array]:
        """Low and high at each time."""
        (low,), (high,) = self._low, self._high
        between = max(0, self.persons - len(low) - len(high))
        if not between:
            high = high[len(low) + len(high) - self.persons :]
        found = []
        for start in range(0, low.shape[1], _BLOCK):
            a, b = low[:, start : start + _BLOCK], high[:, start : start + _BLOCK]
            middle = np.broadcast_to(a.max(axis=0), (between, a.shape[1]))
            found.append(np.percentile(np.concatenate([a, middle, b]), ENDS, axis=0))
        both = np.concatenate(found, axis=1)
        return both[0], both[1]


def _kept(parts: list[Array], count: int, side: slice) -> list[Array]:
    """One array of the `count` smallest or largest of the first axis, on the side that `side` takes, in any order."""
    whole = np.concatenate(parts)
    if len(whole) <= count:
        return [whole]
    place = count - 1 if side.start is None else len(whole) - count
    whole.partition(place, axis=0)
    return [whole[side].copy()]
