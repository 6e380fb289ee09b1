"""How outputs answer to parameters, solved beside the model itself.

    with_sensitivities(model, parameters, outputs)   a model with further states, for any solver
    sensitivities(model, events, …)                  that model solved, as an array

For a state x with x' = f(x, θ, t) the derivative s = ∂x/∂θ obeys s' = Σ ∂f/∂x s + ∂f/∂θ, and starts at the
derivative of x's initial value. What a dose adds to s, also by its delay, rate or duration, is in
`dose_slopes`. These equations are written in the model language, so every solver runs them as it runs the model.

A sensitivity is carried times a scale of its parameter (`scale_KIN`, the size of its central value, or 1
where that is 0): then it has the unit and the order of magnitude of its state, and a dose into it is a mass.
The outputs `d_C_N_by_KIN` are plain derivatives, in the unit of the output over that of the parameter.

Not covered, and refused: derivatives by switches, by the delay of a dose that is put at once where rates are no
straight lines, and by what moves the time at which an `if` turns, since its value may jump there. At a kink (min, max,
abs) the mean of the sides is taken; see `derivatives`.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.derivatives import along, chain
from openldn.engine.dose_slopes import sloped_line
from openldn.engine.events.table import Events
from openldn.engine.expressions import Expression, Symbol, deciding, symbols
from openldn.engine.model import Equation, Model, Parameter
from openldn.engine.model_text import Line
from openldn.engine.run import Run
from openldn.engine.running import simulate
from openldn.engine.simplify import ZERO, divide
from openldn.notation import InputError, UnknownName, unit_over

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Sensitivities:
    """`values`, shape (persons, samples, outputs, parameters), are ∂output/∂parameter in `units`
    (outputs, parameters); `run` holds the outputs themselves."""

    run: Run
    parameters: tuple[str, ...]
    units: tuple[tuple[str, ...], ...]
    values: Array = field(repr=False)

    def of(self, output: str, parameter: str) -> Array:
        """∂output/∂parameter, shape (persons, samples). Raises UnknownName."""
        if parameter not in self.parameters:
            raise UnknownName("parameter", parameter, self.parameters)
        if output not in self.run.outputs:
            raise UnknownName("output", output, self.run.outputs)
        return self.values[:, :, self.run.outputs.index(output), self.parameters.index(parameter)]


def sensitivities(
    model: Model,
    events: Events,
    times: Sequence[float] | Array | None,
    outputs: Sequence[str],
    parameters: Sequence[str],
    values: Mapping[str, Any] | None = None,
    **options: Any,
) -> Sensitivities:
    """The outputs of `model` at `times` and their derivatives by `parameters`, for every person.

    The other arguments are those of `simulate`, and so are the errors; an unknown parameter raises UnknownName.
    """
    whole = with_sensitivities(model, parameters, outputs)
    names = [sensitivity_name(output, p) for output in outputs for p in parameters]
    found = simulate(whole, events, times, (*outputs, *names), values, **options)
    n = len(outputs)
    shape = (*found.values.shape[:2], n, len(parameters))
    units = tuple(tuple(whole.unit_of(sensitivity_name(output, p)) for p in parameters) for output in outputs)
    own = replace(found, outputs=found.outputs[:n], units=found.units[:n], values=found.values[:, :, :n])
    return Sensitivities(own, tuple(parameters), units, found.values[:, :, n:].reshape(shape))


def sensitivity_name(output: str, parameter: str) -> str:
    """The name of ∂output/∂parameter in a model with sensitivities."""
    return f"d_{output}_by_{parameter}"


def with_sensitivities(model: Model, parameters: Sequence[str], outputs: Sequence[str]) -> Model:
    """The model with the outputs `d_OUTPUT_by_PARAMETER`, and the states, doses and assignments behind them.

    Raises UnknownName for a parameter or output that is not there, InputError where a name is taken and
    where a parameter moves the time at which an `if` behind the outputs turns, or the model has lines `at` or `when`.
    """
    for output in outputs:
        model.unit_of(output)
    for action in model.actions:
        raise InputError(
            f'sensitivities do not follow a line "{action.kind}" ({action.file}, line {action.line}); compare two runs'
        )
    wide = model
    for parameter in dict.fromkeys(parameters):
        if parameter not in model.parameters:
            raise UnknownName("parameter", parameter, model.parameters)
        wide = _Extension(model, parameter).onto(wide, outputs)
    return wide


class _Extension:
    """Everything that one parameter adds to a model."""

    def __init__(self, model: Model, parameter: str) -> None:
        self.model, self.theta = model, model.parameters[parameter]
        size = abs(self.theta.value) or 1.0
        meaning = f"scale in which sensitivities to {parameter} are carried"
        self.scale = Parameter(f"scale_{parameter}", size, self.theta.unit, meaning)

    def onto(self, wide: Model, outputs: Sequence[str]) -> Model:
        model, theta = self.model, self.theta.symbol
        moved = _answering(model, theta)
        _refuse_turning(model, theta, moved, outputs)
        seeds: dict[str, Expression] = {theta: Symbol(self.scale.symbol)}
        seeds |= {name: Symbol(self.carried(name)) for name in moved}
        made, known = chain(model.assignments, seeds, self.assignment)
        states = [self.state(s, seeds) for s in model.states if s.name in moved]
        rates = {
            self.carried(name): replace(
                model.rates[name], name=self.carried(name), expression=self.along(model.rates[name], known)
            )
            for name in moved
        }
        doses = {route: self.doses(lines, known) for route, lines in model.doses.items()}
        shown = tuple(self.output(name, known) for name in dict.fromkeys(outputs))
        new = [*(s.name for s in states), *(e.name for e in (*made, *shown)), self.scale.symbol]
        _refuse_taken(wide, new)
        return replace(
            wide,
            states=(*wide.states, *states),
            rates={**wide.rates, **rates},
            assignments=(*wide.assignments, *made, *shown),
            parameters={**wide.parameters, self.scale.symbol: self.scale},
            doses={route: (*lines, *doses[route]) for route, lines in wide.doses.items()},
        )

    def carried(self, name: str) -> str:
        return f"{name}_along_{self.theta.symbol}"

    def meaning(self, name: str) -> str:
        return f"derivative of {name} by {self.theta.symbol}, times {self.scale.symbol}"

    def assignment(self, equation: Equation, found: Expression) -> Equation:
        name = equation.name
        return replace(equation, name=self.carried(name), expression=found, meaning=self.meaning(name))

    def state(self, state: Equation, seeds: Mapping[str, Expression]) -> Equation:
        return self.assignment(state, along(state.expression, seeds))

    def along(self, equation: Equation, known: Mapping[str, Expression]) -> Expression:
        return along(equation.expression, known)

    def doses(self, lines: Sequence[Line], known: Mapping[str, Expression]) -> tuple[Line, ...]:
        found = (sloped_line(self.model, line, known, self.carried) for line in lines)
        return tuple(line for line in found if line is not None)

    def output(self, name: str, known: Mapping[str, Expression]) -> Equation:
        theta = self.theta
        found = divide(known.get(name, ZERO), Symbol(self.scale.symbol))
        meaning = f"derivative of {name} by {theta.symbol}"
        unit = unit_over(self.model.unit_of(name), theta.unit)
        return Equation(sensitivity_name(name, theta.symbol), unit, found, meaning, "", 0)


def _answering(model: Model, theta: str) -> tuple[str, ...]:
    """The states that depend on the parameter, in their order."""
    assigned = {a.name: a.expression for a in model.assignments}
    moved = {theta}

    def touched(expression: Expression) -> bool:
        return any(name in moved for name in symbols(expression))

    while True:
        before = len(moved)
        moved |= {name for name, e in assigned.items() if touched(e)}
        moved |= {name for name, rate in model.rates.items() if touched(rate.expression)}
        moved |= {s.name for s in model.states if touched(s.expression)}
        for line in (line for lines in model.doses.values() for line in lines):
            numbers = (line.expression, line.lag, line.rate, line.duration)
            moved |= {line.name} if any(e is not None and touched(e) for e in numbers) else set()
        if len(moved) == before:
            return tuple(s.name for s in model.states if s.name in moved)


def _refuse_turning(model: Model, theta: str, moved: Sequence[str], outputs: Sequence[str]) -> None:
    """Refuse a parameter on which a condition depends that has a part in the outputs."""
    for name in _behind(model, outputs):
        equation = model.rates.get(name) or model.assigned.get(name)
        decide = (
            set() if equation is None else _behind(model, deciding(equation.expression), stop=model.rates)
        )
        if decide & {theta, *moved}:
            raise InputError(
                f'a condition in "{name}" depends on {theta}, and what jumps has no derivative where it jumps; if its '
                "branches meet, write it with min and max"
            )


def _behind(model: Model, names: Iterable[str], stop: Container[str] = ()) -> set[str]:
    """`names` and all that their equations need, but for what the equations of `stop` do."""
    found: set[str] = set()
    open_names = list(names)
    while open_names:
        name = open_names.pop()
        if name not in found:
            found.add(name)
            equation = None if name in stop else model.rates.get(name) or model.assigned.get(name)
            open_names += [] if equation is None else symbols(equation.expression)
    return found


def _refuse_taken(model: Model, names: Sequence[str]) -> None:
    taken = {*model.parameters, *model.switches, *(e.name for e in (*model.states, *model.assignments))}
    for name in names:
        if name in taken:
            raise InputError(f'"{name}" is a name of the model already, so its sensitivities cannot be added')
