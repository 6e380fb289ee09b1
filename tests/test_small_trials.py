"""What trials of this size could have shown: power, wrong signs, exaggeration, fragility, replication."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openldn import evidence as ev
from openldn.evidence.effects import effects_of
from openldn.meta.effects import TwoByTwo, fisher_p
from openldn.meta.small_trials import (
    corrected_for_selection,
    design_errors,
    design_errors_of,
    detectable_paired,
    expected_if_significant,
    fragility,
    information_size_of_means,
    information_size_of_shares,
    power_from_se,
    power_of,
    power_of_means,
    power_of_paired,
    power_of_shares,
    replication,
    shrinkage,
    size_of_means,
    size_of_paired,
)
from openldn.notation import InputError

small = st.integers(2, 25)


def test_power_of_means_is_that_of_r() -> None:
    # R, ?power.t.test: power.t.test(n = 20, delta = 1, sd = 1) prints 0.8689528 (one tail; ours adds the other)
    assert power_of_means(1, 1, 20, 20) == pytest.approx(0.8689528, abs=1e-6)
    # ?power.t.test: 90 % power at delta 1 needs 22.02110 in each group
    assert power_of_means(1, 1, 22, 22) < 0.9 < power_of_means(1, 1, 23, 23)


@given(st.floats(-20, 20), st.integers(2, 300))
def test_power_lies_between_alpha_and_one_and_does_not_care_for_the_sign(d: float, n: int) -> None:
    power = power_of_means(d, 1, n, n)
    assert 0.05 - 1e-6 <= power <= 1  # the quadrature is within 5e-6
    assert power == pytest.approx(power_of_means(-d, 1, n, n))
    assert power_of_paired(d, 1, n) <= power_of_paired(1.1 * d, 1, n) + 1e-12


def test_the_power_of_a_t_test_is_that_of_simulated_trials() -> None:
    x = np.random.default_rng(4).normal(size=(40_000, 2, 12))
    d = 0.8 + x[:, 0].mean(axis=1) - x[:, 1].mean(axis=1)
    se = np.sqrt(x.var(axis=2, ddof=1).mean(axis=1) * 2 / 12)
    rejected = float((abs(d / se) > 2.0739).mean())  # t(22)
    assert power_of_means(0.8, 1, 12, 12) == pytest.approx(rejected, abs=0.01)  # 4 Monte Carlo errors
    within = x[:, 0] + 0.8
    t = within.mean(axis=1) / (within.std(axis=1, ddof=1) / math.sqrt(12))
    assert power_of_paired(0.8, 1, 12) == pytest.approx(float((abs(t) > 2.2010).mean()), abs=0.01)  # t(11)


def test_power_of_shares_by_arcsine_is_cohens() -> None:
    # Cohen's h of 0.65 and 0.45 is 0.404; two groups of 50: Φ(0.404·5 − 1.96) = Φ(0.061) = 0.524
    assert power_of_shares(0.65, 0.45, 50, 50, test="arcsine") == pytest.approx(0.524, abs=0.002)


def test_the_power_of_fishers_test_is_that_of_all_its_tables() -> None:
    from scipy.stats import binom, fisher_exact

    total = sum(
        binom.pmf(i, 9, 0.8) * binom.pmf(j, 8, 0.2)
        for i in range(10)
        for j in range(9)
        if fisher_exact([[i, 9 - i], [j, 8 - j]]).pvalue <= 0.05
    )
    assert power_of_shares(0.8, 0.2, 9, 8) == pytest.approx(float(total))


@given(small, small, st.floats(0.05, 0.95))
def test_fishers_test_rejects_a_true_null_no_more_often_than_it_says(n1: int, n2: int, p: float) -> None:
    assert power_of_shares(p, p, n1, n2) <= 0.05 + 1e-9


def test_wrong_signs_and_exaggeration_are_those_of_the_retrodesign_package() -> None:
    # R package retrodesign, vignette Intro_To_retrodesign: retro_design_closed_form, alpha 0.05
    rows = [
        (0.5, 1, 0.07909753, 0.0878352, 4.788594), (0.1, 3.3, 0.0501052, 0.4646377, 77.15667),
        (0.3, 3.3, 0.05094724, 0.3953041, 25.74305), (1, 3.3, 0.06058446, 0.1950669, 7.795564),
        (2, 3.3, 0.09302718, 0.05529112, 3.982141), (3, 3.3, 0.1487169, 0.01384174, 2.719244),
    ]  # fmt: skip
    for effect, se, power, type_s, type_m in rows:
        found = design_errors(effect, se)
        # seven printed digits
        assert (found.power, found.type_s, found.type_m) == pytest.approx((power, type_s, type_m), rel=2e-6)
        assert design_errors(-effect, se) == found


def test_wrong_signs_and_exaggeration_are_those_of_simulated_trials() -> None:
    y = np.random.default_rng(8).normal(0.8, 1.0, 400_000)
    shown = y[abs(y) > 1.959964]
    found = design_errors(0.8, 1.0)
    assert found.type_s == pytest.approx(float((shown < 0).mean()), abs=0.003)
    assert found.type_m == pytest.approx(float(abs(shown).mean() / 0.8), rel=0.005)


@given(st.floats(0.05, 8))
def test_a_larger_truth_is_exaggerated_less_and_never_shrunk(size: float) -> None:
    here, further = design_errors(size, 1), design_errors(size * 1.2, 1)
    assert here.type_m >= 1
    assert further.type_m <= here.type_m + 1e-9
    assert further.type_s <= here.type_s + 1e-12


def test_final_could_hardly_have_found_its_own_estimate() -> None:
    final = effects_of(ev.study("bruun-2024-final"), "pain change", "MD")
    found = design_errors_of(final, -0.34)
    # design notes of the project: 19 % power, a significant result would exaggerate 2.3-fold
    assert (round(found.power, 2), round(found.type_m, 1)) == (0.19, 2.3)
    # one point, an important difference, it would hardly have missed
    assert power_of(final, 1.0) == pytest.approx(0.894, abs=0.003)  # Φ(3.213 − 1.960) = Φ(1.253)


def test_fragility_is_that_of_published_examples() -> None:
    # R package fragilityindex: 15 of 40 against 5 of 40, p 0.0188; against 6 of 40, p 0.0406; 7 of 40, p 0.0784
    found = fragility(TwoByTwo(15, 40, 6, 40))
    assert (found.index, found.reverse, found.quotient) == (1, False, 1 / 80)
    assert (found.p, found.p_after) == pytest.approx((0.04060921, 0.07836100), abs=1e-8)
    assert fragility(TwoByTwo(15, 40, 5, 40)).index == 2
    # R package FragilityTools: 40 of 60 against 100 of 210 needs 3 changes in whichever group, p 0.0585605
    anywhere = fragility(TwoByTwo(40, 60, 100, 210), anywhere=True)
    assert (anywhere.index, anywhere.p_after) == (3, pytest.approx(0.0585605, abs=1e-7))


@given(small, small, st.data())
def test_the_index_is_the_first_step_at_which_significance_turns(
    n1: int, n2: int, data: st.DataObject
) -> None:
    k1, k2 = data.draw(st.integers(0, n1)), data.draw(st.integers(0, n2))
    found = fragility(TwoByTwo(k1, n1, k2, n2))
    swapped = fragility(TwoByTwo(k2, n2, k1, n1))
    if k1 * n2 != k2 * n1:
        assert found.index == swapped.index
    assert found.reverse == (fisher_p(k1, n1, k2, n2) >= 0.05)
    least = fragility(TwoByTwo(k1, n1, k2, n2), anywhere=True)
    if found.index is not None:
        assert found.p_after is not None
        assert (found.p_after < 0.05) == found.reverse
        assert least.index is not None
        assert least.index <= found.index


def test_the_crohn_trial_hangs_on_two_persons() -> None:
    # 14 of 16 against 6 of 15: one more responder on placebo p 0.0233, two p 0.0538
    found = fragility(TwoByTwo(14, 16, 6, 15))
    assert (found.index, found.quotient) == (2, 2 / 31)


def test_information_sizes_are_those_of_textbooks_and_r() -> None:
    # (1.95996 + 0.84162)² · 2/0.2² = 392.44 in each group
    assert information_size_of_means(0.2, 1.0).per_group == 393
    # R, ?power.prop.test: p 0.50 and 0.75 with 90 % power, n = 76.7
    assert information_size_of_shares(0.5, 0.75, power=0.9).per_group == 77
    assert information_size_of_shares(0.5, 0.75, power=0.9, diversity=0.5).total == 2 * 154  # 76.65/0.5 up
    assert information_size_of_means(0.5, 1.0).reached_by(126) == pytest.approx(1.0)  # 62.8 in each group
    with pytest.raises(InputError, match="infinitely many"):
        information_size_of_shares(0.4, 0.4)


@given(st.floats(0.1, 2), st.floats(0.5, 0.95))
def test_a_trial_of_the_information_size_has_the_power_that_was_asked(d: float, power: float) -> None:
    n = information_size_of_means(d, 1.0, power=power).per_group
    assert power_from_se(d, math.sqrt(2 / n)) >= power - 1e-9
    if n > 2:
        # the formula leaves out rejections in the wrong direction: 0.5 % at most where power is 0.5 or more
        assert power_from_se(d, math.sqrt(2 / (n - 1))) < power + 1e-3


def test_a_result_at_p_five_percent_replicates_like_a_coin() -> None:
    # Goodman (1992): the chance to find significance again at p = 0.05 is one half
    found = replication(1.959964, 1.0)
    assert (found.chance_if_true, found.chance) == pytest.approx((0.5, 0.5), abs=1e-6)
    assert (found.low, found.high) == pytest.approx((1.959964 - 2.7718, 1.959964 + 2.7718), abs=1e-4)


def test_replications_of_simulated_trials_lie_where_they_were_said_to() -> None:
    draws = np.random.default_rng(6)
    truth = 0.7
    first, second = draws.normal(truth, 1.0, 100_000), draws.normal(truth, 0.6, 100_000)
    half = replication(0.0, 1.0, 0.6).high
    assert float((abs(second - first) < half).mean()) == pytest.approx(0.95, abs=0.003)
    # a truth as uncertain as the estimate 2.2, then a trial of the same size
    again = draws.normal(draws.normal(2.2, 1.0, 200_000), 1.0)
    assert float((again > 1.959964).mean()) == pytest.approx(replication(2.2, 1.0).chance, abs=0.005)


@given(st.floats(2.0, 12), st.floats(0.01, 100))
def test_correction_for_selection_turns_back_the_expected_exaggeration(z: float, se: float) -> None:
    found = corrected_for_selection(z * se, se)
    assert expected_if_significant(found, se) == pytest.approx(z * se, rel=1e-6) or found < 1e-6 * se
    assert 0 <= found <= z * se
    assert corrected_for_selection(-z * se, se) == pytest.approx(-found)


@given(st.floats(0.1, 6))
def test_what_is_expected_if_significant_is_the_exaggeration_with_its_wrong_signs(size: float) -> None:
    found = design_errors(size, 1.0)
    # E(Y) = E(|Y|) − 2 E(|Y|; wrong sign): equal where no sign is wrong, less elsewhere
    assert expected_if_significant(size, 1.0) <= found.type_m * size + 1e-9
    if found.type_s < 1e-6:
        assert expected_if_significant(size, 1.0) == pytest.approx(found.type_m * size, rel=1e-4)


def test_a_result_that_only_just_passed_shrinks_to_little_and_a_strong_one_hardly() -> None:
    # Zhong & Prentice (2008): the nearer to the threshold, the greater the shrinkage
    assert shrinkage(2.0, 1.0) < 0.3
    assert shrinkage(3.0, 1.0) == pytest.approx(0.84, abs=0.01)  # solved by hand on a grid, see below
    grid = np.linspace(0, 3, 30_001)
    up, down = (
        0.5 * np.vectorize(math.erfc)((1.959964 - grid) / 2**0.5),
        0.5 * np.vectorize(math.erfc)((1.959964 + grid) / 2**0.5),
    )
    pdf = lambda x: np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)  # noqa: E731
    mean = grid + (pdf(1.959964 - grid) - pdf(1.959964 + grid)) / (up + down)
    assert corrected_for_selection(3.0, 1.0) == pytest.approx(float(grid[abs(mean - 3.0).argmin()]), abs=2e-4)
    assert shrinkage(6.0, 1.0) == pytest.approx(1, abs=1e-3)
    with pytest.raises(InputError, match="did not pass"):
        shrinkage(1.5, 1.0)


def test_the_quadrature_of_power_agrees_with_the_noncentral_t_where_scipy_has_one() -> None:
    from scipy.special import nctdtr, stdtrit

    for n in (2, 6, 40):
        t = float(stdtrit(n - 1, 0.975))
        for noncentrality in (0.0, 1.0, 3.0):
            exact = 1 - nctdtr(n - 1, noncentrality, t) + nctdtr(n - 1, noncentrality, -t)
            found = power_of_paired(noncentrality / math.sqrt(n), 1, n)
            assert found == pytest.approx(float(exact), abs=5e-6)  # the quadrature's own error


def test_a_t_test_needs_the_people_that_power_t_test_of_r_prints() -> None:
    """R's own example: power.t.test(delta = 1, power = .90) gives n = 22.02110, so 23 in each group."""
    assert size_of_means(1, 1, power=0.9) == 23
    # and the case of FINAL's spread: the normal formula asks for 51, whose power is 0.898
    assert size_of_means(1, 1.548, power=0.9) == 52
    assert power_of_means(1, 1.548, 51, 51) == pytest.approx(0.898, abs=5e-4)


