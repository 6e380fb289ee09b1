"""The kernel behind the interface of the reference solver."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.kernels.run import run_kernel
from openldn.engine.model import Model
from openldn.engine.plan import dosing_steps, plan
from openldn.engine.regimen import Dose
from openldn.engine.result import Result
from openldn.notation import SolveError


def simulate_by_kernel(
    model: Model,
    doses: Sequence[Dose],
    times: NDArray[np.float64],
    outputs: Sequence[str],
    values: Mapping[str, Any],
    *,
    rtol: float,
    atol: float,
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> Result:
    """As `simulate`, which has checked the times. Raises SolveError naming the first person who failed."""
    units = tuple(model.unit_of(name) for name in outputs)
    events = plan([dosing_steps(model, doses, times)])
    solved = run_kernel(
        model, events, values, outputs, rtol=rtol, atol=atol, threads=threads, progress=progress
    )
    if solved.failed.size:
        first = int(solved.failed[0])
        raise SolveError(f"person {first} could not be solved: {solved.reason(first)}")
    return Result(times, tuple(outputs), units, solved.values)
