"""What a kernel computes: the equations of a model for one sort of run, split into two parts.

States that doses reach and that follow linear equations of their own are solved by modes; the others, the
free ones, are integrated. Free states come first. Where every state is linear nothing is integrated.

Where rates turn they are seen with zones (`turns`), which are parameters; outputs, and what lines `at` and `when` set, are not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from openldn.engine.actions import Action
from openldn.engine.expressions import Call, Expression, Number, Symbol, symbols
from openldn.engine.kernels.graph import Graph
from openldn.engine.kernels.modes import Linear, linear_states, without
from openldn.engine.model import LAST_DOSE, Model
from openldn.engine.turns import Zoned, zoned
from openldn.notation import convert

_FEWEST = 3  # linear states for which modes are worth their exponentials, beside others


@dataclass(frozen=True)
class Turn:
    """A side and its size by their nodes, and the number of the parameter that is its zone.

    known: the static nodes of the hour at which it passes zero, and of its slope, where it is a straight line in time.
    jumps: whether rates may jump there. number: among the turns of the model.
    """

    zone: int
    side: int
    size: int
    known: tuple[int, int] | None
    jumps: bool
    number: int


@dataclass(frozen=True)
class Act:
    """What a line `at` or `when` does: to which states or parameters, by number, and the nodes of what is set or added.

    number: among the actions of the model. condition: the static node of that of a line `when`; None for `at`.
    """

    number: int
    condition: int | None
    does: Literal["add", "set", "parameter"]
    to: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Program:
    """Node numbers of rates (of free and of bound states), outputs, initial values and dose factors.

    `parameters`, `states` and `outputs` name the leaves and roots in the order of their numbers; `flows`
    are the free states, by number, into which there may be a constant inflow; `turning` are the angular
    speeds of the rhythms in the rates; `linear` are the states that follow modes. `turns` say where the rates, and conditions
    of lines `when`, turn, `stops` are nodes of more hours to look at them; `acts` are lines `at` and `when`, `dosed_at`
    the number of the parameter that a dose sets to its hour, or −1.
    """

    graph: Graph = field(repr=False)
    parameters: tuple[str, ...]
    states: tuple[str, ...]
    outputs: tuple[str, ...]
    rates: tuple[int, ...]
    bound: tuple[int, ...]
    shown: tuple[int, ...]
    initial: tuple[int, ...]
    factors: tuple[int, ...]
    flows: tuple[int, ...]
    turning: tuple[int, ...]
    linear: Linear
    turns: tuple[Turn, ...] = ()
    stops: tuple[int, ...] = ()
    acts: tuple[Act, ...] = ()
    dosed_at: int = -1

    @property
    def watched(self) -> tuple[Turn, ...]:
        """The turns that a step may come upon."""
        return tuple(turn for turn in self.turns if turn.known is None)

    @property
    def clocked(self) -> tuple[Turn, ...]:
        """The turns whose hours are known."""
        return tuple(turn for turn in self.turns if turn.known is not None)

    @property
    def whens(self) -> tuple[Act, ...]:
        return tuple(act for act in self.acts if act.condition is not None)

    @property
    def sides(self) -> tuple[int, ...]:
        """Nodes of the watched sides, and then of their sizes."""
        return (*(turn.side for turn in self.watched), *(turn.size for turn in self.watched))

    @property
    def hours(self) -> tuple[int, ...]:
        """Nodes of hour, slope and side of each turn whose hour is known, and of the hours to look at."""
        known = [node for turn in self.clocked for node in (*(turn.known or ()), turn.side)]
        return (*known, *self.stops)

    @property
    def values(self) -> tuple[int, ...]:
        """Nodes of all that acts set or add."""
        return tuple(node for act in self.acts for _, node in act.to)

    @property
    def turning_roots(self) -> tuple[int, ...]:
        """Every node that only turns and acts need."""
        conditions = [act.condition for act in self.whens if act.condition is not None]
        return (*self.sides, *self.hours, *conditions, *self.values)

    @property
    def free(self) -> int:
        """How many states are integrated."""
        return len(self.rates)

    def text(self) -> str:
        """The computation as text that is equal for equal ones; what a cache is keyed by."""
        groups = (
            self.rates, self.bound, self.shown, self.initial, self.factors, self.turning, self.turning_roots,
        )  # fmt: skip
        roots = [node for group in groups for node in group]
        order = {node: i for i, node in enumerate(self.graph.behind(roots))}
        lines = [f"{len(self.parameters)} {len(self.states)} {self.flows} {self.linear.reached}"]
        for node in order:
            name, *rest = self.graph.nodes[node]
            arguments = self.graph.arguments(node)
            shown = [order[a] for a in arguments] if arguments else [repr(r) for r in rest]
            lines.append(f"{name} {' '.join(map(str, shown))}")
        lines += [" ".join(str(order[node]) for node in group) for group in groups]
        if self.turns or self.acts:
            turns = [(turn.zone, turn.known is None, turn.jumps, turn.number) for turn in self.turns]
            acts = [(a.number, a.condition is None, a.does, [i for i, _ in a.to]) for a in self.acts]
            lines.append(f"{turns} {len(self.stops)} {acts} {self.dosed_at}")
        return "\n".join(lines)


def program(
    model: Model,
    states: Sequence[str],
    outputs: Sequence[str],
    factors: Sequence[Expression] = (),
    fixed: Mapping[str, float] | None = None,
    flows: Sequence[str] = (),
    dosed: Sequence[str] = (),
    modes: bool = True,
) -> Program:
    """The equations of `model` for the solved `states`, any other state being zero throughout.

    factors: expressions of parameters that multiply the amounts of events.
    fixed: switches (or parameters) whose value is built in.
    flows: states that may have a constant inflow.
    dosed: states that events move; where there are none and a state is not linear, nothing is solved by modes.
    modes: whether any state may be.
    """
    whole_model = zoned(model)
    given = (whole_model, outputs, factors, fixed or {})
    whole = _Compiled(states, *given)
    dosed_numbers = {i for i, name in enumerate(states) if name in {*dosed, *whole.acted}}
    linear = linear_states(whole.graph, whole.rates, whole.changing())
    if len(linear.states) < len(states):
        linear = linear.reached_from(dosed_numbers)
        modes = modes and len(linear.states) >= _FEWEST
    elif any(turn.known is None for turn in whole.turns):
        modes = False  # a step has to come upon it, and modes alone take none
    if not modes:
        linear = without(linear, linear.states)
    chosen = [states[i] for i in linear.states]
    order = [name for name in states if name not in chosen] + chosen
    if chosen:
        whole = _Compiled(order, *given)
        kept = {order.index(name) for name in chosen}
        found = linear_states(whole.graph, whole.rates, whole.changing())
        linear = without(found, set(found.states) - kept)
    free, graph = len(order) - len(chosen), whole.graph
    rates = whole.rates[:free]
    rhythms = (n for n in graph.behind(rates) if graph.nodes[n][0] in ("sin", "cos"))
    speeds = dict.fromkeys(graph.slope(graph.arguments(n)[0]) for n in rhythms)
    turning = tuple(s for s in speeds if s is not None and graph.number(s) != 0)
    into = tuple(i for i, name in enumerate(order[:free]) if name in flows)
    return Program(
        graph, tuple(whole.parameters), tuple(order), tuple(outputs), rates, whole.rates[free:], whole.shown,
        whole.initial, whole.factors, into, turning, linear, whole.turns, whole.stops, whole.acts, whole.dosed_at(),
    )  # fmt: skip


class _Compiled:
    """Nodes of the model with zones for a list of states.

    Of the lines `at` and `when` those count that change a state of the list, or a parameter that something here has.
    """

    def __init__(
        self,
        states: Sequence[str],
        whole: Zoned,
        outputs: Sequence[str],
        factors: Sequence[Expression],
        fixed: Mapping[str, float],
    ) -> None:
        model = whole.model
        self.graph, self.parameters, self.whole = Graph(), list[str](), whole
        self._names: dict[str, int] = {"t": self.graph.leaf("t")}
        self._names.update({s.name: self.graph.num(0.0) for s in model.states})
        self._names.update({name: self.graph.leaf("state", i) for i, name in enumerate(states)})
        self._names.update({name: self.graph.num(value) for name, value in fixed.items()})
        self._formulas = {a.name: a.expression for a in model.assignments}
        self._states = {name: i for i, name in enumerate(states)}
        starts = {s.name: s.expression for s in model.states}
        self.rates = tuple(self._node(model.rates[name].expression) for name in states)
        self.shown = tuple(self._node(Symbol(name)) for name in outputs)
        self.initial = tuple(self._node(starts[name]) for name in states)
        self.factors = tuple(self._node(factor) for factor in factors)
        self.acts = self._acts()
        self.turns = self._turns()
        self.stops = tuple(self._node(stop) for stop in whole.stops) if self.turns else ()

    @property
    def acted(self) -> tuple[str, ...]:
        """The states that acts change."""
        names = list(self._states)
        return tuple(names[i] for act in self.acts if act.does != "parameter" for i, _ in act.to)

    def dosed_at(self) -> int:
        return self.parameters.index(LAST_DOSE) if LAST_DOSE in self.parameters else -1

    def changing(self) -> set[int]:
        """The nodes made of zones and of parameters that acts change, which hold for no person as they are."""
        names = {turn.zone for turn in self.whole.turns}
        names |= {action.target for action in self.whole.actions}
        names |= {LAST_DOSE} if any(action.route for action in self.whole.actions) else set()
        found = {self._names[name] for name in names if name in self.parameters}
        for node in range(len(self.graph.nodes)):
            if not found.isdisjoint(self.graph.arguments(node)):
                found.add(node)
        return found

    def _acts(self) -> tuple[Act, ...]:
        found: dict[int, Act] = {}
        while True:
            before = len(found)
            for number, action in enumerate(self.whole.actions):
                if number not in found and (act := self._act(number, action)):
                    found[number] = act
            if len(found) == before:
                return tuple(found[number] for number in sorted(found))

    def _act(self, number: int, action: Action) -> Act | None:
        """The act of an action, or None where what it changes is not here."""
        here = [name for name in action.changes(self.whole.model.doses) if name in self._states]
        dose = action.route and LAST_DOSE in self.parameters
        if not here and not dose and (action.route or action.target not in self.parameters):
            return None
        value = self._node(Symbol(self.whole.values[number]))
        to: list[tuple[int, int]] = []
        if action.route:
            for line in self.whole.model.doses[action.route]:
                if line.name in self._states:
                    share = self._node(line.expression or Number(1.0))
                    unit = convert(1.0, line.unit, self.whole.model.unit_of(line.name))
                    each = self.graph.node("*", value, self.graph.node("*", share, self.graph.num(unit)))
                    to.append((self._states[line.name], each))
        elif here:
            to.append((self._states[here[0]], value))
        else:
            to.append((self.parameters.index(action.target), value))
        condition = self.whole.conditions.get(number)
        does: Literal["add", "set", "parameter"] = "add" if action.route else "set" if here else "parameter"
        return Act(number, None if condition is None else self._node(condition), does, tuple(to))

    def _turns(self) -> tuple[Turn, ...]:
        """Of the zones that are here, and those inside their sides."""
        found: dict[int, Turn] = {}
        rates = set(self.graph.behind(self.rates))
        for turn in self.whole.turns:
            if any(self._is_among(corner, rates) for corner in turn.corners):
                self._node(Symbol(turn.zone))
        while True:
            before = len(found)
            for number, turn in enumerate(self.whole.turns):
                if number not in found and turn.zone in self.parameters:
                    known = None
                    if turn.hour is not None and turn.slope is not None:
                        known = self._node(turn.hour), self._node(turn.slope)
                    side, size = (self._node(Symbol(name)) for name in (turn.side, turn.size))
                    zone = self.parameters.index(turn.zone)
                    found[number] = Turn(zone, side, size, known, turn.jumps, number)
            if len(found) == before:
                return tuple(found[number] for number in sorted(found))

    def _is_among(self, corner: Expression, nodes: set[int]) -> bool:
        """Whether a min, max or abs is one of those nodes; it may be of a part that is off."""
        names, parameters = dict(self._names), list(self.parameters)
        node = self._node(corner)
        found = node in nodes and self.graph.nodes[node][0] in ("min", "max", "abs")
        if not found:
            self._names, self.parameters = names, parameters
        return found

    def _node(self, expression: Expression) -> int:
        if isinstance(expression, Number):
            return self.graph.num(expression.value)
        if isinstance(expression, Call):
            return self.graph.node(expression.name, *(self._node(a) for a in expression.arguments))
        name = expression.name
        if name not in self._names:
            if name in self._formulas:
                self._behind(name)
            else:
                self._names[name] = self.graph.leaf("par", len(self.parameters))
                self.parameters.append(name)
        return self._names[name]

    def _behind(self, name: str) -> None:
        """Compile an assignment and all that it needs, in the model's own order: no deeper than one formula."""
        needed, open_names = set[str](), [name]
        while open_names:
            here = open_names.pop()
            if here not in needed and here not in self._names and here in self._formulas:
                needed.add(here)
                open_names += symbols(self._formulas[here])
        for formula, expression in self._formulas.items():
            if formula in needed:
                self._names[formula] = self._node(expression)
