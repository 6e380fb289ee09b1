"""The specification curve: every defensible way to analyse, sorted by its answer, and the choices that led there.

Above, the sorted estimates with their intervals on an axis that is theirs, with what is not defensible in pale behind;
below, a strip for each option of each choice, dark where it was
taken. Up to a mark every few pixels each analysis is drawn; beyond that neighbours in the order share a column: a
band holds their intervals (dark: the median limits; light: 90 % of the limits), marks stand at evenly spaced ranks,
and a bar's height is the share of a column, the highest of each choice at full height.

Source of the idea: Simonsohn, Simmons & Nelson (2020), Nature Human Behaviour 4, 1208–1214.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openldn.figures.axis import Axis, number, up
from openldn.figures.figure import Figure
from openldn.figures.specification_marks import (
    BLUE,
    PALE,
    VERMILION,
    Array,
    Curve,
    Published,
    draw_intervals,
    draw_marks,
    draw_others,
    draw_published,
    goes_on,
    letter,
    shape,
)
from openldn.figures.svg import FAINT, INK, PAPER, SMALL, SOFT, Canvas, leading, n, picture, text_width, wrap
from openldn.notation import InputError

_EACH, _COLUMN, _MARK = 3.5, 2.5, 8.0  # pixels that a single analysis, a shared column, a mark need
_ROOM = 0.6  # of the span of the estimates, above and below it


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
    others: ArrayLike = (),
    weights: ArrayLike = (),
    alt: str = "",
) -> Figure:
    """`choices` gives for each choice the option that each analysis took; shapes (analyses,).

    others: estimates that should be nobody's answer, drawn as a pale line and counted nowhere. weights: how much each
    analysis counts in medians and shares, all the same if left out.

    Raises InputError for no analyses, lengths that differ, numbers that are not numbers, intervals upside down.
    """
    null = (1.0 if log else 0.0) if no_effect is None else no_effect
    e, a, b = (np.asarray(values, dtype=float) for values in (estimates, low, high))
    _check(e, a, b, choices, published, log)
    order = np.argsort(e, kind="stable")
    e, a, b = e[order], a[order], b[order]
    sign = np.where(b < null, -1, np.where(a > null, 1, 0))
    options = {name: np.asarray(taken, dtype=str)[order] for name, taken in choices.items()}
    weight = np.asarray(weights, dtype=float) if np.size(weights) else np.ones(len(e))
    if weight.shape != e.shape or not np.all(weight >= 0) or not weight.sum() > 0:
        raise InputError("weights are numbers of 0 or more, one to each analysis, not all of them 0")
    rest = np.sort(np.asarray(others, dtype=float))
    if not np.all(np.isfinite(rest)) or (log and np.any(rest <= 0)):
        raise InputError(
            f"the other estimates hold a value that is no number{' above 0' if log else ''}: leave it out"
        )
    curve = Curve(e, a, b, sign, options, null, log, digits, rest, weight[order])
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
    canvas: Canvas, c: Curve, named: Mapping[str, Sequence[str]], measure: str, published: Sequence[Published],
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
    y = Axis(*_span(c, published), bottom, top, c.log)
    count = len(c.estimate)
    each = count * _EACH <= right - left
    columns = count if each else min(count, int((right - left) / _COLUMN))
    edges = np.round(np.linspace(0, count, columns + 1)).astype(int)
    place = left + (np.arange(columns) + 0.5) / columns * (right - left)
    draw_intervals(canvas, c, y, edges, place, each)
    draw_others(canvas, y, c.others, left, right)
    canvas.line(left, y.at(c.null), right, y.at(c.null), stroke=INK, width=1)
    marks = (
        np.arange(count)
        if each
        else np.linspace(0, count - 1, int((right - left) / _MARK)).round().astype(int)
    )
    draw_marks(canvas, c, y, left + (marks + 0.5) / count * (right - left), marks)
    draw_published(canvas, c, y, published, left, right)
    up(canvas, y, left)
    _side(canvas, measure, favours, left - 44, top, bottom)
    below = _dashboard(canvas, c, named, edges, place, bottom + 18, left, right)
    return _key(canvas, below + 16, c, published, goes_on(c, y))


def _span(c: Curve, published: Sequence[Published]) -> tuple[float, float]:
    """Limits that hold the estimates with room for intervals as long as these differ: a longer one is cut off."""
    f, g = (np.log, np.exp) if c.log else (np.asarray, np.asarray)
    held = f(np.array([c.null, c.estimate[0], c.estimate[-1], *(p.estimate for p in published)]))
    low, high = float(held.min()), float(held.max())
    room = _ROOM * (high - low) or float(np.median(f(c.high) - f(c.low))) or 1.0
    if len(c.others):
        # One of the others, far off, must not flatten the curve in its turn.
        far = np.clip(f(c.others), 2 * low - high, 2 * high - low)
        low, high = min(low, float(far.min())), max(high, float(far.max()))
    return float(g(low - room)), float(g(high + room))


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
    canvas: Canvas, c: Curve, named: Mapping[str, Sequence[str]], edges: NDArray[np.int_], x: Array, y: float,
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
                middle = number(c.median(taken), c.digits)
                canvas.text(canvas.width, y + 1, middle, size=SMALL, anchor="end")
            y = canvas.lines(8, y, wrap(words, left - 14, SMALL), size=SMALL) + 3
    return y


def _key(canvas: Canvas, y: float, c: Curve, published: Sequence[Published], cut: bool) -> float:
    x = 4.0
    for sign, words, colour in (
        (-1, "interval below no effect", BLUE),
        (0, "includes it", INK),
        (1, "above it", VERMILION),
    ):
        wide = text_width(words, SMALL) + 24
        if x + wide > canvas.width:
            x, y = 4.0, y + 16
        canvas.path(shape(x, y - 4, sign), fill=PAPER if sign == 0 else colour, stroke=colour, width=0.9)
        canvas.text(x + 8, y, words, size=SMALL)
        x += wide
    y += 16
    if len(c.others):
        canvas.line(0, y - 4, 18, y - 4, stroke=PALE, width=3)
        words = f"{len(c.others):,} analyses that are not defensible, sorted; they count nowhere else"
        y = canvas.lines(24, y, wrap(words, canvas.width - 24, SMALL), size=SMALL)
    if cut:
        canvas.path(f"M4 {n(y - 8)}l-2.6 5h5.2Z", fill=SOFT)
        y = canvas.lines(
            24, y, wrap("at the edge: intervals go on beyond it", canvas.width - 24, SMALL), size=SMALL
        )
    for i, p in enumerate(published):
        words = f"{letter(i)}\u00a0 {p.label}: {_answer(p, c.digits)}"
        y = canvas.lines(0, y, wrap(words, canvas.width, SMALL), size=SMALL)
    return y - 6


def _answer(p: Published, digits: int) -> str:
    if p.printed:
        return f"{p.printed}, here {number(p.estimate, digits)}"
    limits = (
        f" ({number(p.low, digits)} to {number(p.high, digits)})"
        if p.low is not None and p.high is not None
        else ""
    )
    return number(p.estimate, digits) + limits


def _words(c: Curve, named: Mapping[str, Sequence[str]], measure: str, published: Sequence[Published]) -> str:
    e, d = c.estimate, c.digits
    told = [
        f"{len(e):,} analyses of {measure}, sorted: from {number(float(e[0]), d)} to {number(float(e[-1]), d)}, median "
        f"{number(c.median(np.ones(len(e), bool)), d)}; the interval lies below no effect in {_percent(c, c.sign == -1)}, above "
        f"it in {_percent(c, c.sign == 1)}"
    ]
    if len(c.others):
        first, last = (number(float(x), d) for x in (c.others[0], c.others[-1]))
        told.append(f"In pale {len(c.others):,} that are not defensible: from {first} to {last}")
    for name, options in named.items():
        middles = (f"{o} {number(c.median(c.choices[name] == o), d)}" for o in options)
        told.append(f"Median by {name}: {', '.join(middles)}")
    told += [f"{'Own check' if p.own else 'Published'}: {p.label} {_answer(p, d)}" for p in published]
    return ". ".join(told) + "."


def _percent(c: Curve, which: NDArray[np.bool_]) -> str:
    return f"{100 * float(c.weight[which].sum() / c.weight.sum()):.0f} %"
