"""ldn qualify: installation, operation and performance qualification of the engine."""

import sys
import time
from pathlib import Path
from typing import Any

import click

from openldn.cli.console import common, echo, emit_json, paragraph, progress, table


@click.command("qualify")
@click.option(
    "--out",
    default="qualification",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder to write to.",
)
@click.option("--quick", is_flag=True, help="Within a minute: fewer tables, scenarios and persons.")
@common
def command(out: Path, quick: bool, as_json: bool) -> None:
    """Test the engine on this machine and write a report: qualification.html and qualification.json.

    What is installed, whether it computes what it should, and how fast. Exit 1 when a test falls short.
    """
    from openldn.answers import write_qualification

    start = time.monotonic()
    with progress("qualifying the engine") as report:
        answer = write_qualification(out, quick=quick, progress=report)
    if as_json:
        emit_json(answer.as_json())
    else:
        _show(answer, out, time.monotonic() - start)
    sys.exit(1 if answer.made.short else 0)


def _show(answer: Any, out: Path, seconds: float) -> None:
    from openldn.proof.qualify import FAMILIES

    made = answer.made
    rows = [("pass", "of", "tests"), (*_count(made.installation), "Installation; the rest of it is noted")]
    rows += [(*_count(made.of(name)), title) for name, (title, _, _) in FAMILIES.items()]
    for line in table(rows, right=(0, 1)):
        echo(line)
    echo()
    for figure in made.performance:
        if figure.value is not None:
            echo(paragraph(f"{figure.description}: {figure.value:,.3g} {figure.unit}"))
    echo()
    for finding in (*made.installation, *made.operation):
        if finding.passed is False:
            echo(paragraph(f"FAIL {finding.id} {finding.description}: expected {finding.expected}, "
                                 f"found {finding.found}"))  # fmt: skip
    words = f"{len(made.short)} fell short: {', '.join(made.short)}." if made.short else "All pass."
    echo(
        paragraph(f"{words} {out / 'qualification.html'} and {out / 'qualification.json'} ({seconds:.0f} s).")
    )


def _count(findings: Any) -> tuple[str, str]:
    judged = [f for f in findings if f.passed is not None]
    return str(sum(f.passed for f in judged)), str(len(judged))
