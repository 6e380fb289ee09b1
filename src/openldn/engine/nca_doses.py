"""Noncompartmental analysis of repeated doses: each dosing interval of each person, and accumulation.

    nca_table(times, values, dose_times, dose_amounts, unit="ug/L")["AUCTAU"]

The interval of a dose ends where the next one is given; that of the last is as long as the one before it. A
sample at the very time of a dose is the one before it, as in a `Result`: it ends an interval and starts
the next, unless the dose is a bolus, which starts at its extrapolated C0. After the last dose every sample
counts. Doses at one time are one dose, and an amount of 0 is none. Accumulation compares doses of one size:
ARAUC = AUCTAU/AUCTAU of the first, ARCMAX likewise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openldn.engine.events.table import Events, in_unit
from openldn.engine.nca import NCA, check_words, litres_per_hour, one_of
from openldn.engine.nca_areas import RULES, Whole
from openldn.engine.nca_curves import (
    GIVEN,
    MEANINGS,
    NO_AREA,
    NO_PEAK,
    NO_SAMPLE,
    NO_START,
    OTHER_SIZE,
    Analyses,
    Codes,
    Course,
    Samples,
    Yes,
    analyse,
    offsets,
)
from openldn.notation import InputError, UnknownName

Array = NDArray[np.float64]


@dataclass(frozen=True)
class NCATable:
    """`columns` by name, each (rows,): ID, DOSE (its number, from 1), TIME (h), AMT and the names of MEANINGS.

    A row is a person and a dose. A value that is missing is NaN; `why` says why, `note` what must be known of one
    that is given, and `missing[name]` and `notes[name]` hold the same as codes of REASONS and NOTES of `nca_curves`.
    """

    columns: Mapping[str, NDArray[Any]]
    units: Mapping[str, str]
    missing: Mapping[str, Codes]
    notes: Mapping[str, Codes]
    analyses: Analyses

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self.columns:
            raise UnknownName("column", name, self.columns)
        return self.columns[name]

    def why(self, row: int, name: str) -> str:
        """Why a value is missing; empty where it is given. Raises UnknownName."""
        return self.analyses.why(row, self._known(name))

    def note(self, row: int, name: str) -> str:
        """What must be known of a value; empty where nothing. Raises UnknownName."""
        return self.analyses.note(row, self._known(name))

    def reasons(self) -> dict[str, tuple[str, ...]]:
        """Why values are missing and what must be known of others, by name, each reason once."""
        found = {}
        for name in self.missing:
            said = [self.why(int(row), name) for row in np.unique(self.missing[name], return_index=True)[1]]
            if name in self.notes:
                said += [
                    self.note(int(row), name) for row in np.unique(self.notes[name], return_index=True)[1]
                ]
            if any(said):
                found[name] = tuple(dict.fromkeys(text for text in said if text))
        return found

    def of(self, row: int) -> NCA:
        """One row by itself."""
        return one_of(self.analyses, row)

    def _known(self, name: str) -> str:
        if name not in MEANINGS:
            raise UnknownName("parameter", name, MEANINGS)
        return name


def nca_table(
    times: ArrayLike,
    values: ArrayLike,
    dose_times: ArrayLike,
    dose_amounts: ArrayLike,
    *,
    durations: ArrayLike | None = None,
    unit: str = "ug/L",
    dose_unit: str = "mg",
    administration: str = "extravascular",
    rule: str = RULES[0],
    lloq: float = 0.0,
    ids: Sequence[Any] | NDArray[Any] | None = None,
) -> NCATable:
    """An analysis for each person and dose.

    times (times,) of everybody or (persons, times), hours; values (persons, times) in `unit`; NaN is no sample.
    dose_times, dose_amounts and durations (doses,) of everybody or (persons, doses), hours and `dose_unit`; a time
    of NaN or an amount of 0 is no dose, an amount of NaN gives no clearance. Durations are those of infusions.
    Raises InputError for shapes that differ, times out of order, negative or infinite numbers, UnknownName for a
    rule or administration, QuantityError for units that do not give a clearance.

        table = nca_table([0, 1, 2, 4, 8], [[0, 9, 6, 3, 1]], [0], [5])
        table["CMAX"], table.units["CMAX"], table.why(0, "AUCTAU")
    """
    check_words(rule, administration)
    per_hour = litres_per_hour(dose_unit, unit)
    c = np.asarray(values, dtype=float)
    if c.ndim != 2:
        raise InputError(f"values {c.shape} must be (persons, times)")
    names = np.arange(1, c.shape[0] + 1) if ids is None else np.asarray(ids)
    if names.shape != c.shape[:1]:
        raise InputError(f"{names.size} ids for {c.shape[0]} persons")
    t = _for_each(times, c.shape, "times")
    seen = _samples(t, c, lloq, names)
    doses = _doses(dose_times, dose_amounts, durations if administration == "infusion" else None, names)
    own, course, excluded = _intervals(seen, doses, administration == "bolus")
    found = analyse(
        own,
        course,
        excluded,
        unit=unit,
        dose_unit=dose_unit,
        litres_per_hour=per_hour,
        administration=administration,
        rule=rule,
    )
    _accumulate(found, course.amount, doses)
    columns = {"ID": names[doses.person], "DOSE": doses.number, "TIME": doses.time, "AMT": doses.amount}
    return NCATable({**columns, **found.values}, found.units, found.missing, found.notes, found)


def nca_by_dose(
    times: Sequence[float] | Array,
    concentrations: Sequence[float] | Array,
    events: Events,
    **options: Any,
) -> tuple[NCA, ...]:
    """An analysis for each dose of one person, times counted from it.

    events: doses in mg, or in the model's own unit, which then counts as mg. options: unit, rule, lloq and administration,
    as `nca_table` takes them. Raises what `nca_table` raises, and InputError for events that are not doses of one person.
    """
    doses = events.spelled_out()
    if doses.persons != 1 or not doses.records or not np.all(doses.gives):
        raise InputError("doses must be one or more, of one person")
    table = nca_table(
        times,
        [np.asarray(concentrations, dtype=float)],
        doses.time,
        [in_unit(float(a), doses.units[u]) for a, u in zip(doses.amount, doses.unit, strict=True)],
        durations=doses.duration,
        dose_unit="mg",
        **options,
    )
    return tuple(table.of(row) for row in range(table["DOSE"].size))


@dataclass(frozen=True)
class _Doses:
    """The doses of all persons, in order; arrays are (rows,). `first`: the row of the person's first dose."""

    person: Whole
    number: Whole
    time: Array
    amount: Array
    mean_input_h: Array
    input_until: Array
    first: Whole


