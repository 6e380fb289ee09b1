"""The model of naltrexone: text blocks and tables of this room, assembled.

model()                 the whole model "ldn"
facts()                 every measured quantity that tables and checks cite, by id
pet_scans()             the twelve scans that occupancy rests on
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from openldn.engine import Block, Entry, Model, assemble, parse_block, read_table
from openldn.notation import (
    DataError,
    Fact,
    Fingerprint,
    UnknownName,
    fingerprint,
    package_name,
    read_facts,
    read_toml,
)
from openldn.notation.fact import READINGS, known_source

ROOM = Path(__file__).parent
MAIN = "ldn"
T = TypeVar("T")


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


def block_names() -> tuple[str, ...]:
    """The name of every file of equations in this room, sorted."""
    return tuple(sorted(path.stem for path in ROOM.glob("*.model")))


@lru_cache(maxsize=32)
def block(name: str) -> Block:
    """One file of equations. Raises UnknownName, or ModelTextError with file and line."""
    if name not in block_names():
        raise UnknownName("block", name, block_names())
    path = ROOM / f"{name}.model"
    return parse_block(path.read_text(encoding="utf-8"), file=package_name(path))


@lru_cache(maxsize=1)
def facts() -> dict[str, Fact]:
    """Every fact of `facts/` by id. Raises DataError with file, line and field."""
    found: dict[str, Fact] = {}
    for path in _fact_files():
        _merge(found, read_facts(read_toml(path)))
    return found


@lru_cache(maxsize=1)
def entries() -> dict[str, Entry]:
    """Every entry of every parameter table by symbol."""
    found: dict[str, Entry] = {}
    for path in sorted(ROOM.glob("*.toml")):
        _merge(found, read_table(read_toml(path), facts()))
    return found


@lru_cache(maxsize=4)
def model(main: str = MAIN) -> Model:
    """The assembled and checked model that starts at block `main`."""
    return assemble(main, block, entries())


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


def fingerprints() -> tuple[Fingerprint, ...]:
    """Every file that the model's numbers come from."""
    paths = [
        *sorted(ROOM.glob("*.model")),
        *sorted(ROOM.glob("*.toml")),
        *_fact_files(),
        ROOM / "facts" / "pet.toml",
    ]
    return tuple(fingerprint(path, package_name(path)) for path in paths)


def _merge(found: dict[str, T], more: dict[str, T]) -> None:
    for key, value in more.items():
        if key in found:
            raise DataError(f'"{key}" stands in two files', file=getattr(value, "file", ""), field=key)
        found[key] = value


def _fact_files() -> list[Path]:
    return [path for path in sorted((ROOM / "facts").glob("*.toml")) if path.stem != "pet"]
