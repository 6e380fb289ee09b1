"""Which outcome of which trial gives which effect, by which route, and that each can be followed back."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from scipy.stats import norm
from scipy.stats import t as student

from openldn import evidence as ev
from openldn.evidence import Arm, Effect, Outcome, Study
from openldn.evidence.effects import Route, effects_of, over_correlations, possible_routes
from openldn.meta.effects import CORRELATIONS, EffectSize
from openldn.notation import InputError, UnknownName

TRIALS = [s for s in ev.studies() if s.is_trial or s.design == "controlled"]
BLANK = replace(
    ev.study("bruun-2024-final"), flow=(), outcomes=(), harms=(), n_analysed=None, n_randomised=None
)


def width(low: float, high: float) -> float:
    """SE from a printed interval, normal."""
    return (high - low) / 3.919928


def by_p(difference: float, p: float, df: int) -> float:
    """SE from a printed p: t below 60 degrees of freedom, normal above."""
    return abs(difference) / float(student.isf(p / 2, df if df < 60 else 1e9))


def by_iqr(width: float, n: int) -> float:
    """SE of a mean whose quartiles are the normal ones at Blom's plotting positions."""
    return width / (2 * float(norm.ppf((0.75 * n - 0.125) / (n + 0.25)))) / math.sqrt(n)


def arms(s1: float, n1: int, s2: float, n2: int) -> float:
    return math.sqrt(s1**2 / n1 + s2**2 / n2)


def log_rr(a: float, n: float, c: float, m: float) -> tuple[float, float]:
    return math.log(a / n / (c / m)), math.sqrt(1 / a - 1 / n + 1 / c - 1 / m)


def paired_log_rr(x: int, y: int, n: int, phi: float) -> tuple[float, float]:
    """Delta method on the two shares of one group of persons."""
    p, q = x / n, y / n
    cov = phi * math.sqrt(p * (1 - p) * q * (1 - q))
    v = ((1 - p) / p + (1 - q) / q - 2 * cov / (p * q)) / n
    return math.log(p / q), math.sqrt(v)


def paired_g(p: float, n: int, sign: int, r: float = 0.5) -> tuple[float, float]:
    y = sign * (1 - 3 / (4 * (n - 1) - 1)) * float(student.isf(p / 2, n - 1)) * math.sqrt(2 * (1 - r) / n)
    return y, math.sqrt(2 * (1 - r) / n + y**2 / (2 * n))


def group_g(p: float, n: int, m: int, sign: int) -> tuple[float, float]:
    y = sign * (1 - 3 / (4 * (n + m - 2) - 1)) * float(norm.isf(p / 2)) * math.sqrt(1 / n + 1 / m)
    return y, math.sqrt(1 / n + 1 / m + y**2 / (2 * (n + m)))


