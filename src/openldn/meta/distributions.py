"""Quantiles and tail areas of the normal, t, χ² and F distributions, without loading `scipy.stats`.

scipy.special is loaded when the first of them is asked for: it takes a third of a second where
scipy.stats takes one or more.
"""

import math


def normal_quantile(p: float) -> float:
    """z with P(Z ≤ z) = p."""
    from scipy.special import ndtri

    return float(ndtri(p))


def normal_cdf(z: float) -> float:
    """P(Z ≤ z)."""
    return 0.5 * math.erfc(-z / math.sqrt(2))


def critical(level: float, df: float | None) -> float:
    """The two-sided critical value: of the t distribution with `df`, of the normal when df is None."""
    p = 0.5 + level / 2
    if df is None:
        return normal_quantile(p)
    from scipy.special import stdtrit

    return float(stdtrit(df, p))


def two_sided_p(statistic: float, df: float | None) -> float:
    """P(|Z| or |T| ≥ |statistic|); 1 for a statistic that is not a number."""
    if math.isnan(statistic):
        return 1.0
    if df is None:
        return math.erfc(abs(statistic) / math.sqrt(2))
    from scipy.special import stdtr

    return 2 * float(stdtr(df, -abs(statistic)))


def chi2_tail(x: float, df: float) -> float:
    """P(χ² ≥ x); 1 when there are no degrees of freedom."""
    if df <= 0:
        return 1.0
    from scipy.special import chdtrc

    return float(chdtrc(df, x))


def chi2_quantile(p: float, df: float) -> float:
    """x with P(χ² ≤ x) = p."""
    from scipy.special import chdtri

    return float(chdtri(df, 1 - p))


def f_tail(x: float, df1: float, df2: float) -> float:
    """P(F ≥ x)."""
    from scipy.special import fdtrc

    return float(fdtrc(df1, df2, x))
