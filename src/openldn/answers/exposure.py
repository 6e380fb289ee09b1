"""What is read off a simulated regimen: peaks, exposure and occupancy on its last day, and washout."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from openldn.notation import Estimate

Array = NDArray[np.float64]
HALF, WASHED_OUT = 50.0, 10.0  # percent


@dataclass(frozen=True)
class Course:
    """Outputs of shape (persons, times) over `hours`, the typical person first.

    shown: outputs by name in the units that are reported; exposure: concentration added up over time;
    tail: brain occupancy in percent at `tail_hours`, from the last dose on.
    """

    hours: Array = field(repr=False)
    shown: Mapping[str, Array] = field(repr=False)
    exposure: Array = field(repr=False)
    tail_hours: Array = field(repr=False)
    tail: Array = field(repr=False)
    last_dose_h: float


def of_persons(course: Course) -> dict[str, tuple[Array, str]]:
    """Each reading by its pinned name: a number for everybody of the course, (persons,), and its unit."""
    day = course.hours >= course.hours[-1] - 24.0 - 1e-9
    brain, hours, last_day = course.shown["occ_mu_brain"][:, day], course.hours[day], course.exposure[:, day]
    washed = _last_above(course.tail, course.tail_hours, WASHED_OUT, course.last_dose_h)
    return {
        "naltrexone_cmax": (course.shown["C_N"].max(axis=1), "ng/mL"),
        "naltrexone_auc_24h": (last_day[:, -1] - last_day[:, 0], "ng*h/mL"),
        "naltrexol_cmax": (course.shown["C_6"].max(axis=1), "ng/mL"),
        "mu_occupancy_min": (brain.min(axis=1), "%"),
        "mu_occupancy_mean": (_mean(brain, hours), "%"),
        "mu_occupancy_max": (brain.max(axis=1), "%"),
        "hours_above_50_percent_mu": (_hours_above(brain, hours, HALF), "h/d"),
        "days_to_10_percent_mu": (washed / 24, "d"),
        "beta_endorphin_change_percent": (100 * (_mean(course.shown["POMC"][:, day], hours) - 1), "%"),
        "net_opioid_tone": (_mean(course.shown["tone_mu"][:, day], hours), "1"),
        "tlr4_engagement_percent": (course.shown["engaged_TLR4"].max(axis=1), "%"),
    }


def readings(found: Mapping[str, tuple[Array, str]], persons: int) -> dict[str, Estimate]:
    """The answers of `ldn dose`, of numbers whose first is the typical person's."""
    return {name: _estimate(values, unit, persons) for name, (values, unit) in found.items()}


def _mean(values: Array, hours: Array) -> Array:
    return np.asarray(np.trapezoid(values, hours, axis=1) / (hours[-1] - hours[0]))


def _estimate(values: Array, unit: str, persons: int) -> Estimate:
    if persons < 2:  # of one person there is no percentile
        return Estimate(float(values[0]), None, None, unit, "typical person")
    low, high = np.nanpercentile(values[1:], [5, 95])
    kind = f"typical person; 5th to 95th percentile of {persons} persons"
    return Estimate(float(values[0]), float(low), float(high), unit, kind)


def _hours_above(values: Array, hours: Array, limit: float) -> Array:
    """Hours per day that a line through the points spends above `limit`, shape (persons,)."""
    a, b = values[:, :-1] - limit, values[:, 1:] - limit
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where((a > 0) & (b > 0), 1.0, 0.0)
        share = np.where((a > 0) & (b <= 0), a / (a - b), share)
        share = np.where((a <= 0) & (b > 0), b / (b - a), share)
    return np.asarray((share * np.diff(hours)).sum(axis=1) * 24 / (hours[-1] - hours[0]))


def _last_above(values: Array, times: Array, limit: float, since: float) -> Array:
    """Hours from `since` until a falling line stays below `limit`; NaN where it never does."""
    found = np.zeros(len(values))
    for i, row in enumerate(values):
        above = np.flatnonzero(row > limit)
        if above.size and above[-1] == row.size - 1:
            found[i] = np.nan
        elif above.size:
            j = above[-1]
            share = (row[j] - limit) / (row[j] - row[j + 1])
            found[i] = times[j] + share * (times[j + 1] - times[j]) - since
    return found
