"""What a run writes is there whole, with all its files or with none, whatever becomes of the run or of the disk."""

import errno
import fcntl
import json
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from openldn.answers import simulate
from openldn.cli.main import main
from openldn.notation import (
    InputError,
    OutputError,
    check_file,
    check_folder,
    placing,
    same_file,
    write_whole,
)

CALLS = ("open", "write", "fsync", "replace", "rename", "link", "mkdir", "rmdir", "unlink", "chmod")
MODEL = "model decay\nparameter K [1/h] = 0.1\nstate A [mg]\ndose iv -> A\nd/dt(A) = -K * A\n"
EVENTS = "ID,TIME,AMT,CMT\n1,0,10,iv\n1,1,.,.\n"
STUDIES = "study,yi,vi\na,0.1,0.2\nb,0.3,0.1\nc,0.2,0.2\n"
BEFORE = {
    "two that are replaced": {"page.html": b"old page", "page.json": b"old json"},
    "one that is replaced beside one that is new": {"page.json": b"old json"},
    "two that are new": {},
    "a folder that is new": None,
}
NEW = {"page.html": b"new page", "page.json": b"new json"}
State = dict[str, bytes] | None


def lay(folder: Path, before: State) -> None:
    if before is not None:
        folder.mkdir()
        for name, content in before.items():
            (folder / name).write_bytes(content)


def found(folder: Path) -> State:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()} if folder.is_dir() else None


def write(folder: Path) -> None:
    write_whole({folder / name: content for name, content in NEW.items()}, making=folder)


@contextmanager
def breaking(monkeypatch: pytest.MonkeyPatch, what: Callable[[int], None]) -> Iterator[list[str]]:
    """`what(n)` is called before the n-th call of the system, from 0, which the list then names."""
    made: list[str] = []
    with monkeypatch.context() as patched:
        for name in CALLS:
            real = getattr(os, name)

            def call(*args: Any, _name: str = name, _real: Any = real, **options: Any) -> Any:
                made.append(_name)
                what(len(made) - 1)
                return _real(*args, **options)

            patched.setattr(os, name, call)
        yield made