def _for_each(given: ArrayLike, shape: tuple[int, ...], what: str) -> Array:
    own = np.asarray(given, dtype=float)
    if own.ndim not in (1, 2) or own.shape[-1] != shape[-1] or own.shape[:-1] not in ((), shape[:-1]):
        raise InputError(f"{what} {own.shape} must be {shape[-1:]} or {shape}")
    return np.broadcast_to(own, shape)


def _samples(t: Array, c: Array, lloq: float, names: NDArray[Any]) -> Samples:
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


def _doses(times: ArrayLike, amounts: ArrayLike, durations: ArrayLike | None, names: NDArray[Any]) -> _Doses:
    t = np.asarray(times, dtype=float)
    if t.ndim not in (1, 2) or not t.size:
        raise InputError(f"dose times {t.shape} must be (doses,) or (persons, doses), and not empty")
    shape = (names.size, t.shape[-1])
    t = _for_each(t, shape, "dose times")
    given = _for_each(amounts, shape, "dose amounts")
    at = np.nonzero(~np.isnan(t) & (given != 0))
    long = _for_each(np.zeros(shape) if durations is None else durations, shape, "durations")[at]
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
    until = np.full(shape, np.nan)
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
    return _Doses(person, number, time, together, mean / 2, until[ends], first)


def _intervals(samples: Samples, doses: _Doses, bolus: bool) -> tuple[Samples, Course, Codes]:
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


def _accumulate(found: Analyses, amount: Array, doses: _Doses) -> None:
    """ARAUC and ARCMAX, against the person's first dose."""
    earlier = np.arange(amount.size) != doses.first
    found.numbers["reference"] = amount[doses.first]
    other = amount != amount[doses.first]
    for name, of, lacking in (("ARAUC", "AUCTAU", NO_AREA), ("ARCMAX", "CMAX", NO_PEAK)):
        x = found.values[of]
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = x / x[doses.first]
        codes = np.where(other, OTHER_SIZE, np.where(np.isfinite(ratio), GIVEN, lacking))
        analysed = (found.missing["CMAX"] == GIVEN) & earlier
        found.missing[name][analysed] = codes[analysed]
        found.values[name][analysed] = np.where(codes == GIVEN, ratio, np.nan)[analysed]
