"""Printed answers looked for among all ways to pool: reproduced, or the nearest and why not.

Tried are all subsets of the declared trials, every option of their sources (mistakes too), every time point and
correlation, estimator and interval. Printed figures agree when they lie within half a unit of the last digit. With
thousands of ways to pool, some agree by chance; so a match counts only if nothing known of the answer speaks against
it: no more trials than it included, none that came later, the estimator, the interval, I² within half a percent. An
estimate printed without an interval agrees with too many ways to tell anything.

Where one trial of an answer was not read, the others leave it no choice. With DerSimonian and Laird's τ² and SE from
the printed interval,

    w = 1/SE² − Σ wᵢ(τ²),    v = 1/w − τ²,    y = (μ/SE² − Σ wᵢ(τ²) yᵢ)/w,    τ² = DL(y₁ … y, v₁ … v),

one equation in τ². What solves it says what that trial must have found, and which I² comes with it.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from openldn.evidence.catalogue import study
from openldn.evidence.multiverse.data_sets import DataSet, Entry, entries
from openldn.evidence.multiverse.declaration import Declared, Factor, Option, PublishedAnswer, Rule, Trial
from openldn.meta.batch import by_size, pool_batch, tau2_batch
from openldn.meta.distributions import critical
from openldn.meta.linear import Array

REPRODUCED, MISTAKEN, NOT, OPEN = "reproduced", "only with a mistake", "not reproduced", "cannot be told"
_STEPS, _HALVINGS = 3000, 60


@dataclass(frozen=True)
class Match:
    """One way to pool beside a printed answer; off: the largest difference from a printed figure."""

    data: DataSet
    method: str
    interval: str
    estimate: float
    low: float
    high: float
    i2: float
    defensible: bool
    off: float

    def words(self) -> str:
        return f"{'; '.join(e.words() for e in self.data.entries)}; {self.method}, {self.interval}"


@dataclass(frozen=True)
class MissingTrial:
    """What the trial that was not read must have found if the others are `entries`; i2: the I² that comes with it."""

    entries: tuple[Entry, ...]
    estimate: float
    se: float
    i2: float


@dataclass(frozen=True)
class Verdict:
    """An answer with the best way to pool that nothing known speaks against; None where there is none.

    agreeing: ways that give the printed figures, whatever is known of it; possible: those that nothing speaks against.
    missing: by how well its I² agrees, for an answer that printed one. needs: studies with the routes that some
    missing trial completes, where others of theirs allow none.
    """

    answer: PublishedAnswer
    verdict: str
    best: Match | None
    tried: int
    agreeing: int
    possible: int
    missing: tuple[MissingTrial, ...] = field(repr=False)
    needs: tuple[tuple[str, tuple[str, ...]], ...] = ()


def verdicts(declared: Declared) -> tuple[Verdict, ...]:
    """One verdict for each published answer of the declaration, in its order."""
    space = {m: _space(declared, m) for m in {a.measure for a in declared.answers}}
    return tuple(_verdict(declared, a, space[a.measure]) for a in declared.answers)


@dataclass(frozen=True)
class _Space:
    """Every way to pool in one measure: arrays (ways,)."""

    sets: tuple[DataSet, ...]
    fine: tuple[bool, ...]
    set_of: Array
    method: tuple[str, ...]
    interval: tuple[str, ...]
    values: Array  # (ways, estimate low high i2 i2_q)


def _space(declared: Declared, measure: str) -> _Space:
    found: dict[DataSet, bool] = {}
    for r in _factor(declared, "correlation").options:
        lists = [[None, *_candidates(declared, t, measure, r)] for t in declared.trials]
        for picked in itertools.product(*lists):
            some = [p for p in picked if p is not None]
            if len(some) >= 2:
                data = DataSet(measure, tuple(sorted(e for e, _ in some)))
                found[data] = found.get(data, False) or all(fine for _, fine in some)
    sets = tuple(found)
    methods = [o.value for o in _factor(declared, "estimator").options if o.value != "EB"]
    intervals = [o.value for o in _factor(declared, "interval").options]
    rows, values, m_of, c_of = [], [], [], []
    for k, here in by_size([s.k for s in sets]).items():
        y = np.array([[e.yi for e in sets[i].entries] for i in here]).reshape(-1, k)
        v = np.array([[e.vi for e in sets[i].entries] for i in here]).reshape(-1, k)
        for m in methods:
            t = tau2_batch(y, v, m)
            for c in intervals:
                b = pool_batch(y, v, m, c, t)
                values.append(np.stack([b.estimate, b.low, b.high, b.i2, b.i2_q], axis=1))
                rows.append(here)
                m_of += [m] * len(here)
                c_of += [c] * len(here)
    return _Space(
        sets, tuple(found.values()), np.concatenate(rows), tuple(m_of), tuple(c_of), np.concatenate(values)
    )


def _candidates(declared: Declared, trial: Trial, measure: str, r: Option) -> Iterator[tuple[Entry, bool]]:
    outcomes = [
        o.value for f in declared.factors if f.kind == "outcome" and f.study == trial.study for o in f.options
    ]
    seen = set()
    ruled = any(
        o.defensible and o.rule.holds(study(trial.study)) for o in _factor(declared, "trials").options
    )
    source = next(f for f in declared.factors if f.kind == "source" and f.study == trial.study)
    # A spread that we put in the place of one that nobody printed is behind no printed answer.
    options = [o for o in source.options if not o.estimate_of]
    for option, outcome in itertools.product(options, outcomes or [""]):
        for e in entries(trial, measure, option, outcome, r.correlation) or ():
            if e not in seen:
                seen.add(e)
                yield e, ruled and option.defensible and (r.defensible or e.correlation is None)


def _verdict(declared: Declared, a: PublishedAnswer, space: _Space) -> Verdict:
    printed = [x for x in (a.estimate, a.low, a.high) if x is not None]
    off = np.abs(space.values[:, : len(printed)] - printed).max(axis=1)
    half = 0.5 * 10.0**-a.decimals + 1e-9
    may = np.array([_may(a, s) for s in space.sets])[space.set_of]
    may &= np.array([not a.methods or m in a.methods for m in space.method])
    may &= np.array([not a.intervals or c in a.intervals for c in space.interval])
    count = np.array([s.k for s in space.sets])[space.set_of]
    may &= np.full(len(off), True) if a.trials is None else count <= a.trials
    right = np.ones(len(off), dtype=bool)
    if a.i2 is not None:
        right &= np.abs(space.values[:, 3:] - a.i2).min(axis=1) <= 0.5
    agrees = off <= half
    possible = np.flatnonzero(agrees & may & right)
    fine = np.array(space.fine)[space.set_of]
    if len(possible):
        # the defensible ones first, then in the order in which the options stand in the file
        possible = possible[np.lexsort((space.set_of[possible], ~fine[possible]))]
        best, verdict = possible[0], REPRODUCED if fine[possible[0]] else MISTAKEN
        verdict = OPEN if a.low is None else verdict
    else:
        allowed = np.flatnonzero(may)
        best, verdict = (allowed[np.argmin(off[allowed])] if len(allowed) else None), NOT
    # without an I² to hold against them too many trials would do to say anything
    missing, needs = _missing(declared, a) if a.unread and a.i2 is not None else ((), ())
    return Verdict(
        a, verdict, None if best is None else _match(space, int(best), float(off[best])), len(off),
        int(agrees.sum()), len(possible), missing, needs,
    )  # fmt: skip


def _may(a: PublishedAnswer, data: DataSet) -> bool:
    rule = Rule(up_to_year=a.up_to_year, only=a.only)
    return all(rule.holds(study(e.study)) for e in data.entries)


def _match(space: _Space, i: int, off: float) -> Match:
    at = int(space.set_of[i])
    estimate, low, high, _, i2_q = (float(x) for x in space.values[i])
    return Match(
        space.sets[at], space.method[i], space.interval[i], estimate, low, high, i2_q, space.fine[at], off
    )


def _missing(
    declared: Declared, a: PublishedAnswer
) -> tuple[tuple[MissingTrial, ...], tuple[tuple[str, tuple[str, ...]], ...]]:
    """Every effect that the unread trial can have had, for each reading of the likely ones, and what they need."""
    if a.low is None or a.high is None or a.i2 is None:
        return (), ()
    se = (a.high - a.low) / (2 * critical(0.95, None))
    found: dict[tuple[Entry, ...], list[MissingTrial]] = {}
    trials = [t for t in declared.trials if t.study in a.likely]
    for r in _factor(declared, "correlation").options:
        lists = [[e for e, _ in _candidates(declared, t, a.measure, r)] for t in trials]
        for picked in itertools.product(*lists):
            if picked and picked not in found:
                found[picked] = list(complete(picked, a.estimate, se))
    printed = a.i2
    every = sorted((m for some in found.values() for m in some), key=lambda m: abs(m.i2 - printed))
    needs = []
    for t in trials:
        tried = {e.route for picked in found for e in picked if e.study == t.study}
        left = {e.route for m in every for e in m.entries if e.study == t.study}
        if left and left < tried:
            needs.append((t.study, tuple(sorted(left))))
    return tuple(every), tuple(needs)


def complete(known: tuple[Entry, ...], estimate: float, se: float) -> Iterator[MissingTrial]:
    """The trials that, added to `known`, make DerSimonian and Laird's average `estimate` with this standard error."""
    y, v = np.array([e.yi for e in known]), np.array([e.vi for e in known])
    top = max(float(np.ptp(y)) ** 2, se**2 * (len(known) + 1), float(v.max())) * 4
    grid = np.concatenate([[0.0], np.geomspace(1e-6 * top, top, _STEPS)])
    grid = np.sort(np.concatenate([grid, _edges(y, v, estimate, se, grid)]))
    gap = _gap(y, v, estimate, se, grid)[0]
    with np.errstate(invalid="ignore"):
        at = np.flatnonzero((gap[:-1] == 0) | (gap[:-1] * gap[1:] < 0))
    low, high = grid[at], np.where(gap[at] == 0, grid[at], grid[at + 1])
    rising = gap[at + 1] > gap[at]
    for _ in range(_HALVINGS if len(at) else 0):
        middle = (low + high) / 2
        above = (_gap(y, v, estimate, se, middle)[0] > 0) == rising
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    for y_new, v_new, i2 in zip(*_gap(y, v, estimate, se, low)[1:], strict=True):
        if math.isfinite(y_new):
            yield MissingTrial(known, float(y_new), math.sqrt(v_new), float(i2))