CI, P, SD = "printed difference with CI", "difference with p", "levels, printed SD"
IQR = "median of the differences with IQR"
# The expected figures are worked out here, from what was printed, by other means than the code's.
DEFAULTS = {
    ("smith-2011-crohn", "70-point response"): ("RR", "table 14 of 16 against 6 of 15", *log_rr(14, 16, 6, 15)),
    ("smith-2011-crohn", "endoscopic response"): ("RR", "table 14 of 18 against 5 of 18", *log_rr(14, 18, 5, 18)),
    ("smith-2011-crohn", "endoscopic remission"): ("RR", "table 6 of 18 against 1 of 13", *log_rr(6, 18, 1, 13)),
    ("cree-2010-ms", "SF-36 Mental Component Summary"): ("MD", P, 3.3, by_p(3.3, 0.04, 59)),
    ("cree-2010-ms", "Mental Health Inventory"): ("MD", P, 6, by_p(6, 0.01, 59)),
    ("cree-2010-ms", "Pain Effects Scale"): ("MD", P, -1.6, by_p(1.6, 0.04, 59)),
    ("cree-2010-ms", "Perceived Deficits Questionnaire"): ("MD", P, -2.4, by_p(2.4, 0.05, 59)),
    ("bested-2023-fm", "FIQR"): ("MD", IQR, -1.65, by_iqr(18.55, 58)),
    ("bested-2023-fm", "summed pain intensity ratings"): ("MD", IQR, -0.33, by_iqr(6.33, 58)),
    ("bruun-2024-final", "pain change"): ("MD", CI, -0.34, width(-0.95, 0.27)),
    ("bruun-2024-final", "pain reduction of 15 % or more"): ("RR", "counts", *log_rr(26, 49, 21, 50)),
    ("bruun-2024-final", "pain reduction of 30 % or more"): ("RR", "counts", *log_rr(20, 49, 13, 50)),
    ("bruun-2024-final", "pain reduction of 50 % or more"): ("RR", "counts", *log_rr(12, 49, 7, 50)),
    ("bruun-2024-final", "pain reduction of 30 % or more, complete cases"):
        ("RR", "counts", *log_rr(20, 44, 13, 46)),
    ("bruun-2024-final", "memory problems"): ("MD", P, -0.9, by_p(0.9, 0.004, 97)),
    ("bruun-2025-final-exploratory", "conditioned pain modulation"): ("MD", CI, 2, width(0.4, 3.7)),
    ("bruun-2025-final-exploratory", "pressure pain tolerance, left"): ("MD", CI, -2.6, width(-5.8, 0.5)),
    ("bruun-2025-final-exploratory", "pressure pain tolerance, right"): ("MD", CI, -0.5, width(-3.3, 2.2)),
    ("bruun-2025-final-exploratory", "temporal summation"): ("MD", CI, -0.1, width(-0.9, 0.7)),
    ("rodriguez-freire-2026-innova", "pain at 3 months"): ("MD", CI, 0.49, width(-0.32, 1.31)),
    ("rodriguez-freire-2026-innova", "pain at 6 months"): ("MD", CI, 0.13, width(-0.72, 0.97)),
    ("rodriguez-freire-2026-innova", "pain at 12 months"): ("MD", CI, 0.37, width(-0.53, 1.26)),
    ("younger-2013-fm", "pain reduction"): ("MD", P, -10.8, by_p(10.8, 0.016, 27)),
    ("younger-2013-fm", "satisfaction with life"):
        ("SMD", "p of the difference within persons", *paired_g(0.045, 28, 1)),
    ("younger-2013-fm", "mood"): ("SMD", "p of the difference within persons", *paired_g(0.039, 28, 1)),
    ("younger-2013-fm", "responders, pain with fatigue or sleep"):
        ("RR", "counts by period", *paired_log_rr(9, 3, 28, 0.5)),
    ("younger-2013-fm", "symptom severity, 2012 abstract"): ("MD", "difference with F", -21.1, 21.1 / 7.7**0.5),
    ("mischoulon-2017-mdd", "HAM-D-17"): ("MD", SD, -6.1, arms(7.7, 6, 5.9, 6)),
    ("mischoulon-2017-mdd", "HAM-D-28"): ("MD", SD, -7.8, arms(9.8, 6, 6.6, 6)),
    ("mischoulon-2017-mdd", "MADRS-10"): ("MD", SD, -10.6, arms(8.4, 6, 8.5, 6)),
    ("mischoulon-2017-mdd", "MADRS-15"): ("MD", SD, -12.8, arms(8.8, 6, 10.0, 6)),
    ("mischoulon-2017-mdd", "CGI-S"): ("MD", SD, -1.0, arms(1.1, 6, 0.6, 6)),
    ("moloney-2026-mdd", "MADRS change"):
        ("MD", "changes, printed SD, 19 and 18 people", -0.7, arms(5.6, 19, 5.9, 18)),
    ("srinivasan-2021-pdn", "pain change, per protocol"): ("MD", CI, 1.64, width(-0.92, 4.2)),
    ("srinivasan-2021-pdn", "pain change, intention to treat"): ("MD", CI, 1.5, width(-1.11, 4.13)),
    ("beaudette-zlatanova-2023-arthritis", "BPI pain interference"): ("MD", P, -1, by_p(1, 0.9, 22)),
    ("beaudette-zlatanova-2023-arthritis", "painDETECT, registry"): ("MD", P, 1.6, by_p(1.6, 0.02, 22)),
    ("beaudette-zlatanova-2023-arthritis", "depression, registry"): ("MD", P, 0.7, by_p(0.7, 0.04, 22)),
    ("traore-2011-hiv-art", "CD4 gain at 26 weeks"): ("SMD", "p of the comparison", *group_g(0.041, 51, 49, 1)),
    ("bihari-1988-aids", "opportunistic infections in 12 weeks"): ("RR", "counts", *log_rr(0.5, 23, 5.5, 17)),
}  # fmt: skip


