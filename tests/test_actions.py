"""Lines `at` and `when`: what they say, what is refused, and what they make needed. Nothing here runs them."""

import pytest

from openldn.engine import (
    Model,
    parameters_behind,
    parse_block,
    parse_expression,
    parse_model,
    with_sensitivities,
)
from openldn.engine.expressions import Expression, Number, Symbol, parse_condition
from openldn.engine.pruning import needed_states, silent_states
from openldn.notation import InputError, ModelTextError

HEAD = """
model rescued
switch on = 1
parameter K [1/h] = 0.1
parameter LIMIT [ug] = 2
parameter STOP [h] = 20
parameter RESCUE [mg] = 5
parameter idle [1] = 1
parameter T [h] = 2
state A [ug]
state R [1] = 1
state quiet [1]
late [h] = 2 * STOP
C [1] = A / LIMIT
dose iv -> A
dose iu [IU] -> units
dose slow -> A lag T
dose drip -> A rate RESCUE / T
state units [IU]
d/dt(units) = -K * units
d/dt(A) = -K * A
d/dt(R) = -K * R
d/dt(quiet) = K * quiet
"""


def build(*lines: str) -> Model:
    return parse_model(HEAD + "\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("line", "kind", "when", "target", "value", "route", "unit", "meaning"),
    [
        ("at STOP + 1 h : R = 0", "at", parse_expression("STOP + 1 h"), "R", Number(0.0), "", "", ""),
        ("at late:A=A/2:half : of it", "at", Symbol("late"), "A", parse_expression("A / 2"), "", "", "half : of it"),
        ("at 5 h : K = 2 * K : faster", "at", Number(5.0, "h"), "K", parse_expression("2 * K"), "", "", "faster"),
        ("when A > LIMIT and not t < 5 h : R = tad / T", "when", parse_condition("A > LIMIT and not t < 5 h"), "R",
         parse_expression("tad / T"), "", "", ""),
        ("when C < 1 : dose iv RESCUE * R : rescue", "when", parse_condition("C < 1"), "", parse_expression("RESCUE * R"),
         "iv", "mg", "rescue"),
        ("when C < 1 : dose iu (2 IU)", "when", parse_condition("C < 1"), "", Number(2.0, "IU"), "iu", "IU", ""),
        ("when idle < 1 : A = 0 # which another line changes", "when", parse_condition("idle < 1"), "A", Number(0.0), "", "",
         ""),
    ],
)  # fmt: skip
def test_a_line_says_when_and_what(
    line: str,
    kind: str,
    when: Expression,
    target: str,
    value: Expression,
    route: str,
    unit: str,
    meaning: str,
) -> None:
    model = build(line, "when t > 5 h : idle = 0")
    action = model.actions[0]
    assert (action.kind, action.when, action.target, action.expression) == (kind, when, target, value)
    assert (action.route, action.unit, action.meaning, action.line) == (route, unit, meaning, 24)
    assert action.changes(model.doses) == ((target,) if target else {"iv": ("A",), "iu": ("units",)}[route])
    assert len(model.actions) == 2


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("at 5 : R = 0", "at: the right side is a plain number, not in h"),
        ("at RESCUE : R = 0", "at: the right side is in mg, not in h"),
        ("at t : R = 0", '"t" cannot stand here, where a run has not begun'),
        ("at A / LIMIT * T : R = 0", '"A" cannot stand here'),
        ("at STOP > T : R = 0", "a condition stands where a number should be"),
        ("when A : R = 0", "a number stands where a condition should be"),
        ("when A > T : R = 0", '">" compares units that differ'),
        ("when AA > 0 : R = 0", '"AA" is not defined; did you mean "A"'),
        ("when STOP > late : R = 0", "never becomes true; compare a state or t"),
        ("when on > 0 : R = 0", "never becomes true"),
        ("when A > 0 : R = A", "R: the right side is in mg, not a plain number"),
        ("when A > 0 : K = 2", "K: the right side is a plain number, not in 1/h"),
        ("when A > 0 : C = 2", '"C" is assigned, so it cannot be set; set a state or parameter behind it'),
        ("when A > 0 : RR = 2", r'"RR" is no state and no parameter, so it cannot be set; did you mean "R"'),
        ("when A > 0 : on = 0", '"on" is no state and no parameter'),
        ("when A > 0 : t = 0 h", '"t" is a reserved name'),
        ("when A > 0 : R = nothing", '"nothing" is not defined'),
        ("when A > 0 : R = noise", '"noise" stands only in the expression of a line "observe"'),
        ("when A > 0 : dose iv 5", "dose iv: the right side is a plain number, not in mg"),
        ("when A > 0 : dose iv 5 ug", "dose iv: the right side is off by a factor of 0.001"),
        ("when A > 0 : dose oral 5 mg", 'route "oral" is not defined'),
        (
            "when A > 0 : dose slow 5 mg",
            '"slow" has a lag, rate or duration, and what an action gives is there at once',
        ),
        ("at 5 h : dose drip 5 mg", '"drip" has a lag, rate or duration'),
        (
            "when A > 0",
            'does not read as a line "when CONDITION : NAME = …" or "when CONDITION : dose ROUTE AMOUNT"',
        ),
        ("when A > 0 : R", "does not read as a line"),
        ("when A > 0 : R == 0", "does not read"),
        ("when A > 0 : dose iv", "does not read as a line"),
        ("when : R = 0", "ends too early"),
        ("at : R = 0", "ends too early"),
        ("at 5 h R = 0", 'does not read as a line "at HOUR : NAME = …"'),
    ],
)
def test_an_action_that_does_not_fit_is_refused_with_its_line(line: str, says: str) -> None:
    with pytest.raises(ModelTextError, match=says) as caught:
        build(line)
    assert caught.value.line == 24


