"""Studies from a table: read strictly, since a misread number is worse than none.

A table is a CSV file (UTF-8 with or without a byte order mark, any line ends, a header, one line a study), a dict of
columns or a data frame. `measures` says which columns a measure needs; GEN takes `sei` in place of `vi`, and both only where
they agree as far as they are printed.

A column `study` (or `label`) names the studies; any other column is left alone until it is asked for. In a file a comma
separates and a point is the decimal sign; other files are refused with the way out and read when `separator` or `decimal`
says so. An empty field, a number that is not finite, a repeated name and a line of another length are refused with their
place. Names that differ only in case or spaces are the same.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np

from openldn.meta.linear import Array, computable
from openldn.meta.measures import COLUMNS
from openldn.meta.rows import SOME_BLANK, Rows, rows_of
from openldn.notation import DataError, Fingerprint, InputError, Limit, UnknownName, shown, suggestion

MOST_STUDIES, LONGEST_NAME = Limit(100_000, "studies", "of a table"), 200
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}
DECIMALS = {"point": ".", "comma": ","}
_NUMBER = re.compile(r"[+-]?(\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_MISSING = {"", "na", "n/a", "nan", "null", "none", ".", "-", "?"}
_ROUNDED = 1e-12  # a variance and the square of a standard error, both computed, agree to some last bits


@dataclass(frozen=True)
class Table:
    """Studies as read: names (studies,), the columns that the measure needs (studies,), and the table's fingerprint.

    texts: the columns asked for besides so far, as text (studies,). notes: what was done that the table did not say;
    oddities: what is odd about it.
    """

    measure: str
    names: tuple[str, ...]
    columns: dict[str, Array] = field(repr=False)
    fingerprint: Fingerprint
    notes: tuple[str, ...]
    oddities: tuple[str, ...]
    decimal: str
    source: "_Source" = field(repr=False)
    texts: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def text(self, column: str) -> tuple[str, ...]:
        """A column as text (studies,). Raises DataError for one that is not there, has gaps or spells a group two ways."""
        name = column.strip().lower()
        if name not in self.texts:
            self.texts[name] = self.source.text(name)
        return self.texts[name]

    def numbers(self, column: str) -> Array | None:
        """A column as numbers (studies,), None where one of its fields is none. Raises DataError as `text` does."""
        texts = [
            t.replace(",", ".", 1) if self.decimal == "," and "." not in t else t for t in self.text(column)
        ]
        texts = [t.replace("−", "-") for t in texts]
        if not all(_NUMBER.fullmatch(t) for t in texts):
            return None
        found = np.array([float(t) for t in texts])
        return found if np.all(np.isfinite(found)) else None


@dataclass(frozen=True)
class _Source:
    """A table's cells with the place of each row, kept for the columns that are asked for later."""

    rows: Rows
    header: list[str]
    cells: list[list[str]]
    places: list[int]

    def text(self, column: str) -> tuple[str, ...]:
        if column not in self.header:
            way_out = suggestion(column, [h for h in self.header if h])
            raise self.rows.fault(
                f'column "{column}" is not there; {way_out}', None if self.rows.in_memory else 1
            )
        at = self.header.index(column)
        first: dict[str, str] = {}
        found = []
        for cells, place in zip(self.cells, self.places, strict=True):
            text = " ".join(cells[at].split())
            if text.lower() in _MISSING:
                raise _missing(self.rows, place, column, text)
            before = first.setdefault(text.casefold(), text)
            if before != text:
                raise self.rows.fault(
                    f'"{column}" is "{text}" where it was "{before}" before; spell a group one way', place
                )
            found.append(text)
        return tuple(found)


