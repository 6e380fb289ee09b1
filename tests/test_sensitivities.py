"""Sensitivities against closed forms, complex steps through a solver of the test's own, and laws."""

from collections.abc import Sequence
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from openldn import pharmacology
from openldn.engine import Events, Model, assemble, ev, events, parse_block
from openldn.engine.events import nothing
from openldn.engine.model import _check_names, _check_units
from openldn.engine.pruning import needed_states
from openldn.engine.sensitivities import sensitivities, with_sensitivities
from openldn.engine.tape import Tape, constant
from openldn.notation import InputError, UnknownName, convert, parse_unit

ORAL = """
model oral : one compartment with absorption, of which a share arrives
parameter KA [1/h] = 1.1
parameter CL [L/h] = 5
parameter V [L] = 40
parameter F [1] = 0.6
parameter A0 [ug] = 70
state gut [ug]
state A [ug] = A0 * 2
dose oral -> gut * F
dose iv -> A
C [ug/L] = A / V
d/dt(gut) = -KA * gut
d/dt(A) = KA * gut - CL * C
"""
KINKED = """
model kinked : a loss that stops below a floor, felt above a threshold
parameter K [1/h] = 0.3
parameter FLOOR [ug] = 200
parameter TOP [ug] = 400
parameter N [1] = 1.5
state A [ug]
state felt [h]
dose iv -> A
above [1] = max(0, A - TOP) / TOP
d/dt(A) = -K * max(A - FLOOR, 0)
d/dt(felt) = above ^ N
apart [ug] = abs(A - TOP) + min(A, TOP)
"""
# Error of the solver at its default tolerance of 1e-8, relative to the largest value of the curve; a
# sensitivity is solved to the same tolerance as its state.
CLOSE = 1e-7
ORAL_AND_IV = ev("1 mg", cmt="oral") + ev("1 mg", cmt="iv", dur=4)


def build(text: str) -> Model:
    block = parse_block(text, file="test.model")
    return assemble(block.name, {block.name: block}.__getitem__)


def oral_curve(t: float, KA: Any, CL: Any, V: Any, F: Any, A0: Any) -> Any:
    """1 mg by mouth at 0 h, 1 mg by vein over 0–4 h, and 2·A0 there from the start."""
    k = CL / V
    by_mouth = 1000 * F * KA / (V * (KA - k)) * (mpmath.exp(-k * t) - mpmath.exp(-KA * t))
    by_vein = 250 / CL * (1 - mpmath.exp(-k * min(t, 4))) * mpmath.exp(-k * max(t - 4, 0))
    return by_mouth + by_vein + 2 * A0 / V * mpmath.exp(-k * t)


@pytest.mark.parametrize("name", ["KA", "CL", "V", "F", "A0"])
def test_one_compartment_answers_as_its_closed_form_does(name: str) -> None:
    model, t = build(ORAL), np.linspace(0, 36, 25)
    centre = {p: model.parameters[p].value for p in ("KA", "CL", "V", "F", "A0")}
    found = sensitivities(model, ORAL_AND_IV, t, ("C",), (name,)).of("C", name)

    def curve(x: Any, time: float) -> Any:
        return oral_curve(time, **{**centre, name: x})

    with mpmath.workdps(30):
        expected = np.array([float(mpmath.diff(lambda x, s=s: curve(x, s), centre[name])) for s in t])
    assert np.max(np.abs(found[0] - expected)) < CLOSE * np.max(np.abs(expected))


