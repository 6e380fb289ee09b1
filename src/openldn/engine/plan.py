"""What happens to whom and when: the one form in which a solver takes events, in order of time.

A plan is a series of rows: SAMPLE, ADD to a state, FLOW (change a constant inflow), SET a state, RESET every state to its
initial value, set a PARAMETER, or ACT as a line `at` of the model says, by its number among the actions as the amount. One
plan may serve everybody, or each person may have one of many. What stands first at one time happens first, so a sample
before a dose shows the value before it. An amount may have a factor, an expression of parameters, with each person's own
value. Plans are compiled from events (`events.compiling`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from openldn.engine.expressions import Expression
from openldn.notation import InputError, Limit

Whole = NDArray[np.int64]
Array = NDArray[np.float64]
NO_FACTOR = -1
_NUMBERS = Limit(250_000_000, "numbers", "of a result in memory")


class Kind(IntEnum):
    """What a row does: FLOW changes a constant inflow by its amount, RESET puts every state to its initial value."""

    SAMPLE = 0
    ADD = 1
    FLOW = 2
    SET = 3
    RESET = 4
    PARAMETER = 5
    ACT = 6


@dataclass(frozen=True)
class Plan:
    """Rows of all plans one after the other; plan i has those from offsets[i] to offsets[i + 1].

    times: hours. target: a number of `targets`, a state or for PARAMETER a parameter or switch, or −1. amounts: in its
    unit (FLOW: per hour). `of` is the plan of each person, or None when there is one plan for everybody.
    """

    offsets: Whole = field(repr=False)
    times: Array = field(repr=False)
    kinds: Whole = field(repr=False)
    target: Whole = field(repr=False)
    amounts: Array = field(repr=False)
    factor: Whole = field(repr=False)
    targets: tuple[str, ...]
    factors: tuple[Expression, ...]
    of: Whole | None = field(repr=False, default=None)

    def samples(self) -> int:
        """The largest number of samples that any plan takes."""
        return int(np.max(self.taken(), initial=0))

    def taken(self) -> Whole:
        """How many samples each plan takes."""
        ends = np.concatenate([[0], np.cumsum(self.kinds == Kind.SAMPLE)])
        return np.asarray(ends[self.offsets[1:]] - ends[self.offsets[:-1]])

    def sample_times(self) -> Array:
        """The hours of the samples of each plan, NaN behind the last; shape (plans, samples)."""
        taken = self.taken()
        found = np.full((taken.size, self.samples()), np.nan)
        found[np.arange(found.shape[1]) < taken[:, None]] = self.times[self.kinds == Kind.SAMPLE]
        return found

    def moved(self, *kinds: Kind) -> tuple[str, ...]:
        """The targets of rows of those kinds."""
        used = np.unique(self.target[np.isin(self.kinds, kinds)])
        return tuple(self.targets[i] for i in used if i >= 0)


def cut(whole: Plan, of: Whole) -> Plan:
    """The part of a plan that persons who follow the plans `of` need."""
    numbers, own = np.unique(of, return_inverse=True)
    lengths = whole.offsets[numbers + 1] - whole.offsets[numbers]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    rows = np.arange(offsets[-1]) + np.repeat(whole.offsets[numbers] - offsets[:-1], lengths)
    return Plan(
        offsets, whole.times[rows], whole.kinds[rows], whole.target[rows], whole.amounts[rows],
        whole.factor[rows], whole.targets, whole.factors, own.astype(np.int64),
    )  # fmt: skip


def alike(times: Array, kinds: Sequence[int], targets: Sequence[str], amounts: Array) -> Plan:
    """Plans whose rows do the same to the same; times and amounts have shape (plans, rows)."""
    names = tuple(dict.fromkeys(name for name in targets if name))
    target = np.array([names.index(name) if name else -1 for name in targets], dtype=np.int64)
    plans, rows = times.shape
    return Plan(
        np.arange(plans + 1) * rows, times.ravel(), np.tile(np.array(kinds, dtype=np.int64), plans),
        np.tile(target, plans), amounts.ravel(), np.full(plans * rows, NO_FACTOR), names, (), np.arange(plans),
    )  # fmt: skip


def check_size(persons: int, samples: int, outputs: int) -> None:
    """Raise InputError for a result that is too large for memory."""
    if persons * samples * outputs > _NUMBERS:
        raise InputError(f"{persons:,} persons at {samples:,} times are too many to hold; run them in parts")
