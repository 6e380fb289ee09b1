"""What the next trial would show if this one is taken at its word, and if it is not.

A significant result was selected for being large. If the estimate y with SE s was looked at only because
|y/s| > z, its likelihood is that of a normal cut off between −z and z, and the most likely truth μ̃ solves

    E(Y | μ̃, |Y/s| > z) = y.

μ̃ is nearer to 0 than y, and close to 0 when y only just passed. `shrinkage` is μ̃/y. It corrects for
selection by significance alone, once, by a known threshold; it is silent on everything else.

Replication interval: an estimate of a second trial with SE s₂ lies in y ± z √(s² + s₂²) with 95 %
probability if both estimate one truth and nothing was selected. Chance of significance in the same
direction: Φ(y/s₂ − z) if y is the truth; Φ((y/s₂ − z)/√(1 + s²/s₂²)) if the truth is as uncertain as y.

Sources: Zhong & Prentice (2008), Biostatistics 9, 621; Patil, Peng & Leek (2016), Perspect Psychol Sci
11, 539; Goodman (1992), Stat Med 11, 875.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

from openldn.meta.effects.record import require
from openldn.meta.effects.student import z_quantile

_N = NormalDist()


@dataclass(frozen=True)
class Replication:
    """low, high: where a second estimate lies with this probability, without selection.

    chance_if_true: of significance in the same direction if the estimate is the truth.
    chance: the same if the truth is as uncertain as the estimate.
    """

    low: float
    high: float
    chance_if_true: float
    chance: float


def replication(
    estimate: float, se: float, se_next: float | None = None, *, level: float = 0.95
) -> Replication:
    """What a second trial with `se_next` (the same by default) would show.

    Raises InputError for an SE that is not positive.
    """
    s2 = se if se_next is None else se_next
    require(se > 0 and s2 > 0, f"SEs {se:g} and {s2:g}; both must exceed 0")
    z = z_quantile(0.5 + level / 2)
    half = z * math.hypot(se, s2)
    passed = abs(estimate) / s2 - z
    return Replication(
        estimate - half, estimate + half, _N.cdf(passed), _N.cdf(passed / math.hypot(1, se / s2))
    )


def expected_if_significant(truth: float, se: float, *, alpha: float = 0.05) -> float:
    """The mean of the estimates that come out significant if `truth` is true: larger in size than it."""
    require(se > 0, f"SE {se:g}; it must exceed 0")
    z, m = z_quantile(1 - alpha / 2), truth / se
    up, down = _N.cdf(m - z), _N.cdf(-m - z)
    return se * (m + (_N.pdf(z - m) - _N.pdf(z + m)) / (up + down))


def corrected_for_selection(estimate: float, se: float, *, alpha: float = 0.05) -> float:
    """μ̃: the most likely truth behind an estimate that is known only because it was significant.

    Raises InputError for an estimate that is not significant: that one was not selected so.
    """
    require(se > 0, f"SE {se:g}; it must exceed 0")
    z = z_quantile(1 - alpha / 2)
    size = abs(estimate) / se
    require(
        size > z, f"z = {size:.2f} is not beyond {z:.2f}; a result that did not pass was not selected by it"
    )
    low, high = 0.0, size
    for _ in range(200):  # E grows with the truth, so halving finds it
        mid = (low + high) / 2
        if expected_if_significant(mid, 1.0, alpha=alpha) < size:
            low = mid
        else:
            high = mid
    return math.copysign((low + high) / 2 * se, estimate)


def shrinkage(estimate: float, se: float, *, alpha: float = 0.05) -> float:
    """μ̃ over the estimate: the share of a significant result that survives correction for selection."""
    return corrected_for_selection(estimate, se, alpha=alpha) / estimate
