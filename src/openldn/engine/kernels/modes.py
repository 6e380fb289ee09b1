"""States that follow their own linear equations, solved exactly as a sum of exponentials.

Where x' = A x + c holds for a set of states that needs no other state, with A and c fixed for a person,

    x(t) = r + Σₘ vₘ zₘ e^(λₘ t),      A r = -c,   A vₘ = λₘ vₘ,   z = V⁻¹ (x(0) - r).

Much of pharmacokinetics is of this kind. A kernel then integrates only the other states, whose steps no
longer follow the absorption of a dose. The states are put in an order in which A is block-triangular, so
that each mode belongs to a group of states that exchange, and reaches only what is downstream of it.

A person with complex, equal or zero λ is marked as not solvable this way; where nothing else is integrated, and
exponentials go over a stretch of any length at once, also one with λ above zero.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from openldn.engine.kernels.graph import Graph
from openldn.engine.tape import OPERATIONS

Array = NDArray[np.float64]
_CONDITION = (
    1e6  # how much larger the modes may be than what they add up to: so many times rounding errors grow
)


@dataclass(frozen=True)
class Linear:
    """The linear states by number, in groups from upstream to downstream, with the nodes of A and c."""

    groups: tuple[tuple[int, ...], ...]
    matrix: Mapping[tuple[int, int], int] = field(repr=False)
    constants: Mapping[int, int] = field(repr=False)

    @property
    def states(self) -> tuple[int, ...]:
        return tuple(state for group in self.groups for state in group)

    def reached_from(self, dosed: Container[int]) -> "Linear":
        """The part that doses into those states reach, and what that part needs."""
        needs = {
            g: {h for h in self.groups for i in g for j in h if (i, j) in self.matrix} for g in self.groups
        }
        reached = set[tuple[int, ...]]()
        for group in self.groups:
            if any(i in dosed for i in group) or (needs[group] - {group}) & reached:
                reached.add(group)
        for group in reversed(self.groups):
            if group in reached:
                reached |= needs[group]
        return without(self, {i for g in self.groups if g not in reached for i in g})

    @property
    def reached(self) -> tuple[tuple[bool, ...], ...]:
        """Whether state i (row, in the order of `states`) may hold a part of mode j."""
        order, size = self.states, len(self.states)
        found = np.eye(size, dtype=bool)
        for i, j in self.matrix:
            found[order.index(i), order.index(j)] = True
        for _ in order:
            found = found @ found
        return tuple(tuple(bool(v) for v in row) for row in found)


@dataclass(frozen=True)
class Modes:
    """λ, r of shape (modes, persons), V and V⁻¹ of shape (modes, modes, persons), and for whom they hold."""

    rates: Array
    rest: Array
    vectors: Array
    inverse: Array
    sound: NDArray[np.bool_]


def without(linear: Linear, states: Container[int]) -> Linear:
    """The linear states without some that no other needs."""
    groups = tuple(g for g in linear.groups if g[0] not in states)
    kept = {i for g in groups for i in g}
    matrix = {key: node for key, node in linear.matrix.items() if key[0] in kept}
    return Linear(groups, matrix, {i: node for i, node in linear.constants.items() if i in kept})


def linear_states(graph: Graph, rates: Sequence[int], changing: Iterable[int] = ()) -> Linear:
    """The largest set of states whose rates are linear in the set, but for those without any loss.

    changing: nodes that are static, but do not hold for a person throughout.
    """
    known: dict[int, Form | None] = dict.fromkeys(changing)
    forms = {i: _affine(graph, node, known) for i, node in enumerate(rates)}
    inside = {i for i, form in forms.items() if form is not None}
    while True:
        out = {i for i in inside if not set((forms[i] or (0, {}))[1]) <= inside}
        out |= {i for i in inside - out if not any(j in inside for j in (forms[i] or (0, {}))[1])}
        groups = _groups({i: set(forms[i][1]) for i in inside - out})  # type: ignore[index]
        # A state that only gathers has λ = 0: its value grows without a rest to return to.
        out |= {g[0] for g in groups if len(g) == 1 and g[0] not in forms[g[0]][1]}  # type: ignore[index]
        if not out:
            break
        inside -= out
    matrix = {(i, j): node for i in inside for j, node in forms[i][1].items()}  # type: ignore[index]
    constants = {i: forms[i][0] for i in inside}  # type: ignore[index]
    return Linear(tuple(groups), matrix, constants)


def solve_modes(
    graph: Graph, linear: Linear, columns: Sequence[Array], persons: int, *, alone: bool = False
) -> Modes:
    """The modes of each person; `columns` holds each parameter, of one value or one for each person.

    alone: whether there is nothing else, and modes have to fall.
    """
    order = {state: i for i, state in enumerate(linear.states)}
    size = len(order)
    needed = [*linear.matrix.values(), *linear.constants.values()]
    values = _evaluate(graph, needed, columns)
    A = np.zeros((size, size, persons))
    for (i, j), node in linear.matrix.items():
        A[order[i], order[j]] = values[node]
    c = np.zeros((size, persons))
    for i, node in linear.constants.items():
        c[order[i]] = values[node]
    groups = [[order[state] for state in group] for group in linear.groups]
    with np.errstate(all="ignore"):
        rates, vectors = _eigen(A, groups, linear.reached)
        inverse = _inverse(vectors, groups, linear.reached)
        rest = -_times(vectors, _times(inverse, c) / rates)
        sound = (
            (_enlarged(A, vectors, inverse) < _CONDITION)
            & np.isfinite(rest).all(axis=0)
            & np.isfinite(rates).all(axis=0)
        )
        sound &= np.abs(rates).min(axis=0) > 1e-12 * np.abs(rates).max(axis=0)
        if alone:
            sound &= rates.max(axis=0) < 0
    return Modes(rates, rest, vectors, inverse, sound)


def _enlarged(A: Array, vectors: Array, inverse: Array) -> Array:
    """How much larger Σₘ |vᵢₘ v⁻¹ₘⱼ| is than what of state j comes to be in i, at most; whatever the units of i and j.

    Of j comes to i, in one step, |aᵢⱼ| over the faster of the two losses; the way by which most comes counts.
    """
    size = len(A)
    loss = np.abs(A[range(size), range(size)])
    comes = np.abs(A) / np.maximum(loss[:, None], loss[None, :])
    comes[range(size), range(size)] = 1.0
    for k in range(size):
        comes = np.fmax(comes, comes[:, k, None] * comes[None, k])
    held = np.zeros_like(A)
    for m in range(size):
        held += np.abs(vectors[:, m, None] * inverse[None, m])
    return np.asarray(np.where(held > 0, held / comes, 0.0).max(axis=(0, 1)))


Form = tuple[int, dict[int, int]]
Reached = Sequence[Sequence[bool]]


def _affine(graph: Graph, node: int, known: dict[int, Form | None]) -> Form | None:
    """Constant and slopes of a node that is linear in states, as static nodes; None where it is not."""
    if node not in known:
        known[node] = _form(graph, node, known)
    return known[node]


def _form(graph: Graph, node: int, known: dict[int, Form | None]) -> Form | None:
    name, *rest = graph.nodes[node]
    zero = graph.num(0.0)
    if graph.static[node]:
        return node, {}
    if name == "state":
        return zero, {int(rest[0]): graph.num(1.0)}
    parts = [_affine(graph, a, known) for a in graph.arguments(node)]
    if name not in ("+", "-", "neg", "*") or any(part is None for part in parts):
        return None
    first, *more = (part for part in parts if part is not None)
    if name == "neg":
        return _scaled(graph, first, graph.num(-1.0))
    second = more[0]
    if name == "*":
        if first[1] and second[1]:
            return None
        moving, fixed = (first, second) if first[1] else (second, first)
        return _scaled(graph, moving, fixed[0])
    slopes = dict(first[1])
    for state, slope in second[1].items():
        slopes[state] = graph.node(str(name), slopes.get(state, zero), slope)
    return graph.node(str(name), first[0], second[0]), slopes


def _scaled(graph: Graph, form: Form, factor: int) -> Form:
    return graph.node("*", form[0], factor), {i: graph.node("*", s, factor) for i, s in form[1].items()}


def _groups(needs: Mapping[int, set[int]]) -> list[tuple[int, ...]]:
    """States that need one another, directly or not, together; each group after those that it needs."""
    behind = {i: set(n) & needs.keys() for i, n in needs.items()}
    for _ in needs:
        behind = {i: n.union(*(behind[j] for j in n)) for i, n in behind.items()}
    groups = {tuple(sorted({i} | {j for j in behind[i] if i in behind[j]})) for i in needs}
    return sorted(groups, key=lambda g: (len(behind[g[0]] | set(g)), g))


def _evaluate(graph: Graph, nodes: Sequence[int], columns: Sequence[Array]) -> dict[int, Array]:
    values: dict[int, Array] = {}
    with np.errstate(all="ignore"):
        for node in graph.behind(nodes):
            name, *rest = graph.nodes[node]
            if name == "num":
                values[node] = np.array([float(rest[0])])
            elif name == "par":
                values[node] = columns[int(rest[0])]
            else:
                parts = [values[a] for a in graph.arguments(node)]
                values[node] = 1.0 / parts[0] if name == "rcp" else OPERATIONS[str(name)](*parts)
    return values


def _times(A: Array, x: Array) -> Array:
    """A x for each person, summed in one order whatever their number."""
    total = A[:, 0] * x[0]
    for j in range(1, len(x)):
        total = total + A[:, j] * x[j]
    return np.asarray(total)


def _eigen(A: Array, groups: Sequence[Sequence[int]], reached: Reached) -> tuple[Array, Array]:
    size, _, persons = A.shape
    rates, vectors = np.zeros((size, persons)), np.zeros((size, size, persons))
    for at, group in enumerate(groups):
        own, local = _small_eigen(A[np.ix_(group, group)])
        for m, mode in enumerate(group):
            rates[mode] = own[m]
            for i, state in enumerate(group):
                vectors[state, mode] = local[i, m]
            for below in groups[at + 1 :]:
                if not reached[below[0]][mode]:
                    continue
                pushed = -_times(A[below], vectors[:, mode])
                inner = A[np.ix_(below, below)].copy()
                inner[range(len(below)), range(len(below))] -= own[m]
                vectors[below, mode] = _small_solve(inner, pushed)
    return rates, vectors


def _small_eigen(A: Array) -> tuple[Array, Array]:
    if len(A) == 1:
        return A[0], np.ones_like(A)
    if len(A) == 2:
        (a, b), (c, d) = A
        middle = (a + d) / 2
        root = np.sqrt(((a - d) / 2) ** 2 + b * c)
        first = np.where(middle < 0, middle - root, middle + root)
        own = np.array([first, (a * d - b * c) / first])
        local = np.array([own - d, np.array([c, c])])
        return own, local / np.abs(local).max(axis=0)
    found, local = np.linalg.eig(np.moveaxis(A, 2, 0))
    order = np.argsort(found.real, axis=1)
    own = np.take_along_axis(found, order, axis=1)
    sorted_local = np.take_along_axis(local, order[:, None, :], axis=2)
    complex_ones = (np.abs(own.imag) > 0).any(axis=1)
    real = np.where(complex_ones[:, None], np.nan, own.real)
    return real.T, np.moveaxis(sorted_local.real, 0, 2)


def _small_solve(A: Array, b: Array) -> Array:
    if len(A) == 1:
        return np.asarray(b / A[0])
    if len(A) == 2:
        (p, q), (r, s) = A
        return np.asarray(np.array([s * b[0] - q * b[1], p * b[1] - r * b[0]]) / (p * s - q * r))
    inner = np.moveaxis(A, 2, 0)
    sound = np.asarray(np.isfinite(inner).all(axis=(1, 2)))
    inner = np.where(sound[:, None, None], inner, np.eye(len(A)))
    try:
        found = np.linalg.solve(inner, np.moveaxis(b, 1, 0)[:, :, None])[:, :, 0].T
    except np.linalg.LinAlgError:
        return np.full_like(b, np.nan)
    return np.where(sound, found, np.nan)


def _inverse(V: Array, groups: Sequence[Sequence[int]], reached: Reached) -> Array:
    size = len(V)
    found = np.zeros_like(V)
    for column in range(size):
        for group in groups:
            if not reached[group[0]][column]:
                continue
            right = -_times(V[group], found[:, column])
            for i, state in enumerate(group):
                if state == column:
                    right[i] += 1.0
            found[group, column] = _small_solve(V[np.ix_(group, group)], right)
    return found
