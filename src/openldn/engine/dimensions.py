"""The unit rule of every operation: wrong units do not run.

Adding and comparing need the same unit on both sides, to the factor: ng/mL and ug/L are one unit, nmol/L and
umol/L are not; so do the branches of `if`. Multiplying multiplies; exp, log, tanh, sin and cos want a plain
number. A literal has the unit that stands behind it; without one 0 fits any unit, and any other is a plain number.
"""

from collections.abc import Mapping

from openldn.engine.expressions import COMPARISONS, CONDITIONS, Call, Expression, Number, Symbol
from openldn.engine.model_text import Line
from openldn.notation import ONE, ModelTextError, Unit, parse_unit
from openldn.notation.units import DIMENSIONS


def check(
    expression: Expression, units: Mapping[str, Unit], wanted: Unit, *, what: str, file: str, line: int
) -> None:
    """Raise ModelTextError unless `expression` has the unit `wanted`; `what` names it in the message."""
    try:
        found = _unit(expression, units)
        if found is not None:
            _same(found, wanted, f"{what}: the right side")
    except _Mismatch as error:
        raise ModelTextError(str(error), file=file, line=line) from None


def check_condition(expression: Expression, units: Mapping[str, Unit], *, file: str, line: int) -> None:
    """Raise ModelTextError unless a condition compares only what has one unit."""
    try:
        _unit(expression, units)
    except _Mismatch as error:
        raise ModelTextError(str(error), file=file, line=line) from None


def check_dose(line: Line, first: Line, units: Mapping[str, Unit]) -> None:
    """Raise ModelTextError unless everything of a dose line fits; `first` is the first line of its route."""
    amount = parse_unit(line.unit)
    if amount.dimensions != units[line.name].dimensions:
        raise ModelTextError(
            f'a dose in {line.unit} cannot go into "{line.name}", which measures something else; write its unit '
            f"behind the route: dose {line.route} [unit] -> {line.name}",
            file=line.file,
            line=line.line,
        )
    if line.unit != first.unit:
        raise ModelTextError(
            f"doses of {line.route} are in {first.unit} in line {first.line} and in {line.unit} here; choose one",
            file=line.file,
            line=line.line,
        )
    hours = units["t"]
    parts = [("", line.expression, parse_unit("")), (": lag", line.lag, hours), (": rate", line.rate, amount / hours),
             (": duration", line.duration, hours)]  # fmt: skip
    for word, part, wanted in parts:
        if part is not None:
            check(part, units, wanted, what=f"dose {line.route}{word}", file=line.file, line=line.line)


class _Mismatch(Exception):
    pass


def _unit(expression: Expression, units: Mapping[str, Unit]) -> Unit | None:
    """The unit of an expression; None for a literal zero, which fits any."""
    if isinstance(expression, Number):
        if expression.unit:
            return parse_unit(expression.unit)
        return None if expression.value == 0 else ONE
    if isinstance(expression, Symbol):
        return units[expression.name]
    return _of_call(expression, units)


def _of_call(call: Call, units: Mapping[str, Unit]) -> Unit | None:
    parts = [_unit(a, units) for a in call.arguments]
    if call.name in COMPARISONS:
        _alike(parts, f'"{call.name}" compares units that differ: the second part')
        return ONE
    if call.name in CONDITIONS:
        return ONE
    if call.name == "if":
        return _alike(parts[1:], "the second branch of if()")
    if call.name in ("+", "-", "min", "max"):
        return _alike(parts, f'the second part of "{call.name}"')
    if call.name in ("neg", "abs"):
        return parts[0]
    if call.name == "^":
        return _power(call, parts)
    if call.name in ("*", "/"):
        left, right = (ONE if p is None else p for p in parts)
        return left * right if call.name == "*" else left / right
    if call.name == "sqrt":
        return _root(parts[0])
    _same(parts[0] or ONE, ONE, f"the argument of {call.name}()")
    return ONE


def _alike(parts: list[Unit | None], what: str) -> Unit | None:
    """The unit that two parts have in common; a literal zero has that of the other."""
    known = [p for p in parts if p is not None]
    if len(known) == 2:
        _same(known[1], known[0], what)
    return known[0] if known else None


def _power(call: Call, parts: list[Unit | None]) -> Unit:
    base, exponent = parts[0] or ONE, call.arguments[1]
    _same(parts[1] or ONE, ONE, "an exponent")
    if base == ONE:
        return ONE
    negative = isinstance(exponent, Call) and exponent.name == "neg"
    inner = exponent.arguments[0] if isinstance(exponent, Call) and negative else exponent
    if isinstance(inner, Number) and inner.value == int(inner.value):
        return base ** (int(inner.value) * (-1 if negative else 1))
    raise _Mismatch("something with a unit is raised to a power that is not a whole number")


def _root(unit: Unit | None) -> Unit:
    unit = unit or ONE
    if any(d % 2 for d in unit.dimensions) or unit.factor != 1:
        raise _Mismatch("sqrt() of something whose unit has no root")
    return Unit(tuple(d // 2 for d in unit.dimensions), unit.factor)


def _same(found: Unit, wanted: Unit, what: str) -> None:
    if found == wanted:
        return
    if found.dimensions == wanted.dimensions:
        ratio = float(found.factor / wanted.factor)
        raise _Mismatch(
            f"{what} is off by a factor of {ratio:g}; declare one of its parameters in another unit"
        )
    more = Unit(
        tuple(a - b for a, b in zip(found.dimensions, wanted.dimensions, strict=True)),
        found.factor / wanted.factor,
    )
    raise _Mismatch(f"{what} is {_said(found)}, not {_said(wanted)} as it should be: {_way_out(more)}")


def _said(unit: Unit) -> str:
    return f"in {_show(unit)}" if any(unit.dimensions) else "a plain number"


def _way_out(more: Unit) -> str:
    if all(power >= 0 for power in more.dimensions):
        return f"divide by something in {_show(more)}"
    if all(power <= 0 for power in more.dimensions):
        return f"multiply by something in {_show(more**-1)}"
    return f"it is off by {_show(more)}"


# A dimension's unit of every day, and the power of the dimension that it has.
_EVERYDAY = {
    "mass": ("mg", 1),
    "length": ("cm", 1),
    "time": ("h", 1),
    "amount": ("nmol", 1),
    "score": ("point", 1),
}


def _show(unit: Unit) -> str:
    """A unit of the same dimensions, such as a person would write."""
    above: list[str] = []
    below: list[str] = []
    for name, power in zip(DIMENSIONS, unit.dimensions, strict=True):
        text, each = ("L", 3) if name == "length" and power % 3 == 0 else _EVERYDAY.get(name, (name, 1))
        power //= each
        if power:
            (above if power > 0 else below).append(text if abs(power) == 1 else f"{text}^{abs(power)}")
    return "/".join(["*".join(above) or "1", *below])
