"""The lint finds what was planted, and nothing in the shipped files that they do not own up to."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openldn import evidence as ev
from openldn.evidence import Arm, Effect, Outcome, Study
from openldn.evidence.lint.spread import t_quantile
from openldn.notation import Source, sources

FINAL = ev.study("bruun-2024-final")
CREE = ev.study("cree-2010-ms")
BLANK = replace(FINAL, flow=(), outcomes=(), harms=(), known_faults=())


def found(rule: str, *studies: Study, references: dict[str, Source] | None = None) -> list[str]:
    """The fields that `rule` complains of; no other rule may complain."""
    findings = ev.lint(studies, references)
    assert {f.rule for f in findings} <= {rule}, findings
    return [f.field for f in findings if not f.known]


def having(*arms: Arm, effect: Effect | None = None, name: str = "pain", study: Study = BLANK) -> Study:
    return replace(study, outcomes=(Outcome(name, "lower", arms=arms, effect=effect),))


def test_the_shipped_studies_own_up_to_every_finding() -> None:
    assert [f for f in ev.lint(ev.studies()) if not f.known] == []


def test_no_known_fault_has_gone_away_unnoticed() -> None:
    assert ev.stale_known_faults(ev.studies(), ev.lint(ev.studies())) == ()


def test_a_known_fault_that_is_mended_is_noticed() -> None:
    mended = replace(ev.study("smith-2007-crohn"), outcomes=())
    assert len(ev.stale_known_faults([mended], ev.lint([mended]))) == 3


def test_every_known_fault_has_a_rule_and_a_reason() -> None:
    for study in ev.studies():
        for fault in study.known_faults:
            assert fault.rule in ev.RULES
            assert fault.reason


def test_eighty_nine_percent_of_seventeen_people_is_impossible() -> None:
    assert not ev.is_possible(89, 17)
    assert not ev.is_possible(67, 17)
    assert ev.is_possible(41, 17)
    assert ev.is_possible(41.2, 17)
    planted = having(Arm("LDN", "ldn", n=17, percent=89))
    assert found("impossible-count", planted) == ["outcome:pain/arm:LDN/percent"]


@given(n=st.integers(1, 20_000), share=st.floats(0, 1), digits=st.integers(0, 3))
def test_a_real_count_of_persons_is_never_impossible(n: int, share: float, digits: int) -> None:
    k = round(share * n)
    for percent in (round(100 * k / n, digits), math.floor(1000 * k / n + 0.5) / 10):
        assert ev.is_possible(percent, n)


@given(n=st.integers(1, 500), k=st.integers(0, 500), digits=st.integers(0, 2))
def test_a_real_count_with_its_percentage_is_never_flagged(n: int, k: int, digits: int) -> None:
    k = min(k, n)
    arm = Arm("LDN", "ldn", n=n, events=k, percent=round(100 * k / n, digits))
    assert found("impossible-count", having(arm)) == []


@pytest.mark.parametrize(
    ("arm", "field"),
    [
        (Arm("LDN", "ldn", n=17, events=18), "events"),
        (Arm("LDN", "ldn", n=17, events=-1), "events"),
        (Arm("LDN", "ldn", n=0), "n"),
        (Arm("LDN", "ldn", n=50, events=10, percent=30), "percent"),
        (Arm("LDN", "ldn", n=20, counts=(("completed", 21),)), "counts/completed"),
    ],
)
def test_more_events_than_persons_are_impossible(arm: Arm, field: str) -> None:
    assert found("impossible-count", having(arm)) == [f"outcome:pain/arm:LDN/{field}"]


def test_a_standard_error_taken_for_a_standard_deviation_is_found() -> None:
    good = Arm("LDN", "ldn", n=49, change=-1.3, sd=1.6, se=0.23, ci_low=-1.7, ci_high=-0.8)
    assert found("spread-mixed-up", having(good)) == []
    assert found("spread-mixed-up", having(replace(good, sd=0.23))) == ["outcome:pain/arm:LDN/sd"]
    assert found("spread-mixed-up", having(replace(good, sd=0.45))) == ["outcome:pain/arm:LDN/sd"]
    assert found("spread-mixed-up", having(replace(good, sd=None, se=0.45)))


def test_a_half_width_taken_for_a_standard_deviation_is_found() -> None:
    younger = ev.study("younger-2013-fm")
    pain = next(o for o in younger.outcomes if o.primary)
    for printed in (9.3, 10.8):
        arms = tuple(replace(a, sd=a.error, se=None) if a.error == printed else a for a in pain.arms)
        assert found("spread-mixed-up", replace(younger, outcomes=(replace(pain, arms=arms),)))


def test_the_trap_is_found_even_when_only_the_wrong_sds_and_the_p_are_there() -> None:
    younger = ev.study("younger-2013-fm")
    pain = next(o for o in younger.outcomes if o.primary)
    arms = tuple(replace(a, sd=a.error, se=None, error=None, error_kind="") for a in pain.arms)
    trapped = replace(younger, outcomes=(replace(pain, arms=arms),))
    assert found("spread-mixed-up", trapped) == ["outcome:pain reduction/arm:LDN/sd"]
    right = tuple(replace(a, se=None, error=None, error_kind="") for a in pain.arms)
    assert found("spread-mixed-up", replace(younger, outcomes=(replace(pain, arms=right),))) == []


def test_a_spread_without_a_name_is_found() -> None:
    planted = having(Arm("LDN", "ldn", n=17, mean=356, error=27, error_kind="unstated"))
    assert found("spread-mixed-up", planted) == ["outcome:pain/arm:LDN/error"]


def responders(name: str, events: int, nested_in: str = "") -> Outcome:
    return Outcome(name, "higher", nested_in=nested_in, arms=(Arm("LDN", "ldn", n=50, events=events),))


def test_thresholds_that_are_added_up_are_found() -> None:
    nested = (responders("15 %", 20), responders("30 %", 12, "15 %"), responders("50 %", 7, "30 %"))
    assert found("nested-responders-summed", replace(BLANK, outcomes=nested)) == []
    summed = (*nested, responders("responders", 39))
    fields = found("nested-responders-summed", replace(BLANK, outcomes=summed))
    assert fields == ["outcome:responders/arm:LDN/events"]


def test_a_narrower_threshold_reached_by_more_people_is_found() -> None:
    grown = (responders("15 %", 20), responders("30 %", 22, "15 %"))
    fields = found("nested-responders-summed", replace(BLANK, outcomes=grown))
    assert fields == ["outcome:30 %/arm:LDN/events"]


def test_two_thresholds_that_do_not_say_which_contains_which_are_found() -> None:
    loose = (responders("15 %", 20), responders("30 %", 12))
    assert found("nested-responders-summed", replace(BLANK, outcomes=loose)) == ["outcome:30 %/nested_in"]


def test_categories_that_hold_more_people_than_there_are_are_found() -> None:
    arm = Arm("LDN", "ldn", n=14, categories=(("sustained", 2), ("relapse", 6), ("none", 7)))
    assert found("nested-responders-summed", having(arm)) == ["outcome:pain/arm:LDN/categories"]


def test_one_registration_in_two_studies_is_one_cohort_and_must_say_so() -> None:
    exploratory = ev.study("bruun-2025-final-exploratory")
    assert found("cohort-twice", FINAL, exploratory) == []
    assert found("cohort-twice", FINAL, replace(exploratory, cohort="")) == ["cohort"]
    assert found("cohort-twice", replace(FINAL, cohort=""), exploratory) == ["cohort"]


def test_one_doi_in_two_studies_is_one_cohort_but_a_review_may_share() -> None:
    known = sources()
    references = {**known, "cree-2010-ms": replace(known["cree-2010-ms"], doi=known[FINAL.source].doi)}
    assert found("cohort-twice", FINAL, CREE, references=references) == ["cohort"]
    assert found("cohort-twice", FINAL, replace(CREE, design="meta-analysis"), references=references) == []


def test_a_crossovers_persons_counted_once_per_period_are_found() -> None:
    assert found("crossover-counted-twice", CREE) == []
    assert found("crossover-counted-twice", replace(CREE, n_analysed=120)) == ["n_analysed"]
    unregistered = replace(CREE, n_randomised=None, n_analysed=120)
    assert found("crossover-counted-twice", unregistered) == ["n_analysed"]
    twice = having(Arm("LDN", "ldn", n=160), study=replace(CREE, known_faults=()))
    assert found("crossover-counted-twice", twice) == ["outcome:pain/arm:LDN/n"]
    assert found("crossover-counted-twice", replace(CREE, design="rct-parallel", n_analysed=120)) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"dose_mg": (-4.5,)}, "dose_mg"),
        ({"dose_mg": (float("inf"),)}, "dose_mg"),
        ({"dose_text": "4.5 mL"}, "dose_text"),
        ({"dose_text": "4.5 mgs"}, "dose_text"),
        ({"dose_text": "a little"}, "dose_text"),
        ({"dose_text": "0.1 mg/kg/week"}, ""),
        ({"dose_text": "0.1 mg/kg/d, at most 4.5 mg"}, ""),
        ({"duration_weeks": -8}, "duration_weeks"),
        ({"duration_weeks": 0}, "duration_weeks"),
    ],
)
def test_a_dose_or_time_that_does_not_convert_is_found(change: dict[str, object], field: str) -> None:
    assert found("unit", replace(BLANK, **change)) == ([field] if field else [])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arm", "field"),
    [
        (Arm("LDN", "ldn", percent=104), "percent"),
        (Arm("LDN", "ldn", percent=-1), "percent"),
        (Arm("LDN", "ldn", change_percent=-104), "change_percent"),
        (Arm("LDN", "ldn", mean=1, sd=-1), "sd"),
        (Arm("LDN", "ldn", p_within=1.2), "p_within"),
        (Arm("LDN", "ldn", change=-1.3, ci_low=-0.8, ci_high=-1.7), "ci_low"),
        (Arm("LDN", "ldn", change=1.3, ci_low=-1.7, ci_high=-0.8), "ci_low"),
    ],
)
def test_a_figure_of_an_arm_out_of_bounds_is_found(arm: Arm, field: str) -> None:
    assert found("unit", having(arm)) == [f"outcome:pain/arm:LDN/{field}"]


@pytest.mark.parametrize(
    ("effect", "field"),
    [
        (Effect("MD", -0.34, low=0.27, high=-0.95), "low"),
        (Effect("MD", 0.34, low=-0.95, high=0.27), "low"),
        (Effect("p-only", p=1.01), "p"),
        (Effect("MD", 1.0, i2=120), "i2"),
        (Effect("MD", 1.0, se=-0.1), "se"),
        (Effect("RR", 0.8, low=-0.1, high=1.2), "low"),
        (Effect("OR", 0.0), "estimate"),
    ],
)
def test_an_effect_out_of_bounds_is_found(effect: Effect, field: str) -> None:
    assert found("unit", having(effect=effect)) == [f"outcome:pain/effect/{field}"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"doi": "doi:10.1016/x"}, "source.doi"),
        ({"doi": "11.1016/x"}, "source.doi"),
        ({"pmid": "PMID 123"}, "source.pmid"),
        ({"registry": ("NCT0427087",)}, "source.registry"),
        ({"registry": ("NCT042708777",)}, "source.registry"),
    ],
)
def test_an_identifier_that_does_not_parse_is_found(change: dict[str, object], field: str) -> None:
    references = {FINAL.source: replace(sources()[FINAL.source], **change)}  # type: ignore[arg-type]
    assert found("doi", FINAL, references=references) == [field]


def test_a_study_without_a_reference_is_found() -> None:
    assert found("doi", FINAL, references={}) == ["source"]


def test_a_fault_planted_in_a_file_is_found(tmp_path: Path) -> None:
    text = (Path(ev.__file__).parent / "studies" / "khan-2020-psoriasis.toml").read_text(encoding="utf-8")
    path = tmp_path / "khan-2020-psoriasis.toml"
    path.write_text(text.replace("duration_weeks = 13", "duration_weeks = -13"), encoding="utf-8")
    assert found("unit", ev.read_study(path)) == ["duration_weeks"]


def test_a_finding_says_what_is_wrong_in_words() -> None:
    (finding,) = ev.lint([having(Arm("LDN", "ldn", n=17, percent=89))])
    assert finding.message == "no count out of 17 rounds to 89 % (15 is 88.2 %, 16 is 94.1 %)"
    assert not finding.known


@pytest.mark.parametrize(("df", "expected"), [(1, 12.706), (2, 4.303), (3, 3.182), (27, 2.052), (100, 1.984)])
def test_students_t_agrees_with_the_printed_table(df: int, expected: float) -> None:
    # The expansion is worst at 3 degrees of freedom, where it is 1 % off; the rule has a quarter of slack.
    assert t_quantile(0.975, df) == pytest.approx(expected, rel=0.01)


def test_no_study_of_ours_is_called_randomised_by_a_guess() -> None:
    read = {s.id: tuple(f.as_printed for f in ev.second_figures(s.id)) for s in ev.studies()}
    assert ev.lint_designs(ev.studies(), sources(), read) == ()


def test_a_controlled_trial_without_a_word_on_allocation_is_not_randomised() -> None:
    """Bihari 1988 as it was filed until an audit read its source."""
    bihari = replace(ev.study("bihari-1988-aids"), design="rct-parallel")
    read = {bihari.id: tuple(f.as_printed for f in ev.second_figures(bihari.id))}
    (finding,) = ev.lint_designs([bihari], sources(), read)
    assert (finding.study, finding.field) == ("bihari-1988-aids", "design")
    assert not ev.study("bihari-1988-aids").is_randomised
