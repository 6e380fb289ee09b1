"""Tables of events: what reads, what is refused and how, and that nothing else ever happens."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from openldn.answers.model_files import named_model
from openldn.answers.simulation import parse_times
from openldn.cli import cli, main
from openldn.engine import Events, Model, assemble, events, parse_block, simulate
from openldn.engine.events.reader import bound, read_bytes
from openldn.engine.shipped import shipped_block, shipped_names
from openldn.notation import DataError, InputError, OpenLDNError
from openldn.proof.qualify.superposition import Linear, central

DOCS = Path(__file__).parent.parent / "docs"
PAGE = (DOCS / "events.md").read_text(encoding="utf-8")
HEADER = "ID,TIME,EVID,AMT,CMT,RATE,II,ADDL,SS,CL"
TEXT = f"{HEADER}\n1,0,1,100,1,0,0,0,0,10\n1,5,0,.,.,.,.,.,.,.\n"
SHIPPED = assemble("one_compartment", shipped_block)


@pytest.fixture
def model() -> Model:
    return SHIPPED


def read(text: str, model: Model = SHIPPED) -> Events:
    """The events of a table, with the columns that the model has parameters for as theirs."""
    return bound(read_bytes(text.encode(), "events.csv"), model)[0]


def test_a_table_reads() -> None:
    found = read(TEXT)
    assert (found.ids, found.first.tolist(), found.row.tolist()) == (("1",), [0, 2], [2, 3])
    assert (found.time.tolist(), found.evid.tolist(), found.amount.tolist()) == ([0, 5], [1, 0], [100, 0])
    assert [found.places[i] for i in found.into] == ["1", ""]
    assert np.array_equal(found.covariates["CL"], [10, np.nan], equal_nan=True)


def test_names_of_columns_in_any_case_and_order_and_words_for_missing() -> None:
    found = read("time,Cl,amt,id,Evid\n0,10,NaN,a,0\n1,NA,100,a,1\n2,,.,a,\n")
    assert (found.evid.tolist(), found.amount.tolist()) == ([0, 1, 0], [0, 100, 0])
    assert np.array_equal(found.covariates["CL"], [10, np.nan, np.nan], equal_nan=True)


def test_without_evid_an_amount_makes_a_dose() -> None:
    assert read("ID,TIME,AMT\n1,0,5\n1,1,0\n1,2,.\n").evid.tolist() == [1, 0, 0]


def test_a_row_with_something_in_column_c_is_a_comment() -> None:
    assert read("C,ID,TIME,AMT\n.,1,0,5\nC,what,ever,.\n.,1,1,.\n").time.tolist() == [0, 1]


def test_other_columns_are_carried_and_named() -> None:
    found, others = bound(read_bytes(b"ID,TIME,CL,CLL,DV,sex\n1,0,2,3,.,f\n1,1,.,4,5,f\n"), SHIPPED)
    assert others == ("CLL", "sex")
    assert found.columns()["sex"].tolist() == ["f", "f"]
    assert np.array_equal(found.carried["DV"], [np.nan, 5], equal_nan=True)
    assert list(found.covariates) == ["CL"]


@given(st.integers(0, 2**60), st.integers(1, 4), st.booleans())
def test_a_table_of_plain_numbers_reads_to_the_same_all_at_once_and_cell_by_cell(
    seed: int, persons: int, crlf: bool
) -> None:
    """A text in a column of its own makes a table be read cell by cell."""
    chance = np.random.default_rng(seed)
    lines = []
    for who in range(persons):
        lines.append(f"{10 * who + 1},0,0,4")
        for time in np.sort(chance.integers(0, 50, 5) / 4):
            cells = [
                f"{time:g}",
                chance.choice(["", ".", "0", "1.5", "1e2", " 7"]),
                chance.choice(["", "nan", "3.25"]),
            ]
            lines.append(f"{10 * who + 1}," + ",".join(cells))
    end = "\r\n" if crlf else "\n"
    fast = end.join(["ID,TIME,AMT,CL", *lines]) + end
    slow = end.join(["ID,TIME,AMT,CL,word", *(f"{line},x" for line in lines)]) + end
    a, b = read(fast), read(slow)
    assert (a.ids, a.first.tolist(), a.row.tolist()) == (b.ids, b.first.tolist(), b.row.tolist())
    for name in ("time", "amount", "evid"):
        assert np.array_equal(getattr(a, name), getattr(b, name)), name
    assert np.array_equal(a.covariates["CL"], b.covariates["CL"], equal_nan=True)


@pytest.mark.parametrize("ids", [["007", "7"], ["1.0", "1"], ["1e3", "1000"], ["+1", "1"], ["-1", "1"]])
def test_persons_are_told_apart_by_what_is_written(ids: list[str]) -> None:
    found = read("ID,TIME,AMT\n" + "".join(f"{who},0,5\n{who},1,.\n" for who in ids))
    assert found.ids == tuple(ids)


def test_impossible_values_are_refused_with_row_and_column() -> None:
    ldn = named_model("disposition").model
    for column, value, says in (("CL_N", "-5", "possible is"), ("kidney", "0.5", "it is 0 or 1")):
        with pytest.raises(DataError, match=says) as caught:
            simulate(ldn, read(f"ID,TIME,{column}\n1,0,{value}\n", ldn), outputs=["C_N"])
        assert (caught.value.line, caught.value.field) == (2, column)


def test_windows_files_read(tmp_path: Path) -> None:
    path = tmp_path / "windows.csv"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    found = events(path)
    assert (found.ids, found.records, list(found.carried)) == (("1",), 2, ["CL"])


def test_numbers_of_compartments_are_those_of_the_states(model: Model) -> None:
    by_number, by_state, by_route, by_default = (
        simulate(model, read(TEXT.replace(",100,1,", f",100,{cmt},")), outputs=["C"]).of("C")
        for cmt in ("1", "gut", "oral", ".")
    )
    assert by_number.tolist() == by_state.tolist() == by_route.tolist() == by_default.tolist()


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("", None, "", "is empty"),
        (HEADER, None, "", "no record"),
        ("ID,TIME\n", None, "", "no record"),
        ("ID,AMT\n1,2\n", 1, "TIME", "no column TIME"),
        ("ID,TIME,TIME\n1,0,2\n", 1, "TIME", "two columns"),
        ("ID,TIME,CL,cl\n1,0,2,2\n", 1, "CL", "two columns"),
        ("ID;TIME;AMT\n1;0,5;3\n", 1, "", "separated by semicolons"),
        ("ID,TIME\n1,0,5\n", 2, "", "decimal comma"),
        ("ID,TIME\n1,zero\n", 2, "TIME", "not a finite number"),
        ("ID,TIME\n1,1_0\n", 2, "TIME", "not a finite number"),
        ("ID,TIME\n1,inf\n", 2, "TIME", "not a finite number"),
        ("ID,TIME\n1,.\n", 2, "TIME", "is missing"),
        ("ID,TIME\n.,0\n", 2, "ID", "is missing"),
        ("ID,TIME,EVID\n1,0,0.5\n", 2, "EVID", "whole number"),
        ("ID,TIME,AMT,CMT\n1,0,5,-2\n", 2, "CMT", "turn it off with EVID 2"),
        ("ID,TIME,AMT,CMT\n1,0,5,1.5\n", 2, "CMT", "numbered from 1"),
        ('ID,TIME\n1,"0\n', 2, "", "does not read as CSV"),
        ("ID,TIME\n1,0\0\n", 2, "", "zero byte"),
        ("ID,TIME\n" + "1," + "9" * 50_000 + "\n", 2, "TIME", "50,000 characters long"),
    ],
)  # fmt: skip
def test_what_does_not_read_is_refused_with_its_place(
    model: Model, text: str, line: int | None, column: str, says: str
) -> None:
    with pytest.raises(DataError) as caught:
        simulate(model, read(text), outputs=["C"])
    assert says in str(caught.value)
    assert (caught.value.file, caught.value.line, caught.value.field) == ("events.csv", line, column)


def test_bytes_that_are_no_text_and_files_that_are_not_there(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes(b"ID,TIME\n\xe9,0\n")
    with pytest.raises(DataError, match="UTF-8"):
        events(path)
    with pytest.raises(DataError, match="cannot be read"):
        events(tmp_path / "none.csv")
    with pytest.raises(DataError, match="cannot be read"):
        events(tmp_path)


def test_the_messages_of_the_page_are_what_is_said(model: Model) -> None:
    rows = re.findall(r"^\| (`1,.*`) \| (.*) \|$", PAGE, re.MULTILINE)
    assert len(rows) > 8
    for records, message in rows:
        lines = re.findall(r"`([^`]*)`", records)
        with pytest.raises(DataError) as caught:
            simulate(model, read("\n".join([HEADER, *lines]) + "\n"), outputs=["C"])
        assert str(caught.value) == message


def test_the_python_of_the_page_runs() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(code, "events.md", "exec"), names)
    found = names["run"].of("C")[0, 1]  # type: ignore[attr-defined]
    oracle = central(Linear(cl=8, v=100, ka=1), [
        {"TIME": 0, "EVID": 1, "AMT": 100, "CMT": 1, "II": 12, "SS": 1}, {"TIME": 6, "EVID": 0}])  # fmt: skip
    assert found == pytest.approx(oracle[1] / 100, rel=1e-6)


cells = st.one_of(
    st.sampled_from(["", ".", "0", "1", "2", "-1", "-2", "3", "4", "12", "1e400", "-0", "oral", "iv", "gut", "1,5", '"', "=1+1",
                     "__import__('os')", "nan", "0.5", "1e-9", "99999"]),
    st.text(max_size=4), st.floats(0, 100).map(str), st.integers(-3, 40).map(str),
)  # fmt: skip
columns = st.lists(
    st.sampled_from([*HEADER.split(","), "DUR", "D1", "ALAG1", "F2", "mdv", "DV", "C", "x"]), max_size=12
)


@settings(max_examples=150, deadline=None)
@given(columns, st.lists(st.lists(cells, max_size=12), max_size=5), st.booleans())
def test_no_table_does_more_than_raise_a_data_error(
    names: list[str], rows: list[list[str]], full: bool
) -> None:
    header = list(dict.fromkeys(["ID", "TIME", *names])) if full else names
    padded = [(row + ["0"] * len(header))[: len(header)] for row in rows] if full else rows
    text = "\n".join(",".join(row) for row in [header, *padded])
    try:
        read(text)
    except DataError:
        return


doses = st.tuples(*[st.sampled_from(options) for options in (
    ["1", "2"], ["0", "1", "2.5"], ["1", "4"], ["10", "100"], [".", "1", "2", "oral"], [".", "5", "-1", "-2"],
    ["12"], ["1", "3"], ["0", "1", "2"], ["10", "3", "."],
)])  # fmt: skip
others = st.tuples(*[st.sampled_from(options) for options in (
    ["1", "2"], ["0", "1", "4", "9"], ["0", "0", "2", "3"], ["."], ["."], ["."], ["."], ["."], ["0", "1"], ["10", "."],
)])  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.lists(st.one_of(doses, doses, others), min_size=1, max_size=5))
def test_whatever_reads_also_runs(rows: list[tuple[str, ...]]) -> None:
    text = "\n".join([HEADER, "1,0,0,.,.,.,.,.,.,10", *(",".join(row) for row in sorted(rows))])
    try:
        found = simulate(SHIPPED, read(text), outputs=["C"])
    except DataError:
        return
    columns = found.columns()
    solved = ~np.isin(columns["ID"].astype(str), [found.ids[i] for i in found.reasons])
    assert columns["C"].size == len(rows) + 1
    assert np.all(np.isfinite(columns["C"][solved]))
    assert np.all(columns["C"][solved] >= -1e-9)


lines = st.sampled_from([
    "model m : x", "parameter K [1/h] = 1", "parameter F1 [1] = 0.5", "parameter L [h] = 1", "state A [mg]", "state B [mg] = A0",
    "dose oral -> A", "dose oral [nmol] -> A", "dose oral -> A * F1 lag L", "dose iv [mg] -> A lag K", "dose x -> B rate K",
    "dose iv -> A lag",
    "dose x -> B duration L", "dose iv -> A * lag", "d/dt(A) = -K * A", "d/dt(A) = -K * A / (A - A)", "d/dt(B) = K * A",
    "C [mg] = A",
    "C [1] = 1 / 0", "x [1] = y", "y [1] = x", "z [1] = 1 + z", "q [1] = exp(exp(exp(exp(9))))", "include m", "include other",
    "parameter A0 [mg] = 1e300", "w [1] = 0 ^ -1", "choice k = a | b", "dose oral -> A * (1 - F1) : rest",
])  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(
    st.booleans(),
    st.lists(lines, max_size=6, unique=True),
    st.one_of(st.just(""), st.just(""), st.just(""), st.text("dose ora->[]*lgtin(:)#=1.\t", max_size=40)),
)
def test_no_model_does_more_than_raise_an_error_of_ours(whole: bool, parts: list[str], odd: str) -> None:
    # Most of these assemble: base and parts share no name, and what parts need is there.
    base = ["model m", "parameter K [1/h] = 1", "parameter F1 [1] = 0.5", "parameter L [h] = 1", "parameter A0 [mg] = 1e300",
            "state A [mg]", "d/dt(A) = -K * A", "dose iv -> A"]  # fmt: skip
    own = {line.split(" = ")[0] for line in base}
    chosen = [line for line in parts if line.split(" = ")[0] not in own and "model" not in line]
    text = "\n".join([*base, *chosen, odd] if whole else [*parts, odd])
    try:
        block = parse_block(text, file="odd.model")
        model = assemble(block.name, {block.name: block, "other": block}.__getitem__)
        simulate(model, read("ID,TIME,AMT\n1,0,5\n1,1,0\n", model))
    except OpenLDNError:
        return


def test_long_chains_of_assignments_neither_overflow_nor_take_for_ever() -> None:
    chain = "\n".join(f"a{i} [1] = a{i - 1} * a{i - 1}" for i in range(1, 1500))
    text = f"model chain\nstate A [mg]\ndose iv -> A\nparameter K [1/h] = 1\na0 [1] = 1\n{chain}\nd/dt(A) = -K * A * a1499\n"
    block = parse_block(text, file="chain.model")
    model = assemble(block.name, {block.name: block}.__getitem__)
    found = simulate(model, read("ID,TIME,AMT\n1,0,5\n1,1,0\n", model), outputs=["A"])
    assert found.of("A")[0, 1] == pytest.approx(5 * np.exp(-1), rel=1e-6)


def run(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, words, prog_name="ldn")
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize("name", shipped_names())
def test_the_models_of_the_library_run_by_name(name: str, tmp_path: Path) -> None:
    out = tmp_path / "table.csv"
    words = ["simulate", name, str(DOCS / "examples" / "events.csv"), "--out", str(out)]
    code, printed, said = run(*words)
    assert code == 0
    assert ("are ignored: CL" in said) == (name == "michaelis_menten")
    assert "AMT by oral in mg; by iv in mg" in printed
    with out.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 8
    assert all(float(row["C"]) >= 0 for row in rows)


@pytest.mark.parametrize(
    ("name", "oracle"),
    [
        ("one_compartment", Linear(10, 100, ka=1)),
        ("two_compartments", Linear(10, 50, 8, 100, ka=1)),
        ("three_compartments", Linear(10, 20, 8, 50, 2, 200, ka=1)),
    ],
)
def test_the_library_follows_closed_forms(name: str, oracle: Linear, tmp_path: Path) -> None:
    doses = "1,0,1,50,1,0,8,2,1\n1,1,1,30,2,-2,0,0,0\n"
    text = f"ID,TIME,EVID,AMT,CMT,RATE,II,ADDL,SS\n{doses}1,3,0,0,1,0,0,0,0\n1,30,0,0,1,0,0,0,0\n"
    path = tmp_path / "events.csv"
    path.write_text(text, encoding="utf-8")
    _, printed, _ = run("simulate", name, str(path), "--json")
    records = [{"TIME": 0, "EVID": 1, "AMT": 50, "CMT": 1, "II": 8, "ADDL": 2, "SS": 1},
               {"TIME": 1, "EVID": 1, "AMT": 30, "RATE": -2, "D": 1}, {"TIME": 3, "EVID": 0},
               {"TIME": 30, "EVID": 0}]  # fmt: skip
    expected = np.array(central(oracle, records)) / oracle.v
    assert json.loads(printed)["columns"]["C"] == pytest.approx(expected, rel=1e-6)


def test_michaelis_and_menten_eliminate_by_the_implicit_solution(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text("ID,TIME,EVID,AMT,CMT\n1,0,1,500,2\n1,10,0,.,.\n", encoding="utf-8")
    _, printed, _ = run("simulate", "michaelis_menten", str(path), "--json")
    c0, c = json.loads(printed)["columns"]["C"]
    assert c0 - c + np.log(c0 / c) == pytest.approx(20 / 50 * 10, rel=1e-6)  # KM is 1 mg/L


def test_a_model_of_the_users_own_runs_and_may_include_ours(tmp_path: Path) -> None:
    (tmp_path / "part.model").write_text("model part\nstate T [nmol]\nd/dt(T) = 0\n", encoding="utf-8")
    (tmp_path / "mine.model").write_text(
        "model mine\ninclude part\ninclude disposition\ntwice [ug/L] = 2 * C_N\n", encoding="utf-8"
    )
    (tmp_path / "e.csv").write_text("ID,TIME,AMT,CMT\n1,0,4.5,oral\n1,2,.,.\n", encoding="utf-8")
    words = (
        "simulate",
        str(tmp_path / "mine.model"),
        str(tmp_path / "e.csv"),
        "--output",
        "twice",
        "--output",
        "C_N",
    )
    code, printed, _ = run(*words, "--json")
    document = json.loads(printed)
    assert code == 0
    assert document["units"]["twice"] == "ug/L"
    assert document["columns"]["twice"][1] == pytest.approx(2 * document["columns"]["C_N"][1])
    assert {"mine.model", "part.model", "e.csv"} <= set(document["provenance"]["files"])


BAD = {
    "misspelt": ("d/dt(A) = -KK * A", 5, 'did you mean "K"'),
    "loop": ("d/dt(A) = -K * A\nx [1] = y\ny [1] = x", 6, "algebraic loop"),
    "units": ("d/dt(A) = -A", 5, "as it should be"),
    "no value": ("d/dt(A) = -K * A\nparameter P [1]", 6, "has no value"),
    "wrong lag": ("d/dt(A) = -K * A\ndose by -> A lag K", 6, "dose by: lag"),
    "wrong unit of a dose": ("d/dt(A) = -K * A\ndose by [nmol] -> A", 6, "measures something else"),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_model_is_refused_with_file_and_line(
    fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, line, says = BAD[fault]
    path, table = tmp_path / "bad.model", tmp_path / "e.csv"
    path.write_text(
        f"model bad\nparameter K [1/h] = 1\nstate A [mg]\ndose iv -> A\n{text}\n", encoding="utf-8"
    )
    table.write_text("ID,TIME,AMT\n1,0,5\n", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["simulate", str(path), str(table)])
    assert ended.value.code == 2
    message = capsys.readouterr().err
    assert says in message
    assert f"(bad.model, line {line})" in message


def test_a_division_by_zero_names_the_equation_and_ends_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, table = tmp_path / "zero.model", tmp_path / "e.csv"
    path.write_text(
        "model zero\nparameter K [mg/h] = 1\nstate A [mg]\ndose iv -> A\nshare [1] = 1 / (A / A)\nd/dt(A) = -K * share\n",
        encoding="utf-8",
    )
    table.write_text("ID,TIME,EVID,AMT\n1,0,0,0\n1,1,1,5\n2,0,1,5\n2,1,0,0\n", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["simulate", str(path), str(table), "--output", "A"])
    assert ended.value.code == 1
    printed, said = capsys.readouterr()
    reason = "at 0 h: share is not a finite number with A = 0 (zero.model, line 5)"
    assert f"person 1 could not be solved: {reason}" in " ".join(said.split())
    assert printed.splitlines()[1:3] == ["1,0.0,0.0", "1,1.0,"]
    who, time, left = printed.splitlines()[-1].split(",")
    assert (who, time) == ("2", "1.0")
    assert float(left) == pytest.approx(4, rel=1e-7)


def test_an_output_that_is_not_finite_once_leaves_one_gap_with_a_reason(tmp_path: Path) -> None:
    path, table = tmp_path / "ratio.model", tmp_path / "e.csv"
    path.write_text(
        "model ratio\nparameter K [1/h] = 1\nstate A [mg]\nstate B [mg]\ndose iv -> A\nd/dt(A) = -K * A\n"
        "d/dt(B) = K * A\nr [1] = A / B\n",
        encoding="utf-8",
    )
    table.write_text("ID,TIME,AMT\n1,0,5\n1,1,0\n", encoding="utf-8")
    _, printed, said = run("simulate", str(path), str(table))
    assert printed.splitlines()[1] == "1,0.0,"
    assert float(printed.splitlines()[2].split(",")[2]) == pytest.approx(1 / (np.e - 1), rel=1e-6)
    assert "r is not a finite number with B = 0 (ratio.model, line 8); the run goes on" in " ".join(
        said.split()
    )


def test_too_many_states_and_times_are_refused(tmp_path: Path) -> None:
    states = "\n".join(f"state A{i} [mg]\nd/dt(A{i}) = 0" for i in range(301))
    (tmp_path / "many.model").write_text(f"model many\n{states}\n", encoding="utf-8")
    with pytest.raises(DataError, match="301 states"):
        named_model(str(tmp_path / "many.model"))
    with pytest.raises(InputError, match="up to 100,000"):
        parse_times("0:1e9:0.001")


@pytest.mark.parametrize(
    "text", ["", "a", "1,1", "2,1", "-1,2", "0:1", "1:0:1", "0:1:0", "0:nan:1", "0:1:-1"]
)
def test_times_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_times(text)


def test_times_are_a_list_or_a_range() -> None:
    assert parse_times("0,1,2.5") == [0, 1, 2.5]
    assert parse_times("0:1:0.25") == [0, 0.25, 0.5, 0.75, 1]


def test_the_table_is_written_whole_or_not_at_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "there" / "table.csv"
    out.parent.mkdir()
    run("simulate", "one_compartment", str(DOCS / "examples" / "events.csv"), "--out", str(out))
    before = out.read_bytes()
    table = tmp_path / "bad.csv"
    table.write_text(f"{HEADER}\n1,0,1,5,1,0,0,0,0,10\n1,-1,0,0,0,0,0,0,0,10\n", encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["simulate", "one_compartment", str(table), "--out", str(out)])
    assert out.read_bytes() == before
    assert [p.name for p in out.parent.iterdir()] == ["table.csv"]
    assert "line 3" in capsys.readouterr().err


def test_a_schedule_in_words_runs_at_the_times_that_are_asked() -> None:
    words = ("simulate", "one_compartment", "100 mg every 12h")
    code, printed, _ = run(*words, "--route", "oral", "--times", "0:30:6", "--json")
    records = [{"TIME": 0, "EVID": 1, "AMT": 100, "CMT": 1, "II": 12, "ADDL": 2}]
    records += [{"TIME": t, "EVID": 0} for t in (6, 18, 30)]
    expected = np.array(central(Linear(10, 100, ka=1), records))[1:] / 100
    assert code == 0
    assert json.loads(printed)["columns"]["C"][1::2] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["100 mg every 12h"], 'has no end; add "for 28d"'),
        (["100 mg once", "--seed", "-1"], "seed"),
        (["100 mg every 12h for 2d", "--cv", "XX=0.3"], 'parameter "XX" is not known'),
        (["100 mg every 12h for 2d", "--correlate", "CL,V=0.5"], '"CL" has no spread to correlate'),
        (["100 mg every 12h for 2d", "--carry", "QQ"], 'column to carry "QQ" is not known'),
        (["100 mg every 12h for 2d", "--nca", "ZZ"], 'output "ZZ" is not known'),
        (["100 mg every 12h for 2d", "--plot", "c.gif"], "ends in .svg, .png or .pdf"),
        (["100 mg every 12h", "--times", "0:9:1", "--route", "nose"], 'route "nose" is not known'),
        ([str(DOCS / "examples" / "events.csv"), "--route", "oral"], "a table says it in CMT"),
        ([str(DOCS / "examples" / "events.csv"), "--solver", "LSODE"], 'did you mean "LSODA"'),
        ([str(DOCS / "examples" / "events.csv"), "--rtol", "2"], "rtol is 2"),
        ([str(DOCS / "examples" / "events.csv"), "--out", "table.xlsx"], "end its name in .csv or .parquet"),
    ],
)
def test_requests_to_simulate_that_make_no_sense_are_refused(words: list[str], says: str) -> None:
    with pytest.raises(OpenLDNError, match=re.escape(says)):
        run("simulate", "one_compartment", *words)


def test_a_table_on_stdin_is_read_as_one_in_a_file() -> None:
    table = (DOCS / "examples" / "events.csv").read_bytes()
    found = CliRunner().invoke(cli, ["simulate", "one_compartment", "-"], input=table)
    assert (found.exit_code, found.stdout) == run(
        "simulate", "one_compartment", str(DOCS / "examples" / "events.csv")
    )[:2]


def test_every_solver_gives_the_same_table_and_a_loose_tolerance_another() -> None:
    def values(*options: str) -> list[float]:
        words = ("simulate", "michaelis_menten", str(DOCS / "examples" / "events.csv"), "--json")
        found: list[float] = json.loads(run(*words, *options)[1])["columns"]["C"]
        return found

    usual = values()
    for solver in ("explicit", "implicit", "DOP853", "LSODA"):
        # some hundred steps of 1e-8 each
        assert values("--solver", solver) == pytest.approx(usual, rel=1e-6), solver
    loose = values("--rtol", "1e-2", "--atol", "1e-2")
    assert loose != pytest.approx(usual, rel=1e-6)
    assert loose == pytest.approx(usual, rel=0.1)


def test_a_table_too_large_to_hold_is_refused_before_it_is_run(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text("ID,TIME,AMT\n" + "".join(f"{i},0,5\n" for i in range(101)), encoding="utf-8")
    with pytest.raises(InputError, match=r"10,100,000 rows of 2 outputs are more than 20,000,000 numbers"):
        run("simulate", "michaelis_menten", str(path), "--times", "0:9.9999:0.0001")


def test_a_table_is_written_as_parquet_by_its_name(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    out = tmp_path / "table.parquet"
    words = ("simulate", "one_compartment", str(DOCS / "examples" / "events.csv"))
    code, _, said = run(*words, "--out", str(out))
    back = duckdb.read_parquet(str(out)).fetchnumpy()
    assert (code, said) == (0, "")
    assert [repr(x) for x in back["C"].tolist()] == [
        row["C"] for row in csv.DictReader(run(*words)[1].splitlines())
    ]


def test_a_column_that_nobody_knows_is_told_with_what_may_have_been_meant(tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    path.write_text("ID,TIME,AMT,CLL,BMI\n1,0,5,2,20\n1,1,.,2,20\n", encoding="utf-8")
    code, printed, said = run("simulate", "one_compartment", str(path), "--json")
    assert code == 0
    assert 'are ignored: CLL (did you mean "CL"?), BMI' in " ".join(said.split())
    assert json.loads(printed)["ignored"] == ["CLL", "BMI"]
    assert json.loads(printed)["columns"]["ID"] == ["1", "1"]
    assert "CLL" not in run("simulate", "one_compartment", str(path), "--drop", "cll")[2]