def names(study: Study) -> list[str]:
    return [o.name for o in study.outcomes] + [f"harm:{h.term}" for h in study.harms]


def every_route() -> list[tuple[Study, Route, EffectSize]]:
    return [
        (study, route, effect)
        for study in TRIALS
        for outcome in names(study)
        for route in possible_routes(study, outcome, misread=True)
        for effect in (dict(over_correlations(route)).popitem()[1],)
    ]


def planted(*arms: Arm, effect: Effect | None = None, **study: object) -> Study:
    outcome = Outcome("pain", "lower", scale="NRS 0–10", arms=arms, effect=effect)
    return replace(BLANK, outcomes=(outcome,), **study)  # type: ignore[arg-type]


@pytest.mark.parametrize(("key", "expected"), DEFAULTS.items(), ids=[" ".join(key) for key in DEFAULTS])
def test_an_outcome_gives_this_effect_by_this_route(
    key: tuple[str, str], expected: tuple[str, str, float, float]
) -> None:
    measure, route, yi, se = expected
    found = effects_of(ev.study(key[0]), key[1], measure)
    assert found.route == route
    # a few of the expected figures use Hedges's approximate correction or four digits of a quantile
    assert (found.yi, found.se) == pytest.approx((yi, se), rel=5e-4)


def test_every_outcome_of_every_trial_is_in_the_table_or_gives_nothing() -> None:
    giving = {(s.id, o.name) for s in TRIALS for o in s.outcomes if possible_routes(s, o.name)}
    assert giving == set(DEFAULTS)


def test_what_gives_nothing_says_why() -> None:
    for study in TRIALS:
        for outcome in names(study):
            if not possible_routes(study, outcome):
                with pytest.raises(InputError, match=r"no route to MD; \w+"):
                    effects_of(study, outcome, "MD")
    with pytest.raises(InputError, match="one arm on LDN"):
        effects_of(ev.study("paula-2023-fm"), "pain within groups", "MD")
    with pytest.raises(InputError, match="in words only"):
        effects_of(ev.study("moloney-2026-mdd"), "hs-CRP", "MD")


def test_every_figure_of_every_effect_can_be_followed_to_its_field() -> None:
    routes = every_route()
    assert len(routes) > 100
    for study, _, effect in routes:
        assert effect.fields, effect
        for field in (*effect.fields, *(f for c in effect.conversions for f in c.fields)):
            assert ev.value_at(study, field) is not None, (study.id, field)
        assert {f for c in effect.conversions for f in c.fields} <= set(effect.fields)


def test_every_assumption_of_a_conversion_travels_with_the_effect() -> None:
    for _, _, effect in every_route():
        for step in effect.conversions:
            assert not step.assumption or step.assumption in effect.assumptions, effect


def test_nobody_is_counted_twice() -> None:
    for study, _, effect in every_route():
        if study.persons is not None:
            assert effect.n is not None
            assert effect.n <= study.persons, effect


