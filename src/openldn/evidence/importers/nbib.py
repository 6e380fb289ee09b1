"""PubMed's own format (NBIB): one draft from each record. Tags: the National Library of Medicine's list."""

import re

from openldn.evidence.importers.citations import Citation, authors_line, draft_of, family_name, year_in
from openldn.evidence.importers.drafts import Draft
from openldn.evidence.importers.identifiers import UNTITLED, doi_in, pmid_in, registrations
from openldn.evidence.importers.reading import Upload
from openldn.evidence.importers.tagged import Tagged, read_tagged
from openldn.evidence.importers.words import clean
from openldn.notation import Source


def read_nbib(upload: Upload) -> tuple[list[Draft], list[str]]:
    """The drafts of a PubMed export, and notes about the file. Raises DataError when it is none or cut short."""
    records, outside = read_tagged(upload, begin="PMID")
    # PubMed ends every record with SO; if the others do and the last does not, the file was cut.
    if len(records) > 1 and not records[-1].first("SO") and all(r.first("SO") for r in records[:-1]):
        raise upload.error("breaks off in the last record: the download was cut short", records[-1].line)
    notes = [f"{outside} lines outside of any record were passed over"] if outside else []
    return [draft_of(_citation(r)) for r in records], notes


def _citation(record: Tagged) -> Citation:
    pmid = pmid_in(record.first("PMID"))
    notes = [] if pmid else [f'PMID "{clean(record.first("PMID"), 40)}" is not digits']
    names = [clean(n, 120) for n in (record.every("AU") or record.every("FAU", "CN"))]
    full = record.every("FAU") or names
    dois = [doi_in(v) for v in record.every("LID", "AID") if "[doi]" in v.casefold()]
    doi = next((d for d in dois if d), "") or doi_in(record.first("SO").partition("doi:")[2])
    pmc = re.search(r"PMC\d{1,9}", record.first("PMC"))
    registered = registrations(" | ".join(record.every("SI")))
    year = year_in(record.first("DP"), record.first("DEP"))
    if year is None:
        notes.append("no year stands in the record")
    title = clean(record.first("TI", "BTI", "TT"), 600)
    if not title:
        notes.append("no title stands in the record")
    source = Source(
        key="", kind="article-journal", title=title or UNTITLED, authors=authors_line(names), year=year,
        container=_container(record, year), doi=doi, pmid=pmid,
        registry=(*registered, *((pmc[0],) if pmc else ())),
        url=f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else "",
        note="Imported from PubMed's record; the publication was not read.",
    )  # fmt: skip
    return Citation(
        f"line {record.line}" + (f" (PMID {pmid})" if pmid else ""),
        family_name(full[0]) if full else "",
        source,
        tuple(clean(t, 80) for t in record.every("PT")),
        _headings(record),
        clean(record.first("AB"), 8_000),
        tuple(notes),
    )


def _headings(record: Tagged) -> tuple[str, ...]:
    """Subject headings without their qualifiers, those of the paper's main subjects (*) first."""
    found = sorted(record.every("MH", "OT"), key=lambda heading: "*" not in heading)
    return tuple(dict.fromkeys(clean(h.partition("/")[0], 120).replace("*", "") for h in found))


def _container(record: Tagged, year: int | None) -> str:
    journal, volume, issue, pages = (
        clean(record.first(*t), 120) for t in (("TA", "JT"), ("VI",), ("IP",), ("PG",))
    )
    where = volume + (f"({issue})" if issue else "") + (f":{pages}" if pages else "")
    return (f"{journal} {year or ''}".strip() + (f";{where}" if where else "")) if journal else ""
