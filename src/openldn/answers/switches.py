"""Parts of the model turned off or on, rival versions chosen, and numbers changed, by the names that a user types."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openldn.engine import Model
from openldn.engine.setting import inner_switches, number_for, turned
from openldn.notation import InputError, UnknownName, printable

_OFF_ON = ("off", "on")


@dataclass(frozen=True)
class Change:
    """What differs from the model's own in a run: a number in `unit`, or "on", "off" or a version in words."""

    name: str
    value: float | str
    default: float | str
    unit: str = ""

    def sentence(self) -> str:
        """`T_E=72 h (by default 20 h)`."""
        value, default = (
            f"{x:g} {self.unit}".removesuffix(" 1").strip() if isinstance(x, float) else x
            for x in (self.value, self.default)
        )
        return f"{self.name}={value} (by default {default})"

    def as_json(self) -> dict[str, Any]:
        """The fields; `unit` is null for what has none."""
        return {
            "name": self.name,
            "value": self.value,
            "default": self.default,
            "unit": self.unit or None,
        }


@dataclass(frozen=True)
class Version:
    """One of the versions that are compared: what a user calls it, and its settings."""

    name: str
    settings: Mapping[str, float]


def settings(model: Model, without: Sequence[str] = (), using: Sequence[str] = ()) -> dict[str, float]:
    """Values of the switches that differ from the model's own.

    without: switches to turn off. using: switches to turn on ("ogf", "ogf=on", "ogf=1"), or a choice such as
    "kinetics=plasma". Raises UnknownName for a switch, choice or option that there is not, InputError for a
    choice where a switch belongs.
    """
    found: dict[str, float] = {}
    for name in without:
        found |= turned(model.switches, model.choices, name, 0, like="--with ")
    for text in using:
        name, equals, option = (part.strip() for part in text.partition("="))
        found |= turned(model.switches, model.choices, name, option if equals else 1, like="--with ")
    return found


def changed_numbers(model: Model, texts: Sequence[str]) -> dict[str, float]:
    """Parameters that a user gives another value, such as "T_E=30" or "T_E=1.2 d", in the model's unit.

    Raises InputError for a text of another form, UnknownName for a parameter that there is not,
    QuantityError for a unit that does not fit or a value that is physically impossible.
    """
    found: dict[str, float] = {}
    for text in texts:
        name, value = parted(text)
        if name not in model.parameters:
            raise UnknownName("parameter", name, model.parameters)
        found[name] = number_for(model.parameters[name], value)
    return found


def parted(text: str, like: str = 'T_E=30 or "T_E=1.2 d"') -> tuple[str, str]:
    """Name and value of a text such as "T_E=30". Raises InputError for one without a value."""
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not value:
        raise InputError(f'"{text[:60]}" gives no value; write it like {like}')
    return name, value


def variants(model: Model, text: str) -> tuple[str, tuple[Version, ...]]:
    """What is compared, and its versions, in a text such as "kinetics=biophase,plasma" or "rebound=on,off".

    Raises InputError for fewer than two different versions, UnknownName for a switch or version that there is not.
    """
    name, _, options = text.partition("=")
    name = name.strip()
    told = f'comparison "{printable(text[:80])}"'
    found: dict[str, Version] = {}
    for option in (part.strip() for part in options.split(",") if part.strip()):
        own = settings(model, using=[f"{name}={option}"])
        word = option if name in model.choices else _OFF_ON[int(own[name])]
        if word in found:
            raise InputError(f"{told} names {name} {word} twice; a version differs from itself in nothing")
        found[word] = Version(word, own)
    if len(found) < 2:
        raise InputError(
            f"{told} needs two versions or more; write it like kinetics=biophase,plasma or rebound=on,off"
        )
    return name, tuple(found.values())


def shown(model: Model, changed: Mapping[str, float]) -> dict[str, int | str]:
    """Every switch and choice with its value in this run."""
    values = {**_defaults(model), **changed}
    inner = inner_switches(model.choices)
    found: dict[str, int | str] = {name: int(values[name]) for name in model.switches if name not in inner}
    for name, options in model.choices.items():
        found[name] = next((o for o in options if values[f"{name}_{o}"] == 1.0), "none")
    return found


def changes(model: Model, switched: Mapping[str, float]) -> tuple[Change, ...]:
    """The switches and choices that differ from the model's own."""
    own, now = shown(model, {}), shown(model, switched)
    return tuple(
        Change(name, *(x if isinstance(x, str) else _OFF_ON[x] for x in (value, own[name])))
        for name, value in now.items()
        if value != own[name]
    )


def off(model: Model, changed: Mapping[str, float]) -> tuple[str, ...]:
    """The switches that are 0 in this run."""
    return tuple(name for name, value in {**_defaults(model), **changed}.items() if value == 0.0)


def on(model: Model, changed: Mapping[str, float]) -> tuple[str, ...]:
    """The switches that are 1 in this run."""
    return tuple(name for name, value in {**_defaults(model), **changed}.items() if value == 1.0)


def _defaults(model: Model) -> dict[str, float]:
    return {name: getattr(line.expression, "value", 0.0) for name, line in model.switches.items()}
