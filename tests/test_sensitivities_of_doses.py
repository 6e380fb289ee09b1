"""Sensitivities to what a dose does: its share, delay, rate and duration, by records of every kind."""

import numpy as np
import pytest

from openldn.engine import Dose, Model, assemble, sensitivities, simulate
from openldn.engine.events import Person, Record, simulate_events
from openldn.engine.sensitivities import with_sensitivities
from openldn.engine.shipped import shipped_block
from openldn.notation import DataError

# None at the end of an infusion, where a curve has a corner.
TIMES = [0.5, 1.4, 2.7, 6.0, 12.0, 17.0, 30.0]
TIGHT = {"rtol": 1e-11, "atol": 1e-13}
WAYS = {
    "at once": {"rate": 0.0},
    "a rate of its own": {"rate": 45.0},
    "the model's rate": {"rate": -1.0},
    "the model's duration": {"rate": -2.0},
    "a duration of its own": {"duration_h": 3.0},
    "again and again": {"rate": -2.0, "interval_h": 9.0, "additional": 2},
    "for ever": {"rate": -2.0, "interval_h": 9.0, "steady": 1, "additional": 1},
    "for ever, at once": {"interval_h": 9.0, "steady": 1},
    "on top of something, for ever": {"rate": -1.0, "interval_h": 12.0, "steady": 2},
}


def shipped(name: str) -> Model:
    return assemble(name, shipped_block)


@pytest.mark.parametrize("parameter", ["CL", "KA", "F1", "ALAG1", "D1", "R1"])
@pytest.mark.parametrize("way", WAYS)
def test_a_sensitivity_is_what_a_small_change_does(parameter: str, way: str) -> None:
    model = shipped("two_compartments")
    base = {"F1": 0.8, "ALAG1": 0.7, "D1": 2.2, "R1": 30.0}
    dose = Record(0, 1, 100.0, "oral", **WAYS[way])  # type: ignore[arg-type]
    persons = [Person("1", (Record(0, 1, 20.0, "iv"), dose) if "top" in way else (dose,))]

    def c(**changed: float) -> np.ndarray:
        values = {**base, **changed}
        return simulate_events(model, persons, ["C"], values=values, times=TIMES, **TIGHT).of("C")  # type: ignore[arg-type]

    centre = base.get(parameter, model.parameters[parameter].value)
    h = 1e-4 * centre
    # Five points: the error is h⁴ times a fifth derivative, 1e-12 here; the solver's, 1e-11, over h.
    steps = (c(**{parameter: centre + k * h}) for k in (-2, -1, 1, 2))
    weights = np.array([1, -8, 8, -1]) / (12 * h)
    expected = np.tensordot(weights, np.stack(list(steps)), axes=1)
    name = f"d_C_by_{parameter}"
    wide = with_sensitivities(model, [parameter], ["C"])
    found = simulate_events(wide, persons, [name], values=base, times=TIMES, **TIGHT).of(name)  # type: ignore[arg-type]
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-6 * np.max(np.abs(c())) / centre)


def test_doses_in_words_have_sensitivities_to_their_delay() -> None:
    model, t = shipped("one_compartment"), np.array([0.4, 2.0, 8.0])
    doses, values = [Dose(0, 100, "oral"), Dose(6, 50, "iv", 1.0)], {"ALAG1": np.array([0.5, 1.5])}
    found = sensitivities(model, doses, t, ("C",), ("ALAG1", "CL"), values, **TIGHT).of("C", "ALAG1")
    up, down = (
        simulate(model, doses, t, ("C",), {"ALAG1": values["ALAG1"] + h}, **TIGHT).of("C")
        for h in (1e-4, -1e-4)  # type: ignore[arg-type]
    )
    assert found == pytest.approx((up - down) / 2e-4, rel=1e-5, abs=1e-8)


def test_the_delay_of_a_dose_into_a_saturable_state_has_no_derivative_and_says_so() -> None:
    model = shipped("michaelis_menten")
    wide = with_sensitivities(model, ["ALAG1", "ALAG2"], ["C"])
    name = "d_C_by_ALAG1"
    values = {"ALAG1": 1.0}
    by_mouth = Person("1", (Record(0, 1, 50, "oral"),))
    got = simulate_events(wide, [by_mouth], [name], values=values, times=[3.0], **TIGHT).of(name)[0]  # type: ignore[arg-type]
    up, down = (
        simulate_events(model, [by_mouth], ["C"], values={"ALAG1": 1 + h}, times=[3.0], **TIGHT).of("C")[0]  # type: ignore[arg-type]
        for h in (1e-4, -1e-4)
    )
    assert got == pytest.approx(
        (up - down) / 2e-4, rel=1e-6
    )  # the depot itself empties along a straight line
    with pytest.raises(DataError, match="give the dose a duration"):
        simulate_events(
            wide, [Person("1", (Record(0, 1, 50, "iv"),))], ["d_C_by_ALAG2"], values={"ALAG2": 1.0}
        )


def test_the_delay_of_a_dose_has_no_derivative_while_what_it_moves_changes() -> None:
    """The rates jump when the dose arrives; with the clearance of its record the jump would be another."""
    model = shipped("one_compartment")
    wide = with_sensitivities(model, ["ALAG2"], ["C"])
    records = (Record(0, 1, 50, "iv", values={"CL": 5.0}), Record(0.5, values={"CL": 25.0}), Record(3.0))
    with pytest.raises(DataError, match="CL changes from record to record"):
        simulate_events(wide, [Person("1", records)], ["d_C_by_ALAG2"], values={"ALAG2": 1.0})
    kept = (Record(0, 1, 50, "iv", values={"KA": 5.0}), Record(0.5, values={"KA": 2.0}), Record(3.0))
    found = simulate_events(wide, [Person("1", kept)], ["d_C_by_ALAG2"], values={"ALAG2": 1.0}).of(
        "d_C_by_ALAG2"
    )
    assert found[-1] == pytest.approx(0.1 * 50 / 100 * np.exp(-0.1 * 2), rel=1e-6)
