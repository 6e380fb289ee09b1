"""Which numbers of the model an output rests on, and how surely they are known."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from openldn.engine import Model, Parameter, parameters_behind
from openldn.notation import source
from openldn.pharmacology import facts, model, scales


@dataclass(frozen=True)
class Basis:
    """Parameters behind an output: their sources, those read once only, those that nobody measured."""

    sources: tuple[str, ...]
    provisional: tuple[str, ...]
    assumed: tuple[str, ...]


def basis_of(model: Model, outputs: Iterable[str], routes: Iterable[str], off: Iterable[str] = ()) -> Basis:
    """The basis of `outputs` when doses go in by `routes` and `off` are switches at 0."""
    names = parameters_behind(model, tuple(outputs), tuple(routes), tuple(off))
    entries = [p.entry for name, p in model.parameters.items() if name in names and p.entry is not None]
    return Basis(
        sources=tuple(sorted({source for e in entries for source in e.sources})),
        provisional=tuple(e.symbol for e in entries if e.reading in ("provisional", "secondary", "recalled")),
        assumed=tuple(e.symbol for e in entries if e.basis == "assumed"),
    )


@lru_cache(maxsize=1)
def _glossary() -> Mapping[str, Parameter]:
    found = dict(model().parameters)
    for scale in scales():
        for name, parameter in scale.model().parameters.items():
            found.setdefault(name, parameter)
    return MappingProxyType(found)


def meaning(symbol: str) -> str:
    """What a parameter of the model or of a clinical scale is, in words; "" for a symbol that is none."""
    found = _glossary().get(symbol)
    return found.meaning if found else ""


@dataclass(frozen=True)
class Assumption:
    """An assumed parameter for a reader: symbol, meaning, value with unit, and why this guess.

    value and why are those of the main model; a number of a clinical scale differs from scale to scale.
    """

    symbol: str
    meaning: str
    value: str
    why: str


def assumptions(symbols: Iterable[str]) -> tuple[Assumption, ...]:
    """The assumed parameters among `symbols`, once each, sorted by symbol."""
    found = [_glossary()[s] for s in sorted(set(symbols)) if s in _glossary()]
    return tuple(
        Assumption(
            p.symbol,
            p.meaning,
            f"{p.value:.4g}" + (f" {p.unit}" if p.unit != "1" else "")
            if p.symbol in model().parameters
            else "by scale",
            _by_source(p.entry.why) if p.entry else "",
        )
        for p in found
    )


_FACTS_NAMED = re.compile(r"\b[A-Z]{2}\d{3}\w*(?:, [A-Z]{2}\d{3}\w*)*")


def _by_source(why: str) -> str:
    """A reason with the sources of its facts in place of their ids, which say nothing outside the tables."""
    known = facts()

    def short(ids: re.Match[str]) -> str:
        return ", ".join(
            dict.fromkeys(source(known[i].source).short() if i in known else i for i in ids[0].split(", "))
        )

    return _FACTS_NAMED.sub(short, why)
