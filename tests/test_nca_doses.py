"""Noncompartmental analysis of repeated doses, against superposition written out."""

import math
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openldn.engine import ev, nca_doses
from openldn.engine.nca import MEANINGS, nca
from openldn.engine.nca_doses import nca_by_dose, nca_table
from openldn.notation import InputError, QuantityError, UnknownName

CL, V, KA, TAU, OVER = 2.0, 50.0, 1.2, 12.0, 1.5
K = CL / V
ROUTES = {"extravascular": "F", "bolus": "", "infusion": ""}
SINGLE = (
    "AUCIFO", "AUCIFP", "AUCPEO", "AUCPEP", "AUMCIFO", "MRT{e}IFO", "CL{f}O", "VZ{f}O",
)  # fmt: skip


def names(route: str) -> dict[str, str]:
    f = ROUTES[route]
    return {n: n.format(e="EV" if f else "IV", f=f) for n in (*SINGLE, "CL{f}TAU", "VZ{f}TAU")}


def one_dose(t: Any, route: str, over: float = OVER) -> Any:
    """ug/L after 1 mg at 0; nothing up to then, so that a sample at a dose is the one before it."""
    s = np.maximum(t, 0.0)
    if route == "bolus":
        return np.where(t > 0, 1000 / V * np.exp(-K * s), 0.0)
    if route == "infusion":
        rise = 1000 / over / CL * -np.expm1(-K * np.minimum(s, over))
        return rise * np.exp(-K * np.maximum(s - over, 0))
    return 1000 * KA / (V * (KA - K)) * (np.exp(-K * s) - np.exp(-KA * s))


def area_of_one(t: float, route: str) -> float:
    """The area under `one_dose` up to t, in closed form."""
    if route == "bolus":
        return 1000 / CL * -math.expm1(-K * t)
    if route == "infusion":
        still = 1000 / OVER / CL * (OVER + math.expm1(-K * OVER) / K)
        return still + 1000 / OVER / CL * -math.expm1(-K * OVER) / K * -math.expm1(-K * (t - OVER))
    return 1000 * KA / (V * (KA - K)) * (-math.expm1(-K * t) / K + math.expm1(-KA * t) / KA)


def within(tau: float = TAU, n: int = 600) -> Any:
    """Times in an interval, close together where curves bend, the end of an infusion among them."""
    return np.union1d(np.concatenate([[0.0], np.geomspace(1e-3, tau, n)]), np.linspace(0, tau, 25))


def regimen(route: str, amounts: Any, tau: float = TAU, over: float = OVER) -> Any:
    """Times, concentrations by superposition, times of the doses."""
    given = tau * np.arange(len(amounts))
    t = np.unique(np.concatenate([d + within(tau) for d in given]))
    return t, sum(a * one_dose(t - d, route, over) for a, d in zip(amounts, given, strict=True)), given


def table(route: str, amounts: Any, **options: Any) -> Any:
    t, c, at = regimen(route, amounts, **{k: v for k, v in options.items() if k in ("tau", "over")})
    over = options.get("over", OVER)
    return nca_table(t, [c], at, amounts, durations=np.full(len(amounts), over), administration=route)


# 600 samples an interval: a straight line under absorption or an infusion is off by the square of its step.
CLOSE = {"rel": 2e-5}
# By mouth λz takes in samples from before absorption is over, as long as R² stays within 0.0001 of the best.
SLOPE = {"extravascular": 0.02, "bolus": 1e-9, "infusion": 2e-5}


@pytest.mark.parametrize("route", ROUTES)
def test_only_the_first_dose_has_an_area_to_infinity(route: str) -> None:
    found, n = table(route, [1.0] * 5), names(route)
    slope = SLOPE[route]
    assert found[n["CL{f}O"]][0] == pytest.approx(CL, rel=slope)
    assert found[n["VZ{f}O"]][0] == pytest.approx(V, rel=slope)
    for row in range(1, 5):
        for name in SINGLE:
            assert math.isnan(found[n[name]][row])
            assert "earlier doses left" in found.why(row, n[name])
        if route != "extravascular":
            assert "earlier doses left" in found.why(row, "VSSO")
        assert found["LAMZ"][row] == pytest.approx(K, rel=slope)


