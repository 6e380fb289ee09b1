"""Kernels: a model's equations as this machine's own code, many persons at once.

`run_kernel` solves a plan of events for every person; `simulate(..., solver="kernel")` is the same behind
the interface of the reference solver, which remains what it is held against.
"""

from openldn.engine.kernels.layout import Status
from openldn.engine.kernels.run import Solved, run_kernel
from openldn.engine.plan import Kind, Plan

__all__ = [
    "Kind",
    "Plan",
    "Solved",
    "Status",
    "run_kernel",
]
