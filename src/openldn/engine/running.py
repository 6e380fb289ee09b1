"""Whoever needs numbers from equations: events in, a run out.

    run = simulate(model, ev("4.5 mg", ii=24, addl=27, cmt="oral"), times, ["C_N"], values)
    run.of("C_N").shape == (persons, times)

With `times` a value is the one before anything that happens then, and everybody begins at hour 0 or earlier; without them
each record has a row, which shows what is there after the record.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.events.compiling import compiled
from openldn.engine.events.table import Events
from openldn.engine.model import Equation, Model, static_assignments
from openldn.engine.run import Reason, Run
from openldn.engine.solving import RTOL, Solver, solve
from openldn.notation import InputError

Array = NDArray[np.float64]


def simulate(
    model: Model,
    events: Events,
    times: Sequence[float] | Array | None = None,
    outputs: Sequence[str] | None = None,
    values: Mapping[str, Any] | None = None,
    *,
    covariates: str = "nocb",
    solver: Solver | None = None,
    rtol: float = RTOL,
    atol: float | None = None,
    threads: int | None = None,
    explain: bool = True,
    progress: Callable[[float], None] | None = None,
) -> Run:
    """The outputs of `model` for every person, at `times` (hours, increasing) or at each of their records.

    outputs: by default those of `default_outputs`. values: parameters and switches that differ from the model's own, each
    a number or an array (persons,). covariates: "nocb", "locf" or "linear".
    solver, rtol, atol, threads, explain, progress: as for `solve`.
    Nobody is drawn here: `Model.simulate` does that. Raises UnknownName for an output, parameter or route, DataError for a
    record that cannot be, InputError for times that do not increase or a request too large to hold.
    """
    asked = None if times is None else check_times(times)
    wanted = tuple(default_outputs(model) if outputs is None else outputs)
    for name in wanted:
        model.unit_of(name)
    made = compiled(model, events, values, wanted, times=asked, covariates=covariates)
    run = solve(
        made.model,
        made.plan,
        made.values,
        wanted,
        solver,
        rtol=rtol,
        atol=atol,
        threads=threads,
        explain=explain,
        progress=progress,
    )
    reasons = dict(run.reasons) | dict(made.reasons)
    whole = _by_person(run, reasons, made.person, made.hours if asked is None else asked, events)
    return replace(whole, events=events, model=model, by_record=asked is None)


def check_times(times: Sequence[float] | Array) -> Array:
    """The hours as an array. Raises InputError unless they are finite and increase."""
    found = np.asarray(times, dtype=float)
    if found.ndim != 1 or not found.size or not np.all(np.isfinite(found)) or np.any(np.diff(found) <= 0):
        raise InputError("times must be one or more increasing hours")
    return found


def default_outputs(model: Model) -> tuple[str, ...]:
    """What the model's own file works out from its states; where that is nothing, all its states.

    The model's own file is its first block, without what it includes.
    """
    static = {a.name for a in static_assignments(model)}
    main = {(line.file, line.name) for line in model.blocks[0].of("assignment")}

    def of(wanted: Callable[[Equation], bool]) -> tuple[str, ...]:
        lines = [a for a in model.assignments if a.name not in static and wanted(a)]
        return tuple(a.name for a in sorted(lines, key=lambda a: (a.file, a.line)))

    found = of(lambda a: (a.file, a.name) in main) or of(lambda a: True)
    return found or tuple(s.name for s in model.states)


def _by_person(run: Run, reasons: Mapping[int, Reason], person: Any, hours: Array, events: Events) -> Run:
    """The run with a row for each person, whose episodes stand one after the other, and with every sample, also those
    that were no longer taken. hours: of all samples, (samples,) or (plans, samples)."""
    count = run.persons if person is None else int(person.max()) + 1
    ids = events.ids if events.persons == count else tuple(str(i + 1) for i in range(count))
    wide = np.broadcast_to(hours, (run.persons, hours.shape[-1]))
    if person is None or np.array_equal(person, np.arange(count)):
        values = run.values
        if values.shape[1] < wide.shape[1]:
            values = np.full((*wide.shape, len(run.outputs)), np.nan)
            values[:, : run.values.shape[1]] = run.values
        return replace(run, times=wide, values=values, reasons=dict(sorted(reasons.items())), ids=ids)
    taken = np.sum(~np.isnan(wide), axis=1)
    end = np.cumsum(taken)
    before = end - taken - (end - taken)[np.searchsorted(person, person)]
    length = int(np.max(before + taken))
    times = np.full((count, length), np.nan)
    values = np.full((count, length, len(run.outputs)), np.nan)
    steps, why = np.zeros(count, dtype=np.int64), dict[int, Reason]()
    np.add.at(steps, person, run.steps)
    for row, who in enumerate(person.tolist()):
        times[who, before[row] : before[row] + taken[row]] = wide[row, : taken[row]]
        solved = min(int(taken[row]), run.values.shape[1])
        values[who, before[row] : before[row] + solved] = run.values[row, :solved]
        if row in reasons:
            why.setdefault(who, reasons[row])
    return replace(run, times=times, values=values, steps=steps, reasons=dict(sorted(why.items())), ids=ids)
