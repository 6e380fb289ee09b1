"""What a caller hands in, made sure of: a text, several texts, a whole number or numbers, and nothing that is another thing."""

import operator
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from openldn.notation.errors import InputError, QuantityError
from openldn.notation.shown import shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def text_given(value: object, what: str, like: str) -> str:
    """The text itself. Raises InputError for what is none, or holds signs that no text can."""
    if not isinstance(value, str):
        raise InputError(
            f"{what} is {shown(value)}, of the type {type(value).__name__}; give a text such as {like}"
        )
    if "\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
        raise InputError(f'{what} "{shown(value)}" holds signs that stand in no text; write it like {like}')
    return value


def texts_given(values: object, what: str, like: str) -> tuple[str, ...]:
    """Several texts. Raises InputError for one text alone, whose letters would count as several, or what is no text."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise InputError(f"{what} is {shown(values)}; give a list of texts such as [{like}]")
    return tuple(text_given(value, what, like) for value in values)


def whole_given(value: Any, what: str) -> int:
    """A whole number. Raises InputError for what is none."""
    try:
        if isinstance(value, bool):
            raise TypeError
        return operator.index(value)
    except TypeError:
        raise InputError(f"{what} is {shown(value)}; give a whole number") from None


def numbers_given(value: Any, what: str) -> "NDArray[np.float64]":
    """Numbers as an array of whatever shape. Raises QuantityError for what holds something else, or a number too large."""
    import numpy as np  # here, since a message alone needs none of it

    try:
        return np.asarray(value, dtype=float)
    except OverflowError:
        raise QuantityError(f"{what} is {shown(value, 40)}, too large for a number") from None
    except (TypeError, ValueError):
        raise QuantityError(
            f"{what} is {shown(value, 40)!r}; give a number, or one for each record"
        ) from None
