"""Derivatives of expressions, as expressions of the same language.

    derivative(e, "x")      ∂e/∂x, every other symbol held
    along(e, seeds)         Σ ∂e/∂x · seeds[x], the chain rule over symbols that have derivatives themselves
    chain(assignments, …)   the derivatives of assignments through one another, each an assignment of its own

Rules, with u' for the derivative of u:

    (u^n)' = n u^(n−1) u' + u^n log(u) n'        log: u'/u          sqrt: u' / (2 sqrt(u))
    tanh: (1 − tanh²) u'                         sin: cos u'        cos: −sin u'
    max(u, v)' = if(u > v, u', if(u < v, v', (u' + v') / 2))    min: the other way round
    abs(u)' = if(u > 0, u', if(u < 0, −u', 0))
    if(c, u, v)' = if(c, u', v')                 of the branch that is taken: a condition has no derivative

Where the branches of an `if` do not meet, its value jumps as the condition turns, and nothing here says so. At a
kink each min, max or abs gives the mean of its two one-sided derivatives. u^n log(u) is taken as
u^n log(max(u, 1e-300)): 0 at u = 0 where n > 0, as its limit is, and next to nothing where a solver's error has
carried u below 0. A derivative that is infinite, such as that of sqrt at 0, comes out as infinite or not a
number.

A derivative is built of the very parts of the expression, which solvers compute once, and each assignment's derivative
has a name: neither repeats what another holds.
"""

from collections.abc import Callable, Iterable, Mapping

from openldn.engine.expressions import Call, Expression, Number, Symbol, is_condition, symbols
from openldn.engine.model import Equation
from openldn.engine.simplify import ONE, TWO, ZERO, add, call, divide, multiply, negate, power, subtract

_TINY, _HALF = Number(1e-300), Number(0.5)


def derivative(expression: Expression, name: str) -> Expression:
    """∂expression/∂name, simplified."""
    return _Rules(name).of(expression)


def along(expression: Expression, seeds: Mapping[str, Expression]) -> Expression:
    """The derivative of an expression whose symbols have the derivatives `seeds`, and else none."""
    total: Expression = ZERO
    for name in dict.fromkeys(symbols(expression)):
        if seeds.get(name, ZERO) != ZERO:
            total = add(total, multiply(derivative(expression, name), seeds[name]))
    return total


def chain(
    assignments: Iterable[Equation],
    seeds: Mapping[str, Expression],
    made_of: Callable[[Equation, Expression], Equation],
) -> tuple[tuple[Equation, ...], dict[str, Expression]]:
    """The derivatives of `assignments`, in computable order, where those of some symbols are `seeds`.

    made_of: the assignment that holds the derivative of another, given both; not asked for one that is
        zero, a number or a symbol.
    Returns the new assignments in computable order, and every derivative by name, the seeds included.
    """
    known, made = dict(seeds), []
    for equation in assignments:
        found = along(equation.expression, known)
        if isinstance(found, Call):
            made.append(made_of(equation, found))
            found = Symbol(made[-1].name)
        known[equation.name] = found
    return tuple(made), known


class _Rules:
    def __init__(self, name: str) -> None:
        self.name = name
        self.memo: dict[Expression, Expression] = {}

    def of(self, e: Expression) -> Expression:
        if isinstance(e, Number):
            return ZERO
        if isinstance(e, Symbol):
            return ONE if e.name == self.name else ZERO
        if is_condition(e):
            return ZERO
        if e not in self.memo:
            slopes = tuple(self.of(a) for a in e.arguments)
            self.memo[e] = ZERO if all(s == ZERO for s in slopes) else self.rule(e, slopes)
        return self.memo[e]

    def rule(self, e: Call, slopes: tuple[Expression, ...]) -> Expression:
        if len(e.arguments) == 1:
            return self.of_one(e, e.arguments[0], slopes[0])
        if e.name == "if":
            return call("if", e.arguments[0], *slopes[1:])
        (u, v), (du, dv) = e.arguments, slopes
        if e.name == "+":
            return add(du, dv)
        if e.name == "-":
            return subtract(du, dv)
        if e.name == "*":
            return add(multiply(du, v), multiply(u, dv))
        if e.name == "/":
            return divide(subtract(du, multiply(e, dv)), v)
        if e.name == "^":
            return self.of_power(e, u, v, du, dv)
        first, second = (du, dv) if e.name == "max" else (dv, du)
        return _by_sides(u, v, first, second, multiply(_HALF, add(du, dv)))

    def of_power(self, e: Call, u: Expression, n: Expression, du: Expression, dn: Expression) -> Expression:
        less = subtract(_plain(n), ONE)
        by_base = multiply(multiply(_plain(n), power(u, less)), du)
        return add(by_base, multiply(multiply(e, call("log", call("max", u, _TINY))), dn))

    def of_one(self, e: Call, u: Expression, du: Expression) -> Expression:
        if e.name == "neg":
            return negate(du)
        if e.name == "exp":
            return multiply(e, du)
        if e.name == "log":
            return divide(du, u)
        if e.name == "sqrt":
            return divide(du, multiply(TWO, e))
        if e.name == "tanh":
            return multiply(subtract(ONE, multiply(e, e)), du)
        if e.name == "sin":
            return multiply(call("cos", u), du)
        if e.name == "cos":
            return negate(multiply(call("sin", u), du))
        return _by_sides(u, ZERO, du, negate(du), ZERO)


def _by_sides(
    u: Expression, v: Expression, above: Expression, below: Expression, between: Expression
) -> Expression:
    """One of three, as u is above v, below it, or neither."""
    return call("if", call(">", u, v), above, call("if", call("<", u, v), below, between))


def _plain(e: Expression) -> Expression:
    """A written minus before a number as the number that it means: an exponent of units must be one."""
    if isinstance(e, Call) and e.name == "neg" and isinstance(e.arguments[0], Number):
        return negate(e.arguments[0])
    return e
