"""A file that a user has: opened with care, and recognised by what stands in it.

Refused with a message that names the way out: missing, empty, above 50 MB, not UTF-8, with NUL bytes, an
archive, a web page saved instead of the data, and every format that none of the importers knows.
"""

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

from openldn.notation import DataError, Limit, UnknownName, read_regular, text_of

FORMATS = {
    "ctgov": "ClinicalTrials.gov, JSON of its API version 2",
    "nbib": "PubMed, saved in the format PubMed (.nbib)",
    "ris": "RIS, as reference managers and Ovid export it",
}
SIZE_LIMIT = Limit(50_000_000, "bytes", "of a file to import")
RECORD_LIMIT = Limit(5_000, "records", "of one import")
_NAME_SHOWN = 80
_ARCHIVES = {
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF": "a PDF",
    b"7z\xbc\xaf": "a 7z archive",
}
_WIDE_TEXT = (b"\xff\xfe", b"\xfe\xff")
_WEB_PAGE = re.compile(
    r"\s*(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True)
class Upload:
    """The file's name without its folder, its text, and the SHA-256 of its bytes."""

    name: str
    text: str = field(repr=False)
    sha256: str = ""

    def error(self, message: str, line: int | None = None, place: str = "") -> DataError:
        """A DataError about this file."""
        return DataError(message, file=self.name, line=line, field=place)


def read_upload(path: Path) -> Upload:
    """The file at `path`. Raises DataError when it cannot be read, and for what it holds."""
    name = _shown(path.name)
    return upload_of(read_regular(path, SIZE_LIMIT, name=name), name)


def upload_of(raw: bytes, name: str) -> Upload:
    """The bytes of a file as an Upload; DataError when they are not text that an importer may read."""
    for start, kind in _ARCHIVES.items():
        if raw.startswith(start):
            raise DataError(f"is {kind}; give the text file itself", file=name)
    if raw.startswith(_WIDE_TEXT):
        raise DataError("is UTF-16 text; save it as UTF-8", file=name)
    if b"\x00" in raw:
        line = raw[: raw.index(b"\x00")].count(b"\n") + 1
        raise DataError("holds a NUL byte, which no text does; save the export again", file=name, line=line)
    text = text_of(raw, name)
    if not text.strip():
        raise DataError("is empty; save the export again", file=name)
    if _WEB_PAGE.match(text[:4000]):
        raise DataError(
            "is a web page saved instead of the data; use the page's own download or export", file=name
        )
    return Upload(name, text, hashlib.sha256(raw).hexdigest())


def format_of(upload: Upload, wanted: str | None = None) -> str:
    """The key in FORMATS of this file: `wanted`, else by its first signs.

    Raises UnknownName for a format that is not there and DataError when the text is of none.
    """
    if wanted is not None:
        if wanted not in FORMATS:
            raise UnknownName("format", wanted, FORMATS)
        return wanted
    head = upload.text.lstrip()[:20_000]
    if head[:1] in ("{", "["):
        return "ctgov"
    if re.search(r"^PMID ?- ?\d", head, re.MULTILINE):
        return "nbib"
    if re.search(r"^\s*TY  ?-", head, re.MULTILINE):
        return "ris"
    if head.startswith("<"):
        raise upload.error(
            "is XML, which is not read; save PubMed's results in the format PubMed, a trial as JSON"
        )
    ways = "; ".join(f"{key}: {words}" for key, words in FORMATS.items())
    raise upload.error(f"is in none of the formats that are read ({ways}); save it in one of them")


def _shown(name: str) -> str:
    plain = "".join(c if c.isprintable() else "?" for c in name)
    return plain if len(plain) <= _NAME_SHOWN else plain[: _NAME_SHOWN - 1] + "…"
