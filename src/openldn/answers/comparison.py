"""Which measurement would tell two versions of the model apart: where, when and at what dose.

For every version and dose the typical person is simulated through the run and two weeks after the last dose; at
each hour the versions are compared in everything that can be measured, as a difference over the error of
one measurement. The largest is the measurement that would settle it best.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.answers import switches
from openldn.answers.answer import Provenance, provenance
from openldn.answers.basis import basis_of
from openldn.answers.moments import moment
from openldn.answers.own_numbers import own_numbers
from openldn.answers.request import check_request, schedule_in
from openldn.answers.running import solved
from openldn.answers.switches import Change
from openldn.engine import Events, Model, parse_clock, parse_regimen, schedule
from openldn.notation import InputError, RegimenError, convert, sources_fingerprint
from openldn.pharmacology import Measurable, facts, fingerprints, measurables, model

Array = NDArray[np.float64]
AFTER_H = 14 * 24.0
OTHER_DOSES = ("1mg", "3mg", "4.5mg", "6mg", "50mg")
# Hours at which a study could look: after the first dose, and after the last.
_LOOKS = (1.0, 2.0, 4.0, 8.0, 12.0, 24.0, 48.0, 72.0)
_LATE_LOOKS = (12.0, 24.0, 48.0, 72.0, 168.0, AFTER_H, 2 * AFTER_H)


@dataclass(frozen=True)
class Difference:
    """One measurement: the versions' predictions `a` and `b`, and their difference over its error."""

    measurable: str
    meaning: str
    unit: str
    dose: str
    hour: float
    after_last_dose_h: float
    when: str
    versions: tuple[str, str]
    a: float
    b: float
    errors_apart: float

    @property
    def tells(self) -> bool:
        """Whether the versions lie further apart than one measurement may be off."""
        return self.errors_apart >= 1

    def as_json(self) -> dict[str, Any]:
        """The fields."""
        return {**asdict(self), "versions": list(self.versions)}


@dataclass(frozen=True)
class Comparison:
    """Versions of `of`, a switch or a choice.

    differences: the largest over time, of each measurable, dose and pair of versions. table: predictions by dose,
    measurable and moment. changed: what else differs from the model's own, in every version.
    """

    question: Mapping[str, Any]
    of: str
    versions: tuple[str, ...]
    changed: tuple[Change, ...]
    differences: tuple[Difference, ...] = field(repr=False)
    table: tuple[Mapping[str, Any], ...] = field(repr=False)
    provenance: Provenance = field(repr=False)

    @property
    def best(self) -> tuple[Difference, ...]:
        """The largest difference of each measurable, at any dose."""
        return _largest(self.differences, lambda d: d.measurable)

    @property
    def best_asked(self) -> tuple[Difference, ...]:
        """The same at the dose that was asked."""
        return _largest(self._asked, lambda d: d.measurable)

    @property
    def best_by_pair(self) -> tuple[Difference, ...]:
        """The measurement that tells each pair of versions apart best, at any dose."""
        return _largest(self.differences, lambda d: d.versions)

    @property
    def best_by_pair_asked(self) -> tuple[Difference, ...]:
        """The same at the dose that was asked."""
        return _largest(self._asked, lambda d: d.versions)

    @property
    def settling(self) -> Difference:
        """The measurement that would settle it best, at any dose."""
        return max(self.differences, key=lambda d: d.errors_apart)

    @property
    def _asked(self) -> tuple[Difference, ...]:
        return tuple(d for d in self.differences if d.dose == self.question["dose"])

    def as_json(self) -> dict[str, Any]:
        """One document: the question, the best measurements, and the predictions."""
        return {
            "question": dict(self.question),
            "of": self.of,
            "versions": list(self.versions),
            "told_apart": self.settling.tells,
            "best": [d.as_json() for d in self.best],
            "best_at_dose": [d.as_json() for d in self.best_asked],
            "best_by_pair": [d.as_json() for d in self.best_by_pair],
            "best_by_pair_at_dose": [d.as_json() for d in self.best_by_pair_asked],
            "changed": [c.as_json() for c in self.changed],
            "predictions": [dict(row) for row in self.table],
            "provenance": self.provenance.as_json(),
        }


@dataclass(frozen=True)
class _Run:
    """A version on a dose: predictions by measurable in its unit, at `times`; doses at the hours `given`."""

    times: Array
    given: tuple[float, ...]
    values: Mapping[str, Array]


