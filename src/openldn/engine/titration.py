"""Doses that follow what they do: up on too little response, down on an adverse event.

At given hours the rules are asked in order, and the first that holds moves the dose so many levels up or down;
a level is kept within the list. A rule looks at the value before the dose of its hour, which is already one of
the new level. Nothing is random: the same person always goes the same way.

The run goes from one check to the next, each stretch starting from the states where the last one ended, with the
infusions that still run and the doses that are still to come.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.events.compiling import compiled
from openldn.engine.events.table import OTHER, Events, ev, stacked
from openldn.engine.model import Model
from openldn.engine.plan import NO_FACTOR, Kind, Plan
from openldn.engine.run import Reason, Run
from openldn.engine.solving import RTOL, Solver, solve
from openldn.engine.values import complete
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
    """`run` at the hours that were asked for; `levels` (persons, checks + 1), the level from each check on."""

    run: Run = field(repr=False)
    levels: Whole


def titrate(
    model: Model,
    titration: Titration,
    times: Sequence[float],
    outputs: Sequence[str],
    values: Mapping[str, Any] | None = None,
    *,
    solver: Solver | None = None,
    rtol: float = RTOL,
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
    records = [ev(evid=OTHER) for _ in range(persons)]
    states: Array | None = None
    reasons: dict[int, Reason] = {}
    steps = np.zeros(persons, dtype=np.int64)
    edges = [0.0, *titration.at_h, max(titration.until_h, float(asked[-1]))]
    for i, (begin, end) in enumerate(pairwise(edges)):
        last = i == len(titration.at_h)
        here = asked[(asked >= begin) & ((asked <= end) if last else (asked < end))]
        records = [
            own if (more := _doses(titration, begin, end, int(level))) is None else own + more
            for own, level in zip(records, levels[:, i], strict=True)
        ]
        looks = np.unique(np.concatenate([[begin], here, [end]]))
        made = compiled(model, stacked(records), given, kept, times=looks)
        plan = _stretch(made.plan, [s.name for s in model.states], begin, end, states)
        ran = solve(made.model, plan, made.values, kept, solver, rtol=rtol)
        reasons = {**ran.reasons, **reasons}
        steps += ran.steps
        first = int(np.searchsorted(asked, begin))
        found[:, first : first + here.size] = ran.values[:, np.searchsorted(looks, here), : len(outputs)]
        states = ran.values[:, -1, len(watched) :]
        if not last:
            levels[:, i + 1 :] = _moved(titration, levels[:, i], watched, ran.values[:, -1])[:, None]
    ids = tuple(str(i + 1) for i in range(persons))
    wide = np.broadcast_to(asked, (persons, asked.size))
    units = tuple(model.unit_of(name) for name in outputs)
    run = Run(tuple(outputs), units, wide, found, dict(sorted(reasons.items())), steps, ids)
    return Titrated(run, levels)


def _doses(t: Titration, begin: float, end: float, level: int) -> Events | None:
    """The doses of a level from one check up to the next."""
    first = int(np.ceil(begin / t.every_h - 1e-9))
    stop = min(end, t.until_h)
    count = int(np.ceil(stop / t.every_h - 1e-9)) - first
    amount = t.amounts[level]
    if count < 1 or not amount > 0:
        return None
    more = {"ii": t.every_h, "addl": count - 1} if count > 1 else {}
    return ev(amount, cmt=t.into, time=first * t.every_h, dur=t.duration_h, **more)


def _stretch(plan: Plan, names: Sequence[str], begin: float, end: float, states: Array | None) -> Plan:
    """The rows from one check up to the next, after whatever makes their start what it was at the last one's end."""
    count = plan.offsets.size - 1
    whose = np.repeat(np.arange(count), np.diff(plan.offsets))
    sample = plan.kinds == Kind.SAMPLE
    inside = (plan.times >= begin) & ((plan.times < end) | ((plan.times == end) & sample))
    if states is None:
        return _chosen(plan, whose, np.flatnonzero(inside), None)
    # Every state as it was, and every inflow that still runs.
    flowing = (plan.times < begin) & (plan.kinds == Kind.FLOW)
    targets = tuple(dict.fromkeys((*plan.targets, *names)))
    place = np.array([targets.index(name) for name in names])
    head = Plan(
        plan.offsets, np.full(count * place.size, begin), np.full(count * place.size, int(Kind.SET)),
        np.tile(place, count), states.ravel(), np.full(count * place.size, NO_FACTOR), targets, plan.factors, plan.of,
    )  # fmt: skip
    rows = np.flatnonzero(flowing | inside)
    moved = replace(plan, targets=targets, times=np.where(flowing, begin, plan.times))
    return _chosen(moved, whose, rows, head)


def _chosen(plan: Plan, whose: Whole, rows: Whole, head: Plan | None) -> Plan:
    """Some rows of plans, behind those of a head that every plan has as many of."""
    count = plan.offsets.size - 1
    columns = ("times", "kinds", "target", "amounts", "factor")
    own = {name: getattr(plan, name)[rows] for name in columns}
    owner = whose[rows]
    if head is not None:
        each = head.times.size // max(1, count)
        owner = np.concatenate([np.repeat(np.arange(count), each), owner])
        own = {name: np.concatenate([getattr(head, name), own[name]]) for name in columns}
    order = np.argsort(owner, kind="stable")
    offsets = np.searchsorted(owner[order], np.arange(count + 1)).astype(np.int64)
    return replace(plan, offsets=offsets, **{name: column[order] for name, column in own.items()})


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
