"""Two readings of a figure agree, or a correction says which stands."""

import datetime
from pathlib import Path

import pytest
from scipy import stats

from openldn import evidence as ev
from openldn.evidence import readings
from openldn.evidence.fields import is_derived
from openldn.evidence.questions import question_by_id
from openldn.evidence.readings import PHARMACOLOGY, read_again
from openldn.meta import pool_effects
from openldn.notation import DataError, UnknownName, read_toml, sources
from openldn.pharmacology import facts

STUDIES = {s.id for s in ev.studies()}
# Taken in on 2026-12-01 and read by one person since.
NEW = {
    "afshari-2020-detoxification",
    "berkson-2009-pancreatic",
    "bray-2024-nail-lichen-planus",
    "mannelli-2009-detoxification",
    "marcus-2024-chronic-pain",
    "mckenzie-brown-2023-chronic-pain",
    "nathoo-2015-crohn",
    "nct05363514-pots",
    "rea-2004-relapse",
    "stallkamp-tidd-2023-pots",
    "zapata-2025-dysautonomia",
}


def test_the_second_reading_agrees_or_a_correction_explains() -> None:
    assert ev.unsettled() == ()


def test_seventy_eight_studies_and_the_pharmacology_were_read_twice() -> None:
    subjects = {f.subject for f in ev.second_figures()}
    assert len(subjects & STUDIES) == 78
    assert "PK018" in subjects
    assert PHARMACOLOGY not in subjects


def test_what_is_said_of_the_second_reading_is_counted() -> None:
    assert f"figures of {len(read_again())} of {len(STUDIES)} studies" in ev.about().gathered
    assert read_again() <= STUDIES
    readme = Path(__file__).parents[1] / "README.md"
    assert f"- {len(STUDIES)} studies, " in readme.read_text(encoding="utf-8")


def test_every_second_figure_says_where_it_was_read() -> None:
    for figure in ev.second_figures():
        if figure.found:
            assert figure.url.startswith("http"), figure
            assert figure.as_printed, figure
        else:
            assert figure.value is None


def test_a_reading_quotes_words_and_not_passages() -> None:
    # 25 words: a line of a table or a clause of an abstract.
    assert all(len(f.as_printed.split()) <= 25 for f in ev.second_figures())


def test_one_figure_is_read_a_second_time_only_once() -> None:
    read = [(f.subject, f.field) for f in ev.second_figures() if f.field and f.value is not None]
    assert len(read) == len(set(read))


def test_a_figure_read_once_is_provisional() -> None:
    assert ev.state_of("zashin-2019-sjogren", "n_analysed") == "provisional"


def test_a_figure_that_the_second_reader_did_not_find_is_provisional() -> None:
    assert ev.state_of("rodriguez-freire-2026-innova", "outcome:pain at 6 months/effect/low") == "provisional"


def test_a_third_partys_copy_is_no_second_reading() -> None:
    field = "outcome:temporal summation/effect/estimate"
    assert ev.state_of("bruun-2025-final-exploratory", field) == "provisional"
    assert any(f.field == field and f.found for f in ev.second_figures("bruun-2025-final-exploratory"))


def test_the_length_of_treatment_is_no_time_of_an_outcome() -> None:
    assert ev.state_of("parkitny-2017-fm", "duration_weeks") == "agreed"
    assert ev.state_of("parkitny-2017-fm", "outcome:pain/weeks") == "provisional"


def test_a_figure_that_only_the_second_reader_has_was_still_read_once() -> None:
    assert ev.state_of("younger-2013-fm", "n_completed") == "corrected"
    assert not ev.read_twice("younger-2013-fm", "n_completed")


def test_a_figure_of_the_second_reader_that_a_third_has_read_was_read_twice() -> None:
    assert ev.state_of("bruun-2024-final", "outcome:memory problems/effect/p") == "agreed"
    note = next(
        f.note for f in ev.second_figures("bruun-2024-final") if f.field == "outcome:memory problems/effect/p"
    )
    assert "third reader" in note


