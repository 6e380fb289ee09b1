"""Yes or no in the same persons twice: crossovers and matched pairs.

Of n persons, a said yes both times, b only the first, c only the second, d never.

    RD     (b − c)/n                 v = (b + c)/n² − (b − c)²/n³
    RR     ln (a + b)/(a + c)        v = (b + c)/((a + b)(a + c))
    OR     logit p₁ − logit p₂       v = 1/(a+b) + 1/(c+d) + 1/(a+c) + 1/(b+d) − 2Δ,
                                     Δ = n(ad − bc)/((a+b)(c+d)(a+c)(b+d))
    ORC    ln b/c                    v = 1/b + 1/c                    (conditional: McNemar's)
    PETO   2(b − c)/(b + c)          v = 4/(b + c)                    (conditional, near 1 only)

RD, RR and OR are marginal: they compare with the same measure from a parallel trial. ORC is larger in
size than OR whenever persons differ, and must not be pooled with it. metafor calls them MPRD, MPRR,
MPOR, MPORC and MPPETO.

A crossover that prints only its two totals leaves one unknown, the correlation φ of the two answers:
`table_from_totals` fills the table with it. Sources: Becker & Balagtas (1993), Biometrics 49, 997;
Elbourne et al. (2002), Int J Epidemiol 31, 140; Curtin, Elbourne & Altman (2002), Stat Med 21, 2145.
"""

import math
from dataclasses import dataclass

from openldn.meta.effects.record import Point, number, require

PAIRED_COUNT_MEASURES = ("RD", "RR", "OR", "ORC", "PETO")


@dataclass(frozen=True)
class PairedCounts:
    """a, b, c and d of the module. They need not be whole: a correlation may have filled them in.

    Raises InputError for a negative cell or an empty table.
    """

    both: float
    first_only: float
    second_only: float
    neither: float

    def __post_init__(self) -> None:
        cells = (self.both, self.first_only, self.second_only, self.neither)
        require(min(cells) >= 0, f"cells {cells}; a count cannot be negative")
        require(sum(cells) > 0, "an empty table has no effect")

    @property
    def n(self) -> float:
        return self.both + self.first_only + self.second_only + self.neither

    @property
    def correlation(self) -> float:
        """φ of the two answers. Raises InputError when everybody answered alike on one occasion."""
        a, b, c, d = self.both, self.first_only, self.second_only, self.neither
        product = (a + b) * (c + d) * (a + c) * (b + d)
        require(product > 0, "one occasion has only one answer; φ does not exist")
        return (a * d - b * c) / math.sqrt(product)


def table_from_totals(first: int, second: int, n: int, correlation: float) -> PairedCounts:
    """The table of `first` and `second` yeses among n persons whose answers correlate by φ.

    a = n(p₁p₂ + φ √(p₁q₁p₂q₂)). Raises InputError, with the range of φ that the totals allow, when no
    table has this correlation, and for totals outside 0 to n.
    """
    require(0 <= first <= n and 0 <= second <= n, f"{first} and {second} of {n} persons is impossible")
    low, high = correlation_bounds(first, second, n)
    p1, p2 = first / n, second / n
    spread = math.sqrt(p1 * (1 - p1) * p2 * (1 - p2))
    require(
        spread == 0 or low <= correlation <= high,
        f"{first} and {second} of {n} persons cannot correlate by {correlation:g}; "
        f"φ lies between {number(low)} and {number(high)}",
    )
    a = n * (p1 * p2 + correlation * spread)
    a = min(max(a, max(0, first + second - n)), min(first, second))
    return PairedCounts(a, first - a, second - a, n - first - second + a)


def correlation_bounds(first: int, second: int, n: int) -> tuple[float, float]:
    """The least and greatest φ that two totals among n persons allow; (0, 0) when a total is 0 or n."""
    p1, p2 = first / n, second / n
    spread = math.sqrt(p1 * (1 - p1) * p2 * (1 - p2))
    if spread == 0:
        return 0.0, 0.0
    least = (max(0.0, p1 + p2 - 1) - p1 * p2) / spread
    return least, (min(p1, p2) - p1 * p2) / spread


def paired_count_effect(measure: str, table: PairedCounts, *, add: float = 0.0) -> Point:
    """The effect `measure` (one of PAIRED_COUNT_MEASURES); `add` goes to every cell first.

    Raises InputError for another measure, and for a zero that leaves no finite estimate, naming the
    cells; nothing is added unasked.
    """
    names = ", ".join(PAIRED_COUNT_MEASURES)
    require(measure in PAIRED_COUNT_MEASURES, f'"{measure}" is not one of {names}')
    require(add >= 0, f"cannot add {add:g} to a cell; give 0 or more")
    a, b, c, d = (x + add for x in (table.both, table.first_only, table.second_only, table.neither))
    n = a + b + c + d
    divisors = {"RD": (n,), "RR": (a + b, a + c), "OR": (a + b, c + d, a + c, b + d), "ORC": (b, c)}
    require(
        min(*divisors.get(measure, (b,)), b + c) > 0 or (measure == "PETO" and b + c > 0),
        f"{measure} does not exist for the cells {a:g}, {b:g}, {c:g}, {d:g}; give `add`, for example 0.5",
    )
    if measure == "RD":
        return Point((b - c) / n, (b + c) / n**2 - (b - c) ** 2 / n**3)
    if measure == "RR":
        return Point(math.log((a + b) / (a + c)), (b + c) / ((a + b) * (a + c)))
    if measure == "ORC":
        return Point(math.log(b / c), 1 / b + 1 / c)
    if measure == "PETO":
        return Point(2 * (b - c) / (b + c), 4 / (b + c))
    delta = n * (a * d - b * c) / ((a + b) * (c + d) * (a + c) * (b + d))
    v = 1 / (a + b) + 1 / (c + d) + 1 / (a + c) + 1 / (b + d) - 2 * delta
    return Point(math.log((a + b) / (c + d)) - math.log((a + c) / (b + d)), v)
