"""The event rules against superposition for any records, and what does not need an oracle."""

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openldn.engine import Model, Run, SciPy, assemble, ev, events, parse_block, simulate, solve
from openldn.engine.events import compiled
from openldn.engine.events.reader import bound
from openldn.engine.plan import Kind
from openldn.notation import DataError, InputError
from openldn.proof.qualify.events import TEXT
from openldn.proof.qualify.superposition import Linear, central
from plans import Step, plan

Record = dict[str, Any]
SATURABLE = """
model saturable : Michaelis and Menten
parameter VMAX [mg/h] = 10
parameter KM [mg/L] = 2
parameter V [L] = 20
state body [mg]
dose iv -> body
C [mg/L] = body / V
d/dt(body) = -VMAX * C / (KM + C)
"""
# The solver's tolerance of 1e-8 for each of some dozens of steps, relative to the largest value of the curve.
CLOSE = 1e-6


@lru_cache(maxsize=32)
def build(text: str) -> Model:
    block = parse_block(text, file="test.model")
    return assemble(block.name, {block.name: block}.__getitem__)


def seen(t: float, evid: int = 0, **own: float) -> Record:
    return {"TIME": t, "EVID": evid, **own}


def dose(t: float, amount: float, into: str = "iv", **more: float) -> Record:
    return {"TIME": t, "EVID": 1, "AMT": amount, "CMT": into, **more}


def ran(records: list[Record], text: str = TEXT, outputs: tuple[str, ...] = ("C",), **options: Any) -> Run:
    return simulate(build(text), bound(events(records), build(text))[0], None, outputs, **options)


def concentrations(records: list[Record], text: str = TEXT, **options: Any) -> np.ndarray:
    return ran(records, text, **options).whole().of("C")[0]


hours = st.integers(0, 60).map(float)
sizes = st.floats(1, 100)


@st.composite
def doses(draw: st.DrawFn) -> Record:
    found = {
        "TIME": draw(hours), "EVID": draw(st.sampled_from([1, 1, 1, 4])), "CMT": draw(st.sampled_from(["oral", "iv"])),
        "F": draw(st.floats(0.2, 2)), "LAG": draw(st.sampled_from([0.0, 0.0, 0.5, 3.25, 12.0, 24.0, 31.0])),
        "D": draw(st.floats(0.5, 30)), "R": draw(st.floats(1, 50)), "SS": draw(st.sampled_from([0, 0, 1, 2])),
    }  # fmt: skip
    if found["SS"] and draw(st.integers(0, 4)) == 0:
        return found | {"AMT": 0.0, "RATE": draw(st.sampled_from([5.0, 40.0, -1.0]))}
    rate, more = draw(st.sampled_from([0.0, 0.0, 3.0, 25.0, -1.0, -2.0])), draw(st.integers(0, 3))
    interval = draw(st.sampled_from([6.0, 8.5, 12.0, 24.0])) if found["SS"] or more else 0.0
    return found | {"AMT": draw(sizes), "RATE": rate, "II": interval, "ADDL": more}


@st.composite
def histories(draw: st.DrawFn) -> list[Record]:
    found = [draw(doses()) for _ in range(draw(st.integers(1, 3)))]
    if draw(st.integers(0, 3)) == 0:
        found.append(seen(draw(hours), 3))
    found += map(seen, draw(st.lists(st.integers(0, 110).map(float), min_size=3, max_size=6)))
    found.sort(key=lambda record: record["TIME"])
    return [{"F": 1.0, "LAG": 0.0, "D": 2.0, "R": 10.0} | found[0], *found[1:]]


@settings(max_examples=25, deadline=None)
@given(histories(), st.integers(1, 3))
def test_any_records_come_to_what_superposition_says(history: list[Record], n: int) -> None:
    model = Linear(5, 20, 3 if n > 1 else 0, 30 if n > 1 else 0, 1 if n > 2 else 0, 50 if n > 2 else 0)
    expected = np.array(central(model, history)) / 20
    found = concentrations(history, values={"Q2": model.q2, "Q3": model.q3})
    assert np.max(np.abs(found - expected)) <= CLOSE * max(np.max(np.abs(expected)), 1e-6)


