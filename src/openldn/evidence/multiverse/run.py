"""Every combination of choices, each distinct one computed once.

A combination takes one option of each factor. Those that leave no trial, or ask a trial for figures that it does not
print, are excluded and counted. Those that come to the same trials, figures, estimator and interval are one
specification: two rules that keep the same trials, a correlation that no trial needs, Paule and Mandel's estimator
and the empirical Bayes one (one equation), any estimator of a single trial.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from openldn.evidence.catalogue import study
from openldn.evidence.effects.arm_means import pooled_sd
from openldn.evidence.effects.comparison import comparison
from openldn.evidence.multiverse.data_sets import DataSet, data_set
from openldn.evidence.multiverse.declaration import Declared, Factor, Option
from openldn.meta.batch import Batch, by_size, pool_batch, tau2_batch
from openldn.meta.linear import Array
from openldn.notation import InputError

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Specification:
    """One analysis: its data, its method, and the first combination of options that comes to it, by factor."""

    data: DataSet
    method: str
    interval: str
    choices: dict[str, str] = field(hash=False)


@dataclass(frozen=True)
class MultiverseRun:
    """All specifications of a question; S of them, F factors, arrays in the order in which they were met.

    grid: for every combination its specification, −1 where excluded; its shape is that of the factors' options.
    grid_ok: which combinations are defensible. codes (S, F): the options of the first defensible combination, else of
    the first. used (S, F): whether that factor makes a difference to the specification at all. unit (S,): what brings
    an estimate to the unit of the question.
    """

    declared: Declared
    grid: Ints = field(repr=False)
    grid_ok: Flags = field(repr=False)
    codes: Ints = field(repr=False)
    used: Flags = field(repr=False)
    defensible: Flags = field(repr=False)
    sets: tuple[DataSet, ...] = field(repr=False)
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

    def __len__(self) -> int:
        return len(self.codes)

    def options_of(self, i: int) -> dict[str, str]:
        """The option of each factor that specification `i` took, without the factors that make no difference to it."""
        named = zip(self.declared.factors, self.codes[i], self.used[i], strict=True)
        return {f.name: f.options[c].name for f, c, there in named if there}


def specifications(declared: Declared) -> Iterator[Specification]:
    """Every distinct specification, one after the other, without computing any."""
    factors, method, interval = _split(declared)
    seen: set[DataSet] = set()
    for picked in itertools.product(*(f.options for f in factors)):
        found = data_set(declared, zip(factors, picked, strict=True))
        if found is None or found in seen:
            continue
        seen.add(found)
        done = set()
        for m, c in itertools.product(method.options, interval.options):
            key = _same(found.k, m.value, c.value)
            if key not in done:
                done.add(key)
                named = zip(declared.factors, (*picked, m, c), strict=True)
                yield Specification(found, m.value, c.value, {f.name: o.name for f, o in named})


def run_multiverse(declared: Declared) -> MultiverseRun:
    """Compute every specification. Raises InputError when not one of them can be computed."""
    declared = within(declared)
    factors, method, interval = _split(declared)
    sets: dict[DataSet, int] = {}
    places = np.full([len(f.options) for f in factors], -1, dtype=np.int64)
    for at in np.ndindex(*places.shape):
        picked = ((f, f.options[i]) for f, i in zip(factors, at, strict=True))
        found = data_set(declared, picked)
        if found is not None:
            places[at] = sets.setdefault(found, len(sets))
    if not sets:
        raise InputError(
            f"{declared.question.id}: no combination of choices leaves a trial with figures to pool"
        )
    grid, set_of, m_of, c_of = _distinct(places, tuple(sets), method, interval)
    ok = _defensible(declared)
    codes, defensible = _first(grid, ok, len(set_of))
    return MultiverseRun(
        declared, grid, ok, codes, _used(grid, codes), defensible, tuple(sets), set_of,
        np.array([s.k for s in sets])[set_of], np.array([_unit(declared, s) for s in sets])[set_of],
        _compute(tuple(sets), set_of, m_of, c_of, method, interval),
    )  # fmt: skip


def within(declared: Declared) -> Declared:
    """The declaration without the options that only a search for a published answer tries."""
    from dataclasses import replace

    kept = (replace(f, options=tuple(o for o in f.options if not o.search_only)) for f in declared.factors)
    return replace(declared, factors=tuple(kept))


def _split(declared: Declared) -> tuple[tuple[Factor, ...], Factor, Factor]:
    return declared.factors[:-2], declared.factors[-2], declared.factors[-1]


def _same(k: int, method: str, interval: str) -> tuple[str, str]:
    if k == 1:
        return "FE", "z"
    return "PM" if method == "EB" else method, interval


def _distinct(
    places: Ints, sets: tuple[DataSet, ...], method: Factor, interval: Factor
) -> tuple[Ints, Ints, Ints, Ints]:
    """The grid of specifications, and of each its data set, estimator and interval (first options that come to it)."""
    m, c = len(method.options), len(interval.options)
    pairs = list(itertools.product(method.options, interval.options))
    first: dict[bool, Ints] = {}
    for single in (True, False):
        keys = [_same(1 if single else 2, a.value, b.value) for a, b in pairs]
        first[single] = np.array([keys.index(x) for x in keys])
    alone = np.array([s.k == 1 for s in sets])
    pair = np.where(alone[places][..., None], first[True], first[False])
    full = np.where(places[..., None] >= 0, places[..., None] * (m * c) + pair, -1)
    found, inverse = np.unique(full, return_inverse=True)
    if found[0] == -1:
        found, inverse = found[1:], inverse - 1
    grid = inverse.reshape((*places.shape, m, c)).astype(np.int64)
    return grid, found // (m * c), (found % (m * c)) // c, found % c


def _defensible(declared: Declared) -> Flags:
    ok = np.ones(declared.shape, dtype=bool)
    for axis, f in enumerate(declared.factors):
        fine = np.array([o.defensible for o in f.options])
        ok &= fine.reshape([-1 if i == axis else 1 for i in range(len(declared.factors))])
    for rule in declared.indefensible:
        hit = np.ones(declared.shape, dtype=bool)
        for axis, f in enumerate(declared.factors):
            if f.name in rule.when:
                named = np.array([o.name in rule.when[f.name] for o in f.options])
                hit &= named.reshape([-1 if i == axis else 1 for i in range(len(declared.factors))])
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
    sets: tuple[DataSet, ...], set_of: Ints, m_of: Ints, c_of: Ints, method: Factor, interval: Factor
) -> Batch:
    names = ("estimate", "low", "high", "p", "tau2", "i2", "i2_q")
    out = {n: np.full(len(set_of), np.nan) for n in names}
    for k, here in by_size([s.k for s in sets]).items():
        y = np.array([[e.yi for e in sets[i].entries] for i in here]).reshape(-1, k)
        v = np.array([[e.vi for e in sets[i].entries] for i in here]).reshape(-1, k)
        row = np.full(len(sets), -1)
        row[here] = np.arange(len(here))
        for a, m in enumerate(method.options):
            mine = (m_of == a) & (row[set_of] >= 0)
            if not mine.any():
                continue
            t = tau2_batch(y, v, m.value)
            for b, c in enumerate(interval.options):
                these = np.flatnonzero(mine & (c_of == b))
                done = pool_batch(y, v, m.value, c.value, t)
                for n in names:
                    out[n][these] = getattr(done, n)[row[set_of[these]]]
    return Batch(**out)


def _unit(declared: Declared, data: DataSet) -> float:
    return standard(declared) if declared.sd_of and data.measure == "SMD" else 1.0


def standard(declared: Declared) -> float:
    """The SD by which a standardised difference is brought to the unit of the question; 1 where none is named."""
    if declared.sd_of is None:
        return 1.0
    found = pooled_sd(comparison(study(declared.sd_of[0]), declared.sd_of[1]))
    if found is None:
        raise InputError(f"{declared.sd_of[0]}, {declared.sd_of[1]}: no SD; name another study in sd_of")
    return found[0]


def option_of(factor: Factor, name: str) -> Option:
    """The option of a factor by its name."""
    return next(o for o in factor.options if o.name == name)