def compare(
    amount: str,
    text: str,
    *,
    every: str = "24h",
    at: str = "22:00",
    days: int = 28,
    route: str = "oral",
    without: Sequence[str] = (),
    using: Sequence[str] = (),
    setting: Sequence[str] = (),
    regimen: str | None = None,
) -> Comparison:
    """Compare versions such as "kinetics=biophase,plasma" for `amount` and the doses around it.

    without, using, setting, regimen: as for `dose`; they hold in every version. Raises InputError or UnknownName
    for versions that there are not, and what `dose` raises for the rest.
    """
    m = model()
    regimen = schedule_in(amount) if regimen is None else regimen
    of, versions = switches.variants(m, text)
    switched = switches.settings(m, without, using)
    if of in {_outer(m, name) for name in switched}:
        raise InputError(f"{of} is what is compared: leave it out of --with and --without")
    own = own_numbers(m, setting)
    runs: dict[str, dict[str, _Run]] = {}
    for dose in dict.fromkeys((amount, *OTHER_DOSES)):
        words = check_request(dose, every, at, days, route, regimen if dose == amount else None)
        plan = schedule(parse_regimen(words), route, days * 24.0)
        if not plan.records:
            raise RegimenError(f'regimen "{words}" gives no dose within {days} days')
        fixed = {**switched, "CLOCK0": parse_clock(at), **own.body}
        runs[dose] = {v.name: _run(m, plan, days * 24.0, {**fixed, **v.settings}) for v in versions}
    basis = basis_of(m, [x.output for x in measurables()], (route,), switches.off(m, switched))
    asked = {
        "dose": amount, "compare": text, "every": every, "at": at, "days": days, "route": route,
        "without": list(without), "using": list(using), "setting": list(setting), "regimen": regimen,
    }  # fmt: skip
    return Comparison(
        asked, of, tuple(v.name for v in versions), (*switches.changes(m, switched), *own.changes),
        tuple(d for dose, found in runs.items() for d in _differences(dose, found)),
        tuple(row for dose, found in runs.items() for row in _rows(dose, found)),
        provenance(
            "compare", asked, files=(*fingerprints(), sources_fingerprint()),
            sources=(*basis.sources, *(facts()[fact].source for x in measurables() for fact in x.rests_on)),
            provisional=basis.provisional,
            assumed=(*basis.assumed, *(x.name for x in measurables() if x.basis == "assumed")),
        ),
    )  # fmt: skip


def _outer(m: Model, name: str) -> str:
    """The choice that an inner switch belongs to, or the switch itself."""
    return next((n for n, options in m.choices.items() if name in {f"{n}_{o}" for o in options}), name)


def _run(m: Model, plan: Events, run_h: float, values: Mapping[str, float]) -> _Run:
    given = tuple(plan.dose_times().tolist())
    end = max(run_h, given[-1] + AFTER_H)
    hourly = np.append(np.arange(0.0, end, 1.0), end)
    times = np.unique(np.concatenate([np.array(_LOOKS), hourly, _late_looks(given, end)]))
    result = solved(m, plan, times, tuple(x.output for x in measurables()), values)
    found = {
        x.name: result.of(x.output)[0] * convert(1.0, m.unit_of(x.output), x.unit) for x in measurables()
    }
    return _Run(times, given, found)


def _late_looks(given: Sequence[float], end: float) -> list[float]:
    return [given[-1] + h for h in _LATE_LOOKS if given[-1] + h <= end]


def _apart(x: Measurable, a: _Run, b: _Run) -> Array:
    """The difference at each time, over the error of one measurement of the value between."""
    one, two = a.values[x.name], b.values[x.name]
    return np.asarray(np.abs(one - two) / np.array([x.error(value) for value in (one + two) / 2]))


def _differences(dose: str, of: Mapping[str, _Run]) -> Iterator[Difference]:
    for x in measurables():
        for one, two in combinations(of, 2):
            apart = _apart(x, of[one], of[two])
            i = int(np.argmax(apart))
            hour, given = float(of[one].times[i]), of[one].given
            a, b = (float(of[name].values[x.name][i]) for name in (one, two))
            yield Difference(
                x.name, x.meaning, x.unit, dose, hour, hour - given[-1], moment(hour, given), (one, two), a, b,
                float(apart[i]),
            )  # fmt: skip


def _largest(found: Iterable[Difference], key: Callable[[Difference], Any]) -> tuple[Difference, ...]:
    """The largest difference of each kind, in the order in which the kinds come."""
    best: dict[Any, Difference] = {}
    for d in found:
        if key(d) not in best or d.errors_apart > best[key(d)].errors_apart:
            best[key(d)] = d
    return tuple(best.values())


def _rows(dose: str, of: Mapping[str, _Run]) -> Iterator[dict[str, Any]]:
    first = next(iter(of.values()))
    hours = sorted({*_LOOKS, *_late_looks(first.given, float(first.times[-1]))})
    for x in measurables():
        apart = np.max([_apart(x, a, b) for a, b in combinations(of.values(), 2)], axis=0)
        for hour in hours:
            i = int(np.searchsorted(first.times, hour))
            yield {
                "dose": dose, "measurable": x.name, "unit": x.unit, "hour": hour,
                "when": moment(hour, first.given),
                "values": {name: float(run.values[x.name][i]) for name, run in of.items()},
                "errors_apart": float(apart[i]),
            }  # fmt: skip
