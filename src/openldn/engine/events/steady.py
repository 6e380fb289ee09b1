"""The state at steady state: what an endless train of past doses has left behind.

The definition is the train (`trains`). In place of it the state x at t is found that one interval leads back to
itself,

    P(x) = x,    P(x) the state at t of a run that starts at t − II with x,

by Newton's method on x − P(x), the derivative of P by differences. For linear equations P is a straight
line and one step is all but exact. A step takes n + 1 intervals for n states, all of them solved at once;
three plain intervals come first. It has arrived when a step moves no state by more than 1e-8 of the
largest value that it has had at t, or of a ten-thousandth of what it reaches within an interval; more than twelve
steps are not taken. Where Newton does not arrive, up to 500 intervals are run one after the other; where these do
not settle and something grows, more goes in than can go out.

The kernels run the intervals, whatever method the rest of the table is solved by: LSODA cannot come as close as
Newton's method needs.

Persons whose cycles have the same steps are solved together, each by numbers of their own: a thousand take little
longer than ten.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.events.trains import Cycle, Train
from openldn.engine.model import Model
from openldn.engine.plan import alike
from openldn.engine.run import Reason
from openldn.engine.solving import solve

Array = NDArray[np.float64]
TOLERANCE = 1e-8
_PLAIN, _NEWTON, _INTERVALS = 3, 12, 500
_GROWTH = 1e4  # Newton has lost its way when a state is this many times what three intervals brought
_STILL = 1e-6  # a state that loses less of itself in an interval does not move
_DIFFERENCE = 1e-4  # of a state's size: far above the solver's noise, which is 1e-11
_FLOOR = 1e-4  # of what a state reaches within an interval: what is left of it at the end may be no more than rounding
_RTOL, _ATOL = 1e-11, 1e-20  # what is left of a dose at the end of an interval can be very little
_STEPS = 20_000_000  # of the solver, for one person: some ten seconds


def steady_states(
    model: Model, trains: Sequence[Train], outputs: Sequence[str]
) -> list[dict[str, float] | Reason]:
    """Of each train the states behind `outputs` at its time, just before what is due then, or why there are none."""
    cycles = [Cycle(model, train, outputs) for train in trains]
    groups: dict[tuple[Any, ...], list[int]] = {}
    for i, cycle in enumerate(cycles):
        groups.setdefault(cycle.like, []).append(i)
    found: dict[int, dict[str, float] | Reason] = {}
    for numbers in groups.values():
        together = _Together(model, [cycles[i] for i in numbers])
        found.update(zip(numbers, together.solve(), strict=True))
    return [found[i] for i in range(len(cycles))]


class _Together:
    """Cycles with the same steps and states, as maps P of their states, all at once."""

    def __init__(self, model: Model, cycles: Sequence[Cycle]) -> None:
        self.model, self.cycles, self.states = model, cycles, cycles[0].states
        self.size = np.abs([cycle.start for cycle in cycles]).reshape(len(cycles), len(self.states))
        self.reach = self.size.copy()
        self.taken = np.zeros(len(cycles), dtype=np.int64)
        self.wrong = {i: cycle.wrong for i, cycle in enumerate(cycles) if cycle.wrong}
        self.values: dict[str, Any] = {}
        for name in cycles[0].values:
            own = np.array([cycle.values[name] for cycle in cycles])
            self.values[name] = float(own[0]) if np.all(own == own[0]) else own

    def solve(self) -> list[dict[str, float] | Reason]:
        x = np.array([cycle.start for cycle in self.cycles]).reshape(self.size.shape)
        if self.states:
            for _ in range(_PLAIN):
                self._once(x, self._left(range(len(x))))
            lost = self._newton(x)
            self._in_turn(x, lost)
        return [
            Reason(cycle.t, f"no steady state: {self.wrong[i]}")
            if i in self.wrong
            else {**cycle.resting, **dict(zip(self.states, x[i].tolist(), strict=True))}
            for i, cycle in enumerate(self.cycles)
        ]

    def _left(self, who: Iterable[int]) -> list[int]:
        return [i for i in who if i not in self.wrong]

    def _after(self, x: Array, who: Sequence[int]) -> Array:
        """P for each column of x[i], i in `who`; shape (persons, states, columns), NaN where a run fails."""
        columns = x.shape[2]
        each = np.repeat(np.array(who, dtype=np.int64), columns)
        like = self.cycles[who[0]]
        times, amounts = (
            np.array([getattr(self.cycles[i], name) for i in who]) for name in ("times", "amounts")
        )
        times, amounts = np.repeat(times, columns, axis=0), np.repeat(amounts, columns, axis=0)
        amounts[:, : len(self.states)] = x.transpose(0, 2, 1).reshape(-1, len(self.states))
        values = {name: v[each] if np.ndim(v) else v for name, v in self.values.items()}
        events = alike(times, like.kinds, like.targets, amounts)
        ran = solve(self.model, events, values, self.states, rtol=_RTOL, atol=_ATOL)
        np.add.at(self.taken, each, ran.steps)
        for row, why in ran.reasons.items():
            self.wrong.setdefault(int(each[row]), str(why))
        for i in who:
            if self.taken[i] > _STEPS:
                self.wrong.setdefault(i, f"not within {_STEPS:,} steps of the solver")
        seen = ran.values.reshape(len(who), columns, -1, len(self.states))
        found = seen[:, :, -1].transpose(0, 2, 1)
        self.size[who] = np.fmax(self.size[who], np.max(np.abs(found), axis=2))
        self.reach[who] = np.fmax(self.reach[who], np.max(np.abs(seen), axis=(1, 2)))
        return np.asarray(found)

    def _once(self, x: Array, who: Sequence[int]) -> None:
        """Put an interval later what is in `x` of those in `who`."""
        if who:
            x[who] = self._after(x[who][:, :, None], who)[:, :, 0]

    def _scale(self, i: int) -> Array:
        size = np.maximum(self.size[i], _FLOOR * self.reach[i])
        largest = float(np.max(size))
        return np.maximum(size, 1e-15 * largest) if largest > 0 else np.ones_like(size)

    def _newton(self, x: Array) -> list[int]:
        """Newton's method from `x`, which it puts where it arrives; the others are returned, as they were."""
        who, lost = self._left(range(len(x))), []
        now = x.copy()
        bound = {i: _GROWTH * self._scale(i) for i in who}
        before = dict.fromkeys(who, np.inf)
        for _ in range(_NEWTON):
            if not who:
                break
            width = {i: _DIFFERENCE * self._scale(i) for i in who}
            tried = [np.column_stack([now[i], now[i][:, None] + np.diag(width[i])]) for i in who]
            images = self._after(np.array(tried), who)
            going = []
            for i, image in zip(who, images, strict=True):
                if i in self.wrong:
                    continue
                moved, left = self._move(i, now, image, width[i])
                if moved is None or np.any(np.abs(now[i]) > bound[i]):
                    lost.append(i)
                elif moved <= TOLERANCE or (moved <= 100 * TOLERANCE and moved > before[i] / 2):
                    if left <= 100 * TOLERANCE:
                        x[i] = now[i]
                    else:
                        lost.append(i)
                else:
                    before[i] = moved
                    going.append(i)
            who = going
        return sorted([*lost, *who])

    def _move(self, i: int, now: Array, image: Array, width: Array) -> tuple[float | None, float]:
        """Take a step of Newton's; its largest part and what had been left, over the sizes; None where it lost its way."""
        start, scale = self.cycles[i].start, width / _DIFFERENCE
        low = np.where((now[i] >= 0) & (start >= 0), 0.0, -np.inf)  # what has been positive stays so
        slope = (image[:, 1:] - image[:, :1]) / _DIFFERENCE / scale[:, None]
        left = (image[:, 0] - now[i]) / scale
        move = np.linalg.lstsq(np.eye(len(start)) - slope, left, rcond=_STILL)[0]
        there = now[i] + move * scale
        if not np.all(np.isfinite(there)) or np.any(there < low - 1e-6 * scale):
            return None, np.inf
        now[i] = np.maximum(there, low)
        return float(np.max(np.abs(move))), float(np.max(np.abs(left)))

    def _worst(self, moved: Array) -> int:
        """The state that moved most: one that the model text names, where any of them still moves."""
        named = np.array(["_along_" not in state for state in self.states])
        own = np.where(named, moved, 0.0)
        return int(np.argmax(own if np.any(own > 0.01 * TOLERANCE) else moved))

    def _in_turn(self, x: Array, who: Sequence[int]) -> None:
        """One interval after the other, until nothing changes."""
        self.size[who] = np.abs(x[who])
        before = np.full_like(x, np.inf)
        for count in range(1, _INTERVALS + 1):
            who = self._left(who)
            if not who:
                return
            last = x.copy()
            self._once(x, who)
            going = []
            for i in who:
                change, scale = np.abs(x[i] - last[i]), self._scale(i)
                if np.all(change <= 0.01 * TOLERANCE * scale):
                    continue
                stuck = count % 50 == 0 and np.any((change > 0.999 * before[i]) & (change > 1e-5 * scale))
                if stuck or count == _INTERVALS:
                    worst = self._worst(change / scale)
                    grows = abs(x[i, worst]) > abs(last[i, worst])
                    self.wrong.setdefault(
                        i,
                        f'"{self.states[worst]}" still {"grows" if grows else "changes"} after {count} intervals of '
                        f"{self.cycles[i].interval:g} h; "
                        + (
                            "more goes in than can go out, or it takes very long"
                            if grows
                            else "it takes very long"
                        ),
                    )
                if count % 50 == 0:
                    before[i] = change
                going.append(i)
            who = going
