"""Sensitivities to what a dose does: its share, delay, rate and duration, by events of every kind."""

import numpy as np
import pytest

from openldn.engine import Model, assemble, ev, sensitivities, simulate
from openldn.engine.sensitivities import with_sensitivities
from openldn.engine.shipped import shipped_block
from openldn.notation import DataError

# None at the end of an infusion, where a curve has a corner.
TIMES = [0.5, 1.4, 2.7, 6.0, 12.0, 17.0, 30.0]
RTOL = 1e-11
WAYS = {
    "at once": {"rate": 0.0},
    "a rate of its own": {"rate": 45.0},
    "the model's rate": {"rate": -1.0},
    "the model's duration": {"rate": -2.0},
    "a duration of its own": {"dur": 3.0},
    "again and again": {"rate": -2.0, "ii": 9.0, "addl": 2},
    "for ever": {"rate": -2.0, "ii": 9.0, "ss": 1, "addl": 1},
    "for ever, at once": {"ii": 9.0, "ss": 1},
    "on top of something, for ever": {"rate": -1.0, "ii": 12.0, "ss": 2},
}


def shipped(name: str) -> Model:
    return assemble(name, shipped_block)


@pytest.mark.parametrize("parameter", ["CL", "KA", "F1", "ALAG1", "D1", "R1"])
@pytest.mark.parametrize("way", WAYS)
def test_a_sensitivity_is_what_a_small_change_does(parameter: str, way: str) -> None:
    model = shipped("two_compartments")
    base = {"F1": 0.8, "ALAG1": 0.7, "D1": 2.2, "R1": 30.0}
    dose = ev(100, cmt="oral", **WAYS[way])
    given = ev(20, cmt="iv") + dose if "top" in way else dose

    def c(**changed: float) -> np.ndarray:
        values = {**base, **changed}
        return simulate(model, given, TIMES, ["C"], values, rtol=RTOL).of("C")

    centre = base.get(parameter, model.parameters[parameter].value)
    h = 1e-4 * centre
    # Five points: the error is h⁴ times a fifth derivative, 1e-12 here; the solver's, 1e-11, over h.
    steps = (c(**{parameter: centre + k * h}) for k in (-2, -1, 1, 2))
    weights = np.array([1, -8, 8, -1]) / (12 * h)
    expected = np.tensordot(weights, np.stack(list(steps)), axes=1)
    name = f"d_C_by_{parameter}"
    wide = with_sensitivities(model, [parameter], ["C"])
    found = simulate(wide, given, TIMES, [name], base, rtol=RTOL).of(name)
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-6 * np.max(np.abs(c())) / centre)


def test_doses_in_words_have_sensitivities_to_their_delay() -> None:
    model, t = shipped("one_compartment"), np.array([0.4, 2.0, 8.0])
    doses, values = ev(100, cmt="oral") + ev(50, cmt="iv", time=6, dur=1), {"ALAG1": np.array([0.5, 1.5])}
    found = sensitivities(model, doses, t, ("C",), ("ALAG1", "CL"), values, rtol=RTOL).of("C", "ALAG1")
    up, down = (
        simulate(model, doses, t, ("C",), {"ALAG1": values["ALAG1"] + h}, rtol=RTOL).of("C")
        for h in (1e-4, -1e-4)
    )
    assert found == pytest.approx((up - down) / 2e-4, rel=1e-5, abs=1e-8)


def test_the_delay_of_a_dose_into_a_saturable_state_has_no_derivative_and_says_so() -> None:
    model = shipped("michaelis_menten")
    wide = with_sensitivities(model, ["ALAG1", "ALAG2"], ["C"])
    name = "d_C_by_ALAG1"
    values = {"ALAG1": 1.0}
    by_mouth = ev(50, cmt="oral")
    got = simulate(wide, by_mouth, [3.0], [name], values, rtol=RTOL).of(name)[0]
    up, down = (
        simulate(model, by_mouth, [3.0], ["C"], {"ALAG1": 1 + h}, rtol=RTOL).of("C")[0] for h in (1e-4, -1e-4)
    )
    assert got == pytest.approx(
        (up - down) / 2e-4, rel=1e-6
    )  # the depot itself empties along a straight line
    with pytest.raises(DataError, match="give the dose a duration"):
        simulate(wide, ev(50, cmt="iv"), outputs=["d_C_by_ALAG2"], values={"ALAG2": 1.0})


def test_the_delay_of_a_dose_has_no_derivative_while_what_it_moves_changes() -> None:
    """The rates jump when the dose arrives; with the clearance of its record the jump would be another."""
    model = shipped("one_compartment")
    wide = with_sensitivities(model, ["ALAG2"], ["C"])
    given = ev(50, cmt="iv", CL=5.0) + ev(time=0.5, CL=25.0) + ev(time=3, evid=0)
    with pytest.raises(DataError, match="CL changes from record to record"):
        simulate(wide, given, outputs=["d_C_by_ALAG2"], values={"ALAG2": 1.0})
    kept = ev(50, cmt="iv", KA=5.0) + ev(time=0.5, KA=2.0) + ev(time=3, evid=0)
    found = simulate(wide, kept, outputs=["d_C_by_ALAG2"], values={"ALAG2": 1.0}).of("d_C_by_ALAG2")
    assert found[0, -1] == pytest.approx(0.1 * 50 / 100 * np.exp(-0.1 * 2), rel=1e-6)
