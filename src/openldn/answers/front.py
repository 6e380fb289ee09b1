"""The questions of the front door, `openldn`, under the names that it gives them.

Each answers what the command of that name does, as an object with `table()`, `as_json()` and, where the command draws,
`plot()`. `dose` stands in `doses`, `model` in `model_files`. What a question needs is read when it is asked.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from openldn.notation import text_given, texts_given

if TYPE_CHECKING:
    from openldn.answers.check import CheckReport
    from openldn.answers.claim import ClaimsAnswer
    from openldn.answers.condition import ConditionAnswer, StudyAnswer
    from openldn.answers.living_review import Review
    from openldn.answers.studies import StudiesAnswer


def claims(*, since: str | None = None) -> "ClaimsAnswer":
    """The article's claims with their verdicts, in our own words.

    since: a day such as "2026-11-24"; the answer then holds what changed on it or later. Raises InputError for a
    day that is none.

    >>> import openldn as ldn
    >>> answer = ldn.claims()
    >>> sorted(set(answer.verdicts.values()))
    ['contradicted', 'inconsistent', 'partly', 'supported', 'unverified']
    >>> answer.table().columns[:3].tolist()
    ['id', 'section', 'claim']
    """
    from openldn.answers.claim import ask_claims

    return ask_claims(since=None if since is None else text_given(since, "since", "2026-11-24"))


def claim(id: str) -> "ClaimsAnswer":  # noqa: A002 - the user's word for it
    """One claim with its reasons, its sources and what the model computes beside it.

    Raises UnknownName with the nearest id.

    >>> import openldn as ldn
    >>> ldn.claim("H01").verdicts
    {'H01': 'contradicted'}
    """
    from openldn.answers.claim import ask_claims

    return ask_claims(text_given(id, "claim", "H01"))


def studies(condition: str | None = None) -> "StudiesAnswer":
    """The studies of a condition, by its key, name or alias, or all; `table()` has a row for each, `arms()` for each arm.

    Raises UnknownName with the nearest condition.

    >>> import openldn as ldn
    >>> found = ldn.studies("fibromyalgia")
    >>> found.arms().columns[:4].tolist()
    ['study', 'kind', 'name', 'scale']
    >>> len(found) < len(ldn.studies())
    True
    """
    from openldn.answers.studies import ask_studies

    return ask_studies(None if condition is None else text_given(condition, "condition", "fibromyalgia"))


def study(id: str) -> "StudyAnswer":  # noqa: A002 - the user's word for it
    """One study as its source printed it; `table()` has a row for each arm of each outcome and harm.

    Raises UnknownName with the nearest id.

    >>> import openldn as ldn
    >>> ldn.study("younger-2013-fm").study.one_line_design
    'randomised crossover, double-blind, against placebo, 12 weeks, 31 people, 4.5 mg'
    """
    from openldn.answers.studies import ask_study

    return ask_study(text_given(id, "study", "younger-2013-fm"))


def evidence(condition: str) -> "ConditionAnswer":
    """What the trials of a condition say together, how surely, and every study behind it.

    condition: its key, name or alias. `table()` has a row for each question, `plot()` the forest of one.
    Raises UnknownName with the nearest condition.

    >>> import openldn as ldn
    >>> answer = ldn.evidence("fibromyalgia")
    >>> answer.table().columns[4:7].tolist()
    ['estimate', 'ci_low', 'ci_high']
    >>> answer.plot().id
    'forest-fibromyalgia-pain'
    """
    from openldn.answers.condition import ask_condition

    return ask_condition(text_given(condition, "condition", "fibromyalgia"))


def check(*ids: str, progress: Callable[[float], None] | None = None) -> "CheckReport":
    """The model held against what was measured: every check, or those with these ids.

    progress: called with the share done. Raises UnknownName for an id that there is not.

    >>> import openldn as ldn
    >>> ldn.check("1").table().columns[:3].tolist()
    ['id', 'description', 'role']
    """
    from openldn.answers.check import check_report

    return check_report(progress, ids=texts_given(ids, "check", "1"))


def review(out: Path | str, *, progress: Callable[[float], None] | None = None) -> "Review":
    """The living review, written to the folder `out` as index.html and review.json, both or neither.

    progress: called with the share done. Raises OutputError when the folder cannot be written to; that is tried
    before anything is computed, which takes about a minute.

        made = ldn.review("review")
        made.table()

    >>> import openldn as ldn
    >>> try:
    ...     ldn.review("a folder/that is not there")
    ... except ldn.OutputError as error:
    ...     print(error)
    cannot write "a folder/that is not there": there is no folder "a folder"; make it first, or choose another place
    """
    from openldn.answers.review_files import write_review

    return write_review(
        Path(text_given(os.fspath(out) if isinstance(out, os.PathLike) else out, "out", "review")),
        progress or (lambda share: None),
    )
