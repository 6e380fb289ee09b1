"""What the model believes, as a distribution over its own unsure numbers and not one run.

Each draw is one possible model for a typical person: every number whose table says where it may lie is
drawn from there, the filling of the brain kept to what scans showed. An interval holds 90 % of the draws.
"""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from openldn.answers.rival import SLOW, version
from openldn.answers.running import solved
from openldn.engine import parse_regimen, schedule
from openldn.notation import Estimate
from openldn.pharmacology import kept_to_scans, model
from openldn.population import doubt, with_typical

Array = NDArray[np.float64]
DRAWS, SEED = 200, 20261123
KIND = f"typical person; 90 % of {DRAWS} draws of the model's unsure numbers"
DAYS = 28  # as many as `ldn dose` runs: the same typical person must not have two means on one page
_OUTPUTS = ("occ_mu_brain", "occ_mu_periphery", "POMC", "tone_mu", "dose_ratio", "opioid_effect_left", "reward_left", "CU_BRAIN",
            "engaged_NOX2", "engaged_TLR4", "blocked_share")  # fmt: skip


@dataclass(frozen=True)
class Belief:
    """Outputs over the last of DAYS days on a daily dose, shape (draws, times), the typical run first."""

    hours: Array = field(repr=False)
    outputs: dict[str, Array] = field(repr=False)

    def of(self, values: Array, unit: str) -> Estimate:
        """The typical run with the 5th and 95th percentile of the draws; `values` has shape (draws,)."""
        low, high = np.percentile(values[1:], [5, 95])
        return Estimate(float(values[0]), float(low), float(high), unit, KIND)

    def mean(self, output: str, unit: str, scale: float = 1.0) -> Estimate:
        """Mean of an output over the day."""
        y = self.outputs[output] * scale
        return self.of(np.trapezoid(y, self.hours, axis=1) / (self.hours[-1] - self.hours[0]), unit)

    def peak(self, output: str, unit: str, scale: float = 1.0) -> Estimate:
        """Highest value of an output over the day."""
        return self.of(self.outputs[output].max(axis=1) * scale, unit)

    def hours_above(self, output: str, limit: float) -> Estimate:
        """Hours of the day with an output above `limit`."""
        step = self.hours[1] - self.hours[0]
        return self.of(np.minimum(24.0, (self.outputs[output][:, :-1] > limit).sum(axis=1) * step), "h/d")

    def share_of_draws(self, values: Array) -> float:
        """The percentage of the draws that have the property in the boolean array (draws,)."""
        return float(100 * np.mean(values[1:]))


def possible_models() -> dict[str, Array]:
    """Parameter values of the typical run and, after it, of every draw: name to array (1 + draws,)."""
    return with_typical(kept_to_scans(doubt(model(), DRAWS, SEED)), model())


@lru_cache(maxsize=32)
def belief(amount: str, kinetics: str = SLOW) -> Belief:
    """The belief about a daily dose by mouth, in one version of how the brain fills; computed once."""
    m = model()
    values = {**possible_models(), **version(kinetics)}
    hours = np.arange((DAYS - 1) * 24.0, DAYS * 24.0 + 0.01, 0.25)
    given = schedule(parse_regimen(f"{amount} every 24h"), "oral", DAYS * 24.0)
    # the OGF axis is watched, not let act: its switch stays off
    result = solved(m, given, hours, _OUTPUTS, values)
    return Belief(hours, {name: result.of(name) for name in _OUTPUTS})
