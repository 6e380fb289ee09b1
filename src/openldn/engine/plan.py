"""What happens to whom and when: the events of a run, in order of time.

A plan is a list of steps; one plan may serve everybody, or each person may have one of many. What stands
first at one time happens first, so a sample before a dose shows the value before it.

    Step(0, SAMPLE) · Step(0, ADD, "gut", 4500) · Step(2, SAMPLE)
    Step(0, FLOW, "A1", 60) · Step(24, FLOW, "A1", -60)      an infusion of 60 per hour for a day
    Step(8, SET, "A1", 0) · Step(9, RESET) · Step(10, PARAMETER, "CL", 12)

An amount may have a factor, an expression of parameters, with each person's own value.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openldn.engine.expressions import Expression, Number
from openldn.engine.model import Model
from openldn.engine.model_text import DOSE_UNIT
from openldn.engine.regimen import Dose
from openldn.notation import InputError, UnknownName, convert

Whole = NDArray[np.int64]
Array = NDArray[np.float64]
NO_FACTOR = _NONE = -1


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
    """One event: `target` is a state, or for PARAMETER a parameter or switch; amounts in its unit (FLOW: per hour)."""

    time_h: float
    kind: Kind
    target: str = ""
    amount: float = 0.0
    factor: Expression | None = None


@dataclass(frozen=True)
class Plan:
    """Events of all plans in one row after the other; plan i has those from offsets[i] to offsets[i + 1].

    `of` is the plan of each person, or None when there is one plan for everybody. What holds for a plan was
    compiled from records (`events`) or from doses (`dosing_steps`), and a plan is all that a solver sees.
    """

    offsets: Whole = field(repr=False)
    times: Array = field(repr=False)
    kinds: Whole = field(repr=False)
    target: Whole = field(repr=False)
    amounts: Array = field(repr=False)
    factor: Whole = field(repr=False)
    targets: tuple[str, ...]
    factors: tuple[Expression, ...]
    of: Whole | None = field(repr=False, default=None)

    def samples(self) -> int:
        """The largest number of samples that any plan takes."""
        ends = np.concatenate([[0], np.cumsum(self.kinds == Kind.SAMPLE)])
        return int(np.max(ends[self.offsets[1:]] - ends[self.offsets[:-1]], initial=0))

    def moved(self, *kinds: Kind) -> tuple[str, ...]:
        """The targets of events of those kinds."""
        used = np.unique(self.target[np.isin(self.kinds, kinds)])
        return tuple(self.targets[i] for i in used if i >= 0)


def cut(whole: Plan, of: Whole) -> Plan:
    """The part of a plan that persons who follow the plans `of` need."""
    numbers, own = np.unique(of, return_inverse=True)
    lengths = whole.offsets[numbers + 1] - whole.offsets[numbers]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    rows = np.arange(offsets[-1]) + np.repeat(whole.offsets[numbers] - offsets[:-1], lengths)
    return Plan(
        offsets, whole.times[rows], whole.kinds[rows], whole.target[rows], whole.amounts[rows],
        whole.factor[rows], whole.targets, whole.factors, own.astype(np.int64),
    )  # fmt: skip


def plan(steps: Sequence[Sequence[Step]], of: ArrayLike | None = None) -> Plan:
    """The plan(s) in `steps`, each a sequence in order of time; `of` says which one each person follows.

    Without it one plan serves everybody, and of several each person has one.

    Raises InputError when times are not in order or not finite, or `of` names a plan that is not there.
    """
    targets: dict[str, int] = {}
    factors: dict[Expression, int] = {}
    rows: list[tuple[float, int, int, float, int]] = []
    offsets = [0]
    for one in steps:
        for step in one:
            target = targets.setdefault(step.target, len(targets)) if step.target else _NONE
            factor = NO_FACTOR if step.factor is None else factors.setdefault(step.factor, len(factors))
            rows.append((step.time_h, int(step.kind), target, step.amount, factor))
        times = [row[0] for row in rows[offsets[-1] :]]
        if not np.all(np.isfinite(times)) or np.any(np.diff(times) < 0):
            raise InputError(
                f"the events of plan {len(offsets) - 1} must have finite times in increasing order"
            )
        offsets.append(len(rows))
    columns = list(zip(*rows, strict=True)) or [(), (), (), (), ()]
    chosen = None if of is None else np.ascontiguousarray(of, dtype=np.int64)
    if chosen is not None and (chosen.ndim != 1 or np.any((chosen < 0) | (chosen >= len(steps)))):
        raise InputError(f'"of" must name one of the {len(steps)} plans for each person, counted from 0')
    if chosen is None and len(steps) != 1:
        chosen = np.arange(len(steps), dtype=np.int64)
    return Plan(
        np.array(offsets, dtype=np.int64),
        np.array(columns[0], dtype=float),
        np.array(columns[1], dtype=np.int64),
        np.array(columns[2], dtype=np.int64),
        np.array(columns[3], dtype=float),
        np.array(columns[4], dtype=np.int64),
        tuple(targets),
        tuple(factors),
        chosen,
    )


def dosing_steps(model: Model, doses: Sequence[Dose], times: Sequence[float] | Array) -> list[Step]:
    """The steps for doses and sample times (hours from 0); a sample at the time of a dose comes before it.

    Raises UnknownName for a route that the model does not have.
    """
    end = float(times[-1])
    found = [(float(t), 0, Step(float(t), Kind.SAMPLE)) for t in times]
    for dose in doses:
        if dose.route not in model.doses:
            raise UnknownName("route", dose.route, model.doses)
        for line in model.doses[dose.route]:
            amount = dose.amount_mg * convert(1.0, DOSE_UNIT, model.unit_of(line.name))
            factor = None if line.expression == Number(1.0) else line.expression
            if dose.duration_h > 0:
                start, stop = max(dose.time_h, 0.0), dose.time_h + dose.duration_h
                for at, sign in ((start, 1.0), (stop, -1.0)):
                    rate = sign * amount / dose.duration_h
                    if start < stop and at < end:
                        found.append((at, 1, Step(at, Kind.FLOW, line.name, rate, factor)))
            elif 0 <= dose.time_h < end:
                found.append((dose.time_h, 1, Step(dose.time_h, Kind.ADD, line.name, amount, factor)))
    return [step for _, _, step in sorted(found, key=lambda row: row[:2])]
