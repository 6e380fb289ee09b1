"""Persons by number: person 17 has the same parameters in every arm and at every population size.

Each parameter that varies has a random stream of its own, keyed by the seed and its name; a person's
number is the place in that stream. So a further parameter, or a further person, changes nobody. What a
number in the stream becomes is in `shapes`; where parameters are correlated, the normal numbers of a
block are joined by the lower triangle of its matrix (`correlations`) before they become values.
"""

import hashlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from openldn.engine.model import Model
from openldn.engine.shapes import spread_out
from openldn.notation import InputError, Limit, shown, whole_given

Array = NDArray[np.float64]
PERSONS = Limit(5_000_000, "persons", "of one run")


def draw(
    model: Model,
    persons: int,
    seed: int,
    *,
    first: int = 0,
    centres: Mapping[str, float] | None = None,
) -> dict[str, Array]:
    """Parameters of persons `first` … `first + persons - 1`: name to array (persons,).

    centres: where the persons lie about, for parameters whose centre is not the model's own.
    Only parameters with a spread are named. Raises InputError for a number of persons below 1, or a negative seed.
    """
    check_persons(persons, seed)
    about = {name: p.value for name, p in model.parameters.items()} | dict(centres or {})
    return {
        name: spread_out(parameter, parameter.spread, about[name], _places(model, name, persons, seed, first))
        for name, parameter in model.parameters.items()
        if parameter.spread is not None
    }


def check_persons(persons: int, seed: int) -> None:
    """Raise InputError for a number of persons or a seed that cannot be drawn with."""
    if persons < 1:
        raise InputError(f"{shown(persons)} persons: ask for 1 or more")
    if persons > PERSONS:
        raise InputError(f"{shown(persons)} persons are more than {PERSONS}; run them in parts")
    if not 0 <= whole_given(seed, "seed") < 2**63:
        raise InputError(f"seed {shown(seed)}: choose a whole number from 0 to 2^63 - 1")


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


def _places(model: Model, name: str, persons: int, seed: int, first: int) -> Array:
    """Where each person stands in the distribution of a parameter, from 0 to 1."""
    from scipy.special import ndtr, ndtri

    for block in model.correlations:
        if name in block.of:
            row = block.rows[block.of.index(name)]
            if any(row[:-1]):
                z = np.zeros(persons)
                for other, weight in zip(block.of, row, strict=False):
                    if weight:
                        z = z + weight * ndtri(uniforms(seed, other, persons, first))
                # a z beyond 8 would round to an end of the interval
                return np.asarray(np.clip(ndtr(z), 2.0**-54, 1 - 2.0**-53))
    return uniforms(seed, name, persons, first)
