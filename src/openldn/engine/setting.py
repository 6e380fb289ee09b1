"""What a user calls a model's numbers and parts, and what the model makes of it.

A parameter takes a number in the model's unit, or a text that may carry a unit and is then converted: 5, "5",
"5 L/h", "83 mL/min". A switch takes 0, 1, "on" or "off", a choice the name of one of its versions.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from openldn.engine.model_text import Line
from openldn.engine.parameters import Parameter, check_range
from openldn.notation import InputError, QuantityError, UnknownName, parse_number, parse_quantity, shown

_STATES = {"0": 0.0, "off": 0.0, "1": 1.0, "on": 1.0}
_SHOWN = 40  # characters of what a user wrote that a message repeats


def number_for(parameter: Parameter, given: Any) -> float:
    """The value of a parameter as a user gives it, in the model's unit.

    Raises QuantityError for what is no one number, a unit that does not convert, or a value that is physically
    impossible.
    """
    number = _read(parameter, given) if isinstance(given, str) else _plain(parameter.symbol, given)
    check_range(parameter, number, parameter.entry.file if parameter.entry else "no table")
    return number


def centre_for(parameter: Parameter, given: Any) -> float:
    """The same for a number about which persons shall differ as they did. Raises QuantityError where they cannot."""
    number = number_for(parameter, given)
    for spread in (parameter.spread, parameter.occasion):
        if spread is None:
            continue
        if spread.cv is not None and number <= 0:
            raise QuantityError(
                f'"{parameter.symbol}" is {number:g}; it varies by a CV, and what is lognormal is above 0'
            )
        low, high = parameter.low, parameter.high
        if spread.logit_sd is not None and low is not None and high is not None and not low < number < high:
            raise QuantityError(
                f'"{parameter.symbol}" is {number:g}; it varies on the logit, between {low:g} and {high:g}'
            )
    return number


def turned(
    switches: Mapping[str, Line],
    choices: Mapping[str, tuple[str, ...]],
    name: str,
    option: Any,
    *,
    like: str = "",
) -> dict[str, float]:
    """The switches, with 0 or 1, that `name`, a switch or a choice, comes to when it is turned to `option`.

    like: what stands before an example in a message.
    Raises UnknownName for a switch, choice or version that there is not, InputError for a state that is none.
    """
    if name in choices:
        return _version(name, choices[name], option, like)
    known = [n for n in switches if n not in inner_switches(choices)]
    if name not in known:
        raise UnknownName("switch", name, [*known, *choices])
    word = option if isinstance(option, str) else _word(option)
    if word not in _STATES:
        raise InputError(f'switch "{name}" is "{word[:_SHOWN]}"; it is on or off, as in {name}=on')
    return {name: _STATES[word]}


def inner_switches(choices: Mapping[str, tuple[str, ...]]) -> set[str]:
    """The switches that choices are made of, which nobody sets by themselves."""
    return {f"{name}_{option}" for name, options in choices.items() for option in options}


def _version(name: str, options: tuple[str, ...], option: Any, like: str) -> dict[str, float]:
    if not isinstance(option, str):
        raise InputError(
            f'"{name}" is a choice, which is neither on nor off: name one of {", ".join(options)} '
            f"(by default {options[0]}), as in {like}{name}={options[-1]}"
        )
    if option not in options:
        raise UnknownName(f"version of {name}", option, options)
    return {f"{name}_{o}": float(o == option) for o in options}


def _word(option: Any) -> str:
    try:
        return f"{float(option):g}"
    except (TypeError, ValueError, OverflowError):
        return shown(option, _SHOWN)


def _plain(name: str, given: Any) -> float:
    try:
        number = float(given) if not isinstance(given, bool | np.bool_) and np.ndim(given) == 0 else math.nan
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise QuantityError(
            f"{name} is {shown(given, _SHOWN)}; give one finite number, or a text with its unit"
        )
    return number


def _read(parameter: Parameter, text: str) -> float:
    name, unit = parameter.symbol, parameter.unit
    try:
        return parse_number(text, what=name)
    except QuantityError:
        given = parse_quantity(text, what=name, like=f"{name}={parameter.value:g} {unit}")
    try:
        return given.to(unit)
    except QuantityError as error:
        raise QuantityError(f"{name} is {given}, but {error}; it is in {unit}") from None
