"""From a uniform number to a value with a given spread about a centre.

    lognormal   centre × exp(σ z),  σ² = ln(1 + CV²)
    normal      centre + sd × z
    logit       low + (high − low) / (1 + exp(−(λ + s z))),  λ the logit of the centre's place in the range

z = Φ⁻¹(u), and u is first cut to the part of the unit interval that keeps the value in its physical range.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from openldn.engine.parameters import Parameter, Spread
from openldn.notation import InputError, convert

Array = NDArray[np.float64]


def spread_out(parameter: Parameter, spread: Spread, centre: float | Array, u: Array) -> Array:
    """The values at `u` (persons,) of a parameter with that spread about `centre`, in its own unit.

    Raises InputError for a centre that the shape cannot have.
    """
    if spread.logit_sd is not None:
        return _logit(parameter, spread.logit_sd, np.asarray(centre), u)
    if spread.cv is not None:
        if np.any(np.asarray(centre) <= 0):
            raise InputError(f"{parameter.symbol} varies by a CV, so its centre must be above zero")
        sigma = math.sqrt(math.log1p(spread.cv**2))
        z = _cut(parameter, u, lambda limit: _log(limit, centre) / sigma if limit > 0 else -math.inf)
        return np.asarray(centre * np.exp(sigma * z))
    unit = parameter.entry.unit if parameter.entry is not None else parameter.unit
    sd = convert(float(spread.sd or 0.0), unit, parameter.unit)
    return np.asarray(centre + sd * _cut(parameter, u, lambda limit: (limit - centre) / sd))


def _cut(parameter: Parameter, u: Array, place: Callable[[float], float | Array]) -> Array:
    from scipy.special import ndtr, ndtri

    low, high = (
        default if limit is None else ndtr(place(limit))
        for limit, default in ((parameter.low, 0.0), (parameter.high, 1.0))
    )
    return np.asarray(ndtri(low + u * (high - low)))


def _log(limit: float, centre: float | Array) -> float | Array:
    return math.log(limit / centre) if isinstance(centre, float) else np.log(limit / centre)


def _logit(parameter: Parameter, sd: float, centre: Array, u: Array) -> Array:
    from scipy.special import expit, logit, ndtri

    assert parameter.low is not None
    assert parameter.high is not None
    width = parameter.high - parameter.low
    share = (centre - parameter.low) / width
    if np.any((share <= 0) | (share >= 1)):
        raise InputError(f"{parameter.symbol} varies on the logit, so its centre must be inside its range")
    return np.asarray(parameter.low + width * expit(logit(share) + sd * ndtri(u)))
