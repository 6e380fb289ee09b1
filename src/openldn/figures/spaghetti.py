"""Everybody's own curve: how persons differ in course, which a band about a median cannot show.

More curves than anybody can follow are thinned: every k-th person, in their own order, so that the same data make the
same picture. The one that is told apart is always among them.
"""

import numpy as np
from numpy.typing import NDArray

from openldn.figures.figure import COLOURS, Figure
from openldn.figures.plane import Entry, Plane, check_finite, check_times, paint_plane, short, span_of_values
from openldn.figures.svg import SOFT, picture
from openldn.notation import InputError

Array = NDArray[np.float64]
MOST_CURVES = 200


def spaghetti(
    id: str,  # noqa: A002 - the field's name
    title: str,
    times: Array,
    values: Array,
    *,
    x_title: str,
    y_title: str,
    highlight: int | None = None,
    highlight_name: str = "",
    most: int = MOST_CURVES,
    log: bool = False,
    y_range: tuple[float, float] | None = None,
    alt: str = "",
) -> Figure:
    """The curves of `values` (persons, times) over `times` (times,), at most `most` of them.

    highlight: the row that stands out, named `highlight_name` in the key.
    Raises InputError for shapes that do not fit, values that are no numbers and a row that is not there.
    """
    times, values = np.asarray(times, dtype=float), np.asarray(values, dtype=float)
    check_times(times)
    if values.ndim != 2 or not len(values) or values.shape[1] != times.size:
        raise InputError(
            f"values have shape {values.shape} for {times.size} times: one row a person, one column a time"
        )
    check_finite("values", values)
    if not 1 <= most <= MOST_CURVES:
        raise InputError(f"{most} curves: ask for 1 to {MOST_CURVES}; more cannot be told apart")
    if highlight is not None and not 0 <= highlight < len(values):
        raise InputError(f"there is no row {highlight} to highlight: rows run from 0 to {len(values) - 1}")
    drawn = thinned(len(values), most, highlight)
    shown = values[drawn]
    x_span, y_span = (float(times[0]), float(times[-1])), span_of_values(shown, log=log, given=y_range)
    # the more curves lie over each other, the paler each, so that only crowded places are dark
    faint = float(np.clip(2.4 / np.sqrt(len(drawn)), 0.17, 0.8))
    some = f"{len(drawn):,} of {len(values):,} persons" if len(drawn) < len(values) else _all(len(values))
    name = highlight_name or f"person {highlight}"
    key = [Entry(some, "line", SOFT, 0.7)]
    key += [Entry(name, "line", COLOURS[1], width=2.6)] if highlight is not None else []

    def paint(plane: Plane) -> None:
        for i in drawn:
            if i != highlight:
                plane.curve(times, values[i], stroke=SOFT, width=0.9, opacity=faint)
        if highlight is not None:
            plane.curve(times, values[highlight], stroke="#ffffff", width=4.6)
            plane.curve(times, values[highlight], stroke=COLOURS[1], width=2.6, title=name)

    told = alt or _words(times, values, len(drawn), x_title, y_title, highlight, name)
    return picture(
        id, title, told,
        lambda canvas: paint_plane(
            canvas, x_span, y_span, paint, x_title=x_title, y_title=y_title, key=key, log=log
        ),
    )  # fmt: skip


def thinned(persons: int, most: int, highlight: int | None = None) -> list[int]:
    """At most `most` rows, evenly taken, in rising order; `highlight` is one of them."""
    if persons <= most:
        return list(range(persons))
    rows = [i * persons // most for i in range(most)]
    if highlight is not None and highlight not in rows:
        rows[min(range(most), key=lambda k: abs(rows[k] - highlight))] = highlight
    return rows


def _all(persons: int) -> str:
    return f"{persons:,} persons" if persons > 1 else "one person"


def _words(
    times: Array, values: Array, drawn: int, x_title: str, y_title: str, highlight: int | None, name: str
) -> str:  # fmt: skip
    last = values[:, -1]
    told = f"{y_title} over {x_title}, a curve a person: {drawn:,} of {len(values):,} drawn. "
    told += f"Over all curves it runs from {short(float(values.min()))} to {short(float(values.max()))}; "
    told += f"at the last time, {short(float(times[-1]))}, from {short(float(last.min()))} "
    told += f"to {short(float(last.max()))}."
    if highlight is not None:
        own = values[highlight]
        told += f" Highlighted, {name}: from {short(float(own.min()))} to {short(float(own.max()))}, "
        told += f"at last {short(float(own[-1]))}."
    return told
