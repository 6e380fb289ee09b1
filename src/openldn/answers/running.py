"""How the answers run the model: one tolerance for all, and nobody who could not be solved."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine import Events, Model, Run, ev, simulate

Array = NDArray[np.float64]
RTOL = 1e-7  # a thousandth of what any page shows of a number


def solved(
    model: Model,
    events: Events,
    hours: Array,
    outputs: tuple[str, ...],
    values: Mapping[str, Any] | None = None,
    *,
    progress: Callable[[float], None] | None = None,
) -> Run:
    """The outputs at `hours` for everybody. Raises SolveError where somebody could not be solved."""
    return simulate(
        model, events, hours, outputs, values, rtol=RTOL, explain=False, progress=progress
    ).whole()


def daily(mg: float, days: int, skipped: Iterable[int] = ()) -> Events:
    """So many milligrams by mouth every 24 hours from hour 0, but for the days that are skipped, counted from 0."""
    missed = set(skipped)
    return ev(f"{mg!r} mg", cmt="oral", time=[24.0 * i for i in range(days) if i not in missed])
