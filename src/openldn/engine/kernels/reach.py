"""How much can reach a state: a size from which its tolerance has its unit.

A state that starts empty has no size of its own. What will come into it says how large it may become: of a sum the
sizes are added whatever their signs,

    |a ± b| → |a| + |b|,   |a b| → |a| |b|,   |1/a| → 1/|a|,   |sin|, |cos| → 1,   if → of the branch of its zone,

with the sizes of what was already reached in the place of the states. A rate p + l x of such a size fills an empty x
within an hour to p h / (1 + l h), which is its size. All of it keeps units: in pmol everything is 1e12 times what
it is in mol, and nothing else changes. Too small a size costs steps, too large a one digits: so a bound (min) bounds.
What this does not find, as where stars that only sit at equal distances would meet, has what its rate makes in an hour.
"""

from collections.abc import Sequence

from openldn.engine.kernels.graph import Graph

HOUR = 1.0  # in which a rate is taken to fill a state


def sizes(graph: Graph, roots: Sequence[int]) -> tuple[int, ...]:
    """The nodes of the sizes of `roots`, in which each state stands for its own size."""
    known: dict[int, int] = {}
    for node in graph.behind(roots):
        known[node] = _size(graph, node, known)
    return tuple(known[root] for root in roots)


def _size(g: Graph, node: int, known: dict[int, int]) -> int:
    name = str(g.nodes[node][0])
    if name == "state":
        return node
    if name in ("sin", "cos"):
        return g.num(1.0)
    parts = [known[a] for a in g.arguments(node)]
    if name == "if" and not g.static[node] and g.static[g.arguments(node)[0]]:
        return g.node("if", g.arguments(node)[0], *parts[1:])
    if g.static[node] or name not in _RULES:
        return g.node("abs", node)
    return g.node(_RULES[name], *parts) if _RULES[name] else parts[0]


# What stands here is larger where its arguments are; all else is taken as it is, with the states at their sizes.
_RULES = {
    "+": "+", "-": "+", "*": "*", "neg": "", "abs": "", "min": "min", "max": "max", "sqrt": "sqrt", "tanh": "tanh",
}  # fmt: skip
