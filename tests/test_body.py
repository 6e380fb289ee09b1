"""The proposed mechanisms: each can be switched, each answers blockade as it should, none makes matter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openldn.answers import compare, dose
from openldn.answers.practical import dose_curve, practical_answers
from openldn.answers.sensitivity import OUTPUTS, swings
from openldn.answers.switches import settings as switched
from openldn.engine import ev, simulate
from openldn.engine.events import nothing
from openldn.notation import InputError
from openldn.pharmacology import kept_to_scans, measurables, model
from openldn.population import doubt

DAILY = ev("4.5 mg", cmt="oral", ii=24, addl=13)
TIMES = np.arange(0.0, 336.0, 4.0)
AT_REST = ("POMC", "ENK", "B_mu", "B_delta", "growth", "TNF", "IL6", "CRP", "glia")


def run(outputs: tuple[str, ...], **values: object) -> dict[str, np.ndarray]:
    result = simulate(model(), DAILY, TIMES, outputs, values, rtol=1e-7)
    return {name: result.of(name)[0] for name in outputs}


def test_without_the_drug_everything_stays_at_rest() -> None:
    result = simulate(model(), nothing(), TIMES, (*AT_REST, "tone_mu", "E_now"))
    for name in (*AT_REST, "tone_mu"):
        assert np.allclose(result.of(name), 1.0, atol=1e-9), name


def test_all_mechanisms_off_leaves_every_signal_at_rest_though_the_drug_is_there() -> None:
    off = run((*AT_REST, "tone_mu", "C_N"), block=0.0, rebound=0.0, ogf=0.0, cytokine=0.0, tlr4=0.0)
    assert off["C_N"].max() > 0
    for name in (*AT_REST, "tone_mu"):
        assert np.allclose(off[name], 1.0, atol=1e-9), name


@pytest.mark.parametrize(
    ("switch", "signals"), [("ogf", ("growth",)), ("cytokine", ("TNF", "IL6", "CRP")), ("tlr4", ("glia",))]
)
def test_a_mechanism_that_is_off_by_default_acts_only_when_switched_on(
    switch: str, signals: tuple[str, ...]
) -> None:
    off = run(signals, E_CYT=0.3)
    on = run(signals, E_CYT=0.3, **{switch: 1.0})
    for name in signals:
        assert np.allclose(off[name], 1.0, atol=1e-9)
        assert not np.allclose(on[name], 1.0, atol=1e-9), name


def test_blockade_lowers_tone_and_rebound_wins_back_a_part() -> None:
    with_rebound, without = (run(("tone_mu",), rebound=r)["tone_mu"][-6:].mean() for r in (1.0, 0.0))
    assert without < with_rebound < 1


def test_beta_endorphin_peaks_at_its_clock_time_whatever_the_hour_of_the_dose() -> None:
    t = np.arange(0.0, 48.0, 0.1)
    for clock in (0.0, 7.0, 22.0):
        be = simulate(model(), nothing(), t, ("BE",), {"CLOCK0": clock}).of("BE")[0]
        peak = (t[240:][be[240:].argmax()] + clock) % 24
        assert peak == pytest.approx(model().parameters["PEAK"].value, abs=0.15)


def test_a_rival_kinetics_leaves_plasma_as_it_is() -> None:
    m = model()
    runs = [
        run(("C_N", "occ_mu_brain"), **switched(m, using=[f"kinetics={k}"])) for k in m.choices["kinetics"]
    ]
    for other in runs[1:]:
        assert np.allclose(other["C_N"], runs[0]["C_N"], rtol=1e-4, atol=1e-7)
        assert np.max(np.abs(other["occ_mu_brain"] - runs[0]["occ_mu_brain"])) > 0.1


def test_a_scan_a_day_after_a_low_dose_tells_slow_brain_from_plasma() -> None:
    found = compare("4.5mg", "kinetics=biophase,plasma", days=1)
    scan = next(d for d in found.best if d.measurable == "pet_occupancy")
    assert scan.errors_apart > 4
    assert scan.hour >= 12
    plasma = next(d for d in found.best if d.measurable == "plasma")
    assert plasma.errors_apart == pytest.approx(0, abs=1e-2)
    at = {(r["dose"], r["hour"]): r["values"] for r in found.table if r["measurable"] == "pet_occupancy"}
    assert at["4.5mg", 24.0]["biophase"] > 30
    assert at["4.5mg", 24.0]["plasma"] < 2


def test_every_measurement_has_an_error() -> None:
    for x in measurables():
        assert x.error(0) > 0


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**60))
def test_doubt_stays_within_what_is_possible_and_keeps_early_scans(seed: int) -> None:
    m = model()
    values = kept_to_scans(doubt(m, 60, seed))
    for name, drawn in values.items():
        p = m.parameters[name]
        assert np.all(drawn >= (p.low if p.low is not None else -np.inf))
        assert np.all(drawn <= (p.high if p.high is not None else np.inf)) or name == "KIN"
    early = simulate(m, ev("5 mg", cmt="oral"), np.array([0.0, 4.0]), ("occ_mu_brain",), values).of(
        "occ_mu_brain"
    )[:, 1]
    # three scans after 5 mg read 43, 46 and 58 %; the middle of the draws must lie among them
    assert 0.35 < np.median(early) < 0.60


def test_doubt_covers_what_it_says() -> None:
    m = model()
    drawn = doubt(m, 4000, 1)["T_E"]
    unsure = m.parameters["T_E"].entry
    assert unsure is not None
    assert unsure.unsure is not None
    inside = np.mean((drawn > unsure.unsure.low) & (drawn < unsure.unsure.high))
    # four standard errors of a share of 0.95 at 4000
    assert inside == pytest.approx(0.95, abs=0.014)


def test_a_switch_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError):
        dose("4.5mg", days=1, persons=0, without=["rebouned"])
    with pytest.raises(InputError):
        dose("4.5mg", days=1, persons=0, using=["kinetics=fast"])


def test_pruned_states_change_nothing() -> None:
    few = run(("tone_mu",))["tone_mu"]
    many = run(("tone_mu", "growth", "CRP", "glia", "gone", "urine_6"))["tone_mu"]
    # errors of the solver, whose steps differ between the two runs
    assert np.allclose(few, many, rtol=1e-5)


def test_occupancy_rises_with_every_step_of_the_dose_curve() -> None:
    values = [e.value or 0.0 for _, e in dose_curve()]
    assert values == sorted(values)
    for _, e in dose_curve():
        assert e.low is not None
        assert e.high is not None
        assert 0 < e.low <= (e.value or 0) <= e.high < 100


def test_every_practical_answer_says_what_it_rests_on_and_advises_nothing() -> None:
    for answer in practical_answers():
        assert answer.sources
        assert answer.assumed or not answer.numbers
        for word in ("should", "recommend", "must take", "safe to"):
            assert word not in answer.text.lower()


def test_washout_is_later_for_a_lower_limit_and_a_larger_dose() -> None:
    low, full = (dict(a.numbers) for a in practical_answers() if "gone" in a.name)
    for found in (low, full):
        days = [found[f"days_to_{limit}_percent"].value or 0.0 for limit in (20, 10, 5)]
        assert days == sorted(days)
    assert (full["days_to_10_percent"].value or 0) > (low["days_to_10_percent"].value or 0)


def test_two_ways_to_the_same_washout_agree() -> None:
    """The dose answer follows the tail hourly, the practical answer every two hours."""
    asked = next(dict(a.numbers) for a in practical_answers() if "4.5 mg a day is gone" in a.name)
    told = dose("4.5mg", persons=0).answers["days_to_10_percent_mu"].value
    assert asked["days_to_10_percent"].value == pytest.approx(told, abs=0.2)


def test_the_numbers_that_matter_most_are_found_and_matter_in_the_right_direction() -> None:
    found = {s.symbol: s for s in swings("occ_mu_brain")}
    assert list(swings("occ_mu_brain")) == sorted(swings("occ_mu_brain"), key=lambda s: -s.size)
    assert found["KIN"].at_high > found["KIN"].at_low
    assert found["T_E"].at_high > found["T_E"].at_low
    assert "G_POMC" not in found, "the feedback does not move occupancy as a scan shows it"
    assert "G_POMC" in {s.symbol for s in swings("tone_mu")}


def test_what_scales_exposure_is_ranked_alike_whichever_number_carries_it() -> None:
    """The area is dose times F_ORAL over CL_N: with the filling kept to scans neither moves occupancy by much."""
    found = {s.symbol: s.elasticity for s in swings("occ_mu_brain")}
    for name in ("F_ORAL", "CL_N"):
        assert abs(found.get(name) or 0.0) < 0.1 * abs(found["KIN"] or 0.0), name
    kept = kept_to_scans(
        {"F_ORAL": np.array([0.18]), "CL_N": np.array([2 * model().parameters["CL_N"].value])}
    )
    assert kept["KIN"][0] == pytest.approx(model().parameters["KIN"].value)


def test_every_number_shown_as_moving_an_output_moves_it_in_the_digits_shown() -> None:
    for output, watched in OUTPUTS.items():
        assert swings(output)
        for s in swings(output):
            assert f"{s.at_low:.{watched.digits}f}" != f"{s.at_high:.{watched.digits}f}"


def test_the_washout_that_swings_is_the_one_that_people_are_told() -> None:
    asked = next(dict(a.numbers) for a in practical_answers() if "4.5 mg a day is gone" in a.name)
    told = asked["days_to_10_percent"].value or 0.0
    first = {s.symbol: s for s in swings("washout")}["Q3"]
    assert first.at_low < told < first.at_high
    entry = model().parameters["T_E"].value
    hours = np.arange(28 * 24.0, 88 * 24.0, 2.0)
    given = ev("4.5 mg", cmt="oral", ii=24, addl=27)
    found = simulate(model(), given, hours, ["occ_mu_brain"], {"T_E": 1.02 * entry}, rtol=1e-7)
    y = 100 * found.of("occ_mu_brain")[0]
    later = (hours[np.flatnonzero(y > 10)[-1]] - 27 * 24) / 24
    elastic = {s.symbol: s for s in swings("washout")}["T_E"].elasticity
    assert elastic is not None
    # two hours are the step of the run
    assert later == pytest.approx(told * (1 + 0.02 * elastic), abs=0.2)


def test_a_swing_is_what_the_model_gives_when_asked_directly() -> None:
    first = swings("occ_mu_brain")[0]
    hours = np.arange(27 * 24.0, 28 * 24.0 + 0.01, 0.5)
    given = ev("4.5 mg", cmt="oral", ii=24, addl=27)
    y = simulate(model(), given, hours, ("occ_mu_brain",), {first.symbol: first.high}).of("occ_mu_brain")
    assert 100 * float(y.mean()) == pytest.approx(first.at_high, rel=1e-4)
