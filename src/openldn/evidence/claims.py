"""The article's claims, one block each: what it says in our words, what the sources say, and why.

One reason of at most 40 words stands in front, the rest behind it. `sentence` numbers the sentences of the
article (see `article.py`) that make the claim.

A verdict is a proposal by people who read mostly abstracts; `reading` says so. `computed` names
statements of the model that belong beside a claim; they are worked out elsewhere and attached there.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from openldn.evidence.catalogue import studies
from openldn.evidence.conditions import condition, conditions
from openldn.evidence.prose import prose
from openldn.evidence.questions import questions
from openldn.notation import DataError, Fingerprint, Record, UnknownName, read_toml, sources

VERDICTS = {
    "supported": "the sources say so too",
    "partly": "true in part, or true with a limit that the article leaves out",
    "contradicted": "the sources say otherwise",
    "unverified": "no source found that bears it out or refutes it",
    "inconsistent": "the article contradicts itself",
}
KINDS = ("history", "status", "dose", "safety", "mechanism", "efficacy")
CONFIDENCES = ("likely", "possible", "none")
COMPUTED = (
    "blockade_by_dose",
    "hours_blocked",
    "endorphin_rise",
    "net_tone",
    "tlr4_margin",
    "nox2_margin",
    "low_dose_withdrawal",
    "reward_left",
    "rebound_after_stop",
    "endorphin_threshold",
    "growth_factor_rule",
    "immune_messengers",
    "side_effects",
)
NONE_FOUND = "none found"
WORDS_OF_A_REASON = 40

_FOLDER = Path(__file__).with_name("claims")
_MORE = 2


@dataclass(frozen=True)
class Mark:
    """What one of the article's bare source marks may have pointed to: a source key, or "none found"."""

    reference: str
    confidence: str
    why: str


@dataclass(frozen=True)
class Context:
    """A pooled question that is near a claim and does not bear on it: `why` says of whom or what it is instead."""

    synthesis: str
    why: str


@dataclass(frozen=True)
class Claim:
    """One checkable statement of the article. `condition` is a key or ""; `sources` are registry keys.

    sentence: numbers of the article's sentences. reason: why the verdict, for everybody; more: what stands behind it.
    syntheses: questions whose trials the claim is about. context: questions of other people or outcomes.
    no_synthesis: why no pooled trial bears on it, where its condition has some that might.
    """

    id: str
    claim: str
    section: str
    sentence: tuple[int, ...]
    kind: str
    verdict: str
    reason: str
    more: tuple[str, ...] = ()
    condition: str = ""
    article_numbers: tuple[tuple[str, float], ...] = ()
    primary_source_says: str = ""
    studies: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    computed: tuple[str, ...] = ()
    syntheses: tuple[str, ...] = ()
    context: tuple[Context, ...] = ()
    no_synthesis: str = ""
    reading: str = "provisional"

    @property
    def reasons(self) -> tuple[str, ...]:
        """All reasons, the one in front first."""
        return (self.reason, *self.more)


def claims() -> tuple[Claim, ...]:
    """Every claim in the article's order. Raises DataError when a file is damaged or cites the unknown."""
    return _read()[0]


def claim(name: str) -> Claim:
    """The claim with this id, in any case. Raises UnknownName with the nearest id."""
    by_id = {c.id.casefold(): c for c in claims()}
    found = by_id.get(name.strip().casefold())
    if found is None:
        raise UnknownName("claim", name, (c.id for c in claims()), listed="ldn claims")
    return found


def claims_of(name: str) -> tuple[Claim, ...]:
    """The claims about the condition with this key, name or alias; UnknownName if there is none such."""
    key = condition(name).key
    return tuple(c for c in claims() if c.condition == key)


def claims_fingerprints() -> tuple[Fingerprint, ...]:
    return _read()[1]


@lru_cache(maxsize=1)
def _read() -> tuple[tuple[Claim, ...], tuple[Fingerprint, ...]]:
    found: dict[str, Claim] = {}
    prints = []
    for path in sorted(_FOLDER.glob("*.toml")):
        file = read_toml(path)
        root = file.root()
        for record in root.tables("claim"):
            read = read_claim(record)
            if read.id in found:
                raise record.error(f'"{read.id}" stands twice', "id")
            found[read.id] = read
        root.done()
        prints.append(file.fingerprint)
    if not found:
        raise DataError("holds no claims", file=_FOLDER.name)
    return tuple(found.values()), tuple(prints)


def read_claim(record: Record) -> Claim:
    """One [[claim]] block. Raises DataError with file, line and field."""
    found = Claim(
        id=record.text("id"),
        claim=prose(record, "claim"),
        section=record.text("section"),
        sentence=_sentences(record),
        kind=record.one_of("kind", KINDS),
        condition=record.one_of("condition", tuple(c.key for c in conditions()), ""),
        article_numbers=_numbers(record.table("article_numbers", None)),
        primary_source_says=prose(record, "primary_source_says", ""),
        verdict=record.one_of("verdict", tuple(VERDICTS)),
        reason=prose(record, "reason"),
        more=record.texts("more", ()),
        studies=record.texts("studies", ()),
        sources=record.texts("sources", ()),
        marks=tuple(_mark(r) for r in record.tables("marks")),
        computed=record.texts("computed", ()),
        syntheses=record.texts("syntheses", ()),
        context=tuple(_context(r) for r in record.tables("context")),
        no_synthesis=prose(record, "no_synthesis", ""),
        reading=record.one_of("reading", ("provisional",)),
    )
    record.done()
    if (words := len(found.reason.split())) > WORDS_OF_A_REASON:
        raise record.error(f"{words} words; at most {WORDS_OF_A_REASON}: put the rest into more", "reason")
    if len(found.more) > _MORE:
        raise record.error(f"{len(found.more)} reasons behind the first; at most {_MORE}", "more")
    _known(record, "studies", found.studies, {s.id for s in studies()})
    _known(record, "sources", found.sources, set(sources()))
    _known(record, "computed", found.computed, set(COMPUTED))
    near = tuple(x.synthesis for x in found.context)
    _known(record, "syntheses", (*found.syntheses, *near), {q.id for q in questions()})
    if set(near) & set(found.syntheses):
        raise record.error("a synthesis bears on the claim or is context, not both", "context")
    if found.syntheses and found.no_synthesis:
        raise record.error("syntheses are named and said not to exist", "no_synthesis")
    return found


def _sentences(record: Record) -> tuple[int, ...]:
    found = record.numbers("sentence")
    if not found or any(x < 1 or x != int(x) for x in found):
        raise record.error("is not a list of sentence numbers such as [3]", "sentence")
    return tuple(int(x) for x in found)


def _context(record: Record) -> Context:
    found = Context(record.text("synthesis"), record.text("why"))
    record.done()
    return found


def _mark(record: Record) -> Mark:
    found = Mark(
        reference=record.one_of("reference", (NONE_FOUND, *sources())),
        confidence=record.one_of("confidence", CONFIDENCES),
        why=prose(record, "why"),
    )
    record.done()
    if (found.reference == NONE_FOUND) != (found.confidence == "none"):
        raise record.error("a reference and its confidence are both there, or neither is", "confidence")
    return found


def _numbers(record: Record | None) -> tuple[tuple[str, float], ...]:
    if record is None:
        return ()
    found = record.rest()
    for name, value in found.items():
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise record.error(f'"{name}" is {value!r}; it must be a number', name)
    return tuple(found.items())


def _known(record: Record, field: str, given: tuple[str, ...], known: set[str]) -> None:
    for name in given:
        if name not in known:
            raise record.error(str(UnknownName(field, name, known)), field)
