"""Records to steps: additional doses, lags, infusions, resets and steady state spelled out.

At one time the order is: doses that earlier records have scheduled (additional and lagged ones), and then
the records as they stand in the file. A record's row shows the state after what the record itself does.
A reset, and a dose with SS = 1, cancel whatever is scheduled or running.
"""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from openldn.engine.events.covariates import Values, changes
from openldn.engine.events.dosing import Part, parts_of
from openldn.engine.events.records import DOSES_PER_PERSON, RESET, RESET_AND_DOSE, Person, Record
from openldn.engine.events.steady import steady_states
from openldn.engine.events.trains import Train, initial_state, running_at, settled_states
from openldn.engine.model import Model
from openldn.engine.plan import Kind, Step
from openldn.notation import DataError, SolveError

_HAIR = 1e-9  # hours, or of the time: closer than that is the same time


@dataclass(frozen=True)
class Open:
    """Steps whose amounts are those of a steady state that is still to be found: from `at` on, one for each of `names`.

    rest: what is taken off each amount. cut: where the steps end when there is no steady state.
    """

    train: Train
    names: tuple[str, ...]
    at: int
    cut: int
    rest: Mapping[str, float]

    def fill(self, steps: list[Step], found: Mapping[str, float]) -> None:
        for i, name in enumerate(self.names, self.at):
            steps[i] = replace(steps[i], amount=found[name] - self.rest.get(name, 0.0))


@dataclass(frozen=True)
class Compiled:
    """A person's steps, those of steady states still open."""

    steps: list[Step]
    open: tuple[Open, ...]

    def closed(self, found: Sequence[dict[str, float] | SolveError]) -> tuple[list[Step], SolveError | None]:
        """The steps with the steady states in `found`, up to the first that is none, and why it is none."""
        steps = list(self.steps)
        for opened, state in zip(self.open, found, strict=True):
            if isinstance(state, SolveError):
                return steps[: opened.cut], state
            opened.fill(steps, state)
        return steps, None


def close_all(
    model: Model, everybody: Sequence[Compiled], outputs: Sequence[str]
) -> tuple[list[list[Step]], dict[int, str]]:
    """Everybody's steps with their steady states, found together, and by place in `everybody` why some have none."""
    states = iter(steady_states(model, [opened.train for one in everybody for opened in one.open], outputs))
    lists, reasons = [], {}
    for i, one in enumerate(everybody):
        steps, wrong = one.closed([next(states) for _ in one.open])
        lists.append(steps)
        if wrong:
            reasons[i] = str(wrong)
    return lists, reasons


def steps_for(
    model: Model,
    person: Person,
    given: Mapping[str, Any],
    outputs: Sequence[str],
    *,
    times: Sequence[float] | None = None,
) -> list[Step]:
    """The steps of one person, as `compiled`, with their steady states. Raises SolveError for one that is none."""
    found = compiled(model, person, given, outputs, times=times)
    steps, wrong = found.closed(steady_states(model, [opened.train for opened in found.open], outputs))
    if wrong:
        raise wrong
    return steps


def compiled(
    model: Model,
    person: Person,
    given: Mapping[str, Any],
    outputs: Sequence[str],
    *,
    covariates: str = "nocb",
    sloping: Sequence[str] = (),
    times: Sequence[float] | None = None,
    file: str = "",
) -> Compiled:
    """The steps of one person, whose records are checked and filled.

    given: every parameter and switch of `model`, a number each. sloping: parameters that go by straight lines.
    times: where samples are taken, before anything that happens then; None takes one at each record.
    Raises DataError, with the record's row, for a dose that cannot be.
    """
    differing = {
        name
        for name in person.records[0].values
        if len({record.values.get(name, given[name]) for record in person.records}) > 1
    }
    schedule = _Schedule(model, given, outputs, file, frozenset(differing.union(sloping)))
    set_at = changes(person.records, covariates, sloping)
    waiting = sorted(float(t) for t in times or ())
    start = min([person.records[0].time_h, *waiting[:1]])
    # Before the first record nothing is known of where a straight line goes.
    schedule.set(start, {name: v for name, v in set_at[0][0].items() if not name.endswith("_slope")})
    schedule.steps.append(Step(start, Kind.RESET))
    for record, (before, after) in zip(person.records, set_at, strict=True):
        while waiting and waiting[0] <= record.time_h:
            schedule.sample(waiting.pop(0), first=True)
        schedule.up_to(record.time_h)
        schedule.set(record.time_h, before)
        schedule.take(record)
        if times is None:
            schedule.steps.append(Step(record.time_h, Kind.SAMPLE))
        schedule.set(record.time_h, after)
    for t in waiting:
        schedule.sample(t, first=True)
    return Compiled(schedule.steps, tuple(schedule.open))


