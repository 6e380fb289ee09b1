"""A standard deviation or a standard error from what a paper prints instead.

    of one mean:        SD = SE √n,   SD = √n (high − low)/2q,   SD = √n h/q,   SD = √n |change|/t
    of a difference:    SE = (high − low)/2q,   SE = |d|/t,   t = √F,   SD = SE/√(1/n₁ + 1/n₂)
    of a ratio:         SE = (ln high − ln low)/2q,   y = ln ratio

q is a quantile of t or of the normal (`student.critical_value`). A p is taken as two-sided and, below
60 degrees of freedom, from t; a p that is only bounded ("< 0.01") gives an upper bound of the SE. The
difference that divides must be the one that was tested. Every function returns a `Conversion`, whose
`result` is the number. Source: Cochrane Handbook, 6.5.2.2 to 6.5.2.5 and 6.3.
"""

import math

from openldn.meta.effects.record import Conversion, number, require
from openldn.meta.effects.student import NORMAL, critical_value, t_quantile, z_quantile
from openldn.notation import DataError


def sd_from_se(se: float, n: int) -> Conversion:
    """SD = SE √n. Raises InputError for an SE that is not positive or fewer than 2 persons."""
    _spread(se, "SE")
    _persons(n)
    return Conversion("SD", f"SE {number(se)}, n = {n}", "from a standard error", "SE √n", se * math.sqrt(n))


def sd_from_ci(low: float, high: float, n: int, *, level: float = 0.95, by: str = "auto") -> Conversion:
    """SD from the confidence interval of a mean. Raises InputError if low is not below high."""
    _interval(low, high)
    _persons(n)
    q, which = critical_value(n - 1, level=level, by=by)
    return Conversion(
        "SD", f"{level * 100:g} % CI {number(low)} to {number(high)}, n = {n}",
        f"from a confidence interval ({which})", "√n (high − low)/2q",
        math.sqrt(n) * (high - low) / (2 * q), f"the interval was made with {which}",
    )  # fmt: skip


def sd_from_half_width(half: float, n: int, *, level: float = 0.95, by: str = "auto") -> Conversion:
    """SD from a ± that is the half-width of a confidence interval of a mean."""
    _spread(half, "half-width")
    _persons(n)
    q, which = critical_value(n - 1, level=level, by=by)
    return Conversion(
        "SD", f"±{number(half)}, n = {n}", f"from the half-width of a {level * 100:g} % CI ({which})",
        "√n h/q", math.sqrt(n) * half / q, f"the interval was made with {which}",
    )  # fmt: skip


def sd_from_p_within(change: float, p: float, n: int) -> Conversion:
    """SD of a change from the p of a paired t test against no change."""
    _persons(n)
    t = statistic_from_p(p, n - 1)
    _spread(abs(change), "size of the change")
    return Conversion(
        "SD", f"change {number(change)}, p = {p:g}, n = {n}", "from the p of a change", "√n |change|/t",
        math.sqrt(n) * abs(change) / t, "the p is two-sided and from a paired t test",
    )  # fmt: skip


def se_from_ci(
    low: float, high: float, df: float | None = None, *, level: float = 0.95, by: str = "auto"
) -> Conversion:
    """SE of a difference from its confidence interval; without df the normal is taken."""
    _interval(low, high)
    q, which = critical_value(df, level=level, by=by)
    return Conversion(
        "SE", f"{level * 100:g} % CI {number(low)} to {number(high)}",
        f"from a confidence interval ({which})", "(high − low)/2q", (high - low) / (2 * q),
        f"the interval was made with {which}",
    )  # fmt: skip


def se_from_p(difference: float, p: float, df: float | None, *, bound: bool = False) -> Conversion:
    """SE of a difference from the p of its test; `bound` when p is only known to be below this.

    Raises InputError for a difference of 0, which no p can scale, and for p outside 0 to 1.
    """
    require(difference != 0, "a difference of 0 has no SE that a p could give; use the arms' spreads")
    t = statistic_from_p(p, df)
    _, which = critical_value(df)
    assumed = f"the p is two-sided and from {which}"
    if bound:
        assumed += "; p is only printed as a bound, so the SE is at most this"
    return Conversion(
        "SE", f"difference {number(difference)}, p {'<' if bound else '='} {p:g}",
        f"from a p ({which})", "|d|/t", abs(difference) / t, assumed,
    )  # fmt: skip


