"""Expressions as a flat list of NumPy operations over persons.

The tape of the reference solver: every operation of every equation in computable order, each reading
numbered slots and writing one. What depends on parameters alone is computed once per run; the rest
once per evaluation. Slots hold scalars or arrays of shape (persons,) or (times, persons).

Both branches of an `if` are computed, so where there is one a branch may divide by zero unheard.
"""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from openldn.engine.expressions import Call, Expression, Number, Symbol, symbols
from openldn.engine.model import Model


def _choose(condition: Any, yes: Any, no: Any) -> Any:
    return np.where(condition, yes, no)[()]


# The operators work on Python floats, where they are ten times faster than NumPy, and on arrays.
OPERATIONS: dict[str, Callable[..., Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "neg": operator.neg,
    "^": np.power, "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "tanh": np.tanh, "sin": np.sin,
    "cos": np.cos, "abs": np.abs, "min": np.minimum, "max": np.maximum,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
    "and": np.logical_and, "or": np.logical_or, "not": np.logical_not, "if": _choose,
}  # fmt: skip


@dataclass(frozen=True)
class _Step:
    operation: Callable[..., Any]
    arguments: tuple[int, ...]
    result: int


class Tape:
    """The equations of `model`, ready to be evaluated for given parameter values.

    values: every parameter and switch by name, each a number or an array (persons,).
    states: the states that are solved for, in their order; any other state is zero throughout.
    wanted, rates_of: the quantities, and after them the rates of states, that `evaluate` returns.
    """

    def __init__(
        self,
        model: Model,
        values: Mapping[str, Any],
        states: Sequence[str],
        wanted: Sequence[str],
        rates_of: Sequence[str] = (),
    ) -> None:
        self._slots: list[Any] = []
        self._names: dict[str, int] = {}
        self._memo: dict[Expression, int] = {}
        self._static: set[int] = set()
        self._steps: list[_Step] = []
        for name, value in values.items():
            self._static.add(self._new(name, value))
        self._time = self._new("t", 0.0)
        self._states = [self._new(name, 0.0) for name in states]
        for state in model.states:
            if state.name not in self._names:
                self._static.add(self._new(state.name, 0.0))
        roots = [*(Symbol(name) for name in wanted), *(model.rates[name].expression for name in rates_of)]
        used = _used(model, roots)
        formulas = {a.name: a.expression for a in model.assignments if a.name in used}
        self._branching = any(_branches(e) for e in (*formulas.values(), *roots))
        with self._quietly():
            for name, expression in formulas.items():
                self._names[name] = self._compile(expression)
            self._wanted = [self._compile(root) for root in roots]

    def evaluate(self, t: Any, states: Sequence[Any]) -> list[Any]:
        """The wanted quantities at time(s) `t` with the solved states at `states`."""
        slots = self._slots
        slots[self._time] = t
        for slot, value in zip(self._states, states, strict=True):
            slots[slot] = value
        with self._quietly():
            for step in self._steps:
                arguments = step.arguments
                if len(arguments) == 2:
                    slots[step.result] = step.operation(slots[arguments[0]], slots[arguments[1]])
                else:
                    slots[step.result] = step.operation(*(slots[a] for a in arguments))
        return [slots[slot] for slot in self._wanted]

    def _quietly(self) -> AbstractContextManager[object]:
        return np.errstate(all="ignore") if self._branching else nullcontext()

    def _new(self, name: str, value: Any) -> int:
        self._slots.append(value)
        if name:
            self._names[name] = len(self._slots) - 1
        return len(self._slots) - 1

    def _compile(self, expression: Expression) -> int:
        if expression in self._memo:
            return self._memo[expression]
        if isinstance(expression, Symbol):
            return self._names[expression.name]
        if isinstance(expression, Number):
            slot = self._new("", expression.value)
            self._static.add(slot)
        else:
            slot = self._call(expression)
        self._memo[expression] = slot
        return slot

    def _simpler(self, name: str, arguments: tuple[int, ...]) -> int | None:
        """The slot that already holds the result, where a part is always zero or always one."""
        if len(arguments) != 2:
            return None
        left, right = arguments
        if name in "+-" and self._is(right, 0.0):
            return left
        if name == "+" and self._is(left, 0.0):
            return right
        if name == "*":
            for one, other in ((left, right), (right, left)):
                if self._is(one, 0.0):
                    return one
                if self._is(one, 1.0):
                    return other
        return None

    def _is(self, slot: int, value: float) -> bool:
        return slot in self._static and bool(np.all(np.asarray(self._slots[slot]) == value))

    def _call(self, call: Call) -> int:
        arguments = tuple(self._compile(a) for a in call.arguments)
        static = self._static.issuperset(arguments)
        # Python's own division by zero is an error, even in a branch that is not taken or in what nobody asks for.
        operation = np.divide if (self._branching or static) and call.name == "/" else OPERATIONS[call.name]
        if static:
            slot = self._new("", operation(*(self._slots[a] for a in arguments)))
            self._static.add(slot)
        elif (kept := self._simpler(call.name, arguments)) is not None:
            return kept
        else:
            slot = self._new("", 0.0)
            self._steps.append(_Step(operation, arguments, slot))
        return slot


def constant(model: Model, values: Mapping[str, Any], expression: Expression) -> Any:
    """The value of an expression of parameters, switches and what follows from them alone; states and time are 0."""
    known: dict[str, Any] = {}

    def of(e: Expression) -> Any:
        if isinstance(e, Number):
            return np.float64(e.value)
        if isinstance(e, Call) and e.name == "if":
            with np.errstate(all="ignore"):
                return _choose(*(of(a) for a in e.arguments))
        if isinstance(e, Call):
            return OPERATIONS[e.name](*(of(a) for a in e.arguments))
        if e.name not in known:
            own = values.get(e.name)
            if own is not None:
                known[e.name] = np.float64(own) if isinstance(own, (int, float)) else own
            else:
                line = model.assigned.get(e.name)
                known[e.name] = np.float64(0.0) if line is None else of(line.expression)
        return known[e.name]

    if not model.assigned.keys().isdisjoint(symbols(expression)):
        used = _used(model, [expression]).difference(values)
        for name in (a.name for a in model.assignments if a.name in used):
            of(Symbol(name))  # in computable order, lest a long chain of formulas be as deep as it is long
    return of(expression)


def _branches(e: Expression) -> bool:
    return isinstance(e, Call) and (e.name == "if" or any(_branches(a) for a in e.arguments))


def _used(model: Model, roots: Iterable[Expression]) -> set[str]:
    assigned = {a.name: a.expression for a in model.assignments}
    found: set[str] = set()
    open_names = [name for root in roots for name in symbols(root)]
    while open_names:
        name = open_names.pop()
        if name in assigned and name not in found:
            found.add(name)
            open_names += symbols(assigned[name])
    return found
