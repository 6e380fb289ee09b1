"""Event tables: CSV as NONMEM's users write it, read row by row.

The first line names the columns, in any order and in any case. A column is one of NONMEM's, or a parameter or
switch of the model whose value the record gives. `.`, NaN, NA and an empty cell are missing; a row with
anything else in a column C is a comment. Numbers have a decimal
point. A byte order mark and Windows line ends are accepted; whatever else is odd is refused with file, row
and column, the row being the line of the file.
"""

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from openldn.engine.events.dosing import lines_for
from openldn.engine.events.records import DOSE, Person, Record, check_person
from openldn.engine.model import Model
from openldn.notation import DataError, QuantityError, UnknownName, suggestion

COLUMNS = ("ID", "TIME", "EVID", "AMT", "CMT", "RATE", "DUR", "II", "ADDL", "SS", "MDV", "DV", "C")
BYTES, RECORDS, WIDTH, CELL = 500_000_000, 1_000_000, 200, 200
_MISSING = ("", ".", "nan", "na")
_WHOLE = ("EVID", "ADDL", "SS")


@dataclass(frozen=True)
class _Header:
    """Where each column stands: events by their own name, values by that of the parameter."""

    events: Mapping[str, int]
    values: Mapping[str, int]
    names: Sequence[str]


def read_events(path: Path, model: Model, *, drop: Sequence[str] = ()) -> Iterator[Person]:
    """The persons of a table, one after the other, each checked as it comes.

    drop: columns to leave out. Raises DataError, with file, row and column, for everything that is not as it should be.
    """
    try:
        size = path.stat().st_size
        if size > BYTES:
            raise DataError(f"is {size:,} bytes long; the limit is {BYTES:,}: split it by ID", file=path.name)
        with path.open(encoding="utf-8-sig", newline="") as lines:
            yield from read_lines(lines, model, file=path.name, drop=drop)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", file=str(path)) from None
    except UnicodeDecodeError:
        raise DataError("is not UTF-8 text; save it as UTF-8", file=path.name) from None


def read_lines(
    lines: Iterable[str], model: Model, *, file: str = "events", drop: Sequence[str] = ()
) -> Iterator[Person]:
    """The same for lines of text."""
    table = csv.reader(_bounded(lines, file), strict=True)
    try:
        first = next(table, None)
        if first is None:
            raise DataError("is empty; the first line names the columns", file=file)
        header = _header(first, model, file, drop)
        seen: set[str] = set()
        for person in _persons(table, header, file):
            if person.id in seen:
                raise DataError(
                    f"the records of person {person.id} stand apart; sort by ID and TIME",
                    file=file, line=person.records[0].row, field="ID",
                )  # fmt: skip
            seen.add(person.id)
            check_person(person, file)
            for record in person.records:
                if record.doses:
                    _check_place(model, record, file)
            yield person
    except csv.Error as error:
        raise DataError(f"does not read as CSV: {error}", file=file, line=table.line_num) from None
    if not seen:
        raise DataError("has no record below its first line", file=file)


def _bounded(lines: Iterable[str], file: str) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if number > RECORDS + 1:
            raise DataError(f"has more than {RECORDS:,} records; split it by ID", file=file, line=number)
        if len(line) > WIDTH * CELL:
            raise DataError(f"a line of {len(line):,} characters", file=file, line=number)
        if "\0" in line:
            raise DataError("holds a zero byte; it is no text file", file=file, line=number)
        yield line


def _header(cells: Sequence[str], model: Model, file: str, drop: Sequence[str]) -> _Header:
    names = [cell.strip() for cell in cells]
    if len(names) == 1 and (";" in names[0] or "\t" in names[0]):
        raise DataError(
            "is separated by semicolons or tabs; save it with commas between cells and points in numbers",
            file=file, line=1,
        )  # fmt: skip
    if len(names) > WIDTH:
        raise DataError(f"has {len(names)} columns; the limit is {WIDTH}", file=file, line=1)
    dropped = {name.casefold() for name in drop}
    events: dict[str, int] = {}
    values: dict[str, int] = {}
    for i, name in enumerate(names):
        if name.casefold() in dropped:
            continue
        into, key = (events, name.upper()) if name.upper() in COLUMNS else (values, _parameter(name, model))
        if name.upper() in COLUMNS and name in {*model.parameters, *model.switches} and name not in COLUMNS:
            into, key = values, name
        if not key:
            known = [*COLUMNS, *model.parameters, *model.switches]
            raise DataError(
                f'column "{name[:60]}" is neither one of events nor a parameter of the model; {suggestion(name, known)}, '
                "or drop it",
                file=file, line=1, field=name[:60],
            )  # fmt: skip
        if key in into:
            raise DataError(f'two columns "{key}"', file=file, line=1, field=key)
        into[key] = i
    for needed in ("ID", "TIME"):
        if needed not in events:
            raise DataError(f"has no column {needed}", file=file, line=1, field=needed)
    return _Header(events, values, names)


