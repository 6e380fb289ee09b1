"""Arithmetic expressions: parsed from text into a small tree, never evaluated as Python.

    expression := term (("+" | "-") term)*
    term       := factor (("*" | "/") factor)*
    factor     := "-" factor | power
    power      := atom ("^" factor)?            2^-1 and -x^2 = -(x^2) read as on paper
    atom       := number | "pi" | name | name "(" expression ("," expression)* ")" | "(" expression ")"

The tree is `Number`, `Symbol` and `Call`; an operator is a call named `+ - * / ^ neg`. What a function
name means to each reader (value, unit) stands beside its other meanings in `tape` and `dimensions`.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from openldn.notation import ModelTextError, suggestion

FUNCTIONS = {
    "exp": 1, "log": 1, "sqrt": 1, "tanh": 1, "sin": 1, "cos": 1, "abs": 1, "min": 2, "max": 2,
}  # fmt: skip
# The tree of a long sum is as deep as the sum is long, and every reader of a tree recurses.
_DEPTH_LIMIT, _LENGTH_LIMIT, _TOKEN_LIMIT = 40, 4000, 300
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<op>[-+*/^(),]))"
)


@dataclass(frozen=True)
class Number:
    value: float


@dataclass(frozen=True)
class Symbol:
    name: str


@dataclass(frozen=True)
class Call:
    """`name` is an operator or one of FUNCTIONS."""

    name: str
    arguments: tuple["Expression", ...]


Expression: TypeAlias = Number | Symbol | Call


def parse_expression(text: str, *, file: str = "", line: int | None = None) -> Expression:
    """The tree of `text`. Raises ModelTextError, with file and line, for anything outside the grammar."""
    return _Parser(text, file, line).parse()


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
                f"an expression of {len(self.tokens)} words; the limit is {_TOKEN_LIMIT}: split it into several"
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

    def parse(self) -> Expression:
        result = self.sum()
        if self.at < len(self.tokens):
            raise self.error(f'"{self.tokens[self.at][1]}" is one too many in "{self.text[:80]}"')
        return result

    def accept(self, *ops: str) -> str | None:
        if self.at < len(self.tokens) and self.tokens[self.at][0] == "op" and self.tokens[self.at][1] in ops:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return None

    def expect(self, op: str) -> None:
        if not self.accept(op):
            raise self.error(f'"{op}" is missing in "{self.text[:80]}"')

    def sum(self) -> Expression:
        self.depth += 1
        if self.depth > _DEPTH_LIMIT:
            raise self.error(f"brackets nested deeper than {_DEPTH_LIMIT}")
        left = self.product()
        while op := self.accept("+", "-"):
            left = Call(op, (left, self.product()))
        self.depth -= 1
        return left

    def product(self) -> Expression:
        left = self.signed()
        while op := self.accept("*", "/"):
            left = Call(op, (left, self.signed()))
        return left

    def signed(self) -> Expression:
        minus = 0
        while self.accept("-"):
            minus += 1
        value = self.power()
        return Call("neg", (value,)) if minus % 2 else value

    def power(self) -> Expression:
        base = self.atom()
        if not self.accept("^"):
            return base
        self.depth += 1
        if self.depth > _DEPTH_LIMIT:
            raise self.error(f"powers nested deeper than {_DEPTH_LIMIT}")
        exponent = self.signed()
        self.depth -= 1
        return Call("^", (base, exponent))

    def atom(self) -> Expression:
        if self.at >= len(self.tokens):
            raise self.error(f'"{self.text[:80]}" ends too early')
        kind, word = self.tokens[self.at]
        if kind == "op" and word != "(":
            raise self.error(f'"{word}" stands where a number or a name should be in "{self.text[:80]}"')
        self.at += 1
        if kind == "number":
            return Number(float(word))
        if kind == "op":
            inner = self.sum()
            self.expect(")")
            return inner
        if not self.accept("("):
            return Number(math.pi) if word == "pi" else Symbol(word)
        return self.call(word)

    def call(self, name: str) -> Expression:
        if name not in FUNCTIONS:
            raise self.error(f'function "{name}" is not known; {suggestion(name, FUNCTIONS)}')
        arguments = [self.sum()]
        while self.accept(","):
            arguments.append(self.sum())
        self.expect(")")
        if len(arguments) != FUNCTIONS[name]:
            raise self.error(f"{name}() takes {FUNCTIONS[name]} argument(s), not {len(arguments)}")
        return Call(name, tuple(arguments))
