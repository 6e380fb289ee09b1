"""Events: who gets what when, as columns; the one input of every run.

    ev(100, ii=24, addl=83)                                  doses, in NONMEM's words
    ev("4.5 mg", cmt="oral") + ev(time=[0, 1, 2], evid=0)    merged, in order of time
    ev(100).then(ev(50), after=24)                           one after the other

A column is one array over all records of all persons; what NONMEM's columns mean is in docs/events.md. Records of one
person are what everybody gets, where a run has more persons.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openldn.engine.model_text import DOSE_UNIT
from openldn.notation import InputError, Limit, convert, numbers_given, parse_quantity, shown

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

OBSERVATION, DOSE, OTHER, RESET, RESET_AND_DOSE = range(5)
REPLACE = 8
MODELLED_RATE, MODELLED_DURATION = -1.0, -2.0
RECORDS = Limit(20_000_000, "records", "of events in memory")
DOSES = Limit(10_000_000, "doses that ADDL asks for", "of one run")


@dataclass(frozen=True, eq=False, repr=False)
class Events:
    """Records in order of person and, within a person, as they happen; each column has shape (records,).

    ids: of the persons. first: where each person's records begin, and the number of records: shape (persons + 1,).
    time, interval, duration: [TIME, II, DUR] in hours. amount: [AMT], in `units[unit]`, where "" is the unit of the
    model's dose line. rate: [RATE], in that unit per hour, or −1 or −2. evid, additional, steady: [EVID, ADDL, SS].
    into: [CMT], a number of `places`: a route, a state, a state's number, or "" for the model's first dose line; a
    minus before it turns a compartment off.
    values: parameters and switches that records change from then on, NaN where they say nothing. covariates: the same for
    what was observed, which may be carried backward or go by straight lines. carried: further columns.
    silent: 1 where a record has no row in a run's table. row: the line of the file that each record stands on. file: its
    name in messages. clock: the hour of the day at which time 0 is, where a schedule says so.
    """

    ids: tuple[str, ...]
    first: Whole = field(repr=False)
    time: Array = field(repr=False)
    evid: Whole = field(repr=False)
    amount: Array = field(repr=False)
    rate: Array = field(repr=False)
    interval: Array = field(repr=False)
    additional: Whole = field(repr=False)
    steady: Whole = field(repr=False)
    duration: Array = field(repr=False)
    into: Whole = field(repr=False)
    places: tuple[str, ...] = ("",)
    unit: Whole = field(repr=False, default_factory=lambda: np.zeros(0, dtype=np.int64))
    units: tuple[str, ...] = ("",)
    silent: Whole = field(repr=False, default_factory=lambda: np.zeros(0, dtype=np.int64))
    values: Mapping[str, Array] = field(repr=False, default_factory=dict)
    covariates: Mapping[str, Array] = field(repr=False, default_factory=dict)
    carried: Mapping[str, NDArray[Any]] = field(repr=False, default_factory=dict)
    row: Whole | None = field(repr=False, default=None)
    file: str = ""
    clock: float | None = None

    def __hash__(self) -> int:
        return hash(self.digest())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Events) and self.digest() == other.digest()

    def digest(self) -> str:
        """The SHA-256 of everything that the records say, for caches and for what an answer rests on."""
        found = hashlib.sha256(repr((self.ids, self.places, self.units, self.file, self.clock)).encode())
        columns = {name: getattr(self, name) for name in (*_COLUMNS, "first")}
        for name, column in {**columns, **self.told, **self.carried}.items():
            found.update(f"{name} {column.dtype} {name in self.covariates}".encode())
            plain = column.dtype == object
            found.update(repr(column.tolist()).encode() if plain else np.ascontiguousarray(column).data)
        return found.hexdigest()

    @property
    def persons(self) -> int:
        """How many persons there are."""
        return len(self.ids)

    @property
    def records(self) -> int:
        """How many records there are, of all persons."""
        return self.time.size

    @property
    def person(self) -> Whole:
        """The number of each record's person, shape (records,)."""
        return np.repeat(np.arange(self.persons), np.diff(self.first))

    @property
    def told(self) -> dict[str, Array]:
        """What records say of parameters and switches, in whatever way."""
        return {**self.values, **self.covariates}

    @property
    def gives(self) -> NDArray[np.bool_]:
        """Whether each record is a dose."""
        return np.isin(self.evid, (DOSE, RESET_AND_DOSE))

    @property
    def observed(self) -> bool:
        """Whether any record is an observation."""
        return bool(np.any(self.evid == OBSERVATION))

    def dose_times(self) -> Array:
        """The hours of every dose, additional ones included, without the model's delays, in order; shape (doses,).

        >>> import openldn as ldn
        >>> ldn.ev(100, ii=12, addl=2).dose_times()
        array([ 0., 12., 24.])
        """
        given = np.flatnonzero(self.gives)
        check_doses(self.additional[given])
        count = self.additional[given] + 1
        number = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
        each = np.repeat(given, count)
        return np.unique(self.time[each] + number * self.interval[each])

    def spelled_out(self) -> "Events":
        """The same with a record for each additional dose, which a reset in between then no longer cancels."""
        count = np.where(self.gives, self.additional, 0) + 1
        check_doses(count - 1)
        each = np.repeat(np.arange(self.records), count)
        number = np.arange(each.size) - np.repeat(np.cumsum(count) - count, count)
        person = self.person[each]
        time = self.time[each] + number * self.interval[each]
        wide = replace(self.taken(each), time=time, additional=np.zeros(each.size, dtype=np.int64))
        wide = replace(wide, interval=np.where(wide.steady > 0, wide.interval, 0.0))
        order = np.lexsort((time, person))
        return _counted(wide.taken(order), person[order])

    def __len__(self) -> int:
        return self.records

    def __add__(self, other: "Events") -> "Events":
        """Both together, in order of time; at one time those of the left come first.

        Persons are matched by their ID where both have several; the records of one person go to each of the other's.
        """
        if not isinstance(other, Events):
            return NotImplemented
        a, b = _matched(self, other)
        if not b.records:
            return a
        if not a.records:
            return b
        both = _joined(a, b)
        person = np.concatenate([a.person, b.person])
        order = np.lexsort((both.time, person))
        return _counted(both.taken(order), person[order])

    def then(self, other: "Events", *, after: float | str = 0.0) -> "Events":
        """These, and `other` begun `after` hours after the last dose of these and its interval.

        >>> import openldn as ldn
        >>> ldn.ev(100, ii=24, addl=6).then(ldn.ev(50, ii=24, addl=6)).dose_times()[[6, 7]]
        array([144., 168.])
        """
        if not isinstance(other, Events):
            raise InputError(f"then is given {shown(other)}; give events, from ev() or events()")
        given = self.gives
        end = 0.0
        if given.any():
            last = self.time + self.additional * self.interval + np.maximum(self.interval, 0.0)
            end = float(np.max(last[given]))
        pause = numbers_given(hours(after, "after"), "after")
        if pause.ndim or not np.isfinite(pause):
            raise InputError(f'after is {shown(after)}; give hours, or a text such as "1 d"')
        return self + other.later(end + float(pause))

    def later(self, by: float) -> "Events":
        """The same so many hours later."""
        return replace(self, time=self.time + by)

    def among(self, ids: Sequence[str]) -> "Events":
        """What one person gets, given to each of `ids`. Raises InputError where it is of several already."""
        if self.persons != 1:
            raise InputError(f"events of {self.persons:,} persons cannot be given to {len(ids):,} others")
        whole = np.tile(np.arange(self.records), len(ids))
        found = self.taken(whole)
        return replace(found, ids=tuple(ids), first=np.arange(len(ids) + 1) * self.records)

    def begun(self) -> "Events":
        """The same with a record at hour 0 for whoever has none: nothing happens to them, but time passes."""
        empty = np.flatnonzero(np.diff(self.first) == 0)
        if not empty.size:
            return self
        start = ev(evid=OTHER).taken(np.zeros(empty.size, dtype=np.int64))
        person = np.concatenate([self.person, empty])
        order = np.argsort(person, kind="stable")
        return _counted(_joined(self, start).taken(order), person[order])

    def taken(self, rows: Whole) -> "Events":
        """The columns at those records; whose they are has to be set by the caller."""
        columns = {name: getattr(self, name)[rows] for name in _COLUMNS}
        return replace(
            self,
            **columns,
            values={name: column[rows] for name, column in self.values.items()},
            covariates={name: column[rows] for name, column in self.covariates.items()},
            carried={name: column[rows] for name, column in self.carried.items()},
            row=None if self.row is None else self.row[rows],
        )

    def place(self, record: int) -> int | None:
        """The line of the file that a record stands on."""
        return None if self.row is None else int(self.row[record])

    def __repr__(self) -> str:
        from openldn.engine.notebook import counted

        return f"<Events: {counted(self.records, 'record')} of {counted(self.persons, 'person')}>"

    def _repr_html_(self) -> str:
        from openldn.engine.notebook import first_rows

        return first_rows(self.columns(), f"{self.records:,} records of {self.persons:,} persons")

    def columns(self) -> dict[str, NDArray[Any]]:
        """The records as columns in NONMEM's names; those that say nothing anywhere are left out."""
        found: dict[str, NDArray[Any]] = {
            "ID": np.array(self.ids, dtype=object)[self.person],
            "TIME": self.time,
        }
        found["EVID"] = self.evid
        for name, column in zip(_OPTIONAL, _OPTIONAL_FIELDS, strict=True):
            if np.any(getattr(self, column)):
                found[name] = getattr(self, column)
        if set(self.places) != {""}:
            found["CMT"] = np.array(self.places, dtype=object)[self.into]
        return found | dict(self.values) | dict(self.covariates) | dict(self.carried)


