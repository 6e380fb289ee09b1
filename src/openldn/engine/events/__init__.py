"""Records of events, as NONMEM has them, to numbers: who gets what when, and what a model makes of it.

A table is read (`reader`) into persons with records (`records`); these are compiled (`compiling`) to steps that
a solver takes (`steps`), with steady state solved beforehand (`steady`), and run (`run`).
"""

from openldn.engine.events.courses import records_of, solve_records
from openldn.engine.events.covariates import METHODS
from openldn.engine.events.ran import Ran
from openldn.engine.events.reader import read_events, read_lines
from openldn.engine.events.records import Person, Record
from openldn.engine.events.simulate import Table, default_outputs, simulate_events
from openldn.engine.events.solve import run_plan
from openldn.engine.plan import Kind, Plan, Step, plan

__all__ = [
    "METHODS",
    "Kind",
    "Person",
    "Plan",
    "Ran",
    "Record",
    "Step",
    "Table",
    "default_outputs",
    "plan",
    "read_events",
    "read_lines",
    "records_of",
    "run_plan",
    "simulate_events",
    "solve_records",
]