def _parameter(name: str, model: Model) -> str:
    """The parameter or switch that a column means: its exact name, or the only one that differs in case."""
    known = [*model.parameters, *model.switches]
    if name in known:
        return name
    alike = [k for k in known if k.casefold() == name.casefold()]
    return alike[0] if len(alike) == 1 else ""


def _persons(table: Iterator[list[str]], header: _Header, file: str) -> Iterator[Person]:
    name, records = "", list[Record]()
    row = 2
    for cells in table:
        row = int(getattr(table, "line_num", row))
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header.names):
            raise DataError(
                f"{len(cells)} cells under {len(header.names)} columns; a decimal comma splits a number in two",
                file=file, line=row,
            )  # fmt: skip
        found = _Row(cells, header, file, row)
        if found.text("C"):
            continue
        who = found.text("ID")
        if not who:
            raise found.error("ID", "is missing")
        if records and who != name:
            yield Person(name, tuple(records))
            records = []
        name = who
        records.append(found.record())
    if records:
        yield Person(name, tuple(records))


class _Row:
    def __init__(self, cells: Sequence[str], header: _Header, file: str, row: int) -> None:
        self.cells, self.header, self.file, self.row = cells, header, file, row

    def error(self, column: str, what: str) -> DataError:
        return DataError(f"{column} {what}", file=self.file, line=self.row, field=column)

    def text(self, column: str) -> str:
        at = self.header.events.get(column)
        cell = "" if at is None else self.cells[at].strip()
        if len(cell) > CELL:
            raise self.error(column, f"is {len(cell):,} characters long")
        return "" if cell.casefold() in _MISSING else cell

    def number(self, column: str, cell: str) -> float:
        if "," in cell:
            raise self.error(column, f'is "{cell[:30]}": write a decimal point, not a comma')
        try:
            value = float(cell) if "_" not in cell else math.nan
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self.error(column, f'is "{cell[:30]}", which is not a finite number')
        if column in _WHOLE and value != int(value):
            raise self.error(column, f"is {value:g}; it is a whole number")
        return value

    def of(self, column: str, missing: float | None = 0.0) -> float:
        cell = self.text(column)
        if cell:
            return self.number(column, cell)
        if missing is None:
            raise self.error(column, "is missing")
        return missing

    def record(self) -> Record:
        amount, steady = self._amount(), int(self.of("SS"))
        default = DOSE if amount > 0 or (steady and not self.text("EVID")) else 0
        into = self.text("CMT")
        if into.lstrip("+-").replace(".", "", 1).isdecimal():
            into = self._compartment(into)
        return Record(
            time_h=self.of("TIME", None),
            evid=int(self.of("EVID", default)),
            amount=amount,
            into=into,
            rate=self.of("RATE"),
            interval_h=self.of("II"),
            additional=int(self.of("ADDL")),
            steady=steady,
            duration_h=self.of("DUR"),
            values=self._values(),
            row=self.row,
        )

    def _amount(self) -> float:
        """AMT, which a dose record has to give: no amount is not an amount of nothing."""
        if not self.text("AMT") and self.text("EVID") in ("1", "4"):
            raise self.error(
                "AMT", "is missing, though EVID says that this is a dose; write 0 for an endless infusion"
            )
        return self.of("AMT")

    def _compartment(self, cell: str) -> str:
        value = self.number("CMT", cell)
        if value < 0 or value != int(value):
            raise self.error(
                "CMT", f"is {value:g}; compartments are numbered from 1 and cannot be turned off"
            )
        return str(int(value)) if value else ""

    def _values(self) -> dict[str, float]:
        found = {}
        for name, at in self.header.values.items():
            cell = self.cells[at].strip()
            if cell.casefold() not in _MISSING:
                found[name] = self.number(name, cell)
        return found


def _check_place(model: Model, record: Record, file: str) -> None:
    try:
        lines_for(model, record.into)
    except (UnknownName, QuantityError) as error:
        raise DataError(str(error), file=file, line=record.row, field="CMT") from None
