"""A damaged file of the package: every door says which file, line and field, and leaves nothing behind."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import openldn

VERSIONS = ("dose", "4.5mg", "--compare", "kinetics=biophase,plasma")
CROHN = ("dose", "4.5mg", "--for", "crohn")
FM = ("dose", "4.5mg", "--for", "fibromyalgia")
DAMAGE = [
    ("pharmacology/receptors.toml", 'as_printed = "20 h"', 'as_printed = "20 mg"', ("dose", "4.5mg"), "T_E"),
    ("pharmacology/receptors.toml", 'as_printed = "20 h"', 'as_printed = "900 h"', ("dose", "4.5mg"), "possible is"),
    ("pharmacology/receptors.toml", 'basis = "derived"', 'basis = "guessed"', ("dose", "4.5mg"), "basis"),
    ("pharmacology/receptors.toml", "[T_E]", "[T_E", ("dose", "4.5mg"), "not valid TOML"),
    ("pharmacology/receptors.toml", "[T_E]", "[TE]", ("dose", "4.5mg"), 'parameter "T_E" has no value'),
    ("pharmacology/receptors.model", "log(2) / T_E * R", "log(2) / T_E * RR", ("dose", "4.5mg"), '"RR" is not defined'),
    ("pharmacology/receptors.model", "log(2) / T_E * R", "log(2 / T_E * R", ("dose", "4.5mg"), '")" is missing'),
    ("pharmacology/facts/pharmacokinetics.toml", 'source = "meyer-1984"', "source = 7", ("check",), "source"),
    ("proof/checks.toml", 'role = "calibrated"', 'role = "sure"', ("check",), "role"),
    ("evidence/claims/01-history.toml", 'verdict = "contradicted"', 'verdict = "wrong"', ("claims",), "verdict"),
    ("evidence/studies/cree-2010-ms.toml", "n_randomised = 80", 'n_randomised = "many"', ("evidence", "ms"), "n_randomised"),
    ("notation/sources.toml", "year = 2010", 'year = "soon"', ("evidence", "ms"), "year"),
    ("evidence/safety.toml", 'topic = "liver"', 'topic = "lever"', ("review", "--out", "out"), "topic"),
    ("pharmacology/facts/measurable.toml", 'unit = "%"', 'unit = "ng/mL"', VERSIONS, "pet_occupancy.unit"),
    ("pharmacology/facts/measurable.toml", 'unit = "%"', 'unit = "pct"', VERSIONS, "pet_occupancy.unit"),
    ("pharmacology/facts/measurable.toml", "share = 0.15", "share = -3", VERSIONS, '"share" is -3'),
    ("pharmacology/facts/measurable.toml", "floor = 8", "floor = 0", VERSIONS, "both 0"),
    ("pharmacology/endorphins.toml", "low = 0.1, high = 1.2", "low = -5, high = 1.2", ("dose", "4.5mg"), "possible is 0 to 10"),
    ("pharmacology/clinical/crohn.toml", "important = { value = 70", "important = { value = -70", CROHN, '"value" is -70'),
    ("pharmacology/clinical/fibromyalgia.toml", "share = 0.141", "share = 14.1", FM, '"share" is 14.1'),
    ("pharmacology/clinical/crohn.toml", 'as_printed = "303 point"', 'as_printed = "703 point"', CROHN, "BASELINE is 703"),
    ("pharmacology/clinical/crohn.toml", 'as_printed = "10 point"', 'as_printed = "100 point"', CROHN, "BASELINE is 100"),
    ("pharmacology/switches/defaults.toml", "[tlr4]", "[tlr5]", ("dose", "4.5mg"), 'did you mean "tlr4"'),
    ("pharmacology/switches/defaults.toml", '"glia"]', '"gliea"]', ("dose", "4.5mg"), 'did you mean "glia"'),
]  # fmt: skip


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(openldn.__file__).parent, folder / "openldn", ignore=ignore)
    return folder


@pytest.mark.parametrize(
    ("file", "old", "new", "command", "says"), DAMAGE, ids=[f"{f}:{s}" for f, _, _, _, s in DAMAGE]
)
def test_a_damaged_file_is_named_with_its_line(
    copy: Path, tmp_path: Path, file: str, old: str, new: str, command: tuple[str, ...], says: str
) -> None:
    path = copy / "openldn" / file
    whole = path.read_text(encoding="utf-8")
    assert old in whole
    path.write_text(whole.replace(old, new, 1), encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": str(copy)}
    try:
        run = subprocess.run(
            [sys.executable, "-m", "openldn", *command],
            capture_output=True, text=True, check=False, env=env, cwd=tmp_path,
        )  # fmt: skip
    finally:
        path.write_text(whole, encoding="utf-8")
    assert run.returncode == 2, run.stderr
    assert run.stdout == ""
    assert "Traceback" not in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1
    assert says in run.stderr
    assert Path(file).stem in run.stderr
    assert "line " in run.stderr
    assert "line None" not in run.stderr
    assert list(tmp_path.iterdir()) == []
