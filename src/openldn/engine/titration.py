"""Doses that follow what they do: up on too little response, down on an adverse event.

At given hours the rules are asked in order, and the first that holds moves the dose so many levels up or down;
a level is kept within the list. A rule looks at the value before the dose of its hour, which is already one of
the new level. Nothing is random: the same person always goes the same way.

The run goes from one check to the next, each stretch starting from the states where the last one ended, with the
infusions that still run and the doses that are still to come.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.events.compiling import steps_for
from openldn.engine.events.records import DOSE, OTHER, Person, Record
from openldn.engine.events.solve import run_plan
from openldn.engine.model import Model
from openldn.engine.plan import Kind, Step, plan
from openldn.engine.reference import complete
from openldn.notation import InputError

Array = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Rule:
    """Move `levels` up (below zero: down) where `output` is above, or below, a limit in its unit."""

    output: str
    levels: int
    above: float | None = None
    below: float | None = None

    def holds(self, value: Array) -> NDArray[np.bool_]:
        low = -np.inf if self.above is None else self.above
        high = np.inf if self.below is None else self.below
        return np.asarray((value > low) & (value < high))


@dataclass(frozen=True)
class Titration:
    """Amounts of each level, given every `every_h` hours into `into` from hour 0 up to `until_h`; 0 gives nothing.

    at_h: the hours of the checks. rules: in order of precedence.
    """

    amounts: tuple[float, ...]
    every_h: float
    into: str
    at_h: tuple[float, ...]
    rules: tuple[Rule, ...]
    until_h: float
    start: int = 0
    duration_h: float = 0.0


@dataclass(frozen=True)
class Titrated:
    """`values` has shape (persons, times, outputs); `levels` (persons, checks + 1), the level from each check on."""

    outputs: tuple[str, ...]
    values: Array = field(repr=False)
    levels: Whole
    reasons: Mapping[int, str]


def titrate(
    model: Model,
    titration: Titration,
    times: Sequence[float],
    outputs: Sequence[str],
    values: Mapping[str, Any] | None = None,
    *,
    method: str = "DOP853",
) -> Titrated:
    """Every person's outputs at `times` (hours, increasing from 0), and the levels that they came to.

    values: parameters and switches that differ from the model's own, each a number or an array (persons,).
    A person who cannot be solved keeps the level and has no numbers from there on. Raises InputError for a titration
    that makes no sense, UnknownName for an output.
    """
    _check(titration)
    given, persons = complete(model, values or {})
    given = {name: np.broadcast_to(np.asarray(v, dtype=float), (persons,)) for name, v in given.items()}
    watched = list(dict.fromkeys([*outputs, *(rule.output for rule in titration.rules)]))
    kept = [*watched, *(s.name for s in model.states)]
    asked = np.array(times, dtype=float)
    found = np.full((persons, asked.size, len(outputs)), np.nan)
    levels = np.full((persons, len(titration.at_h) + 1), titration.start)
    records: list[list[Record]] = [[Record(0.0, OTHER)] for _ in range(persons)]
    states: Array | None = None
    reasons: dict[int, str] = {}
    edges = [0.0, *titration.at_h, max(titration.until_h, float(asked[-1]))]
    for i, (begin, end) in enumerate(pairwise(edges)):
        last = i == len(titration.at_h)
        here = asked[(asked >= begin) & ((asked <= end) if last else (asked < end))]
        lists = []
        for person in range(persons):
            records[person] += _doses(titration, begin, end, int(levels[person, i]), last)
            own = {name: float(v[person]) for name, v in given.items()}
            steps = steps_for(
                model, Person(str(person), tuple(records[person])), own, kept, times=[begin, *here, end]
            )
            lists.append(_stretch(model, steps, begin, end, None if states is None else states[person]))
        ran = run_plan(model, plan(lists, range(len(lists))), given, kept, method=method)
        reasons = {**ran.reasons, **reasons}
        first = int(np.searchsorted(asked, begin))
        found[:, first : first + here.size] = ran.values[:, 1 : 1 + here.size, : len(outputs)]
        states = ran.values[:, -1, len(watched) :]
        if not last:
            levels[:, i + 1 :] = _moved(titration, levels[:, i], watched, ran.values[:, -1])[:, None]
    return Titrated(tuple(outputs), found, levels, reasons)


def _doses(t: Titration, begin: float, end: float, level: int, last: bool) -> list[Record]:
    """The doses of a level from one check up to the next."""
    first = int(np.ceil(begin / t.every_h - 1e-9))
    stop = min(end, t.until_h)
    hours = [k * t.every_h for k in range(first, int(np.ceil(stop / t.every_h - 1e-9)))]
    amount = t.amounts[level]
    return [Record(h, DOSE, amount, t.into, duration_h=t.duration_h) for h in hours if amount > 0]


def _stretch(
    model: Model, steps: Sequence[Step], begin: float, end: float, states: Array | None
) -> list[Step]:
    """The steps from one check up to the next, after whatever makes their start what it was at the last one's end."""
    inside = [s for s in steps if begin <= s.time_h < end or (s.time_h == end and s.kind == Kind.SAMPLE)]
    if states is None:
        return inside
    flows: dict[str, float] = {}
    for step in steps:
        if step.time_h < begin and step.kind == Kind.FLOW:
            flows[step.target] = flows.get(step.target, 0.0) + step.amount
    head = [Step(begin, Kind.SET, s.name, float(x)) for s, x in zip(model.states, states, strict=True)]
    return [*head, *(Step(begin, Kind.FLOW, name, rate) for name, rate in flows.items()), *inside]


def _moved(t: Titration, levels: Whole, watched: Sequence[str], values: Array) -> Whole:
    move = np.zeros_like(levels)
    decided = np.zeros(levels.size, dtype=bool)
    for rule in t.rules:
        holds = rule.holds(values[:, watched.index(rule.output)]) & ~decided
        move = np.where(holds, rule.levels, move)
        decided |= holds
    return np.asarray(np.clip(levels + move, 0, len(t.amounts) - 1), dtype=np.int64)


def _check(t: Titration) -> None:
    if not t.amounts or not all(np.isfinite(a) and a >= 0 for a in t.amounts):
        raise InputError("a titration needs amounts of at least zero, one for each level")
    if not 0 <= t.start < len(t.amounts):
        raise InputError(f"level {t.start} is none of the {len(t.amounts)}, counted from 0")
    if not t.every_h > 0 or not 0 <= t.duration_h <= t.every_h:
        raise InputError(
            f"doses every {t.every_h:g} h for {t.duration_h:g} h; the interval is above zero and no shorter"
        )
    if any(b <= a for a, b in zip((0.0, *t.at_h), (*t.at_h, t.until_h), strict=True)):
        raise InputError("checks must come in increasing hours after 0 and before the end")
    if t.until_h / t.every_h > 20_000:
        raise InputError("more than 20,000 doses; lengthen the interval or shorten the run")
