"""ldn review: the living review."""

import time
from pathlib import Path

import click

from openldn.cli.console import common, echo, emit_json, paragraph, progress


@click.command("review")
@click.option(
    "--out", default="review", show_default=True, type=click.Path(path_type=Path), help="Folder to write to."
)
@common
def command(out: Path, as_json: bool) -> None:
    """Build the living review: index.html, self-contained, and review.json beside it."""
    from openldn.answers import write_review

    start = time.monotonic()
    with progress("building the review") as report:
        made = write_review(out, report)
    if as_json:
        emit_json(made.as_json())
        return
    echo(f"{out / 'index.html'}  and  {out / 'review.json'}  ({time.monotonic() - start:.0f} s)\n")
    for sentence in made.clinicians:
        echo(paragraph(f"{sentence.heading}. {sentence.text}"))
    echo()
    echo(paragraph(f"{made.provenance.command.capitalize()} of evidence to {made.about.evidence_date}; "
                         "nothing here is advice on anybody's dose."))  # fmt: skip
