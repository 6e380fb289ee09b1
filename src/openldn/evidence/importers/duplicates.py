"""Which records are already there, and which are a second publication of one trial.

The same publication (one DOI, PMID or PMC number; one registration's own record; one title without
identifiers that disagree) is left out. Another publication of the same trial (a shared registration, or a
registry that names it as its report) stays and gets the same `cohort`: its persons must not be counted twice.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, islice

from openldn.evidence.importers.drafts import Draft
from openldn.evidence.importers.identifiers import marks
from openldn.evidence.study import Study
from openldn.notation import Limit, Source

MOST_ALIKE = Limit(25, "publications of one mark", "with which a record to import is compared")
_PUBLICATION = ("DOI", "PMID", "PMC")
Mark = tuple[str, str]


@dataclass(frozen=True)
class Duplicate:
    """`record` is where it stands in the file, `of` the key of the other, `among` catalogue or import.

    action: left-out, cohort (kept, and linked by `cohort`), or kept (looks alike; a person decides).
    """

    record: str
    title: str
    of: str
    among: str
    why: tuple[str, ...]
    action: str
    cohort: str = ""


@dataclass
class Known:
    """Every publication met so far, found by its marks."""

    entries: list[tuple[str, Source, Study | None, str]] = field(default_factory=list)
    of_studies: dict[Mark, list[int]] = field(default_factory=lambda: defaultdict(list))
    of_pages: dict[Mark, list[int]] = field(default_factory=lambda: defaultdict(list))
    reports: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    cohorts: dict[str, str] = field(default_factory=dict)

    def add(
        self, key: str, source: Source, study: Study | None, among: str, reports: Iterable[str] = ()
    ) -> None:
        """Enter a publication under its key."""
        place = len(self.entries)
        self.entries.append((key, source, study, among))
        for mark in marks(source):
            (self.of_pages if study is None else self.of_studies)[mark].append(place)
        for pmid in reports:
            self.reports[pmid].append(place)
        if study is not None and study.cohort:
            self.cohorts[key] = study.cohort

    def compare(self, draft: Draft) -> tuple[Duplicate, ...]:
        """What `draft` duplicates or belongs to: one Duplicate that leaves it out, else all others."""
        near, more = self._near(draft)
        found = [d for place in near if (d := self._relation(draft, place))]
        gone = next((d for d in found if d.action == "left-out"), None)
        if found and more:
            found[-1] = replace(found[-1], why=(*found[-1].why, f"and {more:,} more with the same mark"))
        return (gone,) if gone else tuple(found)

    def _near(self, draft: Draft) -> tuple[list[int], int]:
        """The publications to compare with, and how many more share a mark with too many others to be looked at."""
        near, more = set[int](), 0
        for mark in (*marks(draft.source), *(("PMID", pmid) for pmid in draft.publications)):
            sharing = (self.of_studies.get(mark, ()), self.of_pages.get(mark, ()))
            near.update(islice(chain(*sharing), MOST_ALIKE))
            more = max(more, sum(map(len, sharing)) - MOST_ALIKE)
        if draft.source.pmid:
            near.update(self.reports.get(draft.source.pmid, ())[:MOST_ALIKE])
        # A source on which a study rests goes before a page that only quotes it.
        return sorted(near, key=lambda place: (self.entries[place][2] is None, place)), more

    def _relation(self, draft: Draft, place: int) -> Duplicate | None:
        key, source, study, among = self.entries[place]
        mine, theirs = set(marks(draft.source)), set(marks(source))
        shared = sorted(mine & theirs)
        same = [(kind, value) for kind, value in shared if kind in _PUBLICATION]
        trial = [value for kind, value in shared if kind == "registration"]
        both_registry = draft.source.kind == source.kind == "registry"
        apart = tuple(_disagreements(draft.source, source))
        why = tuple(
            f"same {kind} {value}" for kind, value in (*same, *(("registration", t.upper()) for t in trial))
        )
        alike = any(kind == "title" for kind, _ in shared)

        def result(action: str, *reasons: str, cohort: str = "") -> Duplicate:
            title = draft.source.title[:120]
            return Duplicate(draft.place, title, key, among, (*why, *reasons), action, cohort)

        if (
            both_registry
            and trial
            and _has_results(draft.study)
            and study is not None
            and not _has_results(study)
        ):
            return result("kept", "the record there is from before results were posted")
        if same or (both_registry and trial):
            return result("kept", *apart) if apart else result("left-out")
        reviews = any(s is not None and s.is_review for s in (study, draft.study))
        told = source.pmid and source.pmid in draft.publications
        tells = draft.source.pmid and place in self.reports.get(draft.source.pmid, ())
        if (trial or told or tells) and not reviews:
            cohort = self.cohorts.get(key) or (trial[0] if trial else key)
            self.cohorts.setdefault(key, cohort)
            reasons = ("named by the registry as a report of this trial",) if told or tells else ()
            return result("cohort", *reasons, cohort=cohort)
        if alike and draft.source.kind == source.kind and _years_meet(draft.source, source):
            return result("kept", "same title", *apart) if apart else result("left-out", "same title")
        return result("kept", "same title", *apart) if alike else None


def _disagreements(a: Source, b: Source) -> Iterator[str]:
    if a.doi and b.doi and a.doi.casefold() != b.doi.casefold():
        yield f"but DOI {a.doi} is not {b.doi}"
    if a.pmid and b.pmid and a.pmid.lstrip("0") != b.pmid.lstrip("0"):
        yield f"but PMID {a.pmid} is not {b.pmid}"


def _has_results(study: Study | None) -> bool:
    return study is not None and study.design != "protocol"


def _years_meet(a: Source, b: Source) -> bool:
    """Ahead of print and in print may be a year apart."""
    return a.year is None or b.year is None or abs(a.year - b.year) <= 1
