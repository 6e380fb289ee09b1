"""ldn evidence prisma: the flow of a review, if its numbers add up."""

from pathlib import Path
from typing import Any

import click

from openldn.cli.console import common, echo, emit_json, paragraph


@click.command("prisma")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--plot", metavar="FILE", type=click.Path(path_type=Path), help="Draw the flow to .svg, .png or .pdf."
)
@common
def prisma_command(file: Path, plot: Path | None, as_json: bool) -> None:
    """Check the numbers of a PRISMA 2020 flow diagram in FILE (.toml, .json or .csv), and draw it.

    \b
    ldn evidence prisma flow.toml --plot flow.svg

    A flow that does not add up is refused with the sum that fails.
    """
    from openldn.answers import check_plot_name, plot_prisma, prisma

    if plot:
        check_plot_name(plot, reads=[file])
    answer = prisma(file)
    if plot:
        plot_prisma(answer, plot)
    if as_json:
        emit_json(answer.as_json())
    else:
        show_flow(answer, plot)


def show_flow(answer: Any, plot: Path | None) -> None:
    """A flow in words, and where it was drawn to."""
    title, date = answer.flow.title, answer.flow.date
    echo(f"{title or 'A review'}{f' ({date})' if date else ''}: the numbers add up.")
    for heading, steps in answer.columns():
        echo(f"\n{heading}")
        for step in steps:
            for line in step.lines:
                echo(_set_in(line, 2))
            for leaf in step.leaves:
                echo(_set_in(leaf, 6))
    if plot:
        echo(f"\nDrawn to {plot}.")


def _set_in(line: str, indent: int) -> str:
    """A line, as far to the right as its own spaces say beyond `indent`."""
    text = line.lstrip()
    return paragraph(text, indent + len(line) - len(text))
