"""The one line by which a study is shown: its own figures, nothing pooled."""

from dataclasses import replace

from openldn import evidence as ev
from openldn.evidence import Arm, Effect


def test_the_primary_outcome_is_the_headline() -> None:
    shown = ev.headline(ev.study("bruun-2024-final"))
    assert shown is not None
    assert shown.outcome == "pain change"
    assert shown.primary
    assert (shown.estimate, shown.low, shown.high) == (-0.34, -0.95, 0.27)
    assert shown.favours == "neither"
    assert shown.arms[0] == "LDN −1.3 (95 % CI −1.7 to −0.8), n = 49"
    assert "p = 0.27" in shown.sentence()


def test_an_outcome_is_primary_only_if_its_source_says_so() -> None:
    frech = ev.headline(ev.study("frech-2011-ssc"))
    assert frech is not None
    assert frech.outcome == "itch"
    assert not frech.primary
    for study in ev.studies():
        assert not any(o.primary and o.headline for o in study.outcomes)
        assert sum(o.headline for o in study.outcomes) <= 1


def test_a_null_trial_has_a_headline_as_large_as_a_positive_one() -> None:
    null = ev.headline(ev.study("rodriguez-freire-2026-innova"))
    assert null is not None
    assert null.estimate == 0.49


def test_a_protocol_has_no_headline() -> None:
    assert ev.headline(ev.study("naik-2024-longcovid-protocol")) is None


def test_no_difference_is_one_for_a_ratio_and_zero_otherwise() -> None:
    ratio, difference = ev.headline(ev.study("bolton-2019-sae")), ev.headline(ev.study("vatvani-2024-fm-ma"))
    assert ratio is not None
    assert difference is not None
    assert (ratio.no_effect, difference.no_effect) == (1.0, 0.0)


def test_persons_one_by_one_are_shown_one_by_one() -> None:
    shown = ev.headline(ev.study("frech-2011-ssc"))
    assert shown is not None
    assert shown.arms == ("LDN from 10, 6, 8 to 4, 0, 0, n = 3",)


def test_counts_are_shown_out_of_their_persons() -> None:
    assert ev.arm_text(Arm("LDN", "ldn", n=218, events=161, percent=73.9)) == "LDN 161 of 218 (73.9 %)"
    assert ev.arm_text(Arm("LDN", "ldn", n=60)) == ""


def test_a_p_value_reads_as_words() -> None:
    assert Effect("p-only", p=0.016).p_words() == "p = 0.016"
    assert Effect("p-only", p_text="<0.001").p_words() == "p < 0.001"
    assert Effect("p-only", p_text="<=0.001").p_words() == "p ≤ 0.001"
    assert Effect("p-only", p_text="NS").p_words() == "not significant"


def test_the_design_reads_in_one_line() -> None:
    cree = ev.study("cree-2010-ms")
    expected = "randomised crossover, double-blind, against placebo, 8 weeks, 80 people, 4.5 mg"
    assert cree.one_line_design == expected
    one = replace(cree, n_randomised=1, dose_mg=(), duration_weeks=None)
    assert one.one_line_design == "randomised crossover, double-blind, against placebo, 1 person"
    assert ev.study("bruun-plesner-2020-fm-dose").dose_words() == "0.75 to 6 mg"


def test_every_study_with_figures_can_be_shown() -> None:
    for study in ev.studies():
        shown = ev.headline(study)
        assert study.one_line_design
        if shown is not None:
            assert shown.sentence(), study.id
        if study.is_trial:
            assert shown is not None, study.id


def test_a_name_that_tells_its_time_is_not_told_it_twice() -> None:
    for study in ev.studies():
        for outcome in study.outcomes:
            told = ev.outcome_headline(outcome).name_and_time()
            assert told == outcome.name or not any(unit in outcome.name for unit in ("week", "month"))
    innova = ev.headline(ev.study("rodriguez-freire-2026-innova"))
    final = ev.headline(ev.study("bruun-2024-final"))
    assert innova is not None
    assert final is not None
    assert innova.name_and_time() == "pain at 3 months"
    assert final.name_and_time() == "pain change at 12 weeks"
