"""The page on interchange: its examples run, and its table of names is the one in use."""

import re
from pathlib import Path

import numpy as np
import pytest

from openldn.engine.nca import MEANINGS

PAGE = (Path(__file__).parent.parent / "docs" / "interchange.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_first_example_draws_fifty_people_in_fifteen_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert len([line for line in EXAMPLES[0].splitlines() if line]) <= 15
    space: dict[str, object] = {}
    exec(compile(EXAMPLES[0], "interchange.md", "exec"), space)
    picture = (tmp_path / "people.svg").read_text(encoding="utf-8")
    assert picture.count("<polyline") + picture.count("<path") >= 50
    run = space["run"]
    assert run.values.shape == (50, 73, 1)  # type: ignore[attr-defined]
    assert np.std(np.log(run.of("C")[:, 5])) > 0.1  # type: ignore[attr-defined]


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
