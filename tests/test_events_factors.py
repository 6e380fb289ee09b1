"""Amounts with a factor of each person's own, in both ways to run a plan."""

import numpy as np
import pytest

from openldn.engine import doses, parse_regimen
from openldn.engine.events import run_plan
from openldn.engine.plan import dosing_steps, plan
from openldn.pharmacology import model


def test_the_reference_gives_each_person_the_share_of_a_dose_that_the_kernel_gives() -> None:
    m = model()
    times = np.array([1.0, 4.0, 12.0, 30.0])
    given = doses(parse_regimen("4.5mg every 24h"), "oral", 30.0)
    steps = plan([dosing_steps(m, given, times)], of=[0, 0])
    assert steps.factors  # the share of the salt that is base
    values = {"CL_N": np.array([1.0, 1.4]) * m.parameters["CL_N"].value}
    kernel, reference = (
        run_plan(m, steps, values, ("C_N",), solver=solver, rtol=1e-9, atol=1e-12)
        for solver in ("kernel", "reference")
    )
    # both at tolerances far below
    assert reference.values == pytest.approx(kernel.values, rel=1e-6)
    assert not np.allclose(kernel.values[0], kernel.values[1])
