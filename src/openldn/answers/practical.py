"""What people ask about a regimen, answered for populations: onset, gaps, mornings, washout, opioids, liver.

Every answer is a sentence with its numbers computed now, the interval in which the model's unsure
numbers leave them, what the rival kinetics of the brain would have, and the parameters behind them that
nobody measured. None says what to do.
"""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from openldn.answers.belief import KIND, belief, possible_models
from openldn.answers.illness import kidney, liver
from openldn.answers.opioids import opioid_on_top
from openldn.answers.rival import IF_PLASMA, PLASMA, SLOW, unless, version
from openldn.answers.running import daily, solved
from openldn.answers.stated import Stated, shown, stated
from openldn.notation import Estimate
from openldn.pharmacology import model

Array = NDArray[np.float64]
_DAYS, _AFTER = 28, 45
_STEP_H = {SLOW: 2.0, PLASMA: 0.25}
_LIMITS = (20, 10, 5)
_CURVE_MG = (0.1, 0.25, 0.5, 1.0, 1.5, 3.0, 4.5, 6.0, 12.0, 25.0, 50.0)
_LDN, _FULL = 4.5, 50.0


@dataclass(frozen=True)
class _Course:
    """Occupancy of the brain in percent, shape (draws, times), over four weeks of doses and after."""

    hours: Array = field(repr=False)
    occupied: Array = field(repr=False)

    @property
    def step(self) -> float:
        return float(self.hours[1] - self.hours[0])

    def days_to_steady(self) -> Array:
        """First day whose mean is within a twentieth of that of the last day of dosing."""
        days = self._days()
        return np.asarray(np.argmax(days >= 0.95 * days[:, -1:], axis=1) + 1.0)

    def first_day(self) -> Array:
        """Mean of the first day, percent of that of the last day of dosing."""
        days = self._days()
        return np.asarray(100 * days[:, 0] / days[:, -1])

    def _days(self) -> Array:
        """Mean of each day of dosing, shape (draws, days)."""
        return np.asarray(
            self.occupied[:, self.hours < 24 * _DAYS].reshape(len(self.occupied), _DAYS, -1).mean(axis=2)
        )

    def days_to(self, limit: float) -> Array:
        """Days from the last dose until occupancy is under `limit` for good."""
        last = np.array([self.hours[np.flatnonzero(row > limit)[-1]] for row in self.occupied])
        return (last + self.step - _LAST_H) / 24

    def after_last(self, hours: float) -> Array:
        return self.occupied[:, int(np.searchsorted(self.hours, _LAST_H + hours))]


_LAST_H = 24.0 * (_DAYS - 1)


@lru_cache(maxsize=1)
def practical_answers() -> tuple[Stated, ...]:
    """Every question in turn."""
    return (
        _steady_state(),
        _washout(_LDN),
        _washout(_FULL),
        _gaps(),
        _clock(),
        opioid_on_top(),
        liver(),
        kidney(),
    )


@lru_cache(maxsize=1)
def dose_curve() -> tuple[tuple[float, Estimate], ...]:
    """Mean mu occupancy of the brain on daily doses from 0.1 to 50 mg, percent."""
    return tuple((mg, belief(f"{mg:g}mg").mean("occ_mu_brain", "%", 100)) for mg in _CURVE_MG)


@lru_cache(maxsize=8)
def _course(mg: float, skipped: tuple[int, ...] = (), kinetics: str = SLOW) -> _Course:
    """The course of daily doses but for those skipped; of the rival kinetics only the typical run."""
    given = daily(mg, _DAYS, skipped)
    hours = np.arange(0.0, 24.0 * (_DAYS + _AFTER), _STEP_H[kinetics])
    values = possible_models() if kinetics == SLOW else {}
    run = solved(model(), given, hours, ("occ_mu_brain",), {**values, **version(kinetics)})
    return _Course(hours, 100 * run.of("occ_mu_brain"))


def _steady_state() -> Stated:
    found = _estimate(_course(_LDN).days_to_steady(), "d")
    plasma = _course(_LDN, (), PLASMA)
    rival, first = _alone(plasma.days_to_steady(), "d"), _alone(plasma.first_day(), "%")
    text = (
        f"The daily mean of mu occupancy is within 5 % of its final value from day {shown(found)} of 4.5 mg a day. "
        + unless(
            f"the first day would bring {first.value:.0f} % of the final value, and only the part that leaves plasma "
            f"slowly would put off 95 % until day {rival.value:.0f}"
        )
    )
    numbers = {"days_to_steady": found, "days_to_steady_plasma": rival, "first_day_plasma": first}
    return stated("How long until it has built up?", text, numbers, ("occ_mu_brain",))


