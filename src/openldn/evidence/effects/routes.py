"""From a study file to effects: every route that its figures allow, and the one taken by default.

The order of the routes is the order of preference:

    MD     printed difference with CI or SE · arms' means with a spread · change from baseline and end ·
           difference with p or F · median of the differences with IQR
           (a crossover: printed difference with CI · with p · period means with a correlation)
    SMD    arms' means with a spread · printed difference over the arms' SD · printed d · p with a verdict
    RR, OR, RD    printed ratio with CI · counts · tables that print as the paper does

Percent changes from one common baseline also give a route in points of the scale. All effects are LDN
minus, or over, the comparator on the scale as printed; whether that is good is `better` of the outcome.
"""

from collections.abc import Iterator
from dataclasses import replace

from openldn.evidence.effects.arm_counts import routes_from_counts
from openldn.evidence.effects.arm_means import pooled_sd, routes_from_means
from openldn.evidence.effects.comparison import Comparison, comparison
from openldn.evidence.effects.printed import (
    difference_with_se,
    routes_from_intervals,
    routes_from_tests,
    routes_to_smd,
)
from openldn.evidence.effects.route import Route, fixed, route
from openldn.evidence.study import Study
from openldn.meta.effects.change import CORRELATIONS
from openldn.meta.effects.record import Conversion, EffectSize, Point, number
from openldn.meta.effects.student import hedges_j
from openldn.notation import InputError, OpenLDNError, UnknownName

STUDY_MEASURES = ("MD", "SMD", "RR", "OR", "RD", "HR")
_TRIED = (0.5, 0.3, 0.0)


def possible_routes(
    study: Study, outcome: str, measure: str = "", *, misread: bool = False
) -> tuple[Route, ...]:
    """All routes from `outcome` (or "harm:TERM") to `measure`, or to any measure; best first.

    misread: also the readings of a ± that contradict what the file says it is, to reproduce a published
    mistake. Raises UnknownName for an outcome or a measure that is not there, and DataError for a printed
    ratio outside its own interval.
    """
    if measure and measure not in STUDY_MEASURES:
        raise UnknownName("measure", measure, STUDY_MEASURES)
    c = comparison(study, outcome)
    found: dict[tuple[str, str], Route] = {}
    for r in _all(c, misread):
        if (not measure or r.measure == measure) and _works(r):
            found.setdefault((r.measure, r.name), r)
    return tuple(sorted(found.values(), key=lambda r: STUDY_MEASURES.index(r.measure)))


def effects_of(
    study: Study, outcome: str, measure: str, *, correlation: float = 0.5, route: str = ""
) -> EffectSize:
    """The effect of LDN in `outcome` (or "harm:TERM") as `measure`, by the best route or the one named.

    correlation: imputed where the route needs one, ignored where not.
    Raises UnknownName for an outcome, measure or route that is not there, and InputError, with what is
    missing, when no route leads to the measure.
    """
    routes = possible_routes(study, outcome, measure, misread=bool(route))
    if not routes:
        raise InputError(
            f"{study.id}, {outcome}: no route to {measure}; {_why_none(comparison(study, outcome))}"
        )
    if not route:
        return routes[0].effect(correlation)
    for r in routes:
        if r.name == route:
            return r.effect(correlation)
    raise UnknownName("route", route, [r.name for r in routes])


def over_correlations(
    route: Route, correlations: tuple[float, ...] = CORRELATIONS
) -> tuple[tuple[float, EffectSize], ...]:
    """The effect of a route at each correlation that its figures allow; once, at 0.5, if it needs none.

    Raises InputError when they allow none of them.
    """
    found = []
    for r in correlations if route.uses_correlation else (0.5,):
        try:
            found.append((r, route.effect(r)))
        except InputError as error:
            refused = error
    if not found:
        raise refused
    return tuple(found)


def _all(c: Comparison, misread: bool) -> Iterator[Route]:
    found: list[Route] = list(_guarded(routes_from_intervals(c)))
    tests = list(_guarded(routes_from_tests(c)))
    means = list(_guarded(routes_from_means(c, misread=misread)))
    found += [*tests, *means] if c.paired else [*means, *tests]
    found += _guarded(_over_arms_sd(c))
    found += _guarded(routes_to_smd(c))
    found += _guarded(routes_from_counts(c))
    yield from found
    yield from filter(None, (_in_points(c, r) for r in found))


def _guarded(routes: Iterator[Route]) -> Iterator[Route]:
    """Routes until one cannot be made of these figures; figures that contradict each other make none."""
    try:
        yield from routes
    except InputError:
        return


def _works(r: Route) -> bool:
    for correlation in _TRIED if r.uses_correlation else _TRIED[:1]:
        try:
            r.effect(correlation)
        except OpenLDNError:
            continue
        return True
    return False


def _over_arms_sd(c: Comparison) -> Iterator[Route]:
    """The trial's own difference in units of the arms' SD: v = J² SE²/s² + y²/2(n₁ + n₂ − 2)."""
    found = pooled_sd(c)
    if found is None or c.effect is None or c.effect.low is None:
        return
    s, (a, b) = found
    df = a.n + b.n - 2
    for value, se in difference_with_se(c):
        y = hedges_j(df) * value / s
        v = (hedges_j(df) * se.result / s) ** 2 + y**2 / (2 * df)
        yield fixed(
            c, "SMD", f"printed difference over the SD of the {a.kind}, {a.label}", Point(y, v),
            steps=(se, *a.steps, *b.steps), assumptions=(*a.assumptions, *b.assumptions),
            fields=(f"{c.effect_field}/estimate", *a.fields, *b.fields),
        )  # fmt: skip


def _in_points(c: Comparison, r: Route) -> Route | None:
    """A difference of percent changes as points of the scale, when both arms share one baseline."""
    if r.measure != "MD" or not c.groups:
        return None
    arms = [g.arm for g in c.groups]
    baseline = arms[0].baseline_mean
    if any(a.change is not None or a.change_percent is None for a in arms):
        return None
    if baseline is None or baseline <= 0 or arms[1].baseline_mean != baseline:
        return None
    unit = f"points of {c.scale.split(',')[0]}"
    name = f"{r.name}, in points"
    step = f"the percents are of the mean baseline of {number(baseline)}"

    def build(correlation: float) -> EffectSize:
        e = r.effect(correlation)
        y, v = e.yi * baseline / 100, e.vi * (baseline / 100) ** 2
        done = Conversion("difference", f"{number(e.yi)} percent of {number(baseline)}", "percent to points",
                          "y × baseline/100", y, step,
                          tuple(f"{g.address}/baseline_mean" for g in c.groups or ()))  # fmt: skip
        return replace(e, yi=y, vi=v, unit=unit, route=name, conversions=(*e.conversions, done),
                       assumptions=(*e.assumptions, step),
                       fields=(*e.fields, *done.fields))  # fmt: skip

    return route(c, "MD", name, build, correlated=r.uses_correlation)


def _why_none(c: Comparison) -> str:
    if c.effect is not None and c.effect.measure == "words":
        return "the result is printed in words only"
    if c.arms_printed == 0:
        shown = c.effect.p_words() if c.effect else ""
        return f"no arms are printed{', only ' + shown if shown else ''}"
    if c.groups is None:
        return "it has not exactly one arm on LDN and one to compare with"
    return "the arms lack a spread, a count or a number of people, and no p with a direction is printed"
