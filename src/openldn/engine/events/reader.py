"""Events from what people have: a schedule in words, a table as NONMEM's users write it, a data frame, or records.

    events("4.5 mg every 24h at 22:00 for 28d")
    events("trial.csv"),  events(Path("trial.csv")),  events(frame)
    events([{"ID": 1, "TIME": 0, "AMT": 100}, {"ID": 1, "TIME": 2}])

The first line of a table names the columns, in any order and in any case. `.`, NaN, NA and an empty cell are missing; a
row with anything in a column C is a comment. Numbers have a decimal point. A byte order mark and Windows line ends are
accepted. Columns that are none of NONMEM's are carried; those that a model has parameters for become theirs when it is run.
"""

import csv
import io
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.events.table import DOSE, Events
from openldn.engine.model import Model
from openldn.engine.regimen import parse_regimen, schedule
from openldn.notation import DataError, InputError, Limit, convert, read_regular, shown, text_of

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
COLUMNS = ("ID", "TIME", "EVID", "AMT", "CMT", "RATE", "DUR", "II", "ADDL", "SS", "MDV", "DV", "C")
BYTES = Limit(500_000_000, "bytes", "of a table of events")
RECORDS = Limit(5_000_000, "records", "of a table of events")
WIDTH = Limit(200, "columns", "of a table of events")
CELL = Limit(200, "characters", "of a cell that is a number or a name, in a table of events")
_MISSING = ("", ".", "nan", "na")
_WHOLE = ("EVID", "ADDL", "SS")
_KEPT = ("MDV", "DV")  # of NONMEM's columns, carried as they are


def events(source: Any, *, until: Any = None, route: str = "", time_unit: str = "h") -> Events:
    """Events from a schedule in words, the path of a CSV, a data frame, a dictionary of columns, or a list of records.

    until: hours, or a text such as "28d", at which a schedule ends that names no end. route: of a schedule's doses; without
    it the model's first. time_unit: of the times and durations of a table.
    A text is a path where it ends in .csv, or names a file. Raises DataError, with file, row and column, for a table that
    is not as it should be, RegimenError or QuantityError for a schedule that does not read.

        >>> import openldn as ldn
        >>> ldn.events("100 mg every 24h for 84d").dose_times().size
        84
        >>> ldn.events({"ID": [1, 1], "TIME": [0, 2], "AMT": [100, 0]}).records
        2
    """
    if isinstance(source, Events):
        return source
    if isinstance(source, Path) or (isinstance(source, str) and is_path(source)):
        found = read_table(Path(source))
    elif isinstance(source, str):
        return schedule(parse_regimen(source), route, until)
    elif isinstance(source, Mapping):
        found = from_columns(dict(source))
    elif hasattr(source, "__dataframe__") or hasattr(source, "columns"):
        found = from_columns(_of_frame(source))
    elif isinstance(source, Sequence):
        found = from_columns(_of_records(source))
    else:
        raise InputError(
            f"events from a {type(source).__name__}: give words, a path, a data frame or a list of records"
        )
    if until is not None or route:
        raise InputError("until and route are for schedules in words; a table says it itself")
    return found if time_unit == "h" else _in_hours(found, time_unit)


def is_path(text: str) -> bool:
    """Whether a text means a file, and not a schedule in words."""
    return text.lower().endswith((".csv", ".txt")) or (
        len(text) < 1000 and "\n" not in text and os.path.isfile(text)
    )


def read_table(path: Path) -> Events:
    """The events of a CSV. Raises DataError, with file, row and column."""
    return read_bytes(read_regular(path, BYTES), path.name)


def read_bytes(raw: bytes, file: str = "events") -> Events:
    """The events of a CSV in memory, called `file` in messages. Raises DataError, with row and column."""
    text = text_of(raw, file)
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise DataError("holds a zero byte; it is no text file", file=file, line=line)
    names, body = _first_line(text, file)
    columns = _numbers(body, names) or _cells(text, names, file)
    rows = columns.pop("")
    if not len(rows):
        raise DataError("has no record below its first line", file=file)
    return from_columns(columns, file=file, rows=np.asarray(rows, dtype=np.int64))