def _washout(mg: float) -> Stated:
    amount, course, rival = f"{mg:g} mg", _course(mg), _course(mg, (), PLASMA)
    found = {f"days_to_{limit}_percent": _estimate(course.days_to(limit), "d") for limit in _LIMITS}
    parts = ", ".join(f"{limit} % after {shown(found[f'days_to_{limit}_percent'])}" for limit in _LIMITS)
    text = (
        f"After four weeks of {amount} a day mu occupancy is under {parts} days. The last part rests "
        "on a deep compartment that no plasma measurement confirms."
    )
    if mg == _LDN:
        plasma = {limit: _alone(24 * rival.days_to(limit), "h") for limit in _LIMITS}
        found |= {f"hours_to_{limit}_percent_plasma": plasma[limit] for limit in _LIMITS}
        text += " " + unless(
            "it would be under "
            + ", ".join(f"{limit} % after {plasma[limit].value:.0f}" for limit in _LIMITS)
            + " hours"
        )
    return stated(f"How long until {amount} a day is gone?", text, found, ("occ_mu_brain",))


def _gaps() -> Stated:
    usual, rival = _course(_LDN), _course(_LDN, (), PLASMA)
    after = {f"{gap}_h": _estimate(usual.after_last(gap), "%") for gap in (24, 48, 72)}
    plasma = {f"{gap}_h_plasma": _alone(rival.after_last(gap), "%") for gap in (24, 48)}
    missed = _course(_LDN, (_MISSED,)).occupied
    back = np.array([_days_to_return(usual.hours, a, b) for a, b in zip(missed, usual.occupied, strict=True)])
    after["days_to_return"] = _estimate(back, "d")
    text = (
        f"On 4.5 mg a day {shown(after['24_h'])} % of mu receptors are still occupied 24 h after a dose, "
        f"{shown(after['48_h'])} % after 48 h (one dose missed) and {shown(after['72_h'])} % after 72 h (two missed). "
        f"After one missed dose occupancy is within 2 points of the usual again {shown(after['days_to_return'])} days "
        "after it. "
        + unless(
            f"{plasma['24_h_plasma'].value:.1f} % would be occupied after 24 h and {plasma['48_h_plasma'].value:.1f} % after 48 h"
        )
    )
    return stated("What do a missed dose or longer gaps do?", text, {**after, **plasma}, ("occ_mu_brain",))


def _clock() -> Stated:
    found: dict[str, Estimate] = {}
    for kinetics, suffix in ((SLOW, ""), (PLASMA, "_plasma")):
        about = belief("4.5mg", kinetics)
        y, hours = 100 * about.outputs["occ_mu_brain"], about.hours - about.hours[0]
        # 22:00 to 06:00, by hours after the dose
        night = {22: hours < 8, 8: (hours >= 14) & (hours < 22)}
        found |= {
            f"night_dose_at_{k}{suffix}": about.of(y[:, at].mean(axis=1), "%") for k, at in night.items()
        }
    text = (
        f"Between 22:00 and 6:00 {shown(found['night_dose_at_22'])} % of mu receptors are occupied if 4.5 mg is taken "
        f"at 22:00 and {shown(found['night_dose_at_8'])} % if at 8:00. "
        + unless(
            f"it would be {found['night_dose_at_22_plasma'].value:.0f} % and {found['night_dose_at_8_plasma'].value:.0f} %, "
            "and the hour would matter"
        )
    )
    return stated("Morning or evening?", text, found, ("occ_mu_brain",))


_MISSED = 20  # the dose left out, counted from 0


def _days_to_return(hours: Array, missed: Array, usual: Array) -> float:
    """Days from the missed dose until occupancy is as usual again."""
    apart = np.flatnonzero((usual - missed > 2) & (hours < 24 * _DAYS))
    return float((hours[apart[-1]] + _STEP_H[SLOW]) / 24 - _MISSED) if apart.size else 0.0


def _alone(values: Array, unit: str) -> Estimate:
    return Estimate(float(values[0]), None, None, unit, IF_PLASMA)


def _estimate(values: Array, unit: str) -> Estimate:
    low, high = np.percentile(values[1:], [5, 95])
    return Estimate(float(values[0]), float(low), float(high), unit, KIND)
