"""Every defensible way to pool the trials of one question, what they say together, and what others printed.

run = run_multiverse(declared("fibromyalgia/pain"))
summarise(run, defensible=True)      verdicts(run.declared)
"""

from openldn.evidence.multiverse.data_sets import DataSet, Entry, data_set
from openldn.evidence.multiverse.declaration import (
    Declared,
    Factor,
    Option,
    PublishedAnswer,
    Rule,
    Trial,
    declarations,
    declared,
    default,
    multiverse_fingerprint,
    read_declarations,
)
from openldn.evidence.multiverse.published import (
    MISTAKEN,
    NOT,
    OPEN,
    REPRODUCED,
    Match,
    MissingTrial,
    Verdict,
    complete,
    verdicts,
)
from openldn.evidence.multiverse.running import (
    MultiverseRun,
    Specification,
    only_parallel,
    run_multiverse,
    specifications,
    standard,
    within,
)
from openldn.meta.multiverse import Flips, Indefensible, Share, Summary, significant, summarise

__all__ = [
    "MISTAKEN",
    "NOT",
    "OPEN",
    "REPRODUCED",
    "DataSet",
    "Declared",
    "Entry",
    "Factor",
    "Flips",
    "Indefensible",
    "Match",
    "MissingTrial",
    "MultiverseRun",
    "Option",
    "PublishedAnswer",
    "Rule",
    "Share",
    "Specification",
    "Summary",
    "Trial",
    "Verdict",
    "complete",
    "data_set",
    "declarations",
    "declared",
    "default",
    "multiverse_fingerprint",
    "only_parallel",
    "read_declarations",
    "run_multiverse",
    "significant",
    "specifications",
    "standard",
    "summarise",
    "verdicts",
    "within",
]
