"""What is left of a population when its trajectories are gone.

    s = simulate_population(...)
    s.quantile("C_N", 0.9)          (times,)      over persons, at each time
    s.of("peak C_N").quantile(0.5)                over persons, one number each

Summaries of parts of a population merge into those of the whole, the same to the last bit whatever the parts.
Somebody who could not be solved is in no mean and no quantile, and is counted with the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from openldn.notation import InputError, UnknownName
from openldn.population.digest import Digest, digest, merge_digests
from openldn.population.measures import Measure, measure_all

Array = NDArray[np.float64]
NAMED = 20  # failed persons who are named, those of the smallest numbers


@dataclass(frozen=True)
class Distribution:
    """One number over persons; `persons` were solved."""

    persons: int
    mean: float
    sd: float
    low: float
    high: float
    _digest: Digest = field(repr=False)
    _column: int = field(repr=False)

    def quantile(self, q: float) -> float:
        """The quantile q, off by at most a thousandth of itself."""
        return float(self._digest.quantile(q)[self._column])


@dataclass(frozen=True)
class Summaries:
    """Of `persons` persons, `failed` of whom could not be solved for these `reasons`; `first_failed` are the
    smallest of their numbers. `courses` has a column for each time and output, `once` one for each measure."""

    persons: int
    times: Array = field(repr=False)
    outputs: tuple[str, ...]
    units: tuple[str, ...]
    measures: tuple[Measure, ...] = field(repr=False)
    courses: Digest = field(repr=False)
    once: Digest = field(repr=False)
    reasons: Mapping[str, int]
    first_failed: tuple[int, ...] = field(repr=False)

    @property
    def failed(self) -> int:
        """How many could not be solved."""
        return sum(self.reasons.values())

    @property
    def solved(self) -> int:
        """How many the means and quantiles are of."""
        return self.persons - self.failed

    def mean(self, output: str) -> Array:
        """The mean over persons at each time (times,), correctly rounded. Raises UnknownName."""
        return self._course(self.courses.mean(), output)

    def sd(self, output: str) -> Array:
        """The standard deviation over persons at each time (times,). Raises UnknownName."""
        return self._course(self.courses.sd(), output)

    def quantile(self, output: str, q: float) -> Array:
        """The quantile over persons at each time (times,), off by at most a thousandth. Raises UnknownName."""
        return self._course(self.courses.quantile(q), output)

    def of(self, measure: str) -> Distribution:
        """One measure over persons. Raises UnknownName."""
        names = [m.name for m in self.measures]
        if measure not in names:
            raise UnknownName("measure", measure, names)
        i, found = names.index(measure), self.once
        return Distribution(
            found.persons,
            float(found.mean()[i]),
            float(found.sd()[i]),
            float(found.low[i]),
            float(found.high[i]),
            found,
            i,
        )

    def count(self, measure: str) -> int:
        """How many persons a yes/no measure such as "reaches" is true of. Raises UnknownName."""
        found = self.of(measure)
        return round(found.mean * found.persons)

    def _course(self, values: Array, output: str) -> Array:
        if output not in self.outputs:
            raise UnknownName("output", output, self.outputs)
        return np.asarray(values.reshape(self.times.size, len(self.outputs))[:, self.outputs.index(output)])


def summarise(
    times: Array,
    outputs: tuple[str, ...],
    units: tuple[str, ...],
    measures: tuple[Measure, ...],
    values: Array,
    why: Mapping[int, str],
    first: int = 0,
) -> Summaries:
    """Summaries of values (persons, times, outputs) of persons from number `first` on.

    why: the reason of each person, by place in `values`, who could not be solved and is left out.
    """
    kept = values[[i for i in range(len(values)) if i not in why]] if why else values
    reasons: dict[str, int] = {}
    for reason in why.values():
        reasons[reason] = reasons.get(reason, 0) + 1
    return Summaries(
        len(values),
        times,
        outputs,
        units,
        measures,
        digest(kept.reshape(len(kept), times.size * len(outputs))),
        digest(measure_all(measures, outputs, times, kept)),
        dict(sorted(reasons.items())),
        tuple(first + i for i in sorted(why))[:NAMED],
    )


def merge(a: Summaries, b: Summaries) -> Summaries:
    """The summaries of the persons of both, who must be different ones. Raises InputError when the two are
    of other times, outputs or measures."""
    same = (a.outputs, a.units, a.measures) == (b.outputs, b.units, b.measures)
    if not same or not np.array_equal(a.times, b.times):
        raise InputError("only summaries of the same times, outputs and measures merge")
    reasons = {r: a.reasons.get(r, 0) + b.reasons.get(r, 0) for r in sorted({*a.reasons, *b.reasons})}
    return Summaries(
        a.persons + b.persons,
        a.times,
        a.outputs,
        a.units,
        a.measures,
        merge_digests(a.courses, b.courses),
        merge_digests(a.once, b.once),
        reasons,
        tuple(sorted((*a.first_failed, *b.first_failed)))[:NAMED],
    )
