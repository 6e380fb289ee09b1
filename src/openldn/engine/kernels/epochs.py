"""Parameters that change during a run, where modes depend on them: a row of modes for each stretch between changes.

The modes of everybody's every stretch are found before the run. At a change the kernel takes the next row, keeps the
states and the inflows that are running, and finds anew what there is of each mode,

    r = r_row - V (V⁻¹ inflow / λ),      z = V⁻¹ (x - r).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from openldn.engine.kernels.program import Program
from openldn.engine.plan import NO_FACTOR, Kind, Plan

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
NO_ROW = -1


@dataclass(frozen=True)
class Epochs:
    """The stretches of each plan.

    row: of each event, the row that holds from it on, counted from the first row of its plan, or NO_ROW.
    offsets: where the rows of each plan start, all plans in one row after the other.
    values: of each parameter that changes, by its number, the value in each row; NaN where it is still the person's own.
    """

    row: Whole = field(repr=False)
    offsets: Whole = field(repr=False)
    values: dict[int, Array] = field(repr=False)

    def rows_of(self, plans: Whole) -> tuple[Whole, Whole]:
        """The rows of those who follow these plans, one person after the other, and where each person's start."""
        counts = self.offsets[plans + 1] - self.offsets[plans]
        first = np.cumsum(counts) - counts
        return np.arange(counts.sum()) + np.repeat(self.offsets[plans] - first, counts), first

    def columns(self, own: Sequence[Array], persons: Whole, rows: Whole) -> list[Array]:
        """Each parameter in each row, where row i is that of the person persons[i]; own: as of `solve_modes`."""
        found = []
        for number, column in enumerate(own):
            base = column if column.size == 1 else column[persons]
            if number in self.values:
                changed = self.values[number][rows]
                base = np.where(np.isnan(changed), base, changed)
            found.append(base)
        return found


def find_epochs(program: Program, plan: Plan) -> Epochs | None:
    """The stretches of a plan's modes; None where a change is by a factor, so that its value is each person's own."""
    linear, numbers = program.linear, {name: i for i, name in enumerate(program.parameters)}
    behind = program.graph.behind([*linear.matrix.values(), *linear.constants.values()])
    needed = {int(program.graph.nodes[n][1]) for n in behind if program.graph.nodes[n][0] == "par"}
    of_target = np.array([numbers.get(name, NO_ROW) for name in plan.targets] + [NO_ROW], dtype=np.int64)
    matters = np.isin(of_target, list(needed))
    at = np.flatnonzero((plan.kinds == Kind.PARAMETER) & matters[plan.target])
    if np.any(plan.factor[at] != NO_FACTOR):
        return None
    plans = np.searchsorted(plan.offsets, at, side="right") - 1
    # Of changes at one time the last makes the row.
    last = np.ones(at.size, dtype=bool)
    last[:-1] = (plans[1:] != plans[:-1]) | (plan.times[at[1:]] != plan.times[at[:-1]])
    counts = np.bincount(plans[last], minlength=plan.offsets.size - 1)
    offsets = np.concatenate([[0], np.cumsum(1 + counts)]).astype(np.int64)
    # Rows before this one within all plans: those of changes, and one more for each plan to its own.
    whole = np.concatenate([[0], np.cumsum(last)])[:-1] + plans + 1
    row = np.full(plan.kinds.size, NO_ROW, dtype=np.int64)
    row[at[last]] = (whole - offsets[plans])[last]
    starts = np.repeat(offsets[:-1], np.diff(offsets))
    values: dict[int, Array] = {}
    for number in sorted({int(i) for i in of_target[plan.target[at]]}):
        own = at[of_target[plan.target[at]] == number]
        changed = np.full(int(offsets[-1]), np.nan)
        changed[whole[np.isin(at, own)]] = plan.amounts[own]
        held = np.maximum.accumulate(np.where(np.isnan(changed), -1, np.arange(changed.size)))
        values[number] = np.where(held >= starts, changed[held], np.nan)
    return Epochs(row, offsets, values)
