"""The cumulative plot: the estimate after each study, in the order in which the studies came.

A line of it holds everything known by then, so the last line is the answer of today. The steps are not
independent of each other: a narrowing interval is more data, not a repeated success.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from openldn.figures.axis import interval, limits, number
from openldn.figures.figure import Figure
from openldn.figures.forest import check_interval
from openldn.figures.forest_layout import Item, Look, paint_forest
from openldn.figures.forest_marks import Mark
from openldn.figures.svg import picture
from openldn.notation import InputError


@dataclass(frozen=True)
class Step:
    """The estimate once `added` has joined, in `year`; no limits where one study gives none."""

    year: int
    added: str
    estimate: float
    low: float | None = None
    high: float | None = None
    columns: tuple[str, ...] = ()


def cumulative(
    id: str,  # noqa: A002 - the field's name
    title: str,
    steps: Sequence[Step],
    *,
    measure: str,
    log: bool = False,
    favours: tuple[str, str] = ("", ""),
    columns: Sequence[str] = (),
    axis: tuple[float, float] | None = None,
    digits: int = 2,
    alt: str = "",
) -> Figure:
    """One line a step, from the oldest down; the last is a diamond.

    Raises InputError for no steps, years that go back, and numbers that `forest` would refuse too.
    """
    if not steps:
        raise InputError("a cumulative plot needs at least one step: there is nothing to draw")
    for before, after in pairwise(steps):
        if after.year < before.year:
            raise InputError(
                f'"{after.added}" of {after.year} comes after {before.year}: give the steps by year'
            )
    for s in steps:
        check_interval(s.added, s.estimate, s.low, s.high, log=log)
        if s.columns and len(s.columns) != len(columns):
            raise InputError(
                f'"{s.added}" has {len(s.columns)} texts for {len(columns)} columns: give one to each'
            )
    null = 1.0 if log else 0.0
    look = Look(
        measure,
        log,
        null,
        favours,
        tuple(columns),
        (),
        digits,
        "95 % CI",
        "",
        limits(axis, log=log) if axis else None,
    )
    items: list[Item] = [
        Mark("overall" if i == len(steps) and s.low is not None else "step", f"{s.year} + {s.added}",
             s.estimate, s.low, s.high, None, s.columns)
        for i, s in enumerate(steps, 1)
    ]  # fmt: skip
    told = alt or f"Cumulative {measure}. " + "; ".join(_words(s, digits) for s in steps) + "."
    return picture(id, title, told, lambda canvas: paint_forest(canvas, items, look))


def _words(s: Step, digits: int) -> str:
    range_ = interval(s.low, s.high, digits)
    return f"{s.year}, with {s.added}: {number(s.estimate, digits)}" + (f" ({range_})" if range_ else "")
