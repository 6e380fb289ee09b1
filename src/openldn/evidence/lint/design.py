"""The rule `allocation-not-seen`: a study is filed as randomised where somebody read that it was."""

import re
from collections.abc import Iterable, Iterator, Mapping

from openldn.evidence.lint.finding import Finding, find
from openldn.evidence.study import Study
from openldn.notation import Source

ALLOCATION = "allocation-not-seen"
DESIGN_RULES = {ALLOCATION: "filed as randomised where nobody read that it was"}
_RANDOM = re.compile(r"randomi[sz]|randomly", re.IGNORECASE)


def lint_designs(
    studies: Iterable[Study], sources: Mapping[str, Source], read: Mapping[str, tuple[str, ...]]
) -> tuple[Finding, ...]:
    """`read`: for each study the words of its second readings. The title of its source counts too."""
    return tuple(x for s in studies for x in _of_one(s, sources[s.source].title, read.get(s.id, ())))


def _of_one(study: Study, title: str, read: tuple[str, ...]) -> Iterator[Finding]:
    if not study.is_randomised or "design" in study.not_seen or any(map(_RANDOM.search, (*read, title))):
        return
    message = f'filed as "{study.design}" without words that say so; quote them in a second reading, or name design in not_seen'
    yield find(ALLOCATION, study, "design", message)
