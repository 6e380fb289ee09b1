"""The equations of a run as one graph in which equal parts are one node.

A node is a tuple: ("num", value), ("par", i), ("state", i), ("t",), or an operation with the numbers of
its arguments. Building it folds numbers, drops what is multiplied by zero, turns division into
multiplication by a reciprocal (so that a divisor is divided by once), and small whole powers into
products. A node is static when neither time nor a state is behind it: its value holds for a person.

A condition is 1 where it holds and else 0. `a > b` is `b < a`, of the one order that comparisons have here.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass, field

import numpy as np

from openldn.engine.tape import OPERATIONS

Node = tuple[str | int | float, ...]
_POWER_LIMIT = 8


@dataclass
class Graph:
    """Nodes in an order in which they can be computed."""

    nodes: list[Node] = field(default_factory=list)
    static: list[bool] = field(default_factory=list)
    _known: dict[Node, int] = field(default_factory=dict)
    _lines: dict[int, tuple[int, int] | None] = field(default_factory=dict)

    def node(self, name: str, *args: int) -> int:
        """The number of the operation `name` on nodes `args`, simplified where that is exact."""
        values = [self.number(a) for a in args]
        if all(v is not None for v in values):
            return self.num(_fold(name, [v for v in values if v is not None]))
        rule = getattr(self, _RULES.get(name, ""), None)
        found = rule(*args) if rule else None
        return self._add((name, *args)) if found is None else int(found)

    def num(self, value: float) -> int:
        return self._add(("num", float(value)))

    def leaf(self, kind: str, index: int = 0) -> int:
        return self._add((kind, index))

    def number(self, node: int) -> float | None:
        """The value of a node that is a number, else None."""
        name, *rest = self.nodes[node]
        return float(rest[0]) if name == "num" else None

    def behind(self, roots: Iterable[int], given: Container[int] = ()) -> list[int]:
        """Every node that the roots need, in computable order; `given` nodes need nothing."""
        found: set[int] = set()
        open_nodes = list(roots)
        while open_nodes:
            node = open_nodes.pop()
            if node not in found:
                found.add(node)
                open_nodes += () if node in given else self.arguments(node)
        return sorted(found)

    def arguments(self, node: int) -> tuple[int, ...]:
        name, *rest = self.nodes[node]
        return () if name in _LEAVES else tuple(int(a) for a in rest)

    def slope(self, node: int) -> int | None:
        """The derivative by time of a node that is a straight line in time, itself static; else None."""
        line = self.line(node)
        return None if line is None else line[1]

    def line(self, node: int) -> tuple[int, int] | None:
        """Value at time 0 and slope, both static, of a node that is a straight line in time; else None."""
        for here in self.behind([node], self._lines):
            if here not in self._lines:
                self._lines[here] = self._line(here)
        return self._lines[node]

    def _line(self, node: int) -> tuple[int, int] | None:
        name, arguments = self.nodes[node][0], self.arguments(node)
        if self.static[node]:
            return node, self.num(0.0)
        if name == "t":
            return self.num(0.0), self.num(1.0)
        parts = [self._lines[a] for a in arguments]
        lines = [part for part in parts if part is not None]
        if name in ("+", "-", "neg") and len(lines) == len(parts):
            starts, slopes = zip(*lines, strict=True)
            return self.node(str(name), *starts), self.node(str(name), *slopes)
        if name == "if" and self.static[arguments[0]] and len(lines) == len(parts):
            (_, first, second), choice = lines, arguments[0]
            return self.node("if", choice, first[0], second[0]), self.node("if", choice, first[1], second[1])
        if name == "*":
            for part, other in zip(parts, arguments[::-1], strict=True):
                if part is not None and self.static[other]:
                    return self.node("*", part[0], other), self.node("*", part[1], other)
        return None

    def _add(self, node: Node) -> int:
        # -0.0 == 0.0 and would be taken for it; the sign of a zero never matters to a rate.
        if node not in self._known:
            self.nodes.append(node)
            self._known[node] = len(self.nodes) - 1
            number = len(self.nodes) - 1
            moving = node[0] in ("t", "state")
            self.static.append(not moving and all(self.static[a] for a in self.arguments(number)))
        return self._known[node]

    def _sum(self, a: int, b: int) -> int | None:
        if self.number(a) == 0:
            return b
        if self.number(b) == 0:
            return a
        if self.nodes[b][0] == "neg":
            return self.node("-", a, *self.arguments(b))
        return self._add(("+", min(a, b), max(a, b)))

    def _difference(self, a: int, b: int) -> int | None:
        if self.number(b) == 0:
            return a
        if self.number(a) == 0:
            return self.node("neg", b)
        # One order for both a - b and b - a, so that what follows from them is shared.
        return self._add(("-", a, b)) if a < b else self.node("neg", self._add(("-", b, a)))

    def _product(self, a: int, b: int) -> int | None:
        for one, other in ((a, b), (b, a)):
            if self.number(one) == 0:
                return one
            if self.number(one) == 1:
                return other
            if self.nodes[one][0] == "neg":
                return self.node("neg", self.node("*", *self.arguments(one), other))
        return self._add(("*", min(a, b), max(a, b)))

    def _quotient(self, a: int, b: int) -> int:
        return a if self.number(a) == 0 else self.node("*", a, self.node("rcp", b))

    def _negative(self, a: int) -> int | None:
        return self.arguments(a)[0] if self.nodes[a][0] == "neg" else None

    def _power(self, a: int, b: int) -> int | None:
        n = self.number(b)
        if n is None or n != int(n) or abs(n) > _POWER_LIMIT:
            return None
        if n <= 0:
            return self.num(1.0) if n == 0 else self.node("rcp", self.node("^", a, self.num(-n)))
        half = a if n < 2 else self.node("^", a, self.num(n // 2))
        even = half if n < 2 else self.node("*", half, half)
        return even if n < 2 or n % 2 == 0 else self.node("*", even, a)

    def _choice(self, condition: int, yes: int, no: int) -> int | None:
        holds = self.number(condition)
        if holds is not None:
            return yes if holds else no
        if self.nodes[condition][0] == "not":
            return self.node("if", *self.arguments(condition), no, yes)
        return yes if yes == no else None

    def _below(self, a: int, b: int) -> int:
        return self.node("<", b, a)

    def _at_most(self, a: int, b: int) -> int:
        return self.node("<=", b, a)

    def _both(self, a: int, b: int) -> int:
        return self.node("*", a, b)

    def _either(self, a: int, b: int) -> int:
        return self.node("not", self.node("*", self.node("not", a), self.node("not", b)))

    def _opposite(self, a: int) -> int | None:
        return self.arguments(a)[0] if self.nodes[a][0] == "not" else None


_LEAVES = ("num", "par", "state", "t")
_RULES = {
    "+": "_sum",
    "-": "_difference",
    "*": "_product",
    "/": "_quotient",
    "neg": "_negative",
    "^": "_power",
    ">": "_below",
    ">=": "_at_most",
    "and": "_both",
    "or": "_either",
    "not": "_opposite",
    "if": "_choice",
}


def _fold(name: str, values: list[float]) -> float:
    with np.errstate(all="ignore"):
        if name == "rcp":
            return float(np.divide(1.0, values[0]))
        if name == "/":
            return float(np.divide(values[0], values[1]))
        return float(OPERATIONS[name](*(np.float64(v) for v in values)))
