"""From a mean difference to the people who reach a minimal important difference, and from SMD to odds.

If the outcome is normal with one SD in both groups, the share beyond a threshold T is Φ((m − T)/SD) (or
the rest, where lower is better). The difference of two shares depends on where the control group stands,
so a mean below the important difference does not mean that nobody reaches it.

From a standardised difference d, approximately:

    ln OR = π d/√3       logistic outcome (Hasselblad & Hedges)
    ln OR = 1.65 d       normal outcome, middle cut (Cox)
    risk = Φ(d + Φ⁻¹(p₀))    normal outcome, from a control risk p₀ (Furukawa)

Sources: Hasselblad & Hedges (1995), Psychol Bull 117, 167; Cox & Snell (1989), Analysis of Binary Data;
Sánchez-Meca et al. (2003), Psychol Methods 8, 448; Furukawa & Leucht (2011), PLoS ONE 6, e19070.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

from openldn.meta.effects.record import Point, require

_PER_SD = {"hasselblad-hedges": math.pi / math.sqrt(3), "cox": 1.65}


@dataclass(frozen=True)
class Responders:
    """Shares (0 to 1) that reach the threshold under treatment and under control, and their difference."""

    treated: float
    control: float
    difference: float


def share_reaching(threshold: float, mean: float, sd: float, *, better: str) -> float:
    """The share of a normal outcome at or beyond `threshold`; better is "lower" or "higher".

    Raises InputError for an SD that is not positive and another word.
    """
    require(sd > 0, f"SD {sd:g}; it must exceed 0")
    require(better in ("lower", "higher"), f'better is "{better}"; give "lower" or "higher"')
    z = (mean - threshold) / sd
    return NormalDist().cdf(z if better == "higher" else -z)


def responders(
    difference: float, control_mean: float, sd: float, important: float, *, better: str
) -> Responders:
    """Who improves by `important` (positive) or more, if the control group's mean change is `control_mean`.

    difference, control_mean: changes on the scale as printed, so negative is an improvement where lower
    is better. Raises InputError for an important difference that is not positive, and as `share_reaching`.
    """
    require(important > 0, f"an important difference of {important:g}; give its size, above 0")
    threshold = important if better == "higher" else -important
    treated = share_reaching(threshold, control_mean + difference, sd, better=better)
    control = share_reaching(threshold, control_mean, sd, better=better)
    return Responders(treated, control, treated - control)


def log_odds_ratio_from_smd(smd: float, variance: float, *, method: str = "hasselblad-hedges") -> Point:
    """ln OR of being on the higher side, and its variance, from a standardised difference. Approximate.

    method: "hasselblad-hedges" or "cox". Raises InputError for another word.
    """
    require(method in _PER_SD, f'"{method}" is not one of {", ".join(_PER_SD)}')
    k = _PER_SD[method]
    return Point(k * smd, k**2 * variance)


def smd_from_log_odds_ratio(log_or: float, variance: float, *, method: str = "hasselblad-hedges") -> Point:
    """The way back of `log_odds_ratio_from_smd`."""
    require(method in _PER_SD, f'"{method}" is not one of {", ".join(_PER_SD)}')
    k = _PER_SD[method]
    return Point(log_or / k, variance / k**2)


def share_from_smd(control_share: float, improvement: float) -> float:
    """The responders under treatment, from those under control and an SMD where positive is better.

    Raises InputError for a share that is not strictly between 0 and 1.
    """
    require(0 < control_share < 1, f"a share of {control_share:g} is not between 0 and 1")
    return NormalDist().cdf(improvement + NormalDist().inv_cdf(control_share))
