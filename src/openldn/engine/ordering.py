"""Assignments in an order in which they can be computed, however they were written down.

A walk along "needs" without recursion, so that a chain of a thousand formulas is no deeper than one.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

from openldn.engine.expressions import Expression, symbols
from openldn.notation import ModelTextError


class Named(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def expression(self) -> Expression: ...
    @property
    def file(self) -> str: ...
    @property
    def line(self) -> int: ...


E = TypeVar("E", bound=Named)


def in_order(assignments: Sequence[E]) -> tuple[E, ...]:
    """The assignments, each behind those it needs. Raises ModelTextError for an algebraic loop."""
    by_name = {a.name: a for a in assignments}
    done: dict[str, E] = {}
    path: dict[str, Iterator[str]] = {}  # what each one on the way still has to look at

    def begin(name: str) -> None:
        if name in path:
            names = list(path)
            loop = " → ".join([*names[names.index(name) :], name])
            raise ModelTextError(f"algebraic loop: {loop}", file=by_name[name].file, line=by_name[name].line)
        path[name] = iter(dict.fromkeys(symbols(by_name[name].expression)))

    for assignment in assignments:
        if assignment.name not in done:
            begin(assignment.name)
        while path:
            here = next(reversed(path))
            needed = next(path[here], None)
            if needed is None:
                del path[here]
                done[here] = by_name[here]
            elif needed in by_name and needed not in done:
                begin(needed)
    return tuple(done.values())
