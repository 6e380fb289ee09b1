"""The model that a user means: ours by name, one of the library, that of a clinical scale, or a file of their own.

    named_model("ldn")                       the whole model; any block's name gives what it includes
    named_model("fibromyalgia/pain_nrs")     from dose to one score
    named_model("two_compartments")          a model of the library
    named_model("mine.model")                a file; what it includes stands beside it, or is a block of ours

The numbers of a user's block stand in the text or in a table of the same name beside it, `mine.toml`.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from openldn import pharmacology
from openldn.engine import Block, Entry, Model, assemble, read_table
from openldn.engine.shipped import LIBRARY, read_block, shipped_block, shipped_names
from openldn.notation import Fingerprint, ModelTextError, UnknownName, fingerprint, read_toml

STATES = 300  # of a model that is solved record by record


@dataclass(frozen=True)
class Found:
    """A model with the files that its equations and numbers come from."""

    model: Model
    files: tuple[Fingerprint, ...]


def named_model(text: str) -> Found:
    """The model that `text` names. Raises UnknownName, or DataError with file and line for a file at fault."""
    found = _named(text)
    if len(found.model.states) > STATES:
        raise ModelTextError(
            f"has {len(found.model.states)} states; the limit is {STATES}, for lack of memory",
            file=found.model.blocks[0].file,
        )
    return found


def _named(text: str) -> Found:
    blocks = [name for name in pharmacology.block_names() if name != "symptom"]  # that one is of a scale
    if text in blocks:
        return Found(pharmacology.model(text), pharmacology.fingerprints())
    scales = {scale.id: scale for scale in pharmacology.scales()}
    if text in scales:
        return Found(scales[text].model(), pharmacology.fingerprints())
    if text in shipped_names():
        model = assemble(text, shipped_block)
        return Found(model, tuple(_of_library(part.name) for part in model.blocks))
    if text.endswith(".model") or os.path.isfile(text):
        return _File(Path(text)).read()
    raise UnknownName("model", text, [*blocks, *scales, *shipped_names()])


def _of_library(name: str) -> Fingerprint:
    return fingerprint(LIBRARY / f"{name}.model", f"{name}.model")


class _File:
    """A user's file with the blocks that it includes: those beside it, and else ours."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.files: list[Fingerprint] = []
        self.entries: dict[str, Entry] = {}
        self.blocks: dict[str, Block] = {}
        self.ours: list[Block] = []

    def read(self) -> Found:
        first = self.own(self.path)
        self.blocks[first.name] = first
        waiting = [first]
        while waiting:
            for line in waiting.pop().of("include"):
                if line.name not in self.blocks:
                    self.blocks[line.name] = self.block(line.name)
                    waiting.append(self.blocks[line.name])
        # Our numbers come with our blocks only: a parameter of a user's own is never filled from ours.
        names = {line.name for block in self.ours for line in block.of("parameter")}
        ours = {name: entry for name, entry in pharmacology.entries().items() if name in names}
        numbers = {**ours, **self.entries}
        model = assemble(first.name, self.blocks.__getitem__, numbers)
        return Found(model, (*self.files, *(pharmacology.fingerprints() if self.ours else ())))

    def block(self, name: str) -> Block:
        place = self.path.with_name(f"{name}.model")
        if place.is_file():
            return self.own(place)
        if name in shipped_names():
            self.files.append(_of_library(name))
            return shipped_block(name)
        if name not in pharmacology.block_names():
            beside = (p.stem for p in self.path.parent.glob("*.model"))
            known = [*beside, *pharmacology.block_names(), *shipped_names()]
            raise ModelTextError(str(UnknownName("included block", name, known)), file=self.path.name)
        self.ours.append(pharmacology.block(name))
        return self.ours[-1]

    def own(self, place: Path) -> Block:
        block = read_block(place, place.name)
        self.files.append(fingerprint(place, place.name))
        table = place.with_suffix(".toml")
        if table.is_file():
            file = read_toml(table, table.name)
            self.files.append(file.fingerprint)
            self.entries |= read_table(file, pharmacology.facts())
        return block
