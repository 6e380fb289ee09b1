"""The state at steady state: what an endless train of past doses has left behind.

The definition is the train: doses at t + lag − k·II for every k from 1 on, infusions that still run at t
included. In place of the train the state x at t is found that one interval leads back to itself,

    P(x) = x,    P(x) the state at t of a run that starts at t − II with x,

by Newton's method on x − P(x), the derivative of P by differences. For linear equations P is a straight
line and one step is all but exact. A step takes n + 1 intervals for n states, all of them solved at once;
three plain intervals come first. It has arrived when a step moves no state by more than 1e-8 of the
largest value it has had; more than twelve steps are not taken. Where Newton does not arrive, up to 500
intervals are run one after the other; where these do not settle, more goes in than can go out.

The kernels run the intervals, whatever method the rest of the table is solved by: LSODA cannot come as close as
Newton's method needs.

A state that no rate depends on, such as what has left the body, has no steady state and is put to its
initial value. Rates that depend on the clock have to repeat themselves with the interval.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.events.dosing import Part
from openldn.engine.events.solve import run_plan
from openldn.engine.expressions import symbols
from openldn.engine.model import Model
from openldn.engine.plan import Kind, Step, plan
from openldn.engine.pruning import needed_states, silent_states
from openldn.engine.tape import Tape, constant
from openldn.notation import SolveError

Array = NDArray[np.float64]
TOLERANCE = 1e-8
_PLAIN, _NEWTON, _INTERVALS = 3, 12, 500
_GROWTH = 1e4  # Newton has lost its way when a state is this many times what three intervals brought
_STILL = 1e-6  # a state that loses less of itself in an interval does not move
_DIFFERENCE = 1e-4  # of a state's largest value: far above the solver's noise, which is 1e-11
_ANY_INTERVAL = 24.0  # an endless infusion repeats itself at any interval
_RTOL, _ATOL = 1e-11, 1e-13
_STEPS = 200_000  # of the solver: a minute or so


def steady_state(
    model: Model,
    parts: Sequence[Part],
    interval_h: float,
    values: Mapping[str, float],
    t: float,
    outputs: Sequence[str],
) -> dict[str, float]:
    """The states behind `outputs` at time `t`, just before what is due at t, with doses every `interval_h` hours.

    An interval of 0 means an infusion without end, at the rate of each part.
    Raises SolveError when there is no steady state.
    """
    interval = interval_h or _ANY_INTERVAL
    steps = [s for part in parts for s in (_train(part, interval, t) if interval_h else _endless(part, t))]
    period = _Period(model, sorted(steps, key=lambda s: s.time_h), interval, values, t, outputs)
    return {**period.resting, **dict(zip(period.states, period.solve().tolist(), strict=True))}


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


class _Period:
    """One interval up to `t` as a map of states."""

    def __init__(
        self,
        model: Model,
        steps: Sequence[Step],
        interval: float,
        values: Mapping[str, float],
        t: float,
        outputs: Sequence[str],
    ) -> None:
        self.model, self.steps, self.values = model, steps, dict(values)
        self.begin, self.t, self.interval = t - interval, t, interval
        off = [name for name in model.switches if self.values[name] == 0]
        moved = {s.target for s in steps}
        wanted = needed_states(model, outputs, off) - silent_states(model, moved, off)
        behind, clocked = _behind(model, wanted)
        self.states = [s.name for s in model.states if s.name in wanted and s.name in behind]
        self.start = np.array(list(initial_state(model, values, self.states).values()))
        self.resting = initial_state(model, values, sorted(wanted.difference(self.states)))
        self.size, self.steps_taken = np.abs(self.start), 0
        if clocked and not self._repeats():
            raise SolveError(
                f"no steady state at {t:g} h: the model follows the clock, and its rates are others {interval:g} h before"
            )

    def after(self, x: Array) -> Array:
        """P for each column of `x`, shape (states, columns)."""
        lists = [
            [
                *(
                    Step(self.begin, Kind.SET, name, value)
                    for name, value in zip(self.states, column, strict=True)
                ),
                *self.steps,
                Step(self.t, Kind.SAMPLE),
            ]
            for column in x.T.tolist()
        ]
        ran = run_plan(
            self.model,
            plan(lists, range(len(lists))),
            self.values,
            self.states,
            rtol=_RTOL,
            atol=_ATOL,
        )
        self.steps_taken += ran.steps
        if self.steps_taken > _STEPS:
            raise SolveError(f"no steady state at {self.t:g} h within {_STEPS:,} steps of the solver")
        if ran.reasons:
            raise SolveError(f"no steady state: {next(iter(ran.reasons.values()))}")
        found = np.asarray(ran.values[:, 0, :].T)
        self.size = np.maximum(self.size, np.max(np.abs(found), axis=1))
        return found

    def solve(self) -> Array:
        if not self.states:
            return self.start
        x = self.start
        for _ in range(_PLAIN):
            x = self._once(x)
        found = self._newton(x)
        return self._in_turn(x) if found is None else found

    def _once(self, x: Array) -> Array:
        return self.after(x[:, None])[:, 0]

    def _scale(self) -> Array:
        largest = float(np.max(self.size, initial=0.0))
        return np.maximum(self.size, 1e-15 * largest) if largest > 0 else np.ones_like(self.size)

    def _newton(self, x: Array) -> Array | None:
        low = np.where((x >= 0) & (self.start >= 0), 0.0, -np.inf)  # what has been positive stays so
        bound, before = _GROWTH * self._scale(), np.inf
        for _ in range(_NEWTON):
            scale = self._scale()
            images = self.after(np.column_stack([x, x[:, None] + np.diag(_DIFFERENCE * scale)]))
            slope = (images[:, 1:] - images[:, :1]) / (_DIFFERENCE * scale) / scale[:, None] * scale
            left = (images[:, 0] - x) / scale
            move = np.linalg.lstsq(np.eye(x.size) - slope, left, rcond=_STILL)[0]
            x = x + move * scale
            if not np.all(np.isfinite(x)) or np.any(x < low - 1e-6 * scale) or np.any(np.abs(x) > bound):
                return None
            x, moved = np.maximum(x, low), float(np.max(np.abs(move)))
            settled = moved <= TOLERANCE or (moved <= 100 * TOLERANCE and moved > before / 2)
            if settled:
                return x if np.max(np.abs(left)) <= 100 * TOLERANCE else None
            before = moved
        return None

    def _in_turn(self, x: Array) -> Array:
        self.size = np.abs(x)
        before = np.full_like(x, np.inf)
        for i in range(_INTERVALS):
            last, x = x, self._once(x)
            change = np.abs(x - last)
            if np.all(change <= 0.01 * TOLERANCE * self._scale()):
                return x
            if i % 50 == 49:
                if np.any((change > 0.999 * before) & (change > 1e-5 * self._scale())):
                    break
                before = change
        name = self.states[int(np.argmax(change / self._scale()))]
        raise SolveError(
            f'no steady state at {self.t:g} h: "{name}" still changes after {i + 1} intervals of {self.interval:g} h; '
            "more goes in than can go out, or it takes too long"
        )

    def _repeats(self) -> bool:
        """Whether rates are the same an interval earlier, at a few moments."""
        arrays = {name: np.asarray(value, dtype=float) for name, value in self.values.items()}
        with np.errstate(all="ignore"):
            tape = Tape(self.model, arrays, self.states, [], self.states)
            for share in (0.0, 0.21, 0.47, 0.83):
                at = self.t - share * self.interval
                now, then = (
                    tape.evaluate(np.asarray(t), list(self.start + 1.0)) for t in (at, at - self.interval)
                )
                if not np.allclose(
                    np.asarray(now, dtype=float), np.asarray(then, dtype=float), rtol=1e-9, atol=0
                ):
                    return False
        return True


def _behind(model: Model, states: Iterable[str]) -> tuple[set[str], bool]:
    """What the rates of `states` are made from, through assignments, and whether the clock is in it."""
    found = {name for state in states for name in symbols(model.rates[state].expression)}
    for assignment in reversed(model.assignments):
        if assignment.name in found:
            found.update(symbols(assignment.expression))
    return found, "t" in found
