"""Rival versions of the model: which measurement would tell them apart, when and on what dose."""

import json

import pytest

from openldn.answers import compare
from openldn.answers.comparison import Difference
from openldn.answers.moments import moment
from openldn.notation import InputError, UnknownName
from test_command_line import ldn


def best(found: tuple[Difference, ...], measurable: str) -> Difference:
    return next(d for d in found if d.measurable == measurable)


def test_a_number_that_a_user_sets_holds_in_every_version() -> None:
    plain = compare("4.5mg", "kinetics=biophase,plasma", days=3)
    slow = compare("4.5mg", "kinetics=biophase,plasma", days=3, setting=["T_E=30"])
    at = {
        name: {(r["dose"], r["hour"]): r["values"] for r in found.table if r["measurable"] == "pet_occupancy"}
        for name, found in (("plain", plain), ("slow", slow))
    }
    assert at["slow"]["4.5mg", 72.0]["biophase"] > at["plain"]["4.5mg", 72.0]["biophase"] + 3
    assert at["slow"]["4.5mg", 72.0]["plasma"] == pytest.approx(
        at["plain"]["4.5mg", 72.0]["plasma"], rel=1e-4
    )
    assert [c.sentence() for c in slow.changed] == ["T_E=30 h (by default 20 h)"]
    assert slow.provenance.question["setting"] == ["T_E=30"]


def test_a_part_that_is_off_is_off_in_every_version() -> None:
    found = compare("50mg", "rebound=on,off", days=5, without=["block"])
    assert not found.settling.tells, "nothing rebounds where nothing is blocked"
    assert compare("50mg", "rebound=on,off", days=5).settling.tells


def test_the_measurement_that_would_settle_a_rebound_is_of_endorphins_and_at_the_end() -> None:
    found = compare("4.5mg", "rebound=off,on")
    assert found.settling.measurable == "beta_endorphin"
    assert found.settling.dose == "50mg"
    asked = best(found.best_asked, "beta_endorphin")
    assert asked.dose == "4.5mg"
    assert 1 < asked.errors_apart < found.settling.errors_apart
    assert asked.b > asked.a, "the second version is the one with a rebound"
    assert "after the last of 28 doses" in asked.when


def test_every_pair_of_versions_has_a_measurement_of_its_own() -> None:
    found = compare("4.5mg", "kinetics=biophase,plasma,slow_koff")
    apart = {d.versions: d.errors_apart for d in found.best_by_pair_asked}
    assert set(apart) == {("biophase", "plasma"), ("biophase", "slow_koff"), ("plasma", "slow_koff")}
    assert apart["biophase", "slow_koff"] < apart["biophase", "plasma"], (
        "rivals of the same kind are harder to tell"
    )


@pytest.mark.parametrize("switch", ["tlr4", "ogf", "cytokine"])
def test_what_nobody_can_measure_is_told_apart_by_nothing(switch: str) -> None:
    found = compare("4.5mg", f"{switch}=0,1", days=7)
    assert found.versions == ("off", "on")
    assert not found.settling.tells
    assert found.as_json()["told_apart"] is False


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("rebound=on", InputError, "two versions or more"),
        ("rebound=on,1", InputError, "twice"),
        ("kinetics=plasma,plasma", InputError, "twice"),
        ("rebound=on,perhaps", InputError, "on or off"),
        ("rebond=on,off", UnknownName, 'did you mean "rebound"'),
    ],
)
def test_versions_that_make_no_comparison_are_refused(text: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        compare("4.5mg", text)


def test_a_version_cannot_be_set_beside_being_compared() -> None:
    for own in ({"using": ["kinetics=plasma"]}, {"using": ["rebound"]}, {"without": ["rebound"]}):
        of = "kinetics=biophase,plasma" if "kinetics=plasma" in own.get("using", []) else "rebound=on,off"
        with pytest.raises(InputError, match="is what is compared"):
            compare("4.5mg", of, **own)


@pytest.mark.parametrize(
    ("hour", "words"),
    [
        (0.0, "before the first dose"),
        (6.0, "6 h after the first dose"),
        (24.0, "24 h after the first dose, just before the second"),
        (48.0, "24 h after the second dose, just before the third"),
        (72.0, "24 h after the last of 3 doses"),
        (48.0 + 7 * 24, "7 days after the last of 3 doses"),
    ],
)
def test_a_moment_is_told_by_the_dose_before_it(hour: float, words: str) -> None:
    assert moment(hour, (0.0, 24.0, 48.0)) == words


def test_a_single_dose_is_just_the_dose() -> None:
    assert moment(12.0, (0.0,)) == "12 h after the dose"
    assert moment(24.0 * 21 + 1, tuple(24.0 * i for i in range(28))) == "1 h after the 22nd dose"


def test_a_schedule_in_words_is_compared_with_daily_doses() -> None:
    text = "1.5 mg every 24h for 3d, then 4.5 mg"
    found = compare(text, "kinetics=biophase,plasma", days=6, regimen=text)
    assert best(found.best_asked, "pet_occupancy").dose == text
    assert best(found.best, "pet_occupancy").dose == "50mg"


def test_a_month_of_depot_is_looked_at_to_its_end() -> None:
    found = compare("380mg", "kinetics=biophase,plasma", route="im_depot", every="28d", days=28)
    assert max(r["hour"] for r in found.table if r["dose"] == "380mg") == 28 * 24
    short = compare("4.5mg", "kinetics=biophase,plasma", days=1)
    assert max(r["hour"] for r in short.table) == 14 * 24


def test_the_command_prints_the_measurement_that_differs_over_time_and_doses() -> None:
    run = ldn("dose", "4.5mg", "--compare", "rebound=on,off", "--set", "G_POMC=1")
    assert run.returncode == 0, run.stderr
    assert "rebound on from rebound off" in run.stdout
    assert "G_POMC=1 (by default 0.64)" in run.stdout
    assert "β-endorphin in plasma, errors of one measurement apart on each dose" in run.stdout
    assert "carfentanil scan: the same in all" in run.stdout
    assert "On 4.5mg it is β-endorphin" in run.stdout


def test_the_command_says_when_nothing_would_settle_it() -> None:
    run = ldn("dose", "4.5mg", "--compare", "tlr4=off,on", "--days", "7")
    assert run.returncode == 0, run.stderr
    assert "Nothing that can be measured tells them apart" in run.stdout
    assert "best" not in run.stdout


def test_the_json_of_a_comparison_holds_the_best_at_the_dose_asked() -> None:
    document = json.loads(ldn("dose", "3mg", "--compare", "rebound=0,1", "--days", "7", "--json").stdout)
    assert document["versions"] == ["off", "on"]
    assert {d["dose"] for d in document["best_at_dose"]} == {"3mg"}
    assert {"when", "errors_apart"} <= set(document["predictions"][0])


@pytest.mark.parametrize(
    "more",
    [("--for", "crohn"), ("--versus", "50mg"), ("--persons", "9"), ("--seed", "1"), ("--plot", "a.svg")],
)
def test_an_option_that_a_comparison_cannot_honour_is_refused(more: tuple[str, ...]) -> None:
    run = ldn("dose", "4.5mg", "--compare", "rebound=on,off", *more)
    assert (run.returncode, run.stdout) == (2, "")
    assert "--compare" in run.stderr
