"""What twelve PET scans say about the brain: T_E, KIN and Q3, with honest errors.

The scans give percent of mu receptors occupied, or percent of the same study's scan at 1 h. In the
model R, antagonist over Ki, is proportional to KIN, so one run per candidate (T_E, Q3) serves every
KIN. The estimate minimises the root-mean-square error over the scans, each scan counting the same.

Leaving a study out re-estimates T_E and KIN without it and predicts it; Q3 and the plasma model are
held, since without the Rabiner scans nothing in the rest fixes the level of occupancy at all.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from openldn.engine import Events, ev, parse_regimen, schedule, simulate
from openldn.pharmacology import Scan, model, pet_scans

Array = NDArray[np.float64]


@dataclass(frozen=True)
class LeftOut:
    """One study predicted from the others: its own errors in points, with the estimate used."""

    study: str
    half_life_h: float
    filling: float
    errors: tuple[float, ...]

    @property
    def rmse(self) -> float:
        return float(np.sqrt(np.mean(np.square(self.errors))))


@dataclass(frozen=True)
class Joint:
    """The joint estimate: T_E in h, KIN in L/ug/h, Q3 in L/h, and the error in points."""

    half_life_h: float
    filling: float
    deep_exchange: float
    rmse: float


def predicted(half_life_h: Array, filling: Array, deep_exchange: Array | None = None) -> Array:
    """Percent for every scan, shape (candidates, scans), for arrays (candidates,) of T_E, KIN and Q3."""
    relative = _relative_filling(half_life_h, deep_exchange)
    return np.stack([_percent(scan, relative, filling[:, None])[:, 0] for scan in pet_scans()], axis=1)


def in_sample() -> float:
    """Root-mean-square error of the model as it stands over the scans, in percentage points."""
    m = model()
    t_e, kin = (np.array([m.parameters[name].value]) for name in ("T_E", "KIN"))
    return float(np.sqrt(np.mean((predicted(t_e, kin)[0] - _observed()) ** 2)))


def estimate(half_lives: Array, deep_exchanges: Array, fillings: Array) -> Joint:
    """The best of a grid: arrays of candidate T_E, Q3 and KIN, every combination tried."""
    t_e, q3 = (grid.ravel() for grid in np.meshgrid(half_lives, deep_exchanges, indexing="ij"))
    errors = _errors(t_e, fillings, q3)
    score = np.sqrt(np.mean(errors**2, axis=2))
    i, j = np.unravel_index(int(np.argmin(score)), score.shape)
    return Joint(float(t_e[i]), float(fillings[j]), float(q3[i]), float(score[i, j]))


@lru_cache(maxsize=1)
def leave_one_study_out() -> tuple[LeftOut, ...]:
    """Each study predicted with T_E and KIN re-estimated from the other studies' scans."""
    half_lives, fillings = np.arange(8.0, 40.25, 0.5), np.geomspace(0.05, 5.0, 400)
    errors = _errors(half_lives, fillings, None)
    studies = np.array([scan.study for scan in pet_scans()])
    found = []
    for study in dict.fromkeys(studies.tolist()):
        kept = np.mean(errors[:, :, studies != study] ** 2, axis=2)
        i, j = np.unravel_index(int(np.argmin(kept)), kept.shape)
        own = tuple(float(e) for e in errors[i, j, studies == study])
        found.append(LeftOut(study, float(half_lives[i]), float(fillings[j]), own))
    return tuple(found)


def left_out_rmse() -> float:
    """Root-mean-square error over all scans, each predicted without its own study."""
    errors = [error for left in leave_one_study_out() for error in left.errors]
    return float(np.sqrt(np.mean(np.square(errors))))


def _observed() -> Array:
    return np.array([scan.percent for scan in pet_scans()])


def _errors(half_lives: Array, fillings: Array, deep_exchanges: Array | None) -> Array:
    """Predicted less observed, shape (candidates, fillings, scans)."""
    relative = _relative_filling(half_lives, deep_exchanges)
    parts = [_percent(scan, relative, fillings[None, :]) - scan.percent for scan in pet_scans()]
    return np.stack(parts, axis=2)


def _percent(scan: Scan, relative: dict[str, dict[float, Array]], filling: Array) -> Array:
    e_mu = model().parameters["E_MU"].value

    def occupied(hour: float) -> Array:
        dose = scan.dose_mg if scan.regimen == "single" else scan.dose_mg / _DAILY_MG
        r = filling * relative[scan.regimen][hour][:, None] * dose
        return r / (1 + r + e_mu)

    now = occupied(scan.time_h)
    return 100 * (now / occupied(1.0) if scan.relative_to == "1 h" else now)


# Weerts 2008 dosed on study days 15 to 19 and scanned on day 18: the fourth day of dosing.
_DAILY_MG, _DAILY, _DAILY_LAST_H = 50.0, "50 mg every 24h for 4d then stop", 72.0


def _relative_filling(half_lives: Array, deep_exchanges: Array | None) -> dict[str, dict[float, Array]]:
    """R per unit of KIN: for single doses per mg, for the daily regimen as it is, by hour after the dose."""
    values = {"T_E": half_lives, "KIN": np.ones_like(half_lives)}
    if deep_exchanges is not None:
        values["Q3"] = deep_exchanges
    single_hours = {s.time_h for s in pet_scans() if s.regimen == "single"} | {1.0}
    daily_hours = {s.time_h for s in pet_scans() if s.regimen == "daily"}
    regimen = schedule(parse_regimen(_DAILY), "oral", _DAILY_LAST_H + 1)
    return {
        "single": _run(ev("1 mg", cmt="oral"), 0.0, single_hours, values),
        "daily": _run(regimen, _DAILY_LAST_H, daily_hours, values),
    }


def _run(given: Events, last: float, hours: set[float], values: dict[str, Array]) -> dict[float, Array]:
    times = np.array(sorted(hours))
    result = simulate(model(), given, last + times, ("R",), values, rtol=1e-7).whole().of("R")
    return {float(hour): result[:, i] for i, hour in enumerate(times)}
