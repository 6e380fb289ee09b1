"""Speeds as bars, and costs as curves: who is fastest, and what more work costs.

The bars stand on a plain scale from zero, so that their lengths are in the proportion of the speeds; who is very
slow has hardly a bar, and a number. The curves are on log scales, each in a panel of its own. A dotted line through the
last point says what would be in proportion, or the same for all.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from openldn.figures.axis import Axis, plain
from openldn.figures.figure import COLOURS, Figure
from openldn.figures.plane import short
from openldn.figures.svg import FAINT, INK, SMALL, SOFT, Canvas, leading, picture, text_width, wrap
from openldn.notation import InputError

_BLUE, _GREY = COLOURS[0], "#aab2ba"


@dataclass(frozen=True)
class Speed:
    """`own` is the one that the picture is about."""

    name: str
    value: float
    own: bool = False


@dataclass(frozen=True)
class CostCurve:
    """Costs `y` at rising `x`; `proportional`: whether twice as much of x may fairly cost twice as much."""

    title: str
    x_title: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    proportional: bool = True


def speeds(
    id: str,  # noqa: A002 - the field's name
    title: str,
    bars: Sequence[Speed],
    curves: Sequence[CostCurve],
    *,
    bar_title: str,
    cost_title: str,
    alt: str = "",
) -> Figure:
    """Bars in the order given, and under them a panel for each curve, all with one scale of costs.

    Raises InputError for nothing to draw, numbers that are not above zero, and curves of fewer than two points
    or whose x does not rise.
    """
    if not bars and not curves:
        raise InputError("neither a speed nor a cost was given: there is nothing to draw")
    for name, value in [
        *((b.name, b.value) for b in bars),
        *((c.title, y) for c in curves for y in (*c.x, *c.y)),
    ]:
        if not (math.isfinite(value) and value > 0):
            raise InputError(f'"{name}": {value:g} is not above 0')
    for c in curves:
        if len(c.x) < 2 or len(c.x) != len(c.y) or any(b <= a for a, b in zip(c.x, c.x[1:], strict=False)):
            raise InputError(f'"{c.title}": give two or more points, x rising, as many of y as of x')

    def paint(canvas: Canvas) -> float:
        y = _bars(canvas, bars, bar_title) if bars else 0.0
        return _panels(canvas, curves, cost_title, y + 16) if curves else y

    return picture(id, title, alt or _words(bars, curves, bar_title, cost_title), paint)


def _bars(canvas: Canvas, bars: Sequence[Speed], title: str) -> float:
    y = top = canvas.lines(0, 12, wrap(title, canvas.width, SMALL, bold=True), size=SMALL, bold=True) + 4
    names = [wrap(b.name, 0.42 * canvas.width, SMALL) for b in bars]
    left = 8 + max(text_width(line, SMALL, bold=True) for lines in names for line in lines)
    room = canvas.width - left - 8 - max(text_width(_count(b.value), SMALL, bold=True) for b in bars)
    most = max(b.value for b in bars)
    for b, lines in zip(bars, names, strict=True):
        height = len(lines) * leading(SMALL) + 5
        middle = y + height / 2 - 8
        canvas.lines(left - 8, middle - (len(lines) - 1) * leading(SMALL) / 2 + 4, lines, size=SMALL,
                     anchor="end", bold=b.own)  # fmt: skip
        wide = max(room * b.value / most, 0.8)
        canvas.rect(left, middle - 7, wide, 14, fill=_BLUE if b.own else _GREY, title=b.name)
        canvas.text(left + wide + 5, middle + 4, _count(b.value), size=SMALL, bold=b.own)
        y += height
    canvas.line(left, top - 8, left, y - 8)
    return y


def _panels(canvas: Canvas, curves: Sequence[CostCurve], cost_title: str, top: float) -> float:
    costs = [v for c in curves for v in c.y]
    span = (min(costs) / 1.4, max(costs) * 1.4)
    across_ = 1 if canvas.narrow else len(curves)
    height, between = 150.0, 26.0
    top = canvas.lines(0, top, wrap(cost_title, canvas.width, SMALL, bold=True), size=SMALL, bold=True) + 2
    left = 10 + max(text_width(plain(t), SMALL) for t in Axis(*span, height, 0, True).ticks(upright=True))
    wide = (canvas.width - left - 8 - between * (across_ - 1)) / across_
    deepest = top
    for i, c in enumerate(curves):
        row, column = divmod(i, across_)
        head = top if row == 0 else deepest + 14
        x0 = left + column * (wide + between)
        end = _panel(canvas, c, span, x0, head, wide, height, labels=column == 0)
        deepest = max(deepest, end)
    return deepest


def _panel(
    canvas: Canvas, c: CostCurve, span: tuple[float, float], left: float, top: float, wide: float, height: float, *, labels: bool
) -> float:  # fmt: skip
    first = canvas.lines(left, top + 4, wrap(c.title, wide, SMALL), size=SMALL) - 6
    bottom = first + height
    y = Axis(*span, bottom, first, True)
    pad = (c.x[-1] / c.x[0]) ** 0.06
    x = Axis(c.x[0] / pad, c.x[-1] * pad, left, left + wide, True)
    for tick in y.ticks(upright=True):
        canvas.line(left, y.at(tick), left + wide, y.at(tick), stroke=FAINT, width=0.6)
        if labels:
            canvas.text(left - 6, y.at(tick) + 4, plain(tick), size=SMALL, anchor="end")
    canvas.line(left, bottom, left + wide, bottom)
    edge = -math.inf
    for tick in c.x:
        canvas.line(x.at(tick), bottom, x.at(tick), bottom + 4)
        half = text_width(_count(tick), SMALL) / 2
        if x.at(tick) - half > edge + 4:
            canvas.text(x.at(tick), bottom + 15, _count(tick), size=SMALL, anchor="middle")
            edge = x.at(tick) + half
    with canvas.clipped(left, first, wide, height):
        last = c.y[-1]
        start = last * c.x[0] / c.x[-1] if c.proportional else last
        # the line of what is in proportion may leave the panel through its floor
        x_start = c.x[0] if start >= span[0] else c.x[-1] * span[0] / last
        canvas.line(
            x.at(x_start), y.at(start), x.at(c.x[-1]), y.at(last), stroke=SOFT, width=1.1, dash="1.5 3"
        )
        points = [(x.at(a), y.at(b)) for a, b in zip(c.x, c.y, strict=True)]
        canvas.path("M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in points), stroke=_BLUE, width=2.0)
        for (a, b), value in zip(points, c.y, strict=True):
            canvas.circle(a, b, 3.0, fill=_BLUE, title=short(value))
    middle = left + wide / 2
    return canvas.lines(
        middle, bottom + 30, wrap(c.x_title, wide, SMALL), size=SMALL, anchor="middle", fill=INK
    )


def _count(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else short(value)


def _words(bars: Sequence[Speed], curves: Sequence[CostCurve], bar_title: str, cost_title: str) -> str:
    told = f"{bar_title}: {', '.join(f'{b.name} {_count(b.value)}' for b in bars)}. " if bars else ""
    for c in curves:
        points = ", ".join(f"{short(b)} at {_count(a)}" for a, b in zip(c.x, c.y, strict=True))
        told += f"{cost_title}, {c.title}, by {c.x_title}: {points}. "
    return told.strip()
