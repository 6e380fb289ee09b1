"""Events to a plan: additional doses, lags, infusions, resets and steady state spelled out, for everybody at once.

At one time the order is: the lines `at` of the model, doses that earlier records have scheduled (additional and lagged
ones), and then the records as they stand. A record's row shows the state after what the record itself does.
The hour of a line `at` is that of the parameters which a person begins with; one before the beginning never comes.
A steady state is that of the equations and the doses, without lines `at` and `when`.
A reset, and a dose with SS = 1, cancel whatever is scheduled or running.

A person whose time starts again at a reset is compiled as episodes, each with a plan of its own: a reset leaves nothing of
what was before.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.events.checks import check_events, fault
from openldn.engine.events.covariates import gates_of, lines_between, with_gates, with_slopes
from openldn.engine.events.dosing import Parts, dose_lines, names_behind, parts_of, state_for
from openldn.engine.events.steady import steady_states
from openldn.engine.events.table import REPLACE, RESET, RESET_AND_DOSE, Events, check_doses
from openldn.engine.events.trains import Part, Train, initial_state, running_at, settled_states
from openldn.engine.model import LAST_DOSE, Model
from openldn.engine.model_text import Line
from openldn.engine.plan import NO_FACTOR, Kind, Plan
from openldn.engine.pruning import needed_states
from openldn.engine.run import Reason
from openldn.engine.tape import constant
from openldn.engine.values import check_values, complete
from openldn.notation import DataError, InputError, Limit, QuantityError, UnknownName, convert

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
Mask = NDArray[np.bool_]
METHODS = ("nocb", "locf", "linear")
ROWS = Limit(60_000_000, "doses, samples and changes", "of one run")
_FINEST = 2**1074  # of which every finite double is a multiple of the inverse
_TOGETHER = 256  # infusions whose rates are added anew at each end; more have a running sum, in whole numbers
_OVERLAPPING = Limit(20_000, "past doses", "of a train that may still run")
_HAIR = 1e-12  # of the time, and of an hour at least: sums of intervals meet the times of records only to rounding
_BRIEF = 1e7  # of what two hours can differ by: a step in it would be known to a ten-millionth

# What comes first at one record.
_DUE, _BEFORE, _CANCEL, _RESET, _SETTLE, _OWN, _REPLACE, _SAMPLE, _AFTER = range(9)


@dataclass(frozen=True)
class Compiled:
    """A plan for each episode, with the values of its person.

    model: with what the events add to it. values: parameters and switches, a number or an array (episodes,). person: of
    each episode; None where one plan serves everybody. reasons: of episodes whose steady state is none, whose plans end
    there. hours: of all samples, also of those that are no longer taken, NaN behind the last; shape (plans, samples).
    """

    model: Model
    plan: Plan
    values: Mapping[str, Any]
    person: Whole | None
    reasons: Mapping[int, Reason]
    hours: Array


def compiled(
    model: Model,
    events: Events,
    values: Mapping[str, Any] | None = None,
    outputs: Sequence[str] = (),
    *,
    times: Sequence[float] | Array | None = None,
    covariates: str = "nocb",
) -> Compiled:
    """The plans of a run.

    values: parameters and switches that differ from the model's own, each a number or an array (persons,); what a record
    says comes before them. times: hours at which everybody is sampled, before anything that happens then; None takes a
    sample at each record. covariates: "nocb", "locf" or "linear", what parameters are between records.
    Raises DataError, with the record's row, for a record that cannot be, InputError for what does not fit together.
    """
    if covariates not in METHODS:
        raise UnknownName("way of covariates", covariates, METHODS)
    given, persons = complete(model, values or {})
    check_events(events)
    _check_given(model, events)
    if events.persons > 1 and persons not in (1, events.persons):
        raise InputError(f"values of {persons:,} persons for events of {events.persons:,}")
    events = events.begun()
    lines = dose_lines(model, events)
    single = events.persons == 1 and not np.any(_begins_again(events))
    shared = single and (persons == 1 or _serves_all(model, events, lines, given))
    if not shared and events.persons == 1 < persons:
        events = events.among([str(i + 1) for i in range(persons)])
    whole = _Whole(model, events, given, persons, shared, covariates, lines)
    return whole.compiled(outputs, None if times is None else np.asarray(times, dtype=float))


def _check_given(model: Model, events: Events) -> None:
    """Raise DataError for a value that is physically impossible, or a name that the model does not have."""
    known = {*model.parameters, *model.switches}
    for name, column in events.told.items():
        told = np.flatnonzero(~np.isnan(column))
        if name not in known:
            at = int(told[0]) if told.size else 0
            raise fault(events, at, name, str(UnknownName("parameter or switch", name, known)))
        try:
            check_values(model, name, column[told])
        except QuantityError:
            for i in told.tolist():
                try:
                    check_values(model, name, column[i], f"person {events.ids[int(events.person[i])]}")
                except QuantityError as error:
                    raise DataError(str(error), file=events.file, line=events.place(i), field=name) from None


def _begins_again(events: Events) -> Mask:
    """Whether time starts again at each record, or another person's does."""
    again = np.zeros(events.records, dtype=bool)
    again[1:] = (events.time[1:] < events.time[:-1]) & np.isin(events.evid[1:], (RESET, RESET_AND_DOSE))
    return again


