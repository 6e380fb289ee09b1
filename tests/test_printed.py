"""What strangers wrote is printed so that it can be seen and does nothing, in whatever encoding there is."""

import csv
import io
import json
import os
import re
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import openldn
from openldn.cli.console import paragraph, table
from openldn.cli.main import main
from openldn.engine.notebook import tables_html
from openldn.figures import Curve, draw, line_chart
from openldn.figures.figure import file_of
from openldn.figures.svg import clean, picture
from openldn.notation import csv_cell, json_text, printable, shown

SIGNS = (
    "\x00\x07\x1b[31m\x7f\x9b\r\u00ad\u200b\u200e\u202e\u2066\u2028\ufeff\ufe0f\u3164\ufffe\U000e0041\ud800"
)
HOSTILE = f"a{SIGNS}b"
MODEL = "model decay\nparameter K [1/h] = 0.1\nstate A [mg]\ndose iv -> A\nd/dt(A) = -K * A\n"
STUDIES = "study,yi,vi,g\nred\u202eder\u200b,0.1,0.2,zo\u00eb\u2066\n=1+1,0.3,0.1,b\nc,0.2,0.2,zo\u00eb\u2066\nd,0.25,0.2,b\n"
DOSE = ("dose", "4.5mg", "--persons", "0", "--days", "3")
COMMANDS = [
    DOSE,
    ("evidence", "fibromyalgia"),
    ("meta", "m.csv", "--measure", "GEN", "--by", "g"),
    ("claims", "E17"),
]


def silent(text: str) -> list[str]:
    """The signs of a text that show nothing, ends of lines aside."""
    return [s for s in text if unicodedata.category(s) in ("Cc", "Cf", "Cs", "Zl", "Zp") and s != "\n"]


def ldn(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    env = {**os.environ, "COLUMNS": "100", **environment}
    return subprocess.run(
        [sys.executable, "-m", "openldn", *words],
        capture_output=True,
        env=env,
        cwd=cwd,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("sign", SIGNS.replace("[31m", ""))
def test_a_sign_that_shows_nothing_is_written_as_its_escape(sign: str) -> None:
    assert printable(f"a{sign}b") == f"a{sign.encode('unicode_escape').decode()}b"
    assert shown(f"a{sign}b", 100) == printable(f"a{sign}b")


def test_what_shows_itself_stays() -> None:
    text = "Zoë τ² ≥ −0.3 “naïve” 中文 עברית عربي 🙂 e\u0301 10\u00a0mg"
    assert printable(text) == text
    assert printable("a\n\tb", lines=True) == "a\n\tb"
    assert shown("x" * 61) == "x" * 59 + "…"


def test_tables_paragraphs_pages_and_pictures_show_hostile_text_as_it_is() -> None:
    lines = [*table([(HOSTILE, "x" * 5000, HOSTILE)]), *paragraph(HOSTILE).splitlines()]
    assert silent("".join(lines)) == []
    assert max(map(len, lines)) < 400, "a cell has a longest length"
    assert silent(tables_html(HOSTILE, [(HOSTILE, [HOSTILE], [[HOSTILE]])])) == []
    assert silent(clean(HOSTILE)) == []


def test_a_picture_of_hostile_names_is_sound_xml() -> None:
    def paint(canvas: object) -> float:
        canvas.text(1, 1, HOSTILE)  # type: ignore[attr-defined]
        return 20

    import numpy as np

    x = np.array([0.0, 1.0])
    curves = [Curve(HOSTILE, x, x), Curve("<script>&", x, x)]
    drawn = draw(
        "id", HOSTILE, HOSTILE, lambda width: line_chart(curves, width, x_title=HOSTILE, y_title="y")
    )
    for figure in (picture("id", HOSTILE, HOSTILE, paint), drawn):
        svg = file_of(figure, Path("a.svg")).decode("utf-8")
        root = ElementTree.fromstring(svg.encode())
        assert silent(svg) == []
        assert any("\\x1b[31m" in (e.text or "") for e in root.iter())


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1+1", "-1+1", "@a", "-2+3+cmd|' /C calc'!A0", "=", "-", "+", " =1", "\u00a0=1", "＝1+1", "＋1", "－1", "＠a",
     "-1-", "+1e", "--1", "-1e5x", "- 1", "-٣"],
)  # fmt: skip
def test_no_text_of_a_table_is_a_formula(text: str) -> None:
    assert csv_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-1", "+1", "-1.5e-3", "-.5", "1", "a=1", "a-b", "−1", "", "'=1"])
def test_numbers_and_plain_words_stay_as_they_are_in_a_table(text: str) -> None:
    assert csv_cell(text) == text


@pytest.mark.parametrize("text", ["\t=1", "\r=1", "\n=1", "\x00=1"])
def test_a_control_sign_before_a_formula_is_seen(text: str) -> None:
    assert csv_cell(text) == f"{printable(text)}"
    assert csv_cell(text).startswith("\\")


def test_the_tables_of_a_simulation_hold_no_formula_and_lose_no_number(tmp_path: Path) -> None:
    names = ["-1+cmd|' /C calc'!A0", "＝1+1", "-7", "@x"]
    rows = [
        f"{name},{t},{a},{c}" for name in names for t, a, c in ((0, 10, "iv"), (1, ".", "."), (2, ".", "."))
    ]
    (tmp_path / "e.csv").write_text("\n".join(["ID,TIME,AMT,CMT", *rows]) + "\n", encoding="utf-8")
    for more in ((), ("--nca", "C")):
        run = ldn("simulate", "one_compartment", "e.csv", *more, cwd=tmp_path)
        read = list(csv.DictReader(io.StringIO(run.stdout.decode())))
        assert list(dict.fromkeys(row["ID"] for row in read)) == [f"'{names[0]}", "'＝1+1", "-7", "'@x"]
        values = [cell for row in read for name, cell in row.items() if name != "ID" and cell]
        assert not [v for v in values if v[0] in "'=@"]


