"""The kernel against SciPy, person by person, on the model of naltrexone.

Both at the tolerance that `simulate` has. A
difference is relative to the largest value that the person's own curve has.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from openldn.engine import SciPy, ev
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
    doses = ev("4.5 mg", cmt="oral", ii=24, addl=2)
    mine, theirs = (
        solvers.simulate(model, doses, times, OUTPUTS, values, rtol=solvers.RTOL, solver=solver).values
        for solver in (None, SciPy())
    )
    scale = np.max(np.abs(theirs), axis=1)
    away = np.max(np.abs(mine - theirs), axis=1) / np.where(scale == 0, 1, scale)
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


def _quantiles(errors: np.ndarray) -> tuple[tuple[float, float], ...]:
    return tuple((q, float(np.quantile(errors, q))) for q in SHARES)
