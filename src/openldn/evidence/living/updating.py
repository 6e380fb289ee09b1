"""The way in for what is new: exports of the searches, told apart from all that was seen, the rest listed to screen.

What the catalogue or an earlier screening knows is left out, with what became of it. A record that nobody has seen is added to
the screening as awaiting. One that a person has since called included is drafted. The flow is made anew. Nothing is written
until `write_update`, and then all of it or none.
"""

import datetime
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from openldn.evidence.catalogue import studies
from openldn.evidence.importers import Imported, Upload, import_drafts, read_drafts
from openldn.evidence.importers.drafts import Draft, slug
from openldn.evidence.importers.duplicates import Duplicate, Known
from openldn.evidence.importers.identifiers import UNTITLED
from openldn.evidence.importers.importing import SOURCES_FILE, references_text
from openldn.evidence.living.flow import flow_of, flow_text
from openldn.evidence.living.screening import (
    Run,
    Screened,
    Screening,
    read_screening,
    screening,
    screening_text,
)
from openldn.evidence.living.searches import searches
from openldn.evidence.prisma import Prisma
from openldn.notation import InputError, UnknownName, read_toml, shown, sources, write_whole

SCREENING, FLOW, DRAFTS = "screening.toml", "flow.toml", "drafts"
_REFERENCES = f"{DRAFTS}/{SOURCES_FILE}"
_TITLE_SHOWN = 160
_SEARCH_OF = {"ctgov": "clinicaltrials", "nbib": "pubmed"}
# Only the fields that name a database: hosts (EBSCO, Ovid) have many, and every abstract of a review says "Embase".
_IN_RIS = (
    (re.compile(r"^\s{0,3}DB {1,3}- .*CINAHL", re.MULTILINE | re.IGNORECASE), "cinahl"),
    (
        re.compile(
            r"^\s{0,3}UR {1,3}- .*ebsco.*[?&]db=(?:ccm|cin20|c8h|jlh|rzh)\b", re.MULTILINE | re.IGNORECASE
        ),
        "cinahl",
    ),
    (re.compile(r"^\s{0,3}DB {1,3}- .*Embase", re.MULTILINE | re.IGNORECASE), "embase"),
    (
        re.compile(
            r"^\s{0,3}(?:UR|L2) {1,3}- .*ovid.*[?&]D=(?:oemez|emez|emed)", re.MULTILINE | re.IGNORECASE
        ),
        "embase",
    ),
    (re.compile(r"^\s{0,3}DB {1,3}- .*PsycINFO", re.MULTILINE | re.IGNORECASE), "psycinfo"),
    (
        re.compile(r"^\s{0,3}(?:UR|L2) {1,3}- .*ovid.*[?&]D=psyc", re.MULTILINE | re.IGNORECASE),
        "psycinfo",
    ),
)
FATES = ("to screen", "awaiting", "drafted", "known", "excluded before", "twice", "without a title")


@dataclass(frozen=True)
class Seen:
    """One record of an export: its place there, its fate (one of FATES), and why, in words."""

    file: str
    place: str
    title: str
    fate: str
    why: str
    key: str = ""


@dataclass(frozen=True)
class Update:
    """What an update would write. `screening` is the user's own, without the project's; `base` is the project's."""

    day: str
    seen: tuple[Seen, ...]
    screening: Screening
    base: Screening
    drafted: tuple[Imported, ...]
    notes: tuple[str, ...]
    flow: Prisma = field(repr=False)

    def of(self, fate: str) -> tuple[Seen, ...]:
        """The records that met this fate."""
        return tuple(s for s in self.seen if s.fate == fate)

    def files(self) -> dict[str, str]:
        """Every file to write, by its path in the folder."""
        found = {SCREENING: screening_text(self.screening), FLOW: flow_text(self.flow)}
        for made in self.drafted:
            found |= {f"{DRAFTS}/{name}": text for name, text in made.files().items()}
        if new := self.references():
            found[_REFERENCES] = references_text(new.values())
        return found

    def references(self) -> dict[str, str]:
        """The table of each reference that was drafted, by its key."""
        return {key: text for made in self.drafted for key, text in made.references().items()}


def update(
    uploads: Sequence[Upload],
    *,
    before: Path | None = None,
    day: str = "",
    wanted: str | None = None,
    search: str = "",
) -> Update:
    """What the exports bring, compared with the catalogue, the project's screening and the user's in the file `before`.

    day: when the searches were run, today where left out. search: which of `searches()` the exports are of, where their format
    does not say. Raises InputError and DataError for the day, the search and the files.
    """
    when = _day(day)
    if search and search not in (known := [s.key for s in searches()]):
        raise UnknownName("search", search, known, listed="ldn evidence searches")
    if not uploads:
        raise InputError("there is no export to take in; name one file or more")
    base = screening()
    mine = read_screening(read_toml(before, before.name)) if before is not None else Screening((), ())
    sorter = _Sorter(base.and_also(mine))
    runs, records, seen, drafted, notes = list(mine.runs), list(mine.records), [], [], []
    for upload in uploads:
        # The same export again, after decisions were made, brings drafts and no new run.
        again = any(r.sha256 == upload.sha256 for r in runs)
        chosen, drafts, said = read_drafts(upload, wanted)
        place = _search_of(upload, chosen, search)
        fates = [sorter.sort(upload, draft, place, when) for draft in drafts]
        seen += [s for s, _ in fates]
        records += [r for _, r in fates if r is not None]
        notes += said
        if not again:
            runs.append(_run(upload, place, when, [s for s, _ in fates]))
        wanted_drafts = [d for d, (s, _) in zip(drafts, fates, strict=True) if s.fate == "drafted"]
        if wanted_drafts:
            keys = {d.place: s.key for d, (s, _) in zip(drafts, fates, strict=True)}
            drafted.append(import_drafts(upload, chosen, wanted_drafts, keys=keys))
    own = Screening(tuple(runs), tuple(records))
    return Update(when, tuple(seen), own, base, tuple(drafted), tuple(notes), flow_of(base.and_also(own)))


