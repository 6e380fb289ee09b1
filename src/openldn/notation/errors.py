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

from openldn.notation.limits import Limit
from openldn.notation.shown import printable, shown

_NAME = 200  # signs of a file's name, or of a field's
_LONGEST = Limit(
    4000, "characters", "of a message"
)  # a list of faults may be long, a stranger's text may not
_LONGEST_NAME = 200  # signs of a name that are compared with the known ones
_NEAR = 0.7  # the share of two names that agrees; below it they are hardly a slip of each other
_WHOLE_PART = 4  # letters that a name inside another must have to count as the same word
_LOOK_ALIKE = str.maketrans("10", "io")


class OpenLDNError(Exception):
    """The root: catch this to catch everything that OpenLDN raises on purpose.

    >>> import openldn as ldn
    >>> try:
    ...     ldn.model("two_compartments").set(CL=-1)
    ... except ldn.OpenLDNError as error:
    ...     print(type(error).__name__)
    QuantityError
    """

    def __init__(self, message: str = "") -> None:
        told = printable(message[: _LONGEST + 1], lines=True)
        super().__init__(told if len(told) <= _LONGEST else told[: _LONGEST - 1] + "…")


class InputError(OpenLDNError):
    """The request cannot be carried out as it stands.

    >>> import openldn as ldn
    >>> try:
    ...     ldn.model("ldn").set(rebound=2)
    ... except ldn.InputError as error:
    ...     print(error)
    switch "rebound" is "2"; it is on or off, as in rebound=on
    """


class QuantityError(InputError):
    """A number or a unit that does not read, or lies out of bounds.

    >>> import openldn as ldn
    >>> try:
    ...     ldn.model("two_compartments").set(CL="5 kg")
    ... except ldn.QuantityError as error:
    ...     print(error)
    CL is 5 kg, but "kg" does not convert to "L/h": they measure different things; it is in L/h
    """


class UnknownName(InputError):
    """A name that is not in the list it should come from; the message suggests a near one, or says where the list is.

    >>> import openldn as ldn
    >>> try:
    ...     ldn.model("two_compartment")
    ... except ldn.UnknownName as error:
    ...     print(error)
    model "two_compartment" is not known; did you mean "two_compartments"?
    """

    def __init__(self, kind: str, name: object, known: Iterable[str], *, listed: str = "") -> None:
        told = name if isinstance(name, str) else shown(name)
        super().__init__(f'{kind} "{shown(told)}" is not known; {suggestion(told, known, listed=listed)}')


class RegimenError(InputError):
    """A dosing schedule that makes no sense.

    >>> import openldn as ldn
    >>> try:
    ...     ldn.dose("4.5 mg then 3 mg")
    ... except ldn.RegimenError as error:
    ...     print(error)
    "4.5 mg": say "once" or how often, such as "every 24h"
    """


class OutputError(InputError):
    """A result that cannot be written where it should go.

    >>> import openldn as ldn
    >>> try:
    ...     ldn.review("no folder/review")
    ... except ldn.OutputError as error:
    ...     print(error)
    cannot write "no folder/review": there is no folder "no folder"; make it first, or choose another place
    """


class DataError(OpenLDNError):
    """A file that is damaged, incomplete or contradicts itself.

    >>> import openldn as ldn
    >>> try:
    ...     ldn.model("no_such_file.model")
    ... except ldn.DataError as error:
    ...     print(error)
    cannot be read: No such file or directory (no_such_file.model)
    """

    def __init__(self, message: str, *, file: str = "", line: int | None = None, field: str = "") -> None:
        self.file, self.line, self.field = file, line, field
        named, at = shown(file, _NAME), shown(field, _NAME)
        place = ", ".join(
            part for part in (named, f"line {line}" if line else "", f"field {at}" if field else "") if part
        )
        super().__init__(f"{message} ({place})" if place else message)


class ModelTextError(DataError):
    """A file of equations that does not parse or does not fit together.

    >>> import openldn as ldn
    >>> text = "model decay\\nparameter K [1/h] = 0.1\\nstate A [mg]\\nd/dt(A) = -KK * A"
    >>> try:
    ...     ldn.model(text)
    ... except ldn.ModelTextError as error:
    ...     print(error, error.line)
    "KK" is not defined; did you mean "K"? (the model, line 4) 4
    """


class SolveError(OpenLDNError):
    """The equations could not be solved for a person.

    >>> import openldn as ldn
    >>> issubclass(ldn.SolveError, ldn.InputError)
    False
    """


def suggestion(name: str, known: Iterable[str], *, listed: str = "") -> str:
    """The way out of a wrong name: the nearest known one if it is near, else the list, and where the whole of it is.

    listed: a command that prints the list.
    """
    name, names = name[:_LONGEST_NAME], sorted(set(known))
    if not names:
        return "there is none"
    folded = {n.casefold(): n for n in reversed(names)}
    near = _nearest(name.casefold(), folded)
    if near:
        return f'did you mean "{folded[near]}"?'
    shown = ", ".join(names[:12])
    if len(names) <= 12:
        return f"choose one of: {shown}"
    return f"choose one of: {shown} … ({len(names)} in all{f'; {listed} lists them' if listed else ''})"


def _nearest(name: str, known: Iterable[str]) -> str:
    """The known name that a slip of the pen would turn into `name`, "" if none: a far one misleads more than a list."""
    places = list(known)
    alike = [n for n in places if n.translate(_LOOK_ALIKE) == name.translate(_LOOK_ALIKE)]
    slips = [n for n in places if _one_more(n, name) or _one_more(name, n) or _one_other(n, name)]
    close = difflib.get_close_matches(name, places, n=1, cutoff=_NEAR)
    parts = [n for n in places if min(len(n), len(name)) >= _WHOLE_PART and (n in name or name in n)]
    return next(iter((*alike, *close, *slips, *sorted(parts, key=lambda n: abs(len(n) - len(name))))), "")


def _one_more(short: str, long: str) -> bool:
    """Whether `long` is `short` with one character more."""
    return len(long) == len(short) + 1 and any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


def _one_other(a: str, b: str) -> bool:
    """Whether the names differ in one character of three or more."""
    return 3 <= len(a) == len(b) and sum(x != y for x, y in zip(a, b, strict=True)) == 1
