"""The set-up: every package by its hash, whole or begun anew, one at a time, and never a stranger's environment lost."""

import contextlib
import importlib.util
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
STAMP = b"here\nwhat it is made from\n"

if not (ROOT / "scripts" / "set_up.py").exists():  # pragma: no cover
    pytest.skip("only a checkout sets itself up", allow_module_level=True)


def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


set_up, lock = _script("set_up"), _script("lock")


def _name(pin: str) -> str:
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", pin)[0]).lower()  # type: ignore[index]


@pytest.mark.parametrize("layer", lock.BELOW)
def test_every_package_of_a_layer_is_pinned_and_hashed_and_all_that_is_asked_for_is_there(layer: str) -> None:
    text = (ROOT / "requirements" / f"{layer}.txt").read_text("utf-8")
    assert "://" not in text
    pins = lock.blocks(text)
    assert pins
    for pin, lines in pins.items():
        assert re.match(r"^[a-z0-9-]+==[^=*]+( ; .+)?$", pin)
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", lines)
    held = {_name(pin) for pin in pins}
    for below in lock.BELOW[layer]:
        held |= {
            _name(pin) for pin in lock.blocks((ROOT / "requirements" / f"{below}.txt").read_text("utf-8"))
        }
    assert {_name(requirement) for requirement in lock.roots(layer)} <= held


def test_one_package_has_one_version_on_one_python_in_all_layers() -> None:
    found: dict[str, set[str]] = {}
    for layer in lock.BELOW:
        for pin in lock.blocks((ROOT / "requirements" / f"{layer}.txt").read_text("utf-8")):
            found.setdefault(_name(pin), set()).add(pin)
    for pins in found.values():
        parted = all("python_full_version" in pin for pin in pins)
        assert parted or len({pin.split(" ;")[0] for pin in pins}) == 1, pins


def test_every_extra_of_the_project_is_in_a_kind_of_set_up_or_a_peer_of_the_bench() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    held = {_name(requirement) for layer in lock.BELOW for requirement in lock.roots(layer)}
    assert {_name(r) for listed in extras.values() for r in listed} - {"openldn"} <= held


class World:
    """A checkout in which processes do next to nothing, so that each step can be the last."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.environment = root, root / ".venv"
        (root / "requirements").mkdir(parents=True)
        self.ran: list[list[str]] = []
        self.stop_at = -1
        monkeypatch.setattr(set_up.subprocess, "run", self.run)

    def run(self, words: list[str], **_: Any) -> None:
        if len(self.ran) == self.stop_at:
            raise KeyboardInterrupt
        self.ran.append([str(word) for word in words])
        if "venv" in words:
            (self.environment / "bin").mkdir(exist_ok=True)
            (self.environment / "bin" / "python").touch()

    def set_up(self, kind: str = "full", stamp: bytes = STAMP) -> int:
        """How many processes it took."""
        self.ran.clear()
        set_up.set_up(self.root, kind, stamp)
        return len(self.ran)

    @property
    def made(self) -> bool:
        return any("venv" in words for words in self.ran)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path / "a checkout", monkeypatch)


def test_a_whole_environment_is_left_alone(world: World) -> None:
    assert world.set_up() > 0
    assert world.set_up() == 0


def test_whatever_step_was_the_last_the_next_set_up_makes_all_anew(world: World) -> None:
    steps = world.set_up()
    for step in range(steps):
        shutil.rmtree(world.environment)
        world.stop_at = step
        with pytest.raises(KeyboardInterrupt):
            world.set_up()
        world.stop_at = -1
        assert world.set_up() == steps
        assert world.made
        assert world.set_up() == 0


def test_an_update_that_was_stopped_is_no_longer_whole(world: World) -> None:
    steps = world.set_up()
    assert world.set_up(stamp=STAMP + b"more") == steps - 1
    assert not world.made
    world.stop_at = 1
    with pytest.raises(KeyboardInterrupt):
        world.set_up()
    world.stop_at = -1
    assert world.set_up(stamp=STAMP + b"more") == steps
    assert world.made


def test_a_removal_that_was_stopped_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.set_up()
    shutil.rmtree(world.environment / "bin")
    for name in ("lib", "bin", "share"):
        (world.environment / name).mkdir()
    removed: list[Path] = []
    remove = shutil.rmtree

    def once(path: Path) -> None:
        if removed:
            raise KeyboardInterrupt
        removed.append(path)
        remove(path)

    with monkeypatch.context() as patched:
        patched.setattr(set_up.shutil, "rmtree", once)
        with pytest.raises(KeyboardInterrupt):
            world.set_up()
    world.set_up()
    assert world.made
    assert not (world.environment / "share").exists()
    assert not list(world.root.glob(".venv-aside*"))


def test_a_kind_more_keeps_the_others_whole_and_a_new_lock_does_not(world: World) -> None:
    world.set_up("test")
    assert world.set_up("full") == 0
    world.set_up("bench")
    assert not world.made
    assert [world.set_up(kind) for kind in ("test", "full", "bench")] == [0, 0, 0]
    world.set_up("full", STAMP + b"more")
    assert world.set_up("test", STAMP + b"more") > 0


def test_an_environment_of_another_place_is_made_anew(world: World) -> None:
    world.set_up()
    world.set_up(stamp=b"elsewhere\nwhat it is made from\n")
    assert world.made


def test_an_environment_that_a_user_made_is_put_aside_and_said_so(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.environment.mkdir(parents=True)
    (world.environment / "mine").write_text("mine")
    world.set_up()
    (aside,) = world.root.glob(".venv-aside*")
    assert (aside / "mine").read_text() == "mine"
    assert str(aside) in capsys.readouterr().out


def test_a_link_to_another_environment_is_taken_away_and_the_other_left_alone(
    world: World, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    (other / "bin").mkdir(parents=True)
    (other / "bin" / "python").touch()
    (other / "openldn-full").write_bytes(b"elsewhere\n")
    world.environment.symlink_to(other)
    world.set_up()
    assert not world.environment.is_symlink()
    assert (other / "bin" / "python").exists()


def test_a_checkout_that_cannot_be_written_to_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> int:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(set_up.os, "open", refuse)
    with pytest.raises(set_up.Failed, match=r"read-only for you \(Read-only file system\): copy the folder"):
        world.set_up()


def test_a_folder_that_an_older_version_left_as_its_lock_is_no_hindrance(world: World) -> None:
    (world.root / ".venv-lock").mkdir()
    assert world.set_up() > 0


HOLD = """
import fcntl, os, subprocess, sys
lock = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.flock(lock, fcntl.LOCK_EX)
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=0, pass_fds=[lock])
print(child.pid, flush=True)
child.wait()
"""


def test_the_lock_is_free_when_the_last_process_of_a_killed_set_up_is_gone(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever is killed with -9 leaves its installer at work: only when that ends may the next begin."""
    words = [sys.executable, "-c", HOLD, str(world.root / ".venv-lock")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline()
        holder.kill()
        holder.wait()
        asked: list[int] = []
        flock = set_up.fcntl.flock

        def ask(file: int, how: int) -> None:
            if asked:
                holder.stdin.close()  # the orphan reads its last line and goes
            asked.append(how)
            flock(file, how)

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(set_up.fcntl, "flock", ask)
            assert world.set_up() > 0
    assert len(asked) == 2, "the first try found it held by the orphan"
    assert "begun by process" in capsys.readouterr().out


def _copy(place: Path) -> Path:
    """The files of this checkout that git knows, as they are now."""
    names = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=True
    )
    for name in filter(None, names.stdout.split("\0")):
        if (ROOT / name).exists():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, place / name)
    return place


