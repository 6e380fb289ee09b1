"""The explicit pair: its weights satisfy the conditions of their orders, and no step passes by accident."""

from functools import lru_cache
from itertools import combinations_with_replacement, product

import numpy as np
import pytest
from scipy.special import lambertw

from openldn.engine import assemble, parse_block, simulate
from openldn.engine.events import nothing
from openldn.engine.kernels import tableau

Tree = tuple["Tree", ...]
SATURABLE = """
model saturable : Michaelis and Menten
parameter VMAX [mg/L/h] = 0.5
parameter KM [mg/L] = 2
parameter C0 [mg/L] = 1
state c [mg/L] = C0
d/dt(c) = -VMAX * c / (KM + c)
"""
_COEFFICIENTS = np.zeros((tableau.STAGES, tableau.STAGES))
for _i, _row in enumerate(tableau.A):
    for _j, _a in _row.items():
        _COEFFICIENTS[_i, _j] = _a


@lru_cache
def trees(order: int) -> tuple[Tree, ...]:
    """Butcher's rooted trees with `order` vertices."""
    if order == 1:
        return ((),)
    found: set[Tree] = set()
    for count in range(1, order):
        for sizes in combinations_with_replacement(range(1, order), count):
            if sum(sizes) == order - 1:
                found.update(tuple(sorted(branches)) for branches in product(*map(trees, sizes)))
    return tuple(sorted(found))


def vertices(tree: Tree) -> int:
    return 1 + sum(map(vertices, tree))


def density(tree: Tree) -> int:
    return vertices(tree) * int(np.prod([density(branch) for branch in tree], dtype=int))


def elementary(tree: Tree, matrix: np.ndarray = _COEFFICIENTS) -> np.ndarray:
    """Φ(tree) before its last weights, for each stage."""
    return np.prod([np.ones(len(matrix)), *(matrix @ elementary(b, matrix) for b in tree)], axis=0)


def conditions(upto: int, matrix: np.ndarray = _COEFFICIENTS) -> np.ndarray:
    return np.array([elementary(tree, matrix) for n in range(1, upto + 1) for tree in trees(n)])


def weights(of: dict[int, float]) -> np.ndarray:
    found = np.zeros(tableau.STAGES)
    found[list(of)] = list(of.values())
    return found


def test_there_are_as_many_trees_as_in_the_books() -> None:
    assert [len(trees(n)) for n in range(1, 9)] == [1, 1, 2, 4, 9, 20, 48, 115]


def test_the_new_value_is_of_order_eight() -> None:
    expected = [1 / density(tree) for n in range(1, 9) for tree in trees(n)]
    assert conditions(8) @ weights(tableau.B) == pytest.approx(expected, abs=1e-14)  # rounding of 12 terms


@pytest.mark.parametrize(("estimate", "order"), [("E3", 3), ("E5", 5), ("E6", 6)])
def test_an_estimate_vanishes_up_to_its_order_and_not_beyond(estimate: str, order: int) -> None:
    e = weights(getattr(tableau, estimate))
    assert np.max(np.abs(conditions(order) @ e)) < 1e-14
    assert np.max(np.abs([elementary(tree) @ e for tree in trees(order + 1)])) > 1e-5


def test_the_sixth_order_estimate_is_the_only_one_there_is() -> None:
    _, sizes, rows = np.linalg.svd(conditions(6))
    assert sizes[-2] > 1e-7 > 1e-15 > sizes[-1]
    found = rows[-1] * np.sign(rows[-1] @ weights(tableau.E6))
    assert found == pytest.approx(weights(tableau.E6), abs=1e-9)  # 1e-16 over the last singular value but one


@pytest.mark.parametrize("rtol", [1e-8, 1e-10])
def test_no_step_of_a_saturable_elimination_passes_by_accident(rtol: float) -> None:
    """C + KM ln C falls by VMAX t: Lambert's function says C, for 3,000 first concentrations.

    The worst is off by 57 and by 3 tolerances. With e₅ and e₃ alone it was 1,400 and 38,000, for the few whose
    step ended where e₅ changes its sign.
    """
    block = parse_block(SATURABLE, file="saturable.model")
    model = assemble(block.name, {block.name: block}.__getitem__)
    first, times = np.linspace(0.5, 10, 3000), np.array([4.0, 12.0, 24.0])
    run = simulate(model, nothing(), times, ("c",), {"C0": first}, rtol=rtol)
    x = first[:, None] / 2 * np.exp((first[:, None] - 0.5 * times) / 2)
    exact = 2 * np.real(lambertw(x))
    assert np.max(np.abs(run.of("c") / exact - 1)) < 300 * rtol
