"""Other people's lists of studies stand beside ours, entry by entry."""

from pathlib import Path

import pytest

from openldn import evidence as ev
from openldn.evidence import elsewhere
from openldn.notation import DataError, read_toml


def test_every_entry_of_another_list_is_ours_or_says_why_not() -> None:
    entries = [e for found in elsewhere.other_lists() for e in found.entries]
    assert {e.ours for e in entries if e.ours} <= {s.id for s in ev.studies()}
    assert all(bool(e.ours) != bool(e.why) for e in entries)


def test_a_list_of_which_little_was_seen_says_so() -> None:
    gouda = elsewhere.other_lists()[0]
    assert gouda.holds == 105
    assert len(gouda.entries) < gouda.holds
    assert "could not be had" in gouda.seen


def test_what_the_audit_missed_is_in() -> None:
    here = {e.ours for found in elsewhere.other_lists() for e in found.entries}
    assert {
        "zapata-2025-dysautonomia",
        "nct05363514-pots",
        "afshari-2020-detoxification",
        "bray-2024-nail-lichen-planus",
    } <= here


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("", "needs either"),
        ('ours = "bolton-2019-sae"\nwhy = "x"', "needs either"),
        ('ours = "bolton-2091"', "bolton"),
    ],
)
def test_an_entry_without_a_study_or_a_reason_is_refused(tmp_path: Path, entry: str, told: str) -> None:
    (tmp_path / "x.toml").write_text(f'label = "Somebody 2020"\n{entry}\n', encoding="utf-8")
    with pytest.raises(DataError, match=told):
        elsewhere._entry(read_toml(tmp_path / "x.toml").root())


def test_the_doses_in_detoxification_do_not_soften_the_warning() -> None:
    fact = next(f for f in ev.safety_facts("opioids") if f.source == "afshari-2020-detoxification")
    assert "nothing of the usual low doses" in fact.statement
    assert "not 1 to 6 mg" in fact.about
