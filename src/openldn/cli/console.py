"""What every command shares: its common options, JSON out, tables, and progress on stderr."""

import json
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from openldn.notation import shown

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
    json.dump(document, sys.stdout, ensure_ascii=False, allow_nan=False, indent=1)
    sys.stdout.write("\n")


def table(rows: Sequence[Sequence[str]], *, right: Sequence[int] = (), indent: int = 0) -> Iterator[str]:
    """Lines of a table in plain text; the last column wraps to the width of the terminal."""
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
    """`text` wrapped to the terminal."""
    pad = " " * indent
    return textwrap.fill(text, width(), initial_indent=pad, subsequent_indent=pad)


@contextmanager
def progress(label: str) -> Iterator[Callable[[float], None]]:
    """A bar on stderr for a share from 0 to 1; silent where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield lambda share: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        # a user's words, in which brackets are no markup
        task = bar.add_task(escape(shown(label)), total=1.0)
        yield lambda share: bar.update(task, completed=share)
