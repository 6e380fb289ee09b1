"""The model of naltrexone: text blocks and tables of this room, assembled.

model()                 the whole model "ldn"
facts()                 every measured quantity that tables and checks cite, by id
pet_scans()             the twelve scans that occupancy rests on
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from openldn.engine import (
    Block,
    Correlation,
    Entry,
    Model,
    assemble,
    read_correlations,
    read_table,
)
from openldn.engine.shipped import read_block
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

ROOM = Path(__file__).parent
MAIN = "ldn"
OBSERVATIONS = ("measurable.toml", "pet.toml")  # in facts/, but in a form of their own
T = TypeVar("T")
Array = NDArray[np.float64]


def block_names() -> tuple[str, ...]:
    """The name of every file of equations in this room, sorted."""
    return tuple(sorted(path.stem for path in ROOM.glob("*.model")))


@lru_cache(maxsize=32)
def block(name: str) -> Block:
    """One file of equations. Raises UnknownName, or ModelTextError with file and line."""
    if name not in block_names():
        raise UnknownName("block", name, block_names())
    path = ROOM / f"{name}.model"
    return read_block(path, package_name(path))


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


@lru_cache(maxsize=1)
def correlations() -> tuple[Correlation, ...]:
    """How the spreads of the tables go together; none is stated so far."""
    paths = sorted(ROOM.glob("*.toml"))
    return tuple(c for path in paths for c in read_correlations(read_toml(path), entries(), facts()))


@lru_cache(maxsize=4)
def model(main: str = MAIN) -> Model:
    """The assembled and checked model that starts at block `main`."""
    return assemble(main, block, entries(), correlations())


def kept_to_scans(values: Mapping[str, Array]) -> dict[str, Array]:
    """Possible values of parameters with the filling of the brain adjusted to what scans showed by dose.

    KIN takes up the scale of exposure and of endogenous tone: it falls as the area under the curve rises,
    which is the dose times F_ORAL over CL_N, and rises with 1 + E_MU, so that occupancy early after a
    dose by mouth stays where it was seen.
    """
    found, centre = dict(values), {name: p.value for name, p in model().parameters.items()}
    kin = found.get("KIN", np.asarray(centre["KIN"]))
    if "F_ORAL" in found:
        kin = kin * centre["F_ORAL"] / found["F_ORAL"]
    if "CL_N" in found:
        kin = kin * found["CL_N"] / centre["CL_N"]
    if "E_MU" in found:
        kin = kin * (1 + found["E_MU"]) / (1 + centre["E_MU"])
    return {**found, "KIN": kin}


def fingerprints() -> tuple[Fingerprint, ...]:
    """Every file that the model's numbers come from."""
    paths = [
        *sorted(ROOM.glob("*.model")),
        *sorted(ROOM.glob("*.toml")),
        *sorted((ROOM / "clinical").glob("*.toml")),
        *sorted((ROOM / "switches").glob("*.toml")),
        *_fact_files(),
        *(ROOM / "facts" / name for name in OBSERVATIONS),
    ]
    return tuple(fingerprint(path, package_name(path)) for path in paths)


def _merge(found: dict[str, T], more: dict[str, T]) -> None:
    for key, value in more.items():
        if key in found:
            raise DataError(f'"{key}" stands in two files', file=getattr(value, "file", ""), field=key)
        found[key] = value


def _fact_files() -> list[Path]:
    return [path for path in sorted((ROOM / "facts").glob("*.toml")) if path.name not in OBSERVATIONS]
