"""Every person's course in a Parquet file, one chunk at a time, whole or not at all.

Columns: person, time_h, and one for each output. A person who could not be solved has nulls.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from openldn.engine.files import parquet as columns_to
from openldn.notation import OutputError

Array = NDArray[np.float64]
COLUMNS = ("person", "time_h")


class Write(Protocol):
    """Adds values (persons, times, outputs) of the persons from number `first` on."""

    def __call__(self, first: int, values: Array) -> None: ...


@contextmanager
def parquet(path: Path, times: Array, outputs: tuple[str, ...]) -> Iterator[Write]:
    """A writer of chunks; the file appears at `path` when the block ends without an error.

    Raises OutputError when it cannot be written, InputError where DuckDB is not installed.
    """
    for name in outputs:
        if name.casefold() in COLUMNS:
            raise OutputError(f'output "{name}" has the name of another column; choose an alias')
    with columns_to(path) as add:

        def write(first: int, values: Array) -> None:
            persons, count = values.shape[:2]
            person = np.repeat(np.arange(first, first + persons, dtype=np.int64), count)
            own = {name: np.ascontiguousarray(values[:, :, i]).ravel() for i, name in enumerate(outputs)}
            add(dict(zip(COLUMNS, (person, np.tile(times, persons)), strict=True)) | own)

        yield write
