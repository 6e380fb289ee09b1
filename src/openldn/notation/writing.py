"""Files that appear whole or not at all.

Everything is written beside its destination under a temporary name and moved into place only when
all of it is on the disk, so that a full disk or a stopped process leaves what was there before. A file goes into a folder
that is there: a mistyped path is refused, not made. Only a folder that was itself asked for is made, inside one that is there.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from openldn.notation.errors import OutputError


def write_whole(files: Mapping[Path, bytes], *, making: Path | None = None) -> None:
    """Write each path with its bytes. making: a folder that is made if it is missing, with what is below it.

    Raises OutputError, and leaves nothing new behind, when any of them cannot be written.
    """
    pending: list[tuple[str, Path]] = []
    path = next(iter(files), Path())
    made: list[Path] = []
    try:
        for path, content in files.items():
            if path.is_dir():
                raise OutputError(f'cannot write "{path}": it is a folder; name a file')
            made += _make_folder(path, making)
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


def check_file(path: Path) -> None:
    """Find out at once whether a file can be written at `path`, before what it is for is computed. Raises OutputError."""
    _refuse_name(path)
    if path.is_dir():
        raise OutputError(f'cannot write "{path}": it is a folder; name a file')
    _refuse_missing(path, path.parent)
    if not os.access(path.parent, os.W_OK):
        raise OutputError(
            f'cannot write "{path}": "{path.parent}" cannot be written to; choose another place'
        )


def check_folder(folder: Path) -> None:
    """Find out at once whether files can be written to `folder`, and leave no trace of it. Raises OutputError."""
    _refuse_name(folder)
    if folder.exists() and not folder.is_dir():
        raise OutputError(f'cannot write to "{folder}": it is a file; name a folder with --out')
    if not folder.exists():
        _refuse_missing(folder, folder.parent)
    probe = folder / ".openldn-probe"
    made = [p for p in (folder, *folder.parents) if not p.exists()]
    write_whole({probe: b""}, making=folder)
    probe.unlink()
    for path in made:
        path.rmdir()


def _refuse_name(path: Path) -> None:
    """Raise OutputError for a name that no file can have, or too long a one."""
    try:
        # A temporary file beside it has a longer name.
        os.stat(path.with_name(f".{path.name}.{'x' * 8}") if path.name else path)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise OutputError(f'cannot write "{path}": {error.strerror or error}; choose another name') from None
    except ValueError:  # a NUL or half a sign in the name
        raise OutputError(f'cannot write "{path}": no file can have this name; choose another') from None


def _refuse_missing(path: Path, folder: Path) -> None:
    if folder.is_dir():
        return
    if folder.exists():
        raise OutputError(f'cannot write "{path}": "{folder}" is no folder; choose another place')
    raise OutputError(
        f'cannot write "{path}": there is no folder "{folder}"; make it first, or choose another place'
    )


def _make_folder(path: Path, making: Path | None) -> list[Path]:
    """The folders made for `path`: none but `making` and those below it."""
    missing: list[Path] = []
    folder = path.parent
    while making is not None and folder.is_relative_to(making) and not folder.exists():
        missing.append(folder)
        folder = folder.parent
    _refuse_missing(path, folder)
    for part in reversed(missing):
        part.mkdir()
    return list(reversed(missing))
