"""What stands in the plot itself of a forest plot: squares, diamonds, bars, arrows and the lines behind them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from openldn.figures.axis import Axis
from openldn.figures.figure import COLOURS
from openldn.figures.svg import INK, PAPER, Canvas

_BLUE, _VERMILION = COLOURS[:2]


@dataclass(frozen=True)
class Mark:
    """One line of the plot; `kind` is study, step (of a cumulative plot), subgroup or overall."""

    kind: str
    label: str
    estimate: float | None
    low: float | None
    high: float | None
    weight: float | None = None
    columns: tuple[str, ...] = ()
    bias: tuple[str, ...] = ()
    prediction: tuple[float, float] | None = None


def draw_mark(canvas: Canvas, axis: Axis, y: float, m: Mark, heaviest: float) -> None:
    if m.estimate is None:
        return
    low = m.estimate if m.low is None else m.low
    high = m.estimate if m.high is None else m.high
    if m.prediction:
        _bar(canvas, axis, y, *m.prediction, colour=_VERMILION, width=3.0, capped=True)
    x, here = axis.at(m.estimate), axis.holds(m.estimate)
    if m.kind in ("subgroup", "overall"):
        if here:
            fill = _BLUE if m.kind == "overall" else PAPER
            corners = [(axis.at(low), y), (x, y - 6.5), (axis.at(high), y), (x, y + 6.5)]
            canvas.polygon(corners, fill=fill, stroke=_BLUE, width=1.6, title=m.label)
        _arrows(canvas, axis, y, low, high, _BLUE)
        return
    _bar(canvas, axis, y, low, high, colour=INK, width=1.4)
    if not here:
        return
    if m.kind == "step":
        canvas.circle(x, y, 4, fill=_BLUE, stroke=INK, title=m.label)
        return
    side = 7.5 if m.weight is None else 3.5 + 9.5 * math.sqrt(m.weight / heaviest)
    bare = m.low is None
    canvas.rect(
        x - side / 2,
        y - side / 2,
        side,
        side,
        fill=PAPER if bare else INK,
        stroke=INK,
        line=1.2,
        title=m.label,
    )


def _bar(
    canvas: Canvas,
    axis: Axis,
    y: float,
    low: float,
    high: float,
    *,
    colour: str,
    width: float,
    capped: bool = False,
) -> None:
    a, b = axis.at(low), axis.at(high)
    canvas.line(a, y, b, y, stroke=colour, width=width)
    for x, value in ((a, low), (b, high)):
        if capped and axis.holds(value):
            canvas.line(x, y - 4, x, y + 4, stroke=colour, width=1.6)
    _arrows(canvas, axis, y, low, high, colour)


def _arrows(canvas: Canvas, axis: Axis, y: float, low: float, high: float, colour: str) -> None:
    """A head at each end of the axis that the interval goes beyond."""
    for beyond, x, step in (
        (not axis.holds(min(low, axis.high)), axis.start, 7.0),
        (not axis.holds(max(high, axis.low)), axis.end, -7.0),
    ):
        if beyond:
            canvas.polygon([(x - step / 2, y), (x + step / 2, y - 4), (x + step / 2, y + 4)], fill=colour)


def references(
    canvas: Canvas,
    axis: Axis,
    zones: Sequence[tuple[float, float]],
    centres: Sequence[tuple[Mark, float]],
    no_effect: float,
) -> None:
    # of several averages the first leads
    overall = [m.estimate for m, _ in centres if m.kind == "overall" and m.estimate is not None]
    joined: list[list[float]] = []
    for top, bottom in zones:
        if joined and top - joined[-1][1] < 0.5:
            joined[-1][1] = bottom
        else:
            joined.append([top, bottom])
    for top, bottom in joined:
        if axis.holds(no_effect):
            x = axis.at(no_effect)
            canvas.line(x, top, x, bottom, stroke=INK, width=1)
        if overall and axis.holds(overall[0]):
            x = axis.at(overall[0])
            canvas.line(x, top, x, bottom, stroke=_BLUE, width=1, dash="3 3")
