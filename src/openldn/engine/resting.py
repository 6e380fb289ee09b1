"""States that never leave the number they start from, and what is left of an expression when they do not.

A state rests when its rate is zero at its start as long as the other resting states keep theirs: production
that nothing drives stays where it was. Shares of something at rest then say nothing either: w x + (1 − w) x
is x, which a derivative by w that simplifies to zero shows.
"""

from collections.abc import Callable, Iterable, Mapping

from openldn.engine.derivatives import derivative
from openldn.engine.expressions import Call, Expression, Number, Symbol, deciding, symbols
from openldn.engine.model import Model
from openldn.engine.simplify import ZERO, add, call, divide, multiply, negate, power, subtract

_OPERATORS: dict[str, Callable[..., Expression]] = {
    "+": add, "-": subtract, "*": multiply, "/": divide, "^": power, "neg": negate,
}  # fmt: skip


def at_rest(model: Model, zero: Iterable[str], dosed: Iterable[str]) -> dict[str, Expression]:
    """States and assignments that keep one number throughout, other than zero, when `zero` are zero.

    dosed: the states that get doses, which do not rest.
    """
    nothing: dict[str, Expression] = dict.fromkeys(zero, ZERO)
    resting: dict[str, Expression] = {
        s.name: Number(s.expression.value)
        for s in model.states
        if isinstance(s.expression, Number) and s.name not in nothing and s.name not in set(dosed)
    }
    while True:
        known = {**nothing, **resting}
        for assignment in model.assignments:
            if isinstance(value := put(assignment.expression, known), Number):
                known[assignment.name] = value
        moving = {name for name in resting if put(model.rates[name].expression, known) != ZERO}
        if not moving:
            return {name: value for name, value in known.items() if value != ZERO} if resting else {}
        resting = {name: value for name, value in resting.items() if name not in moving}


def put(expression: Expression, values: Mapping[str, Expression]) -> Expression:
    """The expression with `values` for symbols, simplified, its literals without their units."""
    if isinstance(expression, Symbol):
        return values.get(expression.name, expression)
    if isinstance(expression, Number):
        return Number(expression.value)
    parts = [put(a, values) for a in expression.arguments]
    operator = _OPERATORS.get(expression.name)
    return operator(*parts) if operator else call(expression.name, *parts)


def acting(expression: Expression, values: Mapping[str, Expression]) -> list[str]:
    """The symbols of which the expression is still a function once `values` are put in."""
    left = put(expression, values)
    if not isinstance(left, Call):
        return list(symbols(left))
    decide = set(deciding(left))
    return [n for n in dict.fromkeys(symbols(left)) if n in decide or derivative(left, n) != ZERO]
