"""A PRISMA flow from a file: TOML, JSON of the same shape, or CSV with a line for each number.

    box,name,count
    identified.databases,MEDLINE,120
    removed,duplicates,60
    screened,records,185
    reports.excluded,not randomised,20
    included,studies,7

`box` is the table of the TOML, `name` the entry in it; lines `title` and `date` hold their text under `name`.
"""

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

from openldn.evidence.prisma import Prisma, prisma_of
from openldn.meta.rows import rows_in
from openldn.notation import (
    DataError,
    Fingerprint,
    InputError,
    Limit,
    TomlFile,
    parse_json,
    read_regular,
    shown,
    text_of,
    toml_file,
)
from openldn.notation.documents import DIGITS, PARTS

LARGEST_FLOW = Limit(1_000_000, "bytes", "of a flow")
_HEADER = ["box", "name", "count"]
_TEXTS = ("title", "date")


def read_flow(path: Path) -> Prisma:
    """The flow in the file at `path`, by its ending: .toml, .json or .csv.

    Raises InputError for another ending or no such file, DataError for a damaged file and the first sum that fails.
    """
    kind = path.suffix.lower()
    if kind not in _READERS:
        raise InputError(
            f'"{shown(path.name)}" is not .toml, .json or .csv; name a file of one of these kinds'
        )
    raw = read_regular(path, LARGEST_FLOW, name=path.name)
    return prisma_of(_READERS[kind](raw, path.name))


def _json(raw: bytes, name: str) -> TomlFile:
    try:
        data = parse_json(text_of(raw, name), name, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise DataError(f"is not valid JSON: {error.msg}", file=name, line=error.lineno) from None
    except _Twice as error:
        raise DataError(f"is not JSON that can be read: {error}", file=name) from None
    if not isinstance(data, dict):
        raise DataError("holds no object at its top; see the shape of the TOML", file=name)
    # What `ldn evidence prisma --json` prints can be read again.
    flow = data.get("flow", data)
    if not isinstance(flow, dict):
        raise DataError('"flow" holds no object; see the shape of the TOML', file=name)
    return TomlFile(name, "", flow, Fingerprint(name, hashlib.sha256(raw).hexdigest()))


class _Twice(ValueError):
    pass


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        often = Counter(name for name, _ in pairs)
        raise _Twice(f'"{next(n for n in often if often[n] > 1)}" stands there twice')
    return found


def _csv(raw: bytes, name: str) -> TomlFile:
    rows, known = rows_in(raw, name, ",")
    _, header = next(rows, (0, []))
    if [h.strip().lower() for h in header] != _HEADER:
        raise DataError("has another header than box,name,count", file=name, line=1)
    data: dict[str, Any] = {}
    for line, cells in rows:
        if len(cells) != len(_HEADER):
            raise DataError(f"has {len(cells)} fields where there are three; a comma in a name needs quotes",
                            file=name, line=line)  # fmt: skip
        box, entry, count = (" ".join(c.split()) for c in cells)
        if box in _TEXTS:
            _put(data, box, entry, known, line)
            continue
        if not count.isascii() or not count.isdecimal():
            raise DataError(f'"{entry or box}" is "{count}"; it must be a count', file=name, line=line)
        if len(count) > DIGITS or box.count(".") >= PARTS:
            most = DIGITS if len(count) > DIGITS else PARTS
            raise DataError(f'"{shown(entry or box)}" goes beyond the limit, {most}', file=name, line=line)
        table = data
        for part in box.split("."):
            table = table.setdefault(part, {})
            if not isinstance(table, dict):
                raise DataError(f'"{box}" is a number and a box at once', file=name, line=line)
        _put(table, entry, int(count), known, line)
    return TomlFile(name, "", data, known)


def _put(table: dict[str, Any], name: str, value: Any, known: Fingerprint, line: int) -> None:
    if name in table:
        raise DataError(f'"{name}" stands there twice', file=known.file, line=line)
    table[name] = value


_READERS = {".toml": toml_file, ".json": _json, ".csv": _csv}
