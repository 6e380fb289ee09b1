"""Every person's course in a Parquet file, one chunk at a time, whole or not at all.

Columns: person, time_h, and one for each output. A person who could not be solved has nulls. The parts and the
file itself are written beside the destination and moved there when all of it stands.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from openldn.notation import OutputError

Array = NDArray[np.float64]
COLUMNS = ("person", "time_h")


class Write(Protocol):
    """Adds values (persons, times, outputs) of the persons from number `first` on."""

    def __call__(self, first: int, values: Array) -> None: ...


@contextmanager
def parquet(path: Path, times: Array, outputs: tuple[str, ...]) -> Iterator[Write]:
    """A writer of chunks; the file appears at `path` when the block ends without an error.

    Raises OutputError when it cannot be written or duckdb is not there.
    """
    try:
        import duckdb
    except ImportError:
        raise OutputError('trajectories need duckdb: install "openldn[data]"') from None
    for name in outputs:
        if name.casefold() in COLUMNS:
            raise OutputError(f'output "{name}" has the name of another column; choose an alias')
    try:
        folder = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    except OSError as error:
        raise OutputError(f'cannot write "{path}": {error.strerror or error}; choose another place') from None
    try:
        with duckdb.connect(str(folder / "chunks.duckdb"), config={"threads": 1}) as base:
            named = ", ".join(f'"{name}" DOUBLE' for name in outputs)
            base.execute(f"CREATE TABLE courses (person BIGINT, time_h DOUBLE, {named})")

            def write(first: int, values: Array) -> None:
                _insert(base, first, times, values)

            yield write
            whole = folder / "whole.parquet"
            base.execute(f"COPY courses TO {_quoted(whole)} (FORMAT parquet)")
        if path.is_dir():
            raise OutputError(f'cannot write "{path}": it is a folder; name a file')
        os.replace(whole, path)
    except (OSError, duckdb.Error) as error:
        raise OutputError(f'cannot write "{path}": {error}; choose another place') from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _insert(base: Any, first: int, times: Array, values: Array) -> None:
    persons, count, outputs = values.shape
    chunk = {  # noqa: F841 - duckdb finds this dictionary of columns by its name
        "a": np.repeat(np.arange(first, first + persons, dtype=np.int64), count),
        "b": np.tile(times, persons),
        **{f"c{i}": np.ascontiguousarray(values[:, :, i].ravel()) for i in range(outputs)},
    }
    base.execute("INSERT INTO courses SELECT * FROM chunk")


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
