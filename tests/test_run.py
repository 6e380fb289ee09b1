"""Runs as tables, labelled arrays and files: numbers, units and persons come through unchanged."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openldn.engine import Run, assemble, ev, events, simulate
from openldn.engine.events import stacked
from openldn.engine.files import parquet
from openldn.engine.run import Reason
from openldn.engine.shipped import shipped_block
from openldn.notation import InputError, OutputError, SolveError, UnknownName

pandas = pytest.importorskip("pandas")
pytest.importorskip("xarray")
duckdb = pytest.importorskip("duckdb")
ONE = assemble("one_compartment", shipped_block)


def result(persons: int = 3, times: int = 4, outputs: int = 2, seed: int = 1, **more: Any) -> Run:
    values = np.random.default_rng(seed).normal(size=(persons, times, outputs))
    names, units = ("C", "occ", "score")[:outputs], ("ug/L", "", "point")[:outputs]
    hours = np.tile(np.arange(times) * 2.0, (persons, 1))
    return Run(names, units, hours, values, **{"ids": tuple(str(i + 1) for i in range(persons)), **more})


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 4), st.integers(1, 5), st.integers(1, 3))
def test_every_number_is_found_again_in_every_form(persons: int, times: int, outputs: int) -> None:
    r = result(persons, times, outputs)
    table, labelled = r.table(), r.dataset()
    text = list(csv.DictReader(io.StringIO(r.as_csv())))
    assert table.shape == (persons * times, 2 + outputs)
    for i, person in enumerate(r.ids):
        for output in r.outputs:
            expected = r.of(output)[i]
            assert np.array_equal(table[table["ID"].eq(int(person))][output], expected)
            assert np.array_equal(labelled[output].sel(person=person), expected)
            assert [float(row[output]) for row in text if row["ID"] == person] == expected.tolist()
    assert np.array_equal(table[table.ID == 1]["TIME"], r.hours)


def test_units_travel_with_the_numbers() -> None:
    r = result(outputs=3)
    assert r.table().attrs["units"] == {"TIME": "h", "C": "ug/L", "occ": "1", "score": "point"}
    assert dict(r.summary().groupby("output")["unit"].first()) == {"C": "ug/L", "occ": "1", "score": "point"}
    labelled = r.dataset()
    assert (labelled["C"].attrs["units"], labelled["time"].attrs["units"]) == ("ug/L", "h")
    assert (r.unit("C"), r.unit("occ")) == ("ug/L", "")


def test_what_persons_are_stands_beside_what_they_do() -> None:
    clearances = np.array([4.0, 5.0, 6.0])
    r = result(
        carried={"CL": clearances, "arm": np.array(["a", "b", "a"], dtype=object)},
        parameters={"CL": clearances},
    )
    frame = r.table()
    assert list(frame.columns) == ["ID", "TIME", "CL", "arm", "C", "occ"]
    assert frame.groupby("ID")["CL"].unique().tolist() == [[4], [5], [6]]
    labelled = r.dataset()
    assert np.array_equal(labelled["C"].where(labelled.CL > 5, drop=True)[0], r.of("C")[2])


def test_a_summary_is_what_numpy_says_of_those_who_have_numbers() -> None:
    r = result(persons=40)
    r.values[[3, 17], 2:] = np.nan
    found = r.summary(quantiles=(0.1, 0.5))
    assert list(found.columns) == ["output", "unit", "TIME", "n", "mean", "sd", "q10", "q50"]
    late = found[(found.output == "occ") & (found.TIME == 6)].iloc[0]
    there = np.delete(r.of("occ")[:, 3], [3, 17])
    # rounding of sums in another order
    assert late["n"] == 38
    assert late["mean"] == pytest.approx(there.mean(), rel=1e-12)
    assert late["sd"] == pytest.approx(there.std(ddof=1), rel=1e-12)
    assert late["q10"] == pytest.approx(np.quantile(there, 0.1), rel=1e-12)
    assert result(persons=1).summary()["sd"].isna().all(), "one person has no spread"


def test_a_cell_without_a_number_is_empty_and_no_text_is_a_formula() -> None:
    words = np.array(["=1+1", 'a,"b"', None], dtype=object)
    r = result(times=1, outputs=1, ids=("@a", "-b", "-1"), carried={"=x": words})
    r.values[1, 0, 0] = np.inf
    rows = list(csv.reader(io.StringIO(r.as_csv())))
    assert rows[0] == ["ID", "TIME", "'=x", "C"]
    assert [row[0] for row in rows[1:]] == ["'@a", "'-b", "-1"]
    assert [row[2] for row in rows[1:]] == ["'=1+1", 'a,"b"', ""]
    assert rows[2][3] == ""


@pytest.mark.parametrize("ids", [("7", "1"), ("007", "1"), ("b", "7"), ("1.0", "2"), ("9" * 25, "1")])
def test_ids_are_numbers_only_where_nothing_is_lost(ids: tuple[str, str], tmp_path: Path) -> None:
    r = result(persons=2, ids=ids)
    assert [str(name) for name in r.table()["ID"].unique()] == list(ids)
    r.write(tmp_path / "a.parquet")
    back = duckdb.read_parquet(str(tmp_path / "a.parquet")).fetchnumpy()
    assert list(dict.fromkeys(map(str, back["ID"].tolist()))) == list(ids)


def test_parquet_holds_the_numbers_with_their_units(tmp_path: Path) -> None:
    path, r = tmp_path / "it's.parquet", result(persons=5)
    r.write(path)
    back = duckdb.read_parquet(str(path)).fetchnumpy()
    assert np.array_equal(back["ID"], np.repeat(np.arange(1, 6), 4))
    assert np.array_equal(back["C"], r.of("C").ravel())
    quoted = str(path).replace("'", "''")
    ((units,),) = duckdb.sql(f"SELECT value FROM parquet_kv_metadata('{quoted}')").fetchall()
    assert json.loads(units) == {"TIME": "h", "C": "ug/L", "occ": "1"}
    assert [p.name for p in path.parent.iterdir()] == ["it's.parquet"], "nothing else is left behind"


def chunk(seed: int = 1, rows: int = 12) -> dict[str, Any]:
    return {"x": np.random.default_rng(seed).normal(size=rows), "i": np.arange(rows)}


def test_chunks_stand_in_one_file_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    with parquet(path) as add:
        for seed in range(5):
            add(chunk(seed))
        assert not path.exists(), "the file appears when it is whole"
    back = duckdb.read_parquet(str(path)).fetchnumpy()
    assert np.array_equal(back["x"], np.concatenate([chunk(seed)["x"] for seed in range(5)]))


def test_a_file_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"before")

    def broken() -> Iterator[dict[str, Any]]:
        yield chunk()
        raise RuntimeError("no more")

    def fill(chunks: Any, into: Path = path) -> None:
        with parquet(into) as add:
            for columns in chunks:
                add(columns)

    with pytest.raises(RuntimeError):
        fill(broken())
    with pytest.raises(InputError, match="they must be the same"):
        fill([chunk(), {"y": np.zeros(3)}])
    with pytest.raises(InputError, match="nothing to write"):
        fill([])
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("a.parquet", b"before")]
    with pytest.raises(OutputError, match="folder"):
        fill([chunk()], tmp_path)
    with pytest.raises(OutputError):
        fill([chunk()], path / "below" / "b.parquet")
    with pytest.raises(OutputError):
        result().write(tmp_path / "nowhere" / "a.csv")


def test_requests_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.csv or \.parquet"):
        result().write(tmp_path / "a.xlsx")
    with pytest.raises(UnknownName, match='output "D"'):
        result().of("D")
    with pytest.raises(InputError, match='"C"'):
        result(carried={"C": np.zeros(3)}).table()


@pytest.mark.parametrize("missing", ["pandas", "xarray", "duckdb"])
def test_a_library_that_is_missing_is_named_with_its_extra(
    missing: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    use = {"pandas": Run.table, "xarray": Run.dataset, "duckdb": lambda r: r.write(tmp_path / "a.parquet")}
    with pytest.raises(InputError, match=rf'{missing}; install the extra: pip install "openldn\[data\]"'):
        use[missing](result())


def test_memory_grows_with_a_chunk_and_not_with_the_whole(tmp_path: Path) -> None:
    code = (
        "import resource, sys\nimport numpy as np\nfrom pathlib import Path\n"
        "from openldn.engine import files\n"
        "files.MEMORY = '60MB'\n"
        "with files.parquet(Path(sys.argv[1])) as add:\n"
        "    for i in range(int(sys.argv[2])):\n"
        "        add({name: np.random.default_rng(i).normal(size=200_000) for name in 'abcde'})\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)\n"
    )
    peaks = [
        int(subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.parquet"), str(n)], capture_output=True,
                           text=True, check=True).stdout)
        for n in (1, 20)
    ]  # fmt: skip
    # 20 chunks are 160 MB of numbers; DuckDB may take 60 MB here before it goes to the disk.
    assert peaks[1] - peaks[0] < 100


def test_the_rows_of_records_become_a_frame_with_their_ids() -> None:
    given = stacked([ev(10, cmt="iv") + ev(time=[1, 4], evid=0)] * 2, ["b", "7"])
    run = simulate(ONE, given, outputs=["C", "body"])
    frame = run.table()
    assert frame["ID"].tolist() == ["b"] * 3 + ["7"] * 3
    assert frame["TIME"].tolist() == [0, 1, 4] * 2
    assert frame["C"].tolist() == run.of("C").ravel().tolist()
    assert frame.attrs["units"] == {"TIME": "h", "C": "mg/L", "body": "mg"}


def test_persons_with_times_of_their_own_have_a_row_for_each_and_no_common_hours() -> None:
    given = stacked([ev(10, cmt="iv") + ev(time=[1, 4], evid=0), ev(5, cmt="iv", time=2)])
    run = simulate(ONE, given, outputs=["body"])
    assert run.table()["TIME"].tolist() == [0, 1, 4, 2]
    assert run.table()["body"].tolist() == pytest.approx([10, 10 * np.exp(-0.1), 10 * np.exp(-0.4), 5])
    assert run.dataset()["body"].dims == ("person", "sample")
    with pytest.raises(InputError, match="times of their own"):
        run.summary()


def test_whoever_has_no_steady_state_keeps_their_rows_without_numbers_from_there_on() -> None:
    model = assemble("michaelis_menten", shipped_block)  # at most 20 mg/h can go, 480 in a day
    rest = ev(time=[30, 40], evid=0)
    too_much = ev(time=[0, 1], evid=0) + ev(600, cmt="iv", time=2, ii=24, ss=1) + rest
    enough = ev(100, cmt="iv", ii=24, ss=1) + rest
    run = simulate(model, stacked([too_much, enough]), outputs=["C"])
    columns = run.columns()
    assert columns["TIME"].tolist() == [0, 1, 2, 30, 40, 0, 30, 40]
    assert np.isnan(columns["C"]).tolist() == [False, False, True, True, True, False, False, False]
    assert list(run.reasons) == [0]
    asked = simulate(model, stacked([too_much, enough]), [1.0, 40.0], ["C"])
    assert np.isnan(asked.of("C")).tolist() == [[False, True], [False, False]]
    with pytest.raises(SolveError, match="person 0 could not be solved: at 2 h"):
        run.whole()


def test_episodes_of_a_person_stand_one_after_the_other() -> None:
    first = ev(10, cmt="iv") + ev(time=5, evid=0)
    again = {"ID": [1] * 4 + [2] * 2, "TIME": [0, 5, 0, 5, 0, 5], "EVID": [1, 0, 4, 0, 1, 0],
             "AMT": [10, 0, 20, 0, 10, 0], "CMT": ["iv"] * 6}  # fmt: skip
    run = simulate(ONE, events(again), outputs=["body"])
    alone = simulate(ONE, first, outputs=["body"]).of("body")[0]
    assert run.times[0].tolist() == [0, 5, 0, 5]
    assert run.of("body")[0] == pytest.approx([*alone, *(2 * alone)], rel=1e-12)
    assert run.of("body")[1, :2] == pytest.approx(alone, rel=1e-12)
    assert np.isnan(run.times[1, 2:]).all()


def test_a_reason_says_when_and_what() -> None:
    assert str(Reason(3.0, "too stiff")) == "at 3 h: too stiff"
    assert str(Reason(None, "a value is not finite")) == "a value is not finite"
    assert result().whole().persons == 3
    with pytest.raises(SolveError, match="person 2 could not be solved: at 3 h: too stiff"):
        result(reasons={2: Reason(3.0, "too stiff")}).whole()