def _first_line(text: str, file: str) -> tuple[list[str], str]:
    end = text.find("\n")
    head = (text if end < 0 else text[:end]).rstrip("\r")
    if not text.strip():
        raise DataError("is empty; the first line names the columns", file=file)
    if len(head) > WIDTH * CELL:
        raise DataError(
            f"a line of {len(head):,} characters; the limit is {WIDTH} and {CELL}", file=file, line=1
        )
    try:
        names = [cell.strip() for cell in next(csv.reader([head], strict=True), [])]
    except csv.Error as error:
        raise DataError(f"does not read as CSV: {error}", file=file, line=1) from None
    if len(names) == 1 and (";" in names[0] or "\t" in names[0]):
        raise DataError(
            "is separated by semicolons or tabs; save it with commas between cells and points in numbers",
            file=file, line=1,
        )  # fmt: skip
    if len(names) > WIDTH:
        raise DataError(f"has {len(names):,} columns; the limit is {WIDTH}", file=file, line=1)
    return names, "" if end < 0 else text[end + 1 :]


def _numbers(body: str, names: Sequence[str]) -> dict[str, Any] | None:
    """The columns of a table of numbers, all at once; None for any other, which is read cell by cell."""
    known = [name.upper() for name in names]
    if "C" in known or "ID" not in known or len(set(names)) < len(names) or not body.isascii():
        return None
    from openldn.engine.kernels.cells import read_cells

    raw = body.encode()
    raw = raw if raw.endswith(b"\n") else raw + b"\n"
    read = read_cells(raw, len(names), known.index("ID"))
    if read is None or len(read[0]) > RECORDS:
        return None
    table, odd = read
    for cell, start in odd.tolist():
        value = _plain_number(raw[start : start + CELL + 1])
        if value is None:
            return None
        table.flat[cell] = value
    columns: dict[str, Any] = {name: table[:, i] for i, name in enumerate(names)}
    columns[""] = np.arange(2, len(table) + 2)
    return columns


