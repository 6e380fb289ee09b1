"""Pictures of dose answers: occupancy over the run, one curve a regimen."""

from collections.abc import Sequence
from pathlib import Path

from openldn.answers.dose_answer import DoseAnswer
from openldn.figures import Curve, check_plot_name, line_chart, save

__all__ = ["check_plot_name", "plot_doses"]


def plot_doses(answers: Sequence[DoseAnswer], path: Path) -> None:
    """Draw mu occupancy in the brain over the run to `path` (.svg, .png or .pdf). Raises OutputError."""
    curves = []
    for answer in answers:
        s = answer.series["mu_occupancy_brain"]
        banded = answer.question["persons"] > 0
        curves.append(
            Curve(
                answer.question["regimen"], answer.times_h / 24, s.median,
                s.low if banded else None, s.high if banded else None,
            )
        )  # fmt: skip
    chart = line_chart(
        curves, 720, x_title="days from the first dose", y_title="mu receptors occupied, brain (%)",
        y_range=(0, 100), height=340,
    )  # fmt: skip
    save(chart, path)
