"""ldn simulate: a model and events."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from openldn.cli.console import common, echo, emit_csv, emit_json, paragraph, progress

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
@click.option(
    "--route", default="", help="Of a schedule in words: oral, iv, …; the model's first by default."
)
@click.option("--persons", type=click.IntRange(min=1), help="How many; those of the events by default.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of everything that is drawn.")
@click.option("--typical", is_flag=True, help="Everybody at the centre, without spread.")
@click.option("--cv", multiple=True, metavar="NAME=CV", help="Spread between persons: CL=0.3.")
@click.option("--correlate", multiple=True, metavar="A,B=R", help="Correlation of two spreads: CL,V2=0.5.")
@click.option("--occasion", multiple=True, metavar="NAME=CV", help="Spread from dose to dose: KA=0.4.")
@click.option(
    "--carry", multiple=True, metavar="NAME", help="Columns or parameters to put into the table: WT,DV."
)
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
@click.option("--nca", metavar="OUTPUT", help="Print its noncompartmental analysis instead of the table.")
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw the first output (or that of --nca) as SVG, PNG or PDF.",
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
def command(
    model: str, events: str, out: Path | None, plot: Path | None, as_json: bool, **options: Any
) -> int:
    """Run MODEL for EVENTS: a CSV of the columns ID, TIME, EVID, AMT, CMT, RATE, II, ADDL, SS; "-" for one on
    stdin; or a schedule in words.

    MODEL is a file in the language of models, one of our blocks such as ldn, or one of the library:
    one_compartment, two_compartments, three_compartments, michaelis_menten.

    \b
    ldn simulate one_compartment events.csv --out table.csv
    ldn simulate mine.model events.csv --times 0:48:0.5 --covariates linear
    ldn simulate ldn "4.5 mg every 24h for 3d" --persons 200 --output C_N --plot c.svg
    ldn simulate two_compartments "100 mg every 24h for 7d" --persons 50 --cv CL=0.3 --cv V2=0.3 --correlate CL,V2=0.5
    """
    from openldn.answers import simulate

    with progress(f"simulating {model}") as report:
        answer = simulate(model, events, progress=report, out=out, plot=plot, **options)
    if as_json:
        emit_json(answer.as_json())
    elif answer.nca is not None:
        emit_csv([answer.nca_csv()])
        _reasons(answer.nca)
    elif not out:
        emit_csv(answer.run.csv_parts())
    _notes(answer, [p for p in (out, plot) if p], to_stderr=as_json or not out)
    return 1 if answer.reasons else 0


def _reasons(analysis: Any) -> None:
    units = ", ".join(f"{name} in {unit}" for name, unit in analysis.attrs["units"].items() if unit)
    echo(paragraph(f"{units}."), err=True)
    of = dict[str, list[str]]()
    for name, said in analysis.attrs["reasons"].items():
        for why in said:
            of.setdefault(why, []).append(name)
    for why, names in of.items():
        echo(paragraph(f"ldn: {', '.join(names)}: {why}"), err=True)


def _notes(answer: Any, written: Sequence[Path], *, to_stderr: bool) -> None:
    amounts = "; ".join(f"by {route} in {unit}" for route, unit in answer.amounts.items()) or "mg"
    outputs = ", ".join(f"{name} in {unit or '1'}" for name, unit in answer.units.items())
    echo(paragraph(f"TIME in h; AMT {amounts}; {outputs}."), err=to_stderr)
    if answer.ignored:
        said = [
            f"{name} ({hint})" if hint.startswith("did you mean") else name
            for name, hint in answer.ignored.items()
        ]
        echo(
            paragraph(f"ldn: columns that the model has no parameter for are ignored: {', '.join(said)}"),
            err=True,
        )
    for who, why in list(answer.reasons.items())[:_SHOWN]:
        echo(paragraph(f"ldn: person {who} could not be solved: {why}"), err=True)
    if len(answer.reasons) > _SHOWN:
        echo(f"ldn: and {len(answer.reasons) - _SHOWN:,} more", err=True)
    for path in written:
        echo(f"written: {path}", err=to_stderr)