@pytest.mark.parametrize(("ratio", "power"), [(0.2, 0.8), (0.5, 0.9), (0.8, 0.8), (2.0, 0.9)])
def test_the_smallest_size_has_the_power_and_one_person_fewer_has_not(ratio: float, power: float) -> None:
    n, pairs = size_of_means(ratio, 1, power=power), size_of_paired(ratio, 1, power=power)
    assert power_of_means(ratio, 1, n, n) >= power > power_of_means(ratio, 1, n - 1, n - 1)
    assert power_of_paired(ratio, 1, pairs) >= power
    assert pairs == 2 or power_of_paired(ratio, 1, pairs - 1) < power
    assert detectable_paired(1, pairs, power=power) <= ratio


def test_the_normal_formula_is_never_above_the_t_test() -> None:
    for ratio in (0.2, 0.5, 1.0):
        assert information_size_of_means(ratio, 1).per_group <= size_of_means(ratio, 1)


def test_no_difference_and_impossible_powers_have_no_size() -> None:
    for bad in (
        {"difference": 0.0, "sd": 1.0},
        {"difference": 1.0, "sd": 0.0},
        {"difference": 1e-9, "sd": 1.0},
    ):
        with pytest.raises(InputError):
            size_of_means(**bad)
    with pytest.raises(InputError):
        size_of_paired(1.0, 1.0, power=1.0)
