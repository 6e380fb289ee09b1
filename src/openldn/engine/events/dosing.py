"""Where doses go, how much of them, when and how fast: records read against the model's dose lines, all at once.

share F, lag L, rate R and duration D are expressions of parameters, taken with the record's values;
they hold for the record's additional doses, too.

RATE  0   all at once: F·AMT          RATE  r   rate r for F·AMT / r
RATE −1   rate R for F·AMT / R        RATE −2   rate F·AMT / D for D;  DUR d is −2 with D = d
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.events.checks import fault
from openldn.engine.events.table import MODELLED_DURATION, MODELLED_RATE, Events
from openldn.engine.expressions import Expression, Number, symbols
from openldn.engine.model import Model
from openldn.engine.model_text import DOSE_UNIT, DoseSlopes, Line
from openldn.engine.tape import constant
from openldn.notation import QuantityError, UnknownName, convert

DEFAULT_ROUTE = "oral"  # of a dose that says nothing, where a model has it; else its first dose line
Array = NDArray[np.float64]
Whole = NDArray[np.int64]
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Parts:
    """What records put into states, a row for each: `amount` at once (duration 0) or at `rate`, per hour, for `duration`.

    All in the unit of the state, `lag` hours after the record. factor: a number of `factors`, which multiplies amount
    and rate with each person's own value, or −1.
    """

    record: Whole = field(repr=False)
    state: Whole = field(repr=False)
    amount: Array = field(repr=False)
    rate: Array = field(repr=False)
    duration: Array = field(repr=False)
    lag: Array = field(repr=False)
    factor: Whole = field(repr=False)
    factors: tuple[Expression, ...] = ()

    def of(self, rows: Any) -> "Parts":
        """The parts with those numbers."""
        columns = (self.record, self.state, self.amount, self.rate, self.duration, self.lag, self.factor)
        own: list[Any] = [column[rows] for column in columns]
        return Parts(own[0], own[1], own[2], own[3], own[4], own[5], own[6], self.factors)


def lines_for(model: Model, into: str) -> tuple[Line, ...]:
    """The dose lines that CMT means: a route's, a state's own, or that of the state with this number.

    Raises UnknownName when there is none, QuantityError when a choice has to be made by route.
    """
    if into in ("", "0"):
        if not model.doses:
            raise QuantityError("the model has no dose line; name a state in CMT")
        return model.doses.get(DEFAULT_ROUTE) or next(iter(model.doses.values()))
    if into in model.doses:
        return model.doses[into]
    name = state_for(model, into)
    found = [lines for lines in model.doses.values() if any(line.name == name for line in lines)]
    alone = [lines for lines in found if len(lines) == 1]
    if len(found) > 1 or (found and not alone):
        routes = ", ".join(route for route, lines in model.doses.items() if lines in found)
        raise QuantityError(f'doses into "{name}" come by {routes}; say by which, CMT may name a route')
    return alone[0] if alone else (_plain_line(model, name),)


def state_for(model: Model, into: str) -> str:
    """The state that CMT means, by name or number. Raises UnknownName."""
    names = [s.name for s in model.states]
    name = names[int(into) - 1] if into.isdecimal() and 1 <= int(into) <= len(names) else into
    if name not in names:
        raise UnknownName("compartment or route", into, [*names, *model.doses])
    return name


def _plain_line(model: Model, state: str) -> Line:
    unit = model.unit_of(state)
    try:
        convert(1.0, DOSE_UNIT, unit)
    except QuantityError:
        return Line("dose", state, "", 0, unit=unit, expression=Number(1.0))
    return Line("dose", state, "", 0, unit=DOSE_UNIT, expression=Number(1.0))


def names_behind(model: Model, *expressions: Expression | None) -> set[str]:
    """The parameters and switches that expressions are made of, through assignments."""
    found: set[str] = set()
    waiting = [name for e in expressions if e is not None for name in symbols(e)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            if name in model.assigned:
                waiting += symbols(model.assigned[name].expression)
    return {name for name in found if name not in model.assigned}


def dose_lines(model: Model, events: Events) -> dict[int, tuple[Line, ...]]:
    """The dose lines by number of the place. Raises DataError, with the record's row, for a place that is none."""
    found = {}
    given = events.gives
    for number in np.unique(events.into[given]).tolist():
        try:
            found[number] = lines_for(model, events.places[number])
        except (UnknownName, QuantityError) as error:
            at = int(np.flatnonzero(given & (events.into == number))[0])
            raise fault(events, at, "CMT", str(error)) from None
    return found


