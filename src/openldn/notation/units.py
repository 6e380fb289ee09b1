"""Units, held as powers of base dimensions and one exact factor.

A unit text is symbols with integer powers, joined by `*` and `/` from left to right:
`ug/L`, `L/h/kg`, `ng*h/mL`, `1/h`, `cm^2`. Two units convert when their dimensions are the same;
`%` is a hundredth of `1`. Scores of clinical scales ("points") are a dimension of their own, so
that a millimetre of one scale never turns into a point of another by accident.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from openldn.notation.errors import QuantityError, suggestion
from openldn.notation.limits import Limit
from openldn.notation.shown import shown

DIMENSIONS = ("mass", "length", "time", "substance", "point", "activity")
LONGEST = Limit(1000, "characters", "of a unit")
_ZERO = (0,) * len(DIMENSIONS)


def _powers(**powers: int) -> tuple[int, ...]:
    return tuple(powers.get(name, 0) for name in DIMENSIONS)


_MASS, _VOLUME, _TIME = _powers(mass=1), _powers(length=3), _powers(time=1)
_MOL, _LENGTH, _POINT = _powers(substance=1), _powers(length=1), _powers(point=1)
_MOLAR = _powers(substance=1, length=-3)
_ACTIVITY = _powers(activity=1)

# The factor is to g, cm, h, mol, points and international units; a litre is 1000 cm³.
_SYMBOLS: dict[str, tuple[tuple[int, ...], Fraction]] = {
    "1": (_ZERO, Fraction(1)),
    "%": (_ZERO, Fraction(1, 100)),
    "kg": (_MASS, Fraction(1000)),
    "g": (_MASS, Fraction(1)),
    "mg": (_MASS, Fraction(1, 10**3)),
    "ug": (_MASS, Fraction(1, 10**6)),
    "ng": (_MASS, Fraction(1, 10**9)),
    "pg": (_MASS, Fraction(1, 10**12)),
    "L": (_VOLUME, Fraction(1000)),
    "dL": (_VOLUME, Fraction(100)),
    "mL": (_VOLUME, Fraction(1)),
    "uL": (_VOLUME, Fraction(1, 1000)),
    "m": (_LENGTH, Fraction(100)),
    "cm": (_LENGTH, Fraction(1)),
    "mm": (_LENGTH, Fraction(1, 10)),
    "inch": (_LENGTH, Fraction(254, 100)),
    "s": (_TIME, Fraction(1, 3600)),
    "min": (_TIME, Fraction(1, 60)),
    "h": (_TIME, Fraction(1)),
    "d": (_TIME, Fraction(24)),
    "week": (_TIME, Fraction(168)),
    "month": (_TIME, Fraction(1461 * 24, 48)),
    "year": (_TIME, Fraction(1461 * 24, 4)),
    "mol": (_MOL, Fraction(1)),
    "mmol": (_MOL, Fraction(1, 10**3)),
    "umol": (_MOL, Fraction(1, 10**6)),
    "nmol": (_MOL, Fraction(1, 10**9)),
    "pmol": (_MOL, Fraction(1, 10**12)),
    "M": (_MOLAR, Fraction(1, 1000)),
    "mM": (_MOLAR, Fraction(1, 10**6)),
    "uM": (_MOLAR, Fraction(1, 10**9)),
    "nM": (_MOLAR, Fraction(1, 10**12)),
    "pM": (_MOLAR, Fraction(1, 10**15)),
    "point": (_POINT, Fraction(1)),
    "IU": (_ACTIVITY, Fraction(1)),
    "mIU": (_ACTIVITY, Fraction(1, 10**3)),
}
_ALIASES = {
    "µg": "ug", "μg": "ug", "mcg": "ug", "µM": "uM", "μM": "uM", "µL": "uL", "μL": "uL", "l": "L",
    "ml": "mL", "dl": "dL", "ul": "uL", "hr": "h", "hours": "h", "hour": "h", "day": "d", "days": "d",
    "wk": "week", "weeks": "week", "w": "week", "months": "month", "years": "year", "y": "year",
    "points": "point", "nmol/l": "nmol/L", "percent": "%", "fraction": "1", "fold": "1", "mins": "min",
}  # fmt: skip
_TERM = re.compile(r"\s*(?P<symbol>1|%|[A-Za-zµμ]+)\s*(?:\^\s*(?P<power>-?\d))?\s*(?P<op>[*/·]|$)")


@dataclass(frozen=True)
class Unit:
    """`dimensions` are integer powers in the order of DIMENSIONS; `factor` is exact, to base units."""

    dimensions: tuple[int, ...]
    factor: Fraction

    def __mul__(self, other: "Unit") -> "Unit":
        return Unit(
            tuple(a + b for a, b in zip(self.dimensions, other.dimensions, strict=True)),
            self.factor * other.factor,
        )

    def __pow__(self, power: int) -> "Unit":
        return Unit(tuple(a * power for a in self.dimensions), self.factor**power)

    def __truediv__(self, other: "Unit") -> "Unit":
        return self * other**-1

    def is_dimensionless(self) -> bool:
        return self.dimensions == _ZERO


ONE = Unit(_ZERO, Fraction(1))


@lru_cache(maxsize=512)
def parse_unit(text: str) -> Unit:
    """The Unit that `text` stands for; "" and "1" are the plain number.

    Raises QuantityError for a symbol that is not in the table, with the nearest one that is.
    """
    if len(text) > LONGEST:
        raise QuantityError(f'unit "{shown(text)}" has {len(text):,} characters; the limit is {LONGEST}')
    rest = _ALIASES.get(text.strip(), text.strip())
    if not rest:
        return ONE
    unit, divide, position = ONE, False, 0
    while position < len(rest):
        term = _TERM.match(rest, position)
        if term is None:
            raise QuantityError(
                f'unit "{text}" does not read at "{rest[position:][:20]}"; write it like "ng*h/mL"'
            )
        symbol = _ALIASES.get(term["symbol"], term["symbol"])
        if symbol not in _SYMBOLS:
            raise QuantityError(f'unit "{text}": "{symbol}" is not known; {suggestion(symbol, _SYMBOLS)}')
        part = Unit(*_SYMBOLS[symbol]) ** int(term["power"] or 1)
        unit = unit / part if divide else unit * part
        divide, position = term["op"] == "/", term.end()
        if term["op"] and position >= len(rest):
            raise QuantityError(f'unit "{text}" ends in "{term["op"]}"')
    return unit


def convert(value: float, from_unit: str, to_unit: str) -> float:
    """`value` in `from_unit`, expressed in `to_unit`.

    Raises QuantityError when the two measure different things.
    """
    return value * _ratio(from_unit, to_unit)


@lru_cache(maxsize=512)
def _ratio(from_unit: str, to_unit: str) -> float:
    a, b = parse_unit(from_unit), parse_unit(to_unit)
    if a.dimensions != b.dimensions:
        raise QuantityError(f'"{from_unit}" does not convert to "{to_unit}": they measure different things')
    try:
        return float(a.factor / b.factor)
    except OverflowError:
        raise QuantityError(f'"{from_unit}" is too large a unit to be given in "{to_unit}"') from None


def unit_over(unit: str, divisor: str) -> str:
    """The text of `unit` over `divisor`: what the divisor multiplies with is divided by, and the reverse.

    Raises QuantityError for a divisor that does not read.
    """
    if parse_unit(divisor) == ONE:
        return unit
    turned = divisor.strip().translate(str.maketrans("*·/", "//*"))
    if turned.startswith("1*"):
        return f"{unit}*{turned[2:]}".removeprefix("*")
    return f"{unit or '1'}/{turned}"
