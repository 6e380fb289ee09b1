"""Every rule of event records, on random tables, against linear superposition.

A table has a few doses with a share, a lag, a duration and a rate of their own, and observations at random hours. For each rule
there are tables whose first dose follows it; what else stands in them is drawn. The oracle, `superposition`, solves
no equation.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.random import Generator

from openldn.proof.qualify import solvers
from openldn.proof.qualify.finding import Finding, within
from openldn.proof.qualify.superposition import Linear, central

FAMILY = "events"
SEED, TABLES, QUICK_TABLES = 20261123, 20, 3
CLOSE = 1e-6
WHY = "the solvers run at 1e-8, over some dozens of steps whose errors add up"
VOLUME = 20.0
Record = dict[str, Any]  # in NONMEM's names

TEXT = """
model three : three compartments, by mouth and by vein
parameter KA [1/h] = 1.1
parameter CL [L/h] = 5
parameter V [L] = 20
parameter Q2 [L/h] = 3
parameter V2 [L] = 30
parameter Q3 [L/h] = 1
parameter V3 [L] = 50
parameter F [1] = 1
parameter LAG [h] = 0
parameter D [h] = 2
parameter R [mg/h] = 10
state depot [mg]
state body [mg]
state second [mg]
state third [mg]
dose oral -> depot * F lag LAG rate R duration D
dose iv -> body * F lag LAG rate R duration D
C [mg/L] = body / V
d/dt(depot) = -KA * depot
d/dt(body) = KA * depot - CL * C - Q2 * (C - second / V2) - Q3 * (C - third / V3)
d/dt(second) = Q2 * (C - second / V2)
d/dt(third) = Q3 * (C - third / V3)
"""


def findings(quick: bool) -> Iterator[Finding]:
    """A finding for each rule: the largest error over its tables, by every way."""
    for number, (name, (description, change)) in enumerate(RULES.items()):
        rng = np.random.default_rng([SEED, number])
        tables = [_table(rng, name, change) for _ in range(QUICK_TABLES if quick else TABLES)]
        yield within(
            f"EV-{name}", FAMILY, f"{description} ({len(tables)} tables)", _error(tables), CLOSE, WHY,
            expected="superposition",
        )  # fmt: skip


def _error(tables: list[list[Record]]) -> float:
    """Table i goes into 1 + i mod 3 compartments."""
    models = [
        Linear(5, VOLUME, 3 * (i % 3 > 0), 30 * (i % 3 > 0), 1 * (i % 3 > 1), 50 * (i % 3 > 1))
        for i in range(len(tables))
    ]
    flows = {"Q2": np.array([m.q2 for m in models]), "Q3": np.array([m.q3 for m in models])}
    model = solvers.build(TEXT)
    rows = [{"ID": i, **record} for i, table in enumerate(tables) for record in table]
    found = solvers.every_way(model, solvers.records(model, rows), "C", flows)
    errors = [
        solvers.largest(found[:, i, : len(table)], np.array(central(own, table)) / VOLUME)
        for i, (own, table) in enumerate(zip(models, tables, strict=True))
    ]
    return max(errors) if np.all(np.isfinite(errors)) else np.inf


Change = Callable[[Record, Generator], Record]


def _plain(r: Record) -> Record:
    return r | {"RATE": 0.0, "II": 0.0, "ADDL": 0, "SS": 0, "EVID": 1}


def _interval(rng: Generator) -> float:
    return float(rng.choice([6.0, 8.5, 12.0, 24.0]))


def _steady(r: Record, rng: Generator) -> Record:
    return _plain(r) | {"SS": 1, "II": _interval(rng), "ADDL": int(rng.integers(0, 3))}


RULES: dict[str, tuple[str, Change]] = {
    "once": ("a dose at once (EVID 1)", lambda r, g: _plain(r)),
    "additional": (
        "additional doses (ADDL, II)", lambda r, g: _plain(r) | {"ADDL": 3, "II": _interval(g)},
    ),
    "rate": (
        "an infusion at a rate; a share changes its duration", lambda r, g: _plain(r) | {"RATE": 25.0},
    ),
    "modelled-rate": (
        "an infusion at the model's rate (RATE −1)", lambda r, g: _plain(r) | {"RATE": -1.0},
    ),
    "modelled-duration": (
        "an infusion over the model's duration (RATE −2); a share changes its rate",
        lambda r, g: _plain(r) | {"RATE": -2.0},
    ),
    "share": ("a share of the dose that arrives (F)", lambda r, g: _plain(r) | {"F": 0.37}),
    "lag": ("a dose that is delayed (lag)", lambda r, g: _plain(r) | {"LAG": 3.25}),
    "steady": ("steady state (SS 1)", _steady),
    "steady-added": ("steady state added to what is there (SS 2)", lambda r, g: _steady(r, g) | {"SS": 2}),
    "steady-overlapping": (
        "steady state of infusions longer than their interval",
        lambda r, g: _steady(r, g) | {"RATE": -2.0, "II": 6.0, "D": 15.0},
    ),
    "steady-late": (
        "steady state with a lag beyond the interval", lambda r, g: _steady(r, g) | {"II": 12.0, "LAG": 31.0},
    ),
    "endless": (
        "an infusion without end that stops at the record (AMT 0, SS 1)",
        lambda r, g: _plain(r) | {"AMT": 0.0, "RATE": 40.0, "SS": 1},
    ),
    "reset-dose": ("a reset and then a dose (EVID 4)", lambda r, g: r | {"EVID": 4}),
    "reset": ("a reset (EVID 3) that cancels what is due and running", lambda r, g: r),
    "ties": ("several records at one time, in their order", lambda r, g: r),
    "mixed": ("anything", lambda r, g: r),
}  # fmt: skip


def _table(rng: Generator, name: str, change: Change) -> list[Record]:
    """The records of a table in order of time."""
    doses = [_dose(rng) for _ in range(int(rng.integers(1, 4)))]
    doses[0] = change(doses[0], rng)
    records = list(doses)
    if name == "reset" or (name == "mixed" and rng.random() < 0.3):
        records.append(_at(float(rng.integers(0, 60)), 3))
    seen = [_at(float(t)) for t in rng.integers(0, 110, size=int(rng.integers(4, 8)))]
    if name == "ties":
        first = doses[0]["TIME"]
        seen += [_at(first), _dose(rng) | {"TIME": first}, _at(first)]
    records += seen
    records = [records[i] for i in rng.permutation(len(records))]
    records.sort(key=lambda r: r["TIME"])
    records[0] = {"F": 1.0, "LAG": 0.0, "D": 2.0, "R": 10.0} | records[0]
    return records


def _at(time: float, evid: int = 0) -> Record:
    return {"TIME": time, "EVID": evid}


def _dose(rng: Generator) -> Record:
    own = {
        "F": float(rng.uniform(0.2, 2)), "LAG": float(rng.choice([0.0, 0.0, 0.5, 3.25, 12.0, 31.0])),
        "D": float(rng.uniform(0.5, 30)), "R": float(rng.uniform(1, 50)),
    }  # fmt: skip
    time, into, evid = (
        float(rng.integers(0, 60)),
        str(rng.choice(["oral", "iv"])),
        1 + 3 * int(rng.random() < 0.2),
    )
    steady, more = int(rng.choice([0, 0, 1, 2])), int(rng.integers(0, 4))
    rate = float(rng.choice([0.0, 0.0, 3.0, 25.0, -1.0, -2.0]))
    interval = _interval(rng) if steady or more else 0.0
    return {
        **_at(time, evid), "AMT": float(rng.uniform(1, 100)), "CMT": into, "RATE": rate, "II": interval, "ADDL": more,
        "SS": steady, **own,
    }  # fmt: skip
