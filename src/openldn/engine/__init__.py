"""From a model's text to its numbers: persons x times x outputs. Knows no drug.

A model is written in the text language of `model_text`, given numbers by a table (`parameters`),
assembled and checked (`model`), dosed in words (`regimen`) and solved (`reference`, or `kernels`).
It can be differentiated (`derivatives`, `jacobian`, `sensitivities`) and written as SBML (`sbml`); results
can be analysed without a model (`nca`, `nca_doses`) and handed on as frames and files (`frames`).
"""

from openldn.engine.correlations import Correlation, read_correlations
from openldn.engine.derivatives import derivative
from openldn.engine.expressions import parse_expression
from openldn.engine.frames import to_pandas, to_xarray, write_parquet
from openldn.engine.integrals import with_integrals
from openldn.engine.jacobian import Jacobian, jacobian
from openldn.engine.model import Model, Parameter, assemble, check_range
from openldn.engine.model_text import Block, parse_block
from openldn.engine.nca import NCA, nca
from openldn.engine.nca_doses import NCATable, nca_by_dose, nca_table
from openldn.engine.one_text import parse_model
from openldn.engine.parameters import Entry, Spread, read_entry, read_table
from openldn.engine.pruning import parameters_behind
from openldn.engine.regimen import (
    Dose,
    Phase,
    Regimen,
    doses,
    parse_clock,
    parse_dose,
    parse_duration,
    parse_regimen,
)
from openldn.engine.result import Result
from openldn.engine.sbml import to_sbml
from openldn.engine.sensitivities import Sensitivities, sensitivities, with_sensitivities
from openldn.engine.solving import simulate

__all__ = [
    "NCA",
    "Block",
    "Correlation",
    "Dose",
    "Entry",
    "Jacobian",
    "Model",
    "NCATable",
    "Parameter",
    "Phase",
    "Regimen",
    "Result",
    "Sensitivities",
    "Spread",
    "assemble",
    "check_range",
    "derivative",
    "doses",
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
    "sensitivities",
    "simulate",
    "to_pandas",
    "to_sbml",
    "to_xarray",
    "with_integrals",
    "with_sensitivities",
    "write_parquet",
]
