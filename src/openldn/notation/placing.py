"""How finished files get into their places: a folder of one run beside them, a lock, and a record of what is being moved.

A run writes into a hidden folder of its own, `.openldn-part-PID-…`, in the folder where its files will stand. It is
nobody else's (0700, its owner's), and the run holds a lock on it that the system drops when the run is gone, however it went.

Moving is under a lock on the destination's folder. One file is one rename. Of several, a record of all of them is first laid
into the run's folder; each old file is kept there until the last new one stands, and put back if one cannot. A run that is
killed while it moves leaves the record, and the next run into the folder finishes the move, or takes it back where it cannot
be finished. Where files changed since, it leaves them alone.

Locks are those of `flock`, on the folders themselves, so none is ever left behind. Where a system or a network disk has none,
runs are not kept apart and leftovers are not cleared; all else holds.
"""

import contextlib
import errno
import json
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from openldn.notation.errors import OutputError

with contextlib.suppress(ImportError):  # Windows has none
    import fcntl

PREFIX = ".openldn-part-"
PATIENCE = 10.0  # seconds for which a run waits for another's move, which takes thousandths
_LOCKS = "fcntl" in globals()
_RECORD, _UNDO = "record", "undo"
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
Identity = tuple[int, int, int]  # inode, size, time of change


@dataclass(frozen=True)
class _Move:
    """A new file for `name`, below the folder; `old` is what stood there, None where nothing did."""

    name: str
    new: Identity
    old: Identity | None


@dataclass
class Workspace:
    """The folder of a run at `path`, in `folder`; `names` are the files that it will move there."""

    folder: Path
    path: Path
    lock: int | None
    names: list[str] = field(default_factory=list)

    def place(self, name: str) -> Path:
        """Where the new file for `name`, a path below the folder, is written."""
        self.names.append(name)
        return self.path / f"new-{len(self.names) - 1}"


