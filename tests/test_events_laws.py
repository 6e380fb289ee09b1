"""The event rules against superposition for any records, and what does not need an oracle."""

from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openldn.engine import Dose, Model, assemble, parse_block, simulate
from openldn.engine.events import Kind, Person, Record, Step, plan, run_plan, simulate_events
from openldn.engine.events.compiling import steps_for
from openldn.engine.reference import complete
from openldn.notation import DataError, InputError
from openldn.proof.qualify.events import TEXT
from openldn.proof.qualify.superposition import Linear, central

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


def concentrations(records: list[Record], text: str = TEXT, **options: object) -> np.ndarray:
    table = simulate_events(build(text), [Person("1", tuple(records))], ["C"], **options)  # type: ignore[arg-type]
    assert not table.reasons
    return table.of("C")


hours = st.integers(0, 60).map(float)
sizes = st.floats(1, 100)


@st.composite
def doses(draw: st.DrawFn) -> tuple[Record, dict[str, float]]:
    """A dose record, and the same for the oracle."""
    time, evid, depot = draw(hours), draw(st.sampled_from([1, 1, 1, 4])), draw(st.booleans())
    own = {"F": draw(st.floats(0.2, 2)), "LAG": draw(st.sampled_from([0.0, 0.0, 0.5, 3.25, 12.0, 24.0, 31.0])),
           "D": draw(st.floats(0.5, 30)), "R": draw(st.floats(1, 50))}  # fmt: skip
    into, steady = ("oral" if depot else "iv"), draw(st.sampled_from([0, 0, 1, 2]))
    oracle = {
        "time": time,
        "evid": evid,
        "depot": depot,
        "f": own["F"],
        "lag": own["LAG"],
        "d": own["D"],
        "r": own["R"],
    }
    if steady and draw(st.integers(0, 4)) == 0:
        rate = draw(st.sampled_from([5.0, 40.0, -1.0]))
        record = Record(time, evid, 0.0, into, rate, steady=steady, values=own)
        return record, {**oracle, "amt": 0, "rate": rate, "ss": steady}
    rate = draw(st.sampled_from([0.0, 0.0, 3.0, 25.0, -1.0, -2.0]))
    amount, more = draw(sizes), draw(st.integers(0, 3))
    interval = draw(st.sampled_from([6.0, 8.5, 12.0, 24.0])) if steady or more else 0.0
    record = Record(time, evid, amount, into, rate, interval, more, steady, values=own)
    return record, {**oracle, "amt": amount, "rate": rate, "ii": interval, "addl": more, "ss": steady}


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[Record, dict[str, float]]]:
    found = [draw(doses()) for _ in range(draw(st.integers(1, 3)))]
    if draw(st.integers(0, 3)) == 0:
        t = draw(hours)
        found.append((Record(t, 3), {"time": t, "evid": 3}))
    for t in draw(st.lists(st.integers(0, 110).map(float), min_size=3, max_size=6)):
        found.append((Record(t), {"time": t, "evid": 0}))
    found.sort(key=lambda pair: pair[0].time_h)
    if not found[0][0].values:
        own = {"F": 1.0, "LAG": 0.0, "D": 2.0, "R": 10.0}
        found[0] = (Record(found[0][0].time_h, found[0][0].evid, values=own), found[0][1])
    return found


