"""A population through a model: persons drawn, solved and summarised one chunk at a time.

Memory grows with the chunk and with what is asked of a person, not with the number of persons. Persons are
the same for every chunk, and so are their results on the kernel, which is the default. The reference solver takes
common steps for the persons of a chunk, so that there results move with the chunk by as much as its tolerance
allows.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine import Dose, Model, simulate
from openldn.engine.events.courses import records_of, solve_records
from openldn.engine.events.records import OTHER, Record
from openldn.engine.solving import needs_events
from openldn.notation import InputError, SolveError, UnknownName
from openldn.population.covariates import UNITS, Population, population
from openldn.population.exact import LARGEST
from openldn.population.measures import Measure, check_measures
from openldn.population.occasions import Occasions, Solver, occasions, solve_by_occasion
from openldn.population.people import check_values, fill, people
from openldn.population.persons import PERSON_LIMIT, draw
from openldn.population.summaries import Summaries, merge, summarise
from openldn.population.trajectories import parquet

Array = NDArray[np.float64]
NOT_FINITE = "a value is not finite"


Records = Callable[[range], Sequence[Sequence[Record]]]


def simulate_population(
    model: Model,
    doses: Sequence[Dose] | Records,
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
    solver: Solver = simulate,
    trajectories: Path | None = None,
    progress: Callable[[float], None] | None = None,
) -> Summaries:
    """Summaries of persons `first` … `first + persons - 1` of `model` under `doses` at `times` (hours).

    doses: the same for everybody; or a function that gives the records of each of some persons, by their numbers, for
        everything that records can say: steady states, infusions, delays, what each person really took.
    of: a named population, whose covariates fill the model's.
    values: parameters, switches or covariates that differ, each a number or an array (persons,); they win.
    centres: where persons lie about, for parameters whose centre is not the model's own.
    when: the hours at which a new occasion begins, "doses", () for no variation between occasions, or None:
        by dose if the model has any. Where there are records, hours.
    solver: called as `engine.simulate`, for doses; records run on the kernels. A person is failed who raises
        SolveError or has a value not finite.
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
    off = [n for n in model.switches if not np.any(np.asarray(fixed.get(n, _default(model, n))))]
    pieces = _occasions(model, doses, times, outputs, when, off)
    if pieces is not None and not callable(doses):
        doses = _in_pieces(model, doses)
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
            solve = _solving(solver, model, doses, times, outputs, pieces, seed)
            solved, why = _chunk(solve, given, who, (len(who), times.size, len(outputs)))
            part = summarise(times, outputs, units, measures, solved, why, who.start)
            found = part if found is None else merge(found, part)
            if write is not None:
                write(who.start, solved)
            if progress:
                progress((start + len(who)) / persons)
    assert found is not None
    return found


Solve = Callable[[Mapping[str, Any], range], tuple[Array, Mapping[int, str]]]


def _occasions(
    model: Model,
    doses: Sequence[Dose] | Records,
    times: Array,
    outputs: tuple[str, ...],
    when: str | Sequence[float] | None,
    off: Sequence[str],
) -> Occasions | None:
    if not callable(doses):
        return occasions(model, doses, times, outputs, when, off)
    if when is None and not any(p.occasion for p in model.parameters.values()):
        return None
    if when is None or isinstance(when, str):
        raise InputError(
            "persons with records of their own have no occasions in common; give `when` in hours, or ()"
        )
    everywhere = [Dose(0.0, 1.0, route) for route in model.doses]
    return occasions(model, everywhere, times, outputs, when, off)


def _in_pieces(model: Model, doses: Sequence[Dose]) -> Sequence[Dose] | Records:
    """Doses that can be given by the piece; as records where one may be on its way when an occasion begins."""
    if not any(needs_events(model, dose.route) for dose in doses):
        return doses
    records = records_of(model, doses)
    return lambda who: [records for _ in who]


def _solving(
    solver: Solver,
    model: Model,
    doses: Sequence[Dose] | Records,
    times: Array,
    outputs: tuple[str, ...],
    pieces: Occasions | None,
    seed: int,
) -> Solve:
    def solve(given: Mapping[str, Any], who: range) -> tuple[Array, Mapping[int, str]]:
        ends = 0 if pieces is None else len(pieces.edges) + 1
        changes = [] if pieces is None else [pieces.values(model, given, k, seed, who) for k in range(ends)]
        if callable(doses):
            own = [list(records) for records in doses(who)]
            if len(own) != len(who):
                raise InputError(f"records of {len(own):,} persons came for {len(who):,}")
            if pieces is not None:
                own = [_with_occasions(r, changes, pieces.edges, i) for i, r in enumerate(own)]
            return solve_records(model, own, times, outputs, given, first=who.start)
        if pieces is None:
            return solver(model, doses, times, outputs, given).values, {}
        found = solve_by_occasion(solver, model, doses, times, outputs, given, changes, pieces.edges)
        return found.values, {}

    return solve


def _with_occasions(
    records: Sequence[Record], changes: Sequence[Mapping[str, Array]], edges: Sequence[float], person: int
) -> list[Record]:
    """A person's records with the changes of each occasion, which come before what else happens at that hour."""
    new = [
        Record(hour, OTHER, values={name: float(v[person]) for name, v in change.items()})
        for hour, change in zip((0.0, *edges), changes, strict=True)
    ]
    return sorted([*new, *records], key=lambda record: record.time_h)


def _chunk(
    solve: Solve, given: Mapping[str, Any], who: range, shape: tuple[int, int, int]
) -> tuple[Array, dict[int, str]]:
    """The values of a chunk, NaN for those who failed, and why they did by place in the chunk."""
    out, why = np.full(shape, np.nan), dict[int, str]()
    for part, found in _halves(solve, given, who, 0):
        if isinstance(found, str):
            why[part.start] = found
        else:
            out[part.start : part.stop], reasons = found
            why |= {part.start + i: reason for i, reason in reasons.items()}
            bad = ~np.all(np.abs(out[part.start : part.stop]) < LARGEST, axis=(1, 2))
            why = dict.fromkeys((part.start + np.flatnonzero(bad)).tolist(), NOT_FINITE) | why
    for i in why:
        out[i] = np.nan
    return out, why


def _halves(
    solve: Solve, given: Mapping[str, Any], who: range, place: int
) -> Iterator[tuple[range, tuple[Array, Mapping[int, str]] | str]]:
    """Solve all at once; where that fails, the halves, down to the one who cannot be solved."""
    try:
        yield range(place, place + len(who)), solve(given, who)
    except SolveError as error:
        if len(who) == 1:
            reason = str(error).split(": ", 1)[-1]
            yield range(place, place + 1), re.sub(r"^at \S+ h, ", "", reason)
            return
        middle = len(who) // 2
        for a, b in ((0, middle), (middle, len(who))):
            part = {name: _part(value, a, b - a) for name, value in given.items()}
            yield from _halves(solve, part, who[a:b], place + a)


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


def _default(model: Model, switch: str) -> float:
    return float(getattr(model.switches[switch].expression, "value", 1.0))
