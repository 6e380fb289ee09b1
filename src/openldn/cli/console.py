"""What every command shares: its common options, JSON out, tables, and progress on stderr."""

import codecs
import io
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from openldn.notation import OutputError, json_text, printable, shown

_CELL = 100  # signs of a cell that is not the last of its row

F = TypeVar("F", bound=Callable[..., Any])


def common(function: F) -> F:
    """The options of every command: --json and --debug."""
    function = click.option("--debug", is_flag=True, expose_value=False, help="Show a traceback on errors.")(
        function
    )
    return click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, nothing else.")(
        function
    )


def emit_json(document: Any) -> None:
    """The document on stdout; numbers that are not finite have become null before."""
    for piece in json_text(document, ascii_only=not _holds_everything(sys.stdout)):
        sys.stdout.write(piece)
    sys.stdout.write("\n")


def emit_csv(parts: Iterable[str]) -> None:
    """A table on stdout, part by part. Raises OutputError where its encoding lacks a sign: another would be another name."""
    if not _holds_everything(sys.stdout):
        encoding = sys.stdout.encoding or "utf-8"
        parts = list(parts)
        try:
            "".join(parts).encode(encoding)
        except UnicodeEncodeError as error:
            sign = shown(error.object[error.start])
            raise OutputError(
                f'the table holds "{sign}", which {encoding} lacks; write it with --out, or set PYTHONIOENCODING=utf-8'
            ) from None
    for part in parts:
        sys.stdout.write(part)


def echo(text: str = "", *, err: bool = False) -> None:
    """Lines on stdout or stderr, whatever a stranger wrote in them made printable. Commands print prose by this alone."""
    # Named, since click would replace a stream of ASCII by one that prints question marks.
    click.echo(printable(text, lines=True), file=sys.stderr if err else sys.stdout)


def plain_streams() -> None:
    """Prose is printed in any encoding: what that lacks is spelled with other letters."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="openldn.plainer")


def _holds_everything(stream: Any) -> bool:
    try:
        return codecs.lookup(stream.encoding or "utf-8").name == "utf-8"
    except LookupError:
        return False


def table(rows: Sequence[Sequence[str]], *, right: Sequence[int] = (), indent: int = 0) -> Iterator[str]:
    """Lines of a table in plain text; the last column wraps to the width of the terminal."""
    rows = [[*(shown(cell, _CELL) for cell in row[:-1]), printable(row[-1], lines=True)] for row in rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
    start = indent + sum(widths) + 2 * len(widths)
    room = max(24, width() - start)
    for row in rows:
        cells = [
            c.rjust(w) if i in right else c.ljust(w)
            for i, (c, w) in enumerate(zip(row, widths, strict=False))
        ]
        wrapped = textwrap.wrap(row[-1], room) or [""]
        yield (" " * indent + "  ".join([*cells, wrapped[0]])).rstrip()
        for more in wrapped[1:]:
            yield " " * start + more


def width() -> int:
    return min(110, shutil.get_terminal_size((96, 24)).columns)


def paragraph(text: str, indent: int = 0) -> str:
    """`text` wrapped to the terminal, no number parted from its percent sign."""
    pad = " " * indent
    held = printable(text, lines=True).replace(" %", "\u00a0%")
    filled = textwrap.fill(held, width(), initial_indent=pad, subsequent_indent=pad)
    return filled.replace("\u00a0%", " %")


@contextmanager
def progress(label: str) -> Iterator[Callable[[float], None]]:
    """A bar on stderr for a share from 0 to 1; silent where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield lambda share: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    told = TextColumn("{task.description}", markup=False)  # a stranger's brackets are no instructions
    columns = (told, BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(shown(label), total=1.0)
        yield lambda share: bar.update(task, completed=share)