@settings(max_examples=25, deadline=None)
@given(histories(), st.integers(1, 3))
def test_any_records_come_to_what_superposition_says(
    history: list[tuple[Record, dict[str, float]]], n: int
) -> None:
    model = Linear(5, 20, 3 if n > 1 else 0, 30 if n > 1 else 0, 1 if n > 2 else 0, 50 if n > 2 else 0)
    expected = np.array(central(model, [oracle for _, oracle in history])) / 20
    flows = {"Q2": model.q2, "Q3": model.q3}
    found = concentrations([record for record, _ in history], values=flows)
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
    tight = {"rtol": 1e-10, "atol": 1e-13}
    text = SATURABLE.replace("state body", "parameter LAG [h] = 0\nstate body").replace(
        "-> body", "-> body lag LAG"
    )
    interval, count = 24.0, 60
    t = count * interval
    watch = [t + x for x in (0.0, 1.0, 7.0, 23.0)]
    at_once = Record(
        t,
        1,
        amount,
        "iv",
        interval_h=interval,
        additional=3,
        steady=1,
        duration_h=duration,
        values={"LAG": lag},
    )
    rows = [Record(x) for x in watch]
    found = concentrations([at_once, *rows], text, **tight)[1:]
    first = t - count * interval + lag % interval
    train = Record(
        first,
        1,
        amount,
        "iv",
        interval_h=interval,
        additional=count + 3,
        duration_h=duration,
        values={"LAG": 0.0},
    )
    assert found == pytest.approx(concentrations([train, *rows], text, **tight)[1:], rel=1e-8)


def test_more_than_can_be_eliminated_has_no_steady_state_and_says_so() -> None:
    record = Record(0, 1, 300, "iv", interval_h=24, steady=1)  # 12.5 mg/h go in, at most 10 go out
    table = simulate_events(
        build(SATURABLE), [Person("a", (record,)), Person("b", (Record(0, 1, 24, "iv"),))], ["C"]
    )
    assert list(table.reasons) == ["a"]
    assert "no steady state" in table.reasons["a"]
    assert np.isnan(table.of("C", "a")).all()
    assert table.of("C", "b") == pytest.approx([1.2])


def test_a_steady_state_by_the_clock_needs_an_interval_that_fits_the_clock() -> None:
    text = TEXT.replace("-KA * gut", "").replace(
        "d/dt(depot) = -KA * depot",
        "parameter DAY [h] = 24\nd/dt(depot) = -KA * depot * (1 + 0.5 * sin(2 * pi * t / DAY))",
    )
    daily = [Record(5, 1, 20, "oral", interval_h=24, steady=1), Record(9)]
    train = [
        Record(5, 1, 20, "oral", interval_h=24, additional=30),
        Record(5 + 30 * 24.0),
        Record(9 + 30 * 24.0),
    ]
    assert concentrations(daily, text)[1] == pytest.approx(concentrations(train, text)[2], rel=1e-6)
    wrong = [Record(5, 1, 20, "oral", interval_h=10, steady=1)]
    table = simulate_events(build(text), [Person("1", tuple(wrong))], ["C"])
    assert "the model follows the clock" in table.reasons["1"]


def test_mass_is_kept_whatever_is_dosed() -> None:
    text = TEXT + "state gone [mg]\nd/dt(gone) = CL * C\nall [mg] = depot + body + second + third + gone\n"
    records = [Record(0, 1, 40, "oral", values={"F": 0.5}), Record(5, 1, 30, "iv", rate=10),
               Record(6, 1, 8, "oral", interval_h=4, additional=2), Record(40)]  # fmt: skip
    table = simulate_events(build(text), [Person("1", tuple(records))], ["all"])
    assert table.of("all")[-1] == pytest.approx(0.5 * (40 + 30 + 24), rel=CLOSE)


def test_the_order_of_records_decides_at_one_time() -> None:
    dose, seen = Record(1, 1, 20, "iv"), Record(1)
    assert concentrations([seen, dose]) == pytest.approx([0, 1])
    assert concentrations([dose, seen]) == pytest.approx([1, 1])


def test_scheduled_doses_come_before_the_records_of_their_time() -> None:
    found = concentrations([Record(0, 1, 20, "iv", interval_h=50, additional=1), Record(50)])
    alone = concentrations([Record(0, 1, 20, "iv"), Record(50)])
    assert found[1] == pytest.approx(alone[1] + 1, rel=CLOSE)


def test_a_value_asked_for_by_time_is_the_one_before_what_happens_then() -> None:
    table = simulate_events(
        build(TEXT), [Person("1", (Record(1, 1, 20, "iv"),))], ["C"], times=[0, 1, 1.0001]
    )
    assert table.of("C") == pytest.approx([0, 0, 1], abs=1e-3)


