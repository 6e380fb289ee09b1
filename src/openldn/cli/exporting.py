"""--export PROGRAM --out FILE, which `ldn meta` and `ldn evidence` share."""

from pathlib import Path
from typing import Any

import click

from openldn.cli.console import echo, paragraph
from openldn.notation import check_file


def check_export(program: str | None, out: Path | None) -> tuple[str, Path] | None:
    """Both, or None where neither was given; what cannot be written is found before anything is computed."""
    if program is None and out is None:
        return None
    if program is None or out is None:
        have, lack = ("--export", "--out FILE") if program else ("--out", "--export PROGRAM")
        raise click.UsageError(f"{have} needs {lack}; add it, or leave both out.")
    check_file(out)
    return program, out


def show_export(written: Any) -> None:
    """What was written, and the lines of R that pool it, unwrapped so that they can be copied."""
    first, *lines = written.sentences()
    echo("\n" + paragraph(first))
    for line in lines:
        echo(line)
