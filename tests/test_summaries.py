"""What is kept of many persons: sums without rounding, quantiles within their bound, parts in any order."""

import itertools
import math
import statistics
from fractions import Fraction
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from openldn.notation import InputError, UnknownName
from openldn.population.digest import Digest, digest, merge_digests
from openldn.population.measures import KINDS, Measure, check_measures, measure_all
from openldn.population.sketch import RELATIVE_ERROR
from openldn.population.summaries import Summaries, merge, summarise

NUMBERS = st.one_of(
    st.floats(-1e100, 1e100),
    st.sampled_from([0.0, -0.0, 5e-324, -5e-324, 1e-310, 1.0, -1.0, 1e-200, 1e100, np.nextafter(1.0, 2.0)]),
    st.integers(-3, 3).map(float),
)
COLUMNS = st.integers(1, 3).flatmap(
    lambda c: arrays(np.float64, st.integers(1, 40).map(lambda n: (n, c)), elements=NUMBERS)
)


def same(a: Digest, b: Digest) -> bool:
    return all(
        np.array_equal(x, y)
        for x, y in (
            (a.low, b.low), (a.high, b.high), (a.total, b.total), (a.squares, b.squares),
            (a.counts.keys, b.counts.keys), (a.counts.counts, b.counts.counts),
        )
    ) and a.persons == b.persons  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(COLUMNS)
def test_a_mean_is_the_exact_mean_rounded_once(x: np.ndarray) -> None:
    for got, column in zip(digest(x).mean(), x.T.tolist(), strict=True):
        assert got == float(sum(map(Fraction, column)) / len(column))


@settings(max_examples=60, deadline=None)
@given(arrays(np.float64, st.integers(2, 30).map(lambda n: (n, 1)), elements=st.floats(-1e60, 1e60)))
def test_a_spread_is_that_of_exact_arithmetic(x: np.ndarray) -> None:
    # below 1e-140 the lower half of a square is smaller than any double
    x = np.where(np.abs(x) < 1e-140, 0.0, x)
    exact = float(statistics.variance([Fraction(v) for v in x[:, 0].tolist()]))
    # two roundings: of the variance and of its root
    assert digest(x).sd()[0] == pytest.approx(math.sqrt(exact), rel=4e-16, abs=0)


def test_a_small_spread_about_a_large_mean_is_not_lost() -> None:
    x = (1e9 + np.arange(1000.0) * 2.0**-20)[:, None]
    # a sum of squares in doubles would have no digit right here: 1e18 against a variance of 1e-7
    assert digest(x).sd()[0] == pytest.approx(np.arange(1000.0).std(ddof=1) * 2.0**-20, rel=1e-14)


@settings(max_examples=60, deadline=None)
@given(COLUMNS, st.lists(st.integers(0, 40), max_size=4), st.randoms(use_true_random=False))
def test_parts_merge_into_the_whole_whatever_the_parts_and_their_order(
    x: np.ndarray, cuts: list[int], random: Random
) -> None:
    edges = sorted({0, len(x), *(c for c in cuts if c < len(x))})
    parts = [digest(x[a:b]) for a, b in itertools.pairwise(edges)]
    random.shuffle(parts)
    whole = parts[0]
    for part in parts[1:]:
        whole = merge_digests(whole, part)
    assert same(whole, digest(x))
    assert same(digest(x[::-1]), digest(x))


@settings(max_examples=60, deadline=None)
@given(COLUMNS)
def test_merging_is_associative_and_nobody_is_its_zero(x: np.ndarray) -> None:
    a, b, c = digest(x), digest(x[:1]), digest(x[::-1] * 3)
    assert same(merge_digests(merge_digests(a, b), c), merge_digests(a, merge_digests(b, c)))
    assert same(merge_digests(a, b), merge_digests(b, a))
    assert same(merge_digests(a, digest(x[:0])), a)


@settings(max_examples=80, deadline=None)
@given(COLUMNS, st.floats(0, 1))
def test_a_quantile_is_within_its_bound_of_numpys(x: np.ndarray, q: float) -> None:
    got = digest(x).quantile(q)
    for value, column in zip(got, np.sort(x, axis=0).T, strict=True):
        h = q * (len(column) - 1)
        low = min(int(h), len(column) - 1)
        high = min(low + 1, len(column) - 1)
        # each order statistic is off by at most RELATIVE_ERROR of itself; numpy rounds once more, and numbers
        # below the smallest normal one count as zero
        bound = RELATIVE_ERROR * ((1 - (h - low)) * abs(column[low]) + (h - low) * abs(column[high]))
        exact = np.quantile(column, q)
        assert abs(value - exact) <= bound + 1e-14 * max(abs(column[low]), abs(column[high])) + 3e-308


