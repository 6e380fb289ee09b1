"""Leaving out what cannot matter: states that stay zero in this run, and states nobody asked for.

Both are exact. A state is silent when it starts at zero, gets no dose, no line `at` or `when` sets it, and its rate
is zero as long as the silent states are. A state is needed when an output, or the rate of a needed state, depends on
it, or a line `at` or `when` that changes what they depend on.
"""

from collections.abc import Iterable

from openldn.engine.expressions import Call, Expression, Number, Symbol, symbols
from openldn.engine.model import LAST_DOSE, Model
from openldn.engine.resting import acting, at_rest
from openldn.engine.simplify import ZERO


def silent_states(model: Model, dosed: Iterable[str], off: Iterable[str] = ()) -> frozenset[str]:
    """The states that stay exactly zero when only `dosed` states get doses and `off` are switches at 0."""
    silent = {s.name for s in model.states if _vanishes(s.expression, set())} - set(dosed) - _acted_on(model)
    while True:
        zero = _zero(model, silent | set(off))
        loud = {name for name in silent if not _vanishes(model.rates[name].expression, zero)}
        if not loud:
            return frozenset(silent)
        silent -= loud


def needed_states(model: Model, outputs: Iterable[str], off: Iterable[str] = ()) -> frozenset[str]:
    """The states on which `outputs` depend, directly or through other states; `off` are switches at 0."""
    zero = _zero(model, off)
    assigned = {a.name: a.expression for a in model.assignments}
    found: set[str] = set()
    seen: set[str] = set()
    open_names = list(outputs)
    while open_names:
        name = open_names.pop()
        if name in seen:
            continue
        seen.add(name)
        open_names += _behind_actions(model, name, zero)
        if name in model.rates:
            found.add(name)
            open_names += _live(model.rates[name].expression, zero)
        elif name in assigned:
            open_names += _live(assigned[name], zero)
    return frozenset(found)


def parameters_behind(
    model: Model, outputs: Iterable[str], routes: Iterable[str], off: Iterable[str] = ()
) -> frozenset[str]:
    """The parameters that have a part in `outputs` when doses go in by `routes`.

    A term that is zero throughout, such as the release of a depot nobody was given, brings none; nor does
    the pace of a state that nothing moves from its start.
    """
    lines = [line for route in routes for line in model.doses[route]]
    dosed = {line.name for line in lines}
    zero = _zero(model, set(off) | silent_states(model, dosed, off))
    resting = at_rest(model, zero, dosed | _acted_on(model))
    known = {**dict.fromkeys(zero, ZERO), **resting}
    assigned = {a.name: a.expression for a in model.assignments}
    found: set[str] = set()
    seen: set[str] = set()
    open_names = [*outputs]
    for line in lines:
        if line.name in needed_states(model, outputs, off):
            for part in (line.expression, line.lag, line.rate, line.duration):
                open_names += symbols(part) if part is not None else ()
    while open_names:
        name = open_names.pop()
        if name in seen or name in known:
            continue
        seen.add(name)
        open_names += _behind_actions(model, name, zero)
        if name in model.parameters:
            found |= {name} - {LAST_DOSE}
            continue
        expression = model.rates[name].expression if name in model.rates else assigned.get(name)
        if expression is not None:
            touched = not resting.keys().isdisjoint(symbols(expression))
            open_names += acting(expression, known) if touched else _live(expression, zero)
    return frozenset(found)


def _acted_on(model: Model) -> set[str]:
    """The states and parameters that lines `at` and `when` change."""
    return {name for action in model.actions for name in action.changes(model.doses)}


def _behind_actions(model: Model, name: str, zero: set[str]) -> list[str]:
    """What decides whether, when and to what lines `at` and `when` change a state or parameter."""
    found: list[str] = []
    for action in model.actions:
        if name in action.changes(model.doses) or (action.route and name == LAST_DOSE):
            shares = [x.expression for x in model.doses.get(action.route, ()) if x.name == name]
            for part in (action.when, action.expression, *shares):
                found += _live(part, zero) if part is not None else []
    return found


def _zero(model: Model, names: Iterable[str]) -> set[str]:
    """`names` and the assignments that are zero for sure when these are."""
    found = set(names)
    for assignment in model.assignments:
        if _vanishes(assignment.expression, found):
            found.add(assignment.name)
    return found


def _live(expression: Expression, zero: set[str]) -> list[str]:
    """The symbols of an expression, without those of parts that are zero for sure."""
    if _vanishes(expression, zero):
        return []
    if isinstance(expression, Symbol):
        return [expression.name]
    if isinstance(expression, Call):
        return [name for part in expression.arguments for name in _live(part, zero)]
    return []


def _vanishes(expression: Expression, zero: set[str]) -> bool:
    """Whether the expression is zero for sure when every symbol in `zero` is."""
    if isinstance(expression, Number):
        return expression.value == 0
    if isinstance(expression, Symbol):
        return expression.name in zero
    return _call_vanishes(expression, zero)


def _call_vanishes(call: Call, zero: set[str]) -> bool:
    parts = [_vanishes(a, zero) for a in call.arguments]
    if call.name == "*":
        return any(parts)
    if call.name == "/":
        return parts[0]
    if call.name == "if":
        return parts[1] and parts[2]
    if call.name in ("+", "-", "min", "max", "neg", "abs", "sqrt", "tanh", "sin"):
        return all(parts)
    return False
