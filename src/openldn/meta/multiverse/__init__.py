"""Every defensible way to pool some studies, what they say together, and which choice turns the answer.

A plan says what can be chosen (`choices`), `run_plan` computes every combination, `summarise` weighs every option of a choice
the same. `of_table` has the choices that fit any table of studies.
"""

from openldn.meta.multiverse.choices import (
    ESTIMATOR_OF,
    ESTIMATORS,
    MOST_COMBINATIONS,
    Choice,
    Indefensible,
    Option,
    Plan,
    common_effect_is_normal,
    estimators,
    intervals,
)
from openldn.meta.multiverse.run import Run, Specification, option_of, run_plan, specifications
from openldn.meta.multiverse.summary import Flips, Share, Summary, significant, summarise
from openldn.meta.multiverse.table import Multiverse, of_table
from openldn.meta.multiverse.weights import weigh
from openldn.meta.multiverse.words import EQUAL, Sides

__all__ = [
    "EQUAL",
    "ESTIMATORS",
    "ESTIMATOR_OF",
    "MOST_COMBINATIONS",
    "Choice",
    "Flips",
    "Indefensible",
    "Multiverse",
    "Option",
    "Plan",
    "Run",
    "Share",
    "Sides",
    "Specification",
    "Summary",
    "common_effect_is_normal",
    "estimators",
    "intervals",
    "of_table",
    "option_of",
    "run_plan",
    "significant",
    "specifications",
    "summarise",
    "weigh",
]
