"""Cells of a table of plain numbers, read by this machine's own code.

A decimal of up to 15 digits is a whole number over a power of ten that doubles hold exactly, so one division rounds it
correctly (W. D. Clinger, How to read floating point numbers accurately, PLDI 1990). One of up to 18 is divided in two parts,
q and what is left, which is exact to some 2^-100; where a hair more or less of what is left would round to another double, and
where anything else stands in a cell, an exponent or a word, it is left to the caller, by its place.
"""

import ctypes
from functools import lru_cache
from typing import Any

import numpy as np
from llvmlite import ir
from numpy.typing import NDArray

from openldn.engine.kernels.compiled import Compiled, compiled
from openldn.engine.kernels.machine import host

_F64, _I64, _I8, _BIT = ir.DoubleType(), ir.IntType(64), ir.IntType(8), ir.IntType(1)
_PTR = ir.PointerType()
_DIGITS, _PLACES = 18, 22
_HAIR = 2.0**-40
_ODD = 100_000  # cells that may be left to the caller

Array = NDArray[np.float64]
Whole = NDArray[np.int64]


def read_cells(raw: bytes, columns: int, whole: int) -> tuple[Array, Whole] | None:
    """The cells of lines that each end in a line feed, shape (rows, columns), NaN where one is empty or a dot.

    columns: how many a line has. whole: the number of the column whose cells have to be whole numbers written as such, or −1.
    Returns also the cells that are anything else, each with its number and the byte where it begins, shape (cells, 2).
    None where a line has another number of cells, or one of the whole numbers is none.
    """
    rows = raw.count(b"\n")
    found = np.empty(rows * columns)
    odd, info = np.empty((_ODD, 2), dtype=np.int64), np.zeros(1, dtype=np.int64)
    run = ctypes.CFUNCTYPE(
        ctypes.c_int64, *[ctypes.c_void_p, ctypes.c_int64] * 2, *[ctypes.c_void_p] * 3, ctypes.c_int64
    )(_loaded().address)
    text = np.frombuffer(raw, dtype=np.uint8)
    count = run(
        text.ctypes.data, len(raw), whole, columns, found.ctypes.data, odd.ctypes.data, info.ctypes.data, _ODD
    )
    if count != found.size:
        return None
    return found.reshape(rows, columns), odd[: int(info[0])]


@lru_cache(maxsize=1)
def _loaded() -> Compiled:
    text = _text(host().triple)
    return compiled("cells", (text,), lambda: text)


def _text(triple: str) -> str:
    module = ir.Module("cells")
    module.triple = triple
    kind = ir.FunctionType(_I64, [_PTR, _I64, _I64, _I64, _PTR, _PTR, _PTR, _I64])
    _Cells(module, ir.Function(module, kind, "cells")).emit()
    return str(module)