def test_a_figure_read_twice_the_same_is_agreed() -> None:
    assert ev.state_of("bruun-2024-final", "outcome:pain change/effect/estimate") == "agreed"
    assert ev.state_of("bested-2023-fm", "outcome:FIQR/effect/p") == "agreed"


def test_a_correction_of_a_figure_that_one_person_read_settles_nothing() -> None:
    for end in ("low", "high"):
        field = f"outcome:pain at 3 months/effect/{end}"
        assert ev.state_of("rodriguez-freire-2026-innova", field) == "corrected"
        assert not ev.read_twice("rodriguez-freire-2026-innova", field)
    assert ev.STATES["corrected"] == "corrected, read once"


def _address(field: str) -> str:
    head, _, last = field.rpartition("/")
    return head if last.isdecimal() else field


def test_every_settled_figure_was_read_by_two_people() -> None:
    read = {(f.subject, f.field) for f in ev.second_figures() if f.value is not None and f.first_had_it}
    fields = {(s.id, _address(f)) for s in ev.studies() for f, _ in ev.numbers(s)}
    settled = {x for x in fields if ev.state_of(*x) == "settled"}
    assert settled
    assert settled <= read


def test_a_corrected_figure_is_settled() -> None:
    assert ev.state_of("polo-2019-mecfs", "n_analysed") == "settled"
    assert ev.value_at(ev.study("polo-2019-mecfs"), "n_analysed") == 218


def test_a_state_needs_a_field_that_exists() -> None:
    with pytest.raises(UnknownName):
        ev.state_of("polo-2019-mecfs", "n_analised")
    with pytest.raises(UnknownName):
        ev.state_of("polo-2091-mecfs-x", "n_analysed")


def test_the_share_of_numbers_read_twice_is_known_and_honest() -> None:
    everything = ev.share_second_read(*(s for s in ev.studies() if s.id not in NEW))
    assert 0 < everything.agreed <= everything.second_read < everything.total
    trials = ev.share_second_read(*(s for s in ev.studies() if s.is_trial and s.id not in NEW))
    # The four trials whose papers nobody could open hold the most figures, so trials stand below the rest.
    assert everything.fraction > 0.85
    assert trials.fraction > 0.8
    assert ev.share_second_read(ev.study("zashin-2019-sjogren")).second_read == 0


def test_every_number_of_a_trial_that_was_read_once_was_looked_for() -> None:
    trials = ev.share_second_read(*(s for s in ev.studies() if s.is_trial and s.id not in NEW))
    # Three times of an outcome that the sources do not date, and one sum.
    assert trials.total - trials.second_read - trials.in_vain <= 4


def test_a_number_that_was_computed_here_is_no_part_of_a_share() -> None:
    final = ev.study("bruun-2024-final")
    computed = {f for f, _ in ev.numbers(final) if is_derived(final, f)}
    assert "outcome:pain change/arm:LDN/se" in computed
    assert ev.share_second_read(final).total == sum(1 for _ in ev.numbers(final)) - len(computed)


def test_what_was_found_was_not_sought_in_vain() -> None:
    assert any(f.sought for f in ev.second_figures())
    assert all(not f.found for f in ev.second_figures() if f.sought)


@pytest.mark.parametrize(
    ("line", "told"),
    [('sought = "last week"', "write it like 2026-12-01"), ('sought = "2026-12-01"', "not sought in vain")],
)
def test_a_search_in_vain_has_a_day_and_no_value(tmp_path: Path, line: str, told: str) -> None:
    words = 'as_printed = "99"\nurl = "https://example.org"' if "not" in told else "found = false"
    (tmp_path / "x.toml").write_text(f'name = "n"\n{words}\n{line}\n', encoding="utf-8")
    with pytest.raises(DataError, match=told):
        readings._figure(read_toml(tmp_path / "x.toml").root(), "zashin-2019-sjogren")


def test_what_a_correction_says_now_stands_in_the_study() -> None:
    last = {(c.subject, c.field): c for c in ev.corrections() if c.decision == "changed"}
    for c in last.values():
        if c.subject not in STUDIES:
            continue
        value = ev.value_at(ev.study(c.subject), c.field)
        assert (ev.UNSET if value is None else value) == c.now, c


