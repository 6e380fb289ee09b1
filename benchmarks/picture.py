"""The picture of a benchmark: a bar for each simulator, and what a patient costs as the work grows."""

from pathlib import Path

from benchmarks.comparison import Comparison
from benchmarks.scaling import Cost
from openldn.figures import CostCurve, Figure, Speed, check_plot_name, save_figure, speeds
from openldn.notation import OutputError

__all__ = ["bench_figure", "check_plot_name", "plot_bench"]


def bench_figure(found: Comparison) -> Figure:
    """Bars of the simulators that ran on one thread, the fastest first, and the three curves where they were measured.

    Raises OutputError if nothing ran.
    """
    ran = [
        (row.patients_per_cpu_second, row) for row in found.simulators
        if row.patients_per_cpu_second is not None and row.threads == 1
    ]  # fmt: skip
    if not ran and found.scaling is None:
        raise OutputError("no simulator ran, so there is nothing to draw")
    bars = [
        Speed(f"{row.name} {row.version}".strip(), pace, row.name == "openldn")
        for pace, row in sorted(ran, key=lambda pair: -pair[0])
    ]
    limit = f"{found.error_limit:g}".replace("e-0", "e-")
    return speeds(
        "bench", "How fast the simulators are, and what a patient costs", bars, _curves(found),
        bar_title=f"Patients per second of processor time, relative error at most {limit}",
        cost_title="What a patient costs openldn: milliseconds of processor time",
    )  # fmt: skip


def plot_bench(found: Comparison, path: Path) -> None:
    """Draw the benchmark to .svg or .png. Raises OutputError."""
    save_figure(bench_figure(found), path)


def _curves(found: Comparison) -> list[CostCurve]:
    s = found.scaling
    if s is None:
        return []
    at, chains = s.horizon[0], s.states[0]
    return [
        CostCurve(
            f"common model, {s.population[0].days} days", "patients",
            tuple(float(c.patients) for c in s.population), _ms(s.population), proportional=False,
        ),
        CostCurve(
            f"common model, {at.patients:,} patients", "days",
            tuple(float(c.days) for c in s.horizon), _ms(s.horizon),
        ),
        CostCurve(
            f"chains, {chains.days} days, {chains.patients:,} patients", "states",
            tuple(float(c.states) for c in s.states), _ms(s.states),
        ),
    ]  # fmt: skip


def _ms(costs: tuple[Cost, ...]) -> tuple[float, ...]:
    return tuple(1000 * c.cpu_seconds_per_patient for c in costs)
