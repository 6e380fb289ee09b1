"""Samples between the ends of a step: every lane has its own, and none makes a step end.

What outputs need is read off the pair's own polynomial P (`tableau`), for which a step that a sample lies in takes
four more evaluations; states that follow modes have their exponentials. So the steps, and every other sample, are the
same whatever samples are asked for.

P is of order 7 in a step that was chosen for an error of order 8 at its end: between, it errs by up to ten times what
is tolerated. What it lacks shows in its slope,

    |h f(t + 0.7 h, P(0.7)) - h P'(0.7)|,

of which its error is an eighth to a fifth (over six problems at 1e-4 … 1e-10; where it is not small, nearly always).
Where a fifth is more than is tolerated, the step is gone through once more in halves or quarters, which divides the
error by 256 or 65,000. Where already a hundredth of P's last term is less, nobody looks.

All of it takes as long for one lane as for all. Unless every lane has samples, the steps of those that have are therefore
put aside, until a later one of a lane has some or something changes that it rests on.
"""

from dataclasses import dataclass
from typing import Any

from llvmlite import ir

from openldn.engine.kernels.bound import emit_bound_after
from openldn.engine.kernels.equations import Equations
from openldn.engine.kernels.lanes import F64, I64, PTR, Lanes
from openldn.engine.kernels.layout import Lane, Request, Workspace
from openldn.engine.kernels.memory import Column, slot_of, stack
from openldn.engine.kernels.program import Program
from openldn.engine.kernels.stepping import tolerated
from openldn.engine.kernels.tableau import INNER_A, INNER_C, INNER_D, STAGES, A, B, C

_WHERE = 0.7
_SHARE = 0.2  # of what the slope lacks
_LAST = 0.01  # of the last term
_QUARTERS = 50.0  # times what is tolerated, above which halves may not be enough
_TERMS = 7
_KEPT = sorted({0} | {j for row in (*INNER_A, *INNER_D) for j in row if j < STAGES})  # stages that P needs


def powers(theta: float) -> list[tuple[float, float]]:
    """Of each of f₀ … f₆, what it is multiplied by in P(θ), and in its slope."""
    found = []
    for n in range(_TERMS):
        a, b = (n + 2) // 2, (n + 1) // 2  # θ^a (1-θ)^b
        slope = a * theta ** (a - 1) * (1 - theta) ** b - (
            b * theta**a * (1 - theta) ** (b - 1) if b else 0.0
        )
        found.append((theta**a * (1 - theta) ** b, slope))
    return found


@dataclass(frozen=True)
class _Step:
    """A step from y to new with its stages, as stand in `rows` in the order of a workspace, from t on.

    z, rest: the modes, as they stood at `origin`.
    """

    rows: Any
    z: Any
    rest: Any
    t: Any
    step: Any
    origin: Any


