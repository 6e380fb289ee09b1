"""Building expressions without the parts that say nothing: x + 0, 1 · x, 2 · 3.

Each function is one operation of the language applied to its parts. Numbers are folded as long as the
result is finite; signs and numeric factors move to the front. x / x stays as it is, since x may be zero.
A literal with a unit stays as it is, so that what is built has the units that it had.
"""

import math
from dataclasses import replace

import numpy as np

from openldn.engine.expressions import Call, Expression, Number
from openldn.engine.tape import OPERATIONS

ZERO, ONE, TWO = Number(0.0), Number(1.0), Number(2.0)


def add(a: Expression, b: Expression) -> Expression:
    if a == ZERO:
        return b
    if b == ZERO:
        return a
    if _negative(b):
        return subtract(a, negate(b))
    return _folded("+", a, b)


def subtract(a: Expression, b: Expression) -> Expression:
    if b == ZERO:
        return a
    if a == ZERO:
        return negate(b)
    if a == b:
        return ZERO
    if _negative(b):
        return add(a, negate(b))
    return _folded("-", a, b)


def negate(a: Expression) -> Expression:
    if isinstance(a, Number):
        return replace(a, value=-a.value) if a.value else ZERO
    if isinstance(a, Call) and a.name == "neg":
        return a.arguments[0]
    if isinstance(a, Call) and a.name == "-":
        return Call("-", (a.arguments[1], a.arguments[0]))
    return Call("neg", (a,))


def multiply(a: Expression, b: Expression) -> Expression:
    if ZERO in (a, b):
        return ZERO
    if a == ONE:
        return b
    if b == ONE:
        return a
    if _minus(a):
        return negate(multiply(negate(a), b))
    if _minus(b):
        return negate(multiply(a, negate(b)))
    if isinstance(b, Number):
        a, b = b, a
    if isinstance(a, Number) and isinstance(b, Call) and b.name == "*" and isinstance(b.arguments[0], Number):
        return multiply(_folded("*", a, b.arguments[0]), b.arguments[1])
    return _folded("*", a, b)


def divide(a: Expression, b: Expression) -> Expression:
    if a == ZERO and b != ZERO:
        return ZERO
    if b == ONE:
        return a
    if _minus(a):
        return negate(divide(negate(a), b))
    if _minus(b):
        return negate(divide(a, negate(b)))
    return _folded("/", a, b)


def power(a: Expression, b: Expression) -> Expression:
    if b == ZERO:
        return ONE
    if b == ONE:
        return a
    return _folded("^", a, b)


def call(name: str, *arguments: Expression) -> Expression:
    """A function of the language, such as exp or max, or a condition; one that always holds is Number(1)."""
    if name == "if":
        condition, yes, no = arguments
        if isinstance(condition, Number):
            return yes if condition.value else no
        return yes if yes == no else Call(name, arguments)
    if name in ("and", "or"):
        for one, other in (arguments, arguments[::-1]):
            if isinstance(one, Number):
                return other if bool(one.value) == (name == "and") else one
    return _folded(name, *arguments)


def _negative(a: Expression) -> bool:
    return _minus(a) or (isinstance(a, Number) and a.value < 0)


def _minus(a: Expression) -> bool:
    return a == Number(-1.0) or (isinstance(a, Call) and a.name == "neg")


def _folded(name: str, *arguments: Expression) -> Expression:
    values = [a.value for a in arguments if isinstance(a, Number) and not a.unit]
    if len(values) == len(arguments):
        with np.errstate(all="ignore"):
            found = float(OPERATIONS[name](*(np.float64(v) for v in values)))
        if math.isfinite(found):
            return Number(found + 0.0)
    return Call(name, arguments)
