"""Power, wrong signs and exaggeration: what a significant result of this design would be worth.

If the truth is D and the estimate is normal around it with SE s, λ = D/s, z = z₁₋α/₂:

    power          Φ(λ − z) + Φ(−λ − z)
    type S         Φ(−λ − z)/power                          a significant estimate has the wrong sign
    type M         E(|estimate| | significant)/D
                   = (φ(λ + z) + φ(λ − z) + λ(Φ(λ + z) + Φ(λ − z) − 1)) / (λ power)

D must come from outside the trial. Sources: Gelman & Carlin (2014), Perspect Psychol Sci 9, 641; the
closed form: Lu, Qiu & Deng (2019), Br J Math Stat Psychol 72, 1.
"""

from dataclasses import dataclass
from statistics import NormalDist

from openldn.meta.effects.record import EffectSize, require
from openldn.meta.effects.student import z_quantile
from openldn.meta.small_trials.power import power_from_se


@dataclass(frozen=True)
class DesignErrors:
    """power; type_s, the share of significant results with the wrong sign; type_m, the exaggeration."""

    power: float
    type_s: float
    type_m: float


def design_errors(true_effect: float, se: float, *, alpha: float = 0.05) -> DesignErrors:
    """The three numbers if `true_effect` is the truth and the estimate has this SE.

    Raises InputError for a true effect of 0 (no sign to get wrong), and as `power_from_se` does.
    """
    require(true_effect != 0, "a true effect of 0 has no sign and no size to exaggerate; give another")
    power = power_from_se(true_effect, se, alpha=alpha)
    n, z, size = NormalDist(), z_quantile(1 - alpha / 2), abs(true_effect) / se
    magnitude = n.pdf(size + z) + n.pdf(size - z) + size * (n.cdf(size + z) + n.cdf(size - z) - 1)
    return DesignErrors(power, n.cdf(-size - z) / power, magnitude / (size * power))


def design_errors_of(effect: EffectSize, true_effect: float, *, alpha: float = 0.05) -> DesignErrors:
    """The same for the study behind `effect`, with `true_effect` on the scale of yi."""
    return design_errors(true_effect, effect.se, alpha=alpha)
