"""One number out of one simulated situation: what a check compares with its source."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from openldn.engine import Events, Model, parse_regimen, schedule, simulate, with_integrals
from openldn.notation import DataError, Record, convert, suggestion
from openldn.pharmacology import scales

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Situation:
    """A regimen by a route, one output, and the measure taken of it; `scale` names a clinical scale whose
    model is used instead of the main one."""

    regimen: str
    route: str
    output: str
    measure: str
    hours: float
    unit: str = ""
    at_h: float = 0.0
    until_h: float = 0.0
    threshold: float = 0.0
    switches: Mapping[str, float] = field(default_factory=dict)
    scale: str = ""


@dataclass(frozen=True)
class _Run:
    model: Model
    times: Array
    values: Array
    doses: Events
    situation: Situation

    def between(self, start: float, end: float) -> tuple[Array, Array]:
        inside = (self.times >= start - 1e-9) & (self.times <= end + 1e-9)
        return self.times[inside], self.values[inside]


def read_situation(record: Record, default: Situation | None = None) -> Situation:
    """The Situation in a record; what it leaves out comes from `default`."""
    d = default

    def text(name: str) -> str:
        return record.text(name, getattr(d, name)) if d else record.text(name)

    kind = text("measure")
    if kind not in _MEASURES:
        raise record.error(f'measure "{kind}" is not known; choose one of {", ".join(_MEASURES)}', "measure")
    switches = record.table("switches", None)
    scale = record.text("scale", "")
    if scale and scale not in {s.id for s in scales()}:
        raise record.error(
            f'scale "{scale}" is not known; {suggestion(scale, (s.id for s in scales()))}', "scale"
        )
    return Situation(
        regimen=text("regimen"),
        route=record.text("route", d.route if d else "oral"),
        output=text("output"),
        measure=kind,
        hours=record.number("hours", d.hours if d else 240.0),
        unit=record.text("in_unit", d.unit if d else ""),
        at_h=record.number("at_h", d.at_h if d else 0.0),
        until_h=record.number("until_h", d.until_h if d else 0.0),
        threshold=record.number("threshold", d.threshold if d else 0.0),
        switches={k: float(v) for k, v in (switches.rest() if switches else {}).items()},
        scale=scale,
    )


def measure(model: Model, situation: Situation) -> float:
    """The number, in the unit of the situation (hours for times). Raises DataError when there is none."""
    if situation.scale:
        model = next(s for s in scales() if s.id == situation.scale).model()
    run = _run(model, situation)
    value = float(_MEASURES[situation.measure](run))
    if not np.isfinite(value):
        raise DataError(
            f"measure {situation.measure} of {situation.output} has no value: {situation.regimen}"
        )
    return value


def _run(model: Model, s: Situation) -> _Run:
    given = schedule(parse_regimen(s.regimen), s.route, s.hours)
    output = s.output
    if s.measure == "auc":
        model, output = with_integrals(model, (s.output,)), f"integral_{s.output}"
    marks = [np.arange(0, min(s.hours, 24) + 0.01, 0.05), np.arange(24, s.hours + 0.1, 0.5)]
    times = np.unique(np.round(np.concatenate([*marks, [s.hours]]), 6))
    times = times[times <= s.hours]
    result = simulate(model, given, times, (output,), dict(s.switches), rtol=1e-7).whole()
    factor = convert(1.0, result.units[0], s.unit) if s.unit else 1.0
    return _Run(model, times, result.values[0, :, 0] * factor, given, s)


def _peak(run: _Run) -> float:
    return float(run.values.max())


def _time_of_peak(run: _Run) -> float:
    return float(run.times[run.values.argmax()])


def _at(run: _Run) -> float:
    return float(np.interp(run.situation.at_h, run.times, run.values))


def _auc(run: _Run) -> float:
    return float(run.values[-1])


def _half_life(run: _Run) -> float:
    t, y = run.between(run.situation.at_h, run.situation.until_h)
    return float(-np.log(2) / np.polyfit(t, np.log(y), 1)[0])


def _last_hour_above(run: _Run) -> float:
    """Hours after the last dose at which the output is above the threshold for the last time."""
    above = np.flatnonzero(run.values > run.situation.threshold)
    if not above.size or above[-1] == run.times.size - 1:
        return float("nan")
    i = above[-1]
    share = (run.values[i] - run.situation.threshold) / (run.values[i] - run.values[i + 1])
    return float(run.times[i] + share * (run.times[i + 1] - run.times[i]) - float(run.doses.dose_times()[-1]))


def _hours_above(run: _Run) -> float:
    step = np.gradient(run.times)
    return float(step[run.values > run.situation.threshold].sum())


def _half_time(run: _Run) -> float:
    """Hours until the output has fallen to half of its peak."""
    after = run.values[run.values.argmax() :]
    below = np.flatnonzero(after <= run.values.max() / 2)
    return float(run.times[run.values.argmax() + below[0]]) if below.size else float("nan")


def _lasts_as_reference(run: _Run) -> float:
    """Hours after which the output falls to what the reference dose leaves at its own known duration."""
    s = run.situation
    reference = run.values / (float(run.doses.amount[0]) / s.threshold)
    limit = float(np.interp(s.at_h, run.times, reference))
    i = int(np.flatnonzero(run.values > limit)[-1])
    share = (run.values[i] - limit) / (run.values[i] - run.values[i + 1])
    return float(run.times[i] + share * (run.times[i + 1] - run.times[i]))


def _share_of_dose(run: _Run) -> float:
    """Moles of 6β-naltrexol in the output (ug) over moles of the hydrochloride given."""
    p = run.model.parameters
    given = float(np.sum(run.doses.spelled_out().amount)) * convert(1.0, "mg", "ug") / p["MW_SALT"].value
    return float(run.values[-1] / p["MW_6"].value / given)


def _last_day(run: _Run) -> tuple[Array, Array]:
    return run.between(run.times[-1] - 24.0, run.times[-1])


def _clock_of_peak(run: _Run) -> float:
    """Clock time of the highest value on the last day."""
    t, y = _last_day(run)
    return float((t[y.argmax()] + run.model.parameters["CLOCK0"].value) % 24)


def _relative_amplitude(run: _Run) -> float:
    """Half the swing of the last day over its mean, in percent."""
    _, y = _last_day(run)
    return float(100 * (y.max() - y.min()) / 2 / y[:-1].mean())


_MEASURES: dict[str, Callable[[_Run], float]] = {
    "peak": _peak,
    "time_of_peak": _time_of_peak,
    "at": _at,
    "auc": _auc,
    "half_life": _half_life,
    "last_hour_above": _last_hour_above,
    "hours_above": _hours_above,
    "half_time": _half_time,
    "lasts_as_reference": _lasts_as_reference,
    "share_of_dose": _share_of_dose,
    "clock_of_peak": _clock_of_peak,
    "relative_amplitude": _relative_amplitude,
}
IN_HOURS = frozenset(
    {"time_of_peak", "half_life", "last_hour_above", "hours_above", "half_time", "lasts_as_reference"}
)
