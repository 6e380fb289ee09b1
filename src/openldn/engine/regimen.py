"""Dosing schedules in words, and the events that they come to.

    4.5 mg every 24h at 22:00
    1.5 mg every 24h at 22:00 for 7d, then 3 mg for 7d, then 4.5 mg
    4.5 mg every 24h for 28d except doses 3, 10-12, then stop
    50 mg once
    0.06 mg every 1h over 1h for 10d            an infusion: each dose runs for its duration

Time runs in hours from the first dose. A phase takes the interval and clock time of the one before
it when it names none. A phase with "at" starts at the first such clock time at or after the end of
the one before it; the last phase may have no end.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from openldn.engine.events.table import Events, ev, nothing
from openldn.engine.model_text import DOSE_UNIT
from openldn.notation import Limit, QuantityError, RegimenError, parse_quantity, shown

DOSE_FLOOR_MG = 1e-4
DOSE_LIMIT = Limit(5_000_000, "doses", "of one schedule")
SCHEDULE_SIGNS = Limit(20_000, "signs", "of a schedule in words")
MISSED_DOSES = Limit(100_000, "missed doses", "of one phase")
LONGEST_H = Limit(10_000_000, "hours", "of a duration or an interval")
_SHORTEST_H = 1e-6  # a dose runs in at a rate, which would overflow
_LIKE = 'write it like "4.5 mg every 24h at 22:00 for 7d"'
_SHOWN = 80  # signs of a schedule that a message repeats
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
# Over words with one space between them, so that no two parts of it can claim the same sign.
_THEN = re.compile(r",? ?\bthen\b ?", re.IGNORECASE)
_MISSED = re.compile(r"([0-9]{1,7})(?: ?- ?([0-9]{1,7}))?")
_ORDER = {
    "once": 1,
    "every": 1,
    "over": 2,
    "at": 3,
    "for": 4,
    "except": 5,
}  # words before the parts of a phase


@dataclass(frozen=True)
class Phase:
    """`amount_mg` every `every_h` hours (None: once) from clock time `at_h`, for `length_h` (None: on)."""

    amount_mg: float
    every_h: float | None
    at_h: float | None = None
    length_h: float | None = None
    duration_h: float = 0.0
    missed: tuple[int, ...] = ()


@dataclass(frozen=True)
class Regimen:
    """Phases in order; `stops` when nothing follows the last, else it goes on. `text` is as it was written."""

    phases: tuple[Phase, ...]
    stops: bool
    text: str


def parse_duration(text: str, *, what: str = "duration") -> float:
    """Hours in a text such as "24h", "7 d" or "2 weeks". Raises QuantityError unless positive and finite."""
    quantity = parse_quantity(text, what=what, like='"24h" or "7d"')
    hours = quantity.to("h")
    if hours <= 0:
        raise QuantityError(f'{what} "{shown(text)}" must be above zero; write it like "24h" or "7d"')
    if hours > LONGEST_H:
        raise QuantityError(f'{what} "{shown(text)}" is longer than {LONGEST_H}; write it like "24h" or "7d"')
    if hours < _SHORTEST_H:
        raise QuantityError(
            f'{what} "{shown(text)}" is shorter than {_SHORTEST_H:g} h; write it like "24h" or "7d"'
        )
    return hours


def parse_clock(text: str) -> float:
    """Hours after midnight in a clock time such as "22:00". Raises RegimenError."""
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        raise RegimenError(f'clock time "{shown(text)}" does not read; write it like 22:00')
    return int(match[1]) + int(match[2]) / 60


def parse_dose(text: str) -> float:
    """Milligrams in a text such as "4.5mg" or "500 ug". Raises QuantityError unless a positive mass."""
    quantity = parse_quantity(text, what="dose", like="4.5mg")
    mg = quantity.to("mg")
    if mg <= 0:
        raise QuantityError(f'dose "{shown(text)}" must be above zero; write it like 4.5mg')
    if mg < DOSE_FLOOR_MG:
        raise QuantityError(
            f'dose "{shown(text)}" is below {DOSE_FLOOR_MG:g} mg, too little to compute; write it like 4.5mg'
        )
    return mg


def parse_regimen(text: str) -> Regimen:
    """The Regimen that `text` describes. Raises RegimenError or QuantityError with the part at fault."""
    if len(text) > SCHEDULE_SIGNS:
        raise RegimenError(f"a schedule of {len(text):,} signs; the limit is {SCHEDULE_SIGNS}: shorten it")
    parts = [part.strip() for part in _THEN.split(" ".join(text.split()))]
    stops = parts[-1].lower() in ("stop", "nothing")
    if stops:
        parts = parts[:-1]
    called = f'regimen "{shown(text, _SHOWN)}"'
    if not parts or not all(parts):
        raise RegimenError(f'{called} is empty in part; write it like "4.5 mg every 24h at 22:00"')
    phases: list[Phase] = []
    for part in parts:
        phases.append(_phase(part, phases[-1] if phases else None))
    if any(phase.length_h is None for phase in phases[:-1]):
        raise RegimenError(f'{called}: a phase before another needs its length; add "for 7d"')
    if stops and phases[-1].length_h is None and phases[-1].every_h is not None:
        raise RegimenError(f'{called}: say when it stops; add "for 28d" before "then stop"')
    return Regimen(tuple(phases), stops, text.strip())


def _parts(text: str) -> dict[str, str]:
    """What stands behind each word of `_ORDER` in a phase; the dose, which has none before it, is "".

    Raises RegimenError where a word comes twice or out of order, or has nothing behind it.
    """
    found: dict[str, list[str]] = {"": []}
    here = ""
    for word in text.split():
        folded = word.lower()
        if folded not in _ORDER:
            found[here].append(word)
            continue
        if here and _ORDER[folded] <= _ORDER[here]:
            raise RegimenError(f'"{shown(text, _SHOWN)}": "{folded}" stands behind "{here}"; {_LIKE}')
        here = folded
        found[here] = []
    if any(bool(words) == (word == "once") for word, words in found.items()):
        raise RegimenError(f'"{shown(text, _SHOWN)}" does not read; {_LIKE}')
    return {word: " ".join(words) for word, words in found.items()}


def _phase(text: str, before: Phase | None) -> Phase:
    found, told = _parts(text), f'"{shown(text, _SHOWN)}"'
    every = before.every_h if before else None
    if "every" in found:
        every = parse_duration(found["every"], what="interval")
    elif "once" in found:
        every = None
    elif before is None:
        raise RegimenError(f'{told}: say "once" or how often, such as "every 24h"')
    over = parse_duration(found["over"], what="infusion time") if "over" in found else 0.0
    if every is not None and over > every:
        raise RegimenError(f"{told}: an infusion of {over:g} h does not fit into {every:g} h")
    missed = _numbers(found["except"]) if "except" in found else ()
    length = parse_duration(found["for"], what="phase length") if "for" in found else None
    given = _count(length, every) if length is not None else DOSE_LIMIT
    if missed and missed[-1] > given:
        raise RegimenError(f"{told}: dose {missed[-1]} cannot be missed, the phase has {given}")
    return Phase(
        amount_mg=parse_dose(found[""]),
        every_h=every,
        at_h=parse_clock(found["at"]) if "at" in found else (before.at_h if before else None),
        length_h=length,
        duration_h=over,
        missed=missed,
    )


def _count(length_h: float, every_h: float | None) -> int:
    """How many doses start within a length of time; a hair's breadth of rounding does not add one.

    Raises RegimenError for more than DOSE_LIMIT.
    """
    if every_h is None:
        return 1
    count = length_h / every_h
    if count > DOSE_LIMIT:
        raise RegimenError(f"more than {DOSE_LIMIT}; lengthen the interval or shorten the run")
    return max(0, math.ceil(count - 1e-9))


def _numbers(text: str) -> tuple[int, ...]:
    """The numbers of missed doses in a text such as "doses 3, 10-12"."""
    head, _, listed = text.partition(" ")
    if head.lower() not in ("dose", "doses") or not listed:
        raise RegimenError(f'"except {shown(text)}" does not read; write it like except doses 3, 10-12')
    found: set[int] = set()
    total = 0
    for part in listed.split(","):
        match = _MISSED.fullmatch(part.strip())
        if match is None:
            raise RegimenError(f'missed doses "{shown(listed)}" do not read; write them like 3, 10-12')
        low, high = int(match[1]), int(match[2] or match[1])
        if low < 1 or high < low or high > DOSE_LIMIT:
            raise RegimenError(f'missed doses "{part.strip()}" do not read; dose 1 is the first of the phase')
        total += high - low + 1
        if total > MISSED_DOSES:
            raise RegimenError(
                f'missed doses "{shown(listed)}" are more than {MISSED_DOSES}; end the phase and begin another later'
            )
        found.update(range(low, high + 1))
    return tuple(sorted(found))


def schedule(regimen: Regimen, route: str = "", until: float | str | None = None) -> Events:
    """The doses of a regimen that fall before `until`, hours or a text such as "28d"; without it the last phase has its end.

    Amounts are mg. Raises RegimenError for a regimen without an end, or for more than DOSE_LIMIT doses.

        >>> from openldn.engine import parse_regimen, schedule
        >>> schedule(parse_regimen("4.5 mg every 24h"), "oral", until="3d").dose_times()
        array([ 0., 24., 48.])
    """
    end_h = math.inf if until is None else parse_duration(until) if isinstance(until, str) else float(until)
    last = regimen.phases[-1]
    if math.isinf(end_h) and last.length_h is None and last.every_h is not None:
        raise RegimenError(
            f'regimen "{shown(regimen.text, _SHOWN)}" has no end; add "for 28d", or say until when'
        )
    rows: list[tuple[float, float, float, int, float]] = []
    start, first_clock, total = 0.0, regimen.phases[0].at_h, 0
    for phase in regimen.phases:
        if phase is not regimen.phases[0] and phase.at_h is not None and first_clock is not None:
            start += (phase.at_h - first_clock - start) % 24
        end = end_h if phase.length_h is None else min(end_h, start + phase.length_h)
        if phase.every_h is None:
            count = 1 if start < end_h else 0
            end = start + (phase.length_h or 0.0)
        else:
            count = _count(end - start, phase.every_h)
        total += count
        if total > DOSE_LIMIT:
            raise RegimenError(f"more than {DOSE_LIMIT}; lengthen the interval or shorten the run")
        every = phase.every_h or 0.0
        for begin, number in _stretches(count, phase.missed):
            rows.append((start + begin * every, phase.amount_mg, every, number - 1, phase.duration_h))
        start = end
    if not rows:
        return replace(nothing(), clock=first_clock)
    time, amount, every_h, more, duration = (np.array(column) for column in zip(*rows, strict=True))
    found = ev(
        amount, cmt=route, time=time, ii=np.where(more > 0, every_h, 0.0), addl=more, dur=duration,
    )  # fmt: skip
    return replace(found, units=(DOSE_UNIT,), clock=first_clock)


def _stretches(count: int, missed: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """Runs of doses without a gap: the number of the first, counted from 0, and how many they are."""
    gaps = [-1, *(m - 1 for m in missed if m <= count), count]
    for before, after in pairwise(gaps):
        if after - before > 1:
            yield before + 1, after - before - 1
