"""What people ask about a regimen, answered for populations: onset, gaps, mornings, washout, opioids, liver.

Every answer is a sentence with its numbers computed now, the interval in which the model's unsure
numbers leave them, and the parameters behind them that nobody measured. None says what to do.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from openldn.answers.belief import KIND, belief, possible_models
from openldn.answers.stated import Stated, shown, stated
from openldn.engine import Dose, simulate
from openldn.notation import Estimate
from openldn.pharmacology import facts, model

Array = NDArray[np.float64]
_DAYS, _AFTER = 28, 45
_LIMITS = (20, 10, 5)
_CURVE_MG = (0.1, 0.25, 0.5, 1.0, 1.5, 3.0, 4.5, 6.0, 12.0, 25.0, 50.0)


@lru_cache(maxsize=1)
def practical_answers() -> tuple[Stated, ...]:
    """Every question in turn."""
    return (
        _steady_state(),
        _washout("4.5mg", 4.5),
        _washout("50mg", 50.0),
        _gaps(),
        _clock(),
        _opioid(),
        _liver(),
        _kidney(),
    )


@lru_cache(maxsize=1)
def dose_curve() -> tuple[tuple[float, Estimate], ...]:
    """Mean mu occupancy of the brain on daily doses from 0.1 to 50 mg, percent."""
    return tuple((mg, belief(f"{mg:g}mg").mean("occ_mu_brain", "%", 100)) for mg in _CURVE_MG)


@lru_cache(maxsize=4)
def _course(mg: float, skipped: tuple[int, ...] = ()) -> tuple[Array, Array]:
    """Hours and occupancy of the brain in percent, shape (draws, times), over four weeks and after."""
    given = [Dose(24.0 * i, mg, "oral") for i in range(_DAYS) if i not in skipped]
    hours = np.arange(0.0, 24.0 * (_DAYS + _AFTER), 2.0)
    found = simulate(model(), given, hours, ("occ_mu_brain",), possible_models(), rtol=1e-6, atol=1e-7).of(
        "occ_mu_brain"
    )
    return hours, 100 * found


def _steady_state() -> Stated:
    hours, occupied = _course(4.5)
    days = occupied[:, hours < 24 * _DAYS].reshape(len(occupied), _DAYS, -1).mean(axis=2)
    within = days >= 0.95 * days[:, -1:]
    found = _estimate(np.argmax(within, axis=1) + 1.0, "d")
    text = f"The daily mean of mu occupancy is within 5 % of its final value from day {shown(found)} of 4.5 mg a day."
    return stated("How long until it has built up?", text, {"days_to_steady": found}, ("occ_mu_brain",))


def _washout(amount: str, mg: float) -> Stated:
    hours, occupied = _course(mg)
    last = 24.0 * (_DAYS - 1)
    found = {}
    for limit in _LIMITS:
        above = np.array([hours[np.flatnonzero(row > limit)[-1]] for row in occupied])
        found[f"days_to_{limit}_percent"] = _estimate((above + 2.0 - last) / 24, "d")
    parts = ", ".join(f"{limit} % after {shown(found[f'days_to_{limit}_percent'])}" for limit in _LIMITS)
    text = (
        f"After four weeks of {amount.replace('mg', ' mg')} a day mu occupancy is under {parts} days. The last part rests "
        "on a deep compartment that no plasma measurement confirms (Q3)."
    )
    return stated(
        f"How long until {amount.replace('mg', ' mg')} a day is gone?", text, found, ("occ_mu_brain",)
    )


def _gaps() -> Stated:
    hours, occupied = _course(4.5)
    after = {
        f"{gap}_h": _estimate(_at(hours, occupied, 24.0 * (_DAYS - 1) + gap), "%") for gap in (24, 48, 72)
    }
    missed = _course(4.5, (20,))[1]
    back = np.array([_days_to_return(hours, a, b) for a, b in zip(missed, occupied, strict=True)])
    after["days_to_return"] = _estimate(back, "d")
    text = (
        f"On 4.5 mg a day {shown(after['24_h'])} % of mu receptors are still occupied 24 h after a dose, "
        f"{shown(after['48_h'])} % after 48 h (one dose missed) and {shown(after['72_h'])} % after 72 h (two missed). "
        f"After one missed dose occupancy is within 2 points of the usual again {shown(after['days_to_return'])} days "
        "after it."
    )
    return stated("What do a missed dose or longer gaps do?", text, after, ("occ_mu_brain",))


def _clock() -> Stated:
    about = belief("4.5mg")
    y, hours = 100 * about.outputs["occ_mu_brain"], about.hours - about.hours[0]
    night = {22: hours < 8, 8: (hours >= 14) & (hours < 22)}  # 22:00 to 06:00, by hours after the dose
    found = {f"night_dose_at_{k}": about.of(y[:, at].mean(axis=1), "%") for k, at in night.items()}
    text = (
        f"Between 22:00 and 6:00 {shown(found['night_dose_at_22'])} % of mu receptors are occupied if 4.5 mg is taken "
        f"at 22:00 and {shown(found['night_dose_at_8'])} % if at 8:00. The hour moves the small daily swing, not the level."
    )
    return stated("Morning or evening?", text, found, ("occ_mu_brain",))


def _opioid() -> Stated:
    found = {}
    for amount in ("4.5mg", "50mg"):
        about = belief(amount)
        found[f"dose_ratio_{amount}"] = about.mean("dose_ratio", "1")
        found[f"effect_left_{amount}"] = about.mean("opioid_effect_left", "%", 100)
    text = (
        f"An opioid given for pain would meet receptors of which it keeps {shown(found['effect_left_4.5mg'])} % of its usual "
        f"occupancy on 4.5 mg a day ({shown(found['effect_left_50mg'])} % on 50 mg); its level would have to rise "
        f"to {shown(found['dose_ratio_4.5mg'], 1)} times the usual to restore it, on 50 mg to "
        f"{shown(found['dose_ratio_50mg'])} times, and such a "
        "level is dangerous as blockade wears off. How much of the receptors a working dose holds is assumed (X_OPIOID)."
    )
    return stated("What would an opioid painkiller meet?", text, found, ("opioid_effect_left",))


def _liver() -> Stated:
    m = model()
    runs = {}
    for liver in (0.0, 1.0):
        given = [Dose(24.0 * i, 4.5, "oral") for i in range(_DAYS)]
        hours = np.arange(24.0 * (_DAYS - 1), 24.0 * _DAYS + 0.1, 0.25)
        r = simulate(m, given, hours, ("C_N", "occ_mu_brain"), {"cirrhosis": liver}, rtol=1e-7, atol=1e-9)
        runs[liver] = [float(np.mean(r.of(name)[0])) for name in ("C_N", "occ_mu_brain")]
    fold, mean = runs[1.0][0] / runs[0.0][0], 100 * runs[1.0][1]
    found = {
        "exposure_fold": Estimate(fold, None, None, "1", "typical person"),
        "mean_mu": Estimate(mean, None, None, "%", "typical person"),
    }
    curve = dose_curve()
    like = float(np.interp(mean, [e.value or 0.0 for _, e in curve], [mg for mg, _ in curve]))
    well, ill = facts()["PK080"].n, facts()["PK082"].n
    text = (
        f"In decompensated cirrhosis exposure to naltrexone is about {fold:.0f}-fold, built in from {ill} people against "
        f"{well} after {facts()['PK080'].dose.split(' PO')[0]}; 4.5 mg a day would then occupy {mean:.0f} % of mu receptors "
        f"on average, as about {like:.0f} mg do with a healthy liver. How the liver's part divides between first pass and "
        "clearance is assumed."
    )
    return stated("And with a diseased liver?", text, found, ("occ_mu_brain",))


def _kidney() -> Stated:
    m = model()
    values = possible_models()
    given = [Dose(24.0 * i, 4.5, "oral") for i in range(_DAYS)]
    hours = np.arange(24.0 * (_DAYS - 1), 24.0 * _DAYS + 0.1, 0.5)
    outputs = ("C_6", "occ_mu_periphery", "occ_mu_brain")
    ill, well = (
        simulate(m, given, hours, outputs, {**values, "kidney": kidney}, rtol=1e-6, atol=1e-8)
        for kidney in (1.0, 0.0)
    )
    mean = {name: (ill.of(name).mean(axis=1), well.of(name).mean(axis=1)) for name in outputs}
    found = {
        "metabolite_fold": _estimate(mean["C_6"][0] / mean["C_6"][1], "1"),
        "periphery_ill": _estimate(100 * mean["occ_mu_periphery"][0], "%"),
        "periphery_well": _estimate(100 * mean["occ_mu_periphery"][1], "%"),
        "brain_more": _estimate(100 * (mean["occ_mu_brain"][0] - mean["occ_mu_brain"][1]), "%"),
    }
    text = (
        f"Naltrexone itself hardly leaves by the kidney; its metabolite does. Without that way out there would be "
        f"{shown(found['metabolite_fold'], 1)} times as much of it, {shown(found['periphery_ill'])} % of mu receptors outside "
        f"the brain occupied on 4.5 mg a day instead of {shown(found['periphery_well'])} %, and in the brain "
        f"{shown(found['brain_more'], 1)} points more. Nobody measured exposure in kidney failure: the share is worked out "
        "from renal clearance in the healthy (S_KIDNEY)."
    )
    return stated("And with kidneys that do not work?", text, found, outputs)


def _estimate(values: Array, unit: str) -> Estimate:
    low, high = np.percentile(values[1:], [5, 95])
    return Estimate(float(values[0]), float(low), float(high), unit, KIND)


def _at(hours: Array, values: Array, hour: float) -> Array:
    return values[:, int(np.searchsorted(hours, hour))]


def _days_to_return(hours: Array, missed: Array, usual: Array) -> float:
    """Days from the missed dose (number 20, counted from 0) until occupancy is as usual again."""
    apart = np.flatnonzero((usual - missed > 2) & (hours < 24 * _DAYS))
    return float((hours[apart[-1]] + 2.0) / 24 - 20) if apart.size else 0.0
