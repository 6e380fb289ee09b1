"""What a notebook shows: a model's equations as they are written, and the first rows of a table; all escaped."""

import html
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from openldn.engine.expressions import Call, Expression, Number, Symbol
from openldn.notation import printable

# How strongly the parts of an expression hold together; what compares is between `not` and `+`.
_INFIX = {"or": 1, "and": 2, "+": 5, "-": 5, "*": 6, "/": 6, "^": 8}
_PREFIX = {"not": (3, "not "), "neg": (7, "-")}
_COMPARED, _SIGNED, _ATOM = 4, 7, 9
_SHOWN = 8


def written(expression: Expression) -> str:
    """The expression as the language of models has it, with no more brackets than it needs."""
    return _written(expression)[0]


def tables_html(title: str, tables: Iterable[tuple[str, Sequence[str], Sequence[Sequence[str]]]]) -> str:
    """A title, and tables that each have a caption, headings and rows of text. Everything is escaped."""
    parts = [f"<p>{_escaped(title)}</p>" if title else ""]
    for caption, headings, rows in tables:
        head = "".join(f"<th>{_escaped(h)}</th>" for h in headings)
        body = "".join(f"<tr>{''.join(f'<td>{_escaped(cell)}</td>' for cell in row)}</tr>" for row in rows)
        parts.append(
            f'<table style="text-align:left"><caption>{_escaped(caption)}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )
    return "".join(parts)


def _escaped(text: str) -> str:
    return html.escape(printable(text))


def first_rows(columns: Mapping[str, NDArray[Any]], caption: str = "") -> str:
    """An HTML table of the first rows of columns of one length, and how many there are."""
    length = max((len(column) for column in columns.values()), default=0)
    rows = [[_cell(column[i]) for column in columns.values()] for i in range(min(_SHOWN, length))]
    more = f"{caption}, {length:,} rows" if length > _SHOWN else caption
    return tables_html("", [(more, list(columns), rows)])


def _cell(cell: Any) -> str:
    if isinstance(cell, float):
        return "" if math.isnan(cell) else f"{cell:.6g}"
    return str(cell)


def _written(expression: Expression) -> tuple[str, int]:
    """The text, and how strongly it holds together."""
    if isinstance(expression, Number):
        return _number(expression.value)
    if isinstance(expression, Symbol):
        return expression.name, _ATOM
    name, arguments = expression.name, expression.arguments
    if name in _PREFIX:
        strength, sign = _PREFIX[name]
        return f"{sign}{_within(arguments[0], strength + 1)}", strength
    if name in _INFIX or not name.isidentifier():
        return _infix(expression)
    return f"{name}({', '.join(written(a) for a in arguments)})", _ATOM


def _infix(call: Call) -> tuple[str, int]:
    strength = _INFIX.get(call.name, _COMPARED)
    if call.name == "^":
        return f"{_within(call.arguments[0], _ATOM)}^{_within(call.arguments[1], _SIGNED)}", strength
    first = strength + (strength == _COMPARED)  # the others are read from left to right
    left, right = _within(call.arguments[0], first), _within(call.arguments[1], strength + 1)
    return f"{left} {call.name} {right}", strength


def _within(expression: Expression, strength: int) -> str:
    text, own = _written(expression)
    return text if own >= strength else f"({text})"


def _number(value: float) -> tuple[str, int]:
    if value == math.pi:
        return "pi", _ATOM
    text = repr(float(value)).removesuffix(".0")
    return text, _ATOM if value >= 0 else _SIGNED


def counted(number: int, what: str) -> str:
    """`1 person`, `1,000 persons`."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
