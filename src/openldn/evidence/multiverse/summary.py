"""What the specifications say together, and which single choice turns the answer round.

Two specifications are neighbours by a factor when some combination of all other choices leads to both. A neighbour
that lies on the other side of no effect is a flip of the sign; one whose interval keeps off no effect where the
other's does not is a flip of significance. A share of specifications is a count of analyses, not a probability.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from openldn.evidence.multiverse.run import Flags, Ints, MultiverseRun


@dataclass(frozen=True)
class Share:
    """Of the specifications that one option of a factor can lead to; percent, the median in the question's unit."""

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

    example: two specifications on either side of no effect, by their number; None where nothing flips.
    """

    factor: str
    pairs: int
    sign: int
    significance: int
    between: tuple[str, str] | None
    example: tuple[int, int] | None


@dataclass(frozen=True)
class Summary:
    """Of all specifications or of the defensible ones: percent, and the median and range in the question's unit.

    benefit: the estimate is on the good side; significant: the interval keeps off no effect, `harm` on the bad side.
    flips: by factor, the one that turns the largest share of its pairs first.
    """

    specifications: int
    median: float
    lowest: float
    highest: float
    benefit: float
    significant: float
    significant_harm: float
    shares: tuple[Share, ...]
    flips: tuple[Flips, ...]


def good(run: MultiverseRun) -> int:
    """1 where a positive effect is better for people, -1 where a negative one is."""
    return 1 if run.declared.question.better == "higher" else -1


def significant(run: MultiverseRun) -> Ints:
    """(S,) −1 or 1 where the 95 % interval lies below or above no effect, else 0."""
    r = run.result
    return np.where(r.high < 0, -1, np.where(r.low > 0, 1, 0)).astype(np.int64)


def summarise(run: MultiverseRun, *, defensible: bool = False) -> Summary | None:
    """The summary; of the defensible specifications if `defensible`, None where there is none."""
    chosen = run.defensible if defensible else np.ones(len(run), dtype=bool)
    if not chosen.any():
        return None
    ok = (run.grid >= 0) & (run.grid_ok if defensible else True)
    e, side = run.result.estimate * run.unit, significant(run)
    flips = [_flips(run, axis, ok, side) for axis in range(run.grid.ndim)]
    flips.sort(key=lambda f: (-(f.sign / f.pairs if f.pairs else 0.0), -f.sign))
    return Summary(
        int(chosen.sum()), float(np.median(e[chosen])), float(e[chosen].min()), float(e[chosen].max()),
        _percent(np.sign(e[chosen]) == good(run)), _percent(side[chosen] == good(run)),
        _percent(side[chosen] == -good(run)), _shares(run, ok, side), tuple(flips),
    )  # fmt: skip


def _shares(run: MultiverseRun, ok: Flags, side: Ints) -> tuple[Share, ...]:
    e = run.result.estimate * run.unit
    found: list[Share] = []
    for axis, f in enumerate(run.declared.factors):
        for i, o in enumerate(f.options):
            line: Ints = np.asarray(run.grid.take(i, axis))
            here = np.unique(line[np.asarray(ok.take(i, axis))])
            if len(here):
                found.append(Share(
                    f.name, o.name, o.defensible, len(here), _percent(np.sign(e[here]) == good(run)),
                    _percent(side[here] != 0), float(np.median(e[here])),
                ))  # fmt: skip
    return tuple(found)


def _flips(run: MultiverseRun, axis: int, ok: Flags, side: Ints) -> Flips:
    factor, sign = run.declared.factors[axis], np.sign(run.result.estimate)
    pairs: set[int] = set()
    turned: set[int] = set()
    moved: set[int] = set()
    most, between, size = 0, None, len(run)
    for i, j in itertools.combinations(range(len(factor.options)), 2):
        a, b = run.grid.take(i, axis), run.grid.take(j, axis)
        there = ok.take(i, axis) & ok.take(j, axis) & (a != b)
        code = np.unique(np.minimum(a, b)[there] * size + np.maximum(a, b)[there])
        one, two = code // size, code % size
        flipped = code[sign[one] * sign[two] < 0]
        pairs.update(code.tolist())
        turned.update(flipped.tolist())
        moved.update(code[(side[one] != side[two])].tolist())
        if len(flipped) > most:
            most, between = len(flipped), (factor.options[i].name, factor.options[j].name)
    example = divmod(min(turned), size) if turned else None
    return Flips(factor.name, len(pairs), len(turned), len(moved), between, example)


def _percent(which: Flags) -> float:
    return 100 * float(np.mean(which))
