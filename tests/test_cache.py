"""Kept kernels: each under its own key or made anew, nobody else's, none called that is another's, and never too many."""

import ctypes
import errno
import multiprocessing
import os
import random
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from openldn.engine.kernels import cache, compiled, width
from openldn.engine.kernels.cache import cached, directory, problem
from openldn.engine.kernels.machine import compile_object, host
from openldn.notation import Limit

KEY, OTHER, THIRD = ("0" * 63 + digit for digit in "123")
users = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="there are no users by number here")


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "kept"
    monkeypatch.setenv("OPENLDN_CACHE", str(folder))
    monkeypatch.setattr(cache, "_warned", [])
    return folder


class Maker:
    """Makes b"code", and counts how often."""

    times = 0

    def __call__(self) -> bytes:
        self.times += 1
        return b"code"


def kept(key: str = KEY, code: bytes = b"code") -> bytes:
    return cached(key, lambda: code, bytes)


def made_again(key: str = KEY) -> bool:
    maker = Maker()
    assert cached(key, maker, bytes) == b"code"
    return maker.times == 1


def entry(place: Path, key: str = KEY) -> Path:
    return place / f"{key}.kernel"


def said(caplog: pytest.LogCaptureFixture) -> str:
    (record,) = caplog.records
    return record.getMessage()


# What stands in an entry


def test_what_was_made_is_taken_from_the_disk(place: Path) -> None:
    assert made_again()
    assert not made_again()
    assert [path.name for path in place.iterdir()] == [f"{KEY}.kernel"]


def test_a_damaged_entry_is_made_anew(place: Path) -> None:
    kept()
    raw = entry(place).read_bytes()
    for damage in (b"", raw[:-1], raw + b"x", raw.replace(b"code", b"cod3"), b"x" * 200):
        entry(place).write_bytes(damage)
        assert made_again()
        assert not made_again()


def test_an_entry_under_the_name_of_another_is_made_anew(place: Path) -> None:
    kept(OTHER, b"another")
    kept()
    entry(place, OTHER).rename(entry(place))
    assert made_again()
    assert not made_again()


def test_an_entry_larger_than_the_limit_is_not_even_read(place: Path) -> None:
    kept()
    with entry(place).open("r+b") as file:
        file.truncate(10 * 2**30)  # of holes
    assert made_again()


def test_a_width_that_is_none_is_measured_again(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENLDN_LANES", raising=False)
    monkeypatch.setattr(width, "host", lambda: replace(host(), widest=8))
    monkeypatch.setattr(width, "measure", lambda: 4)
    key = cache.key_of("lanes", host().cpu, host().features)
    for wrong in (b"", b"16", b"-4", b"four", b"\xff"):
        place.mkdir(exist_ok=True)
        cache._write(entry(place, key), key, wrong)
        width._measured.cache_clear()
        assert width.lanes() == 4
    width._measured.cache_clear()


# What is called


def seven(number: int = 7) -> Callable[[], str]:
    return lambda: f'target triple = "{host().triple}"\ndefine i64 @run() {{\n ret i64 {number}\n}}\n'


def called(number: int = 7) -> int:
    found = compiled.compiled("run", (str(number),), seven(number))
    return int(ctypes.CFUNCTYPE(ctypes.c_int64)(found.address)())


def key_of(number: int) -> str:
    machine = host()
    return cache.key_of("run", str(number), machine.triple, machine.cpu, machine.features)


def test_kernels_whose_files_were_swapped_compute_what_they_did(place: Path) -> None:
    assert (called(7), called(8)) == (7, 8)
    one, two = sorted(place.iterdir())
    one.rename(place / "aside")
    two.rename(one)
    (place / "aside").rename(two)
    assert (called(7), called(8)) == (7, 8)


def test_a_kernel_of_another_computation_with_a_checksum_that_fits_is_not_called(place: Path) -> None:
    place.mkdir()
    cache._write(entry(place, key_of(7)), key_of(7), compile_object(seven(8)(), {"run": f"run_{key_of(8)}"}))
    assert called(7) == 7
    cache._write(entry(place, key_of(7)), key_of(7), compile_object(seven(8)()))
    assert called(7) == 7


def test_two_models_whose_kernels_were_swapped_give_the_numbers_they_gave(
    place: Path, tmp_path: Path
) -> None:
    """As it was found: 56.7 became 2.93, and nobody noticed."""
    script = (
        "import openldn as ldn\n"
        "text = 'model m\\nparameter K [1/h] = 1\\nparameter M [mg] = 50\\nstate A [mg]\\ndose iv [mg] -> A\\n'\n"
        "for q in (0.1, 1.5):\n"
        " m = ldn.model(text + f'd/dt(A) = -{q} * K * A * A / (A + M)')\n"
        " print(m.simulate('100 mg once', times=[3]).of('A'))\n"
    )

    def fresh() -> str:
        return subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        ).stdout

    right = fresh()
    lanes = cache.key_of("lanes", host().cpu, host().features)
    one, two = (path for path in sorted(place.iterdir()) if path.name != f"{lanes}.kernel")
    codes = [path.read_bytes()[49:] for path in (one, two)]
    for path, code in zip((one, two), reversed(codes), strict=True):
        cache._write(path, path.stem, code)  # with checksums that fit
    assert fresh() == right


