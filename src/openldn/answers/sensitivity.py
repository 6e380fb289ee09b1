"""Which numbers matter most: each parameter moved alone, and what the key outputs make of it.

A parameter whose table says where it may lie is moved to those limits; any other by a fifth up and down,
within what is physically possible. Each is also moved by two percent, for the slope where it stands. Joint
effects are not seen here. Nothing else moves, with one exception: occupancy early after a dose was seen in
scans, so that the filling of the brain (KIN) is moved against whatever scales exposure (F_ORAL, CL_N) or
resting tone (E_MU) and would contradict them. `MOVED_WITH` says so on the page.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.answers.belief import DAYS
from openldn.answers.running import solved
from openldn.answers.statements import LDN
from openldn.engine import Parameter, parse_regimen, schedule
from openldn.pharmacology import kept_to_scans, model

Array = NDArray[np.float64]
MOVED_WITH = (
    "Each number of the model moved, to its limits of belief where the table has them, else by a fifth; what 4.5 mg a day "
    "then does. One at a time, but for the filling of the brain (KIN): it is moved along with whatever scales exposure "
    "(F_ORAL, CL_N) or resting tone (E_MU), so that occupancy early after a dose stays where scans saw it. Numbers that "
    "move nothing at the digits shown are left out."
)
_STEP, _NEAR = 0.2, 0.02
_FOLLOWED, _GONE = 60, 10.0


@dataclass(frozen=True)
class Watched:
    """An output whose swings are shown: `digits` decimals in `unit`; `read` gives one number a row."""

    name: str
    unit: str
    digits: int
    symbol: str
    scale: float
    hours: Array
    days: int
    read: Callable[[Array, Array], Array]


def _mean(hours: Array, y: Array) -> Array:
    return np.asarray(y.mean(axis=1))


def _days_to_gone(hours: Array, y: Array) -> Array:
    """Days from the last dose until an output is under _GONE for good, between the times by a straight line."""
    i = np.array([np.flatnonzero(row > _GONE)[-1] for row in y])
    rows = np.arange(len(y))
    share = (y[rows, i] - _GONE) / (y[rows, i] - y[rows, i + 1])
    return np.asarray((hours[i] + share * (hours[i + 1] - hours[i]) - 24.0 * (DAYS - 1)) / 24)


_LAST_DAY = np.arange((DAYS - 1) * 24.0, DAYS * 24.0 + 0.01, 0.5)
_AFTER = np.arange(DAYS * 24.0, (DAYS + _FOLLOWED) * 24.0, 2.0)
OUTPUTS = {
    "occ_mu_brain": Watched(
        "mean mu occupancy of the brain", "%", 1, "occ_mu_brain", 100.0, _LAST_DAY, DAYS, _mean
    ),
    "washout": Watched(
        "days until mu occupancy is under 10 % after four weeks",
        "d",
        1,
        "occ_mu_brain",
        100.0,
        _AFTER,
        DAYS,
        _days_to_gone,
    ),
    "tone_mu": Watched("net mu tone", "1", 2, "tone_mu", 1.0, _LAST_DAY, DAYS, _mean),
}


@dataclass(frozen=True)
class Swing:
    """What moving one parameter from `low` to `high` does to an output of a daily 4.5 mg.

    elasticity: percent by which the output changes per percent of the parameter, where it stands; None
    for a parameter at zero.
    """

    symbol: str
    meaning: str
    unit: str
    low: float
    high: float
    moved_by: str
    output: str
    output_unit: str
    digits: int
    at_low: float
    at_high: float
    elasticity: float | None

    @property
    def size(self) -> float:
        """How far the output moves."""
        return abs(self.at_high - self.at_low)

    @property
    def shows(self) -> bool:
        """Whether the output differs at the digits that are printed."""
        return f"{self.at_low:.{self.digits}f}" != f"{self.at_high:.{self.digits}f}"

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "size": self.size, "computed": "provenance.runs"}


@lru_cache(maxsize=4)
def swings(output: str = "occ_mu_brain") -> tuple[Swing, ...]:
    """Every parameter behind `output`, the one that moves it most first; `output` is a key of OUTPUTS."""
    m, watched = model(), OUTPUTS[output]
    moved = [(p, *_limits(p)) for p in m.parameters.values() if _can_move(p)]
    values = {p.symbol: np.full(4 * len(moved), p.value) for p, *_ in moved}
    for i, (p, low, high, _) in enumerate(moved):
        values[p.symbol][4 * i : 4 * i + 4] = low, high, p.value * (1 - _NEAR), p.value * (1 + _NEAR)
    given = schedule(parse_regimen(f"{LDN} every 24h"), "oral", watched.days * 24.0)
    run = solved(m, given, watched.hours, (watched.symbol,), kept_to_scans(values))
    y = watched.read(watched.hours, watched.scale * run.of(watched.symbol))
    found = [
        Swing(
            p.symbol,
            p.meaning,
            p.unit,
            low,
            high,
            how,
            watched.name,
            watched.unit,
            watched.digits,
            float(y[4 * i]),
            float(y[4 * i + 1]),
            _elasticity(y[4 * i + 2], y[4 * i + 3]) if p.value else None,
        )
        for i, (p, low, high, how) in enumerate(moved)
    ]
    return tuple(sorted((s for s in found if s.shows), key=lambda s: -s.size))


def _elasticity(below: float, above: float) -> float:
    """Central difference of the logarithms, _NEAR down and up."""
    return float(np.log(above / below) / np.log((1 + _NEAR) / (1 - _NEAR)))


def _can_move(p: Parameter) -> bool:
    """Not settings of a run, and not molecular weights, which nobody doubts."""
    return p.entry is not None and p.entry.basis != "definition" and p.unit != "ug/nmol"


def _limits(p: Parameter) -> tuple[float, float, str]:
    unsure = p.entry.unsure if p.entry else None
    low, high = (unsure.low, unsure.high) if unsure else (p.value * (1 - _STEP), p.value * (1 + _STEP))
    if low > high:
        low, high = high, low
    low = low if p.low is None else max(low, p.low)
    high = high if p.high is None else min(high, p.high)
    return low, high, "its limits of belief" if unsure else f"{100 * _STEP:.0f} % down and up"
