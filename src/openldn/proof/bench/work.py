"""The work that every simulator does: 84 nightly doses, 85 days, nine parameters that differ by person.

The equations stand in common.model. A dose is 4.5 mg of naltrexone hydrochloride in nmol.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openldn.engine import Model, parse_model
from openldn.engine.expressions import Call, Expression, Number
from openldn.engine.kernels import Kind, Plan, Step, plan, run_kernel

Array = NDArray[np.float64]
VARYING = ("ka", "fh", "CL", "V1", "CLm", "ke0", "micE", "kS", "Pmax")
JUDGED = ("pain", "E", "c1")
SEED, SPREAD = 20261123, 0.3
DOSE_NMOL, FIRST_H, EVERY_H, DAYS = 11909.0, 22.0, 24.0, 85
CHECKED = 20  # persons on whom the error is taken
_TIGHT = 1e-11


@dataclass(frozen=True)
class Stop:
    """A time at which a solver has to stop: a sample, or a dose."""

    time_h: float
    dose: bool


@lru_cache(maxsize=1)
def common_model() -> Model:
    path = Path(__file__).with_name("common.model")
    return parse_model(path.read_text(encoding="utf-8"), file=f"proof/bench/{path.name}")


def persons(count: int) -> Array:
    """The varying parameters of each person, shape (persons, 9)."""
    z = np.random.default_rng(SEED).standard_normal((count, len(VARYING)))
    typical = np.array([common_model().parameters[name].value for name in VARYING])
    return np.asarray(typical * np.exp(SPREAD * z))


def stops(days: int = DAYS) -> tuple[Stop, ...]:
    """Samples on days 1 to `days` and the doses, one less, in order of time."""
    samples = [Stop(24.0 * k, False) for k in range(1, days + 1)]
    doses = [Stop(FIRST_H + EVERY_H * k, True) for k in range(days - 1)]
    return tuple(sorted([*samples, *doses], key=lambda stop: stop.time_h))


def events(days: int = DAYS) -> Plan:
    """The same as a plan, with the sample at hour 0."""
    return plan([[
        Step(0.0, Kind.SAMPLE),
        *(Step(s.time_h, Kind.ADD, "gut", DOSE_NMOL) if s.dose else Step(s.time_h, Kind.SAMPLE) for s in stops(days)),
    ]])  # fmt: skip


def ours(values: Array, rtol: float, atol: float, threads: int, when: Plan | None = None) -> Array:
    """All states at the samples of `when`, or of the whole work, by our kernel: shape (persons, 86, 17)."""
    model = common_model()
    given = {name: values[:, i] for i, name in enumerate(VARYING)}
    names = [state.name for state in model.states]
    solved = run_kernel(model, when or events(), given, names, rtol=rtol, atol=atol, threads=threads)
    assert not solved.failed.size
    return solved.values


@lru_cache(maxsize=1)
def truth() -> Array:
    """The judged states of the first persons at tolerance 1e-11: shape (20, 86, 3)."""
    return judged(ours(persons(CHECKED), _TIGHT, _TIGHT / 100, 1))


def judged(values: Array) -> Array:
    names = [state.name for state in common_model().states]
    return values[:, :, [names.index(name) for name in JUDGED]]


def largest_error(values: Array) -> float:
    """The largest relative error of the judged states after hour 0, over the first persons."""
    count = min(CHECKED, len(values))
    found, true = judged(values)[:count, 1:], truth()[:count, 1:]
    return float(np.max(np.abs(found / true - 1)))


def written(expression: Expression, names: Callable[[str], str]) -> str:
    """An expression as text that Python, Numba, JAX and heyoka read alike; `names` spells each symbol."""
    if isinstance(expression, Number):
        return repr(expression.value)
    if not isinstance(expression, Call):
        return names(expression.name)
    parts = [written(a, names) for a in expression.arguments]
    if expression.name in ("+", "-", "*", "/"):
        return f"({parts[0]} {expression.name} {parts[1]})"
    if expression.name == "^":
        return f"({parts[0]} ** {parts[1]})"
    if expression.name == "neg":
        return f"(-{parts[0]})"
    return f"{expression.name}({', '.join(parts)})"


def as_function(states: str = "y", parameters: str = "p", *, head: str, result: Sequence[str]) -> str:
    """The right-hand side as the text of a function, as a user of a peer would write it.

    Parameters that no person varies are numbers. result: the lines that end it, with `{rate}` and `{i}` for
    each state where the line holds them.
    """
    model = common_model()
    order = {state.name: i for i, state in enumerate(model.states)}

    def names(name: str) -> str:
        if name in order:
            return f"{states}[{order[name]}]"
        if name in VARYING:
            return f"{parameters}[{VARYING.index(name)}]"
        if name in model.parameters:
            return repr(model.parameters[name].value)
        return name if name == "t" else f"q_{name}"

    lines = [head]
    lines += [f"    q_{a.name} = {written(a.expression, names)}" for a in model.assignments]
    rates = [written(model.rates[name].expression, names) for name in order]
    for line in result:
        if "{rate}" in line:
            lines += [f"    {line.format(i=i, rate=rate)}" for i, rate in enumerate(rates)]
        else:
            lines.append(f"    {line.format(rates=', '.join(rates))}")
    return "\n".join(lines)
