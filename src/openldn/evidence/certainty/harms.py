"""Harms that no row holds: what trials of low dose and pooled answers in print say of them, as printed.

A row needs people with the event in both arms. Occurrences, a percent without its denominator, or one arm alone are no
risk among 1000, so they are told beside the table and never turned into one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from openldn.evidence.catalogue import of_condition, one_per_cohort
from openldn.evidence.headline import outcome_headline
from openldn.evidence.questions import Question
from openldn.evidence.study import Harm, Outcome, Study

NONE_BY_ARM = "Harms are not pooled: no trial was seen to print how many people had an event in each arm."
NOT_IN_A_ROW = "Harms that were seen and are not pooled here:"


@dataclass(frozen=True)
class HarmsApart:
    """`lead` says what the lines are; `silent` names the trials in which nothing on harms was seen."""

    lead: str
    lines: tuple[str, ...]
    silent: tuple[str, ...]

    def sentences(self) -> tuple[str, ...]:
        """All of it, a sentence each; () where every harm that was seen stands in a row."""
        return tuple(filter(None, (self.lead, *self.lines, self.silence)))

    @property
    def silence(self) -> str:
        """Of which trials nothing on harms was seen; "" where there is none such."""
        return f"No word on harms was seen from {', '.join(self.silent)}." if self.silent else ""


def harms_apart(condition: str, asked: Sequence[Question]) -> HarmsApart:
    """The harms of a condition's trials and meta-analyses that none of the questions `asked` holds."""
    held = {(m.study, m.outcome) for q in asked if q.harm for m in q.members}
    found = of_condition(condition)
    asked_of = {m.study for q in asked for m in q.members}
    trials = [
        s for s in one_per_cohort(found) if (s.is_trial or s.id in asked_of) and s.low_dose and s.outcomes
    ]
    pooled = [s for s in found if s.design == "meta-analysis"]
    lines = [_line(s, h) for s in (*trials, *pooled) for h in s.harms if (s.id, f"harm:{h.term}") not in held]
    rows = any(q.harm for q in asked)
    lead = NOT_IN_A_ROW if rows and lines else "" if rows or not trials else NONE_BY_ARM
    return HarmsApart(lead, tuple(lines), tuple(s.label for s in trials if not s.harms))


def _line(s: Study, h: Harm) -> str:
    told = outcome_headline(Outcome(h.term, "lower", arms=h.arms, effect=h.effect)).sentence()
    one = len([a for a in h.arms if a.role in ("ldn", "naltrexone")]) == len(h.arms) == 1
    parts = filter(None, (told, h.note, "the other arm was not seen" if one and s.is_randomised else ""))
    return f"{s.label}: {h.term}: {'; '.join(parts)}."
