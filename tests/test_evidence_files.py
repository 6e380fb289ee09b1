"""What stands in the evidence files: complete, consistent with each other, and refused when damaged."""

from pathlib import Path

import pytest

from openldn import evidence as ev
from openldn.notation import DataError, UnknownName, sources

FOLDER = Path(ev.__file__).parent


def shipped(name: str) -> str:
    return (FOLDER / "studies" / f"{name}.toml").read_text(encoding="utf-8")


def written(tmp_path: Path, text: str, name: str = "smith-2007-crohn") -> Path:
    path = tmp_path / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_hundred_and_two_studies_stand_in_as_many_files() -> None:
    assert len(ev.studies()) == 102
    assert len({s.id for s in ev.studies()}) == 102
    assert len({s.label for s in ev.studies()}) == 102


def test_every_study_has_its_reference_and_its_condition() -> None:
    for study in ev.studies():
        assert study.source in sources(), study.id
        assert ev.condition(study.condition).key == study.condition


def test_a_study_is_found_by_id_and_by_label_in_any_case() -> None:
    assert ev.study("BRUUN-2024-final") is ev.study("bruun 2024 (FINAL)")


def test_an_unknown_study_suggests_the_nearest() -> None:
    with pytest.raises(UnknownName, match="younger-2013-fm"):
        ev.study("younger-2013")


def test_studies_come_in_the_order_of_the_article() -> None:
    orders = [ev.condition(s.condition).order for s in ev.studies()]
    assert orders == sorted(orders)
    assert ev.studies()[0].condition == "crohn"


def test_final_and_its_exploratory_analysis_are_one_cohort() -> None:
    both = [ev.study("bruun-2024-final"), ev.study("bruun-2025-final-exploratory")]
    assert [s.id for s in ev.one_per_cohort(both)] == ["bruun-2024-final"]
    assert len(ev.one_per_cohort(ev.studies())) == len(ev.studies()) - 2


def test_a_review_is_no_trial_and_a_protocol_has_nobody_yet() -> None:
    assert ev.study("parker-2018-cochrane-crohn").is_review
    assert not ev.study("parker-2018-cochrane-crohn").is_controlled
    assert not ev.study("naik-2024-longcovid-protocol").is_trial
    assert ev.study("smith-2011-crohn").is_trial


def test_a_fixed_order_is_controlled_but_not_randomised() -> None:
    fixed = ev.study("younger-2009-fm")
    assert fixed.is_controlled
    assert not fixed.is_trial


def test_a_protocol_says_how_it_stands_and_others_do_not() -> None:
    assert all(bool(s.status) == (s.design == "protocol") for s in ev.studies())


def test_low_dose_means_what_the_collection_says_it_means() -> None:
    low, high = ev.about().low_dose_from_mg, ev.about().low_dose_to_mg
    for study in ev.studies():
        if study.dose_mg and study.low_dose:
            assert any(low <= dose <= high for dose in study.dose_mg), study.id
        elif study.dose_mg:
            assert max(study.dose_mg) > high, study.id


def test_a_recollection_is_never_a_number_of_the_study() -> None:
    doses_remembered = [s for s in ev.studies() if any(r.field == "dose_mg" for r in s.recollections)]
    assert doses_remembered
    assert not any(s.dose_mg for s in doses_remembered)


def test_every_field_that_nobody_saw_exists() -> None:
    for study in ev.studies():
        for field in study.not_seen:
            assert ev.value_at(study, field) is not None


def test_every_number_can_be_followed_by_its_address() -> None:
    for study in ev.studies():
        for field, number in ev.numbers(study):
            head, _, last = field.rpartition("/")
            found = ev.value_at(study, field if not last.isdecimal() else head)
            assert found == number or (isinstance(found, tuple) and number in found)


def test_an_address_that_leads_nowhere_names_the_nearest() -> None:
    final = ev.study("bruun-2024-final")
    with pytest.raises(UnknownName, match="outcome:pain change"):
        ev.value_at(final, "outcome:pain chance/effect/p")
    with pytest.raises(UnknownName, match="n_randomised"):
        ev.value_at(final, "n_randomized")
    with pytest.raises(UnknownName):
        ev.value_at(final, "outcome:pain change")


def test_finals_responders_are_those_of_intention_to_treat() -> None:
    final = ev.study("bruun-2024-final")
    field = "outcome:pain reduction of 30 % or more{}/arm:{}/events"
    assert ev.value_at(final, field.format("", "LDN")) == 20
    assert ev.value_at(final, field.format("", "placebo")) == 13
    assert ev.value_at(final, field.format(", complete cases", "LDN").replace("events", "n")) == 44


def test_innovas_estimands_stand_apart() -> None:
    innova = ev.study("rodriguez-freire-2026-innova")
    assert ev.value_at(innova, "outcome:pain at 3 months/effect/estimate") == 0.49
    assert ev.value_at(innova, "outcome:pain change at 3 months/effect/estimate") == 0.31


def test_all_files_are_fingerprinted_once() -> None:
    prints = ev.fingerprints()
    assert len({p.file for p in prints}) == len(prints)
    assert len(prints) == len(list(FOLDER.rglob("*.toml")))


def test_the_evidence_has_a_date() -> None:
    assert ev.evidence_date() == "2026-12-01"


def test_a_file_read_twice_gives_the_same_study(tmp_path: Path) -> None:
    copy = ev.read_study(written(tmp_path, shipped("smith-2007-crohn")))
    assert copy.outcomes == ev.study("smith-2007-crohn").outcomes


@pytest.mark.parametrize(
    ("good", "bad", "message"),
    [
        ('design = "single-arm"', 'design = "single-armed"', 'did you mean "single-arm"'),
        ('design = "single-arm"', "", '"design" is missing'),
        ("n_analysed = 17", 'n_analysed = "17"', "must be int"),
        ("n_analysed = 17", "n_analised = 17", "n_analised.*not known.*n_analysed"),
        ("percent = 89", "percent = 89\nprecent = 90", "precent.*not known.*percent"),
        ('measure = "p-within"', 'measure = "p within"', 'did you mean "p-within"'),
        ('name = "remission"', 'name = "clinical response"', "stands 2 times"),
        ('name = "remission"', 'name = "remission/response"', 'holds "/"'),
        ("percent = 89", 'percent = 89\nderived = ["events"]', "called derived but is not given"),
        ('name = "remission"', 'name = "remission"\nnested_in = "nothing"', "which is not there"),
        ("n_analysed = 17", "n_analysed = ", "is not valid TOML"),
        ('source = "smith-2007-crohn"', 'source = "smith-2011-crohn"', "is not the name of the file"),
    ],
)
def test_a_damaged_study_is_refused_with_file_and_line(
    tmp_path: Path, good: str, bad: str, message: str
) -> None:
    text = shipped("smith-2007-crohn")
    assert good in text
    with pytest.raises(DataError, match=message) as caught:
        ev.read_study(written(tmp_path, text.replace(good, bad, 1)))
    assert caught.value.file == "smith-2007-crohn.toml"
    assert "smith-2007-crohn.toml" in str(caught.value)


def test_a_damaged_figure_is_named_with_line_and_field(tmp_path: Path) -> None:
    text = shipped("smith-2007-crohn").replace("percent = 89", 'percent = "eighty-nine"')
    line = 1 + text[: text.index("eighty-nine")].count("\n")
    with pytest.raises(DataError) as caught:
        ev.read_study(written(tmp_path, text))
    assert caught.value.line == line
    assert caught.value.field == "outcomes.2.arms.0.percent"


def test_a_file_that_is_not_there_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        ev.read_study(tmp_path / "nobody-2030.toml")
