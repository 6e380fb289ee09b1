"""The forest plot: each study with its interval and weight, and what they say together.

A square's area goes with the weight. A diamond spans the interval of a pooled estimate, and the bar beyond it
the prediction interval: where the true effect of a next study may lie. Ratios are given as ratios and stand on a
log axis. An arrow says that an interval goes on beyond the axis. A study without an estimate keeps its line.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from openldn.figures.axis import limits, number
from openldn.figures.figure import Figure
from openldn.figures.forest_layout import Heading, Item, Look, Note, paint_forest
from openldn.figures.forest_marks import Mark
from openldn.figures.svg import picture
from openldn.figures.traffic import check_judgements
from openldn.notation import InputError


@dataclass(frozen=True)
class ForestRow:
    """One study. No `estimate`: not estimable; no limits: none printed; infinite limits are drawn as arrows.

    `weight` in percent; `columns` are texts under the plot's own column heads, such as events per arm; `bias` is
    one judgement for each of the plot's domains, in words that `traffic.JUDGEMENTS` knows, "" where it has none.
    """

    label: str
    estimate: float | None
    low: float | None = None
    high: float | None = None
    weight: float | None = None
    columns: tuple[str, ...] = ()
    bias: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pooled:
    """A diamond, with the prediction interval where there is one; `note` is its line on heterogeneity."""

    label: str
    estimate: float
    low: float
    high: float
    prediction: tuple[float, float] | None = None
    columns: tuple[str, ...] = ()
    weight: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Subgroup:
    """Rows under a name, with diamonds of their own."""

    name: str
    rows: tuple[ForestRow, ...]
    pooled: tuple[Pooled, ...] = ()


def forest(
    id: str,  # noqa: A002 - the field's name
    title: str,
    rows: Sequence[ForestRow | Subgroup],
    pooled: Sequence[Pooled] = (),
    *,
    measure: str,
    log: bool = False,
    no_effect: float | None = None,
    favours: tuple[str, str] = ("", ""),
    columns: Sequence[str] = (),
    bias_domains: Sequence[str] = (),
    heterogeneity: str = "",
    axis: tuple[float, float] | None = None,
    digits: int = 2,
    confidence: str = "95 % CI",
    alt: str = "",
) -> Figure:
    """Rows in the order given, then the pooled diamonds and a line on heterogeneity.

    `favours` labels the directions below and above no effect, which is 1 for ratios and 0 otherwise. `axis` sets
    the limits of the axis by hand. Raises InputError for no rows, numbers that are not numbers, an interval upside
    down, a negative weight, a ratio that is not above zero, and columns or judgements that do not match their heads.
    """
    studies = [s for r in rows for s in (r.rows if isinstance(r, Subgroup) else (r,))]
    diamonds = [p for r in rows if isinstance(r, Subgroup) for p in r.pooled] + list(pooled)
    if not studies:
        raise InputError("a forest plot needs at least one row: there is nothing to draw")
    for s in studies:
        _check_row(s, columns, bias_domains, log)
    for p in diamonds:
        _check_pooled(p, columns, log)
    null = (1.0 if log else 0.0) if no_effect is None else no_effect
    if not math.isfinite(null) or (log and null <= 0):
        raise InputError(f"no effect cannot lie at {null:g}: a ratio says nothing at 1, a difference at 0")
    look = Look(
        measure, log, null, favours, tuple(columns), tuple(bias_domains), digits, confidence,
        heterogeneity, limits(axis, log=log) if axis else None,
    )  # fmt: skip
    items = _items(rows, pooled)
    told = alt or _words(rows, pooled, look, len(studies))
    return picture(id, title, told, lambda canvas: paint_forest(canvas, items, look))


def _items(rows: Sequence[ForestRow | Subgroup], pooled: Sequence[Pooled]) -> list[Item]:
    items: list[Item] = []
    for r in rows:
        if isinstance(r, ForestRow):
            items.append(_mark(r))
            continue
        items.append(Heading(r.name))
        items += [_mark(s) for s in r.rows]
        for p in r.pooled:
            items.append(_diamond(p, overall=False))
            items += [Note(p.note)] if p.note else []
    for p in pooled:
        items.append(_diamond(p, overall=True))
        items += [Note(p.note)] if p.note else []
    return items


def _mark(r: ForestRow) -> Mark:
    return Mark("study", r.label, r.estimate, r.low, r.high, r.weight, r.columns, r.bias)


def _diamond(p: Pooled, *, overall: bool) -> Mark:
    kind = "overall" if overall else "subgroup"
    return Mark(kind, p.label, p.estimate, p.low, p.high, p.weight, p.columns, (), p.prediction)


def check_interval(
    label: str, estimate: float | None, low: float | None, high: float | None, *, log: bool = False
) -> None:
    """Raise InputError for an estimate or limits that cannot be drawn on a plain or a log axis."""
    for what, value in (("estimate", estimate), ("lower limit", low), ("upper limit", high)):
        if value is not None and (math.isnan(value) or (what == "estimate" and math.isinf(value))):
            raise InputError(
                f'"{label}": {what} is {value:g}, not a number; leave it None where there is none'
            )
        if value is not None and log and (value < 0 or (what == "estimate" and value == 0)):
            raise InputError(f'"{label}": {what} is {value:g}; a ratio lies above 0')
    if (low is None) != (high is None):
        raise InputError(
            f'"{label}" has one limit of its interval: give both or neither, infinite for an open end'
        )
    if low is not None and high is not None and low > high:
        raise InputError(f'"{label}": the interval runs from {low:g} down to {high:g}; swap the limits')


def _check_row(r: ForestRow, columns: Sequence[str], domains: Sequence[str], log: bool) -> None:
    check_interval(r.label, r.estimate, r.low, r.high, log=log)
    _check_columns(r.label, r.columns, columns)
    _check_weight(r.label, r.weight)
    if r.bias:
        check_judgements(r.label, r.bias, domains)


def _check_pooled(p: Pooled, columns: Sequence[str], log: bool) -> None:
    check_interval(p.label, p.estimate, p.low, p.high, log=log)
    if not p.low <= p.estimate <= p.high:
        raise InputError(f'"{p.label}": {p.estimate:g} lies outside its interval, {p.low:g} to {p.high:g}')
    if p.prediction:
        check_interval(f"{p.label}, prediction", p.estimate, *p.prediction, log=log)
    _check_columns(p.label, p.columns, columns)
    _check_weight(p.label, p.weight)


def _check_columns(label: str, cells: Sequence[str], heads: Sequence[str]) -> None:
    if cells and len(cells) != len(heads):
        raise InputError(
            f'"{label}" has {len(cells)} texts for {len(heads)} columns: give one to each, or none'
        )


def _check_weight(label: str, weight: float | None) -> None:
    if weight is not None and not 0 <= weight <= 100 + 1e-6:
        raise InputError(f'"{label}": a weight of {weight:g} %; a share lies from 0 to 100 %')


def _words(rows: Sequence[ForestRow | Subgroup], pooled: Sequence[Pooled], look: Look, count: int) -> str:
    below, above = look.favours
    sides = [f"below {number(look.no_effect, 0)} {below}"] if below else []
    sides += [f"above {number(look.no_effect, 0)} {above}"] if above else []
    head = f"Forest plot of {count} {'study' if count == 1 else 'studies'}, {look.measure}"
    told = [head + (f"; {', '.join(sides)}" if sides else "")]
    for r in rows:
        if isinstance(r, ForestRow):
            told.append(_row_words(r, look))
        else:
            told.append(f"{r.name}: " + "; ".join(_row_words(s, look) for s in r.rows))
            told += [_pooled_words(p, look) for p in r.pooled]
    told += [_pooled_words(p, look) for p in pooled]
    told += [look.heterogeneity] if look.heterogeneity else []
    return ". ".join(t.rstrip(".") for t in told) + "."


def _row_words(r: ForestRow, look: Look) -> str:
    if r.estimate is None:
        return f"{r.label} not estimable"
    weight = f", weight {number(r.weight, 1)} %" if r.weight is not None else ""
    return f"{r.label} {number(r.estimate, look.digits)}{_range(r.low, r.high, look)}{weight}"


def _pooled_words(p: Pooled, look: Look) -> str:
    ahead = f", prediction interval{_range(*p.prediction, look)}" if p.prediction else ""
    note = f"; {p.note}" if p.note else ""
    return f"{p.label} {number(p.estimate, look.digits)}{_range(p.low, p.high, look)}{ahead}{note}"


def _range(low: float | None, high: float | None, look: Look) -> str:
    if low is None or high is None:
        return ", no interval"
    return f" ({number(low, look.digits)} to {number(high, look.digits)})"