def test_at_when_and_observe_may_still_be_names() -> None:
    model = build(
        "at [h] = STOP",
        "when [h] = at",
        "observe [h] = when + at",
        "when t > observe : R = 0",
        "at when : R = 1",
    )
    assert [a.name for a in model.assignments if a.name in ("at", "when", "observe")] == [
        "at",
        "when",
        "observe",
    ]
    assert [action.kind for action in model.actions] == ["when", "at"]


def test_a_reading_of_the_text_keeps_its_actions() -> None:
    (line,) = parse_block("model m\nwhen A > 1 : dose iv 5 mg : why\n", file="m").of("when")
    assert (line.name, line.route, line.meaning, line.condition) == (
        "",
        "iv",
        "why",
        parse_condition("A > 1"),
    )


def test_what_decides_on_a_needed_state_is_needed() -> None:
    plain = build()
    assert needed_states(plain, ["A"]) == {"A"}
    assert silent_states(plain, ()) == {"A", "quiet", "units"}
    assert needed_states(build("when R < 0.5 : A = 1 ug"), ["A"]) == {"A", "R"}
    assert needed_states(build("when R < 0.5 : A = 1 ug"), ["R"]) == {"R"}
    assert needed_states(build("when R < 0.5 : dose iv 1 mg"), ["A"]) == {"A", "R"}
    assert needed_states(build("when R < 0.5 : dose iu 1 IU"), ["A"]) == {"A"}
    assert needed_states(build("when R < 0.5 : K = 0"), ["A"]) == {"A", "R"}
    assert needed_states(build("when t > STOP : K = K * R"), ["units"]) == {"units", "R"}
    assert needed_states(build("when t > STOP * R : idle = 0", "when idle < 1 : A = 0"), ["A"]) == {"A", "R"}
    assert silent_states(build("when R < 0.5 : quiet = 1", "at STOP : dose iv 1 mg"), ()) == {"units"}


def test_parameters_of_an_action_are_behind_what_it_changes() -> None:
    assert parameters_behind(build(), ["R"], ["iv"]) == {"K"}
    assert parameters_behind(build("when t > STOP : R = idle"), ["R"], ["iv"]) == {"K", "STOP", "idle"}
    assert parameters_behind(build("when t > late : dose iv RESCUE"), ["A"], ()) == {"K", "STOP", "RESCUE"}
    assert parameters_behind(build("at T : dose iv RESCUE"), ["R"], ()) == {"K"}


def test_a_state_that_an_action_sets_does_not_rest() -> None:
    text = "model m\nparameter K [1/h] = 1\nparameter T [h] = 3\nstate x [1] = 1\nd/dt(x) = K * (1 - x)\n"
    assert parameters_behind(parse_model(text), ["x"], ()) == frozenset()
    assert parameters_behind(parse_model(f"{text}at T : x = 2\n"), ["x"], ()) == {"K", "T"}


def test_time_after_dose_may_stand_in_an_action_alone() -> None:
    assert build("when tad > 5 h : R = 0").uses_tad
    assert build("at 5 h : R = tad / T").uses_tad
    assert not build("at 5 h : R = 0").uses_tad


def test_sensitivities_of_a_model_with_actions_are_refused() -> None:
    with pytest.raises(InputError, match='do not follow a line "at"'):
        with_sensitivities(build("at STOP : R = 0"), ["K"], ["R"])
