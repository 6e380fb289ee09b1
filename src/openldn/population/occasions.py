"""Parameters that change within a person from one occasion to the next.

    value of person i on occasion k = value of person i × exp(κ_ik)        (or as `shapes` has it)

κ_ik comes from the stream "NAME occasion k" at place i, so that occasion 3 of person 17 is what it is whatever
the number of persons or occasions. The run is solved piece by piece: each piece starts at the states in which
the one before it ended, with the parameters of its occasion, by whatever solver is handed in. To that end the
model is given a start for every state, and a clock that starts late, as parameters.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine import Dose, Model, Parameter, Result, parameters_behind
from openldn.engine.expressions import Call, Expression, Symbol, symbols
from openldn.engine.persons import uniforms
from openldn.engine.pruning import needed_states
from openldn.engine.shapes import spread_out
from openldn.engine.solving import needs_events
from openldn.notation import InputError

Array = NDArray[np.float64]
Solver = Callable[[Model, Sequence[Dose], Array, Sequence[str], Mapping[str, Any]], Result]
BY_DOSE = "doses"
_CLOCK, _START = "_clock_h", "_start_of_"


@dataclass(frozen=True)
class Occasions:
    """`edges` are the hours at which a new occasion begins, the first one after 0."""

    edges: tuple[float, ...]
    parameters: tuple[str, ...]

    def values(
        self, model: Model, base: Mapping[str, Any], k: int, seed: int, who: range
    ) -> dict[str, Array]:
        """The parameters on occasion k of the persons `who`, about their own values in `base`."""
        found = {}
        for name in self.parameters:
            parameter = model.parameters[name]
            assert parameter.occasion is not None
            own = np.broadcast_to(np.asarray(base.get(name, parameter.value), dtype=float), (len(who),))
            u = uniforms(seed, f"{name} occasion {k}", len(who), who.start)
            found[name] = spread_out(parameter, parameter.occasion, own, u)
        return found


def occasions(
    model: Model,
    doses: Sequence[Dose],
    times: Array,
    outputs: Sequence[str],
    asked: str | Sequence[float] | None,
    off: Sequence[str] = (),
) -> Occasions | None:
    """The occasions of a run, or None where nothing varies between them.

    asked: "doses" (each dose begins one), hours, () for none, or None: by dose if any parameter varies so.
    off: switches at 0. Raises InputError for variation that would do nothing.
    """
    varying = tuple(name for name, p in model.parameters.items() if p.occasion is not None)
    _refuse_idle(model, varying)
    if not varying and asked is not None and len(asked):
        raise InputError(
            "occasions were asked for, but no parameter varies between them: none has an `occasion`"
        )
    if not varying or (asked is not None and not len(asked)):
        return None
    routes = {dose.route for dose in doses}
    behind = parameters_behind(model, outputs, [r for r in routes if r in model.doses], off)
    active = tuple(name for name in varying if name in behind)
    if not active:
        if asked is None:
            return None
        raise InputError(
            f"variation of {', '.join(varying)} between occasions would change nothing in {', '.join(outputs)}"
        )
    if isinstance(asked, str) and asked != BY_DOSE:
        raise InputError(f'occasions "{asked}": give "{BY_DOSE}" or hours')
    given = (
        [d.time_h for d in doses] if asked is None or isinstance(asked, str) else [float(h) for h in asked]
    )
    if not (asked is None or isinstance(asked, str)) and (
        sorted(set(given)) != given or min(given) <= 0 or min(given) >= times[-1]
    ):
        raise InputError(f"occasions at {given}: give increasing hours above 0, before the end of the run")
    return Occasions(tuple(sorted({h for h in given if 0 < h < times[-1]})), active)


def solve_by_occasion(
    solver: Solver,
    model: Model,
    doses: Sequence[Dose],
    times: Array,
    outputs: Sequence[str],
    values: Mapping[str, Any],
    changes: Sequence[Mapping[str, Array]],
    edges: Sequence[float],
) -> Result:
    """As the solver, with `changes[k]` in place of `values` from `edges[k - 1]` to `edges[k]`.

    Raises InputError for doses with a delay, which can be on their way at an edge: `simulate_population` takes them.
    """
    if late := [dose.route for dose in doses if needs_events(model, dose.route)]:
        raise InputError(
            f'doses of "{late[0]}" may be on their way when an occasion begins; give them as records'
        )
    ends = [0.0, *edges, float(times[-1])]
    off = [name for name in model.switches if not np.any(np.asarray(values.get(name, _default(model, name))))]
    carried = [s.name for s in model.states if s.name in needed_states(model, outputs, off)]
    later = _continued(model, carried)
    state: dict[str, Any] = {}
    parts: list[Array] = []
    for k, (a, b) in enumerate(pairwise(ends)):
        own = times[(times > a) & (times <= b)] if k else times[times <= b]
        grid = np.unique(np.append(own - a, b - a))
        given = {**values, **changes[k], **state}
        found = solver(later if k else model, _between(doses, a, b), grid, [*outputs, *carried], given)
        parts.append(found.values[:, : own.size, : len(outputs)])
        state = {f"{_START}{name}": found.of(name)[:, -1] for name in carried}
        state[_CLOCK] = b
    units = tuple(model.unit_of(name) for name in outputs)
    return Result(times, tuple(outputs), units, np.concatenate(parts, axis=1))


def _between(doses: Sequence[Dose], a: float, b: float) -> list[Dose]:
    """What is given from a until b, in hours after a; an infusion is cut at both ends."""
    found = []
    for dose in doses:
        start, end = max(dose.time_h, a), min(dose.time_h + dose.duration_h, b)
        if dose.duration_h > 0 and end > start:
            share = (end - start) / dose.duration_h
            found.append(Dose(start - a, dose.amount_mg * share, dose.route, end - start))
        elif dose.duration_h == 0 and a <= dose.time_h < b:
            found.append(Dose(dose.time_h - a, dose.amount_mg, dose.route))
    return found


def _continued(model: Model, carried: Sequence[str]) -> Model:
    """The model that starts at given states and a given hour: one object for one model, so that a solver which
    compiles does so once."""
    key = id(model), tuple(carried)
    if key not in _CONTINUED or _CONTINUED[key][0] is not model:
        if len(_CONTINUED) >= _KEPT:
            _CONTINUED.clear()
        _CONTINUED[key] = model, _with_starts(model, carried)
    return _CONTINUED[key][1]


_CONTINUED: dict[tuple[int, tuple[str, ...]], tuple[Model, Model]] = {}
_KEPT = 16


def _with_starts(model: Model, carried: Sequence[str]) -> Model:
    extra = {_CLOCK: Parameter(_CLOCK, 0.0, "h", "hour at which the piece starts")}
    states = []
    for state in model.states:
        if state.name in carried:
            name = f"{_START}{state.name}"
            extra[name] = Parameter(name, 0.0, state.unit, f"{state.name} at the start of the piece")
            state = replace(state, expression=Symbol(name))
        states.append(state)
    return replace(
        model,
        states=tuple(states),
        parameters={**model.parameters, **extra},
        assignments=tuple(replace(a, expression=_late(a.expression)) for a in model.assignments),
        rates={name: replace(r, expression=_late(r.expression)) for name, r in model.rates.items()},
    )


def _late(expression: Expression) -> Expression:
    if isinstance(expression, Symbol) and expression.name == "t":
        return Call("+", (expression, Symbol(_CLOCK)))
    if isinstance(expression, Call):
        return Call(expression.name, tuple(_late(part) for part in expression.arguments))
    return expression


def _default(model: Model, switch: str) -> float:
    return float(getattr(model.switches[switch].expression, "value", 1.0))


def _refuse_idle(model: Model, varying: Sequence[str]) -> None:
    lines = [line for lines in model.doses.values() for line in lines]
    used = {name for e in (*model.assignments, *model.rates.values()) for name in symbols(e.expression)}
    for line in lines:
        for part in (line.expression, line.lag, line.rate, line.duration):
            used |= set(symbols(part)) if part is not None else set()
    starts = {name for state in model.states for name in symbols(state.expression)}
    for name in varying:
        if name not in used:
            why = "it only sets where a state starts" if name in starts else "no equation uses it"
            raise InputError(f"variation of {name} between occasions would do nothing: {why}")
