"""Models of textbook pharmacokinetics that come with the engine, one file each in `library/`."""

from functools import lru_cache
from pathlib import Path

from openldn.engine.model_text import BYTES, Block, parse_block
from openldn.notation import UnknownName, package_name, read_regular, text_of

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
    return parse_block(text_of(read_regular(path, BYTES, name=name), name), file=name)
