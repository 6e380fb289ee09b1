"""When, in the words of a study's protocol: `24 h after the second dose, just before the third`."""

from collections.abc import Sequence

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_DAYS_FROM_H = 72.0  # beyond this people count in days


def moment(hour: float, given: Sequence[float]) -> str:
    """The hour of a run in words, `given` the rising hours at which doses were given.

    A dose at this very hour counts as not yet given: a sample is taken before it.
    """
    before = [at for at in given if at < hour - 1e-9]
    if not before:
        return "before the first dose"
    since, number, many = hour - before[-1], len(before), len(given)
    which = (
        "the dose"
        if many == 1
        else f"the last of {many} doses"
        if number == many
        else f"the {_ordinal(number)} dose"
    )
    following = (
        f", just before the {_ordinal(number + 1)}"
        if number < many and abs(given[number] - hour) < 1e-9
        else ""
    )
    return f"{_lasting(since)} after {which}{following}"


def _lasting(hours: float) -> str:
    return f"{hours:.3g} h" if hours <= _DAYS_FROM_H else f"{hours / 24:.3g} days"


def _ordinal(number: int) -> str:
    if number <= len(_ORDINALS):
        return _ORDINALS[number - 1]
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
