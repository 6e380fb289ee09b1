"""A crossover's effect from the difference within persons, each person counted once.

    MD     d̄ with SE = SD_d/√n, or SE from its interval, p or t on n − 1 degrees of freedom
    SMD    J t √(2(1 − r)/n),   v = 2(1 − r)/n + y²/2n,   t = d̄/SE

The SMD is in units of the score in one period, comparable with a parallel trial, and needs the correlation
r of a person's two periods; the MD does not. J is that of n − 1, since the spread in t is that of the n
differences. From means and SDs of the periods use `paired.paired_effect` with MC and SMCRP. A period effect
cancels from neither when the sequences are of unequal size; carry-over biases both and nothing here can see
it. Sources: Becker (1988), Br J Math Stat Psychol 41, 257; Elbourne et al. (2002), Int J Epidemiol 31, 140.
"""

import math

from openldn.meta.effects.paired import PAIRED_MEASURES, PairedMeans, paired_effect
from openldn.meta.effects.record import Conversion, Point, number, require
from openldn.meta.effects.recover import se_from_ci, se_from_p, se_from_t
from openldn.meta.effects.student import hedges_j


def within_person_difference(
    difference: float,
    n: int,
    *,
    sd: float | None = None,
    se: float | None = None,
    ci: tuple[float, float] | None = None,
    p: float | None = None,
    t: float | None = None,
) -> tuple[Point, Conversion]:
    """The mean difference of n persons and its variance, from exactly one spread or test of it.

    Raises InputError for none or several of the five, fewer than 2 persons, or a spread of 0 or less.
    """
    given = [name for name, x in (("sd", sd), ("se", se), ("ci", ci), ("p", p), ("t", t)) if x is not None]
    require(len(given) == 1, f"give exactly one of sd, se, ci, p and t, not {', '.join(given) or 'none'}")
    require(n >= 2, f"{n} person(s); a spread needs 2")
    if sd is not None:
        require(sd > 0, f"SD {sd:g}; it must exceed 0")
        step = Conversion(
            "SE", f"SD of the difference {number(sd)}, n = {n}", "from an SD", "SD/√n", sd / math.sqrt(n)
        )
    elif se is not None:
        require(se > 0, f"SE {se:g}; it must exceed 0")
        step = Conversion("SE", f"SE {number(se)}", "as printed", "", se)
    elif ci is not None:
        step = se_from_ci(*ci, n - 1)
    elif p is not None:
        step = se_from_p(difference, p, n - 1)
    else:
        step = se_from_t(difference, float(t or 0))
    return Point(difference, step.result**2), step


def smd_from_paired_t(t: float, n: int, r: float) -> Point:
    """The standardised difference in units of the score, from a paired t of n persons and r.

    Raises InputError for fewer than 3 persons or r outside −1 to 1.
    """
    require(n >= 3, f"{n} persons; a standardised difference needs 3")
    require(-1 < r < 1, f"a correlation of {r:g} is not between −1 and 1")
    y = hedges_j(n - 1) * t * math.sqrt(2 * (1 - r) / n)
    return Point(y, 2 * (1 - r) / n + y**2 / (2 * n))


def period_means(measure: str, data: PairedMeans) -> Point:
    """MD or SMD (or any of PAIRED_MEASURES) of a crossover from the means and SDs of its periods."""
    require(
        measure in ("MD", "SMD", *PAIRED_MEASURES),
        f'"{measure}" is not MD, SMD or one of {", ".join(PAIRED_MEASURES)}',
    )
    return paired_effect({"MD": "MC", "SMD": "SMCRP"}.get(measure, measure), data)