def read_table(
    table: Any, measure: str, *, separator: str = "comma", decimal: str = "point", besides: Sequence[str] = ()
) -> Table:
    """Read a table for `measure`, with the columns `besides` as text.

    table: the path of a CSV file, a dict of columns, a pandas data frame or anything with `__dataframe__`; separator and
    decimal are for files. Raises UnknownName, InputError (no such file, no such kind of table) or DataError with the place.
    """
    for kind, value, known in (
        ("measure", measure, COLUMNS), ("separator", separator, SEPARATORS), ("decimal sign", decimal, DECIMALS),
    ):  # fmt: skip
        if value not in known:
            raise UnknownName(kind, value, known)
    if separator == "comma" and decimal == "comma":
        raise InputError("a comma cannot be both separator and decimal sign; add --separator semicolon")
    rows = rows_of(table, SEPARATORS[separator], MOST_STUDIES)
    for option, value, usual in (("separator", separator, "comma"), ("decimal", decimal, "point")):
        if rows.in_memory and value != usual:
            raise InputError(f"{option} {value} is for a file; a table in memory holds numbers: leave it out")
    source = _cells(rows, separator)
    header = source.header
    wanted = COLUMNS[measure]
    if measure == "GEN" and "vi" not in header and "sei" in header:
        wanted = ("yi", "sei")
    columns = {column: _place(rows, header, column, measure) for column in wanted}
    label = next((header.index(c) for c in ("study", "label") if c in header), None)
    values: dict[str, list[float]] = {column: [] for column in wanted}
    seen: dict[str, int] = {}
    names: list[str] = []
    for i, (cells, place) in enumerate(zip(source.cells, source.places, strict=True)):
        study = _study(rows, place, cells[label] if label is not None else f"study {i + 1}")
        if (key := study.casefold()) in seen:
            raise rows.fault(
                f'study "{study}" stands on {rows.place(seen[key])} already; give each study a name of its own',
                place,
            )
        seen[key] = place
        names.append(study)
        for column, at in columns.items():
            values[column].append(_number(rows, place, cells[at], DECIMALS[decimal], column))
        if measure == "GEN" and {"vi", "sei"} <= set(header):
            vi, sei = (cells[header.index(c)] for c in ("vi", "sei"))
            _check_both(rows, place, vi, sei, DECIMALS[decimal], study)
    arrays = {column: np.array(x) for column, x in values.items()}
    if measure == "GEN":
        arrays = _variances(rows, arrays, names, source.places)
    what = "table" if rows.in_memory else "file"
    unnamed = f"The {what} has no column `study` or `label`: its studies are named by their order."
    notes = () if label is not None else (unnamed,)
    found = Table(
        measure,
        tuple(names),
        arrays,
        rows.fingerprint,
        notes,
        _oddities(rows, source.places),
        DECIMALS[decimal],
        source,
    )
    for column in besides:
        found.text(column)
    return found


def _cells(rows: Rows, separator: str) -> _Source:
    first = next(rows.cells, None)
    if first is None:
        raise rows.fault("is empty; it needs a header and one line a study")
    header = [cell.strip().lower() for cell in first[1]]
    _check_header(rows, first[0], header, separator)
    cells: list[list[str]] = []
    places: list[int] = []
    for place, line in rows.cells:
        if len(line) != len(header):
            raise rows.fault(
                f"has {len(line)} fields where the header has {len(header)}; a comma inside a name needs quotes, a decimal "
                "comma needs --decimal comma with --separator semicolon", place,
            )  # fmt: skip
        if len(cells) == MOST_STUDIES:
            raise rows.fault(
                f"holds more than {int(MOST_STUDIES):,} studies; the limit is {MOST_STUDIES}", place
            )
        cells.append(line)
        places.append(place)
    if not cells and (header or not rows.in_memory):
        raise rows.fault(
            "has columns and no row; give one a study" if rows.in_memory else "holds a header and no study"
        )
    return _Source(rows, header, cells, places)


def _oddities(rows: Rows, places: list[int]) -> tuple[str, ...]:
    inside = [line for line in rows.blank if line < places[-1]] if places else []
    if not inside:
        return ()
    count = f"{len(inside):,}" if len(inside) <= SOME_BLANK else f"More than {SOME_BLANK:,}"
    lines = (
        f"Line {inside[0]} is"
        if len(inside) == 1
        else f"{count} lines, the first of them line {inside[0]}, are"
    )
    return (f"{lines} blank inside the file; the studies before and after were read as one table.",)


def _missing(rows: Rows, place: int, column: str, text: str) -> DataError:
    return rows.fault(f'"{column}" is missing ("{text}"); leave the study out or fill it in', place)


