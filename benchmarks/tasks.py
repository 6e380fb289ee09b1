"""Daily bread: what people ask of a simulator from morning to evening, from the input to the table.

Two compartments by mouth (`two_compartments` of our library), where CL and V2 differ from person to person:

    csv      a CSV, 28 doses and 72 samples a person, to a table
    daily    84 daily doses, a sample a day
    hourly   the same, a sample an hour

and of our engine alone: the common model at daily and at hourly samples, a noncompartmental analysis of every dose of
everybody, and a call for twelve persons with a model that is compiled already.

Our side of each is one function below. What is right says the closed form of the model, superposed over doses
(M. Gibaldi & D. Perrier, Pharmacokinetics, 2nd ed., 1982, chapter 2).
"""

import csv
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from benchmarks import work
from benchmarks.equations import Functions, Rates, two_compartment_rates
from benchmarks.peers import Array
from benchmarks.work import Job
from openldn.engine import Events, Model, assemble, ev, events
from openldn.engine.events import compiled
from openldn.engine.kernels import run_kernel
from openldn.engine.shipped import shipped_block

DOSE_MG, RTOL = 100.0, 1e-8
HOURS = (0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 23)  # of samples after a dose, on the days below
DAYS = (1, 7, 14, 21, 27, 28)


@dataclass(frozen=True)
class Answer:
    """Concentrations (persons, samples) as they stand in the table, and seconds by what was done."""

    concentrations: Array = field(repr=False)
    split: Mapping[str, float]


class Laps:
    """Processor seconds since the last lap, by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.process_time()

    def lap(self, name: str) -> None:
        now = time.process_time()
        self.seconds[name] = self.seconds.get(name, 0.0) + now - self._last
        self._last = now


# Our side, one function for each task: what a user would write.


def csv_to_table(path: Path) -> Answer:
    """A CSV of events, parameters in columns, to a data frame."""
    laps = Laps()
    given = events(path)
    laps.lap("reading")
    run = model().simulate(given, outputs="C", threads=1)
    laps.lap("plan and kernel")
    frame = run.table()
    laps.lap("table")
    is_sample = given.evid == 0
    return Answer(np.asarray(frame["C"])[is_sample].reshape(given.persons, -1), laps.seconds)


def doses_to_table(values: Array, doses: Sequence[float], samples: Sequence[float]) -> Answer:
    """The same doses and samples for everybody, to a data frame."""
    laps = Laps()
    run = model().simulate(_daily(doses), persons=_given(values), times=samples, outputs="C", threads=1)
    laps.lap("plan and kernel")
    frame = run.table()
    laps.lap("table")
    return Answer(np.asarray(frame["C"]).reshape(len(values), -1), laps.seconds)


def common_at(persons: int, every_h: float) -> Answer:
    """The common model, all states, at samples so many hours apart."""
    values, when = work.persons(persons), work.events(every_h=every_h)
    laps = Laps()
    found = work.ours(values, 1e-4, 1e-9, 1, when)
    laps.lap("kernel")
    return Answer(found[:, :, work.state_names().index("c1")], laps.seconds)


def nca_of_all(values: Array, doses: Sequence[float], samples: Sequence[float]) -> Answer:
    """A noncompartmental analysis for each dose of each person."""
    laps = Laps()
    run = model().simulate(_daily(doses), persons=_given(values), times=samples, outputs="C", threads=1)
    laps.lap("solving")
    run.nca("C")
    laps.lap("analysis")
    return Answer(run.of("C"), laps.seconds)


def resident_call(values: Array, doses: Sequence[float], samples: Sequence[float]) -> Answer:
    """A call with a model that is compiled already."""
    laps = Laps()
    run = model().simulate(_daily(doses), persons=_given(values), times=samples, outputs="C", threads=1)
    laps.lap("plan and kernel")
    return Answer(run.of("C"), laps.seconds)


def kernel_alone(values: Array, doses: Sequence[float], samples: Sequence[float]) -> float:
    """Processor seconds of the kernel for the doses and samples of a task: what is left beside it is ours to save."""
    when = compiled(model(), _daily(doses), _given(values), ("C",), times=samples).plan
    laps = Laps()
    run_kernel(model(), when, _given(values), ("C",), rtol=RTOL, threads=1)
    laps.lap("kernel")
    return laps.seconds["kernel"]


def _daily(doses: Sequence[float]) -> Events:
    return ev(DOSE_MG, ii=doses[1] - doses[0], addl=len(doses) - 1)


# What the tasks are, for everybody.


@lru_cache(maxsize=1)
def model() -> Model:
    return assemble("two_compartments", {"two_compartments": shipped_block("two_compartments")}.__getitem__)


def _given(values: Array) -> dict[str, Array]:
    return {"CL": values[:, 0], "V2": values[:, 1]}


def everybody(count: int) -> Array:
    """CL and V2 of each person, shape (persons, 2): log-normal about the model's own."""
    z = np.random.default_rng(work.SEED).standard_normal((count, 2))
    typical = np.array([model().parameters[name].value for name in ("CL", "V2")])
    return np.asarray(typical * np.exp(work.SPREAD * z))


