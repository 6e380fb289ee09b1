"""Addresses in generated code: a slot of a request, one lane of a vector, room on the stack."""

from typing import Any

from llvmlite import ir

from openldn.engine.kernels.lanes import F64, I64, PTR
from openldn.engine.kernels.layout import Request


def slot_of(b: Any, request: Any, slot: int) -> Any:
    return b.gep(request, [I64(int(slot))], source_etype=I64)


def parameter_of(b: Any, request: Any, i: Any, person: Any) -> Any:
    """Parameter i of a person."""
    bases, strides = (b.load(slot_of(b, request, n), typ=PTR) for n in (Request.PARAMETERS, Request.STRIDES))
    base = b.load(b.gep(bases, [i], source_etype=PTR), typ=PTR)
    stride = b.load(b.gep(strides, [i], source_etype=I64), typ=I64)
    return b.load(b.gep(base, [b.mul(stride, person)], source_etype=F64), typ=F64)


def scalar(b: Any, w: Any, index: Any) -> Any:
    return b.gep(w, [index], source_etype=F64)


def stack(b: Any, kind: Any, count: int) -> Any:
    place = b.alloca(kind, I64(count))
    place.align, place.type = 64, PTR
    return place


def on_heap(b: Any, count: int) -> Any:
    """So many bytes from the C library, where a vector of any width may lie; `free` gives them back."""
    take = _library(b, "calloc", ir.FunctionType(PTR, [I64, I64]))
    whole = b.call(take, [I64(1), I64(count + 2 * _LINE)])
    # Where it starts is written before the first vector.
    beyond = b.and_(b.ptrtoint(whole, I64), I64(_LINE - 1))
    start = b.gep(whole, [b.sub(I64(2 * _LINE), beyond)], source_etype=ir.IntType(8))
    b.store(whole, b.gep(start, [I64(-8)], source_etype=ir.IntType(8)))
    return start


def free(b: Any, start: Any) -> None:
    whole = b.load(b.gep(start, [I64(-8)], source_etype=ir.IntType(8)), typ=PTR)
    b.call(_library(b, "free", ir.FunctionType(ir.VoidType(), [PTR])), [whole])


_LINE = 64


def _library(b: Any, name: str, kind: Any) -> Any:
    return b.module.globals.get(name) or ir.Function(b.module, kind, name)


class Column:
    """One lane of the vectors in a workspace."""

    def __init__(self, b: Any, w: Any, width: int, lane: Any) -> None:
        self.b, self.w, self.width = b, w, width
        self.lane = I64(lane) if isinstance(lane, int) else lane

    def cell(self, vector: Any) -> Any:
        vector = I64(vector) if isinstance(vector, int) else vector
        return scalar(self.b, self.w, self.b.add(self.b.mul(vector, I64(self.width)), self.lane))

    def get(self, vector: Any) -> Any:
        return self.b.load(self.cell(vector), typ=F64)

    def put(self, vector: Any, value: Any) -> None:
        self.b.store(value, self.cell(vector))
