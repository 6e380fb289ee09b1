"""Every combination of choices, each distinct one computed once.

A combination takes one option of each factor. Those that leave nothing to pool, or ask studies for figures that are not
there, are excluded and counted. Those that come to the same data, estimator and interval are one specification: a
correlation that no study needs, Paule and Mandel's estimator and the empirical Bayes one (one equation), any estimator
of a single study.
"""

import itertools
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from openldn.meta.batch import Batch, by_size, pool_batch, tau2_batch
from openldn.meta.linear import Array
from openldn.meta.multiverse.choices import ESTIMATORS, Factor, Option, Plan
from openldn.meta.multiverse.weights import Flags, Ints, added, weigh
from openldn.notation import InputError

_AT_ONCE = 2_000_000  # numbers of the likelihood's scan that are held at a time
_SCAN = 300  # about as many values of τ² are scanned


class Data(Hashable, Protocol):
    """What is pooled: effects and variances, (k,) each."""

    @property
    def yi(self) -> Sequence[float]: ...
    @property
    def vi(self) -> Sequence[float]: ...


P = TypeVar("P", bound=Plan)
D = TypeVar("D", bound=Data)
Picked = Iterable[tuple[Any, Any]]  # (factor, option) of each factor but the last two
Other = Callable[[Any, str], tuple[float, float, float, float] | None]


@dataclass(frozen=True)
class Specification(Generic[D]):
    """One analysis: its data, its method, and the first combination of options that comes to it, by factor."""

    data: D
    method: str
    interval: str
    choices: dict[str, str] = field(hash=False)


@dataclass(frozen=True)
class Run(Generic[P, D]):
    """All specifications of a plan; S of them, F factors, arrays in the order in which they were met.

    grid: for every combination its specification, −1 where excluded; its shape is that of the factors' options.
    grid_ok: which combinations are defensible. codes (S, F): the options of the first defensible combination, else of
    the first. used (S, F): whether that factor makes a difference to the specification at all. unit (S,): what brings
    an estimate to the unit that is shown, NaN where nothing does.
    """

    declared: P
    grid: Ints = field(repr=False)
    grid_ok: Flags = field(repr=False)
    codes: Ints = field(repr=False)
    used: Flags = field(repr=False)
    defensible: Flags = field(repr=False)
    sets: tuple[D, ...] = field(repr=False)
    set_of: Ints = field(repr=False)
    k: Ints = field(repr=False)
    unit: Array = field(repr=False)
    result: Batch = field(repr=False)

    @property
    def combinations(self) -> int:
        return int(self.grid.size)

    @property
    def excluded(self) -> int:
        return int((self.grid < 0).sum())

    @property
    def parts(self) -> tuple[tuple[str, ...], ...]:
        """Of each factor what each option is a part of, its own name where of none."""
        return tuple(tuple(o.of or o.name for o in f.options) for f in self.declared.factors)

    def __len__(self) -> int:
        return len(self.codes)

    def where(self, holds: Callable[[D], bool]) -> Flags:
        """(S,) the specifications whose data `holds`."""
        return np.array([holds(s) for s in self.sets], dtype=bool)[self.set_of]

    def options_of(self, i: int) -> dict[str, str]:
        """The option of each factor that specification `i` took, without the factors that make no difference to it."""
        named = zip(self.declared.factors, self.codes[i], self.used[i], strict=True)
        return {f.name: f.options[c].name for f, c, there in named if there}

    def weights(self, chosen: Flags) -> Array:
        """(S,) how much each specification counts when the `chosen` ones alone do; they add up to 1."""
        ok = (self.grid >= 0) & chosen[self.grid] & (self.grid_ok if self.defensible[chosen].all() else True)
        return added(self.grid[ok], weigh(self.grid, ok, self.parts)[ok], len(self))

    def choices(self, chosen: Flags) -> dict[str, list[str]]:
        """Of the chosen specifications the option of each factor with several, as a specification curve wants them."""
        several = [i for i, f in enumerate(self.declared.factors) if len(f.options) > 1]
        return {
            self.declared.factors[i].name: [
                self.declared.factors[i].options[c].name if used else "makes no difference"
                for c, used in zip(self.codes[chosen, i], self.used[chosen, i], strict=True)
            ]
            for i in several
        }


