"""The loop around the steps: lanes that take persons from one queue, and events that happen to them.

`run(request)` may be called from many threads with the same request. Each has a workspace of its own on
the stack; all take the next person from one counter. `serve` looks after one lane between two steps:
events that are due, the next stop, the first step after an event, the next person.
"""

from typing import Any

from llvmlite import ir

from openldn.engine.kernels import explicit, rodas, tableau
from openldn.engine.kernels.acting import Look
from openldn.engine.kernels.between import Between, emit_wanted
from openldn.engine.kernels.bound import NODES
from openldn.engine.kernels.equations import Equations, emit_equations
from openldn.engine.kernels.implicit import Derivatives, Implicit, emit_implicit
from openldn.engine.kernels.lanes import F64, I64, PTR, Lanes
from openldn.engine.kernels.layout import Lane, Request, Status, Workspace
from openldn.engine.kernels.machine import with_registers
from openldn.engine.kernels.memory import Column, free, on_heap, parameter_of, slot_of, stack
from openldn.engine.kernels.program import Program
from openldn.engine.kernels.serve import Serve
from openldn.engine.kernels.stepping import Method, emit_glide, emit_step
from openldn.engine.kernels.turning import Turning

EXPLICIT, IMPLICIT = "explicit", "implicit"
_STACK = 200_000  # bytes that a thread's stack has on any machine


def kernel_text(program: Program, width: int, triple: str, method: str = EXPLICIT) -> str:
    """The LLVM module of a program, as text, with the function `run(request)`."""
    module = ir.Module("kernel")
    module.triple = triple
    derived = Derivatives(program) if method == IMPLICIT else None
    equations = emit_equations(module, program, width, derived.roots if derived else ())
    implicit = Implicit(module, program, width, equations, derived) if derived else None
    modes = len(program.states) - program.free
    stages = rodas.STAGES if implicit else tableau.ALL_STAGES
    place = Workspace(
        program.free, stages, len(program.parameters), equations.fixed,
        len(program.outputs), modes, len(NODES) if modes and program.free else 0, implicit.size if implicit else 0,
        len(program.watched), len(program.hours), len(program.whens), len(program.values),
    )  # fmt: skip
    between = None if implicit else Between(module, program, width, equations, place)
    flush = between and between.flush
    own = (module, program, width, equations, place)
    turning = Turning(*own) if place.turns else None
    look = Look(*own, flush=flush, turning=turning).emit() if turning else None
    serve = Serve(*own, flush=flush, look=look).emit()
    _emit_run(module, program, width, equations, implicit, place, serve, between, turning)
    return with_registers(str(module), width)


