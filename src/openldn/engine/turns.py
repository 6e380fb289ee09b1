"""Where a model's rates have a corner or a jump, so that no step of a solver goes over one unseen.

Each comparison, and each min, max and abs, of which time or a state decides has a side s: above 0 here, below 0 there.

    a < b, min(a, b), max(a, b)    s = a - b            abs(a)    s = a

A solver holds the sign of s, the zone: where s passes zero its step ends, the zone changes, and another step begins. Within
a step a comparison is one of the zone, a < b is zone < 0, so that rates do not jump there. Beyond its zone a branch of an
`if` may be no number; there, and only there, it is the other one. A corner stays what it is.

In sides corners are by their zones too, max(a, b) is if(zone > 0, a, b). So a side may be a straight line in time, as the
zones inside it stand, and passes zero at an hour that is known beforehand.

    zoned(model).model     the model with zones for parameters, and by name the side of each, and the value of each action

Zones, sides and the rest have names that nobody can write. What outputs show is worked out without zones.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from openldn.engine.actions import Action
from openldn.engine.expressions import COMPARISONS, Call, Expression, Number, Symbol, symbols
from openldn.engine.model import Equation, Model
from openldn.engine.notebook import written
from openldn.engine.parameters import Parameter
from openldn.engine.simplify import ONE, ZERO, add, call, divide, multiply, negate, subtract
from openldn.notation import Limit

ENDLESS = Limit(1_000, "turns", "of a person at one hour")
ALL_TURNS = Limit(100_000, "turns", "of a person in a run")
NOISE = 16 * 2.0**-52  # of the size of a side: what rounding may leave of a difference that is nothing
_TURNING = (*COMPARISONS, "min", "max", "abs")
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


@dataclass(frozen=True)
class Turn:
    """A side, and the parameter that holds its zone.

    hour, slope: of a side that is a straight line in time, expressions of parameters and zones; else None. jumps: whether a
    comparison is of it, so that rates may jump there; else they have a corner. corners: every min, max or abs of it, as the
    rates have it. size: the name of the sum of the absolute terms of the side. words: the first place where it stands.
    """

    zone: str
    side: str
    size: str
    hour: Expression | None
    slope: Expression | None
    jumps: bool
    words: str
    corners: tuple[Expression, ...] = ()


@dataclass(frozen=True)
class Zoned:
    """A model for a solver that ends its steps where equations turn.

    model: with zones in its rates. turns: a turn comes after those inside its side. stops: further hours at which to look,
    since a product may have turned twice between. conditions: of the lines `when`, by number of the action, made of zones and
    parameters. values: the name of what each action sets or gives, without zones. inside: the zones that the expression of an
    assignment or of d/dt(STATE), or the condition of an action, has.
    """

    plain: Model
    model: Model
    turns: tuple[Turn, ...] = field(repr=False, default=())
    stops: tuple[Expression, ...] = field(repr=False, default=())
    conditions: dict[int, Expression] = field(repr=False, default_factory=dict)
    values: tuple[str, ...] = field(repr=False, default=())
    inside: Mapping[str, set[str]] = field(repr=False, default_factory=dict)

    @property
    def actions(self) -> tuple[Action, ...]:
        return self.plain.actions

    def behind(self, names: Iterable[str]) -> tuple[Turn, ...]:
        """The turns that the rates of these states, or the conditions of lines `when`, have."""
        seen: set[str] = set()
        found = {zone for number in self.conditions for zone in self.inside[f"condition {number}"]}
        found |= {zone for name in names for zone in self.inside.get(f"d/dt({name})", ())}
        waiting = [n for name in names for n in symbols(self.plain.rates[name].expression)]
        waiting += [n for number in self.conditions for n in symbols(self.plain.actions[number].when)]
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                found |= self.inside.get(name, set())
                waiting += (
                    symbols(self.plain.assigned[name].expression) if name in self.plain.assigned else ()
                )
        return tuple(turn for turn in self.turns if turn.zone in found)


def words_of(action: Action) -> str:
    """The line of an action, for messages."""
    return f'"{action.kind} {written(action.when)}" ({action.file}, line {action.line})'


def zoned(model: Model) -> Zoned:
    """The model with zones; itself where nothing in its rates turns and it has no lines `at` or `when`."""
    if _KNOWN.get(id(model), (None,))[0] is not model:
        if len(_KNOWN) >= _KNOWN_LIMIT:
            _KNOWN.clear()
        _KNOWN[id(model)] = model, _Zoning(model).zoned()
    return _KNOWN[id(model)][1]


_KNOWN: dict[int, tuple[Model, Zoned]] = {}
_KNOWN_LIMIT = 64


class _Zoning:
    """The work of `zoned`. An expression is written anew in one of two ways: as rates have it, or as sides do."""

    def __init__(self, model: Model) -> None:
        self.plain = model
        self.formulas = {a.name: a.expression for a in model.assignments}
        self.moving = {"t", *(s.name for s in model.states)}
        for a in model.assignments:
            if not self.moving.isdisjoint(symbols(a.expression)):
                self.moving.add(a.name)
        self.lines: dict[str, tuple[Expression, Expression] | None] = {"t": (ZERO, ONE)}
        self.copies: dict[bool, dict[str, str]] = {True: {}, False: {}}
        self.known: dict[tuple[Expression, bool], Expression] = {}
        self.sides: dict[tuple[Expression, Expression], str] = {}
        self.turns: dict[str, Turn] = {}
        self.stops: dict[Expression, None] = {}
        self.more: list[Equation] = []
        self.inside: dict[str, set[str]] = {}
        self.here = ""

    def zoned(self) -> Zoned:
        model = self.plain
        needed = self._needed()
        for assignment in model.assignments:
            if assignment.name in needed and assignment.name in self.moving:
                self._formula(assignment)
        rates: dict[str, Equation] = {}
        for name, rate in model.rates.items():
            self._enter(f"d/dt({name})", rate)
            rates[name] = replace(rate, expression=self._of(rate.expression, False))
        conditions: dict[int, Expression] = {}
        for number, action in enumerate(model.actions):
            if action.kind == "when":
                self.here = words_of(action)
                self.inside[f"condition {number}"] = self._zones_in(action.when)
                conditions[number] = self._of(action.when, True)
        if not self.turns and not model.actions:
            return Zoned(model, model)
        values = tuple(f"action {number}" for number, _ in enumerate(model.actions))
        for name, action in zip(values, model.actions, strict=True):
            self.more.append(Equation(name, "", action.expression, "", action.file, action.line))
        zones = {name: Parameter(name, 0.0, "", "the side that an equation is on") for name in self.turns}
        made = replace(
            model,
            rates=rates,
            assignments=(*model.assignments, *self.more),
            parameters={**model.parameters, **zones},
        )
        return Zoned(
            model, made, tuple(self.turns.values()), tuple(self.stops), conditions, values, self.inside
        )

    def _needed(self) -> set[str]:
        """The assignments that rates and conditions are made of."""
        found: set[str] = set()
        waiting = [n for rate in self.plain.rates.values() for n in symbols(rate.expression)]
        waiting += [n for action in self.plain.actions for n in symbols(action.when)]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += symbols(self.formulas[name]) if name in self.formulas else ()
        return found

    def _enter(self, name: str, equation: Equation) -> None:
        self.here = name + (f" ({equation.file}, line {equation.line})" if equation.line else "")
        self.inside[name] = self._zones_in(equation.expression)

    def _formula(self, assignment: Equation) -> None:
        """The line of an assignment in time, and copies of it where it has zones."""
        self._enter(assignment.name, assignment)
        for sides, word in ((True, "by its zones"), (False, "in its zones")):
            found = replace(assignment, expression=self._of(assignment.expression, sides))
            if sides:
                self.lines[assignment.name] = self._line(found.expression)
            if found.expression != assignment.expression:
                name = self.copies[sides][assignment.name] = f"{assignment.name} {word}"
                self.moving.add(name)
                self.more.append(replace(found, name=name))
                if sides:
                    self.lines[name] = self.lines[assignment.name]

    def _zones_in(self, e: Expression) -> set[str]:
        """The zones of an expression, which are given to it here."""
        if not isinstance(e, Call):
            return set()
        found = {zone for argument in e.arguments for zone in self._zones_in(argument)}
        if e.name in _TURNING:
            parts = tuple(self._of(a, True) for a in e.arguments)
            if any(self._moves(a) for a in parts):
                a, b = parts if len(parts) == 2 else (*parts, ZERO)
                found.add(self._zone(a, b, e)[0].name)
        return found

    def _of(self, e: Expression, sides: bool) -> Expression:
        """The expression as sides, or else rates, have it."""
        if isinstance(e, Number):
            return e
        if isinstance(e, Symbol):
            return Symbol(self.copies[sides].get(e.name, e.name))
        if (e, sides) not in self.known:
            self.known[e, sides] = self._of_call(e, sides)
        return self.known[e, sides]

    def _of_call(self, e: Call, sides: bool) -> Expression:
        parts = tuple(self._of(a, sides) for a in e.arguments)
        if e.name == "if" and not sides and parts[0] != e.arguments[0]:
            return self._choice(parts)
        own = parts if sides or e.name not in _TURNING else tuple(self._of(a, True) for a in e.arguments)
        if e.name not in _TURNING or not any(self._moves(a) for a in own):
            return Call(e.name, parts)
        a, b = own if len(own) == 2 else (*own, ZERO)
        zone, turned = self._zone(a, b, e)
        if e.name in COMPARISONS:
            return Call(_TURNED[e.name] if turned else e.name, (zone, ZERO))
        if not sides:
            return self._corner(zone.name, Call(e.name, parts))
        if e.name == "abs":
            return call("if", Call("<", (zone, ZERO)), negate(a), a)
        return call("if", Call("<" if (e.name == "min") != turned else ">", (zone, ZERO)), a, b)

    def _choice(self, parts: tuple[Expression, ...]) -> Expression:
        """The branch of the zone; the other one where that is no number."""
        condition, *branches = parts
        yes, no = (self._named(branch) for branch in branches)
        here = self._named(Call("if", (condition, yes, no)))
        return Call("if", (Call("!=", (here, here)), Call("if", (condition, no, yes)), here))

    def _named(self, e: Expression) -> Expression:
        """The expression by a name of its own, so that it stands in many places and is written in one."""
        if not isinstance(e, Call):
            return e
        name = f"part {len(self.more)}"
        self.more.append(Equation(name, "", e, "", "", 0))
        self.moving.add(name)
        return Symbol(name)

    def _corner(self, zone: str, e: Call) -> Call:
        turn = self.turns[zone]
        if e not in turn.corners:
            self.turns[zone] = replace(turn, corners=(*turn.corners, e))
        return e

    def _zone(self, a: Expression, b: Expression, e: Call) -> tuple[Symbol, bool]:
        """The zone of a - b, and whether it is that of b - a."""
        turned = (b, a) in self.sides
        key = (b, a) if turned else (a, b)
        if key not in self.sides:
            number = len(self.turns)
            zone, side, size = f"zone {number}", f"side {number}", f"size {number}"
            self.sides[key] = zone
            whole = subtract(a, b)
            line = self._line(whole)
            if line is None:
                self._look_at(whole)
            hour = None if line is None else divide(negate(line[0]), line[1])
            self.more.append(Equation(side, "", whole, "", "", 0))
            self.more.append(Equation(size, "", _size(whole), "", "", 0))
            self.turns[zone] = Turn(
                zone,
                side,
                size,
                hour,
                None if line is None else line[1],
                False,
                f"{written(e)} in {self.here}",
            )
        zone = self.sides[key]
        if e.name in COMPARISONS:
            self.turns[zone] = replace(self.turns[zone], jumps=True)
        return Symbol(zone), turned

    def _moves(self, e: Expression) -> bool:
        return not self.moving.isdisjoint(symbols(e))

    def _line(self, e: Expression) -> tuple[Expression, Expression] | None:
        """Value at time 0 and slope of an expression that is a straight line in time; else None."""
        if not self._moves(e):
            return e, ZERO
        if isinstance(e, Symbol):
            return self.lines.get(e.name)
        assert isinstance(e, Call)
        parts = [self._line(a) for a in e.arguments]
        lines = [part for part in parts if part is not None]
        if e.name in _SUMS and len(lines) == len(parts):
            starts, slopes = zip(*lines, strict=True)
            return _SUMS[e.name](*starts), _SUMS[e.name](*slopes)
        if e.name == "if" and len(lines) == 3 and not self._moves(e.arguments[0]):
            (_, yes, no), condition = lines, e.arguments[0]
            return call("if", condition, yes[0], no[0]), call("if", condition, yes[1], no[1])
        if e.name == "*":
            for part, other in zip(parts, e.arguments[::-1], strict=True):
                if part is not None and not self._moves(other):
                    return multiply(part[0], other), multiply(part[1], other)
        if e.name == "/" and parts[0] is not None and not self._moves(e.arguments[1]):
            return divide(parts[0][0], e.arguments[1]), divide(parts[0][1], e.arguments[1])
        return None

    def _look_at(self, e: Expression) -> None:
        """Hours at which a product's factors pass zero, those that are lines."""
        if isinstance(e, Call) and e.name in ("*", "/", "neg", "^"):
            for part in e.arguments:
                line = self._line(part) if self._moves(part) else None
                if line is None:
                    self._look_at(part)
                else:
                    self.stops[divide(negate(line[0]), line[1])] = None


def _size(e: Expression) -> Expression:
    """The sum of the absolute terms of a sum."""
    if isinstance(e, Call) and e.name in _SUMS:
        first, *more = (_size(a) for a in e.arguments)
        return add(first, more[0]) if more else first
    return Number(abs(e.value)) if isinstance(e, Number) else call("abs", e)


_SUMS: dict[str, Callable[..., Expression]] = {"+": add, "-": subtract, "neg": negate}
