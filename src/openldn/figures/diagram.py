"""Boxes and arrows, laid out by themselves: the states of a model and what flows between them.

Edges that would close a circle are turned round for the layout only, flows last to be turned. A box's layer is the
longest path to it; long edges get a place in every layer they pass; within a layer, boxes move to the mean of their
neighbours while that makes fewer crossings (Sugiyama's method). Layers run left to right, or downwards where the
drawing is too narrow for them.
"""

from collections.abc import Sequence

from openldn.figures.axis import inside, spread
from openldn.figures.diagram_plan import (
    Box,
    Plan,
    downwards,
    home,
    label_lines,
    label_width,
    ports_of,
    rightwards,
)
from openldn.figures.figure import COLOURS, Figure
from openldn.figures.layers import Edge, layout
from openldn.figures.svg import INK, PAPER, SMALL, SOFT, Canvas, leading, n, picture, wrap
from openldn.notation import InputError, UnknownName

_BLUE, _VERMILION = COLOURS[:2]
KINDS = ("flow", "acts on")


def diagram(
    id: str,  # noqa: A002 - the field's name
    title: str,
    nodes: Sequence[tuple[str, str]],
    edges: Sequence[tuple[str, str, str, str]],
    *,
    alt: str = "",
) -> Figure:
    """`nodes` are (name, caption), `edges` (from, to, label, kind); a kind is "flow" or "acts on" (dashed).

    Raises InputError for no nodes or one named twice, UnknownName for an edge to nowhere or of no kind.
    """
    names = [name for name, _ in nodes]
    if not names:
        raise InputError("a diagram needs at least one node: there is nothing to draw")
    for name in names:
        if names.count(name) > 1:
            raise InputError(f'node "{name}" stands twice in the diagram: names must differ')
    for source, target, _, kind in edges:
        for end in (source, target):
            if end not in names:
                raise UnknownName("node", end, names)
        if kind not in KINDS:
            raise UnknownName("kind of edge", kind, KINDS)
    told = alt or _words(nodes, edges)
    return picture(id, title, told, lambda canvas: _paint(canvas, nodes, edges))


