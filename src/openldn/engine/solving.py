"""One door to every solver: a model, doses, times and persons in, outputs out.

    result = simulate(model, doses, times, outputs, values)
    result.values.shape == (persons, times, outputs)

A value at the very time of a dose is the one before it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.model import Model
from openldn.engine.model_text import DOSE_UNIT
from openldn.engine.reference import METHODS, active_states, complete, solve_reference
from openldn.engine.regimen import Dose
from openldn.engine.result import Result
from openldn.notation import InputError, UnknownName

Array = NDArray[np.float64]
SOLVERS = ("reference", "kernel")


def simulate(
    model: Model,
    doses: Sequence[Dose],
    times: Array,
    outputs: Sequence[str],
    values: Mapping[str, Any] | None = None,
    *,
    solver: str = "kernel",
    method: str = "DOP853",
    rtol: float = 1e-8,
    atol: float = 1e-10,
    progress: Callable[[float], None] | None = None,
) -> Result:
    """The outputs of `model` at `times` (hours, increasing, from 0) for every person.

    values: parameters and switches that differ from the model's own, each a number or an array
        (persons,); what is not named keeps its central value.
    solver: "kernel", this machine's own code (`kernels`), or "reference", SciPy by `method`.
    progress: called with the share done, from 0 to 1.
    Raises UnknownName for a route, parameter or output, InputError for times that do not increase or a
    request too large to hold, SolveError naming the first person who could not be solved.
    """
    times = np.asarray(times, dtype=float)
    if times.ndim != 1 or times.size == 0 or times[0] < 0 or np.any(np.diff(times) <= 0):
        raise InputError("times must be one or more increasing hours from 0")
    if method not in METHODS:
        raise UnknownName("method", method, METHODS)
    if solver not in SOLVERS:
        raise UnknownName("solver", solver, SOLVERS)
    units = tuple(model.unit_of(name) for name in outputs)
    given, persons = complete(model, values or {})
    for dose in doses:
        if not (np.isfinite(dose.amount_mg) and dose.amount_mg >= 0 and np.isfinite(dose.time_h)):
            raise InputError(
                f"a dose of {dose.amount_mg:g} mg at {dose.time_h:g} h: give an amount and a time"
            )
    behind = active_states(model, given, doses, outputs)
    if behind and any(needs_events(model, dose.route) for dose in doses):
        from openldn.engine.events.courses import solve_doses

        options = {"solver": solver, "method": method, "rtol": rtol, "atol": atol}
        return Result(
            times, tuple(outputs), units, solve_doses(model, doses, times, outputs, given, **options)
        )
    # with no state there is nothing to compile
    if solver == "kernel" and behind:
        from openldn.engine.kernels.simulate import simulate_by_kernel

        return simulate_by_kernel(
            model, doses, times, outputs, values or {}, rtol=rtol, atol=atol, progress=progress
        )
    found = solve_reference(
        model, doses, times, outputs, given, persons, method=method, rtol=rtol, atol=atol, progress=progress
    )
    return Result(times, tuple(outputs), units, found)


def needs_events(model: Model, route: str) -> bool:
    """Whether doses of a route can only be given as records: they are delayed, or not in mg."""
    return any(line.lag is not None or line.unit != DOSE_UNIT for line in model.doses[route])
