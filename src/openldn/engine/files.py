"""Columns as a Parquet file, chunk after chunk, whole or not at all.

Written by DuckDB, without PyArrow: chunks go into a database file beside the destination, so memory grows with a chunk and
not with the whole. Units stand in the key `units` of the file's metadata. Needs the extra `data`.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from openldn.notation import InputError, OutputError, check_file
from openldn.notation.extras import needed
from openldn.notation.placing import move, workspace

MEMORY = "200MB"  # that DuckDB may take; beyond, it uses the disk
Columns = Mapping[str, Any]


@contextmanager
def parquet(path: Path, units: Mapping[str, str] | None = None) -> Iterator[Callable[[Columns], None]]:
    """A function that adds columns of one length; the file appears at `path` when the block ends without an error.

    Raises OutputError where it cannot be written, InputError where DuckDB is not installed, for columns that differ from the
    first ones, and where nothing was added.
    """
    needed("duckdb", "data")
    check_file(path)
    try:
        with workspace(path.parent) as space:
            with chunks(space.place(path.name), units, called=path) as add:
                yield add
            move([space])
    except OSError as error:
        raise OutputError(f'cannot write "{path}": {error.strerror or error}; choose another place') from None


@contextmanager
def chunks(
    place: Path, units: Mapping[str, str] | None, *, called: Path
) -> Iterator[Callable[[Columns], None]]:
    """The same at once at `place`, with what is needed meanwhile beside it; messages name the file `called`."""
    duckdb = needed("duckdb", "data")
    folder = Path(tempfile.mkdtemp(dir=place.parent))
    head: list[str] = []
    try:
        limits = {"memory_limit": MEMORY, "temp_directory": str(folder)}
        with duckdb.connect(str(folder / "chunks.db"), config=limits) as database:
            database.execute("SET enable_progress_bar = false")

            def add(columns: Columns) -> None:
                if head and list(columns) != head:
                    raise InputError(
                        f"columns {', '.join(columns)} came after {', '.join(head)}; they must be the same"
                    )
                database.register("chunk", dict(columns))
                database.execute(
                    "INSERT INTO whole SELECT * FROM chunk"
                    if head
                    else "CREATE TABLE whole AS SELECT * FROM chunk"
                )
                database.unregister("chunk")
                head[:] = list(columns)

            yield add
            if not head:
                raise InputError("there is nothing to write")
            said = json.dumps(dict(units or {}))
            database.execute(
                f"COPY whole TO {_quoted(str(place))} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{units: {_quoted(said)}}})"
            )
    except duckdb.Error as error:
        raise OutputError(f'cannot write "{called}": {error}; choose another place') from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