def test_what_was_kept_open_was_not_changed() -> None:
    assert all(c.was == c.now for c in ev.corrections() if c.decision == "kept")


def test_every_correction_is_about_something_that_exists_or_a_fact_id() -> None:
    for c in ev.corrections():
        known = c.subject in STUDIES or c.subject in facts()
        assert known or (c.subject[-3:].isdecimal() and c.subject.isalnum()), c.id
        assert c.why
        assert set(c.sources) <= set(sources())
        assert datetime.date.fromisoformat(c.date)


def test_the_half_width_of_younger_2013_is_no_standard_deviation() -> None:
    younger = ev.study("younger-2013-fm")
    assert ev.value_at(younger, "outcome:pain reduction/arm:LDN/error_kind") == "ci-half-width"
    assert ev.value_at(younger, "outcome:pain reduction/arm:LDN/sd") == 24.0
    assert ev.state_of("younger-2013-fm", "outcome:pain reduction/arm:LDN/sd") == "corrected"


def test_an_analysed_number_that_fits_no_percentage_is_left_out() -> None:
    assert ev.study("smith-2011-crohn").n_analysed is None


def test_innovas_adjusted_difference_is_one_of_levels() -> None:
    # Level = baseline + change; the four means are printed to two decimals, so 0.02 is their rounding.
    innova = ev.study("rodriguez-freire-2026-innova")
    level, change = "outcome:pain at 3 months", "outcome:pain change at 3 months"

    def at(field: str) -> float:
        value = ev.value_at(innova, field)
        assert isinstance(value, float)
        return value

    between = {
        arm: at(f"{level}/arm:{arm}/baseline_mean") + at(f"{change}/arm:{arm}/change")
        for arm in ("LDN", "placebo")
    }
    printed = at(f"{level}/effect/estimate")
    assert printed == pytest.approx(between["LDN"] - between["placebo"], abs=0.02)
    assert abs(printed - at(f"{change}/effect/estimate")) > 0.1


def test_the_spread_of_younger_2013_cannot_be_a_standard_deviation() -> None:
    # Within persons the SE of a difference is at most the sum of the two SEs (correlation -1). If the
    # printed spreads were SDs, that sum would be too small for the printed p; as half-widths it is not.
    younger = ev.study("younger-2013-fm")
    pain = next(o for o in younger.outcomes if o.primary)
    n = pain.arms[0].n
    assert pain.effect is not None
    assert pain.effect.estimate is not None
    assert pain.effect.p is not None
    assert n is not None
    needed = abs(pain.effect.estimate) / stats.t.isf(pain.effect.p / 2, n - 1)
    assert sum((a.error or 0) / n**0.5 for a in pain.arms) < needed
    assert sum(a.se or 0 for a in pain.arms) > needed


def test_innova_has_one_reading_wherever_it_is_spoken_of() -> None:
    """The study, the last correction and the question say the same of 0.49: a change, adjusted."""
    innova = ev.study("rodriguez-freire-2026-innova")
    for months in (3, 6, 12):
        field = f"outcome:pain at {months} months/effect/estimand"
        assert "change from baseline" in ev.value_at(innova, field)
        assert "level" not in ev.value_at(innova, field)
        assert [c.now for c in ev.corrections(innova.id) if c.field == field][-1] == ev.value_at(
            innova, field
        )
    assert "level" not in question_by_id("fibromyalgia/pain").note


def test_what_the_note_says_of_innovas_plain_changes_is_what_pooling_them_gives() -> None:
    q = question_by_id("fibromyalgia/pain")
    effects = q.effects()
    variances = [e.vi for e in effects]
    plain = [0.31 if e.study == "rodriguez-freire-2026-innova" else e.yi for e in effects]
    for values in ([e.yi for e in effects], plain):
        found = f"{pool_effects(values, variances).estimate:.2f}".replace("-", "−")
        assert found in q.note, found
