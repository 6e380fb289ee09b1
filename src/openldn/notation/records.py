"""TOML files read as records whose errors name file, line and field.

    file = read_toml(path, name="pharmacology/naltrexone.toml")
    for key, record in file.tables():
        meaning = record.text("meaning")
        cv = record.number("cv", default=None)
        record.done()                       # anything left over is a misspelt field

Every field is taken once, by type; a missing, mistyped or unknown one raises DataError.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, TypeVar, overload

from openldn.notation.documents import PARTS, parse_toml
from openldn.notation.errors import DataError, suggestion
from openldn.notation.limits import Limit
from openldn.notation.reading import read_regular, text_of

PACKAGE = Path(__file__).resolve().parent.parent
SIZE = Limit(4_000_000, "bytes", "of a TOML file")
FINGERPRINTED = Limit(500_000_000, "bytes", "of a file that an answer cites")
_REMEMBERED = 400_000  # bytes; a larger file is read anew each time, lest a thousand of them fill the memory
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
        return next((line for n in range(len(path), 0, -1) if (line := self._lines.get(path[:n]))), None)

    @cached_property
    def _lines(self) -> dict[tuple[str | int, ...], int]:
        return _lines(self.content)


def fingerprint(path: Path, name: str) -> Fingerprint:
    """The Fingerprint of the file at `path` under `name`."""
    return Fingerprint(name, hashlib.sha256(read_regular(path, FINGERPRINTED, name=name)).hexdigest())


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
    return toml_file(read_regular(path, SIZE, name=name), name)


def toml_file(raw: bytes, name: str) -> TomlFile:
    """The file `name` of these bytes. Raises DataError as `read_toml` does."""
    return _parsed(raw, name) if len(raw) <= _REMEMBERED else _parsed.__wrapped__(raw, name)


@lru_cache(maxsize=1024)
def _parsed(raw: bytes, name: str) -> TomlFile:
    """The file of these bytes, parsed once: a user may change a table between two calls."""
    content = text_of(raw, name)
    return TomlFile(
        name, content, parse_toml(content, name), Fingerprint(name, hashlib.sha256(raw).hexdigest())
    )


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


def _lines(content: str) -> dict[tuple[str | int, ...], int]:
    """The line of each table and each field of a file, by its path."""
    found: dict[tuple[str | int, ...], int] = {}
    here: tuple[str | int, ...] = ()
    root: dict[str, Any] = {}  # name to [number in its array or None, what is below]
    for number, line in enumerate(content.split("\n"), 1):
        plain = line.strip()
        if plain.count(".", 0, 1000) > PARTS:
            continue  # a line of prose: no key has so many parts
        if plain.startswith("[") and "]" in plain:
            many = plain.startswith("[[")
            names = plain.lstrip("[").partition("]")[0].split(".")
            here, below = (), root
            for i, part in enumerate(names):
                name = part.strip().strip("\"'")
                place = below.setdefault(name, [None, {}])
                if many and i == len(names) - 1:
                    place[:] = [0 if place[0] is None else place[0] + 1, {}]
                here = (*here, name) if place[0] is None else (*here, name, place[0])
                below = place[1]
            found[here] = number
        elif "=" in plain and not plain.startswith("#"):
            key = plain.partition("=")[0].strip().strip("\"'")
            found.setdefault((*here, *key.split(".")), number)
    return found
