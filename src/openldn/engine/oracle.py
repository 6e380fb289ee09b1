"""The oracle: plans run by SciPy, slow and careful, for whatever is faster to be held against.

It stops at everything that happens, and where equations turn (`turns`): at hours that are known beforehand, and in a
step as soon as a side has another sign at one of seventeen points of it. A sample within a step of DOP853 is the end of a
shorter one, since what lies on a long step's polynomial can err more than the step itself; LSODA's polynomial is the
step. Lines `when` act after all that records do at an hour. Persons whose rows are the same but for the amounts are solved
together, the step held by the one who needs it smallest; LSODA, for stiff models, solves one person at a time, and so
does DOP853 where states turn something. A person who cannot be solved has no numbers after that and a reason.

What a step may err of a state is rtol |y| + atol m, where m is the most that the state has held so far. A state
that is still empty counts as holding a millionth of what can reach it: of what its rate makes in an hour out of what the
others hold. So the tolerance has the unit of the state, whatever that is.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.faults import fault_at, no_step
from openldn.engine.linear import linear_rates
from openldn.engine.model import LAST_DOSE, Model
from openldn.engine.plan import Kind, Plan
from openldn.engine.pruning import needed_states, silent_states
from openldn.engine.run import Reason
from openldn.engine.tape import Tape, constant
from openldn.engine.turns import ALL_TURNS, ENDLESS, NOISE, Turn, Zoned, words_of, zoned
from openldn.notation import InputError, Limit, convert

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
METHODS = ("DOP853", "LSODA")
LIMIT = Limit(60_000_000, "numbers", "of a result of SciPy's solvers")
_TOGETHER = 64
_STEPS, _STEPS_OF_AN_EVENT = 50_000, 1000  # of the solver, for one person: some seconds
_SHARE = 1e-5  # of rtol: what a step may err of the most that a state has held
_FLOOR, _LEAST = 1e-6, 1e-300  # of what can reach a state; of one that nothing is known to reach
_HOUR = 1.0
_LOOKS = 17  # points of a step, both ends among them, at which sides are looked at
_SAME_HOUR = 1e-9  # of the time, and of an hour at least: less than that is no time for turns to pass


def walk_plan(
    model: Model,
    plan: Plan,
    given: Mapping[str, Any],
    outputs: Sequence[str] = (),
    *,
    method: str = "DOP853",
    rtol: float,
    atol: float | None = None,
    progress: Callable[[float], None] | None = None,
) -> tuple[Array, dict[int, Reason], Whole]:
    """Outputs (persons, samples, outputs), why somebody has none, and steps (persons,), for values that are complete.

    The plan names who follows what in `of`. Raises InputError for a result too large to hold.
    """
    of = own_plans(plan)
    persons, samples = of.size, plan.samples()
    if persons * samples * (len(outputs) + len(model.states)) > LIMIT:
        raise InputError(f"{persons:,} persons at {samples:,} times are too many to hold; run them in parts")
    found = np.full((persons, samples, len(outputs)), np.nan)
    reasons: dict[int, Reason] = {}
    active = active_in(model, plan, given, outputs)
    tolerances = rtol, rtol * _SHARE if atol is None else atol
    done, steps = 0, np.zeros(persons, dtype=np.int64)
    whole = zoned(model)
    turns = whole.behind(active)
    alone = method != "DOP853" or bool(whole.conditions) or any(turn.hour is None for turn in turns)
    for group in _alike(plan, 1 if alone else _TOGETHER):
        waiting = [group]
        while waiting:
            who = waiting.pop()
            walk = _Walk(whole, turns, plan, given, who, active, outputs, method, tolerances)
            with np.errstate(all="ignore"):
                rows, reason = walk.run()
            steps[who] += walk.tried
            if reason and who.size > 1:
                waiting += [np.array([i]) for i in reversed(who)]
                continue
            found[who, : rows.shape[1]] = rows
            if reason:
                reasons[int(who[0])] = reason
        done += group.size
        if progress:
            progress(done / persons)
    return found, reasons, steps


def own_plans(plan: Plan) -> Whole:
    """The plan of each person, for plans that name them."""
    if plan.of is None:
        raise InputError('one plan for everybody: say in "of" who follows it')
    return plan.of


def active_in(model: Model, plan: Plan, given: Mapping[str, Any], outputs: Sequence[str]) -> list[str]:
    """The states that matter here; a switch that a step turns on is not off."""
    turned = set(plan.moved(Kind.PARAMETER))
    off = [name for name in model.switches if name not in turned and np.all(np.asarray(given[name]) == 0)]
    silent = silent_states(model, plan.moved(Kind.ADD, Kind.FLOW, Kind.SET), off)
    needed = needed_states(model, outputs, off)
    return [s.name for s in model.states if s.name in needed and s.name not in silent]


def _alike(plan: Plan, together: int) -> list[Whole]:
    """Persons in groups whose steps differ in their amounts alone."""
    groups: dict[bytes, list[int]] = {}
    acting = np.where(plan.kinds == Kind.ACT, plan.amounts, 0.0)
    for person, number in enumerate(own_plans(plan)):
        part = slice(int(plan.offsets[number]), int(plan.offsets[number + 1]))
        key = b"".join(column[part].tobytes() for column in (plan.times, plan.kinds, plan.target, acting))
        groups.setdefault(key, []).append(person)
    return [
        np.array(group[i : i + together]) for group in groups.values() for i in range(0, len(group), together)
    ]


class _Walk:
    """One group of persons on its way through its steps."""

    def __init__(
        self,
        whole: Zoned,
        turns: Sequence[Turn],
        plan: Plan,
        given: Mapping[str, Any],
        who: Whole,
        active: Sequence[str],
        outputs: Sequence[str],
        method: str,
        tolerances: tuple[float, float],
    ) -> None:
        self.whole, self.model, self.turns = whole, whole.model, list(turns)
        self.active, self.outputs = list(active), list(outputs)
        self.method, (self.rtol, self.atol) = method, tolerances
        self.place = {name: i for i, name in enumerate(active)}
        starts = plan.offsets[own_plans(plan)[who]]
        length = int(plan.offsets[own_plans(plan)[who[0]] + 1] - starts[0])
        first = slice(int(starts[0]), int(starts[0]) + length)
        self.times, self.kinds = plan.times[first], plan.kinds[first]
        self.targets = [plan.targets[i] if i >= 0 else "" for i in plan.target[first]]
        rows = starts[:, None] + np.arange(length)
        self.amounts = plan.amounts[rows]
        self.persons = who.size
        self.own = {name: _part(value, who) for name, value in given.items()}
        self.own |= {turn.zone: 0.0 for turn in whole.turns}
        for number, factor in enumerate(plan.factors):
            share = np.broadcast_to(constant(self.model, self.own, factor), (who.size,))[:, None]
            self.amounts = np.where(plan.factor[rows] == number, self.amounts * share, self.amounts)
        self.y = self.flow = self.held = self.floor = np.zeros((len(active), who.size))
        self.samples = np.full((who.size, int(np.sum(self.kinds == Kind.SAMPLE)), len(outputs)), np.nan)
        self.ahead = 0.0
        self.taken = self.tried = 0
        self.most = _STEPS + _STEPS_OF_AN_EVENT * length
        self.reason: Reason | None = None
        self.gap: Reason | None = None
        self.held_true: Array | None = (
            None  # which conditions of lines `when` hold; None before anything was looked at
        )
        self.since, self.turned, self.turned_in_all = -np.inf, 0, 0
        self.words = ""  # of what turned last
        self._renew()

    def run(self) -> tuple[Array, Reason | None]:
        """The samples, shape (persons, samples, outputs), and why they end early, if they do."""
        if self.times.size:
            self.now = float(self.times[0])
            self.y = self._initial()
            self.flow = np.zeros_like(self.y)
            self.held = np.abs(self.y)
        at = 0
        while at < self.times.size:
            stop = at
            while stop < self.times.size and self.kinds[stop] == Kind.SAMPLE:
                stop += 1
            end = float(self.times[min(stop, self.times.size - 1)])
            if not self._integrate(end, self.times[at:stop]):
                break
            if stop < self.times.size:
                self._happen(stop)
            at = stop + 1
        return self.samples, self.reason or self.gap

    def _initial(self) -> Array:
        y = np.empty((len(self.active), self.persons))
        arrays = {name: np.asarray(value, dtype=float) for name, value in self.own.items()}
        for state in self.model.states:
            if state.name in self.place:
                y[self.place[state.name]] = constant(self.model, arrays, state.expression)
        return y

    def _renew(self) -> None:
        """Parameters have changed: rates and outputs are made anew when next needed."""
        self.rates: Callable[[float, Array], Array] | None = None
        self.tape: Tape | None = None
        self.tapes: dict[tuple[str, ...], Tape] = {}

    def _happen(self, at: int) -> None:
        kind, target, amount = self.kinds[at], self.targets[at], self.amounts[:, at]
        if self.held_true is None and kind not in (Kind.RESET, Kind.SET):
            self._begin()
        if kind == Kind.PARAMETER:
            self.own[target] = float(amount[0]) if self.persons == 1 else amount
            self._renew()
        elif kind == Kind.ACT:
            self._act(int(amount[0]), np.ones(self.persons, dtype=bool))
        elif kind == Kind.RESET:
            self.y, self.held_true = self._initial(), None
        elif target in self.place:
            row, part = self.place[target], self.flow if kind == Kind.FLOW else self.y
            part[row] = amount if kind == Kind.SET else part[row] + amount

    # Turns

    def _values_of(self, names: Sequence[str], t: Any, states: Array) -> Array:
        """Assignments at time(s) t, with states of shape (states, …, persons); (names, …, persons)."""
        key = tuple(names)
        if key not in self.tapes:
            arrays = {name: np.asarray(value, dtype=float) for name, value in self.own.items()}
            self.tapes[key] = Tape(self.model, arrays, self.active, names)
        found = self.tapes[key].evaluate(t, list(states))
        return np.array([np.broadcast_to(value, states.shape[1:] or (self.persons,)) for value in found])

    def _begin(self) -> None:
        """A condition that holds now has not become true."""
        self._find_zones()
        self.held_true = self._true()

    def _find_zones(self) -> bool:
        """Put every zone to the side on which its equation is from now on; whether any has changed."""
        changed = False
        for _ in range(len(self.turns) + 1):
            if not self.turns:
                break
            here = self.y if self.y.size else np.zeros((0, self.persons))
            sides = np.sign(self._values_of([turn.side for turn in self.turns], self.now, here))
            new = False
            for turn, zone in zip(self.turns, sides, strict=True):
                if turn.hour is not None and turn.slope is not None:
                    hour, slope = (constant(self.model, self.own, e) for e in (turn.hour, turn.slope))
                    after = np.where(self.now >= hour, np.sign(slope), -np.sign(slope))
                    zone = np.where(np.isfinite(hour), after, zone)
                if not np.array_equal(zone, np.broadcast_to(self.own[turn.zone], zone.shape), equal_nan=True):
                    self.own[turn.zone] = float(zone[0]) if self.persons == 1 else zone
                    self.words, new = turn.words, True
            if not new:
                break
            changed = True
            self._renew()
        return changed

    def _true(self) -> Array:
        """Which conditions of lines `when` hold, shape (lines, persons)."""
        found = [constant(self.model, self.own, e) for e in self.whole.conditions.values()]
        return np.array([np.broadcast_to(value, (self.persons,)) for value in found], dtype=bool)

    def _look(self) -> bool:
        """Let act what has become true, in the order of the lines; False where that has no end."""
        if self.held_true is None:
            self._begin()
        words = ""
        while True:
            if self._find_zones():
                words = words or self.words
            holds = self._true()
            fired = holds & ~np.asarray(self.held_true, dtype=bool)
            self.held_true = holds
            for number, who in zip(self.whole.conditions, fired, strict=True):
                if np.any(who):
                    words = f"the line {words_of(self.whole.actions[number])}"
                    self._act(number, who)
            if words and not self._count(words):
                return False
            if not np.any(fired):
                return True

    def _count(self, words: str) -> bool:
        if self.now > self.since + _SAME_HOUR * max(1.0, abs(self.now)):
            self.since, self.turned = self.now, 0
        self.turned, self.turned_in_all = self.turned + 1, self.turned_in_all + 1
        if self.turned > ENDLESS:
            self.reason = Reason(
                self.now, f"{words} turns without end: more than {ENDLESS:,} times at this hour"
            )
        elif self.turned_in_all > ALL_TURNS:
            self.reason = Reason(
                self.now, f"{words} turns without end: more than {ALL_TURNS:,} times in this run"
            )
        return self.reason is None

    def _act(self, number: int, who: NDArray[np.bool_]) -> None:
        """What a line `at` or `when` does, to those persons."""
        action = self.whole.actions[number]
        here = self.y if self.y.size else np.zeros((0, self.persons))
        value = self._values_of([self.whole.values[number]], self.now, here)[0]
        if action.route:
            for line in self.model.doses[action.route]:
                if line.name in self.place:
                    share = (
                        1.0 if line.expression is None else constant(self.model, self.own, line.expression)
                    )
                    unit = convert(1.0, line.unit, self.model.unit_of(line.name))
                    self.y[self.place[line.name]] += np.where(who, value * share * unit, 0.0)
            if self.model.uses_tad:
                self._put(LAST_DOSE, np.full(self.persons, self.now), who)
        elif action.target in self.model.parameters:
            self._put(action.target, value, who)
        elif action.target in self.place:
            row = self.place[action.target]
            self.y[row] = np.where(who, value, self.y[row])

    def _put(self, parameter: str, value: Array, who: NDArray[np.bool_]) -> None:
        new = np.where(who, value, self.own[parameter])
        self.own[parameter] = float(new[0]) if self.persons == 1 else new
        self._renew()

    def _next_hour(self) -> float:
        """The next hour at which something turns that hangs on time alone; infinite where there is none."""
        hours = [turn.hour for turn in self.turns if turn.hour is not None]
        found = [constant(self.model, self.own, hour) for hour in (*hours, *self.whole.stops)]
        later = [float(h) for own in found for h in np.ravel(own) if h > self.now]
        return min(later, default=np.inf)

    def _first_turn(self, solver: Any) -> float | None:
        """The end of a shorter step than the last, just behind the first place where a side has another sign."""
        watched = [turn for turn in self.turns if turn.hour is None]
        if not watched:
            return None
        zones = np.array([self.own[turn.zone] for turn in watched], dtype=float).reshape(-1, 1)
        names = [*(turn.side for turn in watched), *(turn.size for turn in watched)]

        def turned(t: Any, states: Array) -> NDArray[np.bool_]:
            """Whether any side has another sign at each of these times; states (states, times)."""
            sides, sizes = np.split(self._values_of(names, t, states), 2)
            # Nothing is no other side: what rounds to nothing may do so again and again.
            other = (np.abs(sides) > NOISE * sizes) & (np.sign(sides) != zones) & ~np.isnan(zones)
            return np.asarray(np.any(other, axis=0))

        def at(t: float) -> bool:
            return bool(turned(t, np.reshape(self._between(solver, t), (-1, 1)))[0])

        old, new = float(solver.t_old), float(solver.t)
        times = np.linspace(old, new, _LOOKS)[1:]
        states = np.asarray(solver.dense_output()(times))
        states[:, -1] = solver.y
        for place in np.flatnonzero(turned(times, states)).tolist():
            low, high = float(times[place - 1]) if place else old, float(times[place])
            if place < len(times) - 1 and not at(high):
                continue
            inner = solver.dense_output()
            least = max(8 * np.spacing(max(abs(old), abs(new))), 1e-12 * (new - old))
            a, b = low, high
            while b - a > least:
                middle = 0.5 * (a + b)
                found = bool(turned(middle, np.reshape(inner(middle), (-1, 1)))[0])
                a, b = (a, middle) if found else (middle, b)
            # The polynomial may err: what counts is a step that ends there.
            low = old
            for guess in (b + 1e-9 * (new - old), b - 1e-9 * (new - old)):
                if low < guess < high:
                    low, high = (low, guess) if at(guess) else (guess, high)
            while high - low > least:
                middle = 0.5 * (low + high)
                low, high = (low, middle) if at(middle) else (middle, high)
            return high
        return None

    # Steps

    def _change(self, t: float, flat: Array) -> Array:
        if self.rates is None:
            try:
                self.rates = rates_of(self.model, self.own, self.active, self.persons)
            except (ZeroDivisionError, OverflowError):
                self.rates = lambda t, y: np.full_like(y, np.nan)
        try:
            found = self.rates(t, flat.reshape(self.y.shape))
        except (ZeroDivisionError, OverflowError):
            return np.full_like(flat, np.nan)
        return np.asarray(found + self.flow).ravel()

    def _tolerated(self) -> Array:
        """What a step may err of each state beside rtol of it."""
        self.held = np.fmax(self.held, np.abs(self.y))
        # What begins as a ramp is nothing at its beginning, and is seen at its end.
        reach = np.fmax(self._reached(self.now, self.y), self._reached(self.ahead, self.y))
        if not np.all(reach):  # or nothing comes yet, since a state has another sign than it will have
            reach = np.where(reach == 0, self._reached(self.now, self.held), reach)
        self.floor = np.fmax(_FLOOR * reach, _LEAST)
        return self._share()

    def _reached(self, t: float, y: Array) -> Array:
        """What comes into each empty state within an hour at most, of what the others hold."""
        reach = self.held.copy()

        def rate() -> Array:
            there = np.where(y != 0, y, reach)
            return self._change(t, there.ravel()).reshape(reach.shape)

        for _ in self.active:
            made = np.where(reach == 0, rate(), 0.0)
            new = np.isfinite(made) & (made != 0)
            if not new.any():
                break
            # A rate p - l x makes p h / (1 + l h) of nothing in the time h.
            reach = np.where(new, _HOUR * np.abs(made), reach)
            lost = np.abs(made - rate())
            reach = np.where(new & np.isfinite(lost), reach * np.abs(made) / (np.abs(made) + lost), reach)
        return reach

    def _share(self) -> Array:
        return np.asarray(self.atol * np.fmax(self.held, self.floor)).ravel()

    def _integrate(self, end: float, times: Array) -> bool:
        """Go on to `end`, taking samples at `times` on the way; False when that cannot be done."""
        states = np.empty((times.size, *self.y.shape))
        shown, done = 0, int(np.searchsorted(times, self.now, side="right"))
        states[:done] = self.y
        while end > self.now and not self.reason:
            self._show(times[shown:done], states[shown:done])
            shown = done
            if not self._look():
                break
            stop = min(end, self._next_hour())
            if not self.y.size:
                self.now = stop
                done = int(np.searchsorted(times, stop, side="right"))
            elif not np.all(np.isfinite(self._change(self.now, self.y.ravel()))):
                self._fail(self.now)
            else:
                done = self._advance(stop, times, states, done)
        self._show(times[shown:done], states[shown:done])
        return not self.reason

    def _advance(self, end: float, times: Array, states: Array, done: int) -> int:
        """Go on to `end`, or to where something turns before it."""
        from scipy.integrate import LSODA

        if end - self.now <= 16 * np.spacing(abs(end)):  # LSODA cannot begin so near its end
            change = self._change(self.now, self.y.ravel()).reshape(self.y.shape)
            self.y = self.y + (end - self.now) * change
            self.now = end
            stop = int(np.searchsorted(times, end, side="right"))
            states[done:stop] = self.y
            return max(done, stop)
        self.ahead = end
        kind = personwise(self.y.shape) if self.method == "DOP853" else LSODA
        solver = kind(self._change, self.now, self.y.ravel(), end, rtol=self.rtol, atol=self._tolerated())
        while solver.status == "running":
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # LSODA warns where it fails, which is seen below
                solver.step()
            self.tried += 1
            if solver.status == "failed" or not np.all(np.isfinite(solver.y)) or self.tried > self.most:
                self.y = solver.y.reshape(self.y.shape)
                self._fail(float(solver.t))
                return done
            turn = self._first_turn(solver)
            here = float(solver.t) if turn is None else turn
            stop = int(np.searchsorted(times, here, side="right"))
            for at in range(done, stop):
                y = solver.y if times[at] == solver.t else self._between(solver, float(times[at]))
                states[at] = y.reshape(self.y.shape)
            done = max(done, stop)
            self.held = np.fmax(self.held, np.abs(solver.y).reshape(self.held.shape))
            if turn is not None:
                y = solver.y if turn == solver.t else self._between(solver, turn)
                self.y, self.now = y.reshape(self.y.shape).copy(), turn
                return done
            if self.method == "DOP853":
                solver.atol = self._share()
        self.y, self.now = solver.y.reshape(self.y.shape).copy(), end
        return done

    def _between(self, solver: Any, t: float) -> Array:
        """The state at a time within the last step."""
        if self.method != "DOP853":
            return np.asarray(solver.dense_output()(t))
        h, y = t - solver.t_old, solver.y_old
        k = np.empty((solver.n_stages, y.size))
        for i in range(solver.n_stages):
            k[i] = self._change(solver.t_old + solver.C[i] * h, y + h * (solver.A[i, :i] @ k[:i]))
        return np.asarray(y + h * (solver.B @ k))

    def _show(self, times: Array, states: Array) -> None:
        if not times.size or not self.outputs:
            self.taken += times.size
            return
        if self.tape is None:
            arrays = {name: np.asarray(value, dtype=float) for name, value in self.own.items()}
            self.tape = Tape(self.model, arrays, self.active, self.outputs)
        shown = self.tape.evaluate(times[:, None], [states[:, i] for i in range(len(self.active))])
        rows = np.stack([np.broadcast_to(v, (times.size, self.persons)) for v in shown], axis=-1)
        self.samples[:, self.taken : self.taken + times.size] = rows.transpose(1, 0, 2)
        self.taken += times.size
        if not self.reason and not self.gap and not np.all(np.isfinite(rows)):
            bad = int(np.flatnonzero(~np.all(np.isfinite(rows), axis=(1, 2)))[0])
            why = self._why(float(times[bad]), states[bad])
            self.gap = Reason(float(times[bad]), f"{why}; the run goes on")

    def _why(self, t: float, y: Array) -> str:
        return (
            fault_at(self.whole.plain, self.own, self.active, t, list(y[:, 0])) if self.persons == 1 else "?"
        )

    def _fail(self, t: float) -> None:
        why = self._why(t, self.y)
        if not why and self.tried > self.most:
            more = (
                "try the method LSODA" if self.method == "DOP853" else "something in the model is very fast"
            )
            why = f"it took more than {self.most:,} steps, as stiff equations and fast rhythms do; {more}"
        if not why and self.persons == 1:
            why = no_step(self.whole.plain, self.own, self.active, t, list(self.y[:, 0]))
        self.reason = Reason(t, why)


def _part(value: Any, who: Whole) -> Any:
    """The group's own part; for one person a plain float, which the tape computes fastest with."""
    array = np.asarray(value, dtype=float)
    part = array[who] if array.ndim and array.size > 1 else array
    return float(np.reshape(part, -1)[0]) if np.size(part) == 1 else part


