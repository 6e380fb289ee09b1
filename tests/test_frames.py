"""Frames, labelled arrays and Parquet: nothing is lost, moved or mixed up on the way."""

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
from openldn.engine.frames import to_pandas, to_xarray, write_parquet

from openldn.engine import Result, assemble
from openldn.engine.events import Person, Record, simulate_events
from openldn.engine.shipped import shipped_block
from openldn.notation import InputError, OutputError, UnknownName

pandas = pytest.importorskip("pandas")
pytest.importorskip("xarray")
duckdb = pytest.importorskip("duckdb")


def result(persons: int = 3, times: int = 4, outputs: int = 2, seed: int = 1) -> Result:
    values = np.random.default_rng(seed).normal(size=(persons, times, outputs))
    names = ("C", "occ", "score")[:outputs]
    return Result(np.arange(times) * 2.0, names, ("ug/L", "", "point")[:outputs], values)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 4), st.integers(1, 5), st.integers(1, 3), st.integers(0, 9))
def test_every_number_is_found_again_in_every_form(
    persons: int, times: int, outputs: int, first: int
) -> None:
    r = result(persons, times, outputs)
    wide, long, labelled = (
        to_pandas(r, first=first),
        to_pandas(r, form="long", first=first),
        to_xarray(r, first=first),
    )
    assert wide.shape == (persons * times, 2 + outputs)
    assert long.shape == (persons * times * outputs, 5)
    for i, person in enumerate(range(first, first + persons)):
        for output in r.outputs:
            expected = r.of(output)[i]
            assert np.array_equal(wide[wide.person == person][output], expected)
            assert np.array_equal(long[(long.person == person) & (long.output == output)]["value"], expected)
            assert np.array_equal(labelled[output].sel(person=person), expected)
    assert np.array_equal(wide[wide.person == first]["time"], r.times)


def test_units_travel_with_the_numbers() -> None:
    r = result(outputs=3)
    assert to_pandas(r).attrs["units"] == {"time": "h", "C": "ug/L", "occ": "1", "score": "point"}
    assert dict(to_pandas(r, form="long").groupby("output")["unit"].first()) == {
        "C": "ug/L",
        "occ": "",
        "score": "point",
    }
    labelled = to_xarray(r)
    assert (labelled["C"].attrs["units"], labelled["time"].attrs["units"]) == ("ug/L", "h")


def test_what_persons_are_stands_beside_what_they_do() -> None:
    r, clearances = result(), np.array([4.0, 5.0, 6.0])
    frame = to_pandas(r, values={"CL": clearances, "V": 40})
    assert list(frame.columns) == ["person", "time", "CL", "V", "C", "occ"]
    assert frame.groupby("person")["CL"].unique().tolist() == [[4], [5], [6]]
    labelled = to_xarray(r, values={"CL": clearances})
    assert np.array_equal(labelled["C"].where(labelled.CL > 5, drop=True)[0], r.of("C")[2])


def test_parquet_holds_the_chunks_in_order_with_their_units(tmp_path: Path) -> None:
    path = tmp_path / "it's.parquet"
    parts = [result(seed=i) for i in range(5)]
    assert write_parquet(path, iter(parts)) == 60
    back = duckdb.read_parquet(str(path)).fetchnumpy()
    assert np.array_equal(back["person"], np.repeat(np.arange(15), 4))
    assert np.array_equal(back["C"], np.concatenate([r.of("C").ravel() for r in parts]))
    ((units,),) = duckdb.sql(
        f"SELECT value FROM parquet_kv_metadata('{str(path).replace(chr(39), chr(39) * 2)}')"
    ).fetchall()
    assert json.loads(units) == {"time": "h", "C": "ug/L", "occ": "1"}
    assert [p.name for p in path.parent.iterdir()] == ["it's.parquet"], "nothing else is left behind"


def test_a_chunk_is_gone_before_the_next_is_made(tmp_path: Path) -> None:
    import weakref

    alive: list[Any] = []

    def chunks() -> Iterator[Result]:
        for i in range(4):
            assert sum(ref() is not None for ref in alive) <= 2, (
                "the one before may still be held by the loop"
            )
            made = result(seed=i)
            alive.append(weakref.ref(made))
            yield made

    assert write_parquet(tmp_path / "a.parquet", chunks()) == 48


def test_a_file_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"before")

    def broken() -> Iterator[Result]:
        yield result()
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError):
        write_parquet(path, broken())
    with pytest.raises(InputError, match="the first had"):
        write_parquet(path, [result(), result(outputs=3)])
    with pytest.raises(InputError, match="no result"):
        write_parquet(path, [])
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("a.parquet", b"before")]
    with pytest.raises(OutputError, match="folder"):
        write_parquet(tmp_path, [result()])
    with pytest.raises(OutputError):
        write_parquet(path / "below" / "b.parquet", [result()])


def test_requests_that_make_no_sense_are_refused() -> None:
    with pytest.raises(UnknownName, match='did you mean "wide"'):
        to_pandas(result(), form="wid")
    with pytest.raises(InputError, match="shape"):
        to_pandas(result(), values={"CL": np.ones(2)})
    with pytest.raises(InputError, match='"C"'):
        to_xarray(result(), values={"C": 1.0})


@pytest.mark.parametrize("missing", ["pandas", "xarray", "duckdb"])
def test_a_library_that_is_missing_is_named_with_its_extra(
    missing: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    use = {"pandas": to_pandas, "xarray": to_xarray, "duckdb": lambda r: write_parquet(tmp_path / "a", [r])}
    with pytest.raises(InputError, match=rf'{missing}; install the extra: pip install "openldn\[data\]"'):
        use[missing](result())


def test_memory_grows_with_a_chunk_and_not_with_the_whole(tmp_path: Path) -> None:
    code = (
        "import resource, sys\nimport numpy as np\nfrom pathlib import Path\n"
        "from openldn.engine import Result, frames\n"
        "frames.MEMORY = '60MB'\n"
        "def chunk(i):\n    values = np.random.default_rng(i).normal(size=(2000, 100, 3))\n"
        "    return Result(np.arange(100.0), ('a', 'b', 'c'), ('', '', ''), values)\n"
        "frames.write_parquet(Path(sys.argv[1]), (chunk(i) for i in range(int(sys.argv[2]))))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)\n"
    )
    peaks = [
        int(subprocess.run([sys.executable, "-c", code, str(tmp_path / "a"), str(n)], capture_output=True, text=True,
                           check=True).stdout)
        for n in (1, 20)
    ]  # fmt: skip
    # 20 chunks are 160 MB of numbers; DuckDB may take 60 MB here before it goes to the disk.
    assert peaks[1] - peaks[0] < 100


def test_the_rows_of_a_table_of_events_become_a_frame_with_their_ids() -> None:
    model = assemble("one_compartment", shipped_block)
    people = [Person(name, (Record(0, 1, 10, "iv"), Record(1.0), Record(4.0))) for name in ("b", "7")]
    table = simulate_events(model, people, ["C", "body"])
    frame = to_pandas(table)
    assert frame["person"].tolist() == ["b"] * 3 + ["7"] * 3
    assert frame["time"].tolist() == [0, 1, 4] * 2
    assert frame["C"].tolist() == table.of("C").tolist()
    assert frame.attrs["units"] == {"time": "h", "C": "mg/L", "body": "mg"}
    long = to_pandas(table, form="long")
    assert len(long) == 12
    assert set(long["unit"]) == {"mg/L", "mg"}
    with pytest.raises(InputError, match="its own columns"):
        to_pandas(table, values={"CL": 1.0})
