"""The tools for the risk of bias as data: domains by name, words from best to worst, how a whole is made of its parts.

RoB 2: a result is as good as its worst domain, and several domains of some concern may together be called high, which
the tool leaves to people. ROBINS-I: the same, but where a domain cannot be judged the whole cannot either, unless
another domain is serious already. Versions are kept apart, since ROBINS-I lost a domain between 2016 and 2025.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from openldn.notation import Fingerprint, InputError, Record, UnknownName, read_toml, sources

_FILE = Path(__file__).with_name("tools.toml")
NO_INFORMATION = "no information"  # the report was read, and does not say
NOT_READ = "not read"  # what would say it was not had
UNKNOWN = (NO_INFORMATION, NOT_READ)


@dataclass(frozen=True)
class Domain:
    """One kind of bias; `key` is how the data address it."""

    key: str
    name: str


@dataclass(frozen=True)
class Tool:
    """`words` from best to worst. counts_as: what a lack of information, or of reading, counts as for the
    overall judgement, "" if nothing.

    unless: without counts_as, a lack of information makes the whole unknown unless a domain is this bad.
    raise_from, raise_to, raise_domains: so many domains of the one word may be called the other by a judge.
    """

    key: str
    name: str
    version: str
    used_for: str
    words: tuple[str, ...]
    domains: tuple[Domain, ...]
    counts_as: str
    unless: str
    raise_from: str
    raise_to: str
    raise_domains: int
    sources: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(d.key for d in self.domains)

    def overall(self, judgements: Iterable[str]) -> str:
        """What the tool's algorithm makes of the judgements of its domains. Raises UnknownName for a word it lacks.

        Raises InputError when there is no judgement at all.
        """
        found = tuple(judgements)
        if not found:
            raise InputError(f"{self.name} has no judgement to go by; judge at least one domain")
        known = [self._rank(w) for w in found if w not in UNKNOWN]
        worst = max(known, default=-1)
        if len(known) == len(found):
            return self.words[worst]
        unknown = NOT_READ if NOT_READ in found else NO_INFORMATION
        if not known:
            return unknown
        if self.counts_as:
            return self.words[max(worst, self._rank(self.counts_as))]
        return self.words[worst] if worst >= self._rank(self.unless) else unknown

    def allowed(self, judgements: Iterable[str]) -> tuple[str, ...]:
        """The overall judgements that do not contradict the algorithm: its own, and what a judge may raise it to."""
        found = tuple(judgements)
        own = self.overall(found)
        same = sum(
            w == self.raise_from or (w in UNKNOWN and self.counts_as == self.raise_from) for w in found
        )
        if self.raise_domains and own == self.raise_from and same >= self.raise_domains:
            return own, self.raise_to
        return (own,)

    def _rank(self, word: str) -> int:
        if word not in self.words:
            raise UnknownName(f"judgement of {self.name}", word, (*self.words, *UNKNOWN))
        return self.words.index(word)


@lru_cache(maxsize=1)
def tools() -> tuple[Tool, ...]:
    """Every tool in file order. Raises DataError where the file is damaged."""
    return tuple(_tool(key, record) for key, record in read_toml(_FILE).tables())


def tool(key: str) -> Tool:
    """The tool with this key. Raises UnknownName."""
    for found in tools():
        if found.key == key:
            return found
    raise UnknownName("risk-of-bias tool", key, (t.key for t in tools()))


def tools_fingerprint() -> Fingerprint:
    return read_toml(_FILE).fingerprint


def _tool(key: str, r: Record) -> Tool:
    lack, lift = r.table("no_information"), r.table("raise", None)
    found = Tool(
        key=key,
        name=r.text("name"),
        version=r.text("version"),
        used_for=r.text("for"),
        words=r.texts("words"),
        domains=tuple(_domain(d) for d in r.tables("domains")),
        counts_as=lack.text("counts_as", ""),
        unless=lack.text("unless", ""),
        raise_from=lift.text("from") if lift else "",
        raise_to=lift.text("to") if lift else "",
        raise_domains=lift.integer("domains") if lift else 0,
        sources=r.texts("sources"),
    )
    for word in filter(None, (found.counts_as, found.unless, found.raise_from, found.raise_to)):
        if word not in found.words:
            raise r.error(f'"{word}" is not among its words', "words")
    if len(set(found.keys)) != len(found.keys):
        raise r.error("two domains have one key", "domains")
    for source in found.sources:
        if source not in sources():
            raise r.error(f'source "{source}" is not known', "sources")
    for part in (r, lack, *((lift,) if lift else ())):
        part.done()
    return found


def _domain(r: Record) -> Domain:
    found = Domain(r.text("key"), r.text("name"))
    r.done()
    return found
