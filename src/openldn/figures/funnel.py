"""The contour-enhanced funnel plot: does the picture of the studies lack a corner?

Effect across, standard error up (upside down: large studies on top). The shading tells how significant a study
at that place would be against no effect (two-sided p of 0.10, 0.05, 0.01): studies missing from the white middle
hint at results that were not published because they were not significant; studies missing elsewhere hint at
something else. The dashed funnel holds 95 % of the studies around the pooled line if nothing but chance parts them.

Source of the idea: Peters et al. (2008), J Clin Epidemiol 61, 991–996.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from openldn.figures.axis import Axis, across, number, span_of, up
from openldn.figures.figure import COLOURS, Figure
from openldn.figures.svg import INK, PAPER, SMALL, SOFT, Canvas, picture, text_width, wrap
from openldn.notation import InputError

_BLUE = COLOURS[0]
# Normal quantiles of 1 − p/2, and a grey each; the middle stays white.
_CONTOURS = (
    ("p < 0.01", 2.5758, "#eceef0"),
    ("0.01–0.05", 1.96, "#d3d7db"),
    ("0.05–0.10", 1.6449, "#b4bac1"),
)
_MIDDLE = "p > 0.10"
_Move = Callable[[float, float], float]


@dataclass(frozen=True)
class FunnelPoint:
    """`se` is on the scale of the analysis (the log of a ratio). `imputed` points, of trim and fill, stand hollow."""

    label: str
    estimate: float
    se: float
    imputed: bool = False


def funnel(
    id: str,  # noqa: A002 - the field's name
    title: str,
    points: Sequence[FunnelPoint],
    *,
    measure: str,
    pooled: float | None = None,
    log: bool = False,
    no_effect: float | None = None,
    digits: int = 2,
    alt: str = "",
) -> Figure:
    """Points in their contours; ratios are given as ratios and stand on a log axis.

    Raises InputError for no points, a standard error that is not above zero, and numbers that are not numbers.
    """
    if not points:
        raise InputError("a funnel plot needs at least one point: there is nothing to draw")
    null = (1.0 if log else 0.0) if no_effect is None else no_effect
    centres = [("pooled", pooled)] if pooled is not None else []
    for label, value in [*((p.label, p.estimate) for p in points), *centres, ("no effect", null)]:
        if not math.isfinite(value) or (log and value <= 0):
            raise InputError(
                f'"{label}": estimate {value:g} cannot be drawn; give a number{" above 0" if log else ""}'
            )
    for p in points:
        if not (math.isfinite(p.se) and p.se > 0):
            raise InputError(f'"{p.label}": standard error {p.se:g}; it must lie above 0')
    told = alt or _words(points, measure, pooled, digits)
    return picture(id, title, told, lambda canvas: _paint(canvas, points, measure, pooled, null, log))


def _paint(
    canvas: Canvas, points: Sequence[FunnelPoint], measure: str, pooled: float | None, null: float, log: bool
) -> float:
    deepest = 1.08 * max(p.se for p in points)
    left = 46.0 if not canvas.narrow else 40.0
    head = _key(canvas, pooled is not None, any(p.imputed for p in points))
    canvas.text(0, head + 2, f"standard error{' of the log' if log else ''}", size=SMALL)
    top = head + 12
    bottom = top + (300.0 if not canvas.narrow else 260.0)
    move: _Move = (lambda x, by: x * math.exp(by)) if log else (lambda x, by: x + by)
    cover = [null, *(p.estimate for p in points)]
    cover += [move(null if pooled is None else pooled, z * deepest) for z in (-2.0, 2.0)]
    x = Axis(*span_of(cover, (), log=log), left, canvas.width - 8, log)
    y = Axis(0.0, deepest, top, bottom)
    _contours(canvas, x, y, null, deepest, move)
    canvas.rect(left, top, x.end - left, bottom - top, fill="none", stroke=SOFT, line=0.8)
    canvas.line(x.at(null), top, x.at(null), bottom, stroke=INK, width=1)
    if pooled is not None:
        canvas.line(x.at(pooled), top, x.at(pooled), bottom, stroke=_BLUE, width=1.6)
        for z in (-1.96, 1.96):
            end, se = _within(x, pooled, z, deepest, move)
            canvas.line(x.at(pooled), top, x.at(end), y.at(se), stroke=_BLUE, width=1.4, dash="5 3")
    for p in points:
        fill = PAPER if p.imputed else INK
        canvas.circle(x.at(p.estimate), y.at(p.se), 4.2, fill=fill, stroke=INK, width=1.3, title=p.label)
    _labels(canvas, x, y, points)
    up(canvas, y, left)
    below = across(canvas, x, bottom)
    middle = (left + canvas.width) / 2
    return (
        canvas.lines(middle, below, wrap(measure, canvas.width - left, SMALL), size=SMALL, anchor="middle")
        - 6
    )


def _contours(canvas: Canvas, x: Axis, y: Axis, null: float, deepest: float, move: _Move) -> None:
    """Wedges from the outside in, each covering the inner part of the one before."""
    canvas.rect(x.start, y.start, x.end - x.start, y.end - y.start, fill=_CONTOURS[0][2])
    for (_, z, _), fill in zip(_CONTOURS, [c[2] for c in _CONTOURS[1:]] + [PAPER], strict=True):
        sides = []
        for sign in (-z, z):
            end, se = _within(x, null, sign, deepest, move)
            corner = [(x.end if sign > 0 else x.start, y.end)] if se < deepest * (1 - 1e-9) else []
            sides.append([(x.at(end), y.at(se)), *corner])
        corners = [(x.at(null), y.start), *sides[0], *reversed(sides[1])]
        canvas.polygon(corners, fill=fill, stroke=SOFT, width=0.5)


def _within(x: Axis, centre: float, z: float, deepest: float, move: _Move) -> tuple[float, float]:
    """Where the ray centre + z·se leaves the plot: through its floor, or through a side above it."""
    end = move(centre, z * deepest)
    if x.holds(end):
        return end, deepest
    wall = x.low if z < 0 else x.high
    reach = math.log(wall / centre) if x.log else wall - centre
    return wall, reach / z


def _labels(canvas: Canvas, x: Axis, y: Axis, points: Sequence[FunnelPoint]) -> None:
    """Names beside their points where there is room for all of a name; the pointer finds the others."""
    taken = [(x.at(p.estimate) - 5, y.at(p.se) - 5, x.at(p.estimate) + 5, y.at(p.se) + 5) for p in points]
    for p in points:
        wide, px, py = text_width(p.label, SMALL), x.at(p.estimate), y.at(p.se)
        for left, base in (
            (px + 7, py + 4),
            (px - 7 - wide, py + 4),
            (px - wide / 2, py - 8),
            (px - wide / 2, py + 16),
        ):
            box = (left, base - 9, left + wide, base + 3)
            inside = box[0] > x.start + 2 and box[2] < x.end - 2 and box[1] > y.start and box[3] < y.end
            free = all(box[2] < o[0] or o[2] < box[0] or box[3] < o[1] or o[3] < box[1] for o in taken)
            if inside and free:
                canvas.text(left, base, p.label, size=SMALL, halo=True)
                taken.append(box)
                break


def _key(canvas: Canvas, pooled: bool, imputed: bool) -> float:
    x, y = 0.0, 12.0
    swatches = [(_MIDDLE, PAPER), *((words, grey) for words, _, grey in reversed(_CONTOURS))]
    entries = [(words, grey, "box") for words, grey in swatches]
    entries += [("pooled and 95 % limits", _BLUE, "line")] if pooled else []
    entries += [("filled in", PAPER, "dot")] if imputed else []
    for words, colour, kind in entries:
        wide = 18 + text_width(words, SMALL) + 12
        if x and x + wide - 12 > canvas.width:
            x, y = 0.0, y + 17
        if kind == "box":
            canvas.rect(x, y - 9, 13, 11, fill=colour, stroke=SOFT, line=0.8)
        elif kind == "line":
            canvas.line(x, y - 4, x + 14, y - 4, stroke=colour, width=1.6, dash="5 3")
        else:
            canvas.circle(x + 6, y - 4, 4.2, fill=colour, stroke=INK, width=1.3)
        canvas.text(x + 18, y, words, size=SMALL)
        x += wide
    return y + 20


def _words(points: Sequence[FunnelPoint], measure: str, pooled: float | None, digits: int) -> str:
    told = "; ".join(
        f"{p.label} {number(p.estimate, digits)}, standard error {number(p.se, digits)}"
        + (" (filled in, not a study)" if p.imputed else "")
        for p in points
    )
    middle = f" Pooled {number(pooled, digits)}." if pooled is not None else ""
    return f"Funnel plot of {measure} against standard error, with contours of significance. {told}.{middle}"
