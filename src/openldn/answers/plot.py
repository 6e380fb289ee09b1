"""Pictures of dose answers in files: occupancy over the run, one curve a regimen."""

from collections.abc import Sequence
from pathlib import Path

from openldn.answers.dose_answer import DoseAnswer
from openldn.figures import check_plot_name

__all__ = ["check_plot_name", "plot_doses"]


def plot_doses(answers: Sequence[DoseAnswer], path: Path) -> None:
    """Draw mu occupancy in the brain over the run to `path`, (.svg, .png or .pdf). Raises OutputError."""
    check_plot_name(path)
    answers[0].plot(*answers[1:]).save(path)
