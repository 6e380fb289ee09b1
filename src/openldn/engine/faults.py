"""Which equation of a model is to blame when a number is lost: the first that is not finite."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from openldn.engine.expressions import symbols
from openldn.engine.model import Equation, Model
from openldn.engine.tape import Tape


def fault_at(
    model: Model, values: Mapping[str, Any], states: Sequence[str], t: float, at: Sequence[float]
) -> str:
    """Which and why, for the values `at` of the solved `states`; empty if every equation is finite."""
    lost = [name for name, value in zip(states, at, strict=True) if not np.isfinite(value)]
    if lost:
        return f"{lost[0]} is no longer a finite number{_place(model.rates[lost[0]])}"
    named: list[tuple[str, Equation]] = [(a.name, a) for a in model.assignments]
    named += [(f"d/dt({name})", model.rates[name]) for name in states]
    known = {name: np.asarray(value, dtype=float) for name, value in values.items()}
    here = [np.asarray(x, dtype=float) for x in at]
    with np.errstate(all="ignore"):
        tape = Tape(model, known, states, [a.name for a in model.assignments], states)
        found = tape.evaluate(np.asarray(t), here)
    known.update(zip(states, here, strict=True))
    for (name, equation), value in zip(named, found, strict=True):
        known.setdefault(name, value)
        if not np.all(np.isfinite(value)):
            zero = [
                f"{s} = 0"
                for s in dict.fromkeys(symbols(equation.expression))
                if np.all(known.get(s, 1) == 0)
            ]
            return f"{name} is not a finite number{(zero and ' with ' + ', '.join(zero)) or ''}{_place(equation)}"
    return ""


def no_step(
    model: Model, values: Mapping[str, Any], states: Sequence[str], t: float, at: Sequence[float]
) -> str:
    """That no step was small enough, and which state changes fastest there for its size, with file and line."""
    known = {name: np.asarray(value, dtype=float) for name, value in values.items()}
    here = np.array(at, dtype=float)
    with np.errstate(all="ignore"):
        found = Tape(model, known, states, [], states).evaluate(np.asarray(t), list(here))
        rates = np.abs(np.array([float(x) for x in found]))
        worst = int(np.nanargmax(rates / np.maximum(np.abs(here), 1e-300)))
    name = states[worst]
    speed = f"{rates[worst]:.2g} {model.unit_of(name)} an hour"
    return (
        f'the solver found no step small enough: "{name}" changes by {speed} there{_place(model.rates[name])}'
    )


def _place(equation: Equation) -> str:
    return f" ({equation.file}, line {equation.line})" if equation.line else ""
