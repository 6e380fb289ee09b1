"""How the rates of a model answer to its states, or to its parameters: the matrix of derivatives.

Everything on which a rate depends through assignments is followed. The derivatives of assignments get
names and are shared between the entries of a column, so the matrix is not much longer than the model.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.derivatives import along, chain
from openldn.engine.expressions import Expression
from openldn.engine.model import Equation, Model
from openldn.engine.simplify import ONE, ZERO
from openldn.engine.tape import Tape
from openldn.notation import UnknownName

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Jacobian:
    """∂(rate of a row)/∂(column), zero where `entries` has none. The entries use `assignments`, which
    follow the model's own; their names are no names of the language, so they cannot clash."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    entries: Mapping[tuple[str, str], Expression] = field(repr=False)
    assignments: tuple[Equation, ...] = field(repr=False)
    model: Model = field(repr=False)

    def evaluate(self, values: Mapping[str, Any], t: Any, states: Sequence[Any]) -> Array:
        """The matrix, shape (…, rows, columns), at time `t` with each state (in the order of rows) given.

        values: parameters and switches, all of them; t, each state and each value is a number or an
            array, and … is the shape to which they broadcast.
        """
        wanted = {key: _name(f"rate of {key[0]}", key[1]) for key in self.entries}
        own = tuple(_equation(name, self.entries[key]) for key, name in wanted.items())
        whole = replace(self.model, assignments=(*self.model.assignments, *self.assignments, *own))
        found = Tape(whole, values, self.rows, list(wanted.values())).evaluate(t, states)
        shape = np.broadcast_shapes(*(np.shape(part) for part in (t, *states, *values.values())))
        matrix = np.zeros((*shape, len(self.rows), len(self.columns)))
        for (row, column), value in zip(self.entries, found, strict=True):
            matrix[..., self.rows.index(row), self.columns.index(column)] = value
        return matrix


def jacobian(model: Model, by: Sequence[str] | None = None) -> Jacobian:
    """The matrix for `model` by the states, or by the states and parameters named in `by`.

    Raises UnknownName.
    """
    rows = tuple(state.name for state in model.states)
    free = {*rows, *model.parameters}
    entries: dict[tuple[str, str], Expression] = {}
    extra: list[Equation] = []
    for column in rows if by is None else by:
        if column not in free:
            raise UnknownName("state or parameter", column, free)

        def made_of(equation: Equation, found: Expression, column: str = column) -> Equation:
            return _equation(_name(equation.name, column), found)

        made, known = chain(model.assignments, {column: ONE}, made_of)
        extra += made
        for row in rows:
            entry = along(model.rates[row].expression, known)
            if entry != ZERO:
                entries[row, column] = entry
    return Jacobian(rows, rows if by is None else tuple(by), entries, tuple(extra), model)


def _name(name: str, column: str) -> str:
    return f"{name} by {column}"


def _equation(name: str, expression: Expression) -> Equation:
    return Equation(name, "", expression, "", "", 0)
