"""What a liver or kidneys that do not work make of a low dose, for populations.

Both are switches of the model with two states. Exposure in cirrhosis was measured once, in a few people on
another dose; in kidney failure nobody measured it.
"""

import numpy as np
from numpy.typing import NDArray

from openldn.answers.belief import KIND, belief, possible_models
from openldn.answers.rival import IF_PLASMA, PLASMA, SLOW, unless, version
from openldn.answers.running import daily, solved
from openldn.answers.stated import Stated, shown, stated
from openldn.notation import Estimate
from openldn.pharmacology import facts, model

Array = NDArray[np.float64]
_DAYS, _MG = 28, 4.5
_HOURS = np.arange(24.0 * (_DAYS - 1), 24.0 * _DAYS + 0.1, 0.5)
_HALVINGS = 60


def liver() -> Stated:
    """4.5 mg a day in decompensated cirrhosis, and the dose that does the same in health."""
    outputs = ("C_N", "R_mu", "occ_mu_brain")
    ill, well = (_last_day(outputs, {"cirrhosis": state}) for state in (1.0, 0.0))
    occupied = ill["occ_mu_brain"].mean(axis=1)
    found = {
        "exposure_fold": _estimate(ill["C_N"].mean(axis=1) / well["C_N"].mean(axis=1), "1"),
        "mean_mu": _estimate(100 * occupied, "%"),
        "same_in_health": _estimate(same_in_health(occupied, well["R_mu"]), "mg"),
    }
    rival = _last_day(("R_mu", "occ_mu_brain"), {"cirrhosis": 1.0}, PLASMA)
    in_plasma = rival["occ_mu_brain"].mean(axis=1)
    filling = _last_day(("R_mu",), {"cirrhosis": 0.0}, PLASMA)["R_mu"]
    found["mean_mu_plasma"] = _alone(100 * in_plasma, "%")
    found["same_in_health_plasma"] = _alone(same_in_health(in_plasma, filling), "mg")
    controls, patients = facts()["PK080"], facts()["PK082"]
    text = (
        f"In decompensated cirrhosis exposure to naltrexone is about {shown(found['exposure_fold'], 1)} times the usual, built "
        f"in from {patients.n} people against {controls.n} after {controls.dose.split(' PO')[0]}; 4.5 mg a day would then "
        f"occupy {shown(found['mean_mu'])} % of mu receptors on average, as about {shown(found['same_in_health'])} mg do with a "
        "healthy liver. The label, for 50 mg, has about 10 times. How the liver's part divides between first pass and "
        "clearance is assumed. "
        + unless(
            f"it would occupy {found['mean_mu_plasma'].value:.0f} %, as about {found['same_in_health_plasma'].value:.0f} mg do "
            "with a healthy liver"
        )
    )
    return stated("And with a diseased liver?", text, found, ("occ_mu_brain",), changed={"cirrhosis": 1.0})


def same_in_health(occupied: Array, filling: Array) -> Array:
    """The daily dose, mg, that occupies a share of mu receptors on average in health.

    occupied: that share, one a draw; filling: antagonist over its Ki through the day on _MG a day, shape
    (draws, times). Filling is proportional to the dose, so that the share is known for any other.
    """
    at_rest = 1 + np.broadcast_to(possible_models()["E_MU"][: len(occupied)], occupied.shape)[:, None]
    low, high = np.full_like(occupied, 1e-3), np.full_like(occupied, 1e3)  # folds of _MG
    for _ in range(_HALVINGS):
        middle = np.sqrt(low * high)
        more = middle[:, None] * filling
        short = (more / (more + at_rest)).mean(axis=1) < occupied
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return _MG * np.sqrt(low * high)


def kidney() -> Stated:
    """4.5 mg a day with kidneys that clear next to nothing."""
    outputs = ("C_6", "occ_mu_periphery", "occ_mu_brain")
    ill, well = (_last_day(outputs, {"kidney": state}) for state in (1.0, 0.0))
    mean = {name: (ill[name].mean(axis=1), well[name].mean(axis=1)) for name in outputs}
    found = {
        "metabolite_fold": _estimate(mean["C_6"][0] / mean["C_6"][1], "1"),
        "periphery_ill": _estimate(100 * mean["occ_mu_periphery"][0], "%"),
        "periphery_well": belief("4.5mg").mean("occ_mu_periphery", "%", 100),  # one value wherever it is told
        "brain_more": _estimate(100 * (mean["occ_mu_brain"][0] - mean["occ_mu_brain"][1]), "%"),
    }
    more = [
        _last_day(("occ_mu_brain",), {"kidney": k}, PLASMA)["occ_mu_brain"].mean(axis=1) for k in (1.0, 0.0)
    ]
    found["brain_more_plasma"] = _alone(100 * (more[0] - more[1]), "%")
    text = (
        f"Naltrexone itself hardly leaves by the kidney; its metabolite does. Without that way out there would be "
        f"{shown(found['metabolite_fold'], 1)} times as much of it, {shown(found['periphery_ill'])} % of mu receptors outside "
        f"the brain occupied on 4.5 mg a day instead of {shown(found['periphery_well'])} %, and in the brain "
        f"{shown(found['brain_more'], 1)} points more. Nobody measured exposure in kidney failure: the share is worked out "
        "from renal clearance in the healthy. "
        + unless(f"in the brain it would be {found['brain_more_plasma'].value:.1f} points more")
    )
    return stated("And with kidneys that do not work?", text, found, outputs, changed={"kidney": 1.0})


def _last_day(outputs: tuple[str, ...], switched: dict[str, float], kinetics: str = SLOW) -> dict[str, Array]:
    """Outputs through the last day of daily doses in every possible model, shape (draws, times).

    Of the rival kinetics only the typical run.
    """
    values = {**(possible_models() if kinetics == SLOW else {}), **version(kinetics), **switched}
    given = daily(_MG, _DAYS)
    run = solved(model(), given, _HOURS, outputs, values)
    return {name: run.of(name) for name in outputs}


def _alone(values: Array, unit: str) -> Estimate:
    return Estimate(float(values[0]), None, None, unit, IF_PLASMA)


def _estimate(values: Array, unit: str) -> Estimate:
    low, high = np.percentile(values[1:], [5, 95])
    return Estimate(float(values[0]), float(low), float(high), unit, KIND)
