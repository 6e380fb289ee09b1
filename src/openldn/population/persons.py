"""Persons by number: person 17 has the same parameters in every arm and at every population size.

Each parameter that varies has a random stream of its own, keyed by the seed and its name; a person's
number is the place in that stream. So a further parameter, or a further person, changes nobody.

    parameter of person i = centre × exp(σ z_i),  σ² = ln(1 + CV²),  z_i = Φ⁻¹(u_i)
                         or centre + sd × z_i, where the table gives an sd

with u_i cut to the part of the unit interval that keeps the value inside its physical range.
"""

import hashlib
import math

import numpy as np
from numpy.typing import NDArray

from openldn.engine import Model, Parameter
from openldn.notation import InputError, convert

Array = NDArray[np.float64]
PERSON_LIMIT = 20_000


def draw(model: Model, persons: int, seed: int, *, first: int = 0) -> dict[str, Array]:
    """Parameters of persons `first` … `first + persons - 1`: name to array (persons,).

    Only parameters with a spread are named. Raises InputError for a number of persons below 1 or above
    PERSON_LIMIT, or a negative seed.
    """
    if not 1 <= persons <= PERSON_LIMIT:
        raise InputError(f"{persons} persons: ask for 1 to {PERSON_LIMIT:,}")
    if not 0 <= seed < 2**63:
        raise InputError(f"seed {seed}: choose a whole number from 0")
    return {
        name: _values(parameter, uniforms(seed, name, persons, first))
        for name, parameter in model.parameters.items()
        if parameter.spread is not None
    }


def with_typical(drawn: dict[str, Array], model: Model) -> dict[str, Array]:
    """The typical person first, then the drawn ones."""
    return {name: np.concatenate([[model.parameters[name].value], v]) for name, v in drawn.items()}


def uniforms(seed: int, stream: str, persons: int, first: int = 0) -> Array:
    """The uniform number in (0, 1) of each person in the stream of that name."""
    key = int.from_bytes(hashlib.blake2b(stream.encode(), digest_size=8).digest(), "little")
    bits = np.random.Philox(key=np.array([seed, key], dtype=np.uint64))
    bits.advance(first // 4)
    raw = bits.random_raw(first % 4 + persons)[first % 4 :]
    return np.asarray(((raw >> np.uint64(11)) + 0.5) * 2.0**-53, dtype=np.float64)


def _values(parameter: Parameter, u: Array) -> Array:
    from scipy.special import ndtr, ndtri

    spread, centre = parameter.spread, parameter.value
    assert spread is not None
    if spread.cv is not None:
        sigma = math.sqrt(math.log1p(spread.cv**2))
        places = [math.log(x / centre) / sigma if x else None for x in (parameter.low, parameter.high)]
    else:
        assert parameter.entry is not None
        sigma = convert(float(spread.sd or 0.0), parameter.entry.unit, parameter.unit)
        places = [None if x is None else (x - centre) / sigma for x in (parameter.low, parameter.high)]
    low, high = (float(d) if x is None else float(ndtr(x)) for x, d in zip(places, (0, 1), strict=True))
    z = sigma * ndtri(low + u * (high - low))
    return np.asarray(centre + z if spread.cv is None else centre * np.exp(z))
