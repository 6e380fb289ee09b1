"""States that follow modes, in lanes: their values within a step, and what events do to them.

Over a step of length h a mode shrinks by e^(λ h); at the nodes c of the pair by e^(λ c h). Those factors are
computed when h changes in any lane, and kept while it does not. That spares time and changes no value.
"""

from typing import Any

from openldn.engine.kernels import functions
from openldn.engine.kernels.equations import Equations
from openldn.engine.kernels.lanes import I64, Lanes
from openldn.engine.kernels.layout import Workspace
from openldn.engine.kernels.modes import Linear
from openldn.engine.kernels.tableau import C

NODES = tuple(sorted({c for c in C if c > 0}))  # the last is the end of the step


def emit_decay(v: Lanes, place: Workspace, equations: Equations, linear: Linear, w: Any, step: Any) -> None:
    """Prepare a step: the factors of the modes at its nodes, and their parts in the states that rates need."""
    some, _ = v.any(v.compare("!=", step, v.load(w, place.decay_of)))
    with v.b.if_then(some):
        with v.loop(place.modes) as m:
            shrink = v.times(v.load(w, v.b.add(m, I64(place.rates_of_modes))), step)
            base = v.b.add(v.b.mul(m, I64(place.nodes)), I64(place.decay))
            for j, c in enumerate(NODES):
                v.store(functions.exp(v, v.times(shrink, v.num(c))), w, v.b.add(base, I64(j)))
        v.store(step, w, place.decay_of)
    for i, m in _pairs(equations, linear):
        part = v.times(v.load(w, place.vectors + i * place.modes + m), v.load(w, place.z + m))
        v.store(part, w, place.parts + i * place.modes + m)


def emit_bound(v: Lanes, place: Workspace, equations: Equations, linear: Linear, w: Any, c: float) -> None:
    """The bound states that rates need, at node c of the step."""
    totals = {i: v.load(w, place.rest + i) for i in equations.feeding}
    for i, m in _pairs(equations, linear):
        part = v.load(w, place.parts + i * place.modes + m)
        if c == 0:
            totals[i] = v.plus(totals[i], part)
        else:
            decay = v.load(w, place.decay + m * place.nodes + NODES.index(c))
            totals[i] = v.fma(part, decay, totals[i])
    for i, total in totals.items():
        v.store(total, w, place.bound + i)


def emit_advance(v: Lanes, place: Workspace, w: Any, accepted: Any) -> None:
    """The modes at the end of the step, in lanes that accept it."""
    with v.loop(place.modes) as m:
        z = v.load(w, v.b.add(m, I64(place.z)))
        last = v.b.add(v.b.mul(m, I64(place.nodes)), I64(place.decay + place.nodes - 1))
        moved = v.times(z, v.load(w, last))
        v.store(v.select(accepted, moved, z), w, v.b.add(m, I64(place.z)))


def emit_all_bound(v: Lanes, place: Workspace, w: Any) -> None:
    """Every bound state now."""
    with v.loop(place.modes) as i:
        total = v.load(w, v.b.add(i, I64(place.rest)))
        row = v.b.add(v.b.mul(i, I64(place.modes)), I64(place.vectors))
        for m in range(place.modes):
            total = v.fma(v.load(w, v.b.add(row, I64(m))), v.load(w, place.z + m), total)
        v.store(total, w, v.b.add(i, I64(place.bound)))


def _pairs(equations: Equations, linear: Linear) -> list[tuple[int, int]]:
    reached = linear.reached
    return [(i, m) for i in equations.feeding for m, held in enumerate(reached[i]) if held]