def _edges(y: Array, v: Array, mu: float, se: float, grid: Array) -> Array:
    """The last values of τ², on either side, at which there can be such a trial at all."""
    there = np.isfinite(_gap(y, v, mu, se, grid)[0])
    at = np.flatnonzero(there[:-1] != there[1:])
    inside = np.where(there[at], grid[at], grid[at + 1])
    outside = np.where(there[at], grid[at + 1], grid[at])
    for _ in range(_HALVINGS if len(at) else 0):
        middle = (inside + outside) / 2
        fine = np.isfinite(_gap(y, v, mu, se, middle)[0])
        inside, outside = np.where(fine, middle, inside), np.where(fine, outside, middle)
    return np.asarray(inside)


def _gap(y: Array, v: Array, mu: float, se: float, t: Array) -> tuple[Array, Array, Array, Array]:
    """At each τ² in `t`: DL's τ² with the trial that it implies minus `t`, that trial's effect, variance and I²."""
    w = 1 / (v + t[:, None])
    left = 1 / se**2 - w.sum(axis=1)
    with np.errstate(divide="ignore"):
        v_new = np.where(left > 0, 1 / left, 0.0) - t
    there = v_new > 1e-9 * se**2
    y_new = np.where(there, (mu / se**2 - (w * y).sum(axis=1)) / np.where(there, left, 1.0), 0.0)
    rows = np.column_stack([np.broadcast_to(y, (len(t), len(y))), y_new])
    spread = np.column_stack([np.broadcast_to(v, (len(t), len(v))), np.where(there, v_new, 1.0)])
    b = pool_batch(rows, spread, "DL", "z")
    hidden = (np.where(there, x, np.nan) for x in (b.tau2 - t, y_new, v_new, b.i2_q))
    return tuple(hidden)  # type: ignore[return-value]


def _factor(declared: Declared, kind: str) -> Factor:
    return next(f for f in declared.factors if f.kind == kind)
