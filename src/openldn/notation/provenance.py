"""The record that travels inside every answer, from which it can be made again."""

import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from openldn.notation.records import Fingerprint


@dataclass(frozen=True)
class Provenance:
    """What an answer rests on.

    question: the arguments that make the same answer again; provisional, assumed: the names of the
    numbers in use that were read once only, or that no source gives.
    """

    command: str
    question: Mapping[str, Any]
    seed: int | None
    versions: Mapping[str, str]
    files: tuple[Fingerprint, ...]
    sources: tuple[str, ...]
    provisional: tuple[str, ...]
    assumed: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        data = asdict(self)
        data["files"] = {f.file: f.sha256 for f in self.files}
        return data


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """The versions of this package, of Python and of the libraries that compute."""
    from importlib.metadata import PackageNotFoundError

    found = {"openldn": version("openldn"), "python": platform.python_version()}
    for name in ("numpy", "scipy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # a frozen build carries no metadata
            found[name] = "unknown"
    return found


def provenance(
    command: str,
    question: Mapping[str, Any],
    *,
    seed: int | None = None,
    files: Iterable[Fingerprint] = (),
    sources: Iterable[str] = (),
    provisional: Iterable[str] = (),
    assumed: Iterable[str] = (),
) -> Provenance:
    """A Provenance with the versions filled in and everything in a stable order."""
    return Provenance(
        command, dict(question), seed, versions(), tuple(sorted(set(files), key=lambda f: f.file)),
        tuple(sorted(set(sources))), tuple(sorted(set(provisional))), tuple(sorted(set(assumed))),
    )  # fmt: skip
