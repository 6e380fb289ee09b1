"""The page on interchange: its examples run, and its table of names is the one in use."""

import re
import warnings
from pathlib import Path

import pytest

from openldn.engine.nca import MEANINGS

PAGE = (Path(__file__).parent.parent / "docs" / "interchange.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_first_example_draws_fifty_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("altair")
    pytest.importorskip("pandas")
    monkeypatch.chdir(tmp_path)
    lines = [line for line in re.sub(r'""".*?"""', "text", EXAMPLES[0], flags=re.DOTALL).splitlines() if line]
    assert len(lines) <= 15
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of libraries that altair calls
        exec(compile(EXAMPLES[0], "interchange.md", "exec"), {})
    picture = (tmp_path / "people.svg").read_text(encoding="utf-8")
    assert picture.count('aria-roledescription="line mark"') == 50


def test_the_second_example_prints_how_occupancy_answers_to_its_half_life(
    capsys: pytest.CaptureFixture[str],
) -> None:
    exec(compile(EXAMPLES[1], "interchange.md", "exec"), {})
    number, unit = capsys.readouterr().out.split()
    assert float(number) > 0, "a slower brain is blocked for longer"
    assert unit == "1/h"


def test_every_name_of_an_analysis_stands_on_the_page() -> None:
    rows = dict(re.findall(r"^\| `([A-Z0-9]+)` \| (.+) \|$", PAGE, re.MULTILINE))
    assert rows == MEANINGS
