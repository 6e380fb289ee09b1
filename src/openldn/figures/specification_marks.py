"""What stands in the plot of a specification curve: sorted estimates, their intervals, the others behind, printed answers.

The axis is that of the estimates. An interval that goes on beyond it ends in an arrow at the edge.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from openldn.figures.axis import Axis, inside, spread
from openldn.figures.figure import COLOURS
from openldn.figures.svg import INK, PAPER, SMALL, SOFT, Canvas, n

Array = NDArray[np.float64]
BLUE, VERMILION, _, _, _, AMBER, _ = COLOURS
PALE = "#e8b7a0"  # between the bands and the marks, told apart by its width too
_ARROW = 11.0  # pixels from one arrow at the edge to the next


@dataclass(frozen=True)
class Published:
    """An answer that somebody printed, shown by a letter at its place among the analyses; `own`: a check of ours.

    printed: the figures as printed, where they stand in another measure than the axis.
    """

    label: str
    estimate: float
    low: float | None = None
    high: float | None = None
    own: bool = False
    printed: str = ""


@dataclass(frozen=True)
class Curve:
    estimate: Array
    low: Array
    high: Array
    sign: NDArray[np.int_]  # −1, 0, 1: the interval lies below, over or above no effect
    choices: dict[str, NDArray[np.str_]]
    null: float
    log: bool
    digits: int
    others: Array
    weight: Array

    def median(self, which: NDArray[np.bool_]) -> float:
        """Of the estimates of these analyses, each with its weight."""
        use = np.flatnonzero(which & (self.weight > 0))
        use = use if len(use) else np.flatnonzero(which)
        w = self.weight[use] if self.weight[use].sum() > 0 else np.ones(len(use))
        passed = np.cumsum(w) / w.sum()  # the estimates are sorted
        at = [min(int(np.searchsorted(passed, q)), len(use) - 1) for q in (0.5 - 1e-12, 0.5 + 1e-12)]
        return float(self.estimate[use[at]].mean())


def draw_intervals(canvas: Canvas, c: Curve, y: Axis, edges: NDArray[np.int_], x: Array, each: bool) -> None:
    if each:
        bars = [f"M{n(px)} {n(y.at(a))}V{n(y.at(b))}" for px, a, b in zip(x, c.low, c.high, strict=True)]
        canvas.path("".join(bars), stroke=SOFT, width=1)
        _go_on(canvas, y, x, c.low, c.high, 0.0)
        return
    for pick, fill in (((0.05, 0.95), "#e3e6e9"), ((0.5, 0.5), "#bcc3ca")):
        lower = [y.at(float(np.quantile(c.low[i:j], pick[0], method="nearest"))) for i, j in pairwise(edges)]
        upper = [y.at(float(np.quantile(c.high[i:j], pick[1], method="nearest"))) for i, j in pairwise(edges)]
        there = list(zip(x, upper, strict=True))
        canvas.polygon([*there, *reversed(list(zip(x, lower, strict=True)))], fill=fill)
    _go_on(
        canvas, y, x,
        np.array([np.quantile(c.low[i:j], 0.05, method="nearest") for i, j in pairwise(edges)]),
        np.array([np.quantile(c.high[i:j], 0.95, method="nearest") for i, j in pairwise(edges)]), _ARROW,
    )  # fmt: skip


def goes_on(c: Curve, y: Axis) -> bool:
    """Whether any interval leaves the axis."""
    return bool(np.any(c.low < y.low) or np.any(c.high > y.high))


def _go_on(canvas: Canvas, y: Axis, x: Array, low: Array, high: Array, apart: float) -> None:
    """Arrows at the edge over the places whose interval goes on beyond it, `apart` pixels from each other."""
    for beyond, edge, step in ((low < y.low, y.start, -5.0), (high > y.high, y.end, 5.0)):
        last, heads = -np.inf, []
        for px in x[beyond]:
            if px - last >= apart:
                last = float(px)
                heads.append(f"M{n(last)} {n(edge)}l-2.6 {n(step)}h5.2Z")
        if heads:
            canvas.path("".join(heads), fill=SOFT)


def draw_others(canvas: Canvas, y: Axis, others: Array, left: float, right: float) -> None:
    """The sorted estimates that do not count, as a pale line over the same width, as far as the axis holds them."""
    ranks = np.linspace(0, len(others) - 1, min(len(others), 200)).round().astype(int)
    ranks = ranks[[y.holds(float(e)) for e in others[ranks]]] if len(others) else ranks
    if not len(ranks):
        return
    places = left + (ranks + 0.5) / len(others) * (right - left)
    line = "L".join(f"{n(px)} {n(y.at(float(e)))}" for px, e in zip(places, others[ranks], strict=True))
    canvas.path(f"M{line}", stroke=PALE, width=3)


def draw_marks(canvas: Canvas, c: Curve, y: Axis, x: Array, ranks: NDArray[np.int_]) -> None:
    """Triangles point to the side on which an interval keeps off no effect; a ring is an interval that holds it."""
    for sign, colour in ((0, INK), (-1, BLUE), (1, VERMILION)):
        chosen = [
            (px, y.at(float(c.estimate[i]))) for px, i in zip(x, ranks, strict=True) if c.sign[i] == sign
        ]
        if chosen:
            d = "".join(shape(px, py, sign) for px, py in chosen)
            canvas.path(d, fill=PAPER if sign == 0 else colour, stroke=colour, width=0.9)


def shape(x: float, y: float, sign: int) -> str:
    if sign == 0:
        return f"M{n(x - 2.4)} {n(y)}a2.4 2.4 0 1 0 4.8 0a2.4 2.4 0 1 0 -4.8 0Z"
    return f"M{n(x - 3.2)} {n(y + 2.4 * sign)}h6.4l-3.2 {n(-5.6 * sign)}Z"


def draw_published(
    canvas: Canvas, c: Curve, y: Axis, published: Sequence[Published], left: float, right: float
) -> None:
    if not published:
        return
    ranks = np.searchsorted(c.estimate, [p.estimate for p in published])
    x = left + np.clip((ranks + 0.5) / len(c.estimate), 0, 1) * (right - left)
    order = np.argsort(x, kind="stable")
    room = [13.0] * len(order)
    tops = inside(spread([float(x[i]) for i in order], room), room, left, right)
    for i, at in zip(order, tops, strict=True):
        p, px, py = published[i], float(x[i]), y.at(published[i].estimate)
        canvas.path(f"M{n(at)} 14L{n(px)} {n(y.end)}V{n(py)}", stroke=INK, width=0.8, dash="2 2")
        if p.low is not None and p.high is not None:
            canvas.line(px, y.at(p.low), px, y.at(p.high), stroke=INK, width=2)
        canvas.polygon(
            [(px - 5, py), (px, py - 5), (px + 5, py), (px, py + 5)], fill=AMBER, stroke=INK, title=p.label
        )
        canvas.text(at, 11, letter(int(i)), size=SMALL, anchor="middle", bold=True)


def letter(i: int) -> str:
    return chr(ord("A") + i) if i < 26 else str(i + 1)