def write_update(found: Update, folder: Path) -> tuple[Path, ...]:
    """Write the update into `folder`, whole or not at all; a draft that is there already stays as it is.

    To references that are there already the new ones are added. Raises OutputError, and DataError where those that are
    there are no TOML.
    """
    files = {folder / name: text.encode() for name, text in found.files().items()}
    kept = {p: raw for p, raw in files.items() if p.parent == folder or not os.path.lexists(p)}
    references = folder / _REFERENCES
    if references in files and references not in kept:
        have = read_toml(references, references.name)
        new = [text for key, text in found.references().items() if key not in have.data]
        if new:
            kept[references] = "\n".join((have.content.rstrip("\n") + "\n", *new)).encode()
    write_whole(kept, making=folder)
    return tuple(kept)


class _Sorter:
    """Tells each draft apart from everything met so far."""

    def __init__(self, seen: Screening) -> None:
        self._known = Known()
        self._studies = {s.source: s for s in studies()}
        self._records: dict[str, Screened] = {r.key: r for r in seen.records}
        self._taken = set(self._records) | set(sources())
        for key, source in sources().items():
            self._known.add(key, source, self._studies.get(key), "catalogue")
        for record in seen.records:
            self._known.add(record.key, record.as_source(), None, "screening")

    def sort(self, upload: Upload, draft: Draft, search: str, when: str) -> tuple[Seen, Screened | None]:
        """The fate of a draft, and the record to screen where nobody has seen it."""

        def seen(fate: str, why: str, key: str = "") -> Seen:
            return Seen(upload.name, draft.place, shown(draft.source.title, _TITLE_SHOWN), fate, why, key)

        if draft.source.title == UNTITLED:
            return seen("without a title", "it cannot be screened; look it up by its place in the file"), None
        found = self._known.compare(draft)
        same = next((d for d in found if d.action == "left-out"), None)
        if same is not None:
            return self._met_before(same, seen), None
        key = self._key(draft)
        source = draft.source
        record = Screened(
            key, source.title, search, when, "awaiting", year=source.year, doi=source.doi, pmid=source.pmid,
            registry=source.registry, url=source.url,
        )  # fmt: skip
        self._records[key] = record
        self._known.add(key, source, draft.study, "import", draft.publications)
        why = "; ".join(f"{'; '.join(d.why)}, as {d.of}: {_RELATION[d.action]}" for d in found)
        return seen("to screen", why or "nobody has seen it", key), record

    def _met_before(self, same: Duplicate, seen: Callable[[str, str, str], Seen]) -> Seen:
        why = "; ".join(same.why)
        if same.among == "import":
            return seen("twice", f"{why}, as {same.of} in these exports", same.of)
        if same.among == "catalogue":
            what = "a study of the review" if same.of in self._studies else "a reference of the review"
            return seen("known", f"{why}, as {same.of}, {what}", same.of)
        record = self._records[same.of]
        if record.decision == "included" and not record.study:
            return seen("drafted", f"{why}, as {same.of}, which was included", same.of)
        if record.decision in ("excluded", "report excluded"):
            told = f"{record.reason}{f' ({record.why})' if record.why else ''}"
            return seen("excluded before", f"{why}, as {same.of}: {told}", same.of)
        fate = "awaiting" if record.decision == "awaiting" else "known"
        return seen(fate, f"{why}, as {same.of}, which is {record.decision}", same.of)

    def _key(self, draft: Draft) -> str:
        parts = (
            slug(draft.author, 30) or "anonymous",
            str(draft.source.year or "undated"),
            slug(draft.source.title, 30),
        )
        wanted = "-".join(p for p in parts if p)
        key, n = wanted, 1
        while key in self._taken:
            n += 1
            key = f"{wanted}-{n}"
        self._taken.add(key)
        return key


_RELATION = {"cohort": "another report of the same trial", "kept": "looks alike; a person decides"}


def _search_of(upload: Upload, chosen: str, search: str) -> str:
    """The search that an export is of: its format says so, else a name in it, else the one that was told."""
    if chosen in _SEARCH_OF:
        return _SEARCH_OF[chosen]
    named = next((key for sign, key in _IN_RIS if sign.search(upload.text)), search)
    if not named:
        raise InputError(
            f'"{upload.name}" does not say of which search it is; say it with --search and one of '
            f"{', '.join(s.key for s in searches())}"
        )
    return named


def _run(upload: Upload, search: str, when: str, seen: Iterable[Seen]) -> Run:
    fates = [s.fate for s in seen]
    known = sum(f in ("known", "excluded before", "awaiting", "drafted") for f in fates)
    return Run(search, when, len(fates), known, fates.count("twice"), fates.count("without a title"), file=upload.name,
               sha256=upload.sha256)  # fmt: skip


def _day(text: str) -> str:
    if not text:
        return datetime.date.today().isoformat()
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise InputError(f'"{text[:40]}" is not a day; write it like 2026-12-01') from None
