"""Every public name with its contract, from the code itself: what the page of reference shows.

Names of the front door come whole, with the methods of what they give; those of the rooms with their first sentence.
"""

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from importlib import import_module
from typing import Any

import openldn

ROOMS = ("engine", "meta", "population", "figures")
_OF_EXCEPTIONS = frozenset(dir(Exception))


@dataclass(frozen=True)
class Name:
    """A name as one writes it, its arguments, its docstring, and the names inside it."""

    name: str
    arguments: str
    doc: str
    inside: tuple["Name", ...] = ()

    @property
    def first(self) -> str:
        """The first sentence of the docstring."""
        paragraph = " ".join(self.doc.split("\n\n")[0].split())
        found = re.match(r"(.+?\.)(?= |$)", paragraph)
        return found[1] if found else paragraph


def front(name: str) -> list[Name]:
    """A name of the front door, and behind it what it gives where that has no name there."""
    thing = getattr(openldn, name)
    found = [_whole(f"ldn.{name}", thing)]
    if callable(thing) and not inspect.isclass(thing):
        given = _given(thing)
        if given is not None and given.__name__ not in openldn.__all__:
            found.append(_whole(given.__name__, given))
    return found


def room(name: str) -> list[Name]:
    """The names on the doormat of a room."""
    module = import_module(f"openldn.{name}")
    return [_short(public, getattr(module, public)) for public in module.__all__]


def doormat(name: str) -> str:
    """The first paragraph of what a room says of itself."""
    return " ".join((import_module(f"openldn.{name}").__doc__ or "").split("\n\n")[0].split())


def _whole(name: str, thing: Any) -> Name:
    if not callable(thing):
        return Name(name, "", f"{thing!r}, the version.")
    inside = tuple(_members(thing)) if inspect.isclass(thing) else ()
    return Name(name, _arguments(thing), inspect.getdoc(thing) or "", inside)


def _short(name: str, thing: Any) -> Name:
    if callable(thing):
        return Name(name, _arguments(thing), inspect.getdoc(thing) or "")
    kind = type(thing).__name__
    size = f" of {len(thing)}" if hasattr(thing, "__len__") else f", {thing!r}"
    return Name(name, "", f"A constant: {kind}{size}.")


def _members(thing: type) -> Iterator[Name]:
    """Fields first, then methods and properties, of the class itself and of its ancestors of ours."""
    seen = set[str]()
    if is_dataclass(thing):
        listed = ", ".join(f"`{f.name}`" for f in fields(thing) if not f.name.startswith("_"))
        yield Name("fields", "", listed)
        seen |= {f.name for f in fields(thing)}
    for owner in thing.__mro__:
        if not owner.__module__.startswith("openldn"):
            continue
        for key, member in vars(owner).items():
            if key.startswith("_") or key in seen or (issubclass(thing, Exception) and key in _OF_EXCEPTIONS):
                continue
            made = getattr(member, "func", getattr(member, "fget", getattr(member, "__func__", member)))
            if inspect.isfunction(made):
                seen.add(key)
                arguments = _arguments(made, own=True) if member is made else ""
                yield Name(f".{key}", arguments, inspect.getdoc(made) or "")


def _arguments(thing: Any, *, own: bool = False) -> str:
    """What a call takes, without types; nothing for a class, which is given and not made."""
    if inspect.isclass(thing):
        return ""
    given = [
        p.replace(annotation=inspect.Parameter.empty) for p in inspect.signature(thing).parameters.values()
    ]
    plain = inspect.Signature(given[1:] if own else given)
    return str(plain)


def _given(thing: Any) -> Any:
    """The class of ours that a call gives."""
    question = getattr(thing, "_question", None)
    made = question() if question is not None else thing
    word = inspect.signature(made).return_annotation
    if isinstance(word, str):
        space = vars(import_module(made.__module__))
        word = space.get(word.strip("'\"")) or _later(made.__module__, word.strip("'\""))
    return word if inspect.isclass(word) and word.__module__.startswith("openldn") else None


def _later(module: str, word: str) -> Any:
    """A class that its module imports for types alone."""
    source = inspect.getsource(import_module(module))
    found = re.search(rf"^    from (openldn[\w.]*) import [^\n]*\b{word}\b", source, re.MULTILINE)
    return getattr(import_module(found[1]), word) if found else None
