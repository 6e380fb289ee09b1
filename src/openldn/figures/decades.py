"""Curves over powers of ten on both axes, or on the lower one alone: how errors fall, how they are spread.

Powers of ten are written as such, since `0.0000000001` cannot be read.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from openldn.figures.axis import Axis, plain
from openldn.figures.figure import COLOURS, DASHES, Figure
from openldn.figures.svg import FAINT, SMALL, SOFT, Canvas, n, picture, text_width
from openldn.notation import InputError

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Trace:
    """Points of one curve, from left to right; those that are not above 0 where an axis is in powers are left out."""

    label: str
    points: Sequence[tuple[float, float]]


def decades(
    id: str,  # noqa: A002 - the field's name
    title: str,
    alt: str,
    traces: Sequence[Trace],
    *,
    across: str,
    up: str,
    up_in_powers: bool = True,
    limit: tuple[float, str] | None = None,
) -> Figure:
    """The curves with a key below them. across, up: what the axes show.

    limit: a place on the lower axis, with what it is, for a line that goes up there.
    Raises InputError when there is nothing to draw.
    """
    kept = [
        Trace(t.label, [(x, y) for x, y in t.points if x > 0 and (y > 0 or not up_in_powers)]) for t in traces
    ]
    if not any(trace.points for trace in kept):
        raise InputError(f'figure "{id}" has no point: give at least one above 0')
    return picture(id, title, alt, lambda canvas: _paint(canvas, kept, across, up, up_in_powers, limit))


def _paint(
    canvas: Canvas,
    traces: Sequence[Trace],
    across: str,
    up: str,
    powers: bool,
    limit: tuple[float, str] | None,
) -> float:
    xs = [x for trace in traces for x, _ in trace.points] + ([limit[0]] if limit else [])
    ys = [y for trace in traces for _, y in trace.points]
    left, top, bottom = 52.0, 26.0, 26.0 + (280 if canvas.narrow is False else 220)
    x_axis = Axis(*_span(xs), left, canvas.width - 14, log=True)
    y_axis = Axis(*(_span(ys) if powers else (0.0, max(ys))), bottom, top, log=powers)
    canvas.text(0, 13, up, size=SMALL, fill=SOFT)
    for tick in _powers(y_axis, 24) if powers else y_axis.ticks(upright=True):
        y = y_axis.at(tick)
        canvas.line(left, y, canvas.width - 14, y, stroke=FAINT, width=0.6)
        canvas.text(left - 6, y + 4, _power(tick) if powers else plain(tick), size=SMALL, anchor="end")
    canvas.line(left, bottom, canvas.width - 14, bottom)
    for tick in _powers(x_axis, 34):
        x = x_axis.at(tick)
        canvas.line(x, bottom, x, bottom + 4)
        canvas.text(x, bottom + 16, _power(tick), size=SMALL, anchor="middle")
    canvas.text(canvas.width - 14, bottom + 33, across, size=SMALL, anchor="end", fill=SOFT)
    if limit:
        x = x_axis.at(limit[0])
        canvas.line(x, top, x, bottom, stroke=SOFT, width=1, dash="2 3")
        canvas.text(x - 5, top + 10, limit[1], size=SMALL, anchor="end", fill=SOFT, halo=True)
    for i, trace in enumerate(traces):
        places = [(x_axis.at(x), y_axis.at(y)) for x, y in trace.points]
        d = "L".join(f"{n(x)} {n(y)}" for x, y in places)
        if d:
            canvas.path(f"M{d}", stroke=COLOURS[i % len(COLOURS)], width=1.8, dash=_dash(i))
        for x, y in places if powers else ():
            canvas.circle(x, y, 2.4, fill=COLOURS[i % len(COLOURS)])
    return _key(canvas, traces, left, bottom + 54)


def _key(canvas: Canvas, traces: Sequence[Trace], left: float, y: float) -> float:
    x = left
    for i, trace in enumerate(traces):
        wide = 34 + text_width(trace.label, SMALL) + 16
        if x > left and x + wide > canvas.width:
            x, y = left, y + 18
        canvas.line(x, y - 4, x + 28, y - 4, stroke=COLOURS[i % len(COLOURS)], width=1.8, dash=_dash(i))
        canvas.text(x + 34, y, trace.label, size=SMALL)
        x += wide
    return y + 10


def _dash(i: int) -> str:
    dash = DASHES[(i + i // len(COLOURS)) % len(DASHES)]  # a colour that comes again has another dash
    return "" if dash == DASHES[0] else " ".join(map(str, dash))


def _span(values: Sequence[float]) -> tuple[float, float]:
    """Whole powers of ten that hold the values."""
    low, high = (
        math.floor(math.log10(min(values)) + 1e-9),
        math.ceil(math.log10(max(values)) - 1e-9),
    )
    return 10.0**low, 10.0 ** max(high, low + 1)


def _powers(axis: Axis, room: float) -> list[float]:
    low, high = round(math.log10(axis.low)), round(math.log10(axis.high))
    fit = max(1, int(abs(axis.end - axis.start) / room))
    every = math.ceil((high - low + 1) / fit)
    return [10.0**p for p in range(low, high + 1) if (p - low) % every == 0]


def _power(value: float) -> str:
    return "10" + str(round(math.log10(value))).translate(_SUPERSCRIPTS)
