"""What a quantity adds up to over time, as a state of its own."""

from dataclasses import replace

from openldn.engine.expressions import Number, Symbol
from openldn.engine.model import TIME_UNIT, Equation, Model


def with_integrals(model: Model, names: tuple[str, ...]) -> Model:
    """The model with a state `integral_NAME` that accumulates each named quantity over time."""
    states, rates = list(model.states), dict(model.rates)
    for name in names:
        unit = f"{model.unit_of(name)}*{TIME_UNIT}"
        equation = Equation(f"integral_{name}", unit, Number(0.0), f"{name} added up over time", "", 0)
        states.append(equation)
        rates[equation.name] = replace(equation, expression=Symbol(name))
    return replace(model, states=tuple(states), rates=rates)
