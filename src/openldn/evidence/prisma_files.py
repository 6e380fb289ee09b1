"""A PRISMA flow from a file: TOML, JSON of the same shape, or CSV with a line for each number.

    box,name,count
    identified.databases,MEDLINE,120
    removed,duplicates,60
    screened,records,185
    reports.excluded,not randomised,20
    included,studies,7

`box` is the table of the TOML, `name` the entry in it; lines `title` and `date` hold their text under `name`.
"""

import json
from pathlib import Path
from typing import Any

from openldn.evidence.prisma import Prisma, prisma_of
from openldn.meta.rows import csv_rows
from openldn.notation import DataError, Fingerprint, InputError, TomlFile, fingerprint, read_toml

LARGEST_FLOW = 1_000_000
_HEADER = ["box", "name", "count"]
_TEXTS = ("title", "date")


def read_flow(path: Path) -> Prisma:
    """The flow in the file at `path`, by its ending: .toml, .json or .csv.

    Raises InputError for another ending or no such file, DataError for a damaged file and the first sum that fails.
    """
    kind = path.suffix.lower()
    if kind not in _READERS:
        raise InputError(f'"{path.name}" is not .toml, .json or .csv; name a file of one of these kinds')
    try:
        if path.stat().st_size > LARGEST_FLOW:
            raise DataError(f"is larger than {LARGEST_FLOW:,} bytes, the limit for a flow", file=path.name)
    except OSError as error:
        raise InputError(f'cannot read "{path}": {error.strerror or error}; name a file') from None
    if path.is_dir():
        raise InputError(f'"{path}" is a folder; name a file')
    return prisma_of(_READERS[kind](path))


def _toml(path: Path) -> TomlFile:
    return read_toml(path, path.name)


def _json(path: Path) -> TomlFile:
    try:
        data = json.loads(path.read_bytes().decode("utf-8-sig"), object_pairs_hook=_once)
    except UnicodeDecodeError:
        raise DataError("is not UTF-8 text; save it as UTF-8", file=path.name) from None
    except json.JSONDecodeError as error:
        raise DataError(f"is not valid JSON: {error.msg}", file=path.name, line=error.lineno) from None
    except (_Twice, RecursionError) as error:
        raise DataError(f"is not JSON that can be read: {error}", file=path.name) from None
    if not isinstance(data, dict):
        raise DataError("holds no object at its top; see the shape of the TOML", file=path.name)
    # What `ldn evidence prisma --json` prints can be read again.
    flow = data.get("flow", data)
    if not isinstance(flow, dict):
        raise DataError('"flow" holds no object; see the shape of the TOML', file=path.name)
    return TomlFile(path.name, "", flow, fingerprint(path, path.name))


class _Twice(ValueError):
    pass


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _Twice(f'"{next(n for n in names if names.count(n) > 1)}" stands there twice')
    return found


def _csv(path: Path) -> TomlFile:
    rows, known = csv_rows(path, ",")
    _, header = next(rows, (0, []))
    if [h.strip().lower() for h in header] != _HEADER:
        raise DataError("has another header than box,name,count", file=path.name, line=1)
    data: dict[str, Any] = {}
    for line, cells in rows:
        if len(cells) != len(_HEADER):
            raise DataError(f"has {len(cells)} fields where there are three; a comma in a name needs quotes",
                            file=path.name, line=line)  # fmt: skip
        box, name, count = (" ".join(c.split()) for c in cells)
        if box in _TEXTS:
            _put(data, box, name, known, line)
            continue
        if not count.isascii() or not count.isdecimal():
            raise DataError(f'"{name or box}" is "{count}"; it must be a count', file=path.name, line=line)
        table = data
        for part in box.split("."):
            table = table.setdefault(part, {})
            if not isinstance(table, dict):
                raise DataError(f'"{box}" is a number and a box at once', file=path.name, line=line)
        _put(table, name, int(count), known, line)
    return TomlFile(path.name, "", data, known)


def _put(table: dict[str, Any], name: str, value: Any, known: Fingerprint, line: int) -> None:
    if name in table:
        raise DataError(f'"{name}" stands there twice', file=known.file, line=line)
    table[name] = value


_READERS = {".toml": _toml, ".json": _json, ".csv": _csv}
