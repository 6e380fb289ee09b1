"""One number for each person out of a course over time.

peak              the largest value on the grid of times, and when it was first reached
area              the trapezium rule on the grid; for an exact one, integrate the output in the model
hours_above       how long the course, straight between its points, lies above a limit
reaches           1 where the course is above a limit at any time of the grid, else 0: its mean is a share
at_end, average   the last value; the area over the length of the grid
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openldn.notation import InputError, UnknownName

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """`kind` (a word of KINDS) of an output; `limit` in the output's unit where the kind needs one."""

    name: str
    output: str
    kind: str
    limit: float | None = None


def measure_all(
    measures: tuple[Measure, ...], outputs: tuple[str, ...], times: Array, values: Array
) -> Array:
    """Every measure of every person: values (persons, times, outputs) to (persons, measures)."""
    found = np.empty((len(values), len(measures)))
    for i, m in enumerate(measures):
        found[:, i] = KINDS[m.kind](times, values[:, :, outputs.index(m.output)], m.limit)
    return found


def check_measures(measures: tuple[Measure, ...], outputs: tuple[str, ...]) -> None:
    """Raise UnknownName or InputError for a measure that cannot be taken."""
    for m in measures:
        if m.kind not in KINDS:
            raise UnknownName("measure", m.kind, KINDS)
        if m.output not in outputs:
            raise UnknownName("output", m.output, outputs)
        if (m.limit is None) == (m.kind in _LIMITED):
            raise InputError(f'measure "{m.name}": {", ".join(sorted(_LIMITED))} take a limit, others none')
    if len({m.name for m in measures}) < len(measures):
        raise InputError("two measures have the same name")


def _above(times: Array, y: Array, limit: float | None) -> Array:
    over = y - float(limit or 0.0)
    first, second = over[:, :-1], over[:, 1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = np.where(first * second < 0, np.abs(first) / (np.abs(first) + np.abs(second)), 0.5)
    share = np.where((first > 0) & (second > 0), 1.0, 0.0)
    share = np.where((first > 0) & (second <= 0), np.where(second == 0, 1.0, crossing), share)
    share = np.where((first <= 0) & (second > 0), np.where(first == 0, 1.0, 1 - crossing), share)
    return np.asarray(np.sum(share * np.diff(times), axis=1))


def _area(times: Array, y: Array, limit: float | None) -> Array:
    return np.asarray(np.sum((y[:, 1:] + y[:, :-1]) / 2 * np.diff(times), axis=1))


KINDS: dict[str, Callable[[Array, Array, float | None], Array]] = {
    "peak": lambda times, y, limit: y.max(axis=1),
    "time_of_peak": lambda times, y, limit: times[np.argmax(y, axis=1)],
    "trough": lambda times, y, limit: y.min(axis=1),
    "area": _area,
    "average": lambda times, y, limit: _area(times, y, limit) / (times[-1] - times[0]),
    "at_end": lambda times, y, limit: y[:, -1],
    "hours_above": _above,
    "reaches": lambda times, y, limit: np.any(y > float(limit or 0.0), axis=1).astype(float),
}
_LIMITED = ("hours_above", "reaches")