@pytest.mark.parametrize("route", ROUTES)
def test_the_area_of_an_interval_is_that_of_one_dose_up_to_its_end(route: str) -> None:
    found = table(route, [1.0] * 5)
    for row in range(5):
        # Superposition: the pieces of earlier doses that fall into this interval make up one curve.
        assert found["AUCTAU"][row] == pytest.approx(area_of_one((row + 1) * TAU, route), **CLOSE)


def test_dose_over_the_interval_is_no_clearance_until_the_trough_stands() -> None:
    found = table("bolus", [1.0] * 12)
    for row in range(12):
        left = math.exp(-(row + 1) * K * TAU)
        off = left / (1 - left)
        if off > 0.05 and left > 0.05:
            assert math.isnan(found["CLTAU"][row])
            assert f"{100 * off:+.2g} % off the clearance" in found.why(row, "CLTAU")
            assert found.why(row, "VZTAU") == found.why(row, "CLTAU")
        else:
            assert found["CLTAU"][row] == pytest.approx(CL * (1 + off), rel=1e-9)
            assert f"{100 * off:+.2g} %" in found.note(row, "CLTAU"), "not there yet, and it says how far"
    assert np.isnan(found["CLTAU"]).tolist() == [True] * 6 + [False] * 6


@pytest.mark.parametrize("route", ROUTES)
def test_at_steady_state_the_interval_gives_back_the_parameters(route: str) -> None:
    f = ROUTES[route]
    found = table(route, [1.0] * 60)
    assert found[f"CL{f}TAU"][-1] == pytest.approx(CL, **CLOSE)
    assert found[f"VZ{f}TAU"][-1] == pytest.approx(V, rel=SLOPE[route])
    assert found.note(59, f"CL{f}TAU") == ""
    # AUMCTAU + τ (AUCIFO − AUCTAU) is the moment of one dose; the second term is as exact as λz.
    stay = found["MRTIVIFO" if route != "extravascular" else "MRTEVIFO"][-1]
    assert stay == pytest.approx(V / CL + (1 / KA if route == "extravascular" else 0), rel=SLOPE[route])
    if route != "extravascular":
        assert found["VSSO"][-1] == pytest.approx(V, rel=SLOPE[route])
        assert found.note(59, "VSSO").startswith("by the formula for steady state")
    assert math.isnan(found["AUCIFO"][-1]), "to infinity the curve is not of one dose, at steady state either"


def test_a_phase_slower_than_the_interval_shows_in_the_trough() -> None:
    # 97 % of a dose fades with 0.3/h and 3 % with 0.003/h, which holds three quarters of the area.
    at, one = (
        24.0 * np.arange(60),
        lambda s: np.where(s > 0, 97 * np.exp(-0.3 * s) + 3 * np.exp(-0.003 * s), 0),
    )
    t = np.unique(np.concatenate([d + within(24.0, 60) for d in at]))
    c = sum(one(np.maximum(t - d, 0)) for d in at)
    found = nca_table(t, [c], at, [1.0] * 60, administration="bolus")
    assert np.isnan(found["CLTAU"][:20]).all()
    # 60 days are 6 of its half-lives: 1.3 % are to come.
    assert found["CLTAU"][-1] == pytest.approx(1000 / (97 / 0.3 + 3 / 0.003), rel=0.013)


def test_one_noisy_trough_does_not_take_a_clearance_away() -> None:
    t, c, at = regimen("bolus", [1.0] * 20)
    noisy = np.where(t == 19 * TAU, 0.7 * c, c)
    found = nca_table(t, [noisy], at, [1.0] * 20, administration="bolus")
    assert found["CLTAU"][19] == pytest.approx(CL, rel=1e-3)
    assert "% off the clearance" in found.note(19, "CLTAU")
    assert "MRTIVIFO" not in found.of(19).values, "which rests on the trough"


