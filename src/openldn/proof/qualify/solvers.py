"""The engine's ways from records to numbers, as the tests of a qualification call them.

    by_reference    records to steps, steps by SciPy
    by_kernel       the same steps by this machine's own code
    by_table        the same through the door that `ldn simulate` has

A steady state is solved for while records become steps, by the kernel in all three: what it is held to is the closed
form, superposition and NONMEM.

Everything that a test asks of the engine goes through this module.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openldn.engine import Model, assemble, parse_model, simulate
from openldn.engine.events import Person, Record, simulate_events
from openldn.engine.events.compiling import steps_for
from openldn.engine.events.records import check_person, filled
from openldn.engine.events.run import run_by_reference
from openldn.engine.kernels import Kind, Step, plan, run_kernel
from openldn.engine.reference import complete
from openldn.engine.shipped import shipped_block
from openldn.notation import SolveError, package_name

__all__ = [
    "ATOL",
    "RTOL",
    "build",
    "by_kernel",
    "by_reference",
    "by_table",
    "every_way",
    "largest",
    "library",
    "model_file",
    "run_by_reference",
    "run_kernel",
    "simulate",
]
Array = NDArray[np.float64]
RTOL, ATOL = 1e-8, 1e-10


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


def by_reference(
    model: Model, records: Sequence[Record], output: str, values: Mapping[str, float] | None = None
) -> Array:
    """One output at each record, NaN where it could not be solved. Raises SolveError for a steady state that is none."""
    steps, own = _steps(model, records, output, values)
    ran = run_by_reference(model, plan([steps], [0]), own, (output,), rtol=RTOL, atol=ATOL)
    return np.asarray(ran.values[0, :, 0])


def by_kernel(
    model: Model,
    records: Sequence[Record],
    output: str,
    values: Mapping[str, float] | None = None,
    moved: Sequence[str] = (),
) -> Array:
    """The same by the kernel.

    moved: states that get nothing at the beginning, so that tables which dose different states share a kernel.
    """
    steps, own = _steps(model, records, output, values)
    nothing = [Step(steps[0].time_h, kind, name, 0.0) for kind in (Kind.ADD, Kind.FLOW) for name in moved]
    solved = run_kernel(model, plan([[*nothing, *steps]]), own, (output,), rtol=RTOL, atol=ATOL)
    return np.asarray(solved.values[0, :, 0])


def by_table(
    model: Model, records: Sequence[Record], output: str, values: Mapping[str, float] | None = None
) -> Array:
    """The same as `ldn simulate` does it."""
    people = [Person("1", tuple(records))]
    return simulate_events(model, people, [output], values=values, rtol=RTOL, atol=ATOL).of(output)


def every_way(
    model: Model,
    records: Sequence[Record],
    output: str,
    values: Mapping[str, float] | None = None,
    moved: Sequence[str] = (),
) -> Array:
    """By the reference solver, by the kernel and as a table: shape (3, records), NaN where one of them could not.

    moved: as in `by_kernel`; with it there are the first two only.
    """
    ways: list[Callable[[], Array]] = [
        lambda: by_reference(model, records, output, values),
        lambda: by_kernel(model, records, output, values, moved),
    ]
    if not moved:
        ways.append(lambda: by_table(model, records, output, values))
    found = np.full((len(ways), len(records)), np.nan)
    for row, solve in zip(found, ways, strict=True):
        with suppress(SolveError):
            row[:] = solve()
    return found


def _steps(
    model: Model, records: Sequence[Record], output: str, values: Mapping[str, float] | None
) -> tuple[list[Step], dict[str, float]]:
    """The steps, and the parameters; those that are set before anything else are given beforehand."""
    given, _ = complete(model, values or {})
    names = dict.fromkeys(name for record in records for name in record.values)
    person = Person("1", filled(tuple(records), list(names), person="1", file=""))
    check_person(person)
    steps, own = steps_for(model, person, given, [output]), dict(values or {})
    while steps and steps[0].kind == Kind.PARAMETER:
        first = steps.pop(0)
        own[first.target] = first.amount
    return steps, own


def largest(found: Array, expected: Array) -> float:
    """The largest difference, relative to the largest expected value; NaN where a value is missing."""
    scale = float(np.max(np.abs(expected))) or 1.0
    return float(np.max(np.abs(found - expected)) / scale)