@settings(max_examples=6, deadline=None)
@given(st.floats(20, 110), st.sampled_from([0.0, 4.0, 30.0]), st.sampled_from([0.0, 5.0, 27.0]))
def test_a_nonlinear_steady_state_is_what_a_long_train_leaves(
    amount: float, duration: float, lag: float
) -> None:
    """60 doses before the record, by definition: at t + lag − k·II. Up to half of what can be eliminated.

    Both are solved at 1e-10 a step: at the default, the errors of a hundred steps come to 1.4e-6 of a
    trough that is a thousandth of the peak, which would be a statement about the solver and not about the train.
    """
    tight = {"rtol": 1e-10}
    text = SATURABLE.replace("state body", "parameter LAG [h] = 0\nstate body").replace(
        "-> body", "-> body lag LAG"
    )
    interval, count = 24.0, 60
    t = count * interval
    rows = [seen(t + x) for x in (0.0, 1.0, 7.0, 23.0)]
    own = {"II": interval, "DUR": duration}
    found = concentrations([dose(t, amount, ADDL=3, SS=1, LAG=lag, **own), *rows], text, **tight)[1:]
    train = dose(t - count * interval + lag % interval, amount, ADDL=count + 3, LAG=0.0, **own)
    assert found == pytest.approx(concentrations([train, *rows], text, **tight)[1:], rel=1e-8)


def test_more_than_can_be_eliminated_has_no_steady_state_and_says_so() -> None:
    # 12.5 mg/h go in, at most 10 go out
    run = ran([{"ID": "a", **dose(0, 300, II=24, SS=1)}, {"ID": "b", **dose(0, 24)}], SATURABLE)
    assert list(run.reasons) == [0]
    assert "no steady state" in str(run.reasons[0])
    assert np.isnan(run.of("C")[0]).all()
    assert run.of("C")[1] == pytest.approx([1.2])


def test_a_steady_state_by_the_clock_needs_an_interval_that_fits_the_clock() -> None:
    text = TEXT.replace("-KA * gut", "").replace(
        "d/dt(depot) = -KA * depot",
        "parameter DAY [h] = 24\nd/dt(depot) = -KA * depot * (1 + 0.5 * sin(2 * pi * t / DAY))",
    )
    daily = [dose(5, 20, "oral", II=24, SS=1), seen(9)]
    train = [dose(5, 20, "oral", II=24, ADDL=30), seen(5 + 30 * 24.0), seen(9 + 30 * 24.0)]
    assert concentrations(daily, text)[1] == pytest.approx(concentrations(train, text)[2], rel=1e-6)
    run = ran([dose(5, 20, "oral", II=10, SS=1)], text)
    assert "the model follows the clock" in str(run.reasons[0])


def test_mass_is_kept_whatever_is_dosed() -> None:
    text = TEXT + "state gone [mg]\nd/dt(gone) = CL * C\nall [mg] = depot + body + second + third + gone\n"
    records = [
        dose(0, 40, "oral", F=0.5), dose(5, 30, RATE=10), dose(6, 8, "oral", II=4, ADDL=2), seen(40),
    ]  # fmt: skip
    assert ran(records, text, ("all",)).of("all")[0, -1] == pytest.approx(0.5 * (40 + 30 + 24), rel=CLOSE)


def test_the_order_of_records_decides_at_one_time() -> None:
    assert concentrations([seen(1), dose(1, 20)]) == pytest.approx([0, 1])
    assert concentrations([dose(1, 20), seen(1)]) == pytest.approx([1, 1])


def test_scheduled_doses_come_before_the_records_of_their_time() -> None:
    found = concentrations([dose(0, 20, II=50, ADDL=1), seen(50)])
    alone = concentrations([dose(0, 20), seen(50)])
    assert found[1] == pytest.approx(alone[1] + 1, rel=CLOSE)


def test_a_value_asked_for_by_time_is_the_one_before_what_happens_then() -> None:
    found = simulate(build(TEXT), ev(20, cmt="iv", time=1), [0, 1, 1.0001], ["C"]).of("C")[0]
    assert found == pytest.approx([0, 0, 1], abs=1e-3)


