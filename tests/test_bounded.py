"""Time and memory grow with what is read and no faster; what would take more is refused, and its limit named."""

import json
import os
import resource
import subprocess
import sys
import time
import tomllib
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import openldn as ldn
from openldn.answers import meta
from openldn.engine.events.compiling import _take_away
from openldn.engine.model_text import BLOCKS
from openldn.engine.one_text import parse_model
from openldn.evidence.importers.duplicates import MOST_ALIKE, Known
from openldn.evidence.importers.importing import import_upload
from openldn.evidence.importers.reading import upload_of
from openldn.meta.likelihood import maximum
from openldn.meta.moderators import MOST_TERMS
from openldn.meta.rows import MOST_COLUMNS
from openldn.notation import (
    DataError,
    InputError,
    Limit,
    ModelTextError,
    QuantityError,
    TomlFile,
    parse_json,
    parse_quantity,
    parse_toml,
    parse_unit,
    read_stream,
)
from openldn.notation.records import toml_file

MEMORY = 4_000_000_000  # of addresses: Python with its libraries takes some 2e9 of them
ENDLESS = Path("/dev/urandom")
SECONDS = 120  # of processor, far above what any refusal takes
MODEL = """model m
parameter K [1/h] = 0.1
state A [mg]
dose iv -> A
d/dt(A) = -K * A
C [mg] = A
"""
WITHOUT_NUMBER = MODEL.replace(" = 0.1", "", 1)


