"""What a notebook shows of a table: its first rows, escaped."""

from collections.abc import Mapping
from html import escape
from typing import Any

from numpy.typing import NDArray

SHOWN = 8


def first_rows(columns: Mapping[str, NDArray[Any]], caption: str = "") -> str:
    """An HTML table of the first rows of columns of one length."""
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    length = max((len(column) for column in columns.values()), default=0)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(_shown(column[i]))}</td>" for column in columns.values()) + "</tr>"
        for i in range(min(SHOWN, length))
    )
    more = (
        f"<tfoot><tr><td colspan={len(columns)}>… {length:,} rows</td></tr></tfoot>" if length > SHOWN else ""
    )
    words = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{words}<thead><tr>{head}</tr></thead><tbody>{body}</tbody>{more}</table>"


def _shown(cell: Any) -> str:
    if isinstance(cell, float):
        return "" if cell != cell else f"{cell:.6g}"
    return str(cell)
