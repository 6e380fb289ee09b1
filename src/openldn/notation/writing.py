"""Files that appear whole or not at all, and several of one run together or not at all.

Everything is written beside its destination and moved into place only when all of it is on the disk (`placing` says how), so
that a full disk or a stopped process leaves what was there before. A file goes into a folder that is there: a mistyped path
is refused, not made. Only a folder that was itself asked for is made, inside one that is there.

A new file has the rights that the umask leaves; one that replaces another keeps that one's. A link at the destination is
replaced itself, and what it points to stays. A device or a pipe is refused, and so is a file that the run reads.

What holds when: an error, a full disk or an interrupt leaves all old or all new. A process that is killed outright leaves each
file old or new; those of one folder are all old or all new again once the next run has written there, while files of one run
that go to different folders may then stay apart. A folder that was not there appears whole, killed or not.
"""

import os
import stat
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from openldn.notation.errors import OutputError
from openldn.notation.placing import Workspace, clear, move, move_folder, workspace, write_file

Content = bytes | Callable[[Path], None]  # a function writes the file at the path that it is given


def write_whole(files: Mapping[Path, Content], *, making: Path | None = None) -> None:
    """Write each path with its content. making: a folder that is made if it is missing, with what is below it.

    Raises OutputError, and leaves nothing new behind, when any of them cannot be written.
    """
    path = making or next(iter(files), Path())
    try:
        for path in files:
            _refuse_place(path, making)
        _refuse_twice(files)
        if making is not None and files and not making.exists():
            path = making
            if all(path.is_relative_to(making) for path in files) and _made_whole(files, making):
                return
        with ExitStack() as held:
            spaces = dict[str, Workspace]()
            for path, content in files.items():
                folder = making if making is not None and path.is_relative_to(making) else path.parent
                real = os.path.realpath(folder)
                if real not in spaces:
                    spaces[real] = held.enter_context(workspace(folder))
                if folder == making:
                    _make_below(path.parent, held)
                _write(spaces[real].place(os.path.relpath(path, folder)), content)
            if making is not None:
                clear(making.parent)  # of a run that was killed when it had just made the folder
            if files:
                move(list(spaces.values()))
    except OSError as error:
        raise OutputError(f'cannot write "{path}": {error.strerror or error}; choose another place') from None


def check_file(path: Path, *, reads: Iterable[Path] = ()) -> None:
    """Find out at once whether a file can be written at `path`, before what it is for is computed.

    reads: files that the run reads; none of them is written over. Raises OutputError.
    """
    _refuse_place(path, None)
    if not os.access(path.parent, os.W_OK):
        raise OutputError(
            f'cannot write "{path}": "{path.parent}" cannot be written to; choose another place'
        )
    for other in reads:
        if same_file(path, other):
            raise OutputError(
                f'cannot write "{path}": it is "{other}", which this run reads; choose another name'
            )


def check_folder(folder: Path) -> None:
    """Find out at once whether files can be written to `folder`, and leave no trace of it. Raises OutputError."""
    if _mode(folder) and not folder.is_dir():
        raise OutputError(f'cannot write to "{folder}": it is a file; name a folder with --out')
    if not folder.exists():
        _refuse_missing(folder, folder.parent)
    try:
        with workspace(folder if folder.exists() else folder.parent):
            return
    except OSError as error:
        raise OutputError(
            f'cannot write to "{folder}": {error.strerror or error}; choose another place'
        ) from None


def same_file(a: Path, b: Path) -> bool:
    """Whether two paths lead to one file, by links too, or would, where there is none yet."""
    try:
        return os.path.samefile(a, b)
    except (OSError, ValueError):
        return os.path.realpath(a) == os.path.realpath(b)


def _made_whole(files: Mapping[Path, Content], making: Path) -> bool:
    """Whether the folder could be made beside its place and moved there whole; not where somebody else just made it."""
    with workspace(making.parent) as space:
        whole = space.path / "folder"
        whole.mkdir()
        for path, content in files.items():
            place = whole / path.relative_to(making)
            place.parent.mkdir(parents=True, exist_ok=True)
            _write(place, content)
        try:
            move_folder(space, whole, making)
        except OSError:
            if making.is_dir():
                return False
            raise
    return True


def _make_below(folder: Path, held: ExitStack) -> None:
    """Make a folder with those above it that are missing; they go again if nothing gets into them."""
    missing = [f for f in (folder, *folder.parents) if not f.exists()]
    for made in reversed(missing):
        made.mkdir()
        held.callback(_remove_empty, made)


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def _write(place: Path, content: Content) -> None:
    if isinstance(content, bytes):
        write_file(place, content)
    else:
        content(place)


def _refuse_twice(files: Iterable[Path]) -> None:
    seen = dict[tuple[str, str], Path]()
    for path in files:
        place = os.path.realpath(path.parent), path.name
        if place in seen:
            raise OutputError(f'two files of this run would both go to "{path}"; name two files')
        seen[place] = path


def _refuse_place(path: Path, making: Path | None) -> None:
    """Raise OutputError where `path` is a folder, a device or a pipe, or its folder neither is there nor will be made."""
    found = _mode(path)
    if found and stat.S_ISDIR(found):
        raise OutputError(f'cannot write "{path}": it is a folder; name a file')
    if found and not stat.S_ISREG(found):
        raise OutputError(f'cannot write "{path}": it is a device or a pipe; name a file')
    folder = path.parent
    while making is not None and folder.is_relative_to(making) and not folder.exists():
        folder = folder.parent
    _refuse_missing(path, folder)


def _mode(path: Path) -> int | None:
    """Kind and rights of what is at `path`, None where there is nothing. Raises OutputError for an impossible name."""
    try:
        return os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError:
        raise OutputError(f'cannot write "{path}": no file can have this name; choose another') from None
    except OSError as error:
        raise OutputError(f'cannot write "{path}": {error.strerror}; choose another place') from None


def _refuse_missing(path: Path, folder: Path) -> None:
    if folder.is_dir():
        return
    if folder.exists():
        raise OutputError(f'cannot write "{path}": "{folder}" is no folder; choose another place')
    raise OutputError(
        f'cannot write "{path}": there is no folder "{folder}"; make it first, or choose another place'
    )
