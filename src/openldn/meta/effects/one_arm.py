"""One group alone: the share of x persons among n, on four scales, and two honest intervals.

    PR    p = x/n                                         v = p(1 − p)/n
    PLO   ln x/(n − x)                                    v = 1/x + 1/(n − x)
    PAS   asin √p                                         v = 1/4n
    PFT   ½ (asin √(x/(n+1)) + asin √((x+1)/(n+1)))       v = 1/(4n + 2)

PR and PLO have no variance when x is 0 or n; then ½ is added to both cells, and said. PFT needs one n
to be turned back, and a pooled value has none: prefer PLO, or report the intervals below.

Wilson's interval inverts the score test, Clopper and Pearson's the exact binomial test; the latter
never covers less than it says and is wider. Sources: Freeman & Tukey (1950), Ann Math Stat 21, 607;
Miller (1978), Am Stat 32, 138; Wilson (1927), JASA 22, 209; Clopper & Pearson (1934), Biometrika 26,
404; Newcombe (1998), Stat Med 17, 857; Schwarzer et al. (2019), Res Synth Methods 10, 476.
"""

import math

from openldn.meta.effects.record import Point, require
from openldn.meta.effects.student import z_quantile
from openldn.notation import InputError

PROPORTION_MEASURES = ("PR", "PLO", "PAS", "PFT")


def proportion_effect(measure: str, events: int, n: int) -> Point:
    """The share on the scale of `measure`, one of PROPORTION_MEASURES.

    ½ is added to both cells for PR and PLO when nobody or everybody had the event.
    Raises InputError for another measure and for an impossible count.
    """
    _check(events, n)
    require(measure in PROPORTION_MEASURES, f'"{measure}" is not one of {", ".join(PROPORTION_MEASURES)}')
    x, m = float(events), float(n)
    if measure == "PFT":
        y = 0.5 * (math.asin(math.sqrt(x / (m + 1))) + math.asin(math.sqrt((x + 1) / (m + 1))))
        return Point(y, 1 / (4 * m + 2))
    if measure == "PAS":
        return Point(math.asin(math.sqrt(x / m)), 1 / (4 * m))
    if events in (0, n):
        x, m = x + 0.5, m + 1
    p = x / m
    if measure == "PR":
        return Point(p, p * (1 - p) / m)
    return Point(math.log(x / (m - x)), 1 / x + 1 / (m - x))


def proportion_from(measure: str, y: float, *, n: float | None = None) -> float:
    """The share (0 to 1) that stands for `y` on the scale of `measure`; PFT needs an n.

    Raises InputError for another measure and for PFT without n.
    """
    if measure == "PR":
        return min(max(y, 0.0), 1.0)
    if measure == "PLO":
        return 1 / (1 + math.exp(-y))
    if measure == "PAS":
        return math.sin(min(max(y, 0.0), math.pi / 2)) ** 2
    require(measure == "PFT", f'"{measure}" is not one of {", ".join(PROPORTION_MEASURES)}')
    if n is None:
        raise InputError("the Freeman-Tukey scale needs an n to turn back; use PLO to pool")
    least = 0.5 * math.asin(math.sqrt(1 / (n + 1)))
    if y <= least or y >= math.pi / 2 - least:
        return 0.0 if y <= least else 1.0
    s, c = math.sin(2 * y), math.cos(2 * y)
    return 0.5 * (1 - math.copysign(1, c) * math.sqrt(max(0.0, 1 - (s + (s - 1 / s) / n) ** 2)))


def wilson_interval(events: int, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a share. Raises InputError for an impossible count."""
    _check(events, n)
    z = z_quantile(0.5 + level / 2)
    p = events / n
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return (0.0 if events == 0 else centre - half), (1.0 if events == n else centre + half)


def clopper_pearson_interval(events: int, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """The exact interval of a share. Raises InputError for an impossible count."""
    from scipy.special import betaincinv

    _check(events, n)
    tail = (1 - level) / 2
    low = 0.0 if events == 0 else float(betaincinv(events, n - events + 1, tail))
    high = 1.0 if events == n else float(betaincinv(events + 1, n - events, 1 - tail))
    return low, high


def _check(events: int, n: int) -> None:
    require(n >= 1, f"n = {n}; a group has at least one person")
    require(0 <= events <= n, f"{events} of {n} persons had the event; that is impossible")
