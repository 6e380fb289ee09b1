"""Parameters and switches of a run: the model's own, those that differ, and what is possible."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.expressions import Number
from openldn.engine.model import Model, check_range
from openldn.notation import InputError, QuantityError, UnknownName

Array = NDArray[np.float64]


def complete(model: Model, values: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """Every parameter and switch, with `values` in place of the model's own, and the number of persons.

    Each value is a number or an array (persons,); those of one person are all numbers. Raises UnknownName for a name that
    is none, InputError for numbers of persons that differ, QuantityError for a value that is physically impossible.
    """
    known = own_values(model)
    persons = 1
    for name, value in values.items():
        if name not in known:
            raise UnknownName("parameter or switch", name, known)
        try:
            known[name] = np.asarray(value, dtype=float)
        except (TypeError, ValueError):
            raise QuantityError(
                f"{name} is {str(value)[:40]!r}; give a number, or one for each person"
            ) from None
        if known[name].ndim:
            persons = max(persons, known[name].size)
        check_values(model, name, known[name])
    for name in values:
        if known[name].ndim > 1 or (known[name].ndim and known[name].size != persons):
            raise InputError(f"{name} has values of shape {known[name].shape} for {persons} persons")
        if persons == 1:
            known[name] = known[name].reshape(())  # one person's are the same as everybody's
    return known, persons


def own_values(model: Model) -> dict[str, Any]:
    """The model's own parameters and switches."""
    known: dict[str, Any] = {name: p.value for name, p in model.parameters.items()}
    for name, line in model.switches.items():
        known[name] = line.expression.value if isinstance(line.expression, Number) else 1.0
    return known


def check_values(model: Model, name: str, value: Array, where: str = "") -> None:
    """Raise QuantityError for the first value of a parameter or switch that is no number or physically impossible."""
    if name in model.switches:
        wrong = ~np.isin(value, (0.0, 1.0))
        if np.any(wrong):
            raise QuantityError(f"switch {name} is {_first(value, wrong):g}; it is 0 or 1")
        return
    parameter = model.parameters[name]
    low = -np.inf if parameter.low is None else parameter.low
    high = np.inf if parameter.high is None else parameter.high
    wrong = ~((value >= low) & (value <= high) & np.isfinite(value))
    if np.any(wrong):
        who = where or (f"person {int(np.flatnonzero(wrong)[0])}" if np.ndim(value) else "everybody")
        first = _first(value, wrong)
        if not np.isfinite(first):
            raise QuantityError(f"parameter {name} is {first:g}; it must be a finite number ({who})")
        check_range(parameter, first, who)


def part_of(values: Mapping[str, Any], who: Any) -> dict[str, Any]:
    """The values of some persons."""
    return {name: np.asarray(v)[who] if np.ndim(v) and np.size(v) > 1 else v for name, v in values.items()}


def _first(value: Array, wrong: Any) -> float:
    return float(np.atleast_1d(value)[np.flatnonzero(wrong)[0]])