def test_of_an_effect_there_are_areas_and_no_clearance() -> None:
    found = nca_table([0, 1, 2, 4, 8], [[0, 0.9, 0.6, 0.3, 0.1]], [0, 4], [np.nan, np.nan], unit="1")
    assert found["CMAX"][0] == 0.9
    assert found.why(0, "CLFO") == found.why(1, "ARAUC") == "it was not asked for"
    with pytest.raises(QuantityError, match="does not convert"):
        nca_table([0, 1, 2, 4, 8], [[0, 0.9, 0.6, 0.3, 0.1]], [0], [1], unit="1")


def test_a_loading_dose_is_at_steady_state_at_once() -> None:
    load = 1 / -math.expm1(-K * TAU)
    found = table("bolus", [load, 1.0, 1.0])
    assert found["CLTAU"][1:] == pytest.approx(CL, rel=1e-9)
    assert found["CLO"][0] == pytest.approx(CL, rel=1e-9)
    assert found.why(1, "ARAUC").startswith("this dose is 1 mg and the first 2.62")


def test_after_a_larger_dose_the_interval_overstates_a_smaller_one() -> None:
    found = table("bolus", [1.0] * 20 + [0.25])
    assert "falls" not in found.why(20, "CLTAU")
    assert "-" in found.why(20, "CLTAU").split("AUCTAU ")[1]
    assert found["AUCTAU"][20] == pytest.approx(
        area_of_one(21 * TAU, "bolus") - 0.75 * area_of_one(TAU, "bolus"), rel=1e-9
    )


def test_a_dose_after_a_washout_is_like_a_first_one() -> None:
    given = [0.0, 400.0]
    t = np.unique(np.concatenate([d + within(100) for d in given]))
    c = one_dose(t, "bolus") + one_dose(t - 400, "bolus")
    found = nca_table(t, [c], given, [1, 1], administration="bolus")
    assert found["CLO"] == pytest.approx(CL, rel=1e-6)
    share = 100 * math.exp(-K * 400)
    assert f"{share:.2g} % of AUCIFO is what earlier doses left" in found.note(1, "CLO")
    below = nca_table(t, [c], given, [1, 1], administration="bolus", lloq=0.01)
    assert below.note(1, "CLO") == "", "what cannot be measured is nothing"


def test_what_was_there_before_the_first_dose_is_said() -> None:
    t = np.array([-1.0, 0, 1, 2, 4, 8])
    found = nca_by_dose(t, [0.4, 0.4, 8, 5, 3, 1], ev(1))[0]
    assert found.notes["CLFO"] == "0.4 ug/L were there before this first dose, 5 % of CMAX"
    late = nca_by_dose(t[[0, 2, 3, 4, 5]], [0.4, 8, 5, 3, 1], ev(1))[0]
    assert late.notes["AUCIFO"].startswith("0.4 ug/L")
    single = nca([0, 1, 2, 4, 8], [0.4, 8, 5, 3, 1], 1.0)
    assert (single.values, single.notes) == (found.values, found.notes)
    clean = nca([0, 1, 2, 4, 8], [0, 8, 5, 3, 1], 1.0)
    assert not clean.notes


def test_one_curve_of_a_regimen_is_told_by_its_interval() -> None:
    t, c, _ = regimen("extravascular", [1.0] * 60)
    own = t >= 59 * TAU
    found = nca(t[own] - 59 * TAU, c[own], 1.0, tau_h=TAU)
    assert "earlier doses left" in found.missing["CLFO"]
    assert found.of("CLFTAU") == pytest.approx(CL, **CLOSE)
    first = t <= TAU
    found = nca(t[first], c[first], 1.0, tau_h=TAU)
    assert "steady state is not reached" in found.missing["CLFTAU"]
    assert found.of("CLFO") == pytest.approx(CL, rel=SLOPE["extravascular"])


