"""What a kernel computes: the equations of a model for one sort of run, split into two parts.

States that doses reach and that follow linear equations of their own are solved by modes; the others, the
free ones, are integrated. Free states come first. Where every state is linear nothing is integrated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from openldn.engine.expressions import Call, Expression, Number, Symbol, symbols
from openldn.engine.kernels.graph import Graph
from openldn.engine.kernels.modes import Linear, linear_states, without
from openldn.engine.model import Model

_TURNING = ("<", "<=", "==", "!=", "min", "max", "abs")
_FEWEST = 3  # linear states for which modes are worth their exponentials, beside others


@dataclass(frozen=True)
class Turn:
    """A node that passes zero where a condition may turn, or a min, max or abs takes its other side.

    at: the static node of the hour at which it does, where it is a straight line in time; for a person whose
        line is level that hour is infinite or not a number. None where a state moves it, or time in a curve.
    """

    node: int
    at: int | None = None


@dataclass(frozen=True)
class Program:
    """Node numbers of rates (of free and of bound states), outputs, initial values and dose factors.

    `parameters`, `states` and `outputs` name the leaves and roots in the order of their numbers; `flows`
    are the free states, by number, into which there may be a constant inflow; `turning` are the angular
    speeds of the rhythms in the rates; `linear` are the states that follow modes; `turns` say where the rates have
    a corner or a jump.
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

    @property
    def free(self) -> int:
        """How many states are integrated."""
        return len(self.rates)

    def text(self) -> str:
        """The computation as text that is equal for equal ones; what a cache is keyed by."""
        groups = (self.rates, self.bound, self.shown, self.initial, self.factors, self.turning)
        roots = [node for group in groups for node in group]
        order = {node: i for i, node in enumerate(self.graph.behind(roots))}
        lines = [f"{len(self.parameters)} {len(self.states)} {self.flows} {self.linear.reached}"]
        for node in order:
            name, *rest = self.graph.nodes[node]
            arguments = self.graph.arguments(node)
            shown = [order[a] for a in arguments] if arguments else [repr(r) for r in rest]
            lines.append(f"{name} {' '.join(map(str, shown))}")
        lines += [" ".join(str(order[node]) for node in group) for group in groups]
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
    given = (model, outputs, factors, fixed or {})
    whole = _Compiled(states, *given)
    dosed_numbers = {i for i, name in enumerate(states) if name in dosed}
    linear = linear_states(whole.graph, whole.rates)
    if len(linear.states) < len(states):
        linear = linear.reached_from(dosed_numbers)
        modes = modes and len(linear.states) >= _FEWEST
    if not modes:
        linear = without(linear, linear.states)
    chosen = [states[i] for i in linear.states]
    order = [name for name in states if name not in chosen] + chosen
    if chosen:
        whole = _Compiled(order, *given)
        kept = {order.index(name) for name in chosen}
        found = linear_states(whole.graph, whole.rates)
        linear = without(found, set(found.states) - kept)
    free, graph = len(order) - len(chosen), whole.graph
    rates = whole.rates[:free]
    rhythms = (n for n in graph.behind(rates) if graph.nodes[n][0] in ("sin", "cos"))
    speeds = dict.fromkeys(graph.slope(graph.arguments(n)[0]) for n in rhythms)
    turning = tuple(s for s in speeds if s is not None and graph.number(s) != 0)
    into = tuple(i for i, name in enumerate(order[:free]) if name in flows)
    return Program(
        graph, tuple(whole.parameters), tuple(order), tuple(outputs), rates, whole.rates[free:], whole.shown,
        whole.initial, whole.factors, into, turning, linear, _turns(graph, rates),
    )  # fmt: skip


def _turns(graph: Graph, rates: Sequence[int]) -> tuple[Turn, ...]:
    """Where the rates have a corner or a jump, each place once."""
    found: dict[int, Turn] = {}
    for node in graph.behind(rates):
        name, arguments = graph.nodes[node][0], graph.arguments(node)
        if name not in _TURNING:
            continue
        passing = graph.node("-", *arguments) if len(arguments) == 2 else arguments[0]
        if graph.nodes[passing][0] == "neg":
            (passing,) = graph.arguments(passing)
        if not graph.static[passing]:
            found[passing] = Turn(passing, _hour(graph, passing))
    return tuple(found.values())


def _hour(graph: Graph, node: int) -> int | None:
    line = graph.line(node)
    return None if line is None else graph.node("/", graph.node("neg", line[0]), line[1])


class _Compiled:
    def __init__(
        self,
        states: Sequence[str],
        model: Model,
        outputs: Sequence[str],
        factors: Sequence[Expression],
        fixed: Mapping[str, float],
    ) -> None:
        self.graph, self.parameters = Graph(), list[str]()
        self._names: dict[str, int] = {"t": self.graph.leaf("t")}
        self._names.update({s.name: self.graph.num(0.0) for s in model.states})
        self._names.update({name: self.graph.leaf("state", i) for i, name in enumerate(states)})
        self._names.update({name: self.graph.num(value) for name, value in fixed.items()})
        self._formulas = {a.name: a.expression for a in model.assignments}
        starts = {s.name: s.expression for s in model.states}
        self.rates = tuple(self._node(model.rates[name].expression) for name in states)
        self.shown = tuple(self._node(Symbol(name)) for name in outputs)
        self.initial = tuple(self._node(starts[name]) for name in states)
        self.factors = tuple(self._node(factor) for factor in factors)

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
