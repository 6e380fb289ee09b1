"""Does the error fall as the tolerance does, from 1e-3 to 1e-10?

On problems with known solutions, and on the model of naltrexone against its own solution at 1e-13. What is judged is the slope
of log error over log tolerance: the powers of ten by which the error falls for each by which the tolerance does.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from openldn.engine import ev
from openldn.pharmacology import model as ldn
from openldn.population import draw
from openldn.proof.qualify import solvers
from openldn.proof.qualify.finding import Finding, within
from openldn.proof.qualify.problems import error_of, problems, solve

FAMILY = "convergence"
TOLERANCES = tuple(10.0**-e for e in range(3, 11))
LEAST = 0.75
STEPS_ADD_UP = 10.0
WHY = "a method whose error estimate is of one order less than itself may fall a little slower than its tolerance"
OUTPUTS = ("C_N", "C_6", "occ_mu_brain", "B_mu", "BE", "ENK")
SEED = 11
_ROUNDING = 1e-14  # an error of nothing has no logarithm


def findings(quick: bool) -> Iterator[Finding]:
    """The slope for each problem, and how large the error of the model of naltrexone is at worst."""
    del quick
    for name, (description, error_at) in _CASES.items():
        errors = np.array([error_at(rtol) for rtol in TOLERANCES])
        slope = float(np.polyfit(np.log10(TOLERANCES), np.log10(np.fmax(errors, _ROUNDING)), 1)[0])
        slope = slope if np.all(np.isfinite(errors)) else float("nan")
        series = tuple(zip(TOLERANCES, errors.tolist(), strict=True))
        yield Finding(
            f"CV-{name}", FAMILY, f"{description}: powers of ten of error for each of tolerance",
            f"at least {LEAST:g}", slope, slope >= LEAST, None, None, WHY, series=series,
        )  # fmt: skip
        if name == "ldn":
            worst = float(np.max(errors / np.array(TOLERANCES)))
            yield within(
                "CV-ldn-bound", FAMILY, f"{description}: the error over the tolerance, at worst", worst, STEPS_ADD_UP,
                "the tolerance is for one step; what some ten steps err by adds up before it fades",
                expected=f"at most {STEPS_ADD_UP:g}",
            )  # fmt: skip


def _of_problem(name: str) -> Callable[[float], float]:
    def error_at(rtol: float) -> float:
        problem = problems()[name]
        return error_of(problem, solve(problem, rtol, rtol * problem.atol / problem.rtol)[0])

    return error_at


def _ldn(rtol: float) -> float:
    if "exact" not in _KEPT:
        _KEPT["exact"] = _ldn_values(1e-13)
    exact = _KEPT["exact"]
    scale = np.max(np.abs(exact), axis=(0, 1))
    return float(np.max(np.abs(_ldn_values(rtol) - exact) / scale))


def _ldn_values(rtol: float) -> NDArray[np.float64]:
    times = np.array([2.0, 20.0, 26.0, 47.0])
    doses = ev("4.5 mg", cmt="oral", ii=22, addl=1)
    return solvers.simulate(ldn(), doses, times, OUTPUTS, draw(ldn(), 8, SEED), rtol=rtol).values


_KEPT: dict[str, NDArray[np.float64]] = {}
_CASES: dict[str, tuple[str, Callable[[float], float]]] = {
    "ldn": ("naltrexone, eight persons", _ldn),
    "brusselator": ("Brusselator", _of_problem("brusselator")),
    "two_bodies": ("two bodies, ten turns", _of_problem("two_bodies")),
    "hires": ("HIRES, implicit", _of_problem("hires")),
    "robertson": ("Robertson, implicit", _of_problem("robertson")),
    "orego": ("Oregonator, implicit", _of_problem("orego")),
}
