"""On how many persons the significance of a two-group comparison hangs.

The fragility index (Walsh) adds events to the group with fewer of them, one person at a time, n fixed,
until Fisher's p is no longer below α. `anywhere` looks for the fewest changes in either group, which is
never more (Baer and others define it so). The reverse index of a comparison that is not significant takes
events away from that group until it is. The quotient divides by all persons.

Caveats. The index is a function of p and n and adds nothing to an interval: a small trial has a small
index because it is small. It says nothing about which outcomes were likely to be otherwise, holds for one
threshold and one test (a trial that its authors call significant may have an index of 0 by Fisher's), and
is to be read beside the number lost to follow-up, never as a measure of truth. "The group with fewer
events" is meant by share when the groups differ in size. Sources: Walsh et al. (2014), J Clin Epidemiol
67, 622; Khan et al. (2020), JAMA Netw Open 3, e2012469; Carter et al. (2017), Eur Heart J 38, 346.
"""

from dataclasses import dataclass

from openldn.meta.effects.counts import TwoByTwo, fisher_p


@dataclass(frozen=True)
class Fragility:
    """index: persons to change; None when no number of changes in that group does it.

    reverse: the comparison was not significant, and the index is that of the way to significance.
    p, p_after: Fisher's p as observed and after the changes. quotient: index over all persons.
    """

    index: int | None
    reverse: bool
    quotient: float | None
    p: float
    p_after: float | None


def fragility(table: TwoByTwo, *, alpha: float = 0.05, anywhere: bool = False) -> Fragility:
    """The fragility index of `table`, or its reverse index when Fisher's p is not below alpha.

    anywhere: the fewest changes in either or both groups, instead of in the group with fewer events.
    """
    k1, n1, k2, n2 = table.events_1, table.n_1, table.events_2, table.n_2
    if k1 * n2 > k2 * n1:
        k1, n1, k2, n2 = k2, n2, k1, n1  # the first group is the one with fewer events
    p = fisher_p(k1, n1, k2, n2)
    reverse = p >= alpha
    away = -1 if reverse else 1
    for changes in range(1, n1 + n2 + 1):
        for there in range(changes + 1 if anywhere else 1):
            a, c = k1 + away * (changes - there), k2 - away * there
            if 0 <= a <= n1 and 0 <= c <= n2 and (fisher_p(a, n1, c, n2) < alpha) == reverse:
                return Fragility(changes, reverse, changes / (n1 + n2), p, fisher_p(a, n1, c, n2))
    return Fragility(None, reverse, None, p, None)