def specifications(plan: Plan, data_of: Callable[[Picked], D | None]) -> Iterator[Specification[D]]:
    """Every distinct specification, one after the other, without computing any."""
    *factors, method, interval = plan.factors
    seen: set[D] = set()
    for picked in itertools.product(*(f.options for f in factors)):
        found = data_of(zip(factors, picked, strict=True))
        if found is None or found in seen:
            continue
        seen.add(found)
        done = set()
        for m, c in itertools.product(method.options, interval.options):
            key = _same(len(found.yi), m.value, c.value)
            if key not in done:
                done.add(key)
                named = zip(plan.factors, (*picked, m, c), strict=True)
                yield Specification(found, m.value, c.value, {f.name: o.name for f, o in named})


def run_plan(
    plan: P, data_of: Callable[[Picked], D | None], unit_of: Callable[[D], float], other: Other | None = None
) -> Run[P, D]:
    """Compute every specification.

    data_of: the data that the options of all factors but the last two lead to, None where there are none. unit_of: what
    brings an average of such data to the unit that is shown. other: (estimate, low, high, p) of data by a method that reads
    more than effects, None where it has no answer. Raises InputError when not one combination can be computed.
    """
    *factors, method, interval = plan.factors
    sets: dict[D, int] = {}
    places = np.full([len(f.options) for f in factors], -1, dtype=np.int64)
    for at in np.ndindex(*places.shape):
        found = data_of((f, f.options[i]) for f, i in zip(factors, at, strict=True))
        if found is not None:
            places[at] = sets.setdefault(found, len(sets))
    if not sets:
        raise InputError("no combination of choices leaves a study with figures to pool")
    every = tuple(sets)
    special = {
        (i, a): other(s, m.value) if other else None
        for a, m in enumerate(method.options) if m.value not in ESTIMATORS
        for i, s in enumerate(every)
    }  # fmt: skip
    grid, set_of, m_of, c_of = _distinct(places, every, method, interval, special)
    ok = _defensible(plan)
    codes, defensible = _first(grid, ok, len(set_of))
    return Run(
        plan, grid, ok, codes, _used(grid, codes), defensible, every, set_of,
        np.array([len(s.yi) for s in every])[set_of], np.array([unit_of(s) for s in every])[set_of],
        _compute(every, set_of, m_of, c_of, method, interval, special),
    )  # fmt: skip


def _same(k: int, method: str, interval: str) -> tuple[str, str]:
    if method not in ESTIMATORS:
        return method, "z"
    if k == 1:
        return "FE", "z"
    return "PM" if method == "EB" else method, interval


def _distinct(
    places: Ints, sets: Sequence[Data], method: Factor, interval: Factor,
    special: dict[tuple[int, int], tuple[float, float, float, float] | None],
) -> tuple[Ints, Ints, Ints, Ints]:  # fmt: skip
    """The grid of specifications, and of each its data, estimator and interval (first options that come to it)."""
    m, c = len(method.options), len(interval.options)
    pairs = list(itertools.product(method.options, interval.options))
    first: dict[bool, Ints] = {}
    for single in (True, False):
        keys = [_same(1 if single else 2, a.value, b.value) for a, b in pairs]
        first[single] = np.array([keys.index(x) for x in keys])
    alone = np.array([len(s.yi) == 1 for s in sets])
    pair = np.where(alone[places][..., None], first[True], first[False])
    answered = np.ones((len(sets), m), dtype=bool)
    for (i, a), told in special.items():
        answered[i, a] = told is not None
    there = (places[..., None] >= 0) & np.repeat(answered[places], c, axis=-1)
    full = np.where(there, places[..., None] * (m * c) + pair, -1)
    found, inverse = np.unique(full, return_inverse=True)
    inverse = inverse.reshape(-1)
    if found[0] == -1:
        found, inverse = found[1:], inverse - 1
    grid = inverse.reshape((*places.shape, m, c)).astype(np.int64)
    return grid, found // (m * c), (found % (m * c)) // c, found % c