def test_an_infusion_by_duration_is_one_by_rate() -> None:
    rows = [seen(t) for t in (1.0, 3.0, 5.0, 9.0)]
    by_rate = concentrations([dose(0, 40, RATE=10), *rows])
    assert concentrations([dose(0, 40, DUR=4), *rows]) == pytest.approx(by_rate, rel=CLOSE)
    assert concentrations([dose(0, 40, RATE=-2, D=4.0), *rows]) == pytest.approx(by_rate, rel=CLOSE)


def test_a_reset_stops_infusions_and_cancels_what_is_scheduled() -> None:
    found = concentrations([dose(0, 100, RATE=5, II=30, ADDL=3), seen(10, 3), seen(11), seen(70)])
    assert found == pytest.approx([0, 0, 0, 0], abs=1e-12)
    assert found[0] == 0


def test_an_infusion_that_a_reset_cancels_as_it_begins_leaves_nothing_running() -> None:
    """It is due at hour 12, or given at that hour by the record before the reset, while another one runs."""
    cancelled = [dose(0, 30, RATE=10, LAG=12.0), dose(4, 80, RATE=5, LAG=0.0), seen(12, 3)]
    given = [dose(4, 80, RATE=5), dose(12, 30, RATE=10), seen(12, 3)]
    for records in (cancelled, given):
        left = concentrations([*records, seen(13), seen(40)])[-3:]
        assert np.allclose(left, 0, atol=1e-15)  # rounding of flows of 5 and 10, of which modes hold shares


def test_records_agree_with_doses_in_words() -> None:
    t = np.array([0.0, 3.0, 12.0, 20.0, 30.0])
    words = events("5 mg every 24h for 2d", route="oral") + ev(7, cmt="iv", time=12, dur="6h")
    expected = simulate(build(TEXT), words, t, ["C"]).of("C")
    records = events([dose(0, 5, "oral", II=24, ADDL=1), dose(12, 7, DUR=6)])
    found = simulate(build(TEXT), records, t, ["C"]).of("C")
    assert found == pytest.approx(expected, rel=CLOSE, abs=1e-12)


@pytest.mark.parametrize("solver", [None, SciPy()])
def test_doses_come_as_late_as_each_persons_delay_says(solver: SciPy | None) -> None:
    t, lags = np.array([0.5, 1.0, 2.0, 30.0]), np.array([0.0, 0.75, 25.0])
    given = ev(5, cmt="oral") + ev(7, cmt="iv", time=1, dur=6)
    found = simulate(build(TEXT), given, t, ["C"], {"LAG": lags}, solver=solver).of("C")
    for own, lag in zip(found, lags, strict=True):
        alone = simulate(build(TEXT), given, t, ["C"], {"LAG": lag}).of("C")[0]
        assert own == pytest.approx(alone, rel=CLOSE, abs=1e-12)


def test_doses_in_milligrams_of_a_route_in_moles_are_refused() -> None:
    text = SATURABLE.replace("state body [mg]", "state body [nmol]").replace("iv ->", "iv [nmol] ->")
    text = text.replace("mg/h", "nmol/h").replace("mg/L", "nmol/L")
    with pytest.raises(DataError, match='doses into "body" are in nmol, not in mg'):
        simulate(build(text), ev("5 mg", cmt="iv"), [1.0], ["C"])
    assert simulate(build(text), ev("5 umol", cmt="iv"), [1e-9], ["C"]).of("C") == pytest.approx(5000 / 20)


def test_covariates_are_carried_back_or_forward_or_along_a_line() -> None:
    records = [dose(0, 20, CL=2.0), seen(4, CL=10.0), seen(8)]
    one = {"Q2": 0.0, "Q3": 0.0}
    back, forward, line = (
        concentrations(records, covariates=how, values=one) for how in ("nocb", "locf", "linear")
    )
    # ∫ CL/V: 40/20 and 40/20; 8/20 and 40/20; ½ (2 + 10) 4/20 and 40/20
    assert np.log(back) == pytest.approx([0, -2, -4], abs=CLOSE)
    assert np.log(forward) == pytest.approx([0, -0.4, -2.4], abs=CLOSE)
    assert np.log(line) == pytest.approx([0, -1.2, -3.2], abs=CLOSE)


