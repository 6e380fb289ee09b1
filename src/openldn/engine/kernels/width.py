"""How many persons are solved side by side: as many as this processor does fastest, measured once and kept.

Registers of 512 bits hold eight numbers, but some processors run slower with them and some do two halves after
one another. Where there are such, a small model is solved by kernels of both widths, in turns, and the answer is kept
beside the kernels, by processor and features. OPENLDN_LANES = 2, 4 or 8 settles it instead.

Nobody's result depends on the width, to the last bit.
"""

import ctypes
import os
import time
from functools import lru_cache

import numpy as np
from llvmlite import ir

from openldn.engine.kernels import functions
from openldn.engine.kernels.cache import cached, key_of
from openldn.engine.kernels.lanes import I64, PTR, Lanes
from openldn.engine.kernels.machine import Loaded, compile_object, host, with_registers
from openldn.notation import InputError

CHOICE = "OPENLDN_LANES"
WIDTHS = (2, 4, 8)
_KEPT = {str(width).encode(): width for width in WIDTHS[1:]}
_NUMBERS, _TIMES, _ROUNDS = 256, 200, 9
_GAIN = 0.95  # of the time of four, which eight have to need less than


def lanes() -> int:
    """The width of kernels. Raises InputError for a choice that is none."""
    chosen = os.environ.get(CHOICE)
    if chosen is None:
        return _measured()
    if chosen not in map(str, WIDTHS):
        raise InputError(
            f"{CHOICE} is {chosen!r}: choose one of {', '.join(map(str, WIDTHS))}, or leave it out"
        )
    return int(chosen)


@lru_cache(maxsize=1)
def _measured() -> int:
    machine = host()
    if machine.widest < WIDTHS[-1]:
        return machine.widest
    key = key_of("lanes", machine.cpu, machine.features)
    return cached(key, lambda: str(measure()).encode(), lambda kept: _KEPT.get(kept))


def measure() -> int:
    """Four or eight, whichever does the same work in less time; the shortest of several tries of each."""
    work = {width: _Work(width) for width in WIDTHS[1:]}
    shortest = dict.fromkeys(work, np.inf)
    for _ in range(_ROUNDS):
        for width, run in work.items():
            start = time.perf_counter()
            run()
            shortest[width] = min(shortest[width], time.perf_counter() - start)
    return WIDTHS[2] if shortest[WIDTHS[2]] < _GAIN * shortest[WIDTHS[1]] else WIDTHS[1]


class _Work:
    """What kernels do most, on an array in memory: loads, fused products and sums, a quotient, an exponential."""

    def __init__(self, width: int) -> None:
        module = ir.Module("work")
        module.triple = host().triple
        function = ir.Function(module, ir.FunctionType(ir.VoidType(), [I64, PTR]), "work")
        v = Lanes(ir.IRBuilder(function.append_basic_block("entry")), width)
        count, data = function.args
        with v.loop(count), v.loop(_NUMBERS // width) as i:
            x = v.load(data, i)
            for _ in range(8):
                x = v.fma(x, v.num(0.99), v.num(0.01))
            x = v.div(x, v.plus(v.num(1.0), v.times(x, x)))
            v.store(functions.exp(v, v.neg(x)), data, i)
        v.b.ret_void()
        self._loaded = Loaded(compile_object(with_registers(str(module), width)))
        self._run = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_void_p)(self._loaded.address("work"))
        room = np.ones(_NUMBERS + 8)
        first = -(room.ctypes.data % -64) // 8  # vectors lie at multiples of their size
        self._data = room[first : first + _NUMBERS]

    def __call__(self) -> None:
        self._run(_TIMES, self._data.ctypes.data)
