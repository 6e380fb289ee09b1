"""A flow of records as boxes: a column of what goes on, beside it what drops out, as PRISMA draws it.

Drawn directly as SVG, because a flow of text in boxes is no chart. Wide, the ways of finding stand side by
side; narrow, one below the other. Every word is also in the text alternative.
"""

import html
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from openldn.figures.figure import NARROW, WIDE, Figure

_FONT, _LINE, _PAD, _GAP, _ARROW = 11, 14, 7, 14, 12
_LETTER = 5.9  # width of a letter at this size in a common sans serif, on the safe side
_STYLE = 'font-family="Arial, Helvetica, Liberation Sans, sans-serif"'


@dataclass(frozen=True)
class FlowStep:
    """One box, and the lines of the box beside it with what leaves the flow here ("" parts are left out).

    A line that starts with two spaces belongs under the one above it.
    """

    lines: tuple[str, ...]
    leaves: tuple[str, ...] = ()


@dataclass(frozen=True)
class FlowColumn:
    """One way of finding records: its heading and its steps from the top."""

    heading: str
    steps: tuple[FlowStep, ...]


def flow_figure(
    id: str,  # noqa: A002 - the field's name
    title: str,
    alt: str,
    columns: Sequence[FlowColumn],
    last: Sequence[FlowStep],
) -> Figure:
    """The columns, and under all of them the steps in which they meet."""
    drawn = [
        _drawn(columns, last, width, f"{id}-{name}", alt) for width, name in ((WIDE, "w"), (NARROW, "n"))
    ]
    return Figure(id, title, alt, *drawn)


def _drawn(columns: Sequence[FlowColumn], last: Sequence[FlowStep], width: int, id: str, alt: str) -> str:  # noqa: A002
    side_by_side = width > NARROW and len(columns) > 1
    parts: list[str] = []
    bottoms: list[tuple[float, float]] = []
    room = width / len(columns) if side_by_side else width
    y = 0.0
    for i, column in enumerate(columns):
        left = i * room if side_by_side else 0.0
        start = 0.0 if side_by_side else y
        end, centre = _column(column, left, room, start, id, parts)
        bottoms.append((centre, end))
        y = max(y, end) if side_by_side else end + _GAP
    foot = max(end for _, end in bottoms)
    y = foot + 2 * _ARROW
    # The columns meet in one box over the whole width.
    for centre, end in bottoms if side_by_side else bottoms[-1:]:
        parts.append(_arrow(centre, end, centre, y, id))
    for i, step in enumerate(last):
        if i:
            parts.append(_arrow(width / 2, y - _ARROW, width / 2, y, id))
        y = _box(step.lines, 1, width - 2, y, parts) + _ARROW
    height = y - _ARROW + 2
    label = html.escape(alt, quote=True)
    head = (
        f'<defs><marker id="{id}-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0,0 L8,4 L0,8 z" fill="#333"/></marker></defs>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:g}" role="img" aria-label="{label}">'
        f"{head}{''.join(parts)}</svg>"
    )


def _column(
    column: FlowColumn, left: float, room: float, y: float, id: str, parts: list[str]  # noqa: A002
) -> tuple[float, float]:  # fmt: skip
    """Draw one column; its bottom and the middle of its boxes."""
    main = (room - 2 * _GAP) * 0.52
    side, beside = room - main - 2 * _GAP, left + main + _GAP
    centre = left + 1 + main / 2
    for line in textwrap.wrap(column.heading, int((room - _GAP) / _LETTER)):
        parts.append(_text(left + 2, y + _LINE - 2, line, bold=True))
        y += _LINE
    y += 4
    for i, step in enumerate(column.steps):
        if i:
            parts.append(_arrow(centre, y - _ARROW, centre, y, id))
        bottom = _box(step.lines, left + 1, main, y, parts)
        if any(step.leaves):
            parts.append(_arrow(left + 1 + main, y + _LINE, beside, y + _LINE, id))
            bottom_of_side = _box(step.leaves, beside, side, y, parts)
            # What drops out may need more room than the step, whose own line then goes on beside it.
            if bottom_of_side > bottom:
                parts.append(_line(centre, bottom, centre, bottom_of_side))
                bottom = bottom_of_side
        y = bottom + _ARROW
    return y - _ARROW, centre


def _box(lines: Sequence[str], x: float, width: float, y: float, parts: list[str]) -> float:
    """Draw a box with its lines; its bottom."""
    fits = max(8, int((width - 2 * _PAD) / _LETTER))
    # A number keeps to the last word of its name, where both fit in a line.
    glued = [re.sub(r": (\d+)$", ":\u00a0\\1", line) for line in lines if line]
    whole = [g if len(g.split(" ")[-1]) <= fits else g.replace("\u00a0", " ") for g in glued]
    # Only what belongs under the line above is set in; where it goes on it is set in further.
    wrapped = [
        w
        for line in whole
        for w in textwrap.wrap(line, fits, subsequent_indent="    " if line.startswith("  ") else "")
    ]
    height = len(wrapped) * _LINE + 2 * _PAD - 3
    parts.append(
        f'<rect x="{x:g}" y="{y + 0.5:g}" width="{width:g}" height="{height:g}" fill="none" stroke="#333" rx="2"/>'
    )
    for i, line in enumerate(wrapped):
        indent = 3 * (len(line) - len(line.lstrip()))
        parts.append(_text(x + _PAD + indent, y + _PAD + _FONT - 1 + i * _LINE, line.strip()))
    return y + 0.5 + height


def _text(x: float, y: float, text: str, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:g}" y="{y:g}" font-size="{_FONT}" {_STYLE}{weight} fill="#000">{html.escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, tip: str = "") -> str:
    return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="#333"{tip}/>'


def _arrow(x1: float, y1: float, x2: float, y2: float, id: str) -> str:  # noqa: A002
    return _line(x1, y1, x2, y2, f' marker-end="url(#{id}-tip)"')
