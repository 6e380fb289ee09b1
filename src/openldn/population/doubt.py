"""Where the numbers themselves may lie: draws of parameters within the limits that a table gives.

A draw is one possible model, for a typical person. Low and high hold 95 % of the belief: between two
positive limits it is lognormal, else normal, cut to the physical range. Streams are keyed as persons are.
"""

import math

import numpy as np
from numpy.typing import NDArray

from openldn.engine import Model, Parameter
from openldn.population.persons import uniforms

Array = NDArray[np.float64]
_QUANTILE = 1.959963984540054  # of the standard normal at 97.5 %


def doubt(model: Model, draws: int, seed: int) -> dict[str, Array]:
    """`draws` possible values of every parameter whose table entry says how unsure it is."""
    return {
        name: _values(parameter, uniforms(seed, f"doubt {name}", draws))
        for name, parameter in model.parameters.items()
        if parameter.entry is not None and parameter.entry.unsure is not None
    }


def _values(parameter: Parameter, u: Array) -> Array:
    from scipy.special import ndtr, ndtri

    assert parameter.entry is not None
    assert parameter.entry.unsure is not None
    low, high = parameter.entry.unsure.low, parameter.entry.unsure.high
    logs = low > 0
    a, b = (math.log(low), math.log(high)) if logs else (low, high)
    middle, sd = (a + b) / 2, (b - a) / (2 * _QUANTILE)

    def share(limit: float | None, default: float) -> float:
        if limit is None or (logs and limit <= 0):
            return default
        return float(ndtr(((math.log(limit) if logs else limit) - middle) / sd))

    z = ndtri(share(parameter.low, 0.0) + u * (share(parameter.high, 1.0) - share(parameter.low, 0.0)))
    return np.asarray(np.exp(middle + sd * z) if logs else middle + sd * z)
