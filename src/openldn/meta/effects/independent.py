"""The contrasts of two independent arms that a study file can lead to: MD, SMD, RD, RR, OR.

    MD    m₁ − m₂                  v = s₁²/n₁ + s₂²/n₂
    SMD   J (m₁ − m₂)/s            v = 1/n₁ + 1/n₂ + y²/2(n₁ + n₂),   s pooled, J of n₁ + n₂ − 2
    RD    k₁/n₁ − k₂/n₂            v = p₁q₁/n₁ + p₂q₂/n₂
    RR    ln p₁/p₂                 v = 1/k₁ − 1/n₁ + 1/k₂ − 1/n₂
    OR    ln k₁(n₂−k₂)/k₂(n₁−k₁)   v = sum of 1/cell

Counts are those of `two_groups`: ½ is added to all four cells when one is zero. A table without any event, or
with events only, has no RR or OR and is refused. Source: Borenstein et al. (2009), Introduction to
Meta-Analysis, ch. 4 and 5; Hedges (1981).
"""

import math
from dataclasses import dataclass

from openldn.meta.effects.counts import TwoByTwo
from openldn.meta.effects.record import Point, require
from openldn.meta.effects.student import hedges_j
from openldn.meta.effects.two_groups import binary, counts

MEAN_MEASURES, COUNT_MEASURES = ("MD", "SMD"), ("RR", "OR", "RD")


@dataclass(frozen=True)
class TwoMeans:
    """Mean, SD and persons of two groups."""

    mean_1: float
    sd_1: float
    n_1: int
    mean_2: float
    sd_2: float
    n_2: int

    @property
    def sd_pooled(self) -> float:
        ss = (self.n_1 - 1) * self.sd_1**2 + (self.n_2 - 1) * self.sd_2**2
        return math.sqrt(ss / (self.n_1 + self.n_2 - 2))


def contrast_of_means(measure: str, data: TwoMeans) -> Point:
    """MD or SMD of two independent groups."""
    difference = data.mean_1 - data.mean_2
    if measure == "MD":
        return Point(difference, data.sd_1**2 / data.n_1 + data.sd_2**2 / data.n_2)
    return standardised(difference / data.sd_pooled, data.n_1, data.n_2)


def standardised(d: float, n_1: int, n_2: int) -> Point:
    """Hedges's g and its variance from Cohen's d of two independent groups."""
    g = hedges_j(n_1 + n_2 - 2) * d
    return Point(g, 1 / n_1 + 1 / n_2 + g**2 / (2 * (n_1 + n_2)))


def needs_half(table: TwoByTwo) -> bool:
    """Whether ½ is added to every cell of this table: one of them is zero."""
    return 0 in (table.events_1, table.events_2, table.n_1 - table.events_1, table.n_2 - table.events_2)


def contrast_of_counts(measure: str, table: TwoByTwo) -> Point:
    """RR, OR or RD of two independent groups; ½ is added as `needs_half` says.

    Raises InputError for RR and OR when nobody, or everybody, had the event.
    """
    total = table.events_1 + table.events_2
    require(
        measure == "RD" or 0 < total < table.n_1 + table.n_2,
        f"{measure} of {table.words()} does not exist: no contrast of events; use RD",
    )
    events, sizes = (table.events_1, table.events_2), (table.n_1, table.n_2)
    found = binary(measure, counts(events[:1], sizes[:1], events[1:], sizes[1:]))
    return Point(float(found.yi[0]), float(found.vi[0]))