def test_persons_with_steps_alike_are_solved_as_if_alone() -> None:
    tables = [[dose(0, 10 + i, "oral", CL=2.0 + i), seen(7)] for i in range(5)]
    together = ran([{"ID": i, **record} for i, table in enumerate(tables) for record in table]).of("C")
    for own, table in zip(together, tables, strict=True):
        assert own == pytest.approx(concentrations(table), rel=CLOSE)


def test_records_compile_to_steps_that_say_everything() -> None:
    made = compiled(build(TEXT), events([dose(2, 30, RATE=10, II=2, ADDL=1), seen(10)]), outputs=["C"]).plan
    names = [made.targets[i] if i >= 0 else "" for i in made.target]
    rows = zip(made.times, (Kind(k).name for k in made.kinds), names, made.amounts, strict=True)
    assert list(rows) == [
        (2, "RESET", "", 0), (2, "FLOW", "body", 10), (2, "SAMPLE", "", 0), (4, "FLOW", "body", 10),
        (5, "FLOW", "body", -10), (7, "FLOW", "body", -10), (10, "SAMPLE", "", 0),
    ]  # fmt: skip


@pytest.mark.parametrize("solver", [None, SciPy()])
def test_a_plan_runs_its_steps(solver: SciPy | None) -> None:
    steps = [Step(0, Kind.SET, "body", 40.0), Step(0, Kind.SAMPLE), Step(1, Kind.PARAMETER, "V", 10.0), Step(1, Kind.SAMPLE),
             Step(1, Kind.RESET), Step(1, Kind.SAMPLE)]  # fmt: skip
    found = solve(build(TEXT), plan([steps]), {"CL": 0.0, "Q2": 0.0, "Q3": 0.0}, ["C"], solver)
    assert found.values[0, :, 0] == pytest.approx([2, 4, 0])


@pytest.mark.parametrize(
    ("record", "column", "says"),
    [
        (seen(0, 7), "EVID", "EVID is 7"),
        (dose(0, 5, ADDL=2), "II", "ADDL is 2 without II"),
        (dose(0, 5, SS=1), "II", "SS needs the interval"),
        (dose(0, 5, II=12), "II", "neither ADDL nor SS"),
        (dose(0, 0), "AMT", "dose of nothing"),
        (dose(0, 0, RATE=5), "AMT", "infusion up to steady state"),
        (dose(0, 0, SS=1, RATE=-2), "RATE", "RATE above 0"),
        (dose(0, 0, RATE=5, II=12, SS=1), "II", "neither II"),
        (dose(0, 5, RATE=-3), "RATE", "RATE is -3"),
        (dose(0, 5, RATE=2, DUR=2), "DUR", "leave one out"),
        (dose(0, 5, EVID=0), "AMT", "is no dose"),
        (seen(0, 2, RATE=5), "RATE", "is no dose"),
        (dose(0, 5, SS=3), "SS", "SS is 3"),
        (dose(0, 5, "heart"), "CMT", '"heart" is not known'),
        (dose(0, 5, "9"), "CMT", '"9" is not known'),
        (dose(0, 5, LAG=-1.0), "", "the lag of a dose"),
        (dose(0, 5, "second", RATE=-1), "RATE", "asks for the rate"),
    ],
)
def test_a_record_that_cannot_be_is_refused_with_row_and_column(
    record: Record, column: str, says: str
) -> None:
    given = replace(events([record]), row=np.array([17]), file="events.csv")
    with pytest.raises(DataError) as caught:
        simulate(build(TEXT), bound(given, build(TEXT))[0], None, ["C"])
    assert says in str(caught.value)
    assert (caught.value.file, caught.value.line, caught.value.field) == ("events.csv", 17, column)


def test_an_amount_that_is_no_number_is_refused() -> None:
    with pytest.raises(DataError, match="AMT is nan; it must be a finite number"):
        simulate(build(TEXT), ev(float("nan"), cmt="iv"), None, ["C"])


# What NONMEM allows beside plain doses. One compartment, k = CL/V = 0.25 an hour.

ALONE = {"Q2": 0.0, "Q3": 0.0}
K = 5 / 20


@pytest.mark.parametrize("solver", [None, SciPy()])
def test_a_dose_before_hour_0_has_been_there_since(solver: SciPy | None) -> None:
    expected = np.exp(-K * np.array([5.0, 8.0]))
    found = concentrations([dose(-5, 20), seen(0), seen(3)], values=ALONE, solver=solver)
    assert found == pytest.approx([1, *expected], rel=CLOSE)
    by_time = simulate(build(TEXT), ev(20, cmt="iv", time=-5), [0, 3], ["C"], ALONE, solver=solver)
    assert by_time.of("C")[0] == pytest.approx(expected, rel=CLOSE)


