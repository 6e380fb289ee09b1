"""What studies found and what the article claims, as text files that a person can review.

One study is one file, one claim one block, each number as printed with its source. A second reading
stands beside the first, settled differences are data, and a lint looks for what every pooling would
inherit. What studies offer is pooled by `meta`. Knows no mechanism.
"""

from openldn.evidence.about import About, about, evidence_date
from openldn.evidence.article import Article, Sentence, article
from openldn.evidence.catalogue import of_condition, one_per_cohort, studies, study
from openldn.evidence.changes import Change, News, changes_since, news_since, parse_day
from openldn.evidence.claims import (
    COMPUTED,
    NONE_FOUND,
    VERDICTS,
    Claim,
    Context,
    Mark,
    claim,
    claims,
    claims_of,
)
from openldn.evidence.conditions import Condition, condition, conditions
from openldn.evidence.corrections import UNSET, Correction, corrections
from openldn.evidence.fields import numbers, value_at
from openldn.evidence.fingerprints import fingerprints
from openldn.evidence.headline import Headline, arm_text, headline, outcome_headline
from openldn.evidence.lint import (
    DESIGN_RULES,
    FACT_RULES,
    RULES,
    Finding,
    is_possible,
    lint,
    lint_designs,
    lint_facts,
    stale_known_faults,
)
from openldn.evidence.questions import Question, question, questions, questions_of
from openldn.evidence.readings import (
    STATES,
    SecondFigure,
    Share,
    corrected_once,
    read_twice,
    second_figures,
    share_second_read,
    state_of,
    unsettled,
)
from openldn.evidence.safety import SAFETY_TOPICS, SafetyFact, safety_facts
from openldn.evidence.second_verdicts import SecondVerdict, judged_once, second_verdicts
from openldn.evidence.study import Arm, Effect, Harm, KnownFault, Outcome, Recollection, Study
from openldn.evidence.study_files import read_study
from openldn.evidence.vocabulary import MEASURES

__all__ = [
    "COMPUTED",
    "DESIGN_RULES",
    "FACT_RULES",
    "MEASURES",
    "NONE_FOUND",
    "RULES",
    "SAFETY_TOPICS",
    "STATES",
    "UNSET",
    "VERDICTS",
    "About",
    "Arm",
    "Article",
    "Change",
    "Claim",
    "Condition",
    "Context",
    "Correction",
    "Effect",
    "Finding",
    "Harm",
    "Headline",
    "KnownFault",
    "Mark",
    "News",
    "Outcome",
    "Question",
    "Recollection",
    "SafetyFact",
    "SecondFigure",
    "SecondVerdict",
    "Sentence",
    "Share",
    "Study",
    "about",
    "arm_text",
    "article",
    "changes_since",
    "claim",
    "claims",
    "claims_of",
    "condition",
    "conditions",
    "corrected_once",
    "corrections",
    "evidence_date",
    "fingerprints",
    "headline",
    "is_possible",
    "judged_once",
    "lint",
    "lint_designs",
    "lint_facts",
    "news_since",
    "numbers",
    "of_condition",
    "one_per_cohort",
    "outcome_headline",
    "parse_day",
    "question",
    "questions",
    "questions_of",
    "read_study",
    "read_twice",
    "safety_facts",
    "second_figures",
    "second_verdicts",
    "share_second_read",
    "stale_known_faults",
    "state_of",
    "studies",
    "study",
    "unsettled",
    "value_at",
]
