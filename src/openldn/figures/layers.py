"""A directed graph in layers: which layer each node stands in, and in which order, with few crossings."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Edge:
    """The way of an edge, one name a layer from layer `first` on: its ends, and places it passes between them.

    `turned`: it was turned round to break a circle, so its arrow points to the beginning of the path.
    """

    index: int
    first: int
    path: tuple[str, ...]
    turned: bool


def layout(
    names: Sequence[str], edges: Sequence[tuple[str, str]], most: int = 0
) -> tuple[list[Edge], list[list[str]]]:
    """Edges with their ways, and layers of names in order; earlier edges are the last to be turned round.

    No layer holds more than `most` names where that is given; those left over make a layer of their own.
    """
    after: dict[str, list[str]] = {v: [] for v in names}
    turned = []
    for a, b in edges:
        back = _reaches(after, b, a)
        turned.append(back)
        after[b if back else a].append(a if back else b)
    depth = _slim(_depths(names, after), most or len(names))
    laid = []
    layers: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for v in names:
        layers[depth[v]].append(v)
    for i, ((a, b), back) in enumerate(zip(edges, turned, strict=True)):
        low, high = (b, a) if back else (a, b)
        passed = [f"{i}\0{layer}" for layer in range(depth[low] + 1, depth[high])]
        for layer, place in enumerate(passed, depth[low] + 1):
            layers[layer].append(place)
        laid.append(Edge(i, depth[low], (low, *passed, high), back))
    return laid, _ordered(layers, laid)


def crossings(layers: Sequence[Sequence[str]], laid: Sequence[Edge]) -> int:
    """How many pairs of edges cross between neighbouring layers."""
    rank = {v: i for layer in layers for i, v in enumerate(layer)}
    gaps: dict[int, list[tuple[int, int]]] = {}
    for edge in laid:
        for k, (a, b) in enumerate(zip(edge.path, edge.path[1:], strict=False)):
            gaps.setdefault(edge.first + k, []).append((rank[a], rank[b]))
    return sum(
        (a - c) * (b - d) < 0
        for pairs in gaps.values()
        for i, (a, b) in enumerate(pairs)
        for c, d in pairs[:i]
    )


def _reaches(after: dict[str, list[str]], start: str, goal: str) -> bool:
    seen, todo = {start}, [start]
    while todo:
        v = todo.pop()
        if v == goal:
            return True
        new = [u for u in after[v] if u not in seen]
        seen.update(new)
        todo += new
    return False


def _depths(names: Sequence[str], after: dict[str, list[str]]) -> dict[str, int]:
    """The longest path to each node; a node that nothing leads to then moves up beside what it leads to."""
    depth = dict.fromkeys(names, 0)
    for _ in names:
        for v in names:
            for u in after[v]:
                depth[u] = max(depth[u], depth[v] + 1)
    led_to = {u for targets in after.values() for u in targets}
    for v in names:
        if v not in led_to and after[v]:
            depth[v] = min(depth[u] for u in after[v]) - 1
    lowest = min(depth.values())
    return {v: d - lowest for v, d in depth.items()}


def _slim(depth: dict[str, int], most: int) -> dict[str, int]:
    """Depths anew, each full layer broken into several; no edge runs within a layer, so none turns back by it."""
    out, at = {}, -1
    for level in range(max(depth.values()) + 1):
        for i, v in enumerate(v for v, d in depth.items() if d == level):
            at += i % most == 0
            out[v] = at
    return out


def _ordered(layers: list[list[str]], laid: Sequence[Edge]) -> list[list[str]]:
    before: dict[str, list[str]] = {v: [] for layer in layers for v in layer}
    behind: dict[str, list[str]] = {v: [] for layer in layers for v in layer}
    for edge in laid:
        for a, b in zip(edge.path, edge.path[1:], strict=False):
            behind[a].append(b)
            before[b].append(a)
    best, fewest = layers, crossings(layers, laid)
    now = [list(layer) for layer in layers]
    for turn in range(24):
        rightwards = turn % 2 == 0
        for i in range(1, len(now)) if rightwards else range(len(now) - 2, -1, -1):
            rank = {v: k for k, v in enumerate(now[i - 1 if rightwards else i + 1])}
            beside = before if rightwards else behind
            mean = {
                v: sum(rank[u] for u in beside[v]) / len(beside[v]) if beside[v] else float(k)
                for k, v in enumerate(now[i])
            }
            now[i].sort(key=mean.__getitem__)
        count = crossings(now, laid)
        if count < fewest:
            best, fewest = [list(layer) for layer in now], count
    return best
