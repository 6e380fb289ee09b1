"""Persons through a model: what `Model.simulate` does.

Who they are comes from a number, or from a table with a row for each; how they differ from the model's spreads, unless a
table says it. Everybody is drawn by number from the seed, so that person 17 is the same person in every arm and at every
population size.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.events.reader import bound, is_path
from openldn.engine.events.reader import events as read_events
from openldn.engine.events.table import Events, hours
from openldn.engine.model import Model
from openldn.engine.observations import lower_limit, needs, observed
from openldn.engine.occasions import occasions
from openldn.engine.persons import PERSONS, check_persons, draw, uniforms
from openldn.engine.run import Run
from openldn.engine.running import default_outputs, simulate
from openldn.engine.solving import RTOL, Solver
from openldn.engine.values import check_values
from openldn.notation import InputError, UnknownName, numbers_given, shown, text_given, texts_given

Array = NDArray[np.float64]
CLOCK = "CLOCK0"  # the parameter, in hours, that a model has for the hour of the day at time 0
_MOST_POINTS = 2200
_STEPS = (1.0, 2.0, 4.0, 6.0, 12.0, 24.0)


def simulate_persons(
    model: Model,
    events: Any,
    *,
    persons: Any = 1,
    times: Any = None,
    outputs: Sequence[str] | str | None = None,
    seed: int = 0,
    carry: Sequence[str] | str = (),
    covariates: str = "nocb",
    typical: bool = False,
    occasion: str | Sequence[float] | None = None,
    rtol: float = RTOL,
    atol: float | None = None,
    solver: Solver | None = None,
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> Run:
    """As `Model.simulate`, whose docstring says what everything is. progress: called with the share done, from 0 to 1."""
    asked = None if times is None else _hours(times)
    given, others = bound(_read(events, asked), model)
    values, of_persons, ids = _who(model, given, persons)
    count = len(ids)
    check_persons(count, seed)
    wanted = _outputs(model, outputs)
    text_given(covariates, "covariates", "nocb")
    typical = bool(numbers_given(typical, "typical").any())
    if occasion is not None and not isinstance(occasion, str):
        occasion = numbers_given(occasion, "occasion").ravel().tolist()
    names = (carry,) if isinstance(carry, str) else texts_given(carry, "carry", '"WT"')
    if given.clock is not None and CLOCK in model.parameters:
        values.setdefault(CLOCK, given.clock)
    if not typical:
        told = {*given.covariates, *given.values, *values}
        values |= {name: column for name, column in draw(model, count, seed).items() if name not in told}
        given = _with_occasions(model, given, wanted, values, occasion, count, seed)
    elif occasion is not None:
        raise InputError("typical persons do not vary between occasions; leave occasion out")
    values = _for_all(values, count, model)
    if asked is None and not given.observed:
        asked = _grid(given)
    solved = _solved_for(model, wanted, names)
    run = simulate(
        model,
        given,
        asked,
        solved,
        values,
        covariates=covariates,
        solver=solver,
        rtol=rtol,
        atol=atol,
        threads=threads,
        progress=progress,
    )
    run, own = _observed(model, run, wanted, names, seed)
    run = replace(run, ids=ids)
    drawn = {n: np.asarray(v) for n, v in values.items() if np.ndim(v)}
    carried = own | _carried(model, given, run, names, of_persons, asked is None)
    made = {
        "model": model.name, "seed": seed, "openldn": version("openldn"), "events": given.digest(), "rtol": rtol,
        "ignored": tuple(name for name in others if name not in names),
    }  # fmt: skip
    return replace(run, parameters=drawn, carried=carried, made=made, events=given)


def _hours(times: Any) -> Array:
    """Times as hours, from numbers or from texts such as "1 d"."""
    try:
        return np.atleast_1d(np.asarray(hours(times, "times"), dtype=float))
    except (TypeError, ValueError, OverflowError):
        raise InputError(f'times are {shown(times, 40)!r}; give hours, or texts such as "1 d"') from None


def _read(events: Any, times: Array | None) -> Events:
    """The events; a schedule in words that names no end goes on to the last of the times."""
    words = isinstance(events, str) and not is_path(events)
    last = float(np.max(times, initial=0.0)) if words and times is not None else 0.0
    return read_events(events, until=last or None) if words else read_events(events)


def _outputs(model: Model, outputs: Sequence[str] | str | None) -> tuple[str, ...]:
    if outputs is None:
        return (*default_outputs(model), *model.observations)
    return (outputs,) if isinstance(outputs, str) else texts_given(outputs, "outputs", '"C"')


def _who(
    model: Model, events: Events, persons: Any
) -> tuple[dict[str, Any], dict[str, NDArray[Any]], tuple[str, ...]]:
    """The parameters and other columns of a table of persons, and everybody's ID."""
    if isinstance(persons, bool) or (
        isinstance(persons, (float, np.floating)) and not float(persons).is_integer()
    ):
        raise InputError(f"persons is {shown(persons)}; give a whole number, or a table with a row for each")
    if isinstance(persons, (int, float, np.integer, np.floating)):
        count = int(persons)
        if count < 1:
            raise InputError(f"persons is {shown(count)}; ask for 1 or more")
        if count > PERSONS:
            raise InputError(f"persons is {shown(count)}; the limit is {PERSONS}: run them in parts")
        if events.persons > 1 and count not in (1, events.persons):
            raise InputError(
                f"persons is {count:,}, but the events are of {events.persons:,}; leave it out, or give events of one"
            )
        return {}, {}, events.ids if events.persons > 1 else tuple(str(i + 1) for i in range(count))
    columns = _columns(persons)
    if not columns:
        raise InputError("the table of persons has no column")
    rows = {column.size for column in columns.values()}
    if len(rows) != 1 or 0 in rows:
        raise InputError(f"the table of persons has columns of {', '.join(map(str, sorted(rows)))} rows")
    ids = _ids(columns, rows.pop())
    if events.persons > 1:
        place = {who: i for i, who in enumerate(ids)}
        missing = next((who for who in events.ids if who not in place), None)
        if missing is not None:
            raise InputError(f"the table of persons has no row for {missing}, whom the events have")
        order = np.array([place[who] for who in events.ids])
        columns, ids = {name: column[order] for name, column in columns.items()}, events.ids
    known = {*model.parameters, *model.switches}
    values, others = dict[str, Any](), dict[str, NDArray[Any]]()
    for name, column in columns.items():
        if name in known:
            values[name] = _numbers(name, column)
            check_values(model, name, values[name])
        else:
            others[name] = column
    return values, others, ids


