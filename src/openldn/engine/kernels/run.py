"""A model's kernel, called for many persons on as many threads as there are cores.

    solved = run_kernel(model, plan, values, outputs)
    solved.values.shape == (persons, samples, outputs)

Nobody's result depends on the neighbours, the number of threads or of persons, to the last bit. A person
who could not be solved has no numbers after the hour where it ended, and a reason.
"""

import concurrent.futures
import ctypes
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.kernels.cache import cached_object, key_of
from openldn.engine.kernels.driver import kernel_text
from openldn.engine.kernels.graph import Program, program
from openldn.engine.kernels.layout import INFO_WIDTH, Kind, Request, Status
from openldn.engine.kernels.machine import Loaded, compile_object, host
from openldn.engine.kernels.plan import Plan
from openldn.engine.model import Model
from openldn.engine.pruning import needed_states, silent_states
from openldn.engine.reference import complete
from openldn.notation import InputError, UnknownName

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
STEP_LIMIT = 1_000_000
_LIMIT = 250_000_000  # numbers that a result may hold
_NOTHING = -1  # an event on a state that no output depends on
_REASONS = {
    Status.TOO_MANY_STEPS: "it took more steps than allowed, as stiff equations do",
    Status.NOT_FINITE: "a value is not finite",
    Status.STEP_TOO_SMALL: "the step became too small",
}


@dataclass(frozen=True)
class Solved:
    """`values` has shape (persons, samples, outputs), NaN where a person's plan has no further sample or ended early.

    status: a Status for each person; steps, rejected: attempts; ended_h: the hour reached.
    """

    outputs: tuple[str, ...]
    values: Array = field(repr=False)
    status: Whole = field(repr=False)
    steps: Whole = field(repr=False)
    rejected: Whole = field(repr=False)
    ended_h: Array = field(repr=False)

    @property
    def failed(self) -> Whole:
        """The numbers of the persons who could not be solved."""
        return np.flatnonzero(self.status)

    def reason(self, person: int) -> str:
        """Why that person could not be solved; empty if they were."""
        status = Status(int(self.status[person]))
        return f"at {self.ended_h[person]:.3g} h, {_REASONS[status]}" if status else ""


def run_kernel(
    model: Model,
    plan: Plan,
    values: Mapping[str, Any] | None = None,
    outputs: Sequence[str] = (),
    *,
    rtol: float = 1e-6,
    atol: float = 1e-8,
    threads: int | None = None,
    start_h: float = 0.0,
    step_limit: int = STEP_LIMIT,
    progress: Callable[[float], None] | None = None,
) -> Solved:
    """Every person's outputs at the samples of their plan.

    values: parameters and switches that differ from the model's own, each a number or an array (persons,).
    rtol, atol: what a step may err, relative to a state and in its unit.
    threads: as many as there are cores, unless said.
    Raises UnknownName for an output, parameter or target, InputError for numbers of persons that differ or
    a result too large to hold.
    """
    for name in outputs:
        model.unit_of(name)
    given, persons = complete(model, values or {})
    persons = _persons(plan, persons)
    samples = plan.samples()
    if persons * samples * len(outputs) > _LIMIT:
        raise InputError(f"{persons:,} persons at {samples:,} times are too many to hold; run them in parts")
    computation = _program(model, plan, given, tuple(outputs))
    kernel = _kernel(computation)
    values_out = np.full((persons, samples, len(outputs)), np.nan)
    info = np.zeros((persons, INFO_WIDTH), dtype=np.int64)
    counter = np.zeros(1, dtype=np.int64)
    request, kept = _request(computation, plan, given, persons, counter, values_out, info)
    tolerances = np.full(max(1, len(computation.states)), float(atol))
    request[Request.ATOL] = tolerances.ctypes.data
    request.view(float)[[Request.START, Request.RTOL, Request.STEP_LIMIT]] = start_h, rtol, step_limit
    _call(kernel, request, counter, persons, threads, progress)
    del kept
    return Solved(
        tuple(outputs), values_out, info[:, 0], info[:, 1], info[:, 2], info[:, 3].copy().view(np.float64)
    )


def _persons(plan: Plan, persons: int) -> int:
    if plan.of is None:
        return persons
    if persons not in (1, plan.of.size):
        raise InputError(f"parameters are given for {persons} persons and plans for {plan.of.size}")
    return plan.of.size


