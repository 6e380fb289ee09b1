"""The reference solver: SciPy behind the interface that every solver of the engine has.

It is slow and careful, and stays as the oracle for whatever is faster. Persons are solved together
on one time grid, with the step held by the person who needs it smallest: DOP853's error norm is taken
for each person and the largest one decides. LSODA, for stiff models, solves one person at a time.
A value at the very time of a dose is the one before it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.expressions import Number
from openldn.engine.linear import linear_rates
from openldn.engine.model import Model
from openldn.engine.model_text import DOSE_UNIT
from openldn.engine.pruning import needed_states, silent_states
from openldn.engine.regimen import Dose
from openldn.engine.tape import Tape, constant
from openldn.notation import InputError, SolveError, UnknownName, convert

Array = NDArray[np.float64]
METHODS = ("DOP853", "LSODA")
LIMIT = 60_000_000  # numbers that a run may hold


def solve_reference(
    model: Model,
    doses: Sequence[Dose],
    times: Array,
    outputs: Sequence[str],
    given: Mapping[str, Any],
    persons: int,
    *,
    method: str,
    rtol: float,
    atol: float,
    progress: Callable[[float], None] | None = None,
) -> Array:
    """The outputs, shape (persons, times, outputs), for values that `complete` has completed.

    Raises InputError for a request too large to hold, SolveError naming the first person who could not be solved.
    """
    if persons * times.size * (len(outputs) + len(model.states)) > LIMIT:
        raise InputError(f"{persons} persons at {times.size} times are too many to hold; ask for fewer times")
    active = active_states(model, given, doses, outputs)
    start = np.empty((len(active), persons))
    for i, state in enumerate(s for s in model.states if s.name in active):
        start[i] = constant(model, given, state.expression)
    plan = _plan(model, given, active, doses, float(times[-1]), persons)
    states = np.empty((times.size, len(active), persons))
    groups = [slice(0, persons)] if method == "DOP853" else [slice(i, i + 1) for i in range(persons)]
    for group in groups:
        own = {name: _part(value, group) for name, value in given.items()}
        rates = rates_of(model, own, active, states[0, :, group].shape[-1])
        _solve(rates, start[:, group], plan, times, states, group, method, rtol, atol, progress)
    shown = Tape(model, given, active, outputs).evaluate(
        times[:, None], [states[:, i, :] for i in range(len(active))]
    )
    wide = [np.broadcast_to(value, (times.size, persons)) for value in shown]
    return np.stack(wide, axis=-1).transpose(1, 0, 2)


def active_states(
    model: Model, given: Mapping[str, Any], doses: Sequence[Dose], outputs: Sequence[str]
) -> list[str]:
    for dose in doses:
        if dose.route not in model.doses:
            raise UnknownName("route", dose.route, model.doses)
    dosed = {line.name for route in {dose.route for dose in doses} for line in model.doses[route]}
    off = [name for name in model.switches if np.all(np.asarray(given[name]) == 0)]
    silent, needed = silent_states(model, dosed, off), needed_states(model, outputs, off)
    return [s.name for s in model.states if s.name in needed and s.name not in silent]


@dataclass(frozen=True)
class _Segment:
    start: float
    end: float
    jump: Array = field(repr=False)  # (states, persons), added at the start
    inflow: Array | None = field(repr=False)  # (states, persons) per hour, while it lasts


def complete(model: Model, values: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """Every parameter and switch, with `values` in place of the model's own, and the number of persons."""
    known: dict[str, Any] = {name: p.value for name, p in model.parameters.items()}
    for name, line in model.switches.items():
        known[name] = line.expression.value if isinstance(line.expression, Number) else 1.0
    persons = 1
    for name, value in values.items():
        if name not in known:
            raise UnknownName("parameter or switch", name, known)
        known[name] = np.asarray(value, dtype=float)
        if known[name].ndim:
            persons = max(persons, known[name].size)
    for name in values:
        if known[name].ndim and known[name].size != persons:
            raise InputError(f"{name} has {known[name].size} values for {persons} persons")
    return known, persons


def _plan(
    model: Model,
    given: Mapping[str, Any],
    active: Sequence[str],
    doses: Sequence[Dose],
    end: float,
    persons: int,
) -> list[_Segment]:
    index = {name: i for i, name in enumerate(active)}
    share: dict[str, list[tuple[int, Array]]] = {}
    for route in {dose.route for dose in doses}:
        share[route] = [
            (
                index[line.name],
                _wide(constant(model, given, line.expression or Number(1.0)), persons)
                * convert(1.0, DOSE_UNIT, model.unit_of(line.name)),
            )
            for line in model.doses[route]
            if line.name in index
        ]
    edges = {0.0, end}
    for dose in doses:
        edges |= {dose.time_h, dose.time_h + dose.duration_h}
    marks = sorted(e for e in edges if 0 <= e <= end)
    pairs = list(pairwise(marks)) or [(end, end)]
    return [_segment(a, b, doses, share, len(index), persons) for a, b in pairs]


