"""Each study by itself, as the method that pools reads it: a pooling of one study must give that study.

    PETO   (a − E)/V and 1/V, as in `common_effect`
    GLMM   the conditional maximum-likelihood log odds ratio and 1/information, as in `rare_events`
    MH     the plain effect and its variance; a risk difference with nothing added

Where such an effect has no finite value or variance, a Mantel-Haenszel or exact row shows the effect with 0.5 added
to all four cells, and is named in `corrected`: for the eye and for Q, never for the average. A study in which nobody,
or everybody, had the event has no ratio of its own: its effect is NaN, its variance infinite.
"""

import numpy as np

from openldn.evidence.synthesis.common_effect import peto_parts
from openldn.evidence.synthesis.effects.two_groups import Counts, Effects, Mask, binary
from openldn.evidence.synthesis.linear import Array
from openldn.evidence.synthesis.rare_events import own_odds


def own_effects(measure: str, method: str, table: Counts) -> Effects:
    """The effect of each study for MH, PETO or GLMM; NaN with an infinite variance where there is none."""
    silent = table.double_zero
    if method == "PETO":
        excess, v = peto_parts(table)
        yi, vi = _or_none(excess, v), _or_none(np.ones_like(v), v, np.inf)
        return Effects(yi, vi, (), _where(silent))
    added = binary(measure, table)
    if method == "GLMM":
        y, v = own_odds(table)
    else:
        with np.errstate(divide="ignore", invalid="ignore"):
            plain = binary(measure, table, correction=0.0)
        y, v = plain.yi, plain.vi
    none = ~(np.isfinite(y) & np.isfinite(v) & (v > 0))
    yi, vi = np.where(np.isfinite(y), y, added.yi), np.where(none, added.vi, v)
    if measure != "RD":
        yi[silent], vi[silent] = np.nan, np.inf
        none &= ~silent
    return Effects(yi, vi, _where(none), _where(silent))


def _or_none(above: Array, below: Array, otherwise: float = np.nan) -> Array:
    out = np.full(len(below), otherwise)
    np.divide(above, below, out=out, where=below > 0)
    return out


def _where(mask: Mask) -> tuple[int, ...]:
    return tuple(int(i) for i in np.flatnonzero(mask))
