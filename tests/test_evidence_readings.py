"""Two readings of a figure agree, or a correction says which stands."""

import datetime

import pytest

from openldn import evidence as ev
from openldn.evidence.readings import PHARMACOLOGY
from openldn.notation import UnknownName, sources

STUDIES = {s.id for s in ev.studies()}


def test_the_second_reading_agrees_or_a_correction_explains() -> None:
    assert ev.unsettled() == ()


def test_sixteen_studies_and_the_pharmacology_were_read_twice() -> None:
    subjects = {f.subject for f in ev.second_figures()}
    assert len(subjects & STUDIES) == 16
    assert "PK018" in subjects
    assert PHARMACOLOGY not in subjects


def test_every_second_figure_says_where_it_was_read() -> None:
    for figure in ev.second_figures():
        if figure.found:
            assert figure.url.startswith("http"), figure
            assert figure.as_printed, figure
        else:
            assert figure.value is None


def test_a_figure_read_once_is_provisional() -> None:
    assert ev.state_of("bested-2023-fm", "outcome:FIQR/effect/p") == "provisional"


def test_a_figure_that_only_the_second_reader_has_was_still_read_once() -> None:
    assert ev.state_of("bruun-2024-final", "outcome:memory problems/effect/p") == "provisional"


def test_a_figure_read_twice_the_same_is_agreed() -> None:
    assert ev.state_of("bruun-2024-final", "outcome:pain change/effect/estimate") == "agreed"


def test_a_corrected_figure_is_settled() -> None:
    assert ev.state_of("polo-2019-mecfs", "n_analysed") == "settled"
    assert ev.value_at(ev.study("polo-2019-mecfs"), "n_analysed") == 218


def test_a_state_needs_a_field_that_exists() -> None:
    with pytest.raises(UnknownName):
        ev.state_of("polo-2019-mecfs", "n_analised")
    with pytest.raises(UnknownName):
        ev.state_of("polo-2091-mecfs-x", "n_analysed")


def test_the_share_of_numbers_read_twice_is_known_and_honest() -> None:
    everything = ev.share_second_read()
    assert 0 < everything.agreed <= everything.second_read < everything.total
    final = ev.share_second_read(ev.study("bruun-2024-final"))
    assert final.fraction > everything.fraction
    assert ev.share_second_read(ev.study("zashin-2019-sjogren")).second_read == 0


def test_what_a_correction_says_now_stands_in_the_study() -> None:
    for c in ev.corrections():
        if c.subject not in STUDIES or c.decision != "changed":
            continue
        value = ev.value_at(ev.study(c.subject), c.field)
        assert (ev.UNSET if value is None else value) == c.now, c


def test_what_was_kept_open_was_not_changed() -> None:
    assert all(c.was == c.now for c in ev.corrections() if c.decision == "kept")


def test_every_correction_is_about_something_that_exists_or_a_fact_id() -> None:
    for c in ev.corrections():
        assert c.subject in STUDIES or (c.subject[-3:].isdecimal() and c.subject.isalnum()), c.id
        assert c.why
        assert set(c.sources) <= set(sources())
        assert datetime.date.fromisoformat(c.date)


def test_the_half_width_of_younger_2013_is_no_standard_deviation() -> None:
    younger = ev.study("younger-2013-fm")
    assert ev.value_at(younger, "outcome:pain reduction/arm:LDN/error_kind") == "ci-half-width"
    assert ev.value_at(younger, "outcome:pain reduction/arm:LDN/sd") == 24.0
    assert ev.state_of("younger-2013-fm", "outcome:pain reduction/arm:LDN/sd") == "settled"


def test_an_analysed_number_that_fits_no_percentage_is_left_out() -> None:
    assert ev.study("smith-2011-crohn").n_analysed is None
