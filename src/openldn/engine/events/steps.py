"""What happens to whom and when: every event of a run, spelled out in steps that a solver can take.

A plan holds the steps of each person in order of time; what stands first at one time happens first.
Records are compiled to plans (`compiling`), and a plan is all that a solver sees.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openldn.notation import InputError

Whole = NDArray[np.int64]
Array = NDArray[np.float64]
_NONE = -1


class Kind(IntEnum):
    """What a step does: FLOW changes a constant inflow by its amount, RESET puts every state to its initial value."""

    SAMPLE = 0
    ADD = 1
    FLOW = 2
    SET = 3
    RESET = 4
    PARAMETER = 5


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `target` is a state, or for PARAMETER a parameter or switch; amounts in its unit (FLOW: per hour)."""

    time_h: float
    kind: Kind
    target: str = ""
    amount: float = 0.0


@dataclass(frozen=True)
class Plan:
    """Steps of all plans in one row after the other; plan i has those from offsets[i] to offsets[i + 1].

    `of` is the plan of each person.
    """

    offsets: Whole = field(repr=False)
    times: Array = field(repr=False)
    kinds: Whole = field(repr=False)
    target: Whole = field(repr=False)
    amounts: Array = field(repr=False)
    targets: tuple[str, ...]
    of: Whole = field(repr=False)

    def samples(self) -> int:
        """The largest number of samples that any plan takes."""
        ends = np.concatenate([[0], np.cumsum(self.kinds == Kind.SAMPLE)])
        return int(np.max(ends[self.offsets[1:]] - ends[self.offsets[:-1]], initial=0))

    def moved(self, *kinds: Kind) -> tuple[str, ...]:
        """The targets of steps of those kinds."""
        used = np.unique(self.target[np.isin(self.kinds, kinds)])
        return tuple(self.targets[i] for i in used if i >= 0)


def plan(steps: Sequence[Sequence[Step]], of: ArrayLike | None = None) -> Plan:
    """The plans in `steps`, each a sequence in order of time; `of` says which one each person follows.

    Raises InputError when times are not in order or not finite, or `of` names a plan that is not there.
    """
    targets: dict[str, int] = {}
    rows: list[tuple[float, int, int, float]] = []
    offsets = [0]
    for one in steps:
        for step in one:
            target = targets.setdefault(step.target, len(targets)) if step.target else _NONE
            rows.append((step.time_h, int(step.kind), target, step.amount))
        times = [row[0] for row in rows[offsets[-1] :]]
        if not np.all(np.isfinite(times)) or np.any(np.diff(times) < 0):
            raise InputError(
                f"the steps of plan {len(offsets) - 1} must have finite times in increasing order"
            )
        offsets.append(len(rows))
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    chosen = np.arange(len(steps)) if of is None else np.asarray(of, dtype=np.int64)
    if chosen.ndim != 1 or np.any((chosen < 0) | (chosen >= len(steps))):
        raise InputError(f'"of" must name one of the {len(steps)} plans for each person, counted from 0')
    return Plan(
        np.array(offsets, dtype=np.int64),
        np.array(columns[0], dtype=float),
        np.array(columns[1], dtype=np.int64),
        np.array(columns[2], dtype=np.int64),
        np.array(columns[3], dtype=float),
        tuple(targets),
        chosen,
    )
