"""Where equations turn, and what a model does by itself: corners, jumps, lines `at` and `when`, against closed forms."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from openldn.engine import Events, Kernel, Run, SciPy, ev, events, parse_model, simulate
from openldn.engine.events import nothing, stacked
from openldn.engine.kernels.program import program
from openldn.engine.solving import Solver
from openldn.engine.turns import zoned

SOLVERS = [Kernel("explicit"), Kernel("implicit"), SciPy(), SciPy("LSODA")]
NAMES = [f"{type(s).__name__}-{s.method}" for s in SOLVERS]
each_solver = pytest.mark.parametrize("solver", SOLVERS, ids=NAMES)
# What a step may err, at rtol 1e-8, over some tens of steps; LSODA does not hold itself to it as strictly.
NEAR, LSODA = 1e-7, 1e-6


def near(solver: Solver) -> float:
    return LSODA if solver.method == "LSODA" else NEAR


def run(
    text: str, given: Events, times: Sequence[float], outputs: Sequence[str], solver: Solver, **values: float
) -> Run:
    return simulate(parse_model(text), given, times, outputs, values, solver=solver)


# ---- windows of time


WINDOW = """
model window : a drip for a while, and nothing else
parameter R [mg/h] = 100
parameter START [h] = 5
parameter LASTS [h] = 1
parameter RAMP [h] = 0.01
parameter K [1/h] = 0.1
state A [mg]
by_if [1] = if(t >= START and t < START + LASTS, 1, 0)
by_ramps [1] = min(1, max(0, (t - START) / RAMP)) - min(1, max(0, (t - START - LASTS) / RAMP))
by_nests [1] = max(0, min(1, min((t - START) / RAMP, (START + LASTS + RAMP - t) / RAMP)))
"""


def dripped(start: float, lasts: float, at: float) -> float:
    """What is left of 100 mg/h from start on, at a loss of 0.1 an hour."""
    return 1000 * -math.expm1(-0.1 * lasts) * math.exp(-0.1 * (at - start - lasts))


@each_solver
@pytest.mark.parametrize("lasts", [1.0, 1e-3, 1e-6])
@pytest.mark.parametrize("start", [5.0, 5000.0])
def test_a_drip_of_any_length_at_any_hour_is_given_though_nothing_moves_before_it(
    solver: Solver, start: float, lasts: float
) -> None:
    text = f"{WINDOW}d/dt(A) = R * by_if - K * A\n"
    found = run(text, nothing(), [0.0, start + 24.0], ["A"], solver, START=start, LASTS=lasts)
    own = (start + lasts) - start  # as the clock has it: at hour 5,000 it ticks by 1e-12 h
    # LSODA takes some steps within the drip, and each ends at a tick of the clock.
    ticks = 8 * np.spacing(start) / own if solver.method == "LSODA" else 0.0
    assert found.of("A")[0, 1] == pytest.approx(dripped(start, own, start + 24.0), rel=near(solver) + ticks)


@each_solver
@pytest.mark.parametrize("start", [5.0, 5000.0])
def test_an_hour_by_min_and_max_leaves_what_an_infusion_leaves(solver: Solver, start: float) -> None:
    """What gave 0 by every method: of 100 mg in the sixth hour 3.10 mg are left at 40.24 h."""
    text = f"{WINDOW}d/dt(A) = R * by_ramps - K * A\n"
    found = run(text, nothing(), [0.0, start + 35.24], ["A"], solver, START=start)
    # With ramps it is the mean of infusions that begin within RAMP hours: more by (e^x − 1) / x, x = K RAMP.
    expected = dripped(start, 1.0, start + 35.24) * math.expm1(1e-3) / 1e-3
    assert found.of("A")[0, 1] == pytest.approx(expected, rel=near(solver))
    assert f"{expected:.2f}" == "3.10"


@each_solver
@pytest.mark.parametrize("window", ["by_ramps", "by_nests"])
@pytest.mark.parametrize("start", [5.0, 5000.0])
def test_ramps_by_min_and_max_bring_as_much_as_their_area_has(
    solver: Solver, window: str, start: float
) -> None:
    text = f"{WINDOW}d/dt(A) = R * {window}\n"
    found = run(text, nothing(), [0.0, start + 24.0], ["A"], solver, START=start)
    assert found.of("A")[0, 1] == pytest.approx(100.0, rel=near(solver))


def test_a_product_of_times_is_looked_at_where_its_factors_turn() -> None:
    text = f"{WINDOW}d/dt(A) = R * if((t - START) * (START + LASTS - t) > 0, 1, 0) - K * A\n"
    for solver in SOLVERS:
        found = run(text, nothing(), [0.0, 5024.0], ["A"], solver, START=5000.0)
        assert found.of("A")[0, 1] == pytest.approx(dripped(5000.0, 1.0, 5024.0), rel=near(solver))


@each_solver
def test_each_person_has_a_window_of_their_own(solver: Solver) -> None:
    model = parse_model(f"{WINDOW}d/dt(A) = R * by_if - K * A\n")
    starts = np.array([2.0, 7.5, 3.25])
    found = simulate(model, nothing(), [0.0, 4.0, 24.0], ["A"], {"START": starts}, solver=solver)
    for row, start in enumerate(starts.tolist()):
        assert found.of("A")[row, 2] == pytest.approx(dripped(start, 1.0, 24.0), rel=near(solver))
    assert found.of("A")[1, 1] == 0.0


@each_solver
def test_what_waits_after_a_dose_waits_after_each(solver: Solver) -> None:
    text = (
        "model m\nparameter LATE [h] = 2\nparameter K [1/h] = 1\nstate A [mg]\ndose iv -> A\n"
        "d/dt(A) = if(tad > LATE, -K * A, 0)\n"
    )
    found = run(text, ev(10, ii=3, addl=1, cmt="iv"), [1.0, 2.5, 4.0, 5.5, 6.0], ["A"], solver)
    first = 10 * math.exp(-1)
    expected = [
        10,
        10 * math.exp(-0.5),
        first + 10,
        (first + 10) * math.exp(-0.5),
        (first + 10) * math.exp(-1),
    ]
    assert found.of("A")[0] == pytest.approx(expected, rel=near(solver))


# ---- corners and jumps that states cross


@each_solver
def test_a_saturated_loss_follows_its_closed_form_each_time_that_it_is_crossed(solver: Solver) -> None:
    text = (
        "model m\nparameter K [1/h] = 0.2\nparameter TOP [mg] = 800\nstate B [mg]\ndose iv -> B\n"
        "d/dt(B) = -K * min(B, TOP)\n"
    )
    times = np.arange(0.5, 100, 3.7)
    found = run(text, ev(2000, ii=24, addl=3, cmt="iv"), times.tolist(), ["B"], solver)
    level, expected, doses = 0.0, [], iter([0.0, 24.0, 48.0, 72.0, math.inf])
    since, due = 0.0, next(doses)
    for t in times.tolist():
        while due <= t:
            level, since, due = _left(level, due - since) + 2000, due, next(doses)
        expected.append(_left(level, t - since))
    assert found.of("B")[0] == pytest.approx(expected, rel=near(solver))


def _left(level: float, hours: float) -> float:
    """160 an hour while above 800, then a fifth of it an hour."""
    straight = min(hours, max(0.0, (level - 800) / 160))
    return (level - 160 * straight) * math.exp(-0.2 * (hours - straight))


@each_solver
def test_a_corner_is_crossed_a_hundred_times_without_loss(solver: Solver) -> None:
    """max(0, y) of a swing y = sin t brings 2 in each turn of 2π."""
    text = (
        "model m\nparameter W [1/h] = 1\nstate y [1]\nstate v [1] = 1\nstate sum [1]\n"
        "d/dt(y) = W * v\nd/dt(v) = -W * y\nd/dt(sum) = W * max(0, y)\n"
    )
    found = run(text, nothing(), [0.0, 100 * math.pi], ["sum"], solver)
    assert found.of("sum")[0, 1] == pytest.approx(100.0, rel=10 * near(solver))  # fifty swings add up


@each_solver
def test_a_state_that_rises_from_the_very_level_that_it_is_compared_with_is_seen(solver: Solver) -> None:
    text = (
        "model m\nparameter R [mg/h] = 2\nparameter K [1/h] = 0.5\nstate A [mg] = 3 mg\nstate B [mg] = 3 mg\n"
        "d/dt(A) = R\nd/dt(B) = if(A > 3 mg, -K * B, 0)\n"
    )
    found = run(text, nothing(), [0.0, 4.0], ["B"], solver)
    assert found.of("B")[0, 1] == pytest.approx(3 * math.exp(-2), rel=near(solver))


@each_solver
def test_conditions_of_outputs_alone_are_what_they_are_at_the_sample(solver: Solver) -> None:
    text = (
        "model m\nparameter K [1/h] = 0.5\nstate A [mg] = 8 mg\nd/dt(A) = -K * A\n"
        "low [1] = if(A <= 4 mg, 1, 0)\nlate [1] = if(t >= 2 h, 1, 0)\nover [mg] = max(A - 4 mg, 0)\n"
    )
    found = run(text, nothing(), [0.0, 1.0, 2.0, 3.0], ["low", "late", "over"], solver)
    assert found.of("low")[0].tolist() == [0, 0, 1, 1]
    assert found.of("late")[0].tolist() == [0, 0, 1, 1]
    assert found.of("over")[0] == pytest.approx([4, 8 * math.exp(-0.5) - 4, 0, 0], rel=near(solver))
    assert not zoned(parse_model(text)).turns


@each_solver
def test_a_rate_that_drives_itself_back_and_forth_ends_with_its_line(solver: Solver) -> None:
    text = "model bang\nparameter K [1/h] = 1\nstate x [1]\nd/dt(x) = if(x < 1, K, -K)\n"
    found = run(text, nothing(), [0.5, 10.0], ["x"], solver)
    assert found.of("x")[0, 0] == pytest.approx(0.5, rel=near(solver))
    assert math.isnan(found.of("x")[0, 1])
    assert found.reasons[0].hour == pytest.approx(1.0, rel=near(solver))
    assert "x < 1 in d/dt(x)" in str(found.reasons[0])
    assert "line 4) turns without end: more than 1,000 times at this hour" in str(found.reasons[0])


@each_solver
@pytest.mark.parametrize("start", [1.0, -1.0])
@pytest.mark.parametrize(
    ("rate", "whole"),
    [
        ("if(x > 0, sqrt(x), 0)", 2 / 3),
        ("if(x > 0, 1 + sqrt(x), 0)", 5 / 3),
        ("if(x < 0, 0, x ^ 1.5)", 2 / 5),
        ("max(0, x) ^ 1.5", 2 / 5),
        ("sqrt(max(x, 0)) + max(0, -x) ^ 2.5", 2 / 3 + 2 / 7),
        ("if(x > 0, 100 * x ^ 0.7, 0)", 100 / 1.7),
    ],
)
def test_a_branch_that_is_no_number_beyond_its_zone_is_left_where_that_ends(
    solver: Solver, start: float, rate: str, whole: float
) -> None:
    """x goes from 1 to −1 or back at a steady pace."""
    if solver == Kernel("implicit") and rate.startswith("sqrt(max"):
        solver = Kernel()  # by the chain rule its derivative is 0/0 where max is 0: explicit steps take over
    text = (
        "model m\nparameter START [1] = 1\nparameter K [1/h] = 1\nstate x [1] = START\nstate y [1]\n"
        f"d/dt(x) = -K * START\nd/dt(y) = K * ({rate})\n"
    )
    found = run(text, nothing(), [2.0], ["y"], solver, START=start)
    # At the edge the rates are rough, and a step there is of low order.
    assert found.of("y")[0, 0] == pytest.approx(whole, rel=10 * near(solver))


@each_solver
def test_a_corner_of_what_is_no_number_ends_as_such_though_the_other_side_is_one(solver: Solver) -> None:
    text = "model m\nparameter K [1/h] = 1\nstate x [1] = 1\nd/dt(x) = -K * max(x, other)\nother [1] = sqrt(x - 2)\n"
    found = run(text, nothing(), [3.0], ["x"], solver)
    assert math.isnan(found.of("x")[0, 0])
    assert "other is not a finite number" in str(found.reasons[0])


# ---- lines `when`


THERMOSTAT = """
model thermostat
parameter K [1/h] = 0.5
parameter IN [mg/h] = 5
parameter heat [1] = 1
state A [mg] = 1 mg
d/dt(A) = IN * heat - K * A
when A < 1 mg : heat = 1
when A > 3 mg : heat = 0
"""
UP, DOWN = 2 * math.log(9 / 7), 2 * math.log(3)  # from 1 to 3 of 10 (1 − e^(−t/2)), and from 3 to 1


@each_solver
def test_a_thermostat_swings_between_its_limits_with_its_exact_period(solver: Solver) -> None:
    period = UP + DOWN
    times = [UP / 2, period, 10 * period + UP / 2, 30 * period + UP + DOWN / 2]
    found = run(THERMOSTAT, nothing(), times, ["A", "heat"], solver)
    middle = 10 - 9 * math.exp(-UP / 4)
    assert found.of("A")[0] == pytest.approx(
        [middle, 1, middle, 3 * math.exp(-DOWN / 4)], rel=10 * near(solver)
    )
    assert found.of("heat")[0, [0, 2, 3]].tolist() == [1, 1, 0]


RESCUE = """
model rescued
parameter CL [L/h] = 1
parameter V [L] = 10
parameter LIMIT [mg/L] = 2
parameter F [1] = 0.5
state A [mg]
state given [1]
dose iv -> A * F
C [mg/L] = A / V
d/dt(A) = -CL * C
d/dt(given) = 0 * CL / V
when C < LIMIT : dose iv 40 mg : rescue
when C < LIMIT : given = given + 1
"""


@each_solver
def test_a_rescue_dose_comes_each_time_that_the_limit_is_reached(solver: Solver) -> None:
    # 10 mg/L fall to 2 in 10 ln 5 hours; half of 40 mg lifts them to 4, which fall to 2 in 10 ln 2.
    first, again = 10 * math.log(5), 10 * math.log(2)
    times = [1.0, first - 1e-4, first + 1e-4, first + again + 1.0, first + 9.5 * again]
    found = run(RESCUE, ev(200, cmt="iv"), times, ["C", "given"], solver)
    level = 2 * math.exp(1e-5)
    expected = [
        10 * math.exp(-0.1),
        level,
        4 * math.exp(-1e-5),
        4 * math.exp(-0.1),
        4 * math.exp(-again / 20),
    ]
    assert found.of("C")[0] == pytest.approx(expected, rel=10 * near(solver))
    assert found.of("given")[0].tolist() == [0, 0, 1, 2, 10]


@each_solver
def test_a_condition_that_holds_at_the_start_has_not_become_true(solver: Solver) -> None:
    text = f"{RESCUE}state n [1]\nd/dt(n) = 0 * CL / V\nwhen t < 4 h : n = n + 1\n"
    found = run(text, nothing(), [0.0, 50.0], ["C", "given", "n"], solver)
    assert found.values[0, 1].tolist() == [0.0, 0.0, 0.0]
    # A dose at the hour of the start is not the start: with it C passes the limit, and comes to it again.
    dosed = run(text, ev(200, cmt="iv"), [0.0, 17.0], ["given"], solver)
    assert dosed.of("given")[0].tolist() == [0, 1]


@each_solver
def test_a_titration_halves_the_rate_each_time_that_the_level_is_too_high(solver: Solver) -> None:
    text = (
        "model titrated\nparameter RATE [mg/h] = 8\nparameter K [1/h] = 0.1\nparameter TOP [mg] = 30\nstate A [mg]\n"
        "d/dt(A) = RATE - K * A\nwhen A > TOP : RATE = RATE / 2\n"
    )
    # Towards 80, halved at 30 to 40: A stays above 30 then, so that the condition does not become true again.
    first = 10 * math.log(80 / 50)
    found = run(text, nothing(), [first + 20.0], ["A", "RATE"], solver)
    assert found.of("A")[0] == pytest.approx([40 - 10 * math.exp(-2)], rel=near(solver))
    assert found.of("RATE")[0].tolist() == [4.0]


@each_solver
def test_what_becomes_true_at_one_time_acts_in_the_order_of_the_lines(solver: Solver) -> None:
    text = (
        "model m\nparameter R [1/h] = 1\nparameter P [1] = 1\nstate x [1]\nstate y [1]\nstate z [1]\n"
        "d/dt(x) = R\nd/dt(y) = 0 * R\nd/dt(z) = 0 * R\n"
        "when x > 2 : P = 2 * P\nwhen x > 2 : y = P\nwhen x > 2 : P = P + 1\nwhen y > 1 : z = 10 * P\nwhen x > 2 : y = y + P\n"
    )
    found = run(text, nothing(), [1.0, 3.0], ["P", "y", "z"], solver)
    # P 2, y 2, P 3, y 5; then y > 1 has become true, and z is 30.
    assert found.values[0].tolist() == [[1, 0, 0], [3, 5, 30]]


@each_solver
def test_lines_that_set_one_another_off_without_time_passing_end_with_a_reason(solver: Solver) -> None:
    text = (
        "model m\nparameter R [1/h] = 1\nstate x [1]\nstate y [1]\nd/dt(x) = R\nd/dt(y) = 0 * R\n"
        "when x > 2 : y = 2\nwhen y > 1 : y = 0\nwhen y < 1 : y = 2\n"
    )
    found = run(text, nothing(), [1.0, 3.0], ["y"], solver)
    assert found.of("y")[0, 0] == 0.0
    assert math.isnan(found.of("y")[0, 1])
    assert found.reasons[0].hour == pytest.approx(2.0, rel=near(solver))
    assert any(
        f'the line "when y {line}) turns without end' in str(found.reasons[0])
        for line in ('> 1" (the model, line 8', '< 1" (the model, line 9')
    )


@each_solver
def test_a_ball_that_bounces_ever_faster_ends_with_a_reason(solver: Solver) -> None:
    text = (
        "model ball\nparameter G [1/h] = 1\nstate height [1] = 0.5\nstate speed [1]\n"
        "d/dt(height) = G * speed\nd/dt(speed) = -G\nwhen height < 0 and speed < 0 : speed = -0.5 * speed\n"
    )
    found = run(text, nothing(), [1.5, 10.0], ["height"], solver)
    # It lands at 1 with speed 1, and then after 1, 1/2, 1/4 … hours: at 3 it lies.
    assert found.of("height")[0, 0] == pytest.approx(0.5 * 0.5 - 0.5 * 0.5**2, rel=near(solver))
    assert found.reasons[0].hour == pytest.approx(3.0, rel=1e-5)
    assert '"when height < 0 and speed < 0"' in str(found.reasons[0])


@each_solver
def test_records_of_an_hour_come_before_what_becomes_true_at_it(solver: Solver) -> None:
    text = "model m\nparameter K [1/h] = 1\nstate A [mg]\ndose iv -> A\nd/dt(A) = 0 * K * A\nwhen t >= 5 h : A = 10 * A\n"
    assert run(text, ev(1, time=5, cmt="iv"), [4.0, 5.0, 6.0], ["A"], solver).of("A")[0].tolist() == [
        0,
        0,
        10,
    ]
    rows = events(
        {"ID": [1, 1, 1], "TIME": [0, 5, 6], "EVID": [0, 1, 0], "AMT": [0, 1, 0], "CMT": ["iv", "iv", "iv"]}
    )
    found = simulate(parse_model(text), rows, None, ["A"], solver=solver)
    assert found.of("A")[0].tolist() == [0, 1, 10]


@each_solver
def test_after_a_reset_what_holds_has_not_become_true(solver: Solver) -> None:
    text = RESCUE
    rows = events(
        {"ID": [1, 1, 1], "TIME": [0, 5, 20], "EVID": [1, 3, 0], "AMT": [200, 0, 0], "CMT": ["iv", "", ""]}
    )
    found = simulate(parse_model(text), rows, None, ["C", "given"], solver=solver)
    assert found.values[0].tolist() == [[10, 0], [0, 0], [0, 0]]


# ---- lines `at`


CHANGED = """
model changed
parameter T_CHANGE [h] = 6
parameter K [1/h] = 0.1
parameter DOSE [ug] = 500
state A [mg] = 100 mg
dose iv [ug] -> A
d/dt(A) = -K * A
at T_CHANGE : A = A / 2
at 2 * T_CHANGE : K = 2 * K : for good
at T_CHANGE : dose iv DOSE : after the first line
at T_CHANGE : A = A + 1 mg
"""


@each_solver
def test_each_person_changes_at_an_hour_of_their_own(solver: Solver) -> None:
    hours = np.array([6.0, 2.5, 1e4, -3.0, 0.0])
    found = simulate(
        parse_model(CHANGED), nothing(), [0.0, 24.0], ["A", "K"], {"T_CHANGE": hours}, solver=solver
    )
    for row, hour in enumerate(hours.tolist()):
        if hour < 0 or hour > 24:
            assert found.of("A")[row, 1] == pytest.approx(100 * math.exp(-2.4), rel=near(solver))
            continue
        then = 50 * math.exp(-0.1 * hour) + 0.5 + 1
        after = 0.1 * hour + 0.2 * (24 - 2 * hour)
        assert found.of("A")[row, 1] == pytest.approx(then * math.exp(-after), rel=near(solver))
    assert (
        found.of("A")[:, 0].tolist() == [100] * 5
    )  # a sample shows what is there before anything happens then
    assert found.of("K")[:, 1].tolist() == [0.2, 0.2, 0.1, 0.1, 0.2]


@each_solver
def test_a_line_at_comes_before_the_records_of_its_hour(solver: Solver) -> None:
    text = f"{CHANGED}dose mg_iv -> A\n"
    rows = events(
        {"ID": [1, 1, 1], "TIME": [0, 6, 6], "EVID": [0, 1, 0], "AMT": [0, 7, 0], "CMT": ["mg_iv"] * 3}
    )
    found = simulate(parse_model(text), rows, None, ["A"], {"K": 1e-12}, solver=solver)
    assert found.of("A")[0] == pytest.approx([100, 58.5, 58.5], rel=1e-9)


@each_solver
def test_episodes_and_persons_with_records_of_their_own_act_in_each(solver: Solver) -> None:
    given = stacked([ev(10, time=0, cmt="iv"), ev(20, time=3, cmt="iv")], ["a", "b"])
    text = (
        "model m\nparameter T [h] = 2\nparameter K [1/h] = 0.1\nstate A [mg]\ndose iv -> A\nd/dt(A) = -K * A\n"
        "at T + 2 h : A = 3 * A\nwhen A > 50 mg : A = 50 mg\n"
    )
    found = simulate(parse_model(text), given, [5.0], ["A"], {"T": np.array([2.0, 2.0])}, solver=solver)
    assert found.of("A")[:, 0] == pytest.approx([30 * math.exp(-0.5), 50 * math.exp(-0.1)], rel=near(solver))


@each_solver
def test_a_steady_state_is_that_of_the_doses_and_what_acts_begins_with_it(solver: Solver) -> None:
    # 10 mg every 12 h at 0.1 an hour: 10 / (e^1.2 − 1) before each dose.
    text = (
        "model m\nparameter K [1/h] = 0.1\nstate A [mg]\nstate n [1]\ndose iv -> A\nd/dt(A) = -K * A\nd/dt(n) = 0 * K\n"
        "at 24 h : A = 0\nwhen A < 5 mg : n = n + 1\n"
    )
    low = 10 / math.expm1(1.2)
    found = run(text, ev(10, ii=12, addl=3, ss=1, cmt="iv"), [0.0, 12.0, 24.0, 36.0], ["A", "n"], solver)
    assert found.of("A")[0, 1:] == pytest.approx([low, low, 10 * math.exp(-1.2)], rel=near(solver))
    assert found.of("n")[0].tolist() == [0, 1, 2, 3]


@each_solver
def test_a_dose_that_a_line_gives_counts_for_the_time_since_the_last(solver: Solver) -> None:
    text = (
        "model m\nparameter K [1/h] = 0.1\nstate A [mg]\ndose iv -> A\nd/dt(A) = -K * A\n"
        "at 5 h : dose iv 3 mg\nwhen tad > 2 h and t > 6 h : dose iv 1 mg\n"
    )
    found = run(text, nothing(), [4.0, 6.0, 8.0, 11.5], ["tad"], solver)
    assert found.of("tad")[0] == pytest.approx([4.0, 1.0, 1.0, 0.5], rel=near(solver))


# ---- kernels


MANY = """
model many
parameter K [1/h] = 0.5
parameter IN [mg/h] = 5
parameter heat [1] = 1
parameter TOP [mg] = 3
parameter START [h] = 7
state A [mg] = 1 mg
state B [mg]
state gut [mg]
dose oral -> gut
d/dt(gut) = -0.7 1/h * gut
d/dt(A) = IN * heat - K * A
d/dt(B) = max(0, A - TOP / 2) * K + if(t > START and t < START + 1e-3 h, IN, 0) + 0.7 1/h * gut
when A < TOP / 3 : heat = 1
when A > TOP : heat = 0
when B > 4 * TOP : dose oral TOP
when B > 4 * TOP : B = B / 2
"""


@pytest.mark.parametrize("method", ["explicit", "implicit", "auto"])
def test_nobody_turns_otherwise_for_who_else_is_there(method: str) -> None:
    model, times = parse_model(MANY), np.linspace(0, 60, 31)
    tops, starts = np.linspace(2, 4, 13), np.linspace(3, 50, 13)
    outputs, given = ["A", "B", "heat", "gut"], ev(2, ii=8, addl=5, cmt="oral")
    values = {"TOP": tops, "START": starts}
    whole = simulate(model, given, times, outputs, values, solver=Kernel(method), threads=2)
    assert not whole.reasons
    for i in (0, 5, 12):
        own = {name: column[i : i + 1] for name, column in values.items()}
        alone = simulate(model, given, times, outputs, own, solver=Kernel(method))
        assert np.array_equal(alone.values[0], whole.values[i])
        assert alone.steps[0] == whole.steps[i]
    oracle = simulate(model, given, times, outputs, {"TOP": tops[:3], "START": starts[:3]}, solver=SciPy())
    assert np.allclose(
        whole.values[:3], oracle.values, rtol=1e-5, atol=1e-6
    )  # a hundred turns, each with its error


def test_one_who_turns_without_end_harms_nobody() -> None:
    text = "model m\nparameter K [1/h] = 1\nparameter BACK [1/h] = 1\nstate x [1]\nd/dt(x) = if(x < 1, K, BACK)\n"
    back = np.array([1.0, 2.0, -1.0, 0.5, 0.0])
    found = simulate(
        parse_model(text), nothing(), [3.0], ["x"], {"BACK": back}, solver=Kernel(), explain=False
    )
    assert list(found.reasons) == [2]
    assert "x < 1 in d/dt(x) (the model, line 5) turns without end" in str(found.reasons[2])
    assert np.delete(found.of("x")[:, 0], 2) == pytest.approx([3, 5, 2, 1], rel=NEAR)


def test_where_modes_go_from_event_to_event_time_still_turns_and_acts() -> None:
    text = (
        "model m\nparameter K [1/h] = 0.1\nparameter T [h] = 5\nstate gut [mg]\nstate A [mg]\ndose oral -> gut\n"
        "dose iv -> A * 0.5\nd/dt(gut) = -3 1/h * gut\nd/dt(A) = 3 1/h * gut - K * A\n"
        "at T : A = 2 * A\nwhen t > 2 * T : dose iv 8 mg\nwhen t > 3 * T : gut = 0\n"
    )
    model = parse_model(text)
    made = program(model, ["gut", "A"], ["A"], dosed=["gut"])
    assert made.free == 0
    given, times = ev(10, ii=7, addl=2, cmt="oral"), np.linspace(0, 24, 25)
    found, oracle = (
        simulate(model, given, times, ["A"], {"T": np.array([5.0, 2.3])}, solver=s)
        for s in (Kernel(), SciPy())
    )
    assert np.allclose(found.values, oracle.values, rtol=NEAR, atol=1e-9)


def test_modes_beside_what_turns_are_those_without() -> None:
    """Linear states that a crooked one follows keep their modes, and its turns see them at every place of a step."""
    text = (
        "model m\nparameter KA [1/h] = 1.3\nparameter CL [1/h] = 0.3\nparameter Q [1/h] = 0.4\nstate gut [mg]\n"
        "state A [mg]\nstate B [mg]\nstate over [1] = 1\nstate n [1]\ndose oral -> gut\nd/dt(gut) = -KA * gut\n"
        "d/dt(A) = KA * gut - CL * A - Q * A + Q * B\nd/dt(B) = Q * (A - B)\n"
        "d/dt(over) = max(0, A - 2 mg) / 1 mg * CL - CL * over ^ 2\nd/dt(n) = 0 * CL\nwhen A < 1.5 mg : n = n + 1\n"
    )
    model = parse_model(text)
    assert len(program(model, ["gut", "A", "B", "over", "n"], ["n"], dosed=["gut"]).linear.states) == 3
    given, times = ev(10, ii=12, addl=3, cmt="oral"), np.linspace(0, 60, 41)
    found = simulate(model, given, times, ["A", "over", "n"], solver=Kernel("explicit"))
    oracle = simulate(model, given, times, ["A", "over", "n"], solver=SciPy())
    assert np.allclose(found.values, oracle.values, rtol=NEAR, atol=1e-8)
    assert found.of("n")[0, -1] == 4


def test_a_stiff_model_turns_by_implicit_steps() -> None:
    # y follows 1 − e^(−t) a million times as fast as that moves, and is held at a half.
    text = (
        "model m\nparameter FAST [1/h] = 1e6\nparameter K [1/h] = 1\nstate x [1] = 1\nstate y [1]\nstate late [1]\n"
        "d/dt(x) = -K * x\nd/dt(y) = FAST * (min(1 - x, 0.5) - y)\nd/dt(late) = if(y < 0.49, 0, K)\n"
    )
    found = run(text, nothing(), [3.0], ["y", "late"], Kernel())
    assert found.of("y")[0, 0] == pytest.approx(0.5, rel=NEAR)
    assert found.of("late")[0, 0] == pytest.approx(3 + math.log(0.51), rel=1e-5)  # y lags by 1e-6 h


# ---- what a model with turns is


def test_nested_windows_turn_at_hours_known_beforehand() -> None:
    model = parse_model(f"{WINDOW}d/dt(A) = R * by_nests + R * by_ramps\n")
    found = zoned(model)
    assert len(found.turns) == 7
    assert all(turn.hour is not None for turn in found.turns)
    assert not any(turn.jumps for turn in found.turns)
    assert zoned(model) is found


def test_a_model_without_turns_is_itself() -> None:
    model = parse_model(
        "model m\nparameter K [1/h] = max(1, 2)\n".replace("max(1, 2)", "2")
        + "state A [mg]\nd/dt(A) = -K * A\n"
    )
    assert zoned(model).model is model
