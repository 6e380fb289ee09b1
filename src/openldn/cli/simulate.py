"""ldn simulate: a model and events."""

from pathlib import Path
from typing import Any

import click

from openldn.cli.console import common, emit_json, paragraph, progress

_SHOWN = 5


@click.command("simulate")
@click.argument("model")
@click.argument("events")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the table to FILE.csv or FILE.parquet.",
)
@click.option("--times", help='Hours instead of the records\' own: "0,1,2.5" or "0:48:0.5".')
@click.option("--route", default="", help="Of a schedule in words: oral, iv, …")
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
@click.option(
    "--solver",
    default="auto",
    show_default=True,
    help="auto, explicit or implicit; DOP853 or LSODA of SciPy.",
)
@click.option("--rtol", type=float, default=1e-8, show_default=True, help="What a step may err of a state.")
@click.option(
    "--atol", type=float, help="The same, of the most that a state has held; 1e-5 of rtol by default."
)
@common
def command(model: str, events: str, out: Path | None, as_json: bool, **options: Any) -> int:
    """Run MODEL for EVENTS: a CSV of the columns ID, TIME, EVID, AMT, CMT, RATE, II, ADDL, SS; "-" for one on
    stdin; or a schedule in words, with --times.

    MODEL is a file in the language of models, one of our blocks such as ldn, or one of the library:
    one_compartment, two_compartments, three_compartments, michaelis_menten.

    \b
    ldn simulate one_compartment events.csv --out table.csv
    ldn simulate mine.model events.csv --times 0:48:0.5 --covariates linear
    ldn simulate ldn "4.5 mg every 24h" --route oral --times 0:72:1 --output C_N
    """
    from openldn.answers import check_table, simulate

    if out:
        check_table(out)
    with progress(f"simulating {model}") as report:
        answer = simulate(model, events, progress=report, **options)
    if out:
        answer.run.write(out)
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
    if answer.ignored:
        said = [
            f"{name} ({hint})" if hint.startswith("did you mean") else name
            for name, hint in answer.ignored.items()
        ]
        click.echo(
            paragraph(f"ldn: columns that the model has no parameter for are ignored: {', '.join(said)}"),
            err=True,
        )
    for who, why in list(answer.reasons.items())[:_SHOWN]:
        click.echo(paragraph(f"ldn: person {who} could not be solved: {why}"), err=True)
    if len(answer.reasons) > _SHOWN:
        click.echo(f"ldn: and {len(answer.reasons) - _SHOWN:,} more", err=True)
    if out:
        click.echo(f"written: {out}", err=to_stderr)
