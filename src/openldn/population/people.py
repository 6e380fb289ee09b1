"""The people of a population by number, and what of them a model takes.

A covariate fills the parameter of a model that has its name in capitals (weight: WEIGHT), or the switch of
its own name (cirrhosis, that is decompensated); a switch `covariates` is turned on with them.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine import Model
from openldn.engine.values import check_values
from openldn.notation import InputError, QuantityError, UnknownName, convert
from openldn.population.covariates import UNITS, Population, Spreading, clearance
from openldn.population.persons import check_persons, uniforms

Array = NDArray[np.float64]
SWITCH = "covariates"


def people(of: Population, persons: int, seed: int, *, first: int = 0) -> dict[str, Array]:
    """Persons `first` … `first + persons - 1`: each covariate of UNITS to an array (persons,), in its unit.

    Raises InputError for a number of persons or a seed that cannot be drawn with.
    """
    check_persons(persons, seed)

    def u(stream: str) -> Array:
        return uniforms(seed, f"covariate {stream}", persons, first)

    female = u("sex") < of.female.in_unit("1")

    def by_sex(name: str, logs: bool = False) -> Array:
        place = u(name)
        women, men = (
            _spread(getattr(of.sexes[sex], name), UNITS[name], place, logs) for sex in ("women", "men")
        )
        return np.where(female, women, men)

    height, bmi = by_sex("height"), by_sex("bmi", logs=True)
    weight = bmi * (height / 100) ** 2
    age, creatinine = _age(of, u("age")), by_sex("creatinine")
    smoker = u("smoker") < np.where(female, *(of.sexes[s].smoker.in_unit("1") for s in ("women", "men")))
    ill, badly = of.cirrhosis.in_unit("1"), of.decompensated.in_unit("1")
    liver = u("liver")
    cirrhosis = liver < ill * badly
    return {
        "female": female.astype(float),
        "age": age,
        "height": height,
        "bmi": bmi,
        "weight": weight,
        "creatinine": creatinine,
        "clearance": creatinine_clearance(age, weight, creatinine, female),
        "smoker": smoker.astype(float),
        "liver": (liver < ill).astype(float) + cirrhosis,
        "cirrhosis": cirrhosis.astype(float),
    }


def creatinine_clearance(
    age: Array, weight: Array, creatinine: Array, female: Array | NDArray[np.bool_]
) -> Array:
    """Cockcroft and Gault's estimate in mL/min, from years, kilograms and mg/dL; 0 past the age where it ends."""
    numbers = clearance()
    years = np.maximum(numbers.ends_at_age.in_unit("year") - age, 0.0)
    men = years * weight / (numbers.divisor.value * creatinine)
    estimate = np.where(female, numbers.women.value * men, men)
    return np.asarray(np.minimum(estimate, numbers.ceiling.in_unit("mL/min")))


def fill(model: Model, covariates: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters and switches of `model` that covariates, each in its unit of UNITS, give.

    Raises UnknownName for a covariate that is none, QuantityError for a value outside the parameter's
    physical range, InputError when the model takes none of them.
    """
    found: dict[str, Any] = {}
    for name, given in covariates.items():
        if name not in UNITS:
            raise UnknownName("covariate", name, UNITS)
        symbol, value = name.upper(), np.asarray(given, dtype=float)
        if symbol in model.parameters:
            parameter = model.parameters[symbol]
            value = value * convert(1.0, UNITS[name], parameter.unit)
            check_values(model, symbol, value)
            found[symbol] = value
        elif name in model.switches:
            if np.any((value != 0) & (value != 1)):
                raise QuantityError(f"{name} is {value[(value != 0) & (value != 1)].flat[0]:g}; it is 0 or 1")
            found[name] = value
    if not found:
        raise InputError(
            f'model "{model.name}" takes none of {", ".join(covariates)}: give it a parameter such as WEIGHT [kg]'
        )
    if SWITCH in model.switches:
        found[SWITCH] = 1.0
    return found


def _age(of: Population, u: Array) -> Array:
    if isinstance(of.age, Spreading):
        return _spread(of.age, "year", u, logs=False)
    ends = np.cumsum([0.0, *(band.share.in_unit("1") for band in of.age)]) / sum(
        band.share.in_unit("1") for band in of.age
    )
    band = np.minimum(np.searchsorted(ends, u, side="right") - 1, len(of.age) - 1)
    low, high = np.array([b.low for b in of.age])[band], np.array([b.high for b in of.age])[band]
    return np.asarray(low + (high - low) * (u - ends[band]) / (ends[band + 1] - ends[band]))


def _spread(spreading: Spreading, unit: str, u: Array, logs: bool) -> Array:
    from scipy.special import ndtr, ndtri

    mean, sd = spreading.mean.in_unit(unit), spreading.sd.in_unit(unit)
    low, high = spreading.low, spreading.high
    if logs:
        spread = float(np.sqrt(np.log1p((sd / mean) ** 2)))
        mean, sd, low, high = np.log(mean) - spread**2 / 2, spread, np.log(low), np.log(high)
    else:
        mean, sd = _before_the_cut(mean, sd, low, high)
    a, b = ndtr((low - mean) / sd), ndtr((high - mean) / sd)
    z = mean + sd * ndtri(a + u * (b - a))
    return np.asarray(np.exp(z) if logs else z)


@lru_cache(maxsize=64)
def _before_the_cut(mean: float, sd: float, low: float, high: float) -> tuple[float, float]:
    """Centre and spread of the normal that has this mean and standard deviation between the two limits."""
    from scipy.optimize import root
    from scipy.stats import truncnorm

    def miss(x: Array) -> list[float]:
        spread = float(np.exp(x[1]))
        cut = truncnorm((low - x[0]) / spread, (high - x[0]) / spread, x[0], spread)
        return [(cut.mean() - mean) / sd, cut.std() / sd - 1]

    found = root(miss, [mean, np.log(sd)])
    if not found.success:
        raise InputError(f"no normal cut to {low:g} … {high:g} has a mean of {mean:g} and an SD of {sd:g}")
    return float(found.x[0]), float(np.exp(found.x[1]))
