"""Numbers of a user's own, in the body and in clinical scales: `T_E=30`, `E_TONE=0.4`, `cdai.CHANGE=60`.

A number that every scale of a condition shares is set in all of them. One that stands in each scale's own
table is set in the scale that is named before a dot, or in the only one that there is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openldn.answers.switches import Change, parted
from openldn.engine import Model
from openldn.engine.setting import number_for
from openldn.notation import InputError, QuantityError, UnknownName
from openldn.pharmacology import Scale, scales, scales_of

_ENDS = ("BEST", "WORST")


@dataclass(frozen=True)
class OwnNumbers:
    """`body` holds for everything; `scales`, by scale key, besides; `changes` is what differs, in words."""

    body: Mapping[str, float]
    scales: Mapping[str, Mapping[str, float]]
    changes: tuple[Change, ...]


def own_numbers(body: Model, texts: Sequence[str], condition: str | None = None) -> OwnNumbers:
    """What the texts set, in the units of the models; `condition` is a key, or None without one.

    Raises InputError for a text of another form, a number of scales without a condition, or one that stands in
    several scales; UnknownName for a number or scale that there is not; QuantityError for an impossible value.
    """
    found: dict[str, float] = {}
    followed = scales_of(condition) if condition else ()
    in_scales: dict[str, dict[str, float]] = {}
    changes: list[Change] = []
    for text in texts:
        name, value = parted(text)
        if name in body.parameters:
            found[name] = number_for(body.parameters[name], value)
            changes += _change(body, name, name, found[name])
            continue
        where = _places(name, followed, body)
        symbol = name.rpartition(".")[2]
        for s in where:
            number = number_for(s.model().parameters[symbol], value)
            _check_ends(s, symbol, number)
            in_scales.setdefault(s.key, {})[symbol] = number
        changes += _change(where[0].model(), symbol, name, in_scales[where[0].key][symbol])
    return OwnNumbers(found, in_scales, tuple(changes))


def _change(model: Model, symbol: str, name: str, value: float) -> list[Change]:
    p = model.parameters[symbol]
    return [Change(name, value, p.value, p.unit)] if value != p.value else []


def _places(name: str, followed: Sequence[Scale], body: Model) -> Sequence[Scale]:
    """The scales in which a number that is not of the body is set."""
    key, dot, symbol = name.rpartition(".")
    anywhere = {p for s in scales() for p in s.model().parameters} - set(_ENDS)
    if symbol not in anywhere:
        raise UnknownName("parameter", symbol, {*body.parameters, *(anywhere if followed else ())})
    if not followed:
        raise InputError(
            f'"{symbol}" is a number of clinical scales: say of which condition, with --for CONDITION'
        )
    if dot:
        named = [s for s in followed if s.key == key]
        if not named:
            raise UnknownName(f"scale of {followed[0].condition}", key, [s.key for s in followed])
        return named
    if len(followed) > 1 and any(symbol in s.entries for s in followed):
        each = ", ".join(f"{s.key}.{symbol}" for s in followed)
        raise InputError(f'"{symbol}" differs from scale to scale: name one of {each}')
    return followed


def _check_ends(s: Scale, symbol: str, number: float) -> None:
    low, high = sorted((s.best, s.worst))
    if symbol == "BASELINE" and not low <= number <= high:
        raise QuantityError(
            f"parameter BASELINE is {number:g} point; {s.name} runs from {low:g} to {high:g} ({s.file})"
        )
