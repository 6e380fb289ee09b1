"""ldn bench: the engine against its peers, the same work in one run."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from openldn.cli.console import common, emit_json, paragraph, progress, table


@click.command("bench")
@click.option("--quick", is_flag=True, help="Within a minute: fewer rounds, without the slowest peers.")
@click.option(
    "--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw to FILE.svg, .png or .pdf."
)
@common
def command(quick: bool, plot: Path | None, as_json: bool) -> None:
    """Solve one common model for many patients, by our engine and by others.

    Each runs at the fastest setting whose largest relative error is at most 1e-6. Peers come with the extra
    "bench"; one that is not installed is listed as absent. Then what a patient costs our engine: by the number of patients,
    the days and the states.
    """
    from openldn.proof.bench import check_plot_name, compare_simulators, plot_bench

    if plot:
        check_plot_name(plot)
    with progress("running the simulators in turn") as report:
        found = compare_simulators(quick=quick, progress=report)
    if plot:
        plot_bench(found, plot)
    if as_json:
        emit_json(asdict(found))
    else:
        _show(found, plot)


def _show(found: Any, plot: Path | None) -> None:
    rows = [("patients per CPU second", "error", "rtol", "simulator")]
    for row in found.simulators:
        name = f"{row.name} {row.version}".strip()
        if row.patients_per_cpu_second is None:
            rows.append(("absent", "", "", f"{name}: {row.note}"))
        else:
            error = f"{row.max_relative_error:.1e}"
            rows.append((f"{row.patients_per_cpu_second:,.0f}", error, f"{row.rtol:g}", name))
    for line in table(rows, right=(0, 1, 2)):
        click.echo(line)
    click.echo()
    for name, ratio in (
        ("LSODA", found.ratio_to_numbalsoda_lsoda),
        ("DOP853", found.ratio_to_numbalsoda_dop853),
    ):
        if ratio is not None:
            click.echo(paragraph(f"{ratio:.1f} times numbalsoda {name} on one core."))
    if found.speedup_of_two_threads is not None:
        click.echo(paragraph(f"Two threads take {1 / found.speedup_of_two_threads:.2f} of the time of one."))
    if found.scaling is not None:
        click.echo()
        for line in table(_costs(found.scaling), right=(0, 1, 2, 3)):
            click.echo(line)
    if plot:
        click.echo(f"drawn: {plot}")


def _costs(scaling: Any) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("ms a patient", "patients", "days", "states", "of")]
    for name, costs in (("common model", scaling.population + scaling.horizon), ("chain", scaling.states)):
        for c in costs:
            ms = f"{1000 * c.cpu_seconds_per_patient:.3f}"
            rows.append((ms, f"{c.patients:,}", str(c.days), str(c.states), name))
    return rows
