"""Kernels: a model's equations as this machine's own code, many persons at once.

`run_kernel` solves a plan of events for every person; `simulate(..., solver="kernel")` is the same behind
the interface of the reference solver, which remains what it is held against.
"""

from openldn.engine.kernels.layout import Status
from openldn.engine.kernels.parts import Summary, solve_in_parts, summarise
from openldn.engine.kernels.run import Solved, run_kernel
from openldn.engine.plan import Kind, Plan, Step, dosing_steps, plan

__all__ = [
    "Kind",
    "Plan",
    "Solved",
    "Status",
    "Step",
    "Summary",
    "dosing_steps",
    "plan",
    "run_kernel",
    "solve_in_parts",
    "summarise",
]
