"""The conditions under which studies and claims are filed, and every name that people give them.

`conditions.toml` holds one table per canonical key. A name is looked up without regard to upper and
lower case, hyphens, accents and apostrophes, so "Crohn's", "crohns" and "CROHN’S DISEASE" are one.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from openldn.evidence.prose import prose
from openldn.notation import DataError, Fingerprint, Record, UnknownName, read_toml

_FILE = Path(__file__).with_name("conditions.toml")
_APOSTROPHES = dict.fromkeys(map(ord, "'’‘`´ʼ"))


@dataclass(frozen=True)
class Condition:
    """One illness or, with `topic`, one heading such as safety.

    in_article: the article names it as a use or as a subject of research.
    order: its place in the article; what the article does not name comes after.
    related: keys whose studies a reader of this condition may want to see too.
    """

    key: str
    name: str
    aliases: tuple[str, ...]
    autoimmune: bool
    in_article: bool
    order: int
    topic: bool = False
    related: tuple[str, ...] = ()
    note: str = ""


def conditions() -> tuple[Condition, ...]:
    """All conditions in the article's order. Raises DataError when the file is damaged."""
    return tuple(sorted(_read()[0].values(), key=lambda c: c.order))


def condition(name: str) -> Condition:
    """The condition with this key, name or alias. Raises UnknownName with the nearest one."""
    by_key, by_name, _ = _read()
    key = by_name.get(folded(name))
    if key is None:
        raise UnknownName(
            "condition",
            name,
            {*by_key, *(a for c in by_key.values() for a in c.aliases)},
            listed="ldn evidence",
        )
    return by_key[key]


def conditions_fingerprint() -> Fingerprint:
    return _read()[2]


def folded(name: str) -> str:
    """`name` in lower case as plain words: no accents, apostrophes, hyphens or other signs."""
    plain = unicodedata.normalize("NFKD", name.translate(_APOSTROPHES)).casefold()
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    words = "".join(c if c.isalnum() else " " for c in letters).split()
    return " ".join(words)


@lru_cache(maxsize=1)
def _read() -> tuple[dict[str, Condition], dict[str, str], Fingerprint]:
    file = read_toml(_FILE)
    by_key = {key: _condition(key, record) for key, record in file.tables()}
    by_name: dict[str, str] = {}
    for key, found in by_key.items():
        for name in (key, found.name, *found.aliases):
            if by_name.setdefault(folded(name), key) != key:
                raise DataError(f'"{name}" names two conditions', file=file.name, field=f"{key}.aliases")
        for other in found.related:
            if other not in by_key:
                raise DataError(f'"{other}" is not a condition', file=file.name, field=f"{key}.related")
    return by_key, by_name, file.fingerprint


def _condition(key: str, record: Record) -> Condition:
    found = Condition(
        key=key,
        name=record.text("name"),
        aliases=record.texts("aliases", ()),
        autoimmune=record.flag("autoimmune"),
        in_article=record.flag("in_article"),
        order=record.integer("order"),
        topic=record.flag("topic", False),
        related=record.texts("related", ()),
        note=prose(record, "note", ""),
    )
    record.done()
    return found
