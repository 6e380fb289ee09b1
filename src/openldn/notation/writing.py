"""Files that appear whole or not at all.

Everything is written beside its destination under a temporary name and moved into place only when
all of it is on the disk, so that a full disk or a stopped process leaves what was there before.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from openldn.notation.errors import OutputError


def write_whole(files: Mapping[Path, bytes]) -> None:
    """Write each path with its bytes; folders are made as needed.

    Raises OutputError, and leaves nothing new behind, when any of them cannot be written.
    """
    pending: list[tuple[str, Path]] = []
    path = next(iter(files), Path())
    made: list[Path] = []
    try:
        for path, content in files.items():
            if path.is_dir():
                raise OutputError(f'cannot write "{path}": it is a folder; name a file')
            made += _make_folder(path.parent)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            pending.append((temporary, path))
            with os.fdopen(handle, "wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            os.chmod(temporary, 0o644)
        while pending:
            temporary, path = pending[0]
            os.replace(temporary, path)
            pending.pop(0)
        made = []
    except OSError as error:
        raise OutputError(f'cannot write "{path}": {error.strerror or error}; choose another place') from None
    finally:
        for temporary, _ in pending:
            Path(temporary).unlink(missing_ok=True)
        for folder in reversed(made):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def check_folder(folder: Path) -> None:
    """Find out at once whether files can be written to `folder`, and leave no trace of it. Raises OutputError."""
    if folder.exists() and not folder.is_dir():
        raise OutputError(f'cannot write to "{folder}": it is a file; name a folder with --out')
    probe = folder / ".openldn-probe"
    made = [p for p in (folder, *folder.parents) if not p.exists()]
    write_whole({probe: b""})
    probe.unlink()
    for path in made:
        path.rmdir()


def _make_folder(folder: Path) -> list[Path]:
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for part in reversed(missing):
        part.mkdir()
    return list(reversed(missing))
