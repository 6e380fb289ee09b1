"""Doses as people take them: some missed, some late, some twice.

Each dose of a schedule has random streams of its own, named by what is decided and the dose's number; a
person's number is the place in the stream. So a further dose, or a further person, changes nobody's past.
The uniform numbers are handed in: uniforms(stream) gives one in (0, 1) for each person.

    missed       P(a dose is missed); after a missed one, missed_again if that is given
    made up      a missed dose is taken together with the next one that is not missed
    doubled      a dose is taken twice by mistake
    late         a dose that is taken comes late, by up to late_by_h hours, all equally likely
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openldn.engine.events.table import Events, sorted_by_person
from openldn.notation import InputError

Array = NDArray[np.float64]
Uniforms = Callable[[str], Array]


@dataclass(frozen=True)
class Adherence:
    """Shares from 0 to 1, each of the doses that it can happen to."""

    missed: float = 0.0
    missed_again: float | None = None
    made_up: float = 0.0
    doubled: float = 0.0
    late: float = 0.0
    late_by_h: float = 0.0


def taken(events: Events, habits: Adherence, uniforms: Uniforms) -> Events:
    """What each person takes of the doses of one; IDs are numbers from 1.

    Raises InputError for a share outside 0 to 1, a delay below zero, or events that are more than doses of one person.
    """
    _check(habits)
    if events.persons != 1 or not np.all(events.gives) or np.any(events.steady):
        raise InputError("adherence is about the doses of one person: give doses alone, without SS")
    doses = events.spelled_out()
    again = habits.missed if habits.missed_again is None else habits.missed_again
    persons = np.size(uniforms("missed 0"))
    who, which, when, amounts = [], [], [], []
    before, owed = np.zeros(persons, dtype=bool), np.zeros(persons)
    for i in range(doses.records):
        missed = uniforms(f"missed {i}") < np.where(before, again, habits.missed)
        made_up = uniforms(f"made up {i}") < habits.made_up
        times = 1.0 + (uniforms(f"doubled {i}") < habits.doubled)
        delay = np.where(uniforms(f"late {i}") < habits.late, habits.late_by_h * uniforms(f"delay {i}"), 0.0)
        there = np.flatnonzero(~missed)
        who.append(there)
        which.append(np.full(there.size, i))
        when.append(doses.time[i] + delay[there])
        amounts.append((doses.amount[i] * times + owed)[there])
        owed = np.where(missed, np.where(made_up, doses.amount[i], 0.0), 0.0)
        before = missed
    person, dose, time, amount = (
        np.concatenate(x) if x else np.zeros(0) for x in (who, which, when, amounts)
    )
    ids = tuple(str(i + 1) for i in range(persons))
    return sorted_by_person(
        doses, dose.astype(np.int64), person.astype(np.int64), ids, time=time, amount=amount
    )


def _check(habits: Adherence) -> None:
    shares = {"missed": habits.missed, "missed_again": habits.missed_again or 0.0, "made_up": habits.made_up,
              "doubled": habits.doubled, "late": habits.late}  # fmt: skip
    for name, share in shares.items():
        if not 0 <= share <= 1:
            raise InputError(f"{name} is {share:g}; it is a share from 0 to 1")
    if habits.late_by_h < 0:
        raise InputError(f"late_by_h is {habits.late_by_h:g}; a delay is not below zero")