def _begin(place: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [place / "ldn", "--version"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def _end(process: subprocess.Popen[str], place: Path) -> str:
    told, errors = process.communicate(timeout=900)  # a set-up takes 20 s to a minute: this only ends a hang
    assert process.returncode == 0, errors
    assert told.startswith("openldn, version")
    names = "altair, click, jinja2, libsbml, llvmlite.binding, numpy, rich, scipy.stats, vl_convert"
    subprocess.run([place / ".venv" / "bin" / "python", "-P", "-c", f"import {names}"], check=True)
    return errors


def _group(process: subprocess.Popen[str], sign: int, _place: Path) -> None:
    os.killpg(process.pid, sign)


def _alone(_process: subprocess.Popen[str], sign: int, place: Path) -> None:
    """Only the set-up itself; the installer that it began goes on."""
    with contextlib.suppress(OSError, ValueError):
        os.kill(int((place / ".venv-lock").read_text()), sign)


@pytest.mark.proof
def test_a_set_up_killed_at_any_moment_is_mended_by_the_next_run(tmp_path: Path) -> None:
    """Twenty moments, three signals, to all of its processes or to one; from nothing and from an older environment."""
    place = _copy(tmp_path / "checkout")
    start = time.monotonic()
    _end(_begin(place), place)
    whole = time.monotonic() - start
    drawn = random.Random(10)
    signals = signal.SIGKILL, signal.SIGINT, signal.SIGTERM
    for i in range(20):
        kill: Callable[..., None] = _alone if i % 5 == 4 else _group
        older = i % 4 == 3
        if older:
            with (place / "pyproject.toml").open("a") as project:
                project.write(f"# {i}\n")
        else:
            shutil.rmtree(place / ".venv", ignore_errors=True)
        after = drawn.uniform(0, whole * (0.3 if older else 1))
        process = _begin(place)
        time.sleep(after)
        with contextlib.suppress(ProcessLookupError):
            kill(process, signals[i % 3], place)
        process.communicate(timeout=900)
        whole_before = (place / ".venv" / "openldn-full").exists()
        start = time.monotonic()
        errors = _end(_begin(place), place)
        print(  # noqa: T201 - the figures of a proof, shown with -s
            f"{i + 1:2d} {signals[i % 3].name} to {kill.__name__.strip('_')} after {after:4.1f} s"
            f"{' of an update' if older else ''}: stamp {'there' if whole_before else 'missing'}, "
            f"mended in {time.monotonic() - start:4.1f} s{', waited' if 'waiting' in errors else ''}"
        )
    assert not list(place.glob(".venv-aside*"))
    shutil.rmtree(place)  # half a gigabyte


@pytest.mark.proof
def test_two_first_runs_at_once_make_one_environment(tmp_path: Path) -> None:
    place = _copy(tmp_path / "checkout")
    told = [_end(process, place) for process in [_begin(place) for _ in range(2)]]
    assert sum("Setting up" in errors for errors in told) == 1
    shutil.rmtree(place)
