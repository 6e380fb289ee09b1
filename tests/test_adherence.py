"""Doses as people take them, and doses that follow what they do."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openldn.engine import Events, assemble, ev, simulate, uniforms
from openldn.engine.adherence import Adherence, Uniforms, taken
from openldn.engine.shipped import shipped_block
from openldn.engine.titration import Rule, Titration, titrate
from openldn.notation import InputError

DAILY = ev("4.5 mg", cmt="oral", ii=24, addl=29)
shares = st.floats(0, 1)


def streams(persons: int, seed: int = 5) -> Uniforms:
    return lambda stream: uniforms(seed, f"adherence {stream}", persons)


def by_person(events: Events) -> list[tuple[list[float], list[float]]]:
    """The hours and the amounts of each person's doses."""
    edges = events.first.tolist()
    return [(events.time[a:b].tolist(), events.amount[a:b].tolist()) for a, b in pairwise(edges)]


def test_with_perfect_habits_everything_is_taken_on_time() -> None:
    assert taken(DAILY, Adherence(), streams(3)) == DAILY.spelled_out().among(("1", "2", "3"))


def test_as_many_are_missed_late_and_doubled_as_the_shares_say() -> None:
    persons = 2000
    habits = Adherence(missed=0.2, late=0.3, late_by_h=6, doubled=0.1)
    found = taken(DAILY, habits, streams(persons))
    n = persons * 30
    # four standard errors of a share of 48,000 and more
    assert found.records / n == pytest.approx(0.8, abs=4 * np.sqrt(0.2 * 0.8 / n))
    late = found.time % 24
    assert np.mean(late > 0) == pytest.approx(0.3, abs=4 * np.sqrt(0.3 * 0.7 / found.records))
    assert np.mean(late[late > 0]) == pytest.approx(3, abs=0.1)
    assert np.max(late) < 6
    assert np.mean(found.amount == 9) == pytest.approx(0.1, abs=4 * np.sqrt(0.09 / found.records))


def test_who_misses_may_miss_again_more_often() -> None:
    found = taken(DAILY, Adherence(missed=0.1, missed_again=0.7), streams(2000))
    share = 1 - found.records / (2000 * 30)
    # in the long run p = 0.1 (1 − p) + 0.7 p = 1/4; the first days, from nobody, take away a little
    assert 0.22 < share < 0.25


@settings(max_examples=8, deadline=None)
@given(shares, shares, shares)
def test_made_up_doses_bring_the_total_back(missed: float, late: float, made_up: float) -> None:
    found = taken(DAILY, Adherence(missed=missed, made_up=1.0, late=late, late_by_h=30), streams(4))
    for hours, amounts in by_person(found):
        assert sum(amounts) <= 30 * 4.5 + 1e-9
        assert hours == sorted(hours)
    some = taken(DAILY, Adherence(missed=missed, made_up=made_up), streams(4))
    none = taken(DAILY, Adherence(missed=missed), streams(4))
    for a, b in zip(by_person(some), by_person(none), strict=True):
        assert a[0] == b[0]
        assert sum(a[1]) >= sum(b[1])


def test_a_further_person_or_dose_changes_nobodys_past() -> None:
    habits = Adherence(missed=0.3, late=0.5, late_by_h=3, doubled=0.1, made_up=0.5)
    fewer = ev("4.5 mg", cmt="oral", ii=24, addl=19)
    few, many = by_person(taken(fewer, habits, streams(3))), by_person(taken(DAILY, habits, streams(9)))
    for (hours, amounts), (later, more) in zip(few, many[:3], strict=True):
        n = len([h for h in later if h < 19 * 24 + 3])
        assert (hours, amounts) == (later[:n][: len(hours)], more[:n][: len(hours)])


def test_shares_outside_nought_to_one_are_refused() -> None:
    with pytest.raises(InputError, match=r"missed is 1\.2"):
        taken(DAILY, Adherence(missed=1.2), streams(1))
    with pytest.raises(InputError, match="late_by_h"):
        taken(DAILY, Adherence(late_by_h=-1), streams(1))