def test_a_bolus_by_itself_does_not_tell_what_was_there() -> None:
    t = within()[1:]
    found = nca(t, one_dose(t, "bolus"), 1.0, administration="bolus", tau_h=TAU)
    assert found.notes["CLO"].startswith("it holds for a first dose")
    assert "not known whether steady state" in found.notes["CLTAU"]


def test_nothing_is_fitted_while_an_infusion_runs() -> None:
    # A dip while it runs, and a sample just before its end: neither belongs to the terminal phase.
    t = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8.0])
    c = np.array([0, 9, 8, 7, 6, 4, 2, 1, 0.5])
    found = nca(t, c, 1.0, administration="infusion", duration_h=5.5)
    assert found.of("LAMZNPT") == 3
    assert found.of("LAMZ") == pytest.approx(math.log(2), rel=1e-12)
    assert "2 measurable samples" in nca(t, c, 1.0, administration="infusion", duration_h=6.5).missing["LAMZ"]


def test_infusions_that_overlap_have_no_terminal_phase_but_a_steady_state() -> None:
    found = table("infusion", [1.0] * 60, over=18.0)
    # The last interval is as long as the others, so the last infusion runs at the last sample.
    assert np.isnan(found["LAMZ"]).all()
    assert found.why(0, "CLTAU").startswith("a first dose is not at steady state")
    assert found["CLTAU"][-1] == pytest.approx(CL, **CLOSE)
    assert "not known whether steady state" in found.note(59, "CLTAU")
    assert math.isnan(found["VZTAU"][-1])
    # An infusion that ends in the next interval: λz there is of what follows its end.
    t, c, at = regimen("infusion", [1.0, 1.0], over=15.0)
    short = c - one_dose(t - TAU, "infusion", 15.0) + one_dose(t - TAU, "infusion", 1.0)
    late = nca_table(t, [short], at, [1, 1], durations=[15.0, 1.0], administration="infusion")
    assert late["LAMZ"][1] == pytest.approx(K, rel=1e-9)
    assert late["LAMZLL"][1] >= 3.0


def test_doses_at_one_time_are_one_dose() -> None:
    t, c, at = regimen("infusion", [1.0, 1.0])
    whole = nca_table(t, [c], at, [1, 1], durations=[OVER, OVER], administration="infusion")
    parts = nca_table(
        t, [c], np.repeat(at, 2), [0.25, 0.75] * 2, durations=[OVER] * 4, administration="infusion"
    )
    for name in ("ID", "DOSE", "TIME", "AMT", *MEANINGS):
        assert parts[name] == pytest.approx(whole[name], rel=1e-12, nan_ok=True), name
    # Half of it at once and half over 3 h: the mean time of going in is 0.75 h.
    times, own = within(200), one_dose(within(200), "infusion", 3.0)
    both = 0.5 * own + 0.5 * one_dose(times, "bolus")
    mixed = nca_table(times[1:], [both[1:]], [0, 0], [0.5, 0.5], durations=[0, 3], administration="infusion")
    plain = nca_table(times[1:], [both[1:]], [0], [1], durations=[1.5], administration="infusion")
    assert mixed["MRTIVIFO"] == pytest.approx(plain["MRTIVIFO"], rel=1e-12)


def test_an_amount_of_nothing_is_no_dose() -> None:
    t, c, at = regimen("bolus", [1.0, 0.0, 1.0])
    found = nca_table(t, [c], at, [1, 0, 1], administration="bolus")
    assert found["TIME"].tolist() == [0, 24]
    assert found["DOSE"].tolist() == [1, 2]
    assert found["AUCTAU"][0] == pytest.approx(area_of_one(24, "bolus"), rel=1e-9)
    assert nca_table(t, [c], at, [0, 0, 0])["CMAX"].size == 0