_COLUMNS = (
    "time", "evid", "amount", "rate", "interval", "additional", "steady", "duration", "into", "unit", "silent",
)  # fmt: skip
_OPTIONAL = ("AMT", "RATE", "DUR", "II", "ADDL", "SS")
_OPTIONAL_FIELDS = ("amount", "rate", "duration", "interval", "additional", "steady")


def ev(
    amt: Any = 0.0,
    *,
    cmt: Any = "",
    time: Any = 0.0,
    ii: Any = 0.0,
    addl: Any = 0,
    rate: Any = 0.0,
    dur: Any = 0.0,
    ss: Any = 0,
    evid: Any = None,
    **values: Any,
) -> Events:
    """Events in NONMEM's words, for whoever is simulated.

    amt: in the unit of the model's dose line, or a text with its own unit, "4.5 mg". cmt: a route, a state, or the
    number of a state from 1; without it the model's first dose line. time, ii, dur: hours, or texts such as "1 d".
    evid: 1 where there is an amount, a steady state or a rate, else 0; so `ev(time=range(25), evid=0)` are samples.
    values: parameters and switches that change at these records. Each is a number or a sequence, all of one length.
    Raises InputError or QuantityError for lengths that differ and for what does not read; a record that cannot be, when
    it is run.

        >>> import openldn as ldn
        >>> ldn.ev(100, ii=24, addl=83).records
        1
    """
    amount, unit = _amounts(amt)
    steady = numbers_given(ss, "ss")
    if evid is None:
        speed = numbers_given(rate, "rate")
        evid = np.where((amount != 0) | (steady != 0) | (speed != 0), DOSE, OBSERVATION)
        if values and not np.any(evid):
            evid = np.where(evid == OBSERVATION, OTHER, evid)
    named = {
        "time": hours(time, "time"), "evid": evid, "amount": amount, "rate": rate, "interval": hours(ii, "ii"),
        "additional": addl, "steady": ss, "duration": hours(dur, "dur"),
    }  # fmt: skip
    spoken = {"interval": "ii", "additional": "addl", "steady": "ss", "duration": "dur", "amount": "amt"}
    if not isinstance(cmt, str | int | Sequence | np.ndarray) or isinstance(cmt, bytes):
        raise InputError(f"cmt is {shown(cmt)}; give a route, a state or its number, or one for each record")
    where = [str(c) for c in ([cmt] if isinstance(cmt, str | int) else cmt)]
    columns = {key: _column(spoken.get(key, key), given) for key, given in {**named, **values}.items()}
    sizes = {column.size for column in columns.values()} | {len(where)}
    count = max(sizes)
    if sizes - {1, count}:
        raise InputError(
            f"columns of {', '.join(map(str, sorted(sizes)))} records; give one number or one for each"
        )
    wide: dict[str, Any] = {
        name: np.broadcast_to(column, (count,)).copy() for name, column in columns.items()
    }
    for name in ("evid", "additional", "steady"):
        wide[name] = whole(wide[name], spoken.get(name, name))
    places = tuple(dict.fromkeys(where))
    into = np.array([places.index(place) for place in where], dtype=np.int64)
    found = Events(
        ("1",), np.array([0, count]), into=np.broadcast_to(into, (count,)).copy(), places=places,
        unit=np.zeros(count, dtype=np.int64), units=(unit,), silent=np.zeros(count, dtype=np.int64),
        values={name: wide[name] for name in values},
        **{name: wide[name] for name in named},
    )  # fmt: skip
    if np.all(np.diff(found.time) >= 0):
        return found
    return found.taken(np.argsort(found.time, kind="stable"))