def rates_of(
    model: Model, values: Mapping[str, Any], active: Sequence[str], persons: int
) -> Callable[[float, Array], Array]:
    """The time derivatives as a function of t and states (states, persons), in the same shape."""
    matrix, offset, curved = linear_rates(model, values, active, persons)
    straight = _product(matrix, offset)
    if not curved:
        return straight
    tape, rows = Tape(model, values, active, [], rates_of=curved), [list(active).index(c) for c in curved]

    def both(t: float, y: Array) -> Array:
        found = straight(t, y)
        given: Sequence[Any] = y[:, 0].tolist() if persons == 1 else list(y)
        for row, value in zip(rows, tape.evaluate(t, given), strict=True):
            found[row] = value
        return found

    return both


def _product(matrix: Array, offset: Array) -> Callable[[float, Array], Array]:
    if len(matrix) == 1:
        return lambda t, y: matrix[0] @ y + offset.T
    return lambda t, y: np.asarray((np.matmul(matrix, y.T[:, :, None])[:, :, 0] + offset).T)


def personwise(shape: tuple[int, ...]) -> type[Any]:
    """DOP853 whose error is the largest of the persons' own, not their mean."""
    from scipy.integrate import DOP853

    class Personwise(DOP853):  # type: ignore[misc]
        def _estimate_error_norm(self, K: Array, h: float, scale: Array) -> float:
            e5 = (np.dot(K.T, self.E5) / scale).reshape(shape)
            e3 = (np.dot(K.T, self.E3) / scale).reshape(shape)
            n5, n3 = np.sum(e5**2, axis=0), np.sum(e3**2, axis=0)
            size = np.sqrt((n5 + 0.01 * n3) * shape[0])
            errors = np.divide(n5, size, out=np.zeros_like(n5), where=size > 0)
            return float(np.abs(h) * np.max(errors))

    return Personwise
