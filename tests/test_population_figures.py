"""Pictures of populations: the right persons, the right bins, and nothing drawn that is not a number."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openldn.figures import (
    CostCurve,
    Figure,
    Speed,
    band,
    check_plot,
    predictive_check,
    save_figure,
    spaghetti,
    speeds,
)
from openldn.figures.predictive import equal_counts
from openldn.figures.spaghetti import thinned
from openldn.notation import InputError

TIMES = np.linspace(0, 24, 13)
TITLES = {"x_title": "hours", "y_title": "ug/L"}
rng = np.random.default_rng


def courses(persons: int) -> Any:
    return np.exp(-0.1 * TIMES * rng(3).uniform(0.5, 2, (persons, 1))) * rng(4).uniform(1, 3, (persons, 1))


def paths(figure: Figure, stroke: str) -> list[ET.Element]:
    root = ET.fromstring(figure.wide)
    return [e for e in root.iter("{http://www.w3.org/2000/svg}path") if e.get("stroke") == stroke]


def numbers(d: str) -> Any:
    return np.array(re.findall(r"-?[\d.]+", d), dtype=float).reshape(-1, 2)


def examples() -> list[Figure]:
    values = courses(40)
    edges = {
        p: (np.quantile(values, 0.5 - p / 200, 0), np.quantile(values, 0.5 + p / 200, 0)) for p in (50, 90)
    }
    median = np.median(values, 0)
    times = np.repeat(TIMES[1:], 9)
    copies = np.exp(-0.1 * times) * np.exp(0.3 * rng(5).standard_normal((31, times.size)))
    check = predictive_check(times, 2 * copies[0], copies[1:], bins=5)
    return [
        *(
            spaghetti(f"s{log}", "t <&> u", TIMES, values, highlight=3, log=log, **TITLES)
            for log in (True, False)
        ),
        *(band(f"b{log}", "t", TIMES, median, edges, log=log, **TITLES) for log in (True, False)),
        *(check_plot(f"c{log}", "t", check, log=log, **TITLES) for log in (True, False)),
    ]


def test_every_picture_is_well_formed_at_both_widths_and_says_in_words_what_it_shows(tmp_path: Path) -> None:
    for figure in examples():
        for svg, width in ((figure.wide, 640), (figure.narrow, 300)):
            root = ET.fromstring(svg)
            assert root.get("viewBox", "").split()[2] == str(width)
            assert "nan" not in svg
            assert root.get("aria-label") == figure.alt
        assert figure.alt.startswith(("ug/L over hours", "Visual predictive check"))
        save_figure(figure, tmp_path / f"{figure.id}.svg")
        assert ET.parse(tmp_path / f"{figure.id}.svg").getroot().get("width") == "640"


def test_two_widths_share_no_id_on_a_page() -> None:
    for figure in examples():
        found = re.findall(r' id="([^"]+)"', figure.wide + figure.narrow)
        assert len(found) == len(set(found)) > 0


@given(st.integers(1, 900), st.integers(1, 200), st.data())
def test_thinning_keeps_order_and_number_and_the_one_who_is_told_apart(
    persons: int, most: int, data: st.DataObject
) -> None:
    one = data.draw(st.integers(0, persons - 1))
    rows = thinned(persons, most, one)
    assert one in rows
    assert rows == sorted(set(rows))
    assert len(rows) == min(persons, most)
    assert rows[0] >= 0
    assert rows[-1] < persons


def test_a_curve_stands_where_its_values_put_it() -> None:
    values = np.array([np.linspace(1, 3, 13), np.full(13, 2.0)])
    figure = spaghetti("s", "t", TIMES, values, y_range=(1, 3), highlight=0, **TITLES)
    (line,) = paths(figure, "#D55E00")[1:]  # the first is in the key
    at = numbers(line.get("d", ""))
    # a straight rise from corner to corner: to a tenth of a pixel, as coordinates are written
    share = (at[:, 0] - at[0, 0]) / (at[-1, 0] - at[0, 0])
    assert share == pytest.approx(TIMES / 24, abs=1e-3)
    assert (at[:, 1] - at[0, 1]) / (at[-1, 1] - at[0, 1]) == pytest.approx(TIMES / 24, abs=1e-3)
    assert at[-1, 1] < at[0, 1]


def test_on_a_log_axis_what_is_not_above_zero_is_a_gap() -> None:
    values = np.array([[0.0, 1, 2, 0, 3, *([1] * 8)]])
    figure = spaghetti("s", "t", TIMES, values, highlight=0, log=True, **TITLES)
    (line,) = paths(figure, "#D55E00")[1:]
    assert line.get("d", "").count("M") == 2
    with pytest.raises(InputError, match="no value is above 0"):
        spaghetti("s", "t", TIMES, 0 * values, log=True, **TITLES)


def test_at_most_two_hundred_curves_are_drawn() -> None:
    figure = spaghetti("s", "t", TIMES, courses(501), highlight=500, **TITLES)
    assert len(paths(figure, "#545c66")) == 199 + 1  # and one in the key
    assert "200 of 501" in figure.alt


def with_nan(values: Any) -> Any:
    out = np.array(values, dtype=float)
    out.flat[out.size // 2] = np.nan
    return out


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: spaghetti("s", "t", TIMES, with_nan(courses(4)), **TITLES), r"1 of 52 values .* \[2, 0\]"),
        (lambda: spaghetti("s", "t", TIMES, courses(4).T, **TITLES), "one row a person"),
        (lambda: spaghetti("s", "t", TIMES[::-1], courses(4), **TITLES), "increase"),
        (lambda: spaghetti("s", "t", with_nan(TIMES), courses(4), **TITLES), "times: 1 of 13"),
        (lambda: spaghetti("s", "t", TIMES, courses(4), highlight=4, **TITLES), "no row 4"),
        (lambda: spaghetti("s", "t", TIMES, courses(4), most=201, **TITLES), "201 curves"),
        (lambda: band("b", "t", TIMES, with_nan(TIMES), {}, **TITLES), "the median: 1 of 13"),
        (lambda: band("b", "t", TIMES, TIMES, {50: (TIMES + 1, TIMES + 2)}, **TITLES), "does not hold the median"),
        (lambda: band("b", "t", TIMES, TIMES, {90: (TIMES - 1, TIMES + 1), 50: (TIMES - 2, TIMES)}, **TITLES),
         "the 90 % band does not hold the 50 % band"),
        (lambda: band("b", "t", TIMES, TIMES, {100: (TIMES, TIMES)}, **TITLES), "between 0 and 100"),
        (lambda: band("b", "t", TIMES, TIMES, {50: (TIMES[1:], TIMES)}, **TITLES), "shape"),
        (lambda: predictive_check(TIMES, with_nan(TIMES), np.ones((20, 13))), "observed: 1 of 13"),
        (lambda: predictive_check(TIMES, TIMES, with_nan(np.ones((20, 13)))), "simulated: 1 of 260"),
        (lambda: predictive_check(TIMES, TIMES, np.ones((13, 20))), "one row a copy"),
        (lambda: predictive_check(TIMES, TIMES, np.ones((19, 13))), "19 simulated copies"),
        (lambda: predictive_check(TIMES, TIMES, np.ones((20, 13)), quantiles=(0.5, 0.1)), "rising"),
        (lambda: predictive_check(TIMES, TIMES, np.ones((20, 13)), predicted=TIMES), r"predicted\[0\] is 0"),
        (lambda: predictive_check(TIMES, TIMES, np.ones((20, 13)), bins=0), "0 bins"),
        (lambda: speeds("s", "t", [Speed("a", 0)], [], bar_title="b", cost_title="c"), "not above 0"),
        (lambda: speeds("s", "t", [], [CostCurve("a", "x", (2, 1), (1, 1))], bar_title="b", cost_title="c"), "rising"),
        (lambda: speeds("s", "t", [], [], bar_title="b", cost_title="c"), "nothing to draw"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused_by_name(draw: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        draw()


@given(st.integers(1, 300), st.integers(1, 40), st.integers(0, 99))
def test_bins_without_ties_differ_by_one_observation_at_most(count: int, bins: int, seed: int) -> None:
    times = rng(seed).permutation(count).astype(float)
    place = equal_counts(times, bins)
    sizes = np.bincount(place)
    assert sizes.size == min(bins, count)
    assert sizes.max() - sizes.min() <= 1
    assert np.all(np.diff(place[np.argsort(times)]) >= 0)


@given(st.lists(st.integers(0, 12), min_size=1, max_size=120), st.integers(1, 12))
def test_equal_times_share_a_bin_and_no_bin_is_empty(times: list[int], bins: int) -> None:
    place = equal_counts(np.array(times, dtype=float), bins)
    assert len({*zip(times, place.tolist(), strict=True)}) == len(set(times))
    assert np.all(np.bincount(place) > 0)
    assert place.max() < bins


def test_quantiles_of_a_bin_are_those_of_its_observations() -> None:
    times, values = np.repeat([1.0, 5.0], 5), np.array([5, 1, 2, 4, 3, 50, 10, 20, 40, 30.0])
    # all copies alike: the interval is one number, the copies' own quantile
    found = predictive_check(times, values, np.tile(2 * values, (20, 1)), bins=2, quantiles=(0.25, 0.5))
    first, second = found.bins
    assert (first.observed, second.observed) == ((2.0, 3.0), (20.0, 30.0))
    assert first.low == first.high == first.median == (4.0, 6.0)
    assert (second.start, second.end, second.middle, second.count) == (5.0, 5.0, 5.0, 5)
    assert second.outside(0)


def test_an_observed_median_of_the_model_itself_lies_in_its_90_per_cent_interval_nine_times_in_ten() -> None:
    inside = []
    for seed in range(40):
        r = rng(seed)
        times = r.uniform(0, 10, 150)
        data = np.exp(-0.2 * times + 0.4 * r.standard_normal((201, 150)))
        found = predictive_check(times, data[0], data[1:], bins=5)
        inside += [not b.outside(i) for b in found.bins for i in range(3)]
    # 600 quantiles, related within a data set: were they 300 independent ones, 0.9 would have an error of 0.017
    assert np.mean(inside) == pytest.approx(0.9, abs=3.5 * 0.017)


def test_correction_for_prediction_takes_out_what_doses_make() -> None:
    r = rng(8)
    times, dose = np.repeat([1.0, 2.0], 200), r.choice([1.0, 10.0], 400)
    truth = dose * np.exp(-times)
    noise = np.exp(0.1 * r.standard_normal((61, 400)))
    plain = predictive_check(times, truth * noise[0], truth * noise[1:], bins=2)
    corrected = predictive_check(times, truth * noise[0], truth * noise[1:], bins=2, predicted=truth)
    for b, c in zip(plain.bins, corrected.bins, strict=True):
        assert b.observed[2] / b.observed[0] > 9
        # what is left is the noise alone: 2 × 1.645 × 0.1 on the log scale, to a tenth with 200 observations
        assert np.log(c.observed[2] / c.observed[0]) == pytest.approx(0.329, rel=0.15)
    # only the proportions of the predictions count
    again = predictive_check(times, truth * noise[0], truth * noise[1:], bins=2, predicted=3 * truth)
    assert again.bins[0].observed == pytest.approx(corrected.bins[0].observed, rel=1e-12)


def test_a_cross_stands_for_every_quantile_outside_its_box() -> None:
    figure = next(f for f in examples() if f.id == "cFalse")
    crosses = [e for e in paths(figure, "#D55E00") if "l8 8" in e.get("d", "")]
    told = sum(int(k) for k in re.findall(r"in (\d+) of 5 bins", figure.alt))
    assert len(crosses) == told + 1  # and the one of the key
    assert told > 5  # the observations were doubled


def test_bars_are_as_long_as_the_speeds_are_high() -> None:
    figure = speeds(
        "s", "t", [Speed("us", 200, own=True), Speed("them", 50)], [], bar_title="b", cost_title="c"
    )
    widths = {
        e[0].text: float(re.findall(r"h([\d.]+)v14", e.get("d", ""))[0])
        for e in ET.fromstring(figure.wide).iter("{http://www.w3.org/2000/svg}path")
        if len(e)
    }
    assert widths["us"] / widths["them"] == pytest.approx(4, rel=0.01)  # a tenth of a pixel in 100


def test_the_pictures_of_the_page_of_populations_are_drawn(tmp_path: Path) -> None:
    page = (Path(__file__).parent.parent / "docs" / "population.md").read_text(encoding="utf-8")
    (code,) = [c for c in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "draw_all" in c]
    names: dict[str, Any] = {}
    exec(compile(code, "population.md", "exec"), names)
    names["draw_all"](tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {"blocked.svg", "courses.svg"}
    times = np.repeat([1.0, 2.0, 4.0, 8.0], 10)
    figure = names["against"](times, np.exp(-0.3 * times), 20, 0.1)
    assert "40 observations in 4 bins against 20 simulated copies" in figure.alt


def test_the_dashed_line_of_a_forest_stands_at_the_average_that_leads() -> None:
    from openldn.figures import ForestRow, Pooled, forest

    rows = [ForestRow("A", 0.0, -1.0, 1.0, 50.0), ForestRow("B", 1.0, 0.0, 2.0, 50.0)]
    leading, other = Pooled("all 1", 0.8, 0.0, 1.6), Pooled("all 2", 0.2, -0.2, 0.6)

    def dashed(*pooled: Pooled) -> list[str]:
        svg = forest("f", "t", rows, pooled, measure="points", axis=(-2.0, 3.0)).wide
        return sorted(set(re.findall(r'<path d="M([\d.]+) [^>]*stroke-dasharray="3 3"', svg)))

    assert dashed(leading, other) == dashed(leading) != dashed(other)
