"""States that follow modes, in lanes: their values within a step, and what events do to them.

Over a step of length h a mode shrinks by e^(λ h); at the nodes c of the pair by e^(λ c h). Each lane keeps
those factors for its h and for a few before, since steps come back: day after day a schedule has the same
stretches, which are divided into equal steps.
"""

from collections.abc import Sequence
from typing import Any

from llvmlite import ir

from openldn.engine.kernels import functions
from openldn.engine.kernels.equations import Equations
from openldn.engine.kernels.lanes import F64, I64, PTR, Lanes
from openldn.engine.kernels.layout import TABLES, Workspace
from openldn.engine.kernels.memory import Column
from openldn.engine.kernels.modes import Linear
from openldn.engine.kernels.tableau import C

_ROUNDING = 4e-15  # of the hour reached: equal parts of a stretch differ by as much
NOISE = 2.0**-46  # of the size of the parts: what rounding may leave of a sum that cancels
NODES = tuple(sorted({c for c in C if c > 0}))  # the last is the end of the step


def emit_decay(v: Lanes, place: Workspace, equations: Equations, linear: Linear, w: Any, step: Any) -> None:
    """Prepare a step: the factors of the modes at its nodes, and their parts in the states that rates need."""
    current = v.load(w, place.decay_of)
    rounding = v.times(v.num(_ROUNDING), v.abs(v.load(w, place.stop)))
    other = v.b.fcmp_unordered(">", v.abs(v.minus(step, current)), rounding)
    some, _ = v.any(other)
    with v.b.if_then(some):
        v.b.call(_refresh(v, place), [w, step, rounding, v.b.sext(other, v.integers)])
    for i, m in _pairs(equations, linear):
        part = v.times(v.load(w, place.vectors + i * place.modes + m), v.load(w, place.z + m))
        v.store(part, w, place.parts + i * place.modes + m)


def _refresh(v: Lanes, place: Workspace) -> Any:
    """The function that changes the factors to those of `step`, from a lane's own tables or anew."""
    module = v.b.module
    kind = ir.FunctionType(ir.VoidType(), [PTR, v.vector, v.vector, v.integers])
    function = ir.Function(module, kind, "refresh")
    function.linkage = "internal"
    function.attributes.add("noinline")
    w, step, rounding, other = function.args
    v = Lanes(ir.IRBuilder(function.append_basic_block("entry")), v.width)
    b, size = v.b, place.modes * place.nodes
    missing = v.bits(0)
    for lane in range(v.width):
        own = Column(b, w, v.width, lane)
        skip, found, absent, after = (b.append_basic_block(n) for n in ("skip", "found", "absent", "after"))
        b.cbranch(
            b.icmp_signed("!=", b.extract_element(other, I64(lane)), I64(0)),
            looks := b.append_basic_block("looks"),
            skip,
        )
        b.position_at_end(skip)
        b.branch(after)
        b.position_at_end(looks)
        h, near = b.extract_element(step, I64(lane)), b.extract_element(rounding, I64(lane))
        table = I64(-1)
        for i in range(TABLES):
            away = b.call(
                module.declare_intrinsic("llvm.fabs", [F64]), [b.fsub(own.get(place.kept_of + i), h)]
            )
            table = b.select(b.fcmp_ordered("<=", away, near), I64(i), table)
        b.cbranch(b.icmp_signed(">=", table, I64(0)), found, absent)
        b.position_at_end(found)
        first = b.add(b.mul(table, I64(size)), I64(place.kept))
        with v.loop(size) as i:
            own.put(b.add(i, I64(place.decay)), own.get(b.add(i, first)))
        own.put(place.decay_of, own.get(b.add(table, I64(place.kept_of))))
        b.branch(after)
        found_end = b.block
        b.position_at_end(absent)
        b.branch(after)
        b.position_at_end(after)
        here = b.phi(v.integers)
        here.add_incoming(missing, skip)
        here.add_incoming(missing, found_end)
        here.add_incoming(b_insert(missing, lane, absent), absent)
        missing = here
    lacks = b.icmp_signed("!=", missing, v.bits(0))
    some, _ = v.any(lacks)
    with b.if_then(some):
        _fill(v, place, w, step, lacks)
        for lane in range(v.width):
            own = Column(b, w, v.width, lane)
            with b.if_then(b.icmp_signed("!=", b.extract_element(missing, I64(lane)), I64(0))):
                turn = b.fptosi(own.get(place.turn), I64)
                first = b.add(b.mul(turn, I64(size)), I64(place.kept))
                with v.loop(size) as i:
                    own.put(b.add(i, first), own.get(b.add(i, I64(place.decay))))
                own.put(b.add(turn, I64(place.kept_of)), b.extract_element(step, I64(lane)))
                own.put(place.decay_of, b.extract_element(step, I64(lane)))
                own.put(place.turn, b.sitofp(b.urem(b.add(turn, I64(1)), I64(TABLES)), F64))
    b.ret_void()
    return function


def b_insert(missing: Any, lane: int, block: Any) -> Any:
    """`missing` with this lane set, computed at the end of `block`."""
    builder = ir.IRBuilder(block)
    builder.position_before(block.terminator)
    return builder.insert_element(missing, I64(-1), I64(lane))