def _columns(persons: Any) -> dict[str, NDArray[Any]]:
    if isinstance(persons, Mapping):
        try:
            return {str(name): np.atleast_1d(np.asarray(column)) for name, column in persons.items()}
        except ValueError:
            raise InputError(
                "the table of persons has a column of lists; give one number for each person"
            ) from None
    if hasattr(persons, "columns"):
        return {str(name): np.asarray(persons[name]) for name in persons.columns}
    if hasattr(persons, "__dataframe__"):
        from openldn.notation.extras import needed

        return _columns(needed("pandas", "data").api.interchange.from_dataframe(persons))
    raise InputError(
        f"persons is a {type(persons).__name__}; give a number, a data frame or a dictionary of columns"
    )


def _ids(columns: dict[str, NDArray[Any]], count: int) -> tuple[str, ...]:
    """The IDs of a table of persons, which is left without them; numbers from 1 where it has none."""
    name = next((name for name in columns if name.upper() == "ID"), None)
    if name is None:
        return tuple(str(i + 1) for i in range(count))
    column = columns.pop(name)
    missing = np.array([cell is None or cell != cell for cell in column.tolist()])
    if missing.any():
        raise InputError(
            f"row {int(np.flatnonzero(missing)[0]) + 1} of the table of persons has no ID; give it one"
        )
    ids = tuple(f"{cell:.15g}" if isinstance(cell, float) else str(cell).strip() for cell in column.tolist())
    if len(set(ids)) < len(ids):
        twice = next(who for i, who in enumerate(ids) if who in ids[:i])
        raise InputError(f"the table of persons has two rows for {twice}")
    return ids


def _numbers(name: str, column: NDArray[Any]) -> Array:
    try:
        found = np.asarray(column, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"column {name} of the table of persons holds what is no number") from None
    if not np.all(np.isfinite(found)):
        at = int(np.flatnonzero(~np.isfinite(found))[0])
        raise InputError(f"column {name} of the table of persons has no finite number in row {at + 1}")
    return found


def _with_occasions(
    model: Model,
    events: Events,
    outputs: Sequence[str],
    values: Mapping[str, Any],
    asked: str | Sequence[float] | None,
    count: int,
    seed: int,
) -> Events:
    behind = [name for name in _solved_for(model, outputs, ()) if name not in model.parameters]
    found = occasions(model, events, behind, asked)
    if found is None:
        return events
    told = {*events.covariates, *events.values}
    found = replace(found, parameters=tuple(name for name in found.parameters if name not in told))
    if not found.parameters:
        return events
    own = events if events.persons == count else events.among([str(i + 1) for i in range(count)])
    return replace(found.added(own, model, values, seed, range(count)), clock=events.clock)


def _for_all(values: dict[str, Any], count: int, model: Model) -> dict[str, Any]:
    """The values with one of them for each person, so that there are as many persons as asked for."""
    if count == 1 or any(np.ndim(v) for v in values.values()):
        return values
    own = values or {name: p.value for name, p in model.parameters.items()}
    if not own:
        raise InputError("a model without parameters is the same for everybody; leave persons out")
    name = next(iter(own))
    return {**values, name: np.full(count, float(own[name]))}


