"""Which numbers matter most: each parameter moved alone, and what the key outputs make of it.

A parameter whose table says where it may lie is moved to those limits; any other by a fifth up and down,
within what is physically possible. Each is also moved by two percent, for the slope where it stands. Nothing
else moves, so that joint effects are not seen here; only the filling of the brain is kept to what scans
showed when exposure or resting tone is moved.
"""

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from openldn.answers.statements import LDN
from openldn.engine import Parameter, doses, parse_regimen, simulate
from openldn.pharmacology import kept_to_scans, model

OUTPUTS = {
    "occ_mu_brain": ("mean mu occupancy of the brain", 100.0, "%"),
    "tone_mu": ("net mu tone", 1.0, "1"),
}
_DAYS, _STEP, _NEAR = 14, 0.2, 0.02


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
    at_low: float
    at_high: float
    elasticity: float | None

    @property
    def size(self) -> float:
        """How far the output moves."""
        return abs(self.at_high - self.at_low)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "size": self.size, "computed": "provenance.runs"}


@lru_cache(maxsize=2)
def swings(output: str = "occ_mu_brain") -> tuple[Swing, ...]:
    """Every parameter behind `output`, the one that moves it most first; `output` is a key of OUTPUTS."""
    m = model()
    name, scale, unit = OUTPUTS[output]
    moved = [(p, *_limits(p)) for p in m.parameters.values() if _can_move(p)]
    values = {p.symbol: np.full(4 * len(moved), p.value) for p, *_ in moved}
    for i, (p, low, high, _) in enumerate(moved):
        values[p.symbol][4 * i : 4 * i + 4] = low, high, p.value * (1 - _NEAR), p.value * (1 + _NEAR)
    hours = np.arange((_DAYS - 1) * 24.0, _DAYS * 24.0 + 0.01, 0.5)
    given = doses(parse_regimen(f"{LDN} every 24h"), "oral", _DAYS * 24.0)
    y = scale * simulate(m, given, hours, (output,), kept_to_scans(values), rtol=1e-7, atol=1e-9).of(
        output
    ).mean(axis=1)
    found = [
        Swing(
            p.symbol,
            p.meaning,
            p.unit,
            low,
            high,
            how,
            name,
            unit,
            float(y[4 * i]),
            float(y[4 * i + 1]),
            _elasticity(y[4 * i + 2], y[4 * i + 3]) if p.value else None,
        )
        for i, (p, low, high, how) in enumerate(moved)
    ]
    return tuple(sorted((s for s in found if s.size > 1e-6 * scale), key=lambda s: -s.size))


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