@contextlib.contextmanager
def workspace(folder: Path) -> Iterator[Workspace]:
    """A folder of this run in `folder`, which is gone afterwards; those of runs that ended are cleared before.

    Raises OSError, and OutputError where another run moves files there for too long.
    """
    with _locked(folder) as locked:
        if locked:
            _clear(folder)
        path = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=folder))
        lock = _lock(path)
    try:
        yield Workspace(folder, path, lock)
    finally:
        # A record that is still there is of a move that could neither be finished nor taken back: the next run's work.
        if not any((path / name).exists() for name in (_RECORD, _UNDO)):
            shutil.rmtree(path, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def move(spaces: Sequence[Workspace]) -> None:
    """Move every file of the workspaces into its place: all of them, or none. Raises OSError, or OutputError as above."""
    with contextlib.ExitStack() as held:
        for space in sorted(
            spaces, key=lambda s: str(s.folder)
        ):  # in one order, so that two runs cannot wait in a ring
            held.enter_context(_locked(space.folder))
        for space in spaces:
            for i, name in enumerate(space.names):
                _keep_rights(space.path / f"new-{i}", space.folder / name)
        if sum(len(space.names) for space in spaces) == 1:
            space = next(s for s in spaces if s.names)
            os.replace(space.path / "new-0", space.folder / space.names[0])
            _sync(space.folder)
            return
        moves = {space.path: _moves(space) for space in spaces}
        try:
            for space in spaces:
                _write_record(space.path, moves[space.path])
            for space in spaces:
                _forward(space.folder, space.path, moves[space.path])
        except BaseException:
            for space in reversed(spaces):
                with contextlib.suppress(OSError):  # the next run goes on with it
                    _take_back(space.folder, space.path, moves[space.path])
            raise
        for space in spaces:
            _sync(space.folder)
            with contextlib.suppress(OSError):  # all are in place: the next run finds nothing to do
                (space.path / _RECORD).unlink()


def move_folder(space: Workspace, made: Path, destination: Path) -> None:
    """Move the folder `made`, written in the workspace, to `destination`, where nothing is. Raises OSError."""
    with _locked(space.folder):
        os.rename(made, destination)
        _sync(space.folder)


def write_file(path: Path, content: bytes) -> None:
    """The bytes in a new file, on the disk before this returns; its rights are what the umask leaves of them."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def clear(folder: Path) -> None:
    """Finish, take back or clear what runs that ended left in `folder`. Raises OutputError where it cannot be mended."""
    with _locked(folder) as locked:
        if locked:
            _clear(folder)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """This run alone moves files into `folder`; False where the system has no such locks."""
    handle = _opened(folder)
    if handle is None:
        yield False
        return
    try:
        yield _waited_for(handle, folder)
    finally:
        os.close(handle)


def _waited_for(handle: int, folder: Path) -> bool:
    until = time.monotonic() + PATIENCE
    while (free := _try(handle)) is False:
        if time.monotonic() > until:
            raise OutputError(
                f'cannot write to "{folder}": {_owners(folder)} is writing there; wait for it, or choose another place'
            )
        time.sleep(0.02)
    return free is True


def _lock(path: Path) -> int | None:
    """A lock on a workspace for as long as this process lives."""
    handle = _opened(path)
    if handle is not None:
        _try(handle)
    return handle


def _opened(folder: Path) -> int | None:
    if not _LOCKS:
        return None
    try:
        return os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    except OSError:  # a folder that may be written to and not listed, or a system that opens none
        return None


def _try(handle: int) -> bool | None:
    """Whether the lock was free and is now held; None where there are no locks."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _owners(folder: Path) -> str:
    """Who is at work in a folder, in words."""
    found = sorted(p.name.removeprefix(PREFIX).partition("-")[0] for p in folder.glob(f"{PREFIX}*"))
    return f"another run (process {' or '.join(found[:3])})" if found else "another process"


def _clear(folder: Path) -> None:
    """As `clear`, where the folder is locked."""
    with os.scandir(folder) as entries:
        left = sorted(entry.path for entry in entries if entry.name.startswith(PREFIX))
    for path in map(Path, left):
        try:
            handle = os.open(path, _FOLDER)
        except OSError:
            continue
        try:
            if _ours(handle) and _try(handle):
                _settle(folder, path)
        finally:
            os.close(handle)


def _ours(handle: int) -> bool:
    """Whether a folder is this user's and closed to others: what a stranger planted is not carried out."""
    found = os.fstat(handle)
    mine = not hasattr(os, "geteuid") or found.st_uid == os.geteuid()
    return stat.S_ISDIR(found.st_mode) and mine and not found.st_mode & 0o077


def _settle(folder: Path, path: Path) -> None:
    """Finish what a run that ended was moving, or take it back, and clear its folder."""
    try:
        if (moves := _read_record(path / _UNDO)) is not None:
            _back(folder, path, moves)
        elif (moves := _read_record(path / _RECORD)) is not None and _unchanged(folder, path, moves):
            try:
                _forward(folder, path, moves)
            except OSError:
                _take_back(folder, path, moves)
    except OSError as error:
        raise OutputError(
            f'"{path}" holds files of a run that was stopped, and they cannot be put into their place: '
            f"{error.strerror or error}; see to that, or move it away"
        ) from None
    shutil.rmtree(path, ignore_errors=True)


def _keep_rights(new: Path, place: Path) -> None:
    """A file that replaces another may be read and written by whom that one was."""
    with contextlib.suppress(FileNotFoundError):
        old = os.lstat(place).st_mode
        if stat.S_ISREG(old):
            os.chmod(new, stat.S_IMODE(old) & 0o777)


def _moves(space: Workspace) -> list[_Move]:
    found = []
    for i, name in enumerate(space.names):
        new = _identity(space.path / f"new-{i}")
        assert new is not None
        found.append(_Move(name, new, _identity(space.folder / name)))
    return found


def _identity(path: Path) -> Identity | None:
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _write_record(path: Path, moves: Sequence[_Move]) -> None:
    text = json.dumps([[m.name, m.new, m.old] for m in moves])
    write_file(path / "record.part", text.encode("ascii"))
    os.rename(path / "record.part", path / _RECORD)
    _sync(path)


def _read_record(path: Path) -> list[_Move] | None:
    try:
        rows = json.loads(path.read_bytes())
        found = [_Move(name, tuple(new), tuple(old) if old else None) for name, new, old in rows]
    except (FileNotFoundError, ValueError):  # none, or one that a damaged disk left
        return None
    if any(Path(m.name).is_absolute() or ".." in Path(m.name).parts for m in found):
        return None
    return found


def _unchanged(folder: Path, path: Path, moves: Sequence[_Move]) -> bool:
    """Whether every place still to be filled holds what it held when the record was made."""
    for i, m in enumerate(moves):
        if not os.path.lexists(path / f"new-{i}"):
            continue
        now = _identity(folder / m.name)
        aside = now is None and os.path.lexists(path / f"old-{i}")
        if now != m.old and not aside:
            return False
    return True


def _forward(folder: Path, path: Path, moves: Sequence[_Move]) -> None:
    """Put each new file that is not there yet into its place, the old one kept in the workspace."""
    for i, m in enumerate(moves):
        new, old, place = path / f"new-{i}", path / f"old-{i}", folder / m.name
        if not os.path.lexists(new):
            continue
        if m.old is not None and not os.path.lexists(old):
            _keep(place, old)
        os.replace(new, place)


def _keep(place: Path, old: Path) -> None:
    """A second name for the old file: its place is never empty. Where a disk has no such names, it is set aside."""
    if stat.S_ISREG(os.lstat(place).st_mode):
        try:
            os.link(place, old)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise
        else:
            return
    os.rename(place, old)


def _take_back(folder: Path, path: Path, moves: Sequence[_Move]) -> None:
    """Undo a move as far as it got."""
    record = path / _RECORD
    if not record.exists():
        return  # nothing was moved
    os.rename(record, path / _UNDO)
    _back(folder, path, moves)


def _back(folder: Path, path: Path, moves: Sequence[_Move]) -> None:
    for i, m in reversed(list(enumerate(moves))):
        old, place = path / f"old-{i}", folder / m.name
        now = _identity(place)
        if os.path.lexists(old):
            if now is None or now in (m.new, m.old):
                os.replace(old, place)
        elif m.old is None and now == m.new:
            os.unlink(place)
    _sync(folder)
    (path / _UNDO).unlink()


def _sync(folder: Path) -> None:
    """The folder's own entries on the disk, where a system can be asked for that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
