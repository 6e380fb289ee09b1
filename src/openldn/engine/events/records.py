"""Event records as NONMEM has them, and what makes a record impossible.

A person is a series of records in order of time: EVID 0 an observation, 1 a dose, 2 something else (a
covariate changes), 3 a reset, 4 a reset and then a dose. Every rule about one record stands here, so that
records from a file and records made in a program are held to the same.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from openldn.notation import DataError

DOSES_PER_PERSON = 20_000
OBSERVATION, DOSE, OTHER, RESET, RESET_AND_DOSE = range(5)
MODELLED_RATE, MODELLED_DURATION = -1.0, -2.0


@dataclass(frozen=True, slots=True)
class Record:
    """One record; names of columns in brackets.

    time_h: [TIME]. amount: [AMT], in the unit of the dose line. into: [CMT], a route, a state or a
    state's number from 1; empty is the model's first dose line. rate: [RATE], per hour, or −1 (the model's rate)
    or −2 (the model's duration). duration_h: [DUR]. interval_h: [II]. additional: [ADDL]. steady: [SS].
    values: parameters and switches of the model that this record gives.
    row: the line in the file it was read from.
    """

    time_h: float
    evid: int = OBSERVATION
    amount: float = 0.0
    into: str = ""
    rate: float = 0.0
    interval_h: float = 0.0
    additional: int = 0
    steady: int = 0
    duration_h: float = 0.0
    values: Mapping[str, float] = field(default_factory=dict)
    row: int | None = None

    @property
    def doses(self) -> bool:
        return self.evid in (DOSE, RESET_AND_DOSE)

    @property
    def constant_infusion(self) -> bool:
        """Infused without end up to this record, and stopped by it."""
        return self.steady > 0 and self.amount == 0


@dataclass(frozen=True)
class Person:
    """The records of one person, in order of time."""

    id: str
    records: tuple[Record, ...] = field(repr=False)


def check_person(person: Person, file: str = "") -> None:
    """Raise DataError, with file, row and column, for the first record that cannot be.

    Also for times that go back, and for a value that the first record does not give.
    """
    if not person.records:
        raise DataError(f"person {person.id} has no record", file=file)
    before = person.records[0]
    doses = 0
    for record in person.records:
        for column, message in _faults(record):
            raise DataError(f"person {person.id}: {message}", file=file, line=record.row, field=column)
        if record.time_h < before.time_h:
            raise DataError(
                f"person {person.id}: time {record.time_h:g} stands behind {before.time_h:g}; sort by ID and TIME",
                file=file, line=record.row, field="TIME",
            )  # fmt: skip
        before = record
        doses += 1 + record.additional if record.doses else 0
        if doses > DOSES_PER_PERSON:
            raise DataError(
                f"person {person.id}: more than {DOSES_PER_PERSON:,} doses; shorten ADDL",
                file=file, line=record.row, field="ADDL",
            )  # fmt: skip


def _faults(r: Record) -> Iterator[tuple[str, str]]:
    numbers = {"TIME": r.time_h, "AMT": r.amount, "RATE": r.rate, "II": r.interval_h, "DUR": r.duration_h}
    for column, value in (*numbers.items(), *r.values.items()):
        if not math.isfinite(value):
            yield column, f"{column} is {value:g}; it must be a finite number"
    if r.time_h < 0:
        yield "TIME", f"time {r.time_h:g} is negative; count hours from the first record"
    if r.evid not in range(5):
        yield (
            "EVID",
            f"EVID is {r.evid}; it is 0 (observation), 1 (dose), 2 (other), 3 (reset) or 4 (reset and dose)",
        )
    if r.steady not in (0, 1, 2):
        yield "SS", f"SS is {r.steady}; it is 0, 1 (steady state) or 2 (added to what is there)"
    for column, value in (
        ("AMT", r.amount),
        ("II", r.interval_h),
        ("ADDL", r.additional),
        ("DUR", r.duration_h),
    ):
        if value < 0:
            yield column, f"{column} is {value:g}; it cannot be negative"
    if r.rate < 0 and r.rate not in (MODELLED_RATE, MODELLED_DURATION):
        yield (
            "RATE",
            f"RATE is {r.rate:g}; below zero it is −1 (the model's rate) or −2 (the model's duration)",
        )
    yield from _faults_of_dose(r) if r.doses else _faults_of_other(r)


def _faults_of_other(r: Record) -> Iterator[tuple[str, str]]:
    given = (("AMT", r.amount), ("RATE", r.rate), ("DUR", r.duration_h), ("II", r.interval_h),
             ("ADDL", r.additional), ("SS", r.steady))  # fmt: skip
    for column, value in given:
        if value:
            yield (
                column,
                f"{column} is {value:g}, but EVID {r.evid} is no dose; set EVID to 1 or {column} to 0",
            )


def _faults_of_dose(r: Record) -> Iterator[tuple[str, str]]:
    if r.duration_h and r.rate:
        yield "DUR", f"DUR {r.duration_h:g} and RATE {r.rate:g} both say how fast; leave one out"
    if r.amount == 0:
        yield from _faults_of_nothing(r)
    elif r.steady and not r.interval_h:
        yield (
            "II",
            "SS needs the interval II between the doses; without one, AMT = 0 and RATE above 0 infuse forever",
        )
    if r.additional and not r.interval_h:
        yield "II", f"ADDL is {r.additional} without II; say how far apart the doses are"
    if r.interval_h and not r.additional and not r.steady:
        yield (
            "II",
            f"II is {r.interval_h:g} with neither ADDL nor SS; say how many more doses, or leave II out",
        )


def _faults_of_nothing(r: Record) -> Iterator[tuple[str, str]]:
    if not r.steady:
        way_out = "with SS = 1 it would mean an infusion up to steady state" if r.rate else "use EVID 2"
        yield "AMT", f"a dose of nothing (AMT is 0); {way_out}"
    elif r.rate == 0 or r.rate == MODELLED_DURATION:
        yield "RATE", "AMT is 0 and SS is set: an infusion without end needs a RATE above 0, or −1"
    elif r.interval_h or r.additional or r.duration_h:
        yield "II", "an infusion without end (AMT 0, SS) has neither II nor ADDL nor DUR"


def filled(
    records: Sequence[Record], names: Sequence[str], *, person: str, file: str = ""
) -> tuple[Record, ...]:
    """Records that all give every one of `names`: a missing value is the one of the record before.

    Raises DataError when the first record lacks one.
    """
    found, known = [], dict[str, float]()
    for record in records:
        known = {**known, **record.values}
        for name in names:
            if name not in known:
                raise DataError(
                    f"person {person}: the first record has no {name}; give it there",
                    file=file, line=record.row, field=name,
                )  # fmt: skip
        found.append(record if record.values == known else replace(record, values=known))
    return tuple(found)
