"""How many persons a t test needs: the smallest number whose power, by the noncentral t, reaches the one wanted.

The normal formula of `information_size` is one or two persons short, since it takes the spread as known.
"""

from collections.abc import Callable

from openldn.meta.effects.record import require
from openldn.meta.small_trials.power import power_of_means, power_of_paired

_MOST = 10_000_000


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
