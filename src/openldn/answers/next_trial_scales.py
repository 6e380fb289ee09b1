"""The first trial of a condition without one: from the scales that its tables hold, or what is missing.

Two groups against placebo, for half of the change that matters to a person, over the spread of changes between persons.
Both come from sources about other treatments, or are assumed and said to be.
"""

from openldn.answers.next_trial import power, with_those_who_leave
from openldn.answers.next_trial_table import assumed, percent
from openldn.meta.small_trials import size_of_means
from openldn.pharmacology import Scale, scales_of


def first_trial(condition: str) -> tuple[str, ...]:
    """A sentence for each scale of a condition, by its key; one that says what is missing where it has none."""
    found = scales_of(condition)
    if not found:
        return (
            "It cannot be said: no scale of this condition has a spread and a change that matters in our tables.",
        )
    return tuple(_sentence(s) for s in found)


def _sentence(s: Scale) -> str:
    own = s.entries["OWN"].spread
    if own is None or own.sd is None:
        return f"{_capital(s.name)}: no spread of changes between persons was found, so no size can be given."
    if s.important:
        baseline = s.model().parameters["BASELINE"].value
        sought = assumed("between_groups") * s.important.points(baseline)
        why = "half of the change that matters to a person"
    else:
        sought = assumed("half_sd") * own.sd
        why = "half a standard deviation, assumed, since no source says which change matters"
    n, more = (size_of_means(sought, own.sd, power=p) for p in (power(), assumed("more_power")))
    leave = assumed("attrition")
    return (
        f"{_capital(s.name)}: a parallel trial against placebo with {percent(power())} power for a difference of "
        f"{sought:.2g} ({why}; SD of changes {own.sd:g}, {own.basis}) needs {n} people per group "
        f"({more} for {percent(assumed('more_power'))} power), "
        f"{with_those_who_leave(2 * n, leave)} randomised in all if {percent(leave)} leave (assumed)."
    )


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
