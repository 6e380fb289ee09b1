"""Amounts with a factor of each person's own, in both ways to run a plan."""

import numpy as np
import pytest

from openldn.engine import Kernel, SciPy, parse_regimen, schedule, solve
from openldn.engine.events import compiled
from openldn.pharmacology import model


def test_the_reference_gives_each_person_the_share_of_a_dose_that_the_kernel_gives() -> None:
    m = model()
    differ = {"CL_N": np.array([1.0, 1.4]), "FR_1": np.array([1.0, 0.7])}
    values = {name: share * m.parameters[name].value for name, share in differ.items()}
    given = schedule(parse_regimen("4.5mg every 24h"), "im_depot", 30.0)
    made = compiled(m, given, values, ("C_N",), times=[1.0, 4.0, 12.0, 30.0])
    assert made.plan.of is None
    assert (
        len(made.plan.factors) == 2
    )  # what is released at once, and what is not and not over days: one plan for both
    kernel, reference = (
        solve(m, made.plan, made.values, ("C_N",), solver, rtol=1e-9) for solver in (Kernel(), SciPy())
    )
    # both at tolerances far below
    assert reference.values == pytest.approx(kernel.values, rel=1e-6)
    assert not np.allclose(kernel.values[0], kernel.values[1])
