"""Runs cases: a process that has imported everything, and forks for each one.

Starting Python and importing numpy takes a hundred times as long as most cases do. Cases and outcomes go through pipes
as pickles, between two processes of ours.
"""

import contextlib
import errno
import hashlib
import io
import os
import pickle
import pkgutil
import pty
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from .case import Case, Outcome

_KEPT = 20_000_000  # bytes of what a case prints that are looked at
_PATIENCE = 8  # wall seconds for one of a processor: the machine has other work
_RESERVED = 200_000  # megabytes of addresses
_ASLEEP = 8.0  # wall seconds in which a process that waits for nothing of ours does nothing


class Server:
    """Send a case, get its outcome. keep: a folder in which the files of each case stay."""

    def __init__(self, cache: Path, keep: Path | None = None) -> None:
        env = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(p or os.getcwd() for p in sys.path),
            "OPENLDN_CACHE": str(cache),
            "OPENBLAS_NUM_THREADS": "1",  # threads and forks do not go together
        }
        for name in ("COLUMNS", "FORCE_COLOR", "PYTHONWARNINGS"):
            env.pop(name, None)
        self._keep = keep
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=env,
        )

    def run(self, case: Case) -> Outcome:
        assert self._process.stdin
        assert self._process.stdout
        pickle.dump((case, self._keep), self._process.stdin)
        self._process.stdin.flush()
        found = pickle.load(self._process.stdout)
        assert isinstance(found, Outcome)
        return found

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(60)


def serve() -> None:
    """Read cases from stdin until it ends."""
    inward, outward = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    _import_everything()
    while True:
        try:
            case, keep = pickle.load(inward)
        except EOFError:
            return
        pickle.dump(_run(case, keep), outward)
        outward.flush()


def _import_everything() -> None:
    for info in pkgutil.walk_packages(import_module("openldn").__path__, "openldn."):
        if not info.name.endswith("__main__"):
            import_module(info.name)
    for name in (
        "rich.console",
        "rich.progress",
        "pandas",
        "scipy.optimize",
        "scipy.special",
        "scipy.stats",
        "scipy.integrate",
    ):
        with contextlib.suppress(ImportError):
            import_module(name)


def _run(case: Case, keep: Path | None) -> Outcome:
    root = Path(tempfile.mkdtemp(prefix="fuzz-"))
    folder, out, err, inn = root / "here", root / "out", root / "err", root / "in"
    folder.mkdir()
    case.lay(folder)
    before = _state(folder)
    for path, content in ((out, b""), (err, b""), (inn, case.stdin)):
        path.write_bytes(content)
    master, slave = pty.openpty() if case.terminal else (-1, -1)
    held = _megabytes()
    pid = os.fork()
    if pid == 0:
        _child(case, folder, out, err, inn, slave)
    status, usage, stopped, screen = _wait(pid, case, held, master)
    for handle in (master, slave):
        if handle >= 0:
            os.close(handle)
    after = _state(folder)
    found = Outcome(
        os.waitstatus_to_exitcode(status),
        _read(out),
        screen or _read(err),
        usage.ru_utime + usage.ru_stime,
        max(0.0, usage.ru_maxrss / 1000 - held),
        tuple(sorted(name for name in {*before, *after} if before.get(name) != after.get(name))),
        stopped,
    )
    if keep is not None:
        shutil.copytree(root, keep / case.name.replace("/", "-"), dirs_exist_ok=True)
    shutil.rmtree(root, onerror=_mend_and_remove) if os.getuid() else shutil.rmtree(root)
    return found


