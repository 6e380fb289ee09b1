"""Clinical scales: the one form of `symptom.model` with a table of its own for each scale of a condition.

    scale("fibromyalgia", "pain_nrs").model()      the whole model from dose to score

A table gives what a scale does without the drug (entry, natural course, placebo), from sources about
other treatments, and how large a change matters. What the drug might do is a prior that all scales share.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from openldn.engine import Entry, Model, assemble, read_entry
from openldn.notation import Record, UnknownName, read_toml
from openldn.pharmacology.drug import ROOM, block, entries, facts

FOLDER = ROOM / "clinical"
UNIT = "point"
_NEEDED = ("BASELINE", "CHANGE", "OWN")


@dataclass(frozen=True)
class Important:
    """The smallest change that matters to people: `value` points, or `share` of the score at entry."""

    value: float | None
    share: float | None
    rests_on: tuple[str, ...]
    why: str

    def points(self, baseline: float) -> float:
        return self.value if self.value is not None else float(self.share or 0.0) * baseline


@dataclass(frozen=True)
class Scale:
    """One scale of one condition; `entries` are its own numbers of symptom.model."""

    condition: str
    key: str
    name: str
    best: float
    worst: float
    important: Important | None
    file: str
    entries: Mapping[str, Entry] = field(repr=False)

    @property
    def id(self) -> str:
        return f"{self.condition}/{self.key}"

    def model(self) -> Model:
        """The model from dose to this score. Raises ModelTextError where a number does not fit."""
        return _model(self.condition, self.key)


@lru_cache(maxsize=1)
def scales() -> tuple[Scale, ...]:
    """Every scale, by condition in alphabetical order. Raises DataError with file, line and field."""
    return tuple(
        _scale(path.stem, key, record) for path in _files() for key, record in read_toml(path).tables()
    )


def scales_of(condition: str) -> tuple[Scale, ...]:
    """The scales of a condition, by its key; empty when it has none."""
    return tuple(s for s in scales() if s.condition == condition)


def scale(condition: str, key: str) -> Scale:
    """One scale. Raises UnknownName."""
    for found in scales():
        if (found.condition, found.key) == (condition, key):
            return found
    raise UnknownName("scale", f"{condition}/{key}", (s.id for s in scales()))


def _files() -> list[Path]:
    return sorted(FOLDER.glob("*.toml"))


@lru_cache(maxsize=64)
def _model(condition: str, key: str) -> Model:
    return assemble("symptom", block, {**entries(), **scale(condition, key).entries})


def _scale(condition: str, key: str, record: Record) -> Scale:
    best, worst = record.number("best"), record.number("worst")
    if best == worst:
        raise record.error(f'"best" and "worst" are both {best:g}', "worst")
    important = _important(record, abs(worst - best))
    name, file = record.text("name"), record.file.name
    own = {symbol: read_entry(symbol, inner, facts()) for symbol, inner in record.inner_tables()}
    for symbol in _NEEDED:
        if symbol not in own:
            raise record.error(f"a scale needs {symbol}", symbol)
    entry = own["BASELINE"].value
    if not min(best, worst) <= entry <= max(best, worst):
        raise record.error(f"BASELINE is {entry:g}; the scale runs from {best:g} to {worst:g}", "BASELINE")
    ends = {
        symbol: Entry(
            symbol, value, UNIT, f"{value:g} {UNIT}", "definition", "", file, record.file.line((key,)),
            why="an end of the scale",
        )
        for symbol, value in (("BEST", best), ("WORST", worst))
    }  # fmt: skip
    record.done()
    return Scale(condition, key, name, best, worst, important, file, {**own, **ends})


def _important(record: Record, length: float) -> Important | None:
    """The change that matters, above zero and within the length of the scale."""
    inner = record.table("important", None)
    if inner is None:
        return None
    found = Important(
        inner.number("value", None), inner.number("share", None), inner.texts("rests_on"), inner.text("why")
    )
    if (found.value is None) == (found.share is None):
        raise inner.error('give one of "value" and "share"', "value")
    for name, size, limit in (("value", found.value, length), ("share", found.share, 1.0)):
        if size is not None and not 0 < size <= limit:
            raise inner.error(f'"{name}" is {size:g}; possible is above 0 to {limit:g}', name)
    for fact in found.rests_on:
        if fact not in facts():
            raise inner.error(f'fact "{fact}" is not known', "rests_on")
    inner.done()
    return found
