"""The equations of a program as four functions in lanes.

    prepare(parameters, fixed)                             what holds for a person: once, and when a parameter changes
    rates(t, y, dy, parameters, fixed, flow, bound)        of free states, constant inflows included
    outputs(t, y, shown, parameters, fixed, flow, bound)
    reach(t, y, sizes, parameters, fixed, flow, bound)     of all rates, from those of the states (see `reach`)

Every argument but the vector t is an array of vectors. `fixed` starts with the longest step that the rhythms in
the rates allow, since an explicit pair does not see by its own error estimate that it has stepped over a good part
of a turn; then come the initial values, the dose factors, and the static parts that the other functions need.
`bound` are the states that follow modes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llvmlite import ir

from openldn.engine.kernels import functions
from openldn.engine.kernels.lanes import PTR, Lanes
from openldn.engine.kernels.program import Program
from openldn.engine.kernels.reach import sizes

_ANGLE = 0.72  # radians that a step may turn
_UNBOUNDED = 1e300


@dataclass(frozen=True)
class Equations:
    """The functions, and how many vectors `fixed` holds."""

    prepare: Any
    rates: Any
    outputs: Any
    reach: Any
    fixed: int
    feeding: tuple[int, ...]  # the bound states that rates and sides need, by number among the bound
    slots: dict[int, int]  # where in `fixed` the static nodes stand


def emit_equations(module: Any, program: Program, width: int, more: Sequence[int] = ()) -> Equations:
    """Add the four functions to `module`; `more` are nodes whose static parts are to be at hand as well."""
    graph = program.graph
    reached = sizes(graph, [*program.rates, *program.bound]) if program.free else ()
    roots = {*program.rates, *program.shown, *reached, *program.turning_roots, *more}
    moving = graph.behind(roots)
    slots: dict[int, int] = {}
    first = 1 + len(program.initial) + len(program.factors)
    used = {a for node in moving if not graph.static[node] for a in graph.arguments(node)}
    for node in sorted(used | roots):
        if graph.static[node] and graph.nodes[node][0] not in ("num", "par"):
            slots[node] = first + len(slots)
    wanted = [*program.initial, *program.factors, *slots]
    turning = list(program.turning)
    prepare = _function(module, "prepare", [PTR, PTR])
    v = _body(prepare, width)
    parameters, fixed = prepare.args
    values = _emit(v, program, [*turning, *wanted], {}, None, (None, None), parameters, fixed)
    longest = v.num(_UNBOUNDED)
    for speed in values[: len(turning)]:
        own = v.div(v.num(_ANGLE), v.abs(speed))
        longest = v.select(v.compare("<", own, longest), own, longest)
    for slot, value in enumerate([longest, *values[len(turning) :]]):
        v.store(value, fixed, slot)
    v.b.ret_void()
    rates = emit_function(
        module, "rates", program, program.rates, range(program.free), slots, width, flows=program.flows
    )
    outputs = emit_function(
        module, "outputs", program, program.shown, range(len(program.shown)), slots, width
    )
    reach = emit_function(module, "reach", program, reached, range(len(reached)), slots, width)
    leaves = (graph.nodes[n] for n in graph.behind([*program.rates, *program.sides]))
    feeding = tuple(
        sorted(
            int(i) - program.free
            for name, i in (n[:2] for n in leaves if len(n) > 1)
            if name == "state" and int(i) >= program.free
        )
    )
    return Equations(prepare, rates, outputs, reach, 1 + len(wanted), feeding, slots)


def emit_function(
    module: Any,
    name: str,
    program: Program,
    roots: Sequence[int],
    places: Sequence[int],
    slots: dict[int, int],
    width: int,
    flows: Sequence[int] = (),
) -> Any:
    """A function (t, y, out, parameters, fixed, flow, bound) that puts each root into its place of `out`."""
    vector = ir.VectorType(ir.DoubleType(), width)
    function = _function(module, name, [vector, PTR, PTR, PTR, PTR, PTR, PTR])
    v = _body(function, width)
    t, y, out, parameters, fixed, flow, bound = function.args
    values = _emit(v, program, roots, slots, t, (y, bound), parameters, fixed)
    for i, value in zip(places, values, strict=True):
        v.store(v.add(value, v.load(flow, i)) if i in flows else value, out, i)
    v.b.ret_void()
    return function


def _function(module: Any, name: str, kinds: Sequence[Any]) -> Any:
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), kinds), name)
    function.linkage = "internal"
    function.attributes.add("noinline")
    for argument in function.args:
        if argument.type == PTR:
            argument.add_attribute("noalias")
    return function


def _body(function: Any, width: int) -> Lanes:
    return Lanes(ir.IRBuilder(function.append_basic_block("entry")), width)


def _emit(
    v: Lanes,
    program: Program,
    roots: Sequence[int],
    slots: dict[int, int],
    t: Any,
    states: tuple[Any, Any],
    parameters: Any,
    fixed: Any,
) -> list[Any]:
    graph, values = program.graph, dict[int, Any]()

    def value(node: int) -> Any:
        """A computed value, or a leaf, which is loaded where it is first used: registers are few."""
        if node not in values:
            name, *rest = graph.nodes[node]
            if node in slots:
                values[node] = v.load(fixed, slots[node])
            elif name == "num":
                return v.num(float(rest[0]))
            elif name == "t":
                return t
            elif name == "par":
                values[node] = v.load(parameters, int(rest[0]))
            else:
                bound, number = int(rest[0]) >= program.free, int(rest[0])
                values[node] = v.load(states[bound], number - program.free * bound)
        return values[node]

    # What may branch to the C library comes first, when little else is held.
    branching = [n for n in graph.behind(roots, slots) if graph.nodes[n][0] in ("sin", "cos", "^")]
    for node in dict.fromkeys([*graph.behind(branching, slots), *graph.behind(roots, slots)]):
        arguments = graph.arguments(node)
        if arguments and node not in slots:
            values[node] = _operation(v, str(graph.nodes[node][0]), [value(a) for a in arguments])
    return [value(root) for root in roots]


def _operation(v: Lanes, name: str, args: list[Any]) -> Any:
    simple: dict[str, Any] = {"+": v.add, "-": v.sub, "*": v.mul, "neg": v.neg, "abs": v.abs}
    if name in simple:
        return simple[name](*args)
    if name == "rcp":
        return v.div(v.num(1.0), args[0])
    if name in ("<", "<=", "==", "!="):
        return v.select(v.compare(name, *args), v.num(1.0), v.num(0.0))
    if name == "not":
        return v.sub(v.num(1.0), args[0])
    if name == "if":
        return v.select(v.compare("!=", args[0], v.num(0.0)), *args[1:])
    if name in ("min", "max"):
        return _extreme(v, name, *args)
    if name == "sqrt":
        return v.call("sqrt", *args)
    made: dict[str, Any] = {
        "exp": functions.exp, "log": functions.log, "tanh": functions.tanh, "sin": functions.sin,
        "cos": functions.cos, "^": functions.power,
    }  # fmt: skip
    return made[name](v, *args)


def _extreme(v: Lanes, name: str, a: Any, b: Any) -> Any:
    """The smaller or larger of two; not a number where either is not."""
    for one, other in ((a, b), (b, a)):
        if isinstance(one, ir.Constant):
            return v.select(v.compare("<" if name == "min" else ">", one, other), one, other)
    return v.call("minimum" if name == "min" else "maximum", a, b)
