"""How persons differ, said beside a model where no table says it: spreads, occasions and correlations.

    model.vary({"CL": 0.3, "V2": 0.3}, correlated={("CL", "V2"): 0.5}, occasion={"KA": 0.4})

A number is the coefficient of variation of a lognormal about the parameter's value; other shapes are a `Spread`. A
correlation is that of the normal numbers behind two spreads (`correlations`). Parameters that pairs join stand in one
block, in the order in which they were first named; what is joined to a block stands at its end, so that those who
were in it stay who they were.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.correlations import Correlation, refuse_doubles, triangle
from openldn.engine.parameters import Parameter, Spread, spread_fault
from openldn.notation import InputError, UnknownName, convert, shown

Array = NDArray[np.float64]
SAID = "said in Model.vary"


def spreads_for(
    parameters: Mapping[str, Parameter], used: Collection[str], given: Any, what: str
) -> dict[str, Spread]:
    """The spread that each of `given`, names with CVs or spreads, comes to.

    used: the names that some equation, dose line or start of a state has. what: the argument, for messages.
    Raises UnknownName for a parameter that there is not, InputError for one that is not used, a spread that cannot
    be, and a centre that its shape cannot have.
    """
    if not isinstance(given, Mapping):
        raise InputError(f'{what} is {given!r}; write it like {{"CL": 0.3}}')
    found = {}
    for name, spread in given.items():
        if name not in parameters:
            raise UnknownName("parameter", str(name), parameters)
        if name not in used:
            raise InputError(
                f'"{name}" is in no equation, dose line or start of a state, so that its spread would do nothing; '
                "name a parameter that is"
            )
        found[name] = _spread(parameters[name], spread)
    return found


def _spread(parameter: Parameter, given: Any) -> Spread:
    name = parameter.symbol
    spread = given if isinstance(given, Spread) else Spread(cv=_cv(name, given), basis="assumed", why=SAID)
    if fault := spread_fault(spread):
        raise InputError(f'the spread of "{name}": {fault[1]}')
    if spread.cv is not None and parameter.value <= 0:
        raise InputError(f'"{name}" is {parameter.value:g}; what is lognormal is above 0')
    if spread.logit_sd is not None:
        low, high = parameter.low, parameter.high
        if low is None or high is None or not low < parameter.value < high:
            raise InputError(
                f'"{name}" is {parameter.value:g}; what varies on the logit has a range and lies within it'
            )
    if (
        spread.sd is not None and parameter.entry is not None
    ):  # a table's spreads are in the unit of its print
        return replace(spread, sd=convert(spread.sd, parameter.unit, parameter.entry.unit))
    return spread


def _cv(name: str, given: Any) -> float:
    cv = _number(given)
    if cv is None:
        raise InputError(
            f'the spread of "{name}" is {shown(given)!r}; give a coefficient of variation such as 0.3, or a Spread'
        )
    return cv


def _number(given: Any) -> float | None:
    """A number that is no text, no bool and not NaN."""
    try:
        number = math.nan if isinstance(given, bool | str | bytes) else float(given)
    except (TypeError, ValueError, OverflowError):
        return None
    return None if math.isnan(number) else number


def correlated(
    blocks: Sequence[Correlation], parameters: Mapping[str, Parameter], given: Any
) -> tuple[Correlation, ...]:
    """The blocks with the pairs of `given`, each two names with their correlation, put in place.

    parameters: with the spreads that they shall have.
    Raises UnknownName for a parameter that there is not; InputError for a pair that does not read or is named twice,
    one without a spread, a correlation outside −1 to 1, and a matrix that no population can have; DataError for a
    parameter that stands in two blocks.
    """
    refuse_doubles(list(blocks))
    pairs = _pairs(parameters, given)
    groups: list[list[str]] = [list(block.of) for block in blocks]
    for pair in pairs:
        for name in pair:
            if not any(name in group for group in groups):
                groups.append([name])
        first, second = sorted(k for k, group in enumerate(groups) for name in pair if name in group)
        if first != second:
            groups[first] += groups.pop(second)
    return tuple(_block(group, blocks, pairs) for group in groups)


def _block(
    of: Sequence[str], blocks: Sequence[Correlation], pairs: Mapping[tuple[str, str], float]
) -> Correlation:
    """The block of the parameters `of`, which is one of `blocks` where no pair touches it."""
    own = [block for block in blocks if set(block.of) <= set(of)]
    new = {pair: r for pair, r in pairs.items() if pair[0] in of}
    if not new:
        return own[0]
    matrix = np.eye(len(of))
    for block in own:
        places = [of.index(name) for name in block.of]
        matrix[np.ix_(places, places)] = block.matrix()
    for (a, b), r in new.items():
        i, j = of.index(a), of.index(b)
        matrix[i, j] = matrix[j, i] = r
    rows = triangle(matrix, of)
    if own and not any(set(pair) <= set(own[0].of) for pair in new):
        rows = (*own[0].rows, *rows[len(own[0].of) :])
    name = ", ".join(block.name for block in own) or " and ".join(of)
    return Correlation(name, tuple(of), rows, "assumed", "", SAID, own[0].file if own else "")


def _pairs(parameters: Mapping[str, Parameter], given: Any) -> dict[tuple[str, str], float]:
    like = 'write it like {("CL", "V2"): 0.5}'
    if not isinstance(given, Mapping):
        raise InputError(f"correlated is {given!r}; {like}")
    found: dict[tuple[str, str], float] = {}
    for pair, r in given.items():
        if not (isinstance(pair, tuple) and len(pair) == 2):
            raise InputError(f"the pair {pair!r} does not read; {like}")
        a, b = pair
        for name in pair:
            if name not in parameters:
                raise UnknownName("parameter", str(name), parameters)
            if parameters[name].spread is None:
                raise InputError(f'"{name}" has no spread to correlate; give it one, as in {{"{name}": 0.3}}')
        number = _number(r)
        if number is None:
            raise InputError(f"the correlation of {a} and {b} is {r!r}; {like}")
        if a == b or not -1 < number < 1:
            raise InputError(f"the correlation of {a} and {b} is {number:g}; it lies between -1 and 1")
        if (b, a) in found:
            raise InputError(f"the correlation of {a} and {b} is given twice; give it once")
        found[a, b] = number
    return found