def _serves_all(
    model: Model, events: Events, lines: Mapping[int, tuple[Line, ...]], given: Mapping[str, Any]
) -> bool:
    """Whether one plan can be everybody's: nothing in it but the share of a dose is each person's own."""
    differing = {name for name, value in given.items() if np.ndim(value) and np.size(value) > 1}
    if not differing:
        return True
    if np.any(events.steady) or any(name in differing for name in events.told):
        return False
    if differing & names_behind(model, *(action.when for action in model.actions if action.kind == "at")):
        return False
    for number, own in lines.items():
        rows = events.gives & (events.into == number)
        timed = np.any(events.rate[rows] > 0) or np.any(events.rate[rows] == -1)
        for line in own:
            parts = [line.lag, line.rate, line.duration, *([line.expression] if timed else [])]
            if line.slopes or differing & names_behind(model, *parts):
                return False
    return True


def check_rows(count: int) -> None:
    """Raise InputError where plans would be too large to hold."""
    if count > ROWS:
        raise InputError(
            f"{count:,} doses, samples and changes are more than {int(ROWS):,}; the limit is {ROWS}: run fewer persons, "
            "times or doses at a time"
        )


@dataclass
class _Rows:
    """Rows of plans before they are put in order, one column a field."""

    columns: list[tuple[Any, ...]] = field(default_factory=list)
    size: int = 0

    def add(
        self, episode: Any, record: Any, phase: Any, kind: Kind, target: Any, time: Any, amount: Any = 0.0,
        due: Any = None, factor: Any = NO_FACTOR, link: Any = -1,
    ) -> None:  # fmt: skip
        size = np.size(episode)
        self.size += size
        check_rows(self.size)
        due = time if due is None else due
        parts = (episode, record, phase, int(kind), target, time, amount, due, factor, link)
        if size:
            self.columns.append(tuple(np.broadcast_to(np.asarray(part), (size,)) for part in parts))

    def joined(self) -> list[NDArray[Any]]:
        kinds = (np.int64,) * 5 + (np.float64,) * 3 + (np.int64,) * 2
        if not self.columns:
            return [np.zeros(0, dtype=kind) for kind in kinds]
        return [
            np.concatenate(parts).astype(kind)
            for parts, kind in zip(zip(*self.columns, strict=True), kinds, strict=True)
        ]