def _check_header(rows: Rows, place: int, header: list[str], separator: str) -> None:
    for other, sign in SEPARATORS.items():
        if not rows.in_memory and len(header) == 1 and other != separator and sign in header[0]:
            also = " and, if numbers have a decimal comma, --decimal comma" if other == "semicolon" else ""
            raise rows.fault(
                f"its fields are separated by a {other}; read it with --separator {other}{also}", place
            )
    seen = set[str]()
    for column in filter(None, header):
        if column in seen:
            raise rows.fault(f'column "{column}" stands there twice', place)
        seen.add(column)


def _place(rows: Rows, header: list[str], column: str, measure: str) -> int:
    if column in header:
        return header.index(column)
    others = [h for h in header if h and h not in COLUMNS[measure]]
    way_out = suggestion(column, others) if others else "add it"
    raise rows.fault(
        f'column "{column}" is missing; {measure} needs {", ".join(COLUMNS[measure])}; {way_out}',
        None if rows.in_memory else 1,
    )


def _check_both(rows: Rows, place: int, vi: str, sei: str, decimal: str, study: str) -> None:
    """Refuse a variance that is not the square of the standard error beside it, as far as both are printed."""
    texts = [t.strip().replace(",", ".") if decimal == "," else t.strip() for t in (vi, sei)]
    if not all(_NUMBER.fullmatch(t) for t in texts):
        return  # what is read of the two is refused elsewhere if it is no number
    v, s = (float(t) for t in texts)
    try:
        dv, ds = (0.5 * 10.0 ** int(Decimal(t).as_tuple().exponent) for t in texts)
    except ArithmeticError:
        return  # beyond what can be computed with, which is said elsewhere
    dv = max(dv, _ROUNDED * v)
    if not max(0.0, s - ds) ** 2 <= v + dv or not (s + ds) ** 2 >= v - dv:
        raise rows.fault(
            f'study "{study}": vi = {v:g} is not the square of sei = {s:g} ({s**2:.4g}); correct the wrong one, or leave one '
            "column out", place,
        )  # fmt: skip


def _study(rows: Rows, place: int, cell: str) -> str:
    study = " ".join(cell.split())
    if not study:
        raise rows.fault("has no name for its study; name it, or leave the column out", place)
    if len(study) > LONGEST_NAME:
        raise rows.fault(f"its study name has {len(study)} characters, the limit is {LONGEST_NAME}", place)
    return study


def _number(rows: Rows, place: int, cell: str, decimal: str, column: str) -> float:
    text = cell.strip().replace("−", "-")
    if text.lower() in _MISSING:
        raise _missing(rows, place, column, text)
    if decimal == "," and "." not in text:
        text = text.replace(",", ".", 1)
    elif decimal == "." and re.fullmatch(r"[+-]?\d*,\d+", text):
        raise rows.fault(
            f'"{column}" is "{text}": a decimal comma, or a thousands sign? Write a point, or read the file with '
            "--decimal comma --separator semicolon", place,
        )  # fmt: skip
    if not _NUMBER.fullmatch(text):
        raise rows.fault(f'"{column}" is "{shown(text, 40)}", which is not a number', place)
    value = float(text)
    if not math.isfinite(value):
        raise rows.fault(f'"{column}" is "{text}", beyond what can be computed with', place)
    return value


def _variances(
    rows: Rows, columns: dict[str, Array], names: list[str], places: list[int]
) -> dict[str, Array]:
    column = "vi" if "vi" in columns else "sei"
    v = columns[column]
    for i in np.flatnonzero(v <= 0):
        what = "a variance" if column == "vi" else "a standard error"
        raise rows.fault(f'study "{names[i]}" has {column} = {v[i]:g}; {what} is above zero', places[i])
    v = v if column == "vi" else v**2
    for i in np.flatnonzero(~computable(columns["yi"], v)):
        raise rows.fault(
            f'study "{names[i]}" has yi = {columns["yi"][i]:g} and {column} = {columns[column][i]:g}, beyond what can be '
            "computed with; choose another unit", places[i],
        )  # fmt: skip
    return {"yi": columns["yi"], "vi": v}
