"""Gaussian elimination of a sparse matrix, written out once for a pattern.

Pivots stay on the diagonal, in the order that keeps the product of the other entries in their row and column
least (Markowitz, 1957); what comes to be filled is known beforehand. In I/(γh) - J the diagonal dominates for
small steps, and a step that goes wrong is rejected and made smaller.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

Entry = tuple[int, int]


@dataclass(frozen=True)
class Elimination:
    """Entries by place (row, column) with their slots; the order of pivots; what each pivot does to others."""

    order: tuple[int, ...]
    slots: dict[Entry, int] = field(repr=False)
    rows: dict[int, tuple[int, ...]] = field(repr=False)  # below each pivot
    columns: dict[int, tuple[int, ...]] = field(repr=False)  # right of each pivot


def eliminate(size: int, pattern: Iterable[Entry]) -> Elimination:
    """The elimination of a matrix with these entries and a full diagonal."""
    filled = set(pattern) | {(i, i) for i in range(size)}
    slots = {entry: i for i, entry in enumerate(sorted(filled))}
    left = set(range(size))
    order: list[int] = []
    rows: dict[int, tuple[int, ...]] = {}
    columns: dict[int, tuple[int, ...]] = {}
    while left:
        below = {p: [i for i in left if i != p and (i, p) in filled] for p in left}
        right = {p: [j for j in left if j != p and (p, j) in filled] for p in left}
        pivot = min(left, key=lambda p: (len(below[p]) * len(right[p]), p))
        rows[pivot], columns[pivot] = tuple(sorted(below[pivot])), tuple(sorted(right[pivot]))
        for i in rows[pivot]:
            for j in columns[pivot]:
                if (i, j) not in filled:
                    filled.add((i, j))
                    slots[i, j] = len(slots)
        order.append(pivot)
        left.remove(pivot)
    return Elimination(tuple(order), slots, rows, columns)
