"""Tables that a user holds in memory, as named columns: a dict of columns, a pandas data frame, or what turns into one."""

import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from openldn.notation.errors import InputError
from openldn.notation.extras import needed


def columns_of(table: Any, *, index: tuple[str, ...] = ()) -> list[tuple[str, list[Any]]]:
    """(name, values) of each column of a dict, a pandas data frame or anything with `__dataframe__`, in order.

    index: names of an index that counts as a column, where no column has one of them. Columns may differ in length where a
    dict holds them, and may share a name. Raises InputError for another thing, and where pandas is needed and missing.
    """
    if isinstance(table, Mapping):
        for name, values in table.items():
            if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
                raise InputError(f'column "{name}" is {values!r:.40}, not a list; give a list of values')
        return [(str(name), list(values)) for name, values in table.items()]
    if not hasattr(table, "__dataframe__"):
        raise InputError(
            f'a table is not of type "{type(table).__name__}"; give a data frame, a dict of columns or the path of a CSV file'
        )
    pandas = needed("pandas", "data")
    frame = table if isinstance(table, pandas.DataFrame) else _turned(pandas, table)
    columns = [(str(name), frame.iloc[:, i].tolist()) for i, name in enumerate(frame.columns)]
    of_rows = str(frame.index.name).strip().lower()
    if of_rows in index and not {name.strip().lower() for name, _ in columns} & set(index):
        return [(of_rows, frame.index.tolist()), *columns]
    return columns


def _turned(pandas: Any, table: Any) -> Any:
    with (
        warnings.catch_warnings()
    ):  # pandas 3 says that the protocol will go; what a table offers is all that we can take
        warnings.simplefilter("ignore", category=Warning)
        return pandas.api.interchange.from_dataframe(table)
