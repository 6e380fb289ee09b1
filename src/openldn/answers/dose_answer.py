"""The answer of `ldn dose` as data: readings, courses over time, what was changed, and what it rests on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.answers.answer import Provenance
from openldn.answers.effects import Effects
from openldn.answers.frames import Tabular, frame
from openldn.answers.mechanisms import Signal
from openldn.answers.switches import Change
from openldn.figures import Curve, Figure, draw, line_chart
from openldn.notation import Estimate

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Series:
    """One output over time: typical person, and the 5th and 95th percentile of persons."""

    unit: str
    median: Array = field(repr=False)
    low: Array = field(repr=False)
    high: Array = field(repr=False)


@dataclass(frozen=True)
class DoseAnswer(Tabular):
    """What a regimen does: `answers` by pinned name, `series` over `times_h`, and what they rest on.

    changed: switches and numbers that differ from the model's own. mechanisms: signals of the switches that were
    turned on, with what the unsure numbers leave open.
    """

    question: Mapping[str, Any]
    switches: Mapping[str, int | str]
    changed: tuple[Change, ...]
    answers: Mapping[str, Estimate]
    times_h: Array = field(repr=False)
    series: Mapping[str, Series] = field(repr=False)
    mechanisms: tuple[Signal, ...]
    effects: Effects | None = field(repr=False)
    warnings: tuple[str, ...]
    provenance: Provenance = field(repr=False)

    def table(self) -> Any:
        """The readings: a row for each with its name, value, low, high, unit and kind. Raises InputError without pandas."""
        rows = [(name, e.value, e.low, e.high, e.unit, e.kind) for name, e in self.answers.items()]
        return frame(("name", "value", "low", "high", "unit", "kind"), rows)

    def courses(self) -> Any:
        """The courses over time: a row for each output and hour. Raises InputError without pandas."""
        rows = [
            (name, s.unit, float(t), *map(float, values))
            for name, s in self.series.items()
            for t, *values in zip(self.times_h, s.median, s.low, s.high, strict=True)
        ]
        return frame(("output", "unit", "time_h", "median", "low", "high"), rows)

    def plot(self, *others: "DoseAnswer") -> Figure:
        """Mu occupancy in the brain over the run, one curve a regimen; `others` are drawn beside."""
        answers = (self, *others)
        days = answers[0].times_h[-1] / 24
        alt = "; ".join(
            f"{a.question['regimen']}: at most {a.series['mu_occupancy_brain'].median.max():.0f} %"
            for a in answers
        )
        return draw(
            "occupancy", "Mu receptors occupied in the brain",
            f"Mu occupancy in the brain over {days:.0f} days. {alt}.",
            lambda width: line_chart(
                [a._occupancy() for a in answers], width, x_title="days from the first dose",
                y_title="mu receptors occupied, brain (%)", y_range=(0, 100), height=340,
            ),
        )  # fmt: skip

    def _occupancy(self) -> Curve:
        s, banded = self.series["mu_occupancy_brain"], self.question["persons"] > 0
        low, high = (s.low, s.high) if banded else (None, None)
        return Curve(self.question["regimen"], self.times_h / 24, s.median, low, high)

    def as_json(self) -> dict[str, Any]:
        """The pinned document of `ldn dose --json`."""
        return {
            "question": dict(self.question),
            "switches": dict(self.switches),
            "changed": [c.as_json() for c in self.changed],
            "answers": {name: estimate.as_json() for name, estimate in self.answers.items()},
            "series": {
                "time": {"unit": "h", "values": [round(float(t), 6) for t in self.times_h]},
                "outputs": {
                    name: {
                        "unit": s.unit,
                        "median": _digits(s.median),
                        "low": _digits(s.low),
                        "high": _digits(s.high),
                    }
                    for name, s in self.series.items()
                },
            },
            "mechanisms": [s.as_json() for s in self.mechanisms],
            "effects": self.effects.as_json() if self.effects else None,
            "warnings": list(self.warnings),
            "provenance": self.provenance.as_json(),
        }


def _digits(values: Array) -> list[float]:
    return [float(f"{v:.6g}") for v in values]
