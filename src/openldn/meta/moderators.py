"""What goes with the differences between studies: columns of a table as moderators, and what to say of the answers.

Groups and slopes compare studies, not persons: studies that differ in one thing differ in others. A column of numbers
enters a regression as it is; any other as a factor, each level against the one that stands first in the table.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from openldn.meta.analysis import METHODS, Analysis
from openldn.meta.heterogeneity import RANDOM_METHODS
from openldn.meta.regression import Regression, regress
from openldn.meta.subgroups import Subgroups
from openldn.meta.table import Table
from openldn.notation import InputError, Limit

FEW = (
    10  # studies for each term: below it the Cochrane Handbook (10.11.5.1) advises against a meta-regression
)
MOST_TERMS = Limit(50, "terms", "of a meta-regression")
_OBSERVED = "Groups and slopes compare studies, not persons: whatever else differs between the studies may be the reason."


def regress_on(a: Analysis, table: Table, columns: Sequence[str]) -> tuple[Regression, dict[str, str]]:
    """The model with all columns, and each factor's first level. Raises InputError where it cannot be fitted."""
    method = a.pooled.method
    if method not in (*RANDOM_METHODS, "FE"):
        others = ", ".join(m for m in METHODS if m not in (*RANDOM_METHODS, "FE"))
        raise InputError(
            f"method {method} has no meta-regression (nor have {others}); use --method REML or FE"
        )
    terms: dict[str, Any] = {}
    first: dict[str, str] = {}
    for name in dict.fromkeys(c.strip().lower() for c in columns):
        numbers = table.numbers(name)
        texts = [table.text(name)[i] for i in a.kept]
        if len(set(texts)) < 2:
            raise InputError(
                f'moderator "{name}" is "{texts[0]}" in every study, so it can explain nothing; leave it out'
            )
        if numbers is not None:
            terms[name] = numbers[a.kept]
            continue
        levels = list(dict.fromkeys(texts))
        first[name] = levels[0]
        if len(levels) > MOST_TERMS:
            raise InputError(
                f'moderator "{name}" has {len(levels):,} levels; the limit is {MOST_TERMS}: join levels that are alike'
            )
        for level in levels[1:]:
            terms[f"{name}: {level}"] = np.array([float(t == level) for t in texts])
    k = len(a.names)
    if len(terms) > MOST_TERMS:
        raise InputError(f"{len(terms):,} terms; the limit is {MOST_TERMS}: take fewer moderators")
    if k <= len(terms) + 1:
        raise InputError(
            f"{k} studies cannot place {len(terms) + 1} terms ({', '.join(('intercept', *terms))}); take fewer moderators"
        )
    return regress(a.effects.yi, a.effects.vi, terms, method=method, ci=a.pooled.ci), first


def notes_on(s: Subgroups | None, r: Regression | None) -> tuple[str, ...]:
    """What a reader of groups and slopes should know, in whole sentences."""
    said = [_OBSERVED] if s or r else []
    if s:
        few = [name for name, p in s.groups.items() if p.k < 5 and p.method in RANDOM_METHODS]
        doubtful = [name for name, p in s.groups.items() if p.adhoc_beside]
        if doubtful:
            said.append(
                "Knapp and Hartung's interval is from two or three studies, where it can be far too narrow or too wide, or "
                f"narrower than the normal one: {', '.join(doubtful)}. The ad hoc one, which is never narrower than the "
                "t interval, stands beside it."
            )
        if few:
            said.append(f"Of fewer than five studies is τ² hardly known: {', '.join(few)}.")
    if r and r.k < FEW * (len(r.terms) - 1):
        each = f"{r.k} studies for {len(r.terms) - 1} {'term' if len(r.terms) == 2 else 'terms'}"
        said.append(
            f"{each}: a regression wants ten or more for each, and finds little or too much with fewer."
        )
    return tuple(said)
