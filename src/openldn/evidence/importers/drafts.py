"""What an importer makes of one record: a reference, a study if there is enough for one, and notes.

A draft has no key yet: `importing` gives it one when it is known which keys are taken. Every study is
provisional. What had to be guessed is named in the study's `not_seen`; what was left out is a note.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from openldn.evidence.conditions import conditions, folded
from openldn.evidence.study import Study
from openldn.notation import Fingerprint, Source

# How the notes of `file_under` begin; they go when a person names the condition.
FILING_NOTES = ("filed under", "the condition is none of ours")
_LONG_ENOUGH = 5
NOT_A_FILE = Fingerprint("", "")


@dataclass(frozen=True)
class Draft:
    """One record of an import. `place` says where it stands in the file, `author` gives it a name.

    study: None when the file does not say enough to call it one.
    publications: PMIDs that the record names as reports of its own results.
    """

    place: str
    author: str
    source: Source
    study: Study | None
    condition: str
    notes: tuple[str, ...] = ()
    publications: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Filed:
    """A condition's key for a record; `seen`: the record names it in so many words."""

    key: str
    seen: bool
    note: str = ""


def file_under(listed: Sequence[str], running: Sequence[str]) -> Filed:
    """The condition to file a record under: by its own list of conditions, else by words in its titles.

    When none of ours is in either, the key is the first of the list as a slug, which the catalogue
    refuses until somebody sets it.
    """
    names = _names()
    for name in map(folded, listed):
        if name in names:
            return Filed(names[name], True)
    for text in (*listed, *running):
        if key := _mentioned(text, names):
            return Filed(key, False, f'filed under "{key}" by a word in the text; say if that is right')
    key = slug(listed[0], 40) if listed else ""
    return Filed(
        key or "condition-not-told", False, "the condition is none of ours; set it, or give --condition"
    )


def slug(text: str, limit: int) -> str:
    """`text` in the signs a-z, 0-9 and "-" only, at most `limit` of them, "" when none is left."""
    ascii_only = folded(text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")[:limit].strip("-")


def _mentioned(text: str, names: Mapping[str, str]) -> str:
    """The key of the condition with the longest name in `text`; short names are too common as words."""
    padded = f" {folded(text)} "
    found = [name for name in names if len(name) >= _LONG_ENOUGH and f" {name} " in padded]
    return names[max(found, key=len)] if found else ""


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Every folded name of an illness with its key. Topics such as safety are left out: any paper has the word."""
    return {folded(name): c.key for c in conditions() if not c.topic for name in (c.key, c.name, *c.aliases)}
