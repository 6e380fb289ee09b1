"""Does the model agree with what was measured? The outcomes of all checks, with their record."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from openldn.answers.answer import Provenance, provenance
from openldn.answers.frames import Tabular, frame
from openldn.notation import sources_fingerprint
from openldn.pharmacology import fingerprints
from openldn.proof import Outcome, checks_fingerprint, chosen_checks, run_checks


@dataclass(frozen=True)
class CheckReport(Tabular):
    """The outcome of every check, in file order."""

    outcomes: tuple[Outcome, ...]
    provenance: Provenance = field(repr=False)

    @property
    def short(self) -> int:
        """How many failed without a documented reason."""
        return sum(outcome.falls_short for outcome in self.outcomes)

    def table(self) -> Any:
        """A row for each check: its target, the model's number and whether it passed. Raises InputError without pandas."""
        columns = (
            "id",
            "description",
            "role",
            "target_low",
            "target_high",
            "model",
            "unit",
            "passed",
            "expected_misfit",
        )
        return frame(columns, ([o.as_json()[name] for name in columns] for o in self.outcomes))

    def as_json(self) -> dict[str, Any]:
        """The pinned document of `ldn check --json`."""
        return {"checks": [o.as_json() for o in self.outcomes], "provenance": self.provenance.as_json()}


def check_report(
    progress: Callable[[float], None] | None = None, *, ids: tuple[str, ...] = ()
) -> CheckReport:
    """Run every check, or those with these ids; `progress` is called with the share done.

    Raises UnknownName for an id that there is not.
    """
    outcomes: list[Outcome] = []
    total = len(chosen_checks(ids))
    for outcome in run_checks(ids=ids):
        outcomes.append(outcome)
        if progress:
            progress(len(outcomes) / total)
    return CheckReport(
        tuple(outcomes),
        provenance(
            "check", {"ids": list(ids)} if ids else {}, files=(*fingerprints(), checks_fingerprint(), sources_fingerprint()),
            sources=[key for o in outcomes for key in o.check.sources],
        ),
    )  # fmt: skip
