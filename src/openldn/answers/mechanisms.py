"""What a proposed mechanism does once its switch is on: its signals, as far as the unsure numbers leave them open.

A mechanism that is off by default has sizes that nobody measured, so a signal is given with 90 % of the draws of the
model's unsure numbers and not with a spread between persons. Which signals belong to a switch stands in
switches/defaults.toml.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from openldn.answers.belief import KIND, possible_models
from openldn.answers.running import solved
from openldn.answers.switches import on
from openldn.engine import Events, Model
from openldn.notation import Estimate
from openldn.pharmacology import defaults

_STEP_H = 0.5


@dataclass(frozen=True)
class Signal:
    """An output of the mechanism behind `switch`: its change from without the drug, mean of the last day, in percent."""

    switch: str
    output: str
    meaning: str
    change: Estimate

    def as_json(self) -> dict[str, Any]:
        """The fields, the estimate as one table."""
        return {
            "switch": self.switch,
            "output": self.output,
            "meaning": self.meaning,
            "change": self.change.as_json(),
        }


def signals_on(m: Model, switched: Mapping[str, float]) -> tuple[tuple[str, str], ...]:
    """Switch and output of every signal that the switches of a run bring."""
    active = on(m, switched)
    return tuple((d.name, output) for d in defaults().values() if d.name in active for output in d.shows)


def signals(
    m: Model,
    plan: Events,
    horizon_h: float,
    switched: Mapping[str, float],
    numbers: Mapping[str, float],
) -> tuple[Signal, ...]:
    """The signals of a plan of doses after `horizon_h` hours; `numbers` are not in doubt. Empty, and at no cost,
    when no switch that has signals is on."""
    wanted = signals_on(m, switched)
    if not wanted:
        return ()
    outputs = tuple(output for _, output in wanted)
    day = np.arange(max(0.0, horizon_h - 24.0), horizon_h + _STEP_H / 2, _STEP_H)
    times = np.unique(np.concatenate([[0.0], day]))
    values = {**possible_models(), **switched, **numbers}
    result = solved(m, plan, times, outputs, values)
    meaning = {e.name: e.meaning for e in (*m.states, *m.assignments)}
    found = []
    for switch, output in wanted:
        y = result.of(output)
        mean = np.trapezoid(y[:, -day.size :], day, axis=1) / (day[-1] - day[0])
        change = 100 * (mean - y[:, 0])
        low, high = np.percentile(change[1:], [5, 95])
        found.append(
            Signal(
                switch,
                output,
                meaning[output],
                Estimate(float(change[0]), float(low), float(high), "%", KIND),
            )
        )
    return tuple(found)