def _paint(
    canvas: Canvas, nodes: Sequence[tuple[str, str]], edges: Sequence[tuple[str, str, str, str]]
) -> float:
    loops = [e for e in edges if e[0] == e[1]]
    ordered = sorted((e for e in edges if e[0] != e[1]), key=lambda e: KINDS.index(e[3]))
    pairs = [(a, b) for a, b, _, _ in ordered]
    laid, layers = layout([name for name, _ in nodes], pairs)
    captions = dict(nodes)
    for name, _, label, _ in loops:
        captions[name] += f"{'; ' if captions[name] else ''}acts on itself{': ' + label if label else ''}"
    labels = [label for _, _, label, _ in ordered]
    plan = rightwards(canvas, captions, layers, laid, labels) if not canvas.narrow else None
    if plan is None:
        laid, layers = layout([name for name, _ in nodes], pairs, most=int(canvas.width // 95))
        plan = downwards(canvas, captions, layers, laid, labels)
    ports = ports_of(plan, laid)
    for edge, (_, _, _, kind) in zip(laid, ordered, strict=True):
        _draw_edge(canvas, plan, edge, ports, kind)
    for name, box in plan.boxes.items():
        _draw_box(canvas, plan, name, box)
    _draw_labels(canvas, plan, laid, labels, ports)
    height = plan.breadth if not plan.down else plan.starts[-1] + plan.depths[-1]
    return _key(canvas, height + 24, {kind for *_, kind in edges})


def _draw_edge(
    canvas: Canvas, plan: Plan, edge: Edge, ports: dict[tuple[int, int], tuple[float, float]], kind: str
) -> None:
    colour, dash = (_BLUE, "") if kind == "flow" else (_VERMILION, "5 3")
    d = ""
    index = edge.index
    for k, name in enumerate(edge.path[:-1]):
        layer = edge.first + k
        start, end = plan.starts[layer] + _depth(plan, layer, name), plan.starts[layer + 1]
        a, b = ports[index, k]
        # An arrow's head needs its last pixels straight.
        first = start + (7 if edge.turned and k == 0 else 0)
        last = end - (7 if not edge.turned and k == len(edge.path) - 2 else 0)
        middle = (first + last) / 2
        if not d:
            d = "M" + _point(plan, first, a)
        elif name not in plan.boxes:
            d += "L" + _point(plan, start, a)
        d += f"C{_point(plan, middle, a)} {_point(plan, middle, b)} {_point(plan, last, b)}"
        if k == 0 and edge.turned:
            _head(canvas, plan, start, a, 8.0, colour)
        if k == len(edge.path) - 2 and not edge.turned:
            _head(canvas, plan, end, b, -8.0, colour)
    canvas.path(d, stroke=colour, width=1.6, dash=dash)


def _depth(plan: Plan, layer: int, name: str) -> float:
    """How far a box reaches; passing edges run straight through the whole layer."""
    return plan.boxes[name].along if name in plan.boxes and plan.down else plan.depths[layer]


def _point(plan: Plan, along: float, across: float) -> str:
    return f"{n(across)} {n(along)}" if plan.down else f"{n(along)} {n(across)}"


def _head(canvas: Canvas, plan: Plan, along: float, across: float, back: float, colour: str) -> None:
    corners = [(along, across), (along + back, across - 4), (along + back, across + 4)]
    canvas.polygon([(b, a) if plan.down else (a, b) for a, b in corners], fill=colour)


def _draw_box(canvas: Canvas, plan: Plan, name: str, box: Box) -> None:
    layer = next(i for i, names in enumerate(plan.layers) if name in names)
    along, across = plan.starts[layer], plan.across[name]
    x, y = (across - box.across / 2, along) if plan.down else (along, across - box.across / 2)
    width, height = (box.across, box.along) if plan.down else (box.along, box.across)
    canvas.rect(x, y, width, height, fill=PAPER, stroke=INK, line=1.2, title=name)
    below = canvas.lines(x + width / 2, y + 16, box.heading, anchor="middle", bold=True)
    canvas.lines(x + width / 2, below, box.caption, size=SMALL, anchor="middle", fill=SOFT)


def _draw_labels(
    canvas: Canvas, plan: Plan, laid: Sequence[Edge], labels: Sequence[str],
    ports: dict[tuple[int, int], tuple[float, float]],
) -> None:  # fmt: skip
    gaps: dict[int, list[tuple[float, float, str]]] = {}
    for edge, words in zip(laid, labels, strict=True):
        if words:
            k = home(edge) - edge.first
            a, b = ports[edge.index, k]
            gaps.setdefault(edge.first + k, []).append((a, b, words))
    for layer, found in gaps.items():
        start, end = plan.starts[layer] + plan.depths[layer], plan.starts[layer + 1]
        found.sort(key=lambda item: (item[0] + item[1], item[0]))
        if plan.down:
            _in_rows(canvas, found, start, end)
        else:
            _in_column(canvas, found, start, end, plan.breadth)


def _in_column(
    canvas: Canvas, found: Sequence[tuple[float, float, str]], start: float, end: float, breadth: float
) -> None:
    wrapped = [wrap(words, end - start - 16, SMALL) for _, _, words in found]
    room = [len(lines) * leading(SMALL) + 3 for lines in wrapped]
    middles = inside(spread([(a + b) / 2 for a, b, _ in found], room), room, 0.0, breadth)
    for lines, middle in zip(wrapped, middles, strict=True):
        _put(canvas, lines, (start + end - 4) / 2, middle)


def _in_rows(canvas: Canvas, found: Sequence[tuple[float, float, str]], start: float, end: float) -> None:
    """Labels side by side, in as many rows as it takes; each stands where its edge crosses that row."""
    rows: list[list[tuple[float, float, list[str]]]] = []
    used = 0.0
    for a, b, words in found:
        lines = label_lines(words, canvas)
        if not rows or used + label_width(lines) > canvas.width:
            rows.append([])
            used = 0.0
        rows[-1].append((a, b, lines))
        used += label_width(lines)
    for i, row in enumerate(rows):
        t = (i + 1) / (len(rows) + 1)
        eased = t * t * (3 - 2 * t)
        room = [label_width(lines) for _, _, lines in row]
        places = inside(spread([a + eased * (b - a) for a, b, _ in row], room), room, 0.0, canvas.width)
        for (_, _, lines), x in zip(row, places, strict=True):
            _put(canvas, lines, x, start + t * (end - start - 8))


def _put(canvas: Canvas, lines: Sequence[str], x: float, y: float) -> None:
    """A label centred at (x, y), on paper of its own so that no line strikes it through."""
    wide, tall = label_width(lines) - 6, len(lines) * leading(SMALL)
    canvas.rect(x - wide / 2, y - tall / 2, wide, tall, fill=PAPER)
    canvas.lines(x, y - tall / 2 + 10, lines, size=SMALL, anchor="middle")


def _key(canvas: Canvas, y: float, used: set[str]) -> float:
    x = 0.0
    for kind, words, colour, dash in (
        ("flow", "flows to", _BLUE, ""),
        ("acts on", "acts on", _VERMILION, "5 3"),
    ):
        if kind in used:
            canvas.line(x, y - 4, x + 24, y - 4, stroke=colour, width=1.6, dash=dash)
            canvas.polygon([(x + 30, y - 4), (x + 22, y - 8), (x + 22, y)], fill=colour)
            canvas.text(x + 36, y, words, size=SMALL)
            x += 110
    return y + 8 if used else y - 18


def _words(nodes: Sequence[tuple[str, str]], edges: Sequence[tuple[str, str, str, str]]) -> str:
    told = [f"Diagram of {len(nodes)} boxes: " + ", ".join(f"{a} ({b})" if b else a for a, b in nodes)]
    verbs = {"flow": "flows to", "acts on": "acts on"}
    told += [f"{a} {verbs[kind]} {b}{f' ({label})' if label else ''}" for a, b, label, kind in edges]
    return ". ".join(told) + "."
