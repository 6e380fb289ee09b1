"""The event rules against figures that NONMEM printed, and against superposition."""

import csv
from pathlib import Path

import numpy as np
import pytest

from openldn.engine import Model, assemble, parse_block
from openldn.engine.events import Person, Record, simulate_events
from openldn.proof.qualify.superposition import Linear, central

DATA = Path(__file__).parent / "data" / "nonmem"
MODEL = """
model nonmem : ADVAN2 TRANS2 as the scenarios have it
parameter KA [1/h] = 1.5
parameter CL [L/h] = 1.1
parameter V [L] = 20
parameter WT [kg] = 70
parameter WT_MEAN [kg] = 70
parameter F2 [1] = 1
parameter ALAG2 [h] = 0
parameter D2 [h] = 2
parameter UG [ug/mg] = 1000
state depot [mg]
state body [mg]
dose oral -> depot
dose iv -> body * F2 lag ALAG2 duration D2
cl [L/h] = CL * exp(0.75 * log(WT / WT_MEAN))
C [ug/L] = body * UG / V
d/dt(depot) = -KA * depot
d/dt(body) = KA * depot - cl * body / V
"""
# NONMEM prints five digits: half a unit of the last is up to 5e-5 of a number that begins with 1.
PRINTED = 5.01e-5


def build(text: str) -> Model:
    block = parse_block(text, file="test.model")
    return assemble(block.name, {block.name: block}.__getitem__)


def rows(name: str) -> list[dict[str, float]]:
    with (DATA / name).open(encoding="utf-8") as lines:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(lines)]


DOSES, PRINTED_VALUES = rows("doses.csv"), rows("values.csv")
SCENARIOS = sorted({int(row["id"]) for row in DOSES})


def dose(row: dict[str, float]) -> Record:
    own = {"F2": row["bioav"], "ALAG2": row["lagt"], "D2": row["dur2"]}
    return Record(
        row["time"], int(row["evid"]), row["amt"], str(int(row["cmt"])) if row["evid"] != 3 else "", row["rate"],
        row["ii"], int(row["addl"]), int(row["ss"]), values=own,
    )  # fmt: skip


def person(scenario: int) -> tuple[Person, list[float]]:
    """The scenario's doses and then, at each of its hours, an observation; and what NONMEM printed there."""
    seen = [(row["time"], row["cp"]) for row in PRINTED_VALUES if row["id"] == scenario]
    records = [dose(row) for row in DOSES if row["id"] == scenario] + [Record(t) for t, _ in seen]
    # the sort is stable: a dose stands before the observation at its time, as in NONMEM's data
    return Person(str(scenario), tuple(sorted(records, key=lambda r: r.time_h))), [cp for _, cp in seen]


def seen_by(scenario: int) -> np.ndarray:
    who, _ = person(scenario)
    table = simulate_events(build(MODEL), [who], ["C"])
    assert not table.reasons
    return np.array([c for c, record in zip(table.of("C"), who.records, strict=True) if record.evid == 0])


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_nonmem_printed_the_same(scenario: int) -> None:
    printed = np.array(person(scenario)[1])
    assert np.all(np.abs(seen_by(scenario) - printed) <= PRINTED * np.abs(printed) + 1e-9)


@pytest.mark.parametrize("scenario", SCENARIOS)
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
    weights = rows("weights.csv")
    first = Record(0, 1, 100, "1", interval_h=24, additional=3, values={"WT": weights[0]["wt"]})
    records = [first, *(Record(w["time"], values={"WT": w["wt"]}) for w in weights)]
    found = simulate_events(build(MODEL), [Person("1", tuple(records))], ["C"]).of("C")[1:]
    printed = np.array([w["cp"] for w in weights])
    assert np.all(np.abs(found - printed) <= PRINTED * np.abs(printed) + 1e-9)
