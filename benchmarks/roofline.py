"""How far the processor itself would allow: operations that were needed, over those that it can do.

What is needed is counted in the code that our generator makes for the common model: additions, multiplications,
divisions and square roots of one lane count one each, a fused multiply-add two. Counted is one step: everything from
the head of the kernel's loop of steps back to it, with the rates of every stage, the sums of the stages, the error,
the control of the step. A loop counts as often as it turns. What happens only sometimes is left out: a branch to
other factors of the modes, an event, a sample, the C library. So are comparisons, choices, whole numbers and memory.
The steps that a person takes are those tried, kept or not.

What the processor can do is measured: a loop of multiply-adds that wait for nothing, as wide as our lanes.

    share = operations of a step · steps of a person · persons per second / measured peak
"""

import ctypes
import re
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks import work
from openldn.engine import Model
from openldn.engine.kernels.driver import kernel_text
from openldn.engine.kernels.lanes import I64, PTR, Lanes
from openldn.engine.kernels.machine import Loaded, compile_object, host
from openldn.engine.kernels.program import program
from openldn.engine.kernels.width import lanes

HEAD = "steps"  # the block of `run` at which every step begins
CHAINS = 12  # multiply-adds in flight: more than two units of latency four need, fewer than 16 registers
TURNS = 2_000_000
_ONE = {"fadd": 1, "fsub": 1, "fmul": 1, "fdiv": 1}
_CALLED = {"llvm.fma": 2, "llvm.fmuladd": 2, "llvm.sqrt": 1}


@dataclass(frozen=True)
class Roofline:
    """GFLOP/s that a core can do and that our engine does on the common model, and their quotient `share`.

    operations_per_step: of one person. steps_per_patient: tried, of the whole work, the mean.
    """

    measured_peak_gflops: float
    achieved_gflops: float
    share: float
    lanes: int
    operations_per_step: int
    steps_per_patient: float


def roofline(patients_per_cpu_second: float, rtol: float, atol: float, peak_gflops: float) -> Roofline:
    """Where our engine stands at that pace and those tolerances on the common model."""
    operations, steps = operations_per_step(work.common_model(), "gut"), work.attempts(64, rtol, atol)
    achieved = operations * steps * patients_per_cpu_second / 1e9
    return Roofline(peak_gflops, achieved, achieved / peak_gflops, lanes(), operations, steps)


def measured_peak() -> float:
    """GFLOP/s of one core, by processor time: a multiply-add is two operations."""
    run = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)(_loop().address("multiply_add"))
    out = np.zeros(CHAINS * lanes())
    begin = time.process_time()
    run(out.ctypes.data, TURNS)
    taken = time.process_time() - begin
    return 2.0 * CHAINS * lanes() * TURNS / max(taken, 1e-9) / 1e9


def _loop() -> Loaded:
    """The function multiply_add(out, turns): x ← 0.999 x + 0.001 in each of the chains."""
    if not _LOADED:
        from llvmlite import ir

        module = ir.Module("peak")
        module.triple = host().triple
        function = ir.Function(module, ir.FunctionType(ir.VoidType(), [PTR, I64]), "multiply_add")
        out, turns = function.args
        v = Lanes(ir.IRBuilder(function.append_basic_block("entry")), lanes())
        b, before = v.b, v.b.block
        body, after = (function.append_basic_block(name) for name in ("body", "after"))
        b.branch(body)
        b.position_at_end(body)
        i, chains = b.phi(I64), [b.phi(v.vector) for _ in range(CHAINS)]
        following = b.add(i, I64(1))
        for phi, start, then in (
            (i, I64(0), following),
            *((x, v.num(0.1 * n), v.fma(x, v.num(0.999), v.num(0.001))) for n, x in enumerate(chains)),
        ):
            phi.add_incoming(start, before)
            phi.add_incoming(then, body)
        b.cbranch(b.icmp_signed("<", following, turns), body, after)
        b.position_at_end(after)
        for n, x in enumerate(chains):
            b.store(x, v.at(out, n), align=8)
        b.ret_void()
        _LOADED.append(Loaded(compile_object(str(module))))
    return _LOADED[0]


_LOADED: list[Loaded] = []


def operations_per_step(model: Model, dosed: str) -> int:
    """Operations of one lane in one step of the explicit kernel for all states, a dose reaching the state `dosed`."""
    import llvmlite.binding as llvm

    names = [state.name for state in model.states]
    text = kernel_text(program(model, names, names, dosed=[dosed]), lanes(), host().triple)
    module = llvm.parse_assembly(text)
    return _Counter(module).way(module.get_function("run"), HEAD)


class _Counter:
    """Counts along the way through a function that is always taken."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self._whole: dict[str, int] = {}

    def way(self, function: Any, head: str = "") -> int:
        """From `head` back to it, or from the entry to the end."""
        blocks = {block.name: block for block in function.blocks}
        onward = {name: _onward(block) for name, block in blocks.items()}
        here = head or next(iter(blocks))
        total, first = 0, True
        while first or here != head:
            first = False
            targets = [name for name in onward[here] if name != here]
            turns = _turns(blocks[here]) if here in onward[here] else 1
            total += turns * sum(self._of(instruction) for instruction in blocks[here].instructions)
            if not targets or head in targets:
                return total
            here = targets[0] if len(targets) == 1 else _joined(targets, onward, head)
        return total

    def _of(self, instruction: Any) -> int:
        if instruction.opcode in _ONE:
            return _ONE[instruction.opcode]
        if instruction.opcode != "call":
            return 0
        name = list(instruction.operands)[-1].name
        for start, count in _CALLED.items():
            if name.startswith(f"{start}."):
                return count
        if name.startswith("llvm."):
            return 0
        if name not in self._whole:
            self._whole[name] = self.way(self._module.get_function(name))
        return self._whole[name]


def _onward(block: Any) -> list[str]:
    last = list(block.instructions)[-1]
    return [str(name) for name in re.findall(r'label %"?([^",\s]+)"?', str(last))]


def _turns(block: Any) -> int:
    """How often a block that branches back to itself runs: its counter's step and limit are numbers."""
    text = str(block)
    found = re.search(r"icmp slt i64 %(\S+), (\d+)\n\s*br ", text)
    step = found and re.search(rf"%{re.escape(found[1])} = add i64 %\S+, (\d+)", text)
    start = re.search(r"phi i64\s+\[ ?(\d+), ", text)
    if not (found and step and start):
        raise ValueError(f"the loop {block.name} has no counter that can be read")
    return -(-(int(found[2]) - int(start[1])) // int(step[1]))


def _joined(targets: list[str], onward: dict[str, list[str]], head: str) -> str:
    """Where the ways from two branches meet first: what lies before that is only sometimes done."""
    for one, other in (targets, targets[::-1]):
        open_names, seen = [other], set[str]()
        while open_names:
            name = open_names.pop()
            if name == one:
                return one
            if name not in seen and name != head:
                seen.add(name)
                open_names += onward[name]
    raise ValueError(f"the branches {targets} do not meet")
