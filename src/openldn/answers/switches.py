"""Parts of the model turned off or on, and rival versions chosen, by the names that a user types."""

from collections.abc import Sequence

from openldn.engine import Model, check_range
from openldn.notation import InputError, QuantityError, UnknownName, parse_number, parse_quantity


def settings(model: Model, without: Sequence[str] = (), using: Sequence[str] = ()) -> dict[str, float]:
    """Values of the switches that differ from the model's own.

    without: switches to turn off. using: switches to turn on, or a choice such as "kinetics=plasma".
    Raises UnknownName for a switch, choice or option that there is not.
    """
    found: dict[str, float] = {}
    for name in without:
        found[_switch(model, name)] = 0.0
    for text in using:
        name, equals, option = text.partition("=")
        if equals and name in model.choices:
            found.update(_choice(model, name, option))
        elif equals and option in ("0", "1"):
            found[_switch(model, name)] = float(option)
        else:
            found[_switch(model, text)] = 1.0
    return found


def changed_numbers(model: Model, texts: Sequence[str]) -> dict[str, float]:
    """Parameters that a user gives another value, such as "T_E=30" or "T_E=1.2 d", in the model's unit.

    Raises InputError for a text of another form, UnknownName for a parameter that there is not,
    QuantityError for a unit that does not fit or a value that is physically impossible.
    """
    found: dict[str, float] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not value:
            raise InputError(f'"{text[:60]}" gives no value; write it like T_E=30 or "T_E=1.2 d"')
        if name not in model.parameters:
            raise UnknownName("parameter", name, model.parameters)
        parameter = model.parameters[name]
        try:
            number = parse_number(value, what=name)
        except QuantityError:
            number = parse_quantity(value, what=name, like=f"{name}={parameter.value:g} {parameter.unit}").to(
                parameter.unit
            )
        check_range(parameter, number, parameter.entry.file if parameter.entry else "no table")
        found[name] = number
    return found


def variants(model: Model, text: str) -> list[tuple[str, dict[str, float]]]:
    """The versions in a text such as "kinetics=biophase,plasma" or "rebound=1,0", each with its settings."""
    name, _, options = text.partition("=")
    names = [option.strip() for option in options.split(",") if option.strip()]
    if len(names) < 2:
        raise InputError(
            f'comparison "{text}" needs two versions or more; write it like kinetics=biophase,plasma'
        )
    return [(option, settings(model, using=[f"{name}={option}"])) for option in names]


def shown(model: Model, changed: dict[str, float]) -> dict[str, int | str]:
    """Every switch and choice with its value in this run."""
    values = {name: getattr(line.expression, "value", 0.0) for name, line in model.switches.items()}
    values.update(changed)
    inner = {f"{name}_{option}" for name, options in model.choices.items() for option in options}
    found: dict[str, int | str] = {name: int(v) for name, v in values.items() if name not in inner}
    for name, options in model.choices.items():
        found[name] = next((o for o in options if values[f"{name}_{o}"] == 1.0), "none")
    return found


def _switch(model: Model, name: str) -> str:
    inner = {f"{n}_{option}" for n, options in model.choices.items() for option in options}
    known = [n for n in model.switches if n not in inner]
    if name not in known:
        raise UnknownName("switch", name, known)
    return name


def _choice(model: Model, name: str, option: str) -> dict[str, float]:
    options = model.choices[name]
    if option not in options:
        raise UnknownName(f"version of {name}", option, options)
    return {f"{name}_{o}": float(o == option) for o in options}


def off(model: Model, changed: dict[str, float]) -> tuple[str, ...]:
    """The switches that are 0 in this run."""
    values = {name: getattr(line.expression, "value", 0.0) for name, line in model.switches.items()}
    return tuple(name for name, value in {**values, **changed}.items() if value == 0.0)
