"""Models by name or by file: ours, the engine's library, or a user's own text."""

from collections.abc import Callable
from pathlib import Path

from openldn.engine import Block, Model, assemble
from openldn.engine.shipped import LIBRARY, read_block, shipped_block, shipped_names
from openldn.notation import Fingerprint, ModelTextError, UnknownName, fingerprint
from openldn.pharmacology import block, block_names, entries, fingerprints
from openldn.pharmacology import model as naltrexone

STATES = 300  # of a model that is solved record by record


def find_model(name: str) -> Model:
    """The model that `name` means: a block of pharmacology, a model of the library, or else a file.

    A file may include its neighbours, and blocks of ours, whose numbers then come with them. Raises UnknownName,
    DataError for a file that cannot be read, ModelTextError with file and line for one that does not fit together.
    """
    if name in block_names():
        return _checked(naltrexone(name))
    if name in shipped_names():
        return _checked(assemble(name, shipped_block))
    path = Path(name)
    if path.suffix == ".model" or path.is_file():
        return _checked(_own(path))
    raise UnknownName("model", name, [*block_names(), *shipped_names()])


def fingerprints_of(model: Model, name: str) -> tuple[Fingerprint, ...]:
    """The files that a model was made from."""
    found = list(fingerprints()) if any(p.entry for p in model.parameters.values()) else []
    for part in model.blocks:
        if part.name in shipped_names() and part is shipped_block(part.name):
            found.append(fingerprint(LIBRARY / f"{part.name}.model", part.file))
        elif part.name not in block_names() or part is not block(part.name):
            found.append(fingerprint(Path(name).parent / part.file, part.file))
    return tuple(dict.fromkeys(found))


def _own(path: Path) -> Model:
    main = read_block(path, path.name)
    fetched: dict[str, Block] = {main.name: main}

    def fetch(name: str) -> Block:
        if name not in fetched:
            fetched[name] = _included(path.parent, name, main.file)
        return fetched[name]

    numbers = {key: entry for key, entry in entries().items() if key in _of_ours(main, fetch)}
    return assemble(main.name, fetch, numbers)


def _included(folder: Path, name: str, by: str) -> Block:
    beside = folder / f"{name}.model"
    if beside.is_file():
        return read_block(beside, beside.name)
    if name in block_names():
        return block(name)
    if name in shipped_names():
        return shipped_block(name)
    known = [*(p.stem for p in folder.glob("*.model")), *block_names(), *shipped_names()]
    raise ModelTextError(str(UnknownName("included block", name, known)), file=by)


def _of_ours(main: Block, fetch: Callable[[str], Block]) -> set[str]:
    """The parameters whose numbers stand in our tables, as our blocks are included."""
    seen, waiting, found = set[str](), [main], set[str]()
    while waiting:
        here = waiting.pop()
        if here.name in seen:
            continue
        seen.add(here.name)
        if here.name in block_names() and here is block(here.name):
            found |= {line.name for line in here.of("parameter")}
        waiting += [fetch(line.name) for line in here.of("include")]
    return found


def _checked(model: Model) -> Model:
    if len(model.states) > STATES:
        raise ModelTextError(
            f"has {len(model.states)} states; the limit is {STATES}, for lack of memory",
            file=model.blocks[0].file,
        )
    return model
