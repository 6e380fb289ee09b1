"""RIS, as reference managers and databases export it: one draft from each record.

Lax where exporters are: headers and numbers between records (Ovid), an accession number under AN or ID
that is a PMID if the database is MEDLINE or PubMed, a PMID under C5 (Embase), pages "No" to "Specified" (PsycINFO), dates
such as "2014//", records none of which has an `ER`. EBSCOhost (CINAHL) writes the DOI under L3 and the PMID among its
notes, "PMID: NLM12345678".
"""

import re

from openldn.evidence.importers.citations import Citation, authors_line, draft_of, family_name, year_in
from openldn.evidence.importers.drafts import Draft
from openldn.evidence.importers.identifiers import UNTITLED, doi_in, pmid_in, registrations
from openldn.evidence.importers.reading import Upload
from openldn.evidence.importers.tagged import Tagged, read_tagged
from openldn.evidence.importers.words import clean
from openldn.notation import Source

_KINDS = {
    "CHAP": "chapter", "BOOK": "chapter", "CONF": "paper-conference", "CPAPER": "paper-conference", "RPRT": "report",
    "ELEC": "webpage", "DATA": "dataset", "WEB": "webpage",
}  # fmt: skip
_LONG_ID = 5
_DOI_TAGS = (
    "DO",
    "DI",
    "L3",
    "L2",
    "L1",
    "UR",
    "LK",
    "ID",
    "AN",
    "M3",
    "N1",
)  # the tag of its own first, prose last
_NOTED = re.compile(r"\bPMID:? *(?:NLM)?(\d{1,8})\b", re.IGNORECASE)
_MEDLINE = re.compile(r"medline|pubmed|\bNLM\b", re.IGNORECASE)


def read_ris(upload: Upload) -> tuple[list[Draft], list[str]]:
    """The drafts of a RIS file, and notes about it. Raises DataError when it is none or cut short."""
    records, outside = read_tagged(upload, begin="TY", end="ER")
    ended = sum(r.ended for r in records)
    # Some exporters write no ER at all. One record alone cannot tell that from a file cut short.
    if not records[-1].ended and (ended or len(records) == 1):
        raise upload.error(
            'breaks off in the last record, which has no "ER": it was cut short', records[-1].line
        )
    notes = [f"{outside} lines outside of any record were passed over"] if outside else []
    if ended < len(records):
        notes.append(
            f'{len(records) - ended} of {len(records)} records have no "ER"; each ends where the next begins'
        )
    return [draft_of(_citation(r)) for r in records], notes


def _citation(record: Tagged) -> Citation:
    names = [clean(n, 120) for n in record.every("AU", "A1")]
    addresses = record.every("UR", "L2", "LK", "L1", "L3")
    doi = next((d for v in record.every(*_DOI_TAGS) if (d := doi_in(v))), "")
    pmid = _pmid(record, addresses)
    registered = registrations(" | ".join((*record.every("C1", "C2", "C3", "CN", "AN", "M1"), *addresses)))
    pmc = re.search(r"\bPMC\d{1,9}\b", " ".join(record.every("C2", "PM")))
    year = year_in(*record.every("PY", "Y1", "DA", "YR"))
    title = clean(record.first("TI", "T1", "CT", "BT"), 600)
    notes = [note for missing, note in (
        (not title, "no title stands in the record"), (year is None, "no year stands in the record"),
        (not names, "no author stands in the record"),
    ) if missing]  # fmt: skip
    address = next((clean(u, 300) for u in addresses if re.match(r"https?://[^\s\"<>]+$", u)), "")
    source = Source(
        key="", kind=_KINDS.get(record.first("TY").upper(), "article-journal"),
        title=title or UNTITLED, authors=authors_line(names), year=year,
        container=_container(record, year), doi=doi, pmid=pmid, registry=(*registered, *((pmc[0],) if pmc else ())),
        url=address, note="Imported from a RIS file; the publication was not read.",
    )  # fmt: skip
    return Citation(
        f"line {record.line}",
        family_name(names[0]) if names else "",
        source,
        tuple(clean(t, 80) for t in record.every("PT", "M3")),
        tuple(clean(t, 120).replace("*", "") for t in record.every("KW")),
        clean(record.first("AB", "N2"), 8_000),
        tuple(notes),
    )


def _pmid(record: Tagged, addresses: list[str]) -> str:
    linked = next((p for a in addresses if not a.strip().isdecimal() and (p := pmid_in(a))), "")
    if linked:
        return linked
    if noted := _NOTED.search(" ".join(record.every("N1"))):
        return pmid_in(noted[1])
    databases = record.every("DB", "DP")
    if any("embase" in v.casefold() for v in databases):
        of_embase = next((p for v in record.every("C5") if v.isdecimal() and (p := pmid_in(v))), "")
        if of_embase:
            return of_embase
    medline = any(_MEDLINE.search(v) for v in databases)
    # A short number under ID is more likely the place of a record in its list.
    numbers = [*record.every("AN", "PM"), *(v for v in record.every("ID") if len(v) >= _LONG_ID)]
    return next((p for v in numbers if v.isdecimal() and (p := pmid_in(v))), "") if medline else ""


def _container(record: Tagged, year: int | None) -> str:
    journal = clean(record.first("JA", "J2", "JO", "JF", "T2", "BT", "T3"), 160)
    volume, issue, first, last = (clean(record.first(t), 40) for t in ("VL", "IS", "SP", "EP"))
    if (first.casefold(), last.casefold()) == ("no", "specified"):
        first = last = ""
    pages = f"{first}-{last}" if first and last and "-" not in first else first or last
    where = volume + (f"({issue})" if issue else "") + (f":{pages}" if pages else "")
    return (f"{journal} {year or ''}".strip() + (f";{where}" if where else "")) if journal else ""
