"""The engine's ways from events to numbers, as the tests of a qualification call them.

    by_reference    events to a plan, the plan by SciPy
    by_kernel       the same plan by this machine's own code
    by_table        the same through the door that `ldn simulate` has

A steady state is solved for while events become a plan, by the kernel in all three: what it is held to is the closed
form, superposition and NONMEM.

Everything that a test asks of the engine goes through this module.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine import Events, Model, SciPy, assemble, events, parse_model, simulate, solve
from openldn.engine.events import compiled
from openldn.engine.events.reader import bound
from openldn.engine.plan import Kind, Plan
from openldn.engine.shipped import shipped_block
from openldn.notation import package_name

__all__ = [
    "RTOL",
    "asked_at",
    "build",
    "by_kernel",
    "by_reference",
    "by_table",
    "every_way",
    "largest",
    "library",
    "model_file",
    "records",
    "simulate",
    "solve",
]
Array = NDArray[np.float64]
Values = Mapping[str, Any] | None
RTOL = 1e-8


@lru_cache(maxsize=64)
def build(text: str, file: str = "qualify.model") -> Model:
    """The model that a text describes."""
    return parse_model(text, file=file)


@lru_cache(maxsize=64)
def model_file(path: Path) -> Model:
    """The model in a file."""
    return build(path.read_text(encoding="utf-8"), package_name(path))


@lru_cache(maxsize=8)
def library(name: str) -> Model:
    """A model of the engine's library."""
    return assemble(name, shipped_block)


def records(model: Model, table: Sequence[Mapping[str, Any]]) -> Events:
    """Events from records in NONMEM's names; columns that the model has parameters for are theirs."""
    return bound(events(table), model)[0]


def asked_at(times: Sequence[float] | Array) -> Plan:
    """A plan of samples alone."""
    hours = np.asarray(times, dtype=float)
    none = np.full(hours.size, -1)
    kinds = np.full(hours.size, int(Kind.SAMPLE))
    return Plan(np.array([0, hours.size]), hours, kinds, none, np.zeros(hours.size), none, (), ())


def by_reference(model: Model, given: Events, output: str, values: Values = None) -> Array:
    """One output at each record, shape (persons, records), NaN where it could not be solved."""
    return simulate(model, given, None, [output], values, rtol=RTOL, solver=SciPy()).of(output)


def by_kernel(model: Model, given: Events, output: str, values: Values = None) -> Array:
    """The same by the kernel."""
    made = compiled(model, given, values, [output])
    ran = solve(made.model, made.plan, made.values, [output], rtol=RTOL)
    found = np.full((ran.persons, int(np.max(np.diff(given.first)))), np.nan)
    found[:, : ran.times.shape[1]] = ran.of(output)
    return found


def by_table(model: Model, given: Events, output: str, values: Values = None) -> Array:
    """The same as `ldn simulate` does it."""
    return simulate(model, given, None, [output], values, rtol=RTOL).of(output)


def every_way(model: Model, given: Events, output: str, values: Values = None) -> Array:
    """By the reference solver, by the kernel and as a table, NaN where one of them could not or a person has no further
    record: shape (3, persons, records)."""
    return np.array([way(model, given, output, values) for way in (by_reference, by_kernel, by_table)])


def largest(found: Array, expected: Array) -> float:
    """The largest difference, relative to the largest expected value; NaN where a value is missing."""
    scale = float(np.max(np.abs(expected))) or 1.0
    return float(np.max(np.abs(found - expected)) / scale)