def test_doses_closer_than_samples_say_so() -> None:
    t = np.array([0, 6, 12, 24, 30, 36, 48.0])
    c = np.array([0, 6, 4, 2, 7, 5, 3.0])
    found = nca_table(t, [c], [0, 2, 24], [1, 1, 1], administration="bolus")
    assert found.why(0, "CMAX") == "no sample after the dose at 0 h and before the next"
    assert found.why(1, "CLO").startswith("no sample between the dose before and this one")
    assert "not known whether steady state" in found.note(1, "CLTAU")
    by_mouth = nca_table(t, [c], [0, 2, 24], [1, 1, 1])
    assert by_mouth.why(1, "AUCTAU") == "no sample at 2 h, when the dose was given"
    troughs = nca_table(np.arange(5) * 24.0, [np.arange(5) + 1.0], np.arange(4) * 24.0, [1] * 4)
    assert troughs.why(2, "AUCTAU").startswith("no sample after the dose"), "two troughs are no interval"


def test_a_dose_that_no_sample_has_shown_is_not_over() -> None:
    t = np.array([0, 0.5, 1, 2, 3, 4, 6, 8.0])
    found = nca_table(t, [[0, 0, 0, 9, 6, 4, 2, 1]], [0, 1], [1, 1])
    assert found.why(0, "CMAX") == "no sample is measurable"
    assert "tells what that left" in found.why(1, "CLFO")
    assert found["CMAX"][1] == 9


def test_a_missing_sample_at_a_dose_is_not_a_zero() -> None:
    t, c, at = regimen("extravascular", [1.0, 1.0])
    gap = np.where(t == TAU, np.nan, c)
    found = nca_table(t, [gap], at, [1, 1])
    assert found.why(1, "AUCTAU") == "no sample at 12 h, when the dose was given"
    elsewhere = np.where(t == t[50], np.nan, c)
    left_out = nca_table(np.delete(t, 50), [np.delete(c, 50)], at, [1, 1])
    for name in MEANINGS:
        assert np.array_equal(nca_table(t, [elsewhere], at, [1, 1])[name], left_out[name], equal_nan=True)


def test_an_interval_before_the_drug_appears_has_no_clearance() -> None:
    found = nca([0, 1, 2, 3, 4, 6, 8], [0, 0, 0, 9, 6, 3, 1.5], 1.0, tau_h=2)
    assert (found.of("AUCTAU"), found.of("CAVG"), found.of("CMIN")) == (0, 0, 0)
    assert found.missing["FLUCP"] == found.missing["CLFTAU"] == "no sample of the interval is measurable"
    late = nca([3, 4, 6, 8], [9, 6, 3, 1.5], 1.0, tau_h=2)
    assert late.of("AUCTAU") == pytest.approx(2 * 6 / 2), "half way up the line from 0 to 9, at 2 of 3 h"


def test_the_end_of_the_last_interval_is_found_whatever_its_last_digit() -> None:
    at = np.array([0.1, 0.4, 0.7])
    t = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    c = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9.0]  # without λz, so nothing reaches beyond the last sample
    assert nca_table(t, [c], at, [1, 1, 1])["AUCTAU"][2] == pytest.approx((6 + 9) / 2 * 0.3, rel=1e-9)


def test_people_with_times_and_doses_of_their_own_share_a_table() -> None:
    t1, c1, at1 = regimen("bolus", [1.0] * 3)
    t2, c2, at2 = regimen("bolus", [2.0, 1.0], tau=8.0)
    t, c = np.full((2, t1.size), np.nan), np.full((2, t1.size), np.nan)
    t[0], c[0], t[1, : t2.size], c[1, : t2.size] = t1, c1, t2, c2
    both = nca_table(
        t, c, [at1, [*at2, np.nan]], [[1, 1, 1], [2, 1, 5]], administration="bolus", ids=["anna", "ben"]
    )
    assert both["ID"].tolist() == ["anna"] * 3 + ["ben"] * 2
    assert both["DOSE"].tolist() == [1, 2, 3, 1, 2]
    assert both["TIME"].tolist() == [0, 12, 24, 0, 8]
    assert both["AMT"].tolist() == [1, 1, 1, 2, 1]
    ben = nca_table(t2, [c2], at2, [2, 1], administration="bolus")
    for name in MEANINGS:
        assert np.array_equal(both[name][3:], ben[name], equal_nan=True), name