def parts_of(
    model: Model,
    events: Events,
    known: Values,
    *,
    differing: frozenset[str] = frozenset(),
    changing: frozenset[str] = frozenset(),
) -> Parts:
    """What every dose puts where. Raises DataError, with the record's row, for what cannot be.

    known: parameters and switches, a number or an array over records, (records,). differing: those of them that are
    each person's own where the events serve all; a share made of them becomes a factor. changing: parameters that
    change during somebody's run.
    """
    index = {s.name: i for i, s in enumerate(model.states)}
    found: list[list[Any]] = []
    factors: dict[Expression, int] = {}
    for number, lines in dose_lines(model, events).items():
        rows = np.flatnonzero(events.gives & (events.into == number))
        for line in lines:
            reader = _Reader(model, events, rows, known, line)
            if line.slopes:
                pieces: Iterable[tuple[str, Any]] = reader.slopes(line.slopes, changing)
                factor = -1
            else:
                share = line.expression or Number(1.0)
                apart = bool(differing & names_behind(model, share))
                factor = factors.setdefault(share, len(factors)) if apart else -1
                pieces = [(line.name, reader.part(1.0 if apart else None))]
            for state, (amount, rate, duration, lag, kept) in pieces:
                own = (rows, index[state], amount, rate, duration, lag, factor)
                found.append([np.broadcast_to(column, rows.shape)[kept] for column in own])
    if not found:
        nothing, none = np.zeros(0), np.zeros(0, dtype=np.int64)
        return Parts(none, none, nothing, nothing, nothing, nothing, none)
    whole: list[Any] = [np.concatenate(parts) for parts in zip(*found, strict=True)]
    order = np.argsort(whole[0], kind="stable")
    kinds = (np.int64, np.int64, float, float, float, float, np.int64)
    c: list[Any] = [column.astype(kind)[order] for column, kind in zip(whole, kinds, strict=True)]
    return Parts(c[0], c[1], c[2], c[3], c[4], c[5], c[6], tuple(factors))


Piece = tuple[Any, Any, Any, Any, NDArray[np.bool_]]


