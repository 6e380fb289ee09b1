"""What papers print comes back as spreads, counts and ratios, and every step says what it assumed."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openldn.meta import effects as ef
from openldn.meta.effects.student import critical_value, hedges_j, t_quantile
from openldn.notation import DataError, InputError

sds = st.floats(0.01, 1000)
people = st.integers(2, 500)


@given(
    sds, people, st.floats(-100, 100), st.sampled_from(["auto", "t", "z"]), st.sampled_from([0.9, 0.95, 0.99])
)
def test_an_sd_comes_back_from_its_interval(sd: float, n: int, mean: float, by: str, level: float) -> None:
    q, _ = critical_value(n - 1, by=by, level=level)
    half = q * sd / math.sqrt(n)
    found = ef.sd_from_ci(mean - half, mean + half, n, by=by, level=level)
    assert found.result == pytest.approx(sd, rel=1e-6)  # a limit near 100 loses digits
    assert ef.sd_from_half_width(half, n, by=by, level=level).result == pytest.approx(sd)
    assert ef.sd_from_se(sd / math.sqrt(n), n).result == pytest.approx(sd)


@given(sds, st.integers(3, 300), st.integers(3, 300), st.floats(0.5, 5))
def test_an_sd_comes_back_from_the_test_of_a_difference(sd: float, n1: int, n2: int, t: float) -> None:
    from scipy.special import stdtr

    df, se = n1 + n2 - 2, sd * math.sqrt(1 / n1 + 1 / n2)
    difference = -t * se
    p = 2 * float(stdtr(df, -t)) if df < 60 else math.erfc(t / math.sqrt(2))
    for step in (
        ef.se_from_p(difference, p, df),
        ef.se_from_t(difference, t),
        ef.se_from_f(difference, t**2),
    ):
        assert step.result == pytest.approx(se)
        assert ef.sd_from_se_of_difference(step.result, n1, n2).result == pytest.approx(sd)
    assert ef.d_from_t(t, n1, n2).result == pytest.approx(-difference / sd)


def test_small_groups_use_t_and_large_ones_the_normal_and_the_record_says_which() -> None:
    small, large = ef.sd_from_ci(-1.7, -0.8, 49), ef.sd_from_ci(-1.7, -0.8, 61)
    assert "t on 48 degrees of freedom" in small.rule
    assert "normal" in large.rule
    assert critical_value(59)[0] == pytest.approx(2.0010, abs=5e-5)  # any table of t
    assert t_quantile(0.975, 10) == pytest.approx(2.2281, abs=5e-5)
    assert critical_value(60)[0] == pytest.approx(1.9600, abs=5e-5)
    assert critical_value(60, by="t")[0] / critical_value(60)[0] < 1.021


def test_a_p_that_is_only_a_bound_bounds_the_se_from_above() -> None:
    bound, exact = ef.se_from_p(6, 0.01, 59, bound=True), ef.se_from_p(6, 0.004, 59)
    assert exact.result < bound.result
    assert "at most" in bound.assumption


def test_the_worked_examples_of_the_cochrane_handbook() -> None:
    # Handbook 6.5.2.3: MD 3.8, p = 0.008, 25 and 22 persons: t = 2.78, SE 1.37, SD 4.69
    se = ef.se_from_p(3.8, 0.008, 45)
    assert se.result == pytest.approx(3.8 / 2.78, abs=0.005)
    assert ef.sd_from_se_of_difference(se.result, 25, 22).result == pytest.approx(4.69, abs=0.02)
    # 6.5.2.2: an interval of 30.0 to 34.2 of 25 persons, t = 2.0639: SD 5.09
    assert ef.sd_from_ci(30.0, 34.2, 25).result == pytest.approx(5.09, abs=0.01)


@given(sds, sds, st.floats(-0.95, 0.95), st.floats(-50, 50), st.floats(-50, 50))
def test_the_correlation_of_a_change_comes_back_from_three_sds(
    before: float, after: float, r: float, m1: float, m2: float
) -> None:
    change, sd = ef.change_from_ends(m1, m2, before, after, r)
    assert change.result == m2 - m1
    assert f"r = {r:g} imputed" in sd.assumption
    ratio = max(before / after, after / before)
    # the difference of squares loses digits as the SDs grow apart
    back = ef.correlation_from_sds(before, after, sd.result).result
    assert back == pytest.approx(r, abs=1e-9 * ratio)


def test_three_sds_that_no_correlation_joins_are_refused() -> None:
    with pytest.raises(InputError, match="look whether one is an SE"):
        ef.correlation_from_sds(24, 28, 60)


def test_a_correlation_of_one_half_makes_a_change_as_wide_as_its_ends() -> None:
    _, sd = ef.change_from_ends(60, 50, 12, 12, 0.5)
    assert sd.result == pytest.approx(12)


@given(st.floats(-3, 3), st.floats(0.01, 2))
def test_a_log_ratio_comes_back_from_its_interval(y: float, se: float) -> None:
    z = 1.959963984540054
    log, spread = ef.log_ratio_from_ci(math.exp(y), math.exp(y - z * se), math.exp(y + z * se))
    assert (log.result, spread.result) == pytest.approx((y, se), abs=1e-9)
    assert "middle" not in spread.assumption


def test_a_ratio_outside_or_off_the_middle_of_its_limits_is_noticed() -> None:
    with pytest.raises(DataError, match="outside its interval"):
        ef.log_ratio_from_ci(0.5, 0.7, 1.2)
    assert "from the middle" in ef.log_ratio_from_ci(1.0, 0.9, 3.0)[1].assumption


@pytest.mark.parametrize("known", [("least", "greatest"), ("q1", "q3"), ("least", "q1", "q3", "greatest")])
@pytest.mark.parametrize("n", [15, 101])
def test_normal_data_give_back_their_mean_and_sd_from_five_numbers(known: tuple[str, ...], n: int) -> None:
    x = np.random.default_rng(11).normal(50, 17, size=(4000, n))
    five = {
        "least": x.min(axis=1), "q1": np.quantile(x, 0.25, axis=1), "median": np.median(x, axis=1),
        "q3": np.quantile(x, 0.75, axis=1), "greatest": x.max(axis=1),
    }  # fmt: skip
    found = [
        [step.result for step in ef.mean_and_sd(n=n, **{k: float(five[k][i]) for k in (*known, "median")})]
        for i in range(500)
    ]
    mean, sd = np.mean(found, axis=0)
    assert mean == pytest.approx(50, abs=4 * 17 / math.sqrt(500 * n))  # four Monte Carlo errors, roughly
    # Wan's SD is biased by up to 3 % at n = 15, where NumPy's quartiles differ from those it assumes
    assert sd == pytest.approx(17, rel=0.08 if n == 15 else 0.03)


def test_the_divisor_of_a_range_is_the_mean_range_of_normal_data() -> None:
    # ξ is the mean range of n standard normals, the d₂ of control charts (Tippett 1925): 3.078 for 10,
    # 3.931 for 25, 4.498 for 50; Blom's approximation, which Wan uses, is within half a percent.
    for n, xi in ((10, 3.078), (25, 3.931), (50, 4.498)):
        _, sd = ef.mean_and_sd(n=n, median=0, least=-1, greatest=1)
        assert 2 / sd.result == pytest.approx(xi, rel=0.005)
    # quartiles of a very large normal sample are 1.349 SD apart
    assert 1 / ef.sd_from_iqr(1, 1_000_000).result == pytest.approx(1.349, abs=0.0005)


def test_skewed_numbers_are_called_skewed_and_normal_ones_seldom() -> None:
    draws = np.random.default_rng(2)
    normal, skewed = draws.normal(size=(2000, 41)), draws.lognormal(0, 1, size=(2000, 41))
    for x, least, most in ((normal, 0.03, 0.07), (skewed, 0.8, 1.0)):
        q = np.quantile(x, [0, 0.25, 0.5, 0.75, 1], axis=1).T
        names = ("least", "q1", "median", "q3", "greatest")
        found = [ef.looks_skewed(n=41, **dict(zip(names, map(float, row), strict=True))) for row in q]
        assert least < np.mean(found) < most  # 5 % by design, with 0.5 % Monte Carlo error
    for keys in (("least", "median", "greatest"), ("q1", "median", "q3")):
        index = [("least", "q1", "median", "q3", "greatest").index(k) for k in keys]
        q = np.quantile(normal, [0, 0.25, 0.5, 0.75, 1], axis=1).T[:, index]
        found = [ef.looks_skewed(n=41, **dict(zip(keys, map(float, row), strict=True))) for row in q]
        assert 0.03 < np.mean(found) < 0.07
    mean, _ = ef.mean_and_sd(n=40, median=2, q1=1, q3=9)
    assert "skewed" in mean.assumption


def test_numbers_out_of_order_give_no_sd() -> None:
    with pytest.raises(InputError, match="ascend"):
        ef.mean_and_sd(n=20, median=5, q1=6, q3=9)
    with pytest.raises(InputError, match="both"):
        ef.mean_and_sd(n=20, median=5, q1=4)


@given(st.integers(1, 100), st.data())
def test_a_percent_of_at_most_a_hundred_people_gives_back_its_count(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    printed = round(100 * k / n)
    assert k in ef.counts_that_fit(printed, n)
    assert all(abs(100 * c / n - printed) <= 0.5 + 1e-6 for c in ef.counts_that_fit(printed, n))
    if len(ef.counts_that_fit(printed, n)) == 1:
        assert ef.count_from_percent(printed, n).result == k


def test_a_percent_that_fits_no_count_or_many_is_refused() -> None:
    with pytest.raises(DataError, match="no count out of 17 rounds to 89"):
        ef.count_from_percent(89, 17)
    with pytest.raises(InputError, match="149 to 151 of 250"):
        ef.count_from_percent(60, 250)
    assert ef.count_from_percent(41.2, 17).result == 7


def test_the_only_table_that_prints_as_the_adult_crohn_trial_is_14_of_16_against_6_of_15() -> None:
    found = ef.tables_that_fit(88, 40, largest=(20, 20), smallest=(10, 10), p=0.009)
    assert found == (ef.TwoByTwo(14, 16, 6, 15),)
    assert len(ef.tables_that_fit(88, 40, largest=(20, 20), smallest=(10, 10))) > 1


def test_fishers_p_is_that_of_r() -> None:
    # Tea tasting (3 of 4 against 1 of 4), Fisher 1935: 34/70; fragilityindex vignette: 15 of 40 against 5 of 40
    assert ef.fisher_p(3, 4, 1, 4) == pytest.approx(34 / 70)
    assert ef.fisher_p(15, 40, 5, 40) == pytest.approx(0.01877238, abs=1e-8)
    assert ef.fisher_p(14, 40, 6, 40) == pytest.approx(0.06916506, abs=1e-8)


@given(st.integers(1, 25), st.integers(1, 25), st.data())
def test_fishers_p_is_that_of_scipy(n1: int, n2: int, data: st.DataObject) -> None:
    from scipy.stats import fisher_exact

    k1, k2 = data.draw(st.integers(0, n1)), data.draw(st.integers(0, n2))
    assert ef.fisher_p(k1, n1, k2, n2) == pytest.approx(
        float(fisher_exact([[k1, n1 - k1], [k2, n2 - k2]]).pvalue), abs=1e-9
    )


def test_hedges_factor_approaches_his_approximation() -> None:
    for df in (10, 50, 200):
        assert hedges_j(df) == pytest.approx(1 - 3 / (4 * df - 1), abs=0.02 / df)
    assert hedges_j(2) == pytest.approx(1 / math.sqrt(math.pi))  # Γ(1)/(1·Γ(½))


def test_a_conversion_reads_as_a_sentence() -> None:
    text = ef.sd_from_ci(-1.7, -0.8, 49).of("LDN").sentence()
    assert text.startswith("SD of LDN = 1.567: from a confidence interval (t on 48 degrees of freedom)")
    assert "95 % CI −1.7 to −0.8, n = 49" in text
