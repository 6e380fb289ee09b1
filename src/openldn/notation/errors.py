"""Every error that OpenLDN raises on purpose, one class per decision that a caller can make.

    OpenLDNError
    ├── InputError            what was asked for cannot be done as asked: change the request
    │   ├── QuantityError     a number or unit that does not read, or is out of bounds
    │   ├── UnknownName       no such route, condition, study, claim, parameter …: pick another
    │   ├── RegimenError      a dosing schedule that makes no sense
    │   └── OutputError       the result cannot be written where it should go
    ├── DataError             a file is damaged or contradicts itself: mend the file
    │   └── ModelTextError    the same for a file of equations
    └── SolveError            the equations could not be solved for somebody: look at the person

    try:
        answer = dose("4.5mg")
    except InputError as error:      # tell the user
        print(error)
    except DataError as error:       # tell the maintainer: the message has file, line and field
        print(error)

A message names the thing, the value and the way out.
"""

import difflib
from collections.abc import Iterable


class OpenLDNError(Exception):
    """The root: catch this to catch everything that OpenLDN raises on purpose."""


class InputError(OpenLDNError):
    """The request cannot be carried out as it stands."""


class QuantityError(InputError):
    """A number or a unit that does not read, or lies out of bounds."""


class UnknownName(InputError):
    """A name that is not in the list it should come from; the message suggests the nearest."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        super().__init__(f'{kind} "{_short(name)}" is not known; {suggestion(name, known)}')


class RegimenError(InputError):
    """A dosing schedule that makes no sense."""


class OutputError(InputError):
    """A result that cannot be written where it should go."""


class DataError(OpenLDNError):
    """A file that is damaged, incomplete or contradicts itself."""

    def __init__(self, message: str, *, file: str = "", line: int | None = None, field: str = "") -> None:
        self.file, self.line, self.field = file, line, field
        place = ", ".join(
            part for part in (file, f"line {line}" if line else "", f"field {field}" if field else "") if part
        )
        super().__init__(f"{message} ({place})" if place else message)


class ModelTextError(DataError):
    """A file of equations that does not parse or does not fit together."""


class SolveError(OpenLDNError):
    """The equations could not be solved for a person."""


def suggestion(name: str, known: Iterable[str]) -> str:
    """The way out of a wrong name: the nearest known one, or the list when none is near."""
    names = sorted(set(known))
    folded = {n.casefold(): n for n in reversed(names)}
    near = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.5)
    if near:
        return f'did you mean "{folded[near[0]]}"?'
    shown = ", ".join(names[:12])
    return f"choose one of: {shown}" + (f" … ({len(names)} in all)" if len(names) > 12 else "")


def _short(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
