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
    at T_STOP : gut = 0 ug                          # at an hour of its own
    when C > LIMIT : dose iv RESCUE                 # each time that a condition becomes true
    observe DV [ug/L] = C * (1 + S * noise) lloq 0.1 ug/L : what the assay prints

Units are checked in every equation. `t` is time in hours, `tad` that since the last dose. A line that is none of these is refused
with its number; nothing is ever run as Python.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from openldn.engine.expressions import Expression, Number, parse_condition, parse_expression
from openldn.notation import Limit, ModelTextError, QuantityError, parse_number, parse_unit

LARGEST_CV = 3.0  # between persons; beyond, a lognormal describes nothing that lives
DOSE_UNIT = "mg"  # of amounts, unless a dose line says another
RESERVED = frozenset({"t", "d", "dt", "pi", "tad", "if", "and", "or", "not", "noise", "noise2"})
BYTES = Limit(400_000, "bytes", "of a model's file")
_LINE = Limit(5000, "characters", "of a line of a model")
ACTIONS = Limit(500, "lines at and when", "of a model")
OBSERVATIONS = Limit(200, "lines observe", "of a model")
BLOCKS = Limit(200, "blocks", "of a model")
LINES = Limit(10_000, "lines that say something", "of a model, with all that it includes")
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_UNIT = r"\[(?P<unit>[^\]]*)\]"
# Free text ends a pattern, which so cannot fail behind it and search it again.
_LINES = {
    "model": re.compile(rf"model\s+(?P<name>{_NAME})"),
    "include": re.compile(rf"include\s+(?P<name>{_NAME})"),
    "switch": re.compile(rf"switch\s+(?P<name>{_NAME})\s*=\s*(?P<value>[01])"),
    "choice": re.compile(rf"choice\s+(?P<name>{_NAME})\s*=(?P<options>.+)"),
    "parameter": re.compile(rf"parameter\s+(?P<name>{_NAME})\s*{_UNIT}(?:\s*=(?P<rest>.+))?"),
    "state": re.compile(rf"state\s+(?P<name>{_NAME})\s*{_UNIT}(?:\s*=(?P<value>.+))?"),
    "dose": re.compile(rf"dose\s+(?P<route>{_NAME})\s*(?:{_UNIT}\s*)?->\s*(?P<name>{_NAME})(?P<rest>.*)"),
    "rate": re.compile(rf"d/dt\(\s*(?P<name>{_NAME})\s*\)\s*=(?P<value>.+)"),
    "assignment": re.compile(rf"(?P<name>{_NAME})\s*{_UNIT}\s*=(?P<value>.+)"),
    "observe": re.compile(rf"observe\s+(?P<name>{_NAME})\s*{_UNIT}\s*=(?P<rest>.+)"),
    "at": re.compile(rf"(?P<name>{_NAME})\s*=(?P<value>.+)|dose\s+(?P<route>{_NAME})\s+(?P<amount>.+)"),
}
_LINES["when"] = _LINES["at"]  # the part between the colons
_SCANNED = re.compile(r"[A-Za-z0-9_.µμ]+|\S")


