"""A case: what is asked at a door, the files that lie there, and what came of it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SECONDS = (
    20.0  # of a processor: forty times what an ordinary request takes, so that a noisy machine never counts
)
MEGABYTES = 2000.0  # above what the imports hold; an ordinary request takes less than 300


@dataclass(frozen=True)
class Special:
    """A file that is no plain bytes. kind: link, fifo, sparse, folder or unreadable; to: where a link leads; size: bytes."""

    kind: str
    to: str = ""
    size: int = 0


@dataclass(frozen=True)
class Case:
    """What one process is asked.

    argv: the words behind `ldn`; or code: Python, in which `ldn` is the front door.
    files: what lies in its folder. codes: the exits that are right. says: what stderr must hold. stdout: "" to catch it,
    or a path. terminal: whether stderr is one. before: Python that is run ahead, such as a clock that goes back.
    file_bytes: the most that a file may grow to, as on a disk that is full.
    """

    name: str
    door: str
    argv: tuple[str, ...] = ()
    code: str = ""
    files: Mapping[str, bytes | Special] = field(default_factory=dict)
    stdin: bytes = b""
    env: Mapping[str, str | None] = field(default_factory=dict)
    codes: tuple[int, ...] = (0, 1, 2)
    says: str = ""
    stdout: str = ""
    encoding: str = "utf-8"
    terminal: bool = False
    before: str = ""
    file_bytes: int = 0
    seconds: float = SECONDS
    megabytes: float = MEGABYTES

    def lay(self, folder: Path) -> None:
        """Write the files into `folder`."""
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                path.write_bytes(content)
            elif content.kind == "link":
                path.symlink_to(content.to)
            elif content.kind == "fifo":
                os.mkfifo(path)
            elif content.kind == "folder":
                path.mkdir()
            elif content.kind == "sparse":
                with path.open("wb") as file:
                    file.truncate(content.size)
            else:
                path.write_bytes(b"")
                path.chmod(0)


@dataclass(frozen=True)
class Outcome:
    """What a case came to.

    code: the exit, negative for a signal. seconds: of processors. megabytes: at the most, above what was there before.
    changed: names in the folder that are new, gone or different. stopped: why it was stopped, where it was.
    """

    code: int
    stdout: bytes
    stderr: bytes
    seconds: float
    megabytes: float
    changed: tuple[str, ...] = ()
    stopped: str = ""

    @property
    def word(self) -> str:
        """The exit in a word."""
        if self.stopped:
            return self.stopped
        if self.code in (-24, -9):  # SIGXCPU, and SIGKILL behind it
            return "out of time"
        if self.code < 0:
            return f"signal {-self.code}"
        broken = b"something broke inside" in self.stderr or b"Traceback" in self.stderr
        return f"{self.code}, broke" if broken else str(self.code)
