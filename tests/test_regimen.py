"""Regimens in words: what they come to, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openldn.engine import parse_clock, parse_dose, parse_duration, parse_regimen, schedule
from openldn.notation import InputError


def plan(text: str, days: float = 30) -> list[tuple[float, float]]:
    found = schedule(parse_regimen(text), "oral", days * 24).spelled_out()
    return list(zip(found.time.tolist(), found.amount.tolist(), strict=True))


def test_a_daily_dose_is_given_at_the_start_of_each_day() -> None:
    assert plan("4.5 mg every 24h at 22:00", 3) == [(0, 4.5), (24, 4.5), (48, 4.5)]


def test_titration_goes_up_step_by_step() -> None:
    found = plan("1.5 mg every 24h at 22:00 for 2d, then 3 mg for 2d, then 4.5 mg", 6)
    assert [mg for _, mg in found] == [1.5, 1.5, 3, 3, 4.5, 4.5]
    assert [t for t, _ in found] == [0, 24, 48, 72, 96, 120]


def test_a_phase_with_its_own_clock_waits_for_it() -> None:
    found = plan("1 mg every 24h at 22:00 for 2d, then 2 mg at 07:00", 5)
    assert found == [(0, 1), (24, 1), (57, 2), (81, 2), (105, 2)]


def test_missed_doses_are_not_given() -> None:
    found = plan("4.5 mg every 24h for 7d except doses 2, 4-5, then stop")
    assert [t / 24 for t, _ in found] == [0, 2, 5, 6]


def test_stopping_means_no_dose_after() -> None:
    assert len(plan("4.5 mg every 12h for 10d then stop", 60)) == 20


def test_a_single_dose_is_one_dose() -> None:
    assert plan("50 mg once") == [(0, 50)]


def test_a_single_dose_can_be_followed_by_others_after_a_while() -> None:
    assert plan("50 mg once for 2d, then 4.5 mg every 24h", 4) == [(0, 50), (48, 4.5), (72, 4.5)]


def test_an_infusion_runs_for_its_time() -> None:
    assert schedule(parse_regimen("1.6 mg every 24h over 24h"), "sc_bead", 48).duration.tolist() == [24]


@pytest.mark.parametrize(
    "text",
    [
        "", "then", "4.5 mg", "4.5 every 24h", "4.5 mg every", "4.5 mg every 0h", "4.5 mg every -1h",
        "4.5 mg every 24h at 25:00", "4.5 mg every 24h, then 6 mg", "4.5 mg every 24h then stop",
        "4.5 mg every 24h for 3d except doses 4",
        "50 mg once, then 4.5 mg every 24h",
        "4.5 mg every 24h for 3d except doses 0", "4.5 mg every 24h for 3d except doses 5-2",
        "4.5 mg every 24h over 30h", "-4.5 mg once", "nan mg once", "4.5 L once", "4.5 mg every 24 mg",
    ],
)  # fmt: skip
def test_a_schedule_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        plan(text)


def test_a_schedule_of_millions_of_doses_is_refused_at_once() -> None:
    with pytest.raises(InputError, match="more than 5,000,000 doses"):
        schedule(parse_regimen("1 mg every 1s"), "oral", "90d")


@given(st.integers(1, 48), st.integers(1, 60))
def test_as_many_doses_as_intervals_fit(every: int, days: int) -> None:
    found = plan(f"2 mg every {every}h", days)
    assert len(found) == -(-days * 24 // every)
    assert all(t < days * 24 for t, _ in found)


@given(st.text(max_size=60))
def test_no_text_does_more_than_raise_an_input_error(text: str) -> None:
    for read in (parse_regimen, parse_dose, parse_clock, parse_duration):
        try:
            read(text)
        except InputError:
            continue
