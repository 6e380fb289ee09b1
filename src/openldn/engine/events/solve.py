"""Plans run on the kernels, and by the reference solver where those can say no more than that something failed.

    ran = run_plan(model, plan, values, outputs)
    ran.values.shape == (persons, samples, outputs)

A run begins at a person's own first step. Persons who begin together and whose events are of the same kinds are
solved together.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.events.ran import Ran
from openldn.engine.events.run import active_in, own_plans, run_by_reference
from openldn.engine.model import Model
from openldn.engine.plan import Kind, Plan, cut
from openldn.engine.reference import complete
from openldn.engine.solving import SOLVERS
from openldn.notation import UnknownName

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
_EXPLAINED = 20  # failures whose reasons the reference solver looks into; it takes seconds for each


def run_plan(
    model: Model,
    plan: Plan,
    values: Mapping[str, Any] | None = None,
    outputs: Sequence[str] = (),
    *,
    solver: str = "kernel",
    method: str = "DOP853",
    rtol: float = 1e-8,
    atol: float = 1e-10,
    progress: Callable[[float], None] | None = None,
) -> Ran:
    """Every person's outputs at the samples of their plan.

    values: parameters and switches that differ from the model's own, each a number or an array (persons,).
    solver: "kernel" or "reference"; a method other than DOP853 is one of the reference's.
    Raises UnknownName for an output, parameter, solver or target, InputError for a result too large to hold.
    """
    if solver not in SOLVERS:
        raise UnknownName("solver", solver, SOLVERS)
    given, persons = complete(model, values or {})
    if plan.of is None:
        plan = replace(plan, of=np.zeros(persons, dtype=np.int64))
    if solver == "reference" or method != "DOP853" or not active_in(model, plan, given, outputs):
        return run_by_reference(
            model, plan, values, outputs, method=method, rtol=rtol, atol=atol, progress=progress
        )
    from openldn.engine.kernels import run_kernel

    of = own_plans(plan)
    found = np.full((of.size, plan.samples(), len(outputs)), np.nan)
    steps, reasons = np.zeros(of.size, dtype=np.int64), dict[int, str]()
    for begin, who in _alike(plan, of):
        own = cut(plan, of[who])
        solved = run_kernel(
            model,
            own,
            _of(values or {}, who),
            outputs,
            rtol=rtol,
            atol=atol,
            start_h=begin,
            progress=progress,
        )
        found[who, : solved.values.shape[1]] = solved.values
        steps[who] = solved.steps
        reasons |= {int(who[i]): solved.reason(i) for i in solved.failed.tolist()}
    for person in _not_finite(plan, of, found):
        reasons.setdefault(person, "a value is not finite")
    for person in sorted(reasons)[:_EXPLAINED]:
        # Its reasons name the equation; its numbers are not taken, or who has any would depend on who else failed.
        one = np.array([person])
        again = run_by_reference(
            model, replace(plan, of=of[one]), _of(values or {}, one), outputs, rtol=rtol, atol=atol
        )
        reasons[person] = again.reasons.get(0, reasons[person])
    return Ran(tuple(outputs), found, dict(sorted(reasons.items())), steps)


def _alike(plan: Plan, of: Whole) -> list[tuple[float, Whole]]:
    """Persons whose plans begin at one hour and move the same states in the same ways; empty plans are left out.

    So a person's equations, and their numbers to the last bit, are those that they have alone.
    """
    start, end = plan.offsets[of], plan.offsets[of + 1]
    there = np.flatnonzero(end > start)
    if not there.size:
        return []
    ways, way = np.unique(np.stack([plan.kinds, plan.target]), axis=1, return_inverse=True)
    used = np.zeros((plan.offsets.size - 1, ways.shape[1]), dtype=bool)
    used[np.repeat(np.arange(plan.offsets.size - 1), np.diff(plan.offsets)), way.ravel()] = True
    used[:, ways[0] == Kind.SAMPLE] = False
    keys = np.column_stack([plan.times[start[there]], used[of[there]]])
    kinds, which = np.unique(keys, axis=0, return_inverse=True)
    return [(float(key[0]), there[which.ravel() == i]) for i, key in enumerate(kinds)]


def _of(values: Mapping[str, Any], who: Whole) -> dict[str, Any]:
    return {name: v[who] if np.ndim(v) and np.size(v) > 1 else v for name, v in values.items()}


def _not_finite(plan: Plan, of: Whole, found: Array) -> list[int]:
    """Persons of whom a sample that their plan takes has no finite value."""
    taken = np.concatenate([[0], np.cumsum(plan.kinds == Kind.SAMPLE)])
    count = (taken[plan.offsets[1:]] - taken[plan.offsets[:-1]])[of]
    missing = ~np.isfinite(found).all(axis=2) & (np.arange(found.shape[1]) < count[:, None])
    return np.flatnonzero(missing.any(axis=1)).tolist()