class _Whole:
    """Everything that is known of a run while its plans are made."""

    def __init__(
        self,
        model: Model,
        events: Events,
        given: Mapping[str, Any],
        persons: int,
        shared: bool,
        covariates: str,
        lines: Mapping[int, tuple[Line, ...]],
    ) -> None:
        self.events, self.shared, self.covariates, self.lines = events, shared, covariates, lines
        self.persons = persons
        person = events.person
        # An episode begins with a person, and where time starts again.
        again = _begins_again(events)
        starts = np.zeros(events.records, dtype=bool)
        starts[events.first[:-1][np.diff(events.first) > 0]] = True
        begins = np.flatnonzero(starts | again)
        self.episode = np.cumsum(starts | again) - 1
        self.first = np.append(begins, events.records)
        self.person = person[begins]
        self.episodes = begins.size
        self.sloping = (
            [n for n in events.covariates if n in model.parameters] if covariates == "linear" else []
        )
        self.gates = gates_of(model, events)
        self.plain, self.unacted = model, replace(model, actions=()) if model.actions else model
        self.model = with_gates(with_slopes(model, self.sloping), self.gates)
        self.given = dict(given)
        self.filled = {name: self._filled(name) for name in events.told}
        self.states = {s.name: i for i, s in enumerate(model.states)}
        self.targets = [*self.states]
        self.rows = _Rows()
        self.infusions: list[tuple[Any, ...]] = []

    def _filled(self, name: str) -> Array:
        """What a parameter is at each record: a missing value is the one of the record before, or the person's own."""
        column = self.events.told[name]
        own = np.broadcast_to(np.asarray(self.given[name], dtype=float), (max(1, self.events.persons),))
        told = np.where(~np.isnan(column), np.arange(column.size), -1)
        last = np.maximum.accumulate(told) if told.size else told
        person = self.events.person
        known = last >= self.events.first[person]
        return np.where(
            known, column[np.maximum(last, 0)], own[person if own.size > 1 else np.zeros_like(person)]
        )

    def target(self, name: str) -> int:
        if name not in self.targets:
            self.targets.append(name)
        return self.targets.index(name)

    def compiled(self, outputs: Sequence[str], times: Array | None) -> Compiled:
        self.end = self.events.time[self.first[1:] - 1].copy()
        if times is not None and times.size:
            self.end = np.maximum(self.end, times[-1])
        self._values()
        parts = self._parts()
        self._resets()
        trains = self._steady(parts, outputs)
        self._doses(parts)
        self._flows()
        self._replacements()
        self._samples(times)
        self._starts(times)
        self._acts()
        plan, order, episode = self._ordered(parts.factors)
        hours = plan.sample_times()
        plan, reasons = self._settled(plan, order, episode, trains, outputs)
        of = None if self.shared else np.arange(self.episodes)
        person = None if self.shared else self.person
        return Compiled(self.model, replace(plan, of=of), self._own_values(), person, reasons, hours)

    # Parameters

    def _values(self) -> None:
        """Rows that set parameters where they change; what holds from the first record on is a value of the episode."""
        e, before, first = self.events, self.first[:-1], np.zeros(self.events.records, dtype=bool)
        first[before] = True
        self.own: dict[str, Array] = {}
        for name, column in self.filled.items():
            if name in self.sloping:
                for own, line in lines_between(name, e.time, column, self.first).items():
                    self._set_before(own, line, first)
                continue
            if self.covariates == "nocb" and name in e.covariates:
                following = np.append(column[1:], column[-1:])
                last = np.append(first[1:], True)
                changed = np.flatnonzero((following != column) & ~last)
                self.rows.add(
                    self.episode[changed], changed, _AFTER, Kind.PARAMETER, self.target(name), e.time[changed],
                    following[changed],
                )  # fmt: skip
                self.own[name] = column[before]
            else:
                self._set_before(name, column, first)
        for name in self.gates:
            self.own[name] = np.ones(self.episodes)
            state = self.states[self.gates[name]]
            for record, value in self._switched(state):
                self.rows.add(
                    self.episode[[record]],
                    [record],
                    _BEFORE,
                    Kind.PARAMETER,
                    self.target(name),
                    e.time[[record]],
                    value,
                )
                if not value:
                    self.rows.add(
                        self.episode[[record]], [record], _REPLACE, Kind.SET, state, e.time[[record]], 0.0
                    )

    def _set_before(self, name: str, column: Array, first: Mask) -> None:
        previous = np.concatenate([column[:1], column[:-1]])
        changed = np.flatnonzero((column != previous) & ~first)
        self.rows.add(
            self.episode[changed], changed, _BEFORE, Kind.PARAMETER, self.target(name), self.events.time[changed],
            column[changed],
        )  # fmt: skip
        self.own[name] = column[self.first[:-1]]

    def _switched(self, state: int) -> Iterator[tuple[int, float]]:
        """The records that turn a compartment off, and on again: by number, or by a dose into it."""
        name = self.plain.states[state].name
        for record in range(self.events.records):
            place = self.events.places[self.events.into[record]]
            if self.events.evid[record] in (RESET, RESET_AND_DOSE):
                yield record, 1.0
            elif place.startswith("-") and state_for(self.plain, place[1:]) == name:
                yield record, 0.0
            elif place and not place.startswith("-") and self.events.evid[record] != 0:
                into = (
                    [line.name for line in self.lines[int(self.events.into[record])]]
                    if self.events.gives[record]
                    else [state_for(self.plain, place)]
                )
                if name in into:
                    yield record, 1.0

    def _own_values(self) -> dict[str, Any]:
        """Parameters and switches of each episode."""
        found: dict[str, Any] = {}
        for name, value in self.given.items():
            if name not in self.sloping:
                wide = np.ndim(value) and np.size(value) > 1 and not self.shared
                found[name] = np.asarray(value)[self.person] if wide else value
        for name, column in self.own.items():
            same = column.size and np.all(column == column[0])
            found[name] = float(column[0]) if same else column
        return found

    # Doses

    def _parts(self) -> Parts:
        e, person = self.events, self.events.person
        known: dict[str, Any] = {}
        for name, value in self.given.items():
            if name in self.filled:
                known[name] = self.filled[name]
            elif np.ndim(value) and np.size(value) > 1:
                known[name] = 1.0 if self.shared else np.asarray(value, dtype=float)[person]
            else:
                known[name] = np.float64(value)
        self.known = known
        differing = (
            frozenset(n for n, v in self.given.items() if np.ndim(v) and np.size(v) > 1)
            if self.shared
            else frozenset()
        )
        changing = {
            name
            for name, column in self.filled.items()
            if np.any((np.diff(column) != 0) & (np.diff(self.episode) == 0))
        }
        return parts_of(
            self.plain, e, known, differing=differing, changing=frozenset(changing.union(self.sloping))
        )

    def _resets(self) -> None:
        e = self.events
        self.steady = (e.steady > 0) & e.gives
        anew = np.isin(e.evid, (RESET, RESET_AND_DOSE))
        self.cancels = anew | (self.steady & (e.steady == 1))
        found = np.flatnonzero(self.cancels)
        self.rows.add(self.episode[found], found, _RESET, Kind.RESET, -1, e.time[found])
        # The next record that cancels, behind each; past all records where there is none.
        later = np.where(self.cancels, np.arange(e.records), e.records)
        following = np.minimum.accumulate(later[::-1])[::-1] if later.size else later
        following = np.append(following[1:], e.records).astype(np.int64)
        end = self.first[1:][self.episode]
        self.next_cancel = np.where(following >= end, e.records + 1, following)

    def _doses(self, parts: Parts) -> None:
        e = self.events
        going = (e.steady[parts.record] > 0) & (e.amount[parts.record] == 0)
        own = parts.of(np.flatnonzero(~going))
        left = (self.end[self.episode[own.record]] - e.time[own.record] - own.lag) / np.where(
            e.interval[own.record] > 0, e.interval[own.record], 1.0
        )
        # Nobody sees what comes after the last sample.
        count = (
            np.minimum(e.additional[own.record], np.maximum(np.floor(left + 1e-6), 0)).astype(np.int64) + 1
        )
        check_doses(count - 1)
        total = int(count.sum())
        check_rows(total)
        each = np.repeat(np.arange(count.size), count)
        number = np.arange(total) - np.repeat(np.cumsum(count) - count, count)
        record = own.record[each]
        due = e.time[record] + own.lag[each] + number * e.interval[record]
        self._give(own.of(each), record, due)

    def _give(self, parts: Parts, record: Whole, due: Array) -> None:
        """Doses that come at `due`, scheduled by `record`, unless they are cancelled before."""
        at, phase = self._place(record, due)
        cancel = self.next_cancel[record]
        there = at < cancel
        parts, record, due = parts.of(there), record[there], due[there]
        at, phase, cancel = at[there], phase[there], cancel[there]
        episode, when = self.episode[record], self._when(at, phase, due, record)
        if self.plain.uses_tad:
            self.rows.add(episode, at, phase, Kind.PARAMETER, self.target(LAST_DOSE), when, when, due)
        at_once = parts.duration <= _BRIEF * np.spacing(np.maximum(np.abs(due), 1.0))
        self._add(parts.of(at_once), record[at_once], due[at_once])
        slow = ~at_once
        self._infuse(
            parts.of(slow),
            record[slow],
            episode[slow],
            at[slow],
            phase[slow],
            when[slow],
            due[slow],
            cancel[slow],
        )

    def _add(self, parts: Parts, record: Whole, due: Array) -> None:
        """What is given at once; what is too short to be told from its beginning at that hour, in the middle of it."""
        due = due + parts.duration / 2
        at, phase = self._place(record, due)
        there = at < self.next_cancel[record]
        parts, record, due, at, phase = parts.of(there), record[there], due[there], at[there], phase[there]
        amount = np.where(parts.duration > 0, parts.rate * parts.duration, parts.amount)
        self.rows.add(
            self.episode[record], at, phase, Kind.ADD, parts.state, self._when(at, phase, due, record), amount, due,
            parts.factor,
        )  # fmt: skip

    def _infuse(
        self,
        parts: Parts,
        record: Whole,
        episode: Whole,
        at: Whole,
        phase: Whole,
        begin: Array,
        due: Array,
        cancel: Whole,
    ) -> None:
        if not record.size:
            return
        ends = begin + parts.duration
        rate = parts.rate * parts.duration / (ends - begin)
        stop, stop_phase = self._place(record, due + parts.duration)
        ended = stop > cancel
        e = self.events
        until = np.where(ended, e.time[np.minimum(cancel, e.records - 1)], ends)
        stop, stop_phase = np.where(ended, cancel, stop), np.where(ended, _CANCEL, stop_phase)
        start = (at, phase, due)
        self.infusions.append(
            (episode, parts.state, parts.factor, rate, begin, until, start, (stop, stop_phase))
        )

    def _flows(self) -> None:
        """Rows that begin infusions and end them."""
        if not self.infusions:
            return
        *plain, starts, stops = zip(*self.infusions, strict=True)
        episode, state, factor, rate, begin, until = (np.concatenate(column) for column in plain)
        at, phase, due = (np.concatenate(column) for column in zip(*starts, strict=True))
        stop, stop_phase = (np.concatenate(column) for column in zip(*stops, strict=True))
        key = episode * len(self.states) + state
        order = np.lexsort((begin, key))
        same = key[order][1:] == key[order][:-1]
        together = np.unique(key[order][1:][same & (begin[order][1:] <= until[order][:-1])])
        taken = rate.copy()
        sorted_key = key[order]
        low, high = (np.searchsorted(sorted_key, together, side=side) for side in ("left", "right"))
        for begins, ends in zip(low.tolist(), high.tolist(), strict=True):
            who = order[begins:ends]
            edges = [(at[i], phase[i], due[i], 0, i) for i in who.tolist()]
            edges += [(stop[i], stop_phase[i], until[i], 1, i) for i in who.tolist()]
            _take_away(sorted(edges), rate, taken)
        self.rows.add(episode, at, phase, Kind.FLOW, state, begin, rate, due, factor)
        self.rows.add(episode, stop, stop_phase, Kind.FLOW, state, until, -taken, until, factor)

    def _place(self, record: Whole, due: Array) -> tuple[Whole, Whole]:
        """Before which record something comes that `record` has scheduled for `due`, and in which phase of it.

        What is due with the record itself is its own doing.
        """
        e = self.events
        hair = _HAIR * np.maximum(1.0, np.abs(due))
        own = due <= e.time[record] + hair
        limit = self.first[1:][self.episode[record]]
        found = _searched(e.time, self.first, self.episode[record], due - hair)
        found = np.minimum(np.maximum(found, record + 1), limit)
        return np.where(own, record, found), np.where(own, _OWN, _DUE)

    def _when(self, at: Whole, phase: Whole, due: Array, record: Whole) -> Array:
        """The hour of what comes at `due`: that of the record which it comes with or just before."""
        e = self.events
        limit = self.first[1:][self.episode[record]]
        there = e.time[np.minimum(at, e.records - 1)]
        return np.where(phase == _OWN, e.time[record], np.where(at < limit, np.minimum(due, there), due))

    # Steady states

    def _steady(
        self, parts: Parts, outputs: Sequence[str]
    ) -> list[tuple[Train, list[str], Mapping[str, float]]]:
        """Trains of past doses, whose states are still to be found; their rows are linked to them by number."""
        e, trains = self.events, list[tuple[Train, list[str], Mapping[str, float]]]()
        outputs = self._settling(outputs)
        self.train_of: list[tuple[int, int]] = []
        more: list[tuple[int, int, float]] = []
        for record in np.flatnonzero(self.steady).tolist():
            t, interval = float(e.time[record]), float(e.interval[record])
            low, high = (int(np.searchsorted(parts.record, record, side=side)) for side in ("left", "right"))
            rows = np.arange(low, high)
            own = tuple(
                Part(
                    self.plain.states[int(parts.state[i])].name, float(parts.amount[i]), float(parts.rate[i]),
                    float(parts.duration[i]), float(parts.lag[i]),
                )
                for i in rows
            )  # fmt: skip
            if interval and any((p.lag + p.duration) / interval > _OVERLAPPING for p in own):
                raise fault(
                    e,
                    record,
                    "II",
                    f"more than {_OVERLAPPING:,} past doses would still be running; lengthen II",
                )
            nothing = e.amount[record] == 0 and e.rate[record] == 0
            values = {n: float(v[record]) if np.ndim(v) else float(v) for n, v in self.known.items()}
            train = Train(() if nothing else own, interval, values, t)
            names = settled_states(self.unacted, train, outputs)
            added = e.steady[record] == 2
            rest = initial_state(self.plain, values, names) if added else {}
            trains.append((train, names, rest))
            self.train_of.append((int(self.episode[record]), record))
            states = np.array([self.states[name] for name in names], dtype=np.int64)
            self.rows.add(
                np.full(states.size, self.episode[record]), record, _SETTLE, Kind.ADD if added else Kind.SET, states, t,
                np.nan, due=np.arange(states.size, dtype=float), link=len(trains) - 1,
            )  # fmt: skip
            hair = _HAIR * max(1.0, abs(t), interval)
            for i in rows if interval else ():
                part = own[int(np.flatnonzero(rows == i)[0])]
                more += [(int(i), record, start) for start in running_at(part, interval, t, hair)]
        self._past(parts, more)
        return trains

    def _settling(self, outputs: Sequence[str]) -> Sequence[str]:
        """What a steady state is wanted of: the outputs, and what lines `at` and `when` look at."""
        if not self.plain.actions:
            return outputs
        return [*outputs, *sorted(needed_states(self.plain, outputs))]

    def _past(self, parts: Parts, more: Sequence[tuple[int, int, float]]) -> None:
        """Past doses of trains that still run at their record, or are due from then on."""
        if not more:
            return
        part, record, start = (np.array(column) for column in zip(*more, strict=True))
        t = self.events.time[record]
        due = start >= t - _HAIR * np.maximum(1.0, np.abs(t))
        self._give(parts.of(part[due]), record[due], np.maximum(start, t)[due])
        own, record, start = parts.of(part[~due]), record[~due], start[~due]
        t = t[~due]
        left = replace(own, duration=start + own.duration - t)
        self._infuse(
            left,
            record,
            self.episode[record],
            record,
            np.full(record.size, _SETTLE),
            t,
            t,
            self.next_cancel[record],
        )

    def _settled(
        self,
        plan: Plan,
        link: Whole,
        episode: Whole,
        trains: Sequence[tuple[Train, list[str], Mapping[str, float]]],
        outputs: Sequence[str],
    ) -> tuple[Plan, dict[int, Reason]]:
        """The plan with its steady states, NaN from the first of an episode that is none, and why it is none."""
        if not trains:
            return plan, {}
        found = steady_states(self.unacted, [train for train, _, _ in trains], self._settling(outputs))
        amounts, reasons = plan.amounts.copy(), dict[int, Reason]()
        keep = np.ones(plan.times.size, dtype=bool)
        for number, ((_, names, rest), state) in enumerate(zip(trains, found, strict=True)):
            own, record = self.train_of[number]
            if isinstance(state, Reason):
                # Its states stay NaN, and nothing happens any more but samples.
                reasons.setdefault(own, state)
                after = (self.row_record > record) | (
                    (self.row_record == record) & (self.row_phase > _SETTLE)
                )
                keep[(episode == own) & after & (plan.kinds != Kind.SAMPLE)] = False
                continue
            rows = np.flatnonzero(link == number)
            amounts[rows] = [state[name] - rest.get(name, 0.0) for name in names]
        if np.all(keep):
            return replace(plan, amounts=amounts), reasons
        lengths = np.bincount(episode[keep], minlength=plan.offsets.size - 1)
        return replace(
            plan, offsets=np.concatenate([[0], np.cumsum(lengths)]), times=plan.times[keep], kinds=plan.kinds[keep],
            target=plan.target[keep], amounts=amounts[keep], factor=plan.factor[keep],
        ), reasons  # fmt: skip

    # Everything else

    def _replacements(self) -> None:
        e = self.events
        for record in np.flatnonzero(e.evid == REPLACE).tolist():
            place = e.places[e.into[record]]
            try:
                name = (
                    self.plain.doses[place][0].name
                    if place in self.plain.doses
                    else state_for(self.plain, place)
                )
                line = next((x for lines in self.plain.doses.values() for x in lines if x.name == name), None)
                unit = e.units[e.unit[record]] or (
                    line.unit if line is not None else self.plain.unit_of(name)
                )
                amount = e.amount[record] * convert(1.0, unit, self.plain.unit_of(name))
            except (UnknownName, QuantityError) as error:
                raise fault(e, record, "CMT", str(error)) from None
            self.rows.add(
                self.episode[[record]],
                [record],
                _REPLACE,
                Kind.SET,
                self.states[name],
                e.time[[record]],
                amount,
            )

    def _samples(self, times: Array | None) -> None:
        e = self.events
        if times is None:
            here = np.flatnonzero(e.silent == 0)
            self.rows.add(self.episode[here], here, _SAMPLE, Kind.SAMPLE, -1, e.time[here])
            return
        if self.episodes != self.events.persons:
            raise InputError(
                "times start again within a person, so that common times mean nothing; sample at the records"
            )
        check_rows(self.episodes * times.size)
        episode = np.repeat(np.arange(self.episodes), times.size)
        when = np.tile(times, self.episodes)
        # Before which record each time comes: as many as have begun before it.
        begun = np.zeros((self.episodes, times.size + 1), dtype=np.int64)
        np.add.at(begun, (self.episode, np.searchsorted(times, e.time, side="right")), 1)
        at = (self.first[:-1, None] + np.cumsum(begun[:, :-1], axis=1)).ravel()
        hair = _HAIR * np.maximum(1.0, np.abs(when))
        self.rows.add(episode, at, _DUE, Kind.SAMPLE, -1, when, due=when - 2 * hair)

    def _starts(self, times: Array | None) -> None:
        """Where each run begins: at hour 0, or at the first record or time, where everybody has the initial values."""
        start = self.events.time[self.first[:-1]]
        if times is not None:
            start = np.minimum(np.minimum(start, 0.0), times[0] if times.size else 0.0)
        if self.plain.uses_tad:
            self.own[LAST_DOSE] = start
        self.rows.add(np.arange(self.episodes), self.first[:-1], _DUE, Kind.RESET, -1, start, due=-np.inf)
        self.start = start

    def _acts(self) -> None:
        """Rows of the lines `at`, after the samples at their hour and before all else."""
        values = self._own_values()
        values |= {name: self.filled[name][self.first[:-1]] for name in self.sloping}
        for number, action in enumerate(self.plain.actions):
            if action.kind == "at":
                with np.errstate(all="ignore"):
                    hour = np.asarray(constant(self.plain, values, action.when), dtype=float)
                when = np.broadcast_to(hour[0] if hour.ndim and hour.size == 1 else hour, (self.episodes,))
                episode = np.flatnonzero(np.isfinite(when) & (when >= self.start))
                due = when[episode] - _HAIR * np.maximum(1.0, np.abs(when[episode]))
                at = _searched(self.events.time, self.first, episode, due)
                self.rows.add(episode, at, _DUE, Kind.ACT, -1, when[episode], float(number), due)

    def _ordered(self, factors: Any) -> tuple[Plan, Whole, Whole]:
        episode, record, phase, kind, target, time, amount, due, factor, link = self.rows.joined()
        # What comes after an episode's last record stands at the first of the next, but not in its place.
        order = np.lexsort((due, (record + episode) * (_AFTER + 1) + phase))
        episode, record, phase, kind, target, time, amount, factor, link = (
            column[order] for column in (episode, record, phase, kind, target, time, amount, factor, link)
        )
        time = _not_back(time, episode)
        last = np.full(self.episodes, -1)
        seen = np.flatnonzero(kind == Kind.SAMPLE)
        last[episode[seen]] = seen
        wanted = np.arange(episode.size) <= last[episode]
        if not np.all(wanted):
            episode, record, phase, kind, target, time, amount, factor, link = (
                column[wanted]
                for column in (episode, record, phase, kind, target, time, amount, factor, link)
            )
        self.row_record, self.row_phase = record, phase
        offsets = np.searchsorted(episode, np.arange(self.episodes + 1))
        plan = Plan(
            offsets.astype(np.int64), time, kind, target, amount, factor, tuple(self.targets), tuple(factors),
        )  # fmt: skip
        return plan, link, episode


