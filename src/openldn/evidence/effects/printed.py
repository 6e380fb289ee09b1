"""Routes from a comparison that the paper itself prints: with an interval, an SE, a p or an F.

A difference with its interval comes first: it is the trial's own, often adjusted, analysis. A p needs
the difference that it tested; of a p of another model it makes an SE that is wrong without looking so,
and a p near 1 says almost nothing about the spread. Where the arms' own SDs tell otherwise, that is said.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

from openldn.evidence.effects.comparison import Comparison, p_of, wanted_sign
from openldn.evidence.effects.route import Route, centres, effect_size, fixed, route, signed, splits
from openldn.meta.effects import recover
from openldn.meta.effects.crossover import smd_from_paired_t
from openldn.meta.effects.five_numbers import sd_from_iqr
from openldn.meta.effects.independent import standardised
from openldn.meta.effects.record import Conversion, EffectSize, Point, number

_DIFFERENCES = ("MD", "difference")
_RATIOS = ("RR", "OR", "HR")


def routes_from_intervals(c: Comparison) -> Iterator[Route]:
    """A printed difference or ratio with its interval or SE."""
    e = c.effect
    if e is None or e.estimate is None:
        return
    at = c.effect_field
    if e.measure in _RATIOS and e.low is not None and e.high is not None:
        fields = (f"{at}/estimate", f"{at}/low", f"{at}/high")
        y, se = (_at(step, *fields) for step in recover.log_ratio_from_ci(e.estimate, e.low, e.high))
        for value, suffix, said in signed(c, y.result):
            yield fixed(c, e.measure, f"printed ratio with CI{suffix}", Point(value, se.result**2), steps=(y, se),
                        assumptions=(said,), fields=fields)  # fmt: skip
    if e.measure not in _DIFFERENCES or "estimate" in e.derived:
        return
    for value, suffix, said in signed(c, e.estimate):
        if e.low is not None and e.high is not None:
            step = _at(recover.se_from_ci(e.low, e.high, c.df), f"{at}/low", f"{at}/high")
            yield fixed(c, "MD", f"printed difference with CI{suffix}", Point(value, step.result**2),
                        steps=(step,), assumptions=(said, _estimand(c)),
                        fields=(f"{at}/estimate", f"{at}/low", f"{at}/high"))  # fmt: skip
        if e.se is not None:
            yield fixed(c, "MD", f"printed difference with SE{suffix}", Point(value, e.se**2),
                        assumptions=(said, _estimand(c)),
                        fields=(f"{at}/estimate", f"{at}/se"))  # fmt: skip


def routes_from_tests(c: Comparison) -> Iterator[Route]:
    """A difference, printed or of the arms' means, with the p or the F of its test; a median difference."""
    e = c.effect
    if e is None:
        return
    yield from _median(c)
    for value, step in difference_with_se(c, tests_only=True):
        name = {"from an F": "difference with F"}.get(step.rule, "difference with p")
        said = _against_arms(c, step.result)
        suffix = next((s for v, s, _ in _tested(c) if v == value), "")
        signs = next((a for v, _, a in _tested(c) if v == value), "")
        yield fixed(c, "MD", name + suffix, Point(value, step.result**2), steps=(step,),
                    assumptions=(signs, said, _estimand(c)), fields=step.fields)  # fmt: skip


def routes_to_smd(c: Comparison) -> Iterator[Route]:
    """A standardised difference as printed, or from the p of a test with the verdict's sign."""
    e = c.effect
    if e is None:
        return
    if any(g.arm.percent is not None or g.arm.events is not None for g in (c.treated, c.control) if g):
        return  # the test was of shares of persons, not of means
    printed = e.estimate if e.measure == "SMD" else e.cohen_d
    field = "estimate" if e.measure == "SMD" else "cohen_d"
    if printed is not None and not c.paired:
        yield from _printed_d(c, printed, field)
    test = p_of(e)
    if test is None or not 0 < test[0] < 1:
        return
    p, bound = test
    at = f"{c.effect_field}/{'p_text' if bound else 'p'}"
    for sign, suffix, why in _test_signs(c):
        said = "p is only printed as a bound, so the effect is at least this" if bound else ""
        if c.paired and c.persons and c.persons >= 3:
            yield _paired_d(c, sign, p, suffix, (why, said), at)
        if c.paired:
            continue
        for n1, n2, split, people, fields in splits(c):
            step = _at(recover.d_from_t(sign * recover.statistic_from_p(p, n1 + n2 - 2), n1, n2), at, *fields)
            yield fixed(c, "SMD", f"p of the comparison{suffix}{split}", standardised(step.result, n1, n2),
                        steps=(step,), assumptions=(why, said, people), fields=(at, *fields))  # fmt: skip


