"""Results as data frames, labelled arrays and Parquet files, with units and persons' numbers kept.

    to_pandas(result)                     person, time, and a column for each output; of a table of events, too
    to_pandas(result, form="long")        person, time, output, value, unit
    to_xarray(result)                     a Dataset over person and time
    write_parquet(path, chunks)           the wide form, from any number of results one after another

Time is in hours. Units stand in `attrs["units"]` of a frame, in `attrs["units"]` of each variable of a
Dataset, and in the key `units` of a Parquet file's metadata. Parquet is written by DuckDB, without PyArrow:
chunks go into a database file beside the destination, so memory grows with a chunk and not with the whole,
and the file appears whole or not at all. Needs the extra `data`.
"""

import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from openldn.engine.events.simulate import Table
from openldn.engine.model import TIME_UNIT
from openldn.engine.result import Result
from openldn.notation import InputError, OutputError, UnknownName, check_file
from openldn.notation.extras import needed

FORMS = ("wide", "long")
MEMORY = "200MB"  # that DuckDB may take; beyond, it uses the disk


def to_pandas(
    result: Result | Table, *, form: str = "wide", values: Mapping[str, Any] | None = None, first: int = 0
) -> Any:
    """The result as a pandas DataFrame, ordered by person and time; the rows of a table of events in their order.

    values: numbers of persons, such as their parameters, each (persons,) or one for all: a column each.
    first: the number of the first person; persons of a table have their ID.
    Raises UnknownName for a form, InputError for values of another number of persons or with a name that is
    taken, and where pandas is not installed.
    """
    pandas = needed("pandas", "data")
    table = _rows(result, values) if isinstance(result, Table) else _columns(result, values or {}, first)
    frame = pandas.DataFrame(table)
    if form == "long":
        kept = ["person", "time", *(values or {})]
        frame = frame.melt(
            id_vars=kept, value_vars=list(result.outputs), var_name="output", value_name="value"
        )
        frame["unit"] = frame["output"].map(dict(zip(result.outputs, result.units, strict=True)))
    elif form != "wide":
        raise UnknownName("form", form, FORMS)
    frame.attrs["units"] = _units(result)
    return frame


def to_xarray(result: Result, *, values: Mapping[str, Any] | None = None, first: int = 0) -> Any:
    """The result as an xarray Dataset over (person, time); values are coordinates of persons.

    Raises InputError as `to_pandas` does.
    """
    xarray = needed("xarray", "data")
    persons = result.values.shape[0]
    of = _of_persons(values or {}, persons, result)
    coordinates = {
        "person": np.arange(first, first + persons),
        "time": ("time", result.times, {"units": TIME_UNIT}),
        **{name: ("person", column) for name, column in of.items()},
    }
    variables = {
        output: (("person", "time"), result.values[:, :, i], {"units": unit or "1"})
        for i, (output, unit) in enumerate(zip(result.outputs, result.units, strict=True))
    }
    return xarray.Dataset(variables, coords=coordinates)


def write_parquet(path: Path, chunks: Iterable[Result], *, first: int = 0) -> int:
    """Write results of the same outputs one after another; persons are numbered on. Returns the rows.

    Raises InputError for no chunk or chunks that differ in outputs or units, and where DuckDB is not
    installed; OutputError where the file cannot be written.
    """
    duckdb = needed("duckdb", "data")
    check_file(path)
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
            whole = Path(folder) / "whole.parquet"
            limits = {"memory_limit": MEMORY, "temp_directory": folder}
            with duckdb.connect(str(Path(folder) / "chunks.db"), config=limits) as database:
                rows = _fill(database, chunks, first, whole)
            os.replace(whole, path)
    except (OSError, duckdb.IOException) as error:
        raise OutputError(f'cannot write "{path}": {error}; choose another place') from None
    return rows


def _fill(database: Any, chunks: Iterable[Result], first: int, whole: Path) -> int:
    database.execute("SET enable_progress_bar = false")
    head: Result | None = None
    rows = 0
    for result in chunks:
        columns = _columns(result, {}, first)
        database.register("chunk", columns)
        if head is None:
            head = result
            database.execute("CREATE TABLE whole AS SELECT * FROM chunk")
        elif (result.outputs, result.units) != (head.outputs, head.units):
            raise InputError(f"a chunk has the outputs {result.outputs}, the first had {head.outputs}")
        else:
            database.execute("INSERT INTO whole SELECT * FROM chunk")
        database.unregister("chunk")
        first += result.values.shape[0]
        rows += columns["person"].size
    if head is None:
        raise InputError("there is no result to write")
    units = json.dumps(_units(head), ensure_ascii=False)
    database.execute(
        f"COPY whole TO {_quoted(str(whole))} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{units: {_quoted(units)}}})"
    )
    return rows


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _rows(table: Table, values: Mapping[str, Any] | None) -> dict[str, Any]:
    if values:
        raise InputError("a table of events has its own columns; join what persons are by the column person")
    _of_persons({}, 0, table)
    outputs = {name: np.ascontiguousarray(table.values[:, i]) for i, name in enumerate(table.outputs)}
    return {"person": list(table.ids), "time": table.times_h, **outputs}


def _units(result: Result | Table) -> dict[str, str]:
    return {"time": TIME_UNIT, **dict(zip(result.outputs, (u or "1" for u in result.units), strict=True))}


def _columns(result: Result, values: Mapping[str, Any], first: int) -> dict[str, Any]:
    persons, times = result.values.shape[:2]
    of = _of_persons(values, persons, result)
    return {
        "person": np.repeat(np.arange(first, first + persons), times),
        "time": np.tile(result.times, persons),
        **{name: np.repeat(column, times) for name, column in of.items()},
        **{
            output: np.ascontiguousarray(result.values[:, :, i]).ravel()
            for i, output in enumerate(result.outputs)
        },
    }


def _of_persons(values: Mapping[str, Any], persons: int, result: Result | Table) -> dict[str, Any]:
    taken = {"person", "time"}
    for name in (*result.outputs, *values):
        if name in taken:
            raise InputError(f'two columns would be called "{name}"; leave one of them out')
        taken.add(name)
    found = {}
    for name, value in values.items():
        array = np.asarray(value, dtype=float)
        if array.ndim and array.shape != (persons,):
            raise InputError(f"{name} has shape {array.shape} for {persons} persons")
        found[name] = np.broadcast_to(array, (persons,)).copy()
    return found