def _take_away(edges: Iterable[tuple[Any, ...]], rate: Array, taken: Array) -> None:
    """What the end of each infusion takes away, into `taken`: its rate, but for rounding where several run together, so
    that nothing remains of rates when the last one ends. edges: beginnings (0) and ends (1) in order, by number."""
    running, total, exact = set[int](), 0.0, 0
    for *_, ends, i in edges:
        above, below = float(rate[i]).as_integer_ratio()
        exact += (-1 if ends else 1) * above * (_FINEST // below)
        if ends:
            running.discard(i)
            few = len(running) <= _TOGETHER
            left = float(np.sum(rate[sorted(running)])) if few else exact / _FINEST
            taken[i] = total - left
            total = total - taken[i]
        else:
            running.add(i)
            total += float(rate[i])


def _searched(times: Array, first: Whole, episode: Whole, when: Array) -> Whole:
    """The first record of each `episode` at or after `when`; the end of the episode where there is none."""
    if first.size == 2:
        return np.searchsorted(times[: first[1]], when).astype(np.int64)
    # Everything in one order: episodes one after the other, records before what is asked at the same time.
    whose = np.concatenate([np.repeat(np.arange(first.size - 1), np.diff(first)), episode])
    stamp = np.concatenate([times, when])
    asks = np.concatenate([np.zeros(times.size, dtype=np.int64), np.ones(when.size, dtype=np.int64)])
    order = np.lexsort((-asks, stamp, whose))
    before = np.cumsum(asks[order] == 0)
    found = np.empty(stamp.size, dtype=np.int64)
    found[order] = before
    return found[times.size :]


def _not_back(time: Array, episode: Whole) -> Array:
    """The times with those that rounding put behind one before them raised to it."""
    back = np.flatnonzero((time[1:] < time[:-1]) & (episode[1:] == episode[:-1]))
    if not back.size:
        return time
    found = time.copy()
    for start in back.tolist():
        i = start + 1
        while i < found.size and episode[i] == episode[start] and found[i] < found[i - 1]:
            found[i] = found[i - 1]
            i += 1
    return found
