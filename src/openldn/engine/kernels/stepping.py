"""One attempted step, every lane with its own t and h, whatever the method.

The way to the next stop is divided into equal steps. A lane accepts where err ≤ 1; the others keep y and t and
only take the smaller h,

    h_new = h · clamp(0.9 err^-α err_last^β).

What is tolerated of a state is  rtol max(|y|, |y_new|) + atol m,  where m is the largest that it was in this run, and
never less than a billionth of what can reach it (`reach`). So it has the state's unit, whatever that is.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from openldn.engine.kernels import functions
from openldn.engine.kernels.bound import emit_advance, emit_jump
from openldn.engine.kernels.lanes import I64, Lanes
from openldn.engine.kernels.layout import Workspace
from openldn.engine.kernels.turning import Turning

_SAFETY, _SHRINK, _GROW, _GROW_FRESH = 0.9, 0.333, 6.0, 10.0
_MANY = 1e9  # steps to the next stop, beyond which they need not be equal
_STRETCH = 1.0001  # so much longer a step may be to end at a stop
_NEARLY = 1e-4  # an error that the controller remembers is at least this


@dataclass(frozen=True)
class Method:
    """How a step is tried, from t and h to its error and where that is finite; and the controller's α and β.

    between: what is done with t, h, the end of the step and where it is accepted, before it is kept.
    """

    attempt: Callable[[Any, Any], tuple[Any, Any]]
    between: Callable[[Any, Any, Any, Any], None]
    alpha: float
    beta: float


Tolerances = tuple[Any, Any]  # rtol and atol in every lane


def tolerated(v: Lanes, most: Any, i: Any, y: Any, new: Any, tolerances: Tolerances) -> Any:
    """What the error of state i may be in a step from y to new; most: m of each state."""
    rtol, atol = tolerances
    size = v.select(v.compare(">", v.abs(y), v.abs(new)), v.abs(y), v.abs(new))
    return v.fma(rtol, size, v.times(atol, v.load(most, i)))


def emit_step(
    v: Lanes, place: Workspace, w: Any, method: Method, turning: Turning | None = None
) -> tuple[Any, Any]:
    """Code for one attempt in workspace `w`; returns the masks of lanes that reached their stop or failed."""
    t, h, stop = v.load(w, place.t), v.load(w, place.h), v.load(w, place.stop)
    longest = v.load(w, place.longest)
    h = v.select(v.compare("<", h, longest), h, longest)
    left = v.minus(stop, t)
    steps = v.above(v.call("ceil", v.div(left, v.times(h, v.num(_STRETCH)))), 1.0)
    all_of_it = v.compare("==", steps, v.num(1.0))
    parts = v.select(v.compare("<", steps, v.num(_MANY)), v.div(left, steps), h)
    step = v.select(all_of_it, left, parts)
    if turning:
        step, all_of_it = turning.begin(v, w, step, all_of_it, left)
    err, finite = method.attempt(t, step)
    accepted = v.compare("<=", err, v.num(1.0))
    end = v.select(all_of_it, stop, v.plus(t, step))
    again = None
    if turning:
        accepted, again = turning.judge(v, w, step, end, err)
    method.between(t, step, end, accepted)
    _keep(v, place, w, accepted)
    if place.modes:
        emit_advance(v, place, w, accepted)
    _next_step(v, place, w, method, err, step, h, accepted, again)
    v.store(v.select(finite, v.num(0.0), v.num(1.0)), w, place.broken)
    reached = v.b.and_(accepted, all_of_it)
    moved = v.select(accepted, end, t)
    v.store(moved, w, place.t)
    tried = v.plus(v.load(w, place.tried), v.num(1.0))
    v.store(tried, w, place.tried)
    rejected = v.load(w, place.rejected)
    v.store(v.select(accepted, rejected, v.plus(rejected, v.num(1.0))), w, place.rejected)
    h = v.load(w, place.h)
    stuck = v.compare("==", v.plus(moved, v.times(h, v.num(0.5))), moved)
    return reached, v.b.and_(stuck, v.b.not_(accepted))


def emit_glide(
    v: Lanes, place: Workspace, w: Any, between: Callable[[Any, Any, Any, Any], None]
) -> tuple[Any, Any]:
    """Code that takes modes, where there is nothing else, to the next stop; returns as `emit_step`."""
    t, stop = v.load(w, place.t), v.load(w, place.stop)
    step = v.minus(stop, t)
    always = v.compare("==", v.num(0.0), v.num(0.0))
    between(t, step, stop, always)
    emit_jump(v, place, w, step)
    total = v.load(w, place.z)
    for m in range(1, place.modes):
        total = v.plus(total, v.load(w, place.z + m))
    finite = v.compare("<", v.abs(total), v.num(math.inf))
    v.store(v.select(finite, v.num(0.0), v.num(1.0)), w, place.broken)
    v.store(stop, w, place.t)
    v.store(v.plus(v.load(w, place.tried), v.num(1.0)), w, place.tried)
    return finite, v.b.not_(finite)


def _keep(v: Lanes, place: Workspace, w: Any, accepted: Any) -> None:
    with v.loop(place.states) as i:
        new = v.load(w, v.b.add(i, I64(place.new)))
        v.store(v.select(accepted, new, v.load(w, i)), w, i)
        at, size = v.b.add(i, I64(place.most)), v.abs(new)
        most = v.load(w, at)
        v.store(v.select(v.b.and_(accepted, v.compare(">", size, most)), size, most), w, at)


def _next_step(
    v: Lanes, place: Workspace, w: Any, method: Method, err: Any, step: Any, h: Any, accepted: Any, again: Any
) -> None:
    last, fresh = v.load(w, place.error), v.compare("==", v.load(w, place.fresh), v.num(1.0))
    small = v.above(err, 1e-10)
    plain = v.times(v.num(method.alpha), functions.log(v, small))
    held = v.times(v.num(method.beta), functions.log(v, last))
    factor = functions.exp(v, v.minus(v.select(accepted, held, v.num(0.0)), plain))
    factor = v.times(v.num(_SAFETY), factor)
    most = v.select(fresh, v.num(_GROW_FRESH), v.num(_GROW))
    factor = v.select(v.compare(">", factor, most), most, factor)
    # Not a number, or below the least: shrink by the least.
    factor = v.select(v.compare(">", factor, v.num(_SHRINK)), factor, v.num(_SHRINK))
    factor = v.select(v.compare("<", err, v.num(math.inf)), factor, v.num(0.1))
    proposed = v.times(step, factor)
    # A step that a stop cut short says nothing against the longer one before it.
    cut = v.b.and_(accepted, v.compare("<", step, h))
    longer = v.b.and_(cut, v.compare("<", proposed, h))
    if again is not None:
        longer = v.b.or_(longer, again)  # one that is tried in another length is as good
    v.store(v.select(longer, h, proposed), w, place.h)
    v.store(v.select(accepted, v.above(err, _NEARLY), last), w, place.error)
