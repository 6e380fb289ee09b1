"""Where a number or a fact was read: one registry for every table, study and claim.

`sources.toml` beside this module holds one table per key. A key never changes; tables, studies and
claims cite it. References are printed in one built-in style, and exported as CSL-JSON for any other.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from openldn.notation.errors import UnknownName
from openldn.notation.records import Fingerprint, Record, TomlFile, read_toml

_FILE = Path(__file__).with_name("sources.toml")
KINDS = (
    "article-journal",
    "chapter",
    "paper-conference",
    "report",
    "webpage",
    "dataset",
    "label",
    "registry",
)
_DOI = re.compile(r"10\.\d{4,9}/\S+", re.IGNORECASE)


@dataclass(frozen=True)
class Source:
    """One reference. Fields that were not seen are empty, never guessed."""

    key: str
    kind: str
    title: str
    authors: str = ""
    year: int | None = None
    container: str = ""
    doi: str = ""
    pmid: str = ""
    registry: tuple[str, ...] = ()
    url: str = ""
    seen_at: tuple[str, ...] = ()
    note: str = ""

    def reference(self) -> str:
        """The reference in the built-in style: authors, title, container and year, identifier."""
        parts = [self.authors or "Authors not seen", self.title or "Title not seen", self.container]
        if self.year and str(self.year) not in self.container:
            parts.append(str(self.year))
        text = ". ".join(part.strip().rstrip(".") for part in parts if part) + "."
        for label, value in (("doi:", self.doi), ("PMID ", self.pmid), ("", ", ".join(self.registry))):
            if value:
                text += f" {label}{value}."
        return text

    def short(self) -> str:
        """First author and year, as in running text; the title where no author was seen."""
        words = re.split(r",| et al", self.authors)[0].split()
        initials = len(words) > 1 and words[-1].isupper()
        who = " ".join(words[:-1] if initials else words) or self.title
        return f"{who} {self.year}" if self.year else who

    def link(self) -> str:
        """An address that leads to the source, or "" when none is known."""
        if self.doi:
            return f"https://doi.org/{self.doi}"
        if self.pmid:
            return f"https://pubmed.ncbi.nlm.nih.gov/{self.pmid}/"
        nct = next((r for r in self.registry if r.startswith("NCT")), "")
        if nct:
            return f"https://clinicaltrials.gov/study/{nct}"
        return self.url or next(iter(self.seen_at), "")


def sources() -> dict[str, Source]:
    """Every source of the registry by key. Raises DataError when the file is damaged."""
    return _read()[0]


def sources_fingerprint() -> Fingerprint:
    """The Fingerprint of the registry."""
    return _read()[1]


def read_sources(file: TomlFile) -> dict[str, Source]:
    """The sources in `file`, one table each, by key. Raises DataError for a field that does not belong."""
    return {key: _source(key, record) for key, record in file.tables()}


def source(key: str) -> Source:
    """The source with this key. Raises UnknownName with the nearest key."""
    known = sources()
    if key not in known:
        raise UnknownName("source", key, known)
    return known[key]


def csl_json(keys: tuple[str, ...] | None = None) -> list[dict[str, Any]]:
    """The sources (all, or those with `keys`) as CSL-JSON items."""
    return [_csl(source(key)) for key in (keys if keys is not None else tuple(sources()))]


def is_doi(text: str) -> bool:
    """Whether `text` is a bare DOI: 10., a registrant and a suffix."""
    return _DOI.fullmatch(text) is not None


def _csl(s: Source) -> dict[str, Any]:
    kind = {"label": "document", "registry": "webpage"}.get(s.kind, s.kind)
    item: dict[str, Any] = {"id": s.key, "type": kind, "title": s.title}
    if s.authors:
        item["author"] = [_name(a) for a in re.split(r",\s*", s.authors) if a and a != "et al"]
    for name, value in (
        ("container-title", s.container),
        ("DOI", s.doi),
        ("PMID", s.pmid),
        ("URL", s.link()),
    ):
        if value:
            item[name] = value
    if s.year:
        item["issued"] = {"date-parts": [[s.year]]}
    return item


def _name(author: str) -> dict[str, str]:
    match = re.fullmatch(r"(?P<family>.+?)\s+(?P<given>[A-Z][A-Z\-]{0,4})(?: et al\.?)?", author.strip())
    return {"family": match["family"], "given": match["given"]} if match else {"literal": author.strip()}


@lru_cache(maxsize=1)
def _read() -> tuple[dict[str, Source], Fingerprint]:
    file = read_toml(_FILE)
    return read_sources(file), file.fingerprint


def _source(key: str, record: Record) -> Source:
    found = Source(
        key=key,
        kind=record.one_of("kind", KINDS),
        title=record.text("title", ""),
        authors=record.text("authors", ""),
        year=record.integer("year", None),
        container=record.text("container", ""),
        doi=record.text("doi", ""),
        pmid=record.text("pmid", ""),
        registry=record.texts("registry", ()),
        url=record.text("url", ""),
        seen_at=record.texts("seen_at", ()),
        note=record.text("note", ""),
    )
    if found.doi and not is_doi(found.doi):
        raise record.error(f'"{found.doi}" is not a DOI; it starts with 10. and a registrant', "doi")
    if not (found.title or found.container):
        raise record.error("a source needs a title or a container")
    record.done()
    return found
