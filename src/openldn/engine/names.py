"""Which names there are in a model, and what is said of one that there is not."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from openldn.engine.expressions import Expression, symbols
from openldn.notation import ModelTextError, suggestion

NOISE = ("noise", "noise2")


@dataclass(frozen=True)
class Defined:
    """The names that may stand in an expression; those that may elsewhere; and observations, which may in none."""

    names: frozenset[str]
    elsewhere: frozenset[str] = frozenset()
    observations: frozenset[str] = frozenset()

    def only(self, names: Iterable[str]) -> "Defined":
        """These names; the others are elsewhere."""
        chosen = frozenset(names)
        return replace(self, names=chosen, elsewhere=(self.names | self.elsewhere) - chosen)


def all_known(expression: Expression, known: Defined, *, file: str, line: int) -> None:
    """Raise ModelTextError for a name that may not stand in the expression."""
    for name in symbols(expression):
        if name in known.names:
            continue
        if name in known.elsewhere:
            why = "cannot stand here, where a run has not begun; use parameters and switches"
        elif name in known.observations:
            why = "is an observation, which nothing hangs on; use what it is made of"
        elif name in NOISE:
            why = 'stands only in the expression of a line "observe"'
        else:
            # a name with a space is the model's own, and nobody can write it
            why = f"is not defined; {suggestion(name, [n for n in known.names if ' ' not in n])}"
        raise ModelTextError(f'"{name}" {why}', file=file, line=line)
