"""The specification curve: every defensible way to analyse, sorted by its answer, and the choices that led there.

Above, the sorted estimates with their intervals; below, a strip for each option of each choice, dark where it was
taken. Up to a mark every few pixels each analysis is drawn; beyond that neighbours in the order share a column: a
band holds their intervals (dark: the median limits; light: 90 % of the limits), marks stand at evenly spaced ranks,
and a bar's height is the share of a column, the highest of each choice at full height.

Source of the idea: Simonsohn, Simmons & Nelson (2020), Nature Human Behaviour 4, 1208–1214.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openldn.figures.axis import Axis, inside, number, span_of, spread, up
from openldn.figures.figure import COLOURS, Figure
from openldn.figures.svg import FAINT, INK, PAPER, SMALL, SOFT, Canvas, leading, n, picture, text_width, wrap
from openldn.notation import InputError

Array = NDArray[np.float64]
_BLUE, _VERMILION, _GREEN, _, _, _AMBER, _ = COLOURS
_EACH, _COLUMN, _MARK = 3.5, 2.5, 8.0  # pixels that a single analysis, a shared column, a mark need


@dataclass(frozen=True)
class Published:
    """An answer that somebody printed, shown by a letter at its place among the analyses."""

    label: str
    estimate: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class _Curve:
    estimate: Array
    low: Array
    high: Array
    sign: NDArray[np.int_]  # −1, 0, 1: the interval lies below, over or above no effect
    choices: dict[str, NDArray[np.str_]]
    null: float
    log: bool
    digits: int


def specification_curve(
    id: str,  # noqa: A002 - the field's name
    title: str,
    estimates: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    choices: Mapping[str, Sequence[str]],
    *,
    measure: str,
    published: Sequence[Published] = (),
    favours: tuple[str, str] = ("", ""),
    log: bool = False,
    no_effect: float | None = None,
    digits: int = 2,
    alt: str = "",
) -> Figure:
    """`choices` gives for each choice the option that each analysis took; shapes (analyses,).

    Raises InputError for no analyses, lengths that differ, numbers that are not numbers, intervals upside down.
    """
    null = (1.0 if log else 0.0) if no_effect is None else no_effect
    e, a, b = (np.asarray(values, dtype=float) for values in (estimates, low, high))
    _check(e, a, b, choices, published, log)
    order = np.argsort(e, kind="stable")
    e, a, b = e[order], a[order], b[order]
    sign = np.where(b < null, -1, np.where(a > null, 1, 0))
    options = {name: np.asarray(taken, dtype=str)[order] for name, taken in choices.items()}
    curve = _Curve(e, a, b, sign, options, null, log, digits)
    # Options keep the order in which the caller first named them, not the order of the sorted answers.
    named = {name: tuple(dict.fromkeys(map(str, taken))) for name, taken in choices.items()}
    told = alt or _words(curve, named, measure, published)
    return picture(id, title, told, lambda canvas: _paint(canvas, curve, named, measure, published, favours))


def _check(
    e: Array,
    a: Array,
    b: Array,
    choices: Mapping[str, Sequence[str]],
    published: Sequence[Published],
    log: bool,
) -> None:
    if e.ndim != 1 or not e.size:
        raise InputError(f"a specification curve needs a row of estimates, got shape {e.shape}")
    for what, size in [("low", a.shape), ("high", b.shape), *((k, (len(v),)) for k, v in choices.items())]:
        if size != e.shape:
            raise InputError(f'"{what}" has shape {size} for {e.size} estimates: give one to each')
    wrong = ~np.isfinite(e) | np.isnan(a) | np.isnan(b) | (a > b) | ((e <= 0) | (a < 0) if log else False)
    if wrong.any():
        i = int(np.argmax(wrong))
        raise InputError(
            f"analysis {i} has estimate {e[i]:g} and interval {a[i]:g} to {b[i]:g}: give numbers"
            f"{' above 0' if log else ''}, the lower limit first"
        )
    for p in published:
        if not math.isfinite(p.estimate) or (log and p.estimate <= 0):
            raise InputError(
                f'published answer "{p.label}" is {p.estimate:g}: give a number{" above 0" if log else ""}'
            )
        if (p.low is None) != (p.high is None) or (
            p.low is not None and p.high is not None and not p.low <= p.high
        ):
            raise InputError(f'published answer "{p.label}": give both limits, the lower first, or neither')


def _paint(
    canvas: Canvas, c: _Curve, named: Mapping[str, Sequence[str]], measure: str, published: Sequence[Published],
    favours: tuple[str, str],
) -> float:  # fmt: skip
    words = [option for options in named.values() for option in options] + ["excludes no effect"]
    left = min(
        max(text_width(w, SMALL) for w in words) + 18, (0.3 if not canvas.narrow else 0.36) * canvas.width
    )
    left = max(left, 92.0)
    right = canvas.width - (52 if not canvas.narrow else 6)
    top = 24.0 if published else 8.0
    bottom = top + (190.0 if not canvas.narrow else 160.0)
    ends = [*_quantiles(c.low, 0.0, 0.5), *_quantiles(c.high, 0.5, 1.0)]
    core = [c.null, float(c.estimate[0]), float(c.estimate[-1]), *(p.estimate for p in published)]
    core += [*_quantiles(c.low, 0.05), *_quantiles(c.high, 0.95)]
    y = Axis(*span_of(core, ends, log=c.log), bottom, top, c.log)
    count = len(c.estimate)
    each = count * _EACH <= right - left
    columns = count if each else min(count, int((right - left) / _COLUMN))
    edges = np.round(np.linspace(0, count, columns + 1)).astype(int)
    place = left + (np.arange(columns) + 0.5) / columns * (right - left)
    _intervals(canvas, c, y, edges, place, each)
    canvas.line(left, y.at(c.null), right, y.at(c.null), stroke=INK, width=1)
    marks = (
        np.arange(count)
        if each
        else np.linspace(0, count - 1, int((right - left) / _MARK)).round().astype(int)
    )
    _marks(canvas, c, y, left + (marks + 0.5) / count * (right - left), marks)
    _published(canvas, c, y, published, left, right)
    up(canvas, y, left)
    _side(canvas, measure, favours, left - 44, top, bottom)
    below = _dashboard(canvas, c, named, edges, place, bottom + 18, left, right)
    return _key(canvas, below + 16, c, published)


def _quantiles(values: Array, *at: float) -> list[float]:
    """Values that occur, so that an infinite one stays itself and does not spoil its neighbours."""
    return [float(np.quantile(values, q, method="nearest")) for q in at]


def _intervals(canvas: Canvas, c: _Curve, y: Axis, edges: NDArray[np.int_], x: Array, each: bool) -> None:
    if each:
        bars = [f"M{n(px)} {n(y.at(a))}V{n(y.at(b))}" for px, a, b in zip(x, c.low, c.high, strict=True)]
        canvas.path("".join(bars), stroke=SOFT, width=1)
        return
    for pick, fill in (((0.05, 0.95), "#e3e6e9"), ((0.5, 0.5), "#bcc3ca")):
        lower = [y.at(float(np.quantile(c.low[i:j], pick[0], method="nearest"))) for i, j in pairwise(edges)]
        upper = [y.at(float(np.quantile(c.high[i:j], pick[1], method="nearest"))) for i, j in pairwise(edges)]
        there = list(zip(x, upper, strict=True))
        canvas.polygon([*there, *reversed(list(zip(x, lower, strict=True)))], fill=fill)


def _marks(canvas: Canvas, c: _Curve, y: Axis, x: Array, ranks: NDArray[np.int_]) -> None:
    """Triangles point to the side on which an interval keeps off no effect; a ring is an interval that holds it."""
    for sign, colour in ((0, INK), (-1, _BLUE), (1, _VERMILION)):
        chosen = [
            (px, y.at(float(c.estimate[i]))) for px, i in zip(x, ranks, strict=True) if c.sign[i] == sign
        ]
        if chosen:
            d = "".join(_shape(px, py, sign) for px, py in chosen)
            canvas.path(d, fill=PAPER if sign == 0 else colour, stroke=colour, width=0.9)


def _shape(x: float, y: float, sign: int) -> str:
    if sign == 0:
        return f"M{n(x - 2.4)} {n(y)}a2.4 2.4 0 1 0 4.8 0a2.4 2.4 0 1 0 -4.8 0Z"
    return f"M{n(x - 3.2)} {n(y + 2.4 * sign)}h6.4l-3.2 {n(-5.6 * sign)}Z"


def _published(
    canvas: Canvas, c: _Curve, y: Axis, published: Sequence[Published], left: float, right: float
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
            [(px - 5, py), (px, py - 5), (px + 5, py), (px, py + 5)], fill=_AMBER, stroke=INK, title=p.label
        )
        canvas.text(at, 11, _letter(int(i)), size=SMALL, anchor="middle", bold=True)


def _side(
    canvas: Canvas, measure: str, favours: tuple[str, str], room: float, top: float, bottom: float
) -> None:
    """The measure and its directions, in the corner beside the axis."""
    y = canvas.lines(0, top + 8, wrap(measure, room, SMALL), size=SMALL)
    if favours[1]:
        canvas.lines(0, y + 6, wrap(f"↑\u00a0{favours[1]}", room, SMALL), size=SMALL, fill=SOFT)
    if favours[0]:
        lines = wrap(f"↓\u00a0{favours[0]}", room, SMALL)
        canvas.lines(0, bottom - (len(lines) - 1) * leading(SMALL), lines, size=SMALL, fill=SOFT)


def _dashboard(
    canvas: Canvas, c: _Curve, named: Mapping[str, Sequence[str]], edges: NDArray[np.int_], x: Array, y: float,
    left: float, right: float,
) -> float:  # fmt: skip
    """A strip for each option: a bar at each analysis that took it, or as high as a column's share of them."""
    wide = float(x[1] - x[0]) if len(x) > 1 else right - left
    sizes = np.diff(edges)
    if not canvas.narrow:
        canvas.text(canvas.width, y, "median", size=SMALL, anchor="end", bold=True)
    blocks = [("interval", [("excludes no effect", c.sign != 0)])]
    blocks += [(name, [(o, c.choices[name] == o) for o in options]) for name, options in named.items()]
    for head, options in blocks:
        y = canvas.lines(0, y, wrap(head, canvas.width - 60, SMALL, bold=True), size=SMALL, bold=True) + 1
        shares = [np.add.reduceat(taken.astype(float), edges[:-1]) / sizes for _, taken in options]
        full = max(float(s.max()) for s in shares) or 1.0
        for (words, taken), share in zip(options, shares, strict=True):
            base = y + 2
            heights = 10 * share / full
            bars = "".join(
                f"M{n(px)} {n(base)}v{n(-h)}" for px, h in zip(x, heights, strict=True) if h >= 0.1
            )
            canvas.line(left, base, right, base, stroke=FAINT, width=0.7)
            if bars:
                canvas.path(bars, stroke=INK, width=min(0.8 * wide, 6.0))
            if not canvas.narrow and taken.any():
                middle = number(float(np.median(c.estimate[taken])), c.digits)
                canvas.text(canvas.width, y + 1, middle, size=SMALL, anchor="end")
            y = canvas.lines(8, y, wrap(words, left - 14, SMALL), size=SMALL) + 3
    return y


