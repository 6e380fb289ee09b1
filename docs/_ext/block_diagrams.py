"""What a block of equations does, as boxes and arrows read from the equations themselves.

A box is a state of the block or, where it has none, an assigned quantity; what comes from other blocks
stands as a box too. Between two amounts of matter an arrow is a flow, everywhere else one acts on the other.
"""

from openldn import engine, pharmacology
from openldn.engine.expressions import symbols
from openldn.figures import Figure
from openldn.figures.diagram import diagram
from openldn.notation import parse_unit

_WORDS = 6


def block_diagram(block: engine.Block) -> Figure | None:
    """The diagram of a block, or None for one in which nothing acts on anything."""
    model = pharmacology.scales()[0].model()
    own = {line.name for kind in ("state", "assignment") for line in block.of(kind)}
    states = [line.name for line in block.of("state")]
    boxes = (
        states if len(states) > 1 else [line.name for line in (*block.of("state"), *block.of("assignment"))]
    )
    equations = {e.name: e for e in (*model.states, *model.assignments)}
    formulas = {a.name: a.expression for a in model.assignments}
    edges = {}
    for box in boxes:
        root = model.rates[box].expression if box in model.rates else formulas[box]
        for source in _sources(root, set(boxes), own, formulas, model.rates):
            if source != box:
                edges[source, box] = _kind(equations[source].unit, equations[box].unit)
    if not edges:
        return None
    outside = [name for name, _ in edges if name not in boxes]
    drawn = [*dict.fromkeys(outside), *boxes]
    touched = {name for edge in edges for name in edge}
    nodes = [(name, _short(equations[name].meaning)) for name in drawn if name in touched or name in states]
    return diagram(
        f"block-{block.name}", block.name, nodes, [(a, b, "", kind) for (a, b), kind in edges.items()]
    )


def _sources(root, boxes, own, formulas, rates):  # type: ignore[no-untyped-def]
    """The boxes and the quantities of other blocks that an expression depends on, through own assignments."""
    found, open_names, seen = [], list(symbols(root)), set()
    while open_names:
        name = open_names.pop(0)
        if name in seen:
            continue
        seen.add(name)
        if name in boxes or name in rates or (name in formulas and name not in own):
            if name in boxes or name in rates or _moves(name, formulas, rates):
                found.append(name)
        elif name in formulas:
            open_names += symbols(formulas[name])
    return found


def _moves(name, formulas, rates):  # type: ignore[no-untyped-def]
    """Whether a quantity depends on a state at all; one made of parameters alone is no box."""
    return any(n in rates or (n in formulas and _moves(n, formulas, rates)) for n in symbols(formulas[name]))


def _kind(source: str, target: str) -> str:
    matter = [parse_unit(unit).dimensions for unit in (source, target)]
    amounts = (parse_unit("ug").dimensions, parse_unit("nmol").dimensions)
    return "flow" if all(m in amounts for m in matter) else "acts on"


def _short(text: str) -> str:
    words = text.split()
    return " ".join(words[:_WORDS]) + ("" if len(words) <= _WORDS else " …")
