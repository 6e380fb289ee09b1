"""A number with its unit, read from what a person or a paper writes: `4.5 mg`, `13,3 ng/mL`."""

import math
import re
from dataclasses import dataclass

from openldn.notation.errors import QuantityError
from openldn.notation.shown import shown
from openldn.notation.units import LONGEST, convert, parse_unit

_TEXT = re.compile(
    r"(?P<number>[+\-−]?(?:[0-9][0-9.,]*|\.[0-9]+|nan|inf(?:inity)?)(?:e[+\-−]?[0-9]+)?)\s*(?P<unit>\S.*|)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Quantity:
    """A finite `value` in `unit` (a text that `parse_unit` reads)."""

    value: float
    unit: str

    def to(self, unit: str) -> float:
        """The value in another unit of the same kind; raises QuantityError if it is not one."""
        return convert(self.value, self.unit, unit)

    def __str__(self) -> str:
        return f"{self.value:g} {self.unit}".rstrip()


def parse_number(text: str, *, what: str = "number", like: str = "4.5") -> float:
    """A finite number; a decimal comma is read as a point. Raises QuantityError otherwise."""
    plain = text.strip().replace("−", "-")
    if "," in plain and ("." in plain or plain.count(",") > 1):
        raise QuantityError(f'{what} "{text}" mixes separators; write it like {like}')
    if re.fullmatch(r"[-+]?[1-9][0-9]{0,2},[0-9]{3}", plain):
        raise QuantityError(
            f'{what} "{text}" may mean thousands or thousandths; write it like {like}, without a comma'
        )
    try:
        value = float(plain.replace(",", "."))
    except ValueError:
        raise QuantityError(f'{what} "{text}" is not a number; write it like {like}') from None
    if not math.isfinite(value):
        raise QuantityError(f'{what} "{text}" is not a finite number; write it like {like}')
    return value


def parse_quantity(text: str, *, what: str, like: str) -> Quantity:
    """The Quantity in `text`; `what` and `like` (an example) go into the message when it fails.

    Raises QuantityError when the number or the unit is missing or does not read.
    """
    match = _TEXT.fullmatch(text.strip()) if len(text) <= LONGEST else None
    if match is None:
        raise QuantityError(f'{what} "{shown(text, 60)}" does not read; write it like {like}')
    value = parse_number(match["number"], what=what, like=like)
    if not match["unit"]:
        raise QuantityError(f'{what} "{text}" has no unit; write it like {like}')
    parse_unit(match["unit"])
    return Quantity(value, match["unit"])
