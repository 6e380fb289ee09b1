"""Compiled kernels on disk, so that the second process need not compile.

An entry is named by a hash of everything it was made from: the computation, the processor and its
features, LLVM, and the source of this generator. It holds a checksum; one that does not fit is made anew.
Entries are written whole under another name and then renamed, so writers may meet. A directory that cannot
be used means compiling in each process, nothing worse.

The directory is OPENLDN_CACHE, else XDG_CACHE_HOME/openldn, else ~/.cache/openldn. What is in it is run:
let nobody else write there.
"""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

_MAGIC = b"openldn kernel 1\n"
_DIGEST = 32


def cached_object(key: str, make: Callable[[], bytes]) -> bytes:
    """The object that `key` names, from disk or else from `make`, which is then kept."""
    place = directory()
    path = place / f"{key}.kernel" if place else None
    if path and (found := _read(path)) is not None:
        return found
    made = make()
    if path:
        with contextlib.suppress(OSError):
            _write(path, made)
    return made


def directory() -> Path | None:
    """Where kernels are kept; None where there is no home."""
    if chosen := os.environ.get("OPENLDN_CACHE"):
        return Path(chosen)
    if base := os.environ.get("XDG_CACHE_HOME"):
        return Path(base) / "openldn"
    try:
        return Path.home() / ".cache" / "openldn"
    except RuntimeError:
        return None


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


def _read(path: Path) -> bytes | None:
    try:
        whole = path.read_bytes()
    except OSError:
        return None
    start = len(_MAGIC) + _DIGEST
    code = whole[start:]
    sound = whole[: len(_MAGIC)] == _MAGIC and whole[len(_MAGIC) : start] == hashlib.sha256(code).digest()
    return code if sound else None


def _write(path: Path, code: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_MAGIC + hashlib.sha256(code).digest() + code)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