def hard(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A program in a process of its own that is killed where it takes too much."""

    def bounded() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))

    return subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, timeout=600, check=False,
        preexec_fn=bounded, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def seconds(work: Callable[[], Any]) -> float:
    """Of processor time, the least of three tries."""
    found = []
    for _ in range(3):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


def grows_no_faster(work: Callable[[int], Any], n: int) -> None:
    # Linear work takes 4 times as long, quadratic 16 times; 0.05 s are beneath what a busy machine can tell apart.
    assert seconds(lambda: work(4 * n)) < 9 * seconds(lambda: work(n)) + 0.05


DOORS = {
    "model": "ldn.model(path)",
    "table": "ldn.model(MODEL, table=str(path))",
    "events": "ldn.events(path)",
    "studies": 'meta(path, "GEN")',
    "flow": "read_flow(path)",
    "import": "import_file(path)",
}
TRY = """
import json, sys, time
from pathlib import Path
import openldn as ldn
from openldn.answers import meta
from openldn.evidence.prisma_files import read_flow
from openldn.evidence.importers.importing import import_file
MODEL = {model!r}
said = dict()
for name in json.loads(sys.argv[1]):
    path = Path(name)
    start = time.process_time()
    try:
        {call}
        said[name] = "read"
    except (ldn.DataError, ldn.InputError) as error:
        said[name] = str(error)
    assert time.process_time() - start < 20
print(json.dumps(said))
"""


@pytest.mark.parametrize("door", DOORS)
def test_what_is_no_regular_file_of_bounded_size_is_refused_before_it_is_read(
    door: str, tmp_path: Path
) -> None:
    end = {
        "model": "model",
        "table": "toml",
        "events": "csv",
        "studies": "csv",
        "flow": "toml",
        "import": "nbib",
    }[door]
    pipe, hole, folder, device = (tmp_path / f"{name}.{end}" for name in ("pipe", "hole", "folder", "device"))
    os.mkfifo(pipe)
    with hole.open("wb") as file:
        file.truncate(10_000_000_000)
    folder.mkdir()
    device.symlink_to(ENDLESS)
    long, zero = tmp_path / f"{'x' * 300}.{end}", tmp_path / f"a\0b.{end}"
    names = [str(path) for path in (pipe, hole, folder, device, long, zero)]
    done = hard(TRY.format(model=WITHOUT_NUMBER, call=DOORS[door]), json.dumps(names))
    assert done.returncode == 0, done.stderr[-500:]
    said = list(json.loads(done.stdout).values())
    # A model is asked for by a text, which is looked at before any file is.
    no_name = "signs that stand in no text" if door == "model" else "no file can"
    for told, words in zip(
        said,
        ("it is a pipe", "the limit is", "it is a folder", "it is a device", "too long", no_name),
        strict=True,
    ):
        assert words in told


def test_a_table_beside_a_model_is_read_whatever_it_is(tmp_path: Path) -> None:
    (tmp_path / "m.model").write_text(WITHOUT_NUMBER)
    (tmp_path / "m.toml").mkdir()
    with pytest.raises(DataError, match=r"it is a folder.*m\.toml"):
        ldn.model(tmp_path / "m.model")


def test_a_stream_without_end_is_left_at_its_limit() -> None:
    with (
        ENDLESS.open("rb") as file,
        pytest.raises(DataError, match="the limit is 1,000 bytes of a test"),
    ):
        read_stream(file, Limit(1000, "bytes", "of a test"), name="stdin")


TOML = {
    "a dotted key": ("a" + ".a" * 40_000 + " = 1", "1,000 characters of a key"),
    "a key in quotes": ("b = 1\n" + '"a"' + ' . "="' * 20 + " = 1", "16 parts of a dotted key"),
    "a header": ("[" + "a." * 20 + "a]", "16 parts of a dotted key"),
    "arrays": ("x = 1\ny = " + "[" * 20_000, "32 brackets"),
    "inline tables": ("x = " + "{a = " * 20_000, "32 brackets"),
    "a long number": ("\n\nx = " + "9" * 5000, "19 digits"),
    "a long number by sixteen": ("x = 0x" + "f" * 5000, "19 digits"),
    "a long key": ("k" * 100_000 + " = 1", "1,000 characters of a key"),
    "a zero byte": ('x = "a\\u0000"', "a zero byte"),
    "a long zero byte": ('x = """\n\\\\\\U00000000"""', "a zero byte"),
    "half a sign": ('x = "\\ud800"', "not valid TOML"),
    "no day": ("x = 2026-13-41", "not valid TOML"),
}  # fmt: skip


@pytest.mark.parametrize("case", TOML)
def test_toml_that_would_take_more_than_its_size_is_refused_with_its_line(case: str) -> None:
    text, says = TOML[case]
    with pytest.raises(DataError, match=says) as caught:
        parse_toml(text, "mine.toml")
    assert caught.value.file == "mine.toml"
    if case != "no day":
        assert caught.value.line == text.count("\n") + 1 or case == "a long zero byte"
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "text",
    [
        'x = "' + "." * 5000 + '"',
        "x = '" + "[" * 500 + "'", "# " + "[." * 5000, 'x = """\n' + "a.b.c = [[[\n" * 200 + '"""',
        "x = [" + "1.5, " * 500 + "]", "x = '''a\\u0000'''", 'x = "\\\\u0000"', "x = 1.7976931348623157e308",
        "x = 9223372036854775807", "x = 0xffffffffffffffff", "a.b.c.d.e.f.g.h = 1", 'x = ["""a"""", "b"]',
        "x = 2026-12-01T00:00:00.5",
    ],
)  # fmt: skip
def test_what_only_looks_deep_or_long_in_a_text_is_read(text: str) -> None:
    assert parse_toml(text, "mine.toml") == tomllib.loads(text)


REPEATED = {
    "dots": lambda n: "a" + ".a" * n, "brackets": lambda n: "x = [" + "[]," * n + "]",
    "open texts": lambda n: 'x = """' + '\\"""' * n,
    "quotes": lambda n: 'x = "' + '\\"' * n, "texts": lambda n: 'x = "a"' + ' "a"' * n, "dotted": lambda n: '"a"' + '."a"' * n,
    "tables": lambda n: "".join(f"[a.b{i}]\nx = 1\n" for i in range(n // 4)), "rows": lambda n: "[[a.b]]\nx = 1\n" * (n // 4),
    "many keys": lambda n: "".join(f"k{i}.b.c = 1\n" for i in range(n // 4)),
    "lines that are none": lambda n: "x = '''\n" + "[a.a.a.a.a.a.a.a]\n" * (n // 8) + "'''",
}  # fmt: skip


@pytest.mark.parametrize("case", REPEATED)
def test_toml_is_read_and_its_lines_are_found_in_linear_time(case: str) -> None:
    def work(n: int) -> None:
        text = REPEATED[case](n)
        try:
            data = parse_toml(text, "mine.toml")
        except DataError:
            return
        file = TomlFile("mine.toml", text, data, toml_file(b"", "none").fingerprint)
        for i in range(0, n, 50):
            file.line(("a", f"b{i}", "x"))

    grows_no_faster(work, 20_000)


JSON = {
    "objects": ('{"a": ' * 20_000, "100 brackets"), "arrays": ("\n" + "[" * 100_000, "100 brackets"),
    "a long number": ('{"a": ' + "9" * 5000 + "}", "19 digits"), "half a sign": ('{"a": "\\ud800"}', "half a sign"),
    "a zero byte": ('{"a": "\\u0000"}', "a zero byte"),
}  # fmt: skip


@pytest.mark.parametrize("case", JSON)
def test_json_that_no_program_could_hold_is_refused_with_its_line(case: str) -> None:
    text, says = JSON[case]
    with pytest.raises(DataError, match=says) as caught:
        parse_json(text, "mine.json")
    assert caught.value.line == text.count("\n") + 1


def test_json_with_whole_signs_and_long_fractions_is_read() -> None:
    text = '["\\ud83d\\ude00", "\\\\u0000", "\\\\ud800", 0.' + "3" * 50 + ", 1" + "0" * 25 + "e-3]"
    assert parse_json(text, "mine.json") == json.loads(text)


def test_a_chain_of_three_thousand_includes_is_refused_by_its_limit(tmp_path: Path) -> None:
    for i in range(3000):
        (tmp_path / f"i{i}.model").write_text(f"model i{i}\ninclude i{i + 1}\n")
    with pytest.raises(ModelTextError, match=f"the limit of the model, {BLOCKS}"):
        ldn.model(tmp_path / "i0.model")


def test_a_long_chain_of_includes_and_formulas_is_no_deeper_than_a_short_one(tmp_path: Path) -> None:
    last = int(BLOCKS) - 1
    for i in range(last):
        (tmp_path / f"i{i}.model").write_text(f"model i{i}\ninclude i{i + 1}\n")
    chain = "x0 [1] = 1\n" + "".join(f"x{i} [1] = x{i - 1} + 1\n" for i in range(1, 900))
    text = MODEL.replace("model m", f"model i{last}").replace("-> A", "-> A * x899") + chain
    (tmp_path / f"i{last}.model").write_text(text)
    run = ldn.model(tmp_path / "i0.model").simulate(ldn.ev(1.0), times=[0.0, 1e-9], outputs=["A"])
    assert run.of("A")[0, 1] == pytest.approx(
        900, rel=1e-6
    )  # a dose of 1 mg, times 900, and 1e-10 of it lost


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("".join(f"observe O{i} [mg] = A\n" for i in range(201)), "200 lines observe of a model"),
        ("".join(f"at {i} h : A = 0 mg\n" for i in range(501)), "500 lines at and when of a model"),
        ("a [1] = 1\n" * 20_000, "10,000 lines that say something"),
        ("# " + "x" * 400_000, "400,000 bytes of a model's file"),
        ("x" * 6000, "5,000 characters of a line"),
    ],
)
def test_a_model_with_more_than_can_be_run_is_refused_by_its_limit(more: str, says: str) -> None:
    with pytest.raises(ModelTextError, match=f"the limit.*{says}"):
        parse_model(MODEL + more)


@pytest.mark.parametrize(
    "sign",
    [
        "1",
        " ",
        ".",
        "(",
        ")",
        "-",
        "mg/L/",
        "mg^9*",
        "1e",
        "_",
        "a",
        "^2",
        "[",
        ":",
        "lag a ",
        "\t",
        "µ",
        "not ",
    ],
)
def test_a_line_of_one_sign_again_and_again_is_parted_in_linear_time(sign: str) -> None:
    heads = (
        "C2 [mg] = ",
        "C2 [",
        "dose po -> A * ",
        "dose po -> A lag a",
        "parameter P [1] = 1 ",
        "at ",
        "when A > ",
        "observe O [mg] = ",
    )

    def work(n: int) -> None:
        for head in heads:
            with pytest.raises(ModelTextError):
                parse_model(f"{MODEL}{head}{(sign * n)[:n]} ?\n")

    grows_no_faster(work, 1000)


def test_a_quantity_of_many_blanks_is_read_or_refused_at_once() -> None:
    def work(n: int) -> None:
        for text in ("1 mg" + " " * n + "x", "1" * n + "\n mg", "1 mg" + "/L" * n + "^", " " * n + "1 mg?"):
            with pytest.raises(QuantityError):
                parse_quantity(text, what="amount", like="1 mg")
        with pytest.raises(QuantityError):
            parse_unit("mg" + " " * n + "?")

    grows_no_faster(work, 20_000)


def table_of(tmp_path: Path, header: str, *rows: str) -> Path:
    path = tmp_path / "table.csv"
    path.write_text("\n".join((header, *rows)) + "\n")
    return path


def test_columns_and_levels_beyond_what_can_be_shown_are_refused(tmp_path: Path) -> None:
    wide = ",c" * 100_000
    with pytest.raises(DataError, match=f"the limit is {MOST_COLUMNS}"):
        meta(table_of(tmp_path, "yi,vi" + wide, "1,1" + wide), "GEN")
    rows = [f"{i % 7},1,l{i % 500}" for i in range(2000)]
    with pytest.raises(InputError, match=f"500 levels; the limit is {MOST_TERMS}"):
        meta(table_of(tmp_path, "yi,vi,m", *rows), "GEN", moderators=["m"])
    many = ["1,1" + f",{i}" * 60 for i in range(200)]
    with pytest.raises(InputError, match=f"the limit is {MOST_TERMS}"):
        meta(
            table_of(tmp_path, "yi,vi" + "".join(f",m{i}" for i in range(60)), *many), "GEN",
            moderators=[f"m{i}" for i in range(60)],
        )  # fmt: skip


def test_a_long_row_of_digits_that_is_no_number_is_refused_in_linear_time(tmp_path: Path) -> None:
    def work(n: int) -> None:
        path = table_of(tmp_path, "yi,vi", "1" * n + "x,1", "1,1")
        with pytest.raises(DataError, match="is not a number"):
            meta(path, "GEN")

    grows_no_faster(work, 20_000)


def test_a_regression_on_many_terms_takes_memory_for_the_studies_and_not_for_the_pairs_of_terms() -> None:
    rng = np.random.default_rng(1)
    k, p = 20_000, 40
    x = np.column_stack([np.ones(k), rng.normal(size=(k, p - 1))])
    y, v = rng.normal(size=k), rng.uniform(0.5, 1, k)
    tracemalloc.start()
    try:
        maximum(y, v, x, restricted=True)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 25 * x.nbytes  # all pairs of terms at once would be 40 times it, twice


def test_thousands_of_records_of_one_title_are_each_compared_with_a_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record = "PMID- {}\nTI  - One title that many records have\nAU  - Doe J\nDP  - 2001\nPT  - Journal Article\nSO  - x\n"
    numbers = [*range(10_000_000, 10_001_000), 10_000_600]  # the last is there already
    text = "\n".join(record.format(n) for n in numbers)
    made: list[int] = []
    before = Known._relation
    monkeypatch.setattr(
        Known, "_relation", lambda self, draft, place: (made.append(place), before(self, draft, place))[1]
    )
    found = import_upload(upload_of(text.encode(), "same.nbib"))
    assert len(made) <= 2 * MOST_ALIKE * len(numbers)  # those of the title, and of the number
    assert [d.record for d in found.duplicates if d.action == "left-out"] == [
        f"line {1 + 1000 * 7} (PMID 10000600)"
    ]
    assert len(found.records) == 1000
    assert any("more with the same mark" in why for d in found.duplicates for why in d.why)


def test_the_ends_of_many_infusions_at_once_take_away_what_they_brought() -> None:
    def work(n: int) -> None:
        rate = np.random.default_rng(2).uniform(0.1, 10, n)
        edges = [(i, 0, 0.0, 0, i) for i in range(n)] + [(n + i, 0, 0.0, 1, i) for i in range(n)]
        taken = rate.copy()
        _take_away(edges, rate, taken)
        np.testing.assert_allclose(
            taken, rate, rtol=1e-10
        )  # sums of n numbers round at some n parts of 2^-53
        left = 0.0
        for began in rate.tolist():
            left += began
        for ended in taken.tolist():
            left -= ended
        assert left == 0  # nothing remains

    grows_no_faster(work, 2000)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (["1,0,1,1,1e30", "1,5,.,.,."], "more than can be counted"),
        (["1,0,1,1,1e9", "1,2e9,.,.,."], "the limit is 10,000,000 doses"),
        ([f"{i},0,1,1e-9,9e15" for i in range(1, 500)], "the limit is 10,000,000 doses"),
        (["1,0,1,0.5,1" + ",1" * 300], "cells under"),
    ],
)
def test_more_doses_than_can_be_held_are_refused_before_they_are_made(
    tmp_path: Path, rows: list[str], says: str
) -> None:
    path = table_of(tmp_path, "ID,TIME,AMT,II,ADDL", *rows)
    with pytest.raises((DataError, InputError), match=says):
        parse_model(MODEL).simulate(ldn.events(path), times=[0, 1e10])


def test_each_of_many_compartments_is_looked_up_once(tmp_path: Path) -> None:
    def work(n: int) -> None:
        path = table_of(tmp_path, "ID,TIME,AMT,CMT", *(f"1,{i},1,c{i}" for i in range(n)))
        read, model = ldn.events(path), parse_model(MODEL)
        with pytest.raises(DataError, match="is not known"):
            model.simulate(read)

    grows_no_faster(work, 4000)