def test_the_worked_example_of_another_programme_at_steady_state() -> None:
    # NonCompart 0.8.5, tests/Test-SS.R: q12h, trough 2 at both ends; 8, 4, 2 halve every 4 h; summed by hand.
    found = nca([0, 1, 2, 4, 8, 12], [2, 6, 10, 8, 4, 2], 100, unit="mg/L", rule="linear", tau_h=12)
    assert found.of("AUCTAU") == 66
    assert found.of("CAVG") == 5.5
    assert found.of("CLFTAU") == pytest.approx(100 / 66, rel=1e-12)
    assert found.of("VZFTAU") == pytest.approx(100 / 66 * 4 / math.log(2), rel=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"values": [0, 1, 2]}, r"values \(3,\) must be"),
        ({"times": [0, 1]}, r"times \(2,\) must be"),
        ({"times": [0, 2, 1]}, "times of 7 must be finite"),
        ({"times": [0, 1, np.inf]}, "times of 7 must be finite"),
        ({"values": [[0, -1, 2]]}, "a concentration of 7 is negative"),
        ({"dose_times": [2, 1]}, "doses of 7 must be in order"),
        ({"dose_times": []}, "not empty"),
        ({"dose_amounts": [1, -1]}, "amount -1 of a dose of 7"),
        ({"dose_amounts": [1, 1, 1]}, "dose amounts"),
        ({"durations": [1, -1], "administration": "infusion"}, "duration -1"),
        ({"ids": [1, 2]}, "2 ids for 1 persons"),
    ],
)
def test_tables_that_make_no_sense_are_refused(change: dict[str, Any], message: str) -> None:
    plain = {
        "times": [0, 1, 2],
        "values": [[0, 1, 2]],
        "dose_times": [0, 1],
        "dose_amounts": [1, 1],
        "ids": [7],
    }
    with pytest.raises(InputError, match=message):
        nca_table(**{**plain, **change})
    found = nca_table(**plain)
    with pytest.raises(UnknownName):
        found["CMAXX"]
    with pytest.raises(UnknownName):
        found.why(0, "ID")


def test_three_months_of_a_thousand_people_are_analysed_while_one_waits() -> None:
    t, hours = np.arange(2017.0), 24.0 * np.arange(84)
    one = sum(one_dose(t - d, "extravascular") for d in hours)
    crowd = np.outer(np.linspace(0.5, 2, 1000), one)
    start = time.process_time()
    found = nca_table(t, crowd, hours, np.ones(84))
    # It takes 0.3 s of a processor; one curve at a time took 16 s. The rest is for slow and busy machines.
    assert time.process_time() - start < 2
    assert found["LAMZ"].shape == (84_000,)
    assert not np.isnan(found["LAMZ"]).any()


def test_a_crowd_that_is_analysed_in_parts_is_the_whole_crowd(monkeypatch: pytest.MonkeyPatch) -> None:
    t, c, at = regimen("bolus", [1.0] * 3)
    crowd = np.outer([1.0, 3.0, 0.0, 2.0, 5.0], c)
    whole = nca_table(t, crowd, at, [1, 1, 1], administration="bolus")
    monkeypatch.setattr(nca_doses, "_AT_ONCE", 2 * t.size)
    parts = nca_table(t, crowd, at, [1, 1, 1], administration="bolus")
    for name in ("ID", "DOSE", "TIME", "AMT", *MEANINGS):
        assert np.array_equal(parts[name], whole[name], equal_nan=True), name
    for row in range(15):
        assert parts.of(row) == whole.of(row)


