"""How the review stays alive: its protocol, its searches, its flow, and an update from exports of the searches."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from openldn.answers.answer import Provenance, provenance
from openldn.answers.prisma_flow import PrismaAnswer
from openldn.evidence import fingerprints
from openldn.evidence.importers import read_upload
from openldn.evidence.living import (
    Protocol,
    Run,
    Search,
    Seen,
    Update,
    flow_of,
    protocol,
    screening,
    searches,
    update,
    write_update,
)
from openldn.evidence.living.updating import FATES, SCREENING
from openldn.notation import sources_fingerprint


@dataclass(frozen=True)
class SearchesAnswer:
    """Every search with the runs that were recorded, the last one last."""

    searches: tuple[tuple[Search, tuple[Run, ...]], ...]
    provenance: Provenance = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        """One object a search with its runs; `last_run` is null where the project never ran it."""
        found = [
            {**asdict(s), "last_run": runs[-1].date if runs else None, "runs": [asdict(r) for r in runs]}
            for s, runs in self.searches
        ]
        return {"searches": found, "provenance": self.provenance.as_json()}


@dataclass(frozen=True)
class ProtocolAnswer:
    """The protocol with its deviations."""

    protocol: Protocol
    provenance: Provenance = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        return {"protocol": asdict(self.protocol), "provenance": self.provenance.as_json()}


@dataclass(frozen=True)
class UpdateAnswer:
    """`written` are the files, in the folder that was asked for."""

    update: Update
    folder: Path
    written: tuple[Path, ...]
    provenance: Provenance = field(repr=False)

    def by_fate(self) -> tuple[tuple[str, tuple[Seen, ...]], ...]:
        """(fate, its records) of each fate that a record met."""
        return tuple((fate, found) for fate in FATES if (found := self.update.of(fate)))

    def summary(self) -> str:
        """`12 records: 3 to screen, 8 known, 1 excluded before.`"""
        told = ", ".join(f"{len(found)} {fate}" for fate, found in self.by_fate())
        return f"{len(self.update.seen)} records: {told}." if told else "No record in these exports."

    def as_json(self) -> dict[str, Any]:
        """Every record with its fate, the sums of the flow, and the files."""
        u = self.update
        return {
            "day": u.day,
            "records": [asdict(s) for s in u.seen],
            "counts": {fate: len(u.of(fate)) for fate in FATES},
            "drafts": [
                {"id": r.key, "record": r.place, "notes": list(r.notes)}
                for made in u.drafted
                for r in made.records
            ],
            "findings": [asdict(f) for made in u.drafted for f in made.findings],
            "notes": list(u.notes),
            "flow": PrismaAnswer(u.flow, self.provenance).as_json()["flow"],
            "written": [path.as_posix() for path in self.written],
            "provenance": self.provenance.as_json(),
        }


def ask_searches() -> SearchesAnswer:
    """Where the review looks, with the exact strings and when each was last run."""
    runs = screening().runs
    found = tuple(
        (s, tuple(sorted((r for r in runs if r.search == s.key), key=lambda r: r.date))) for s in searches()
    )
    return SearchesAnswer(found, provenance("evidence searches", {}, files=fingerprints()))


def ask_protocol() -> ProtocolAnswer:
    """What the review asks, takes and does, and where it did otherwise."""
    return ProtocolAnswer(protocol(), provenance("evidence protocol", {}, files=fingerprints()))


def own_flow() -> PrismaAnswer:
    """The PRISMA flow of this review, from what was screened."""
    return PrismaAnswer(flow_of(screening()), provenance("evidence flow", {}, files=fingerprints()))


def update_evidence(
    paths: Sequence[Path], folder: Path, *, day: str = "", wanted: str | None = None, search: str = ""
) -> UpdateAnswer:
    """Take exports of the searches into `folder`, beside what its screening.toml already holds.

    Raises InputError and DataError for the files, OutputError where nothing can be written.
    """
    uploads = [read_upload(path) for path in paths]
    before = folder / SCREENING
    found = update(
        uploads, before=before if before.is_file() else None, day=day, wanted=wanted, search=search
    )
    record = provenance(
        "evidence update", {"files": [u.name for u in uploads], "sha256": [u.sha256 for u in uploads], "day": found.day},
        files=(*fingerprints(), sources_fingerprint()),
        provisional=[r.key for made in found.drafted for r in made.records if r.study is not None],
    )  # fmt: skip
    return UpdateAnswer(found, folder, write_update(found, folder), record)