def test_json_is_exact_whatever_the_text() -> None:
    document = {HOSTILE: [HOSTILE, "é", 0.1, None]}
    for narrow in (False, True):
        text = "".join(json_text(document, ascii_only=narrow))
        text.encode("ascii" if narrow else "utf-8")
        assert json.loads(text) == document
    with pytest.raises(ValueError):
        list(json_text(float("nan")))


def here(words: tuple[str, ...], encoding: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a command prints to a stream of this encoding, in this process."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2))
    (folder / "m.csv").write_text(STUDIES, encoding="utf-8")
    with monkeypatch.context() as patched:
        patched.chdir(folder)
        patched.setenv("COLUMNS", "100")
        patched.setattr(sys, "stdout", out)
        patched.setattr(sys, "stderr", err)
        with pytest.raises(SystemExit) as left:
            main(list(words))
        out.flush()
        err.flush()
    assert (left.value.code, err.buffer.getvalue()) == (0, b"")  # type: ignore[attr-defined]
    text: str = out.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]
    return text


@pytest.mark.parametrize("words", COMMANDS, ids=[w[0] for w in COMMANDS])
def test_no_encoding_of_stdout_cuts_what_is_printed(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    squares = str.maketrans("²³", "23")
    whole = here(words, "utf-8", tmp_path, monkeypatch)
    assert silent(whole) == []
    for encoding in ("ascii", "latin-1", "cp1252", "cp437"):
        narrow = here(words, encoding, tmp_path, monkeypatch)
        assert len(narrow.splitlines()) == len(whole.splitlines())
        numbers = [re.findall(r"\d+", text.translate(squares)) for text in (narrow, whole)]
        assert numbers[0] == numbers[1]
        assert narrow.count("?") == whole.count("?"), "nothing is replaced by a question mark"


def test_a_locale_without_letters_prints_every_line(tmp_path: Path) -> None:
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    run = ldn(*DOSE, cwd=tmp_path, **plain)
    assert (run.returncode, run.stderr) == (0, b"")
    assert "highest 6beta-naltrexol in plasma" in run.stdout.decode("ascii")


@pytest.mark.parametrize("words", COMMANDS, ids=[w[0] for w in COMMANDS])
def test_json_says_the_same_in_every_encoding(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [here((*words, "--json"), e, tmp_path, monkeypatch) for e in ("utf-8", "ascii", "cp1252")]
    documents = [json.loads(text) for text in texts]
    assert documents[0] == documents[1] == documents[2]


def test_a_table_that_an_encoding_cannot_hold_is_refused_whole(tmp_path: Path) -> None:
    (tmp_path / "m.model").write_text(MODEL)
    (tmp_path / "e.csv").write_text("ID,TIME,AMT,CMT\nZoë,0,10,iv\nZoë,1,.,.\nb,0,10,iv\n", encoding="utf-8")
    run = ldn("simulate", "m.model", "e.csv", cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert (run.returncode, run.stdout) == (2, b"")
    assert b"which ascii lacks; write it with --out" in run.stderr
    run = ldn("simulate", "m.model", "e.csv", cwd=tmp_path, PYTHONIOENCODING="latin-1")
    assert run.returncode == 0
    assert "Zoë,0.0,10.0" in run.stdout.decode("latin-1")


@pytest.mark.parametrize(
    "words",
    [("dos\x1b[31m\u202e",), ("dose", "4.5mg", "--x\x1b[2J\u202e"), ("dose", "4.5mg", "a\u202e" * 3000),
     ("dose", "4.5mg", "--days", "\x1b[2J"), ("dose", "\x1b]0;title\x07"), ("meta", "a\x1b[2J.csv", "--measure", "GEN"),
     ("dose", os.fsdecode(b"4.5\xff mg")), ("meta", os.fsdecode(b"\xff.csv"), "--measure", "GEN", "--json")],
)  # fmt: skip
def test_an_error_repeats_hostile_words_visibly_and_shortly(words: tuple[str, ...], tmp_path: Path) -> None:
    run = ldn(*words, cwd=tmp_path)
    assert (run.returncode, run.stdout) == (2, b"")
    said = run.stderr.decode("utf-8").removesuffix("\n")
    assert silent(said) == []
    assert "\n" not in said
    assert len(said) < 1500


def test_commands_print_by_the_console_alone() -> None:
    """Else a text could pass by what makes it printable."""
    for path in (Path(openldn.__file__).parent / "cli").glob("*.py"):
        if path.name != "console.py":
            found = re.findall(
                r"click\.(?:s?echo)\w*|\bprint\(|sys\.stdout\.write", path.read_text(encoding="utf-8")
            )
            assert found == [], path.name


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")
def test_brackets_in_a_dose_are_no_markup_of_the_progress_bar(tmp_path: Path) -> None:
    import pty

    master, slave = pty.openpty()
    run = subprocess.Popen(
        [sys.executable, "-m", "openldn", "dose", "[bold]4.5mg[/x]", "--persons", "0"], stderr=slave,
        stdout=subprocess.DEVNULL, cwd=tmp_path,
    )  # fmt: skip
    assert run.wait(60) == 2
    os.close(slave)
    told = os.read(master, 100_000)
    os.close(master)
    assert b'dose "[bold]4.5mg[/x]" does not read' in told