@pytest.mark.parametrize(
    "x",
    [
        np.exp(np.random.default_rng(1).normal(0, 3, 20_000)),
        -(np.random.default_rng(2).pareto(0.7, 20_000) + 1e-9),
        np.r_[np.zeros(9_999), 1.0, np.full(10_000, 1 + 2.0**-40)],
        2.0 ** np.random.default_rng(3).uniform(-300, 300, 20_000),
        np.repeat([1.0, 2.0, 3.0], [1, 19_998, 1]),
    ],
    ids=["lognormal", "heavy tail below zero", "ties", "six hundred octaves", "one value"],
)
def test_quantiles_of_hard_shapes_are_within_their_bound(x: np.ndarray) -> None:
    found = digest(x[:, None])
    for q in (0.0, 1e-4, 0.025, 0.25, 0.5, 0.9, 0.9999, 1.0):
        below, above = np.quantile(x, q, method="lower"), np.quantile(x, q, method="higher")
        bound = RELATIVE_ERROR * max(abs(below), abs(above))
        assert abs(found.quantile(q)[0] - np.quantile(x, q)) <= bound + 1e-14 * abs(above)


def test_the_extremes_are_kept_as_they_are() -> None:
    x = np.random.default_rng(4).normal(size=(50, 3))
    assert np.array_equal(digest(x).quantile(0.0), x.min(axis=0))
    assert np.array_equal(digest(x).quantile(1.0), x.max(axis=0))


def test_nobody_has_no_mean_and_one_person_no_spread() -> None:
    with pytest.raises(InputError, match="nobody could be solved"):
        digest(np.empty((0, 2))).mean()
    assert np.isnan(digest(np.ones((1, 2))).sd()).all()
    with pytest.raises(InputError, match="quantile 2"):
        digest(np.ones((1, 2))).quantile(2.0)
    with pytest.raises(InputError, match="do not merge"):
        merge_digests(digest(np.ones((1, 2))), digest(np.ones((1, 3))))


TIMES = np.array([0.0, 1.0, 3.0, 4.0])


def taken(kind: str, y: list[float], limit: float | None = None) -> float:
    measures = (Measure("m", "C", kind, limit),)
    return float(measure_all(measures, ("C",), TIMES, np.array(y)[None, :, None])[0, 0])


def test_measures_of_a_course_done_by_hand() -> None:
    y = [0.0, 4.0, 2.0, 0.0]
    assert taken("peak", y) == 4
    assert taken("time_of_peak", y) == 1
    assert taken("trough", y) == 0
    assert taken("area", y) == 2 + 6 + 1
    assert taken("average", y) == 9 / 4
    assert taken("at_end", [1, 2, 3, 7]) == 7
    assert taken("reaches", y, 3.9) == 1
    assert taken("reaches", y, 4.0) == 0
    # up through 1 after a quarter of the first hour, down through it in the middle of the last
    assert taken("hours_above", y, 1.0) == pytest.approx(0.75 + 2 + 0.5)
    assert taken("hours_above", y, 2.0) == pytest.approx(0.5 + 2)
    assert taken("hours_above", y, 0.0) == 4
    assert taken("hours_above", [1, 1, 1, 1], 1.0) == 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=4, max_size=4), st.floats(-5, 5))
def test_hours_above_a_limit_are_those_of_a_fine_grid(y: list[float], limit: float) -> None:
    fine = np.linspace(0, 4, 40_001)
    share = np.mean(np.interp((fine[1:] + fine[:-1]) / 2, TIMES, y) > limit)
    # three crossings at most, each known to a step of 1e-4; a course that runs along the limit aside
    if np.min(np.abs(np.array(y) - limit)) > 1e-3:
        assert taken("hours_above", y, limit) == pytest.approx(4 * share, abs=4e-4)


@pytest.mark.parametrize(
    ("measure", "error"),
    [
        (Measure("a", "C", "peek"), UnknownName),
        (Measure("a", "D", "peak"), UnknownName),
        (Measure("a", "C", "peak", 1.0), InputError),
        (Measure("a", "C", "hours_above"), InputError),
    ],
)
def test_measures_that_cannot_be_taken_are_refused(measure: Measure, error: type[Exception]) -> None:
    with pytest.raises(error):
        check_measures((measure,), ("C",))
    assert "peak" in KINDS


def some(first: int, count: int, why: dict[int, str] | None = None) -> Summaries:
    values = np.random.default_rng(first).normal(size=(count, 4, 1))
    return summarise(TIMES, ("C",), ("1",), (Measure("top", "C", "peak"),), values, why or {}, first)


def test_the_failed_are_counted_with_their_reasons_and_are_in_no_mean() -> None:
    whole = merge(some(0, 10, {3: "stiff"}), some(10, 5, {0: "stiff", 4: "not finite"}))
    assert (whole.persons, whole.failed, whole.solved) == (15, 3, 12)
    assert whole.reasons == {"not finite": 1, "stiff": 2}
    assert whole.first_failed == (3, 10, 14)
    assert whole.of("top").persons == 12
    left = np.delete(np.random.default_rng(0).normal(size=(10, 4, 1)), 3, axis=0)
    assert some(0, 10, {3: "stiff"}).mean("C") == pytest.approx(left.mean(axis=0)[:, 0])


def test_summaries_of_different_questions_do_not_merge() -> None:
    other = summarise(TIMES[:2], ("C",), ("1",), (), np.ones((1, 2, 1)), {})
    with pytest.raises(InputError, match="same times"):
        merge(some(0, 2), other)
    with pytest.raises(UnknownName):
        some(0, 2).of("bottom")
    with pytest.raises(UnknownName):
        some(0, 2).mean("D")