def _child(case: Case, folder: Path, out: Path, err: Path, inn: Path, slave: int) -> NoReturn:
    code = 99
    try:
        os.setsid()
        os.chdir(folder)
        for target, path, flags in (
            (0, inn, os.O_RDONLY),
            (1, Path(case.stdout) if case.stdout else out, os.O_WRONLY),
            (2, err, os.O_WRONLY),
        ):
            handle = slave if target == 2 and slave >= 0 else os.open(path, flags)
            os.dup2(handle, target)
        for name, value in case.env.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), "utf-8")
        sys.stdout = _text(1, case.encoding, "strict")
        sys.stderr = _text(2, case.encoding, "backslashreplace")
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        seconds = int(case.seconds) + 1
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 2))
        # The renderer of pictures reserves addresses that it does not use; what it uses is watched from outside.
        drawn = _RESERVED if "--plot" in case.argv or "plot" in case.code else 0
        room, most = (
            int((_address_space() + case.megabytes + drawn) * 1e6),
            resource.getrlimit(resource.RLIMIT_AS)[1],
        )
        room = room if most == resource.RLIM_INFINITY else min(room, most)
        resource.setrlimit(resource.RLIMIT_AS, (room, room))
        if case.file_bytes:
            resource.setrlimit(resource.RLIMIT_FSIZE, (case.file_bytes, case.file_bytes))
        exec(case.before, {})
        code = _command(case.argv) if case.argv else _python(case.code)
        code = _flushed(code)
    except BaseException:
        traceback.print_exc()
        _flushed(0)
        code = 1
    finally:
        os._exit(code)


def _text(handle: int, encoding: str, errors: str) -> io.TextIOWrapper:
    raw = io.BufferedWriter(io.FileIO(handle, "w", closefd=False))
    return io.TextIOWrapper(raw, encoding, errors, line_buffering=handle == 2)


def _command(argv: tuple[str, ...]) -> int:
    from openldn.cli import main

    try:
        main(list(argv))
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 0
    return 0


def _python(code: str) -> int:
    """As the command line reports it, so that one oracle judges both."""
    import openldn

    try:
        exec(compile(code, "case", "exec"), {"ldn": openldn, "__name__": "case"})
    except openldn.OpenLDNError as error:
        sys.stderr.write(f"ldn: {error}\n")
        return 1 if isinstance(error, openldn.SolveError) else 2
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 0
    return 0


def _flushed(code: int) -> int:
    """What the end of a process does with what was not yet written."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError) as error:
        os.write(2, f"Exception ignored: {error}\n".encode())
        code = 120
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.flush()
    return code


def _wait(pid: int, case: Case, held: float, master: int) -> tuple[int, resource.struct_rusage, str, bytes]:
    start, nap, stopped, screen = time.monotonic(), 0.002, "", io.BytesIO()
    worked, since = -1, start
    if master >= 0:
        os.set_blocking(master, False)
    while True:
        done, status, usage = os.wait4(pid, os.WNOHANG)
        screen.write(_drained(master))
        if done:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)  # whatever it left running
            return status, usage, stopped, screen.getvalue().replace(b"\r\n", b"\n")
        now, (asleep, ticks) = time.monotonic(), _at_work(pid)
        if not asleep or ticks != worked:
            worked, since = ticks, now
        if now - start > case.seconds * _PATIENCE + 20 or now - since > _ASLEEP:
            stopped = stopped or "hung"
        elif _megabytes(pid) > held + 1.2 * case.megabytes:
            stopped = stopped or "out of memory"
        if stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(nap)
        nap = min(0.05, nap * 1.3)


def _at_work(pid: int) -> tuple[bool, int]:
    """(whether it sleeps, ticks of a processor that it has used)."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return words[0] == "S", int(words[11]) + int(words[12])


def _drained(master: int) -> bytes:
    found = b""
    while master >= 0:
        try:
            piece = os.read(master, 65536)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EIO):
                raise
            break
        found += piece
    return found


def _state(folder: Path) -> Mapping[str, Any]:
    return dict(_states(folder))


def _states(folder: Path) -> Iterator[tuple[str, Any]]:
    for path in sorted(folder.rglob("*")):
        found = path.lstat()
        small = (
            path.is_file() and not path.is_symlink() and found.st_size < _KEPT and os.access(path, os.R_OK)
        )
        said = hashlib.sha256(path.read_bytes()).hexdigest() if small else (found.st_size, found.st_mtime_ns)
        yield str(path.relative_to(folder)), said


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_KEPT)


def _mend_and_remove(remove: Any, path: str, _: Any) -> None:
    os.chmod(os.path.dirname(path), 0o700)
    remove(path)


def _megabytes(process: int | str = "self") -> float:
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def _address_space() -> float:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() / 1e6


if __name__ == "__main__":
    serve()
