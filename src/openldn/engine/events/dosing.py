"""Where a dose goes, how much of it, when and how fast: a record read against the model's dose lines.

share F, lag L, rate R and duration D are expressions of parameters, taken with the record's values;
they hold for the record's additional doses, too.

RATE  0   all at once: F·AMT          RATE  r   rate r for F·AMT / r
RATE −1   rate R for F·AMT / R        RATE −2   rate F·AMT / D for D;  DUR d is −2 with D = d
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from openldn.engine.events.records import MODELLED_DURATION, MODELLED_RATE, Record
from openldn.engine.expressions import Expression, Number, Symbol, symbols
from openldn.engine.model import Model
from openldn.engine.model_text import DOSE_UNIT, DoseSlopes, Line
from openldn.engine.tape import constant
from openldn.notation import DataError, QuantityError, UnknownName, convert


@dataclass(frozen=True)
class Part:
    """What a record puts into one state: `amount` at once (duration 0) or at `rate`, per hour, for `duration_h`.

    All in the unit of the state; `lag_h` after the record.
    """

    state: str
    amount: float
    rate: float
    duration_h: float
    lag_h: float


def lines_for(model: Model, into: str) -> tuple[Line, ...]:
    """The dose lines that CMT means: a route's, a state's own, or that of the state with this number.

    Raises UnknownName when there is none, QuantityError when a choice has to be made by route.
    """
    if not into:
        if not model.doses:
            raise QuantityError("the model has no dose line; name a state in CMT")
        return next(iter(model.doses.values()))
    if into in model.doses:
        return model.doses[into]
    names = [s.name for s in model.states]
    name = names[int(into) - 1] if into.isdecimal() and 1 <= int(into) <= len(names) else into
    if name not in names:
        raise UnknownName("compartment or route", into, [*names, *model.doses])
    found = [lines for lines in model.doses.values() if any(line.name == name for line in lines)]
    alone = [lines for lines in found if len(lines) == 1]
    if len(found) > 1 or (found and not alone):
        routes = ", ".join(route for route, lines in model.doses.items() if lines in found)
        raise QuantityError(f'doses into "{name}" come by {routes}; say by which, CMT may name a route')
    return alone[0] if alone else (_plain_line(model, name),)


def _plain_line(model: Model, state: str) -> Line:
    convert(1.0, DOSE_UNIT, model.unit_of(state))
    return Line("dose", state, "", 0, unit=DOSE_UNIT, expression=Number(1.0))


def parts_of(
    model: Model,
    record: Record,
    values: Mapping[str, Any],
    file: str = "",
    changing: frozenset[str] = frozenset(),
) -> tuple[Part, ...]:
    """What the record puts where. Raises DataError, with the record's row, for what cannot be.

    changing: parameters that change during the person's run.
    """
    try:
        lines = lines_for(model, record.into)
    except (UnknownName, QuantityError) as error:
        raise DataError(str(error), file=file, line=record.row, field="CMT") from None
    found: list[Part] = []
    for line in lines:
        if line.slopes:
            found += _slopes(model, line, line.slopes, record, values, file, changing)
        else:
            found.append(_part(model, line, record, values, file))
    return tuple(found)


def _slopes(
    model: Model,
    line: Line,
    slopes: DoseSlopes,
    record: Record,
    values: Mapping[str, Any],
    file: str,
    changing: frozenset[str],
) -> list[Part]:
    """What the record puts into the derivatives of the states that it moves (`dose_slopes`)."""
    own = _part(model, slopes.of, record, values, file)
    unit = convert(1.0, line.unit, model.unit_of(line.name))
    more = unit * record.amount * value_of(model, slopes.share, values)
    later = 0.0 if record.constant_infusion else value_of(model, slopes.lag, values)
    faster = unit * value_of(model, slopes.rate, values) if record.rate == MODELLED_RATE else 0.0
    if record.constant_infusion:
        return [Part(line.name, 0.0, faster, 0.0, 0.0)]
    if own.duration_h == 0:
        parts = [Part(line.name, more, 0.0, 0.0, own.lag_h)]
        if later and slopes.turns is None:
            raise DataError(
                f'no derivative by the delay of a dose that is put at once into "{slopes.of.name}": how it moves '
                "the rates changes with the states; give the dose a duration, DUR",
                file=file, line=record.row,
            )  # fmt: skip
        turns = (slopes.turns or {}).items() if later else ()
        # The rates jump when the dose arrives, and by then a parameter of theirs may be another.
        if moved := sorted({name for _, turn in turns for name in symbols(turn)} & changing):
            raise DataError(
                f'no derivative by the delay of a dose that is put at once into "{slopes.of.name}" while {moved[0]} '
                "changes from record to record; give the dose a duration, DUR",
                file=file, line=record.row,
            )  # fmt: skip
        moves = ((name, -own.amount * later * value_of(model, turn, values)) for name, turn in turns)
        return parts + [Part(name, amount, 0.0, 0.0, own.lag_h) for name, amount in moves if amount]
    longer = 0.0
    if record.rate == MODELLED_DURATION:
        longer = value_of(model, slopes.duration, values)
    elif record.duration_h == 0:
        longer = (more - own.duration_h * faster) / own.rate
    if record.rate != MODELLED_RATE and (record.rate == MODELLED_DURATION or record.duration_h > 0):
        faster = (more - own.rate * longer) / own.duration_h
    edges = ((-own.rate * later, own.lag_h), (own.rate * (later + longer), own.lag_h + own.duration_h))
    return [
        Part(line.name, faster * own.duration_h, faster, own.duration_h, own.lag_h),
        *(Part(line.name, amount, 0.0, 0.0, at) for amount, at in edges if amount),
    ]


def _part(model: Model, line: Line, record: Record, values: Mapping[str, Any], file: str) -> Part:
    def number(expression: Expression | None, word: str, *, above: bool) -> float:
        if expression is None:
            raise DataError(
                f'RATE asks for the {word} of the model, which its dose line into "{line.name}" does not have; '
                f"add: {word} PARAMETER",
                file=file, line=record.row, field="RATE",
            )  # fmt: skip
        value = value_of(model, expression, values)
        if not np.isfinite(value) or value < 0 or (above and value == 0):
            least = "above zero" if above else "at least zero"
            raise DataError(
                f'the {word} of a dose into "{line.name}" is {value:g}; it must be {least}',
                file=file, line=record.row,
            )  # fmt: skip
        return value

    unit = convert(1.0, line.unit, model.unit_of(line.name))
    share = number(line.expression, "share", above=False)
    lag = 0.0 if line.lag is None or record.constant_infusion else number(line.lag, "lag", above=False)
    amount, rate, duration = share * record.amount, record.rate, record.duration_h
    if rate == MODELLED_RATE:
        rate = number(line.rate, "rate", above=True)
    elif rate == MODELLED_DURATION:
        duration = number(line.duration, "duration", above=True)
    if duration > 0:
        rate = amount / duration
    elif rate > 0:
        duration = amount / rate
    return Part(line.name, amount * unit, rate * unit, duration, lag)


def value_of(model: Model, expression: Expression, values: Mapping[str, Any]) -> float:
    """The value of an expression of parameters; not a number where it divides by zero."""
    if isinstance(expression, Number):
        return expression.value
    if isinstance(expression, Symbol) and expression.name in values:
        return float(values[expression.name])
    with np.errstate(all="ignore"):
        return float(constant(model, values, expression))
