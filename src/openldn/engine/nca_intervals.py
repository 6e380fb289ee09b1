"""From samples and doses of many people to the curve of each dosing interval.

The interval of a dose ends where the next one is given; that of the last is as long as the one before it. What
was there at a dose is the last sample up to it that came after the dose before.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.nca_areas import Whole
from openldn.engine.nca_curves import Course
from openldn.engine.nca_samples import Samples, Yes, offsets
from openldn.engine.nca_terms import GIVEN, NO_SAMPLE, NO_START, Codes
from openldn.notation import InputError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Doses:
    """The doses of all persons, in order; arrays are (rows,). `first`: the row of the person's first dose."""

    person: Whole
    number: Whole
    time: Array
    amount: Array
    mean_input_h: Array
    input_until: Array
    first: Whole


def samples_of(t: Array, c: Array, lloq: float, names: NDArray[Any]) -> Samples:
    """The samples of each person, in order of time."""
    seen = ~(np.isnan(c) | np.isnan(t))
    sizes = np.count_nonzero(seen, axis=1)
    flat = Samples(t[seen], c[seen], offsets(sizes))

    def who(wrong: Yes) -> Any:
        return names[np.searchsorted(flat.at, np.flatnonzero(wrong)[0], side="right") - 1]

    step = np.diff(flat.t, prepend=-np.inf) > 0
    step[flat.at[:-1][sizes > 0]] = True
    wrong = ~step | np.isinf(flat.t)
    if wrong.any():
        raise InputError(f"times of {who(wrong)} must be finite, and each later than the one before it")
    wrong = (flat.c < 0) | np.isinf(flat.c)
    if wrong.any():
        raise InputError(f"a concentration of {who(wrong)} is negative or infinite; leave it out as nan")
    flat.c[flat.c < lloq] = 0.0
    return flat


def doses_of(t: Array, given: Array, durations: Array, names: NDArray[Any]) -> Doses:
    """The doses of (persons, doses): those with a time and an amount that is not 0."""
    at = np.nonzero(~np.isnan(t) & (given != 0))
    long = durations[at]
    person, time, amount = at[0], t[at], given[at]
    for what, x in (("time", time), ("amount", amount), ("duration", long)):
        wrong = (
            np.isinf(x)
            | (x < 0 if what != "time" else False)
            | (np.isnan(x) if what == "duration" else False)
        )
        if wrong.any():
            raise InputError(f"{what} {x[wrong][0]:g} of a dose of {names[person[wrong][0]]} is no {what}")
    same = np.diff(person, prepend=-1) == 0
    later = np.diff(time, prepend=0.0)
    if np.any(same & (later < 0)):
        raise InputError(
            f"doses of {names[person[same & (later < 0)][0]]} must be in order, each later than the one before it"
        )
    until = np.full(t.shape, np.nan)
    until[at] = time + long
    until = np.fmax.accumulate(until, axis=1)[at]
    # Doses at one time are one, whose input takes the mean of their times, each counted by its amount.
    start = np.flatnonzero(~(same & (later == 0)))
    together = np.add.reduceat(amount, start) if start.size else amount
    weighted = np.add.reduceat(amount * long, start) / together if start.size != time.size else long
    alone = np.diff(np.append(start, time.size)) == 1
    mean = np.where(alone, long[start], weighted)
    ends = np.append(start[1:], time.size)[: start.size] - 1
    person, time = person[start], time[start]
    first_of = np.flatnonzero(np.diff(person, prepend=-1) != 0)
    first = np.repeat(first_of, np.diff(np.append(first_of, person.size)))
    number = np.arange(person.size) - first + 1
    return Doses(person, number, time, together, mean / 2, until[ends], first)


def intervals(samples: Samples, doses: Doses, bolus: bool) -> tuple[Samples, Course, Codes]:
    """The samples of each dose, in hours from it, what is known of it, and why some cannot be analysed."""
    rows = np.arange(doses.time.size)
    later = np.append(doses.first[1:] == doses.first[:-1], False) if rows.size else rows > 0
    earlier = rows != doses.first
    next_time = np.where(later, np.append(doses.time[1:], np.inf), np.inf)
    spacing = np.where(earlier, np.diff(doses.time, prepend=0.0), np.nan)
    tau = np.where(later, next_time - doses.time, spacing)

    low, high = samples.at[doses.person], samples.at[doses.person + 1]
    from_ = _rank(samples.t, low, high, doses.time, after=bolus)
    to = _rank(samples.t, low, high, next_time, after=True)
    at_dose = _rank(samples.t, low, high, doses.time, after=True)

    # What was there at the dose: the last sample that the dose before, or nothing, has answer for.
    there = at_dose > low
    prior = np.where(there, at_dose - 1, 0)
    t, c = np.append(samples.t, np.nan), np.append(samples.c, np.nan)
    since = np.where(earlier, np.append(np.nan, doses.time[:-1])[rows], -np.inf)
    there &= t[prior] > since
    before = np.where(there, c[prior], np.where(earlier, np.nan, 0.0))
    before_h = np.where(there, doses.time - t[prior], 0.0)

    # A dose before this one that no sample shows may be on its way.
    positive = offsets(np.asarray(samples.c > 0, dtype=np.intp))
    showed = positive[to] > positive[from_]
    seen = ~earlier | np.append(False, showed[:-1])[rows] & there
    same_size = np.append(False, doses.amount[1:] == doses.amount[:-1])[rows]
    goes_on = earlier & same_size & (np.abs(spacing - tau) <= 1e-9 * tau)
    since_row = np.maximum.accumulate(np.where(goes_on, 0, rows)) if rows.size else rows
    course = Course(
        time=doses.time,
        amount=doses.amount,
        tau=tau,
        before=before,
        before_h=before_h,
        repeated=earlier,
        seen=seen,
        regular_h=np.where(np.isnan(tau), 0.0, doses.time + tau - doses.time[since_row]),
        input_h=np.where(doses.input_until > doses.time, doses.input_until - doses.time, 0.0),
        mean_input_h=doses.mean_input_h,
    )
    inner = _rank(samples.t, low, high, next_time, after=False) > at_dose
    excluded = np.where(inner, GIVEN, NO_SAMPLE)
    if not bolus:
        at_start = (at_dose > low) & (t[prior] == doses.time)
        excluded = np.where(earlier & ~at_start, NO_START, excluded)
    sizes = to - from_
    at = offsets(sizes)
    index = np.arange(at[-1]) + np.repeat(from_ - at[:-1], sizes)
    own = Samples(samples.t[index] - np.repeat(doses.time, sizes), samples.c[index], at)
    return own, course, excluded.astype(np.int8)


def _rank(t: Array, low: Whole, high: Whole, when: Array, *, after: bool) -> Whole:
    """Where `when` (rows,) stands among t[low] to t[high − 1], which rise: before what equals it, or after."""
    low, high = low.copy(), high.copy()
    t = np.append(t, np.inf)
    for _ in range(int(np.max(high - low, initial=0)).bit_length()):
        middle = (low + high) // 2
        right = (t[middle] <= when if after else t[middle] < when) & (low < high)
        low, high = np.where(right, middle + 1, low), np.where(right, high, middle)
    return low
