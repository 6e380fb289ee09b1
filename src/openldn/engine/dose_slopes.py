"""How what a dose does answers to a parameter: the dose lines of a model with sensitivities.

A dose of F·A into x at τ = t + L(θ) makes x jump, and with it every rate. With s = ∂x/∂θ,

    s after = s before + ∂F/∂θ · A − (f after − f before) · ∂τ/∂θ.

An infusion changes only its own state's rate, by r at its beginning and −r at its end; in between it brings
∂r/∂θ. Of a dose at once f after − f before is F·A·∂f/∂x where the rates are straight lines in x, with slopes that
are parameters, as they are for a depot; elsewhere the derivative by a delay is refused.

It follows from differentiating x(t) = x(τ) + ∫ f on both sides of τ; the tests hold it against differences of runs.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from openldn.engine.derivatives import along
from openldn.engine.expressions import Call, Expression, Symbol, symbols
from openldn.engine.jacobian import jacobian
from openldn.engine.model import Model
from openldn.engine.model_text import DoseSlopes, Line
from openldn.engine.simplify import ONE, ZERO


def sloped_line(
    model: Model,
    line: Line,
    known: Mapping[str, Expression],
    carried: Callable[[str], str],
) -> Line | None:
    """The dose line of the derivative of `line`'s state; None where nothing of it depends on the parameter.

    known: the derivatives of parameters, states and assignments. carried: the name of a state's derivative.
    """
    share, lag, rate, duration = (
        along(e, known) if e is not None else ZERO
        for e in (line.expression or ONE, line.lag, line.rate, line.duration)
    )
    if share == lag == rate == duration == ZERO:
        return None
    turns = None if lag == ZERO else _turns(model, line.name, carried)
    slopes = DoseSlopes(line, share, lag, rate, duration, turns)
    return replace(line, name=carried(line.name), expression=share, slopes=slopes)


def _turns(model: Model, state: str, carried: Callable[[str], str]) -> dict[str, Expression] | None:
    found = jacobian(model, (state,))
    assigned = {a.name: a.expression for a in (*model.assignments, *found.assignments)}
    steady = {*model.parameters, *model.switches}
    turns = {carried(row): _expanded(entry, assigned) for (row, _), entry in found.entries.items()}
    if any(name not in steady for entry in turns.values() for name in symbols(entry)):
        return None
    return turns


def _expanded(expression: Expression, assigned: Mapping[str, Expression]) -> Expression:
    """The expression with what is assigned written out."""
    if isinstance(expression, Symbol) and expression.name in assigned:
        return _expanded(assigned[expression.name], assigned)
    if isinstance(expression, Call):
        return replace(expression, arguments=tuple(_expanded(e, assigned) for e in expression.arguments))
    return expression
