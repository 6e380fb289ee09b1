"""Where the numbers themselves may lie: draws of parameters within the limits that a table gives.

A draw is one possible model; `simulate_doubt` puts a population about each, the same persons in every one.
Low and high hold 95 % of the belief: between two positive limits it is lognormal, else normal, cut to the
physical range. Streams are keyed as persons are.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine import Events, Model, Parameter
from openldn.engine.persons import uniforms
from openldn.notation import InputError
from openldn.population.simulate import simulate_population
from openldn.population.summaries import Summaries

Array = NDArray[np.float64]
_QUANTILE = 1.959963984540054  # of the standard normal at 97.5 %


def doubt(model: Model, draws: int, seed: int) -> dict[str, Array]:
    """`draws` possible values of every parameter whose table entry says how unsure it is."""
    return {
        name: _values(parameter, uniforms(seed, f"doubt {name}", draws))
        for name, parameter in model.parameters.items()
        if parameter.entry is not None and parameter.entry.unsure is not None
    }


def simulate_doubt(
    model: Model,
    events: Events,
    times: Array,
    outputs: Sequence[str],
    draws: int,
    persons: int,
    seed: int,
    *,
    adjust: Callable[[Mapping[str, Array]], Mapping[str, Array]] | None = None,
    centres: Mapping[str, float] | None = None,
    **options: Any,
) -> tuple[Summaries, ...]:
    """Summaries of one population for each possible model: what persons differ by inside, doubt outside.

    adjust: what the drawn centres entail for others, such as `pharmacology.kept_to_scans`.
    centres: of parameters that are not in doubt; options: as for simulate_population.
    """
    if draws < 1:
        raise InputError(f"{draws} draws: ask for 1 or more")
    drawn: Mapping[str, Array] = doubt(model, draws, seed)
    if adjust is not None:
        drawn = adjust(drawn)
    each = [{name: float(np.broadcast_to(v, (draws,))[i]) for name, v in drawn.items()} for i in range(draws)]
    return tuple(
        simulate_population(
            model, events, times, outputs, persons, seed, centres={**(centres or {}), **about}, **options
        )
        for about in each
    )


def over_doubt(
    summaries: Sequence[Summaries], reading: Callable[[Summaries], Array | float], q: float
) -> Array:
    """The quantile q, over possible models, of what is read off each one's population."""
    return np.asarray(np.quantile(np.stack([np.asarray(reading(s)) for s in summaries]), q, axis=0))


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
