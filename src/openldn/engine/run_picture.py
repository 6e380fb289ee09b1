"""A run as a picture: the median and the band of many persons, or the lines of a few."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from openldn.notation import InputError
from openldn.notation.extras import needed

if TYPE_CHECKING:
    from openldn.engine.run import Run

Array = NDArray[np.float64]
FEW, POINTS, HEIGHT = 7, 4000, 260


def picture_of(run: "Run", output: str, *, log: bool = False) -> Any:
    """As `Run.plot`."""
    needed("altair", "full")
    from openldn.figures.figure import draw

    y, unit = run.of(output), run.unit(output)
    meaning = "" if run.model is None else run.model.meaning_of(output)
    title = f"{output} ({unit})" if unit not in ("", "1") else output
    if not np.any(np.isfinite(y) & ((y > 0) | (not log))):
        raise InputError(f'there is no number of "{output}" to draw' + (" above 0" if log else ""))
    many = run.persons > FEW
    rows = _band(run, y) if many else _lines(run, y)
    days = float(np.nanmax(run.times)) > 24 * 14
    words = _words(run, output, unit, y, meaning)
    return draw(
        f"run-{output}",
        output,
        words,
        lambda width: _chart(rows, title, width, many=many, log=log, days=days),
    )


def _band(run: "Run", y: Array) -> list[dict[str, Any]]:
    low, middle, high = (column for column in _quantiles(y))
    hours = run.hours
    keep = _thinned(hours.size)
    return [
        {"hour": float(hours[i]), "median": float(middle[i]), "low": float(low[i]), "high": float(high[i])}
        for i in keep
        if np.isfinite(middle[i])
    ]


def _quantiles(y: Array) -> Array:
    with np.errstate(all="ignore"):
        if np.all(np.isfinite(y)):
            return np.asarray(np.quantile(y, [0.05, 0.5, 0.95], axis=0))
        return np.array([[_quantile(column, q) for column in y.T] for q in (0.05, 0.5, 0.95)])


def _quantile(column: Array, q: float) -> float:
    kept = column[np.isfinite(column)]
    return float(np.quantile(kept, q)) if kept.size else np.nan


def _lines(run: "Run", y: Array) -> list[dict[str, Any]]:
    rows = []
    for person in range(run.persons):
        there = np.flatnonzero(np.isfinite(y[person]) & np.isfinite(run.times[person]))
        for i in there[_thinned(there.size)].tolist():
            row = {"hour": float(run.times[person, i]), "median": float(y[person, i]), "who": run.ids[person]}
            rows.append(row)
    return rows


def _thinned(count: int) -> NDArray[np.int64]:
    """The numbers of points to draw: all, or evenly so many that nobody could see more."""
    return (
        np.unique(np.linspace(0, max(count - 1, 0), min(count, POINTS)).astype(np.int64))
        if count
        else np.zeros(0, int)
    )


def _chart(rows: list[dict[str, Any]], title: str, width: int, *, many: bool, log: bool, days: bool) -> Any:
    import altair

    from openldn.figures.axis import Axis, log_span
    from openldn.figures.figure import COLOURS

    data = [{**row, "x": row["hour"] / 24 if days else row["hour"]} for row in rows]
    data = [row for row in data if row["median"] > 0] if log else data
    x = altair.X("x:Q", title="time (d)" if days else "time (h)")
    scale, axis = altair.Scale(zero=True), altair.Axis()
    if log:
        ends = log_span([row[key] for row in data for key in ("low", "median", "high") if key in row])
        scale = altair.Scale(type="log", domain=list(ends), nice=False)
        axis = altair.Axis(values=Axis(*ends, HEIGHT, 0, log=True).ticks(upright=True), format=",~f")
    inline: Any = altair.Data
    base = altair.Chart(inline(values=data)).encode(x=x)
    y = altair.Y("median:Q", title=title, scale=scale, axis=axis)
    if not many:
        people = list(dict.fromkeys(row["who"] for row in data))
        own = altair.Scale(domain=people, range=list(COLOURS[: len(people)]))
        colour = altair.Color("who:N", title="person", sort=people, scale=own)
        line = base.mark_line(strokeWidth=2, color=COLOURS[0])
        chart = line.encode(y=y, color=colour) if len(people) > 1 else line.encode(y=y)
    else:
        edge = altair.Y("low:Q", title=title, scale=scale, axis=axis)
        band = base.mark_area(opacity=0.25, color=COLOURS[0]).encode(y=edge, y2="high:Q")
        chart = band + base.mark_line(strokeWidth=2, color=COLOURS[0]).encode(y=y)
    return chart.properties(width=width - 70, height=HEIGHT)


def _words(run: "Run", output: str, unit: str, y: Array, meaning: str) -> str:
    shown = meaning or output
    top = float(np.nanmax(np.where(np.isfinite(y), y, np.nan)))
    who = f"the median of {run.persons:,} persons and the band that holds 90 % of them" if run.persons > FEW else (
        "one person" if run.persons == 1 else f"{run.persons} persons"
    )  # fmt: skip
    hours = float(np.nanmax(run.times))
    return f"{shown} over {hours:g} hours: {who}. The highest value of anybody is {top:.3g} {unit}.".replace(
        " .", "."
    )
