"""The event rules against figures that NONMEM printed, and against superposition."""

from typing import Any

import numpy as np
import pytest

from openldn.engine import SciPy, simulate
from openldn.engine.solving import Solver
from openldn.proof.qualify.nonmem import PRINTED, TEXT, person, scenarios, weights
from openldn.proof.qualify.solvers import build, records
from openldn.proof.qualify.superposition import Linear, central


def seen_by(table: list[dict[str, Any]], solver: Solver | None = None) -> np.ndarray:
    run = simulate(build(TEXT), records(build(TEXT), table), None, ["C"], solver=solver)
    return run.whole().of("C")[0][[record["EVID"] == 0 for record in table]]


def agree(found: np.ndarray, printed: list[float]) -> bool:
    return bool(np.all(np.abs(found - printed) <= PRINTED * np.abs(printed) + 1e-9))


@pytest.mark.parametrize("solver", [None, SciPy(), SciPy("LSODA")])
@pytest.mark.parametrize("scenario", scenarios())
def test_nonmem_printed_the_same(scenario: int, solver: Solver | None) -> None:
    table, printed = person(scenario)
    assert agree(seen_by(table, solver), printed)


@pytest.mark.parametrize("scenario", scenarios())
def test_superposition_agrees_with_nonmem(scenario: int) -> None:
    """The oracle is itself held to NONMEM."""
    table, printed = person(scenario)
    words = {"F2": "F", "ALAG2": "LAG", "D2": "D"}
    own = [
        {words.get(name, name): value for name, value in r.items() if name not in words or r["CMT"] == 2}
        for r in table
    ]
    found = np.array(central(Linear(cl=1.1, v=20, ka=1.5), own)) * 1000 / 20
    assert agree(found[[r["EVID"] == 0 for r in table]], printed)


def test_a_covariate_that_changes_is_carried_backward_as_nonmem_does() -> None:
    table, printed = weights()
    assert agree(seen_by(table), printed)
