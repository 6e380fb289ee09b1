"""What can be chosen when studies are pooled: factors, their options, and what nobody should combine.

A plan is any object with these fields; its last two factors are the estimator and the kind of interval.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from openldn.meta.analysis import COMMON
from openldn.meta.heterogeneity import RANDOM_METHODS
from openldn.meta.regression import INTERVALS
from openldn.notation import Limit

ESTIMATORS = ("FE", *RANDOM_METHODS)
ESTIMATOR_OF = {m: "common effect" if m in COMMON else "random effects" for m in (*ESTIMATORS, "MH", "PETO")}
MOST_COMBINATIONS = Limit(3_000_000, "combinations", "of one multiverse")


@dataclass(frozen=True)
class Option:
    """One way to decide a factor, and why somebody could take it.

    defensible: False for a mistake or a sensitivity analysis, which is computed and told apart. value: what it stands for,
    where that is a word. of: the option that it is a part of; such parts share one share.
    """

    name: str
    why: str
    defensible: bool = True
    value: str = ""
    of: str = ""


class Factor(Protocol):
    """A decision."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def options(self) -> Sequence[Option]: ...


@dataclass(frozen=True)
class Choice:
    """A factor whose options need nothing more than an `Option` holds."""

    name: str
    kind: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Indefensible:
    """A combination of options, by factor, that nobody should take though each option alone is fine."""

    when: Mapping[str, tuple[str, ...]] = field(hash=False)
    why: str


class Plan(Protocol):
    """Everything that can be chosen. benefit: 1 where a positive effect is the good one, else −1."""

    @property
    def factors(self) -> Sequence[Factor]: ...
    @property
    def indefensible(self) -> Sequence[Indefensible]: ...
    @property
    def benefit(self) -> int: ...


def estimators() -> tuple[Option, ...]:
    """The common effect and every estimator of τ², which together are the other way to see it."""
    return tuple(Option(x, ESTIMATOR_OF[x], value=x, of=ESTIMATOR_OF[x]) for x in ESTIMATORS)


def intervals() -> tuple[Option, ...]:
    """Normal, t, Knapp and Hartung's, and its variant that is never narrower than t."""
    return tuple(Option(x, "in use", value=x) for x in INTERVALS)


def common_effect_is_normal(estimator: str, interval: str) -> Indefensible:
    """With a common effect, named by these factors, only the normal interval is anybody's."""
    return Indefensible(
        {estimator: ("FE",), interval: tuple(x for x in INTERVALS if x != "z")},
        "a common effect leaves no spread between trials for such an interval to allow for",
    )