def _emit_run(
    module: Any,
    program: Program,
    width: int,
    equations: Equations,
    implicit: Implicit | None,
    place: Workspace,
    serve: Any,
    between: Between | None,
    turning: Turning | None,
) -> None:
    run = ir.Function(module, ir.FunctionType(ir.VoidType(), [PTR]), "run")
    (request,) = run.args
    b = ir.IRBuilder(run.append_basic_block("entry"))
    v = Lanes(b, width)
    heap = place.size * width * 8 > _STACK
    w = on_heap(b, place.size * width * 8) if heap else stack(b, v.vector, place.size)
    own = stack(b, I64, Lane.SIZE * width)
    working = stack(b, I64, 1)
    with v.loop(place.size) as i:
        v.store(v.num(0.0), w, i)
    rtol, atol = (v.splat(b.load(slot_of(b, request, n), typ=F64)) for n in (Request.RTOL, Request.ATOL))
    if place.rows > place.states:
        v.store(v.num(1.0), w, place.most + place.states)
    if place.parameters:
        # Until persons are in all lanes, or busy ones are followed, what is computed there is of the first person.
        who = b.load(b.load(slot_of(b, request, Request.WHO), typ=PTR), typ=I64)
        with v.loop(place.parameters) as i:
            v.store(v.splat(parameter_of(b, request, i, who)), w, b.add(i, I64(place.parameter)))
    b.store(I64(width), working)
    for lane in range(width):
        for name, value in ((Lane.PERSON, -1), (Lane.PARKED, 0)):
            b.store(I64(value), b.gep(own, [I64(name * width + lane)], source_etype=I64))
        _count(b, working, b.call(serve, [request, w, own, I64(lane), I64(Status.DONE)]))
    steps, served, on, end = (run.append_basic_block(n) for n in ("steps", "served", "on", "end"))
    follow = _emit_follow(module, width, place)
    b.branch(served)
    b.position_at_end(served)
    b.cbranch(b.icmp_signed(">", b.load(working, typ=I64), I64(0)), on, end)
    b.position_at_end(on)
    idle = b.icmp_signed("<", b.load(own, typ=v.integers), v.bits(0))
    with b.if_then(v.any(idle)[0]):
        b.call(follow, [w, b.sext(idle, v.integers)])
    b.branch(steps)
    b.position_at_end(end)
    if heap:
        free(b, w)
    b.ret_void()
    b.position_at_end(steps)
    fresh = v.compare(">", v.load(w, place.fresh), v.num(0.0))
    before = v.load(w, place.rejected)
    limit = v.splat(b.load(slot_of(b, request, Request.STEP_LIMIT), typ=F64))
    busy = b.icmp_signed(">=", b.load(own, typ=v.integers), v.bits(0))

    def samples(t: Any, step: Any, end: Any, accepted: Any) -> None:
        if between:
            wanted = b.and_(emit_wanted(v, place, w, end, accepted), busy)
            with b.if_then(v.any(wanted)[0], likely=False):
                b.call(between.between, [request, w, own, t, step, end, b.sext(wanted, v.integers)])

    def attempt(t: Any, step: Any) -> tuple[Any, Any]:
        if implicit:
            return emit_implicit(v, place, equations, implicit, w, t, step, (rtol, atol), turning)
        return explicit.emit_attempt(v, place, equations, program.linear, w, t, step, (rtol, atol), turning)

    alpha, beta = (0.7 / rodas.ORDER, 0.4 / rodas.ORDER) if implicit else (explicit.ALPHA, explicit.BETA)
    if program.free:
        reached, failed = emit_step(v, place, w, Method(attempt, samples, alpha, beta), turning)
    else:
        reached, failed = emit_glide(v, place, w, samples)
    accepted = v.compare("==", v.load(w, place.rejected), before)
    first = b.and_(b.and_(fresh, accepted), busy)
    v.store(v.select(first, v.num(0.0), v.load(w, place.fresh)), w, place.fresh)
    failed = b.or_(failed, b.and_(v.compare(">", v.load(w, place.tried), limit), b.not_(reached)))
    reached, failed = b.and_(reached, busy), b.and_(failed, busy)
    served_too = b.or_(reached, failed)
    if place.watched:
        turned = b.and_(v.compare(">", v.load(w, place.turned), v.num(0.0)), busy)
        served_too = b.or_(served_too, turned)
    some, _ = v.any(b.or_(served_too, first))
    attend = run.append_basic_block("attend")
    b.cbranch(some, attend, steps)
    b.position_at_end(attend)
    for lane in range(width):
        at = I64(lane)
        with b.if_then(b.extract_element(first, at)):
            slot = b.load(b.gep(own, [I64(Lane.SLOT * width + lane)], source_etype=I64), typ=I64)
            column = Column(b, w, width, lane)
            h, kept = column.get(place.h), b.add(slot, I64(place.first_step))
            # One that a stop cut short says nothing against a longer one.
            short = b.extract_element(served_too if place.watched else reached, at)
            short = b.and_(short, b.fcmp_ordered("<", h, column.get(kept)))
            column.put(kept, b.select(short, column.get(kept), h))
        bad = b.extract_element(failed, at)
        with b.if_then(b.extract_element(served_too, at)):
            status = b.select(bad, _why(v, place, w, limit, lane), I64(Status.DONE))
            _count(b, working, b.call(serve, [request, w, own, at, status]))
    b.branch(served)


def _emit_follow(module: Any, width: int, place: Workspace) -> Any:
    """The function follow(workspace, idle) that copies a busy lane's numbers into every idle one.

    A lane that nobody is in then takes the same path as that lane, and asks for nothing more: neither for the C
    library, as numbers left over or zero might, nor for what subnormal numbers cost.
    """
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [PTR, ir.VectorType(I64, width)]), "follow")
    function.linkage = "internal"
    function.attributes.add("noinline")
    w, idle = function.args
    v = Lanes(ir.IRBuilder(function.append_basic_block("entry")), width)
    b, lead = v.b, I64(0)
    for lane in reversed(range(width)):
        busy = b.icmp_signed("==", b.extract_element(idle, I64(lane)), I64(0))
        lead = b.select(busy, I64(lane), lead)
    mask = b.icmp_signed("!=", idle, v.bits(0))
    with v.loop(place.size) as i:
        own = v.load(w, i)
        v.store(v.select(mask, v.splat(b.extract_element(own, lead)), own), w, i)
    b.ret_void()
    return function


def _why(v: Lanes, place: Workspace, w: Any, limit: Any, lane: int) -> Any:
    b, at = v.b, I64(lane)
    broken = b.fcmp_ordered("!=", b.extract_element(v.load(w, place.broken), at), F64(0.0))
    tried = b.extract_element(v.load(w, place.tried), at)
    many = b.fcmp_ordered(">", tried, b.extract_element(limit, at))
    small = b.select(many, I64(Status.TOO_MANY_STEPS), I64(Status.STEP_TOO_SMALL))
    return b.select(broken, I64(Status.NOT_FINITE), small)


def _count(b: Any, working: Any, still: Any) -> None:
    b.store(b.sub(b.load(working, typ=I64), b.sub(I64(1), still)), working)
