"""ldn bench: the engine against its peers, the same work in one run."""

from dataclasses import asdict
from typing import Any

import click

from openldn.cli.console import common, emit_json, paragraph, progress, table


@click.command("bench")
@click.option("--quick", is_flag=True, help="Within a minute: fewer rounds, without the slowest peers.")
@common
def command(quick: bool, as_json: bool) -> None:
    """Solve one common model for many patients, by our engine and by others.

    Each runs at the fastest setting whose largest relative error is at most 1e-6. Peers come with the extra
    "bench"; one that is not installed is listed as absent.
    """
    from openldn.proof.bench import compare_simulators

    with progress("running the simulators in turn") as report:
        found = compare_simulators(quick=quick, progress=report)
    if as_json:
        emit_json(asdict(found))
    else:
        _show(found)


def _show(found: Any) -> None:
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
