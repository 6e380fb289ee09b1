"""Rules about facts of the pharmacology tables: `n-of-study`, `sizes-differ`, `groups-share-n`.

An n beside a figure is read as the number of persons behind it. Abstracts mostly print the study's alone, so where
the words of a fact speak of a part of the persons, the file must say whose n it gives.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from openldn.evidence.lint.finding import Finding
from openldn.notation import Fact

PART, SIZES, GROUPS = "n-of-study", "sizes-differ", "groups-share-n"
FACT_RULES = {
    PART: "a figure of a part of the persons beside an n that may be the study's",
    SIZES: "facts of one source with different n, one of which may be the study's",
    GROUPS: "one n for figures of two groups",
}
_PART = re.compile(
    r"\b(?:sequence|(?:naltrexone|placebo|drug) first|mild|moderate disease|severe disease|dropouts|completed"
    r"|both arms|(?:patients|people|persons) in all arms|all (?:patients|participants|syndromes)|at \d+ (?:years?|months?)"
    r"|re-?assessed|assessed again|[\w]+ of \d+)\b",
    re.IGNORECASE,
)
_GROUP = re.compile(
    r"\b(placebo|controls?|normals?)\b|\b(NTX|naltrexone|cirrhosis|patients)\b", re.IGNORECASE
)


def lint_facts(facts: Mapping[str, Fact]) -> tuple[Finding, ...]:
    """Every finding about `facts`, in their order; a finding's `study` is the fact's id."""
    return (*_parts(facts.values()), *_sizes(facts.values()), *_groups(facts.values()))


def _parts(facts: Iterable[Fact]) -> Iterator[Finding]:
    for f in facts:
        words = _PART.search(" | ".join((f.quantity, f.who, f.note)))
        if f.n is not None and not f.n_of and words:
            yield Finding(
                PART,
                f.id,
                "n",
                f'speaks of "{words[0]}"; say in n_of whether n = {f.n} is of the figure or the study',
            )


def _sizes(facts: Iterable[Fact]) -> Iterator[Finding]:
    by_source: dict[str, list[Fact]] = defaultdict(list)
    for f in facts:
        if f.n is not None:
            by_source[f.source].append(f)
    for source, members in by_source.items():
        sizes = sorted({f.n for f in members if f.n is not None})
        if len(sizes) > 1:
            for f in members:
                if not f.n_of:
                    yield Finding(
                        SIZES,
                        f.id,
                        "n",
                        f"facts of {source} have n = {', '.join(map(str, sizes))}; say in n_of whose it is",
                    )


def _groups(facts: Iterable[Fact]) -> Iterator[Finding]:
    """Two figures of one quantity that part at the last comma into two groups of different persons with one n."""
    by_quantity: dict[tuple[str, str, int], list[tuple[str, Fact]]] = defaultdict(list)
    for f in facts:
        head, comma, group = f.quantity.rpartition(", ")
        match = _GROUP.search(group) if comma else None
        if f.n is not None and not f.n_of and match:
            by_quantity[f.source, head, f.n].append((match[0].casefold(), f))
    for members in by_quantity.values():
        if len({group for group, _ in members}) > 1:
            for _, f in members:
                yield Finding(
                    GROUPS,
                    f.id,
                    "n",
                    f"n = {f.n} stands beside figures of two groups; say in n_of whose it is",
                )