@pytest.mark.parametrize("evid", [3, 4])
def test_time_that_starts_again_at_a_reset_begins_an_episode(evid: int) -> None:
    own = {"AMT": 40, "CMT": "iv", "RATE": 10} if evid == 4 else {}
    first, second = (
        [dose(3, 20, II=12, ADDL=5), seen(8)],
        [seen(1, evid, **own), seen(2), dose(4, 20, "oral"), seen(9)],
    )
    run = ran([*first, *second], values=ALONE).whole()
    assert run.times[0].tolist() == [3, 8, 1, 2, 4, 9]
    alone = [concentrations(table, values=ALONE) for table in (first, second)]
    assert run.of("C")[0] == pytest.approx(np.concatenate(alone), rel=CLOSE)
    with pytest.raises(InputError, match="times start again"):
        simulate(build(TEXT), events([*first, *second]), [1.0, 2.0], ["C"])


def test_evid_8_replaces_what_a_compartment_holds_and_stops_nothing() -> None:
    table = [dose(0, 20), dose(1, 30, RATE=10), seen(2, 8, AMT=60, CMT="body"), seen(3)]
    infused = 10 / 5 * (1 - np.exp(-K))  # of the hour from 2 to 3, over clearance
    assert concentrations(table, values=ALONE)[2:] == pytest.approx([3, 3 * np.exp(-K) + infused], rel=CLOSE)


def test_a_compartment_that_is_turned_off_is_empty_and_still_until_it_is_turned_on() -> None:
    ka = 1.1
    table = [
        dose(0, 20, "oral"),
        seen(1, 2, CMT="-1"),
        seen(3),
        seen(5, 2, CMT=1),
        dose(6, 20, "oral"),
        seen(7),
    ]
    found = concentrations(table, values=ALONE)

    def bateman(t: float) -> float:
        return float(20 * ka / (20 * (ka - K)) * (np.exp(-K * t) - np.exp(-ka * t)))

    left = bateman(1)  # nothing comes any more
    expected = [0, left, left * np.exp(-2 * K), left * np.exp(-4 * K), left * np.exp(-5 * K)]
    assert found == pytest.approx([*expected, left * np.exp(-6 * K) + bateman(1)], rel=CLOSE)


def test_a_steady_state_of_nothing_is_what_a_body_comes_to_by_itself() -> None:
    text = (
        "model response\nparameter KIN [1/h] = 3\nparameter KOUT [1/h] = 0.5\nstate R [1] = 1\nR2 [1] = R * R\n"
        "d/dt(R) = KIN - KOUT * R\n"
    )
    run = simulate(build(text), ev(ss=1, cmt="R", time=[4.0]) + ev(time=[5.0, 90.0], evid=0), None, ["R"])
    assert run.whole().of("R")[0] == pytest.approx([6, 6, 6], rel=CLOSE)


def test_more_than_twenty_thousand_doses_come_to_their_steady_state() -> None:
    count = 30_000
    found = concentrations([dose(0, 20, II=1, ADDL=count), seen(count + 0.5)], values=ALONE)
    assert found[1] == pytest.approx(np.exp(-K / 2) / (1 - np.exp(-K)), rel=CLOSE)


@pytest.mark.parametrize("solver", [None, SciPy()])
@pytest.mark.parametrize("duration", [1e-3, 1e-6, 1e-9, 1e-14])
def test_an_infusion_of_a_moment_brings_its_dose_at_any_hour(duration: float, solver: SciPy | None) -> None:
    table = [dose(5000, 20, DUR=duration), seen(5001)]
    found = concentrations(table, values=ALONE, solver=solver)
    assert found[1] == pytest.approx(np.exp(-K * (1 - duration / 2)), rel=CLOSE)


def test_a_reset_within_a_moment_cancels_what_it_brings() -> None:
    table = [dose(5000, 20, DUR=1e-6), seen(5000, 3), seen(5001)]
    assert concentrations(table)[-1] == 0
