"""The work that every simulator does: 84 nightly doses, 85 days, nine parameters that differ by person.

The equations stand in common.model. A dose is 4.5 mg of naltrexone hydrochloride in nmol.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.equations import Functions, Rates, common_rates
from openldn.engine import Model, ev, parse_model
from openldn.engine.events import compiled
from openldn.engine.kernels import Plan, run_kernel

Array = NDArray[np.float64]
VARYING = ("ka", "fh", "CL", "V1", "CLm", "ke0", "micE", "kS", "Pmax")
JUDGED = ("pain", "E", "c1")
SEED, SPREAD = 20261123, 0.3
DOSE_NMOL, FIRST_H, EVERY_H, DAYS = 11909.0, 22.0, 24.0, 85
CHECKED = 20  # persons on whom the error is taken
_TIGHT = 1e-11


@dataclass(frozen=True)
class Leg:
    """The way from one dose to the next: hours to be reached, which of them are samples, and whether a dose ends it."""

    times: tuple[float, ...]
    sampled: tuple[bool, ...]
    dosed: bool


@dataclass(frozen=True)
class Job:
    """What a peer is given: equations, who differs in how many parameters, doses into the first state, samples.

    start: the states at hour 0. kept: the states, by number, that are wanted at the samples. A sample at the hour of
    a dose is the one before it.
    """

    rates: Callable[[Functions], Rates] = field(repr=False)
    start: Array = field(repr=False)
    varying: int
    dose: float
    doses: tuple[float, ...] = field(repr=False)
    samples: tuple[float, ...] = field(repr=False)
    kept: tuple[int, ...]

    def legs(self, *, stop_at_samples: bool = False) -> tuple[Leg, ...]:
        """From hour 0 on, as far as the last sample; a sample or a dose at hour 0 is no leg's."""
        found, wanted, last = list[Leg](), set(self.samples), max(self.samples)
        stops = {*self.doses, *self.samples} if stop_at_samples else {*self.doses, last}
        ends = sorted(t for t in stops if 0 < t <= last)
        for start, end in zip([0.0, *ends[:-1]], ends, strict=True):
            times = sorted({*(t for t in self.samples if start < t <= end), end})
            found.append(Leg(tuple(times), tuple(t in wanted for t in times), end in self.doses))
        return tuple(found)


@lru_cache(maxsize=1)
def common_model() -> Model:
    path = Path(__file__).with_name("common.model")
    return parse_model(path.read_text(encoding="utf-8"), file=f"benchmarks/{path.name}")


def state_names() -> tuple[str, ...]:
    return tuple(state.name for state in common_model().states)


def persons(count: int) -> Array:
    """The varying parameters of each person, shape (persons, 9)."""
    z = np.random.default_rng(SEED).standard_normal((count, len(VARYING)))
    typical = np.array([common_model().parameters[name].value for name in VARYING])
    return np.asarray(typical * np.exp(SPREAD * z))


def start() -> Array:
    """The states at hour 0."""
    model = common_model()
    values = {"E": model.parameters["E0"].value}
    return np.array([values.get(s.name, getattr(s.expression, "value", 0.0)) for s in model.states])


def job(days: int = DAYS, every_h: float = 24.0) -> Job:
    """The work for a peer: all states at hour 0 and every so many hours, and a dose on each night but the last."""
    samples = tuple(float(t) for t in np.arange(0, 24 * days + every_h / 2, every_h))
    doses = tuple(FIRST_H + EVERY_H * k for k in range(days - 1))
    states = tuple(range(len(state_names())))
    return Job(_rates, start(), len(VARYING), DOSE_NMOL, doses, samples, states)


def _rates(of: Functions) -> Rates:
    return common_rates({name: p.value for name, p in common_model().parameters.items()}, of)


def events(days: int = DAYS, every_h: float = 24.0) -> Plan:
    """The same as a plan."""
    work = job(days, every_h)
    more = len(work.doses) - 1
    given = ev(work.dose, cmt="gut", time=FIRST_H, ii=EVERY_H if more else 0, addl=more)
    return compiled(common_model(), given, outputs=state_names(), times=work.samples).plan


def ours(values: Array, rtol: float, atol: float, threads: int, when: Plan | None = None) -> Array:
    """All states at the samples of `when`, or of the whole work, by our kernel: shape (persons, 86, 17)."""
    return _solved(values, rtol, atol, threads, when)[0]


def attempts(count: int, rtol: float, atol: float) -> float:
    """Steps that our engine tries for a person of the whole work, kept or not: the mean over the first persons."""
    return float(np.mean(_solved(persons(count), rtol, atol, 1, None)[1]))


def _solved(
    values: Array, rtol: float, atol: float, threads: int, when: Plan | None
) -> tuple[Array, NDArray[np.int64]]:
    given = {name: values[:, i] for i, name in enumerate(VARYING)}
    solved = run_kernel(
        common_model(), when or events(), given, state_names(), rtol=rtol, atol=atol, threads=threads
    )
    assert not solved.failed.size
    return solved.values, solved.steps + solved.rejected


@lru_cache(maxsize=1)
def truth() -> Array:
    """The judged states of the first persons at tolerance 1e-11: shape (20, 86, 3)."""
    return judged(ours(persons(CHECKED), _TIGHT, _TIGHT * 1e-5, 1))


def judged(values: Array) -> Array:
    return values[:, :, [state_names().index(name) for name in JUDGED]]


def largest_error(values: Array) -> float:
    """The largest relative error of the judged states after hour 0, over the first persons."""
    count = min(CHECKED, len(values))
    found, true = judged(values)[:count, 1:], truth()[:count, 1:]
    return float(np.max(np.abs(found / true - 1)))
