"""What was compiled or measured, kept on disk, so that the next process need not do it again.

An entry is named by a key: a hash of everything it was made from, the computation, the processor and its features, LLVM, and
the source of this generator. It holds a checksum of key and content; one that does not fit is made anew. Entries are written
whole under another name and then renamed, so writers may meet. A folder that cannot be used means compiling in each process,
nothing worse.

What is kept here is run. Folder and entry are therefore used only if they are ours and nobody else may write to them; what
is not is passed over, and the first time said so. Whoever can write as the user can run code as the user, here as anywhere.

The folder is OPENLDN_CACHE, else XDG_CACHE_HOME/openldn, else ~/.cache/openldn. It is kept below a size: what was used longest
ago goes first.
"""

import contextlib
import hashlib
import logging
import os
import re
import secrets
import stat
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from openldn.notation import Limit, printable

Taken = TypeVar("Taken")

ALL = Limit(512 * 2**20, "bytes", "of all kept kernels")
ONE = Limit(64 * 2**20, "bytes", "of one kept kernel")
_LEFT = 0.75  # of the limit, once something has to go, so that not every entry costs a look
_ABANDONED = 3600.0  # seconds after which nobody writes a file of some hundred kB any more
_MAGIC = b"openldn kernel 2\n"
_DIGEST = 32
_ENTRY = re.compile(r"[0-9a-f]{64}\.kernel")
_PART = re.compile(r"[0-9a-f]{64}\.[0-9a-f]{16}\.part|tmp[a-z0-9_]{8}\.part")  # and as they were named once
_log = logging.getLogger("openldn")


def cached(key: str, make: Callable[[], bytes], take: Callable[[bytes], Taken | None]) -> Taken:
    """What `take` makes of the entry `key`, or of what `make` makes, which is then kept.

    take: gives None for bytes that it cannot use; those are made anew.
    """
    place = directory()
    usable = place is not None and not problem(place)
    path = place / f"{key}.kernel" if place and usable else None
    if path and (found := _read(path, key)) is not None and (taken := take(found)) is not None:
        return taken
    made = make()
    if path:
        with contextlib.suppress(OSError):
            _write(path, key, made)
            _tidy(path.parent)
    taken = take(made)
    assert taken is not None
    return taken


def directory() -> Path | None:
    """Where kernels are kept; None where there is no home."""
    if chosen := os.environ.get("OPENLDN_CACHE"):
        return Path(chosen).absolute()
    # Relative, it would be a folder of whatever place we stand in; the XDG specification passes over such.
    if (base := Path(os.environ.get("XDG_CACHE_HOME", ""))).is_absolute():
        return base / "openldn"
    if os.environ.get("HOME") == "":
        return None  # which pathlib takes for the root
    with contextlib.suppress(RuntimeError, OSError):
        home = Path.home()
        if home.is_absolute() and home.is_dir():
            return home / ".cache" / "openldn"
    return None


def problem(place: Path) -> str:
    """Why that folder cannot be used, "" if it can; it is made if need be."""
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = place.stat()
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)
    if fault := _fault(found):
        mend = (
            f'"chmod 700 {place}" mends it' if _own(found) else "name a folder of your own in OPENLDN_CACHE"
        )
        _warn(f"the folder of compiled kernels, {place}, is not used: {fault}; {mend}")
    return fault


def key_of(*parts: str) -> str:
    """The name of what is made from `parts` by this generator and this LLVM."""
    import llvmlite

    digest = hashlib.sha256()
    for part in (*parts, llvmlite.__version__, _generator()):
        digest.update(f"{len(part)}:{part}".encode())
    return digest.hexdigest()


@lru_cache(maxsize=1)
def _generator() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _own(found: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or found.st_uid == os.geteuid()


def _fault(found: os.stat_result) -> str:
    """Why somebody else may have written what has these facts."""
    if not _own(found):
        return f"it belongs to another user, number {found.st_uid}"
    # Where there are no users by number, the modes say nothing either.
    if hasattr(os, "geteuid") and found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"others may write to it (mode {stat.S_IMODE(found.st_mode):04o})"
    return ""


_warned: list[str] = []


def _warn(message: str) -> None:
    """Once a process: a thousand kernels have one folder."""
    if not _warned:
        _warned.append(message)
        _log.warning("ldn: %s", printable(message))


def _read(path: Path, key: str) -> bytes | None:
    flags = os.O_RDONLY
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, name, 0)
    try:
        handle = os.open(path, flags)
    except OSError:
        if path.is_symlink():
            _warn(f"the compiled kernel {path} is not used: it is a link; it is made anew")
        return None
    try:
        found = os.fstat(handle)
        fault = _fault(found) if stat.S_ISREG(found.st_mode) else "it is no regular file"
        if fault:
            _warn(f"the compiled kernel {path} is not used: {fault}; it is made anew")
            return None
        if found.st_size > ONE:
            return None
        with os.fdopen(handle, "rb", closefd=False) as file:
            whole = file.read(int(ONE) + 1)
        start = len(_MAGIC) + _DIGEST
        if whole[:start] != _MAGIC + _checksum(key, whole[start:]):
            return None
        with contextlib.suppress(OSError):
            os.utime(handle if os.utime in os.supports_fd else path)  # the last use, for _tidy
        return whole[start:]
    except OSError:
        return None
    finally:
        os.close(handle)


def _checksum(key: str, content: bytes) -> bytes:
    """Of both, so that an entry under another's name does not fit."""
    return hashlib.sha256(b"%d:%s" % (len(key), key.encode()) + content).digest()


def _write(path: Path, key: str, content: bytes) -> None:
    part = path.with_name(f"{key}.{secrets.token_hex(8)}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_MAGIC + _checksum(key, content) + content)
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(part)
        raise


def _tidy(place: Path) -> None:
    """Clear what stopped writers left; above the limit, what was used longest ago."""
    now, entries = time.time(), []
    with os.scandir(place) as listed:
        for entry in listed:
            # Somebody else may tidy at the same time.
            with contextlib.suppress(OSError):
                found = entry.stat(follow_symlinks=False)
                if _PART.fullmatch(entry.name) and abs(now - found.st_mtime) > _ABANDONED:
                    os.unlink(entry.path)
                elif _ENTRY.fullmatch(entry.name) and stat.S_ISREG(found.st_mode):
                    if found.st_mtime > now + _ABANDONED:  # the clock went back: it ages from now on
                        os.utime(entry.path)
                    entries.append((min(found.st_mtime, now), found.st_size, entry.path))
    total = sum(size for _, size, _ in entries)
    if total <= ALL:
        return
    for _, size, path in sorted(entries):
        if total <= _LEFT * ALL:
            break
        with contextlib.suppress(OSError):
            os.unlink(path)
            total -= size
