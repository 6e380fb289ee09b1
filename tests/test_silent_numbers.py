"""Seven kinds of input that gave a wrong number without a word, each by its cause, through the front door."""

from typing import Any

import numpy as np
import pytest

import openldn as ldn
from openldn.engine import Kernel, SciPy, sensitivities
from openldn.engine.events import nothing

SOLVERS = [Kernel(), Kernel("implicit"), SciPy(), SciPy("LSODA")]
each_solver = pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: f"{type(s).__name__}-{s.method}")
LATE = 5000.0

TRACER = """
model tracer : bound and eliminated, in {unit}
parameter CL [L/h] = 0.25
parameter V [L] = 10
parameter KON [L/{unit}/h] = {on}
parameter KOFF [1/h] = 0.1
parameter TOTAL [{unit}/L] = {total}
state A [{unit}]
state RC [{unit}/L]
dose iv [{unit}] -> A
C [{unit}/L] = A / V
bound [{unit}/L/h] = KON * C * (TOTAL - RC) - KOFF * RC
d/dt(A) = -CL * C - bound * V
d/dt(RC) = bound
"""


def tracer(unit: str, size: float, solver: Any) -> np.ndarray:
    """What is left in mol/L of 10 pmol over three days; size is how many of the unit a mol is."""
    model = ldn.model(TRACER.format(unit=unit, on=repr(1e12 / size), total=repr(2e-12 * size)))
    run = model.simulate(
        ldn.ev(1e-11 * size), times=np.arange(0, 73, 6.0), outputs=["C", "RC"], solver=solver
    )
    return np.asarray(run.whole().values[0] / size)


@each_solver
def test_a_model_has_the_same_digits_in_mol_and_in_pmol(solver: Any) -> None:
    mol, nmol, pmol = (tracer(u, s, solver) for u, s in (("mol", 1.0), ("nmol", 1e9), ("pmol", 1e12)))
    assert np.all(mol >= 0)
    assert np.allclose(nmol, mol, rtol=1e-6, atol=0)  # a hundred steps of 1e-8
    assert np.allclose(pmol, mol, rtol=1e-6, atol=0)


@each_solver
@pytest.mark.parametrize("hours", [1e-6, 1e-3, 1.0])
def test_an_infusion_of_any_length_is_given_whole_at_any_hour(hours: float, solver: Any) -> None:
    model = ldn.model("one_compartment")
    given = ldn.ev(100, cmt="iv", time=LATE, dur=hours)
    k = model.parameters["CL"].value / model.parameters["V"].value
    run = model.simulate(given, times=[0, LATE + 1], outputs="C", solver=solver)
    left = 100 / model.parameters["V"].value * -np.expm1(-k * hours) / (k * hours) * np.exp(-k * (1 - hours))
    # The clock ticks by 1e-12 h at hour 5,000: an infusion of 1e-6 h is known to a millionth.
    assert run.of("C")[0, 1] == pytest.approx(left, rel=2e-6)


WINDOW = """
model window
parameter START [h] = 100
parameter K [1/h] = 0.1
parameter RATE [mg/h] = 100
state A [mg]
open [1] = {open}
d/dt(A) = RATE * open - K * A
"""


@each_solver
@pytest.mark.parametrize(
    "text",
    [
        "if(t >= START and t < START + 1 h, 1, 0)",
        "min(1, max(0, (t - START) / (1e-6 h))) * min(1, max(0, (START + 1 h - t) / (1e-6 h)))",
    ],
)
def test_a_window_of_time_is_not_stepped_over(text: str, solver: Any) -> None:
    model = ldn.model(WINDOW.format(open=text))
    run = model.simulate(ldn.ev(evid=2), times=[0, 111], outputs="A", solver=solver)
    expected = 1000 * -np.expm1(-0.1) * np.exp(-1.0)
    assert run.of("A")[0, 1] == pytest.approx(expected, rel=1e-5)  # a ramp has 1e-6 h of area


def test_what_a_parameter_cannot_be_is_refused_at_every_door() -> None:
    model = ldn.model("one_compartment")
    table = {"ID": [1, 1], "TIME": [0, 1], "AMT": [100, 0], "CL": [-10, -10]}
    for wrong in (
        lambda: model.set(CL=-10),
        lambda: model.simulate(ldn.ev(100), persons={"CL": [5, -10]}),
        lambda: model.simulate(ldn.events(table)),
        lambda: sensitivities(model, nothing(), [0.0, 1.0], ["C"], ["CL"], values={"CL": -10.0}),
    ):
        with pytest.raises(ldn.OpenLDNError, match=r"CL.*-10|-10.*CL"):
            wrong()


def test_the_analysis_of_a_later_dose_gives_its_clearance_or_says_why_not() -> None:
    model = ldn.model("one_compartment").set(CL=2, V=50)
    run = model.simulate(ldn.ev(100, ii=24, addl=27), times=np.arange(0, 697, 0.25), outputs="C")
    table = run.nca("C")
    assert table["CLFO"][0] == pytest.approx(2, rel=2e-3)  # trapezoids of a quarter of an hour
    assert table["VZFO"][0] == pytest.approx(50, rel=2e-2)
    assert table["CLFO"][1:].isna().all()
    assert "earlier doses left" in " ".join(table.attrs["reasons"]["CLFO"])
    assert table["CLFTAU"].iloc[-1] == pytest.approx(2, rel=2e-3)


def test_spread_between_occasions_is_drawn_or_refused_and_a_solver_is_the_one_asked_for() -> None:
    model = ldn.model("one_compartment")
    given, times = ldn.ev(100, ii=24, addl=3), [24, 48, 72]
    alike = model.simulate(given, times=times, outputs="C", persons=5, seed=1)
    varied = model.vary(occasion={"KA": 0.5}).simulate(given, times=times, outputs="C", persons=5, seed=1)
    assert np.ptp(alike.of("C"), axis=0).max() == 0
    assert np.ptp(varied.of("C"), axis=0).min() > 0
    with pytest.raises(ldn.OpenLDNError, match="occasion"):
        model.simulate(given, occasion="doses")
    hard = ldn.model("michaelis_menten")
    runs = [hard.simulate(given, times=times, solver=solver).of("C") for solver in SOLVERS]
    assert len({run.tobytes() for run in runs}) == len(SOLVERS)
    for other in runs[1:]:
        assert np.allclose(other, runs[0], rtol=1e-6)


@pytest.mark.parametrize("rtol", [1e-6, 1e-8, 1e-10])
def test_the_oracle_is_as_exact_as_what_it_judges(rtol: float) -> None:
    """Michaelis-Menten's closed form, sampled every half hour between long steps."""
    from scipy.special import lambertw

    model = ldn.model(
        "model mm\nparameter VM [mg/h] = 10\nparameter KM [mg] = 20\nstate A [mg]\ndose iv [mg] -> A\n"
        "d/dt(A) = -VM * A / (KM + A)\n"
    )
    times = np.arange(0.5, 24.5, 0.5)
    exact = 20 * lambertw(5 * np.exp((100 - 10 * times) / 20)).real
    error = {
        solver.method: np.abs(
            model.simulate(ldn.ev(100), times=times, outputs="A", rtol=rtol, solver=solver).of("A")[0] / exact
            - 1
        ).max()
        for solver in (Kernel(), SciPy())
    }
    assert error["DOP853"] < 30 * rtol  # what some ten steps add up to
    assert error["DOP853"] < 10 * error["auto"] + 1e-13
