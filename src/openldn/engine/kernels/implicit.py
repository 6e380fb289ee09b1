"""One attempted step of the Rosenbrock method, every lane with its own t and h.

The Jacobian is derived from the equations, and the elimination is written out for its pattern. The error is
the root mean square over states of u₆ over what is tolerated.
"""

import math
from typing import Any

from llvmlite import ir

from openldn.engine.kernels.derivative import by_time, jacobian
from openldn.engine.kernels.elimination import Elimination, eliminate
from openldn.engine.kernels.equations import Equations, emit_function
from openldn.engine.kernels.lanes import I64, PTR, Lanes
from openldn.engine.kernels.layout import Workspace
from openldn.engine.kernels.program import Program
from openldn.engine.kernels.rodas import ALPHA, GAMMA, GAMMAS, STAGES, A, C
from openldn.engine.kernels.stepping import Tolerances, tolerated
from openldn.engine.kernels.turning import Turning

_LOOKED_AT = (1, 3)  # stages at 0.39 and 0.63 of the step


class Derivatives:
    """The nodes of ∂f/∂y and ∂f/∂t of a program."""

    def __init__(self, program: Program) -> None:
        self.entries = jacobian(program.graph, program.rates, program.free)
        self.times = by_time(program.graph, program.rates)
        self.roots = [*self.entries.values(), *self.times.values()]


class Implicit:
    """The functions that a stiff kernel has beside the rates: derivatives, elimination and substitution.

    They write into one array: first the matrix by slots, then ∂f/∂t.
    """

    def __init__(
        self, module: Any, program: Program, width: int, equations: Equations, derived: "Derivatives"
    ) -> None:
        self.pattern: Elimination = eliminate(program.free, derived.entries)
        slots = self.pattern.slots
        self.by_time = {i: len(slots) + n for n, i in enumerate(derived.times)}
        self.size = len(slots) + len(derived.times)
        self.entries = frozenset(derived.entries)
        places = [*(slots[entry] for entry in derived.entries), *self.by_time.values()]
        self.derivatives = emit_function(
            module, "derivatives", program, derived.roots, places, equations.slots, width
        )
        self.eliminate = self._emit_eliminate(module, width)
        self.substitute = self._emit_substitute(module, width)

    def _emit_eliminate(self, module: Any, width: int) -> Any:
        """eliminate(matrix, 1/(γh)): the matrix becomes its factors, with reciprocal pivots."""
        vector = ir.VectorType(ir.DoubleType(), width)
        function = _internal(module, "eliminate", [PTR, vector])
        v = Lanes(ir.IRBuilder(function.append_basic_block("entry")), width)
        matrix, shift = function.args
        slots = self.pattern.slots
        for entry, slot in slots.items():
            value = v.neg(v.load(matrix, slot)) if entry in self.entries else v.num(0.0)
            v.store(v.plus(value, shift) if entry[0] == entry[1] else value, matrix, slot)
        for pivot in self.pattern.order:
            inverse = v.div(v.num(1.0), v.load(matrix, slots[pivot, pivot]))
            v.store(inverse, matrix, slots[pivot, pivot])
            for i in self.pattern.rows[pivot]:
                factor = v.times(v.load(matrix, slots[i, pivot]), inverse)
                v.store(factor, matrix, slots[i, pivot])
                for j in self.pattern.columns[pivot]:
                    rest = v.fma(v.neg(factor), v.load(matrix, slots[pivot, j]), v.load(matrix, slots[i, j]))
                    v.store(rest, matrix, slots[i, j])
        v.b.ret_void()
        return function

    def _emit_substitute(self, module: Any, width: int) -> Any:
        """substitute(matrix, x): x becomes the solution for the right side x."""
        function = _internal(module, "substitute", [PTR, PTR])
        v = Lanes(ir.IRBuilder(function.append_basic_block("entry")), width)
        matrix, x = function.args
        slots = self.pattern.slots
        for pivot in self.pattern.order:
            value = v.neg(v.load(x, pivot))
            for i in self.pattern.rows[pivot]:
                v.store(v.fma(value, v.load(matrix, slots[i, pivot]), v.load(x, i)), x, i)
        for pivot in reversed(self.pattern.order):
            total = v.load(x, pivot)
            for j in self.pattern.columns[pivot]:
                total = v.fma(v.neg(v.load(matrix, slots[pivot, j])), v.load(x, j), total)
            v.store(v.times(total, v.load(matrix, slots[pivot, pivot])), x, pivot)
        v.b.ret_void()
        return function


def emit_implicit(
    v: Lanes,
    place: Workspace,
    equations: Equations,
    implicit: Implicit,
    w: Any,
    t: Any,
    step: Any,
    tolerances: Tolerances,
    turning: Turning | None = None,
) -> tuple[Any, Any]:
    """The new values in the workspace; returns their error over what is tolerated, and where that is finite."""
    rest = [v.at(w, i) for i in (place.parameter, place.static, place.flow, place.bound)]
    matrix, y, new = v.at(w, place.matrix), v.at(w, place.y), v.at(w, place.new)
    v.b.call(implicit.derivatives, [t, y, matrix, *rest])
    inverse = v.div(v.num(1.0), step)
    v.b.call(implicit.eliminate, [matrix, v.times(inverse, v.num(1 / GAMMA))])
    for stage in range(STAGES):
        u = [place.k + j * place.rows for j in range(stage + 1)]
        if stage:
            _combine(v, place, w, u[:-1], A[stage])
        k = v.at(w, u[-1])
        now = v.fma(step, v.num(ALPHA[stage]), t)
        v.b.call(equations.rates, [now, new if stage else y, k, *rest])
        if turning and stage in _LOOKED_AT:
            turning.pass_by(v, w, ALPHA[stage], now, place.new)
        if stage:
            weights = [v.times(inverse, v.num(c)) for c in C[stage]]
            with v.loop(place.states) as i:
                total = v.load(k, i)
                for weight, row in zip(weights, u[:-1], strict=True):
                    total = v.fma(weight, v.load(w, v.b.add(i, I64(row))), total)
                v.store(total, k, i)
        if GAMMAS[stage]:
            for i, slot in implicit.by_time.items():
                part = v.times(v.times(step, v.num(GAMMAS[stage])), v.load(matrix, slot))
                v.store(v.plus(v.load(k, i), part), k, i)
        v.b.call(implicit.substitute, [matrix, k])
    return _error(v, place, w, tolerances)


def _combine(v: Lanes, place: Workspace, w: Any, rows: list[int], weights: tuple[float, ...]) -> None:
    with v.loop(place.states) as i:
        total = v.load(w, i)
        for weight, row in zip(weights, rows, strict=True):
            total = v.fma(v.num(weight), v.load(w, v.b.add(i, I64(row))), total)
        v.store(total, w, v.b.add(i, I64(place.new)))


def _error(v: Lanes, place: Workspace, w: Any, tolerances: Tolerances) -> tuple[Any, Any]:
    total = v.num(0.0)
    last = place.k + (STAGES - 1) * place.rows
    for i in range(place.states):
        u, y = v.load(w, last + i), v.load(w, i)
        new = v.plus(v.load(w, place.new + i), u)
        v.store(new, w, place.new + i)
        part = v.div(u, tolerated(v, v.at(w, place.most), I64(i), y, new, tolerances))
        total = v.fma(part, part, total)
    err = v.call("sqrt", v.times(total, v.num(1 / place.states)))
    return err, v.compare("<", err, v.num(math.inf))


def _internal(module: Any, name: str, kinds: list[Any]) -> Any:
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), kinds), name)
    function.linkage = "internal"
    function.attributes.add("noinline")
    return function