def test_doses_that_were_taken_run_as_events() -> None:
    model = assemble("one_compartment", shipped_block)
    people = taken(ev("4.5 mg", cmt="oral", ii=24, addl=3), Adherence(missed=0.5), streams(2))
    run = simulate(model, people + ev(time=200, evid=0), outputs=["C"])
    ka, k = 1.0, 0.1
    for person, (hours, _) in enumerate(by_person(people)):
        t = 200.0 - np.array(hours)
        expected = sum(4.5 * ka / (100 * (ka - k)) * (np.exp(-k * t) - np.exp(-ka * t)))
        assert run.of("C")[person, len(hours)] == pytest.approx(expected, rel=1e-6)


def test_whoever_missed_every_dose_has_nothing_and_is_still_there() -> None:
    model = assemble("one_compartment", shipped_block)
    people = taken(DAILY, Adherence(missed=1.0), streams(3))
    assert (people.persons, people.records) == (3, 0)
    run = simulate(model, people, [0.0, 5.0], ["C"])
    assert not run.reasons
    assert np.array_equal(run.of("C"), np.zeros((3, 2)))


def plan(**changes: object) -> Titration:
    given: dict[str, object] = {
        "amounts": (10.0, 20.0, 40.0), "every_h": 24.0, "into": "iv", "at_h": (48.0, 96.0), "until_h": 168.0,
        "rules": (Rule("C", -1, above=0.3), Rule("C", 1, below=0.05)), "start": 0,
    }  # fmt: skip
    return Titration(**{**given, **changes})  # type: ignore[arg-type]


def test_the_dose_goes_up_on_too_little_and_down_on_too_much() -> None:
    model = assemble("one_compartment", shipped_block)
    clearances = np.array([2.0, 10.0, 30.0])
    found = titrate(model, plan(start=1), [0.0, 47.0, 95.0, 167.0], ["C"], {"CL": clearances})
    assert not found.run.reasons
    # troughs before the third dose of 20 mg: 20/100 (e^-24k + e^-48k), k = CL/100
    troughs = 0.2 * (np.exp(-0.24 * clearances) + np.exp(-0.48 * clearances))
    first = 1 + np.where(troughs > 0.3, -1, np.where(troughs < 0.05, 1, 0))
    assert found.levels[:, 1].tolist() == first.tolist()
    assert found.levels[:, 0].tolist() == [1, 1, 1]


def test_a_titration_is_what_the_doses_it_came_to_do() -> None:
    """Infusions that outlast a check and doses with a lag go over from one stretch to the next."""
    model = assemble("one_compartment", shipped_block)
    times = [0.0, 10.0, 47.0, 48.0, 50.0, 95.0, 100.0, 140.0, 200.0]
    values = {"CL": 30.0, "ALAG2": 7.0}
    t = plan(every_h=20.0, duration_h=15.0)
    found = titrate(model, t, times, ["C"], values)
    level = found.levels[0].tolist()
    assert level == [0, 1, 2]
    amounts = {
        h: t.amounts[level[int(np.searchsorted(t.at_h, h, side="right"))]]
        for h in np.arange(0.0, 168.0, 20.0)
    }
    given = ev(list(amounts.values()), cmt="iv", time=list(amounts), dur=15)
    whole = simulate(model, given, times, ["C"], values)
    assert found.run.of("C")[0] == pytest.approx(whole.of("C")[0], rel=1e-6, abs=1e-12)


def test_a_level_of_nothing_stops_the_drug_and_levels_stay_in_their_list() -> None:
    model = assemble("one_compartment", shipped_block)
    stop = plan(amounts=(0.0, 10.0), start=1, rules=(Rule("C", -5, above=0.0),))
    found = titrate(model, stop, [47.0, 100.0, 160.0], ["C"], {"CL": np.array([10.0, 50.0])})
    assert found.levels.tolist() == [[1, 0, 0], [1, 0, 0]]
    c = found.run.of("C")[0]
    assert c[2] == pytest.approx(c[1] * np.exp(-0.1 * 60), rel=1e-5)


@pytest.mark.parametrize(
    "changes",
    [
        {"amounts": ()},
        {"start": 3},
        {"every_h": 0.0},
        {"at_h": (96.0, 48.0)},
        {"at_h": (0.0,)},
        {"duration_h": 30.0},
    ],
)
def test_a_titration_that_makes_no_sense_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(InputError):
        titrate(assemble("one_compartment", shipped_block), plan(**changes), [1.0], ["C"])