@st.composite
def people(draw: Any) -> tuple[Any, Any, Any, Any]:
    """Times of everybody, curves with gaps and zeros, times and amounts of doses."""
    persons, samples, doses = draw(st.integers(1, 4)), draw(st.integers(1, 14)), draw(st.integers(1, 4))
    hours = st.sampled_from([0.5, 1.0, 1.5, 2.0, 4.0])
    t = np.cumsum(draw(st.lists(hours, min_size=samples, max_size=samples)))
    sample = st.one_of(st.sampled_from([0.0, np.nan, 3.0]), st.floats(0.01, 50))
    c = draw(
        st.lists(st.lists(sample, min_size=samples, max_size=samples), min_size=persons, max_size=persons)
    )
    start = st.one_of(st.sampled_from(list(t)), st.floats(0, 20))
    given = [sorted(draw(st.lists(start, min_size=doses, max_size=doses))) for _ in range(persons)]
    amounts = draw(
        st.lists(
            st.lists(st.sampled_from([1.0, 2.0]), min_size=doses, max_size=doses),
            min_size=persons,
            max_size=persons,
        )
    )
    return t, np.array(c), np.array(given), np.array(amounts)


routes = st.sampled_from(list(ROUTES))
rules = st.sampled_from(["linear", "linear-up log-down"])


def same(found: Any, other: Any, rows: Any = slice(None), rel: float = 0.0, power: Any = None) -> None:
    for name in MEANINGS:
        factor = power(name) if power else 1.0
        # A sum over another number of neighbours may round elsewhere; nothing here is near a limit of a rule.
        assert found[name][rows] * factor == pytest.approx(other[name], rel=rel, abs=1e-300, nan_ok=True), (
            name
        )


@settings(deadline=None)
@given(people(), routes, rules)
def test_nobody_changes_because_others_are_there(everybody: Any, route: str, rule: str) -> None:
    t, c, at, amounts = everybody
    together = nca_table(t, c, at, amounts, administration=route, rule=rule)
    for person in range(len(c)):
        alone = nca_table(
            t, c[person : person + 1], at[person], amounts[person], administration=route, rule=rule
        )
        rows = together["ID"] == person + 1
        same(together, alone, rows)
        for name in MEANINGS:
            assert np.array_equal(together.missing[name][rows], alone.missing[name])
            assert [together.why(r, name) for r in np.flatnonzero(rows)] == [
                alone.why(r, name) for r in range(alone["ID"].size)
            ]


@settings(deadline=None)
@given(people(), routes, rules)
def test_the_table_says_of_a_first_dose_what_its_curve_says(everybody: Any, route: str, rule: str) -> None:
    t, c, at, amounts = everybody
    found = nca_table(t, c, at[:, :1], amounts[:, :1], administration=route, rule=rule)
    for person, (curve, start) in enumerate(zip(c, at[:, 0], strict=True)):
        own = t > start if route == "bolus" else t >= start
        if found.why(person, "CMAX").startswith("no sample after"):
            continue
        alone = nca(t[own] - start, curve[own], amounts[person, 0], administration=route, rule=rule)
        assert found.of(person).values == alone.values
        assert found.of(person).missing == alone.missing


@settings(deadline=None)
@given(people(), routes, rules)
def test_units_of_concentration_and_dose_change_no_quantity(everybody: Any, route: str, rule: str) -> None:
    t, c, at, amounts = everybody
    plain = nca_table(t, c, at, amounts, administration=route, rule=rule, unit="mg/L", dose_unit="mg")
    # Factors that are powers of two of each other do not exist among units; 1000 rounds the last digit.
    other = nca_table(
        t, c * 1000, at, amounts / 1000, administration=route, rule=rule, unit="ug/L", dose_unit="g"
    )
    same(plain, other, rel=1e-9, power=lambda name: 1000.0 if "mg/L" in plain.units[name] else 1.0)


@settings(deadline=None)
@given(people(), routes, rules, st.sampled_from([0.25, 2.0, 1024.0]))
def test_doses_and_curves_grow_together(everybody: Any, route: str, rule: str, factor: float) -> None:
    t, c, at, amounts = everybody
    plain = nca_table(t, c, at, amounts, administration=route, rule=rule)
    other = nca_table(t, c * factor, at, amounts * factor, administration=route, rule=rule)
    same(plain, other, rel=1e-9, power=lambda name: factor if "ug/L" in plain.units[name] else 1.0)
