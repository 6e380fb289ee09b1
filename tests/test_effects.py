"""Symptoms and unwanted effects: what is there without the drug, what it might add, and what must follow."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openldn.answers import dose
from openldn.answers.course import PERSONS, usual_courses
from openldn.answers.hypotheses import HYPOTHESES
from openldn.answers.running import RTOL
from openldn.answers.statements import statement
from openldn.answers.switches import changed_numbers
from openldn.answers.unwanted import EVENTS, usual_unwanted
from openldn.engine import events, simulate
from openldn.engine.events import nothing
from openldn.notation import InputError, ModelTextError, QuantityError, UnknownName
from openldn.pharmacology import facts, kept_to_scans, model, scale, scales
from openldn.pharmacology.drug import entries
from openldn.population import doubt, draw

WEEKS_12 = 84 * 24.0
SWITCHES = ("block", "rebound", "ogf", "cytokine", "tlr4", "placebo", "metabolite", "cirrhosis", "kidney")
LDN = events("4.5mg every 24h", route="oral", until=336)


@pytest.mark.parametrize("s", scales(), ids=lambda s: s.id)
def test_with_every_mechanism_off_a_score_is_its_own_course_and_placebo_exactly(s) -> None:
    m = s.model()
    off = dict.fromkeys(("block", "rebound", "ogf", "cytokine", "tlr4"), 0.0)
    effects = {name: np.array([0.4]) for name in m.parameters if name.startswith("E_") and name != "E_MU"}
    t = np.array([0.0, 24.0, 14 * 24.0])
    r = simulate(
        m, LDN, t, ("score", "natural", "expected", "sign", "by_drug"), {**effects, **off}, rtol=1e-6
    )
    base = m.parameters["BASELINE"].value
    assert np.all(r.of("by_drug") == 0)
    low, high = sorted((s.best, s.worst))
    wanted = np.clip(base - r.of("sign") * (r.of("natural") + r.of("expected")), low, high)
    assert np.array_equal(r.of("score"), wanted)


def test_the_course_is_what_its_formula_gives() -> None:
    s = scale("fibromyalgia", "pain_nrs")
    p = {name: x.value for name, x in s.model().parameters.items()}
    t = np.array([0.0, 100.0, 700.0, WEEKS_12])
    score = simulate(s.model(), nothing(), t, ("score",), {}, rtol=1e-8).of("score")[0]
    natural = p["CHANGE"] * p["S_NATURAL"] * (1 - 0.5 ** (t / p["T_NATURAL"]))
    expected = p["CHANGE"] * (1 - p["S_NATURAL"]) * (1 - 0.5 ** (t / p["T_PLACEBO"]))
    # rounding of exp against a power of one half
    assert score == pytest.approx(p["BASELINE"] - natural - expected, rel=1e-12)


def test_without_placebo_only_the_natural_course_is_left() -> None:
    for x in usual_courses("fibromyalgia"):
        share = x.scale.model().parameters["S_NATURAL"].value
        assert 0 < x.untreated.value < x.on_placebo.value
        # both half-times are long over after twelve weeks: what is left is under 3 %
        assert x.untreated.value / x.on_placebo.value == pytest.approx(share, rel=0.03)


def test_the_prior_of_the_drug_is_no_effect_and_wide() -> None:
    for s in scales():
        prior = next(x for x in usual_courses(s.condition) if x.scale is s).by_drug
        assert prior.low < 0 < prior.high
        assert prior.value == 0


def test_persons_who_improve_on_placebo_are_as_many_as_a_normal_course_gives() -> None:
    from math import erf, sqrt

    x = next(x for x in usual_courses("fibromyalgia") if x.scale.key == "pain_nrs")
    own = x.scale.model().parameters["OWN"].spread
    z = (x.important - x.on_placebo.value) / own.sd
    wanted = 50 * (1 - erf(z / sqrt(2)))
    # three standard errors of a share counted among PERSONS; the ends of the scale clip nobody at 2 points
    assert x.reach.value == pytest.approx(wanted, abs=300 * sqrt(0.25 / PERSONS))


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**60))
def test_random_persons_and_switches_keep_mass_and_make_nothing_negative(seed: int) -> None:
    """Two hundred persons a time, each with numbers, switches and a version of the brain of their own."""
    m, n = model(), 200
    chance = np.random.default_rng(seed)
    people = {**kept_to_scans(doubt(m, n, seed)), **draw(m, n, seed)}
    versions = chance.integers(0, len(m.choices["kinetics"]), n)
    switched = {name: chance.integers(0, 2, n).astype(float) for name in SWITCHES}
    chosen = {f"kinetics_{k}": (versions == i).astype(float) for i, k in enumerate(m.choices["kinetics"])}
    names = [e.name for e in m.states]
    t = np.linspace(0.0, 336.0, 29)
    r = simulate(m, LDN, t, (*names, *EVENTS), {**people, **switched, **chosen}, rtol=1e-7)
    for name in names:
        assert r.of(name).min() > -1e-6, name
    for event in EVENTS:
        assert -1e-9 <= r.of(event).min() <= r.of(event).max() <= 1
    p = m.parameters
    inside = sum(r.of(n) for n in ("gut", "A1", "A2", "A3")) / p["MW_N"].value
    inside = inside + (r.of("M1") + r.of("M2")) / p["MW_6"].value
    given_nmol = 4.5 * np.array([np.sum(LDN.dose_times() < x) for x in t]) * 1000 / p["MW_SALT"].value
    # a hundred times the solver's tolerance, of what was given, over 336 h
    assert np.allclose(inside + r.of("gone"), given_nmol, rtol=1e-5, atol=0)


def test_a_slow_start_is_felt_less_than_a_full_dose_at_once() -> None:
    fast = events("4.5mg every 24h", route="oral", until=WEEKS_12)
    slow = events("1.5mg every 24h for 14d, then 3mg for 14d, then 4.5mg", route="oral", until=WEEKS_12)
    at = np.array([0.0, WEEKS_12])
    loads = [
        simulate(model(), plan, at, ("load_brain",), {}, rtol=1e-6).of("load_brain")[0, 1]
        for plan in (fast, slow)
    ]
    assert loads[1] < loads[0]


def felt_again(pause_days: int) -> float:
    """What is felt from the gut on restarting 50 mg after a pause, over what the first start made."""
    month = events("50mg every 24h", route="oral", until="28d")
    back_h = (27 + pause_days) * 24.0
    plan = month + month.later(back_h)
    at = np.array([0.0, 27 * 24.0, back_h, back_h + 27 * 24.0])
    load = simulate(model(), plan, at, ("load_gut",), {}, rtol=1e-7).of("load_gut")[0]
    return float((load[3] - load[2]) / load[1])


def test_a_restart_after_a_long_pause_is_felt_again_and_one_after_a_day_is_not() -> None:
    assert felt_again(90) > 0.8
    assert felt_again(2) < 0.05, "one dose missed"
    assert felt_again(2) < felt_again(14) < felt_again(90) < 1


def test_the_label_is_one_source_of_several_for_every_rate_at_50_mg() -> None:
    rates = [p for name, p in model().parameters.items() if name.startswith("L_")]
    assert len(rates) == 7
    for p in rates:
        assert p.entry is not None
        assert p.entry.unsure is not None
        assert p.entry.unsure.low < p.value < p.entry.unsure.high
    for event in ("nausea", "vomiting", "dizziness", "fatigue"):
        elsewhere = facts()[f"AE043_{event}_NTX"]
        rate = elsewhere.values[0] / (100 if elsewhere.unit == "%" else elsewhere.n or 0)
        limits = entries()[f"L_{event.upper()}"].unsure
        assert limits is not None
        assert limits.low < rate < limits.high
    rate = usual_unwanted("50mg").rates["ae_nausea"]
    assert rate.low is not None
    assert rate.high is not None
    assert rate.low < facts()["AE010_nausea"].values[0] < facts()["AE040"].values[0] < rate.high


def test_a_sudden_lasting_block_makes_a_load_of_one() -> None:
    plan = events("400mg every 12h", route="oral", until=WEEKS_12)
    load = simulate(model(), plan, np.array([0.0, WEEKS_12]), ("load_gut",), {}, rtol=1e-6).of("load_gut")[
        0, 1
    ]
    # occupancy under 400 mg is 0.99, and it takes an hour to get there
    assert load == pytest.approx(1.0, abs=0.05)


def test_more_drug_brings_more_of_every_unwanted_effect_and_placebo_switches_off_nocebo() -> None:
    low, full = usual_unwanted("4.5mg"), usual_unwanted("50mg")
    for event in EVENTS:
        if event != "ae_serious":
            assert 0 < low.more[event].value < full.more[event].value
    end = np.array([0.0, WEEKS_12])
    rates = [
        simulate(model(), nothing(), end, ("ae_any",), {"placebo": p}).of("ae_any")[0, 1] for p in (1.0, 0.0)
    ]
    p = model().parameters
    assert rates[1] / rates[0] == pytest.approx(1 - p["S_NOCEBO"].value, rel=1e-9)


def test_every_hypothesis_says_how_many_draws_agree_or_how_wide_it_is() -> None:
    for name in HYPOTHESES:
        found = statement(name)
        assert found.numbers
        assert found.sources
        for _, number in found.numbers:
            assert number.low is None or number.low <= number.value + 1e-9


def test_a_condition_brings_its_scales_and_what_they_rest_on_into_the_answer() -> None:
    answer = dose("4.5mg", days=2, persons=0, condition="fibro")
    assert answer.effects is not None
    assert {s.scale.key for s in answer.effects.scales} >= {"pain_nrs", "fiqr"}
    assert "K_DREAMS" in answer.provenance.assumed
    assert "krogsboll-2009" in answer.provenance.sources
    with pytest.raises(UnknownName, match="clinical scale"):
        dose("4.5mg", persons=0, condition="psoriasis")


def test_a_number_of_the_users_own_is_used_and_an_impossible_one_refused() -> None:
    m = model()
    assert changed_numbers(m, ["T_E=1 d"]) == {"T_E": 24.0}
    slow, fast = (dose("4.5mg", days=7, persons=0, setting=[f"T_E={t}"]) for t in (40, 10))
    assert slow.answers["days_to_10_percent_mu"].value > fast.answers["days_to_10_percent_mu"].value
    with pytest.raises(
        QuantityError, match=r"T_E is 1e\+06 h; possible is 0.1 to 500 \(pharmacology/receptors.toml"
    ):
        changed_numbers(m, ["T_E=1000000"])
    with pytest.raises(QuantityError, match="measure different things"):
        changed_numbers(m, ["T_E=3 mg"])
    with pytest.raises(UnknownName, match='did you mean "T_E"'):
        changed_numbers(m, ["TE=3"])
    with pytest.raises(InputError, match="gives no value"):
        changed_numbers(m, ["T_E"])


def test_a_table_whose_unit_does_not_fit_the_equation_is_refused_with_its_file() -> None:

    from openldn.engine import assemble
    from openldn.pharmacology import block

    wrong = {**entries(), "T_E": replace(entries()["T_E"], unit="mg")}
    with pytest.raises(ModelTextError, match=r"T_E.*receptors\.toml, line"):
        assemble("ldn", block, wrong)
    far = {**entries(), "T_E": replace(entries()["T_E"], value=1e9)}
    with pytest.raises(QuantityError, match=r"T_E is 1e\+09 h.*receptors\.toml"):
        assemble("ldn", block, far)


def test_kidneys_that_do_not_work_keep_the_metabolite() -> None:
    at = np.array([330.0])
    well, ill = (simulate(model(), LDN, at, ("C_6", "C_N"), {"kidney": k}).values[0, 0] for k in (0.0, 1.0))
    assert ill[0] > 1.3 * well[0]
    # naltrexone itself is not touched: the solver's tolerance
    assert ill[1] == pytest.approx(well[1], rel=1e-6)


def test_a_tenfold_tighter_tolerance_changes_no_reported_digit_of_effects() -> None:
    """Against the tolerance of the answers: rates and scores are printed to two digits."""
    s = scale("fibromyalgia", "pain_nrs").model()
    plan = events("4.5mg every 24h", route="oral", until=WEEKS_12)
    values = kept_to_scans(doubt(s, 3, 11))
    at = np.array([0.0, WEEKS_12])
    runs = [
        simulate(s, plan, at, ("answered", *EVENTS), values, rtol=rtol).values[:, 1]
        for rtol in (RTOL, RTOL / 10)
    ]
    told = [[f"{x:.2g}" for x in run.ravel()] for run in runs]
    assert told[0] == told[1]
