"""Identifiers of trials and publications in running text, each in the one form that our files use.

A registration is written as the registry writes it ("NCT01234567", "EudraCT 2019-000702-30"), a DOI bare,
a PMID as digits. Two titles are the same when their letters and digits are.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from openldn.evidence.conditions import folded
from openldn.notation import Source, is_doi

_FLAGS = re.IGNORECASE | re.ASCII
_REGISTRIES = (
    re.compile(r"\b(NCT)[ -]?(\d{8})\b", _FLAGS),
    re.compile(r"\b(ISRCTN)[ -]?(\d{8})\b", _FLAGS),
    re.compile(r"\b(ACTRN)[ -]?(\d{14})\b", _FLAGS),
    re.compile(r"\b(DRKS)[ -]?(\d{8})\b", _FLAGS),
    re.compile(r"\b(UMIN)[ -]?(\d{9})\b", _FLAGS),
    re.compile(r"\b(jRCTs?)(\d{9,10})\b", _FLAGS),
    re.compile(r"\b(IRCT)[ -]?(\d{6,20}N\d{1,4})\b", _FLAGS),
    re.compile(r"\b(ChiCTR)[ -]?((?:[A-Z]{2,6}-)?\d{8,10})\b", _FLAGS),
    re.compile(r"\b(CTRI)(/\d{4}/\d{2,3}/\d{6})\b", _FLAGS),
    re.compile(r"\b(PACTR)[ -]?(\d{12,15})\b", _FLAGS),
    re.compile(r"\b(KCT)[ -]?(\d{7})\b", _FLAGS),
    re.compile(r"\b(NTR)[ -]?(\d{3,5})\b", re.ASCII),
    re.compile(r"\b(TCTR)[ -]?(\d{11})\b", _FLAGS),
)
_AS_WRITTEN = {"jrct": "jRCT", "jrcts": "jRCTs", "chictr": "ChiCTR"}
# Years from 2004 on, six digits and two: nothing else looks like that.
_EUDRACT = re.compile(r"(?<![\d-])(20\d{2}-\d{6}-\d{2})(?:-\d{2})?(?!-?\d)", re.ASCII)
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>\[\]]+", _FLAGS)
_PMID_URL = re.compile(
    r"(?:pubmed\.ncbi\.nlm\.nih\.gov|ncbi\.nlm\.nih\.gov/pubmed)/(\d{1,8})\b", re.IGNORECASE
)
TITLE_AT_LEAST = 20
UNTITLED = "Title not seen"


def registrations(text: str) -> tuple[str, ...]:
    """Every trial registration in `text`, in order, each once."""
    found = [(m.start(), _AS_WRITTEN.get(m[1].casefold(), m[1].upper()) + m[2].upper()) for p in _REGISTRIES
             for m in p.finditer(text)]  # fmt: skip
    found += [(m.start(), "EudraCT " + m[1]) for m in _EUDRACT.finditer(text)]
    return tuple(dict.fromkeys(name for _, name in sorted(found)))


def doi_in(text: str) -> str:
    """The first DOI in `text`, bare, whether it stands alone, after "doi:" or in an address; "" if none."""
    match = _DOI.search(unquote(text) if "%2f" in text.casefold() else text)
    if not match:
        return ""
    found = match[0].rstrip(".,;:")
    while found.endswith(")") and found.count(")") > found.count("("):
        found = found[:-1].rstrip(".,;:")
    return found if is_doi(found) else ""


def pmid_in(text: str) -> str:
    """The PMID that `text` is or links to; "" if it is neither."""
    plain = text.strip()
    if re.fullmatch(r"[0-9]{1,8}", plain):
        return plain.lstrip("0")
    match = _PMID_URL.search(plain)
    return match[1].lstrip("0") if match else ""


def folded_title(title: str) -> str:
    """Letters and digits of a title in lower case; "" when they are too few to tell two papers apart."""
    plain = folded(title)
    return plain if len(plain) >= TITLE_AT_LEAST else ""


def marks(source: Source) -> Iterator[tuple[str, str]]:
    """What a source can be recognised by, as (kind, value): doi, pmid, pmc, registration, title."""
    if source.doi:
        yield "DOI", source.doi.casefold()
    if source.pmid:
        yield "PMID", source.pmid.lstrip("0")
    for mark in source.registry:
        if mark.upper().startswith("PMC"):
            yield "PMC", mark.upper()
        else:
            yield "registration", mark.casefold()
    if title := folded_title(source.title):
        yield "title", title