def _segment(
    start: float,
    end: float,
    doses: Sequence[Dose],
    share: Mapping[str, list[tuple[int, Array]]],
    states: int,
    persons: int,
) -> _Segment:
    jump, inflow = np.zeros((states, persons)), np.zeros((states, persons))
    for dose in doses:
        running = dose.duration_h > 0 and dose.time_h <= start < dose.time_h + dose.duration_h
        if running or (dose.duration_h == 0 and dose.time_h == start):
            for state, factor in share[dose.route]:
                if running:
                    inflow[state] += dose.amount_mg * factor / dose.duration_h
                else:
                    jump[state] += dose.amount_mg * factor
    return _Segment(start, end, jump, inflow if inflow.any() else None)


def rates_of(
    model: Model, values: Mapping[str, Any], active: Sequence[str], persons: int
) -> Callable[[float, Array], Array]:
    """The time derivatives as a function of t and states (states, persons), in the same shape."""
    matrix, offset, curved = linear_rates(model, values, active, persons)
    straight = _product(matrix, offset)
    if not curved:
        return straight
    tape, rows = Tape(model, values, active, [], rates_of=curved), [list(active).index(c) for c in curved]

    def both(t: float, y: Array) -> Array:
        found = straight(t, y)
        given: Sequence[Any] = y[:, 0].tolist() if persons == 1 else list(y)
        for row, value in zip(rows, tape.evaluate(t, given), strict=True):
            found[row] = value
        return found

    return both


def _product(matrix: Array, offset: Array) -> Callable[[float, Array], Array]:
    if len(matrix) == 1:
        return lambda t, y: matrix[0] @ y + offset.T
    return lambda t, y: np.asarray((np.matmul(matrix, y.T[:, :, None])[:, :, 0] + offset).T)


def _solve(
    rates: Callable[[float, Array], Array],
    y: Array,
    plan: Sequence[_Segment],
    times: Array,
    out: Array,
    group: slice,
    method: str,
    rtol: float,
    atol: float,
    progress: Callable[[float], None] | None,
) -> None:
    from scipy.integrate import LSODA, OdeSolver

    shape = y.shape
    kind: type[OdeSolver] = personwise(shape) if method == "DOP853" else LSODA
    at, first = 0, None
    for segment in plan:
        while at < times.size and times[at] <= segment.start:
            out[at, :, group] = y
            at += 1
        y = y + segment.jump[:, group]
        inflow = None if segment.inflow is None else segment.inflow[:, group]
        if segment.end <= segment.start:
            continue

        def change(t: float, flat: Array, inflow: Array | None = inflow) -> Array:
            found = rates(t, flat.reshape(shape))
            return (found if inflow is None else found + inflow).ravel()

        solver = kind(change, segment.start, y.ravel(), segment.end, rtol=rtol, atol=atol, first_step=first)
        while solver.status == "running":
            message = solver.step()
            if solver.status == "failed" or not np.all(np.isfinite(solver.y)):
                _fail(solver.t, solver.y.reshape(shape), group, message)
            if at < times.size and times[at] <= solver.t:
                stop = int(np.searchsorted(times, solver.t, side="right"))
                dense = solver.dense_output()(times[at:stop])
                out[at:stop, :, group] = dense.T.reshape(stop - at, *shape)
                at = stop
        y = solver.y.reshape(shape)
        if progress:
            progress(segment.end / plan[-1].end)
    out[at:, :, group] = y


def personwise(shape: tuple[int, ...]) -> type[Any]:
    """DOP853 whose error is the largest of the persons' own, not their mean."""
    from scipy.integrate import DOP853

    class Personwise(DOP853):  # type: ignore[misc]
        def _estimate_error_norm(self, K: Array, h: float, scale: Array) -> float:
            e5 = (np.dot(K.T, self.E5) / scale).reshape(shape)
            e3 = (np.dot(K.T, self.E3) / scale).reshape(shape)
            n5, n3 = np.sum(e5**2, axis=0), np.sum(e3**2, axis=0)
            size = np.sqrt((n5 + 0.01 * n3) * shape[0])
            errors = np.divide(n5, size, out=np.zeros_like(n5), where=size > 0)
            return float(np.abs(h) * np.max(errors))

    return Personwise


def _fail(t: float, y: Array, group: slice, message: str | None) -> None:
    bad = np.flatnonzero(~np.all(np.isfinite(y), axis=0))
    person = (group.start or 0) + (int(bad[0]) if bad.size else 0)
    raise SolveError(
        f"person {person} could not be solved at {t:.3g} h: {message or 'a value is not finite'}"
    )


def _wide(value: Any, persons: int) -> Array:
    return np.broadcast_to(np.asarray(value, dtype=float), (persons,)).copy()


def _part(value: Any, group: slice) -> Any:
    """A person's own part; for one person a plain float, which the tape computes fastest with."""
    part = value[group] if isinstance(value, np.ndarray) and value.ndim else value
    return float(np.reshape(part, -1)[0]) if np.size(part) == 1 else part