def _plain_number(raw: bytes) -> float | None:
    """The number that a cell begins with which is no plain decimal, NaN where it is missing; None for anything else."""
    cell = re.split(rb"[,\n]", raw, maxsplit=1)[0]
    if len(cell) > CELL:
        return None
    text = cell.strip().decode()
    if text.casefold() in _MISSING:
        return np.nan
    try:
        value = float(text) if "_" not in text else np.inf
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def _cells(text: str, names: Sequence[str], file: str) -> dict[str, Any]:
    """The columns of any table, cell by cell, as texts."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows, lines = list[list[str]](), list[int]()
    comment = next((i for i, name in enumerate(names) if name.upper() == "C"), None)
    try:
        next(reader)
        for cells in reader:
            if len(rows) > RECORDS:
                raise DataError(
                    f"has more than {int(RECORDS):,} records; the limit is {RECORDS}: split it by ID",
                    file=file,
                )
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(names):
                raise DataError(
                    f"{len(cells)} cells under {len(names)} columns; a decimal comma splits a number in two",
                    file=file, line=reader.line_num,
                )  # fmt: skip
            if comment is not None and cells[comment].strip().casefold() not in _MISSING:
                continue
            rows.append(cells)
            lines.append(reader.line_num)
    except csv.Error as error:
        raise DataError(f"does not read as CSV: {error}", file=file, line=reader.line_num) from None
    columns: dict[str, Any] = {}
    for name, column in zip(names, zip(*rows, strict=True) if rows else ((),) * len(names), strict=True):
        if name in columns:
            raise DataError(f'two columns "{name}"', file=file, line=1, field=name)
        columns[name] = np.array(column, dtype=object)
    return {**columns, "": lines}


def _of_frame(frame: Any) -> dict[str, Any]:
    if not hasattr(frame, "columns"):
        from openldn.notation.extras import needed

        frame = needed("pandas", "data").api.interchange.from_dataframe(frame)
    return {str(name): np.asarray(frame[name]) for name in frame.columns}


def _of_records(records: Sequence[Any]) -> dict[str, Any]:
    for i, record in enumerate(records):
        if not isinstance(record, Mapping):
            raise InputError(
                f'record {i} is {str(record)[:40]!r}; write records like {{"TIME": 0, "AMT": 100}}'
            )
    names = list(dict.fromkeys(str(name) for record in records for name in record))
    columns: dict[str, Any] = {name: np.array([r.get(name) for r in records], dtype=object) for name in names}
    if not any(name.upper() == "ID" for name in names):
        columns["ID"] = np.array(["1"] * len(records), dtype=object)
    return columns


def from_columns(columns: Mapping[str, Any], *, file: str = "", rows: Whole | None = None) -> Events:
    """Events from columns by name, all of one length."""
    return _Table(columns, file, rows).events()


class _Table:
    """Columns that are being read; a cell is a number or a text."""

    def __init__(self, columns: Mapping[str, Any], file: str, rows: Whole | None) -> None:
        self.file, self.rows = file or "the table", rows
        self.columns: dict[str, NDArray[Any]] = {}
        self.others: dict[str, NDArray[Any]] = {}
        try:
            sizes = {np.size(column) for column in columns.values()}
        except ValueError:
            raise DataError("has a column of lists; give one cell for each record", file=self.file) from None
        if len(sizes) > 1:
            raise DataError(f"has columns of {', '.join(map(str, sorted(sizes)))} records", file=self.file)
        for name, column in columns.items():
            array = np.asarray(column)
            array = array if array.dtype == object else self._plain(name, array)
            into, key = (self.columns, name.upper()) if name.upper() in COLUMNS else (self.others, name)
            if key in into:
                raise DataError(f'two columns "{key}"', file=self.file, line=1, field=key)
            into[key] = array
        for needed in ("ID", "TIME"):
            if needed not in self.columns:
                raise DataError(f"has no column {needed}", file=self.file, line=1, field=needed)
        self.count = self.columns["TIME"].size
        if not self.count:
            raise DataError("has no record", file=self.file)

    @staticmethod
    def _plain(name: str, array: NDArray[Any]) -> NDArray[Any]:
        if array.dtype.kind in "biuf":
            return array.astype(float)
        return array.astype(object)

    def error(self, at: int, column: str, what: str) -> DataError:
        line = None if self.rows is None else int(self.rows[at])
        where = "" if self.rows is not None else f"record {at + 1}: "
        return DataError(f"{where}{column} {what}", file=self.file, line=line, field=column)

    def number(self, column: str, missing: float | None = 0.0) -> Array:
        """A column in numbers; `missing` stands where nothing does, and None refuses that."""
        if column not in self.columns:
            return np.full(self.count, 0.0 if missing is None else missing)
        found = self.numbers(column, self.columns[column])
        hole = np.isnan(found)
        if missing is None and hole.any():
            raise self.error(int(np.flatnonzero(hole)[0]), column, "is missing")
        found = np.where(hole, missing if missing is not None else 0.0, found)
        if column in _WHOLE:
            for at in np.flatnonzero(~hole & (found != np.floor(found))).tolist():
                raise self.error(at, column, f"is {found[at]:g}; it is a whole number")
            for at in np.flatnonzero(np.abs(found) >= 2.0**53).tolist():
                raise self.error(at, column, f"is {found[at]:g}, more than can be counted")
        return found

    def numbers(self, name: str, column: NDArray[Any]) -> Array:
        """Cells as numbers, NaN where they are missing. Raises DataError for a text that is none."""
        if column.dtype != object:
            for at in np.flatnonzero(np.isinf(column)).tolist():
                raise self.error(at, name, f"is {column[at]}, which is not a finite number")
            return np.asarray(column, dtype=float)
        found = np.full(column.size, np.nan)
        known: dict[Any, float] = {}
        for at, cell in enumerate(column.tolist()):
            if not isinstance(cell, str):
                found[at] = self._number(at, name, cell)
                continue
            if cell not in known:
                known[cell] = self._number(at, name, cell)
            found[at] = known[cell]
        return found

    def _number(self, at: int, name: str, cell: Any) -> float:
        if cell is None:
            return np.nan
        if not isinstance(cell, str):
            try:
                value = float(cell)
            except (TypeError, ValueError, OverflowError):
                raise self.error(at, name, f"is {shown(cell, 30)!r}, which is no number") from None
            if np.isinf(value):
                raise self.error(at, name, f"is {value}, which is not a finite number")
            return value
        text = cell.strip()
        if len(text) > CELL:
            raise self.error(at, name, f"is {len(text):,} characters long; the limit is {CELL}")
        if text.casefold() in _MISSING:
            return np.nan
        if "," in text:
            raise self.error(at, name, f'is "{text[:30]}": write a decimal point, not a comma')
        try:
            value = float(text) if "_" not in text else np.inf
        except ValueError:
            value = np.inf
        if not np.isfinite(value):
            raise self.error(at, name, f'is "{text[:30]}", which is not a finite number')
        return value

    def events(self) -> Events:
        ids, first = self._persons()
        amount, steady = self._amount(), self.number("SS")
        evid = self.number("EVID", np.nan)
        default = np.where((amount != 0) | (steady != 0), DOSE, 0)
        into, places = self._places()
        return Events(
            ids, first, time=self.number("TIME", None), evid=np.where(np.isnan(evid), default, evid).astype(np.int64),
            amount=amount, rate=self.number("RATE"), interval=self.number("II"),
            additional=self.number("ADDL").astype(np.int64), steady=steady.astype(np.int64), duration=self.number("DUR"),
            into=into, places=places, unit=np.zeros(self.count, dtype=np.int64),
            silent=np.zeros(self.count, dtype=np.int64),
            carried={**self.others, **{name: self._kept(name) for name in _KEPT if name in self.columns}},
            row=self.rows, file=self.file if self.rows is not None else "",
        )  # fmt: skip

    def _kept(self, name: str) -> NDArray[Any]:
        return self.numbers(name, self.columns[name])

    def _amount(self) -> Array:
        """AMT, which a dose record has to give: no amount is not an amount of nothing."""
        amount = self.number("AMT", np.nan) if "AMT" in self.columns else np.full(self.count, 0.0)
        if "EVID" in self.columns and "AMT" in self.columns:
            dose = np.isin(self.number("EVID", np.nan), (1, 4))
            for at in np.flatnonzero(dose & np.isnan(amount)).tolist():
                raise self.error(
                    at, "AMT",
                    "is missing, though EVID says that this is a dose; write 0 for an endless infusion",
                )  # fmt: skip
        return np.where(np.isnan(amount), 0.0, amount)

    def _persons(self) -> tuple[tuple[str, ...], Whole]:
        column = self.columns["ID"]
        if column.dtype != object:
            for at in np.flatnonzero(np.isnan(column)).tolist():
                raise self.error(at, "ID", "is missing; say whose record this is")
            changes = np.flatnonzero(np.diff(column) != 0) + 1
            starts = np.concatenate([[0], changes])
            names = [f"{value:.15g}" for value in column[starts].tolist()]
        else:
            cells = ["" if c is None or c != c else str(c).strip() for c in column.tolist()]
            for at, cell in enumerate(cells):
                if cell.casefold() in _MISSING:
                    raise self.error(at, "ID", "is missing; say whose record this is")
                if len(cell) > CELL:
                    raise self.error(at, "ID", f"is {len(cell):,} characters long; the limit is {CELL}")
            starts = np.array([i for i in range(len(cells)) if i == 0 or cells[i] != cells[i - 1]])
            names = [cells[i] for i in starts]
        if len(set(names)) < len(names):
            seen = set[str]()
            for name, at in zip(names, starts.tolist(), strict=True):
                if name in seen:
                    line = None if self.rows is None else int(self.rows[at])
                    raise DataError(
                        f"the records of person {name} stand apart; sort by ID and TIME",
                        file=self.file, line=line, field="ID",
                    )  # fmt: skip
                seen.add(name)
        return tuple(names), np.append(starts, self.count).astype(np.int64)

    def _places(self) -> tuple[Whole, tuple[str, ...]]:
        if "CMT" not in self.columns:
            return np.zeros(self.count, dtype=np.int64), ("",)
        column = self.columns["CMT"]
        if column.dtype != object:
            kinds, which = np.unique(column, return_inverse=True)
            texts: list[Any] = [None if np.isnan(kind) else float(kind) for kind in kinds]
            which = which.ravel()
        else:
            texts = list(dict.fromkeys(column.tolist()))
            index = {text: i for i, text in enumerate(texts)}
            which = np.array([index[cell] for cell in column.tolist()], dtype=np.int64)
        at = np.full(len(texts), self.count)
        np.minimum.at(at, which, np.arange(self.count))
        known, number = dict[str, int](), list[int]()
        for i, text in enumerate(texts):
            place = self._place(int(at[i]), text)
            number.append(known.setdefault(place, len(known)))
        places = list(known)
        return np.array(number, dtype=np.int64)[which], tuple(places)

    def _place(self, at: int, cell: Any) -> str:
        text = "" if cell is None or cell != cell else str(cell).strip()
        if text.casefold() in _MISSING:
            return ""
        if len(text) > CELL:
            raise self.error(at, "CMT", f"is {len(text):,} characters long; the limit is {CELL}")
        if text.lstrip("+-").replace(".", "", 1).isdecimal():
            value = float(text)
            if value != int(value):
                raise self.error(at, "CMT", f"is {value:g}; compartments are numbered from 1")
            return str(int(value)) if value else ""
        return text


def _in_hours(found: Events, unit: str) -> Events:
    factor = convert(1.0, unit, "h")
    rate = np.where(found.rate > 0, found.rate / factor, found.rate)
    return replace(
        found,
        time=found.time * factor,
        interval=found.interval * factor,
        duration=found.duration * factor,
        rate=rate,
    )


def bound(events: Events, model: Model, *, drop: Sequence[str] = ()) -> tuple[Events, tuple[str, ...]]:
    """The events with the columns that a model has parameters or switches for as theirs, and the names of the others.

    A column means a parameter by its exact name, or the only one that differs in case. drop: columns to leave out.
    Raises DataError where a person's first record does not say what a column is about, for a cell that is no number, and
    where a column of events has the name of a parameter.
    """
    known = [*model.parameters, *model.switches]
    for name in known:
        if name.upper() in COLUMNS and name.upper() in {c.upper() for c in events.columns()}:
            raise DataError(
                f'column {name.upper()} is one of events, and "{name}" a parameter of the model; rename the parameter',
                file=events.file, line=1, field=name.upper(),
            )  # fmt: skip
    dropped = {name.casefold() for name in drop}
    values, carried, others = dict(events.covariates), dict[str, Any](), list[str]()
    table = _Table({"ID": events.person.astype(float), "TIME": events.time}, events.file, events.row)
    for name, column in events.carried.items():
        if name.casefold() in dropped:
            continue
        meant = name if name in known else ""
        alike = [k for k in known if k.casefold() == name.casefold()]
        meant = meant or (alike[0] if len(alike) == 1 and name not in _KEPT else "")
        if not meant:
            carried[name] = column
            if name not in _KEPT:
                others.append(name)
            continue
        numbers = table.numbers(meant, column)
        holes = events.first[:-1][np.isnan(numbers[events.first[:-1]])]
        if holes.size:
            who = events.ids[int(events.person[holes[0]])]
            raise DataError(
                f"person {who}: the first record has no {meant}; give it there",
                file=events.file, line=events.place(int(holes[0])), field=meant,
            )  # fmt: skip
        if meant in events.covariates and np.array_equal(numbers, events.covariates[meant], equal_nan=True):
            carried[name] = numbers  # bound before
            continue
        if meant in values or meant in events.values:
            raise DataError(f'two columns "{meant}"', file=events.file, line=1, field=meant)
        values[meant], carried[name] = numbers, numbers
    return replace(events, covariates=values, carried=carried), tuple(others)
