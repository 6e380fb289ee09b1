"""A benchmark that was written with `ldn bench --json`, read again; and where the project keeps its own."""

import json
from pathlib import Path
from typing import Any

from benchmarks.comparison import Comparison, Row
from benchmarks.machine import Machine
from benchmarks.roofline import Roofline
from benchmarks.scaling import Cost, Scaling
from benchmarks.timing import Stated, Task, Took
from openldn.notation import DataError

_DOCS = Path(__file__).resolve().parent.parent / "docs"
STORED, PICTURE = _DOCS / "data" / "bench.json", _DOCS / "pictures" / "bench.svg"
LARGEST = 1_000_000  # bytes


def read_comparison(path: Path = STORED) -> Comparison:
    """The benchmark in a file, by default the project's own. Raises DataError for one that is not such a document."""
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST + 1)
        if len(text) > LARGEST:
            raise DataError(f"more than {LARGEST:,} bytes are no benchmark", file=str(path))
        return _comparison(json.loads(text))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as problem:
        raise DataError(
            f"not what ldn bench --json writes ({type(problem).__name__}: {problem})", file=str(path)
        ) from None


def _comparison(found: dict[str, Any]) -> Comparison:
    curves, roof = found.pop("scaling"), found.pop("roofline")
    scaling = None
    if curves is not None:
        scaling = Scaling(**{name: tuple(Cost(**c) for c in curve) for name, curve in curves.items()})
    rows, machine = tuple(Row(**row) for row in found.pop("simulators")), Machine(**found.pop("machine"))
    return Comparison(
        simulators=rows, roofline=None if roof is None else Roofline(**roof), scaling=scaling, machine=machine,
        tasks=tuple(_task(task) for task in found.pop("tasks")), **found,
    )  # fmt: skip


def _task(found: dict[str, Any]) -> Task:
    took, stated = tuple(Took(**row) for row in found.pop("simulators")), found.pop("stated")
    return Task(simulators=took, stated=None if stated is None else Stated(**stated), **found)
