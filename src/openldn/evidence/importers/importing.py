"""A file of records becomes study files and a fragment of `sources.toml`, checked but not yet believed.

Each draft is written as text, read back through the same doors as our own files, compared with the
catalogue and with the other drafts, and judged by the lint. Nothing is written until `write_import`.
"""

import hashlib
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from openldn.evidence.catalogue import studies
from openldn.evidence.conditions import condition
from openldn.evidence.importers.clinicaltrials import read_ctgov
from openldn.evidence.importers.drafts import FILING_NOTES, Draft, slug
from openldn.evidence.importers.duplicates import Duplicate, Known
from openldn.evidence.importers.nbib import read_nbib
from openldn.evidence.importers.reading import Upload, format_of, read_upload
from openldn.evidence.importers.ris import read_ris
from openldn.evidence.importers.writing import source_text, study_text
from openldn.evidence.lint import Finding, lint
from openldn.evidence.study import Study
from openldn.evidence.study_files import study_of
from openldn.notation import Fingerprint, OutputError, Source, TomlFile, read_sources, sources, write_whole

SOURCES_FILE = "sources.toml"
_READERS: dict[str, Callable[[Upload], tuple[list[Draft], list[str]]]] = {
    "ctgov": read_ctgov,
    "nbib": read_nbib,
    "ris": read_ris,
}


@dataclass(frozen=True)
class ImportedRecord:
    """One record that is kept: its key, its reference and, if there is one, its study with the file's text.

    known_source: the reference is in our registry already, under this key, and is not written again.
    """

    key: str
    place: str
    source: Source
    study: Study | None
    text: str = field(repr=False)
    notes: tuple[str, ...] = ()
    known_source: bool = False


