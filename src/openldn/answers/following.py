"""Many persons followed through one regimen, a group of them at a time, and what is kept of each.

A group is as large as its numbers allow, so that memory does not grow with persons: of a course over time only
the ends of its band are kept (`bands`), of a person only the readings.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.answers.bands import Bands
from openldn.answers.exposure import WASHED_OUT, Course, of_persons
from openldn.answers.running import solved
from openldn.engine import Events, Model
from openldn.notation import InputError, Limit, convert
from openldn.population import draw, with_typical

Array = NDArray[np.float64]

SHOWN = {
    "C_N": "ug/L",
    "C_6": "ug/L",
    "occ_mu_brain": "%",
    "occ_mu_periphery": "%",
    "R_mu": "1",
    "POMC": "1",
    "tone_mu": "1",
    "engaged_TLR4": "%",
}
PERSON_DAYS = Limit(1_200_000, "persons × days", "of one answer")
_NUMBERS = 6_000_000  # of a group of persons, who are solved together
# A washout is followed for two weeks, and for longer only if somebody is not through by then.
_TAILS_H, _STEP_H, _FINE_H = (14 * 24.0, 40 * 24.0, 180 * 24.0), 1.0, 0.25
_OUTPUTS = (*SHOWN, "integral_C_N")


@dataclass(frozen=True)
class Followed:
    """`read`: readings of everybody, the typical person first. series: of each of SHOWN that person's course over
    `times_h`, and the band's low and high end. horizon_h: until when doses count."""

    times_h: Array = field(repr=False)
    read: Mapping[str, tuple[Array, str]] = field(repr=False)
    series: Mapping[str, tuple[Array, Array, Array]] = field(repr=False)
    horizon_h: float


def check_size(persons: int, days: int) -> None:
    """Raise InputError for more persons over more days than can be held."""
    if persons * days > PERSON_DAYS:
        raise InputError(
            f"{persons:,} persons for {days} days are more than {PERSON_DAYS}; ask for fewer persons, or for fewer days"
        )


def follow(
    m: Model,
    plan: Events,
    days: int,
    values: Mapping[str, Any],
    persons: int,
    seed: int,
    progress: Callable[[float], None] | None = None,
) -> Followed:
    """The typical person and `persons` drawn ones under a plan, with the same values for all.

    Raises SolveError where somebody could not be solved.
    """
    last = float(plan.dose_times()[-1])
    horizon = max(days * 24.0, last + 24.0)
    grid = _times(last, horizon)
    for length in _TAILS_H:
        tail = np.arange(horizon + 3.0, horizon + length + 1, 3.0)
        found = _through(
            m, plan, values, persons, seed, grid, tail, days * 24.0, last, progress, length == _TAILS_H[-1]
        )
        if found is not None:
            return found
    raise AssertionError("the longest washout is taken as it comes")


def _through(
    m: Model,
    plan: Events,
    values: Mapping[str, Any],
    persons: int,
    seed: int,
    grid: Array,
    tail: Array,
    end_h: float,
    last_dose_h: float,
    progress: Callable[[float], None] | None,
    anyhow: bool,
) -> Followed | None:
    """Everybody, with a washout so long; None where somebody is not through by then, unless `anyhow`."""
    times, within, since = np.concatenate([grid, tail]), grid <= end_h, grid >= last_dose_h
    read: dict[str, list[Array]] = {}
    units: dict[str, str] = {}
    typical: dict[str, Array] = {}
    bands = {name: Bands(persons) for name in SHOWN}
    for who in _groups(persons, times.size):
        first = who.start == 0

        def told(share: float, who: range = who) -> None:
            if progress:
                progress((who.start + share * len(who)) / max(1, persons))

        run = solved(m, plan, times, _OUTPUTS, {**_drawn(m, who, seed), **values}, progress=told)
        if not anyhow and run.of("occ_mu_brain")[:, -1].max() > WASHED_OUT / 100:
            return None
        body = run.values[:, : grid.size]
        shown = {
            name: body[:, :, i] * convert(1.0, m.unit_of(name), unit)
            for i, (name, unit) in enumerate(SHOWN.items())
        }
        course = Course(
            hours=grid,
            shown=shown,
            exposure=body[:, :, -1],
            tail_hours=np.concatenate([grid[since], tail]),
            tail=100 * np.concatenate([body[:, since, 2], run.values[:, grid.size :, 2]], axis=1),
            last_dose_h=last_dose_h,
        )
        for name, (numbers, unit) in of_persons(course).items():
            read.setdefault(name, []).append(numbers)
            units[name] = unit
        for name, course_of in shown.items():
            if first:
                typical[name] = course_of[0, within]
            if persons:
                bands[name].add(course_of[1 if first else 0 :, within])
    return Followed(
        grid[within],
        {name: (np.concatenate(numbers), units[name]) for name, numbers in read.items()},
        {name: (own, *(bands[name].ends() if persons else (own, own))) for name, own in typical.items()},
        max(end_h, last_dose_h + 24.0),
    )


def _groups(persons: int, times: int) -> list[range]:
    """The persons by number, in groups; the typical person goes with the first."""
    size = max(1, _NUMBERS // (times * len(_OUTPUTS)))
    return [range(start, min(start + size, persons)) for start in range(0, max(1, persons), size)]


def _drawn(m: Model, who: range, seed: int) -> dict[str, Array]:
    """The parameters of those persons, with the typical one's before the first."""
    if not who:
        return {}
    drawn = draw(m, len(who), seed, first=who.start)
    return with_typical(drawn, m) if who.start == 0 else drawn


def _times(last_dose: float, horizon: float) -> Array:
    """Hours to report: hourly, finer over the first and the last day."""
    fine = np.arange(max(0.0, horizon - 24.0), horizon + _FINE_H / 2, _FINE_H)
    first = np.arange(0.0, min(24.0, horizon) + _FINE_H / 2, _FINE_H)
    coarse = np.arange(0.0, horizon + _STEP_H / 2, _STEP_H)
    return np.unique(np.round(np.concatenate([fine, first, coarse, [last_dose]]), 6))
