"""How many persons a body of evidence needs before its precision can be called adequate.

The optimal information size is the sample of one adequately powered trial (two-sided α, power 1 − β):

    continuous   n per group = 2 (z₁₋α/₂ + z₁₋β)² SD²/δ²
    shares       n per group = (z₁₋α/₂ √(2 p̄q̄) + z₁₋β √(p₁q₁ + p₂q₂))² / (p₁ − p₂)²

rounded up. Where trials differ, the sample is divided by 1 − D², D² the diversity. A rule of thumb of 400
people is in use for a difference of 0.2 SD and 80 % power; the formula gives 393 in each group.
Sources: Guyatt et al. (2011), J Clin Epidemiol 64, 1283; Fleiss (1981), Statistical
Methods for Rates and Proportions, ch. 3; Wetterslev et al. (2009), BMC Med Res Methodol 9, 86.
"""

import math
from dataclasses import dataclass

from openldn.meta.effects.record import require
from openldn.meta.effects.student import z_quantile


@dataclass(frozen=True)
class InformationSize:
    """per_group and total: persons needed. For a crossover they are an upper bound, not halved here."""

    per_group: int
    total: int

    def reached_by(self, persons: int) -> float:
        """The share of the total that `persons` make up; above 1 the size is reached."""
        return persons / self.total


def information_size_of_means(
    difference: float, sd: float, *, alpha: float = 0.05, power: float = 0.8, diversity: float = 0.0
) -> InformationSize:
    """For a mean difference. Raises InputError for a difference of 0, or alpha, power or diversity amiss."""
    require(difference != 0 and sd > 0, f"difference {difference:g}, SD {sd:g}; neither may be 0")
    z = _z(alpha, power)
    return _size(2 * (sum(z) * sd / difference) ** 2, diversity)


def information_size_of_shares(
    control: float,
    treated: float,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    diversity: float = 0.0,
) -> InformationSize:
    """For two shares. Raises InputError for equal shares or one that is not strictly between 0 and 1."""
    require(0 < control < 1 and 0 < treated < 1, f"shares {control:g} and {treated:g}; give 0 to 1")
    require(control != treated, "equal shares need infinitely many persons; give the difference that matters")
    z_a, z_b = _z(alpha, power)
    mean = (control + treated) / 2
    spread = control * (1 - control) + treated * (1 - treated)
    root = z_a * math.sqrt(2 * mean * (1 - mean)) + z_b * math.sqrt(spread)
    return _size((root / (control - treated)) ** 2, diversity)


def _z(alpha: float, power: float) -> tuple[float, float]:
    require(0 < alpha < 1 and 0 < power < 1, f"alpha {alpha:g}, power {power:g}; both lie between 0 and 1")
    return z_quantile(1 - alpha / 2), z_quantile(power)


def _size(per_group: float, diversity: float) -> InformationSize:
    require(0 <= diversity < 1, f"a diversity of {diversity:g} is not between 0 and 1")
    n = math.ceil(per_group / (1 - diversity) - 1e-9)
    return InformationSize(n, 2 * n)
