"""What came of a file of records: studies, references, duplicates, findings of the lint, and what to do next."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from openldn.answers.answer import Provenance, provenance
from openldn.evidence import fingerprints
from openldn.evidence.importers import FORMATS, Duplicate, Imported, ImportedRecord, import_file, write_import
from openldn.evidence.lint import Finding
from openldn.notation import sources_fingerprint

NEXT = (
    "Read the source page, correct the file, write its sentences anew in your own words, and set what not_seen names.",
    "Add the page to seen_at in sources.toml: the importer has seen a file, not a page.",
    "Move the study to src/openldn/evidence/studies/, its reference to src/openldn/notation/sources.toml, and run "
    "./test tests/test_evidence_files.py tests/test_evidence_lint.py. CONTRIBUTING.md says the rest.",
)


@dataclass(frozen=True)
class ImportAnswer:
    """`written` are the files, in the folder that was asked for."""

    imported: Imported
    folder: Path
    written: tuple[Path, ...]
    provenance: Provenance

    def findings_of(self, record: ImportedRecord) -> tuple[Finding, ...]:
        """What the lint says of one study."""
        return tuple(f for f in self.imported.findings if f.study == record.key)

    def summary(self) -> str:
        """How many records became what, in a sentence."""
        made = self.imported
        kept = sum(r.study is not None for r in made.records)
        gone = sum(d.action == "left-out" for d in made.duplicates)
        parts = [_count(made.found, "record"), f"{_count(kept, 'study')} drafted"]
        if kept < len(made.records):
            parts.append(f"{len(made.records) - kept} without a study, as a reference only")
        if gone:
            parts.append(f"{gone} left out as already there")
        return f"{FORMATS[made.format]}: {'; '.join(parts)}."

    def as_json(self) -> dict[str, Any]:
        """One document: studies, sources, duplicates, findings, notes."""
        made = self.imported
        return {
            "file": made.file,
            "format": made.format,
            "sha256": made.sha256,
            "records": made.found,
            "studies": [
                {"id": r.key, "file": f"{r.key}.toml", "record": r.place, **_study(r)}
                for r in made.records
                if r.study is not None
            ],
            "sources": [
                {"record": r.place, "new": not r.known_source, **asdict(r.source)} for r in made.records
            ],
            "duplicates": [asdict(d) for d in made.duplicates],
            "findings": [asdict(f) for f in made.findings],
            "notes": [
                *({"record": "", "id": "", "note": n} for n in made.notes),
                *({"record": r.place, "id": r.key, "note": n} for r in made.records for n in r.notes),
            ],
            "written": [path.as_posix() for path in self.written],
            "next": list(NEXT),
            "provenance": self.provenance.as_json(),
        }


def import_evidence(
    path: Path, folder: Path, wanted: str | None = None, under: str | None = None
) -> ImportAnswer:
    """Import the file at `path` (format `wanted`, condition `under`) and write the drafts into `folder`.

    Raises InputError and DataError for the file, OutputError rather than replace anything.
    """
    made = import_file(path, wanted, under)
    record = provenance(
        "evidence import",
        {"file": made.file, "sha256": made.sha256, "format": made.format, "condition": under},
        files=(*fingerprints(), sources_fingerprint()),
        provisional=[r.key for r in made.records if r.study is not None],
    )
    return ImportAnswer(made, folder, write_import(made, folder), record)


def duplicate_words(duplicate: Duplicate) -> str:
    """One duplicate as a sentence."""
    done = {
        "left-out": "left out",
        "cohort": f'kept, and linked by cohort = "{duplicate.cohort}"',
        "kept": "kept; say whether it is another",
    }[duplicate.action]
    where = "the catalogue" if duplicate.among == "catalogue" else "this file"
    return f"{duplicate.record}: {'; '.join(duplicate.why)}, as {duplicate.of} in {where}: {done}"


def _study(record: ImportedRecord) -> dict[str, Any]:
    plain = _plain(asdict(record.study)) if record.study else {}
    return {k: v for k, v in plain.items() if k not in ("id", "fingerprint")}


def _plain(value: Any) -> Any:
    """Without the fields that say nothing; counts become objects."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if v is not None and v not in ("", (), [], {})}
    if isinstance(value, tuple | list):
        if value and all(isinstance(v, tuple) and len(v) == 2 for v in value):
            return dict(value)
        return [_plain(v) for v in value]
    return value


def _count(n: int, name: str) -> str:
    plural = {"study": "studies"}.get(name, f"{name}s")
    return f"{n} {name if n == 1 else plural}"
