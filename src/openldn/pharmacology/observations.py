"""What was observed in a form of its own: scans of receptors, and what can be measured how well."""

from dataclasses import dataclass
from functools import lru_cache

from openldn.engine.parameters import BASES
from openldn.notation import READINGS, QuantityError, Record, convert, read_toml
from openldn.notation.fact import known_source
from openldn.pharmacology.drug import ROOM, facts, model


@dataclass(frozen=True)
class Scan:
    """One PET scan of the mu receptor; `relative_to` is "no drug" or the study's own "1 h" scan."""

    study: str
    source: str
    dose_mg: float
    regimen: str
    time_h: float
    percent: float
    relative_to: str
    reading: str
    n: int | None = None
    sd: float | None = None
    sem: float | None = None


@dataclass(frozen=True)
class Measurable:
    """Something that can be measured; one measurement is off by `floor` + `share` of the value, in `unit`."""

    name: str
    meaning: str
    output: str
    unit: str
    floor: float
    share: float
    basis: str
    why: str
    rests_on: tuple[str, ...] = ()

    def error(self, value: float) -> float:
        """How far one measurement of `value` may be off (a standard deviation)."""
        return self.floor + self.share * abs(value)


@lru_cache(maxsize=1)
def pet_scans() -> tuple[Scan, ...]:
    """The scans of facts/pet.toml. Raises DataError with file, line and field."""
    scans = []
    for record in read_toml(ROOM / "facts" / "pet.toml").root().tables("scan"):
        scans.append(
            Scan(
                study=record.text("study"),
                source=known_source(record),
                dose_mg=record.number("dose_mg"),
                regimen=record.one_of("regimen", ("single", "daily")),
                time_h=record.number("time_h"),
                percent=record.number("percent"),
                relative_to=record.one_of("relative_to", ("no drug", "1 h")),
                reading=record.one_of("reading", READINGS),
                n=record.integer("n", None),
                sd=record.number("sd", None),
                sem=record.number("sem", None),
            )
        )
        record.done()
    return tuple(scans)


@lru_cache(maxsize=1)
def measurables() -> tuple[Measurable, ...]:
    """What can be measured, from facts/measurable.toml. Raises DataError with file, line and field."""
    outputs = tuple(e.name for e in (*model().assignments, *model().states))
    found = []
    for name, record in read_toml(ROOM / "facts" / "measurable.toml").tables():
        output = record.one_of("output", outputs)
        floor, share = _error(record)
        found.append(
            Measurable(
                name=name,
                meaning=record.text("meaning"),
                output=output,
                unit=_unit(record, output),
                floor=floor,
                share=share,
                basis=record.one_of("basis", BASES),
                why=record.text("why"),
                rests_on=record.texts("rests_on", ()),
            )
        )
        for fact in found[-1].rests_on:
            if fact not in facts():
                raise record.error(f'fact "{fact}" is not known', "rests_on")
        record.done()
    return tuple(found)


def _unit(record: Record, output: str) -> str:
    """The unit in which it is measured, of the same kind as that of the output."""
    unit, own = record.text("unit"), model().unit_of(output)
    try:
        convert(1.0, own, unit)
    except QuantityError as error:
        raise record.error(f'"unit" is "{unit}", and {output} is in "{own}": {error}', "unit") from None
    return unit


def _error(record: Record) -> tuple[float, float]:
    """Floor and share of the error of one measurement: neither below zero, and not both zero."""
    found = {name: record.number(name) for name in ("floor", "share")}
    for name, value in found.items():
        if not 0 <= value < float("inf"):
            raise record.error(f'"{name}" is {value:g}; an error of measurement is not below zero', name)
    if not any(found.values()):
        raise record.error('"floor" and "share" are both 0; no measurement is without error', "floor")
    return found["floor"], found["share"]