class _Schedule:
    """What has been decided of a person's run, and what is still to come."""

    def __init__(
        self,
        model: Model,
        given: Mapping[str, Any],
        outputs: Sequence[str],
        file: str,
        changing: frozenset[str],
    ) -> None:
        self.model, self.outputs, self.file, self.changing = model, outputs, file, changing
        self.values = dict(given)
        self.in_force = dict(given)
        self.steps: list[Step] = []
        self.open: list[Open] = []
        self.waiting: list[tuple[float, int, Part]] = []  # a negative duration is the end of an infusion
        self.flows: dict[str, list[float]] = {}
        self.count = 0

    def set(self, t: float, changed: Values) -> None:
        for name, value in changed.items():
            if self.in_force.get(name) != value:
                self.in_force[name] = value
                self.steps.append(Step(t, Kind.PARAMETER, name, value))

    def sample(self, t: float, *, first: bool) -> None:
        self.up_to(t, but_not_at=first)
        self.steps.append(Step(t, Kind.SAMPLE))

    def take(self, record: Record) -> None:
        """What the record itself does, at its time."""
        t = record.time_h
        if record.evid in (RESET, RESET_AND_DOSE):
            self.cancel(t)
            self.steps.append(Step(t, Kind.RESET))
        if not record.doses:
            return
        values = {**self.values, **{k: v for k, v in record.values.items() if k in self.values}}
        parts = parts_of(self.model, record, values, self.file, self.changing)
        if record.steady:
            self.settle(record, parts, values)
        if record.constant_infusion:
            return
        for part in parts:
            for i in range(record.additional + 1):
                self.later(t + part.lag_h + i * record.interval_h, part)
        self.up_to(t)

    def settle(self, record: Record, parts: Sequence[Part], values: Mapping[str, Any]) -> None:
        t, interval = record.time_h, record.interval_h
        if interval and any((p.lag_h + p.duration_h) / interval > DOSES_PER_PERSON for p in parts):
            raise DataError(
                f"more than {DOSES_PER_PERSON:,} past doses would still be running; lengthen II",
                file=self.file, line=record.row, field="II",
            )  # fmt: skip
        train, cut, rest = Train(tuple(parts), interval, values, t), len(self.steps), {}
        names = settled_states(self.model, train, self.outputs)
        if record.steady == 1:
            self.cancel(t)
            self.steps.append(Step(t, Kind.RESET))
        else:
            rest = initial_state(self.model, values, names)
        self.open.append(Open(train, tuple(names), len(self.steps), cut, rest))
        kind = Kind.SET if record.steady == 1 else Kind.ADD
        self.steps += [Step(t, kind, name, np.nan) for name in names]
        for part in parts if interval else ():
            for start in running_at(part, interval, t):
                if start >= t - _HAIR * max(1.0, t):
                    self.later(max(start, t), part)
                else:
                    self.begin(t, start + part.duration_h, part)

    def later(self, t: float, part: Part) -> None:
        self.count += 1
        heapq.heappush(self.waiting, (t, self.count, part))

    def begin(self, t: float, end: float, part: Part) -> None:
        """An infusion that runs from now on, until `end`."""
        self.flows.setdefault(part.state, []).append(part.rate)
        self.steps.append(Step(t, Kind.FLOW, part.state, part.rate))
        self.later(end, Part(part.state, 0.0, part.rate, -1.0, 0.0))

    def up_to(self, t: float, *, but_not_at: bool = False) -> None:
        """Everything that is due by `t`; what is due a hair after it is due at it."""
        hair = _HAIR * max(1.0, abs(t))
        while self.waiting and (
            self.waiting[0][0] < t - hair or (not but_not_at and self.waiting[0][0] <= t + hair)
        ):
            due, _, part = heapq.heappop(self.waiting)
            due = max(min(due, t), self.steps[-1].time_h if self.steps else due)
            if part.duration_h < 0:
                self.end(due, part)
            elif part.duration_h > 0:
                self.begin(due, due + part.duration_h, part)
            else:
                self.steps.append(Step(due, Kind.ADD, part.state, part.amount))

    def end(self, t: float, part: Part) -> None:
        running = self.flows[part.state]
        before = sum(running)
        running.remove(part.rate)
        # The sum of what is left, so that nothing remains of rates when the last infusion ends.
        self.steps.append(Step(t, Kind.FLOW, part.state, sum(running) - before))

    def cancel(self, t: float) -> None:
        self.waiting.clear()
        for state, running in self.flows.items():
            if running:
                self.steps.append(Step(t, Kind.FLOW, state, -sum(running)))
                running.clear()
