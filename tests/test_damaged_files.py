"""A damaged file of the package: every door says which file, line and field, and leaves nothing behind."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import openldn

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
    assert list(tmp_path.iterdir()) == []
