"""What happens to one lane between two steps: events, the next stop, a first step, the next person."""

import math
from typing import Any

from openldn.engine.kernels.bound import emit_all_bound
from openldn.engine.kernels.lanes import F64, I64
from openldn.engine.kernels.layout import INFO_WIDTH, TABLES, Lane, Request, Status
from openldn.engine.kernels.memory import parameter_of, slot_of, stack
from openldn.engine.kernels.one_lane import OneLane
from openldn.engine.kernels.reach import HOUR
from openldn.engine.plan import Kind

_LONGER = 1.5
_INSTANT = 1e-290
_FLOOR = 1e-9  # of what can reach a state: the least that it counts as having been
_LEAST = 1e-280  # of a state that nothing is known to reach, so that no error is divided by zero


class Serve(OneLane):
    """Emits `serve(request, workspace, lanes, lane, status) -> 1 while the lane has a person, else 0`.

    flush: the function that takes samples of steps that were put aside, or None where a step ends at every sample.
    look: the function that sees to what turns (`acting`), or None where nothing does.
    """

    def __init__(self, *args: Any, flush: Any, look: Any = None) -> None:
        super().__init__(*args)
        self.flush, self.look = flush, look

    def emit(self) -> Any:
        b = self.b
        names = ("events", "ended", "following", "take", "idle", "due", "happens", "onward", "waits")
        block = {name: self.function.append_basic_block(name) for name in names}
        if self.look:
            self.outcome = self.whole_number()
            b.store(self.status, self.outcome)
        person = self.own_load(Lane.PERSON)
        well = b.icmp_signed("==", self.status, I64(Status.DONE))
        b.cbranch(
            b.icmp_signed("<", person, I64(0)), block["following"], waiting := b.append_basic_block("has")
        )
        b.position_at_end(waiting)
        b.cbranch(well, block["events"], block["ended"])

        b.position_at_end(block["ended"])
        self.take_parked()
        self.report(self.own_load(Lane.PERSON))
        b.branch(block["following"])

        b.position_at_end(block["following"])
        counter = self.pointer(Request.COUNTER)
        taken = b.atomic_rmw("add", counter, I64(1), "monotonic")
        b.cbranch(b.icmp_signed("<", taken, self.whole(Request.PERSONS)), block["take"], block["idle"])

        b.position_at_end(block["idle"])
        self.own_store(Lane.PERSON, I64(-1))
        self.put(self.place.stop, self.get(self.place.t))
        for name, value in ((self.place.h, 1.0), (self.place.fresh, 0.0), (self.place.tried, 0.0)):
            self.put(name, F64(value))
        b.ret(I64(0))

        b.position_at_end(block["take"])
        self.begin(self.of_person(Request.WHO, taken))
        b.branch(block["events"])

        b.position_at_end(block["events"])
        event = self.own_load(Lane.EVENT)
        b.cbranch(
            b.icmp_signed("<", event, self.own_load(Lane.END)),
            block["due"],
            done := b.append_basic_block("done"),
        )
        b.position_at_end(done)
        b.branch(block["ended"])

        b.position_at_end(block["due"])
        time = b.load(self.of_event(Request.TIME, event, F64), typ=F64)
        # So near to 0 h that one over it is no number, it is 0 h.
        now = b.fadd(self.get(self.place.t), F64(_INSTANT))
        b.cbranch(b.fcmp_ordered(">", time, now), block["waits"], block["happens"])

        b.position_at_end(block["waits"])
        if self.look:
            found = self.looked(I64(-1))
            b.store(found, self.outcome)
            lost = b.icmp_signed("!=", found, I64(Status.DONE))
            b.cbranch(lost, block["ended"], on := self.function.append_basic_block("on"))
            b.position_at_end(on)
        stop = b.load(self.of_event(Request.NEXT, event, I64), typ=I64)
        stops = b.load(self.of_event(Request.TIME, stop, F64), typ=F64)
        self.put(self.place.stop, self.next_hour(stops) if self.place.hours else stops)
        self.put(self.place.due, time)
        fresh = self.get(self.place.fresh)
        if self.place.states:
            with b.if_then(b.fcmp_ordered("==", fresh, F64(1.0))):
                self.measure()
                self.first_step()
        if not self.flush:
            with b.if_then(b.fcmp_ordered("==", fresh, F64(2.0))):
                self.resume()
        b.ret(I64(1))

        b.position_at_end(block["happens"])
        self.happen(event, block["onward"])
        b.position_at_end(block["onward"])
        self.own_store(Lane.EVENT, b.add(event, I64(1)))
        b.branch(block["events"])
        return self.function

    def looked(self, number: Any) -> Any:
        return self.b.call(self.look, [self.request, self.w, self.own, self.lane, number])

    def next_hour(self, stop: Any) -> Any:
        """The next hour at which something turns that hangs on time alone, or the stop where that comes first."""
        b, place = self.b, self.place
        clocked = len(self.program.clocked)
        places = [*range(0, 3 * clocked, 3), *range(3 * clocked, place.hours)]
        now = b.fadd(self.get(place.t), F64(_INSTANT))
        for i in places:
            hour = self.get(place.known_hours + i)
            sooner = b.and_(b.fcmp_ordered(">", hour, now), b.fcmp_ordered("<", hour, stop))
            stop = b.select(sooner, hour, stop)
        return stop

    def take_parked(self) -> None:
        """The samples of a step that was put aside, before anything changes that it rests on."""
        b = self.b
        if self.flush:
            with b.if_then(b.icmp_signed("!=", self.own_load(Lane.PARKED), I64(0))):
                b.call(self.flush, [self.request, self.w, self.own])

    def begin(self, person: Any) -> None:
        """Person number `person` moves into the lane."""
        b, place = self.b, self.place
        self.own_store(Lane.PERSON, person)
        plan = self.of_person(Request.PLAN_OF, person)
        self.own_store(Lane.EVENT, self.of_person(Request.OFFSETS, plan))
        self.own_store(Lane.END, self.of_person(Request.OFFSETS, b.add(plan, I64(1))))
        self.own_store(Lane.ROW, self.of_person(Request.ROW, person))
        if place.parameters:
            with self.v.loop(place.parameters) as i:
                self.put(b.add(i, I64(place.parameter)), parameter_of(b, self.request, i, person))
        if place.modes:
            self.own_store(Lane.MODES, self.of_person(Request.MODES_OF, person))
            self.modes(I64(0))
            with self.v.loop(place.modes) as i:
                self.put(b.add(i, I64(place.inflow)), F64(0.0))
        self.prepare()
        self.restart()
        with self.v.loop(place.states + place.modes + 2) as i:
            self.put(b.add(i, I64(place.first_step)), F64(0.0))
        with self.v.loop(place.states) as i:
            self.put(b.add(i, I64(place.flow)), F64(0.0))
            self.put(b.add(i, I64(place.most)), F64(_LEAST))
        with self.v.loop(place.states + place.modes) as i:
            self.put(b.add(i, I64(place.reach)), F64(0.0))
        if self.look:
            for count in (Lane.TURNED, Lane.ALL_TURNED):
                self.own_store(count, I64(0))
            self.put(place.since, F64(-math.inf))
            self.put(place.seek, F64(0.0))
            self.put(place.turned, F64(0.0))
        self.own_store(Lane.MORE, I64(1))
        self.put(place.t, b.load(slot_of(b, self.request, Request.START), typ=F64))
        for name in (place.tried, place.rejected, place.broken):
            self.put(name, F64(0.0))
        self.disturbed(I64(place.states + place.modes))

    def disturbed(self, slot: Any) -> None:
        """The solution has a kink here: the next step is a first one, of the size kept in `slot`."""
        self.own_store(Lane.SLOT, slot)
        self.put(self.place.fresh, F64(1.0))
        self.put(self.place.error, F64(1e-4))

    def paused(self) -> None:
        """A stop without a kink: the next step is remembered as a first one, if none is due already."""
        b, place = self.b, self.place
        with b.if_then(b.fcmp_ordered("==", self.get(place.fresh), F64(0.0))):
            self.own_store(Lane.SLOT, I64(place.states + place.modes + 1))
            self.put(place.fresh, F64(2.0))

    def happen(self, event: Any, onward: Any) -> None:
        b, place = self.b, self.place
        index = b.load(self.of_event(Request.INDEX, event, I64), typ=I64)
        amount = self.amount(event)
        acting = any(act.condition is None for act in self.program.acts)
        kinds = {
            kind: self.function.append_basic_block(kind.name.lower())
            for kind in Kind
            if kind is not Kind.ACT or acting
        }
        switch = b.switch(b.load(self.of_event(Request.KIND, event, I64), typ=I64), onward)
        for kind, block in kinds.items():
            switch.add_case(I64(kind), block)
        for kind, block in kinds.items():
            b.position_at_end(block)
            if self.look and kind not in (Kind.SAMPLE, Kind.SET, Kind.RESET):
                # What a condition was at the start, or after a reset, is before this.
                with b.if_then(b.icmp_signed("!=", self.own_load(Lane.ANEW), I64(0))):
                    self.looked(I64(-1))
            if kind in (Kind.FLOW, Kind.PARAMETER):
                self.take_parked()
            if kind is Kind.SAMPLE:
                self.sample()
            elif kind in (Kind.ADD, Kind.FLOW, Kind.SET):
                self.move(kind, index, amount)
            elif kind is Kind.RESET:
                self.restart()
            elif kind is Kind.ACT:
                self.looked(index)
            else:
                self.put(b.add(index, I64(place.parameter)), amount)
                self.prepare()
                self.own_store(Lane.MORE, I64(1))
                if place.modes:
                    row = b.load(self.of_event(Request.ROW_OF, event, I64), typ=I64)
                    with b.if_then(b.icmp_signed(">=", row, I64(0))):
                        self.turn(row)
            if kind is Kind.SAMPLE:
                if not self.flush:
                    self.paused()
            else:
                self.disturbed(index if kind in (Kind.ADD, Kind.FLOW) else I64(place.states + place.modes))
            b.branch(onward)

    def modes(self, row: Any) -> None:
        """λ, r, V and V⁻¹ of that row of the person."""
        b, place = self.b, self.place
        count = 2 * place.modes + 2 * place.modes**2
        start = b.mul(b.add(self.own_load(Lane.MODES), row), I64(count))
        own = b.gep(self.pointer(Request.MODES), [start], source_etype=F64)
        with self.v.loop(count) as i:
            value = b.load(b.gep(own, [i], source_etype=F64), typ=F64)
            self.put(b.add(i, I64(place.rates_of_modes)), value)
        # The factors of those before hold for no other.
        for name in (place.decay_of, *range(place.kept_of, place.kept_of + TABLES)):
            self.put(name, F64(math.nan))
        self.put(place.turn, F64(0.0))

    def turn(self, row: Any) -> None:
        """From one row of modes to another, with every state and inflow as it is."""
        place = self.place
        emit_all_bound(self.v, place, self.w)
        self.modes(row)
        with self.v.loop(place.modes) as i:
            self.lean(i, self.get(self.b.add(i, I64(place.inflow))))
        self.place_bound(place.bound)

    def move(self, kind: Kind, index: Any, amount: Any) -> None:
        b, place = self.b, self.place
        # A flow is measured by what it brings in an hour.
        size, at = _abs(b, amount), b.add(index, I64(place.reach))
        with b.if_then(b.fcmp_ordered(">", size, self.get(at))):
            self.put(at, size)
            self.own_store(Lane.MORE, I64(1))

        def free() -> None:
            if kind is Kind.ADD:
                self.put(index, b.fadd(self.get(index), amount))
            elif kind is Kind.SET:
                self.put(index, amount)
            else:
                flow = b.add(index, I64(place.flow))
                self.put(flow, b.fadd(self.get(flow), amount))

        if not place.modes:
            free()
            return
        with b.if_else(b.icmp_signed("<", index, I64(place.states))) as (yes, no):
            with yes:
                free()
            with no:
                i = b.sub(index, I64(place.states))
                if kind is Kind.SET:
                    emit_all_bound(self.v, place, self.w)
                    amount = b.fsub(amount, self.get(b.add(i, I64(place.bound))))
                if kind is Kind.FLOW:
                    inflow = b.add(i, I64(place.inflow))
                    self.put(inflow, b.fadd(self.get(inflow), amount))
                    self.lean(i, amount)
                else:
                    self.shift(i, amount)

    def amount(self, event: Any) -> Any:
        """The amount of an event times its factor, if it has one."""
        b = self.b
        plain = b.load(self.of_event(Request.AMOUNT, event, F64), typ=F64)
        if not self.program.factors:
            return plain
        number = b.load(self.of_event(Request.FACTOR, event, I64), typ=I64)
        has = b.icmp_signed(">=", number, I64(0))
        at = b.add(b.select(has, number, I64(0)), I64(self.place.factors))
        return b.select(has, b.fmul(plain, self.get(at)), plain)

    def sample(self) -> None:
        b, place, v = self.b, self.place, self.v
        row = self.own_load(Lane.ROW)
        if place.outputs:
            self.call(self.equations.outputs, place.shown)
            out = self.pointer(Request.OUT)
            with v.loop(place.outputs) as i:
                where = b.add(b.mul(row, I64(place.outputs)), i)
                value = self.get(b.add(i, I64(place.shown)))
                b.store(value, b.gep(out, [where], source_etype=F64))
        self.own_store(Lane.ROW, b.add(row, I64(1)))

    def first_step(self) -> None:
        """The step kept from the last event of this sort; else a hundredth of what the rates would allow."""
        b, place = self.b, self.place
        kept = self.get(b.add(self.own_load(Lane.SLOT), I64(place.first_step)))
        has = b.fcmp_ordered(">", kept, F64(0.0))
        with b.if_else(has) as (yes, no):
            with yes:
                self.put(place.h, kept)
            with no:
                self.put(place.h, self.guess())

    def resume(self) -> None:
        """A longer step than the last, where that went well after stops before."""
        b, place = self.b, self.place
        h = self.get(place.h)
        most = b.fmul(h, F64(_LONGER))
        kept = self.get(b.add(self.own_load(Lane.SLOT), I64(place.first_step)))
        kept = b.select(b.fcmp_ordered("<", kept, most), kept, most)
        self.put(place.h, b.select(b.fcmp_ordered(">", kept, h), kept, h))

    def guess(self) -> Any:
        b, place, v = self.b, self.place, self.v
        self.call(self.equations.rates, place.new)
        rtol = b.load(slot_of(b, self.request, Request.RTOL), typ=F64)
        b.store(F64(0.0), size := self.alloca())
        b.store(F64(0.0), pace := self.alloca())
        with v.loop(place.states) as i:
            y = self.get(i)
            scale = b.fmul(
                rtol, self.larger(self.get(b.add(i, I64(place.most))), self.get(b.add(i, I64(place.reach))))
            )
            rate = self.get(b.add(i, I64(place.new)))
            for total, value in ((size, y), (pace, rate)):
                ratio = b.fdiv(value, scale)
                b.store(b.fadd(b.load(total, typ=F64), b.fmul(ratio, ratio)), total)
        left = b.fsub(self.get(place.stop), self.get(place.t))
        d0, d1 = b.load(size, typ=F64), b.load(pace, typ=F64)
        # Where everything is at zero, a hundredth of what is tolerated; where nothing moves, all the way.
        d0 = b.select(b.fcmp_ordered(">", d0, F64(1.0)), d0, F64(1.0))
        root = b.call(b.module.declare_intrinsic("llvm.sqrt", [F64]), [b.fdiv(d0, d1)])
        h = b.fmul(F64(0.01), root)
        return b.select(b.fcmp_ordered("<", h, left), h, left)

    def measure(self) -> None:
        """How large each state was and, where something new has come in, may become."""
        b, place = self.b, self.place
        with b.if_then(b.icmp_signed("!=", self.own_load(Lane.MORE), I64(0))):
            self.spread()
            self.call(self.equations.rates, place.new)
            with self.v.loop(place.states) as i:
                at, by = (
                    b.add(i, I64(place.reach)),
                    b.fmul(_abs(b, self.get(b.add(i, I64(place.new)))), F64(HOUR)),
                )
                known = b.fcmp_ordered(">", self.get(at), F64(0.0))
                usable = b.fcmp_ordered("<", by, F64(math.inf))
                self.put(at, b.select(b.or_(known, b.not_(usable)), self.get(at), by))
            self.own_store(Lane.MORE, I64(0))
        with self.v.loop(place.states) as i:
            most, floor = b.add(i, I64(place.most)), b.fmul(self.get(b.add(i, I64(place.reach))), F64(_FLOOR))
            self.put(most, self.larger(self.larger(self.get(most), _abs(b, self.get(i))), floor))

    def spread(self) -> None:
        """What can reach each state that nothing was known to reach, from those that something does."""
        b, place, count = self.b, self.place, self.place.states + self.place.modes
        with self.v.loop(count) as i:
            at, start = b.add(i, I64(place.reach)), _abs(b, self.get(b.add(i, I64(place.initial))))
            self.put(at, self.larger(self.get(at), start))
        filled, total = place.reach + count, place.reach + 2 * count
        rounds, news, settled = (self.function.append_basic_block(n) for n in ("rounds", "news", "settled"))
        some, done = self.whole_number(), self.whole_number()
        b.store(I64(0), done)
        b.branch(rounds)
        b.position_at_end(rounds)
        b.store(I64(0), some)
        self.sizes(filled)
        with self.v.loop(count) as i:
            at, by = b.add(i, I64(place.reach)), b.fmul(self.get(b.add(i, I64(filled))), F64(HOUR))
            new = b.and_(b.fcmp_ordered("==", self.get(at), F64(0.0)), b.fcmp_ordered(">", by, F64(0.0)))
            new = b.and_(new, b.fcmp_ordered("<", by, F64(math.inf)))
            self.put(at, b.select(new, by, self.get(at)))
            self.put(b.add(i, I64(filled)), b.select(new, by, F64(0.0)))
            b.store(b.or_(b.load(some, typ=I64), b.zext(new, I64)), some)
        b.cbranch(b.icmp_signed("!=", b.load(some, typ=I64), I64(0)), news, settled)
        b.position_at_end(news)
        self.sizes(total)
        with self.v.loop(count) as i:
            at, by = b.add(i, I64(place.reach)), self.get(b.add(i, I64(filled)))
            # p² / (p + l p); what is not a number leaves p.
            less = b.fmul(by, b.fdiv(by, b.fmul(self.get(b.add(i, I64(total))), F64(HOUR))))
            new = b.and_(b.fcmp_ordered("<", less, by), b.fcmp_ordered(">", less, F64(0.0)))
            self.put(at, b.select(new, less, self.get(at)))
        b.store(b.add(b.load(done, typ=I64), I64(1)), done)
        b.cbranch(b.icmp_signed("<", b.load(done, typ=I64), I64(count)), rounds, settled)
        b.position_at_end(settled)

    def sizes(self, result: int) -> None:
        place, v = self.place, self.v
        parts = [v.at(self.w, n) for n in (place.reach, result, place.parameter, place.static, place.flow)]
        bound = v.at(self.w, place.reach + place.states)
        self.b.call(self.equations.reach, [v.load(self.w, place.t), *parts, bound])

    def larger(self, a: Any, other: Any) -> Any:
        return self.b.select(self.b.fcmp_ordered(">", other, a), other, a)

    def whole_number(self) -> Any:
        with self.b.goto_entry_block():
            return stack(self.b, I64, 1)

    def alloca(self) -> Any:
        with self.b.goto_entry_block():
            return stack(self.b, F64, 1)

    def report(self, person: Any) -> None:
        b, place = self.b, self.place
        info, base = self.pointer(Request.INFO), b.mul(person, I64(INFO_WIDTH))
        tried, rejected = (b.fptosi(self.get(i), I64) for i in (place.tried, place.rejected))
        end = b.bitcast(self.get(place.t), I64)
        status = b.load(self.outcome, typ=I64) if self.look else self.status
        taken = b.sub(self.own_load(Lane.ROW), self.of_person(Request.ROW, person))
        for i, value in enumerate((status, b.sub(tried, rejected), rejected, end, taken)):
            b.store(value, b.gep(info, [b.add(base, I64(i))], source_etype=I64))


def _abs(b: Any, value: Any) -> Any:
    return b.call(b.module.declare_intrinsic("llvm.fabs", [F64]), [value])
