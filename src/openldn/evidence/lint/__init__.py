"""A lint of what studies print: it finds mix-ups that no reader notices and every pooling inherits.

Seven rules, each a plain function. A finding that is the source's own fault stays visible: the study's
file names it among its `known_faults`, and the finding says `known`. Two more lints are for our own files alone,
not for drafts: how people were allotted (`design.py`), and whose number of persons a fact gives (`facts.py`).
"""

from collections.abc import Iterable, Iterator, Mapping

from openldn.evidence.lint.counts import (
    crossover_counted_twice,
    impossible_count,
    is_possible,
    nested_responders_summed,
)
from openldn.evidence.lint.design import DESIGN_RULES, lint_designs
from openldn.evidence.lint.facts import FACT_RULES, lint_facts
from openldn.evidence.lint.finding import Finding
from openldn.evidence.lint.identity import bad_identifier, cohort_twice
from openldn.evidence.lint.spread import spread_mixed_up
from openldn.evidence.lint.units import wrong_unit
from openldn.evidence.study import Study
from openldn.notation import Source
from openldn.notation import sources as all_sources

RULES = {
    "spread-mixed-up": "SD, SE and half-width of an interval taken for one another, or not told apart",
    "impossible-count": "a percentage that no count of persons gives, or more events than persons",
    "nested-responders-summed": "responder thresholds added up or growing, categories beyond n",
    "cohort-twice": "the same people in two studies that do not say so",
    "crossover-counted-twice": "the persons of a crossover counted once per period",
    "unit": "a dose or time that does not convert, a number outside its bounds",
    "doi": "a DOI, PMID or registration that does not parse",
}
_OF_ONE = (
    spread_mixed_up,
    impossible_count,
    nested_responders_summed,
    crossover_counted_twice,
    wrong_unit,
)

__all__ = [
    "DESIGN_RULES", "FACT_RULES", "RULES", "Finding", "is_possible", "lint", "lint_designs", "lint_facts", "stale_known_faults",
]  # fmt: skip


def lint(studies: Iterable[Study], sources: Mapping[str, Source] | None = None) -> tuple[Finding, ...]:
    """Every finding about `studies`, in their order; `sources` defaults to the registry."""
    return tuple(_findings(tuple(studies), all_sources() if sources is None else sources))


def stale_known_faults(studies: Iterable[Study], findings: Iterable[Finding]) -> tuple[str, ...]:
    """Each known fault that no finding matches any more, as "study: rule, field"."""
    fired = {(f.study, f.rule, f.field) for f in findings}
    named = ((s.id, k.rule, k.field) for s in studies for k in s.known_faults)
    return tuple(
        f"{study}: {rule}, {field}" for study, rule, field in named if (study, rule, field) not in fired
    )


def _findings(studies: tuple[Study, ...], sources: Mapping[str, Source]) -> Iterator[Finding]:
    for study in studies:
        for rule in _OF_ONE:
            yield from rule(study)
        yield from bad_identifier(study, sources)
    yield from cohort_twice(studies, sources)
