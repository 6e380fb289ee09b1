"""Arithmetic expressions: parsed from text into a small tree, never evaluated as Python.

    condition  := both ("or" both)*
    both       := negated ("and" negated)*
    negated    := "not" negated | expression (("<" | "<=" | ">" | ">=" | "==" | "!=") expression)?
    expression := term (("+" | "-") term)*
    term       := factor (("*" | "/") factor)*
    factor     := "-" factor | power
    power      := atom ("^" factor)?            2^-1 and -x^2 = -(x^2) read as on paper
    atom       := number unit? | "pi" | name | name "(" condition ("," condition)* ")" | "(" condition ")"

A condition stands where `if` asks for one, in brackets, and behind `when` in a model; anywhere else it is
refused, as a number is where a condition should be.

A unit stands behind a number and white space: `70 kg`, `1.5 mg/L`, `0.1 1/h`. What is joined to it by `*`, `/` or `^`
without a space belongs to the unit; with a space it is an operator, so `70 kg / x` divides.

The tree is `Number`, `Symbol` and `Call`; an operator is a call named `+ - * / ^ neg`, a comparison or `and`,
`or`, `not` one of that name. What a name means to each reader (value, unit) stands beside its other meanings
in `tape` and `dimensions`.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from openldn.notation import Limit, ModelTextError, QuantityError, parse_unit, shown, suggestion

FUNCTIONS = {
    "exp": 1, "log": 1, "sqrt": 1, "tanh": 1, "sin": 1, "cos": 1, "abs": 1, "min": 2, "max": 2, "if": 3,
}  # fmt: skip
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
CONDITIONS = (*COMPARISONS, "and", "or", "not")
# The tree of a long sum is as deep as the sum is long, and every reader of a tree recurses.
_DEPTH_LIMIT = Limit(40, "brackets or powers", "inside one another in an expression")
_LENGTH_LIMIT = Limit(4000, "characters", "of an expression")
_TOKEN_LIMIT = Limit(300, "words", "of an expression")
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<op><=|>=|==|!=|[-+*/^(),<>]))"
)
_WORD = r"(?:%|[A-Za-zµμ_][A-Za-z0-9_µμ]*)(?:\^-?\d+(?![\d.]))?"
_UNIT = re.compile(rf"\s+(?!(?:and|or|not)\b)(?P<unit>(?:1/(?=[A-Za-zµμ]))?{_WORD}(?:[*/·]{_WORD})*)")


@dataclass(frozen=True)
class Number:
    """A literal: the value as it is written, in the unit that is written behind it; "" is a plain number."""

    value: float
    unit: str = ""


@dataclass(frozen=True)
class Symbol:
    name: str


@dataclass(frozen=True)
class Call:
    """`name` is an operator, one of CONDITIONS or one of FUNCTIONS."""

    name: str
    arguments: tuple["Expression", ...]


Expression: TypeAlias = Number | Symbol | Call


def parse_expression(text: str, *, file: str = "", line: int | None = None) -> Expression:
    """The tree of `text`. Raises ModelTextError, with file and line, for anything outside the grammar."""
    return _Parser(text, file, line).parse()


def parse_condition(text: str, *, file: str = "", line: int | None = None) -> Expression:
    """The tree of a condition, such as `C > 2 and not t < 5`. Raises ModelTextError, with file and line.

    >>> parse_condition("t > 5")
    Call(name='>', arguments=(Symbol(name='t'), Number(value=5.0, unit='')))
    """
    return _Parser(text, file, line).parse(condition=True)


def is_condition(expression: Expression) -> bool:
    """Whether the expression is true or false, and no number."""
    return isinstance(expression, Call) and expression.name in CONDITIONS


def deciding(expression: Expression) -> Iterator[str]:
    """Every symbol that stands in a condition of the expression, as often as it occurs."""
    if is_condition(expression):
        yield from symbols(expression)
    elif isinstance(expression, Call):
        for argument in expression.arguments:
            yield from deciding(argument)


def symbols(expression: Expression) -> Iterator[str]:
    """Every symbol of the expression, as often as it occurs, from left to right."""
    if isinstance(expression, Symbol):
        yield expression.name
    elif isinstance(expression, Call):
        for argument in expression.arguments:
            yield from symbols(argument)


class _Parser:
    def __init__(self, text: str, file: str, line: int | None) -> None:
        self.text, self.file, self.line = text, file, line
        self.depth = 0
        if len(text) > _LENGTH_LIMIT:
            raise self.error(f"an expression of {len(text):,} characters; the limit is {_LENGTH_LIMIT:,}")
        self.tokens = list(self._scan())
        if len(self.tokens) > _TOKEN_LIMIT:
            raise self.error(
                f"an expression of {len(self.tokens)} words; the limit is {_TOKEN_LIMIT:,}: split it into several"
            )
        self.at = 0

    def error(self, message: str) -> ModelTextError:
        return ModelTextError(message, file=self.file, line=self.line)

    def _scan(self) -> Iterator[tuple[str, str]]:
        position = 0
        text = self.text.rstrip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise self.error(f'"{text[position:].strip()[:20]}" does not read in "{text[:80]}"')
            kind = match.lastgroup or ""
            yield kind, match[kind]
            position = match.end()
            if kind == "number":
                if text[position : position + 1].isalpha():
                    raise self.error(
                        f'"{match[kind]}{text[position:][:20]}" does not read in "{text[:80]}"; write a space before a '
                        'unit, and "*" to multiply'
                    )
                if unit := _UNIT.match(text, position):
                    yield "unit", self._unit(match[kind], unit["unit"])
                    position = unit.end()

    def _unit(self, number: str, unit: str) -> str:
        try:
            parse_unit(unit)
        except QuantityError as error:
            raise self.error(
                f'behind {number} stands no unit in "{self.text[:80]}": {error}; to multiply or divide by something, '
                'write "*" or "/" between spaces'
            ) from None
        return unit

    def parse(self, *, condition: bool = False) -> Expression:
        result = self.condition()
        if self.at < len(self.tokens):
            raise self.error(f'"{self.tokens[self.at][1]}" is one too many in "{self.text[:80]}"')
        return self.true_or_false(result) if condition else self.number(result)

    def accept(self, *words: str) -> str | None:
        if self.at < len(self.tokens) and self.tokens[self.at][1] in words:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return None

    def number(self, expression: Expression) -> Expression:
        if is_condition(expression):
            raise self.error(
                f'a condition stands where a number should be in "{self.text[:80]}"; write if(condition, 1, 0)'
            )
        return expression

    def true_or_false(self, expression: Expression) -> Expression:
        if not is_condition(expression):
            raise self.error(
                f'a number stands where a condition should be in "{self.text[:80]}"; compare it, as in x > 0'
            )
        return expression

    def expect(self, op: str) -> None:
        if not self.accept(op):
            raise self.error(f'"{op}" is missing in "{self.text[:80]}"')

    def condition(self) -> Expression:
        """A condition or a number: whichever stands here, as far as it goes."""
        self.depth += 1
        if self.depth > _DEPTH_LIMIT:
            raise self.error(f"brackets nested deeper than {_DEPTH_LIMIT:,}")
        left = self.both()
        while self.accept("or"):
            left = Call("or", (self.true_or_false(left), self.true_or_false(self.both())))
        self.depth -= 1
        return left

    def both(self) -> Expression:
        left = self.negated()
        while self.accept("and"):
            left = Call("and", (self.true_or_false(left), self.true_or_false(self.negated())))
        return left

    def negated(self) -> Expression:
        count = 0
        while self.accept("not"):
            count += 1
        value = self.relation()
        if count:
            self.true_or_false(value)
        return Call("not", (value,)) if count % 2 else value

    def relation(self) -> Expression:
        left = self.sum()
        op = self.accept(*COMPARISONS)
        if not op:
            return left
        found = Call(op, (self.number(left), self.number(self.sum())))
        if again := self.accept(*COMPARISONS):
            raise self.error(
                f'"{op}" and "{again}" stand in one comparison in "{self.text[:80]}"; join two by "and"'
            )
        return found

    def sum(self) -> Expression:
        left = self.product()
        while op := self.accept("+", "-"):
            left = Call(op, (self.number(left), self.number(self.product())))
        return left

    def product(self) -> Expression:
        left = self.signed()
        while op := self.accept("*", "/"):
            right = self.number(self.signed())
            if op == "/" and isinstance(right, Number) and right.value == 0:
                raise self.error(
                    f'"{shown(self.text, 80)}" divides by 0, which gives no number; divide by something else'
                )
            left = Call(op, (self.number(left), right))
        return left

    def signed(self) -> Expression:
        minus = 0
        while self.accept("-"):
            minus += 1
        value = self.power()
        if minus:
            self.number(value)
        return Call("neg", (value,)) if minus % 2 else value

    def power(self) -> Expression:
        base = self.atom()
        if not self.accept("^"):
            return base
        self.depth += 1
        if self.depth > _DEPTH_LIMIT:
            raise self.error(f"powers nested deeper than {_DEPTH_LIMIT:,}")
        exponent = self.signed()
        self.depth -= 1
        return Call("^", (self.number(base), self.number(exponent)))

    def atom(self) -> Expression:
        if self.at >= len(self.tokens):
            raise self.error(f'"{self.text[:80]}" ends too early')
        kind, word = self.tokens[self.at]
        if (kind == "op" and word != "(") or word in ("and", "or", "not"):
            raise self.error(f'"{word}" stands where a number or a name should be in "{self.text[:80]}"')
        self.at += 1
        if kind == "number":
            return self.literal(float(word))
        if kind == "op":
            inner = self.condition()
            self.expect(")")
            return inner
        if not self.accept("("):
            return Number(math.pi) if word == "pi" else Symbol(word)
        return self.call(word)

    def literal(self, value: float) -> Expression:
        if not math.isfinite(value):
            raise self.error(f'a number beyond 1e308 stands in "{self.text[:80]}"')
        if self.at < len(self.tokens) and self.tokens[self.at][0] == "unit":
            self.at += 1
            return Number(value, self.tokens[self.at - 1][1])
        return Number(value)

    def call(self, name: str) -> Expression:
        if name not in FUNCTIONS:
            raise self.error(f'function "{name}" is not known; {suggestion(name, FUNCTIONS)}')
        arguments = [self.condition()]
        while self.accept(","):
            arguments.append(self.condition())
        self.expect(")")
        if len(arguments) != FUNCTIONS[name]:
            raise self.error(f"{name}() takes {FUNCTIONS[name]} argument(s), not {len(arguments)}")
        numbers = arguments
        if name == "if":
            self.true_or_false(arguments[0])
            numbers = arguments[1:]
        for argument in numbers:
            self.number(argument)
        return Call(name, tuple(arguments))
