"""The kernel against SciPy, person by person, on the model of naltrexone.

Both at the tolerance that `simulate` has; SciPy's sample is a step that ends there, since what it interpolates errs more. A
difference is relative to the largest value that the person's own curve has.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from openldn.engine import Dose
from openldn.engine.kernels import Step, dosing_steps, plan
from openldn.engine.reference import complete
from openldn.engine.tape import constant
from openldn.pharmacology import model as ldn
from openldn.population import draw
from openldn.proof.qualify import solvers
from openldn.proof.qualify.finding import Finding, within

FAMILY = "agreement"
SEED = 17
PERSONS, QUICK_PERSONS = 1000, 100
OUTPUTS = ("C_N", "C_6", "occ_mu_brain", "occ_delta_periphery", "B_mu", "BE", "ENK", "growth", "glia")
SWITCHED_ON = {"ogf": 1.0, "tlr4": 1.0, "cytokine": 1.0}
CLOSE = 1e-6
WHY = "each solver steps at 1e-8; over three doses and three days errors add up to some dozens of that"
SHARES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)


def findings(quick: bool) -> Iterator[Finding]:
    """The largest difference over all persons, and for each output; `series` are its quantiles over persons."""
    persons = QUICK_PERSONS if quick else PERSONS
    model, times = ldn(), np.array([0.5, 1, 2, 4, 8, 12, 20, 24.5, 26, 30, 36, 48.5, 50, 60, 72])
    values: Mapping[str, Any] = {**draw(model, persons, SEED), **SWITCHED_ON}
    doses = [Dose(24.0 * i, 4.5, "oral") for i in range(3)]
    steps = dosing_steps(model, doses, times)
    mine = solvers.run_kernel(model, plan([steps]), values, OUTPUTS, rtol=solvers.RTOL, atol=solvers.ATOL)
    theirs = _by_scipy(doses, times, values, persons)
    scale = np.max(np.abs(theirs), axis=1)
    away = np.max(np.abs(mine.values - theirs), axis=1) / np.where(scale == 0, 1, scale)
    whole = np.max(away, axis=1)
    yield within(
        "AG-persons", FAMILY, f"{persons:,} random persons, {len(OUTPUTS)} outputs at {times.size} times",
        float(np.max(whole)), CLOSE, WHY, expected="SciPy's DOP853", series=_quantiles(whole),
    )  # fmt: skip
    for i, name in enumerate(OUTPUTS):
        yield within(
            f"AG-{name}", FAMILY, f"{name} of the same persons", float(np.max(away[:, i])), CLOSE, WHY,
            expected="SciPy's DOP853", series=_quantiles(away[:, i]),
        )  # fmt: skip


def _by_scipy(doses: list[Dose], times: np.ndarray, values: Mapping[str, Any], persons: int) -> np.ndarray:
    """The reference solver on a plan; the share of a dose that arrives is each person's own."""
    model = ldn()
    given, _ = complete(model, values)
    lists: list[list[Step]] = [[] for _ in range(persons)]
    for s in dosing_steps(model, doses, times):
        share = 1.0 if s.factor is None else constant(model, given, s.factor)
        amounts = np.broadcast_to(np.asarray(s.amount * share, dtype=float), (persons,)).tolist()
        for own, amount in zip(lists, amounts, strict=True):
            own.append(Step(s.time_h, s.kind, s.target, amount))
    ran = solvers.run_by_reference(
        model, plan(lists, range(persons)), values, OUTPUTS, rtol=solvers.RTOL, atol=solvers.ATOL
    )
    return ran.values


def _quantiles(errors: np.ndarray) -> tuple[tuple[float, float], ...]:
    return tuple((q, float(np.quantile(errors, q))) for q in SHARES)
