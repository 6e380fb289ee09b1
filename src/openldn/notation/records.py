"""TOML files read as records whose errors name file, line and field.

    file = read_toml(path, name="pharmacology/naltrexone.toml")
    for key, record in file.tables():
        meaning = record.text("meaning")
        cv = record.number("cv", default=None)
        record.done()                       # anything left over is a misspelt field

Every field is taken once, by type; a missing, mistyped or unknown one raises DataError.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, overload

from openldn.notation.errors import DataError, suggestion

PACKAGE = Path(__file__).resolve().parent.parent
_SIZE_LIMIT = 4_000_000
_REQUIRED: Any = object()
T = TypeVar("T")
D = TypeVar("D")


@dataclass(frozen=True)
class Fingerprint:
    """A data file by the name that answers cite and the SHA-256 of its bytes."""

    file: str
    sha256: str


@dataclass(frozen=True)
class TomlFile:
    """A file as read: `name` is what messages and answers call it, `content` its text, `data` its TOML."""

    name: str
    content: str = field(repr=False)
    data: Mapping[str, Any] = field(repr=False)
    fingerprint: Fingerprint

    def root(self) -> "Record":
        return Record(self, (), dict(self.data))

    def tables(self) -> Iterator[tuple[str, "Record"]]:
        """The top-level tables in file order; a bare value at the top is an error."""
        for key, value in self.data.items():
            if not isinstance(value, dict):
                raise DataError(
                    "a value stands outside any table", file=self.name, line=self.line((key,)), field=key
                )
            yield key, Record(self, (key,), dict(value))

    def line(self, path: tuple[str | int, ...]) -> int | None:
        """The line on which the field at `path` stands; that of its nearest parent if it has none."""
        return _line(self.content, path)


def fingerprint(path: Path, name: str) -> Fingerprint:
    """The Fingerprint of the file at `path` under `name`."""
    return Fingerprint(name, hashlib.sha256(path.read_bytes()).hexdigest())


def package_name(path: Path) -> str:
    """The name under which answers cite a file of the package: its path inside it."""
    try:
        return path.resolve().relative_to(PACKAGE).as_posix()
    except ValueError:
        return path.name


def read_toml(path: Path, name: str | None = None) -> TomlFile:
    """The file at `path` as it is now; `name` is what messages and answers call it.

    Raises DataError when it is missing, too large, not UTF-8 or not TOML, with the line.
    """
    name = name or package_name(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", file=name) from None
    if len(raw) > _SIZE_LIMIT:
        raise DataError(f"is {len(raw):,} bytes, the limit is {_SIZE_LIMIT:,}", file=name)
    return _parsed(raw, name)


@lru_cache(maxsize=1024)
def _parsed(raw: bytes, name: str) -> TomlFile:
    """The file of these bytes, parsed once: a user may change a table between two calls."""
    try:
        content = raw.decode("utf-8")
        data = tomllib.loads(content)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DataError("is not UTF-8 text; save it as UTF-8", file=name, line=line) from None
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else content.count("\n") + 1
        raise DataError(f"is not valid TOML: {str(error).split(' (at')[0]}", file=name, line=line) from None
    return TomlFile(name, content, data, Fingerprint(name, hashlib.sha256(raw).hexdigest()))


class Record:
    """One table of a TOML file, taken apart field by field."""

    def __init__(self, file: TomlFile, path: tuple[str | int, ...], data: dict[str, Any]) -> None:
        self.file, self.path = file, path
        self._left = data
        self._known: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return name in self._left

    def error(self, message: str, name: str = "") -> DataError:
        """A DataError that points at field `name` of this record."""
        path = (*self.path, name) if name else self.path
        shown = ".".join(str(part) for part in path)
        return DataError(message, file=self.file.name, line=self.file.line(path), field=shown)

    def take(self, name: str, kind: type[T] | tuple[type[T], ...], default: Any = _REQUIRED) -> T:
        self._known.add(name)
        if name not in self._left:
            if default is _REQUIRED:
                raise self.error(f'"{name}" is missing', name)
            return default  # type: ignore[no-any-return]
        value = self._left.pop(name)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            wanted = " or ".join(k.__name__ for k in (kind if isinstance(kind, tuple) else (kind,)))
            raise self.error(f'"{name}" is {value!r}; it must be {wanted}', name)
        return value

    @overload
    def text(self, name: str) -> str: ...
    @overload
    def text(self, name: str, default: D) -> str | D: ...
    def text(self, name: str, default: Any = _REQUIRED) -> Any:
        return self.take(name, str, default)

    @overload
    def number(self, name: str) -> float: ...
    @overload
    def number(self, name: str, default: D) -> float | D: ...
    def number(self, name: str, default: Any = _REQUIRED) -> Any:
        value = self.take(name, (int, float), default)
        if isinstance(value, float) and value != value:
            raise self.error(f'"{name}" is nan; leave the field out instead', name)
        return value

    @overload
    def integer(self, name: str) -> int: ...
    @overload
    def integer(self, name: str, default: D) -> int | D: ...
    def integer(self, name: str, default: Any = _REQUIRED) -> Any:
        return self.take(name, int, default)

    @overload
    def flag(self, name: str) -> bool: ...
    @overload
    def flag(self, name: str, default: D) -> bool | D: ...
    def flag(self, name: str, default: Any = _REQUIRED) -> Any:
        return self.take(name, bool, default)

    def one_of(self, name: str, allowed: tuple[str, ...], default: Any = _REQUIRED) -> str:
        value = self.text(name, default)
        if value not in allowed and value is not default:
            raise self.error(f'"{name}" is "{value}"; {suggestion(value, allowed)}', name)
        return value

    def texts(self, name: str, default: Any = _REQUIRED) -> tuple[str, ...]:
        return tuple(self._items(name, str, default))

    def numbers(self, name: str, default: Any = _REQUIRED) -> tuple[float, ...]:
        return tuple(float(value) for value in self._items(name, (int, float), default))

    @overload
    def table(self, name: str) -> "Record": ...
    @overload
    def table(self, name: str, default: None) -> "Record | None": ...
    def table(self, name: str, default: Any = _REQUIRED) -> "Record | None":
        value = self.take(name, dict, default)
        return Record(self.file, (*self.path, name), dict(value)) if value is not None else None

    def tables(self, name: str) -> "list[Record]":
        """The array of tables `name`, empty when there is none."""
        value = self._items(name, dict, ())
        return [Record(self.file, (*self.path, name, i), dict(item)) for i, item in enumerate(value)]

    def inner_tables(self) -> "list[tuple[str, Record]]":
        """Every table inside this one that is not taken yet, for records whose tables have free names."""
        names = [name for name, value in self._left.items() if isinstance(value, dict)]
        return [(name, self.table(name)) for name in names]

    def rest(self) -> dict[str, Any]:
        """Everything not taken yet, for records whose keys are free."""
        left, self._left = self._left, {}
        return left

    def done(self) -> None:
        """Raise DataError if a field is left that nobody asked for."""
        for name in self._left:
            raise self.error(f'field "{name}" is not known here; {suggestion(name, self._known)}', name)

    def _items(self, name: str, kind: Any, default: Any) -> list[Any]:
        value = self.take(name, list, default)
        for item in value:
            if not isinstance(item, kind) or isinstance(item, bool):
                raise self.error(f'"{name}" holds {item!r}, which is not of the right kind', name)
        return list(value)


_HEADER = re.compile(r"\s*(?P<open>\[\[?)\s*(?P<path>[^\]]+?)\s*\]\]?")


def _line(content: str, path: tuple[str | int, ...]) -> int | None:
    here: tuple[str | int, ...] = ()
    counts: dict[tuple[str, ...], int] = {}
    best, best_depth = None, 0
    for number, line in enumerate(content.splitlines(), 1):
        if header := _HEADER.match(line):
            names = tuple(part.strip().strip("\"'") for part in header["path"].split("."))
            if header["open"] == "[[":
                counts[names] = counts.get(names, -1) + 1
                for below in [k for k in counts if len(k) > len(names) and k[: len(names)] == names]:
                    del counts[below]
            here = ()
            for depth, name in enumerate(names, 1):
                here = (*here, name)
                if names[:depth] in counts:
                    here = (*here, counts[names[:depth]])
        elif "=" in line and not line.lstrip().startswith("#"):
            key = line.split("=", 1)[0].strip().strip("\"'")
            full = (*here, *key.split("."))
            if path[: len(full)] == full and len(full) > best_depth:
                best, best_depth = number, len(full)
            continue
        else:
            continue
        if path[: len(here)] == here and len(here) >= best_depth:
            best, best_depth = number, len(here)
    return best
