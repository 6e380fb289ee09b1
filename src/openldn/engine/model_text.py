"""The text language of models: equations as a paper prints them, one declaration a line.

    # a comment
    model    naltrexone : what it is, in a line
    include  receptors                              # another block, by name
    switch   block = 1 : opioid receptors are blocked at all
    choice   kinetics = biophase | plasma : how the brain fills   # kinetics_biophase = 1, kinetics_plasma = 0
    parameter CL [L/h] : clearance                  # its value stands in the table beside the file …
    parameter KA [1/h] = 1.2 from 0 to 50 cv 0.3 : absorption   # … or here, with what is possible and how persons differ
    state    gut [ug] : drug not yet absorbed       # starts at 0, or at an expression: gut [ug] = GUT0
    dose     oral -> gut * salt                     # what a dose of this route puts where
    dose     iv [mg] -> A1 * F1 lag ALAG1 rate R1 duration D1   # all after the state is optional
    C [ug/L] = A1 / V1 : plasma concentration       # an assignment, in any order
    d/dt(gut) = -KA * gut

Units are checked in every equation. `t` is time in hours, `tad` that since the last dose. A line that is none of these is refused
with its number; nothing is ever run as Python.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from openldn.engine.expressions import Expression, Number, parse_expression
from openldn.notation import ModelTextError, QuantityError, parse_number, parse_unit

LARGEST_CV = 3.0  # between persons; beyond, a lognormal describes nothing that lives
DOSE_UNIT = "mg"  # of amounts, unless a dose line says another
RESERVED = frozenset({"t", "d", "dt", "pi", "tad", "if", "and", "or", "not"})
_SIZE_LIMIT, _LINE_LIMIT = 400_000, 5000
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_UNIT = r"\[(?P<unit>[^\]]*)\]"
_TAIL = r"(?:\s*:\s+(?P<meaning>.*))?"
_LINES = {
    "model": re.compile(rf"model\s+(?P<name>{_NAME}){_TAIL}"),
    "include": re.compile(rf"include\s+(?P<name>{_NAME})"),
    "switch": re.compile(rf"switch\s+(?P<name>{_NAME})\s*=\s*(?P<value>[01]){_TAIL}"),
    "choice": re.compile(
        rf"choice\s+(?P<name>{_NAME})\s*=\s*(?P<options>{_NAME}(?:\s*\|\s*{_NAME})+){_TAIL}"
    ),
    "parameter": re.compile(
        rf"parameter\s+(?P<name>{_NAME})\s*{_UNIT}"
        rf"(?:\s*=\s*(?P<value>[^:]+?)(?:\s+from\s+(?P<low>[^\s:]+)(?:\s+to\s+(?P<high>[^\s:]+))?)?"
        rf"(?:\s+cv\s+(?P<cv>[^\s:]+))?)?{_TAIL}"
    ),
    "state": re.compile(rf"state\s+(?P<name>{_NAME})\s*{_UNIT}(?:\s*=\s*(?P<value>[^:]+?))?{_TAIL}"),
    "dose": re.compile(
        rf"dose\s+(?P<route>{_NAME})\s*(?:{_UNIT}\s*)?->\s*(?P<name>{_NAME})(?:\s*\*\s*(?P<value>[^:]+?))?"
        rf"(?:\s+lag\s+(?P<lag>[^:]+?))?(?:\s+rate\s+(?P<rate>[^:]+?))?(?:\s+duration\s+(?P<duration>[^:]+?))?{_TAIL}"
    ),
    "rate": re.compile(rf"d/dt\(\s*(?P<name>{_NAME})\s*\)\s*=\s*(?P<value>[^:]+?){_TAIL}"),
    "assignment": re.compile(rf"(?P<name>{_NAME})\s*{_UNIT}\s*=\s*(?P<value>[^:]+?){_TAIL}"),
}


@dataclass(frozen=True)
class Line:
    """One declaration: `kind` is a key of the grammar above; `expression` is None where there is none.

    Of a dose, `expression` is the share that arrives and `unit` that of its amounts. `low` and `high` are the
    ends of what is possible for a parameter whose number stands in the text, `cv` is that of a lognormal between persons.
    """

    kind: str
    name: str
    file: str
    line: int
    unit: str = ""
    expression: Expression | None = None
    meaning: str = ""
    route: str = ""
    options: tuple[str, ...] = ()
    lag: Expression | None = None
    rate: Expression | None = None
    duration: Expression | None = None
    low: float | None = None
    high: float | None = None
    cv: float | None = None
    slopes: "DoseSlopes | None" = None


@dataclass(frozen=True)
class DoseSlopes:
    """What a dose line is, of which another is the derivative by a parameter, and the derivatives of all its numbers.

    turns: what a unit at once into the line's state does to the rate of each state's derivative, by its name; None
        where that changes with the states, so that a delay's derivative cannot be had.
    """

    of: Line
    share: Expression
    lag: Expression
    rate: Expression
    duration: Expression
    turns: Mapping[str, Expression] | None


@dataclass(frozen=True)
class Block:
    """One file of equations."""

    name: str
    file: str
    lines: tuple[Line, ...] = field(repr=False)
    meaning: str = ""

    def of(self, kind: str) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.kind == kind)


def parse_block(text: str, *, file: str) -> Block:
    """The block in `text`. Raises ModelTextError with file and line for anything that does not read."""
    if len(text) > _SIZE_LIMIT:
        raise ModelTextError(f"is {len(text):,} characters long; the limit is {_SIZE_LIMIT:,}", file=file)
    lines = []
    for number, raw in enumerate(text.splitlines(), 1):
        if len(raw) > _LINE_LIMIT:
            raise ModelTextError(
                f"a line of {len(raw):,} characters; the limit is {_LINE_LIMIT:,}", file=file, line=number
            )
        stripped = " ".join(raw.split("#", 1)[0].split())
        if stripped:
            line = _line(stripped, file, number)
            lines.append(line)
            lines += [
                replace(
                    line,
                    kind="switch",
                    name=f"{line.name}_{option}",
                    expression=Number(float(i == 0)),
                    options=(),
                )
                for i, option in enumerate(line.options)
            ]
    heads = [line for line in lines if line.kind == "model"]
    if len(heads) != 1:
        raise ModelTextError('needs exactly one line "model NAME : description"', file=file)
    return Block(heads[0].name, file, tuple(lines), heads[0].meaning)


def _line(text: str, file: str, number: int) -> Line:
    kind = _kind(text)
    match = _LINES[kind].fullmatch(text)
    if match is None:
        raise ModelTextError(
            f'"{text[:70]}" does not read as {_article(kind)}; see the language in the documentation',
            file=file,
            line=number,
        )
    got = match.groupdict()
    if got["name"] in RESERVED:
        raise ModelTextError(f'"{got["name"]}" is a reserved name; choose another', file=file, line=number)
    if got.get("unit") is not None:
        try:
            parse_unit(got["unit"])
        except QuantityError as error:
            raise ModelTextError(f"{got['name']}: {error}", file=file, line=number) from None
    expression: Expression | None = None
    if kind == "parameter" and got["value"] is not None:
        expression = _number(got["name"], got["value"], file, number)
    elif got.get("value") is not None:
        expression = parse_expression(got["value"], file=file, line=number)
    elif kind == "dose":
        expression = Number(1.0)
    timing = {
        word: parse_expression(got[word], file=file, line=number)
        for word in ("lag", "rate", "duration")
        if got.get(word) is not None
    }
    low, high = _range(got, file, number)
    return Line(
        kind,
        got["name"],
        file,
        number,
        unit=got.get("unit") or (DOSE_UNIT if kind == "dose" else ""),
        expression=expression,
        meaning=(got.get("meaning") or "").strip(),
        route=got.get("route") or "",
        options=tuple(re.split(r"\s*\|\s*", got["options"])) if got.get("options") else (),
        lag=timing.get("lag"),
        rate=timing.get("rate"),
        duration=timing.get("duration"),
        low=low,
        high=high,
        cv=_cv(got, file, number),
    )


def _range(got: Mapping[str, str | None], file: str, line: int) -> tuple[float | None, float | None]:
    """The ends of what is possible for a parameter, as far as they are given."""
    name, value = str(got["name"]), got.get("value")
    low, high = (
        None if text is None else _number(name, text, file, line).value
        for text in (got.get("low"), got.get("high"))
    )
    if low is not None and not low <= float(str(value)) <= (math.inf if high is None else high):
        raise ModelTextError(f'parameter "{name}" is {value}, outside its own range', file=file, line=line)
    return low, high


def _cv(got: Mapping[str, str | None], file: str, line: int) -> float | None:
    text, name = got.get("cv"), str(got["name"])
    if text is None:
        return None
    cv = _number(name, text, file, line).value
    wrong = ""
    if not 0 < cv < LARGEST_CV:
        wrong = f'the cv of "{name}" is {text}; a coefficient of variation lies between 0 and {LARGEST_CV:g}'
    elif float(str(got["value"])) <= 0:
        wrong = f'"{name}" is {got["value"]}; what is lognormal is above 0'
    if wrong:
        raise ModelTextError(wrong, file=file, line=line)
    return cv


def _number(name: str, text: str, file: str, line: int) -> Number:
    try:
        return Number(parse_number(text, what=f'parameter "{name}"'))
    except QuantityError as error:
        raise ModelTextError(f"{error}; a formula is an assignment", file=file, line=line) from None


def _kind(text: str) -> str:
    first = text.split(maxsplit=1)[0]
    if text.startswith("d/dt"):
        return "rate"
    return first if first in _LINES and first not in ("rate", "assignment") else "assignment"


def _article(kind: str) -> str:
    return {"rate": 'a rate "d/dt(X) = …"', "assignment": 'an assignment "NAME [unit] = …"'}.get(
        kind, f"a line of the kind {kind}"
    )
