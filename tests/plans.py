"""Plans written row by row, for tests of the kernels and of the oracle: `plan([[Step(0, Kind.ADD, "gut", 100), …]])`."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from openldn.engine import Events, Model
from openldn.engine.events import compiled
from openldn.engine.expressions import Expression
from openldn.engine.plan import NO_FACTOR, Kind, Plan


class Step(NamedTuple):
    """One row: `target` is a state, or for PARAMETER a parameter or switch."""

    time_h: float
    kind: Kind
    target: str = ""
    amount: float = 0.0
    factor: Expression | None = None


def plan(steps: Sequence[Sequence[Step]], of: Sequence[int] | None = None) -> Plan:
    """The plans in `steps`, each in order of time; one serves everybody, and of several each person has one."""
    rows = [step for one in steps for step in one]
    targets = tuple(dict.fromkeys(step.target for step in rows if step.target))
    factors = tuple(dict.fromkeys(step.factor for step in rows if step.factor is not None))
    own = np.arange(len(steps)) if of is None and len(steps) != 1 else of
    return Plan(
        np.cumsum([0, *(len(one) for one in steps)]),
        np.array([step.time_h for step in rows], dtype=float),
        np.array([int(step.kind) for step in rows], dtype=np.int64),
        np.array([targets.index(step.target) if step.target else -1 for step in rows], dtype=np.int64),
        np.array([step.amount for step in rows], dtype=float),
        np.array([factors.index(s.factor) if s.factor is not None else NO_FACTOR for s in rows], dtype=np.int64),
        targets, factors, None if own is None else np.asarray(own, dtype=np.int64),
    )  # fmt: skip


def dosing_plan(model: Model, events: Events, times: Sequence[float], outputs: Sequence[str] = ()) -> Plan:
    """One plan for everybody from events, sampled at `times`."""
    return compiled(model, events, outputs=outputs, times=times).plan
