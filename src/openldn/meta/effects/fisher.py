"""Fisher's exact test of two shares, in whole numbers.

Given the margins, k₁ of n₁ has probability C(n₁, k₁) C(n₂, m − k₁)/C(N, m), m = k₁ + k₂. The two-sided p
adds up all tables that are at most as probable as the one observed, the convention of R and SciPy.
Integers decide ties exactly. Source: Fisher (1935), J R Stat Soc 98, 39.
"""

from functools import lru_cache
from math import comb

from openldn.notation import InputError


def fisher_p(events_1: int, n_1: int, events_2: int, n_2: int) -> float:
    """The two-sided p of k₁ of n₁ against k₂ of n₂. Raises InputError for an impossible count."""
    if not (0 <= events_1 <= n_1 and 0 <= events_2 <= n_2 and n_1 >= 1 and n_2 >= 1):
        raise InputError(f"{events_1} of {n_1} against {events_2} of {n_2} persons is impossible")
    m = events_1 + events_2
    return _p_values(n_1, n_2, m)[events_1 - max(0, m - n_2)]


@lru_cache(maxsize=4096)
def _p_values(n_1: int, n_2: int, m: int) -> tuple[float, ...]:
    """p of each possible k₁, from the least to the greatest, given the margins."""
    weights = [comb(n_1, k) * comb(n_2, m - k) for k in range(max(0, m - n_2), min(n_1, m) + 1)]
    total = comb(n_1 + n_2, m)
    return tuple(sum(w for w in weights if w <= observed) / total for observed in weights)
