"""A plane of two axes with curves, areas and points in it, and the key above it.

What lies outside the axes is cut off at them. On a log axis a curve has a gap where a value is not above zero,
and an area whose lower edge is not reaches down to the axis.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openldn.figures.axis import Axis, across, limits, plain
from openldn.figures.svg import FAINT, INK, SMALL, Canvas, n, text_width, wrap
from openldn.notation import InputError

Array = NDArray[np.float64]
_DECADES = 4  # a log axis of data reaches no further below their highest value
_FROM_ZERO = 0.3  # an axis of values that are not negative starts at 0 if that takes no more of it than this


@dataclass(frozen=True)
class Entry:
    """An entry of the key: a "box", a "line", a "ring" or a "cross"."""

    words: str
    kind: str
    colour: str
    opacity: float = 1.0
    dash: str = ""
    width: float = 1.6


@dataclass(frozen=True)
class Plane:
    canvas: Canvas
    x: Axis
    y: Axis

    def curve(
        self, xs: Array, ys: Array, *, stroke: str = INK, width: float = 1.0, dash: str = "",
        opacity: float = 1.0, title: str = "",
    ) -> None:  # fmt: skip
        parts: list[str] = []
        pen = "M"
        for a, b in zip(xs.tolist(), ys.tolist(), strict=True):
            if self.y.log and b <= 0:
                pen = "M"
                continue
            parts.append(f"{pen}{n(_free(self.x, a))} {n(_free(self.y, b))}")
            pen = "L"
        if parts:
            self.canvas.path(
                "".join(parts), stroke=stroke, width=width, dash=dash, opacity=opacity, title=title
            )

    def area(self, xs: Array, low: Array, high: Array, *, fill: str, opacity: float = 1.0) -> None:
        if self.y.log:
            above = high > 0
            xs, low, high = xs[above], low[above], high[above]
        if not xs.size:
            return
        there = list(zip(xs.tolist(), high.tolist(), strict=True))
        back = list(zip(xs.tolist(), low.tolist(), strict=True))[::-1]
        corners = [f"{n(self.x.at(a))} {n(self.y.at(b))}" for a, b in (*there, *back)]
        self.canvas.path(f"M{'L'.join(corners)}Z", fill=fill, opacity=opacity)

    def holds(self, a: float, b: float) -> bool:
        return self.x.holds(a) and self.y.holds(b)


def paint_plane(
    canvas: Canvas,
    x_span: tuple[float, float],
    y_span: tuple[float, float],
    paint: Callable[[Plane], None],
    *,
    x_title: str,
    y_title: str,
    key: Sequence[Entry] = (),
    log: bool = False,
    height: float = 280.0,
) -> float:
    """Draw key, axes and what `paint` adds between them; returns the height used."""
    top = _key(canvas, key) if key else 12.0
    top = canvas.lines(0, top, wrap(y_title, canvas.width, SMALL), size=SMALL) - 4
    bottom = top + (height if not canvas.narrow else 0.78 * height)
    probe = Axis(*y_span, bottom, top, log)
    ticks = probe.ticks(upright=True)
    left = 12 + max(text_width(plain(t), SMALL) for t in ticks)
    plane = Plane(canvas, Axis(*x_span, left, canvas.width - 10), probe)
    for tick in ticks:
        canvas.line(left, probe.at(tick), plane.x.end, probe.at(tick), stroke=FAINT, width=0.6)
        canvas.text(left - 6, probe.at(tick) + 4, plain(tick), size=SMALL, anchor="end")
    with canvas.clipped(left, top, plane.x.end - left, bottom - top):
        paint(plane)
    canvas.line(left, bottom, left, top)
    below = across(canvas, plane.x, bottom)
    titles = wrap(x_title, canvas.width - left, SMALL)
    return canvas.lines((left + canvas.width) / 2, below, titles, size=SMALL, anchor="middle") - 6


def cross(canvas: Canvas, x: float, y: float, colour: str, title: str = "") -> None:
    """A mark that is seen on lines and shades."""
    canvas.path(f"M{n(x - 4)} {n(y - 4)}l8 8m0 -8l-8 8", stroke=colour, width=2.2, title=title)


def span_of_values(
    values: Array, *, log: bool, given: tuple[float, float] | None = None
) -> tuple[float, float]:
    """Limits of an axis of data, with a little room; those given, if there are any.

    Raises InputError for limits that do not rise, and for a log axis of nothing above zero.
    """
    if given is not None:
        return limits(given, log=log)
    if log:
        above = values[values > 0]
        if not above.size:
            raise InputError("no value is above 0, so none stands on a log axis: draw it on a plain one")
        high = float(above.max())
        low = max(float(above.min()), high / 10**_DECADES)
        return low / 1.15, high * 1.15
    low, high = float(values.min()), float(values.max())
    if 0 <= low <= _FROM_ZERO * high:
        low = 0.0
        return low, high * 1.05 or 1.0
    pad = 0.05 * (high - low) or 0.5 * abs(high) or 1.0
    return low - pad, high + pad


def check_finite(what: str, values: Array) -> None:
    """Raise InputError if a value is no number; says how many and where the first stands."""
    bad = np.argwhere(~np.isfinite(values))
    if bad.size:
        place = ", ".join(str(i) for i in bad[0])
        raise InputError(
            f"{what}: {len(bad):,} of {values.size:,} values are not finite, the first at [{place}]; leave them out"
        )


def check_times(times: Array) -> None:
    """Raise InputError unless there are two or more finite times that increase."""
    if times.ndim != 1 or times.size < 2:
        raise InputError(f"times have shape {times.shape}: a curve needs two or more in one row")
    check_finite("times", times)
    if np.any(np.diff(times) <= 0):
        raise InputError("times must increase")


def short(value: float) -> str:
    """A value for a text alternative, to three digits."""
    return plain(float(f"{value:.3g}"))


def _key(canvas: Canvas, entries: Iterable[Entry]) -> float:
    x, y = 0.0, 12.0
    for e in entries:
        wide = 22 + text_width(e.words, SMALL) + 14
        if x and x + wide - 14 > canvas.width:
            x, y = 0.0, y + 17
        if e.kind == "box":
            canvas.path(f"M{n(x)} {n(y - 9)}h16v11h-16Z", fill=e.colour, opacity=e.opacity)
        elif e.kind == "line":
            canvas.path(
                f"M{n(x)} {n(y - 4)}h17", stroke=e.colour, width=e.width, dash=e.dash, opacity=e.opacity
            )
        elif e.kind == "ring":
            canvas.circle(x + 8, y - 4, 1.9, fill="none", stroke=e.colour, width=0.8)
        else:
            cross(canvas, x + 8, y - 4, e.colour)
        canvas.text(x + 22, y, e.words, size=SMALL)
        x += wide
    return y + 20


def _free(axis: Axis, value: float) -> float:
    """The place of `value`, beyond the ends too, but no further than a page: what is cut off need not be exact."""
    a, b, v = (math.log(u) if axis.log else u for u in (axis.low, axis.high, value))
    share = min(max((v - a) / (b - a), -9.0), 10.0)
    return axis.start + share * (axis.end - axis.start)