def test_no_effect_rests_on_a_recollection() -> None:
    # Bested's 52 analysed are remembered and not seen: the 58 randomised are used, and that is said
    found = effects_of(ev.study("bested-2023-fm"), "FIQR", "MD")
    assert found.n == 58
    assert any("58 randomised" in a for a in found.assumptions)


def test_final_has_the_interval_of_its_abstract() -> None:
    found = effects_of(ev.study("bruun-2024-final"), "pain change", "MD")
    assert found.se == pytest.approx((0.27 + 0.95) / (2 * 1.959964), rel=1e-6)
    assert math.erfc(abs(found.yi / found.se) / math.sqrt(2)) == pytest.approx(
        0.27, abs=0.01
    )  # its printed p
    assert (found.n, found.unit) == (99, "NRS 0–10")


def test_the_arms_of_final_tell_nearly_the_same_story_as_its_adjusted_difference() -> None:
    routes = {r.name: r.effect() for r in possible_routes(ev.study("bruun-2024-final"), "pain change", "MD")}
    arms, p = routes["changes, SD from CI"], routes["difference with p"]
    # half-widths 0.45 and 0.45 at t(48) = 2.0106 and t(49) = 2.0096
    assert arms.vi == pytest.approx((0.45 / 2.0106) ** 2 + (0.45 / 2.0096) ** 2, rel=1e-4)
    assert arms.yi == pytest.approx(-0.4)
    assert p.se == pytest.approx(0.34 / 1.1031, rel=1e-4)  # z of p = 0.27
    smd = effects_of(ev.study("bruun-2024-final"), "pain change", "SMD")
    assert smd.yi == pytest.approx(-0.4 / 1.575 * 0.9922, abs=0.001)
    assert "standardised by the SD of the change, not of the score" in smd.assumptions


def test_youngers_plus_minus_is_a_half_width_and_reading_it_as_an_sd_more_than_doubles_the_effect() -> None:
    younger = ev.study("younger-2013-fm")
    right = "percent changes by period, ± as half-width of a 95 % CI"
    found = effects_of(younger, "pain reduction", "SMD", route=right)
    sds = [c.result for c in found.conversions]
    assert sds == pytest.approx([24.0, 27.9], abs=0.06)  # as another group's tables have them
    assert [c.result / math.sqrt(28) for c in found.conversions] == pytest.approx([4.53, 5.26], abs=0.005)
    wrong = effects_of(younger, "pain reduction", "SMD", route="percent changes by period, ± as SD")
    # an SD is √28/2.0518 = 2.58 half-widths, t(27) = 2.0518
    assert wrong.yi / found.yi == pytest.approx(28**0.5 / 2.0518, rel=1e-4)
    assert any("misreading" in a for a in wrong.assumptions)
    assert all(
        "misreading" not in a
        for r in possible_routes(younger, "pain reduction")
        for a in r.effect().assumptions
    )


def test_the_printed_p_of_younger_implies_its_correlation() -> None:
    # t(27) of p = 0.016 is 2.570: SE 4.202, SD of the difference 22.24; (23.98² + 27.85² − 22.24²)/2/23.98/27.85
    found = effects_of(ev.study("younger-2013-fm"), "pain reduction", "SMD")
    r = next(c for c in found.conversions if c.quantity == "r")
    assert r.result == pytest.approx(0.641, abs=0.003)
    # J of 2·27/(1 + 0.641²) = 38.3 degrees of freedom: 1 − 3/(4·38.3 − 1)
    assert found.yi == pytest.approx(-10.8 / math.sqrt((23.98**2 + 27.85**2) / 2) * 0.980, abs=0.001)


def test_percents_of_a_common_baseline_become_points_of_the_scale() -> None:
    younger = ev.study("younger-2013-fm")
    percent = effects_of(younger, "pain reduction", "MD")
    points = effects_of(younger, "pain reduction", "MD", route="difference with p, in points")
    assert (points.yi, points.se) == pytest.approx((percent.yi * 0.508, percent.se * 0.508))
    on_ten = points.rescaled(0.1, "NRS 0–10")
    assert (on_ten.yi, on_ten.se) == pytest.approx((-0.5486, 0.2135), abs=0.0001)
    assert points.unit == "points of daily pain 0–100"