def difference_with_se(c: Comparison, *, tests_only: bool = False) -> Iterator[tuple[float, Conversion]]:
    """Each way to a difference (LDN minus comparator) and its SE that the printed comparison offers."""
    e = c.effect
    if e is None:
        return
    at = c.effect_field
    if not tests_only and e.measure in _DIFFERENCES and e.estimate is not None and e.low is not None:
        if e.high is not None:
            for value, _, _ in signed(c, e.estimate):
                step = recover.se_from_ci(e.low, e.high, c.df)
                yield value, _at(step, f"{at}/low", f"{at}/high")
        return
    test = p_of(e)
    for value, _, _ in _tested(c):
        if value == 0:
            continue
        if e.measure == "F" and e.estimate:
            yield value, _at(recover.se_from_f(value, e.estimate), f"{at}/estimate")
        elif test is not None and 0 < test[0] < 1:
            p, bound = test
            step = recover.se_from_p(value, p, c.df, bound=bound)
            yield value, _at(step, f"{at}/{'p_text' if bound else 'p'}", *_difference_fields(c))


def _median(c: Comparison) -> Iterator[Route]:
    """A median of the differences within persons, with their interquartile range."""
    e = c.effect
    if e is None or e.measure != "median-difference" or not (c.paired and c.persons):
        return
    if e.estimate is not None and e.iqr is not None:
        sd = _at(sd_from_iqr(e.iqr, c.persons), f"{c.effect_field}/iqr", c.persons_field)
        yield fixed(c, "MD", "median of the differences with IQR",
                    Point(e.estimate, sd.result**2 / c.persons), steps=(sd,),
                    assumptions=("the median of the differences stands for their mean", _estimand(c)),
                    fields=(f"{c.effect_field}/estimate", f"{c.effect_field}/iqr"))  # fmt: skip


def _tested(c: Comparison) -> Iterator[tuple[float, str, str]]:
    """The difference that the printed test belongs to, with the suffix and assumption of its sign."""
    e = c.effect
    if e is None:
        return
    if e.measure in (*_DIFFERENCES, "median-difference") and e.estimate is not None:
        yield from signed(c, e.estimate)
    elif e.measure in ("p-only", "F") and centres(c) != 0:
        yield centres(c), "", "the test is taken to be of the difference of the arms' means"


def _difference_fields(c: Comparison) -> tuple[str, ...]:
    if c.effect is not None and c.effect.measure in (*_DIFFERENCES, "median-difference"):
        return (f"{c.effect_field}/estimate",)
    name = next((n for n in ("change", "change_percent", "mean")
                 if c.groups and getattr(c.groups[0].arm, n) is not None), "mean")  # fmt: skip
    return tuple(f"{g.address}/{name}" for g in c.groups or ())


def _printed_d(c: Comparison, printed: float, field: str) -> Iterator[Route]:
    e = c.effect
    assert e is not None
    if field == "cohen_d":
        lead = e.estimate if e.estimate is not None else centres(c)
        signs = [(math.copysign(printed, lead), "", "Cohen's d is given the sign of the difference")]
    else:
        signs = list(signed(c, printed))
    for d, suffix, why in signs:
        for n1, n2, split, people, fields in splits(c):
            point = standardised(d, n1, n2)
            step = Conversion(
                "SMD", f"d = {number(d)}, n = {n1} and {n2}", "small-sample correction", "J d", point.yi,
                "how the paper standardised is not stated", (f"{c.effect_field}/{field}",),
            )  # fmt: skip
            yield fixed(c, "SMD", f"printed d{suffix}{split}", point, steps=(step,),
                        assumptions=(why, people), fields=fields)  # fmt: skip


def _paired_d(c: Comparison, sign: int, p: float, suffix: str, said: tuple[str, ...], at: str) -> Route:
    n = c.persons
    assert n is not None
    name = f"p of the difference within persons{suffix}"
    t = sign * recover.statistic_from_p(p, n - 1)

    def build(r: float) -> EffectSize:
        point = smd_from_paired_t(t, n, r)
        step = Conversion(
            "SMD", f"p = {p:g}, n = {n}", "from the p of a paired test", "J t √(2(1 − r)/n)", point.yi,
            f"r = {r:g} imputed; both periods have one SD; a paired t test", (at,),
        )  # fmt: skip
        return effect_size(c, "SMD", name, point, (step,), said)

    return route(c, "SMD", name, build, correlated=True)


def _test_signs(c: Comparison) -> Iterator[tuple[int, str, str]]:
    tested = [(v, s, w) for v, s, w in _tested(c) if v != 0]
    if tested:
        yield from (((1 if v > 0 else -1), s, w) for v, s, w in tested)
    elif wanted_sign(c):
        yield wanted_sign(c), "", "the sign is that of the printed verdict"


def _against_arms(c: Comparison, se: float) -> str:
    """What the arms' own SDs say of an SE from a p; "" when they agree within 1.6-fold, as the lint does."""
    from openldn.evidence.effects.arm_means import pooled_sd

    found = pooled_sd(c)
    if found is None:
        return ""
    s, (a, b) = found
    own = s * math.sqrt(1 / a.n + 1 / b.n)
    ratio = se / own
    if 1 / 1.6 <= ratio <= 1.6:
        return ""
    return f"the SE from the p is {ratio:.2g} times that of the arms' SDs: p and difference may not belong together"


def _estimand(c: Comparison) -> str:
    return f"estimand: {c.effect.estimand}" if c.effect and c.effect.estimand else ""


def _at(step: Conversion, *fields: str) -> Conversion:
    return replace(step, fields=fields)
