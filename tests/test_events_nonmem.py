"""The event rules against figures that NONMEM printed, and against superposition."""

import numpy as np
import pytest

from openldn.engine.events import Person, simulate_events
from openldn.proof.qualify.nonmem import PRINTED, TEXT, person, scenarios, weights
from openldn.proof.qualify.solvers import build
from openldn.proof.qualify.superposition import Linear, central


def seen_by(who: Person, method: str = "DOP853") -> np.ndarray:
    table = simulate_events(build(TEXT), [who], ["C"], method=method)
    assert not table.reasons
    return np.array([c for c, record in zip(table.of("C"), who.records, strict=True) if record.evid == 0])


@pytest.mark.parametrize("method", ["DOP853", "LSODA"])
@pytest.mark.parametrize("scenario", scenarios())
def test_nonmem_printed_the_same(scenario: int, method: str) -> None:
    who, figures = person(scenario)
    printed = np.array(figures)
    assert np.all(np.abs(seen_by(who, method) - printed) <= PRINTED * np.abs(printed) + 1e-9)


@pytest.mark.parametrize("scenario", scenarios())
def test_superposition_agrees_with_nonmem(scenario: int) -> None:
    """The oracle is itself held to NONMEM."""
    who, printed = person(scenario)
    found = superposed(who)
    assert np.all(np.abs(found - printed) <= PRINTED * np.abs(printed) + 1e-9)


def superposed(who: Person) -> np.ndarray:
    records = []
    for r in who.records:
        plain = {"time": r.time_h, "evid": r.evid, "amt": r.amount, "depot": r.into == "1", "rate": r.rate,
                 "ii": r.interval_h, "addl": r.additional, "ss": r.steady}  # fmt: skip
        own = {"f": r.values["F2"], "lag": r.values["ALAG2"], "d": r.values["D2"]} if r.into == "2" else {}
        records.append({**plain, **own})
    found = central(Linear(cl=1.1, v=20, ka=1.5), records)
    return np.array([1000 / 20 * a for a, r in zip(found, who.records, strict=True) if r.evid == 0])


def test_a_covariate_that_changes_is_carried_backward_as_nonmem_does() -> None:
    who, figures = weights()
    printed = np.array(figures)
    assert np.all(np.abs(seen_by(who) - printed) <= PRINTED * np.abs(printed) + 1e-9)
