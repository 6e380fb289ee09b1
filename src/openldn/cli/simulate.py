"""ldn simulate: a model and a table of events."""

from pathlib import Path
from typing import Any

import click

from openldn.cli.console import common, emit_json, paragraph, progress

_SHOWN = 5


@click.command("simulate")
@click.argument("model")
@click.argument("events", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the table to FILE.csv.")
@click.option("--times", help='Hours instead of the records\' own: "0,1,2.5" or "0:48:0.5".')
@click.option(
    "--covariates", default="nocb", show_default=True, help="Between records: nocb, locf or linear."
)
@click.option(
    "--output", "outputs", multiple=True, metavar="NAME", help="An output; by default all of the file."
)
@click.option("--set", "setting", multiple=True, metavar="NAME=VALUE", help="A parameter's value: CL=12.")
@click.option("--without", multiple=True, metavar="SWITCH", help="A part of the model to turn off.")
@click.option(
    "--with", "using", multiple=True, metavar="SWITCH", help="A part to turn on, or kinetics=plasma."
)
@click.option("--drop", multiple=True, metavar="COLUMN", help="A column of the table to leave out.")
@click.option("--method", default="DOP853", show_default=True, help="DOP853, or LSODA for stiff models.")
@common
def command(model: str, events: Path, out: Path | None, as_json: bool, **options: Any) -> int:
    """Run MODEL for the records in EVENTS, a CSV of the columns ID, TIME, EVID, AMT, CMT, RATE, II, ADDL, SS.

    MODEL is a file in the language of models, one of our blocks such as ldn, or one of the library:
    one_compartment, two_compartments, three_compartments, michaelis_menten.

    \b
    ldn simulate one_compartment events.csv --out table.csv
    ldn simulate mine.model events.csv --times 0:48:0.5 --covariates linear
    """
    from openldn.answers import simulate, write_simulation
    from openldn.notation import check_file

    if out:
        check_file(out)
    with progress(f"simulating {model}") as report:
        answer = simulate(model, events, progress=report, **options)
    if out:
        write_simulation(answer, out)
    if as_json:
        emit_json(answer.as_json())
    elif not out:
        click.echo(answer.as_csv(), nl=False)
    _notes(answer, out, to_stderr=as_json or not out)
    return 1 if answer.reasons else 0


def _notes(answer: Any, out: Path | None, *, to_stderr: bool) -> None:
    amounts = "; ".join(f"by {route} in {unit}" for route, unit in answer.amounts.items()) or "mg"
    outputs = ", ".join(f"{name} in {unit or '1'}" for name, unit in answer.units.items())
    click.echo(paragraph(f"TIME in h; AMT {amounts}; {outputs}."), err=to_stderr)
    for who, why in list(answer.reasons.items())[:_SHOWN]:
        click.echo(paragraph(f"ldn: person {who} could not be solved: {why}"), err=True)
    if len(answer.reasons) > _SHOWN:
        click.echo(f"ldn: and {len(answer.reasons) - _SHOWN:,} more", err=True)
    if out:
        click.echo(f"written: {out}", err=to_stderr)
