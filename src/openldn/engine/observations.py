"""What an assay prints of a model: the lines `observe`, with their residual error.

    observe DV [ug/L] = C * (1 + S * noise) + A * noise2 lloq 0.5 ug/L : what the assay prints

`noise` and `noise2` are standard normal numbers of the line, one of each for every person and record,
independent of one another and of those of every other line. Nothing in a model hangs on an observation.

    run = simulate(model, doses, times, needs(line), values)
    dv = observed(model, "DV", {"C": run.of("C"), "S": 0.1}, rng.standard_normal(run.of("C").shape))
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openldn.engine.expressions import Expression, symbols
from openldn.engine.model import Model, Observation
from openldn.engine.names import NOISE
from openldn.engine.tape import constant
from openldn.notation import InputError, UnknownName

Array = NDArray[np.float64]


def needs(observation: Observation) -> tuple[str, ...]:
    """The names of parameters, switches, states and assignments, and `t`, that the line and its limit are made of."""
    parts = (observation.expression, observation.lloq)
    return tuple(dict.fromkeys(n for e in parts if e is not None for n in symbols(e) if n not in NOISE))


def observed(
    model: Model, name: str, known: Mapping[str, ArrayLike], noise: ArrayLike = 0.0, noise2: ArrayLike = 0.0
) -> Array:
    """The observation `name`, in its unit and in the shape to which everything that it needs broadcasts.

    known: what the line needs, each a number or an array such as (persons, times), in the model's units.
    noise, noise2: standard normal numbers; 0 gives what is observed without error.
    What a limit of quantification leaves out is for the caller, by `lower_limit`.
    Raises UnknownName for another name, InputError for a quantity that is not given.

    >>> from openldn.engine import parse_model
    >>> m = parse_model("model m\\nparameter C [ug/L] = 2\\nobserve DV [ug/L] = C * exp(0.5 * noise)\\n")
    >>> observed(m, "DV", {"C": [2.0, 4.0]}, [0.0, 2.0]).round(3).tolist()
    [2.0, 10.873]
    """
    line = _line(model, name)
    return _value(model, line, line.expression, known, noise=noise, noise2=noise2)


def lower_limit(model: Model, name: str, known: Mapping[str, ArrayLike]) -> Array | None:
    """The limit of quantification of an observation, in its unit; None where it has none. Errors as `observed`."""
    line = _line(model, name)
    return None if line.lloq is None else _value(model, line, line.lloq, known)


def _line(model: Model, name: str) -> Observation:
    if name not in model.observations:
        raise UnknownName("observation", name, model.observations)
    return model.observations[name]


def _value(
    model: Model, line: Observation, expression: Expression, known: Mapping[str, ArrayLike], **more: ArrayLike
) -> Array:
    names = [n for n in dict.fromkeys(symbols(expression)) if n not in NOISE]
    missing = [n for n in names if n not in known]
    if missing:
        raise InputError(f'observation "{line.name}" needs {", ".join(missing)}; give what `needs` names')
    values: dict[str, Any] = {n: np.asarray(known[n], dtype=float) for n in names}
    values |= {n: np.asarray(value, dtype=float) for n, value in more.items()}
    with np.errstate(
        all="ignore"
    ):  # what has no value, such as the log of a negative number, is not a number
        found = constant(model, values, expression)
    shape = np.broadcast_shapes(*(value.shape for value in values.values()))
    return np.array(np.broadcast_to(found, shape), dtype=float)
