"""Studies from a CSV file: read strictly, since a misread number is worse than none.

UTF-8 with or without a byte order mark, any line ends, a header, one line a study. `measures` says which columns a
measure needs; GEN takes `sei` in place of `vi`, and both only where they agree as far as they are printed.

A column `study` (or `label`) names the studies; any other column is left alone unless it is asked for. A comma separates
and a point is the decimal sign; other files are refused with the way out and read when `separator` or `decimal` says so.
An empty field, a number that is not finite, a repeated name and a line of another length are refused with their line.
Names that differ only in case or spaces are the same.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import numpy as np

from openldn.meta.csv_rows import csv_rows
from openldn.meta.linear import Array, computable
from openldn.meta.measures import COLUMNS
from openldn.notation import DataError, Fingerprint, InputError, UnknownName, suggestion

MOST_STUDIES, LONGEST_NAME = 100_000, 200
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}
DECIMALS = {"point": ".", "comma": ","}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_MISSING = {"", "na", "n/a", "nan", "null", "none", ".", "-", "?"}


@dataclass(frozen=True)
class Table:
    """A file as read: names (studies,), the columns that the measure needs (studies,), lines, and its fingerprint.

    texts: the columns asked for besides, as text (studies,). notes: what was done that the file did not say.
    """

    measure: str
    names: tuple[str, ...]
    columns: dict[str, Array] = field(repr=False)
    lines: tuple[int, ...] = field(repr=False)
    fingerprint: Fingerprint
    texts: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()
    decimal: str = "."

    def numbers(self, column: str) -> Array | None:
        """A column of `texts` as numbers (studies,), None where one of its fields is none."""
        texts = [
            t.replace(",", ".", 1) if self.decimal == "," and "." not in t else t for t in self.texts[column]
        ]
        texts = [t.replace("−", "-") for t in texts]
        if not all(_NUMBER.fullmatch(t) for t in texts):
            return None
        found = np.array([float(t) for t in texts])
        return found if np.all(np.isfinite(found)) else None


def read_table(
    path: Path, measure: str, *, separator: str = "comma", decimal: str = "point", besides: Sequence[str] = ()
) -> Table:
    """Read `path` for `measure`, with the columns `besides` as text.

    Raises UnknownName, InputError (no such file) or DataError with the line.
    """
    for kind, value, known in (
        ("measure", measure, COLUMNS), ("separator", separator, SEPARATORS), ("decimal sign", decimal, DECIMALS),
    ):  # fmt: skip
        if value not in known:
            raise UnknownName(kind, value, known)
    if separator == "comma" and decimal == "comma":
        raise InputError("a comma cannot be both separator and decimal sign; add --separator semicolon")
    rows, fingerprint = csv_rows(path, SEPARATORS[separator])
    name = fingerprint.file
    first = next(rows, None)
    if first is None:
        raise DataError("is empty; it needs a header and one line a study", file=name)
    header = [cell.strip().lower() for cell in first[1]]
    _check_header(header, name, first[0], separator)
    wanted = COLUMNS[measure]
    if measure == "GEN" and "vi" not in header and "sei" in header:
        wanted = ("yi", "sei")
    places = {column: _place(header, column, name, measure) for column in wanted}
    both = measure == "GEN" and {"vi", "sei"} <= set(header)
    other = {
        column: _other(header, column, name) for column in dict.fromkeys(c.strip().lower() for c in besides)
    }
    label = next((header.index(c) for c in ("study", "label") if c in header), None)
    names: list[str] = []
    seen: dict[str, int] = {}
    texts: dict[str, list[str]] = {column: [] for column in other}
    lines: list[int] = []
    values: dict[str, list[float]] = {column: [] for column in wanted}
    for line, cells in rows:
        if len(cells) != len(header):
            raise DataError(
                f"has {len(cells)} fields where the header has {len(header)}; a comma inside a name needs quotes, a decimal "
                "comma needs --decimal comma with --separator semicolon", file=name, line=line,
            )  # fmt: skip
        if len(lines) == MOST_STUDIES:
            raise DataError(f"holds more than {MOST_STUDIES:,} studies, the limit", file=name, line=line)
        study = _study(cells[label] if label is not None else f"study {len(lines) + 1}", name, line)
        if (key := study.casefold()) in seen:
            raise DataError(f'study "{study}" stands on line {seen[key]} already; give each study a name of its own',
                            file=name, line=line)  # fmt: skip
        seen[key] = line
        names.append(study)
        lines.append(line)
        for column, place in places.items():
            values[column].append(_number(cells[place], DECIMALS[decimal], name, line, column))
        for column, place in other.items():
            texts[column].append(_text_field(cells[place], name, line, column))
        if both:
            vi, sei = (cells[header.index(c)] for c in ("vi", "sei"))
            _check_both(vi, sei, DECIMALS[decimal], study, name, line)
    if not lines:
        raise DataError("holds a header and no study", file=name)
    columns = {column: np.array(x) for column, x in values.items()}
    if measure == "GEN":
        columns = _variances(columns, names, lines, name)
    for column, fields in texts.items():
        _refuse_two_spellings(fields, lines, name, column)
    unnamed = "The file has no column `study` or `label`: its studies are named by their order."
    return Table(
        measure, tuple(names), columns, tuple(lines), fingerprint,
        {column: tuple(fields) for column, fields in texts.items()}, () if label is not None else (unnamed,), DECIMALS[decimal],
    )  # fmt: skip


def _check_header(header: list[str], name: str, line: int, separator: str) -> None:
    for other, sign in SEPARATORS.items():
        if len(header) == 1 and other != separator and sign in header[0]:
            also = " and, if numbers have a decimal comma, --decimal comma" if other == "semicolon" else ""
            raise DataError(f"its fields are separated by a {other}; read it with --separator {other}{also}",
                            file=name, line=line)  # fmt: skip
    for i, column in enumerate(header):
        if column and column in header[:i]:
            raise DataError(f'column "{column}" stands there twice', file=name, line=line)


def _place(header: list[str], column: str, name: str, measure: str) -> int:
    if column in header:
        return header.index(column)
    others = [h for h in header if h and h not in COLUMNS[measure]]
    way_out = suggestion(column, others) if others else "add it"
    raise DataError(
        f'column "{column}" is missing; {measure} needs {", ".join(COLUMNS[measure])}; {way_out}',
        file=name,
        line=1,
    )


def _other(header: list[str], column: str, name: str) -> int:
    if column not in header:
        raise DataError(
            f'column "{column}" is not there; {suggestion(column, [h for h in header if h])}',
            file=name,
            line=1,
        )
    return header.index(column)


def _text_field(cell: str, name: str, line: int, column: str) -> str:
    text = " ".join(cell.split())
    if text.lower() in _MISSING:
        raise DataError(
            f'"{column}" is missing ("{text}"); leave the study out or fill it in', file=name, line=line
        )
    return text


def _refuse_two_spellings(fields: list[str], lines: list[int], name: str, column: str) -> None:
    first: dict[str, str] = {}
    for text, line in zip(fields, lines, strict=True):
        before = first.setdefault(text.casefold(), text)
        if before != text:
            raise DataError(
                f'"{column}" is "{text}" where it was "{before}" before; spell a group one way',
                file=name,
                line=line,
            )


def _check_both(vi: str, sei: str, decimal: str, study: str, name: str, line: int) -> None:
    """Refuse a variance that is not the square of the standard error beside it, as far as both are printed."""
    texts = [t.strip().replace(",", ".") if decimal == "," else t.strip() for t in (vi, sei)]
    if not all(_NUMBER.fullmatch(t) for t in texts):
        return  # what is read of the two is refused elsewhere if it is no number
    v, s = (float(t) for t in texts)
    dv, ds = (0.5 * 10.0 ** int(Decimal(t).as_tuple().exponent) for t in texts)
    if not max(0.0, s - ds) ** 2 <= v + dv or not (s + ds) ** 2 >= v - dv:
        raise DataError(
            f'study "{study}": vi = {v:g} is not the square of sei = {s:g} ({s**2:.4g}); correct the wrong one, or leave one '
            "column out", file=name, line=line,
        )  # fmt: skip


def _study(cell: str, name: str, line: int) -> str:
    study = " ".join(cell.split())
    if not study:
        raise DataError("has no name for its study; name it, or leave the column out", file=name, line=line)
    if len(study) > LONGEST_NAME:
        raise DataError(
            f"its study name has {len(study)} characters, the limit is {LONGEST_NAME}", file=name, line=line
        )
    return study


def _number(cell: str, decimal: str, name: str, line: int, column: str) -> float:
    text = cell.strip().replace("−", "-")
    if text.lower() in _MISSING:
        raise DataError(
            f'"{column}" is missing ("{text}"); leave the study out or fill it in', file=name, line=line
        )
    if decimal == "," and "." not in text:
        text = text.replace(",", ".", 1)
    elif decimal == "." and re.fullmatch(r"[+-]?\d*,\d+", text):
        raise DataError(
            f'"{column}" is "{text}": a decimal comma, or a thousands sign? Write a point, or read the file with '
            "--decimal comma --separator semicolon", file=name, line=line,
        )  # fmt: skip
    if not _NUMBER.fullmatch(text):
        shown = text if len(text) <= 40 else text[:39] + "…"
        raise DataError(f'"{column}" is "{shown}", which is not a number', file=name, line=line)
    value = float(text)
    if not math.isfinite(value):
        raise DataError(f'"{column}" is "{text}", beyond what can be computed with', file=name, line=line)
    return value


def _variances(columns: dict[str, Array], names: list[str], lines: list[int], file: str) -> dict[str, Array]:
    column = "vi" if "vi" in columns else "sei"
    v = columns[column]
    for i in np.flatnonzero(v <= 0):
        what = "a variance" if column == "vi" else "a standard error"
        raise DataError(
            f'study "{names[i]}" has {column} = {v[i]:g}; {what} is above zero', file=file, line=lines[i]
        )
    v = v if column == "vi" else v**2
    for i in np.flatnonzero(~computable(columns["yi"], v)):
        raise DataError(
            f'study "{names[i]}" has yi = {columns["yi"][i]:g} and {column} = {columns[column][i]:g}, beyond what can be '
            "computed with; choose another unit",
            file=file,
            line=lines[i],
        )
    return {"yi": columns["yi"], "vi": v}
