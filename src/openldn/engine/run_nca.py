"""Noncompartmental analysis of what a run gave: whose doses, in which unit, and how they came in."""

from typing import TYPE_CHECKING, Any

import numpy as np

from openldn.engine.events.dosing import lines_for
from openldn.engine.events.table import OBSERVATION
from openldn.engine.expressions import symbols
from openldn.engine.nca_doses import NCATable, nca_table
from openldn.notation import InputError, convert

if TYPE_CHECKING:
    from openldn.engine.model import Model
    from openldn.engine.run import Run


def nca_of_run(run: "Run", output: str, administration: str, rule: str, lloq: float, unit: str) -> NCATable:
    """As `Run.nca`. Raises InputError where the run has no doses, or doses of several kinds in one analysis."""
    events, model = run.events, run.model
    if events is None or model is None:
        raise InputError("this run does not know its doses; analyse its curves with `nca_table`")
    shared = events.persons == 1
    doses = events.spelled_out()
    given = doses.gives & (doses.amount > 0)
    if not given.any():
        raise InputError("nothing was given in this run, so there is no dose to analyse")
    if np.any(doses.steady[given]):
        raise InputError(
            "SS doses have a past that no sample shows; analyse the interval with `nca`, with tau_h"
        )
    lines = {
        place: lines_for(model, doses.places[place])[0] for place in np.unique(doses.into[given]).tolist()
    }
    units = {line.unit for line in lines.values()}
    dose_unit = units.pop()
    factor = np.ones(doses.records)
    for number, name in enumerate(doses.units):
        if name:
            factor[doses.unit == number] = convert(1.0, name, dose_unit)
    person = doses.person[given]
    count = np.bincount(person, minlength=doses.persons)
    shape = doses.persons, int(count.max())
    place = np.arange(person.size) - np.repeat(np.cumsum(count) - count, count)
    columns = []
    rate = np.where(doses.rate > 0, doses.amount / np.where(doses.rate > 0, doses.rate, 1.0), doses.duration)
    for column in (doses.time, doses.amount * factor, rate):
        wide = np.full(shape, np.nan)
        wide[person, place] = column[given]
        columns.append(wide[0] if shared else wide)
    times, values = run.times, run.of(output)
    if run.by_record:
        times, values = _observed(run, times, values)
    return nca_table(
        times, values, columns[0], columns[1], durations=np.nan_to_num(columns[2]), unit=unit or run.unit(output),
        dose_unit=dose_unit, administration=administration or _kind(model, output, lines, rate[given]), rule=rule,
        lloq=lloq, ids=np.array(run.ids, dtype=object),
    )  # fmt: skip


def _observed(run: "Run", times: Any, values: Any) -> tuple[Any, Any]:
    """The samples of observations alone: the row of a dose shows what is there after it. Of two at one time the first."""
    events = run.events
    assert events is not None
    found = np.full(times.shape, np.nan)
    for i in range(run.persons):
        own = i if events.persons == run.persons else 0
        rows = slice(int(events.first[own]), int(events.first[own + 1]))
        shown = events.silent[rows] == 0
        seen = (events.evid[rows] == OBSERVATION)[shown]
        kept = np.where(seen, times[i, : seen.size], np.nan)
        kept[1:] = np.where(kept[1:] == kept[:-1], np.nan, kept[1:])
        found[i, : seen.size] = kept
    order = np.argsort(np.where(np.isnan(found), np.inf, found), axis=1, kind="stable")
    return np.take_along_axis(found, order, axis=1), np.take_along_axis(values, order, axis=1)


def _kind(model: "Model", output: str, lines: Any, duration: Any) -> str:
    """How the doses come in: by vein where they go into a state that the output is made of."""
    behind, waiting = set[str](), [output]
    while waiting:
        name = waiting.pop()
        if name not in behind:
            behind.add(name)
            for equation in (model.assigned.get(name), model.observations.get(name)):
                waiting += symbols(equation.expression) if equation is not None else ()
    if not all(line.name in behind for line in lines.values()):
        return "extravascular"
    return "infusion" if np.any(duration > 0) else "bolus"
