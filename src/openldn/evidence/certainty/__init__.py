"""How sure one may be: risk of bias, the signals of GRADE with their reasons, and the summary of findings.

Software proposes and shows its numbers; a named person judges. Tools, rules, judgements of bias and of certainty are
text files. Knows the body of evidence on a question and nothing of how it is drawn.
"""

from openldn.evidence.certainty.absolute import (
    Baseline,
    PerThousand,
    Reaching,
    baseline,
    per_thousand,
    reaching,
)
from openldn.evidence.certainty.bias_lint import BIAS_RULES, lint_bias
from openldn.evidence.certainty.facts import Facts, Trial, facts_of
from openldn.evidence.certainty.fhir import certainty_as_json, findings_as_json
from openldn.evidence.certainty.findings import (
    MOST_OUTCOMES,
    FindingRow,
    SummaryOfFindings,
    most_important,
    summary_of_findings,
    why_nothing,
)
from openldn.evidence.certainty.fingerprints import certainty_fingerprints
from openldn.evidence.certainty.grade import (
    WORDS,
    Certainty,
    Judgement,
    certainty_from,
    certainty_of,
    judgements,
)
from openldn.evidence.certainty.pictures import LightTable, forest_marks, light_tables, lights_of
from openldn.evidence.certainty.risk_of_bias import (
    Assessment,
    DomainJudgement,
    assessments,
    assessments_of,
    shown_assessment,
)
from openldn.evidence.certainty.rules import Rule, Rules, rules
from openldn.evidence.certainty.signals import DOMAINS, Signal, information_share
from openldn.evidence.certainty.statements import SIZES, size_of, statement
from openldn.evidence.certainty.told import Told, told, told_of
from openldn.evidence.certainty.tools import Domain, Tool, tool, tools

__all__ = [
    "BIAS_RULES",
    "DOMAINS",
    "MOST_OUTCOMES",
    "SIZES",
    "WORDS",
    "Assessment",
    "Baseline",
    "Certainty",
    "Domain",
    "DomainJudgement",
    "Facts",
    "FindingRow",
    "Judgement",
    "LightTable",
    "PerThousand",
    "Reaching",
    "Rule",
    "Rules",
    "Signal",
    "SummaryOfFindings",
    "Told",
    "Tool",
    "Trial",
    "assessments",
    "assessments_of",
    "baseline",
    "certainty_as_json",
    "certainty_fingerprints",
    "certainty_from",
    "certainty_of",
    "facts_of",
    "findings_as_json",
    "forest_marks",
    "information_share",
    "judgements",
    "light_tables",
    "lights_of",
    "lint_bias",
    "most_important",
    "per_thousand",
    "reaching",
    "rules",
    "shown_assessment",
    "size_of",
    "statement",
    "summary_of_findings",
    "told",
    "told_of",
    "tool",
    "tools",
    "why_nothing",
]
