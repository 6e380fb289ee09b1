"""Rates that are linear in the states, written as a matrix.

Much of pharmacokinetics is dy/dt = A y + b with A and b fixed for a person. Where that holds, one product
per evaluation replaces a walk through the equations. It is found by following each rate with a linear
form, {state: coefficient} + constant; a rate that is anything else is left to the walk.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.expressions import Call, Expression, Number, Symbol, symbols
from openldn.engine.model import Model

Array = NDArray[np.float64]


@dataclass(frozen=True)
class _Form:
    constant: Any
    slopes: Mapping[str, Any] = field(default_factory=dict)


class _NotLinear(Exception):
    pass


def linear_rates(
    model: Model, values: Mapping[str, Any], states: Sequence[str], persons: int
) -> tuple[Array, Array, tuple[str, ...]]:
    """A, shape (persons, states, states), b, shape (persons, states), and the states that are not linear.

    The rows of those are zero. values: every parameter and switch; states: those solved for, any other
    being zero throughout.
    """
    known: dict[str, _Form] = {name: _Form(value) for name, value in values.items()}
    known.update({s.name: _Form(0.0) for s in model.states})
    known.update({name: _Form(0.0, {name: 1.0}) for name in states})
    matrix, offset = np.zeros((persons, len(states), len(states))), np.zeros((persons, len(states)))
    curved: list[str] = []
    with np.errstate(all="ignore"):  # a branch of an `if` that is not taken may divide by zero
        _add_formulas(model, known, states)
        for i, name in enumerate(states):
            try:
                form = _form(model.rates[name].expression, known)
            except _NotLinear:
                curved.append(name)
                continue
            offset[:, i] = form.constant
            for other, slope in form.slopes.items():
                matrix[:, i, states.index(other)] = slope
    return matrix, offset, tuple(curved)


def _add_formulas(model: Model, known: dict[str, _Form], states: Sequence[str]) -> None:
    """Forms of the assignments behind the rates, in their order; one that is not linear has none."""
    behind = {name for state in states for name in symbols(model.rates[state].expression)}
    for assignment in reversed(model.assignments):
        if assignment.name in behind:
            behind.update(symbols(assignment.expression))
    for assignment in model.assignments:
        if assignment.name in behind:
            with suppress(_NotLinear):
                known[assignment.name] = _form(assignment.expression, known)


def _form(expression: Expression, known: dict[str, _Form]) -> _Form:
    if isinstance(expression, Number):
        return _Form(expression.value)
    if isinstance(expression, Symbol):
        if expression.name not in known:
            raise _NotLinear  # time itself, or what is not linear
        return known[expression.name]
    return _of_call(expression, [_form(a, known) for a in expression.arguments])


def _of_call(call: Call, parts: list[_Form]) -> _Form:
    first = parts[0]
    if call.name in ("+", "-"):
        return _add(first, _scale(parts[1], 1.0 if call.name == "+" else -1.0))
    if call.name == "neg":
        return _scale(first, -1.0)
    if call.name == "*" and not (first.slopes and parts[1].slopes):
        fixed, moving = (first, parts[1]) if parts[1].slopes else (parts[1], first)
        return _scale(moving, fixed.constant)
    if call.name == "/" and not parts[1].slopes:
        return _scale(first, np.divide(1.0, parts[1].constant))
    if call.name == "if" and not first.slopes:
        return _choose(first.constant, *parts[1:])
    if any(part.slopes for part in parts):
        raise _NotLinear
    from openldn.engine.tape import OPERATIONS

    return _Form(OPERATIONS[call.name](*(part.constant for part in parts)))


def _choose(condition: Any, yes: _Form, no: _Form) -> _Form:
    names = dict.fromkeys((*yes.slopes, *no.slopes))
    slopes = {n: np.where(condition, yes.slopes.get(n, 0.0), no.slopes.get(n, 0.0)) for n in names}
    return _Form(np.where(condition, yes.constant, no.constant), slopes)


def _scale(form: _Form, factor: Any) -> _Form:
    return _Form(form.constant * factor, {name: slope * factor for name, slope in form.slopes.items()})


def _add(a: _Form, b: _Form) -> _Form:
    slopes = dict(a.slopes)
    for name, slope in b.slopes.items():
        slopes[name] = slopes[name] + slope if name in slopes else slope
    return _Form(a.constant + b.constant, slopes)
