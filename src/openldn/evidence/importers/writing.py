"""Studies and sources as TOML text, in the form that `read_study` and `read_sources` take.

What equals its default is left out, so that a missing field stays missing. Running text is wrapped for
review; everything else is one basic string. Both escape what TOML escapes, so no text ends its string.
"""

import textwrap
from dataclasses import MISSING, Field, fields
from typing import Any

from openldn.evidence.study import Arm, Effect, Harm, KnownFault, Outcome, Recollection, Study
from openldn.notation import Source

_TABLES = (Arm, Effect, Harm, KnownFault, Outcome, Recollection)
_NOT_WRITTEN = ("id", "fingerprint", "key")
_ALWAYS = ("reading",)
# What `study_files` reads as prose, where a line break is a space.
_PROSE = (
    "design_detail", "population", "comparator_detail", "schedule", "funding", "concerns", "usable_note", "notes",
    "reading_note", "note", "words", "estimand", "recollection", "reason",
)  # fmt: skip
# A study's file begins as `study_files` reads it; what is not named here follows in the order of its class.
_FIRST = (
    "source", "label", "condition", "group", "design", "design_detail", "blinding", "population", "comparator",
    "comparator_detail", "dose_mg", "dose_text", "low_dose", "schedule", "duration_weeks", "n_planned", "n_enrolled",
    "n_randomised", "n_completed", "n_analysed", "cohort", "status", "in_article", "funding", "concerns", "usable",
    "name", "scale", "better", "measure", "estimate", "sign",
)  # fmt: skip
_IN_ORDER = {
    kind: tuple(sorted(fields(kind), key=lambda f: _FIRST.index(f.name) if f.name in _FIRST else len(_FIRST)))
    for kind in (Study, *_TABLES)
}
_WIDTH = 100


def study_text(study: Study) -> str:
    """The file of a study; the way back through `read_study` gives the same study."""
    return "\n".join(_lines(study, "")).lstrip("\n") + "\n"


def source_text(source: Source) -> str:
    """The table of a source in `sources.toml`. Its key must be letters, digits and hyphens."""
    lines = [f"[{source.key}]"]
    for f in fields(source):
        value = getattr(source, f.name)
        if f.name not in _NOT_WRITTEN and not _is_default(f, value):
            lines.append(f"{f.name} = {toml_value(value)}")
    return "\n".join(lines) + "\n"


def toml_string(text: str) -> str:
    """`text` as a basic string of TOML, whatever signs it holds."""
    return '"' + _escaped(text) + '"'


def _lines(record: Any, path: str) -> list[str]:
    scalars: list[str] = []
    tables: list[str] = []
    for f in _IN_ORDER[type(record)]:
        value = getattr(record, f.name)
        if f.name in _NOT_WRITTEN or (f.name not in _ALWAYS and _is_default(f, value)):
            continue
        inner = f"{path}.{f.name}" if path else f.name
        if isinstance(value, _TABLES):
            tables += ["", f"[{inner}]", *_lines(value, inner)]
        elif isinstance(value, tuple) and value and isinstance(value[0], _TABLES):
            for item in value:
                tables += ["", f"[[{inner}]]", *_lines(item, inner)]
        elif isinstance(value, str) and f.name in _PROSE and len(value) + len(f.name) + 5 > _WIDTH:
            scalars.append(f"{f.name} = {_wrapped(value)}")
        else:
            scalars.append(f"{f.name} = {toml_value(value)}")
    return scalars + tables


def _is_default(f: "Field[Any]", value: Any) -> bool:
    return f.default is not MISSING and bool(value == f.default) and type(value) is type(f.default)


def toml_value(value: Any) -> str:
    """A value of a field as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return toml_string(value)
    if isinstance(value, int | float):
        return repr(value)
    if value and isinstance(value[0], tuple):
        return "{ " + ", ".join(f"{toml_string(k)} = {toml_value(v)}" for k, v in value) + " }"
    # Lists of numbers are read as floats, where 6 and 6.0 are one.
    items = [repr(int(i)) if isinstance(i, float) and i.is_integer() else toml_value(i) for i in value]
    line = "[" + ", ".join(items) + "]"
    return line if len(line) < _WIDTH else "[\n" + "".join(f"  {item},\n" for item in items) + "]"


def _wrapped(text: str) -> str:
    lines = textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)
    return '"""\n' + "\n".join(_escaped(line) for line in lines) + '\n"""'


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)


_ESCAPES = {i: f"\\u{i:04x}" for i in (*range(0x20), 0x7F)} | {ord("\\"): "\\\\", ord('"'): '\\"'}
