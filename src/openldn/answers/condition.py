"""What was studied in a condition: each study with its arms, side by side and never joined into one."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from openldn.answers.answer import Provenance, provenance
from openldn.answers.frames import Tabular, frame
from openldn.answers.next_trial_scales import first_trial
from openldn.answers.synthesis import Synthesis, syntheses
from openldn.evidence import (
    Claim,
    Condition,
    Headline,
    Study,
    claims_of,
    condition,
    conditions,
    evidence_date,
    fingerprints,
    headline,
    of_condition,
    share_second_read,
    state_of,
)
from openldn.evidence.certainty import SummaryOfFindings, findings_as_json, summary_of_findings
from openldn.figures import Figure
from openldn.notation import InputError, UnknownName, source, sources_fingerprint

POOLED = (
    "Randomised comparisons that measured the same thing are pooled; open-label studies and case series stand apart and "
    "are never pooled with trials."
)
KINDS = (
    ("trials", "Randomised trials with results"),
    ("unreported", "Trials planned or running, without results"),
    ("uncontrolled", "Studies without a randomised comparison"),
    ("reviews", "Reviews and meta-analyses"),
)


@dataclass(frozen=True)
class StudyAnswer(Tabular):
    """A study with the one result that is shown of it; `state` says how often that was read."""

    study: Study
    headline: Headline | None
    kind: str

    def table(self) -> Any:
        """A row for each arm of each outcome and harm, as printed. Raises InputError without pandas."""
        return arms_table((self,))

    def as_json(self) -> dict[str, Any]:
        """The study as it stands in the document of `ldn evidence CONDITION --json`."""
        s = self.study
        return {
            "id": s.id,
            "source": s.source,
            "label": s.label,
            "kind": self.kind,
            "design": s.one_line_design,
            "n_randomised": s.n_randomised,
            "n_analysed": s.n_analysed,
            "dose_mg": list(s.dose_mg),
            "low_dose": s.low_dose,
            "duration_weeks": s.duration_weeks,
            "outcomes": [_plain(asdict(o)) for o in s.outcomes],
            "harms": [_plain(asdict(h)) for h in s.harms],
            "headline": _plain(asdict(self.headline)) if self.headline else None,
            "concerns": s.concerns,
            "status": s.status,
            "reading": s.reading,
            "not_seen": list(s.not_seen),
            "known_faults": [{"rule": f.rule, "reason": f.reason} for f in s.known_faults],
        }


@dataclass(frozen=True)
class ConditionAnswer(Tabular):
    """The studies and claims of one condition; `date` is that of the evidence."""

    condition: Condition
    studies: tuple[StudyAnswer, ...]
    claims: tuple[Claim, ...]
    syntheses: tuple[Synthesis, ...]
    findings: SummaryOfFindings
    date: str
    share_read_twice: float
    provenance: Provenance = field(repr=False)

    def of_kind(self, kind: str) -> tuple[StudyAnswer, ...]:
        """The studies of one kind, such as "trials"."""
        return tuple(s for s in self.studies if s.kind == kind)

    def summary(self) -> str:
        """How much evidence there is, in a sentence."""
        trials = _one_per_cohort([s for s in self.of_kind("trials") if s.study.low_dose])
        people = sum(_size(s.study) for s in trials)
        full = sum(not s.study.low_dose for s in self.of_kind("trials"))
        parts = [
            f"{_count(len(trials), 'randomised trial')} of low-dose naltrexone with results, {people} people in all"
            if trials
            else "no randomised trial of low-dose naltrexone with results was found"
        ]
        for count, name in (
            (full, "randomised trial of higher doses"),
            (len(self.of_kind("uncontrolled")), "study without a randomised comparison"),
            (len(self.of_kind("unreported")), "trial without results so far"),
            (len(self.of_kind("reviews")), "review"),
        ):
            if count:
                parts.append(_count(count, name))
        text = "; ".join(parts) + "."
        return text[0].upper() + text[1:]

    def table(self) -> Any:
        """A row for each question whose trials are put together; none where none are. Raises InputError without pandas.

        estimate, ci_low and ci_high are on the scale of the measure, of `unit`, LDN minus or over the comparator.
        """
        rows = [
            (
                s.question.id, s.question.title, s.question.measure, s.average.unit, s.average.value, s.average.low,
                s.average.high, len(s.rows), s.body.persons, s.certainty.label, s.average.kind,
            )
            for s in self.syntheses
        ]  # fmt: skip
        columns = (
            "question", "outcome", "measure", "unit", "estimate", "ci_low", "ci_high", "trials", "persons", "certainty",
            "kind",
        )  # fmt: skip
        return frame(columns, rows)

    def plot(self, question: str = "") -> Figure:
        """The forest of a question's trials, the first question's by default.

        question: its id or what stands in it after the condition. Raises UnknownName for one that there is not,
        InputError where no trial can be put into figures.
        """
        from openldn.answers.synthesis_figures import forest_of

        if not self.syntheses:
            raise InputError(f"nothing to draw for {self.condition.key}: {self.why_none()}")
        named = {s.question.key: s for s in self.syntheses} | {s.question.id: s for s in self.syntheses}
        if question and question not in named:
            raise UnknownName("question", question, [s.question.key for s in self.syntheses])
        return forest_of(named[question] if question else self.syntheses[0])

    def why_none(self) -> str:
        """Why nothing is pooled, in a sentence; "" where something is."""
        return self.findings.absent

    def first_trial(self) -> tuple[str, ...]:
        """What the first trial would have to be, where nothing is pooled; () elsewhere and for a mere heading."""
        return () if self.syntheses or self.condition.topic else first_trial(self.condition.key)

    def as_json(self) -> dict[str, Any]:
        """The pinned document of `ldn evidence CONDITION --json`."""
        return {
            "condition": self.condition.key,
            "name": self.condition.name,
            "evidence_date": self.date,
            "summary": self.summary(),
            "synthesis": [s.as_json() for s in self.syntheses],
            "no_synthesis": self.why_none(),
            "first_trial": list(self.first_trial()),
            "findings": findings_as_json(self.findings),
            "note": POOLED,
            "studies": [s.as_json() for s in self.studies],
            "claims": [c.id for c in self.claims],
            "numbers_read_twice": {
                "value": self.share_read_twice,
                "unit": "1",
                "source": "evidence/second_readings",
            },
            "references": {s.study.source: source(s.study.source).reference() for s in self.studies},
            "provenance": self.provenance.as_json(),
        }


def arms_table(answers: Iterable[StudyAnswer]) -> Any:
    """The arm-level results of studies as a frame, figures as printed: a row for each arm of each outcome and harm."""
    figures = [
        "role", "n", "events", "occurrences", "percent", "mean", "sd", "se", "change", "change_percent", "baseline_mean",
        "baseline_sd", "ci_low", "ci_high",
    ]  # fmt: skip
    rows = []
    for a in answers:
        s = a.study
        found = [("outcome", o.name, o.scale, o.weeks, o.primary, o.arms) for o in s.outcomes]
        found += [("harm", h.term, "", None, False, h.arms) for h in s.harms]
        for kind, name, scale, weeks, primary, arms in found:
            for arm in arms:
                rows.append(
                    (s.id, kind, name, scale, weeks, primary, arm.arm, *(getattr(arm, f) for f in figures))
                )
    return frame(("study", "kind", "name", "scale", "weeks", "primary", "arm", *figures), rows)


def ask_condition(name: str) -> ConditionAnswer:
    """The evidence for a condition by key, name or alias. Raises UnknownName with the nearest."""
    found = condition(name)
    studies = tuple(StudyAnswer(s, headline(s), kind_of(s)) for s in of_condition(found.key))
    ordered = tuple(sorted(studies, key=lambda s: ([k for k, _ in KINDS].index(s.kind), -_size(s.study))))
    share = share_second_read(*(s.study for s in studies))
    return ConditionAnswer(
        found, ordered, claims_of(found.key), syntheses(found.key),
        summary_of_findings(found.key), evidence_date(), share.fraction,
        provenance(
            "evidence", {"condition": found.key}, files=(*fingerprints(), sources_fingerprint()),
            sources=[s.study.source for s in studies], provisional=[s.study.id for s in studies],
        ),
    )  # fmt: skip


def all_conditions() -> tuple[Condition, ...]:
    """Every condition that has a study, in the article's order."""
    return tuple(c for c in conditions() if of_condition(c.key))


def kind_of(study: Study) -> str:
    """Which of KINDS a study belongs to."""
    if study.is_review:
        return "reviews"
    if headline(study) is None and (study.status or study.design == "protocol"):
        return "unreported"
    return "trials" if study.is_trial else "uncontrolled"


def reading_of(study: Study, field_address: str) -> str:
    """One of `evidence.STATES`: how often the number at this address was read."""
    return state_of(study.id, field_address)


def _count(n: int, name: str) -> str:
    """`2 randomised trials of higher doses`: the first noun of the name takes the plural."""
    plural = re.sub(r"\b(trial|review)\b", r"\1s", re.sub(r"\bstudy\b", "studies", name), count=1)
    return f"{n} {name if n == 1 else plural}"


def _size(study: Study) -> int:
    return study.n_randomised or study.n_analysed or 0


def _one_per_cohort(found: list[StudyAnswer]) -> list[StudyAnswer]:
    seen: dict[str, StudyAnswer] = {}
    for s in found:
        seen.setdefault(s.study.cohort or s.study.id, s)
    return list(seen.values())


def _plain(value: Any) -> Any:
    """Without the fields that say nothing, so that the document stays readable."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if v not in (None, "", (), [], {})}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value