class _Reader:
    """Some records, read against one dose line."""

    def __init__(self, model: Model, events: Events, rows: Whole, known: Values, line: Line) -> None:
        self.model, self.events, self.rows, self.known, self.line = model, events, rows, known, line
        self.amount, self.rate = events.amount[rows], events.rate[rows]
        self.duration = events.duration[rows]
        self.endless = (events.steady[rows] > 0) & (self.amount == 0)
        self.unit = self._unit()
        self.all = np.ones(rows.shape, dtype=bool)

    def _unit(self) -> Array:
        """What turns an amount of each record into the unit of the dose line."""
        found = np.ones(len(self.events.units))
        numbers = self.events.unit[self.rows]
        for number in np.unique(numbers).tolist():
            unit = self.events.units[number]
            if unit:
                try:
                    found[number] = convert(1.0, unit, self.line.unit)
                except QuantityError:
                    at = int(self.rows[numbers == number][0])
                    raise fault(
                        self.events,
                        at,
                        "AMT",
                        f'doses into "{self.line.name}" are in {self.line.unit}, not in {unit}',
                    ) from None
        return found[numbers]

    def value(self, expression: Expression | None) -> Array:
        """An expression at each record; not a number where it divides by zero."""
        if expression is None:
            return np.zeros(self.rows.shape)
        names = names_behind(self.model, expression)
        own = {n: v[self.rows] if np.ndim(v) else v for n, v in self.known.items() if n in names}
        with np.errstate(all="ignore"):
            return np.broadcast_to(
                np.asarray(constant(self.model, own, expression), dtype=float), self.rows.shape
            )

    def number(
        self, expression: Expression | None, word: str, where: NDArray[np.bool_], *, above: bool
    ) -> Array:
        if not where.any():
            return np.zeros(self.rows.shape)
        if expression is None:
            raise self.error(
                where,
                f'RATE asks for the {word} of the model, which its dose line into "{self.line.name}" does not have; '
                f"add: {word} PARAMETER",
                "RATE",
            )
        value = self.value(expression)
        wrong = where & (~np.isfinite(value) | (value < 0) | (above & (value == 0)))
        if wrong.any():
            least = "above zero" if above else "at least zero"
            shown = value[np.flatnonzero(wrong)[0]]
            raise self.error(
                wrong, f'the {word} of a dose into "{self.line.name}" is {shown:g}; it must be {least}'
            )
        return np.where(where, value, 0.0)

    def error(self, where: NDArray[np.bool_], message: str, column: str = "") -> Exception:
        return fault(self.events, int(self.rows[np.flatnonzero(where)[0]]), column, message)

    def part(self, share: float | None = None) -> Piece:
        """Amount, rate, duration and lag of each record, and which of them are anything."""
        line = self.line
        part = (
            self.number(line.expression or Number(1.0), "share", self.all, above=False)
            if share is None
            else share
        )
        lag = self.number(line.lag, "lag", ~self.endless, above=False) if line.lag is not None else 0.0
        amount = part * self.amount * self.unit
        modelled = self.rate == MODELLED_RATE
        rate = np.where(self.rate > 0, self.rate * self.unit, 0.0)
        rate = np.where(modelled, self.number(line.rate, "rate", modelled, above=True), rate)
        over = self.rate == MODELLED_DURATION
        duration = np.where(over, self.number(line.duration, "duration", over, above=True), self.duration)
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = np.where(duration > 0, amount / duration, rate)
            duration = np.where((duration == 0) & (rate > 0), amount / rate, duration)
        unit = convert(1.0, line.unit, self.model.unit_of(line.name))
        return amount * unit, rate * unit, duration, lag, self.all

    def slopes(self, slopes: DoseSlopes, changing: frozenset[str]) -> Iterator[tuple[str, Piece]]:
        """What the records put into the derivatives of the states that they move (`dose_slopes`)."""
        name = slopes.of.name
        own, line = _Reader(self.model, self.events, self.rows, self.known, slopes.of), self.line
        amount, rate, duration, lag, _ = own.part()
        unit = convert(1.0, line.unit, self.model.unit_of(line.name))
        more = unit * self.unit * self.amount * self.value(slopes.share)
        later = np.where(self.endless, 0.0, self.value(slopes.lag))
        modelled, over = self.rate == MODELLED_RATE, self.rate == MODELLED_DURATION
        faster = np.where(modelled, unit * self.value(slopes.rate), 0.0)
        yield line.name, (0.0, faster, 0.0, 0.0, self.endless)
        at_once = ~self.endless & (duration == 0)
        yield line.name, (more, 0.0, 0.0, lag, at_once)
        late = at_once & (later != 0)
        if late.any() and slopes.turns is None:
            raise self.error(
                late,
                f'no derivative by the delay of a dose that is put at once into "{name}": how it moves '
                "the rates changes with the states; give the dose a duration, DUR",
            )
        turns = slopes.turns or {}
        # The rates jump when the dose arrives, and by then a parameter of theirs may be another.
        moved = sorted({n for turn in turns.values() for n in symbols(turn)} & changing)
        if late.any() and moved:
            raise self.error(
                late,
                f'no derivative by the delay of a dose that is put at once into "{name}" while {moved[0]} '
                "changes from record to record; give the dose a duration, DUR",
            )
        for other, turn in turns.items():
            moves = -amount * later * self.value(turn)
            yield other, (moves, 0.0, 0.0, lag, late & (moves != 0))
        slow = ~self.endless & (duration > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            longer = np.where(over, self.value(slopes.duration), 0.0)
            by_rate = slow & ~over & (self.duration == 0)
            longer = np.where(by_rate, (more - duration * faster) / rate, longer)
            by_time = slow & ~modelled & (over | (self.duration > 0))
            faster = np.where(by_time, (more - rate * longer) / duration, faster)
        yield line.name, (faster * duration, faster, duration, lag, slow)
        for edge, at in ((-rate * later, lag), (rate * (later + longer), lag + duration)):
            yield line.name, (edge, 0.0, 0.0, at, slow & (edge != 0))
