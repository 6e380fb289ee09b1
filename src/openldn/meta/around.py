"""What stands around an average: without each study, study by study, and what could be wrong with it.

Studies that pull, small ones that differ, results that were not published. Everything takes the analysis that was made.
"""

from collections.abc import Callable, Sequence
from typing import Any

from openldn.meta import document, small_studies
from openldn.meta.analysis import Analysis
from openldn.meta.bayes import Posterior, posterior
from openldn.meta.heterogeneity import RANDOM_METHODS
from openldn.meta.influence import Influence, influence
from openldn.meta.measures import MEASURES
from openldn.meta.priors import Prior
from openldn.meta.selection import Selection, selection_model
from openldn.meta.sensitivity import Step, cumulative, leave_one_out
from openldn.meta.small_studies import Egger
from openldn.notation import InputError, Limit

MOST_REFITS = Limit(2_000, "studies", "to be pooled again without each")
MOST_GROUPS = Limit(500, "groups", "of studies")


def checks_of(a: Analysis) -> dict[str, Any]:
    """Influence of each study, Egger's test and a selection model; each with `not_possible` where it is not."""
    _few_enough(a)
    wanted = direction_of(a)
    made: dict[str, Callable[[], dict[str, Any]]] = {
        "influence": lambda: document.influence(a, influence_on(a)),
        "egger": lambda: document.egger(egger_of(a)),
        "selection": lambda: document.selection(a, selection_of(a, wanted), wanted),
    }
    found: dict[str, Any] = {}
    for name, compute in made.items():
        try:
            found[name] = compute()
        except InputError as error:
            found[name] = {"not_possible": str(error)}
    return found


def left_out(a: Analysis) -> tuple[Step, ...]:
    _few_enough(a)
    return leave_one_out(len(a.names), a.pool_these)


def one_by_one(a: Analysis, order: Sequence[float] | None = None) -> tuple[Step, ...]:
    _few_enough(a)
    return cumulative(len(a.names), a.pool_these, order)


def influence_on(a: Analysis) -> Influence:
    _few_enough(a)
    return influence(*a.told, method=_random_method(a))


def egger_of(a: Analysis) -> Egger:
    return small_studies.egger(*a.told, method=_random_method(a))


def selection_of(a: Analysis, wanted: str) -> Selection:
    if MEASURES[a.measure].one_arm:
        raise InputError(
            "a share of one group is not published for its p; a selection model needs a comparison"
        )
    return selection_model(*a.told, wanted=wanted)


def posterior_of(a: Analysis, chosen: Prior) -> Posterior:
    return posterior(*a.told, chosen)


def direction_of(a: Analysis) -> str:
    return "higher" if a.pooled.estimate >= 0 else "lower"


def _random_method(a: Analysis) -> str:
    """What looks for differences between studies needs a τ², also where the average takes them not to differ."""
    return a.pooled.method if a.pooled.method in RANDOM_METHODS else "REML"


def _few_enough(a: Analysis) -> None:
    k = len(a.names)
    if k > MOST_REFITS:
        raise InputError(
            f"{k:,} studies would be pooled {k:,} times; --leave-one-out, --cumulative and --checks take "
            f"{int(MOST_REFITS):,}; the limit is {MOST_REFITS}"
        )
