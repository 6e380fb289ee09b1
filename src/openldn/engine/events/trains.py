"""Trains: doses that have been given at an interval for ever, and one interval of them as rows of a plan.

A train has doses at t + lag − k·II for every k from 1 on, infusions that still run at t included. One interval of it up
to t, begun with a state of the model, ends with another: `Cycle` is that map, as rows for a solver.

A state that no rate depends on, such as what has left the body, has no steady state and is put to its
initial value. Rates that depend on the clock have to repeat themselves with the interval. A train of nothing is a model
left to itself: what it makes and loses by itself.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.expressions import symbols
from openldn.engine.model import Model
from openldn.engine.plan import Kind
from openldn.engine.pruning import needed_states, silent_states
from openldn.engine.tape import Tape, constant

Array = NDArray[np.float64]
Row = tuple[float, Kind, str, float]
_ANY_INTERVAL = 24.0  # an endless infusion repeats itself at any interval
# Of an interval, where states are looked at besides where something happens.
_WITHIN = (0.03, 0.1, 0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Part:
    """What a dose of a train puts into one state: `amount` at once, or at `rate` per hour for `duration` hours."""

    state: str
    amount: float
    rate: float
    duration: float
    lag: float


@dataclass(frozen=True)
class Train:
    """Past doses of `parts` every `interval` hours up to time `t`, without beginning.

    An interval of 0 means an infusion without end, at the rate of each part.
    """

    parts: tuple[Part, ...]
    interval: float
    values: Mapping[str, float]
    t: float


def settled_states(model: Model, train: Train, outputs: Iterable[str]) -> list[str]:
    """The states that `steady_states` gives for the train."""
    return sorted(_wanted(model, train, outputs))


def initial_state(model: Model, values: Mapping[str, Any], states: Iterable[str]) -> dict[str, float]:
    """The initial values of `states`."""
    starts = {s.name: s.expression for s in model.states}
    with np.errstate(all="ignore"):
        return {name: float(constant(model, values, starts[name])) for name in states}


def running_at(part: Part, interval: float, t: float, hair: float) -> Iterator[float]:
    """The starts, up to the record's own dose, of past doses that still run at `t` or are due from t on."""
    start = t + part.lag - interval
    while start + part.duration > t + hair or start >= t - hair:
        yield start
        start -= interval


def _endless(part: Part, t: float) -> list[Row]:
    return [(t - _ANY_INTERVAL, Kind.FLOW, part.state, part.rate)]


def _train(part: Part, interval: float, t: float) -> list[Row]:
    """One interval of the train, which ends at `t`."""
    hair = 1e-12 * interval
    offset = part.lag % interval
    offset = 0.0 if interval - offset < hair or offset < hair else offset
    begin = t - interval
    if part.duration == 0:
        return [(begin + offset, Kind.ADD, part.state, part.amount)]
    end = (offset + part.duration) % interval
    end = 0.0 if interval - end < hair or end < hair else end
    # Infusions that run at the beginning: as many as have started before it and not ended.
    began = part.duration + offset if offset else part.duration
    running = int(np.ceil((began - hair) / interval)) - (1 if offset else 0)
    rows: list[Row] = [(begin, Kind.FLOW, part.state, running * part.rate)]
    if offset != end:
        rows += [(begin + offset, Kind.FLOW, part.state, part.rate)] if offset else []
        rows.append((begin + (end or interval), Kind.FLOW, part.state, -part.rate))
    return rows


class Cycle:
    """One interval of a train as rows, up to the time `end`, and the states that they go through.

    A sample follows whatever happens, and the last one is at the end.
    """

    def __init__(self, model: Model, train: Train, outputs: Iterable[str]) -> None:
        interval = train.interval or _ANY_INTERVAL
        wanted = _wanted(model, train, outputs)
        behind, clocked = _behind(model, wanted)
        # Where no rate knows the clock all persons' intervals begin at hour 0, and so run as one.
        self.t, self.end, self.interval = train.t, train.t if clocked else interval, interval
        self.values = dict(train.values)
        self.states = [s.name for s in model.states if s.name in wanted and s.name in behind]
        self.start = np.array(list(initial_state(model, self.values, self.states).values()))
        self.resting = initial_state(model, self.values, sorted(wanted.difference(self.states)))
        made = [
            row
            for part in train.parts
            for row in (_train(part, interval, self.end) if train.interval else _endless(part, self.end))
        ]
        rows = self._rows(made)
        self.times, self.kinds, self.targets, self.amounts = (list(c) for c in zip(*rows, strict=True))
        switches = tuple((name, self.values[name]) for name in model.switches)
        self.like = (
            tuple(self.kinds), tuple(self.targets), switches, self.end if clocked else interval,
        )  # fmt: skip
        self.wrong = ""
        if clocked and not self._repeats(model):
            self.wrong = f"the model follows the clock, and its rates are others {interval:g} h before"

    def _rows(self, made: Iterable[Row]) -> list[Row]:
        begin = self.end - self.interval
        looks: list[Row] = [(begin + share * self.interval, Kind.SAMPLE, "", 0.0) for share in _WITHIN]
        rows: list[Row] = [(begin, Kind.SET, name, np.nan) for name in self.states]
        for row in sorted([*made, *looks], key=lambda row: row[0]):
            rows += [row] if row[1] == Kind.SAMPLE else [row, (row[0], Kind.SAMPLE, "", 0.0)]
        return [*rows, (self.end, Kind.SAMPLE, "", 0.0)]

    def _repeats(self, model: Model) -> bool:
        """Whether rates are the same an interval earlier, at a few moments."""
        arrays = {name: np.asarray(value, dtype=float) for name, value in self.values.items()}
        with np.errstate(all="ignore"):
            tape = Tape(model, arrays, self.states, [], self.states)
            for share in (0.0, 0.21, 0.47, 0.83):
                at = self.t - share * self.interval
                now, then = (
                    np.asarray(tape.evaluate(np.asarray(t), list(self.start + 1.0)), dtype=float)
                    for t in (at, at - self.interval)
                )
                if not np.allclose(now, then, rtol=1e-9, atol=0):
                    return False
        return True


def _wanted(model: Model, train: Train, outputs: Iterable[str]) -> set[str]:
    off = [name for name in model.switches if train.values[name] == 0]
    moved = {part.state for part in train.parts}
    return set(needed_states(model, outputs, off) - silent_states(model, moved, off))


def _behind(model: Model, states: Iterable[str]) -> tuple[set[str], bool]:
    """What the rates of `states` are made from, through assignments, and whether the clock is in it."""
    found = {name for state in states for name in symbols(model.rates[state].expression)}
    for assignment in reversed(model.assignments):
        if assignment.name in found:
            found.update(symbols(assignment.expression))
    return found, "t" in found
