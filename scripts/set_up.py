"""Makes .venv, or mends it, for ./ldn and ./test; uses nothing but the standard library.

    python set_up.py KIND < STAMP

An environment is whole while it holds the stamp of a kind, the words that environment.sh compares on each run. Stamps are
written last and taken away before anything is touched, so whoever is stopped in between leaves none, and the next run begins
anew. One set-up works at a time: the lock is the kernel's, on an open file that pip inherits too, so it is free when the
last process of a set-up is gone and not before.
"""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

# The files in requirements/ that each kind is installed from, with what each of them makes whole.
KINDS = {
    "full": ("build", "full"),
    "bench": ("build", "full", "data"),
    "test": ("build", "full", "data", "test"),
}
_OURS = "made-by-openldn"


class Failed(Exception):
    """The set-up cannot go on; the message says what to do."""


def set_up(root: Path, kind: str, stamp: bytes) -> None:
    """See to it that `root`/.venv is whole for `kind`."""
    lock = _open_lock(root)
    try:
        _take(lock)
        environment = root / ".venv"
        valid = {name for name in KINDS if _read(environment / f"openldn-{name}") == stamp}
        if kind in valid and (environment / "bin" / "python").exists():
            return
        print(
            f"Setting up OpenLDN ({kind}) in {environment}; this happens once and takes a minute or two.",
            flush=True,
        )
        _install(root, environment, kind, stamp, lock)
        for name in sorted(valid | {kind} | ({"full"} if "full" in KINDS[kind] else set())):
            part = environment / f"openldn-{name}.part"
            part.write_bytes(stamp)
            part.replace(environment / f"openldn-{name}")
        print("Done.")
    finally:
        os.close(lock)


def _open_lock(root: Path) -> int:
    path = root / ".venv-lock"
    with contextlib.suppress(OSError):
        path.rmdir()  # what locked here once was a folder
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        raise Failed(
            f"OpenLDN makes its environment in {root}, and that is read-only for you ({error.strerror}): copy the "
            "folder to where you may write, and run ./ldn there."
        ) from None


def _take(lock: int) -> None:
    """Wait until no other set-up works here, and say who we are."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        who = os.pread(lock, 20, 0).decode("ascii", "replace").strip()
        print(f"Another set-up is at work here, begun by process {who}; waiting for it …", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)
    except OSError:
        print("This file system has no locks: do not start two set-ups at a time.")
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _install(root: Path, environment: Path, kind: str, stamp: bytes, lock: int) -> None:
    here = stamp.split(b"\n")[0]
    stamps = list(environment.glob("openldn-*"))
    # Only what was whole, and at this place, can be brought up to date; scripts in it name the place.
    whole = any((_read(path) or b"").split(b"\n")[0] == here for path in stamps if path.suffix != ".part")
    for path in stamps:
        path.unlink()
    if not whole or environment.is_symlink() or not (environment / "bin" / "python").exists():
        _clear(environment, ours=bool(stamps))
        _make(environment, lock)
    _pip(environment, lock, "install", "--require-hashes", "-r", str(root / "requirements" / "pip.txt"))
    _require(root, environment, lock, *KINDS[kind])
    # --no-index: what builds it is there already.
    own = "install", "--no-index", "--no-deps", "--no-build-isolation", "-e", str(root)
    _pip(environment, lock, *own)
    if kind == "bench":
        _peers(root, environment, lock)
    source = [str(environment / "bin" / "python"), "-I", "-m", "compileall", "-q", str(root / "src")]
    subprocess.run(source, check=False, pass_fds=(lock,), stdout=subprocess.DEVNULL)


def _clear(environment: Path, *, ours: bool) -> None:
    """Take away what is there: a link, or an environment of ours; another's is put aside."""
    if environment.is_symlink() or environment.is_file():
        environment.unlink()
    elif environment.is_dir() and (ours or (environment / _OURS).exists() or not any(environment.iterdir())):
        # The mark goes last, so that a removal that is stopped goes on.
        for path in sorted(environment.iterdir(), key=lambda path: path.name == _OURS):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        environment.rmdir()
    elif environment.exists():
        aside = next(
            path for i in range(1, 1000) if not (path := environment.with_name(f".venv-aside-{i}")).exists()
        )
        environment.rename(aside)
        print(
            f"The environment in {environment} was not made by ./ldn, or not to its end: it is now {aside}."
        )


def _make(environment: Path, lock: int) -> None:
    environment.mkdir()
    (environment / _OURS).touch()
    try:
        subprocess.run([sys.executable, "-I", "-m", "venv", str(environment)], check=True, pass_fds=(lock,))
    except subprocess.CalledProcessError:
        raise Failed(
            "The environment could not be made; on Debian, install the package python3-venv."
        ) from None


def _pip(environment: Path, lock: int, *words: str, quiet: bool = False) -> None:
    told = "--quiet", "--disable-pip-version-check", "--no-input"
    pip = [str(environment / "bin" / "python"), "-I", "-m", "pip", *words[:1], *told, *words[1:]]
    try:
        subprocess.run(
            pip,
            check=True,
            pass_fds=(lock,),
            stderr=subprocess.DEVNULL if quiet else None,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.CalledProcessError:
        raise Failed("The installation failed; with a working network, run the same command again.") from None


def _require(root: Path, environment: Path, lock: int, *layers: str, quiet: bool = False) -> None:
    files = [word for layer in layers for word in ("-r", str(root / "requirements" / f"{layer}.txt"))]
    _pip(environment, lock, "install", "--require-hashes", "--no-deps", *files, quiet=quiet)


def _peers(root: Path, environment: Path, lock: int) -> None:
    """What ldn bench runs beside us. One that cannot be had is said to be missing, and ldn bench lists it as absent."""
    try:
        _require(root, environment, lock, "bench", quiet=True)
    except Failed:
        print("heyoka could not be installed; ldn bench goes without it.")
    if not (shutil.which(os.environ.get("FC", "gfortran")) and shutil.which("cmake")):
        print(
            "numbalsoda is built from source, which takes gfortran and cmake (on Debian: apt-get install gfortran "
            "cmake, then remove .venv); ldn bench goes without it."
        )
        return
    try:
        _require(root, environment, lock, "bench-fortran", quiet=True)
    except Failed:
        print("numbalsoda could not be built; ldn bench goes without it.")


def main() -> int:
    """The command: 0 when the environment is whole, else 1, or 130 when it was stopped."""
    try:
        set_up(Path(__file__).resolve().parents[1], sys.argv[1], sys.stdin.buffer.read())
    except Failed as failed:
        print(failed)
        return 1
    except OSError as error:
        print(f"The set-up failed: {error}. Mend that and run the same command again.")
        return 1
    except KeyboardInterrupt:
        print("The set-up was stopped; the same command begins it anew.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
