"""Two means measured in the same persons: before and after, or two periods of a crossover.

With m₁, m₂, SDs s₁, s₂, n persons and correlation r, D = √(s₁² + s₂² − 2 r s₁ s₂), J of n − 1 degrees of
freedom, and of 2(n − 1)/(1 + r²) for SMCRP, whose spread rests on two correlated variances:

    MC      m₁ − m₂                  v = D²/n
    SMCC    J (m₁ − m₂)/D            v = 1/n + y²/2n
    SMCR    J (m₁ − m₂)/s₁           v = 2(1 − r)/n + y²/2n                 if s₁ = s₂ in truth
    SMCRH   J (m₁ − m₂)/s₁           v = D²/(s₁²(n − 1)) + y²/(2(n − 1))    if not
    SMCRP   J (m₁ − m₂)/s            v = 2(1 − r)/n + y²(1 + r²)/4n,        s² = (s₁² + s₂²)/2
    ROMC    ln(m₁/m₂)                v = s₁²/(n m₁²) + s₂²/(n m₂²) − 2 r s₁ s₂/(n m₁ m₂)

SMCC is in units of the change and grows without bound as r goes to 1; the others are in units of the
score and comparable with two independent groups. s₁, the SD that SMCR divides by, is that of the first
measurement given: hand over the baseline's SD with the baseline's mean second (m₁ after, m₂ before) by
`before_after`. Letters as in metafor. Sources: Becker (1988), Br J Math Stat Psychol 41, 257; Morris &
DeShon (2002), Psychol Methods 7, 105; Bonett (2008), Psychol Methods 13, 99; Cousineau (2020), Quant
Methods Psychol 16, 418, for SMCRP; Lajeunesse (2011), Ecology 92, 2049.
"""

import math
from dataclasses import dataclass

from openldn.meta.effects.record import Point, require
from openldn.meta.effects.student import hedges_j

PAIRED_MEASURES = ("MC", "SMCC", "SMCR", "SMCRH", "SMCRP", "ROMC")


@dataclass(frozen=True)
class PairedMeans:
    """m₁, m₂, s₁, s₂, n persons (each once) and the correlation r, stated or imputed.

    Raises InputError for fewer than 2 persons, an SD that is not positive, or r outside −1 to 1.
    """

    mean_1: float
    mean_2: float
    sd_1: float
    sd_2: float
    n: int
    r: float

    def __post_init__(self) -> None:
        require(self.n >= 2, f"{self.n} person(s); a change with a spread needs 2")
        require(self.sd_1 > 0 and self.sd_2 > 0, f"SDs {self.sd_1:g} and {self.sd_2:g}; both must exceed 0")
        require(-1 < self.r < 1, f"a correlation of {self.r:g} is not between −1 and 1")

    @property
    def sd_difference(self) -> float:
        """D, the SD of the differences within persons."""
        return sd_of_difference(self.sd_1, self.sd_2, self.r)


def before_after(
    before: float, after: float, sd_before: float, sd_after: float, n: int, r: float
) -> PairedMeans:
    """After minus before, to be standardised by the spread before: m₁ is after, s₁ is before."""
    return PairedMeans(after, before, sd_before, sd_after, n, r)


def sd_of_difference(sd_1: float, sd_2: float, r: float) -> float:
    """√(s₁² + s₂² − 2 r s₁ s₂): the SD of a change, from the SDs at its two ends."""
    return math.sqrt(sd_1**2 + sd_2**2 - 2 * r * sd_1 * sd_2)


def paired_effect(measure: str, data: PairedMeans) -> Point:
    """The effect `measure` (one of PAIRED_MEASURES) with its variance.

    Raises InputError for another measure, fewer than 3 persons where a mean is standardised, and means
    of unlike sign or zero for ROMC.
    """
    require(measure in PAIRED_MEASURES, f'"{measure}" is not one of {", ".join(PAIRED_MEASURES)}')
    m1, m2, s1, s2, n, r = data.mean_1, data.mean_2, data.sd_1, data.sd_2, data.n, data.r
    d2 = data.sd_difference**2
    if measure == "MC":
        return Point(m1 - m2, d2 / n)
    if measure == "ROMC":
        require(m1 * m2 > 0, f"a ratio of the means {m1:g} and {m2:g} has no logarithm; use MC")
        v = s1**2 / (n * m1**2) + s2**2 / (n * m2**2) - 2 * r * s1 * s2 / (n * m1 * m2)
        return Point(math.log(m1 / m2), v)
    unit = {"SMCC": math.sqrt(d2), "SMCRP": math.sqrt((s1**2 + s2**2) / 2)}.get(measure, s1)
    require(n >= 3, f"{n} persons; a standardised mean needs 3")
    df = 2 * (n - 1) / (1 + r**2) if measure == "SMCRP" else n - 1
    y = hedges_j(df) * (m1 - m2) / unit
    v = {
        "SMCC": 1 / n + y**2 / (2 * n),
        "SMCR": 2 * (1 - r) / n + y**2 / (2 * n),
        "SMCRH": d2 / (s1**2 * (n - 1)) + y**2 / (2 * (n - 1)),
        "SMCRP": 2 * (1 - r) / n + y**2 * (1 + r**2) / (4 * n),
    }[measure]
    return Point(y, v)
