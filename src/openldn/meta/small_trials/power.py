"""How likely a trial was to find an effect of a given size, and how many persons find it.

    z        Φ(δ/SE − z) + Φ(−δ/SE − z),  z = z₁₋α/₂
    t        P(|T| > t₁₋α/₂),  T noncentral t with n₁ + n₂ − 2 df and noncentrality δ/(SD √(1/n₁ + 1/n₂))
    arcsine  as z, with h = 2 asin √p₁ − 2 asin √p₂ and SE √(1/n₁ + 1/n₂)
    exact    Σ P(k₁) P(k₂) over all tables whose Fisher p is at most α

Give the effect that is plausible or important, never the one observed: power at the observed effect is a
function of p and tells nothing new (Hoenig & Heisey 2001). Two-sided; a rejection in the wrong direction
counts, as it does in the trial. Source: Cohen (1988), Statistical Power Analysis.

Sizes are the smallest whose power, by the noncentral t, reaches the one wanted. The normal formula of `information_size`
is one or two persons short, since it takes the spread as known.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from statistics import NormalDist
from typing import Any

from openldn.meta.effects.counts import fisher_p
from openldn.meta.effects.record import EffectSize, require
from openldn.meta.effects.student import t_quantile, z_quantile

_LARGEST_EXACT = 200
_NODES = 200
_MOST = 10_000_000


def power_from_se(effect: float, se: float, *, alpha: float = 0.05) -> float:
    """Power of a z test of an estimate with this SE if `effect` is true.

    Raises InputError for an SE that is not positive or an alpha outside 0 to 1.
    """
    require(se > 0, f"SE {se:g}; it must exceed 0")
    require(0 < alpha < 1, f"alpha {alpha:g} is not between 0 and 1")
    z, n = z_quantile(1 - alpha / 2), NormalDist()
    return n.cdf(effect / se - z) + n.cdf(-effect / se - z)


def power_of(effect: EffectSize, plausible: float, *, alpha: float = 0.05) -> float:
    """Power of the study behind `effect` if `plausible` (on the scale of yi) were true."""
    return power_from_se(plausible, effect.se, alpha=alpha)


def power_of_means(difference: float, sd: float, n_1: int, n_2: int, *, alpha: float = 0.05) -> float:
    """Power of the two-sample t test. Raises InputError for fewer than 2 persons in a group."""
    require(min(n_1, n_2) >= 2, f"groups of {n_1} and {n_2}; a t test needs 2 in each")
    require(sd > 0, f"SD {sd:g}; it must exceed 0")
    return _power_t(difference / (sd * math.sqrt(1 / n_1 + 1 / n_2)), n_1 + n_2 - 2, alpha)


def power_of_paired(difference: float, sd_difference: float, n: int, *, alpha: float = 0.05) -> float:
    """Power of the paired t test of n persons, each counted once."""
    require(n >= 2, f"{n} person(s); a paired test needs 2")
    require(sd_difference > 0, f"SD {sd_difference:g}; it must exceed 0")
    return _power_t(difference * math.sqrt(n) / sd_difference, n - 1, alpha)


def power_of_shares(
    share_1: float, share_2: float, n_1: int, n_2: int, *, test: str = "exact", alpha: float = 0.05
) -> float:
    """Power of the comparison of two shares, by Fisher's exact test ("exact") or "arcsine".

    Raises InputError for a share outside 0 to 1, another test, and exact with more than 200 in a group.
    """
    require(0 <= share_1 <= 1 and 0 <= share_2 <= 1, f"shares {share_1:g} and {share_2:g}; give 0 to 1")
    require(test in ("exact", "arcsine"), f'"{test}" is not a test; choose exact or arcsine')
    if test == "arcsine":
        h = 2 * math.asin(math.sqrt(share_1)) - 2 * math.asin(math.sqrt(share_2))
        return power_from_se(h, math.sqrt(1 / n_1 + 1 / n_2), alpha=alpha)
    require(max(n_1, n_2) <= _LARGEST_EXACT, f"{max(n_1, n_2)} in a group; above 200 use arcsine")
    first, second = _binomial(n_1, share_1), _binomial(n_2, share_2)
    return sum(
        x * y
        for k1, x in enumerate(first)
        for k2, y in enumerate(second)
        if fisher_p(k1, n_1, k2, n_2) <= alpha
    )


def size_of_means(difference: float, sd: float, *, alpha: float = 0.05, power: float = 0.8) -> int:
    """Persons in each of two groups. Raises InputError for a difference or SD of 0, and beyond ten million."""
    require(difference != 0 and sd > 0, f"difference {difference:g}, SD {sd:g}; neither may be 0")
    return _smallest(lambda n: power_of_means(difference, sd, n, n, alpha=alpha), power)


def size_of_paired(
    difference: float, sd_difference: float, *, alpha: float = 0.05, power: float = 0.8
) -> int:
    """Persons who finish both periods of a crossover, each counted once. Raises InputError as `size_of_means`.

    sd_difference: the SD of the differences within persons.
    """
    require(
        difference != 0 and sd_difference > 0,
        f"difference {difference:g}, SD {sd_difference:g}; neither may be 0",
    )
    return _smallest(lambda n: power_of_paired(difference, sd_difference, n, alpha=alpha), power)


def detectable_paired(sd_difference: float, n: int, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """The difference that n persons, each in both periods, find with this power."""
    low, high = 0.0, 100 * sd_difference
    for _ in range(60):
        mid = (low + high) / 2
        low, high = (mid, high) if power_of_paired(mid, sd_difference, n, alpha=alpha) < power else (low, mid)
    return high


def _smallest(power_at: Callable[[int], float], wanted: float) -> int:
    require(0 < wanted < 1, f"power {wanted:g} is not between 0 and 1")
    high = 2
    while power_at(high) < wanted:
        high *= 2
        require(high <= _MOST, "more than ten million persons are needed; look for a larger difference")
    low = high // 2
    while high - low > 1:  # power grows with n
        mid = (low + high) // 2
        low, high = (low, mid) if power_at(mid) >= wanted else (mid, high)
    return max(high, 2)


def _power_t(noncentrality: float, df: int, alpha: float) -> float:
    """P(|T| > t) = E(Φ(ν − t S) + Φ(−ν − t S)) over S = √(χ²/df), by quadrature over the quantiles of S.

    Within 5·10⁻⁶. Written out because SciPy's noncentral t is not a number for some large ν at few degrees of freedom.
    """
    import numpy as np
    from scipy.special import gammaincinv, ndtr

    nodes, weights = _legendre()
    s = np.sqrt(2 * gammaincinv(df / 2, (nodes + 1) / 2) / df)
    t = t_quantile(1 - alpha / 2, df)
    return min(float(weights @ (ndtr(noncentrality - t * s) + ndtr(-noncentrality - t * s))) / 2, 1.0)


@lru_cache(maxsize=1)
def _legendre() -> tuple[Any, Any]:
    import numpy as np

    return np.polynomial.legendre.leggauss(_NODES)


def _binomial(n: int, p: float) -> list[float]:
    return [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]
