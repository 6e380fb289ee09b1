"""Studies from a CSV file: read strictly, since a misread number is worse than none.

UTF-8 with or without a byte order mark, any line ends, a header, one line a study. Columns by measure:

    RR OR RD        ai, n1i, ci, n2i                    events and persons of the two groups
    MD SMD ROM      m1i, sd1i, n1i, m2i, sd2i, n2i      mean, SD and persons of the two groups
    GEN             yi and vi, or yi and sei            effects with variances or standard errors

A column `study` (or `label`) names the studies; any other column is left alone. A comma separates and a point is the
decimal sign; other files are refused with the way out and read when `separator` or `decimal` says so. An empty
field, a number that is not finite, a repeated name and a line of another length are refused with their line.
"""

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from openldn.evidence.synthesis.linear import Array, computable
from openldn.notation import DataError, Fingerprint, InputError, UnknownName, suggestion

LARGEST_FILE, MOST_STUDIES, LONGEST_NAME = 20_000_000, 100_000, 200
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}
DECIMALS = {"point": ".", "comma": ","}
_COUNTS = ("ai", "n1i", "ci", "n2i")
_MEANS = ("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i")
COLUMNS: dict[str, tuple[str, ...]] = {
    "RR": _COUNTS, "OR": _COUNTS, "RD": _COUNTS, "MD": _MEANS, "SMD": _MEANS, "ROM": _MEANS, "GEN": ("yi", "vi"),
}  # fmt: skip
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_MISSING = {"", "na", "n/a", "nan", "null", "none", ".", "-", "?"}


@dataclass(frozen=True)
class Table:
    """A file as read: names (studies,), the columns that the measure needs (studies,), lines, and its fingerprint."""

    measure: str
    names: tuple[str, ...]
    columns: dict[str, Array] = field(repr=False)
    lines: tuple[int, ...] = field(repr=False)
    fingerprint: Fingerprint


def read_table(path: Path, measure: str, *, separator: str = "comma", decimal: str = "point") -> Table:
    """Read `path` for `measure`. Raises UnknownName, InputError (no such file) or DataError with the line."""
    for kind, value, known in (
        ("measure", measure, COLUMNS), ("separator", separator, SEPARATORS), ("decimal sign", decimal, DECIMALS),
    ):  # fmt: skip
        if value not in known:
            raise UnknownName(kind, value, known)
    if separator == "comma" and decimal == "comma":
        raise InputError("a comma cannot be both separator and decimal sign; add --separator semicolon")
    raw, name = _read(path)
    text = _text(raw, name)
    rows = _rows(text, name, SEPARATORS[separator])
    first = next(rows, None)
    if first is None:
        raise DataError("is empty; it needs a header and one line a study", file=name)
    header = [cell.strip().lower() for cell in first[1]]
    _check_header(header, name, first[0], separator)
    wanted = COLUMNS[measure]
    if measure == "GEN" and "vi" not in header and "sei" in header:
        wanted = ("yi", "sei")
    places = {column: _place(header, column, name, measure) for column in wanted}
    label = next((header.index(c) for c in ("study", "label") if c in header), None)
    names: dict[str, int] = {}
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
        study = _study(cells[label] if label is not None else "", len(lines) + 1, name, line)
        if study in names:
            raise DataError(f'study "{study}" stands on line {names[study]} already; give each study a name of its own',
                            file=name, line=line)  # fmt: skip
        names[study] = line
        lines.append(line)
        for column, place in places.items():
            values[column].append(_number(cells[place], DECIMALS[decimal], name, line, column))
    if not lines:
        raise DataError("holds a header and no study", file=name)
    columns = {column: np.array(x) for column, x in values.items()}
    if measure == "GEN":
        columns = _variances(columns, tuple(names), lines, name)
    return Table(measure, tuple(names), columns, tuple(lines), Fingerprint(name, _sha256(raw)))


def _read(path: Path) -> tuple[bytes, str]:
    name = path.name
    try:
        if path.is_dir():
            raise InputError(f'"{path}" is a folder; name a CSV file')
        with path.open("rb") as file:
            raw = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise InputError(f'cannot read "{path}": {error.strerror or error}; name a CSV file') from None
    if len(raw) > LARGEST_FILE:
        raise DataError(
            f"is larger than {LARGEST_FILE:,} bytes, the limit; a line a study is all that is needed",
            file=name,
        )
    return raw, name


def _text(raw: bytes, name: str) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError("is UTF-16 text; save it as CSV UTF-8", file=name)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DataError("is not UTF-8 text; save it as CSV UTF-8", file=name, line=line) from None
    if found := re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f]", text):
        line = text[: found.start()].count("\n") + 1
        raise DataError(
            "is not plain text (it holds control characters); save it as CSV UTF-8", file=name, line=line
        )
    return text


def _rows(text: str, name: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    last = 0
    try:
        for cells in reader:
            line, last = last + 1, reader.line_num
            if any(cell.strip() for cell in cells):
                yield line, cells
    except csv.Error as error:
        raise DataError(
            f"is not CSV that reads: {error}; check the quotes", file=name, line=last + 1
        ) from None


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


def _study(cell: str, number: int, name: str, line: int) -> str:
    study = " ".join(cell.split()) or f"study {number}"
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


def _variances(
    columns: dict[str, Array], names: tuple[str, ...], lines: list[int], file: str
) -> dict[str, Array]:
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


def _sha256(raw: bytes) -> str:
    import hashlib

    return hashlib.sha256(raw).hexdigest()
