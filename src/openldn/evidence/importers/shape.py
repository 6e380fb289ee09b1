"""A stranger's JSON, read by path: what is missing is empty, what is of another kind is refused by its place."""

from collections.abc import Iterator
from typing import Any

from openldn.evidence.importers.words import TEXT_LIMIT, clean
from openldn.notation import DataError, Limit

LIST_LIMIT = Limit(20_000, "entries", "of a list in a record to import")


class Node:
    """One object of a JSON document; `place` is the path to it, in words for a message."""

    def __init__(self, data: Any, file: str, place: str = "") -> None:
        if data is None:
            data = {}
        self.file, self.place = file, place
        if not isinstance(data, dict):
            raise self._error(data, "an object")
        self.data: dict[str, Any] = data

    def __contains__(self, name: str) -> bool:
        return self.data.get(name) is not None

    def node(self, *names: str) -> "Node":
        """The object at the end of a path; empty when there is none."""
        here = self
        for name in names:
            here = Node(here.data.get(name), self.file, here._at(name))
        return here

    def nodes(self, name: str) -> "Iterator[Node]":
        """The objects of the list `name`."""
        for i, item in enumerate(self._list(name), 1):
            yield Node(item, self.file, f"{self._at(name)} {i}")

    def text(self, name: str, limit: int = TEXT_LIMIT) -> str:
        """The text of `name` as one clean line, "" when there is none; numbers are text here too."""
        return clean(self.written(name), limit)

    def texts(self, name: str, limit: int = TEXT_LIMIT) -> list[str]:
        """The texts of the list `name`."""
        return [clean(self._text(item, name), limit) for item in self._list(name)]

    def written(self, name: str) -> str:
        """The value of `name` as it is written, for a number that must be read as printed."""
        value = self.data.get(name)
        return "" if value is None else self._text(value, name)

    def _text(self, value: Any, name: str) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise Node({}, self.file, self._at(name))._error(value, "text")
        return str(value)

    def _list(self, name: str) -> list[Any]:
        value = self.data.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise Node({}, self.file, self._at(name))._error(value, "a list")
        if len(value) > LIST_LIMIT:
            raise Node({}, self.file, self._at(name))._error(value, f"at most {LIST_LIMIT:,} long")
        return value

    def _at(self, name: str) -> str:
        return f"{self.place}.{name}" if self.place else name

    def _error(self, value: Any, wanted: str) -> DataError:
        kinds = {dict: "an object", list: "a list", str: "text", bool: "true or false"}
        kind = kinds.get(type(value), "a number")
        return DataError(f"is {kind} where it must be {wanted}; the JSON is of another shape", file=self.file,
                         field=self.place)  # fmt: skip
