"""Curves over time, with bands: one colour and one dash to each."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.figures.axis import Axis, log_span
from openldn.figures.figure import COLOURS, DASHES

Array = NDArray[np.float64]
_POINTS = 400


@dataclass(frozen=True)
class Curve:
    """`y` over `x`, with a band from `low` to `high` where both are given."""

    name: str
    x: Array = field(repr=False)
    y: Array = field(repr=False)
    low: Array | None = field(default=None, repr=False)
    high: Array | None = field(default=None, repr=False)


def line_chart(
    curves: Sequence[Curve],
    width: int,
    *,
    x_title: str,
    y_title: str,
    log: bool = False,
    y_range: tuple[float, float] | None = None,
    legend: str = "",
    log_x: bool = False,
    height: int = 280,
) -> Any:
    """The curves in one altair chart. On a log axis, points at or below zero are left out."""
    import altair as alt

    names = [c.name for c in curves]
    rows = [row for curve in curves for row in _rows(curve, log, y_range)]
    scale: dict[str, Any] = {"type": "log" if log else "linear"}
    if y_range:
        scale["domain"] = list(y_range)
    columns = 5 if width > 400 else 3
    colour = alt.Color(
        "name:N",
        sort=names,
        title=legend or None,
        scale=alt.Scale(domain=names, range=[COLOURS[i % len(COLOURS)] for i in range(len(names))]),
        legend=alt.Legend(orient="top", columns=columns) if len(names) > 1 else None,
    )
    dash = alt.StrokeDash(
        "name:N",
        sort=names,
        title=legend or None,
        scale=alt.Scale(domain=names, range=[list(DASHES[i % len(DASHES)]) for i in range(len(names))]),
    )
    base = alt.Chart(alt.InlineData(values=rows))
    x_axis = alt.Axis(tickCount=8 if width > 400 else 5, format="~f")
    x_scale = alt.Scale(type="log" if log_x else "linear")
    y_axis = alt.Axis(format="~f", tickCount=6)
    if log_x:
        ends = log_span([row["x"] for row in rows])
        x_axis = alt.Axis(values=Axis(*ends, 0, width - 60, log=True).ticks(), format=",~f", labelFlush=False)
        x_scale = alt.Scale(type="log", domain=list(ends), nice=False)
    if log:
        ends = y_range or log_span([row[k] for row in rows for k in ("y", "low", "high") if k in row])
        y_axis = alt.Axis(values=Axis(*ends, height, 0, log=True).ticks(upright=True), format=",~f")
        scale = {"type": "log", "domain": list(ends), "nice": False}
    line = base.mark_line(strokeWidth=2.2, clip=True).encode(
        x=alt.X("x:Q", title=x_title, axis=x_axis, scale=x_scale),
        y=alt.Y("y:Q", title=y_title, scale=alt.Scale(**scale), axis=y_axis),
        color=colour,
        strokeDash=dash,
        order="x:Q",
    )
    bands = [
        alt.Chart(alt.InlineData(values=[r for r in rows if r["name"] == curve.name and "low" in r]))
        .mark_area(opacity=0.16, clip=True, color=COLOURS[i % len(COLOURS)])
        .encode(
            x=alt.X("x:Q", scale=x_scale, title=x_title),
            y=alt.Y("low:Q", scale=alt.Scale(**scale), title=y_title),
            y2="high:Q",
        )
        for i, curve in enumerate(curves)
        if curve.low is not None
    ]
    layers: list[Any] = [*bands, line]
    return alt.layer(*layers).properties(width=width - 60, height=height)


def _rows(curve: Curve, log: bool, y_range: tuple[float, float] | None) -> list[dict[str, Any]]:
    step = max(1, len(curve.x) // _POINTS)
    floor = (y_range[0] if y_range else 0.0) if log else None
    rows = []
    for i in range(0, len(curve.x), step):
        y = float(curve.y[i])
        if log and y <= 0:
            continue
        row = {"name": curve.name, "x": _short(curve.x[i]), "y": _short(y)}
        if curve.low is not None and curve.high is not None and (not log or curve.high[i] > 0):
            low = float(curve.low[i])
            row["low"] = _short(max(low, floor) if floor else low)
            row["high"] = _short(curve.high[i])
        rows.append(row)
    return rows


def _short(value: Any) -> float:
    return float(f"{float(value):.5g}")
