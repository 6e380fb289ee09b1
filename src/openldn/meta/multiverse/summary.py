"""What the specifications say together, and which single choice turns the answer round.

Every option of a choice counts the same, see `weights`: a choice with many sub-options weighs no more than one with two.
Two specifications are neighbours by a factor when some combination of all other choices leads to both. A neighbour
that lies on the other side of no effect is a flip of the sign; one whose interval keeps off no effect where the
other's does not is a flip of significance. A share of specifications is no probability.
"""

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from openldn.meta.linear import Array
from openldn.meta.multiverse.run import Run
from openldn.meta.multiverse.weights import Flags, Ints, added, weigh


@dataclass(frozen=True)
class Share:
    """Of the specifications that one option of a factor can lead to; percent, the median in the unit that is shown."""

    factor: str
    option: str
    defensible: bool
    specifications: int
    benefit: float
    significant: float
    median: float


@dataclass(frozen=True)
class Flips:
    """Pairs of specifications that differ in one factor only. `between` are the two options that flip most pairs.

    pairs, sign, significance: counts. turns, moves: the shares of pairs, in percent, whose sign or significance differ, with
    every option the same weight. example: two specifications on either side of no effect, by their number; None where
    nothing flips.
    """

    factor: str
    pairs: int
    sign: int
    significance: int
    turns: float
    moves: float
    between: tuple[str, str] | None
    example: tuple[int, int] | None


@dataclass(frozen=True)
class Summary:
    """Of some specifications: percent with every option the same weight, and the median and range in the unit shown.

    benefit: the estimate is on the good side; significant: the interval keeps off no effect, `significant_harm` on the bad
    side. benefit_by_count: the share on the good side if every specification counted once. flips: by factor, the one
    that turns the largest share of its pairs first. median, lowest and highest are of the `shown` specifications, those
    that have the unit; NaN where none has.
    """

    specifications: int
    shown: int
    median: float
    lowest: float
    highest: float
    benefit: float
    significant: float
    significant_harm: float
    benefit_by_count: float
    shares: tuple[Share, ...]
    flips: tuple[Flips, ...]


def significant(run: Run[Any, Any]) -> Ints:
    """(S,) −1 or 1 where the 95 % interval lies below or above no effect, else 0."""
    r = run.result
    return np.where(r.high < 0, -1, np.where(r.low > 0, 1, 0)).astype(np.int64)


def summarise(run: Run[Any, Any], *, defensible: bool = False, where: Flags | None = None) -> Summary | None:
    """The summary; of the defensible specifications if `defensible`, of those `where` (S,) says; None where there is none."""
    ok = (run.grid >= 0) & (run.grid_ok if defensible else True)
    if where is not None:
        ok &= where[run.grid]
    chosen = np.zeros(len(run), dtype=bool)
    chosen[run.grid[ok]] = True
    if not chosen.any():
        return None
    cells = weigh(run.grid, ok, run.parts)
    weight = added(run.grid[ok], cells[ok], len(run))
    e, side, good = run.result.estimate * run.unit, significant(run), run.declared.benefit
    sign = np.sign(run.result.estimate)
    flips = [_flips(run, axis, ok, cells, side) for axis in range(run.grid.ndim)]
    flips.sort(key=lambda f: (-f.turns, -f.sign))
    shown = chosen & np.isfinite(e)
    return Summary(
        int(chosen.sum()), int(shown.sum()), _median(e, weight * shown),
        float(e[shown].min()) if shown.any() else np.nan, float(e[shown].max()) if shown.any() else np.nan,
        _percent(sign == good, weight), _percent(side == good, weight), _percent(side == -good, weight),
        100 * float(np.mean(sign[chosen] == good)), _shares(run, ok, cells, side), tuple(flips),
    )  # fmt: skip


def _shares(run: Run[Any, Any], ok: Flags, cells: Array, side: Ints) -> tuple[Share, ...]:
    e, good = run.result.estimate * run.unit, run.declared.benefit
    found: list[Share] = []
    for axis, f in enumerate(run.declared.factors):
        for i, o in enumerate(f.options):
            there = np.asarray(ok.take(i, axis))
            line = np.asarray(run.grid.take(i, axis))[there]
            if not len(line):
                continue
            weight = added(line, np.asarray(cells.take(i, axis))[there], len(run))
            found.append(Share(
                f.name, o.name, o.defensible, len(np.unique(line)),
                _percent(np.sign(run.result.estimate) == good, weight), _percent(side != 0, weight),
                _median(e, weight * np.isfinite(e)),
            ))  # fmt: skip
    return tuple(found)


def _flips(run: Run[Any, Any], axis: int, ok: Flags, cells: Array, side: Ints) -> Flips:
    factor, sign = run.declared.factors[axis], np.sign(run.result.estimate)
    pairs: set[int] = set()
    turned: set[int] = set()
    moved: set[int] = set()
    most, between, size = 0, None, len(run)
    weight: Array = np.asarray(cells.sum(axis=axis))
    differ, turns, moves = (np.zeros(weight.shape) for _ in range(3))
    for i, j in itertools.combinations(range(len(factor.options)), 2):
        a, b = (np.asarray(run.grid.take(x, axis)) for x in (i, j))
        there = np.asarray(ok.take(i, axis) & ok.take(j, axis) & (a != b))
        if not there.any():
            continue
        both = np.asarray(cells.take(i, axis) * cells.take(j, axis))[there]
        differ[there] += both
        turns[there] += both * (sign[a[there]] * sign[b[there]] < 0)
        moves[there] += both * (side[a[there]] != side[b[there]])
        code = np.unique(np.minimum(a, b)[there] * size + np.maximum(a, b)[there])
        one, two = code // size, code % size
        flipped = code[sign[one] * sign[two] < 0]
        pairs.update(code.tolist())
        turned.update(flipped.tolist())
        moved.update(code[(side[one] != side[two])].tolist())
        if len(flipped) > most:
            most, between = len(flipped), (factor.options[i].name, factor.options[j].name)
    example = divmod(min(turned), size) if turned else None
    some = differ > 0
    total = float(weight[some].sum())

    def share(x: Array) -> float:
        return 100 * float((weight[some] * x[some] / differ[some]).sum()) / total if total else 0.0

    return Flips(
        factor.name, len(pairs), len(turned), len(moved), share(turns), share(moves), between, example
    )


def _median(x: Array, weight: Array) -> float:
    use = np.flatnonzero(weight > 0)
    if not len(use):
        return float("nan")
    order = use[np.argsort(x[use], kind="stable")]
    passed = np.cumsum(weight[order]) / weight[order].sum()
    lower, upper = (int(np.searchsorted(passed, q)) for q in (0.5 - 1e-12, 0.5 + 1e-12))
    return float((x[order[lower]] + x[order[min(upper, len(order) - 1)]]) / 2)


def _percent(which: Flags, weight: Array) -> float:
    return 100 * float(weight[which].sum() / weight.sum())
