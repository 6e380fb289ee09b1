"""A CSV file as its rows, each with its line: plain UTF-8 text of bounded size, quotes as in RFC 4180, or refused."""

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from pathlib import Path

from openldn.notation import DataError, Fingerprint, InputError

LARGEST_FILE = 20_000_000


def csv_rows(path: Path, separator: str) -> tuple[Iterator[tuple[int, list[str]]], Fingerprint]:
    """(line, cells) of every row that is not blank, and the file's fingerprint.

    Raises InputError where there is no file, DataError with the line where it is not such text.
    """
    raw, name = _read(path)
    return _rows(_text(raw, name), name, separator), Fingerprint(name, hashlib.sha256(raw).hexdigest())


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
