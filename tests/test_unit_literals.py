"""Literals with a unit: how far the unit goes, that it is checked, and that the value is the one written."""

import numpy as np
import pytest

from openldn.engine import Kernel, SciPy, parse_expression, parse_model, simulate
from openldn.engine.events import nothing
from openldn.engine.expressions import Call, Expression, Number, Symbol
from openldn.engine.pruning import parameters_behind, silent_states
from openldn.engine.sensitivities import with_sensitivities
from openldn.engine.simplify import ONE, add, divide, multiply, negate
from openldn.engine.tape import constant
from openldn.notation import ModelTextError


def over(a: Expression, b: Expression) -> Expression:
    return Call("/", (a, b))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("70 kg", Number(70.0, "kg")),
        ("WT / 70 kg", over(Symbol("WT"), Number(70.0, "kg"))),
        ("70 kg / x", over(Number(70.0, "kg"), Symbol("x"))),
        ("1.5 mg/L", Number(1.5, "mg/L")),
        ("1e3 ng*h/mL * x", Call("*", (Number(1000.0, "ng*h/mL"), Symbol("x")))),
        ("0.1 1/h", Number(0.1, "1/h")),
        ("5 cm^2", Number(5.0, "cm^2")),
        ("5 h^-1", Number(5.0, "h^-1")),
        ("5 cm ^ 2", Call("^", (Number(5.0, "cm"), Number(2.0)))),
        ("5 cm^0.5", Call("^", (Number(5.0, "cm"), Number(0.5)))),
        ("6 h/2", over(Number(6.0, "h"), Number(2.0))),
        ("6 h/(x)", over(Number(6.0, "h"), Symbol("x"))),
        ("-5 min", Call("neg", (Number(5.0, "min"),))),
        ("2 ^ 3 h", Call("^", (Number(2.0), Number(3.0, "h")))),
        ("5 %", Number(5.0, "%")),
        ("2 µg", Number(2.0, "µg")),
        ("2 1", None),
        ("70kg", None),
        ("3 x", None),
        ("3 kgs", None),
        ("10 mg/V", None),
        ("10 mg*exp(x)", None),
        ("5 h h", None),
        ("x kg", None),
    ],
)
def test_a_unit_goes_as_far_as_it_is_written_without_spaces(text: str, tree: Expression | None) -> None:
    if tree is None:
        with pytest.raises(ModelTextError):
            parse_expression(text)
    else:
        assert parse_expression(text) == tree


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("3 x", r'behind 3 stands no unit in "3 x".*"x" is not known.*write "\*" or "/" between spaces'),
        ("10 mg/V", '"V" is not known'),
        ("3 kgs + 1", 'did you mean "kg"'),
        ("70kg", "write a space before a unit"),
        ("1e400", "beyond 1e308"),
    ],
)
def test_what_is_no_unit_says_how_it_is_meant(text: str, says: str) -> None:
    with pytest.raises(ModelTextError, match=says):
        parse_expression(text)


def test_a_comparison_of_literals_ends_at_its_words() -> None:
    found = parse_expression("if(t > 5 h and t < 6 or not t == 0, 1, 2)")
    assert found == parse_expression("if((t > (5 h)) and (t < (6)) or (not (t == 0)), 1, 2)")


HEAD = "model m\nparameter WT [kg] = 82\nparameter C [ug/L] = 100\n"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("x [ug/L] = C + 1.5 mg/L", 'the second part of "\\+" is off by a factor of 1000'),
        ("x [ug/L] = C + 1.5", "plain number, not in mg/L"),
        ("x [1] = 5 %", "off by a factor of 0.01"),
        ("x [1] = (WT / 70 g)", "off by a factor of 1000"),
        ("x [kg] = (WT * 70 kg)^0.75", "raised to a power that is not a whole number"),
        ("x [1] = 2 ^ 3 h", "an exponent is in h"),
        ("x [kg] = WT + 0 h", "is in h"),
        ("state A [ug] = 10 mg\nd/dt(A) = 0", "off by a factor of 1000"),
        ("state A [ug] = 10\nd/dt(A) = 0", "a plain number, not in mg"),
    ],
)
def test_the_unit_of_a_literal_is_checked_to_the_factor(line: str, says: str) -> None:
    with pytest.raises(ModelTextError, match=says):
        parse_model(f"{HEAD}{line}\n")


SCALED = """
model scaled
parameter WT [kg] = 82
parameter CL1 [L/h] = 5
state A [ug] = 10 ug
state B [ug] = 0 ug
CL [L/h] = CL1 * (WT / 70 kg)^0.75
V [L] = 40 L * (WT / 70 kg)
high [1] = if(A > 4 ug, 1, 0)
d/dt(A) = -CL * A / V
d/dt(B) = -B * CL / V
"""


@pytest.mark.parametrize("solver", [Kernel(), SciPy()])
def test_a_unit_is_divided_out_of_a_power(solver: Kernel | SciPy) -> None:
    model, times, weights = parse_model(SCALED), np.array([0.0, 4.0, 12.0]), np.array([50.0, 70.0, 120.0])
    found = simulate(
        model, nothing(), times, ("A", "high"), {"WT": weights}, solver=solver, rtol=1e-10, atol=1e-12
    )
    rate = 5 * (weights / 70) ** 0.75 / (40 * weights / 70)
    expected = 10 * np.exp(-rate[:, None] * times)
    assert np.allclose(found.of("A"), expected, rtol=1e-8)  # a hundred steps of the tolerance
    assert np.array_equal(found.of("high"), expected > 4)
    assert silent_states(model, ()) == {"B"}
    assert parameters_behind(model, ["A"], ()) == {"WT", "CL1"}


def test_a_state_that_starts_at_rest_with_a_unit_rests() -> None:
    text = (
        "model m\nparameter K [1/h] = 1\nstate a [ug] = 10 ug\nstate b [ug] = {}\n"
        "d/dt(a) = K * (10 ug - a)\nd/dt(b) = K * (a - b)\n"
    )
    assert parameters_behind(parse_model(text.format("10 ug")), ["b"], ()) == frozenset()
    assert parameters_behind(parse_model(text.format("11 ug")), ["b"], ()) == {"K"}


def test_simplifying_keeps_units() -> None:
    mass = Number(2.0, "kg")
    assert add(mass, mass) == Call("+", (mass, mass))
    assert multiply(ONE, mass) == mass
    assert multiply(Number(1.0, "kg"), Symbol("x")) == Call("*", (Number(1.0, "kg"), Symbol("x")))
    assert negate(mass) == Number(-2.0, "kg")
    assert divide(mass, mass) == Call("/", (mass, mass))
    five = multiply(Number(2.0), multiply(Number(2.5), mass))
    assert float(constant(parse_model("model m\n"), {}, five)) == 10.0


def test_equations_of_sensitivities_have_the_units_of_what_they_are_made_of() -> None:
    from openldn.engine.dimensions import check
    from openldn.notation import parse_unit

    model = parse_model(SCALED.replace("-CL * A / V", "-CL * max(A - 1 ug, abs(A - 2 ug)) / V"))
    wide = with_sensitivities(model, ["CL1", "WT"], ["A"])
    units = {name: parse_unit(p.unit) for name, p in wide.parameters.items()} | {"t": parse_unit("h")}
    units |= {e.name: parse_unit(e.unit) for e in (*wide.states, *wide.assignments)}
    for rate in wide.rates.values():
        check(rate.expression, units, units[rate.name] / units["t"], what=rate.name, file="", line=1)
    for a in wide.assignments:
        check(a.expression, units, units[a.name], what=a.name, file="", line=1)