class _Cells:
    """Emits cells(text, length, whole, columns, out, odd, info, room) -> how many cells, or −1."""

    def __init__(self, module: Any, function: Any) -> None:
        self.function = function
        self.text, self.length, self.whole, self.columns, self.out, self.odd, self.info, self.room = (
            function.args
        )
        self.b = ir.IRBuilder(function.append_basic_block("entry"))
        self.fma = ir.Function(module, ir.FunctionType(_F64, [_F64] * 3), "llvm.fma.f64")
        tens = ir.Constant(ir.ArrayType(_F64, _PLACES + 1), [10.0**i for i in range(_PLACES + 1)])
        self.tens = ir.GlobalVariable(module, tens.type, "tens")
        self.tens.initializer, self.tens.global_constant, self.tens.linkage = tens, True, "internal"
        names = (
            "at",
            "value",
            "digits",
            "places",
            "point",
            "minus",
            "used",
            "strange",
            "zero",
            "start",
            "column",
            "cell",
        )
        self.of = {name: self.b.alloca(_I64) for name in names}
        for name in names:
            self.put(name, 0)

    def get(self, name: str) -> Any:
        return self.b.load(self.of[name], typ=_I64)

    def put(self, name: str, value: Any) -> None:
        self.b.store(_I64(value) if isinstance(value, int) else value, self.of[name])

    def more(self, name: str, by: Any = 1) -> None:
        self.put(name, self.b.add(self.get(name), _I64(by) if isinstance(by, int) else by))

    def is_(self, name: str, value: int) -> Any:
        return self.b.icmp_signed("==", self.get(name), _I64(value))

    def emit(self) -> None:
        b, add = self.b, self.function.append_basic_block
        loop, body, done, next_, other = (add(n) for n in ("loop", "body", "done", "next", "other"))
        digit, point, minus, plus, comma, line = (
            add(n) for n in ("digit", "point", "minus", "plus", "comma", "line")
        )
        b.branch(loop)
        b.position_at_end(loop)
        b.cbranch(b.icmp_signed("<", self.get("at"), self.length), body, done)
        b.position_at_end(done)
        b.ret(self.get("cell"))
        b.position_at_end(next_)
        self.more("at")
        b.branch(loop)
        b.position_at_end(body)
        char = b.load(b.gep(self.text, [self.get("at")], source_etype=_I8), typ=_I8)
        switch = b.switch(char, other)
        for code in range(48, 58):
            switch.add_case(_I8(code), digit)
        for code, block in ((46, point), (45, minus), (43, plus), (44, comma), (10, line)):
            switch.add_case(_I8(code), block)
        for code in (32, 9, 13):
            switch.add_case(_I8(code), next_)
        b.position_at_end(digit)
        self._digit(char)
        b.branch(next_)
        b.position_at_end(point)
        self.more("point")
        b.branch(next_)
        for block, name in ((minus, "minus"), (plus, "zero")):
            b.position_at_end(block)
            # A sign in the midst of a number is for the caller.
            late = b.or_(
                b.icmp_signed("!=", self.get("used"), _I64(0)),
                b.icmp_signed("!=", self.get("point"), _I64(0)),
            )
            self.more("strange", b.zext(late, _I64))
            self.more(name)
            b.branch(next_)
        b.position_at_end(other)
        self.more("strange")
        b.branch(next_)
        b.position_at_end(comma)
        self._cell()
        self.more("column")
        b.branch(next_)
        b.position_at_end(line)
        self._cell()
        full = b.icmp_signed("==", self.get("column"), b.sub(self.columns, _I64(1)))
        self.put("column", 0)
        wrong = add("wrong")
        b.cbranch(full, next_, wrong)
        b.position_at_end(wrong)
        b.ret(_I64(-1))

    def _digit(self, char: Any) -> None:
        b = self.b
        first_zero = b.and_(self.is_("used", 1), b.and_(self.is_("digits", 0), self.is_("point", 0)))
        self.more("zero", b.zext(first_zero, _I64))
        self.put("used", 1)
        value = b.add(b.mul(self.get("value"), _I64(10)), b.sub(b.zext(char, _I64), _I64(48)))
        self.put("value", value)
        counts = b.icmp_signed("!=", value, _I64(0))
        self.more("digits", b.zext(counts, _I64))
        self.more("places", b.select(self.is_("point", 0), _I64(0), _I64(1)))

    def _cell(self) -> None:
        """A cell ends here."""
        b = self.b
        whole_here = b.icmp_signed("==", self.get("column"), self.whole)
        unlike = b.or_(
            b.icmp_signed(
                "!=", b.add(b.add(self.get("point"), self.get("minus")), self.get("zero")), _I64(0)
            ),
            b.or_(self.is_("used", 0), b.icmp_signed("!=", self.get("strange"), _I64(0))),
        )
        beyond = b.icmp_signed(">=", self.get("column"), self.columns)
        bad = self.function.append_basic_block("bad")
        good = self.function.append_basic_block("good")
        b.cbranch(b.or_(b.and_(whole_here, unlike), beyond), bad, good)
        b.position_at_end(bad)
        b.ret(_I64(-1))
        b.position_at_end(good)
        places = b.select(
            b.icmp_signed(">", self.get("places"), _I64(_PLACES)), _I64(_PLACES), self.get("places")
        )
        ten = b.load(b.gep(self.tens, [places], source_etype=_F64), typ=_F64)
        fma = self.fma
        mantissa = self.get("value")
        high = b.sitofp(mantissa, _F64)
        low = b.sitofp(b.sub(mantissa, b.fptosi(high, _I64)), _F64)
        first = b.fdiv(high, ten)
        left = b.fdiv(b.fadd(b.call(fma, [b.fneg(first), ten, high]), low), ten)
        less, more = (b.fadd(first, b.fmul(left, _F64(1 + sign * _HAIR))) for sign in (-1, 1))
        value = b.fadd(first, left)
        unsure = b.fcmp_ordered("!=", less, more)
        odd = b.or_(
            b.icmp_signed("!=", self.get("strange"), _I64(0)),
            b.or_(
                b.icmp_signed(">", self.get("digits"), _I64(_DIGITS)),
                b.or_(
                    b.icmp_signed(">", self.get("places"), _I64(_PLACES)),
                    b.icmp_signed(">", self.get("point"), _I64(1)),
                ),
            ),
        )
        signed_nothing = b.and_(
            self.is_("used", 0), b.icmp_signed("!=", b.add(self.get("minus"), self.get("zero")), _I64(0))
        )
        odd = b.or_(odd, signed_nothing)
        odd = b.or_(odd, unsure)
        with b.if_then(odd):
            count = b.load(self.info, typ=_I64)
            room = b.icmp_signed("<", count, self.room)
            full = self.function.append_basic_block("full")
            kept = self.function.append_basic_block("kept")
            b.cbranch(room, kept, full)
            b.position_at_end(full)
            b.ret(_I64(-1))
            b.position_at_end(kept)
            at = b.mul(count, _I64(2))
            b.store(self.get("cell"), b.gep(self.odd, [at], source_etype=_I64))
            b.store(self.get("start"), b.gep(self.odd, [b.add(at, _I64(1))], source_etype=_I64))
            b.store(b.add(count, _I64(1)), self.info)
        none = b.or_(odd, self.is_("used", 0))
        value = b.select(self.is_("minus", 0), value, b.fneg(value))
        value = b.select(none, ir.Constant(_F64, float("nan")), value)
        b.store(value, b.gep(self.out, [self.get("cell")], source_etype=_F64))
        self.more("cell")
        for name in ("value", "digits", "places", "point", "minus", "used", "strange", "zero"):
            self.put(name, 0)
        self.put("start", b.add(self.get("at"), _I64(1)))