def _fill(v: Lanes, place: Workspace, w: Any, step: Any, lacks: Any) -> None:
    """New factors in the lanes that lack them."""
    with v.loop(place.modes) as m:
        shrink = v.times(v.load(w, v.b.add(m, I64(place.rates_of_modes))), step)
        first = v.b.add(v.b.mul(m, I64(place.nodes)), I64(place.decay))
        for j, c in enumerate(NODES):
            here = v.b.add(first, I64(j))
            fresh = functions.decay(v, v.times(shrink, v.num(c)))
            v.store(v.select(lacks, fresh, v.load(w, here)), w, here)


def emit_bound(v: Lanes, place: Workspace, equations: Equations, linear: Linear, w: Any, c: float) -> None:
    """The bound states that rates need, at node c of the step."""
    totals = {i: v.load(w, place.rest + i) for i in equations.feeding}
    sizes = {i: v.abs(total) for i, total in totals.items()}
    for i, m in _pairs(equations, linear):
        part = v.load(w, place.parts + i * place.modes + m)
        if c == 0:
            totals[i], sizes[i] = v.plus(totals[i], part), v.plus(sizes[i], v.abs(part))
        else:
            decay = v.load(w, place.decay + m * place.nodes + NODES.index(c))
            totals[i] = v.fma(part, decay, totals[i])
            sizes[i] = v.fma(v.abs(part), decay, sizes[i])
    for i, total in totals.items():
        v.store(_without_noise(v, total, sizes[i]), w, place.bound + i)


def emit_bound_after(
    v: Lanes,
    place: Workspace,
    linear: Linear,
    which: Sequence[int],
    w: Any,
    since: Any,
    modes: tuple[Any, Any],
) -> None:
    """Some bound states so long after the time for which the modes, z and what they head for, stand."""
    name = "bound_after_" + "_".join(map(str, which))
    function, own = _once(v, name, [PTR, PTR, PTR, v.vector])
    if own:
        _fill_bound_after(own, place, linear, which, function.args)
        own.b.ret_void()
    v.b.call(function, [w, *modes, since])


def _fill_bound_after(
    v: Lanes, place: Workspace, linear: Linear, which: Sequence[int], args: Sequence[Any]
) -> None:
    w, z, rest, since = args
    reached = linear.reached
    decays: dict[int, Any] = {}
    for i in which:
        total = v.load(rest, i)
        size = v.abs(total)
        for m, held in enumerate(reached[i]):
            if not held:
                continue
            if m not in decays:
                rate = v.load(w, place.rates_of_modes + m)
                decays[m] = v.times(v.load(z, m), functions.decay(v, v.times(rate, since)))
            vector = v.load(w, place.vectors + i * place.modes + m)
            total = v.fma(vector, decays[m], total)
            size = v.fma(v.abs(vector), v.abs(decays[m]), size)
        v.store(_without_noise(v, total, size), w, place.bound + i)


def _once(v: Lanes, name: str, kinds: Sequence[Any]) -> tuple[Any, Lanes | None]:
    """The function of that name, and lanes to emit its body where it is new."""
    module = v.b.module
    if name in module.globals:
        return module.globals[name], None
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), kinds), name)
    function.linkage = "internal"
    function.attributes.add("noinline")
    return function, Lanes(ir.IRBuilder(function.append_basic_block("entry")), v.width)


def _without_noise(v: Lanes, total: Any, size: Any) -> Any:
    """Zero where modes have cancelled to rounding: an empty compartment is not a hair below empty, whose power is no
    number."""
    return v.select(v.compare("<", v.abs(total), v.times(size, v.num(NOISE))), v.num(0.0), total)


def emit_advance(v: Lanes, place: Workspace, w: Any, accepted: Any) -> None:
    """The modes at the end of the step, in lanes that accept it."""
    with v.loop(place.modes) as m:
        z = v.load(w, v.b.add(m, I64(place.z)))
        last = v.b.add(v.b.mul(m, I64(place.nodes)), I64(place.decay + place.nodes - 1))
        moved = v.times(z, v.load(w, last))
        v.store(v.select(accepted, moved, z), w, v.b.add(m, I64(place.z)))


def emit_jump(v: Lanes, place: Workspace, w: Any, step: Any) -> None:
    """The modes so much later."""
    for m in range(place.modes):
        decay = functions.decay(v, v.times(v.load(w, place.rates_of_modes + m), step))
        v.store(v.times(v.load(w, place.z + m), decay), w, place.z + m)


def emit_all_bound(v: Lanes, place: Workspace, w: Any) -> None:
    """Every bound state now."""
    function, own = _once(v, "all_bound", [PTR])
    if own:
        _fill_all_bound(own, place, *function.args)
        own.b.ret_void()
    v.b.call(function, [w])


def _fill_all_bound(v: Lanes, place: Workspace, w: Any) -> None:
    with v.loop(place.modes) as i:
        total = v.load(w, v.b.add(i, I64(place.rest)))
        size = v.abs(total)
        row = v.b.add(v.b.mul(i, I64(place.modes)), I64(place.vectors))
        for m in range(place.modes):
            vector, z = v.load(w, v.b.add(row, I64(m))), v.load(w, place.z + m)
            total = v.fma(vector, z, total)
            size = v.fma(v.abs(vector), v.abs(z), size)
        v.store(_without_noise(v, total, size), w, v.b.add(i, I64(place.bound)))


def _pairs(equations: Equations, linear: Linear) -> list[tuple[int, int]]:
    reached = linear.reached
    return [(i, m) for i in equations.feeding for m, held in enumerate(reached[i]) if held]
