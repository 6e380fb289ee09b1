"""Records of tagged lines, as PubMed (NBIB) and RIS write them.

    TI  - A title that goes on
          in the next line
    AU  - Doe J

One reader for both: a tag of two to four letters, spaces and a hyphen begins a field, an indented line
goes on with it. What stands between records (numbers, headers of Ovid) is counted and passed over. Our own,
because of what the packages do with a damaged file: `nbib` (last released in 2021) raises its own error at
the first surprise, `rispy` drops a record without an end in silence, and neither says on which line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from openldn.evidence.importers.reading import RECORD_LIMIT, Upload

_FIELD = re.compile(r"\s{0,3}(?P<tag>[A-Z][A-Z0-9]{1,3}) {0,3}-(?: (?P<value>.*)|\s*)$")
_FIELD_LIMIT = 20_000


@dataclass(frozen=True)
class Tagged:
    """One record; `line` is where it begins. `ended`: its end tag was there."""

    line: int
    fields: dict[str, list[str]] = field(repr=False)
    ended: bool = False

    def first(self, *tags: str) -> str:
        """The first value of the first of these tags that the record has, else ""."""
        return next((v for tag in tags for v in self.fields.get(tag, ()) if v), "")

    def every(self, *tags: str) -> list[str]:
        """All values of these tags, in their order."""
        return [v for tag in tags for v in self.fields.get(tag, ()) if v]


def read_tagged(upload: Upload, *, begin: str, end: str = "") -> tuple[list[Tagged], int]:
    """The records of `upload`, each from a `begin` tag on, and how many lines stand outside of them.

    Raises DataError when there is no record, or when there are too many.
    """
    records = list(_records(upload, begin, end))
    found, outside = [r for r in records if isinstance(r, Tagged)], sum(isinstance(r, int) for r in records)
    if not found:
        raise upload.error(f'holds no record: no line begins with the tag "{begin}"')
    return found, outside


def _records(upload: Upload, begin: str, end: str) -> Iterator[Tagged | int]:
    current: dict[str, list[list[str]]] | None = None
    start, last, count = 0, "", 0
    # splitlines() would also break at signs that stand inside text, such as U+2028.
    for number, line in enumerate(re.split(r"\r\n|\r|\n", upload.text), 1):
        match = _FIELD.match(line)
        tag = match["tag"] if match else ""
        if match and tag == begin:
            if current is not None:
                yield Tagged(start, _joined(current))
            count += 1
            if count > RECORD_LIMIT:
                raise upload.error(
                    f"holds more than {int(RECORD_LIMIT):,} records; the limit is {RECORD_LIMIT}: import fewer at a time",
                    number,
                )
            current, start = {}, number
        if current is None:
            if line.strip():
                yield number
            continue
        if match and end and tag == end:
            yield Tagged(start, _joined(current), ended=True)
            current = None
        elif match:
            current.setdefault(tag, []).append([match["value"] or ""])
            last = tag
        elif line.strip() and last and (line[:1].isspace() or end):
            current[last][-1].append(line)
    if current is not None:
        yield Tagged(start, _joined(current))


def _joined(fields: dict[str, list[list[str]]]) -> dict[str, list[str]]:
    return {
        tag: [" ".join(part.strip() for part in parts).strip()[:_FIELD_LIMIT] for parts in values]
        for tag, values in fields.items()
    }