def by_complex_step(
    model: Model, given: Events, times: Any, outputs: Sequence[str], name: str, step: float = 1e-30
) -> Any:
    """Im f(θ + i step) / step, shape (times, outputs), by a solver written here: doses at once only."""
    values: dict[str, Any] = {p: complex(q.value) for p, q in model.parameters.items()}
    values |= {s: getattr(line.expression, "value", 1.0) for s, line in model.switches.items()}
    values[name] += 1j * step
    states = [s.name for s in model.states if s.name in needed_states(model, outputs)]
    tape, shown = Tape(model, values, states, [], rates_of=states), Tape(model, values, states, outputs)
    starts = {s.name: s.expression for s in model.states}
    y = np.array([constant(model, values, starts[s]) for s in states], dtype=complex)
    out, now, doses = [], 0.0, given.spelled_out()
    for stop in sorted({*times, *doses.time.tolist()}):
        if stop > now:
            run = solve_ivp(
                lambda t, y: np.array(tape.evaluate(t, list(y)), dtype=complex), (now, stop), y,
                method="DOP853", rtol=1e-11, atol=1e-13,
            )  # fmt: skip
            y, now = run.y[:, -1], stop
        if stop in times:
            out.append([complex(v).imag / step for v in shown.evaluate(stop, list(y))])
        for i in np.flatnonzero(doses.time == stop):
            for line in model.doses[doses.places[doses.into[i]]]:
                if line.name in states:
                    share = constant(model, values, line.expression) if line.expression else 1.0
                    mass = convert(doses.amount[i], "mg", model.unit_of(line.name))
                    y[states.index(line.name)] += share * mass
    return np.array(out)


OUTPUTS = ("occ_mu_brain", "C_N", "BE", "ENK")
BEHIND = ("T_E", "KIN", "KA", "CL_N", "F_ORAL", "H6", "MW_SALT", "V1", "T_DEEP", "E_MU", "AMPLITUDE", "G_ENK")


@pytest.fixture(scope="module")
def naltrexone() -> Any:
    model, times = pharmacology.model(), np.array([0.0, 2.0, 9.0, 24.0, 31.0])
    plan = events("4.5 mg every 24h for 2d then stop", route="oral")
    return model, plan, times, sensitivities(model, plan, times, OUTPUTS, BEHIND)


@pytest.mark.parametrize("name", BEHIND)
def test_naltrexone_answers_as_a_complex_step_says(name: str, naltrexone: Any) -> None:
    model, plan, times, found = naltrexone
    expected = by_complex_step(model, plan, times, OUTPUTS, name)
    got = np.stack([found.of(output, name)[0] for output in OUTPUTS], axis=1)
    # Relative to the larger of the answer and a thousandth of what one per cent of the parameter's own
    # size would change the output by; where an output does not depend on it, both are 0.
    size = np.maximum(np.abs(expected).max(axis=0), 1e-3 * np.abs(found.run.values[0]).max(axis=0)
                      / abs(model.parameters[name].value))  # fmt: skip
    assert np.max(np.abs(got - expected) / size) < CLOSE


def test_what_does_not_answer_is_zero_without_being_solved(naltrexone: Any) -> None:
    model, _, _, found = naltrexone
    assert not found.of("C_N", "T_E").any()
    wide = with_sensitivities(model, ["T_E"], ["C_N"])
    assert not [s for s in wide.states if s.name.startswith("A1_along")]


def kinked_curves(t: float, K: Any, FLOOR: Any, TOP: Any, N: Any) -> tuple[Any, ...]:
    """1 mg by vein: A falls to the floor, and what is felt is added up until A passes TOP."""

    def left(s: Any) -> Any:
        return FLOOR + (1000 - FLOOR) * mpmath.exp(-K * s)

    end = min(t, mpmath.log((1000 - FLOOR) / (TOP - FLOOR)) / K)
    felt = mpmath.quad(lambda s: (abs(left(s) - TOP) / TOP) ** N, [0, end])
    return left(t), felt, abs(left(t) - TOP) + min(left(t), TOP)


@pytest.mark.parametrize("name", ["K", "FLOOR", "TOP", "N"])
def test_kinks_are_passed_as_the_closed_form_passes_them(name: str) -> None:
    model, t, given = build(KINKED), np.array([1.0, 3.0, 6.0, 12.0]), ev("1 mg", cmt="iv")
    outputs, centre = ("A", "felt", "apart"), {p: q.value for p, q in model.parameters.items()}
    found = sensitivities(model, given, t, outputs, (name,), rtol=1e-10).values[0, :, :, 0]
    with mpmath.workdps(25):
        for i, output in enumerate(outputs):
            expected = [
                float(
                    mpmath.diff(lambda x, s=s, i=i: kinked_curves(s, **{**centre, name: x})[i], centre[name])
                )
                for s in t
            ]
            # The step over the kink is of low order, so errors are some hundred times the tolerance there.
            assert np.max(np.abs(found[:, i] - expected)) <= 1e-7 * max(np.abs(expected)), output