def schedule(name: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The hours of doses and of samples of a task."""
    if name == "csv":
        return tuple(24.0 * k for k in range(28)), tuple(24.0 * (day - 1) + h for day in DAYS for h in HOURS)
    step = 24 if name == "daily" else 1
    return tuple(24.0 * k for k in range(84)), tuple(float(t) for t in range(0, 84 * 24 + 1, step))


def job(name: str) -> Job:
    """The task for a peer, of whose states the central amount is wanted."""
    doses, samples = schedule(name)
    return Job(_rates, np.zeros(3), 2, DOSE_MG, doses, samples, (1,))


def _rates(of: Functions) -> Rates:
    return two_compartment_rates({name: p.value for name, p in model().parameters.items()}, of)


def exact(values: Array, doses: Sequence[float], samples: Sequence[float]) -> Array:
    """Concentrations by the closed form, shape (persons, samples); a sample at a dose is the one before it."""
    p = {key: parameter.value for key, parameter in model().parameters.items()}
    cl, v2 = values[:, 0], values[:, 1]
    k10, k12, k21, ka = cl / v2, p["Q"] / v2, p["Q"] / p["V3"], p["KA"]
    total = k10 + k12 + k21
    root = np.sqrt(total**2 - 4 * k10 * k21)
    alpha, beta = (total + root) / 2, (total - root) / 2
    since = np.array(samples)[:, None] - np.array(doses)
    since = np.where(since > 0, since, np.inf)
    found = np.zeros((len(values), len(samples)))
    for a, b, c in ((alpha, beta, ka), (beta, alpha, ka), (np.full_like(cl, ka), alpha, beta)):
        weight = DOSE_MG * ka / v2 * (k21 - a) / ((b - a) * (c - a))
        for i, (w, rate) in enumerate(zip(weight, a, strict=True)):
            found[i] += w * np.exp(-rate * since).sum(axis=1)
    return found


def largest_error(found: Array, values: Array, name: str) -> float:
    """The largest relative error of the first persons, where there is anything."""
    count = min(work.CHECKED, len(values))
    true = exact(values[:count], *schedule(name))
    there = true > 0
    return float(np.max(np.abs(found[:count][there] / true[there] - 1)))


def write_csv(path: Path, values: Array) -> None:
    """The events of the first task as NONMEM's users write them."""
    doses, samples = schedule("csv")
    rows = sorted([*((t, 1) for t in doses), *((t, 0) for t in samples)])
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(("ID", "TIME", "EVID", "AMT", "CMT", "CL", "V2"))
        for i, (cl, v2) in enumerate(values.tolist(), 1):
            out.writerows((i, t, e, DOSE_MG if e else ".", 1 if e else ".", cl, v2) for t, e in rows)
