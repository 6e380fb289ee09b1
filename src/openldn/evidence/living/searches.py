"""Where the review looks: each place with its exact string, the days on which it was run, what it finds and what it misses."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from openldn.evidence.prose import prose
from openldn.notation import Fingerprint, Record, read_toml

_FILE = Path(__file__).with_name("searches.toml")
KINDS = ("database", "register", "other")
_PAIRS = {"(": ")", "[": "]"}


@dataclass(frozen=True)
class Search:
    """`string` as it is typed there; `export`: how its records are saved, "" where they cannot be."""

    key: str
    name: str
    kind: str
    string: str
    export: str
    finds: str
    misses: str


@lru_cache(maxsize=1)
def searches() -> tuple[Search, ...]:
    """Every search in file order. Raises DataError with file, line and field."""
    return tuple(_search(key, r) for key, r in read_toml(_FILE).tables())


def searches_fingerprint() -> Fingerprint:
    return read_toml(_FILE).fingerprint


def _search(key: str, r: Record) -> Search:
    found = Search(
        key,
        r.text("name"),
        r.one_of("kind", KINDS),
        prose(r, "string"),
        r.text("export"),
        prose(r, "finds"),
        prose(r, "misses"),
    )
    if fault := unclosed(found.string):
        raise r.error(
            f"the search string has {fault}; close it, as the database would refuse or widen it", "string"
        )
    r.done()
    return found


def unclosed(string: str) -> str:
    """What does not close in a search string, "" when all does."""
    if string.count('"') % 2:
        return "a quote that does not close"
    bare, open_ = "".join(string.split('"')[::2]), []
    for sign in bare:
        if sign in _PAIRS:
            open_.append(_PAIRS[sign])
        elif sign in _PAIRS.values() and (not open_ or open_.pop() != sign):
            return f'a "{sign}" that nothing opened'
    return f'a bracket that does not close (a "{open_[-1]}" is missing)' if open_ else ""
