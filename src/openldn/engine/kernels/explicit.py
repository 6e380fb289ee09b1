"""An attempt by the explicit pair.

The error is the larger of two, both of order h⁸: with e₅, e₃ and e₆ weighed by what is tolerated (see `stepping`) and summed
over states,

    err₁ = |h| Σe₅² / √(n (Σe₅² + Σe₃²/100))
    err₂ = |h| Σe₆² / √(n (Σe₅² + Σe₆²/100)) / 10.

The first is DOP853's. As e₅ changes its sign with h, a single state, or one among many whose error is all of the
sum, can pass with an error of 1e5 times what is tolerated; the second is large just there, and below the
first elsewhere.
"""

import math
from typing import Any

from openldn.engine.kernels.bound import emit_bound, emit_decay
from openldn.engine.kernels.equations import Equations
from openldn.engine.kernels.lanes import I64, Lanes
from openldn.engine.kernels.layout import Workspace
from openldn.engine.kernels.modes import Linear
from openldn.engine.kernels.stepping import Tolerances, tolerated
from openldn.engine.kernels.tableau import E3, E5, E6, ORDER, STAGES, A, B, C
from openldn.engine.kernels.turning import Turning

BETA = 0.04
ALPHA = 1 / ORDER - 0.2 * BETA
_BETWEEN = E3.keys() | E5.keys() | E6.keys()
_BESIDE = {j: E3[j] - B.get(j, 0.0) for j in E3 if E3[j] != B.get(j)}  # what e3 has beside Σ bᵢ kᵢ
_LOOKED_AT = (7, 9, 10)  # stages at 0.31, 0.6 and 0.86 of the step, whose values lie near the solution


def emit_attempt(
    v: Lanes,
    place: Workspace,
    equations: Equations,
    linear: Linear,
    w: Any,
    t: Any,
    step: Any,
    tolerances: Tolerances,
    turning: Turning | None = None,
) -> tuple[Any, Any]:
    """The new values in the workspace; returns their error over what is tolerated, and where that is finite."""
    _stages(v, place, equations, linear, w, t, step, turning)
    return _finish(v, place, w, step, tolerances)


def _stages(
    v: Lanes,
    place: Workspace,
    equations: Equations,
    linear: Linear,
    w: Any,
    t: Any,
    step: Any,
    turning: Turning | None,
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
        now = v.fma(step, v.num(C[stage]), t)
        v.b.call(equations.rates, [now, y, k, *rest])
        if turning and stage in _LOOKED_AT:
            turning.pass_by(v, w, C[stage], now, place.new)


def _finish(v: Lanes, place: Workspace, w: Any, step: Any, tolerances: Tolerances) -> tuple[Any, Any]:
    """The new values, their error over what is tolerated, and where that is a finite number."""
    zero = v.num(0.0)
    before = v.b.block
    body, after = v.b.append_basic_block("errors"), v.b.append_basic_block("measured")
    v.b.branch(body)
    v.b.position_at_end(body)
    i, sums = v.b.phi(I64), [v.b.phi(v.vector) for _ in range(3)]
    for phi, value in ((i, I64(0)), *((s, zero) for s in sums)):
        phi.add_incoming(value, before)
    # Two states at a time, which then share the loading of the weights.
    at = [i, v.b.add(i, I64(1))]
    k = {j: [v.load(w, v.b.add(n, I64(place.k + j * place.rows))) for n in at] for j in sorted(_BETWEEN)}
    slope, e5, e3, e6 = (_weighed(v, weights, k) for weights in (B, E5, _BESIDE, E6))
    totals = list(sums)
    for n, slope_n, e5_n, e3_n, e6_n in zip(at, slope, e5, e3, e6, strict=True):
        y = v.load(w, n)
        new = v.fma(step, slope_n, y)
        v.store(new, w, v.b.add(n, I64(place.new)))
        scale = v.div(v.num(1.0), tolerated(v, v.at(w, place.most), n, y, new, tolerances))
        weighed = [v.times(e, scale) for e in (e5_n, v.plus(slope_n, e3_n), e6_n)]
        totals = [v.fma(e, e, total) for e, total in zip(weighed, totals, strict=True)]
    following = v.b.add(i, I64(2))
    for phi, value in ((i, following), *zip(sums, totals, strict=True)):
        phi.add_incoming(value, v.b.block)
    v.b.cbranch(v.b.icmp_signed("<", following, I64(place.states)), body, after)
    v.b.position_at_end(after)
    five, three, six = totals
    usual, guard = _over(v, place, five, five, three), v.times(v.num(0.1), _over(v, place, six, five, six))
    err = v.times(v.abs(step), v.select(v.compare(">", usual, guard), usual, guard))
    return err, v.compare("<", err, v.num(math.inf))


def _over(v: Lanes, place: Workspace, size: Any, first: Any, second: Any) -> Any:
    """size / √(n (first + second/100)), 0 where that is 0/0."""
    both = v.fma(second, v.num(0.01), first)
    nothing = v.compare("==", both, v.num(0.0))
    return v.div(
        size, v.call("sqrt", v.times(v.select(nothing, v.num(1.0), both), v.num(float(place.states))))
    )


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
