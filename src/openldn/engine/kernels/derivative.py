"""Derivatives of a graph's nodes, as further nodes of it.

Each rule is the one from school. Where a function bends (abs, min, max) or an `if` turns, the derivative is that
of the side that is taken; a condition, 1 or 0, has none.
"""

from collections.abc import Sequence

from openldn.engine.kernels.graph import Graph


def jacobian(graph: Graph, rates: Sequence[int], states: int) -> dict[tuple[int, int], int]:
    """The nodes of ∂rateᵢ/∂stateⱼ that are not zero, by (i, j)."""
    found: dict[tuple[int, int], int] = {}
    for j in range(states):
        known = {graph.leaf("state", j): graph.num(1.0)}
        for i, rate in enumerate(rates):
            node = _derivative(graph, rate, known)
            if graph.number(node) != 0:
                found[i, j] = node
    return found


def by_time(graph: Graph, rates: Sequence[int]) -> dict[int, int]:
    """The nodes of ∂rateᵢ/∂t that are not zero, by i."""
    known = {graph.leaf("t"): graph.num(1.0)}
    found = {i: _derivative(graph, rate, known) for i, rate in enumerate(rates)}
    return {i: node for i, node in found.items() if graph.number(node) != 0}


def _derivative(graph: Graph, root: int, known: dict[int, int]) -> int:
    for node in graph.behind([root]):
        if node not in known:
            known[node] = _rule(graph, node, [known[a] for a in graph.arguments(node)])
    return known[root]


def _rule(g: Graph, node: int, parts: list[int]) -> int:
    """The derivative of a node from those of its arguments, da (and db)."""
    name = g.nodes[node][0]
    if not parts or all(g.number(part) == 0 for part in parts):
        return g.num(0.0)
    a, da = g.arguments(node)[0], parts[0]
    one, two = g.num(1.0), g.num(2.0)
    if name in ("+", "-", "neg"):
        return g.node(str(name), *parts)
    if name == "rcp":
        return g.node("neg", g.node("*", da, g.node("*", node, node)))
    if name in _OF_ONE:
        return g.node("*", da, _OF_ONE[name](g, a, node, one, two))
    if name in ("<", "<=", "==", "!=", "not"):
        return g.num(0.0)
    if name == "if":
        return g.node("if", a, *parts[1:])
    b, db = g.arguments(node)[1], parts[1]
    if name == "*":
        return g.node("+", g.node("*", da, b), g.node("*", a, db))
    if name in ("min", "max"):
        first = g.node(">" if name == "max" else "<", a, b)
        return g.node("+", g.node("*", first, da), g.node("*", g.node("-", one, first), db))
    assert name == "^", name
    by_base = g.node("*", g.node("*", b, g.node("^", a, g.node("-", b, one))), da)
    if g.number(db) == 0:
        return by_base
    return g.node("+", by_base, g.node("*", g.node("*", node, g.node("log", a)), db))


_OF_ONE = {
    "exp": lambda g, a, node, one, two: node,
    "log": lambda g, a, node, one, two: g.node("rcp", a),
    "sqrt": lambda g, a, node, one, two: g.node("rcp", g.node("*", two, node)),
    "tanh": lambda g, a, node, one, two: g.node("-", one, g.node("*", node, node)),
    "sin": lambda g, a, node, one, two: g.node("cos", a),
    "cos": lambda g, a, node, one, two: g.node("neg", g.node("sin", a)),
    "abs": lambda g, a, node, one, two: g.node("-", g.node("*", two, g.node(">", a, g.num(0.0))), one),
}