def garbage() -> Iterator[bytes]:
    """No object, and objects cut short or scrambled where they say what is where; with the function's name in all of them."""
    code = compile_object(seven()(), {"run": f"run_{key_of(7)}"})
    name = f"run_{key_of(7)}\0".encode()
    yield from (b"", b"x" * 1000 + name, b"\x7fELF" + b"x" * 1000 + name, code[:64] + name)
    yield from (code[:20] + random.Random(1).randbytes(4000) + name, code[: len(code) // 2] + name)
    yield from (code[:length] for length in range(0, len(code), 16))


def call_garbage(folder: str) -> None:
    os.environ["OPENLDN_CACHE"] = folder
    for code in garbage():
        cache._write(entry(Path(folder), key_of(7)), key_of(7), code)
        assert called(7) == 7


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only the objects of Linux are read through")
def test_garbage_with_a_checksum_that_fits_neither_ends_the_process_nor_is_called(place: Path) -> None:
    place.mkdir()
    process = multiprocessing.get_context("spawn").Process(target=call_garbage, args=(str(place),))
    process.start()
    process.join(120)
    assert process.exitcode == 0


def test_whatever_the_bytes_looking_for_a_function_ends() -> None:
    code, drawn = compile_object(seven()(), {"run": "run_x"}), random.Random(1)
    assert compiled.defines(code, "run_x")
    assert not compiled.defines(code, "run_")
    assert not compiled.defines(code, "run_xy")
    for _ in range(3000):
        scrambled = bytearray(code)
        for _ in range(drawn.choice((1, 4, 30))):
            scrambled[drawn.randrange(len(code))] = drawn.randrange(256)
        compiled.defines(bytes(scrambled), "run_x")


# Whose it is


@users
def test_folder_and_entry_are_for_their_owner_alone_whatever_the_umask(place: Path) -> None:
    before = os.umask(0)
    try:
        kept()
    finally:
        os.umask(before)
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert stat.S_IMODE(entry(place).stat().st_mode) == 0o600


@users
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_folder_that_others_may_write_to_is_not_used_and_that_is_said_once(
    place: Path, caplog: pytest.LogCaptureFixture, mode: int
) -> None:
    kept()
    place.chmod(mode)
    assert all(made_again() for _ in range(3))
    assert f'(mode 0{mode:o}); "chmod 700 {place}" mends it' in said(caplog)
    place.chmod(0o700)
    assert not made_again()


@users
def test_a_folder_of_another_user_is_not_used_and_that_is_said_once(
    place: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept()
    me = os.geteuid()
    monkeypatch.setattr(cache.os, "geteuid", lambda: me + 1)
    assert all(made_again() for _ in range(3))
    told = said(caplog)
    assert f"belongs to another user, number {me}" in told
    assert "OPENLDN_CACHE" in told


@users
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_an_entry_that_others_may_write_is_made_anew_and_that_is_said_once(
    place: Path, caplog: pytest.LogCaptureFixture, mode: int
) -> None:
    for key in (KEY, OTHER):
        kept(key)
        entry(place, key).chmod(mode)
    assert made_again(KEY)
    assert made_again(OTHER)
    assert f"others may write to it (mode 0{mode:o}); it is made anew" in said(caplog)
    assert not made_again(KEY)
    assert stat.S_IMODE(entry(place).stat().st_mode) == 0o600


@users
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_an_entry_of_another_user_is_made_anew(place: Path, caplog: pytest.LogCaptureFixture) -> None:
    kept()
    os.chown(entry(place), 12345, -1)
    assert made_again()
    assert "belongs to another user, number 12345" in said(caplog)
    assert not made_again()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_what_is_no_regular_file_is_no_entry(
    place: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    kept()
    entry(place).rename(tmp_path / "elsewhere")
    make: dict[str, Callable[[], None]] = {
        "link": lambda: entry(place).symlink_to(tmp_path / "elsewhere"),
        "pipe": lambda: os.mkfifo(entry(place)),
        "folder": lambda: entry(place).mkdir(),
    }
    make[kind]()
    before = (tmp_path / "elsewhere").read_bytes()
    assert made_again()
    assert "is not used: it is " in said(caplog)
    assert (tmp_path / "elsewhere").read_bytes() == before
    assert made_again() == (kind == "folder"), "a link and a pipe are replaced; a folder is left"


def test_the_warning_stands_on_stderr_and_holds_no_sign_that_moves_the_cursor(tmp_path: Path) -> None:
    folder = tmp_path / "k\x1b[31m"
    folder.mkdir()
    folder.chmod(0o777)
    script = "import openldn as ldn\nfor n in (1, 2): ldn.model('one_compartment').simulate('1 mg once', persons=n, times=[n])"
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True,
        env={**os.environ, "OPENLDN_CACHE": str(folder)},
    )  # fmt: skip
    assert ran.stdout == ""
    assert ran.stderr.count("ldn: the folder of compiled kernels") == 1
    assert "\x1b" not in ran.stderr
    assert not list(folder.iterdir())


# Where it is


@pytest.mark.parametrize("home", ["", "relative", "/no such place/of ours"])
def test_without_a_home_nothing_is_kept_and_nothing_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    for name in ("OPENLDN_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "relative").mkdir()
    monkeypatch.setenv("HOME", home)
    assert directory() is None
    assert all(made_again() for _ in range(2))
    assert not list((tmp_path / "relative").iterdir())
    assert not Path("/no such place").exists()


def test_a_user_whom_nobody_knows_has_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("OPENLDN_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(cache.Path, "home", unknown)
    assert directory() is None
    assert made_again()


def test_a_relative_place_for_caches_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be a folder of wherever one stands, a stranger's data among them."""
    monkeypatch.delenv("OPENLDN_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "caches")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert directory() == tmp_path / ".cache" / "openldn"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    assert directory() == tmp_path / "caches" / "openldn"


@pytest.mark.parametrize("name", ["file/below", "nul\0in it", "x" * 300])
def test_a_folder_that_cannot_be_made_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "file").write_text("not a directory")
    monkeypatch.setattr(cache, "directory", lambda: tmp_path / name)
    assert all(made_again() for _ in range(2))
    assert problem(tmp_path / name)


@pytest.mark.parametrize("step", ["open", "replace"])
def test_a_place_that_cannot_be_written_to_is_done_without_and_nothing_is_left(
    place: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    place.mkdir(mode=0o700)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    with monkeypatch.context() as patched:
        patched.setattr(cache.os, step, refuse)
        assert made_again()
    assert not list(place.iterdir())


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the limit of a file's size is another elsewhere"
)
def test_a_disk_that_fills_while_an_entry_is_written_leaves_nothing(place: Path) -> None:
    script = (
        "import resource\n"
        "from openldn.engine.kernels.cache import cached\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        f"print(len(cached('{KEY}', lambda: bytes(100_000), bytes)))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "100000\n"
    assert not list(place.iterdir())


# How much of it there is


def test_above_the_limit_what_was_used_longest_ago_goes(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = 1000
    monkeypatch.setattr(cache, "ALL", Limit(4 * size, "bytes", "of a test"))
    keys = [f"{i:064d}" for i in range(6)]
    for age, key in enumerate(keys[:3]):
        kept(key, bytes(size - 49))  # beside the checksum and what stands before it
        os.utime(entry(place, key), (0, time.time() - 1000 + age))
    kept(keys[0])  # used
    kept(keys[3], bytes(size - 49))
    assert len(list(place.iterdir())) == 4
    kept(keys[4], bytes(size - 49))
    assert {path.stem for path in place.iterdir()} == {keys[0], keys[3], keys[4]}


def test_what_a_killed_writer_left_is_cleared_and_what_is_not_ours_stays(place: Path) -> None:
    place.mkdir(mode=0o700)
    left, now, once = (
        place / f"{KEY}.{'a' * 16}.part",
        place / f"{KEY}.{'b' * 16}.part",
        place / "tmpab_c1234.part",
    )
    mine = place / "a film.part", place / "notes.kernel", place / "x.kernel.txt"
    for path in (left, now, once, *mine):
        path.write_bytes(b"x")
    for path in (left, once, *mine):
        os.utime(path, (0, time.time() - 7200))
    kept()
    assert {path.name for path in place.iterdir()} == {
        now.name,
        f"{KEY}.kernel",
        *(path.name for path in mine),
    }


@pytest.mark.parametrize("away", [-10 * 365 * 86400.0, 10 * 365 * 86400.0], ids=["back", "forth"])
def test_a_clock_that_jumps_loses_no_entry_and_keeps_none_for_good(
    place: Path, monkeypatch: pytest.MonkeyPatch, away: float
) -> None:
    monkeypatch.setattr(cache, "ALL", Limit(4000, "bytes", "of a test"))
    keys = [f"{i:064d}" for i in range(9)]
    kept(keys[0], bytes(900))
    os.utime(entry(place, keys[0]), (0, time.time() - away))  # written before the clock jumped
    (place / f"{KEY}.{'a' * 16}.part").write_bytes(b"")
    os.utime(place / f"{KEY}.{'a' * 16}.part", (0, time.time() - away))
    kept(keys[1], bytes(900))
    assert {path.stem for path in place.iterdir()} == set(keys[:2])
    assert abs(entry(place, keys[0]).stat().st_mtime - time.time()) < 3600 or away > 0
    for key in keys[2:]:
        time.sleep(0.01)  # so that one is older than another
        kept(key, bytes(900))
    assert not entry(place, keys[0]).exists()


def _write_often(place: str) -> None:
    os.environ["OPENLDN_CACHE"] = place
    for i in range(100):
        key = f"{i % 3:064d}"
        assert cached(key, lambda: b"x" * 100_000, bytes) == b"x" * 100_000
        if i % 7 == 0:
            entry(Path(place), key).unlink(missing_ok=True)


def test_writers_may_meet(place: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_often, args=(str(place),)) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert {path.suffix for path in place.iterdir()} == {".kernel"}