@dataclass(frozen=True)
class Imported:
    """What came of a file. Findings are those of the lint about the new studies only."""

    file: str
    sha256: str
    format: str
    found: int
    records: tuple[ImportedRecord, ...]
    duplicates: tuple[Duplicate, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

    def files(self) -> dict[str, str]:
        """Every file to write, by name: one a study, and the references in one."""
        found = {f"{r.key}.toml": r.text for r in self.records if r.study is not None}
        if new := self.references():
            found[SOURCES_FILE] = references_text(new.values())
        return found

    def references(self) -> dict[str, str]:
        """The table of each reference that the registry of sources does not have, by its key."""
        return {r.key: source_text(r.source) for r in self.records if not r.known_source}


def references_text(tables: Iterable[str]) -> str:
    """The file of references to add."""
    head = "# References to add to the registry of sources, once somebody has read the pages.\n\n"
    return head + "\n".join(tables)


def import_file(path: Path, wanted: str | None = None, under: str | None = None) -> Imported:
    """The file at `path` in the format `wanted` (found out when None), all filed under condition `under`.

    Raises InputError (UnknownName for a format or condition) and DataError for what the file holds.
    """
    return import_upload(read_upload(path), wanted, under)


def import_upload(upload: Upload, wanted: str | None = None, under: str | None = None) -> Imported:
    """As `import_file`, from an Upload."""
    chosen, drafts, notes = read_drafts(upload, wanted)
    return import_drafts(upload, chosen, drafts, notes, under)


def read_drafts(upload: Upload, wanted: str | None = None) -> tuple[str, list[Draft], list[str]]:
    """The format of an upload, a draft of each of its records, and notes. Raises as `import_file`."""
    chosen = format_of(upload, wanted)
    return chosen, *_READERS[chosen](upload)


def import_drafts(
    upload: Upload, chosen: str, drafts: list[Draft], notes: Iterable[str] = (), under: str | None = None,
    keys: Mapping[str, str] | None = None,
) -> Imported:  # fmt: skip
    """What becomes of drafts that were read: told apart from what is there, filed and judged by the lint.

    keys: the key of a draft by its place, where it has one already; else it is made of author, year and condition.
    """
    key = condition(under).key if under is not None else None
    registry = sources()
    records, duplicates = _told_apart(drafts, key, registry, keys or {})
    new = {r.key: r.source for r in records}
    catalogue, written = studies(), [r.study for r in records if r.study is not None]
    mine = {s.id for s in written}
    findings = tuple(f for f in lint([*catalogue, *written], {**registry, **new}) if f.study in mine)
    return Imported(
        upload.name,
        upload.sha256,
        chosen,
        len(drafts),
        tuple(records),
        tuple(duplicates),
        findings,
        tuple(notes),
    )


def write_import(imported: Imported, folder: Path) -> tuple[Path, ...]:
    """Write every file into `folder`, whole or not at all. Raises OutputError rather than replace a file."""
    files = {folder / name: text for name, text in imported.files().items()}
    there = next((path for path in files if os.path.lexists(path)), None)
    if there is not None:
        raise OutputError(f'"{there}" is there already; move it away or choose another folder with --out')
    write_whole({path: text.encode() for path, text in files.items()}, making=folder)
    return tuple(files)


def _told_apart(
    drafts: Iterable[Draft], under: str | None, registry: Mapping[str, Source], keys: Mapping[str, str]
) -> tuple[list[ImportedRecord], list[Duplicate]]:
    known, duplicates = Known(), list[Duplicate]()
    by_source = {s.source: s for s in studies()}
    for key, source in registry.items():
        known.add(key, source, by_source.get(key), "catalogue")
    taken, used, numbers = set(registry), set[str](), dict[str, int]()
    kept: list[tuple[str, Draft, bool, list[str]]] = []
    for draft in drafts:
        found = known.compare(draft)
        notes = list(draft.notes)
        same = next((d for d in found if d.action == "left-out"), None)
        # The reference may be there while no study rests on it yet: the study then takes its key.
        reuse = (
            same is not None and same.among == "catalogue" and same.of not in by_source and same.of not in used
            and draft.study is not None
        )  # fmt: skip
        if same is not None and not reuse:
            duplicates.append(same)
            continue
        if same is not None:
            key = same.of
            used.add(key)
            notes.append(f"its reference is in the registry of sources already, as {key}")
        else:
            key = keys.get(draft.place) or _key(draft, under, taken, numbers)
            duplicates += found
        taken.add(key)
        known.add(key, draft.source, draft.study, "import", draft.publications)
        link = next((d for d in found if d.action == "cohort"), None)
        if link is not None:
            known.cohorts[key] = link.cohort
            notes.append(_cohort_note(link, by_source))
        kept.append((key, draft, reuse, notes))
    return [_record(k, d, under, known, s, n, registry) for k, d, s, n in kept], duplicates


def _cohort_note(link: Duplicate, by_source: Mapping[str, Study]) -> str:
    other = by_source.get(link.of)
    has_it = link.among == "import" or (other is not None and other.cohort)
    add = "" if has_it or other is None else f'; add cohort = "{link.cohort}" to {link.of} too'
    return f'a publication of the same trial as {link.of}: cohort = "{link.cohort}"{add}'


def _record(
    key: str, draft: Draft, under: str | None, known: Known, known_source: bool, notes: list[str],
    registry: Mapping[str, Source],
) -> ImportedRecord:  # fmt: skip
    source = registry[key] if known_source else replace(draft.source, key=key)
    if not known_source:
        source = read_sources(_as_file("sources.toml", source_text(source)))[key]
    study, text = None, ""
    if under is not None:
        notes = [n for n in notes if not n.startswith(FILING_NOTES)]
    if draft.study is not None:
        made = replace(draft.study, id=key, source=key, cohort=known.cohorts.get(key, ""))
        if under is not None:
            made = replace(
                made, condition=under, not_seen=tuple(f for f in made.not_seen if f != "condition")
            )
        text = study_text(made)
        study = study_of(_as_file(f"{key}.toml", text), key)
    return ImportedRecord(key, draft.place, source, study, text, tuple(dict.fromkeys(notes)), known_source)


def _as_file(name: str, text: str) -> TomlFile:
    return TomlFile(
        name, text, tomllib.loads(text), Fingerprint(name, hashlib.sha256(text.encode()).hexdigest())
    )


def _key(draft: Draft, under: str | None, taken: set[str], numbers: dict[str, int]) -> str:
    """Author, year and condition in a-z, 0-9 and "-": nothing else of a record gets into a file's name.

    numbers: the last number that was put behind each of them.
    """
    parts = (
        slug(draft.author, 30) or "anonymous",
        str(draft.source.year or "undated"),
        slug(under or draft.condition, 40),
    )
    wanted = "-".join(part for part in parts if part)
    key, n = wanted, numbers.get(wanted, 1)
    while key in taken:
        n += 1
        key = f"{wanted}-{n}"
    numbers[wanted] = n
    return key
