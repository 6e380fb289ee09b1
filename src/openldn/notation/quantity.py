"""A number with its unit, read from what a person or a paper writes: `4.5 mg`, `13,3 ng/mL`."""

import math
import re
from dataclasses import dataclass

from openldn.notation.errors import QuantityError
from openldn.notation.limits import Limit
from openldn.notation.shown import shown
from openldn.notation.units import convert, parse_unit

# Of what a person types: longer is a slip or worse, and the time to read digits grows with their square.
QUANTITY_SIGNS = Limit(200, "signs", "of one number with its unit")
_TEXT = re.compile(
    r"(?P<number>[+\-−]?(?:[0-9][0-9.,]*|\.[0-9]+|nan|inf(?:inity)?)(?:e[+\-−]?[0-9]+)?)(?P<unit>.*)",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|nan|inf(?:inity)?)", re.IGNORECASE
)


@dataclass(frozen=True)
class Quantity:
    """A finite `value` in `unit` (a text that `parse_unit` reads)."""

    value: float
    unit: str

    def to(self, unit: str) -> float:
        """The value in another unit of the same kind; raises QuantityError if it is not one, or the number too large."""
        found = convert(self.value, self.unit, unit)
        if not math.isfinite(found):
            raise QuantityError(f"{self} is too large a number in {unit}; write a smaller one")
        return found

    def __str__(self) -> str:
        return f"{self.value:g} {self.unit}".rstrip()


def parse_number(text: str, *, what: str = "number", like: str = "4.5") -> float:
    """A finite number; a decimal comma is read as a point. Raises QuantityError otherwise."""
    plain, told = _bounded(text, what, like).replace("−", "-"), f'{what} "{shown(text)}"'
    if "," in plain and ("." in plain or plain.count(",") > 1):
        raise QuantityError(f"{told} mixes separators; write it like {like}")
    if re.fullmatch(r"[-+]?[1-9][0-9]{0,2},[0-9]{3}", plain):
        raise QuantityError(
            f"{told} may mean thousands or thousandths; write it like {like}, without a comma"
        )
    plain = plain.replace(",", ".")
    if not _NUMBER.fullmatch(plain):
        raise QuantityError(f"{told} is not a number; write it like {like}")
    value = float(plain)
    if not math.isfinite(value):
        raise QuantityError(f"{told} is not a finite number; write it like {like}")
    return value


def parse_quantity(text: str, *, what: str, like: str) -> Quantity:
    """The Quantity in `text`; `what` and `like` (an example) go into the message when it fails.

    Raises QuantityError when the number or the unit is missing or does not read.
    """
    match = _TEXT.fullmatch(_bounded(text, what, like))
    if match is None:
        raise QuantityError(f'{what} "{shown(text)}" does not read; write it like {like}')
    value, unit = parse_number(match["number"], what=what, like=like), match["unit"].strip()
    if not unit:
        raise QuantityError(f'{what} "{shown(text)}" has no unit; write it like {like}')
    parse_unit(unit)
    return Quantity(value, unit)


def _bounded(text: str, what: str, like: str) -> str:
    """The text without white space around it. Raises QuantityError for what is no text, or too long a one."""
    if not isinstance(text, str):
        raise QuantityError(f"{what} is {shown(text)}, {_kind(text)}; write a text like {like}")
    if len(text := text.strip()) > QUANTITY_SIGNS:
        raise QuantityError(f'{what} "{shown(text)}" has {len(text):,} signs; the limit is {QUANTITY_SIGNS}')
    return text


def _kind(value: object) -> str:
    return f"of the type {type(value).__name__}"
