"""A population through a model: persons drawn, solved and summarised one chunk at a time.

Memory grows with the chunk and with what is asked of a person, not with the number of persons. Persons are
the same for every chunk, and so are their results.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine import Events, Model, simulate
from openldn.engine.occasions import occasions
from openldn.engine.run import Reason
from openldn.engine.solving import Solver
from openldn.engine.values import check_values, own_values
from openldn.notation import InputError, UnknownName
from openldn.population.covariates import UNITS, Population, population
from openldn.population.exact import LARGEST
from openldn.population.measures import Measure, check_measures
from openldn.population.people import fill, people
from openldn.population.persons import PERSON_LIMIT, draw
from openldn.population.summaries import Summaries, merge, summarise
from openldn.population.trajectories import parquet

Array = NDArray[np.float64]
NOT_FINITE = "a value is not finite"
Own = Callable[[range], Events]


def simulate_population(
    model: Model,
    events: Events | Own,
    times: Array,
    outputs: Sequence[str],
    persons: int,
    seed: int,
    *,
    of: Population | str | None = None,
    values: Mapping[str, Any] | None = None,
    centres: Mapping[str, float] | None = None,
    when: str | Sequence[float] | None = None,
    measures: Sequence[Measure] = (),
    first: int = 0,
    chunk: int = 2000,
    solver: Solver | None = None,
    trajectories: Path | None = None,
    progress: Callable[[float], None] | None = None,
) -> Summaries:
    """Summaries of persons `first` … `first + persons - 1` of `model` under `events` at `times` (hours).

    events: the same for everybody; or a function that gives those of some persons, by their numbers: what each person
        really took, for instance.
    of: a named population, whose covariates fill the model's.
    values: parameters, switches or covariates that differ, each a number or an array (persons,); they win.
    centres: where persons lie about, for parameters whose centre is not the model's own.
    when: the hours at which a new occasion begins, "doses", () for no variation between occasions, or None:
        by dose if the model has any. Where everybody has events of their own, hours.
    trajectories: a Parquet file for every person's course.
    Raises InputError, UnknownName or QuantityError for a request that cannot be carried out.
    """
    times = np.asarray(times, dtype=float)
    measures, outputs = tuple(measures), tuple(outputs)
    units = tuple(model.unit_of(name) for name in outputs)
    check_measures(measures, outputs)
    if persons < 1 or first < 0:
        raise InputError(f"persons {first} to {first + persons - 1}: ask for 1 or more, from number 0")
    if not 1 <= chunk <= PERSON_LIMIT:
        raise InputError(f"chunk {chunk}: choose 1 to {PERSON_LIMIT:,} persons")
    for name in centres or {}:
        if name not in model.parameters:
            raise UnknownName("parameter", name, model.parameters)
    named = population(of) if isinstance(of, str) else of
    fixed = _fixed(model, dict(values or {}), persons)
    off = [n for n, own in own_values(model).items() if n in model.switches and not np.any(fixed.get(n, own))]
    varies = any(p.occasion is not None for p in model.parameters.values())
    if callable(events) and varies and (when is None or isinstance(when, str)):
        raise InputError(
            "persons with events of their own have no occasions in common; give `when` in hours, or ()"
        )
    given_to = events(range(first, first + 1)) if callable(events) else events
    pieces = occasions(model, given_to, outputs, when, end=float(times[-1]), off=off)
    sink = parquet(trajectories, times, outputs) if trajectories is not None else nullcontext()
    found: Summaries | None = None
    with sink as write:
        for start in range(0, persons, chunk):
            who = range(first + start, first + min(start + chunk, persons))
            given: dict[str, Any] = dict(draw(model, len(who), seed, first=who.start, centres=centres))
            given = dict(centres or {}) | given
            if named is not None:
                given |= fill(model, people(named, len(who), seed, first=who.start))
            given |= {name: _part(v, start, len(who)) for name, v in fixed.items()}
            own = events(who) if callable(events) else events
            if callable(events) and own.persons != len(who):
                raise InputError(f"events of {own.persons:,} persons came for {len(who):,}")
            own = _named(own, given, who)
            if pieces is not None:
                own = pieces.added(own, model, given, seed, who)
            run = simulate(model, own, times, outputs, given, solver=solver, explain=False)
            solved, why = _sound(run.values, run.reasons)
            part = summarise(times, outputs, units, measures, solved, why, who.start)
            found = part if found is None else merge(found, part)
            if write is not None:
                write(who.start, solved)
            if progress:
                progress((start + len(who)) / persons)
    assert found is not None
    return found


def _named(events: Events, given: Mapping[str, Any], who: range) -> Events:
    """Events of as many persons as there are, unless their values say how many; IDs are their own numbers."""
    ids = [str(i) for i in who]
    if events.persons > 1:
        return replace(events, ids=tuple(ids))
    return events if any(np.ndim(v) for v in given.values()) else events.among(ids)


def _sound(values: Array, reasons: Mapping[int, Reason]) -> tuple[Array, dict[int, str]]:
    """The values, NaN for those who failed, and why they did by place."""
    bad = np.flatnonzero(~np.all(np.abs(values) < LARGEST, axis=(1, 2)))
    why = dict.fromkeys(bad.tolist(), NOT_FINITE) | {i: reason.what for i, reason in reasons.items()}
    found = values.copy() if why else values
    for i in why:
        found[i] = np.nan
    return found, why


def _fixed(model: Model, values: dict[str, Any], persons: int) -> dict[str, Any]:
    """The given values with covariates turned into what they fill. Raises for what does not fit the model."""
    covariates = {n: values.pop(n) for n in list(values) if n in UNITS and n not in model.switches}
    found = (fill(model, covariates) if covariates else {}) | values
    for name, value in found.items():
        if name not in model.parameters and name not in model.switches:
            raise UnknownName(
                "parameter, switch or covariate", name, [*model.parameters, *model.switches, *UNITS]
            )
        if np.ndim(value) and np.shape(value) != (persons,):
            raise InputError(f"{name} has shape {np.shape(value)} for {persons:,} persons")
        if name in model.parameters:
            check_values(model, name, np.asarray(value, dtype=float))
    return found


def _part(value: Any, start: int, count: int) -> Any:
    return value[start : start + count] if np.ndim(value) else value
