"""Conditions of the language: what they mean to every reader of an expression, and what is refused."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from openldn.engine import (
    Kernel,
    Model,
    SciPy,
    ev,
    parameters_behind,
    parse_expression,
    parse_model,
    simulate,
)
from openldn.engine.derivatives import derivative
from openldn.engine.events import nothing
from openldn.engine.expressions import Call, Number, Symbol, parse_condition
from openldn.engine.kernels.derivative import by_time, jacobian
from openldn.engine.kernels.graph import Graph
from openldn.engine.kernels.program import Program, program
from openldn.engine.linear import linear_rates
from openldn.engine.model import LAST_DOSE
from openldn.engine.pruning import needed_states, silent_states
from openldn.engine.sensitivities import sensitivities, with_sensitivities
from openldn.engine.simplify import call
from openldn.engine.solving import Solver
from openldn.engine.tape import OPERATIONS, Tape, constant
from openldn.notation import InputError, ModelTextError

TIGHT = {"rtol": 1e-10, "atol": 1e-12}


def value(text: str, **at: Any) -> Any:
    return constant(parse_model("model m\n"), at, parse_expression(text))


# ---- the grammar


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("a < b or c < d and not e < f", "(a < b) or ((c < d) and (not (e < f)))"),
        ("not a < b and c < d", "(not (a < b)) and (c < d)"),
        ("a + 1 < b * 2", "(a + 1) < (b * 2)"),
        ("-a <= b ^ 2", "(-a) <= (b ^ 2)"),
        ("not not a == b", "a == b"),
        ("a != b and c >= d and e > f", "((a != b) and (c >= d)) and (e > f)"),
    ],
)
def test_conditions_bind_as_they_are_read(text: str, same: str) -> None:
    assert parse_condition(text) == parse_condition(same)


def test_a_condition_is_a_tree_of_calls() -> None:
    a, b = Symbol("a"), Symbol("b")
    inner = Call("and", (Call("<", (a, b)), Call("not", (Call("==", (a, Number(1.0))),))))
    assert parse_expression("if(a < b and not a == 1, a, b)") == Call("if", (inner, a, b))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a < b", r"a condition stands where a number should be.*write if\(condition, 1, 0\)"),
        ("(a < b) + 1", "a condition stands where a number"),
        ("-(a < b)", "a condition stands where a number"),
        ("2 ^ (a < b)", "a condition stands where a number"),
        ("exp(a < b)", "a condition stands where a number"),
        ("max(1, a < b)", "a condition stands where a number"),
        ("(a < b) == (c < d)", "a condition stands where a number"),
        ("if(a < b, c < d, 1)", "a condition stands where a number"),
        ("if(a, 1, 2)", "a number stands where a condition should be.*compare it, as in x > 0"),
        ("if(not a, 1, 2)", "a number stands where a condition"),
        ("if(a < b and 1, 1, 2)", "a number stands where a condition"),
        ("if(1 or a < b, 1, 2)", "a number stands where a condition"),
        ("if(a < b < c, 1, 2)", '"<" and "<" stand in one comparison.*join two by "and"'),
        ("if(a < b, 1)", r"if\(\) takes 3"),
        ("if(a = b, 1, 2)", "does not read"),
        ("if(a < and, 1, 2)", '"and" stands where a number or a name should be'),
        ("if(" * 41 + "1", "deeper"),
    ],
)
def test_what_is_no_condition_and_no_number_is_refused(text: str, says: str) -> None:
    with pytest.raises(ModelTextError, match=says):
        parse_expression(text)


@pytest.mark.parametrize("name", ["if", "and", "or", "not"])
def test_words_of_conditions_are_no_names(name: str) -> None:
    with pytest.raises(ModelTextError, match="reserved"):
        parse_model(f"model m\nparameter {name} [1] = 1\n")


# ---- units


UNITS = "model m\nparameter A [ug] = 1\nparameter B [mg] = 1\nparameter T [h] = 2\n"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("x [1] = if(A > T, 1, 0)", r'">" compares units that differ: the second part is in h, not in mg as.*off by'),
        ("x [1] = if(A > B, 1, 0)", '">" compares units that differ: .* off by a factor of 1000; declare'),
        ("x [1] = if(t > 5, 1, 0)", '">" compares units that differ: the second part is a plain number, not in h'),
        ("x [1] = if(T > 1 * T and not A < T, 1, 0)", '"<" compares units that differ'),
        ("x [ug] = if(T > 0, A, B)", r"the second branch of if\(\) is off by a factor of 1000"),
        ("x [ug] = if(T > 0, A, T)", r"the second branch of if\(\) is in h, not in mg"),
        ("x [h] = if(T > 0, A, 0)", "x: the right side is in mg, not in h"),
    ],
)  # fmt: skip
def test_sides_and_branches_of_different_units_are_refused(line: str, says: str) -> None:
    with pytest.raises(ModelTextError, match=says):
        parse_model(f"{UNITS}{line}\n")


def test_zero_is_compared_with_anything() -> None:
    model = parse_model(f"{UNITS}x [ug] = if(0 < A or 0 == T, A, 0)\ny [ug] = if(T == 0, 0, A)\n")
    assert [float(constant(model, {"A": 3.0, "T": 0.0}, Symbol(n))) for n in "xy"] == [3.0, 0.0]


# ---- values


def test_conditions_hold_for_numbers_and_for_many_persons_alike() -> None:
    text = "if((a < b or a == 3) and not (a >= 1 and a <= 2), 10 + a, if(a != 0, -a, 7))"
    a, b = np.array([0.0, 0.5, 1.0, 2.0, 2.5, 3.0, 4.0]), 2.25
    # By hand: a < b or a = 3, outside [1, 2], gives 10 + a; the rest −a.
    expected = [10.0, 10.5, -1.0, -2.0, -2.5, 13.0, -4.0]
    assert value(text, a=a, b=b).tolist() == expected
    assert [float(value(text, a=one, b=b)) for one in a.tolist()] == expected


def test_a_branch_that_is_not_taken_may_be_no_number() -> None:
    model = parse_model(
        "model m\nparameter p [1] = 0\nstate s [1] = 1\ns_over [1] = s / p\n"
        "x [1] = if(p > 0, s_over + log(-s), 5 * s)\nd/dt(s) = K * if(p == 0, -s, s / p)\nparameter K [1/h] = 1\n"
    )
    values: dict[str, Any] = {"p": 0.0, "K": 1.0}
    tape = Tape(model, values, ["s"], ["x"], rates_of=["s"])
    assert [float(v) for v in tape.evaluate(0.0, [2.0])] == [10.0, -2.0]
    assert float(value("if(p > 0, 1 / p, 4)", p=0.0)) == 4.0
    for solver in (Kernel(), SciPy()):
        found = simulate(model, nothing(), np.array([0.0, 1.0]), ("x",), solver=solver, **TIGHT)
        assert found.of("x")[0, 1] == pytest.approx(5 * np.exp(-1), rel=1e-8)  # a hundred times the tolerance


WINDOW = """
model window : a drip for some hours, and a loss that stops rising above a limit
parameter R [ug/h] = 500
parameter START [h] = 2
parameter LASTS [h] = 4
parameter K [1/h] = 0.2
parameter TOP [ug] = 800
state A [ug]
state B [ug] = TOP2
parameter TOP2 [ug] = 2000
running [1] = if(t >= START and t < START + LASTS, 1, 0)
d/dt(A) = R * running - K * A
d/dt(B) = -K * if(B > TOP, TOP, B)
"""


@pytest.mark.parametrize("solver", [Kernel(), SciPy()])
def test_a_window_and_a_saturation_follow_their_closed_forms(solver: Solver) -> None:
    t = np.array([0.0, 1, 2, 3, 5, 6, 7, 7.5, 9, 20])
    starts = np.array([2.0, 1.0])
    found = simulate(
        parse_model(WINDOW), nothing(), t, ("A", "B", "running"), {"START": starts}, solver=solver, **TIGHT
    )
    for person, start in enumerate(starts):
        on, off = np.clip(t - start, 0, 4), np.clip(t - start - 4, 0, None)
        drip = 2500 * -np.expm1(-0.2 * on) * np.exp(-0.2 * off)
        # 2000 − 160 t down to 800 at 7.5 h, then by a fifth an hour.
        assert np.allclose(found.of("A")[person], drip, rtol=1e-7, atol=1e-5)
        fall = np.where(t <= 7.5, 2000 - 160 * t, 800 * np.exp(-0.2 * (t - 7.5)))
        assert np.allclose(found.of("B")[person], fall, rtol=1e-7)
        assert found.of("running")[person].tolist() == [float(start <= h < start + 4) for h in t]


# ---- readers of expressions


def test_kernels_decide_as_numpy_does() -> None:
    """Random conditions over a state, time and parameters that meet often, as outputs of one model."""
    rng = np.random.default_rng(20270101)

    def number(depth: int) -> str:
        if depth == 0:
            return str(rng.choice(["x", "t / H", "p", "q", "1", "2", "0"]))
        pick = rng.integers(4)
        if pick == 0:
            return f"if({condition(depth - 1)}, {number(depth - 1)}, {number(depth - 1)})"
        return f"({number(depth - 1)} {rng.choice(['+', '-', '*'])} {number(depth - 1)})"

    def condition(depth: int) -> str:
        if depth == 0:
            return f"{number(0)} {rng.choice(['<', '<=', '>', '>=', '==', '!='])} {number(0)}"
        pick = rng.integers(3)
        if pick == 0:
            return f"not ({condition(depth - 1)})"
        return f"({condition(depth - 1)}) {rng.choice(['and', 'or'])} ({condition(depth - 1)})"

    texts = [f"if({condition(3)}, {number(2)}, {number(3)})" for _ in range(60)]
    head = "model m\nparameter H [h] = 1\nparameter p [1] = 1\nparameter q [1] = 2\nstate x [1] = p\nd/dt(x) = 0 * q / H\n"
    model = parse_model(head + "\n".join(f"y{i} [1] = {text}" for i, text in enumerate(texts)))
    values = {"p": np.repeat([0.0, 1.0, 2.0], 3), "q": np.tile([0.0, 1.0, 2.0], 3)}
    times, names = np.array([0.0, 1.0, 2.0, 2.5]), tuple(f"y{i}" for i in range(60))
    found = simulate(model, nothing(), times, names, values, solver=Kernel())
    for i, text in enumerate(texts):
        at = {"t": times[None, :], "H": 1.0, "x": values["p"][:, None]}
        at |= {name: column[:, None] for name, column in values.items()}
        expected = constant(model, at, parse_expression(text))
        assert np.array_equal(found.of(f"y{i}"), np.broadcast_to(expected, (9, 4))), text


def test_what_is_always_so_is_folded() -> None:
    a, b, unsure = Symbol("a"), Symbol("b"), parse_condition("a < b")
    yes, no = call("<", Number(1.0), Number(2.0)), call(">", Number(1.0), Number(2.0))
    assert (yes, no) == (Number(1.0), Number(0.0))
    assert call("if", yes, a, b) == a
    assert call("if", no, a, b) == b
    assert call("if", unsure, a, a) == a
    assert call("and", yes, unsure) == call("or", unsure, no) == unsure
    assert call("and", unsure, no) == no
    assert call("or", yes, unsure) == yes
    assert call("not", yes) == no


def test_the_derivative_is_that_of_the_branch_taken() -> None:
    e = parse_expression("if(x * y > 1 and x < 3, x ^ 2 * y, if(x >= 3, 5 * x, y))")
    for x, y, expected in ((2.0, 1.0, 4.0), (4.0, 1.0, 5.0), (0.5, 1.0, 0.0)):
        assert float(constant(parse_model("model m\n"), {"x": x, "y": y}, derivative(e, "x"))) == expected
    assert derivative(parse_expression("if(x > 1, y, 2 * y)"), "x") == Number(0.0)


def evaluated(
    graph: Graph, t: float, states: Mapping[int, float], parameters: Mapping[int, float]
) -> list[float]:
    """The value of every node, by the meanings that NumPy gives."""
    found: list[float] = []
    for name, *rest in graph.nodes:
        if name in ("num", "t"):
            found.append(float(rest[0]) if name == "num" else t)
        elif name in ("state", "par"):
            found.append((states if name == "state" else parameters)[int(rest[0])])
        else:
            parts = [np.float64(found[int(a)]) for a in rest]
            with np.errstate(all="ignore"):
                found.append(float(1 / parts[0] if name == "rcp" else OPERATIONS[str(name)](*parts)))
    return found


def zones_at(made: Program, t: float, states: Mapping[int, float]) -> dict[int, float]:
    """Parameters, which are all 1, and zones as the sides are there."""
    found = dict.fromkeys(range(len(made.parameters)), 1.0)
    sides = evaluated(made.graph, t, states, found)
    return found | {turn.zone: float(np.sign(sides[turn.side])) for turn in made.turns}


def test_the_jacobian_of_a_kernel_follows_the_branch_taken() -> None:
    model = parse_model(
        "model m\nparameter K [1/h] = 1\nparameter H [h] = 1\nstate x [1]\nstate y [1]\n"
        "d/dt(x) = K * if(x > y and not t / H > 4, x * y, if(x == y, 0, -x)) + K * max(x, y) + K * abs(y - 2)\n"
        "d/dt(y) = if(t / H > 4, t / H, x) * K\n"
    )
    made = program(model, ["x", "y"], [])
    by_state, time = jacobian(made.graph, made.rates, 2), by_time(made.graph, made.rates)
    for x, y, t in ((3.0, 1.0, 1.0), (1.0, 3.0, 1.0), (3.0, 1.0, 5.0)):

        def rates(x: float = x, y: float = y, t: float = t) -> list[float]:
            at = evaluated(made.graph, t, {0: x, 1: y}, zones_at(made, t, {0: x, 1: y}))
            return [at[r] for r in made.rates]

        at = evaluated(made.graph, t, {0: x, 1: y}, zones_at(made, t, {0: x, 1: y}))
        h = 2.0**-20  # differences of polynomials of degree two are exact but for rounding, 1e-16 over h
        for i in range(2):
            for j, (up, down) in enumerate(
                ((rates(x=x + h), rates(x=x - h)), (rates(y=y + h), rates(y=y - h)))
            ):
                found = at[by_state[i, j]] if (i, j) in by_state else 0.0
                assert found == pytest.approx((up[i] - down[i]) / (2 * h), abs=1e-9)
            slope = at[time[i]] if i in time else 0.0
            assert slope == pytest.approx((rates(t=t + h)[i] - rates(t=t - h)[i]) / (2 * h), abs=1e-9)


def test_a_choice_by_parameters_leaves_rates_linear_and_one_by_states_does_not() -> None:
    model = parse_model(
        "model m\nparameter K [1/h] = 2\nparameter slow [1] = 0\nparameter H [h] = 1\nstate a [1]\nstate b [1]\nstate c [1]\n"
        "d/dt(a) = if(slow > 0.5, -K * a, -2 * K * a + K)\nd/dt(b) = K * if(b > 1, 1, b)\n"
        "d/dt(c) = if(t > 3 * H, -K * c, 0)\n"
    )
    values = {"K": np.array([2.0, 3.0]), "slow": np.array([0.0, 1.0]), "H": 1.0}
    matrix, offset, curved = linear_rates(model, values, ("a", "b", "c"), 2)
    assert curved == ("b", "c")
    assert matrix[:, 0, 0].tolist() == [-4.0, -3.0]
    assert offset[:, 0].tolist() == [2.0, 0.0]


PRUNED = """
model pruned
parameter K [1/h] = 1
parameter LIMIT [1] = 2
parameter IDLE [1] = 3
state quiet [1]
state watched [1] = 1
state level [1] = 5
d/dt(quiet) = K * if(watched > LIMIT, quiet, 2 * quiet)
d/dt(watched) = K * watched
d/dt(level) = if(watched > LIMIT, K, -K) * (level + IDLE * quiet)
"""


def test_what_decides_is_needed_and_what_stays_zero_in_both_branches_is_not() -> None:
    model = parse_model(PRUNED)
    assert silent_states(model, ()) == {"quiet"}
    assert needed_states(model, ["level"]) == {"level", "watched", "quiet"}
    assert parameters_behind(model, ["level"], ()) == {"K", "LIMIT"}


def test_a_state_at_rest_still_decides() -> None:
    model = parse_model(
        "model m\nparameter K [1/h] = 1\nparameter LIMIT [1] = 2\nstate still [1] = 1\nstate level [1] = 5\n"
        "d/dt(still) = K * (1 - still)\nd/dt(level) = if(level > LIMIT * still, -K * level, 0)\n"
    )
    assert parameters_behind(model, ["level"], ()) == {"K", "LIMIT"}


# ---- where equations turn


def turns(model: Model, at: Mapping[str, float], zone: float = 1.0) -> list[tuple[float, float | None]]:
    """What each side is at hour 3 with the states at 10 and all zones alike, and the hour at which it passes zero."""
    made = program(model, [s.name for s in model.states], [])
    parameters = {i: at.get(name, zone) for i, name in enumerate(made.parameters)}
    found = evaluated(made.graph, 3.0, dict.fromkeys(range(len(model.states)), 10.0), parameters)
    return [(abs(found[turn.side]), found[turn.known[0]] if turn.known else None) for turn in made.turns]


def test_a_window_by_min_and_max_turns_at_its_edges() -> None:
    model = parse_model(
        "model m\nparameter T1 [h] = 4\nparameter T2 [h] = 9\nparameter H [h] = 0.5\nparameter R [1/h] = 1\nstate x [1]\n"
        "ramp [1] = min(1, max((t - T1) / H, 0)) * max(min((T2 - t) / H, 1), 0)\nd/dt(x) = R * ramp\n"
    )
    values = {"T1": 4.0, "T2": 9.0, "H": 0.5, "R": 1.0}
    # Where the ramp that rises is above 0, it comes to 1 at 4.5; where the one that falls is below 1, to 0 at 9.
    rising, falling = turns(model, values, 1.0), turns(model, values, -1.0)
    assert [hour for _, hour in rising[:2]] == [4.0, 4.5]
    assert [hour for _, hour in falling[2:]] == [8.5, 9.0]
    assert math.isinf(rising[3][1] or 0.0)  # a ramp at its top stays there


def test_a_window_of_two_comparisons_turns_at_both_and_once_each() -> None:
    model = parse_model(
        "model m\nparameter T1 [h] = 4\nparameter T2 [h] = 9\nparameter R [1/h] = 1\nstate x [1]\nstate y [1]\n"
        "d/dt(x) = if(t > T1 and t < T2, R, 0)\nd/dt(y) = if(t >= T1 or not T2 >= t, 2 * R, R)\n"
    )
    assert sorted(turns(model, {"T1": 4.0, "T2": 9.0, "R": 1.0})) == [(1.0, 4.0), (6.0, 9.0)]


def test_a_time_that_runs_faster_turns_at_its_own_hour() -> None:
    model = parse_model(
        "model m\nparameter S [1/h] = 2\nparameter slow [1] = 1\nparameter R [1/h] = 1\nstate x [1]\n"
        "phase [1] = if(slow > 0.5, S * t, 3 * S * t) - 12\nd/dt(x) = if(-phase > 0, R, 0)\n"
    )
    assert turns(model, {"S": 2.0, "slow": 1.0, "R": 1.0}) == [(6.0, 6.0)]
    assert turns(model, {"S": 2.0, "slow": 0.0, "R": 1.0}) == [(6.0, 2.0)]


def test_a_state_turns_where_nobody_knows_beforehand_and_what_is_static_never() -> None:
    model = parse_model(
        "model m\nparameter LIMIT [1] = 4\nparameter K [1/h] = 1\nstate x [1] = 8\n"
        "slow [1/h] = if(LIMIT > 3, K, 2 * K) + max(K, 2 * K)\nshown [1] = abs(x - 1)\n"
        "d/dt(x) = -slow * if(x > LIMIT, x, LIMIT) * abs(x)\n"
    )
    assert turns(model, {"LIMIT": 4.0, "K": 1.0}) == [(6.0, None), (10.0, None)]


def test_a_straight_line_of_a_thousand_formulas_is_found() -> None:
    graph = Graph()
    node = graph.leaf("t")
    for _ in range(1000):
        node = graph.node("+", node, node)
    line = graph.line(node)
    assert line is not None
    assert [graph.number(part) for part in line] == [0.0, 2.0**1000]


# ---- time after dose


DOSED = """
model dosed
parameter LATE [h] = 2
parameter K [1/h] = 1
state A [ug]
dose iv -> A
since [h] = tad + 1 h
d/dt(A) = if(tad > LATE, -K * A, 0)
"""


def test_time_after_dose_is_an_output() -> None:
    model = parse_model(DOSED)
    assert model.uses_tad
    assert not parse_model(WINDOW).uses_tad
    assert model.unit_of("tad") == "h"
    times = np.array([1.0, 4.0])
    for given, tad in ((nothing(), [1.0, 4.0]), (ev(1, time=0.5, cmt="iv"), [0.5, 3.5])):
        found = simulate(model, given, times, ("tad", "since"))
        assert found.of("tad")[0].tolist() == tad
        assert found.of("since")[0].tolist() == [hours + 1 for hours in tad]
    assert parameters_behind(model, ["A"], ["iv"]) == {"LATE", "K"}


def test_what_waits_after_a_dose_turns_at_an_hour_of_its_own() -> None:
    assert turns(parse_model(DOSED), {"LATE": 2.0, "K": 1.0, LAST_DOSE: 24.0}) == [(23.0, 26.0)]


@pytest.mark.parametrize(
    ("line", "says"),
    [("parameter tad [h] = 1", "reserved"), ("state x [h] = tad\nd/dt(x) = 0", '"tad" is not defined')],
)
def test_time_after_dose_is_no_name_and_no_start(line: str, says: str) -> None:
    with pytest.raises(ModelTextError, match=says):
        parse_model(f"model m\n{line}\n")


# ---- sensitivities


def test_a_sensitivity_of_the_branch_taken_is_right_where_nothing_moves_the_turn() -> None:
    model = parse_model(
        "model m\nparameter K [1/h] = 0.3\nparameter CHANGE [h] = 4\nstate x [1] = 5\n"
        "d/dt(x) = if(t < CHANGE, -K * x, -2 * K * x)\n"
    )
    t = np.array([0.0, 4.0, 6.0])
    found = sensitivities(model, nothing(), t, ("x",), ("K",), **TIGHT).of("x", "K")[0]
    spent = np.array([0.0, 4.0, 8.0])  # x = 5 exp(−K s) with s = t, and from 4 h on 2 t − 4
    assert np.allclose(
        found, -spent * 5 * np.exp(-0.3 * spent), rtol=1e-7
    )  # as exact as the solver, with room


def test_what_moves_a_turn_has_no_sensitivity_of_the_branch_and_is_refused() -> None:
    model = parse_model(
        "model m\nparameter K [1/h] = 0.3\nparameter CHANGE [h] = 4\nparameter Z [1/h] = 1\nstate x [1] = 5\nstate z [1]\n"
        "late [h] = 2 * CHANGE\nd/dt(x) = if(t < late, -K * x, -2 * K * x)\nd/dt(z) = if(x > 1, Z, 0)\n"
    )
    for parameter, output, place in (("CHANGE", "x", "x"), ("K", "z", "z")):
        with pytest.raises(InputError, match=f'condition in "{place}" depends on {parameter}.*min and max'):
            with_sensitivities(model, [parameter], [output])
    assert with_sensitivities(model, ["K"], ["x"]).states
