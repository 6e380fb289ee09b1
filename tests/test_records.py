"""TOML records: every fault is found with its file, line and field; nothing is half-written."""

from pathlib import Path

import pytest

from openldn.notation import DataError, OutputError, Record, read_facts, read_toml, write_whole

GOOD = """
[PK001]
quantity = "a peak"
as_printed = "13,3 ng/ml"
source = "meyer-1984"
reading = "provisional"
"""


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "facts.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_value_and_unit_come_from_what_was_printed(tmp_path: Path) -> None:
    fact = read_facts(read_toml(_file(tmp_path, GOOD)))["PK001"]
    assert (fact.value, fact.unit) == (13.3, "ng/ml")


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        ('source = "meyer-1984"', 'source = "meyer-1985"', 5, "source"),
        ('reading = "provisional"', 'reading = "sure"', 6, "reading"),
        ('quantity = "a peak"', 'quantty = "a peak"', 2, "quantity"),
        ('"13,3 ng/ml"', '"13,3 ng/mll"', 4, "as_printed"),
        ('reading = "provisional"', 'reading = "provisional"\nn = "six"', 7, "n"),
        ('reading = "provisional"', 'reading = "provisional"\nextra = 1', 7, "extra"),
    ],
)
def test_a_fault_is_reported_with_line_and_field(
    tmp_path: Path, old: str, new: str, line: int, field: str
) -> None:
    with pytest.raises(DataError) as caught:
        read_facts(read_toml(_file(tmp_path, GOOD.replace(old, new))))
    assert (caught.value.file, caught.value.line) == ("facts.toml", line)
    assert caught.value.field.endswith(field)


def test_broken_toml_is_reported_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="line 3"):
        read_toml(_file(tmp_path, '[a]\nb = 1\nc = "open\n'))


def test_a_file_that_is_not_utf8_is_reported_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.toml"
    path.write_bytes(b'[a]\nb = "caf\xe9"\n')
    with pytest.raises(DataError, match="line 2"):
        read_toml(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.toml"):
        read_toml(tmp_path / "nowhere.toml")


def test_the_line_of_a_block_in_an_array_is_that_of_its_own_header(tmp_path: Path) -> None:
    text = "[[scan]]\na = 1\n\n[[scan]]\na = 2\n[scan.inner]\nb = 3\n"
    record: Record = read_toml(_file(tmp_path, text)).root().tables("scan")[1]
    assert record.file.line((*record.path, "a")) == 5
    assert record.file.line((*record.path, "inner", "b")) == 7


def test_files_are_written_together_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OutputError):
        write_whole({tmp_path / "new" / "a.txt": b"a", tmp_path / "taken": b"b"}, making=tmp_path / "new")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["taken"]


def test_a_write_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "out" / "a.txt"
    write_whole({path: b"one"}, making=path.parent)
    write_whole({path: b"two"})
    assert path.read_bytes() == b"two"
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"]
