"""From a model's text to its numbers: persons x samples x outputs. Knows no drug.

A model is written in the text language of `model_text`, given numbers by a table (`parameters`),
assembled and checked (`model`), changed (`setting`, `varying`) and given to persons (`persons`). Events (`events`) become a
plan, and a plan is solved (`solving`) by kernels or by the oracle, into a `Run`. A model can be differentiated
(`derivatives`, `jacobian`, `sensitivities`) and written as SBML (`sbml`); a curve can be analysed without a model (`nca`).
"""

from openldn.engine.correlations import Correlation, read_correlations
from openldn.engine.derivatives import derivative
from openldn.engine.events import Events, ev
from openldn.engine.events.reader import events
from openldn.engine.expressions import parse_expression
from openldn.engine.integrals import with_integrals
from openldn.engine.jacobian import Jacobian, jacobian
from openldn.engine.model import Model, assemble
from openldn.engine.model_text import Block, parse_block
from openldn.engine.nca import NCA, nca
from openldn.engine.nca_doses import NCATable, nca_by_dose, nca_table
from openldn.engine.one_text import parse_model
from openldn.engine.parameters import Entry, Parameter, Spread, check_range, read_entry, read_table
from openldn.engine.persons import draw, uniforms, with_typical
from openldn.engine.pruning import parameters_behind
from openldn.engine.regimen import (
    Phase,
    Regimen,
    parse_clock,
    parse_dose,
    parse_duration,
    parse_regimen,
    schedule,
)
from openldn.engine.run import Run
from openldn.engine.running import default_outputs, simulate
from openldn.engine.sbml import to_sbml
from openldn.engine.sensitivities import Sensitivities, sensitivities, with_sensitivities
from openldn.engine.solving import Kernel, SciPy, solve

__all__ = [
    "NCA",
    "Block",
    "Correlation",
    "Entry",
    "Events",
    "Jacobian",
    "Kernel",
    "Model",
    "NCATable",
    "Parameter",
    "Phase",
    "Regimen",
    "Run",
    "SciPy",
    "Sensitivities",
    "Spread",
    "assemble",
    "check_range",
    "default_outputs",
    "derivative",
    "draw",
    "ev",
    "events",
    "jacobian",
    "nca",
    "nca_by_dose",
    "nca_table",
    "parameters_behind",
    "parse_block",
    "parse_clock",
    "parse_dose",
    "parse_duration",
    "parse_expression",
    "parse_model",
    "parse_regimen",
    "read_correlations",
    "read_entry",
    "read_table",
    "schedule",
    "sensitivities",
    "simulate",
    "solve",
    "to_sbml",
    "uniforms",
    "with_integrals",
    "with_sensitivities",
    "with_typical",
]
