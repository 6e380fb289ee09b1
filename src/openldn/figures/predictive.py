"""What a visual predictive check compares: quantiles of what was observed with the same of simulated trials.

Observations are put into bins of time, as equally full as ties allow: what was seen at one time stays in one bin.
In each bin each quantile is taken of the observations and of every simulated copy of them; over the copies it has
an interval. An observed quantile outside its interval is one that the model would seldom produce.

With predictions (the model for a typical person at each observation's own time, dose and covariates) everything
in a bin is first multiplied by the median prediction of the bin over its own: Bergstrand, Hooker, Wallin and
Karlsson (2011), AAPS J 13, 143–151, with lower bound 0. It takes out what parts observations for reasons known.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from openldn.figures.plane import check_finite
from openldn.notation import InputError

Array = NDArray[np.float64]
QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class Bin:
    """Observations from time `start` to `end`; for each quantile the observed, and the simulated interval and middle."""

    start: float
    end: float
    middle: float  # the median time
    count: int
    observed: tuple[float, ...]
    low: tuple[float, ...]
    median: tuple[float, ...]
    high: tuple[float, ...]

    def outside(self, i: int) -> bool:
        """Whether the observed quantile i lies outside its interval."""
        return not self.low[i] <= self.observed[i] <= self.high[i]


@dataclass(frozen=True)
class PredictiveCheck:
    """Bins in order of time; `values` are the observations at `times`, corrected where `corrected` says so."""

    quantiles: tuple[float, ...]
    level: float
    bins: tuple[Bin, ...]
    corrected: bool
    copies: int
    times: Array = field(repr=False)
    values: Array = field(repr=False)


def predictive_check(
    times: Array,
    observed: Array,
    simulated: Array,
    *,
    bins: int = 8,
    quantiles: Sequence[float] = QUANTILES,
    level: float = 0.9,
    predicted: Array | None = None,
) -> PredictiveCheck:
    """Observed quantiles a bin and their intervals over copies.

    times, observed: (observations,). simulated: (copies, observations), each copy the whole data set made anew by
        the model, with its noise. predicted: (observations,), above 0, for the prediction-corrected check.
    Raises InputError for shapes that do not fit, values that are no numbers, fewer than 20 copies, and quantiles
    that do not rise between 0 and 1.
    """
    times, observed = np.asarray(times, dtype=float), np.asarray(observed, dtype=float)
    simulated = np.asarray(simulated, dtype=float)
    _check(times, observed, simulated, tuple(quantiles), level)
    place = equal_counts(times, bins)
    if predicted is not None:
        factor = _correction(np.asarray(predicted, dtype=float), place)
        observed, simulated = observed * factor, simulated * factor
    tail = (1 - level) / 2
    found = []
    for b in range(int(place.max()) + 1):
        here = place == b
        copies = np.quantile(simulated[:, here], quantiles, axis=1)  # (quantiles, copies)
        low, median, high = np.quantile(copies, (tail, 0.5, 1 - tail), axis=1).tolist()
        t = times[here]
        found.append(
            Bin(
                float(t.min()), float(t.max()), float(np.median(t)), int(here.sum()),
                tuple(np.quantile(observed[here], quantiles).tolist()), tuple(low), tuple(median), tuple(high),
            )
        )  # fmt: skip
    return PredictiveCheck(
        tuple(quantiles), level, tuple(found), predicted is not None, len(simulated), times, observed
    )


def equal_counts(times: Array, bins: int) -> NDArray[np.int64]:
    """The bin of each time, from 0, rising with time: as equally full as may be when equal times stay together.

    Without ties the sizes differ by at most one. Raises InputError for fewer than one bin.
    """
    if bins < 1:
        raise InputError(f"{bins} bins: choose 1 or more")
    _, which, counts = np.unique(times, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2
    wanted = np.floor(middle * bins / times.size).astype(np.int64)
    # a time with many observations may fill several bins: those left empty are none
    return np.asarray(np.unique(wanted, return_inverse=True)[1][which], dtype=np.int64)


def _correction(predicted: Array, place: NDArray[np.int64]) -> Array:
    if predicted.shape != place.shape:
        raise InputError(f"predicted has shape {predicted.shape} for {place.size} observations")
    check_finite("predicted", predicted)
    if np.any(predicted <= 0):
        i = int(np.flatnonzero(predicted <= 0)[0])
        raise InputError(
            f"predicted[{i}] is {predicted[i]:g}: a correction divides by it, so it must be above 0"
        )
    middle = np.array([np.median(predicted[place == b]) for b in range(int(place.max()) + 1)])
    return np.asarray(middle[place] / predicted)


def _check(
    times: Array, observed: Array, simulated: Array, quantiles: tuple[float, ...], level: float
) -> None:
    if times.ndim != 1 or not times.size or observed.shape != times.shape:
        raise InputError(
            f"times have shape {times.shape} and observed {observed.shape}: give one row of each, as long"
        )
    if simulated.ndim != 2 or simulated.shape[1] != times.size:
        raise InputError(
            f"simulated has shape {simulated.shape} for {times.size} observations: one row a copy of the data"
        )
    if len(simulated) < 20:
        raise InputError(f"{len(simulated)} simulated copies have no interval to speak of: make 20 or more")
    for name, values in (("times", times), ("observed", observed), ("simulated", simulated)):
        check_finite(name, values)
    if not quantiles or quantiles[0] <= 0 or quantiles[-1] >= 1 or np.any(np.diff(quantiles) <= 0):
        raise InputError(f"quantiles {quantiles}: give rising numbers between 0 and 1")
    if not 0 < level < 1:
        raise InputError(f"level {level:g}: choose a share between 0 and 1, such as 0.9")