def _program(model: Model, plan: Plan, given: Mapping[str, Any], outputs: tuple[str, ...]) -> Program:
    names = {*model.rates, *model.parameters, *model.switches}
    for name in plan.targets:
        if name not in names:
            raise UnknownName("target of an event", name, names)
    changed = set(plan.moved(Kind.PARAMETER))
    fixed = {
        name: float(given[name])
        for name in model.switches
        if name not in changed and np.ndim(given[name]) == 0
    }
    off = [name for name, value in fixed.items() if value == 0]
    dosed = plan.moved(Kind.ADD, Kind.FLOW, Kind.SET)
    silent, needed = silent_states(model, dosed, off), needed_states(model, outputs, off)
    states = [s.name for s in model.states if s.name in needed and s.name not in silent]
    flows = [name for name in plan.moved(Kind.FLOW) if name in states]
    return program(model, states, outputs, plan.factors, fixed, flows)


class _Kernel:
    """The function `run(request)`, and the memory that it lives in."""

    def __init__(self, code: bytes) -> None:
        self._loaded = Loaded(code)
        self.run = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(self._loaded.address("run"))


def _kernel(computation: Program) -> _Kernel:
    machine = host()
    key = key_of(computation.text(), machine.triple, machine.cpu, machine.features, str(machine.lanes))
    found = _KERNELS.get(key)
    if found is None:
        code = cached_object(
            key, lambda: compile_object(kernel_text(computation, machine.lanes, machine.triple))
        )
        found = _KERNELS[key] = _Kernel(code)
    return found


_KERNELS: dict[str, _Kernel] = {}


def _request(
    computation: Program,
    plan: Plan,
    given: Mapping[str, Any],
    persons: int,
    counter: Whole,
    values: Array,
    info: Whole,
) -> tuple[Whole, list[Any]]:
    """The request, and the arrays that must live as long as it is used."""
    columns = [np.ascontiguousarray(given[name], dtype=float).reshape(-1) for name in computation.parameters]
    bases = np.array([column.ctypes.data for column in columns], dtype=np.int64)
    strides = np.array([int(column.size > 1) for column in columns], dtype=np.int64)
    order = {name: i for i, name in enumerate(computation.states)}
    parameters = {name: i for i, name in enumerate(computation.parameters)}
    of_state = np.array([order.get(name, _NOTHING) for name in plan.targets] + [0], dtype=np.int64)
    of_parameter = np.array([parameters.get(name, _NOTHING) for name in plan.targets] + [0], dtype=np.int64)
    index = np.where(plan.kinds == Kind.PARAMETER, of_parameter[plan.target], of_state[plan.target])
    kinds = np.where(index == _NOTHING, _NOTHING, plan.kinds)
    of = np.zeros(persons, dtype=np.int64) if plan.of is None else plan.of
    rows = np.arange(persons, dtype=np.int64) * values.shape[1]
    arrays = {
        Request.COUNTER: counter, Request.PARAMETERS: bases, Request.STRIDES: strides,
        Request.PLAN_OF: of, Request.OFFSETS: plan.offsets, Request.TIME: plan.times,
        Request.KIND: kinds, Request.INDEX: index, Request.AMOUNT: plan.amounts,
        Request.FACTOR: plan.factor, Request.ROW: rows, Request.OUT: values, Request.INFO: info,
    }  # fmt: skip
    request = np.zeros(len(Request), dtype=np.int64)
    for slot, array in arrays.items():
        request[slot] = array.ctypes.data
    request[Request.PERSONS] = persons
    return request, [columns, arrays]


def _call(
    kernel: _Kernel,
    request: Whole,
    counter: Whole,
    persons: int,
    threads: int | None,
    progress: Callable[[float], None] | None,
) -> None:
    most = -(-persons // host().lanes)
    count = max(1, min(threads or os.cpu_count() or 1, most))
    address = request.ctypes.data
    if count == 1 and progress is None:
        kernel.run(address)
        return
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        waiting = {pool.submit(kernel.run, address) for _ in range(count)}
        try:
            while waiting:
                done, waiting = concurrent.futures.wait(waiting, timeout=0.1)
                for future in done:
                    future.result()
                if progress:
                    progress(min(1.0, float(counter[0]) / persons))
        except BaseException:
            counter[0] = persons  # nobody else is begun; those in the lanes are finished
            raise


