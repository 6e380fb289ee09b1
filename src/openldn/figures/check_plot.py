"""The visual predictive check as a picture: boxes from simulation, lines and points from observation.

A box is where the model puts a quantile of the observations of one bin of time. A cross on the line of an observed
quantile says that it lies outside its box.
"""

import numpy as np
from numpy.typing import NDArray

from openldn.figures.figure import COLOURS, Figure
from openldn.figures.plane import Entry, Plane, cross, paint_plane, short, span_of_values
from openldn.figures.predictive import PredictiveCheck
from openldn.figures.svg import INK, SOFT, picture

Array = NDArray[np.float64]
_BLUE, _ORANGE = COLOURS[0], COLOURS[5]
_MOST_POINTS = 2000


def check_plot(
    id: str,  # noqa: A002 - the field's name
    title: str,
    check: PredictiveCheck,
    *,
    x_title: str,
    y_title: str,
    log: bool = False,
    y_range: tuple[float, float] | None = None,
    alt: str = "",
) -> Figure:
    """A box for each bin and quantile, a line for each observed quantile, a point for each observation.

    Of more than 2,000 points, evenly taken ones are drawn. Raises InputError for limits that cannot be drawn.
    """
    every = -(-check.times.size // _MOST_POINTS)
    points = list(zip(check.times[::every].tolist(), check.values[::every].tolist(), strict=True))
    edges = [v for b in check.bins for v in (*b.low, *b.high, *b.observed)]
    # far points must not press the boxes flat, so the axis is for 99 % of them
    middle = np.quantile(check.values, (0.005, 0.995))
    y_span = span_of_values(np.array([*edges, *middle]), log=log, given=y_range)
    corners = _corners(check)
    x_span = (corners[0], corners[-1])
    lines = [(_centre(check, i), _dash(check, i)) for i in range(len(check.quantiles))]

    def paint(plane: Plane) -> None:
        for a, b in points:
            if plane.holds(a, b):
                plane.canvas.circle(plane.x.at(a), plane.y.at(b), 1.7, fill="none", stroke=SOFT, width=0.7)
        for k, bin_ in enumerate(check.bins):
            xs = np.array(corners[k : k + 2])
            for i in _outer_first(check):
                low, high = np.full(2, bin_.low[i]), np.full(2, bin_.high[i])
                plane.area(xs, low, high, fill=_colour(check, i), opacity=0.38)
        xs = np.array([b.middle for b in check.bins])
        for i, (ys, dash) in enumerate(lines):
            plane.curve(xs, ys, stroke=INK, width=2.0 if not dash else 1.5, dash=dash)
            for x, y, bin_ in zip(xs.tolist(), ys.tolist(), check.bins, strict=True):
                if bin_.outside(i) and plane.holds(x, y):
                    cross(plane.canvas, plane.x.at(x), plane.y.at(y), COLOURS[1], "outside its box")

    told = alt or _words(check, x_title, y_title)
    head = f"{y_title}, corrected for prediction" if check.corrected else y_title
    return picture(
        id, title, told,
        lambda canvas: paint_plane(
            canvas, x_span, y_span, paint, x_title=x_title, y_title=head, key=_key(check), log=log, height=310
        ),
    )  # fmt: skip


def _key(check: PredictiveCheck) -> list[Entry]:
    middle = _middle(check)
    outer = [i for i in range(len(check.quantiles)) if i != middle]
    often = f"in {100 * check.level:g} % of simulations"
    found = [Entry("observation", "ring", SOFT)]
    if middle is not None:
        found.append(Entry("observed median", "line", INK, width=2.0))
        found.append(Entry(f"median {often}", "box", _ORANGE, 0.5))
    if outer:
        names = " and ".join(f"{100 * check.quantiles[i]:g} %" for i in outer)
        found.append(Entry(f"observed {names} quantile", "line", INK, dash="5 3", width=1.5))
        found.append(Entry(f"{names} quantile {often}", "box", _BLUE, 0.5))
    if any(b.outside(i) for b in check.bins for i in range(len(check.quantiles))):
        found.append(Entry("outside its box", "cross", COLOURS[1]))
    return found


def _corners(check: PredictiveCheck) -> list[float]:
    """Where bins meet: half-way between the last time of one and the first of the next."""
    between = [(a.end + b.start) / 2 for a, b in zip(check.bins, check.bins[1:], strict=False)]
    first, last = check.bins[0].start, check.bins[-1].end
    # room for the points there, and some width for a bin of one time
    room = 0.02 * (last - first) or 0.5 * abs(first) or 1.0
    return [first - room, *between, last + room]


def _outer_first(check: PredictiveCheck) -> list[int]:
    return sorted(range(len(check.quantiles)), key=lambda i: -abs(check.quantiles[i] - 0.5))


def _middle(check: PredictiveCheck) -> int | None:
    return check.quantiles.index(0.5) if 0.5 in check.quantiles else None


def _colour(check: PredictiveCheck, i: int) -> str:
    return _ORANGE if i == _middle(check) else _BLUE


def _dash(check: PredictiveCheck, i: int) -> str:
    return "" if i == _middle(check) else "5 3"


def _centre(check: PredictiveCheck, i: int) -> Array:
    return np.array([b.observed[i] for b in check.bins])


def _words(check: PredictiveCheck, x_title: str, y_title: str) -> str:
    told = f"Visual predictive check of {y_title} over {x_title}: {check.times.size:,} observations in {len(check.bins)} "
    told += f"bins against {check.copies:,} simulated copies"
    told += ", corrected for prediction. " if check.corrected else ". "
    for i, q in enumerate(check.quantiles):
        out = [b for b in check.bins if b.outside(i)]
        name = "median" if q == 0.5 else f"{100 * q:g} % quantile"
        told += f"Observed {name} outside its {100 * check.level:g} % interval in {len(out)} of {len(check.bins)} bins"
        told += f" (at {', '.join(short(b.middle) for b in out)}). " if out else ". "
    return told.strip()
