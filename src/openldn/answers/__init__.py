"""One file per question; each returns an answer with estimate, uncertainty, sources, seed and versions.

Joins mechanism and evidence, which meet nowhere below this room but in calibration.
"""

from openldn.answers.answer import POPULATION_NOTE, Provenance, provenance, versions
from openldn.answers.check import CheckReport, check_report
from openldn.answers.claim import ClaimAnswer, ClaimsAnswer, ask_claims
from openldn.answers.compare import Comparison, compare
from openldn.answers.condition import KINDS, ConditionAnswer, StudyAnswer, all_conditions, ask_condition
from openldn.answers.dose import DoseAnswer, again, dose
from openldn.answers.meta import MetaAnswer, meta
from openldn.answers.plot import check_plot_name, plot_doses
from openldn.answers.request import ROUTES
from openldn.answers.review import Review, review, write_review
from openldn.answers.statements import Statement, statement

__all__ = [
    "KINDS",
    "POPULATION_NOTE",
    "ROUTES",
    "CheckReport",
    "ClaimAnswer",
    "ClaimsAnswer",
    "Comparison",
    "ConditionAnswer",
    "DoseAnswer",
    "MetaAnswer",
    "Provenance",
    "Review",
    "Statement",
    "StudyAnswer",
    "again",
    "all_conditions",
    "ask_claims",
    "ask_condition",
    "check_plot_name",
    "check_report",
    "compare",
    "dose",
    "meta",
    "plot_doses",
    "provenance",
    "review",
    "statement",
    "versions",
    "write_review",
]