def test_a_printed_improvement_gets_the_sign_of_its_scale() -> None:
    cree = ev.study("cree-2010-ms")
    assert effects_of(cree, "Pain Effects Scale", "MD").yi == -1.6  # lower is better
    assert effects_of(cree, "SF-36 Mental Component Summary", "MD").yi == 3.3
    # t(59) of p = 0.04 is 2.1003
    assert effects_of(cree, "SF-36 Mental Component Summary", "MD").se == pytest.approx(
        3.3 / 2.1003, rel=1e-3
    )


def test_a_sign_that_is_anybodys_guess_is_offered_both_ways() -> None:
    found = possible_routes(ev.study("srinivasan-2021-pdn"), "pain change, per protocol", "MD")
    assert [r.effect().yi for r in found] == [1.64, -1.64]
    assert all("sign convention not stated" in " ".join(r.effect().assumptions) for r in found)
    assert found[0].effect().se == pytest.approx(5.12 / 3.92, abs=0.001)


def test_crohn_counts_come_from_the_only_table_that_prints_so_and_its_worst_case() -> None:
    first, worst = possible_routes(ev.study("smith-2011-crohn"), "70-point response", "RR")
    assert math.exp(first.effect().yi) == pytest.approx((14 / 16) / (6 / 15))
    assert first.effect().vi == pytest.approx(1 / 14 - 1 / 16 + 1 / 6 - 1 / 15)
    assert math.exp(worst.effect().yi) == pytest.approx((14 / 20) / (6 / 20))
    assert (first.effect().n, worst.effect().n) == (31, 40)
    endoscopic = effects_of(ev.study("smith-2011-crohn"), "endoscopic response", "RR")
    assert any("Fisher's p is not 0.008" in a for a in endoscopic.assumptions)


def test_moloneys_unseen_arm_sizes_are_tried_both_ways_and_its_odd_p_is_noticed() -> None:
    found = possible_routes(ev.study("moloney-2026-mdd"), "MADRS change", "MD")
    assert [r.effect().vi for r in found[:2]] == pytest.approx(
        [5.6**2 / 19 + 5.9**2 / 18, 5.6**2 / 18 + 5.9**2 / 19]
    )
    assert any("may not belong together" in a for a in found[2].effect().assumptions)


def test_mischoulons_changes_use_an_imputed_correlation_and_its_levels_none() -> None:
    levels, change = possible_routes(ev.study("mischoulon-2017-mdd"), "HAM-D-17", "MD")
    assert (levels.uses_correlation, change.uses_correlation) == (False, True)
    for r, effect in over_correlations(change):
        a = 2.0**2 + 7.7**2 - 2 * r * 2.0 * 7.7
        b = 2.3**2 + 5.9**2 - 2 * r * 2.3 * 5.9
        assert effect.yi == pytest.approx((11.7 - 21.2) - (17.8 - 23.7))
        assert effect.vi == pytest.approx(a / 6 + b / 6)
        assert f"r = {r:g} imputed" in effect.assumptions
    assert [r for r, _ in over_correlations(change)] == list(CORRELATIONS)
    assert levels.effect(0.1) == levels.effect(0.9)


def test_a_crossover_of_counts_is_never_two_groups_of_people() -> None:
    younger = ev.study("younger-2013-fm")
    found = effects_of(younger, "responders, pain with fatigue or sleep", "RD")
    assert found.n == 28
    independent = 9 / 28 * 19 / 28 / 28 + 3 / 28 * 25 / 28 / 28
    assert found.vi < independent
    with pytest.raises(InputError, match="φ lies between"):
        effects_of(younger, "responders, pain with fatigue or sleep", "RR", correlation=0.7)


