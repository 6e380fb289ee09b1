"""What turns in one lane between two steps: its zones, and what its lines `at` and `when` do.

`look` comes after all that records do at an hour. It puts every zone to the side on which its equation is from now on, lets
act what has become true, in the order of the lines, and looks again until nothing changes.
"""

from collections.abc import Iterable
from typing import Any

from openldn.engine.kernels.lanes import F64, I64
from openldn.engine.kernels.layout import Lane, Status
from openldn.engine.kernels.program import Act
from openldn.engine.kernels.serve import Serve
from openldn.engine.kernels.turning import Turning
from openldn.engine.plan import Kind
from openldn.engine.turns import ALL_TURNS, ENDLESS

SAME_HOUR = 1e-9  # of the time, and of an hour at least: less than that is no time for turns to pass


class Look(Serve):
    """Emits `look(request, workspace, lanes, lane, number) -> status`.

    number: −1 to look; else that of an action of a line `at`, which is let act.
    """

    name = "look"

    def __init__(self, *args: Any, flush: Any, turning: Turning) -> None:
        super().__init__(*args, flush=flush)
        self.turning = turning

    def emit(self) -> Any:
        b = self.b
        names = ("acts", "looks", "zones", "settled", "fires", "counts", "endless", "done")
        block = {name: self.function.append_basic_block(name) for name in names}
        asked = self.status
        self.cells = {name: self.whole_number() for name in ("turned", "fired", "jumped", "which")}
        self.fired = [self.whole_number() for _ in self.program.whens]
        for name, value in (("turned", 0), ("fired", 0), ("jumped", 0), ("which", 0)):
            b.store(I64(value), self.cells[name])
        b.cbranch(b.icmp_signed(">=", asked, I64(0)), block["acts"], block["looks"])

        b.position_at_end(block["acts"])
        leave = self.function.append_basic_block("leave")
        switch = b.switch(asked, leave)
        for act in self.program.acts:
            if act.condition is None:
                switch.add_case(I64(act.number), own := self.function.append_basic_block("line"))
                b.position_at_end(own)
                self._act(act)
                b.branch(leave)
        b.position_at_end(leave)
        b.ret(I64(Status.DONE))

        b.position_at_end(block["looks"])
        b.store(I64(0), self.cells["turned"])
        b.store(I64(0), self.cells["fired"])
        b.branch(block["zones"])

        b.position_at_end(block["zones"])
        changed = self._zones()
        b.cbranch(changed, again := self.function.append_basic_block("again"), block["settled"])
        b.position_at_end(again)
        self.prepare()
        b.branch(block["zones"])

        b.position_at_end(block["settled"])
        self._conditions()
        b.cbranch(
            b.icmp_signed("!=", b.load(self.cells["fired"], typ=I64), I64(0)), block["fires"], block["counts"]
        )
        b.position_at_end(block["fires"])
        for act, cell in zip(self.program.whens, self.fired, strict=True):
            with b.if_then(b.icmp_signed("!=", b.load(cell, typ=I64), I64(0))):
                b.store(I64(2 * act.number), self.cells["which"])
                self._act(act)
        b.branch(block["counts"])

        b.position_at_end(block["counts"])
        self._count(block)
        b.position_at_end(block["endless"])
        which = b.load(self.cells["which"], typ=I64)
        b.ret(b.add(I64(Status.ENDLESS), b.mul(which, I64(8))))

        b.position_at_end(block["done"])
        self.put(self.place.seek, F64(0.0))
        for j in range(self.place.watched):
            self.put(self.place.side + j, self.get(self.place.trial + j))
        with b.if_then(b.icmp_signed("!=", b.load(self.cells["jumped"], typ=I64), I64(0))):
            self.own_store(Lane.MORE, I64(1))
            self.disturbed(I64(self.place.states + self.place.modes))
        b.ret(I64(Status.DONE))
        return self.function

    def _of(self, function: Any, nodes: Iterable[int], to: int) -> None:
        """What a function of these nodes gives now, into `to`; bound states are worked out where it needs them."""
        graph, place, v = self.program.graph, self.place, self.v
        leaves = [graph.nodes[node] for node in graph.behind(nodes)]
        if any(leaf[0] == "state" and int(leaf[1]) >= place.states for leaf in leaves):
            self.call(function, to)
            return
        parts = (place.y, to, place.parameter, place.static, place.flow, place.bound)
        self.b.call(function, [v.load(self.w, place.t), *(v.at(self.w, i) for i in parts)])

    def _zones(self) -> Any:
        """Zones as the sides are now; whether any has changed."""
        b, place = self.b, self.place
        b.store(I64(0), any_new := self.whole_number())
        if place.watched:
            self._of(self.turning.sides, self.program.sides, place.trial)
        for j, turn in enumerate(self.program.watched):
            side = self.get(place.trial + j)
            self._zone(turn.zone, self._sign(side), turn.jumps, turn.number, any_new)
        if place.hours:
            self._of(self.turning.hours, self.program.hours, place.known_hours)
        now = self.get(place.t)
        for j, turn in enumerate(self.program.clocked):
            hour, slope, side = (self.get(place.known_hours + 3 * j + i) for i in range(3))
            rising = self._sign(slope)
            after = b.select(b.fcmp_ordered(">=", now, hour), rising, b.fneg(rising))
            usable = b.fcmp_ordered("==", b.fsub(hour, hour), F64(0.0))
            zone = b.select(usable, after, self._sign(side))
            self._zone(turn.zone, zone, turn.jumps, turn.number, any_new)
        return b.icmp_signed("!=", b.load(any_new, typ=I64), I64(0))

    def _sign(self, value: Any) -> Any:
        b = self.b
        low = b.select(b.fcmp_ordered("<", value, F64(0.0)), F64(-1.0), value)
        return b.select(b.fcmp_ordered(">", value, F64(0.0)), F64(1.0), low)

    def _zone(self, parameter: int, zone: Any, jumps: bool, number: int, any_new: Any) -> None:
        b, place = self.b, self.place
        before = self.get(place.parameter + parameter)
        # Not a number is as good as itself.
        lost, was = (b.fcmp_unordered("uno", value, value) for value in (zone, before))
        new = b.or_(b.fcmp_ordered("!=", zone, before), b.xor(lost, was))
        with b.if_then(new):
            self.take_parked()
            self.put(place.parameter + parameter, zone)
            b.store(I64(1), any_new)
            b.store(I64(1), self.cells["turned"])
            b.store(I64(2 * number + 1), self.cells["which"])
            if jumps:
                b.store(I64(1), self.cells["jumped"])

    def _conditions(self) -> None:
        """Which conditions hold now, and have not held before."""
        b, place = self.b, self.place
        anew = b.icmp_signed("!=", self.own_load(Lane.ANEW), I64(0))
        if self.program.whens:
            self._of(self.turning.holds, (), place.holds)
        for i, cell in enumerate(self.fired):
            now = self.get(place.holds + i)
            true = b.fcmp_ordered("!=", now, F64(0.0))
            before = b.fcmp_ordered("!=", self.get(place.held + i), F64(0.0))
            fires = b.and_(b.and_(true, b.not_(before)), b.not_(anew))
            self.put(place.held + i, now)
            b.store(b.zext(fires, I64), cell)
            b.store(b.or_(b.load(self.cells["fired"], typ=I64), b.zext(fires, I64)), self.cells["fired"])
        self.own_store(Lane.ANEW, I64(0))

    def _act(self, act: Act) -> None:
        b, place, program = self.b, self.place, self.program
        self.take_parked()
        self._of(self.turning.values, program.values, place.acted)
        b.store(I64(1), self.cells["jumped"])
        start = sum(len(a.to) for a in program.acts[: program.acts.index(act)])
        for i, (index, _) in enumerate(act.to):
            value = self.get(place.acted + start + i)
            if act.does == "parameter":
                self.put(place.parameter + index, value)
                self.prepare()
                self.own_store(Lane.MORE, I64(1))
            else:
                self.move(Kind.ADD if act.does == "add" else Kind.SET, I64(index), value)
        if act.does == "add" and program.dosed_at >= 0:
            self.put(place.parameter + program.dosed_at, self.get(place.t))
            self.prepare()
        if act.condition is None:
            self.disturbed(I64(place.states + place.modes))

    def _count(self, block: dict[str, Any]) -> None:
        """On to `endless`, to another round, or to the end."""
        b, place = self.b, self.place
        turned, fired = (b.load(self.cells[name], typ=I64) for name in ("turned", "fired"))
        counted = b.append_basic_block("counted")
        b.cbranch(b.icmp_signed("!=", b.or_(turned, fired), I64(0)), counted, block["done"])
        b.position_at_end(counted)
        now, since = self.get(place.t), self.get(place.since)
        size = b.call(b.module.declare_intrinsic("llvm.fabs", [F64]), [now])
        size = b.select(b.fcmp_ordered(">", size, F64(1.0)), size, F64(1.0))
        later = b.fcmp_ordered(">", now, b.fadd(since, b.fmul(F64(SAME_HOUR), size)))
        with b.if_then(later):
            self.put(place.since, now)
            self.own_store(Lane.TURNED, I64(0))
        for name in (Lane.TURNED, Lane.ALL_TURNED):
            self.own_store(name, b.add(self.own_load(name), I64(1)))
        over = b.icmp_signed(">", self.own_load(Lane.TURNED), I64(int(ENDLESS)))
        over = b.or_(over, b.icmp_signed(">", self.own_load(Lane.ALL_TURNED), I64(int(ALL_TURNS))))
        going = b.append_basic_block("going")
        b.cbranch(over, block["endless"], going)
        b.position_at_end(going)
        b.cbranch(b.icmp_signed("!=", fired, I64(0)), block["looks"], block["done"])
