"""One call of a kernel: the arrays that it reads and writes, and the threads that run it."""

import concurrent.futures
import ctypes
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.kernels.compiled import Compiled, compiled
from openldn.engine.kernels.driver import EXPLICIT, IMPLICIT, kernel_text
from openldn.engine.kernels.epochs import NO_ROW
from openldn.engine.kernels.layout import Request
from openldn.engine.kernels.machine import host
from openldn.engine.kernels.program import Program
from openldn.engine.plan import Kind, Plan

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
Truth = NDArray[np.bool_]
_NOTHING = -1  # an event on a state that no output depends on


@dataclass(frozen=True)
class Settings:
    """What holds for everybody."""

    rtol: float
    atol: float
    start_h: float
    step_limit: int
    threads: int | None
    progress: Callable[[float], None] | None


class Kernel:
    """The function `run(request)` of a program, and the memory that it lives in."""

    def __init__(self, program: Program, method: str = EXPLICIT, *, width: int) -> None:
        self.program, self.method, self.width = program, method, width
        parts = (method, program.text(), str(width))
        if parts not in _LOADED:
            _LOADED[parts] = compiled(
                "run", parts, lambda: kernel_text(program, width, host().triple, method)
            )
        self._loaded = _LOADED[parts]
        self.run = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(self._loaded.address)


_LOADED: dict[tuple[str, ...], Compiled] = {}


@dataclass(frozen=True)
class Table:
    """Rows of λ, r, V and V⁻¹, where those of each person from number `first` on start, and Epochs.row if there are any."""

    rows: Array = field(repr=False)
    of: Whole = field(repr=False)
    first: int
    row: Whole | None = field(repr=False)


def solve(
    kernel: Kernel,
    plan: Plan,
    who: Whole,
    of: Whole,
    columns: Sequence[Array],
    modes: Table | None,
    values: Array,
    info: Whole,
    settings: Settings,
) -> None:
    """Fill `values` (persons, samples, outputs) and `info` (persons, INFO_WIDTH) of the persons `who`.

    columns: each parameter of the program, of one value or one for each person.
    of: the plan of each person.
    modes: what a kernel by modes needs.
    """
    program = kernel.program
    modes = modes or Table(np.zeros((1, 1)), np.zeros(1, dtype=np.int64), 0, None)
    order = {name: i for i, name in enumerate(program.states)}
    parameters = {name: i for i, name in enumerate(program.parameters)}
    of_state = np.array([order.get(name, _NOTHING) for name in plan.targets] + [0], dtype=np.int64)
    of_parameter = np.array([parameters.get(name, _NOTHING) for name in plan.targets] + [0], dtype=np.int64)
    index = np.where(plan.kinds == Kind.PARAMETER, of_parameter[plan.target], of_state[plan.target])
    acts = np.array([*(act.number for act in program.acts if act.condition is None), _NOTHING])
    own = np.where(np.isin(plan.amounts, acts), plan.amounts, _NOTHING).astype(np.int64)
    index = np.where(plan.kinds == Kind.ACT, own, index)
    last = np.zeros(plan.kinds.size, dtype=bool)
    last[plan.offsets[1:][plan.offsets[1:] > plan.offsets[:-1]] - 1] = True
    # What moves nothing is left out, but for the end of a plan, to which everybody is solved.
    kept = (index != _NOTHING) | last
    rows = np.full(plan.kinds.size, NO_ROW, dtype=np.int64) if modes.row is None else modes.row
    plan, index, last, rows = _only(plan, kept), index[kept], last[kept], rows[kept]
    kinds = np.where(index == _NOTHING, _NOTHING, plan.kinds)
    stops = last | (kinds != Kind.SAMPLE) | (kernel.method == IMPLICIT)
    counter = np.zeros(1, dtype=np.int64)
    arrays: dict[int, NDArray[Any]] = {
        Request.COUNTER: counter, Request.PLAN_OF: of, Request.OFFSETS: plan.offsets,
        Request.TIME: plan.times, Request.KIND: kinds, Request.NEXT: _next(stops),
        Request.INDEX: index, Request.AMOUNT: plan.amounts, Request.FACTOR: plan.factor,
        Request.PARAMETERS: np.array([column.ctypes.data for column in columns], dtype=np.int64),
        Request.STRIDES: np.array([int(column.size > 1) for column in columns], dtype=np.int64),
        Request.ROW: np.arange(len(values), dtype=np.int64) * values.shape[1],
        Request.OUT: values, Request.INFO: info,
        Request.MODES: modes.rows, Request.MODES_OF: modes.of, Request.ROW_OF: rows, Request.WHO: who,
    }  # fmt: skip
    request = np.zeros(len(Request), dtype=np.int64)
    for slot, array in arrays.items():
        assert array.flags.c_contiguous
        request[slot] = array.ctypes.data
    request[Request.MODES_OF] -= modes.first * modes.of.itemsize
    request[Request.PERSONS] = who.size
    numbers = settings.start_h, settings.rtol, settings.atol, float(settings.step_limit)
    slots = [Request.START, Request.RTOL, Request.ATOL, Request.STEP_LIMIT]
    request.view(np.float64)[slots] = numbers
    _call(kernel, request.ctypes.data, counter, who.size, settings)


def _only(plan: Plan, kept: Truth) -> Plan:
    """The plan with those events alone."""
    if kept.all():
        return plan
    offsets = np.concatenate([[0], np.cumsum(kept)])[plan.offsets]
    return replace(
        plan, offsets=offsets, times=plan.times[kept], kinds=plan.kinds[kept], target=plan.target[kept],
        amounts=plan.amounts[kept], factor=plan.factor[kept],
    )  # fmt: skip


def _next(stops: Truth) -> Whole:
    """The number of the first event from each on at which a step ends; the last of a plan is one."""
    numbers = np.where(stops, np.arange(stops.size), stops.size)
    return np.ascontiguousarray(np.minimum.accumulate(numbers[::-1])[::-1])


def _call(kernel: Kernel, address: int, counter: Whole, persons: int, settings: Settings) -> None:
    groups = -(-persons // kernel.width)
    count = max(1, min(settings.threads or os.cpu_count() or 1, groups))
    if count == 1 and settings.progress is None:
        kernel.run(address)
        return
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        waiting = {pool.submit(kernel.run, address) for _ in range(count)}
        try:
            while waiting:
                done, waiting = concurrent.futures.wait(waiting, timeout=0.1)
                for future in done:
                    future.result()
                if settings.progress:
                    settings.progress(min(1.0, float(counter[0]) / persons))
        except BaseException:
            counter[0] = persons  # nobody else is begun; those in the lanes are finished
            raise