@dataclass(frozen=True)
class Line:
    """One declaration: `kind` is a key of the grammar above; `expression` is None where there is none.

    Of a dose, `expression` is the share that arrives and `unit` that of its amounts. `condition` is that of a line
    `when`, or the hour of a line `at`, whose name is "" where it gives a dose. `low` and `high` are the
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
    condition: Expression | None = None
    lloq: Expression | None = None


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
    if len(text) > BYTES:
        raise ModelTextError(f"is {len(text):,} characters long; the limit is {BYTES}", file=file)
    lines = list[Line]()
    for number, raw in enumerate(text.splitlines(), 1):
        if len(raw) > _LINE:
            raise ModelTextError(
                f"a line of {len(raw):,} characters; the limit is {_LINE}", file=file, line=number
            )
        if len(lines) > LINES:
            raise ModelTextError(f"goes beyond the limit, {LINES}", file=file, line=number)
        stripped = " ".join(raw.split("#", 1)[0].split())
        if stripped:
            line = _Reader(stripped, file, number).read()
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


class _Reader:
    """One line of a model, without its comment."""

    def __init__(self, text: str, file: str, line: int) -> None:
        self.text, self.file, self.line = text, file, line
        self.kind = _kind(text)

    def error(self, message: str) -> ModelTextError:
        return ModelTextError(message, file=self.file, line=self.line)

    def unread(self) -> ModelTextError:
        return self.error(
            f'"{self.text[:70]}" does not read as {_article(self.kind)}; see the language in the documentation'
        )

    def read(self) -> Line:
        if self.kind in ("at", "when"):
            return self.action()
        head, meaning = (self.text, "") if self.kind == "include" else _parted(self.text)
        match = _LINES[self.kind].fullmatch(head)
        if match is None:
            raise self.unread()
        got: dict[str, str | None] = match.groupdict()
        line = Line(self.kind, self.name(str(got["name"])), self.file, self.line, meaning=meaning)
        if got.get("unit") is not None:
            line = replace(line, unit=self.unit(line.name, str(got["unit"])))
        if got.get("value") is not None:
            line = replace(line, expression=self.expression(str(got["value"])))
        if self.kind == "choice":
            return replace(line, options=self.options(str(got["options"])))
        if self.kind == "parameter" and got["rest"] is not None:
            return self.parameter(line, got["rest"])
        if self.kind == "observe":
            return self.observation(line, str(got["rest"]))
        if self.kind == "dose":
            return self.dose(
                replace(line, route=str(got["route"]), unit=line.unit or DOSE_UNIT), str(got["rest"])
            )
        return line

    def action(self) -> Line:
        """An hour or a condition, what happens then, and perhaps a meaning, between colons; none has one inside."""
        head, *rest = self.text.split(":", 2)
        match = _LINES[self.kind].fullmatch(rest[0].strip()) if rest else None
        if match is None:
            raise self.unread()
        parse, text = (
            (parse_expression if self.kind == "at" else parse_condition),
            head.removeprefix(self.kind),
        )
        return Line(
            self.kind,
            self.name(match["name"] or ""),
            self.file,
            self.line,
            expression=self.expression(match["value"] or match["amount"]),
            meaning=rest[1].strip() if len(rest) > 1 else "",
            route=match["route"] or "",
            condition=parse(text.strip(), file=self.file, line=self.line),
        )

    def observation(self, line: Line, text: str) -> Line:
        found = self.parts(text, ("lloq",))
        lloq = self.expression(found["lloq"]) if "lloq" in found else None
        return replace(line, expression=self.expression(found[""]), lloq=lloq)

    def name(self, name: str) -> str:
        if name in RESERVED:
            raise self.error(f'"{name}" is a reserved name; choose another')
        return name

    def unit(self, name: str, unit: str) -> str:
        try:
            parse_unit(unit)
        except QuantityError as error:
            raise self.error(f"{name}: {error}") from None
        return unit

    def expression(self, text: str) -> Expression:
        return parse_expression(text.strip(), file=self.file, line=self.line)

    def options(self, text: str) -> tuple[str, ...]:
        found = tuple(part.strip() for part in text.split("|"))
        if len(found) < 2 or not all(re.fullmatch(_NAME, option) for option in found):
            raise self.unread()
        return found

    def parts(self, text: str, words: Sequence[str], *, bare: bool = False) -> dict[str, str]:
        """The parts of a text behind each of `words` in it; the first, which has no word before it, is "".

        A word is one only outside brackets and where an operand has ended, so that `lag lag` delays by a parameter
        `lag`. Refused where a word comes twice or out of order, or where a part is empty, but for the first if `bare`,
        which then has to be.
        """
        found: dict[str, str] = {}
        order, depth, start, ended, here = ("", *words), 0, 0, bare, ""
        for match in _SCANNED.finditer(text):
            word = match[0]
            depth += (word == "(") - (word == ")")
            if ended and depth == 0 and word in words:
                found[here] = text[start : match.start()].strip()
                if order.index(word) <= order.index(here):
                    raise self.unread()
                here, start, ended = word, match.end(), False
            else:
                ended = word[-1].isalnum() or word[-1] in "_.)%"
        found[here] = text[start:].strip()
        if any(bool(part) == (bare and word == "") for word, part in found.items()):
            raise self.unread()
        return found

    def parameter(self, line: Line, text: str) -> Line:
        """With the number, the ends of what is possible and the spread between persons that stand behind "="."""
        found = self.parts(text, ("from", "to", "cv"))
        if "to" in found and "from" not in found:
            raise self.unread()
        number = {word: self.number(line.name, part) for word, part in found.items()}
        value, low, high, cv = number[""], number.get("from"), number.get("to"), number.get("cv")
        if low is not None and not low <= value <= (math.inf if high is None else high):
            raise self.error(f'parameter "{line.name}" is {found[""]}, outside its own range')
        if cv is not None and not 0 < cv < LARGEST_CV:
            raise self.error(
                f'the cv of "{line.name}" is {found["cv"]}; a coefficient of variation lies between 0 and {LARGEST_CV:g}'
            )
        if cv is not None and value <= 0:
            raise self.error(f'"{line.name}" is {found[""]}; what is lognormal is above 0')
        return replace(line, expression=Number(value), low=low, high=high, cv=cv)

    def number(self, name: str, text: str) -> float:
        try:
            return parse_number(text, what=f'parameter "{name}"')
        except QuantityError as error:
            raise self.error(f"{error}; a formula is an assignment") from None

    def dose(self, line: Line, text: str) -> Line:
        """With the share, delay, rate and duration that stand behind the state."""
        text = text.strip()
        found = self.parts(text.removeprefix("*"), ("lag", "rate", "duration"), bare=not text.startswith("*"))
        share, lag, rate, duration = (
            self.expression(found[word]) if found.get(word) else None
            for word in ("", "lag", "rate", "duration")
        )
        return replace(line, expression=share or Number(1.0), lag=lag, rate=rate, duration=duration)


def _parted(text: str) -> tuple[str, str]:
    """What stands before the first colon, and the meaning behind it; a colon without a space does not read."""
    head, colon, meaning = text.partition(":")
    return (text, "") if colon and not meaning.startswith(" ") else (head.rstrip(), meaning.strip())


def _kind(text: str) -> str:
    first, *rest = text.split(maxsplit=1)
    if text.startswith("d/dt"):
        return "rate"
    if first in ("at", "when", "observe") and rest and rest[0].startswith("["):
        return "assignment"  # of a quantity with this name
    return first if first in _LINES and first not in ("rate", "assignment") else "assignment"


def _article(kind: str) -> str:
    return {
        "rate": 'a rate "d/dt(X) = …"',
        "assignment": 'an assignment "NAME [unit] = …"',
        "at": 'a line "at HOUR : NAME = …" or "at HOUR : dose ROUTE AMOUNT"',
        "when": 'a line "when CONDITION : NAME = …" or "when CONDITION : dose ROUTE AMOUNT"',
    }.get(kind, f"a line of the kind {kind}")