class Between:
    """Emits what samples need: `between`, which is called for an accepted step before it is kept, and `flush`.

    between(request, workspace, lanes, t, step, end, wanted) sees to the samples up to `end`, the hour at which the
        step ends, in the lanes that are wanted;
    flush(request, workspace, lanes) takes those of the steps that were put aside.
    """

    def __init__(self, module: Any, program: Program, width: int, equations: Equations, place: Workspace):
        self.module, self.program, self.width = module, program, width
        self.equations, self.place = equations, place
        leaves = (program.graph.nodes[n] for n in program.graph.behind(program.shown))
        needed = sorted(int(node[1]) for node in leaves if node[0] == "state")
        self.free = [i for i in needed if i < program.free]
        self.bound = [i - program.free for i in needed if i >= program.free]
        self.vector, self.whole = ir.VectorType(F64, width), ir.VectorType(I64, width)
        self.take = self._emit_take()
        if self.free:
            self.stages, self.course = self._emit_stages(), self._emit_course()
        self.step = self._emit_step()
        self.flush = self._emit_flush()
        self.between = self._emit_between()

    def _emit_between(self) -> Any:
        v, function = self._function("between", [PTR, PTR, PTR, *[self.vector] * 3, self.whole], seldom=True)
        b, place = v.b, self.place
        request, w, own, t, step, end, wanted = function.args
        mask = b.icmp_signed("!=", wanted, v.bits(0))
        parked, busy = self._lane(v, own, Lane.PARKED), self._lane(v, own, Lane.PERSON)
        parked = b.icmp_signed("!=", parked, v.bits(0))
        with b.if_then(v.any(b.and_(mask, parked))[0]):
            b.call(self.flush, [request, w, own])
        for lane in range(self.width):
            with b.if_then(b.extract_element(mask, I64(lane))):
                self._list(b, Column(b, w, self.width, lane), request, own, lane, end)
        live = [v.at(w, n) for n in (0, place.z, place.rest, place.most)]
        if not self.free:
            b.call(self.step, [request, w, own, *live, t, step, wanted])
            b.ret_void()
            return function
        alone, _ = v.any(b.and_(b.icmp_signed(">=", busy, v.bits(0)), b.not_(mask)))
        with b.if_else(alone) as (later, now):
            with now:
                b.call(self.step, [request, w, own, *live, t, step, wanted])
            with later:
                self._park(v, w, mask, t, step)
                kept = self._lane(v, own, Lane.PARKED)
                b.store(b.select(mask, v.bits(1), kept), self._cell(b, own, Lane.PARKED))
        b.ret_void()
        return function

    def _park(self, v: Lanes, w: Any, mask: Any, t: Any, step: Any) -> None:
        place, b = self.place, v.b

        def move(source: Any, target: Any, count: int) -> None:
            with v.loop(count) as i:
                v.store(v.select(mask, v.load(source, i), v.load(target, i)), target, i)

        rows = v.at(w, place.parked)
        move(w, rows, 2 * place.rows)
        for j in _KEPT:
            at = place.k + j * place.rows
            move(v.at(w, at), v.at(w, place.parked + at), place.rows)
        for source, target, count in (
            (place.z, place.parked_z, place.modes),
            (place.rest, place.parked_rest, place.modes),
            (place.most, place.parked_most, place.states),
        ):
            move(v.at(w, source), v.at(w, target), count)
        for value, at in ((t, place.parked_t), (step, place.parked_t + 1)):
            v.store(b.select(mask, value, v.load(w, at)), w, at)

    def _list(self, b: Any, column: Column, request: Any, own: Any, lane: int, end: Any) -> None:
        """Which events are the samples of this step, and where they go; the lane itself goes on after them."""

        def cell(name: int) -> Any:
            return b.gep(own, [I64(name * self.width + lane)], source_etype=I64)

        event, row = b.load(cell(Lane.EVENT), typ=I64), b.load(cell(Lane.ROW), typ=I64)
        b.store(event, cell(Lane.SAMPLE))
        b.store(row, cell(Lane.SAMPLE_ROW))
        times, stop = b.load(slot_of(b, request, Request.TIME), typ=PTR), column.get(self.place.stop)
        last, before = b.extract_element(end, I64(lane)), b.block
        loop, after = b.append_basic_block("next"), b.append_basic_block("listed")
        b.branch(loop)
        b.position_at_end(loop)
        here = b.phi(I64)
        here.add_incoming(event, before)
        time = b.load(b.gep(times, [here], source_etype=F64), typ=F64)
        within = b.and_(b.fcmp_ordered("<=", time, last), b.fcmp_ordered("<", time, stop))
        here.add_incoming(b.add(here, I64(1)), loop)
        b.cbranch(within, loop, after)
        b.position_at_end(after)
        b.store(here, cell(Lane.SAMPLE_END))
        b.store(here, cell(Lane.EVENT))
        b.store(b.add(row, b.sub(here, event)), cell(Lane.ROW))
        column.put(self.place.due, time)

    def _emit_flush(self) -> Any:
        v, function = self._function("flush", [PTR, PTR, PTR])
        b, place = v.b, self.place
        request, w, own = function.args
        if self.free:
            parked = self._lane(v, own, Lane.PARKED)
            wanted = b.icmp_signed("!=", parked, v.bits(0))
            with b.if_then(v.any(wanted)[0]):
                parts = [
                    v.at(w, n) for n in (place.parked, place.parked_z, place.parked_rest, place.parked_most)
                ]
                t, step = v.load(w, place.parked_t), v.load(w, place.parked_t + 1)
                b.call(self.step, [request, w, own, *parts, t, step, b.sext(wanted, self.whole)])
                b.store(v.bits(0), self._cell(b, own, Lane.PARKED))
        b.ret_void()
        return function

    def _emit_step(self) -> Any:
        """step(request, workspace, lanes, rows, z, rest, most, t, step, wanted): the listed samples of a step."""
        v, function = self._function("samples", [*[PTR] * 7, *[self.vector] * 2, self.whole], seldom=True)
        b, place = v.b, self.place
        request, w, own, rows, z, rest, most, t, step, wanted = function.args
        y, new = v.at(rows, place.y), v.at(rows, place.new)
        whole = _Step(rows, z, rest, t, step, t)
        if not self.free:
            self._take(v, (request, w, own), y, whole, v.num(_NEVER), wanted)
            b.ret_void()
            return function
        self._course(v, w, y, new, whole)
        lacks = self._lacking(v, request, w, most, whole)
        wants = b.icmp_signed("!=", wanted, v.bits(0))
        rough = b.and_(wants, b.not_(v.compare("<=", lacks, v.num(1.0))))
        smooth = b.and_(wants, b.not_(rough))
        with b.if_then(v.any(smooth)[0]):
            self._take(v, (request, w, own), y, whole, v.num(_NEVER), b.sext(smooth, self.whole))
        with b.if_then(v.any(rough)[0], likely=False):
            self._again(v, (request, w, own), whole, rough, lacks)
        b.ret_void()
        return function

    def _again(self, v: Lanes, base: tuple[Any, Any, Any], whole: _Step, rough: Any, lacks: Any) -> None:
        """The step in two or four parts, each with its own polynomial."""
        b, place, w = v.b, self.place, base[1]
        start, finish = v.at(w, place.start), v.at(w, place.finish)
        with v.loop(place.states) as i:
            v.store(v.load(whole.rows, i), start, i)
        parts = v.select(v.compare("<=", lacks, v.num(_QUARTERS)), v.num(2.0), v.num(4.0))
        part = v.div(whole.step, parts)
        before = b.block
        loop, after = b.append_basic_block("part"), b.append_basic_block("whole")
        b.branch(loop)
        b.position_at_end(loop)
        done = b.phi(self.vector)
        done.add_incoming(v.num(0.0), before)
        following = v.plus(done, v.num(1.0))
        more = v.compare("<", following, parts)
        own = _Step(whole.rows, whole.z, whole.rest, v.plus(whole.t, v.times(done, part)), part, whole.origin)
        arguments = [w, own.rows, own.z, own.rest, own.t, own.step, own.origin]
        b.call(self.stages, [start, finish, *arguments])
        self._course(v, w, start, finish, own)
        upto = v.select(more, v.plus(whole.t, v.times(following, part)), v.num(_NEVER))
        self._take(v, base, start, own, upto, b.sext(b.and_(rough, v.compare("<", done, parts)), self.whole))
        with v.loop(place.states) as i:
            v.store(v.load(finish, i), start, i)
        done.add_incoming(following, b.block)
        b.cbranch(v.any(b.and_(rough, more))[0], loop, after)
        b.position_at_end(after)

    def _lacking(self, v: Lanes, request: Any, w: Any, sizes: Any, whole: _Step) -> Any:
        """The error of P over what is tolerated, in the state where it is largest; nearly nothing where it is small."""
        b, place, terms = v.b, self.place, powers(_WHERE)
        tolerances = tuple(
            v.splat(b.load(slot_of(b, request, n), typ=F64)) for n in (Request.RTOL, Request.ATOL)
        )
        most, slope = stack(b, self.vector, 1), v.at(w, place.finish)

        def largest(of: Any) -> None:
            v.store(v.num(0.0), most)
            for first, count in _runs(self.free):
                with v.loop(first + count, first) as i:
                    y, new = v.load(whole.rows, i), v.load(whole.rows, b.add(i, I64(place.new)))
                    lack = v.div(v.abs(of(i)), tolerated(v, sizes, i, y, new, tolerances))
                    so_far = v.load(most)
                    # What is not a number stays one.
                    v.store(v.select(v.compare("<=", lack, so_far), so_far, lack), most)

        def missing(i: Any) -> Any:
            own = v.num(0.0)
            for n, (_, weight) in enumerate(terms):
                own = v.fma(v.num(weight), self._term(v, w, n, i), own)
            return v.times(v.num(_SHARE), v.minus(v.times(whole.step, v.load(slope, i)), own))

        largest(lambda i: v.times(v.num(_LAST), self._term(v, w, _TERMS - 1, i)))
        close = v.b.not_(v.compare("<=", v.load(most), v.num(1.0)))
        with b.if_then(v.any(close)[0]):
            self._inside(v, w, v.at(whole.rows, place.y), v.num(_WHERE), range(place.states))
            self._rates(v, w, v.at(w, place.inside), slope, whole, v.num(_WHERE))
            screened = v.load(most)
            largest(missing)
            v.store(v.select(close, v.load(most), screened), most)
        return v.load(most)

    def _term(self, v: Lanes, w: Any, n: int, i: Any) -> Any:
        return v.load(w, v.b.add(i, I64(self.place.course + n * self.place.rows)))

    def _function(self, name: str, kinds: list[Any], *, seldom: bool = False) -> tuple[Lanes, Any]:
        function = ir.Function(self.module, ir.FunctionType(ir.VoidType(), kinds), name)
        function.linkage = "internal"
        function.attributes.add("noinline")
        if seldom:
            function.attributes.add("optsize")
        return Lanes(ir.IRBuilder(function.append_basic_block("entry")), self.width), function

    def _cell(self, b: Any, own: Any, name: int) -> Any:
        return b.gep(own, [I64(name * self.width)], source_etype=I64)

    def _lane(self, v: Lanes, own: Any, name: int) -> Any:
        return v.b.load(self._cell(v.b, own, name), typ=self.whole)

    def _rates(self, v: Lanes, w: Any, y: Any, out: Any, own: _Step, c: Any) -> None:
        """Rates at y, the share c of a step after its start."""
        place, t = self.place, v.fma(own.step, c, own.t)
        if self.equations.feeding:
            since = v.minus(t, own.origin)
            modes = own.z, own.rest
            emit_bound_after(v, place, self.program.linear, self.equations.feeding, w, since, modes)
        rest = [v.at(w, i) for i in (place.parameter, place.static, place.flow, place.bound)]
        v.b.call(self.equations.rates, [t, y, out, *rest])

    def _emit_stages(self) -> Any:
        """stages(y, new, workspace, rows, z, rest, t, step, origin): a step of the pair, without its error."""
        v, function = self._function("stages", [*[PTR] * 6, *[self.vector] * 3], seldom=True)
        y, new, w, *parts = function.args
        own = _Step(*parts)
        for stage, (c, row) in enumerate(zip(C, A, strict=True)):
            self._stage(v, w, y, own, row, c, stage)
        self._combine(v, y, own, B, new)
        v.b.ret_void()
        return function

    def _stage(
        self, v: Lanes, w: Any, y: Any, own: _Step, row: dict[int, float], c: float, stage: int
    ) -> None:
        at = v.at(w, self.place.inside) if row else y
        if row:
            self._combine(v, y, own, row, at)
        out = v.at(own.rows, self.place.k + stage * self.place.rows)
        self._rates(v, w, at, out, own, v.num(c))

    def _combine(self, v: Lanes, y: Any, own: _Step, row: dict[int, float], out: Any) -> None:
        place = self.place
        weights = {j: v.times(own.step, v.num(a)) for j, a in row.items()}
        with v.loop(place.states) as i:
            total = v.load(y, i)
            for j, weight in weights.items():
                total = v.fma(weight, v.load(own.rows, v.b.add(i, I64(place.k + j * place.rows))), total)
            v.store(total, out, i)

    def _course(self, v: Lanes, w: Any, y: Any, new: Any, own: _Step) -> None:
        v.b.call(self.course, [y, new, w, own.rows, own.z, own.rest, own.t, own.step, own.origin])

    def _emit_course(self) -> Any:
        """course(as stages): the further stages of a step from y to new, and f₀ … f₆ of the free states."""
        v, function = self._function("course", [*[PTR] * 6, *[self.vector] * 3])
        b, place = v.b, self.place
        y, new, w, *parts = function.args
        own = _Step(*parts)

        def stage_of(j: int, i: Any) -> Any:
            return v.load(own.rows, b.add(i, I64(place.k + j * place.rows)))

        self._rates(v, w, new, v.at(own.rows, place.k + STAGES * place.rows), own, v.num(1.0))
        for stage, (c, row) in enumerate(zip(INNER_C, INNER_A, strict=True), STAGES + 1):
            self._stage(v, w, y, own, row, c, stage)
        with v.loop(place.states) as i:
            k = {j: stage_of(j, i) for j in sorted({0, STAGES}.union(*INNER_D))}
            whole = v.minus(v.load(new, i), v.load(y, i))
            begins = v.fma(own.step, k[0], v.neg(whole))
            terms = [whole, begins, v.minus(v.fma(v.neg(own.step), k[STAGES], whole), begins)]
            for row in INNER_D:
                total = v.num(0.0)
                for j, weight in row.items():
                    total = v.fma(v.num(weight), k[j], total)
                terms.append(v.times(own.step, total))
            for n, term in enumerate(terms):
                v.store(term, w, b.add(i, I64(place.course + n * place.rows)))
        b.ret_void()
        return function

    def _inside(self, v: Lanes, w: Any, y: Any, theta: Any, states: Any) -> None:
        """Some states at the share θ of the step."""
        rest = v.minus(v.num(1.0), theta)
        for first, count in _runs(states):
            with v.loop(first + count, first) as i:
                total = self._term(v, w, _TERMS - 1, i)
                for n in reversed(range(_TERMS - 1)):
                    total = v.fma(total, theta if n % 2 else rest, self._term(v, w, n, i))
                v.store(v.fma(total, theta, v.load(y, i)), w, v.b.add(i, I64(self.place.inside)))

    def _take(self, v: Lanes, base: Any, y: Any, own: _Step, upto: Any, wanted: Any) -> None:
        v.b.call(self.take, [*base, y, own.z, own.rest, own.t, own.step, own.origin, upto, wanted])

    def _emit_take(self) -> Any:
        """take(request, workspace, lanes, y, z, rest, t, step, origin, upto, wanted): samples of a step from y on."""
        v, function = self._function("take", [*[PTR] * 6, *[self.vector] * 4, self.whole])
        b, place = v.b, self.place
        request, w, own, y, z, rest, t, step, origin, upto, wanted = function.args
        end = v.plus(t, step)
        times = b.load(slot_of(b, request, Request.TIME), typ=PTR)
        passes, after = b.append_basic_block("passes"), b.append_basic_block("over")
        b.branch(passes)
        b.position_at_end(passes)
        # Samples are in order of time: a lane whose next one is later, or that has no more, has none.
        now, mask = end, b.icmp_signed("!=", wanted, v.bits(0))
        left = b.icmp_signed("<", self._lane(v, own, Lane.SAMPLE), self._lane(v, own, Lane.SAMPLE_END))
        mask = b.and_(mask, left)
        for lane in range(self.width):
            event = b.load(b.gep(own, [I64(Lane.SAMPLE * self.width + lane)], source_etype=I64), typ=I64)
            event = b.select(b.extract_element(mask, I64(lane)), event, I64(0))
            now = b.insert_element(now, b.load(b.gep(times, [event], source_etype=F64), typ=F64), I64(lane))
        mask = b.and_(mask, v.compare("<=", now, upto))
        some = b.append_basic_block("some")
        b.cbranch(v.any(mask)[0], some, after)
        b.position_at_end(some)
        # A lane that has none shows the end of its step, as good as any.
        now = v.select(mask, now, end)
        if self.bound:
            since = v.minus(now, origin)
            emit_bound_after(v, place, self.program.linear, self.bound, w, since, (z, rest))
        if self.free:
            self._inside(v, w, y, v.div(v.minus(now, t), step), self.free)
        parts = (place.inside, place.shown, place.parameter, place.static, place.flow, place.bound)
        b.call(self.equations.outputs, [now, *(v.at(w, n) for n in parts)])
        for lane in range(self.width):
            with b.if_then(b.extract_element(mask, I64(lane))):
                self._store(b, Column(b, w, self.width, lane), request, own, lane)
        b.branch(passes)
        b.position_at_end(after)
        b.ret_void()
        return function

    def _store(self, b: Any, column: Column, request: Any, own: Any, lane: int) -> None:
        """What is shown goes to the row of the lane's sample, and it is the turn of the next."""
        event, row = (
            b.gep(own, [I64(name * self.width + lane)], source_etype=I64)
            for name in (Lane.SAMPLE, Lane.SAMPLE_ROW)
        )
        number, count = b.load(row, typ=I64), self.place.outputs
        out, base = b.load(slot_of(b, request, Request.OUT), typ=PTR), b.mul(number, I64(count))
        for i in range(count):
            value = column.get(self.place.shown + i)
            b.store(value, b.gep(out, [b.add(base, I64(i))], source_etype=F64))
        b.store(b.add(number, I64(1)), row)
        b.store(b.add(b.load(event, typ=I64), I64(1)), event)


_NEVER = 1e300


def emit_wanted(v: Lanes, place: Workspace, w: Any, end: Any, accepted: Any) -> Any:
    """The lanes with a sample before the end of an accepted step, or at it where that is no stop."""
    due, stop = v.load(w, place.due), v.load(w, place.stop)
    return v.b.and_(accepted, v.b.and_(v.compare("<=", due, end), v.compare("<", due, stop)))


def _runs(numbers: Any) -> list[tuple[int, int]]:
    """First and count of each run of consecutive numbers."""
    found: list[tuple[int, int]] = []
    for i in numbers:
        if found and sum(found[-1]) == i:
            found[-1] = found[-1][0], found[-1][1] + 1
        else:
            found.append((i, 1))
    return found
