"""Which numbers of the model an output rests on, and how surely they are known."""

from collections.abc import Iterable
from dataclasses import dataclass

from openldn.engine import Model, parameters_behind


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
