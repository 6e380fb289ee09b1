"""Answers as tables: a tidy pandas frame each, whose first rows a notebook shows."""

from collections.abc import Iterable, Sequence
from typing import Any

from openldn.notation import InputError
from openldn.notation.extras import needed

FIRST_ROWS = 10


class Tabular:
    """What has a `table()`; a notebook shows its first rows, or nothing of it where pandas is not installed."""

    def table(self) -> Any:
        raise NotImplementedError

    def _repr_html_(self) -> str | None:
        try:
            return first_rows(self.table())
        except InputError:  # without pandas: the plain text stands in
            return None


def frame(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Any:
    """A pandas DataFrame. Raises InputError where pandas is not installed."""
    return needed("pandas", "data").DataFrame([list(row) for row in rows], columns=list(columns))


def first_rows(table: Any) -> str:
    """The first rows of a frame as HTML, escaped, and how many there are in all where that is more."""
    shown = str(table.head(FIRST_ROWS).to_html(index=False, na_rep=""))
    return shown if len(table) <= FIRST_ROWS else f"{shown}<p>{len(table):,} rows</p>"
