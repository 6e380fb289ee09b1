"""What is installed here: versions, the machine, every data and model file, and whether a kernel compiles.

An installed package is held to the hashes of its RECORD, which was written when the wheel was made; a checkout to the commit
it stands at, where a difference is noted and not judged. Without either there is nothing to hold the files to.
"""

import base64
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution, version
from pathlib import Path

import openldn
from openldn.engine.kernels.cache import directory, problem
from openldn.engine.kernels.machine import host, system
from openldn.engine.kernels.width import lanes
from openldn.engine.shipped import read_block
from openldn.notation import Fingerprint, OpenLDNError, SolveError, fingerprint, package_name, read_toml
from openldn.proof.qualify import processes
from openldn.proof.qualify.finding import Finding, holds
from openldn.proof.qualify.first_result import first_result

FAMILY = "installation"
PACKAGE = Path(openldn.__file__).parent
SUFFIXES = (".toml", ".model", ".csv", ".html")


def findings() -> Iterator[Finding]:
    """Versions and machine as they are; files, cache and kernels as they should be."""
    yield _noted("IQ-openldn", "OpenLDN", openldn.__version__)
    yield _noted("IQ-python", "Python", f"{platform.python_implementation()} {platform.python_version()}")
    for name in ("numpy", "scipy", "llvmlite"):
        yield _noted(f"IQ-{name}", name, _version(name))
    yield _noted("IQ-system", "operating system", f"{system()} ({platform.platform()})")
    machine = host()
    yield _noted("IQ-processor", "processor, by LLVM's name", f"{machine.cpu}, {os.cpu_count()} cores")
    yield _noted("IQ-lanes", "persons solved side by side on a core", lanes())
    yield _files_read()
    yield _files_are_those_that_were_shipped()
    yield _cache()
    yield from _kernels()


def shipped_files() -> tuple[Fingerprint, ...]:
    """Every data and model file of the package."""
    return tuple(fingerprint(path, package_name(path)) for path in _files())


def _files() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*") if path.suffix in SUFFIXES)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


def _noted(id: str, description: str, found: str | int) -> Finding:  # noqa: A002
    return Finding(id, FAMILY, description, "noted", found, None)


def _files_read() -> Finding:
    faults = []
    files = _files()
    for path in files:
        try:
            if path.suffix == ".toml":
                read_toml(path)
            elif path.suffix == ".model":
                read_block(path, package_name(path))
        except OpenLDNError as error:
            faults.append(str(error))
    return holds(
        "IQ-files-read", FAMILY, "every data and model file reads", bool(files) and not faults,
        expected="all", found="; ".join(faults) or f"{len(files)} files",
    )  # fmt: skip


def _files_are_those_that_were_shipped() -> Finding:
    id_, description = "IQ-files-shipped", "every data and model file is the one that was shipped"
    if (recorded := _recorded()) is not None:
        other = [p for p, digest in recorded.items() if _sha256(p) != digest]
        extra = [p for p in _files() if p not in recorded]
        named = [package_name(p) for p in (*other, *extra)]
        return holds(
            id_, FAMILY, description, not named, expected="the hashes in the RECORD of the wheel",
            found=f"not those: {', '.join(named[:20])}" if named else f"{len(recorded)} files, all the same",
        )  # fmt: skip
    committed = _committed()
    if committed is None:
        return Finding(id_, FAMILY, description, "nothing to hold them to", f"{len(_files())} files", None)
    commit, blobs = committed
    named = [package_name(p) for p in _files() if blobs.get(p) != _blob(p)]
    return Finding(
        id_, FAMILY, description, f"commit {commit[:12]}",
        f"changed since, or new: {', '.join(named[:20])}" if named else f"{len(_files())} files, all the same",
        None if named else True,
    )  # fmt: skip


def _recorded() -> dict[Path, str] | None:
    """Data files of an installed wheel with the hashes in its RECORD; None for a checkout."""
    try:
        installed: Distribution = distribution("openldn")
    except PackageNotFoundError:
        return None
    found: dict[Path, str] = {}
    for file in installed.files or ():
        path = Path(str(file.locate())).resolve()
        if file.hash and path.suffix in SUFFIXES and PACKAGE.resolve() in path.parents:
            found[path] = file.hash.value
    return found or None


def _sha256(path: Path) -> str:
    """As RECORD writes it; empty for a file that is not there."""
    if not path.is_file():
        return ""
    return base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).decode().rstrip("=")


def _committed() -> tuple[str, dict[Path, str]] | None:
    """The commit of a checkout, and the hash that git has for each of its files."""
    git = shutil.which("git")
    if git is None:
        return None
    try:
        commit, listed, top = (
            subprocess.run(  # noqa: S603 - git, with words of ours
                [git, "-C", str(PACKAGE), *words], capture_output=True, text=True, check=True, timeout=60
            ).stdout
            for words in (
                ("rev-parse", "HEAD"),
                ("ls-tree", "-r", "-z", "--full-name", "HEAD", "."),
                ("rev-parse", "--show-toplevel"),
            )
        )
    except (subprocess.SubprocessError, OSError):
        return None
    blobs = {}
    for line in filter(None, listed.split("\0")):
        facts, name = line.split("\t", 1)
        blobs[Path(top.strip()) / name] = facts.split()[2]
    return (commit.strip(), blobs) if blobs else None


def _blob(path: Path) -> str:
    """git's own name for the content of a file."""
    raw = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(raw) + raw, usedforsecurity=False).hexdigest()


def _cache() -> Finding:
    place = directory()
    fault = problem(place) if place else "there is no home"
    try:
        if place and not fault:
            with tempfile.TemporaryFile(dir=place):
                pass
    except OSError as error:
        fault = error.strerror or str(error)
    found = f"{place}: {fault}" if fault else str(place)
    return holds(
        "IQ-cache", FAMILY, "the directory of compiled kernels can be written",
        place is not None and not fault, expected="yes; without it each process compiles", found=found,
    )  # fmt: skip


def _kernels() -> Iterator[Finding]:
    compiles, same = "IQ-kernel", "IQ-kernel-cached"
    try:
        found = processes.first_results()
    except SolveError as error:
        for id_ in (compiles, same):
            yield holds(id_, FAMILY, "a kernel compiles", False, expected="a result", found=str(error))
        return
    yield holds(
        compiles, FAMILY, "a kernel compiles and is kept", found.kept > 0, expected="1 or more in the cache",
        found=found.kept,
    )  # fmt: skip
    here = first_result()
    yield holds(
        same, FAMILY, "compiled anew, from the cache and in this process: the same bits",
        found.cold == found.cached == here, expected="one hash",
        found=" = ".join(dict.fromkeys(x[:16] for x in (found.cold, found.cached, here))),
    )  # fmt: skip
