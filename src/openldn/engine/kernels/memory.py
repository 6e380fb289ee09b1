"""Addresses in generated code: a slot of a request, one lane of a vector, room on the stack."""

from typing import Any

from openldn.engine.kernels.lanes import F64, I64, PTR


def slot_of(b: Any, request: Any, slot: int) -> Any:
    return b.gep(request, [I64(int(slot))], source_etype=I64)


def scalar(b: Any, w: Any, index: Any) -> Any:
    return b.gep(w, [index], source_etype=F64)


def stack(b: Any, kind: Any, count: int) -> Any:
    place = b.alloca(kind, I64(count))
    place.align, place.type = 64, PTR
    return place
