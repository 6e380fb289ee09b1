"""The doors as a user meets them: what is printed where, and with which exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ENV = {**os.environ, "COLUMNS": "100"}


def ldn(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "openldn", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=ENV, cwd=cwd, check=False)


BAD = [
    (("dose", "4.5"), '"4.5" has no unit'),
    (("dose", "-3mg"), "above zero"),
    (("dose", "1,000mg"), "thousands or thousandths"),
    (("dose", "1e-300mg"), "too little"),
    (("dose", "４.５mg"), "does not read"),
    (("dose", "nanmg"), "not a finite number"),
    (("dose", "1e999mg"), "not a finite number"),
    (("dose", "5g"), "above 400 mg"),
    (("dose", "401mg", "--route", "nasal"), "only as --route im_depot"),
    (("dose", "2g", "--route", "im_depot"), "above 1000 mg"),
    (("dose", "4.5mg", "--every", "0h"), "above zero"),
    (("dose", "4.5mg", "--every", "1s", "--days", "300"), "doses"),
    (("dose", "4.5mg", "--days", "-1"), "days is -1"),
    (("dose", "4.5mg", "--days", "9999"), "days is 9999"),
    (("dose", "4.5mg", "--days", "two"), "days"),
    (("dose", "4.5mg", "--route", "sublingual"), 'route "sublingual" is not known'),
    (("dose", "4.5mg", "--at", "25:00"), "clock time"),
    (("dose", "4.5mg", "--persons", "99999999"), "ask for 1 to"),
    (("dose", "4.5mg", "--persons", "-1"), "ask for 1 to"),
    (("dose", "4.5mg", "--seed", "-1"), "seed"),
    (("dose", "4.5mg", "--without", "rebounds"), 'did you mean "rebound"'),
    (("dose", "4.5mg", "--with", "tlr5"), 'did you mean "tlr4"'),
    (("dose", "4.5mg", "--with", "kinetics=plasmatic"), 'did you mean "plasma"'),
    (("dose", "4.5mg", "--with", "kinetics"), "--with kinetics=slow_koff"),
    (("dose", "4.5mg", "--without", "kinetics"), "neither on nor off"),
    (("dose", "4.5mg", "--with", "rebound=perhaps"), "it is on or off"),
    (("dose", "4.5mg", "--compare", "kinetics=biophase"), "two versions or more"),
    (("dose", "4.5mg", "--compare", "cinetics=biophase,plasma"), "is not known"),
    (("dose", "4.5mg", "--versus", "5kg"), "above 400 mg"),
    (("dose", "4.5mg", "--plot", "picture.gif"), "ends in .svg, .png or .pdf"),
    (("dose", "4.5mg", "--colour"), "--colour"),
    (("dose",), "DOSE"),
    (("dose", "4.5mg then"), "reads"),
    (("evidence", "fibromyalgy"), 'did you mean "fibromyalgia"'),
    (("claims", "E99"), "is not known"),
    (("chek",), 'did you mean "check"'),
]


@pytest.mark.parametrize(("arguments", "says"), BAD, ids=[" ".join(a) for a, _ in BAD])
def test_bad_input_gets_one_message_and_exit_code_two(arguments: tuple[str, ...], says: str) -> None:
    run = ldn(*arguments)
    assert run.returncode == 2
    assert run.stdout == ""
    assert "Traceback" not in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1
    assert run.stderr.startswith("ldn: ")
    assert says in run.stderr or says == "reads"


def test_debug_shows_the_traceback() -> None:
    run = ldn("dose", "4.5", "--debug")
    assert run.returncode != 0
    assert "Traceback" in run.stderr


def test_an_output_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    run = ldn("dose", "4.5mg", "--persons", "0", "--plot", str(tmp_path / "file" / "x.svg"))
    assert (run.returncode, run.stdout) == (2, "")
    assert "cannot write" in run.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_dose_json_has_the_pinned_names_and_nothing_else_on_stdout() -> None:
    run = ldn("dose", "4.5mg", "--json", "--persons", "20", "--versus", "50mg")
    document = json.loads(run.stdout)
    assert set(document) >= {"question", "switches", "answers", "series", "provenance", "versus"}
    names = {
        "naltrexone_cmax", "naltrexone_auc_24h", "naltrexol_cmax", "mu_occupancy_min", "mu_occupancy_mean",
        "mu_occupancy_max", "hours_above_50_percent_mu", "days_to_10_percent_mu",
        "beta_endorphin_change_percent", "net_opioid_tone", "tlr4_engagement_percent",
    }  # fmt: skip
    assert set(document["answers"]) >= names
    for estimate in document["answers"].values():
        assert set(estimate) == {"value", "low", "high", "unit", "kind"}
        assert estimate["low"] <= estimate["value"] <= estimate["high"]
    assert document["series"]["time"]["unit"] == "h"
    hours = len(document["series"]["time"]["values"])
    for series in document["series"]["outputs"].values():
        assert set(series) == {"unit", "median", "low", "high"}
        assert len(series["median"]) == len(series["low"]) == len(series["high"]) == hours
    assert document["provenance"]["seed"] == document["question"]["seed"]
    assert document["provenance"]["sources"]


@pytest.mark.parametrize("arguments", [("claims",), ("claims", "E17"), ("evidence",), ("evidence", "ms")])
def test_json_is_one_document(arguments: tuple[str, ...]) -> None:
    run = ldn(*arguments, "--json")
    assert run.returncode == 0
    assert run.stderr == ""
    json.loads(run.stdout)


def test_a_schedule_in_words_is_a_dose() -> None:
    text = "1.5 mg every 24h at 22:00 for 7d, then 3 mg for 7d, then 4.5 mg"
    document = json.loads(ldn("dose", text, "--json", "--persons", "0").stdout)
    occupied = document["series"]["outputs"]["mu_occupancy_brain"]["median"]
    day = [occupied[24 * d - 1] for d in (7, 14, 28)]
    assert day == sorted(day)


def test_a_picture_is_drawn(tmp_path: Path) -> None:
    run = ldn("dose", "4.5mg", "--persons", "10", "--plot", str(tmp_path / "a.png"), "--days", "3")
    assert run.returncode == 0
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
    run = ldn("dose", "4.5mg", "--persons", "0", "--plot", str(tmp_path / "a.svg"), "--days", "3")
    drawn = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert drawn.startswith("<?xml")
    assert "<title>Mu receptors occupied in the brain</title>" in drawn


def test_help_names_every_command() -> None:
    text = ldn("--help").stdout
    for name in ("dose", "check", "claims", "evidence"):
        assert name in text
        assert ldn(name, "--help").returncode == 0


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (-0.0, 3, "0"),
        (0.0, 3, "0"),
        (-0.2345, 2, "−0.23"),
        (1.5, 3, "1.5"),
        (1234.0, 3, "1.23e+03"),
        (-1e-7, 2, "−1e−07"),
    ],
)
def test_numbers_have_a_true_minus_and_none_before_a_zero(value: float, digits: int, text: str) -> None:
    from openldn.notation import number

    assert number(value, digits) == text