def se_from_t(difference: float, t: float) -> Conversion:
    """SE of a difference from its t (or z). Raises InputError when either is 0."""
    require(difference != 0 and t != 0, "a difference or t of 0 gives no SE; use the arms' spreads")
    printed = f"difference {number(difference)}, t = {number(t)}"
    return Conversion("SE", printed, "from a test statistic", "|d|/|t|", abs(difference / t))


def se_from_f(difference: float, f: float) -> Conversion:
    """SE of a difference from an F with one numerator degree of freedom, t = √F."""
    require(f > 0, f"F = {f:g}; it must exceed 0")
    printed = f"difference {number(difference)}, F = {number(f)}"
    step = se_from_t(difference, math.sqrt(f))
    return Conversion(
        "SE", printed, "from an F", "|d|/√F", step.result,
        "the F has one numerator degree of freedom and tests this difference",
    )  # fmt: skip


def sd_from_se_of_difference(se: float, n1: int, n2: int) -> Conversion:
    """The SD common to two independent groups, from the SE of the difference of their means."""
    _spread(se, "SE")
    return Conversion(
        "SD", f"SE of the difference {number(se)}, n = {n1} and {n2}", "from the SE of a difference",
        "SE/√(1/n₁ + 1/n₂)", se / math.sqrt(1 / n1 + 1 / n2), "both groups have one SD",
    )  # fmt: skip


def log_ratio_from_ci(
    ratio: float, low: float, high: float, *, level: float = 0.95
) -> tuple[Conversion, Conversion]:
    """ln of a printed ratio, and its SE from the printed limits.

    Raises InputError for a limit that is not positive, and DataError when the ratio lies outside its
    limits. A ratio away from the middle of its limits on the log scale is said in the assumption.
    """
    require(min(ratio, low, high) > 0, f"ratio {ratio:g} ({low:g} to {high:g}); all must exceed 0")
    _interval(low, high)
    if not low <= ratio <= high:
        raise DataError(f"ratio {ratio:g} lies outside its interval, {low:g} to {high:g}")
    printed = f"{number(ratio)} ({level * 100:g} % CI {number(low)} to {number(high)})"
    se = (math.log(high) - math.log(low)) / (2 * z_quantile(0.5 + level / 2))
    off = (math.log(ratio) - (math.log(low) + math.log(high)) / 2) / se
    skewed = abs(off) > 0.25
    note = f"; the ratio is {number(abs(off))} SE from the middle of its limits" if skewed else ""
    return (
        Conversion("log ratio", printed, "logarithm", "ln ratio", math.log(ratio)),
        Conversion(
            "SE of the log ratio", printed, "from a confidence interval (normal)",
            "(ln high − ln low)/2z", se, "the interval is symmetric on the log scale" + note,
        ),
    )  # fmt: skip


def d_from_t(t: float, n1: int, n2: int) -> Conversion:
    """Cohen's d of two independent groups from their t: t √(1/n₁ + 1/n₂)."""
    return Conversion(
        "d", f"t = {number(t)}, n = {n1} and {n2}", "from a test statistic", "t √(1/n₁ + 1/n₂)",
        t * math.sqrt(1 / n1 + 1 / n2), "the test was a t test of two means with one SD",
    )  # fmt: skip


def statistic_from_p(p: float, df: float | None) -> float:
    """The size of t (normal from 60 degrees of freedom on, or without df) with this two-sided p.

    Raises InputError for a p that is not strictly between 0 and 1.
    """
    require(0 < p < 1, f"p = {p:g}; a size can be recovered only from a p between 0 and 1")
    _, which = critical_value(df)
    return z_quantile(1 - p / 2) if df is None or which == NORMAL else t_quantile(1 - p / 2, df)


def _spread(value: float, word: str) -> None:
    require(value > 0, f"{word} {value:g}; it must exceed 0")


def _persons(n: int) -> None:
    require(n >= 2, f"{n} person(s); a spread needs 2")


def _interval(low: float, high: float) -> None:
    require(low < high, f"interval {low:g} to {high:g}; the lower limit must be the smaller")
