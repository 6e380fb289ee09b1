"""A benchmark that was written with `ldn bench --json`, read again."""

import json
from pathlib import Path
from typing import Any

from openldn.notation import DataError
from openldn.proof.bench.comparison import Comparison, Row
from openldn.proof.bench.machine import Machine
from openldn.proof.bench.scaling import Cost, Scaling

LARGEST = 1_000_000  # bytes


def read_comparison(path: Path) -> Comparison:
    """The benchmark in a file. Raises DataError for one that is not such a document."""
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
    curves = found.pop("scaling")
    scaling = None
    if curves is not None:
        scaling = Scaling(**{name: tuple(Cost(**c) for c in curve) for name, curve in curves.items()})
    rows, machine = tuple(Row(**row) for row in found.pop("simulators")), Machine(**found.pop("machine"))
    return Comparison(simulators=rows, scaling=scaling, machine=machine, **found)
