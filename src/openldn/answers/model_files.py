"""The model that a user means: ours by name, one of the library, that of a clinical scale, a file, or the text itself.

    named_model("ldn")                       the whole model; any block's name gives what it includes
    named_model("fibromyalgia/pain_nrs")     from dose to one score
    named_model("two_compartments")          a model of the library
    named_model("mine.model")                a file; what it includes stands beside it, or is a block of ours
    named_model("model mine : …\\n…")         the text itself, of more than one line

The numbers of a user's block stand in the text, in a table of the same name beside it, `mine.toml`, or in a table that
is named: a TOML file, or numbers by parameter for those that have no value.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openldn import pharmacology
from openldn.engine import (
    Block,
    Correlation,
    Entry,
    Model,
    Parameter,
    assemble,
    parse_block,
    read_correlations,
    read_table,
)
from openldn.engine.model_text import BLOCKS, Line
from openldn.engine.setting import number_for
from openldn.engine.shipped import LIBRARY, read_block, shipped_block, shipped_names
from openldn.notation import (
    DataError,
    Fingerprint,
    InputError,
    Limit,
    ModelTextError,
    UnknownName,
    fingerprint,
    read_toml,
    suggestion,
    text_given,
)
from openldn.pharmacology.drug import correlations

Source = str | os.PathLike[str]
Numbers = Source | Mapping[str, Any]  # a TOML file, or numbers by parameter
STATES = Limit(300, "states", "of a model from a file")
EQUATIONS = Limit(1000, "equations", "of a model from a file")  # the compiler takes the square of them
TEXT, TABLE = "the model", "the table"  # what messages call what is no file


@dataclass(frozen=True)
class Found:
    """A model with the files that its equations and numbers come from; `places` are those that are a user's own."""

    model: Model
    files: tuple[Fingerprint, ...]
    places: tuple[Path, ...] = ()


def model(source: Source, table: Numbers | None = None) -> Model:
    """A model from a name of ours or of the library, a path, or the text itself.

    source: "ldn" or a block of it, "fibromyalgia/pain_nrs" or another clinical scale, "two_compartments" or another
        model of the library, a path to a file, or a text of more than one line in the language of models.
    table: a path to a TOML table of parameters, or their numbers by name for those without a value, each in the
        model's unit or a text with a unit.
    Raises UnknownName for a name that there is not, DataError or ModelTextError with file and line for a file or text
    at fault, InputError or QuantityError for a table that does not fit.

    >>> import openldn as ldn
    >>> ldn.model("one_compartment").parameters["CL"].unit
    'L/h'
    >>> m = ldn.model('''
    ... model decay : a drug that is lost
    ... parameter K [1/h] : loss
    ... state A [mg]
    ... dose iv -> A
    ... d/dt(A) = -K * A
    ... ''', table={"K": "12 1/d"})
    >>> m.parameters["K"].value
    0.5
    """
    return named_model(source, table).model


def named_model(source: Source, table: Numbers | None = None) -> Found:
    """The same with the files behind it. Raises what `model` raises."""
    found = _named(source, table)
    if len(found.model.states) > STATES:
        raise ModelTextError(
            f"has {len(found.model.states)} states; the limit is {STATES:,}, for lack of memory",
            file=found.model.blocks[0].file,
        )
    equations = len(found.model.states) + len(found.model.assignments)
    if equations > EQUATIONS:
        raise ModelTextError(
            f"has {equations:,} equations; the limit is {EQUATIONS:,}: split the model",
            file=found.model.blocks[0].file,
        )
    return found


def _named(source: Source, table: Numbers | None) -> Found:
    if not isinstance(source, str | os.PathLike):
        raise InputError(f"a model is a name, a path or a text, not {type(source).__name__}")
    if not isinstance(table, None | str | os.PathLike | Mapping):
        raise InputError(f"a table is a path or numbers by parameter, not {type(table).__name__}")
    text = text_given(os.fspath(source), "model", "two_compartments")
    if "\n" in text:
        return _Own(None, table).read(parse_block(text, file=TEXT), _of_text(text))
    if isinstance(source, os.PathLike):
        return _file(text, table)
    blocks = [name for name in pharmacology.block_names() if name != "symptom"]  # that one is of a scale
    scales = {scale.id: scale for scale in pharmacology.scales()}
    if text in scales and table is not None:
        raise InputError(f"{text} has a table of its own; change its numbers with Model.set")
    if text in scales:
        return Found(scales[text].model(), pharmacology.fingerprints())
    if text in blocks and table is None:
        return Found(pharmacology.model(text), pharmacology.fingerprints())
    if text in blocks or text in shipped_names():
        own = _Own(None, table)
        return own.read(own.block(text))
    if text.endswith(".model") or os.path.isfile(text):
        return _file(text, table)
    raise UnknownName("model", text, [*blocks, *scales, *shipped_names()])


