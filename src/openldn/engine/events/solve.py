"""Plans run on the kernels, and by the reference solver where those can say no more than that something failed.

    ran = run_plan(model, plan, values, outputs)
    ran.values.shape == (persons, samples, outputs)

A run begins at a person's own first step; persons with the same first hour are solved together.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.events.ran import Ran
from openldn.engine.events.run import active_in, own_plans, run_by_reference
from openldn.engine.model import Model
from openldn.engine.plan import Kind, Plan
from openldn.engine.reference import complete
from openldn.engine.solving import SOLVERS
from openldn.notation import UnknownName

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
_EXPLAINED = 20  # failures that the reference solver looks into; it takes seconds for each


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
    steps, odd = np.zeros(of.size, dtype=np.int64), []
    for begin, who in _by_first_hour(plan, of):
        own = _of(values or {}, who)
        solved = run_kernel(
            model,
            replace(plan, of=of[who]),
            own,
            outputs,
            rtol=rtol,
            atol=atol,
            start_h=begin,
            progress=progress,
        )
        found[who] = solved.values
        steps[who] = solved.steps
        odd += who[solved.failed].tolist()
    odd = sorted({*odd, *_not_finite(plan, of, found)})
    reasons = dict.fromkeys(odd, "it could not be solved")
    for person in odd[:_EXPLAINED]:
        one = np.array([person])
        again = run_by_reference(
            model, replace(plan, of=of[one]), _of(values or {}, one), outputs, rtol=rtol, atol=atol
        )
        found[person] = again.values[0]
        if again.reasons:
            reasons[person] = next(iter(again.reasons.values()))
        else:
            del reasons[person]
    return Ran(tuple(outputs), found, dict(sorted(reasons.items())), steps)


def _by_first_hour(plan: Plan, of: Whole) -> list[tuple[float, Whole]]:
    """Persons by the hour at which their plan begins; those whose plan is empty are left out."""
    start, end = plan.offsets[of], plan.offsets[of + 1]
    there = np.flatnonzero(end > start)
    first = plan.times[start[there]]
    return [(float(hour), there[first == hour]) for hour in np.unique(first)]


def _of(values: Mapping[str, Any], who: Whole) -> dict[str, Any]:
    return {name: v[who] if np.ndim(v) and np.size(v) > 1 else v for name, v in values.items()}


def _not_finite(plan: Plan, of: Whole, found: Array) -> list[int]:
    """Persons of whom a sample that their plan takes has no finite value."""
    taken = np.concatenate([[0], np.cumsum(plan.kinds == Kind.SAMPLE)])
    count = (taken[plan.offsets[1:]] - taken[plan.offsets[:-1]])[of]
    missing = ~np.isfinite(found).all(axis=2) & (np.arange(found.shape[1]) < count[:, None])
    return np.flatnonzero(missing.any(axis=1)).tolist()
