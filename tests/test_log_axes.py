"""Labels of log axes: 1, 2, 5 in every decade, or decades, or multiples; never a mixture, never touching."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openldn.figures.axis import Axis, log_span, plain
from openldn.figures.svg import SMALL, text_width


def regular(ticks: list[float]) -> bool:
    """Whether the ticks are consecutive members of one of the three series."""
    steps = [b - a for a, b in pairwise(ticks)]
    if all(s == pytest.approx(steps[0], rel=1e-6) for s in steps):
        return True
    series = sorted(m * 10.0**p for p in range(-14, 15) for m in (1, 2, 5))
    inside = [s for s in series if ticks[0] * (1 - 1e-9) <= s <= ticks[-1] * (1 + 1e-9)]
    if len(inside) == len(ticks) and inside == pytest.approx(ticks):
        return True
    powers = [math.log10(t) for t in ticks]
    gaps = [b - a for a, b in pairwise(powers)]
    whole = all(p == pytest.approx(round(p), abs=1e-9) for p in powers)
    return whole and all(g == pytest.approx(gaps[0]) for g in gaps)


@given(st.floats(-6, 5), st.floats(0.02, 9), st.floats(90, 700))
def test_log_ticks_are_regular_inside_the_axis_and_do_not_touch(
    start: float, decades: float, width: float
) -> None:
    axis = Axis(10**start, 10 ** (start + decades), 0, width, log=True)
    ticks = axis.ticks()
    if ticks == [axis.low, axis.high]:
        return  # so short, or so narrow, that only the ends are told
    assert regular(ticks), ticks
    assert all(axis.holds(t) for t in ticks)
    for a, b in pairwise(ticks):
        need = (text_width(plain(a), SMALL) + text_width(plain(b), SMALL)) / 2
        assert axis.at(b) - axis.at(a) >= need


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.05, 6.5, [0.05, 0.1, 0.2, 0.5, 1, 2, 5]),
        (0.3, 3, [0.5, 1, 2]),
        (0.13, 0.9, [0.2, 0.4, 0.6, 0.8]),
        (0.001, 1e4, [0.001, 0.01, 0.1, 1, 10, 100, 1000, 10000]),
    ],
)
def test_the_usual_ratios_get_the_usual_labels(low: float, high: float, ticks: list[float]) -> None:
    assert Axis(low, high, 0, 320, log=True).ticks() == pytest.approx(ticks)


def test_a_span_holds_its_values_with_a_little_room() -> None:
    low, high = log_span([0.1, 50, 0, float("inf")])
    assert low < 0.1 < 50 < high
    assert low > 0.05
    assert high < 100
