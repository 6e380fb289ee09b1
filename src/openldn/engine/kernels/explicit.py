"""An attempt by the explicit pair.

The error is DOP853's: with e₅ and e₃ weighed by a + r max(|y|, |y_new|) and summed over states,

    err = |h| Σe₅² / √(n (Σe₅² + Σe₃²/100)).
"""

import math
from typing import Any

from openldn.engine.kernels.bound import emit_bound, emit_decay
from openldn.engine.kernels.equations import Equations
from openldn.engine.kernels.lanes import I64, Lanes
from openldn.engine.kernels.layout import Workspace
from openldn.engine.kernels.modes import Linear
from openldn.engine.kernels.tableau import E3, E5, ORDER, STAGES, A, B, C

BETA = 0.04
ALPHA = 1 / ORDER - 0.2 * BETA
_BETWEEN = E3.keys() | E5.keys()
_BESIDE = {j: E3[j] - B.get(j, 0.0) for j in E3 if E3[j] != B.get(j)}  # what e3 has beside Σ bᵢ kᵢ


def emit_attempt(
    v: Lanes, place: Workspace, equations: Equations, linear: Linear, w: Any, t: Any, step: Any, rtol: Any
) -> tuple[Any, Any]:
    """The new values in the workspace; returns their error over what is tolerated, and where that is finite."""
    _stages(v, place, equations, linear, w, t, step)
    return _finish(v, place, w, step, rtol)


def _stages(
    v: Lanes, place: Workspace, equations: Equations, linear: Linear, w: Any, t: Any, step: Any
) -> None:
    if place.modes:
        emit_decay(v, place, equations, linear, w, step)
    rest = [v.at(w, i) for i in (place.parameter, place.static, place.flow, place.bound)]
    for stage in range(STAGES):
        if stage:
            weights = {j: v.times(step, v.num(a)) for j, a in A[stage].items()}
            with v.loop(place.states) as i:
                total = v.load(w, i)
                for j, weight in weights.items():
                    total = v.fma(weight, v.load(w, v.b.add(i, I64(place.k + j * place.rows))), total)
                v.store(total, w, v.b.add(i, I64(place.new)))
        if place.modes:
            emit_bound(v, place, equations, linear, w, C[stage])
        k = v.at(w, place.k + stage * place.rows)
        y = v.at(w, place.new if stage else place.y)
        v.b.call(equations.rates, [v.fma(step, v.num(C[stage]), t), y, k, *rest])


def _finish(v: Lanes, place: Workspace, w: Any, step: Any, rtol: Any) -> tuple[Any, Any]:
    """The new values, their error over what is tolerated, and where that is a finite number."""
    zero = v.num(0.0)
    before = v.b.block
    body, after = v.b.append_basic_block("errors"), v.b.append_basic_block("measured")
    v.b.branch(body)
    v.b.position_at_end(body)
    i, sum5, sum3 = v.b.phi(I64), v.b.phi(v.vector), v.b.phi(v.vector)
    for phi, value in ((i, I64(0)), (sum5, zero), (sum3, zero)):
        phi.add_incoming(value, before)
    # Two states at a time, which then share the loading of the weights.
    at = [i, v.b.add(i, I64(1))]
    k = {j: [v.load(w, v.b.add(n, I64(place.k + j * place.rows))) for n in at] for j in sorted(_BETWEEN)}
    slope, e5, e3 = _weighed(v, B, k), _weighed(v, E5, k), _weighed(v, _BESIDE, k)
    total5, total3 = sum5, sum3
    for n, slope_n, e5_n, e3_n in zip(at, slope, e5, e3, strict=True):
        y = v.load(w, n)
        new = v.fma(step, slope_n, y)
        v.store(new, w, v.b.add(n, I64(place.new)))
        size = v.select(v.compare(">", v.abs(y), v.abs(new)), v.abs(y), v.abs(new))
        scale = v.div(v.num(1.0), v.fma(rtol, size, v.load(w, v.b.add(n, I64(place.atol)))))
        five, three = v.times(e5_n, scale), v.times(v.plus(slope_n, e3_n), scale)
        total5, total3 = v.fma(five, five, total5), v.fma(three, three, total3)
    following = v.b.add(i, I64(2))
    for phi, value in ((i, following), (sum5, total5), (sum3, total3)):
        phi.add_incoming(value, v.b.block)
    v.b.cbranch(v.b.icmp_signed("<", following, I64(place.states)), body, after)
    v.b.position_at_end(after)
    both = v.fma(total3, v.num(0.01), total5)
    nothing = v.compare("==", both, zero)
    root = v.call("sqrt", v.times(v.select(nothing, v.num(1.0), both), v.num(float(place.states))))
    err = v.times(v.abs(step), v.div(total5, root))
    return err, v.compare("<", err, v.num(math.inf))


def _weighed(v: Lanes, weights: dict[int, float], k: dict[int, list[Any]]) -> list[Any]:
    """Σ wⱼ kⱼ for the two states of k."""
    totals: list[Any] = []
    for j, weight in weights.items():
        part = v.num(weight)
        if not totals:
            totals = [v.times(part, one) for one in k[j]]
        else:
            totals = [v.fma(part, one, total) for one, total in zip(k[j], totals, strict=True)]
    return totals
