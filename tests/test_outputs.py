"""Where commands write: a mistyped folder is refused by all of them before anything is computed, and nothing is left."""

from pathlib import Path

import pytest

from openldn.cli import main
from openldn.notation import OutputError, check_file, check_folder, write_whole

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"
BCG, FLOW, EVENTS = (str(EXAMPLES / name) for name in ("bcg.csv", "flow.toml", "events.csv"))
RIS = str(Path(__file__).parent / "data" / "ovid.ris")
COMMANDS = [
    ("dose", "4.5mg", "--plot", "{}/x.svg"),
    ("meta", BCG, "--measure", "RR", "--plot", "{}/x.svg"),
    ("meta", BCG, "--measure", "RR", "--funnel", "{}/x.png"),
    ("evidence", "depression", "--multiverse", "--plot", "{}/x.svg"),
    ("evidence", "prisma", FLOW, "--plot", "{}/x.svg"),
    ("evidence", "import", RIS, "--out", "{}/folder"),
    ("export", "ldn", "--sbml", "{}/x.xml"),
    ("simulate", "one_compartment", EVENTS, "--out", "{}/x.csv"),
    ("bench", "--quick", "--plot", "{}/x.svg"),
    ("review", "--out", "{}/folder"),
    ("qualify", "--quick", "--out", "{}/folder"),
]


@pytest.mark.parametrize("words", COMMANDS, ids=[f"{w[0]} {w[-2]} {w[1][-8:]}" for w in COMMANDS])
def test_every_command_refuses_a_folder_that_is_not_there(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = tmp_path / "nowhere"
    with pytest.raises(SystemExit) as left:
        main([w.format(nowhere) for w in words])
    out = capsys.readouterr()
    assert left.value.code == 2, out.err
    assert f'there is no folder "{nowhere}"; make it first, or choose another place' in " ".join(
        out.err.split()
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", COMMANDS, ids=[f"{w[0]} {w[-2]} {w[1][-8:]}" for w in COMMANDS])
def test_every_command_refuses_a_file_in_place_of_a_folder(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("here before")
    with pytest.raises(SystemExit) as left:
        main([w.format(tmp_path / "file") for w in words])
    assert left.value.code == 2
    assert "cannot write" in capsys.readouterr().err
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("file", "here before")]


def test_both_pictures_of_an_analysis_are_drawn_or_neither(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cohorts = str(EXAMPLES / "cohorts.csv")  # shares have a forest and no funnel
    for funnel in ("funnel.svg", "forest.svg"):
        with pytest.raises(SystemExit) as left:
            main(
                [
                    "meta",
                    cohorts,
                    "--measure",
                    "PLO",
                    "--plot",
                    str(tmp_path / "forest.svg"),
                    "--funnel",
                    str(tmp_path / funnel),
                ]
            )
        assert left.value.code == 2
        assert list(tmp_path.iterdir()) == []
    assert "name two files" in capsys.readouterr().err


def test_only_the_folder_that_was_asked_for_is_made(tmp_path: Path) -> None:
    write_whole({tmp_path / "out" / "part" / "a.txt": b"a"}, making=tmp_path / "out")
    assert (tmp_path / "out" / "part" / "a.txt").read_bytes() == b"a"
    with pytest.raises(OutputError, match="there is no folder"):
        write_whole({tmp_path / "other" / "a.txt": b"a"}, making=tmp_path / "out")
    with pytest.raises(OutputError, match="there is no folder"):
        write_whole({tmp_path / "x" / "out" / "a.txt": b"a"}, making=tmp_path / "x" / "out")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]


def test_checks_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    check_file(Path("a.svg"))
    check_folder(Path("new"))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OutputError, match="it is a folder"):
        check_file(tmp_path)
