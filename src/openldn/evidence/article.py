"""The article that the claims are from, sentence by sentence: which claims each sentence makes, or why it makes none.

`article.toml` knows how far the article was seen. Up to there a number counts its sentences, headings included; later
numbers are places in the order of the claims.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from openldn.evidence.claims import Claim, claims
from openldn.evidence.prose import prose
from openldn.notation import Fingerprint, Record, UnknownName, read_toml, sources

_FILE = Path(__file__).with_name("article.toml")


@dataclass(frozen=True)
class Sentence:
    """One sentence of the article by its number. seen: on a page, by us. silent: why it has no claim, "" where it has."""

    number: int
    claims: tuple[Claim, ...]
    heading: bool
    seen: bool
    silent: str


@dataclass(frozen=True)
class Article:
    """`source` is a registry key; `sentences` run from 1 to the last without a gap; `unseen` says why not all were seen."""

    source: str
    sentences: tuple[Sentence, ...]
    unseen: str

    @property
    def seen_to(self) -> int:
        """The number of the last sentence that was seen."""
        return max(s.number for s in self.sentences if s.seen)


def article() -> Article:
    """The article. Raises DataError where a sentence has neither a claim nor a reason for having none, or has both."""
    return _read()[0]


def article_fingerprint() -> Fingerprint:
    return _read()[1]


@lru_cache(maxsize=1)
def _read() -> tuple[Article, Fingerprint]:
    file = read_toml(_FILE)
    root = file.root()
    source = root.one_of("source", tuple(sources()))
    seen_to, last = root.integer("seen_to"), root.integer("last")
    unseen = prose(root, "why_not_all", "")
    silent, headings = {}, set()
    for r in root.tables("silent"):
        number = r.integer("sentence")
        silent[number] = prose(r, "why")
        if r.flag("heading", False):
            headings.add(number)
        r.done()
    for r in root.tables("headings"):
        headings.add(_heading(r))
    made: dict[int, list[Claim]] = {}
    for c in claims():
        for number in c.sentence:
            made.setdefault(number, []).append(c)
    if beyond := sorted(n for n in {*made, *silent, *headings} if n > last):
        raise root.error(
            f"sentence {beyond[0]} has a claim or a reason and is beyond the last, {last}", "last"
        )
    for number in range(1, last + 1):
        if (number in made) == (number in silent):
            what = (
                "a claim and is called silent"
                if number in made
                else "neither a claim nor a reason for having none"
            )
            raise root.error(f"sentence {number} has {what}", "silent")
    root.done()
    found = tuple(
        Sentence(n, tuple(made.get(n, ())), n in headings, n <= seen_to, silent.get(n, ""))
        for n in range(1, last + 1)
    )
    return Article(source, found, unseen), file.fingerprint


def _heading(r: Record) -> int:
    number, name = r.integer("sentence"), r.text("claim")
    r.done()
    by_id = {c.id: c for c in claims()}
    if name not in by_id:
        raise r.error(str(UnknownName("claim", name, by_id)), "claim")
    if number not in by_id[name].sentence:
        raise r.error(f"claim {name} is of sentence {by_id[name].sentence[0]}, not {number}", "sentence")
    return number
