"""Mean and SD from a median with its quartiles, its range or both.

With least a, quartiles q₁, m, q₃, greatest b, n persons, z the normal quantile,
ξ = 2 z((n − 0.375)/(n + 0.25)) and η = 2 z((0.75 n − 0.125)/(n + 0.25)):

    a, m, b              mean  w (a+b)/2 + (1−w) m                 w = 4/(4 + n^0.75)
                         SD    (b − a)/ξ
    q₁, m, q₃            mean  w (q₁+q₃)/2 + (1−w) m               w = 0.7 + 0.39/n
                         SD    (q₃ − q₁)/η
    a, q₁, m, q₃, b      mean  w (a+b)/2 + u (q₁+q₃)/2 + (1−w−u) m,
                               w = 2.2/(2.2 + n^0.75), u = 0.7 − 0.72/n^0.55
                         SD    ½ (b − a)/ξ + ½ (q₃ − q₁)/η

Means by Luo, SDs by Wan. They assume normal data. `looks_skewed` is Shi's test of that; when it says
yes, the numbers mislead and an analysis of logarithms, or of medians, is the way out. A paper prints
medians because its data are skewed more often than not, so a pass is weak evidence.

Sources: Wan et al. (2014), BMC Med Res Methodol 14, 135; Luo et al. (2018), Stat Methods Med Res 27,
1785; Shi et al. (2023), Stat Methods Med Res 32, 1338 (its 5 % limits, for n of about 20 and more).
"""

import math

from openldn.meta.effects.record import Conversion, number, require
from openldn.meta.effects.student import z_quantile


def mean_and_sd(
    *,
    n: int,
    median: float,
    least: float | None = None,
    q1: float | None = None,
    q3: float | None = None,
    greatest: float | None = None,
) -> tuple[Conversion, Conversion]:
    """The mean and the SD of n persons, from whichever of the three sets of numbers is given.

    The assumption of both says whether the numbers look skewed.
    Raises InputError for fewer than 5 persons, numbers out of order, or neither pair complete.
    """
    q, printed = _checked(n, median, least, q1, q3, greatest)
    xi = 2 * z_quantile((n - 0.375) / (n + 0.25))
    eta = 2 * z_quantile((0.75 * n - 1 / 8) / (n + 0.25))
    m = median
    if least is not None and greatest is not None and q:
        w, u = 2.2 / (2.2 + n**0.75), 0.7 - 0.72 / n**0.55
        mean = w * (least + greatest) / 2 + u * (q[0] + q[1]) / 2 + (1 - w - u) * m
        sd = 0.5 * (greatest - least) / xi + 0.5 * (q[1] - q[0]) / eta
        formulas = "w (a+b)/2 + u (q₁+q₃)/2 + (1−w−u) m", "½ (b − a)/ξ + ½ (q₃ − q₁)/η"
    elif q:
        w = 0.7 + 0.39 / n
        mean, sd = w * (q[0] + q[1]) / 2 + (1 - w) * m, (q[1] - q[0]) / eta
        formulas = "w (q₁+q₃)/2 + (1−w) m", "(q₃ − q₁)/η"
    else:
        a, b = float(least or 0), float(greatest or 0)
        w = 4 / (4 + n**0.75)
        mean, sd = w * (a + b) / 2 + (1 - w) * m, (b - a) / xi
        formulas = "w (a+b)/2 + (1−w) m", "(b − a)/ξ"
    require(sd > 0, f"{printed}: no spread; a median without one gives no SD")
    skewed = looks_skewed(n=n, median=median, least=least, q1=q1, q3=q3, greatest=greatest)
    assumed = "the data are normal"
    if skewed:
        assumed += ", which Shi's test refutes: they look skewed; compare with an analysis of logarithms"
    return (
        Conversion("mean", printed, "from a median and its spread (Luo 2018)", formulas[0], mean, assumed),
        Conversion("SD", printed, "from quartiles or a range (Wan 2014)", formulas[1], sd, assumed),
    )


def sd_from_iqr(width: float, n: int) -> Conversion:
    """The SD from the width of an interquartile range alone; nothing can be said about skewness."""
    require(width > 0, f"interquartile range {width:g}; it must exceed 0")
    require(n >= 5, f"{n} persons; quartiles need 5")
    eta = 2 * z_quantile((0.75 * n - 1 / 8) / (n + 0.25))
    return Conversion(
        "SD", f"IQR {number(width)} wide, n = {n}", "from an interquartile range (Wan 2014)",
        "(q₃ − q₁)/η", width / eta, "the data are normal",
    )  # fmt: skip


def looks_skewed(
    *,
    n: int,
    median: float,
    least: float | None = None,
    q1: float | None = None,
    q3: float | None = None,
    greatest: float | None = None,
) -> bool:
    """Whether Shi's test refutes symmetry at the 5 % level. Raises InputError as `mean_and_sd` does."""
    q, _ = _checked(n, median, least, q1, q3, greatest)
    root = math.sqrt(n)
    by_quartiles = abs(q[0] + q[1] - 2 * median) / (q[1] - q[0]) if q and q[1] > q[0] else 0.0
    if least is None or greatest is None:
        return by_quartiles > 2.65 / root - 6 / n**2
    by_range = abs(least + greatest - 2 * median) / (greatest - least) if greatest > least else 0.0
    if not q:
        return by_range > 1.01 / math.log(n + 9) + 2.43 / (n + 1)
    return max(2.65 * math.log(0.6 * n) / root * by_range, by_quartiles) > 3 / root - 40 / n**3


def _checked(
    n: int, median: float, least: float | None, q1: float | None, q3: float | None, greatest: float | None
) -> tuple[tuple[float, float] | None, str]:
    require(n >= 5, f"{n} persons; five numbers need 5")
    require((q1 is None) == (q3 is None), "one quartile without the other; give both or neither")
    require((least is None) == (greatest is None), "one end of the range without the other; give both")
    require(q1 is not None or least is not None, "a median without quartiles or range gives no SD")
    numbers = [x for x in (least, q1, median, q3, greatest) if x is not None]
    printed = ", ".join(map(number, numbers))
    require(numbers == sorted(numbers), f"{printed}: least, quartiles and greatest must ascend")
    return ((q1, q3) if q1 is not None and q3 is not None else None), f"{printed}; n = {n}"
