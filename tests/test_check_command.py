"""The model against measurements, as a user sees it: each misfit with what it means, any check on request."""

import json

import pytest
from click.testing import CliRunner

from openldn.cli import cli
from openldn.notation import UnknownName
from openldn.proof import checks, chosen_checks


def said(*arguments: str) -> str:
    run = CliRunner().invoke(cli, ["check", *arguments])
    assert run.exit_code == 0, run.output
    return " ".join(run.stdout.split())


def test_a_misfit_says_what_it_means() -> None:
    (check,) = chosen_checks(["48"])
    text = said("48")
    assert check.misfit[:60] in text
    # words at the end of a line may be divided
    assert check.failing_means[:40] in text
    assert "It means that" in text


def test_a_check_that_is_asked_for_says_what_failing_would_mean() -> None:
    (check,) = chosen_checks(["1"])
    text = said("1")
    assert f"To fail would mean that {check.failing_means[:30]}" in text
    assert "PK018" in text
    assert "1 of 1 pass" in text


def test_meanings_come_for_every_check_on_request() -> None:
    text = said("3", "4", "--meanings")
    assert text.count("To fail would mean that") == 2
    assert said("3").count("To fail would mean that") == 1


def test_only_what_is_asked_for_is_run() -> None:
    found = json.loads(CliRunner().invoke(cli, ["check", "3", "46", "--json"]).stdout)
    assert [c["id"] for c in found["checks"]] == ["3", "46"]


def test_a_check_that_is_not_there_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="check"):
        chosen_checks(["fifty"])


def test_what_waits_is_an_effect_on_people_with_an_illness() -> None:
    """Dreams are among them; everything about the body can be judged now."""
    assert {c.id for c in checks() if c.role == "pending"} == {"41", "42", "43", "44", "45"}


def test_every_meaning_is_a_sentence_of_its_own() -> None:
    for c in checks():
        assert len(c.failing_means.split()) >= 3, c.id
        assert not c.failing_means.endswith("."), c.id