def _defensible(plan: Plan) -> Flags:
    shape = [len(f.options) for f in plan.factors]
    ok = np.ones(shape, dtype=bool)

    def along(axis: int, flags: Iterable[bool]) -> Flags:
        return np.array(list(flags)).reshape([-1 if i == axis else 1 for i in range(len(shape))])

    for axis, f in enumerate(plan.factors):
        ok &= along(axis, (o.defensible for o in f.options))
    for rule in plan.indefensible:
        hit = np.ones(shape, dtype=bool)
        for axis, f in enumerate(plan.factors):
            if f.name in rule.when:
                hit &= along(axis, (o.name in rule.when[f.name] for o in f.options))
        ok &= ~hit
    return ok


def _first(grid: Ints, ok: Flags, count: int) -> tuple[Ints, Flags]:
    flat, fine = grid.ravel(), ok.ravel()
    at = np.full(count, -1, dtype=np.int64)
    for chosen in (np.flatnonzero(flat >= 0), np.flatnonzero((flat >= 0) & fine)):
        where, index = np.unique(flat[chosen], return_index=True)
        at[where] = chosen[index]
    defensible = np.zeros(count, dtype=bool)
    defensible[flat[(flat >= 0) & fine]] = True
    return np.stack(np.unravel_index(at, grid.shape), axis=1), defensible


def _used(grid: Ints, codes: Ints) -> Flags:
    used = np.zeros(codes.shape, dtype=bool)
    for axis in range(grid.ndim):
        line = np.moveaxis(grid, axis, -1)[tuple(np.delete(codes, axis, axis=1).T)]
        used[:, axis] = (line != line[:, :1]).any(axis=1)
    return used


def _compute(
    sets: Sequence[Data], set_of: Ints, m_of: Ints, c_of: Ints, method: Factor, interval: Factor,
    special: dict[tuple[int, int], tuple[float, float, float, float] | None],
) -> Batch:  # fmt: skip
    names = ("estimate", "low", "high", "p", "tau2", "i2", "i2_q")
    out = {n: np.full(len(set_of), np.nan) for n in names}
    for k, every in by_size([len(s.yi) for s in sets]).items():
        block = max(1, _AT_ONCE // (_SCAN * k))
        for here in (every[i : i + block] for i in range(0, len(every), block)):
            y = np.array([sets[i].yi for i in here]).reshape(-1, k)
            v = np.array([sets[i].vi for i in here]).reshape(-1, k)
            row = np.full(len(sets), -1)
            row[here] = np.arange(len(here))
            for a, m in enumerate(method.options):
                mine = (m_of == a) & (row[set_of] >= 0)
                if not mine.any() or m.value not in ESTIMATORS:
                    continue
                t = tau2_batch(y, v, m.value)
                for b, c in enumerate(interval.options):
                    these = np.flatnonzero(mine & (c_of == b))
                    done = pool_batch(y, v, m.value, c.value, t)
                    for n in names:
                        out[n][these] = getattr(done, n)[row[set_of[these]]]
    for s in np.flatnonzero(
        np.isin(m_of, [a for a, m in enumerate(method.options) if m.value not in ESTIMATORS])
    ):
        told = special[int(set_of[s]), int(m_of[s])]
        assert told is not None
        out["estimate"][s], out["low"][s], out["high"][s], out["p"][s] = told
        out["tau2"][s] = 0.0
    return Batch(**out)


def option_of(factor: Factor, name: str) -> Option:
    """The option of a factor by its name."""
    return next(o for o in factor.options if o.name == name)