@pytest.mark.parametrize("links", [True, False], ids=["second names", "no second names"])
@pytest.mark.parametrize("case", BEFORE)
def test_a_disk_that_is_full_at_any_call_leaves_all_old_or_all_new(
    case: str, links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not links:
        monkeypatch.setattr(os, "link", refused)
    outcomes = set[bool]()
    for last in range(200):
        folder = tmp_path / f"{last}" / "out"
        folder.parent.mkdir()
        lay(folder, BEFORE[case])

        def full(n: int, last: int = last) -> None:
            if n == last:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with breaking(monkeypatch, full) as made:
            try:
                write(folder)
                done = True
            except OutputError:
                done = False
        assert found(folder) == (NEW if done else BEFORE[case]), f"call {last}, {made[-1]}"
        outcomes.add(done)
        write(folder)
        assert found(folder) == NEW
        left = [p.name for p in folder.parent.rglob(".*")]
        assert left == [], f"call {last}, {made[-1]}"
        if len(made) <= last:
            break
    else:
        pytest.fail("the writing never came to its end")
    assert outcomes == {True, False}
    assert last > 10, "the calls were counted"


@pytest.mark.parametrize("case", BEFORE)
def test_a_disk_that_stays_full_is_mended_by_the_next_run(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for first in range(200):
        folder = tmp_path / f"{first}" / "out"
        folder.parent.mkdir()
        lay(folder, BEFORE[case])

        def full(n: int, first: int = first) -> None:
            if n >= first:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with breaking(monkeypatch, full) as made, suppress(OutputError):
            write(folder)
        for place in (folder, folder.parent):
            if place.is_dir():
                placing.clear(place)
        assert found(folder) in (NEW, BEFORE[case]), f"from call {first}"
        assert [p.name for p in folder.parent.rglob(".*")] == []
        if len(made) <= first:
            return
    pytest.fail("the writing never came to its end")


KILLED = """
import os, sys
sys.path.insert(0, {tests!r})
import test_written as t
from pathlib import Path
from openldn.notation import placing
case, links, base = sys.argv[1], sys.argv[2] == "links", Path(sys.argv[3])
if not links:
    os.link = t.refused
mixed, states = 0, []
for last in range(300):
    folder = base / str(last) / "out"
    folder.parent.mkdir()
    t.lay(folder, t.BEFORE[case])
    child = os.fork()
    if not child:
        count = -1
        for name in t.CALLS:
            def call(*args, _real=getattr(os, name), **options):
                global count
                count += 1
                if count == last:
                    os._exit(9)
                return _real(*args, **options)
            setattr(os, name, call)
        t.write(folder)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    old = t.BEFORE[case] or {{}}
    now = t.found(folder) or {{}}
    assert all(now[name] in (old.get(name), t.NEW[name]) for name in now), (last, now)
    mixed += now not in (old, t.NEW)
    for place in (folder, folder.parent):
        if place.is_dir():
            placing.clear(place)
    assert t.found(folder) in (t.BEFORE[case], t.NEW), (last, t.found(folder))
    assert not list(folder.parent.rglob(".*")), last
    states.append(t.found(folder) == t.NEW)
    if code == 0:
        break
print(len(states), states.count(False), states.count(True), mixed)
"""


@pytest.mark.parametrize("links", ["links", "none"])
@pytest.mark.parametrize("case", BEFORE)
def test_after_a_kill_at_any_call_the_next_run_makes_it_all_old_or_all_new(
    case: str, links: str, tmp_path: Path
) -> None:
    script = KILLED.format(tests=str(Path(__file__).parent))
    run = subprocess.run(
        [sys.executable, "-c", script, case, links, str(tmp_path)],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-2000:]
    calls, old, new, mixed = map(int, run.stdout.split())
    assert calls > 10
    assert old > 5
    assert new > 2
    if BEFORE[case] is None:
        assert mixed == 0, "a folder that was not there is never seen half made"


def refused(*args: Any, **options: Any) -> None:
    raise OSError(errno.EPERM, os.strerror(errno.EPERM))


def test_what_changed_since_a_kill_is_left_alone(tmp_path: Path) -> None:
    lay(out := tmp_path / "out", {"a": b"old a", "b": b"old b"})
    with placing.workspace(out) as space:
        for name in ("a", "b"):
            placing.write_file(space.place(name), b"new")
        placing._write_record(space.path, placing._moves(space))
        os.replace(space.path / "new-0", out / "a")  # and here the run is killed
    (out / "b").write_bytes(b"mended by hand")
    placing.clear(out)
    assert found(out) == {"a": b"new", "b": b"mended by hand"}
    assert list(out.glob(".*")) == []


def test_what_a_stranger_planted_is_not_carried_out(tmp_path: Path) -> None:
    for name, record in (
        (f"{placing.PREFIX}1-open", [["b", [1, 1, 1], None]]),
        (f"{placing.PREFIX}1-away", [["../b", [1, 1, 1], None]]),
    ):
        planted = tmp_path / "out" / name
        planted.mkdir(parents=True, mode=0o700)
        (planted / "new-0").write_bytes(b"planted")
        (planted / "record").write_text(json.dumps(record))
    (tmp_path / "out" / f"{placing.PREFIX}1-open").chmod(0o777)
    os.symlink(tmp_path, tmp_path / "out" / f"{placing.PREFIX}1-link")
    write_whole({tmp_path / "out" / "a": b"a"})
    assert found(tmp_path / "out") == {"a": b"a"}
    assert not (tmp_path / "b").exists()
    assert sorted(p.name for p in (tmp_path / "out").glob(".*")) == [
        f"{placing.PREFIX}1-link", f"{placing.PREFIX}1-open",
    ]  # fmt: skip


def test_a_run_that_lives_keeps_its_folder_and_a_dead_one_does_not(tmp_path: Path) -> None:
    (tmp_path / f"{placing.PREFIX}99-dead").mkdir(mode=0o700)
    with placing.workspace(tmp_path) as space:
        write_whole({tmp_path / "a": b"a"})
        assert [p.name for p in tmp_path.glob(".*")] == [space.path.name]
    assert list(tmp_path.glob(".*")) == []


def test_who_writes_for_too_long_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "PATIENCE", 0.1)
    with placing.workspace(tmp_path):
        handle = os.open(tmp_path, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(OutputError, match=rf"another run \(process {os.getpid()}\) is writing there"):
            write_whole({tmp_path / "a": b"a"})
        os.close(handle)
        write_whole({tmp_path / "a": b"a"})


def test_runs_into_one_folder_at_once_leave_the_files_of_one(tmp_path: Path) -> None:
    wrong: list[object] = []

    def run(me: int) -> None:
        try:
            for n in range(20):
                text = b"%d %d" % (me, n)
                write_whole({tmp_path / "o" / "a": text, tmp_path / "o" / "b": text}, making=tmp_path / "o")
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    left = found(tmp_path / "o")
    assert left is not None
    assert left["a"] == left["b"]
    assert [p.name for p in tmp_path.rglob(".*")] == []


def test_a_run_waits_for_another_that_moves_its_files(tmp_path: Path) -> None:
    handle = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    threading.Timer(0.3, os.close, (handle,)).start()
    start = time.monotonic()
    write_whole({tmp_path / "a": b"a"})
    assert time.monotonic() - start > 0.2
    assert found(tmp_path) == {"a": b"a"}


@pytest.mark.parametrize(("umask", "rights"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_the_umask_is_honoured(umask: int, rights: int, tmp_path: Path) -> None:
    before = os.umask(umask)
    try:
        write_whole({tmp_path / "new" / "a": b"a", tmp_path / "new" / "b": b"b"}, making=tmp_path / "new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new" / "a").stat().st_mode) == rights
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o777 & ~umask


def test_a_file_that_replaces_a_private_one_stays_private(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"secret")
    (tmp_path / "a").chmod(0o600)
    write_whole({tmp_path / "a": b"more", tmp_path / "b": b"b"})
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


def test_a_link_is_replaced_and_what_it_points_to_stays(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"target")
    os.symlink("target", tmp_path / "link")
    write_whole({tmp_path / "link": b"new", tmp_path / "b": b"b"})
    assert not (tmp_path / "link").is_symlink()
    assert found(tmp_path) == {"target": b"target", "link": b"new", "b": b"b"}


@pytest.mark.parametrize("kind", ["pipe", "device", "link to a device"])
def test_a_device_or_a_pipe_is_never_replaced_by_a_file(kind: str, tmp_path: Path) -> None:
    path = Path(os.devnull) if kind == "device" else tmp_path / "it"
    if kind == "pipe":
        os.mkfifo(path)
    if kind == "link to a device":
        os.symlink(os.devnull, path)
    for attempt in (check_file, lambda p: write_whole({p: b""})):
        with pytest.raises(OutputError, match="a device or a pipe"):
            attempt(path)
    assert not stat.S_ISREG(os.stat(path).st_mode)


@pytest.mark.parametrize("name", ["a" * 300, "a\0b", "half \ud800"])
def test_a_name_that_no_file_can_have_is_refused_or_written(name: str, tmp_path: Path) -> None:
    with pytest.raises((OutputError, UnicodeEncodeError)) as caught:
        write_whole({tmp_path / name: b""})
    assert isinstance(caught.value, OutputError)
    for check in (check_file, check_folder):
        with pytest.raises(OutputError):
            check(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_two_files_of_a_run_cannot_be_one(tmp_path: Path) -> None:
    (tmp_path / "x").symlink_to(".")
    with pytest.raises(OutputError, match="name two files"):
        write_whole({tmp_path / "a": b"1", tmp_path / "x" / "a": b"2"})
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_files_for_two_folders_appear_together_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("x", "y"):
        lay(tmp_path / name, {"f": b"old"})
    (tmp_path / "y" / "g").mkdir()
    files = {tmp_path / "x" / "f": b"new", tmp_path / "y" / "f": b"new"}
    real = os.replace

    def fails(a: Any, b: Any) -> None:
        if Path(b) == tmp_path / "y" / "f" and Path(a).name.startswith("new"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(a, b)

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(OutputError):
        write_whole(files)
    assert [found(tmp_path / n) for n in "xy"] == [{"f": b"old"}] * 2
    monkeypatch.undo()
    write_whole(files)
    assert [found(tmp_path / n) for n in "xy"] == [{"f": b"new"}] * 2
    assert list(tmp_path.rglob(".*")) == []


def leaves(*words: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(list(words))
    code = left.value.code
    assert isinstance(code, int)
    return code


@pytest.mark.parametrize("by", ["the same name", "a symbolic link", "a second name", "another way there"])
@pytest.mark.parametrize(
    ("reads", "text", "words"),
    [
        ("in.csv", EVENTS, ("simulate", "m.model", "in.csv", "--out")),
        ("in.csv", STUDIES, ("meta", "in.csv", "--measure", "GEN", "--plot")),
        ("m.model", MODEL, ("export", "m.model", "--sbml")),
        ("part.model", MODEL.replace("decay", "part"), ("export", "whole.model", "--sbml")),
    ],
)
def test_what_is_read_is_never_written_over(
    reads: str, text: str, words: tuple[str, ...], by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("m.model").write_text(MODEL)
    Path("whole.model").write_text("model whole\ninclude part\n")
    if words[0] == "meta":
        reads, words = "in.svg", ("meta", "in.svg", *words[2:])
    Path(reads).write_text(text)
    out = Path(
        {"the same name": reads, "another way there": f"../{tmp_path.name}/{reads}"}.get(by, f"out-{reads}")
    )
    if by == "a symbolic link":
        out.symlink_to(reads)
    if by == "a second name":
        os.link(reads, out)
    assert same_file(out, Path(reads))
    assert leaves(*words, str(out)) == 2
    assert "which this run reads" in " ".join(capsys.readouterr().err.split())
    assert Path(reads).read_text() == text
    assert Path(out).read_text() == text


def test_a_table_and_its_picture_are_written_together_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("m.model").write_text(MODEL)
    Path("e.csv").write_text(EVENTS)
    for table in ("t.csv", "t.parquet"):
        Path(table).write_text("before")
        with monkeypatch.context() as patched:
            real = os.replace

            def fails(a: Any, b: Any, real: Any = real) -> None:
                if str(b).endswith("p.svg"):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                real(a, b)

            patched.setattr(os, "replace", fails)
            assert leaves("simulate", "m.model", "e.csv", "--out", table, "--plot", "p.svg") == 2
        assert Path(table).read_text() == "before"
        assert not Path("p.svg").exists()
        assert leaves("simulate", "m.model", "e.csv", "--out", table, "--plot", "p.svg") == 0
        assert Path(table).read_bytes() != b"before"
        Path("p.svg").unlink()
    assert list(tmp_path.glob(".*")) == []
    capsys.readouterr()


def test_an_analysis_that_cannot_be_made_leaves_no_table(tmp_path: Path) -> None:
    """An amount has no clearance: the simulation is done by then, and nothing of it is written."""
    model, out = tmp_path / "m.model", tmp_path / "o.csv"
    model.write_text(
        "model m\nparameter K [1/h] = 0.1\nstate A [mg]\ndose iv -> A\nd/dt(A) = -K * A\nX [mg] = 2 * A\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError, match='"mg" does not convert to a concentration of what is given in "mg"'):
        simulate(str(model), "1 mg once", times="0,1,2,4", nca="X", out=out)
    assert not out.exists()
