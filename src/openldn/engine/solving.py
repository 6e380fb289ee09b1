"""From a plan to numbers: the one place that runs equations.

    run = solve(model, plan, values, outputs)                    this machine's own code
    run = solve(model, plan, values, outputs, SciPy("LSODA"))    the oracle

Whoever cannot be solved has no numbers from there on and a reason; nobody is dropped, and nobody's numbers depend on
who else is there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from openldn.engine.model import Model
from openldn.engine.oracle import METHODS, active_in, walk_plan
from openldn.engine.plan import Kind, Plan, check_size, cut
from openldn.engine.run import Reason, Run
from openldn.engine.values import complete, part_of
from openldn.notation import InputError, UnknownName, shown, whole_given

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
RTOL = 1e-8
_EXPLAINED = 20  # failures whose reasons the oracle looks into; it takes seconds for each
KERNEL_METHODS = ("auto", "explicit", "implicit")


@dataclass(frozen=True)
class Kernel:
    """This machine's own code, many persons at once.

    method: "explicit", "implicit" for stiff equations, or "auto", which sees by itself who needs which.
    Raises UnknownName for a method that is none.

        >>> from openldn.engine import Kernel
        >>> Kernel("implicit").method
        'implicit'
    """

    method: str = "auto"

    def __post_init__(self) -> None:
        if self.method not in KERNEL_METHODS:
            raise UnknownName("method of the kernel", self.method, KERNEL_METHODS)


@dataclass(frozen=True)
class SciPy:
    """The oracle: SciPy by "DOP853" or, for stiff equations, "LSODA"; slow, and stopped at everything that happens.

    It runs on one thread. Raises UnknownName for a method that is none.

        >>> from openldn.engine import SciPy
        >>> SciPy("LSODA").method
        'LSODA'
    """

    method: str = "DOP853"

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise UnknownName("method of SciPy", self.method, METHODS)


Solver: TypeAlias = Kernel | SciPy


def solver_named(name: str) -> Solver:
    """The solver that a user names: "auto", "explicit", "implicit" (kernels), "DOP853" or "LSODA" (SciPy). Raises UnknownName."""
    if name in KERNEL_METHODS:
        return Kernel(name)
    if name not in METHODS:
        raise UnknownName("solver", name, (*KERNEL_METHODS, *METHODS))
    return SciPy(name)


def solve(
    model: Model,
    plan: Plan,
    values: Mapping[str, Any] | None = None,
    outputs: Sequence[str] = (),
    solver: Solver | None = None,
    *,
    rtol: float = RTOL,
    atol: float | None = None,
    threads: int | None = None,
    explain: bool = True,
    progress: Callable[[float], None] | None = None,
) -> Run:
    """Every person's outputs at the samples of their plan.

    values: parameters and switches that differ from the model's own, each a number or an array (persons,).
    rtol: what a step may err, relative to a state. atol: the same as a share of the most that the state has held so far;
        by default a hundred-thousandth of rtol.
    threads: as many as there are cores, unless said; for kernels. explain: whether the oracle looks for the equation behind
        the first failures. progress: called with the share done, from 0 to 1.
    Raises UnknownName for an output, parameter or target, InputError for numbers of persons that differ, a result too
    large to hold, or an option that the solver does not take.
    """
    solver = Kernel() if solver is None else solver
    if not isinstance(solver, Kernel | SciPy):
        raise InputError(f'solver is {solver!r}; give Kernel() or SciPy("LSODA"), from openldn.engine')
    if isinstance(solver, SciPy) and threads not in (None, 1):
        raise InputError(f"threads is {threads}, but SciPy runs on one; leave it out, or take the kernels")
    if threads is not None:
        whole_given(threads, "threads")
    for name, share in (("rtol", rtol), ("atol", atol)):
        if share is None and name == "atol":
            continue
        if not isinstance(share, int | float | np.number) or not 0 < share < 1:
            raise InputError(
                f"{name} is {shown(share)}; it lies between 0 and 1, and is a share of what a state holds"
            )
    units = tuple(model.unit_of(name) for name in outputs)
    given, persons = complete(model, values or {})
    of = _followed(plan, persons)
    plan = replace(plan, of=of)
    _check_targets(model, plan)
    check_size(len(of), plan.samples(), len(outputs))
    times = plan.sample_times()[of]
    if isinstance(solver, SciPy) or not active_in(model, plan, given, outputs):
        method = solver.method if isinstance(solver, SciPy) else "DOP853"
        found, reasons, steps = walk_plan(
            model, plan, given, outputs, method=method, rtol=rtol, atol=atol, progress=progress
        )
    else:
        found, reasons, steps, unnamed = _by_kernel(
            model, plan, values or {}, outputs, solver.method, rtol, atol, threads, progress
        )
        if explain:
            _explain(model, plan, given, outputs, rtol, atol, reasons, unnamed)
    return Run(tuple(outputs), units, times, found, dict(sorted(reasons.items())), steps)


def _by_kernel(
    model: Model,
    plan: Plan,
    values: Mapping[str, Any],
    outputs: Sequence[str],
    method: str,
    rtol: float,
    atol: float | None,
    threads: int | None,
    progress: Callable[[float], None] | None,
) -> tuple[Array, dict[int, Reason], Whole, list[int]]:
    """As `walk_plan`, and the persons whose reasons name no equation."""
    from openldn.engine.kernels import run_kernel

    assert plan.of is not None
    of = plan.of
    found = np.full((of.size, plan.samples(), len(outputs)), np.nan)
    steps, reasons = np.zeros(of.size, dtype=np.int64), dict[int, Reason]()
    named = set[int]()
    for begin, who in _alike(plan, of):
        whole = who.size == of.size
        solved = run_kernel(
            model, plan if whole else cut(plan, of[who]), values if whole else part_of(values, who), outputs,
            method=method, rtol=rtol, atol=atol, start_h=begin, threads=threads, progress=progress,
        )  # fmt: skip
        if whole:
            found = solved.values
        else:
            found[who, : solved.values.shape[1]] = solved.values
        steps[who] = solved.steps
        reasons |= {
            int(who[i]): Reason(float(solved.ended_h[i]), solved.why(i)) for i in solved.failed.tolist()
        }
        named |= {int(who[i]) for i in solved.failed.tolist() if solved.named(i)}
    missing = ~np.isfinite(found).all(axis=2) & (np.arange(found.shape[1]) < plan.taken()[of][:, None])
    for person in np.flatnonzero(missing.any(axis=1)).tolist():
        reasons.setdefault(person, Reason(None, "a value is not finite"))
    return found, reasons, steps, sorted(reasons.keys() - named)


def _explain(
    model: Model,
    plan: Plan,
    given: Mapping[str, Any],
    outputs: Sequence[str],
    rtol: float,
    atol: float | None,
    reasons: dict[int, Reason],
    unnamed: Sequence[int],
) -> None:
    """Reasons that name the equation, from the oracle; its numbers are not taken, or who has any would depend on who
    else failed."""
    assert plan.of is not None
    for person in unnamed[:_EXPLAINED]:
        one = np.array([person])
        own = cut(plan, plan.of[one])
        _, again, _ = walk_plan(
            model, own, part_of(given, one), outputs, method="DOP853", rtol=rtol, atol=atol
        )
        reasons[person] = again.get(0, reasons[person])


def _followed(plan: Plan, persons: int) -> Whole:
    """The plan of each person."""
    if plan.of is None:
        return np.zeros(persons, dtype=np.int64)
    if persons not in (1, plan.of.size):
        raise InputError(f"parameters are given for {persons:,} persons and plans for {plan.of.size:,}")
    return plan.of


def _check_targets(model: Model, plan: Plan) -> None:
    states = {s.name for s in model.states}
    for name in plan.moved(Kind.ADD, Kind.FLOW, Kind.SET):
        if name not in states:
            raise UnknownName("state", name, states)
    known = {*model.parameters, *model.switches}
    for name in plan.moved(Kind.PARAMETER):
        if name not in known:
            raise UnknownName("parameter or switch", name, known)


def _alike(plan: Plan, of: Whole) -> list[tuple[float, Whole]]:
    """Persons whose plans begin at one hour and move the same states in the same ways; empty plans are left out.

    So a person's equations, and their numbers to the last bit, are those that they have alone.
    """
    start, end = plan.offsets[of], plan.offsets[of + 1]
    there = np.flatnonzero(end > start)
    if not there.size:
        return []
    plans, width = plan.offsets.size - 1, len(plan.targets) + 1
    used = np.zeros((plans, len(Kind) * width), dtype=bool)
    used[np.repeat(np.arange(plans), np.diff(plan.offsets)), plan.kinds * width + plan.target + 1] = True
    used[:, Kind.SAMPLE * width : (Kind.SAMPLE + 1) * width] = False
    keys = np.column_stack([plan.times[start[there]], used[of[there]]])
    kinds, which = np.unique(keys, axis=0, return_inverse=True)
    return [(float(key[0]), there[which.ravel() == i]) for i, key in enumerate(kinds)]
