"""Many curves of samples laid end to end, and the rules by which samples count."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openldn.engine.nca_areas import Whole, pieces

Array = NDArray[np.float64]
Yes = NDArray[np.bool_]


@dataclass(frozen=True)
class Samples:
    """Curves end to end: curve i has the samples from at[i] to at[i + 1], in hours from its dose."""

    t: Array
    c: Array
    at: Whole

    @property
    def sizes(self) -> Whole:
        return np.diff(self.at)

    def before(self, when: Array) -> Whole:
        """How many samples of each curve come before a time (curves,)."""
        return np.add.reduceat(self.t < np.repeat(when, self.sizes), self.at[:-1], dtype=np.intp)

    def upto(self, x: Array, stop: Whole, otherwise: float) -> Array:
        """`x` (samples,) up to the sample `stop` of each curve, `otherwise` after it."""
        if np.array_equal(stop, self.at[1:] - 1):
            return x
        return np.where(np.arange(x.size) <= np.repeat(stop, self.sizes), x, otherwise)

    def total(self, x: Array, stop: Whole) -> Array:
        """The sum of `x` (samples,), each of which reaches to the next sample, up to the sample `stop`."""
        whole = np.array_equal(stop, self.at[1:] - 1)
        return np.add.reduceat(x if whole else self.upto(x, stop - 1, 0.0), self.at[:-1])

    def keep(self, which: Yes) -> "Samples":
        """Without the samples that are False."""
        held = np.concatenate([[0], np.cumsum(which)])
        return Samples(self.t[which], self.c[which], held[self.at])

    def rows(self, which: Whole) -> "Samples":
        """Only these curves, in this order."""
        sizes = self.sizes[which]
        at = offsets(sizes)
        index = np.arange(at[-1]) + np.repeat(self.at[which] - at[:-1], sizes)
        return Samples(self.t[index], self.c[index], at)


def offsets(sizes: Whole) -> Whole:
    """Where each curve starts, and the end of the last."""
    return np.concatenate([np.zeros(1, np.intp), np.cumsum(sizes, dtype=np.intp)])


def without_gaps(s: Samples, bolus: bool) -> Samples:
    """Without samples that are 0 between measurable ones, and at the time of a bolus."""
    zero = s.c == 0
    if not zero.any():
        return s
    positives = np.flatnonzero(~zero)
    first, last = positives[np.searchsorted(positives, s.at[:-1])], last_measurable(s)
    index = np.arange(s.c.size)
    gap = zero & (index > np.repeat(first, s.sizes)) & (index < np.repeat(last, s.sizes))
    if bolus:
        start = s.at[:-1]
        gap[start] |= zero[start] & (s.t[start] == 0)
    return s.keep(~gap)


def last_measurable(s: Samples) -> Whole:
    """The last sample above 0 of each curve, all of which have one."""
    ends = s.at[1:] - 1
    if np.all(s.c[ends] > 0):
        return ends
    positives = np.flatnonzero(s.c > 0)
    return positives[np.searchsorted(positives, ends, side="right") - 1]


def from_zero(s: Samples, bolus: bool) -> tuple[Samples, Yes, Array]:
    """The samples with one at 0, for which curves it was put there, and its value."""
    start, sizes = s.at[:-1], s.sizes
    put = s.t[start] != 0
    value = np.zeros(put.size)
    if not put.any():
        return s, put, value
    if bolus:
        c1, t1 = s.c[start], s.t[start]
        second = np.minimum(start + 1, s.at[1:] - 1)
        c2, t2 = s.c[second], s.t[second]
        falls = (sizes > 1) & (c1 > c2) & (c2 > 0)
        value = np.where(
            falls, c1 * (c1 / np.where(falls, c2, 1.0)) ** (t1 / np.where(falls, t2 - t1, 1.0)), c1
        )
    at = offsets(sizes + put)
    t, c = np.zeros(at[-1]), np.zeros(at[-1])
    to = np.arange(s.t.size) + np.repeat(np.cumsum(put), sizes)
    t[to], c[to] = s.t, s.c
    c[at[:-1][put]] = value[put]
    return Samples(t, c, at), put, value


def pieces_of(s: Samples, rule: str) -> tuple[Array, Array]:
    """Area and moment of each sample and the next one of its curve, 0 for the last."""
    found = pieces(s.t[:-1], s.c[:-1], s.t[1:], s.c[1:], rule)
    whole = tuple(np.append(x, 0.0) for x in found)
    for x in whole:
        x[s.at[1:] - 1] = 0.0
    return whole[0], whole[1]
