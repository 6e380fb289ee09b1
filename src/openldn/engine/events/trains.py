"""Trains: doses that have been given at an interval for ever, and one interval of them as steps.

A train has doses at t + lag − k·II for every k from 1 on, infusions that still run at t included. One interval of it up
to t, begun with a state of the model, ends with another: `Cycle` is that map, as steps for a solver.

A state that no rate depends on, such as what has left the body, has no steady state and is put to its
initial value. Rates that depend on the clock have to repeat themselves with the interval.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from openldn.engine.events.dosing import Part
from openldn.engine.expressions import symbols
from openldn.engine.model import Model
from openldn.engine.plan import Kind, Step
from openldn.engine.pruning import needed_states, silent_states
from openldn.engine.tape import Tape, constant

_ANY_INTERVAL = 24.0  # an endless infusion repeats itself at any interval
_WITHIN = (
    0.03,
    0.1,
    0.25,
    0.5,
    0.75,
)  # of an interval, where states are looked at besides where something happens


@dataclass(frozen=True)
class Train:
    """Past doses of `parts` every `interval_h` hours up to time `t`, without beginning.

    An interval of 0 means an infusion without end, at the rate of each part.
    """

    parts: tuple[Part, ...]
    interval_h: float
    values: Mapping[str, float]
    t: float


def settled_states(model: Model, train: Train, outputs: Sequence[str]) -> list[str]:
    """The states that `steady_states` gives for the train."""
    return sorted(_wanted(model, train, outputs))


def initial_state(model: Model, values: Mapping[str, Any], states: Iterable[str]) -> dict[str, float]:
    """The initial values of `states`."""
    starts = {s.name: s.expression for s in model.states}
    arrays = {name: np.asarray(value, dtype=float) for name, value in values.items()}
    with np.errstate(all="ignore"):
        return {name: float(constant(model, arrays, starts[name])) for name in states}


def running_at(part: Part, interval_h: float, t: float) -> Iterable[float]:
    """The starts, up to the record's own dose, of past doses that still run at `t` or are due from t on."""
    start = t + part.lag_h - interval_h
    while start + part.duration_h > t + 1e-9 * interval_h or start >= t - 1e-9 * interval_h:
        yield start
        start -= interval_h


def _endless(part: Part, t: float) -> list[Step]:
    return [Step(t - _ANY_INTERVAL, Kind.FLOW, part.state, part.rate)]


def _train(part: Part, interval: float, t: float) -> list[Step]:
    """One interval of the train, which ends at `t`."""
    hair = 1e-9 * interval
    offset = part.lag_h % interval
    offset = 0.0 if interval - offset < hair or offset < hair else offset
    begin = t - interval
    if part.duration_h == 0:
        return [Step(begin + offset, Kind.ADD, part.state, part.amount)]
    end = (offset + part.duration_h) % interval
    end = 0.0 if interval - end < hair or end < hair else end
    # Infusions that run at the beginning: as many as have started before it and not ended.
    began = part.duration_h + offset if offset else part.duration_h
    running = int(np.ceil((began - hair) / interval)) - (1 if offset else 0)
    steps = [Step(begin, Kind.FLOW, part.state, running * part.rate)]
    if offset != end:
        steps += [Step(begin + offset, Kind.FLOW, part.state, part.rate)] if offset else []
        steps.append(Step(begin + (end or interval), Kind.FLOW, part.state, -part.rate))
    return steps


class Cycle:
    """One interval of a train as steps, up to the time `end`, and the states that they go through."""

    def __init__(self, model: Model, train: Train, outputs: Sequence[str]) -> None:
        interval = train.interval_h or _ANY_INTERVAL
        wanted = _wanted(model, train, outputs)
        behind, clocked = _behind(model, wanted)
        # Where no rate knows the clock all persons' intervals begin at hour 0, and so run as one.
        self.t, self.end, self.interval = train.t, train.t if clocked else interval, interval
        made = (
            step
            for part in train.parts
            for step in (_train(part, interval, self.end) if train.interval_h else _endless(part, self.end))
        )
        begin = self.end - interval
        looks = (Step(begin + share * interval, Kind.SAMPLE) for share in _WITHIN)
        self.steps = sorted([*made, *looks], key=lambda s: s.time_h)
        self.values = dict(train.values)
        self.states = [s.name for s in model.states if s.name in wanted and s.name in behind]
        self.start = np.array(list(initial_state(model, self.values, self.states).values()))
        self.resting = initial_state(model, self.values, sorted(wanted.difference(self.states)))
        switches = tuple((name, self.values[name]) for name in model.switches)
        self.like = (
            tuple(self.states), tuple((s.kind, s.target) for s in self.steps), switches,
            self.end if clocked else interval,
        )  # fmt: skip
        self.wrong = ""
        if clocked and not self._repeats(model):
            self.wrong = f"the model follows the clock, and its rates are others {interval:g} h before"

    def from_state(self, x: Sequence[float]) -> list[Step]:
        """The interval from state x on; a sample follows whatever happens, the last one is at its end."""
        begin = self.end - self.interval
        found = [Step(begin, Kind.SET, name, value) for name, value in zip(self.states, x, strict=True)]
        for step in self.steps:
            found += [step] if step.kind == Kind.SAMPLE else [step, Step(step.time_h, Kind.SAMPLE)]
        return [*found, Step(self.end, Kind.SAMPLE)]

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


def _wanted(model: Model, train: Train, outputs: Sequence[str]) -> set[str]:
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
