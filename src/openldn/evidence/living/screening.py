"""What was seen by each run of a search, and what became of every record: the data behind the flow."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path

from openldn.evidence.catalogue import study
from openldn.evidence.importers.identifiers import marks
from openldn.evidence.importers.writing import toml_value
from openldn.evidence.living.protocol import day
from openldn.evidence.living.searches import searches
from openldn.evidence.prose import prose
from openldn.notation import Fingerprint, OpenLDNError, Record, Source, TomlFile, read_toml

_FILE = Path(__file__).with_name("screening.toml")
# In the order of the flow: by title and abstract, then by report.
DECISIONS = ("awaiting", "excluded", "not retrieved", "report excluded", "included")
REASONS = {
    "not naltrexone": "another drug, or the word in passing",
    "not a low dose": "doses above the low ones that no claim leans on",
    "not people": "animals, cells or tissue",
    "no study of its own": "a review without a synthesis, a comment, news, advice",
    "single case": "one person whom the article does not lean on",
    "no outcome of health or harm": "chemistry, a method, costs",
    "the same report again": "a copy or a mirror of a record that stands here",
    "report of an included study": "it adds no figure of its own",
    "withdrawn before anybody took part": "a registered trial that never began",
    "other": "said in `why`",
}
_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")


@dataclass(frozen=True)
class Run:
    """One search on one day: how many records came; of these, known before, or one record twice, or without a title."""

    search: str
    date: str
    records: int
    known: int = 0
    twice: int = 0
    untitled: int = 0
    string: str = ""
    file: str = ""
    sha256: str = ""

    @property
    def new(self) -> int:
        return self.records - self.known - self.twice - self.untitled


@dataclass(frozen=True)
class Screened:
    """One record. `decision` is one of DECISIONS; a reason, one of REASONS, goes with what was excluded.

    study: of an included record, the study that it is a report of, "" until its draft has become one.
    """

    key: str
    title: str
    search: str
    date: str
    decision: str
    reason: str = ""
    why: str = ""
    study: str = ""
    year: int | None = None
    doi: str = ""
    pmid: str = ""
    registry: tuple[str, ...] = ()
    url: str = ""

    def as_source(self) -> Source:
        """The record as a reference, to be recognised by."""
        kind = "registry" if self.registry and not (self.doi or self.pmid) else "article-journal"
        return Source(self.key, kind, self.title, year=self.year, doi=self.doi, pmid=self.pmid, registry=self.registry,
                      url=self.url)  # fmt: skip


@dataclass(frozen=True)
class Screening:
    """Runs and records, in file order."""

    runs: tuple[Run, ...]
    records: tuple[Screened, ...]
    fingerprint: Fingerprint | None = field(default=None, repr=False)

    def and_also(self, more: "Screening") -> "Screening":
        """These and those of another file."""
        return Screening((*self.runs, *more.runs), (*self.records, *more.records), self.fingerprint)


@lru_cache(maxsize=1)
def screening() -> Screening:
    """What the project screened. Raises DataError with file, line and field."""
    return read_screening(read_toml(_FILE))


def screening_fingerprint() -> Fingerprint:
    return read_toml(_FILE).fingerprint


def read_screening(file: TomlFile) -> Screening:
    """The runs and records in `file`.

    Raises DataError for a field amiss, a record that two entries share, and a day whose records do not add up.
    """
    root = file.root()
    runs = tuple(_run(r) for r in root.tables("run"))
    rows = root.tables("record")
    records = tuple(_record(r) for r in rows)
    root.done()
    seen: dict[tuple[str, str], int] = {}
    for i, (record, row) in enumerate(zip(records, rows, strict=True)):
        own = (mark for mark in marks(record.as_source()) if mark[0] in ("DOI", "PMID", "PMC"))
        for kind, value in (("key", record.key), *own):
            if (other := seen.setdefault((kind, value), i)) != i:
                raise row.error(
                    f'"{record.key}" and "{records[other].key}" have the same {kind}, {value}; keep one',
                    "key",
                )
    _add_up(file, runs, records)
    return Screening(runs, records, file.fingerprint)


def screening_text(s: Screening) -> str:
    """The file of runs and records; the way back through `read_screening` gives the same."""
    blocks = [
        _block(name, item) for name, items in (("run", s.runs), ("record", s.records)) for item in items
    ]
    return "\n\n".join(blocks) + "\n"


def _block(name: str, item: Run | Screened) -> str:
    given = ((f.name, getattr(item, f.name)) for f in fields(item))
    lines = (f"{key} = {toml_value(v)}" for key, v in given if v not in ("", None, (), 0) or key == "records")
    return "\n".join((f"[[{name}]]", *lines))


def _add_up(file: TomlFile, runs: Iterable[Run], records: Iterable[Screened]) -> None:
    new = Counter[tuple[str, str]]()
    for run in runs:
        new[run.search, run.date] += run.new
    have = Counter((r.search, r.date) for r in records)
    for search, date in sorted(new.keys() | have.keys()):
        if new[search, date] != have[search, date]:
            root = file.root()
            raise root.error(
                f"the runs of {search} on {date} brought {new[search, date]} new records, and {have[search, date]} are listed; "
                "mend whichever is wrong", "run",
            )  # fmt: skip


def _run(r: Record) -> Run:
    found = Run(
        r.one_of("search", tuple(s.key for s in searches())), day(r, "date"), r.integer("records"), r.integer("known", 0),
        r.integer("twice", 0), r.integer("untitled", 0), prose(r, "string", ""), r.text("file", ""), r.text("sha256", ""),
    )  # fmt: skip
    if min(found.records, found.known, found.twice, found.untitled, found.new) < 0:
        raise r.error(
            f"{found.records} records cannot be made up of these parts; a count is negative", "records"
        )
    r.done()
    return found


def _record(r: Record) -> Screened:
    found = Screened(
        r.text("key"), prose(r, "title"), r.one_of("search", tuple(s.key for s in searches())), day(r, "date"),
        r.one_of("decision", DECISIONS), r.one_of("reason", tuple(REASONS), ""), prose(r, "why", ""), r.text("study", ""),
        r.integer("year", None), r.text("doi", ""), r.text("pmid", ""), r.texts("registry", ()), r.text("url", ""),
    )  # fmt: skip
    if not _KEY.fullmatch(found.key):
        raise r.error(f'"{found.key}" is no key; use up to 80 of a to z, 0 to 9 and hyphens', "key")
    if not found.title:
        raise r.error("a record without a title cannot be screened; take it from its page", "title")
    if (found.decision in ("excluded", "report excluded")) != bool(found.reason):
        raise r.error(f'"{found.decision}" {"needs" if not found.reason else "takes no"} reason', "reason")
    if found.study:
        if found.decision != "included":
            raise r.error("only what is included has a study", "study")
        try:
            study(found.study)
        except OpenLDNError as error:
            raise r.error(str(error), "study") from None
    r.done()
    return found
