"""The parts of an SBML document that have their own small languages: units and mathematics.

A unit text becomes a unit definition, factor by factor: `ug/L` is (10⁻⁶ gram)(litre)⁻¹. SBML knows no unit
of scores and none of biological activity, so both become `item`. An expression becomes MathML: `t` is the
csymbol of time, log is the natural logarithm, and numbers are dimensionless except those with a unit and 0, which
fits any.
libSBML writes numbers with fifteen digits.
"""

import math
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from openldn.engine.expressions import Expression, Number, Symbol
from openldn.notation import parse_unit
from openldn.notation.extras import needed
from openldn.notation.units import DIMENSIONS

_TERM = re.compile(r"(?P<symbol>[^*/·^]+)(?:\^(?P<power>-?\d))?")
# Base kind of each dimension, and how many of it one of our base units (g, cm, h, mol, point, IU) is.
_KINDS = {
    "mass": ("GRAM", 1.0), "length": ("METRE", 1e-2), "time": ("SECOND", 3600.0), "substance": ("MOLE", 1.0),
    "point": ("ITEM", 1.0), "activity": ("ITEM", 1.0),
}  # fmt: skip
_CALLS = {
    "+": "PLUS", "-": "MINUS", "*": "TIMES", "/": "DIVIDE", "neg": "MINUS", "^": "FUNCTION_POWER",
    "exp": "FUNCTION_EXP", "log": "FUNCTION_LN", "sqrt": "FUNCTION_ROOT", "tanh": "FUNCTION_TANH",
    "sin": "FUNCTION_SIN", "cos": "FUNCTION_COS", "abs": "FUNCTION_ABS", "min": "FUNCTION_MIN",
    "max": "FUNCTION_MAX", "if": "FUNCTION_PIECEWISE", "<": "RELATIONAL_LT", "<=": "RELATIONAL_LEQ",
    ">": "RELATIONAL_GT", ">=": "RELATIONAL_GEQ", "==": "RELATIONAL_EQ", "!=": "RELATIONAL_NEQ",
    "and": "LOGICAL_AND", "or": "LOGICAL_OR", "not": "LOGICAL_NOT",
}  # fmt: skip


def library() -> Any:
    """libSBML. Raises InputError where it is not installed."""
    return needed("libsbml", "sbml")


class Units:
    """The unit definitions of one SBML model, made as they are asked for."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.ids: dict[str, str] = {}

    def id_of(self, text: str) -> str:
        """The id that stands for a unit text: `dimensionless`, or that of a definition."""
        if text.strip() in ("", "1"):
            return "dimensionless"
        if text not in self.ids:
            name = _unit_id(text)
            while name in self.ids.values():
                name += "_"
            self.ids[text] = name
            definition = self.model.createUnitDefinition()
            definition.setId(name)
            definition.setName(text)
            for kind, exponent, multiplier in _factors(text):
                self.add(definition, kind, exponent, multiplier)
        return self.ids[text]

    def add(self, definition: Any, kind: str, exponent: int, multiplier: float) -> None:
        libsbml = library()
        unit = definition.createUnit()
        unit.setKind(getattr(libsbml, f"UNIT_KIND_{kind}"))
        unit.setExponent(exponent)
        unit.setScale(0)
        unit.setMultiplier(multiplier)


def mathml(expression: Expression, units: Units, ids: Mapping[str, str] = MappingProxyType({})) -> Any:
    """The libSBML tree of an expression, for the document of `units`; `ids` are those of names that are none in SBML."""
    libsbml = library()
    if expression == Number(math.pi):
        return libsbml.ASTNode(libsbml.AST_CONSTANT_PI)
    if isinstance(expression, Number):
        fits_any = not expression.value and not expression.unit
        return number(expression.value, "" if fits_any else units.id_of(expression.unit))
    if isinstance(expression, Symbol):
        node = libsbml.ASTNode(libsbml.AST_NAME_TIME if expression.name == "t" else libsbml.AST_NAME)
        node.setName("time" if expression.name == "t" else ids.get(expression.name, expression.name))
        return node
    return call(expression.name, *(mathml(a, units, ids) for a in expression.arguments))


def number(value: float, unit_id: str) -> Any:
    """A number as MathML, with the id of its unit unless that is empty."""
    libsbml = library()
    node = libsbml.ASTNode(libsbml.AST_REAL)
    node.setValue(value)
    if unit_id:
        node.setUnits(unit_id)
    return node


def call(name: str, *arguments: Any) -> Any:
    """An operation of the language on MathML trees."""
    libsbml = library()
    node = libsbml.ASTNode(getattr(libsbml, f"AST_{_CALLS[name]}"))
    if name == "sqrt":
        degree = libsbml.ASTNode(libsbml.AST_INTEGER)
        degree.setValue(2)
        degree.setUnits("dimensionless")
        node.addChild(degree)
    if name == "if":
        arguments = (arguments[1], arguments[0], arguments[2])
    for argument in arguments:
        node.addChild(argument)
    return node


def _unit_id(text: str) -> str:
    words = text.strip().replace("µ", "u").replace("μ", "u").replace("^", "").replace("%", "percent")
    words = re.sub(r"^1/", "per_", words).replace("/", "_per_")
    return re.sub(r"\W", "_", words)


def _factors(text: str) -> list[tuple[str, int, float]]:
    """(kind, exponent, multiplier) for each factor of a unit text."""
    found: list[tuple[str, int, float]] = []
    sign = 1
    for part in re.split(r"([*/·])", text):
        if part in ("*", "·", "/"):
            sign = -1 if part == "/" else 1
            continue
        term = _TERM.fullmatch(part.strip())
        assert term is not None, f"{text} has been parsed before"
        found += _factor(term["symbol"].strip(), sign * int(term["power"] or 1))
    return found or [("DIMENSIONLESS", 1, 1.0)]


def _factor(symbol: str, power: int) -> list[tuple[str, int, float]]:
    unit = parse_unit(symbol)
    powers = {name: p for name, p in zip(DIMENSIONS, unit.dimensions, strict=True) if p}
    factor = float(unit.factor)
    if not powers:
        return [] if factor == 1 else [("DIMENSIONLESS", power, factor)]
    if powers == {"length": 3}:
        return [("LITRE", power, factor / 1000)]
    if powers == {"substance": 1, "length": -3}:
        return [("MOLE", power, factor * 1000), ("LITRE", -power, 1.0)]
    ((name, exponent),) = powers.items()  # every other symbol of ours is of one dimension
    kind, size = _KINDS[name]
    return [(kind, power * exponent, factor * size)]