def hours(given: Any, what: str) -> Any:
    """Hours in numbers, or in texts such as "1 d"."""
    if isinstance(given, str):
        return parse_quantity(given, what=what, like='"24h" or "7d"').to("h")
    if isinstance(given, list | tuple) and any(isinstance(item, str) for item in given):
        return [hours(item, what) for item in given]
    if not isinstance(given, range):
        return given
    if len(given) > RECORDS:
        raise InputError(f"{what} are {len(given):,} hours; the limit is {RECORDS:,}")
    return list(given)


def whole(column: Array, what: str) -> Whole:
    """Whole numbers. Raises InputError for one that is not."""
    if bad := np.flatnonzero((column != np.floor(column)) | ~(np.abs(column) < 2.0**62)).tolist():
        raise InputError(f"{what} is {column[bad[0]]:g}; it is a whole number")
    return column.astype(np.int64)


def check_doses(additional: Whole) -> None:
    """Raise InputError where additional doses are more than can be held."""
    more = int(np.minimum(additional, DOSES + 1).sum())
    if more > DOSES:
        raise InputError(
            f"ADDL asks for {more:,} doses or more; the limit is {DOSES}: run fewer persons or doses"
        )


def nothing() -> Events:
    """No events at all, for one person."""
    none = ev(evid=OTHER).taken(np.zeros(0, dtype=np.int64))
    return replace(none, first=np.array([0, 0]))


