"""Models of textbook pharmacokinetics that come with the engine, one file each in `library/`."""

from functools import lru_cache
from pathlib import Path

from openldn.engine.model_text import Block, parse_block
from openldn.notation import DataError, UnknownName, package_name

LIBRARY = Path(__file__).parent / "library"


def shipped_names() -> tuple[str, ...]:
    """The names of the models in the library, sorted."""
    return tuple(sorted(path.stem for path in LIBRARY.glob("*.model")))


@lru_cache(maxsize=16)
def shipped_block(name: str) -> Block:
    """A model of the library. Raises UnknownName."""
    if name not in shipped_names():
        raise UnknownName("model", name, shipped_names())
    path = LIBRARY / f"{name}.model"
    return read_block(path, package_name(path))


def read_block(path: Path, name: str) -> Block:
    """The block in a file, called `name` in messages. Raises DataError, or ModelTextError with file and line."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", file=name) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DataError("is not UTF-8 text; save it as UTF-8", file=name, line=line) from None
    return parse_block(text, file=name)
