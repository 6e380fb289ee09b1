"""One file per question; each returns an answer with estimate, uncertainty, sources, seed and versions.

Joins mechanism and evidence, which meet nowhere below this room but in calibration. A name's file is read when the name
is first asked for, so that a question costs its own time and not that of all the others.
"""

from typing import TYPE_CHECKING

from openldn.notation.lazy import lazily

if TYPE_CHECKING:
    from openldn.answers.answer import POPULATION_NOTE, Provenance, provenance, versions
    from openldn.answers.basis import meaning
    from openldn.answers.check import CheckReport, check_report
    from openldn.answers.claim import ClaimAnswer, ClaimsAnswer, ask_claims
    from openldn.answers.comparison import Comparison, compare
    from openldn.answers.condition import KINDS, ConditionAnswer, StudyAnswer, all_conditions, ask_condition
    from openldn.answers.dose_answer import DoseAnswer
    from openldn.answers.doses import again, dose
    from openldn.answers.export import ExportAnswer, export_sbml
    from openldn.answers.exports import WrittenExport, export_evidence, export_meta
    from openldn.answers.importing import NEXT, ImportAnswer, duplicate_words, import_evidence
    from openldn.answers.living import ask_protocol, ask_searches, own_flow, update_evidence
    from openldn.answers.living_review import Review, review
    from openldn.answers.meta_analysis import meta, meta_multiverse, spread, spread_words
    from openldn.answers.multiverse import MultiverseAnswer, ask_multiverse
    from openldn.answers.multiverse_figure import plot_multiverse
    from openldn.answers.plot import check_plot_name, plot_doses
    from openldn.answers.prisma_flow import plot_prisma, prisma, prisma_figure
    from openldn.answers.qualify import QualificationAnswer, write_qualification
    from openldn.answers.request import ROUTES
    from openldn.answers.review_files import write_review
    from openldn.answers.simulation import SimulationAnswer, check_table, simulate
    from openldn.answers.stated import Stated
    from openldn.answers.statements import statement

__all__ = [
    "KINDS",
    "NEXT",
    "POPULATION_NOTE",
    "ROUTES",
    "CheckReport",
    "ClaimAnswer",
    "ClaimsAnswer",
    "Comparison",
    "ConditionAnswer",
    "DoseAnswer",
    "ExportAnswer",
    "ImportAnswer",
    "MultiverseAnswer",
    "Provenance",
    "QualificationAnswer",
    "Review",
    "SimulationAnswer",
    "Stated",
    "StudyAnswer",
    "WrittenExport",
    "again",
    "all_conditions",
    "ask_claims",
    "ask_condition",
    "ask_multiverse",
    "ask_protocol",
    "ask_searches",
    "check_plot_name",
    "check_report",
    "check_table",
    "compare",
    "dose",
    "duplicate_words",
    "export_evidence",
    "export_meta",
    "export_sbml",
    "import_evidence",
    "meaning",
    "meta",
    "meta_multiverse",
    "own_flow",
    "plot_doses",
    "plot_multiverse",
    "plot_prisma",
    "prisma",
    "prisma_figure",
    "provenance",
    "review",
    "simulate",
    "spread",
    "spread_words",
    "statement",
    "update_evidence",
    "versions",
    "write_qualification",
    "write_review",
]

_FILES = {
    "answer": (
        "POPULATION_NOTE",
        "Provenance",
        "provenance",
        "versions",
    ),
    "basis": ("meaning",),
    "check": (
        "CheckReport",
        "check_report",
    ),
    "claim": (
        "ClaimAnswer",
        "ClaimsAnswer",
        "ask_claims",
    ),
    "comparison": (
        "Comparison",
        "compare",
    ),
    "condition": (
        "KINDS",
        "ConditionAnswer",
        "StudyAnswer",
        "all_conditions",
        "ask_condition",
    ),
    "doses": (
        "again",
        "dose",
    ),
    "dose_answer": ("DoseAnswer",),
    "export": (
        "ExportAnswer",
        "export_sbml",
    ),
    "exports": (
        "WrittenExport",
        "export_evidence",
        "export_meta",
    ),
    "importing": (
        "NEXT",
        "ImportAnswer",
        "duplicate_words",
        "import_evidence",
    ),
    "meta_analysis": (
        "meta",
        "meta_multiverse",
        "spread",
        "spread_words",
    ),
    "multiverse": (
        "MultiverseAnswer",
        "ask_multiverse",
    ),
    "multiverse_figure": ("plot_multiverse",),
    "plot": (
        "check_plot_name",
        "plot_doses",
    ),
    "prisma_flow": (
        "plot_prisma",
        "prisma",
        "prisma_figure",
    ),
    "qualify": (
        "QualificationAnswer",
        "write_qualification",
    ),
    "request": ("ROUTES",),
    "living": (
        "ask_protocol",
        "ask_searches",
        "own_flow",
        "update_evidence",
    ),
    "living_review": (
        "Review",
        "review",
    ),
    "review_files": ("write_review",),
    "simulation": (
        "SimulationAnswer",
        "check_table",
        "simulate",
    ),
    "stated": ("Stated",),
    "statements": ("statement",),
}
__getattr__ = lazily(__name__, _FILES)