@settings(max_examples=10, deadline=None)
@given(st.floats(0.3, 3), st.floats(1, 20), st.floats(10, 100))
def test_more_room_and_more_clearance_together_only_dilute(ka: float, cl: float, v: float) -> None:
    t, given = np.linspace(1, 30, 12), ev(["3 mg", "1 mg"], cmt="oral", time=[0, 12])
    own = {"KA": ka, "CL": cl, "V": v, "A0": 0.0}
    s = sensitivities(build(ORAL), given, t, ("C",), ("CL", "V", "F"), own)
    c = s.run.of("C")
    assert np.max(np.abs(cl * s.of("C", "CL") + v * s.of("C", "V") + c)) < CLOSE * c.max()
    assert np.max(np.abs(0.6 * s.of("C", "F") - c)) < CLOSE * c.max()


def test_the_order_of_differentiation_does_not_matter() -> None:
    model, t, given = build(ORAL), np.array([1.0, 5.0, 20.0]), ev("1 mg", cmt="oral")
    twice = [
        sensitivities(with_sensitivities(model, [a], ["C"]), given, t, (f"d_C_by_{a}",), (b,)).values
        for a, b in (("KA", "V"), ("V", "KA"))
    ]
    assert np.abs(twice[0]).max() > 0
    assert np.max(np.abs(twice[0] - twice[1])) < CLOSE * np.abs(twice[0]).max()


def test_each_person_has_their_own_sensitivity() -> None:
    t, given, clearances = np.array([2.0, 9.0]), ev("1 mg", cmt="oral"), np.array([2.0, 5.0, 9.0])
    together = sensitivities(build(ORAL), given, t, ("C",), ("CL",), {"CL": clearances}).values
    assert together.shape == (3, 2, 1, 1)
    for i, clearance in enumerate(clearances):
        alone = sensitivities(build(ORAL), given, t, ("C",), ("CL",), {"CL": clearance}).values[0]
        assert np.max(np.abs(together[i] - alone)) < CLOSE * np.abs(alone).max()


def test_a_model_with_sensitivities_passes_the_checks_of_a_model() -> None:
    scale = pharmacology.scale("fibromyalgia", "pain_nrs").model()
    wide = with_sensitivities(scale, tuple(scale.parameters), ("score", "occ_mu_brain"))
    for model in (wide, with_sensitivities(build(KINKED), ("K", "TOP"), ("apart", "felt"))):
        _check_names(model)
        _check_units(model)
    assert parse_unit(wide.unit_of("d_occ_mu_brain_by_KIN")) == parse_unit("ug*h/L")
    assert parse_unit(wide.unit_of("d_score_by_T_E")) == parse_unit("point/h")


def test_a_parameter_at_zero_still_has_a_sensitivity() -> None:
    found = sensitivities(build(ORAL), nothing(), np.array([0.0, 8.0]), ("C",), ("A0",), {"A0": 0.0}).of(
        "C", "A0"
    )
    assert found[0] == pytest.approx(2 / 40 * np.exp([0.0, -1.0]), rel=CLOSE)


def test_requests_that_make_no_sense_are_refused() -> None:
    model = pharmacology.model()
    with pytest.raises(UnknownName, match='parameter "block"'):
        with_sensitivities(model, ["block"], ["C_N"])
    with pytest.raises(UnknownName, match='output "C_M"'):
        with_sensitivities(model, ["KA"], ["C_M"])
    with pytest.raises(InputError, match="name of the model already"):
        with_sensitivities(with_sensitivities(model, ["KA"], ["C_N"]), ["KA"], ["C_N"])
