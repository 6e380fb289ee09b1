"""What generated code for one lane needs: its numbers, its person's events, and the equations for it."""

from typing import Any

from llvmlite import ir

from openldn.engine.kernels.bound import emit_all_bound
from openldn.engine.kernels.equations import Equations
from openldn.engine.kernels.lanes import F64, I64, PTR, Lanes
from openldn.engine.kernels.layout import Lane, Workspace
from openldn.engine.kernels.memory import Column, slot_of
from openldn.engine.kernels.program import Program


class OneLane(Column):
    """A function on one lane, whose number is known only when it runs."""

    name = "serve"

    def __init__(self, module: Any, program: Program, width: int, equations: Equations, place: Workspace):
        self.program, self.equations, self.place = program, equations, place
        kind = ir.FunctionType(I64, [PTR, PTR, PTR, I64, I64])
        self.function = ir.Function(module, kind, self.name)
        self.function.linkage = "internal"
        self.function.attributes.add("noinline")
        self.function.attributes.add("optsize")  # called seldom: not worth the time to unroll it
        self.request, w, self.own, lane, self.status = self.function.args
        self.v = Lanes(ir.IRBuilder(self.function.append_basic_block("entry")), width)
        super().__init__(self.v.b, w, width, lane)

    def pointer(self, slot: int) -> Any:
        return self.b.load(slot_of(self.b, self.request, slot), typ=PTR)

    def whole(self, slot: int) -> Any:
        return self.b.load(slot_of(self.b, self.request, slot), typ=I64)

    def of_event(self, slot: int, event: Any, kind: Any) -> Any:
        return self.b.gep(self.pointer(slot), [event], source_etype=kind)

    def of_person(self, slot: int, person: Any) -> Any:
        return self.b.load(self.b.gep(self.pointer(slot), [person], source_etype=I64), typ=I64)

    def own_cell(self, name: int) -> Any:
        return self.b.gep(self.own, [self.b.add(I64(name * self.width), self.lane)], source_etype=I64)

    def own_load(self, name: int) -> Any:
        return self.b.load(self.own_cell(name), typ=I64)

    def own_store(self, name: int, value: Any) -> None:
        self.b.store(value, self.own_cell(name))

    def prepare(self) -> None:
        place, at = self.place, self.v.at
        self.b.call(self.equations.prepare, [at(self.w, place.parameter), at(self.w, place.static)])

    def call(self, function: Any, result: int) -> None:
        """Rates or outputs of all lanes now, into `result`."""
        place, v = self.place, self.v
        if place.modes:
            emit_all_bound(v, place, self.w)
        parts = (place.y, result, place.parameter, place.static, place.flow, place.bound)
        self.b.call(function, [v.load(self.w, place.t), *(v.at(self.w, i) for i in parts)])

    def restart(self) -> None:
        """Every state at its initial value; inflows and what they are heading for stay."""
        b, place = self.b, self.place
        if place.turns:
            self.own_store(Lane.ANEW, I64(1))
        with self.v.loop(place.states) as i:
            self.put(i, self.get(b.add(i, I64(place.initial))))
        if place.modes:
            self.place_bound(place.initial + place.states)

    def place_bound(self, values: int) -> None:
        """The modes of bound states that have these values."""
        b, place = self.b, self.place
        with self.v.loop(place.modes) as m:
            self.put(b.add(m, I64(place.z)), F64(0.0))
        with self.v.loop(place.modes) as i:
            away = b.fsub(self.get(b.add(i, I64(values))), self.get(b.add(i, I64(place.rest))))
            self.shift(i, away)

    def shift(self, i: Any, amount: Any) -> None:
        """Add an amount to bound state i."""
        b, place = self.b, self.place
        with self.v.loop(place.modes) as m:
            self._more(m, b.fmul(self.get(self._entry(place.inverse, m, i)), amount))

    def lean(self, i: Any, inflow: Any) -> None:
        """A constant inflow into bound state i: what the modes head for, and so much more that x stays."""
        b, place = self.b, self.place
        with self.v.loop(place.modes) as m:
            share = b.fmul(self.get(self._entry(place.inverse, m, i)), inflow)
            share = b.fdiv(share, self.get(b.add(m, I64(place.rates_of_modes))))
            with self.v.loop(place.modes) as j:
                at = b.add(j, I64(place.rest))
                part = b.fmul(self.get(self._entry(place.vectors, j, m)), share)
                self.put(at, b.fsub(self.get(at), part))
            self._more(m, share)

    def _entry(self, first: int, row: Any, column: Any) -> Any:
        b = self.b
        return b.add(b.add(b.mul(row, I64(self.place.modes)), column), I64(first))

    def _more(self, m: Any, share: Any) -> None:
        at = self.b.add(m, I64(self.place.z))
        self.put(at, self.b.fadd(self.get(at), share))
