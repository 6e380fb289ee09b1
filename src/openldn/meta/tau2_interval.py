"""Two intervals for τ², since an estimate from few studies says little alone.

Q-profile (Viechtbauer 2007): the τ² for which the generalised Q(τ²) is an ordinary value of χ²(k − p); exact if the
variances are known. Profile likelihood: the τ² whose log-likelihood lies within χ²(1)/2 of the highest; where it
has several peaks, from the first such point to the last.
"""

import numpy as np

from openldn.meta.distributions import chi2_quantile
from openldn.meta.heterogeneity import generalised_q
from openldn.meta.likelihood import log_likelihood, maximum, scan_grid
from openldn.meta.linear import Array, ones
from openldn.meta.roots import find_root, widen


def q_profile(
    y: Array, v: Array, *, level: float = 0.95, x: Array | None = None
) -> tuple[float, float] | None:
    """(low, high) of τ²; (0, 0) where even τ² = 0 is too much; None when no degree of freedom is left."""
    x = ones(y) if x is None else x
    df = x.shape[0] - x.shape[1]
    if df < 1:
        return None

    def at(p: float) -> float:
        target = chi2_quantile(p, df)

        def excess(t: float) -> float:
            return generalised_q(y, v, t, x).rss - target

        return 0.0 if excess(0.0) <= 0 else find_root(excess, 0.0, widen(excess, 0.0, float(np.max(v))))

    return at(0.5 + level / 2), at(0.5 - level / 2)


def profile_likelihood(
    y: Array, v: Array, *, level: float = 0.95, restricted: bool = False, x: Array | None = None
) -> tuple[float, float] | None:
    """(low, high) of τ² from the profile likelihood, restricted or not; None when no degree of freedom is left."""
    x = ones(y) if x is None else x
    if x.shape[0] <= x.shape[1]:
        return None
    best = maximum(y, v, x, restricted=restricted)
    floor = best.log_likelihood - chi2_quantile(level, 1) / 2

    def above(t: float) -> float:
        return float(log_likelihood(y, v, x, np.array([t]), restricted)[0]) - floor

    grid = np.union1d(scan_grid(v, float(np.ptp(y)) ** 2), [best.tau2])
    inside = np.flatnonzero(log_likelihood(y, v, x, grid, restricted) >= floor)
    first, last = int(inside[0]), int(inside[-1])
    low = 0.0 if first == 0 else find_root(above, float(grid[first - 1]), float(grid[first]))
    return low, find_root(
        above, float(grid[last]), widen(above, float(grid[last]), 2 * float(grid[last] or np.min(v)))
    )
