"""Persons from a percent: only when the rounding leaves one whole number.

A printed percent of n persons is k of n for the k with round(100 k/n) as printed; none, one or several
fit. Where n itself is not printed, the pairs (k, n) that fit both arms, and the p of Fisher's exact test
if that is printed too, are listed: the paper's table is among them, if its test was Fisher's and its
rounding honest. Source of the idea: Brown & Heathers (2017), Soc Psychol Personal Sci 8, 363.

Fisher's test: given the margins, k₁ of n₁ has probability C(n₁, k₁) C(n₂, m − k₁)/C(N, m), m = k₁ + k₂. The two-sided p
adds up all tables that are at most as probable as the one observed, the convention of R and SciPy.
Integers decide ties exactly. Source: Fisher (1935), J R Stat Soc 98, 39.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from math import comb

from openldn.meta.effects.record import Conversion, require
from openldn.notation import DataError, InputError, decimals


@dataclass(frozen=True)
class TwoByTwo:
    """Events and persons in two groups."""

    events_1: int
    n_1: int
    events_2: int
    n_2: int

    def words(self) -> str:
        """`14 of 16 against 6 of 15`."""
        return f"{self.events_1} of {self.n_1} against {self.events_2} of {self.n_2}"


def counts_that_fit(percent: float, n: int) -> tuple[int, ...]:
    """Every number of n persons that rounds to `percent` as printed; a tie goes either way."""
    require(n >= 1, f"n = {n}; a group has at least one person")
    half = 0.5 * 10.0 ** -decimals(percent) + 1e-9
    low, high = math.ceil((percent - half) * n / 100 - 1e-9), math.floor((percent + half) * n / 100 + 1e-9)
    return tuple(range(max(low, 0), min(high, n) + 1))


def count_from_percent(percent: float, n: int) -> Conversion:
    """The one number of n persons that rounds to `percent`.

    Raises DataError when none does (one of the two is wrong, or n is another n), and InputError with the
    interval when several do.
    """
    fits = counts_that_fit(percent, n)
    if not fits:
        raise DataError(f"no count out of {n} rounds to {percent:g} %; look for another denominator")
    if len(fits) > 1:
        raise InputError(f"{fits[0]} to {fits[-1]} of {n} all round to {percent:g} %; give the count")
    return Conversion("events", f"{percent:g} %, n = {n}", "from a percent", "the only k with 100 k/n as printed",
                      float(fits[0]))  # fmt: skip


def tables_that_fit(
    percent_1: float,
    percent_2: float,
    *,
    largest: tuple[int, int],
    smallest: tuple[int, int] = (1, 1),
    p: float | None = None,
) -> tuple[TwoByTwo, ...]:
    """Every table whose percents, and Fisher's p if given, print as they were printed.

    smallest, largest: bounds of the persons in either group. Largest tables first.
    """
    found = []
    for n1 in range(smallest[0], largest[0] + 1):
        for n2 in range(smallest[1], largest[1] + 1):
            for k1 in counts_that_fit(percent_1, n1):
                for k2 in counts_that_fit(percent_2, n2):
                    if p is None or _prints_as(fisher_p(k1, n1, k2, n2), p):
                        found.append(TwoByTwo(k1, n1, k2, n2))
    return tuple(sorted(found, key=lambda t: (-t.n_1 - t.n_2, -t.n_1)))


def _prints_as(value: float, printed: float) -> bool:
    return abs(value - printed) <= 0.5 * 10.0 ** -decimals(printed) + 1e-12


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
