"""From a model's text to its numbers: persons x times x outputs. Knows no drug.

A model is written in the text language of `model_text`, given numbers by a table (`parameters`),
assembled and checked (`model`), dosed in words (`regimen`) and solved (`reference`, or `kernels`).
"""

from openldn.engine.correlations import Correlation, read_correlations
from openldn.engine.expressions import parse_expression
from openldn.engine.model import Model, Parameter, assemble, check_range, with_integrals
from openldn.engine.model_text import Block, parse_block
from openldn.engine.parameters import Entry, Spread, read_entry, read_table
from openldn.engine.pruning import parameters_behind
from openldn.engine.reference import Result, simulate
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

__all__ = [
    "Block",
    "Correlation",
    "Dose",
    "Entry",
    "Model",
    "Parameter",
    "Phase",
    "Regimen",
    "Result",
    "Spread",
    "assemble",
    "check_range",
    "doses",
    "parameters_behind",
    "parse_block",
    "parse_clock",
    "parse_dose",
    "parse_duration",
    "parse_expression",
    "parse_regimen",
    "read_correlations",
    "read_entry",
    "read_table",
    "simulate",
    "with_integrals",
]
