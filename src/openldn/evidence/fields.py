"""Addresses of single figures in a study, for second readings, corrections and findings.

    n_randomised
    outcome:pain change/effect/p
    outcome:pain change/arm:LDN/ci_low
    outcome:pain change/weeks
    harm:vivid dreams/arm:LDN/percent
    flow:LDN/n                        flow:LDN/counts/completed

Names stand as in the file and hold no "/", so an address reads in one way only.
"""

from collections.abc import Iterator
from dataclasses import fields as dataclass_fields
from typing import Any

from openldn.evidence.study import Arm, Effect, Harm, Outcome, Study
from openldn.notation import UnknownName

Value = float | int | str | bool | tuple[float, ...] | None
_PARTS = {"outcome": "outcomes", "harm": "harms", "flow": "flow", "arm": "arms"}
_NOT_READ = ("id", "fingerprint", "recollections", "known_faults", "not_seen", "derived")


def value_at(study: Study, address: str) -> Value:
    """The value at `address`; None when the study leaves it out.

    Raises UnknownName, with the nearest name, when the address leads nowhere.
    """
    here: Any = study
    for part in address.split("/"):
        here = _step(here, part, address)
    if isinstance(here, Outcome | Harm | Arm | Effect):
        raise UnknownName("field", address, _names(here))
    return None if here in ("", ()) else here


def is_derived(study: Study, address: str) -> bool:
    """Whether the value at `address` was computed here. Raises UnknownName when the address leads nowhere."""
    head, _, last = address.rpartition("/")
    here: Any = study
    for part in head.split("/") if head else ():
        here = _step(here, part, address)
    return last in getattr(here, "derived", ())


def numbers(study: Study) -> Iterator[tuple[str, float]]:
    """Every number that the study's file holds, with its address, in file order."""
    for address, value in _leaves(study, ""):
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield address, value


def _step(here: Any, part: str, address: str) -> Any:
    kind, _, name = part.partition(":")
    if name and kind in _PARTS and hasattr(here, _PARTS[kind]):
        items = {_name(item): item for item in getattr(here, _PARTS[kind])}
        if name not in items:
            raise UnknownName("field", address, (f"{kind}:{n}" for n in items))
        return items[name]
    if isinstance(here, tuple) and here and isinstance(here[0], tuple):
        return dict(here).get(part)
    if part not in _names(here):
        raise UnknownName("field", address, _names(here))
    return getattr(here, part)


def _name(item: Any) -> str:
    return str(getattr(item, "name", None) or getattr(item, "term", None) or item.arm)


def _names(here: Any) -> tuple[str, ...]:
    try:
        return tuple(f.name for f in dataclass_fields(here))
    except TypeError:
        return ()


def _leaves(here: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    kinds = {"outcomes": "outcome", "harms": "harm", "flow": "flow", "arms": "arm"}
    for name in _names(here):
        value = getattr(here, name)
        if name in _NOT_READ or value in (None, "", ()):
            continue
        if name in kinds:
            for item in value:
                yield from _leaves(item, f"{prefix}{kinds[name]}:{_name(item)}/")
        elif isinstance(value, Effect):
            yield from _leaves(value, f"{prefix}{name}/")
        elif isinstance(value, tuple):
            for i, item in enumerate(value):
                key, leaf = item if isinstance(item, tuple) else (str(i + 1), item)
                yield f"{prefix}{name}/{key}", leaf
        else:
            yield prefix + name, value