def _key(canvas: Canvas, y: float, c: _Curve, published: Sequence[Published]) -> float:
    x = 4.0
    for sign, words, colour in (
        (-1, "interval below no effect", _BLUE),
        (0, "includes it", INK),
        (1, "above it", _VERMILION),
    ):
        wide = text_width(words, SMALL) + 24
        if x + wide > canvas.width:
            x, y = 4.0, y + 16
        canvas.path(_shape(x, y - 4, sign), fill=PAPER if sign == 0 else colour, stroke=colour, width=0.9)
        canvas.text(x + 8, y, words, size=SMALL)
        x += wide
    y += 16
    for i, p in enumerate(published):
        words = f"{_letter(i)}\u00a0 {p.label}: {_answer(p, c.digits)}"
        y = canvas.lines(0, y, wrap(words, canvas.width, SMALL), size=SMALL)
    return y - 6


def _letter(i: int) -> str:
    return chr(ord("A") + i) if i < 26 else str(i + 1)


def _answer(p: Published, digits: int) -> str:
    limits = (
        f" ({number(p.low, digits)} to {number(p.high, digits)})"
        if p.low is not None and p.high is not None
        else ""
    )
    return number(p.estimate, digits) + limits


def _words(
    c: _Curve, named: Mapping[str, Sequence[str]], measure: str, published: Sequence[Published]
) -> str:
    e, d = c.estimate, c.digits
    told = [
        f"{len(e):,} analyses of {measure}, sorted: from {number(float(e[0]), d)} to {number(float(e[-1]), d)}, median "
        f"{number(float(np.median(e)), d)}; the interval lies below no effect in {_percent(c.sign == -1)}, above it in "
        f"{_percent(c.sign == 1)}"
    ]
    for name, options in named.items():
        middles = (f"{o} {number(float(np.median(e[c.choices[name] == o])), d)}" for o in options)
        told.append(f"Median by {name}: {', '.join(middles)}")
    told += [f"Published: {p.label} {_answer(p, d)}" for p in published]
    return ". ".join(told) + "."


def _percent(which: NDArray[np.bool_]) -> str:
    return f"{100 * float(which.mean()):.0f} %"