def stacked(each: Iterable["Events"], ids: Sequence[str] | None = None) -> Events:
    """Events of several persons, each with their own; IDs from 1 unless given."""
    parts = list(each)
    names = tuple(str(i + 1) for i in range(len(parts))) if ids is None else tuple(ids)
    if len(names) != len(parts) or any(part.persons != 1 for part in parts):
        raise InputError(
            f"{len(names)} IDs for events of {sum(p.persons for p in parts)} persons; give one for each"
        )
    if not parts:
        raise InputError("there are no events to stack")
    first = np.cumsum([0, *(part.records for part in parts)])
    return replace(_joined(*parts), ids=names, first=first)


def in_unit(amount: float, unit: str) -> float:
    """An amount in milligrams; one in the model's own unit counts as such. Raises QuantityError for what is no mass."""
    return amount if not unit else convert(amount, unit, DOSE_UNIT)


def _amounts(given: Any) -> tuple[Array, str]:
    texts = [given] if isinstance(given, str) else list(given) if isinstance(given, (list, tuple)) else []
    if not any(isinstance(text, str) for text in texts):
        return np.atleast_1d(numbers_given(given, "amt")), ""
    read = [parse_quantity(str(text), what="amt", like='"4.5 mg"') for text in texts]
    unit = read[0].unit
    return np.array([q.to(unit) for q in read]), unit


def _column(name: str, given: ArrayLike) -> Array:
    found = np.atleast_1d(numbers_given(given, name))
    if found.ndim != 1 or not found.size:
        raise InputError(f"{name} has shape {found.shape}; give a number, or one for each record")
    return found


def _matched(a: Events, b: Events) -> tuple[Events, Events]:
    if a.ids == b.ids:
        return a, b
    if a.persons == 1:
        return a.among(b.ids), b
    if b.persons == 1:
        return a, b.among(a.ids)
    raise InputError(f"events of {a.persons:,} and of {b.persons:,} persons with other IDs; match them first")


def _joined(*parts: Events) -> Events:
    """The records of all, one after the other, as of one person."""
    lists: dict[str, Any] = {}
    for column, known in (("into", "places"), ("unit", "units")):
        names = tuple(dict.fromkeys(name for part in parts for name in getattr(part, known)))
        number = {name: i for i, name in enumerate(names)}
        here = [
            np.array([number[n] for n in getattr(p, known)], dtype=np.int64)[getattr(p, column)]
            for p in parts
        ]
        lists |= {known: names, column: np.concatenate(here)}
    columns = {name: np.concatenate([getattr(p, name) for p in parts]) for name in _COLUMNS}
    rows = [np.full(p.records, -1) if p.row is None else p.row for p in parts]
    return replace(
        parts[0], **{**columns, **lists}, values=_side_by_side(parts, "values"), covariates=_side_by_side(parts, "covariates"),
        carried=_side_by_side(parts, "carried"),
        row=None if all(p.row is None for p in parts) else np.concatenate(rows),
        file=next((p.file for p in parts if p.file), ""),
    )  # fmt: skip


def _side_by_side(parts: Sequence[Events], which: str) -> dict[str, NDArray[Any]]:
    found = {}
    for name in dict.fromkeys(name for part in parts for name in getattr(part, which)):
        columns = [getattr(p, which).get(name, np.full(p.records, np.nan)) for p in parts]
        if any(column.dtype == object for column in columns):
            columns = [column.astype(object) for column in columns]
        found[name] = np.concatenate(columns)
    return found


def sorted_by_person(
    events: Events, rows: Whole, person: Whole, ids: tuple[str, ...], **columns: Any
) -> Events:
    """Chosen records as those of persons, with some columns changed, in order of person and time."""
    found = replace(events.taken(rows), ids=ids, **columns)
    order = np.lexsort((found.time, person))
    return _counted(found.taken(order), person[order])


def _counted(events: Events, person: Whole) -> Events:
    first = np.searchsorted(person, np.arange(events.persons + 1))
    return replace(events, first=first)
