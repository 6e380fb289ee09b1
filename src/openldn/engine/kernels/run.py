"""A model's kernel, called for many persons on as many threads as there are cores.

    solved = run_kernel(model, plan, values, outputs)
    solved.values.shape == (persons, samples, outputs)

Nobody's result depends on the neighbours, the number of threads or of persons, to the last bit. A person
who could not be solved has no numbers after the hour where it ended, and a reason.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.kernels.driver import EXPLICIT, IMPLICIT
from openldn.engine.kernels.epochs import Epochs, find_epochs
from openldn.engine.kernels.layout import INFO_WIDTH, Status
from openldn.engine.kernels.modes import solve_modes
from openldn.engine.kernels.program import Program, program
from openldn.engine.kernels.request import Kernel, Settings, Table, solve
from openldn.engine.kernels.width import lanes
from openldn.engine.model import Model
from openldn.engine.plan import Kind, Plan, check_size
from openldn.engine.pruning import needed_states, silent_states
from openldn.engine.turns import ALL_TURNS, ENDLESS, words_of, zoned
from openldn.engine.values import complete
from openldn.notation import InputError, Limit, UnknownName

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
METHODS = ("auto", "explicit", "implicit")
SHARE = (
    1e-5  # of rtol, that atol is unless it is said: what a state has lost of its largest before its digits go
)
STEP_LIMIT = Limit(1_000_000, "steps", "of a person from event to event, in a compiled kernel")
STIFF_AFTER = 5_000  # explicit steps after which implicit ones are tried, and for each event so many more:
STIFF_AFTER_EVENT = 100  # ten are usual between one event and the next
_TOGETHER = 4096  # persons whose modes are held at once
_ROWS = 16384  # and, where they change, so many rows
_REASONS = {
    Status.TOO_MANY_STEPS: "it took more steps than allowed, as stiff equations do",
    Status.NOT_FINITE: "a value is not finite",
    Status.STEP_TOO_SMALL: "the step became too small",
    Status.ENDLESS: f"turns without end: more than {ENDLESS:,} times at this hour, or {ALL_TURNS:,} times in this run",
}


@dataclass(frozen=True)
class Solved:
    """`values` has shape (persons, samples, outputs), NaN where a person's plan has no further sample or ended early.

    status: a Status for each person; steps, rejected: attempts; ended_h: the hour reached. words: for each line `at` or
    `when`, and for each place where equations turn.
    """

    outputs: tuple[str, ...]
    values: Array = field(repr=False)
    status: Whole = field(repr=False)
    steps: Whole = field(repr=False)
    rejected: Whole = field(repr=False)
    ended_h: Array = field(repr=False)
    words: tuple[tuple[str, ...], tuple[str, ...]] = field(repr=False, default=((), ()))

    @property
    def failed(self) -> Whole:
        """The numbers of the persons who could not be solved."""
        return np.flatnonzero(self.status)

    def named(self, person: int) -> bool:
        """Whether the reason names the equation."""
        return int(self.status[person]) % 8 == Status.ENDLESS

    def why(self, person: int) -> str:
        """Why that person could not be solved, without the hour."""
        kind, number = int(self.status[person]) % 8, int(self.status[person]) // 8
        why = _REASONS[Status(kind)]
        return f"{self.words[number % 2][number // 2]} {why}" if kind == Status.ENDLESS else why

    def reason(self, person: int) -> str:
        """Why that person could not be solved; empty if they were."""
        return f"at {self.ended_h[person]:.3g} h, {self.why(person)}" if self.status[person] else ""


def run_kernel(
    model: Model,
    plan: Plan,
    values: Mapping[str, Any] | None = None,
    outputs: Sequence[str] = (),
    *,
    method: str = "auto",
    rtol: float = 1e-6,
    atol: float | None = None,
    threads: int | None = None,
    start_h: float = 0.0,
    step_limit: int = STEP_LIMIT,
    progress: Callable[[float], None] | None = None,
) -> Solved:
    """Every person's outputs at the samples of their plan.

    values: parameters and switches that differ from the model's own, each a number or an array (persons,).
    method: "explicit", "implicit" for stiff equations, or "auto": explicit, and implicit for the persons who
        turn out to need very many explicit steps.
    rtol, atol: what a step may err: rtol of a state as it is, and atol of the largest that it was in this run, for
        what has become small since (`stepping`); a share, without a unit. If not given, SHARE of rtol.
    threads: as many as there are cores, unless said.
    Raises UnknownName for an output, parameter, method or target, InputError for numbers of persons that differ or
    a result too large to hold.
    """
    if not (rtol > 0 and (atol is None or atol > 0)):
        raise InputError(f"rtol {rtol:g} and atol {atol}: both are shares above 0")
    atol = SHARE * rtol if atol is None else atol
    if method not in METHODS:
        raise UnknownName("method", method, METHODS)
    for name in outputs:
        model.unit_of(name)
    given, persons = complete(model, values or {})
    persons = _persons(plan, persons)
    whole = zoned(model)
    given = given | {turn.zone: 0.0 for turn in whole.turns}
    samples = plan.samples()
    check_size(persons, samples, len(outputs))
    found = np.empty((persons, samples, len(outputs)))
    info = np.zeros((persons, INFO_WIDTH), dtype=np.int64)
    of = np.zeros(persons, dtype=np.int64) if plan.of is None else plan.of
    run = _Run(model, plan, given, of, tuple(outputs), found, info)
    together = _TOGETHER if run.program(modes=True).linear.states else persons
    for first in range(0, persons, together):
        who = np.arange(first, min(first + together, persons))
        share = None if progress is None else _share(progress, who, persons)
        settings = Settings(rtol, atol, start_h, step_limit, threads, share)
        if method == "implicit":
            run.solve(who, IMPLICIT, settings)
        elif method == "explicit":
            run.explicit(who, settings)
        else:
            run.whichever(who, settings)
    taken = info[:, 4]
    if np.any(taken < samples):
        found[np.arange(samples) >= taken[:, None]] = np.nan
    return Solved(
        tuple(outputs), found, info[:, 0], info[:, 1], info[:, 2], info[:, 3].copy().view(np.float64),
        (tuple(f"the line {words_of(action)}" for action in whole.actions), tuple(turn.words for turn in whole.turns)),
    )  # fmt: skip


@dataclass(frozen=True)
class _Run:
    model: Model
    plan: Plan
    given: Mapping[str, Any]
    of: Whole
    outputs: tuple[str, ...]
    found: Array
    info: Whole

    def program(self, *, modes: bool) -> Program:
        return _program(self.model, self.plan, self.given, self.outputs, modes)

    def whichever(self, who: Whole, settings: Settings) -> None:
        """Explicit steps, up to a number; then implicit ones; then explicit ones to the end.

        The number is each person's own, a power of two, so that no neighbour's events have a say.
        """
        events = (self.plan.offsets[1:] - self.plan.offsets[:-1])[self.of[who]]
        most = np.exp2(np.ceil(np.log2(STIFF_AFTER + STIFF_AFTER_EVENT * events)))
        for limit in np.unique(most):
            brief = replace(settings, step_limit=min(settings.step_limit, int(limit)))
            self.explicit(who[most == limit], brief)
        stiff = self._unfinished(who)
        self.solve(stiff, IMPLICIT, settings)
        # A Jacobian may not exist where the rates do.
        self.explicit(stiff[self.info[stiff, 0] != Status.DONE], settings)

    def explicit(self, who: Whole, settings: Settings) -> None:
        """Explicit steps, with modes for those persons for whom they hold."""
        computation = self.program(modes=True)
        if computation.linear.states and who.size:
            changes = self.plan.moved(Kind.PARAMETER)
            epochs = find_epochs(computation, self.plan) if changes else None
            if epochs or not changes:
                sound = [
                    self._by_modes(part, settings, computation, epochs) for part in self._parts(who, epochs)
                ]
                who = who[~np.concatenate(sound)]
        self.solve(who, EXPLICIT, settings)

    def _parts(self, who: Whole, epochs: Epochs | None) -> list[Whole]:
        """Persons who have no more rows of modes together than can be held."""
        if epochs is None:
            return [who]
        rows = np.cumsum(np.diff(epochs.offsets)[self.of[who]])
        return np.split(who, np.flatnonzero(np.diff(rows // _ROWS)) + 1)

    def _by_modes(
        self, who: Whole, settings: Settings, computation: Program, epochs: Epochs | None
    ) -> NDArray[np.bool_]:
        """Solve those for whom modes hold in every stretch; returns for whom they do."""
        own = [column if column.size == 1 else column[who] for column in _columns(computation, self.given)]
        count, first = who.size, np.arange(who.size)
        if epochs:
            rows, first = epochs.rows_of(self.of[who])
            persons = np.repeat(np.arange(who.size), np.diff(np.append(first, rows.size)))
            own, count = epochs.columns(own, persons, rows), rows.size
        modes = solve_modes(computation.graph, computation.linear, own, count, alone=not computation.free)
        table = np.ascontiguousarray(
            np.concatenate([modes.rates, modes.rest, *modes.vectors, *modes.inverse]).T
        )
        sound = np.logical_and.reduceat(modes.sound, first)
        of = np.zeros(int(who[-1] - who[0]) + 1, dtype=np.int64)
        of[who - who[0]] = first
        brought = Table(table, of, int(who[0]), epochs.row if epochs else None)
        self.solve(who[sound], EXPLICIT, settings, computation, brought)
        return np.asarray(sound)

    def solve(
        self,
        who: Whole,
        method: str,
        settings: Settings,
        computation: Program | None = None,
        modes: Table | None = None,
    ) -> None:
        if not who.size:
            return
        computation = computation or self.program(modes=False)
        kernel, columns = Kernel(computation, method, width=lanes()), _columns(computation, self.given)
        who = np.ascontiguousarray(who)
        solve(kernel, self.plan, who, self.of, columns, modes, self.found, self.info, settings)

    def _unfinished(self, who: Whole) -> Whole:
        """Whom explicit steps left behind: by their number, or beside a turn, where a long one may reach what has no number."""
        status = self.info[who, 0]
        lost = (status == Status.NOT_FINITE) & bool(self.program(modes=False).watched)
        return np.asarray(who[(status == Status.TOO_MANY_STEPS) | lost])


def _columns(computation: Program, given: Mapping[str, Any]) -> list[Array]:
    """Each parameter of the program: one number, or one for each person."""
    columns = (np.asarray(given[name], dtype=float).reshape(-1) for name in computation.parameters)
    return [np.ascontiguousarray(column) for column in columns]


def _share(progress: Callable[[float], None], who: Whole, persons: int) -> Callable[[float], None]:
    return lambda share: progress((int(who[0]) + share * who.size) / persons)


def _persons(plan: Plan, persons: int) -> int:
    if plan.of is None:
        return persons
    if persons not in (1, plan.of.size):
        raise InputError(f"parameters are given for {persons} persons and plans for {plan.of.size}")
    return plan.of.size


def _program(
    model: Model, plan: Plan, given: Mapping[str, Any], outputs: tuple[str, ...], modes: bool
) -> Program:
    names = {*model.rates, *model.parameters, *model.switches}
    for name in plan.targets:
        if name not in names:
            raise UnknownName("target of an event", name, names)
    changed = set(plan.moved(Kind.PARAMETER))
    fixed = {
        name: float(given[name])
        for name in model.switches
        if name not in changed and np.ndim(given[name]) == 0
    }
    off = [name for name, value in fixed.items() if value == 0]
    dosed = plan.moved(Kind.ADD, Kind.FLOW, Kind.SET)
    flows = plan.moved(Kind.FLOW)
    key = id(model), outputs, plan.factors, tuple(fixed.items()), tuple(flows), dosed, modes
    if key not in _PROGRAMS or _PROGRAMS[key][0] is not model:
        if len(_PROGRAMS) >= _PROGRAMS_LIMIT:
            _PROGRAMS.clear()
        silent, needed = silent_states(model, dosed, off), needed_states(model, outputs, off)
        states = [s.name for s in model.states if s.name in needed and s.name not in silent]
        # Where nothing moves there is still time to pass: a kernel needs a state for that.
        states = states or [s.name for s in model.states[:1]]
        into = [name for name in flows if name in states]
        _PROGRAMS[key] = model, program(model, states, outputs, plan.factors, fixed, into, dosed, modes)
    return _PROGRAMS[key][1]


_PROGRAMS: dict[Any, tuple[Model, Program]] = {}
_PROGRAMS_LIMIT = 64
