"""Noncompartmental analysis of repeated doses: each dosing interval of each person, and accumulation.

    nca_table(times, values, dose_times, dose_amounts, unit="ug/L")["AUCTAU"]

The interval of a dose ends where the next one is given; that of the last is as long as the one before it. A
sample at the very time of a dose is the one before it, as in a `Result`: it ends an interval and starts
the next, unless the dose is a bolus, which starts at its extrapolated C0. After the last dose every sample
counts. Doses at one time are one dose, and an amount of 0 is none. Accumulation compares doses of one size:
ARAUC = AUCTAU/AUCTAU of the first, ARCMAX likewise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openldn.engine.events.table import Events, in_unit
from openldn.engine.nca import NCA, one_of
from openldn.engine.nca_areas import RULES
from openldn.engine.nca_curves import analyse
from openldn.engine.nca_intervals import Doses, doses_of, intervals, samples_of
from openldn.engine.nca_terms import (
    GIVEN,
    MEANINGS,
    NO_AREA,
    NO_PEAK,
    NOT_ASKED,
    OTHER_SIZE,
    Analyses,
    Codes,
    How,
)
from openldn.notation import InputError, UnknownName

Array = NDArray[np.float64]
# Samples of so many persons at once stay in the processor's cache: a quarter faster than all, and little memory.
_AT_ONCE = 200_000


@dataclass(frozen=True)
class NCATable:
    """`columns` by name, each (rows,): ID, DOSE (its number, from 1), TIME (h), AMT and the names of MEANINGS.

    A row is a person and a dose. A value that is missing is NaN; `why` says why, `note` what must be known of one
    that is given, and `missing[name]` and `notes[name]` hold the same as codes of REASONS and NOTES of `nca_terms`.
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
    of NaN or an amount of 0 is no dose. An amount of NaN gives no clearance, and if all are NaN the units may be
    any. Durations are those of infusions.
    Raises InputError for shapes that differ, times out of order, negative or infinite numbers, UnknownName for a
    rule or administration, QuantityError for units that do not give a clearance.

        table = nca_table([0, 1, 2, 4, 8], [[0, 9, 6, 3, 1]], [0], [5])
        table["CMAX"], table.units["CMAX"], table.why(0, "AUCTAU")
    """
    any_amount = not np.all(np.isnan(np.asarray(dose_amounts, dtype=float)))
    how = How(unit, dose_unit, administration, rule, any_amount)
    c = np.asarray(values, dtype=float)
    if c.ndim != 2:
        raise InputError(f"values {c.shape} must be (persons, times)")
    names = np.arange(1, c.shape[0] + 1) if ids is None else np.asarray(ids)
    if names.shape != c.shape[:1]:
        raise InputError(f"{names.size} ids for {c.shape[0]} persons")
    t = _for_each(times, c.shape, "times")
    at = np.asarray(dose_times, dtype=float)
    if at.ndim not in (1, 2) or not at.size:
        raise InputError(f"dose times {at.shape} must be (doses,) or (persons, doses), and not empty")
    shape = (names.size, at.shape[-1])
    at, amounts = _for_each(at, shape, "dose times"), _for_each(dose_amounts, shape, "dose amounts")
    long = np.zeros(shape) if durations is None else _for_each(durations, shape, "durations")
    if administration != "infusion":
        long = np.zeros(shape)
    parts: list[Analyses] = []
    given: list[Doses] = []
    few = max(1, _AT_ONCE // max(1, c.shape[1]))
    for begin in range(0, max(1, names.size), few):
        some = slice(begin, begin + few)
        seen = samples_of(t[some], c[some], lloq, names[some])
        doses = doses_of(at[some], amounts[some], long[some], names[some])
        found = analyse(*intervals(seen, doses, administration == "bolus"), how)
        _accumulate(found, doses)
        parts.append(found)
        given.append(replace(doses, person=doses.person + begin))
    found = _joined(parts)
    who, number, time, amount = (
        np.concatenate([getattr(doses, name) for doses in given])
        for name in ("person", "number", "time", "amount")
    )
    columns = {"ID": names[who], "DOSE": number, "TIME": time, "AMT": amount}
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


def _for_each(given: ArrayLike, shape: tuple[int, ...], what: str) -> Array:
    own = np.asarray(given, dtype=float)
    if own.ndim not in (1, 2) or own.shape[-1] != shape[-1] or own.shape[:-1] not in ((), shape[:-1]):
        raise InputError(f"{what} {own.shape} must be {shape[-1:]} or {shape}")
    return np.broadcast_to(own, shape)


def _joined(parts: Sequence[Analyses]) -> Analyses:
    """The rows of one part after those of the other."""
    first = parts[0]
    if len(parts) == 1:
        return first

    def all_of(what: str, name: str) -> NDArray[Any]:
        return np.concatenate([getattr(part, what)[name] for part in parts])

    values, missing, numbers = (
        {name: all_of(what, name) for name in getattr(first, what)}
        for what in ("values", "missing", "numbers")
    )
    notes = {name: all_of("notes", name) for name in first.notes}
    return Analyses(values, missing, notes, first.units, first.words, numbers)


def _accumulate(found: Analyses, doses: Doses) -> None:
    """ARAUC and ARCMAX, against the person's first dose."""
    amount = doses.amount
    earlier = np.arange(amount.size) != doses.first
    found.numbers["reference"] = amount[doses.first]
    other, unknown = amount != amount[doses.first], np.isnan(amount - amount[doses.first])
    for name, of, lacking in (("ARAUC", "AUCTAU", NO_AREA), ("ARCMAX", "CMAX", NO_PEAK)):
        x = found.values[of]
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = x / x[doses.first]
        codes = np.where(other, OTHER_SIZE, np.where(np.isfinite(ratio), GIVEN, lacking))
        codes = np.where(unknown, NOT_ASKED, codes)
        analysed = (found.missing["CMAX"] == GIVEN) & earlier
        found.missing[name][analysed] = codes[analysed]
        found.values[name][analysed] = np.where(codes == GIVEN, ratio, np.nan)[analysed]
