"""How the spreads of several parameters go together.

    [correlation.exposure]
    of = ["F_ORAL", "CL_6_APPARENT", "H6"]      # in the order in which they are drawn: add at the end
    pairs = [["F_ORAL", "CL_6_APPARENT", -0.3]]  # on the scale of the normal numbers; a pair not named is 0
    fact = "PK080"
    basis = "assumed"
    why = "…"

A correlation is that of the normal numbers z behind the spreads: of the logarithms of two lognormal
parameters. With the lower triangle L of Cholesky, z = L z₀ for independent z₀; row k of L holds nothing
but what was there before k, so that a parameter added at the end of a block changes nobody's others.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from openldn.engine.parameters import BASES, CORRELATION, Entry
from openldn.notation import DataError, Fact, InputError, Record, TomlFile, suggestion
from openldn.notation.fact import pick

Array = NDArray[np.float64]
_ROOM = 1e-9  # how far from singular a matrix has to stay


@dataclass(frozen=True)
class Correlation:
    """One block: `rows` is the lower triangle L, a row for each parameter of `of`."""

    name: str
    of: tuple[str, ...]
    rows: tuple[tuple[float, ...], ...] = field(repr=False)
    basis: str = "assumed"
    fact: str = ""
    why: str = ""
    file: str = ""

    def matrix(self) -> Array:
        """The correlations themselves, (parameters, parameters) in the order of `of`."""
        rows = np.zeros((len(self.of), len(self.of)))
        for k, row in enumerate(self.rows):
            rows[k, : k + 1] = row
        return np.asarray(rows @ rows.T)


def read_correlations(
    file: TomlFile, entries: Mapping[str, Entry], facts: Mapping[str, Fact]
) -> tuple[Correlation, ...]:
    """The blocks of a parameter table. Raises DataError with file, line and field for a parameter without a
    spread or in two blocks, a correlation outside −1 to 1, and a matrix that no population can have."""
    found: list[Correlation] = []
    for key, record in file.tables():
        if key == CORRELATION:
            found += [_block(name, inner, entries, facts) for name, inner in record.inner_tables()]
            record.done()
    refuse_doubles(found)
    return tuple(found)


def refuse_doubles(blocks: list[Correlation]) -> None:
    """Raise DataError for a parameter that stands in two blocks."""
    where: dict[str, str] = {}
    for block in blocks:
        for symbol in block.of:
            first = where.setdefault(symbol, block.name)
            if first != block.name:
                raise DataError(
                    f'"{symbol}" is in the blocks "{first}" and "{block.name}"; join the two',
                    file=block.file,
                    field=f"{CORRELATION}.{block.name}",
                )


def _block(name: str, record: Record, entries: Mapping[str, Entry], facts: Mapping[str, Fact]) -> Correlation:
    of = record.texts("of")
    varying = {symbol for symbol, entry in entries.items() if entry.spread is not None}
    for symbol in of:
        if symbol not in varying:
            raise record.error(f'"{symbol}" has no spread to correlate; {suggestion(symbol, varying)}', "of")
    if len(set(of)) < len(of) or len(of) < 2:
        raise record.error(f'"of" is {list(of)}; it names two parameters or more, each once', "of")
    matrix = np.eye(len(of))
    for pair in record.take("pairs", list):
        a, b, r = _pair(record, pair, of)
        matrix[of.index(a), of.index(b)] = matrix[of.index(b), of.index(a)] = r
    fact, basis, why = pick(facts, record), record.one_of("basis", BASES), record.text("why", "")
    if basis != "measured" and not why:
        raise record.error(f'basis is "{basis}": say from what, or why this guess', "why")
    if basis != "assumed" and fact is None:
        raise record.error("a correlation that is not assumed needs the fact it rests on", "fact")
    record.done()
    try:
        rows = triangle(matrix, of)
    except InputError as error:
        raise record.error(str(error), "pairs") from None
    return Correlation(name, of, rows, basis, fact.id if fact else "", why, record.file.name)


def _pair(record: Record, pair: object, of: tuple[str, ...]) -> tuple[str, str, float]:
    if not (isinstance(pair, list) and len(pair) == 3 and isinstance(pair[2], int | float)):
        raise record.error(f'pair {pair!r} does not read; write it like ["CL", "V", 0.4]', "pairs")
    a, b, r = pair
    for symbol in (a, b):
        if symbol not in of:
            raise record.error(f'"{symbol}" is not in "of"; {suggestion(str(symbol), of)}', "pairs")
    if a == b or not -1 < r < 1:
        raise record.error(f"the correlation of {a} and {b} is {r:g}; it lies between -1 and 1", "pairs")
    return a, b, float(r)


def triangle(matrix: Array, of: Sequence[str]) -> tuple[tuple[float, ...], ...]:
    """The lower triangle L of a matrix of correlations, (parameters, parameters), of the parameters `of`.

    Raises InputError for a matrix that no population can have, with the pair at fault and where it may lie.
    """
    rows = np.zeros_like(matrix)
    for k in range(len(of)):
        for j in range(k):
            rows[k, j] = (matrix[k, j] - float(rows[k, :j] @ rows[j, :j])) / rows[j, j]
        left = 1.0 - float(rows[k, :k] @ rows[k, :k])
        if left < _ROOM:
            raise InputError(_impossible(matrix[: k + 1, : k + 1], of))
        rows[k, k] = math.sqrt(left)
    return tuple(tuple(float(x) for x in row[: k + 1]) for k, row in enumerate(rows))


def _impossible(matrix: Array, of: Sequence[str]) -> str:
    """What is wrong with the last row: the pair that has to move least, and where it may lie."""
    k = len(matrix) - 1
    best: tuple[float, int, float, float] | None = None
    for j in range(k):
        rest = [i for i in range(k) if i != j]
        inverse = np.linalg.inv(matrix[np.ix_(rest, rest)]) if rest else np.zeros((0, 0))
        a, b = matrix[j, rest], matrix[k, rest]
        middle, room = float(a @ inverse @ b), (1 - float(a @ inverse @ a)) * (1 - float(b @ inverse @ b))
        if 1 - float(b @ inverse @ b) <= 0 or room <= 0:
            continue
        low, high = middle - math.sqrt(room), middle + math.sqrt(room)
        far = max(low - matrix[k, j], matrix[k, j] - high, 0.0)
        if best is None or far < best[0]:
            best = far, j, low, high
    said = f"no population can have the correlations of {', '.join(of[: k + 1])} together"
    if best is None:
        return f"{said}: those of {of[k]} are too strong for one another"
    _, j, low, high = best
    return (
        f"{said}: with the others as they are, that of {of[j]} and {of[k]}, {matrix[k, j]:g}, "
        f"may lie between {low:.3g} and {high:.3g}"
    )
