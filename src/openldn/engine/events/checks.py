"""What makes a record impossible: every rule, over all records at once.

Records from a file, from a data frame and from a program are held to the same rules.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from openldn.engine.events.table import (
    MODELLED_DURATION,
    MODELLED_RATE,
    REPLACE,
    RESET,
    RESET_AND_DOSE,
    Events,
)
from openldn.notation import DataError

Mask = NDArray[np.bool_]
EVIDS = (0, 1, 2, 3, 4, 8)
_MEANING = "0 (observation), 1 (dose), 2 (other), 3 (reset), 4 (reset and dose) or 8 (replace)"


def check_events(events: Events) -> None:
    """Raise DataError, with file, row and column, for the first record that cannot be."""
    first: tuple[int, str, str] | None = None
    for column, wrong, says in _rules(events):
        found = np.flatnonzero(wrong)
        if found.size and (first is None or found[0] < first[0]):
            at = int(found[0])
            first = at, column, says(at) if callable(says) else str(says)
    if first is not None:
        raise fault(events, *first)


def fault(events: Events, record: int, column: str, message: str) -> DataError:
    """The error of a record, which names its person and its place."""
    who = events.ids[int(np.searchsorted(events.first, record, side="right")) - 1]
    return DataError(f"person {who}: {message}", file=events.file, line=events.place(record), field=column)


def _rules(e: Events) -> Iterator[tuple[str, Mask, object]]:
    yield from _not_finite(e)
    new_person = np.zeros(e.records + 1, dtype=bool)
    new_person[e.first] = True
    before = np.concatenate([[-np.inf], e.time[:-1]]) if e.records else e.time
    back = (e.time < before) & ~new_person[:-1] & (e.evid != RESET) & (e.evid != RESET_AND_DOSE)
    yield "TIME", back, lambda i: f"time {e.time[i]:g} stands behind {e.time[i - 1]:g}; sort by ID and TIME"
    yield "EVID", ~np.isin(e.evid, EVIDS), lambda i: f"EVID is {e.evid[i]}; it is {_MEANING}"
    yield (
        "SS", ~np.isin(e.steady, (0, 1, 2)),
        lambda i: f"SS is {e.steady[i]}; it is 0, 1 (steady state) or 2 (added to what is there)",
    )  # fmt: skip
    for column, values in (("II", e.interval), ("ADDL", e.additional), ("DUR", e.duration)):
        yield column, values < 0, lambda i, c=column, v=values: f"{c} is {v[i]:g}; it cannot be negative"
    yield (
        "AMT",
        (e.amount < 0) & (e.evid != REPLACE),
        lambda i: f"AMT is {e.amount[i]:g}; it cannot be negative",
    )
    yield (
        "RATE", (e.rate < 0) & ~np.isin(e.rate, (MODELLED_RATE, MODELLED_DURATION)),
        lambda i: f"RATE is {e.rate[i]:g}; below zero it is −1 (the model's rate) or −2 (the model's duration)",
    )  # fmt: skip
    yield from _of_others(e)
    yield from _of_doses(e)


def _not_finite(e: Events) -> Iterator[tuple[str, Mask, object]]:
    numbers = {"TIME": e.time, "AMT": e.amount, "RATE": e.rate, "II": e.interval, "DUR": e.duration}
    for column, values in numbers.items():
        yield (
            column, ~np.isfinite(values),
            lambda i, c=column, v=values: f"{c} is {v[i]:g}; it must be a finite number",
        )  # fmt: skip
    for column, values in e.told.items():
        yield (
            column,
            np.isinf(values),
            lambda i, c=column, v=values: f"{c} is {v[i]:g}; it must be a finite number",
        )


def _of_others(e: Events) -> Iterator[tuple[str, Mask, object]]:
    other = ~e.gives
    given = {
        "AMT": e.amount,
        "RATE": e.rate,
        "DUR": e.duration,
        "II": e.interval,
        "ADDL": e.additional,
        "SS": e.steady,
    }
    for column, values in given.items():
        wrong = other & (values != 0)
        if column == "AMT":
            wrong &= e.evid != REPLACE
        yield (
            column, wrong,
            lambda i, c=column, v=values: f"{c} is {v[i]:g}, but EVID {e.evid[i]} is no dose; set EVID to 1 or {c} to 0",
        )  # fmt: skip
    empty = np.array([place in ("", "0") for place in e.places])[e.into]
    yield (
        "CMT", (e.evid == REPLACE) & empty, "EVID 8 replaces what a compartment holds: say which in CMT",
    )  # fmt: skip
    off = np.array([place.startswith("-") for place in e.places])[e.into]
    yield "CMT", off & e.gives, "a dose into a compartment that CMT turns off; turn it off with EVID 2"


def _of_doses(e: Events) -> Iterator[tuple[str, Mask, object]]:
    dose, nothing = e.gives, e.gives & (e.amount == 0)
    yield (
        "DUR", dose & (e.duration != 0) & (e.rate != 0),
        lambda i: f"DUR {e.duration[i]:g} and RATE {e.rate[i]:g} both say how fast; leave one out",
    )  # fmt: skip
    yield (
        "AMT", nothing & (e.steady == 0),
        lambda i: "a dose of nothing (AMT is 0); "
        + ("with SS = 1 it would mean an infusion up to steady state" if e.rate[i] else "use EVID 2"),
    )  # fmt: skip
    yield (
        "RATE", nothing & (e.steady > 0) & (e.rate == MODELLED_DURATION),
        "AMT is 0 and SS is set: an infusion without end needs a RATE above 0, or −1",
    )  # fmt: skip
    yield (
        "SS", nothing & (e.steady == 2) & (e.rate == 0),
        "SS is 2 and nothing is given: a steady state without doses (AMT 0, RATE 0) is SS 1",
    )  # fmt: skip
    more = (e.additional != 0) | (e.duration != 0) | ((e.interval != 0) & (e.rate != 0))
    yield (
        "II", nothing & (e.steady > 0) & more,
        "an infusion without end (AMT 0, SS) has neither II nor ADDL nor DUR",
    )  # fmt: skip
    some = dose & (e.amount != 0)
    yield (
        "II", some & (e.steady > 0) & (e.interval == 0),
        "SS needs the interval II between the doses; without one, AMT = 0 and RATE above 0 infuse forever",
    )  # fmt: skip
    yield (
        "II", dose & (e.additional > 0) & (e.interval == 0),
        lambda i: f"ADDL is {e.additional[i]} without II; say how far apart the doses are",
    )  # fmt: skip
    yield (
        "II", some & (e.interval > 0) & (e.additional == 0) & (e.steady == 0),
        lambda i: f"II is {e.interval[i]:g} with neither ADDL nor SS; say how many more doses, or leave II out",
    )  # fmt: skip
