"""Places for the boxes of a diagram, and for what passes between them: columns of layers, or rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from openldn.figures.axis import inside, spread
from openldn.figures.layers import Edge
from openldn.figures.svg import SMALL, TEXT, Canvas, leading, text_width, wrap

_PAD, _SLACK = 7.0, 14.0


@dataclass(frozen=True)
class Box:
    heading: list[str]
    caption: list[str]
    along: float
    across: float


@dataclass(frozen=True)
class Plan:
    """Everything has a place: `along` runs from layer to layer, `across` within one."""

    down: bool
    boxes: dict[str, Box]
    layers: list[list[str]]
    starts: list[float]  # along, of each layer
    depths: list[float]
    across: dict[str, float]  # the middle of each box or passing edge
    breadth: float


def rightwards(
    canvas: Canvas,
    captions: dict[str, str],
    layers: list[list[str]],
    laid: Sequence[Edge],
    labels: Sequence[str],
) -> Plan | None:
    """Layers as columns, or None where the columns would be too slim to read."""
    count = len(layers)
    gap = min(92.0, max([30.0, *(text_width(label, SMALL) + 26 for label in labels)]))
    width = min(150.0, (canvas.width - 2 - gap * (count - 1)) / count)
    if width < 76 or any(
        text_width(word, TEXT, bold=True) > width - 2 * _PAD for name in captions for word in name.split()
    ):
        return None
    if count > 1:
        gap = min(gap * 1.6, (canvas.width - 2 - width * count) / (count - 1))
    boxes = {name: _box(name, caption, width) for name, caption in captions.items()}
    starts = [1 + i * (width + gap) for i in range(count)]
    sizes = {v: (boxes[v].across if v in boxes else 10.0) + _SLACK for layer in layers for v in layer}
    across, breadth = _relax(layers, laid, sizes, 0.0)
    return Plan(False, boxes, layers, starts, [width] * count, across, breadth)


def downwards(
    canvas: Canvas,
    captions: dict[str, str],
    layers: list[list[str]],
    laid: Sequence[Edge],
    labels: Sequence[str],
) -> Plan:
    """Layers as rows; a gap is deep enough for the labels that stand in it, side by side or in lines."""
    boxes, depths, sizes = {}, [], {}
    for layer in layers:
        real = [v for v in layer if v in captions]
        passing = len(layer) - len(real)
        lane = min(22.0, 0.4 * canvas.width / passing) if passing else 0.0
        free = canvas.width - 2 - passing * lane
        width = min(170.0, free / len(real) - 10) if real else 0.0
        for name in real:
            found = _box(name, captions[name], width)
            boxes[name] = Box(found.heading, found.caption, found.across, width)
            sizes[name] = width + 10
        sizes.update({v: lane for v in layer if v not in captions})
        depths.append(max([16.0, *(boxes[v].along for v in real)]))
    starts, at = [], 1.0
    for i, depth in enumerate(depths):
        starts.append(at)
        words = [label_lines(w, canvas) for e, w in zip(laid, labels, strict=True) if w and home(e) == i]
        wide = sum(label_width(lines) for lines in words)
        rows = 0 if not words else 1 if wide <= canvas.width else 1 + -(-wide // (0.8 * canvas.width))
        at += depth + 34 + rows * (4 + leading(SMALL) * max(map(len, words), default=0))
    across, _ = _relax(layers, laid, sizes, canvas.width)
    return Plan(True, boxes, layers, starts, depths, across, canvas.width)


def _box(name: str, caption: str, width: float) -> Box:
    heading = wrap(name, width - 2 * _PAD, TEXT, bold=True)
    lines = wrap(caption, width - 2 * _PAD, SMALL) if caption else []
    return Box(heading, lines, width, len(heading) * leading(TEXT) + len(lines) * leading(SMALL) + 12)


def _relax(
    layers: list[list[str]], laid: Sequence[Edge], sizes: dict[str, float], breadth: float
) -> tuple[dict[str, float], float]:
    """Places across: every box towards the middle of its neighbours, order and room kept."""
    breadth = breadth or max(sum(sizes[v] for v in layer) for layer in layers)
    at: dict[str, float] = {}
    for layer in layers:
        edge = (breadth - sum(sizes[v] for v in layer)) / 2
        for v in layer:
            at[v] = edge + sizes[v] / 2
            edge += sizes[v]
    beside: dict[str, list[str]] = {v: [] for v in at}
    for edge_ in laid:
        for a, b in zip(edge_.path, edge_.path[1:], strict=False):
            beside[a].append(b)
            beside[b].append(a)
    for turn in range(12):
        for layer in layers if turn % 2 else reversed(layers):
            wanted = [sum(at[u] for u in beside[v]) / len(beside[v]) if beside[v] else at[v] for v in layer]
            room = [sizes[v] for v in layer]
            at.update(zip(layer, inside(spread(wanted, room), room, 0.0, breadth), strict=True))
    return at, breadth


def ports_of(plan: Plan, laid: Sequence[Edge]) -> dict[tuple[int, int], tuple[float, float]]:
    """Where each piece of each edge leaves and enters, across: spread over a box's side in the order of the far ends."""
    sides: dict[tuple[str, str], list[tuple[float, int, int]]] = {}
    for i, edge in enumerate(laid):
        for k, (a, b) in enumerate(zip(edge.path, edge.path[1:], strict=False)):
            sides.setdefault((a, "out"), []).append((plan.across[b], i, k))
            sides.setdefault((b, "in"), []).append((plan.across[a], i, k))
    out: dict[tuple[int, int], list[float]] = {}
    for (name, side), ends in sides.items():
        size = plan.boxes[name].across if name in plan.boxes else 0.0
        step = min(size / (len(ends) + 1), 40.0)
        for rank, (_, i, k) in enumerate(sorted(ends)):
            place = plan.across[name] + (rank - (len(ends) - 1) / 2) * step
            out.setdefault((i, k), [0.0, 0.0])[0 if side == "out" else 1] = place
    return {key: (a, b) for key, (a, b) in out.items()}


def label_lines(words: str, canvas: Canvas) -> list[str]:
    return wrap(words, 0.45 * canvas.width, SMALL)


def label_width(lines: Sequence[str]) -> float:
    return max(text_width(line, SMALL) for line in lines) + 10


def home(edge: Edge) -> int:
    """The gap in which an edge's label stands: the middle one of those it crosses."""
    return edge.first + (len(edge.path) - 2) // 2
