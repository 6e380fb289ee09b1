"""Every rule of event records, on random tables, against linear superposition.

A table has a few doses with a share, a lag, a duration and a rate of their own, and observations at random hours. For each rule
there are tables whose first dose follows it; what else stands in them is drawn. The oracle, `superposition`, solves
no equation.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.random import Generator

from openldn.engine.events import Record
from openldn.proof.qualify import solvers
from openldn.proof.qualify.finding import Finding, within
from openldn.proof.qualify.superposition import Linear, central

FAMILY = "events"
SEED, TABLES, QUICK_TABLES = 20261123, 20, 3
CLOSE = 1e-6
WHY = "the solvers run at 1e-8, over some dozens of steps whose errors add up"
VOLUME = 20.0
Pair = tuple[Record, dict[str, float]]

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
    """A finding for each rule: the largest error over its tables, by both solvers."""
    for number, (name, (description, change)) in enumerate(RULES.items()):
        rng, worst = np.random.default_rng([SEED, number]), 0.0
        count = QUICK_TABLES if quick else TABLES
        for i in range(count):
            worst = float(np.fmax(worst, _error(_table(rng, name, change), 1 + i % 3)))
            if not np.isfinite(worst):
                break
        yield within(
            f"EV-{name}",
            FAMILY,
            f"{description} ({count} tables)",
            worst,
            CLOSE,
            WHY,
            expected="superposition",
        )


def _error(table: list[Pair], compartments: int) -> float:
    two, three = compartments > 1, compartments > 2
    model = Linear(5, VOLUME, 3 * two, 30 * two, 1 * three, 50 * three)
    expected = np.array(central(model, [oracle for _, oracle in table])) / VOLUME
    flows = {"Q2": model.q2, "Q3": model.q3}
    found = solvers.every_way(
        solvers.build(TEXT), [record for record, _ in table], "C", flows, ("depot", "body")
    )
    error = solvers.largest(found, expected)
    return error if np.isfinite(error) else np.inf


Change = Callable[[Record, Generator], Record]


def _plain(r: Record, rng: Generator) -> Record:
    return replace(r, rate=0.0, interval_h=0.0, additional=0, steady=0, evid=1)


def _interval(rng: Generator) -> float:
    return float(rng.choice([6.0, 8.5, 12.0, 24.0]))


def _steady(r: Record, rng: Generator) -> Record:
    return replace(_plain(r, rng), steady=1, interval_h=_interval(rng), additional=int(rng.integers(0, 3)))


def _own(r: Record, **changed: float) -> Record:
    return replace(r, values={**r.values, **changed})


RULES: dict[str, tuple[str, Change]] = {
    "once": ("a dose at once (EVID 1)", _plain),
    "additional": (
        "additional doses (ADDL, II)",
        lambda r, g: replace(_plain(r, g), additional=3, interval_h=_interval(g)),
    ),
    "rate": (
        "an infusion at a rate; a share changes its duration",
        lambda r, g: replace(_plain(r, g), rate=25.0),
    ),
    "modelled-rate": ("an infusion at the model's rate (RATE −1)", lambda r, g: replace(_plain(r, g), rate=-1.0)),
    "modelled-duration": (
        "an infusion over the model's duration (RATE −2); a share changes its rate",
        lambda r, g: replace(_plain(r, g), rate=-2.0),
    ),
    "share": ("a share of the dose that arrives (F)", lambda r, g: _own(_plain(r, g), F=0.37)),
    "lag": ("a dose that is delayed (lag)", lambda r, g: _own(_plain(r, g), LAG=3.25)),
    "steady": ("steady state (SS 1)", _steady),
    "steady-added": ("steady state added to what is there (SS 2)", lambda r, g: replace(_steady(r, g), steady=2)),
    "steady-overlapping": (
        "steady state of infusions longer than their interval",
        lambda r, g: _own(replace(_steady(r, g), rate=-2.0, interval_h=6.0), D=15.0),
    ),
    "steady-late": (
        "steady state with a lag beyond the interval",
        lambda r, g: _own(replace(_steady(r, g), interval_h=12.0), LAG=31.0),
    ),
    "endless": (
        "an infusion without end that stops at the record (AMT 0, SS 1)",
        lambda r, g: replace(_plain(r, g), amount=0.0, rate=40.0, steady=1),
    ),
    "reset-dose": ("a reset and then a dose (EVID 4)", lambda r, g: replace(r, evid=4)),
    "reset": ("a reset (EVID 3) that cancels what is due and running", lambda r, g: r),
    "ties": ("several records at one time, in their order", lambda r, g: r),
    "mixed": ("anything", lambda r, g: r),
}  # fmt: skip


def _table(rng: Generator, name: str, change: Change) -> list[Pair]:
    """The records of a table in order of time, each with what the oracle is told."""
    doses = [_dose(rng) for _ in range(int(rng.integers(1, 4)))]
    doses[0] = change(doses[0], rng)
    records = list(doses)
    if name == "reset" or (name == "mixed" and rng.random() < 0.3):
        records.append(Record(float(rng.integers(0, 60)), 3))
    seen = [Record(float(t)) for t in rng.integers(0, 110, size=int(rng.integers(4, 8)))]
    if name == "ties":
        seen += [
            Record(doses[0].time_h),
            replace(_dose(rng), time_h=doses[0].time_h),
            Record(doses[0].time_h),
        ]
    records += seen
    records = [records[i] for i in rng.permutation(len(records))]
    records.sort(key=lambda r: r.time_h)
    if not records[0].values:
        records[0] = replace(records[0], values={"F": 1.0, "LAG": 0.0, "D": 2.0, "R": 10.0})
    return [(r, _told(r)) for r in records]


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
    return Record(time, evid, float(rng.uniform(1, 100)), into, rate, interval, more, steady, values=own)


def _told(r: Record) -> dict[str, float]:
    """A record in the oracle's words."""
    own = {{"F": "f", "LAG": "lag", "D": "d", "R": "r"}[name]: value for name, value in r.values.items()}
    return {
        "time": r.time_h, "evid": r.evid, "amt": r.amount, "depot": r.into == "oral", "rate": r.rate,
        "ii": r.interval_h, "addl": r.additional, "ss": r.steady, **own,
    }  # fmt: skip