def _file(text: str, table: Numbers | None) -> Found:
    own = _Own(Path(text), table)
    return own.read(own.own(Path(text)))


def _of_library(name: str) -> Fingerprint:
    return fingerprint(LIBRARY / f"{name}.model", f"{name}.model")


def _of_text(text: str) -> Fingerprint:
    return Fingerprint(TEXT, hashlib.sha256(text.encode()).hexdigest())


class _Own:
    """A user's model with the blocks that it includes: those beside its file, and else ours."""

    def __init__(self, path: Path | None, table: Numbers | None) -> None:
        self.path, self.table = path, table
        self.files: list[Fingerprint] = []
        self.places: list[Path] = []
        self.entries: dict[str, Entry] = {}
        self.correlations: list[Correlation] = []
        self.blocks: dict[str, Block] = {}
        self.ours: list[Block] = []

    def read(self, first: Block, *files: Fingerprint) -> Found:
        self.files += files
        self.blocks[first.name] = first
        waiting = [first]
        while waiting:
            for line in waiting.pop().of("include"):
                if line.name not in self.blocks:
                    if len(self.blocks) >= BLOCKS:
                        raise ModelTextError(
                            f"goes beyond the limit of the model, {BLOCKS}", file=line.file, line=line.line
                        )
                    self.blocks[line.name] = self.block(line.name, file=first.file)
                    waiting.append(self.blocks[line.name])
        # Our numbers come with our blocks only: a parameter of a user's own is never filled from ours.
        names = {line.name for block in self.ours for line in block.of("parameter")}
        ours = {name: entry for name, entry in pharmacology.entries().items() if name in names}
        lines = {line.name: line for block in self.blocks.values() for line in block.of("parameter")}
        if isinstance(self.table, Mapping):
            self.entries |= _numbers(self.table, lines, {**ours, **self.entries})
        elif self.table is not None:
            self.entries |= self.named_table(Path(self.table), lines)
        found = assemble(
            first.name, self.blocks.__getitem__, {**ours, **self.entries},
            (*self.correlations, *(correlations() if self.ours else ())),
        )  # fmt: skip
        ours_too = pharmacology.fingerprints() if self.ours else ()
        return Found(found, (*self.files, *ours_too), tuple(self.places))

    def block(self, name: str, *, file: str = "") -> Block:
        place = self.path.with_name(f"{name}.model") if self.path else None
        if place is not None and os.path.lexists(place):
            return self.own(place)
        if name in shipped_names():
            self.files.append(_of_library(name))
            return shipped_block(name)
        if name not in pharmacology.block_names():
            beside = [p.stem for p in self.path.parent.glob("*.model")] if self.path else []
            known = [*beside, *pharmacology.block_names(), *shipped_names()]
            raise ModelTextError(str(UnknownName("included block", name, known)), file=file)
        self.ours.append(pharmacology.block(name))
        return self.ours[-1]

    def own(self, place: Path) -> Block:
        block = read_block(place, place.name)
        self.files.append(fingerprint(place, place.name))
        self.places.append(place)
        table = place.with_suffix(".toml")
        if os.path.lexists(table):
            self.entries |= self.of_table(table)
        return block

    def of_table(self, table: Path) -> dict[str, Entry]:
        file = read_toml(table, table.name)
        self.files.append(file.fingerprint)
        self.places.append(table)
        found = read_table(file, pharmacology.facts())
        self.correlations += read_correlations(file, found, pharmacology.facts())
        return found

    def named_table(self, table: Path, lines: Mapping[str, Line]) -> dict[str, Entry]:
        """The same, where every entry has to be of the model: a slip of the pen would leave another number in use."""
        found = self.of_table(table)
        for name, entry in found.items():
            if name not in lines:
                raise DataError(
                    f'"{name}" is no parameter of the model; {suggestion(name, lines)}',
                    file=entry.file, line=entry.line, field=name,
                )  # fmt: skip
        return found


def _numbers(
    given: Mapping[str, Any], lines: Mapping[str, Line], known: Mapping[str, Entry]
) -> dict[str, Entry]:
    """Entries for parameters without a value. Raises UnknownName, QuantityError, or InputError for one that has one."""
    found = {}
    for name, value in given.items():
        line = lines.get(name)
        if line is None:
            raise UnknownName("parameter", str(name), lines)
        if line.expression is not None or name in known:
            where = f"{line.file}, line {line.line}" if line.expression is not None else known[name].file
            raise InputError(f'"{name}" has its value in {where}; change it with Model.set')
        number = number_for(Parameter(name, 1.0, line.unit, line.meaning), value)
        found[name] = Entry(
            name, number, line.unit, str(value), "definition", "", TABLE, None, why="given with the model"
        )
    return found
