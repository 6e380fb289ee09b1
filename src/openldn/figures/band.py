"""The median over persons with bands about it that hold stated shares of them, at each time apart.

A band is of persons, not of doubt about the median. Nobody need follow an edge of it: who is high today may be low
tomorrow.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from openldn.figures.figure import COLOURS, Figure
from openldn.figures.plane import Entry, Plane, check_finite, check_times, paint_plane, short, span_of_values
from openldn.figures.svg import picture
from openldn.notation import InputError

Array = NDArray[np.float64]
_BLUE, _SHADE = COLOURS[0], 0.2


def band(
    id: str,  # noqa: A002 - the field's name
    title: str,
    times: Array,
    median: Array,
    bands: Mapping[float, tuple[Array, Array]],
    *,
    x_title: str,
    y_title: str,
    of: str = "persons",
    log: bool = False,
    y_range: tuple[float, float] | None = None,
    alt: str = "",
) -> Figure:
    """The median (times,) over `times` (times,) and bands: percent → (lower, upper), each (times,).

    Raises InputError for shapes that do not fit, values that are no numbers, shares not between 0 and 100,
    and bands that do not lie in one another about the median.
    """
    times, median = np.asarray(times, dtype=float), np.asarray(median, dtype=float)
    check_times(times)
    edges = {p: (np.asarray(a, dtype=float), np.asarray(b, dtype=float)) for p, (a, b) in bands.items()}
    inner = ("the median", median, median)
    for percent in sorted(edges):
        if not 0 < percent < 100:
            raise InputError(f"a band of {percent:g} %: choose a share between 0 and 100")
    for name, lower, upper in (inner, *((f"the {p:g} % band", *edges[p]) for p in sorted(edges))):
        for values in (lower, upper):
            if values.shape != times.shape:
                raise InputError(f"{name} has shape {values.shape} for {times.size} times")
            check_finite(name, values)
        if np.any(lower > inner[1]) or np.any(upper < inner[2]):
            i = int(np.flatnonzero((lower > inner[1]) | (upper < inner[2]))[0])
            raise InputError(
                f"{name} does not hold {inner[0]} at time {times[i]:g}: are its edges exchanged?"
            )
        inner = (name, lower, upper)
    widest = sorted(edges, reverse=True)
    reach = np.concatenate([median, *(v for pair in edges.values() for v in pair)])
    x_span, y_span = (float(times[0]), float(times[-1])), span_of_values(reach, log=log, given=y_range)

    def paint(plane: Plane) -> None:
        for percent in widest:
            plane.area(times, *edges[percent], fill=_BLUE, opacity=_SHADE)
        plane.curve(times, median, stroke=_BLUE, width=2.4)

    # A band lies on those that are wider, so its shade is theirs and its own.
    shades = {percent: 1 - (1 - _SHADE) ** (i + 1) for i, percent in enumerate(widest)}
    key = [Entry("median", "line", _BLUE, width=2.4)]
    key += [Entry(f"{p:g} % of {of}", "box", _BLUE, shades[p]) for p in sorted(edges)]
    told = alt or _words(times, median, edges, x_title, y_title, of)
    return picture(
        id, title, told,
        lambda canvas: paint_plane(
            canvas, x_span, y_span, paint, x_title=x_title, y_title=y_title, key=key, log=log
        ),
    )  # fmt: skip


def _words(
    times: Array, median: Array, edges: Mapping[float, tuple[Array, Array]], x_title: str, y_title: str, of: str
) -> str:  # fmt: skip
    def at(i: int) -> str:
        held = "".join(
            f", {p:g} % of {of} between {short(float(low[i]))} and {short(float(high[i]))}"
            for p, (low, high) in sorted(edges.items())
        )
        return f"median {short(float(median[i]))}{held}"

    peak = int(np.argmax(median))
    told = f"{y_title} over {x_title}. Highest median at {short(float(times[peak]))}: {at(peak)}. "
    return told + f"At the last time, {short(float(times[-1]))}: {at(times.size - 1)}."
