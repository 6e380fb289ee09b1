"""A table as text, row by row, from whatever holds it: a CSV file, columns in a dict, or a data frame.

A file is plain UTF-8 text of bounded size, quotes as in RFC 4180, or refused. The cells of a table in memory are written as
a file would have them, with every digit, so that one reader checks both; a missing value is an empty cell.
"""

import csv
import hashlib
import io
import math
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from openldn.notation import DataError, Fingerprint, Limit, columns_of, read_regular, text_of

LARGEST_FILE = Limit(20_000_000, "bytes", "of a table of studies")
MOST_COLUMNS = Limit(1000, "columns", "of a table of studies")
SOME_BLANK = 1_000  # blank lines that are counted; a note needs no more
IN_MEMORY = "table in memory"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f]")
_EXACT = 2**53  # below it every whole number is a float
_NONE = {"<NA>", "NaT", "nan"}  # how values that are missing print themselves


@dataclass(frozen=True)
class Rows:
    """`cells`: the header and the rows, each with its place: its line in a file, its number (from 1) in a table in memory.

    blank: the lines of a file, as far as it was read, that hold nothing.
    """

    fingerprint: Fingerprint
    cells: Iterator[tuple[int, list[str]]] = field(repr=False)
    blank: list[int] = field(default_factory=list, repr=False)

    @property
    def in_memory(self) -> bool:
        return self.fingerprint.file == IN_MEMORY

    def place(self, where: int) -> str:
        """`line 3` of a file, `row 2` of a table in memory."""
        return f"{'row' if self.in_memory else 'line'} {where}"

    def fault(self, message: str, where: int | None = None) -> DataError:
        """An error of the table at a place in it."""
        if not self.in_memory:
            return DataError(message, file=self.fingerprint.file, line=where)
        return DataError(message, file=f"{IN_MEMORY}, {self.place(where)}" if where else IN_MEMORY)


def rows_of(table: Any, separator: str, most: Limit) -> Rows:
    """The rows of a CSV file at a path, a dict of columns or a data frame: pandas, or anything with `__dataframe__`.

    most: rows that a table in memory may have. Raises InputError for another thing, DataError for what cannot be read.
    """
    if isinstance(table, str | os.PathLike):
        blank: list[int] = []
        cells, fingerprint = csv_rows(Path(table), separator, blank)
        return Rows(fingerprint, cells, blank)
    columns = columns_of(table, index=("study", "label"))
    if len(columns) > MOST_COLUMNS:
        raise DataError(f"has {len(columns):,} columns; the limit is {MOST_COLUMNS}", file=IN_MEMORY)
    sizes = {name: len(values) for name, values in columns}
    if len(set(sizes.values())) > 1:
        (a, m), (b, n) = next((x, y) for x in sizes.items() for y in sizes.items() if x[1] != y[1])
        raise DataError(f'column "{a}" has {m} values and column "{b}" has {n}; give a value of each to every study',
                        file=IN_MEMORY)  # fmt: skip
    if max(sizes.values(), default=0) > most:
        raise DataError(f"has {max(sizes.values()):,} rows; the limit is {most}", file=IN_MEMORY)
    texts = [[_cell(value, name, i) for i, value in enumerate(values, 1)] for name, values in columns]
    lines = [[name for name, _ in columns], *map(list, zip(*texts, strict=True))]
    written = "\n".join("\x1f".join(line) for line in lines)
    fingerprint = Fingerprint(
        IN_MEMORY, hashlib.sha256(written.encode(errors="backslashreplace")).hexdigest()
    )
    return Rows(fingerprint, iter(list(enumerate(lines))))


def _cell(value: Any, column: str, row: int) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | str):
        return _plain(str(value), column, row)
    if isinstance(value, Integral):
        return str(int(value))
    if isinstance(value, Real):
        number = float(value)
        whole = number.is_integer() and abs(number) < _EXACT
        return "" if math.isnan(number) else str(int(number)) if whole else repr(number)
    return _plain(str(value), column, row)


def _plain(text: str, column: str, row: int) -> str:
    if found := _CONTROL.search(text):
        raise DataError(f'column "{column}" holds the control character {found[0]!r}; take it out',
                        file=f"{IN_MEMORY}, row {row}")  # fmt: skip
    return "" if text in _NONE else text


def csv_rows(
    path: Path, separator: str, blank: list[int] | None = None
) -> tuple[Iterator[tuple[int, list[str]]], Fingerprint]:
    """(line, cells) of every row that is not blank, and the file's fingerprint; `blank` gathers the lines of the others.

    Raises DataError where there is no file, and with the line where it is not such text.
    """
    return rows_in(read_regular(path, LARGEST_FILE), path.name, separator, blank)


def rows_in(
    raw: bytes, name: str, separator: str, blank: list[int] | None = None
) -> tuple[Iterator[tuple[int, list[str]]], Fingerprint]:
    """As `csv_rows`, from the bytes of the file `name`."""
    known = Fingerprint(name, hashlib.sha256(raw).hexdigest())
    return _rows(_text(raw, name), name, separator, [] if blank is None else blank), known


def _text(raw: bytes, name: str) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError("is UTF-16 text; save it as CSV UTF-8", file=name)
    text = text_of(raw, name, kind="CSV UTF-8")
    if found := _CONTROL.search(text):
        line = text[: found.start()].count("\n") + 1
        raise DataError(
            "is not plain text (it holds control characters); save it as CSV UTF-8", file=name, line=line
        )
    return text


def _rows(text: str, name: str, separator: str, blank: list[int]) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    last = 0
    try:
        for cells in reader:
            if len(cells) > MOST_COLUMNS:
                raise DataError(
                    f"has {len(cells):,} fields; the limit is {MOST_COLUMNS}", file=name, line=reader.line_num
                )
            line, last = last + 1, reader.line_num
            if any(cell.strip() for cell in cells):
                yield line, cells
            elif len(blank) <= SOME_BLANK:
                blank.append(line)
    except csv.Error as error:
        raise DataError(
            f"is not CSV that reads: {error}; check the quotes", file=name, line=last + 1
        ) from None
