"""Two measurements in one person, and one group alone: figures of other packages, laws, simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openldn.meta.effects import (
    PAIRED_COUNT_MEASURES,
    PAIRED_MEASURES,
    PairedCounts,
    PairedMeans,
    before_after,
    clopper_pearson_interval,
    correlation_bounds,
    paired_count_effect,
    paired_effect,
    period_means,
    proportion_effect,
    proportion_from,
    sd_of_difference,
    smd_from_paired_t,
    table_from_totals,
    wilson_interval,
    within_person_difference,
)
from openldn.meta.effects.student import hedges_j
from openldn.notation import InputError

# Printed to four decimals by the sources.
FOUR = 6e-5
means = st.floats(-50, 50)
spreads = st.floats(0.1, 20)
correlations = st.floats(-0.95, 0.95)


def test_standardised_changes_of_five_studies_are_those_of_morris_2008() -> None:
    # metafor, tests/testthat/test_analysis_example_morris2008.r
    rows = [
        (30.6, 38.5, 15, 11.6, 20, 0.47), (23.5, 26.8, 3.1, 4.1, 50, 0.64), (0.5, 0.7, 0.1, 0.1, 9, 0.77),
        (53.4, 75.9, 14.5, 4.4, 10, 0.89), (35.6, 36, 4.7, 4.6, 14, 0.44),
    ]  # fmt: skip
    smcr = [(0.5056, 0.0594), (1.0481, 0.0254), (1.8054, 0.2322), (1.4181, 0.1225), (0.0801, 0.0802)]
    smcc = [(0.5417, 0.0573), (1.0198, 0.0304), (2.6619, 0.5048), (1.9088, 0.2822), (0.0765, 0.0716)]
    for row, raw, change in zip(rows, smcr, smcc, strict=True):
        assert paired_effect("SMCR", before_after(*row)) == pytest.approx(raw, abs=FOUR)
        assert paired_effect("SMCC", before_after(*row)) == pytest.approx(change, abs=FOUR)


@pytest.mark.parametrize(
    ("measure", "expected"), [("MC", (4, 0.2618)), ("SMCRH", (0.721, 0.0133)), ("ROMC", (0.1671, 0.0004))]
)
def test_mean_changes_are_those_of_metafor(measure: str, expected: tuple[float, float]) -> None:
    # metafor, tests/testthat/test_misc_escalc.r
    data = PairedMeans(26, 22, math.sqrt(30), math.sqrt(20), 60, 0.7)
    assert paired_effect(measure, data) == pytest.approx(expected, abs=FOUR)


@pytest.mark.parametrize("measure", PAIRED_MEASURES)
def test_the_stated_variance_is_that_of_simulated_trials(measure: str) -> None:
    n, r, s1, s2 = 80, 0.6, 2.0, (2.0 if measure in ("SMCR", "SMCRP") else 2.8)
    cov = [[s1**2, r * s1 * s2], [r * s1 * s2, s2**2]]
    x = np.random.default_rng(7).multivariate_normal([11.0, 10.0], cov, size=(20_000, n))
    m, s = x.mean(axis=1), x.std(axis=1, ddof=1)
    diff = m[:, 0] - m[:, 1]
    unit = {
        "SMCC": (x[..., 0] - x[..., 1]).std(axis=1, ddof=1),
        "SMCRP": np.sqrt((s**2).mean(axis=1)),
        "SMCR": s[:, 0],
        "SMCRH": s[:, 0],
    }
    y = np.log(m[:, 0] / m[:, 1]) if measure == "ROMC" else diff / unit.get(measure, 1.0)
    stated = paired_effect(measure, PairedMeans(11.0, 10.0, s1, s2, n, r))
    # 1 % Monte Carlo error of a variance at 20,000 trials, and terms of order 1/n that the formulas drop
    assert float(y.var()) == pytest.approx(stated.vi, rel=0.05)
    assert float(y.mean()) == pytest.approx(stated.yi, abs=0.03 * abs(stated.yi))


@pytest.mark.parametrize("r", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("route", ["means", "paired t"])
def test_eight_persons_neither_overstate_nor_understate_a_standardised_difference(
    r: float, route: str
) -> None:
    n, truth = 8, 0.8
    x = np.random.default_rng(11).multivariate_normal([truth, 0.0], [[1, r], [r, 1]], size=(60_000, n))
    m, s = x.mean(axis=1), x.std(axis=1, ddof=1)
    sd = (x[..., 0] - x[..., 1]).std(axis=1, ddof=1)
    if route == "means":
        unit = paired_effect("SMCRP", PairedMeans(1.0, 0.0, 1.0, 1.0, n, r)).yi
        y = unit * (m[:, 0] - m[:, 1]) / np.sqrt((s**2).mean(axis=1))
    else:
        y = smd_from_paired_t(1.0, n, r).yi * (m[:, 0] - m[:, 1]) / (sd / math.sqrt(n))
    # The Monte Carlo error is 0.3 %; J of n − 1 for the means of two periods was 6 % too low.
    assert float(y.mean()) == pytest.approx(truth, rel=0.01)


def test_a_change_over_the_common_sd_is_corrected_as_metafor_does() -> None:
    # R/escalc.r: m = 2(n − 1)/(1 + r²), here 14/1.25 = 11.2. Hedges's 1 − 3/(4m − 1) is off by less than 0.0005 there.
    y, v = paired_effect("SMCRP", PairedMeans(1.0, 0.0, 1.0, 1.0, 8, 0.5))
    assert y == pytest.approx(1 - 3 / (4 * 11.2 - 1), abs=5e-4)
    assert v == pytest.approx(2 * 0.5 / 8 + y**2 * 1.25 / 32)
    with pytest.raises(InputError, match="needs 3"):
        paired_effect("SMCRP", PairedMeans(1.0, 0.0, 1.0, 1.0, 2, 0.5))


@given(means, means, spreads, spreads, correlations, st.sampled_from(["MC", "SMCC", "SMCRP"]))
def test_the_order_of_the_two_measurements_only_turns_the_sign(
    a: float, b: float, s: float, t: float, r: float, measure: str
) -> None:
    one, other = PairedMeans(a, b, s, t, 30, r), PairedMeans(b, a, t, s, 30, r)
    first, second = paired_effect(measure, one), paired_effect(measure, other)
    assert first.yi == pytest.approx(-second.yi)
    assert first.vi == pytest.approx(second.vi)


@given(
    means, means, spreads, spreads, correlations, st.floats(0.01, 100), st.sampled_from(PAIRED_MEASURES[:5])
)
def test_a_change_of_unit_moves_a_raw_change_and_leaves_a_standardised_one(
    a: float, b: float, s: float, t: float, r: float, k: float, measure: str
) -> None:
    one = paired_effect(measure, PairedMeans(a, b, s, t, 30, r))
    other = paired_effect(measure, PairedMeans(k * a, k * b, k * s, k * t, 30, r))
    scale = k if measure == "MC" else 1
    assert other == pytest.approx((one.yi * scale, one.vi * scale**2))


@given(spreads, spreads, correlations)
def test_twice_the_people_halve_the_variance_of_a_change(s: float, t: float, r: float) -> None:
    few, many = (paired_effect("MC", PairedMeans(3, 1, s, t, n, r)).vi for n in (20, 40))
    assert few == pytest.approx(2 * many)


@given(spreads, spreads, st.floats(-0.9, 0.8))
def test_a_higher_correlation_never_widens_a_change(s: float, t: float, r: float) -> None:
    assert sd_of_difference(s, t, r + 0.1) < sd_of_difference(s, t, r)


def test_impossible_pairs_are_refused() -> None:
    for bad in ((1, 1, 0, 1, 9, 0.5), (1, 1, 1, 1, 1, 0.5), (1, 1, 1, 1, 9, 1.0)):
        with pytest.raises(InputError):
            PairedMeans(*bad)
    with pytest.raises(InputError, match="use MC"):
        paired_effect("ROMC", PairedMeans(1, -1, 1, 1, 9, 0.5))


def test_a_difference_within_persons_is_the_same_by_every_road() -> None:
    # d = 2, SD 5, n = 25: SE 1, t = 2 on 24 df, p = 0.0569 and t0.975 = 2.0639 by any table
    expected = pytest.approx((2, 1), rel=1e-3)
    q = 2.0639
    for spread in ({"sd": 5.0}, {"se": 1.0}, {"t": 2.0}, {"ci": (2 - q, 2 + q)}, {"p": 0.05694}):
        assert within_person_difference(2, 25, **spread)[0] == expected, spread  # type: ignore[arg-type]
    with pytest.raises(InputError, match="exactly one"):
        within_person_difference(2, 25, sd=5, p=0.05)


@given(st.floats(-5, 5), st.integers(4, 200), st.floats(-0.5, 0.9))
def test_period_means_and_their_t_give_one_standardised_difference(d: float, n: int, r: float) -> None:
    t = d * math.sqrt(n) / sd_of_difference(2, 2, r)
    by_means = period_means("SMD", PairedMeans(d, 0, 2, 2, n, r))
    # apart from J: two periods' variances tell more of the spread than one variance of differences
    by_t = smd_from_paired_t(t, n, r).yi / hedges_j(n - 1)
    assert by_t == pytest.approx(by_means.yi / hedges_j(2 * (n - 1) / (1 + r**2)), rel=1e-9, abs=1e-12)


def test_a_crossover_counts_each_person_once() -> None:
    # 50 persons in both periods, r = 0: as two groups of 50, not of 100 in all twice over
    crossover = period_means("MD", PairedMeans(3, 1, 2, 2, 50, 0.0))
    assert crossover.vi == pytest.approx(2**2 / 50 + 2**2 / 50)


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("RD", (0.0909, 0.0048)), ("RR", (0.1823, 0.02)), ("OR", (0.3646, 0.0782)),
        ("ORC", (0.6931, 0.3)), ("PETO", (0.6667, 0.2667)),
    ],
)  # fmt: skip
def test_matched_pairs_are_those_of_metafor(measure: str, expected: tuple[float, float]) -> None:
    # metafor, tests/testthat/test_misc_escalc.r: MPRD, MPRR, MPOR, MPORC, MPPETO of 20, 10, 5, 20
    found = paired_count_effect(measure, PairedCounts(20, 10, 5, 20))
    assert found == pytest.approx(expected, abs=FOUR)


@pytest.mark.parametrize("measure", ["RD", "RR", "OR", "ORC"])
def test_the_variance_of_paired_counts_is_that_of_simulated_trials(measure: str) -> None:
    n, cells = 400, np.array([0.3, 0.2, 0.1, 0.4])
    a, b, c, d = np.random.default_rng(3).multinomial(n, cells, size=40_000).T
    y = {
        "RD": (b - c) / n,
        "RR": np.log((a + b) / (a + c)),
        "OR": np.log((a + b) / (c + d)) - np.log((a + c) / (b + d)),
        "ORC": np.log(b / c),
    }[measure]
    stated = paired_count_effect(measure, PairedCounts(*(n * cells)))
    # 0.7 % Monte Carlo error of the variance; the log of small cells adds terms of order 1/cell
    assert float(y.var()) == pytest.approx(stated.vi, rel=0.05)


@given(st.integers(1, 39), st.integers(1, 39))
def test_totals_and_their_correlation_make_the_table_with_those_totals(first: int, second: int) -> None:
    low, high = correlation_bounds(first, second, 40)
    for r in (low, (low + high) / 2, high):
        table = table_from_totals(first, second, 40, r)
        assert table.both + table.first_only == pytest.approx(first)
        assert table.both + table.second_only == pytest.approx(second)
        assert table.n == pytest.approx(40)
        assert table.correlation == pytest.approx(r, abs=1e-9)


def test_a_correlation_that_the_totals_forbid_is_refused_with_its_range() -> None:
    with pytest.raises(InputError, match=r"between −0\.2384 and 0\.5033"):
        table_from_totals(9, 3, 28, 0.7)


def test_no_correlation_makes_a_crossover_as_wide_as_two_groups() -> None:
    table = table_from_totals(20, 12, 40, 0.0)
    p, q = 20 / 40, 12 / 40
    assert paired_count_effect("RD", table).vi == pytest.approx(p * (1 - p) / 40 + q * (1 - q) / 40)
    assert paired_count_effect("OR", table).vi == pytest.approx(1 / 20 + 1 / 20 + 1 / 12 + 1 / 28)


@pytest.mark.parametrize("measure", [m for m in PAIRED_COUNT_MEASURES if m != "PETO"])
def test_a_zero_that_leaves_no_estimate_is_refused_and_nothing_is_added_unasked(measure: str) -> None:
    nobody = PairedCounts(0, 0, 0, 30)
    with pytest.raises(InputError, match="cells"):
        paired_count_effect(measure, nobody)
    assert paired_count_effect(measure, nobody, add=0.5).vi > 0
    with pytest.raises(InputError, match="cells"):  # nobody changed their answer: no variance
        paired_count_effect(measure, PairedCounts(12, 0, 0, 18))


def test_intervals_of_a_share_are_those_of_newcombe_1998() -> None:
    # Newcombe (1998), Stat Med 17, 857, table I: methods 3 (score) and 5 (exact), four decimals
    for events, n, wilson, exact in (
        (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
        (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
        (0, 20, (0.0, 0.1611), (0.0, 0.1684)),
        (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
    ):
        assert wilson_interval(events, n) == pytest.approx(wilson, abs=FOUR)
        assert clopper_pearson_interval(events, n) == pytest.approx(exact, abs=FOUR)


@given(st.integers(1, 60), st.data())
def test_the_limits_of_wilson_and_clopper_pearson_solve_the_tests_they_invert(
    n: int, data: st.DataObject
) -> None:
    k = data.draw(st.integers(0, n))
    low, high = clopper_pearson_interval(k, n)
    tail = sum(math.comb(n, i) * low**i * (1 - low) ** (n - i) for i in range(k, n + 1))
    assert k == 0 or tail == pytest.approx(0.025, rel=1e-6)
    for limit in wilson_interval(k, n):
        if 0 < limit < 1:
            z = (k / n - limit) / math.sqrt(limit * (1 - limit) / n)
            assert abs(z) == pytest.approx(1.959964, rel=1e-6)
    low, high = wilson_interval(k, n)
    mirrored = wilson_interval(n - k, n)
    assert (low, high) == pytest.approx((1 - mirrored[1], 1 - mirrored[0]), abs=1e-12)


@given(st.integers(1, 80), st.data())
def test_a_share_comes_back_from_every_scale(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    for measure in ("PR", "PLO", "PAS", "PFT"):
        point = proportion_effect(measure, k, n)
        if measure in ("PR", "PLO") and k in (0, n):
            continue  # ½ was added
        assert proportion_from(measure, point.yi, n=n) == pytest.approx(k / n, abs=1e-7)


def test_arcsine_scales_have_a_variance_that_does_not_depend_on_the_share() -> None:
    draws = np.random.default_rng(5)
    for p in (0.2, 0.5):
        x = draws.binomial(400, p, size=40_000)
        for measure in ("PAS", "PFT"):
            y = np.array([proportion_effect(measure, int(k), 400).yi for k in range(401)])[x]
            # 0.7 % Monte Carlo error; the scales reach their variance with an error of order 1/n
            assert float(y.var()) == pytest.approx(proportion_effect(measure, 30, 400).vi, rel=0.03)
