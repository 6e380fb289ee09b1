"""The studies themselves, of one condition or of all, as a list that can be read as a table."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from openldn.answers.answer import Provenance, provenance
from openldn.answers.condition import StudyAnswer, arms_table, kind_of
from openldn.answers.frames import Tabular, frame
from openldn.evidence import condition as condition_named
from openldn.evidence import evidence_date, fingerprints, headline, of_condition
from openldn.evidence import studies as all_studies
from openldn.evidence import study as study_named
from openldn.notation import source, sources_fingerprint


@dataclass(frozen=True)
class StudiesAnswer(Tabular):
    """Studies in the order of their files; `condition` is a key, "" for all; `date` is that of the evidence."""

    condition: str
    studies: tuple[StudyAnswer, ...]
    date: str
    provenance: Provenance = field(repr=False)

    def __len__(self) -> int:
        return len(self.studies)

    def __iter__(self) -> Iterator[StudyAnswer]:
        return iter(self.studies)

    def table(self) -> Any:
        """A row for each study. Raises InputError without pandas."""
        columns = (
            "id", "label", "condition", "kind", "design", "low_dose", "dose_mg", "duration_weeks", "persons", "outcomes",
            "headline", "reading",
        )  # fmt: skip
        rows = [
            (
                s.id, s.label, s.condition, a.kind, s.one_line_design, s.low_dose, s.dose_words(), s.duration_weeks,
                s.persons, len(s.outcomes), a.headline.sentence() if a.headline else "", s.reading,
            )
            for a in self.studies
            for s in (a.study,)
        ]  # fmt: skip
        return frame(columns, rows)

    def arms(self) -> Any:
        """A row for each arm of each outcome and harm of each study, as printed. Raises InputError without pandas."""
        return arms_table(self.studies)

    def as_json(self) -> dict[str, Any]:
        """The studies as `ldn evidence CONDITION --json` has them, with their references."""
        return {
            "condition": self.condition or None,
            "evidence_date": self.date,
            "studies": [a.as_json() for a in self.studies],
            "references": {a.study.source: source(a.study.source).reference() for a in self.studies},
            "provenance": self.provenance.as_json(),
        }


def ask_studies(condition: str | None = None) -> StudiesAnswer:
    """The studies of a condition by key, name or alias, or all. Raises UnknownName with the nearest."""
    key = condition_named(condition).key if condition else ""
    found = of_condition(key) if key else all_studies()
    return StudiesAnswer(
        key, tuple(StudyAnswer(s, headline(s), kind_of(s)) for s in found), evidence_date(),
        provenance(
            "studies", {"condition": key or None}, files=(*fingerprints(), sources_fingerprint()),
            sources=[s.source for s in found], provisional=[s.id for s in found],
        ),
    )  # fmt: skip


def ask_study(name: str) -> StudyAnswer:
    """One study by its id. Raises UnknownName with the nearest."""
    s = study_named(name)
    return StudyAnswer(s, headline(s), kind_of(s))
