"""ldn export: a model for other tools."""

from pathlib import Path
from typing import Any

import click

from openldn.cli.console import common, echo, emit_json, paragraph


@click.command("export")
@click.argument("model")
@click.option(
    "--sbml",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write SBML Level 3 Version 2 to FILE.",
)
@click.option("--regimen", metavar="TEXT", help='Doses as events: "4.5 mg every 24h for 7d then stop".')
@click.option("--route", default="oral", show_default=True, help="Route of the doses.")
@click.option("--days", default=28, show_default=True, type=int, help="Doses before this day only.")
@click.option("--without", multiple=True, metavar="SWITCH", help="A part of the model to turn off.")
@click.option(
    "--with", "using", multiple=True, metavar="SWITCH", help="A part to turn on, or kinetics=plasma."
)
@click.option("--set", "setting", multiple=True, metavar="NAME=VALUE", help="A parameter's value: T_E=30.")
@common
def command(model: str, sbml: Path, as_json: bool, **options: Any) -> None:
    """Export MODEL: ldn or another block of ours, a clinical scale, or a model file.

    \b
    ldn export ldn --sbml ldn.xml
    ldn export ldn --sbml nightly.xml --regimen "4.5 mg every 24h" --days 7
    ldn export fibromyalgia/pain_nrs --sbml pain.xml
    ldn export mine.model --sbml mine.xml
    """
    from openldn.answers import export_sbml

    answer = export_sbml(model, sbml, **options)
    if as_json:
        emit_json(answer.as_json())
        return
    echo(
        paragraph(
            f"{answer.file}: model {answer.model}, {answer.states} states, {answer.parameters} parameters, "
            f"{answer.assignments} assignments, {answer.doses} doses; SBML Level 3 Version 2, checked by libSBML."
        )
    )