def test_an_infusion_by_duration_is_one_by_rate() -> None:
    rows = [Record(t) for t in (1.0, 3.0, 5.0, 9.0)]
    by_rate = concentrations([Record(0, 1, 40, "iv", rate=10), *rows])
    assert concentrations([Record(0, 1, 40, "iv", duration_h=4), *rows]) == pytest.approx(by_rate, rel=CLOSE)
    modelled = Record(0, 1, 40, "iv", rate=-2, values={"D": 4.0})
    assert concentrations([modelled, *rows]) == pytest.approx(by_rate, rel=CLOSE)


def test_a_reset_stops_infusions_and_cancels_what_is_scheduled() -> None:
    records = [
        Record(0, 1, 100, "iv", rate=5, interval_h=30, additional=3),
        Record(10, 3),
        Record(11),
        Record(70),
    ]
    assert concentrations(records) == pytest.approx([0, 0, 0, 0], abs=1e-12)
    assert concentrations(records)[0] == 0


def test_records_agree_with_the_solver_of_doses_in_words() -> None:
    t = np.array([0.0, 3.0, 12.0, 20.0, 30.0])
    given = [Dose(0, 5, "oral"), Dose(12, 7, "iv", 6), Dose(24, 5, "oral")]
    plain = TEXT.replace("lag LAG", "")
    expected = simulate(build(plain), given, t, ("C",)).of("C")[0]
    records = [Record(0, 1, 5, "oral", interval_h=24, additional=1), Record(12, 1, 7, "iv", duration_h=6)]
    table = simulate_events(build(plain), [Person("1", tuple(records))], ["C"], times=list(t))
    assert table.of("C") == pytest.approx(expected, rel=CLOSE, abs=1e-12)


@pytest.mark.parametrize("solver", ["kernel", "reference"])
def test_doses_in_words_come_as_late_as_each_persons_delay_says(solver: str) -> None:
    t, lags = np.array([0.5, 1.0, 2.0, 30.0]), np.array([0.0, 0.75, 25.0])
    given = [Dose(0, 5, "oral"), Dose(1, 7, "iv", 6)]
    found = simulate(build(TEXT), given, t, ("C",), {"LAG": lags}, solver=solver).of("C")
    records = (Record(0, 1, 5, "oral"), Record(1, 1, 7, "iv", duration_h=6))
    for own, lag in zip(found, lags, strict=True):
        table = simulate_events(
            build(TEXT), [Person("1", records)], ["C"], times=list(t), values={"LAG": lag}
        )
        assert own == pytest.approx(table.of("C"), rel=CLOSE, abs=1e-12)


def test_doses_in_milligrams_of_a_route_in_moles_are_refused() -> None:
    text = SATURABLE.replace("state body [mg]", "state body [nmol]").replace("iv ->", "iv [nmol] ->")
    text = text.replace("mg/h", "nmol/h").replace("mg/L", "nmol/L")
    with pytest.raises(InputError, match="are in nmol, not in mg; give them as events"):
        simulate(build(text), [Dose(0, 5, "iv")], np.array([1.0]), ("C",))


def test_covariates_are_carried_back_or_forward_or_along_a_line() -> None:
    records = [Record(0, 1, 20, "iv", values={"CL": 2.0}), Record(4, values={"CL": 10.0}), Record(8)]
    one = {"Q2": 0.0, "Q3": 0.0}
    back, forward, line = (
        concentrations(records, covariates=how, values=one) for how in ("nocb", "locf", "linear")
    )
    # ∫ CL/V: 40/20 and 40/20; 8/20 and 40/20; ½ (2 + 10) 4/20 and 40/20
    assert np.log(back) == pytest.approx([0, -2, -4], abs=CLOSE)
    assert np.log(forward) == pytest.approx([0, -0.4, -2.4], abs=CLOSE)
    assert np.log(line) == pytest.approx([0, -1.2, -3.2], abs=CLOSE)


