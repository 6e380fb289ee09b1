"""Parameters that change from record to record, and what they are in between.

    nocb    next observation carried backward: up to a record they already are what it says (NONMEM)
    locf    last observation carried forward: they stay what the last record said (rxode2)
    linear  a straight line from one given value to the next; after the last it stays

A straight line is exact, not a staircase: the parameter becomes an assignment of the model,

    WT = WT_from + WT_slope * (t - WT_since)

and each record sets its three numbers. Switches go by steps, as with locf. A compartment that records turn off has its rate
multiplied by a parameter that is 0 while it is off.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from openldn.engine.events.checks import fault
from openldn.engine.events.dosing import state_for
from openldn.engine.events.table import Events
from openldn.engine.expressions import Call, Expression, Symbol
from openldn.engine.model import TIME_UNIT, Equation, Model, Parameter
from openldn.notation import UnknownName

Array = NDArray[np.float64]
Whole = NDArray[np.int64]


def lines_between(name: str, time: Array, column: Array, first: Whole) -> dict[str, Array]:
    """The straight line that holds from each record on: where it comes from, its slope, and since when."""
    following, later = np.append(column[1:], column[-1:]), np.append(time[1:], time[-1:])
    rises = later > time
    rises[first[1:] - 1] = False
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.where(rises, (following - column) / (later - time), 0.0)
    return {f"{name}_from": column, f"{name}_slope": slope, f"{name}_since": time.copy()}


def with_slopes(model: Model, names: Sequence[str]) -> Model:
    """The model with each of `names`, parameters, replaced by a straight line in time."""
    if not names:
        return model
    parameters, lines = dict(model.parameters), []
    for name in names:
        old = parameters.pop(name)
        rate = f"{old.unit or '1'}/{TIME_UNIT}"
        parts = (
            (f"{name}_from", old.value, old.unit),
            (f"{name}_slope", 0.0, rate),
            (f"{name}_since", 0.0, TIME_UNIT),
        )
        parameters.update({symbol: Parameter(symbol, value, unit, "") for symbol, value, unit in parts})
        passed = Call("-", (Symbol("t"), Symbol(f"{name}_since")))
        line = Call("+", (Symbol(f"{name}_from"), Call("*", (Symbol(f"{name}_slope"), passed))))
        lines.append(Equation(name, old.unit, line, old.meaning, "", 0))
    states = tuple(replace(s, expression=_starting(s.expression, names)) for s in model.states)
    return replace(model, parameters=parameters, states=states, assignments=(*lines, *model.assignments))


def _starting(expression: Expression, names: Sequence[str]) -> Expression:
    """An initial value with the lines' starts in place of the lines."""
    if isinstance(expression, Symbol) and expression.name in names:
        return Symbol(f"{expression.name}_from")
    if isinstance(expression, Call):
        return replace(expression, arguments=tuple(_starting(a, names) for a in expression.arguments))
    return expression


def gates_of(model: Model, events: Events) -> dict[str, str]:
    """The states that records turn off (CMT −n), by the name of the parameter that does it."""
    found = {}
    for number, place in enumerate(events.places):
        if place.startswith("-") and np.any(events.into == number):
            try:
                state = state_for(model, place[1:])
            except UnknownName as error:
                at = int(np.flatnonzero(events.into == number)[0])
                raise fault(events, at, "CMT", str(error)) from None
            found[f"{state} is on"] = state
    return found


def with_gates(model: Model, gates: dict[str, str]) -> Model:
    """The model with the rates of those states multiplied by parameters that turn them off and on."""
    if not gates:
        return model
    rates, parameters = dict(model.rates), dict(model.parameters)
    for name, state in gates.items():
        rates[state] = replace(rates[state], expression=Call("*", (Symbol(name), rates[state].expression)))
        parameters[name] = Parameter(name, 1.0, "", f"whether {state} is on")
    return replace(model, rates=rates, parameters=parameters)
