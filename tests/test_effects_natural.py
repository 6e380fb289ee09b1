"""Effects as people out of a hundred, numbers needed, responders and odds."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openldn.meta.effects import (
    log_odds_ratio_from_smd,
    natural_frequencies,
    number_needed,
    responders,
    risk_under,
    share_from_smd,
    share_reaching,
    smd_from_log_odds_ratio,
)
from openldn.notation import InputError

risks = st.floats(0.01, 0.99)


def test_antibiotics_for_otitis_media_as_cates_draws_them() -> None:
    # nntonline.net/visualrx/examples: 15.9 % with pain, RR 0.70 (0.57 to 0.86)
    found = natural_frequencies("RR", 0.159, 0.7, 0.57, 0.86)
    # printed to two decimals
    assert (found.treated, found.treated_low, found.treated_high) == pytest.approx(
        (11.13, 9.06, 13.67), abs=0.006
    )
    assert found.fewer == pytest.approx(4.77, abs=0.006)
    assert (found.neither, found.changed, found.both) == (84, 5, 11)
    needed = number_needed(-0.0477, -0.0684, -0.0223)
    assert (needed.number, needed.kind) == (21, "NNTB")
    assert needed.words == "NNTB 21 (NNTB 15 to NNTB 45)"


@given(risks, st.floats(0.05, 5), st.sampled_from([100, 1000]))
def test_the_faces_add_up_and_none_is_negative(baseline: float, odds_ratio: float, per: int) -> None:
    found = natural_frequencies("OR", baseline, odds_ratio, odds_ratio * 0.9, odds_ratio * 1.1, per=per)
    assert found.both + found.changed + found.neither == per
    assert min(found.both, found.changed, found.neither) >= 0
    assert found.treated_low <= found.treated <= found.treated_high


@given(risks, risks)
def test_every_measure_of_two_risks_leads_from_one_to_the_other(p: float, q: float) -> None:
    odds = q / (1 - q) / (p / (1 - p))
    for measure, effect in (("RR", q / p), ("OR", odds), ("RD", q - p)):
        assert risk_under(measure, p, effect) == pytest.approx(q)


def test_a_ratio_that_would_make_more_than_everybody_is_refused() -> None:
    with pytest.raises(InputError, match="use OR"):
        risk_under("RR", 0.6, 2)
    with pytest.raises(InputError, match="not even as a log"):
        risk_under("RR", 0.6, -0.4)
    assert natural_frequencies("RR", 0.6, 1.2, 0.9, 2.5).treated_high == 100  # a limit stops at everybody


def test_a_number_needed_whose_interval_holds_no_difference_runs_through_infinity() -> None:
    # Altman (1998), BMJ 317, 1309: ARR 10 % (−5 to 25 %): NNTB 10 (NNTH 20 to ∞ to NNTB 4)
    needed = number_needed(-0.10, -0.25, 0.05)
    assert needed.words == "NNTB 10 (NNTH 20 to ∞ to NNTB 4)"
    harm = number_needed(0.10, 0.05, 0.25)
    assert (harm.kind, harm.words) == ("NNTH", "NNTH 10 (NNTH 4 to NNTH 20)")
    none = number_needed(0.0, -0.1, 0.1)
    assert (none.number, none.words) == (None, "no difference (NNTH 10 to ∞ to NNTB 10)")


@given(st.floats(0.01, 0.9), st.floats(0.001, 0.05))
def test_responders_and_failures_need_the_same_number(rd: float, half: float) -> None:
    good = number_needed(rd, rd - half, rd + half, event_is_good=True)
    bad = number_needed(-rd, -rd - half, -rd + half)
    assert good == bad
    assert good.number is not None
    assert (good.number - 1) * rd < 1 + 1e-6 <= good.number * rd + 2e-6  # the least that suffices


def test_a_difference_below_what_matters_still_lifts_people_over_it() -> None:
    # half a point of 10 where one matters, SD 2, control at −1: half of the control group reach it
    found = responders(-0.5, -1.0, 2.0, 1.0, better="lower")
    assert found.control == pytest.approx(0.5)
    assert found.treated == pytest.approx(0.5987, abs=5e-5)  # Φ(0.25), any table
    draws = np.random.default_rng(1).normal(-1.5, 2.0, 400_000)
    assert found.treated == pytest.approx(float((draws <= -1).mean()), abs=0.003)  # 4 Monte Carlo errors


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(0.2, 5), st.floats(0.1, 3))
def test_responders_do_not_care_which_way_the_scale_points(d: float, m: float, sd: float, mid: float) -> None:
    low, high = responders(d, m, sd, mid, better="lower"), responders(-d, -m, sd, mid, better="higher")
    assert low.difference == pytest.approx(high.difference, abs=1e-12)
    assert share_reaching(mid, m, sd, better="higher") + share_reaching(mid, m, sd, better="lower") == (
        pytest.approx(1)
    )


def test_shares_from_a_standardised_difference() -> None:
    # Φ(0.5 + Φ⁻¹(0.2)) = Φ(−0.3416): the normal table gives 0.3663, a number needed of 6.0
    assert share_from_smd(0.2, 0.5) == pytest.approx(0.3663, abs=5e-5)
    # the same by responders at any threshold that 20 % reach
    found = responders(0.5, 1 - 0.8416, 1.0, 1.0, better="higher")
    assert found.treated == pytest.approx(share_from_smd(found.control, 0.5))


@given(st.floats(-3, 3), st.floats(0.001, 1), st.sampled_from(["hasselblad-hedges", "cox"]))
def test_odds_and_standardised_differences_are_two_ways_of_saying_one_thing(
    d: float, v: float, method: str
) -> None:
    there = log_odds_ratio_from_smd(d, v, method=method)
    assert smd_from_log_odds_ratio(*there, method=method) == pytest.approx((d, v))


def test_the_odds_of_two_logistic_groups_are_exactly_those_of_hasselblad_and_hedges() -> None:
    # two logistic distributions with SD 1, means 0.6 apart, cut anywhere
    scale = math.sqrt(3) / math.pi
    for cut in (-1.0, 0.0, 2.0):
        odds = [math.exp((m - cut) / scale) for m in (0.6, 0.0)]  # p/(1 − p) of a logistic tail
        assert math.log(odds[0] / odds[1]) == pytest.approx(log_odds_ratio_from_smd(0.6, 0.1).yi)
    # normal groups cut in the middle: Cox's 1.65 d, to a tenth for moderate d
    p = share_reaching(0.25, 0.5, 1, better="higher")
    assert 2 * math.log(p / (1 - p)) == pytest.approx(
        log_odds_ratio_from_smd(0.5, 1, method="cox").yi, rel=0.1
    )
