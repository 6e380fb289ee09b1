"""The effect of each study by itself, one row a study; see `measures` for the columns.

Pairs of means: m₁ − m₂, each person measured twice, ri the correlation between the two. SMCR divides by the first
SD: put the change's second end first and the spread before it (m1i after, sd1i before). Pairs of answers: ai yes both
times, bi only the first, ci only the second, di never. One group: xi of ni persons. There 0.5 is added to all cells of a
study that has no finite effect, or no variance, without, and of no other.

Methods that pool counts read a study in their own way, so that a pooling of one study gives that study:

    PETO   (a − E)/V and 1/V, as in `common_effect`
    GLMM   the conditional maximum-likelihood log odds ratio and 1/information, as in `rare_events`
    MH     the plain effect and its variance; a risk difference with nothing added

Where such an effect has no finite value or variance, a Mantel-Haenszel or exact row shows the effect with 0.5 added
to all four cells, and is named in `corrected`: for the eye and for Q, never for the average. A study in which nobody,
or everybody, had the event has no ratio of its own: its effect is NaN, its variance infinite; a risk difference of such a
study is for the eye alone.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from openldn.meta.common_effect import peto_parts
from openldn.meta.effects.one_arm import proportion_effect
from openldn.meta.effects.paired import PairedMeans, paired_effect
from openldn.meta.effects.paired_counts import PairedCounts, paired_count_effect
from openldn.meta.effects.record import Point
from openldn.meta.effects.two_groups import (
    Counts,
    Effects,
    Mask,
    binary,
    checked_columns,
    refuse_persons,
    refuse_where,
)
from openldn.meta.linear import Array
from openldn.meta.rare_events import own_odds
from openldn.notation import InputError

_PAIRED = {"MPRD": "RD", "MPRR": "RR", "MPOR": "OR", "MPORC": "ORC", "MPPETO": "PETO"}


def column_effects(measure: str, columns: Mapping[str, Array], names: Sequence[str]) -> Effects:
    """yi and vi (studies,) of a paired or one-arm measure. Raises InputError that names the study."""
    c = checked_columns(names, **columns)
    if "ri" in c:
        return _each(lambda i: (_paired_means(measure, c, i), False), names)
    for name in c:
        refuse_persons(name, c[name], names)
    if "di" in c:
        return _each(lambda i: _paired_counts(measure, c, i), names)
    refuse_where(c["ni"] == 0, "ni", c["ni"], names, "is a group with nobody in it; leave the study out")
    refuse_where(c["xi"] > c["ni"], "xi", c["xi"], names, "is more than the persons of the group (ni)")
    return _each(lambda i: _share(measure, int(c["xi"][i]), int(c["ni"][i])), names)


def _paired_means(measure: str, c: Mapping[str, Array], i: int) -> Point:
    n = float(c["ni"][i])
    if n != int(n):
        raise InputError(f"ni = {n:g} is not a whole number; give the persons measured twice")
    m1, m2, s1, s2, r = (float(c[name][i]) for name in ("m1i", "m2i", "sd1i", "sd2i", "ri"))
    return paired_effect(measure, PairedMeans(m1, m2, s1, s2, int(n), r))


def _paired_counts(measure: str, c: Mapping[str, Array], i: int) -> tuple[Point, bool]:
    key, cells = _PAIRED[measure], PairedCounts(*(float(c[name][i]) for name in ("ai", "bi", "ci", "di")))
    try:
        found = paired_count_effect(key, cells)
    except InputError:
        return paired_count_effect(key, cells, add=0.5), True
    return (found, False) if found.vi > 0 else (paired_count_effect(key, cells, add=0.5), True)


def _share(measure: str, events: int, n: int) -> tuple[Point, bool]:
    return proportion_effect(measure, events, n), measure in ("PR", "PLO") and events in (0, n)


def _each(effect: Callable[[int], tuple[Point, bool]], names: Sequence[str]) -> Effects:
    points, added = [], []
    for i, name in enumerate(names):
        try:
            point, corrected = effect(i)
        except InputError as error:
            raise InputError(f'study "{name}": {error}') from None
        points.append(point)
        added += [i] if corrected else []
    return Effects(np.array([p.yi for p in points]), np.array([p.vi for p in points]), tuple(added))


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
