"""The Python of a page: its blocks of code, run from the top in one namespace, with what they print and draw.

A page is one program. It runs in a folder of its own, in which the tables of `examples/` stand, so that a page can
read `trial.csv` and write `c.svg` as a reader would. The tests and the pages run the same thing.
"""

import contextlib
import io
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import openldn

DOCS = Path(__file__).parent.parent
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Ran:
    """printed: the last line of each block, and what it printed. pictures: SVG by file name. names: what it left."""

    printed: tuple[tuple[int, str], ...]
    pictures: Mapping[str, str]
    names: Mapping[str, Any]

    def before(self, line: int) -> str:
        """What the last block above a line printed, "" where it printed nothing."""
        return next((text for end, text in reversed(self.printed) if end < line), "")


def code_of(text: str) -> list[tuple[int, str]]:
    """Each block of code of a page, with the number of its last line."""
    return [(text.count("\n", 0, found.end()) + 1, found[1]) for found in _BLOCK.finditer(text)]


def ran(page: Path) -> Ran:
    """The code of a page, run; what it raises names the page and the line in it."""
    return _ran(page, page.read_text(encoding="utf-8"), openldn.__version__)


@cache
def _ran(page: Path, text: str, version: str) -> Ran:
    names: dict[str, Any] = {"__name__": "page"}
    printed = []
    with tempfile.TemporaryDirectory() as folder:
        for table in (DOCS / "examples").glob("*.csv"):
            shutil.copy(table, folder)
        with contextlib.chdir(folder):
            for end, code in code_of(text):
                out = io.StringIO()
                above = "\n" * (end - code.count("\n") - 1)
                with contextlib.redirect_stdout(out):
                    exec(compile(above + code, page.name, "exec"), names)  # noqa: S102 - a page of this checkout
                printed.append((end, out.getvalue().rstrip()))
            pictures = {p.name: p.read_text(encoding="utf-8") for p in Path(folder).glob("*.svg")}
    return Ran(tuple(printed), pictures, names)