def test_a_harm_is_reached_by_its_term() -> None:
    found = effects_of(ev.study("bruun-2024-final"), "harm:any adverse event", "OR")
    assert found.yi == pytest.approx(math.log(41 / 8 * 7 / 43))
    assert found.vi == pytest.approx(1 / 41 + 1 / 8 + 1 / 43 + 1 / 7)


def test_no_events_at_all_have_a_risk_difference_and_no_ratio() -> None:
    found = possible_routes(ev.study("bruun-2024-final"), "harm:deaths")
    assert {r.measure for r in found} == {"RD"}


def test_an_unstated_plus_minus_has_three_readings_and_a_stated_one_has_one() -> None:
    arms = (Arm("LDN", "ldn", n=16, mean=4, error=2, error_kind="unstated"),
            Arm("placebo", "placebo", n=16, mean=5, error=2, error_kind="unstated"))  # fmt: skip
    found = {r.name: r.effect() for r in possible_routes(planted(*arms), "pain", "MD")}
    assert [e.se for e in found.values()] == pytest.approx(
        [math.sqrt(2) * 2 / 4, math.sqrt(2) * 2, math.sqrt(2) * 2 / 2.1314],
        rel=1e-4,  # t(15)
    )
    assert all(any("not stated" in a for a in e.assumptions) for e in found.values())
    stated = tuple(replace(a, error_kind="se") for a in arms)
    assert [r.name for r in possible_routes(planted(*stated), "pain", "MD")] == ["levels, ± as SE"]


def test_the_same_figures_lead_to_the_same_effect_by_every_route() -> None:
    # SD 3, 50 and 50 persons, difference −1: SE 0.6, t = 1.667, p = 0.0956, CI −2.176 to 0.176
    a, b = Arm("LDN", "ldn", n=50, change=-2, sd=3), Arm("placebo", "placebo", n=50, change=-1, sd=3)
    effect = Effect("difference", -1, low=-2.176, high=0.176, se=0.6, p=0.0956)
    found = possible_routes(planted(a, b, effect=effect), "pain")
    assert len(found) == 7
    for r in found:
        # prints of three digits; the SMD of the p ignores rounding of J between 1 and 0.9923
        if r.measure == "MD":
            assert (r.effect().yi, r.effect().se) == pytest.approx((-1, 0.6), rel=0.002), r.name
        else:
            assert (r.effect().yi, r.effect().se) == pytest.approx((-1 / 3 * 0.9923, 0.201), rel=0.01), r.name


def test_the_same_people_twice_are_a_pair_even_without_randomisation() -> None:
    younger = effects_of(ev.study("younger-2009-fm"), "symptom severity", "MD")
    assert younger.n == 10


def test_names_that_are_not_there_are_answered_with_the_nearest() -> None:
    final = ev.study("bruun-2024-final")
    with pytest.raises(UnknownName, match="pain change"):
        effects_of(final, "pain chang", "MD")
    with pytest.raises(UnknownName, match="SMD"):
        effects_of(final, "pain change", "SMDD")
    with pytest.raises(UnknownName, match="changes, SD from CI"):
        effects_of(final, "pain change", "MD", route="changes, SD from C")


def test_an_effect_without_a_variance_is_refused() -> None:
    with pytest.raises(InputError, match="cannot be pooled"):
        EffectSize("s", "o", "MD", 1.0, 0.0, 10)
    with pytest.raises(InputError, match="no unit"):
        EffectSize("s", "o", "SMD", 1.0, 0.1, 10).rescaled(0.1, "x")


def test_the_page_on_effects_shows_what_its_example_gives() -> None:
    page = (Path(__file__).parent.parent / "docs" / "effects.md").read_text(encoding="utf-8")
    code = page.split("```python\n")[1].split("```")[0]
    scope: dict[str, object] = {}
    exec(code, scope)
    effect = scope["effect"]
    assert isinstance(effect, EffectSize)
    shown = f"{effect.yi:.2f}, {effect.se:.3f}".replace("-", "−")
    assert f"# {shown}" in code
    assert f'"{effect.route}"' in code
