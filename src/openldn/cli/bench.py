"""ldn bench: the engine against its peers, the same work in one run.

The bench stands in the folder `benchmarks` of a checkout, beside `src`, and is not installed with the package.
"""

import sys
from collections.abc import Iterator
from dataclasses import asdict
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import click

import openldn
from openldn.cli.console import common, echo, emit_json, paragraph, progress, table
from openldn.notation import InputError


@click.command("bench")
@click.option("--quick", is_flag=True, help="In about a minute: fewer rounds and fewer persons.")
@click.option(
    "--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw to FILE.svg, .png or .pdf."
)
@common
def command(quick: bool, plot: Path | None, as_json: bool) -> None:
    """Solve one common model for many patients, by our engine and by others.

    Each runs at the fastest setting whose largest relative error is at most 1e-6. One that cannot run here is listed
    as absent, with the reason. Then how far the processor itself would allow, the daily bread from a table of
    events to a table of results, and what a patient costs our engine as patients, days and states grow.

    It needs a checkout of the project, whose folder "benchmarks" is not installed with the package.
    """
    bench = _bench()
    if plot:
        bench.check_plot_name(plot)
    with progress("running the simulators in turn") as report:
        found = bench.compare_simulators(quick=quick, progress=report)
    if plot:
        bench.plot_bench(found, plot)
    if as_json:
        emit_json(asdict(found))
    else:
        _show(found, plot)


def _bench() -> Any:
    """The package `benchmarks` of the checkout that this code runs from. Raises InputError where there is none."""
    package = Path(openldn.__file__).resolve().parent
    start = package.parent.parent / "benchmarks" / "__init__.py"
    if package.parent.name != "src" or not start.is_file():
        raise InputError(
            f'the bench is not installed with the package: there is no folder "benchmarks" two folders above "{package}"; '
            "get the project's source and run ./ldn bench there"
        )
    there = sys.modules.get("benchmarks")
    if there is None or Path(there.__file__ or "").resolve() != start:
        spec = spec_from_file_location("benchmarks", start, submodule_search_locations=[str(start.parent)])
        assert spec is not None
        assert spec.loader is not None
        there = module_from_spec(spec)
        sys.modules["benchmarks"] = there
        spec.loader.exec_module(there)
    return there


def _show(found: Any, plot: Path | None) -> None:
    _print(_speeds(found), right=(0, 1, 2))
    for line in _ratios(found):
        echo(paragraph(line))
    echo()
    _print(_tasks(found), right=(0, 1))
    stated = [task.stated for task in found.tasks if task.stated]
    for who, where in dict.fromkeys((s.simulator, s.machine) for s in stated):
        own = ", ".join(f"{s.ours_beside:g}" for s in stated if (s.simulator, s.machine) == (who, where))
        echo(paragraph(
            f"{who} is stated, not measured here: {where}; our engine of that day took {own} s there, for the whole tasks."
        ))  # fmt: skip
    if found.scaling is not None:
        echo()
        _print(_costs(found.scaling), right=(0, 1, 2, 3))
    if plot:
        echo(f"drawn: {plot}")


def _print(rows: list[tuple[str, ...]], right: tuple[int, ...]) -> None:
    for line in table(rows, right=right):
        echo(line)


def _speeds(found: Any) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("patients per CPU second", "error", "rtol", "simulator")]
    for row in found.simulators:
        name = f"{row.name} {row.version}".strip()
        if row.patients_per_cpu_second is None:
            rows.append(("absent", "", "", f"{name}: {row.absent}"))
        else:
            words = name + (f" ({row.way})" if row.way else "")
            error = f"{row.max_relative_error:.1e}"
            rows.append((f"{row.patients_per_cpu_second:,.0f}", error, f"{row.rtol:g}", words))
    return rows


def _ratios(found: Any) -> Iterator[str]:
    yield ""
    if found.best_peer is not None and found.ratio_to_best_peer is not None:
        yield f"{found.ratio_to_best_peer:.1f} times {found.best_peer}, the best other that ran, on one core."
    for name, ratio in (
        ("LSODA", found.ratio_to_numbalsoda_lsoda),
        ("DOP853", found.ratio_to_numbalsoda_dop853),
    ):
        if ratio is not None:
            yield f"{ratio:.1f} times numbalsoda {name} on one core."
    if found.speedup_of_two_threads is not None:
        yield f"Two threads take {1 / found.speedup_of_two_threads:.2f} of the time of one."
    if found.roofline is not None:
        r = found.roofline
        yield (
            f"{r.achieved_gflops:.1f} of the {r.measured_peak_gflops:.1f} GFLOP/s that a core does in multiply-adds of "
            f"{r.lanes} lanes: {r.share:.0%} ({r.operations_per_step:,} operations a step, {r.steps_per_patient:,.0f} steps)."
        )


def _tasks(found: Any) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("CPU seconds", "error", "task and simulator")]
    for task in found.tasks:
        rows.append(("", "", f"{task.persons:,} persons: {task.description}"))
        for row in task.simulators:
            if row.cpu_seconds is None:
                rows.append(("absent", "", f"  {row.name}: {row.absent}"))
                continue
            error = "" if row.max_relative_error is None else f"{row.max_relative_error:.1e}"
            parts = ", ".join(f"{part} {seconds:.3g}" for part, seconds in row.split.items())
            rows.append((f"{row.cpu_seconds:.3g}", error, f"  {row.name}: {parts}"))
        if task.stated is not None:
            own = task.stated.cpu_seconds * task.persons / task.stated.persons
            rows.append((f"{own:.3g}", "", f"  {task.stated.simulator}, stated, for as many persons"))
    return rows


def _costs(scaling: Any) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("ms a patient", "patients", "days", "states", "of")]
    for name, costs in (("common model", scaling.population + scaling.horizon), ("chain", scaling.states)):
        for c in costs:
            ms = f"{1000 * c.cpu_seconds_per_patient:.3f}"
            rows.append((ms, f"{c.patients:,}", str(c.days), str(c.states), name))
    return rows
