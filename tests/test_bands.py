"""What the low and high of an answer are: ranks counted by hand, without a library's percentile."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import openldn as ldn
from openldn.answers import belief, course, hypotheses, illness, mechanisms, opioids, practical, unwanted
from openldn.notation import Estimate
from openldn.pharmacology import model

PERSONS = 41  # of whom the 5th percentile is the third smallest and the 95th the third largest, with nothing between
KNOWN = np.array(
    [50.5, *np.random.default_rng(1).permutation(101)]
)  # the typical one, and 0 to 100 in any order


def third(values: Any) -> tuple[float, float]:
    """The third smallest and the third largest."""
    ordered = sorted(float(v) for v in values)
    return ordered[2], ordered[-3]


def test_a_dose_is_told_with_the_third_of_forty_one_persons_from_either_end() -> None:
    answer = ldn.dose("4.5mg", days=2, persons=PERSONS, seed=3)
    run = ldn.model("ldn").simulate(
        "4.5 mg every 24h at 22:00 for 2d", persons=PERSONS, seed=3, times=answer.times_h, outputs=["C_N"]
    )
    of = run.of("C_N")
    shown = answer.series["naltrexone_plasma"]
    middle = int(np.argmax(shown.median))
    # Two solutions of tolerance 1e-8 a step are 1e-6 apart at most; neighbours among the persons differ by a hundredth.
    assert (shown.low[middle], shown.high[middle]) == pytest.approx(third(of[:, middle]), rel=1e-5)
    assert shown.low == pytest.approx(np.sort(of, axis=0)[2], rel=1e-5, abs=1e-9)
    assert shown.high == pytest.approx(np.sort(of, axis=0)[-3], rel=1e-5, abs=1e-9)
    peak = answer.answers["naltrexone_cmax"]
    # The peak is found on the last day, of quarter hours.
    late = of[:, answer.times_h >= 24].max(axis=1)
    assert (peak.low, peak.high) == pytest.approx(third(late), rel=1e-5)


@pytest.mark.parametrize(
    "told",
    [
        lambda: belief.Belief(np.zeros(2), {}).of(KNOWN, "%"),
        lambda: course._spread(KNOWN, "made up"),
        lambda: hypotheses._of(KNOWN, "%"),
        lambda: illness._estimate(KNOWN, "%"),
        lambda: opioids._estimate(KNOWN),
        lambda: practical._estimate(KNOWN, "%"),
        lambda: unwanted._estimate(KNOWN),
    ],
    ids=["belief", "course", "hypotheses", "illness", "opioids", "practical", "unwanted"],
)
def test_of_a_hundred_and_one_draws_the_band_leaves_out_five_at_either_end(
    told: Callable[[], Estimate],
) -> None:
    found = told()
    assert (found.value, found.low, found.high) == (50.5, 5, 95)


def test_the_band_of_a_signal_leaves_out_as_many_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    class Flat:
        def of(self, output: str) -> Any:
            return np.concatenate([np.zeros((102, 1)), np.repeat(KNOWN[:, None] / 100, 200, axis=1)], axis=1)

    monkeypatch.setattr(mechanisms, "solved", lambda *arguments: Flat())
    found = mechanisms.signals(model("ldn"), ldn.events("1 mg once"), 48.0, {"ogf": 1.0}, {})
    assert found
    for signal in found:
        # Means over a day of a constant, which rounding leaves within 1e-12 of it.
        told = signal.change
        assert (told.value, told.low, told.high) == pytest.approx((50.5, 5, 95), rel=1e-12)
