"""Critical values of the normal and of Student's t, and Hedges's correction for small samples.

    J(m) = Γ(m/2) / (√(m/2) Γ((m − 1)/2))

is the exact factor by which a standardised difference with m degrees of freedom overstates.

A printed interval rarely says which quantile made it. From 60 degrees of freedom on we take the normal
(the two differ by less than 2.1 % there), below it t; `by` overrules that. Sources: Hedges (1981), J Educ
Stat 6, 107; Cochrane Handbook 6.5.2 for the bound of 60.
"""

import math
from statistics import NormalDist

from openldn.meta.effects.record import require

SMALL = 60
NORMAL = "the normal distribution"


def z_quantile(q: float) -> float:
    """The q quantile of the standard normal distribution."""
    return NormalDist().inv_cdf(q)


def t_quantile(q: float, df: float) -> float:
    """The q quantile of Student's t with df degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(df, q))


def critical_value(df: float | None, *, level: float = 0.95, by: str = "auto") -> tuple[float, str]:
    """The multiplier of an SE in an interval, and in words which one it is.

    by: "auto" (t below 60 degrees of freedom, normal otherwise or when df is None), "t" or "z".
    Raises InputError for another word, a level outside 0 to 1, df below 1, and "t" without df.
    """
    require(by in ("auto", "t", "z"), f'"{by}" is not a distribution; choose auto, t or z')
    require(0 < level < 1, f"level {level:g} is not between 0 and 1; write 0.95 for 95 %")
    require(df is None or df >= 1, f"{df} degrees of freedom; a spread needs at least 1")
    require(by != "t" or df is not None, "t needs the degrees of freedom; give n or choose z")
    if df is not None and (by == "t" or (by == "auto" and df < SMALL)):
        return t_quantile(0.5 + level / 2, df), f"t on {df:g} degrees of freedom"
    return z_quantile(0.5 + level / 2), NORMAL


def hedges_j(df: float) -> float:
    """The factor J that makes a standardised difference unbiased. Raises InputError below 2 df."""
    require(df >= 2, f"a standardised difference needs 2 degrees of freedom, not {df:g}")
    return math.exp(math.lgamma(df / 2) - 0.5 * math.log(df / 2) - math.lgamma((df - 1) / 2))
