"""Files from strangers: only regular ones, and never more of one than its limit."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from openldn.notation.errors import DataError
from openldn.notation.limits import Limit

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


def read_regular(path: Path, most: Limit, *, name: str | None = None) -> bytes:
    """The bytes of the regular file at `path`, whose size is looked at before anything is read.

    name: what messages call the file; its last part by default.
    Raises DataError where there is none, where it is a folder, a pipe or a device, and where it holds more than `most`.
    """
    called = path.name if name is None else name
    try:
        # Without waiting: the opening of a pipe to which nobody writes would never return.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", file=called) from None
    except ValueError:  # a NUL or half a sign in the name
        raise DataError("cannot be read: no file can have this name", file=called) from None
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            kind = next((words for test, words in _KINDS if test(found.st_mode)), "no file")
            raise DataError(f"cannot be read: it is {kind}; name a regular file", file=called)
        if found.st_size > most:
            raise DataError(f"is {found.st_size:,} bytes; the limit is {most}", file=called)
        with os.fdopen(handle, "rb", closefd=False) as file:
            raw = file.read(int(most) + 1)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", file=called) from None
    finally:
        os.close(handle)
    if len(raw) > most:
        raise DataError(f"is more than {len(raw) - 1:,} bytes; the limit is {most}", file=called)
    return raw


def read_stream(stream: BinaryIO, most: Limit, *, name: str) -> bytes:
    """The bytes of a stream such as stdin, called `name` in messages. Raises DataError where it holds more than `most`."""
    raw = stream.read(int(most) + 1)
    if len(raw) > most:
        raise DataError(f"is more than {int(most):,} bytes; the limit is {most}", file=name)
    return raw


def text_of(raw: bytes, name: str, *, kind: str = "UTF-8") -> str:
    """The text in the bytes of the file `name`, with or without a byte order mark.

    kind: what to save it as, for the message. Raises DataError, with the line, where it is not UTF-8.
    """
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DataError(f"is not UTF-8 text; save it as {kind}", file=name, line=line) from None