def _grid(events: Events) -> Array:
    """Hours from the first record to an interval after the last dose, an hour apart or a little more or less."""
    start = min(0.0, float(np.min(events.time, initial=0.0)))
    gives = events.gives
    last = float(np.max((events.time + events.additional * events.interval)[gives], initial=start))
    interval = float(np.max(events.interval[gives], initial=0.0)) or 24.0
    end = max(last + interval, float(np.max(events.time, initial=0.0)))
    span = end - start
    step = next((s for s in _STEPS if span / s <= _MOST_POINTS), span / _MOST_POINTS)
    if span < 100:
        step = 0.25 if span <= 48 else 0.5
    return np.unique(np.append(np.arange(start, end + step / 2, step), end))


def _solved_for(model: Model, outputs: Sequence[str], carry: Sequence[str]) -> tuple[str, ...]:
    """What has to be solved for outputs, which may be observations, and for parameters that are carried."""
    found = dict[str, None]()
    for name in outputs:
        line = model.observations.get(name)
        found |= dict.fromkeys([name] if line is None else (n for n in needs(line) if n != "t"))
    found |= dict.fromkeys(name for name in carry if name in model.parameters or name in model.switches)
    return tuple(found)


def _observed(
    model: Model, run: Run, outputs: Sequence[str], carry: Sequence[str], seed: int
) -> tuple[Run, dict[str, NDArray[Any]]]:
    """The run with its observations, and the parameters that are carried, each (persons, samples).

    A number below the limit of quantification is given as that limit, and a column says so.
    """
    known: dict[str, Any] = {name: run.of(name) for name in run.outputs} | {"t": run.times}
    carried = {name: known[name] for name in carry if name in known and name not in outputs}
    values, units = [], []
    for name in outputs:
        line = model.observations.get(name)
        if line is None:
            values.append(known[name])
            units.append(run.unit(name))
            continue
        noise, second = (_normal(seed, f"{stream} {name}", run) for stream in ("noise", "noise2"))
        found = observed(model, name, known, noise, second)
        limit = lower_limit(model, name, known)
        if limit is not None:
            below = found < limit
            found = np.where(below, limit, found)
            carried[f"{name}_BLQ"] = np.where(np.isnan(found), np.nan, below.astype(float))
        values.append(np.where(np.isnan(run.times), np.nan, found))
        units.append(line.unit)
    whole = np.stack(values, axis=2) if values else np.zeros((*run.times.shape, 0))
    return replace(run, outputs=tuple(outputs), units=tuple(units), values=whole), carried


def _normal(seed: int, stream: str, run: Run) -> Array:
    """A standard normal number for each person and sample, each from the stream of its sample, at the person's place."""
    from scipy.special import ndtri

    persons, samples = run.times.shape
    found = np.empty((persons, samples))
    for k in range(samples):
        found[:, k] = uniforms(seed, f"{stream} {k}", persons)
    return np.asarray(ndtri(found))


def _carried(
    model: Model,
    events: Events,
    run: Run,
    names: Sequence[str],
    of_persons: Mapping[str, NDArray[Any]],
    by_record: bool,
) -> dict[str, NDArray[Any]]:
    """The columns that `names` name: of the input or of the persons; (persons, samples) or (persons,).

    A column of the input that has the name of an output gets "_data" behind it.
    """
    found: dict[str, NDArray[Any]] = {}
    inputs = {k: v for k, v in events.columns().items() if k not in ("ID", "TIME")}
    for name in names:
        if name in inputs and name not in model.parameters and name not in model.switches:
            key = f"{name}_data" if name in run.outputs else name
            found[key] = _by_sample(events, run, inputs[name], by_record)
        elif name in of_persons:
            found[name] = of_persons[name]
        elif name not in run.outputs and name not in model.parameters and name not in model.switches:
            known = [*inputs, *of_persons, *model.parameters, *model.switches, *run.outputs]
            raise UnknownName("column to carry", name, known)
    return found


def _by_sample(events: Events, run: Run, column: NDArray[Any], by_record: bool) -> NDArray[Any]:
    """A column of records at the samples: the record's own, or that of the last record so far."""
    kept = events if events.persons == run.persons else events.among([str(i + 1) for i in range(run.persons)])
    wide = column if kept is events else np.tile(column, run.persons)
    found = np.full(run.times.shape, np.nan, dtype=object if wide.dtype == object else float)
    for person in range(run.persons):
        rows = np.arange(kept.first[person], kept.first[person + 1])
        rows = rows[kept.silent[rows] == 0]
        if by_record:
            found[person, : rows.size] = wide[rows]
            continue
        at = np.searchsorted(kept.time[rows], run.times[person], side="right") - 1
        found[person, at >= 0] = wide[rows][at[at >= 0]]
    return found
