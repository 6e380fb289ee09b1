"""The engine's two ways from records to numbers, as the tests of a qualification call them.

    by_reference    records, steps, SciPy
    by_kernel       the same steps by this machine's own code

Everything that a test asks of the engine goes through this module.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine import Model, assemble, parse_block, simulate
from openldn.engine.events import Person, Record, simulate_events
from openldn.engine.events.compiling import steps_for
from openldn.engine.events.records import check_person, filled
from openldn.engine.kernels import Kind, Step, plan, run_kernel
from openldn.engine.reference import complete
from openldn.engine.shipped import shipped_block
from openldn.notation import SolveError, package_name

__all__ = [
    "ATOL",
    "RTOL",
    "both",
    "build",
    "by_kernel",
    "by_reference",
    "largest",
    "library",
    "model_file",
    "run_kernel",
    "simulate",
]
Array = NDArray[np.float64]
RTOL, ATOL = 1e-8, 1e-10


@lru_cache(maxsize=64)
def build(text: str, file: str = "qualify.model") -> Model:
    """The model that a text describes."""
    block = parse_block(text, file=file)
    return assemble(block.name, {block.name: block}.__getitem__)


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
    """One output at each record, NaN where it could not be solved."""
    table = simulate_events(
        model, [Person("1", tuple(records))], [output], values=values, rtol=RTOL, atol=ATOL
    )
    return table.of(output)


def by_kernel(
    model: Model,
    records: Sequence[Record],
    output: str,
    values: Mapping[str, float] | None = None,
    moved: Sequence[str] = (),
) -> Array:
    """The same steps by the kernel; parameters that are set before anything else are given beforehand.

    moved: states that get nothing at the beginning, so that tables which dose different states share a kernel.
    """
    given, _ = complete(model, values or {})
    names = dict.fromkeys(name for record in records for name in record.values)
    person = Person("1", filled(tuple(records), list(names), person="1", file=""))
    check_person(person)
    steps = steps_for(model, person, given, [output])
    own: dict[str, Any] = dict(values or {})
    while steps and Kind(int(steps[0].kind)) == Kind.PARAMETER:
        first = steps.pop(0)
        own[first.target] = first.amount
    ours = [Step(s.time_h, Kind(int(s.kind)), s.target, s.amount) for s in steps]
    nothing = [Step(steps[0].time_h, kind, name, 0.0) for kind in (Kind.ADD, Kind.FLOW) for name in moved]
    ours = [*nothing, *ours]
    solved = run_kernel(model, plan([ours]), own, (output,), rtol=RTOL, atol=ATOL)
    return np.asarray(solved.values[0, :, 0])


def both(
    model: Model,
    records: Sequence[Record],
    output: str,
    values: Mapping[str, float] | None = None,
    moved: Sequence[str] = (),
) -> Array:
    """By the reference solver and by the kernel: shape (2, records), NaN where one of them could not."""
    found = np.full((2, len(records)), np.nan)
    with suppress(SolveError):
        found[0] = by_reference(model, records, output, values)
    with suppress(SolveError):
        found[1] = by_kernel(model, records, output, values, moved)
    return found


def largest(found: Array, expected: Array) -> float:
    """The largest difference, relative to the largest expected value; NaN where a value is missing."""
    scale = float(np.max(np.abs(expected))) or 1.0
    return float(np.max(np.abs(found - expected)) / scale)