def test_persons_with_steps_alike_are_solved_as_if_alone() -> None:
    people = [
        Person(str(i), (Record(0, 1, 10 + i, "oral", values={"CL": 2.0 + i}), Record(7))) for i in range(5)
    ]
    together = simulate_events(build(TEXT), people, ["C"])
    for p in people:
        alone = simulate_events(build(TEXT), [p], ["C"])
        assert together.of("C", p.id) == pytest.approx(alone.of("C"), rel=CLOSE)


def test_records_compile_to_steps_that_say_everything() -> None:
    model = build(TEXT)
    given, _ = complete(model, {})
    records = (Record(2, 1, 30, "iv", rate=10, interval_h=2, additional=1), Record(10))
    steps = steps_for(model, Person("1", records), given, ["C"])
    assert [(s.time_h, s.kind.name, s.target, s.amount) for s in steps] == [
        (2, "RESET", "", 0), (2, "FLOW", "body", 10), (2, "SAMPLE", "", 0), (4, "FLOW", "body", 10),
        (5, "FLOW", "body", -10), (7, "FLOW", "body", -10), (10, "SAMPLE", "", 0),
    ]  # fmt: skip


def test_a_plan_runs_its_steps() -> None:
    steps = [Step(0, Kind.SET, "body", 40.0), Step(0, Kind.SAMPLE), Step(1, Kind.PARAMETER, "V", 10.0), Step(1, Kind.SAMPLE),
             Step(1, Kind.RESET), Step(1, Kind.SAMPLE)]  # fmt: skip
    ran = run_plan(build(TEXT), plan([steps]), {"CL": 0.0, "Q2": 0.0, "Q3": 0.0}, ["C"])
    assert ran.values[0, :, 0] == pytest.approx([2, 4, 0])


@pytest.mark.parametrize(
    ("record", "column", "says"),
    [
        (Record(0, 7), "EVID", "EVID is 7"),
        (Record(-1), "TIME", "negative"),
        (Record(0, 1, 5, "iv", additional=2), "II", "ADDL is 2 without II"),
        (Record(0, 1, 5, "iv", steady=1), "II", "SS needs the interval"),
        (Record(0, 1, 5, "iv", interval_h=12), "II", "neither ADDL nor SS"),
        (Record(0, 1, 0, "iv"), "AMT", "dose of nothing"),
        (Record(0, 1, 0, "iv", rate=5), "AMT", "infusion up to steady state"),
        (Record(0, 1, 0, "iv", steady=1), "RATE", "RATE above 0"),
        (Record(0, 1, 0, "iv", rate=5, interval_h=12, steady=1), "II", "neither II"),
        (Record(0, 1, 5, "iv", rate=-3), "RATE", "RATE is -3"),
        (Record(0, 1, 5, "iv", rate=2, duration_h=2), "DUR", "leave one out"),
        (Record(0, 0, 5, "iv"), "AMT", "is no dose"),
        (Record(0, 2, rate=5), "RATE", "is no dose"),
        (Record(0, 1, 5, "iv", steady=3), "SS", "SS is 3"),
        (Record(0, 1, float("nan"), "iv"), "AMT", "finite"),
        (Record(0, 1, 5, "heart"), "CMT", '"heart" is not known'),
        (Record(0, 1, 5, "9"), "CMT", '"9" is not known'),
        (Record(0, 1, 5, "iv", values={"LAG": -1.0}), "", "the lag of a dose"),
        (Record(0, 1, 5, "second", rate=-1), "RATE", "asks for the rate"),
        (Record(0, 1, 5, "iv", interval_h=1, additional=30_000), "ADDL", "more than 20,000 doses"),
    ],
)
def test_a_record_that_cannot_be_is_refused_with_row_and_column(
    record: Record, column: str, says: str
) -> None:
    from dataclasses import replace

    with pytest.raises(DataError) as caught:
        simulate_events(build(TEXT), [Person("1", (replace(record, row=17),))], ["C"], file="events.csv")
    assert says in str(caught.value)
    assert (caught.value.file, caught.value.line, caught.value.field) == ("events.csv", 17, column)
