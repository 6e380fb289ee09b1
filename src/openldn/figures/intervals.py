"""Values with intervals, one row each: study results side by side, never joined into one."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from openldn.figures.axis import Axis, log_span
from openldn.figures.figure import COLOURS


@dataclass(frozen=True)
class Row:
    """One row; `low` and `high` are None where no interval is printed. `group` sets colour and shape."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    group: str = ""


def interval_chart(
    rows: Sequence[Row],
    width: int,
    *,
    x_title: str,
    reference: float | None = None,
    log: bool = False,
    x_range: tuple[float, float] | None = None,
) -> Any:
    """Points with intervals in the order given, and a dashed line at `reference`."""
    import altair as alt

    letters = 34 if width > 400 else 19
    wrapped = {r.label: "\n".join(textwrap.wrap(r.label, letters)) for r in rows}
    labels = list(dict.fromkeys(wrapped.values()))
    groups = list(dict.fromkeys(r.group for r in rows))
    values = [
        {"label": wrapped[r.label], "value": r.value, "low": r.low, "high": r.high, "group": r.group}
        for r in rows
    ]
    scale: dict[str, Any] = {"type": "log"} if log else {"zero": False}
    if x_range:
        scale["domain"] = list(x_range)
    room = 210 if width > 400 else 128
    legend = (
        alt.Legend(orient="top", title=None, columns=4 if width > 400 else 1, labelLimit=280)
        if len(groups) > 1
        else None
    )
    colour = alt.Color(
        "group:N",
        sort=groups,
        legend=legend,
        scale=alt.Scale(domain=groups, range=list(COLOURS[: len(groups)])),
    )
    shapes = ["circle", "square", "triangle-up", "diamond"]
    shape = alt.Shape(
        "group:N", sort=groups, legend=legend,
        scale=alt.Scale(domain=groups, range=[shapes[i % 4] for i in range(len(groups))]),
    )  # fmt: skip
    base = alt.Chart(alt.InlineData(values=values))
    y = alt.Y(
        "label:N", sort=labels, title=None,
        axis=alt.Axis(
            labelLimit=2 * room, labelExpr="split(datum.value, '\\n')", labelFontSize=12 if width > 400 else 11,
            grid=False, ticks=False, domain=False,
        ),
    )  # fmt: skip
    axis = alt.Axis(tickCount=6 if width > 400 else 4, format="~f")
    if log:
        known = [v for r in rows for v in (r.value, r.low, r.high) if v is not None and v > 0]
        ends = x_range or log_span([*known, *([reference] if reference else [])])
        scale |= {"domain": list(ends), "nice": False}
        axis = alt.Axis(
            values=Axis(*ends, 0, width - room - 20, log=True).ticks(), format=",~f", labelFlush=False
        )
    x = alt.X(
        "value:Q",
        title=x_title,
        scale=alt.Scale(**scale),
        axis=axis,
    )
    layers: list[Any] = []
    if reference is not None:
        rule = alt.Chart(alt.InlineData(values=[{"at": reference}])).mark_rule(
            strokeDash=[4, 3], color="#555"
        )
        layers.append(rule.encode(x="at:Q"))
    layers.append(
        base.mark_rule(strokeWidth=2, clip=True)
        .encode(x=alt.X("low:Q", scale=alt.Scale(**scale), title=x_title), x2="high:Q", y=y, color=colour)
        .transform_filter("isValid(datum.low) && isValid(datum.high)")
    )
    layers.append(
        base.mark_point(size=80, filled=True, opacity=1).encode(x=x, y=y, color=colour, shape=shape)
    )
    return alt.layer(*layers).properties(
        width=width - room - 20, height={"step": 16 + 14 * max(label.count("\n") + 1 for label in labels)}
    )
