"""Derivatives against differences taken with fifty digits, on random expressions and on the whole model."""

from collections.abc import Mapping
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from openldn import pharmacology
from openldn.engine import Model, assemble, parse_block, parse_expression
from openldn.engine.derivatives import along, chain, derivative
from openldn.engine.expressions import FUNCTIONS, Call, Expression, Number, Symbol, symbols
from openldn.engine.jacobian import jacobian
from openldn.engine.simplify import ZERO, add, call, divide, multiply, negate, power, subtract
from openldn.engine.tape import constant
from openldn.notation import UnknownName

# Numbers have 50 digits and steps are 1e-20, so a central difference is right to about 1e-30 of the
# function's own size; 1e-15 leaves room for functions that bend within a step of 1e-10.
DIGITS, STEP, CLOSE = 50, mpmath.mpf(10) ** -20, 1e-15
MEANING: dict[str, Any] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b,
    "neg": lambda a: -a, "^": mpmath.power, "exp": mpmath.exp, "log": mpmath.log, "sqrt": mpmath.sqrt,
    "tanh": mpmath.tanh, "sin": mpmath.sin, "cos": mpmath.cos, "abs": abs, "min": min, "max": max,
    "if": lambda c, a, b: a if c else b, "<": lambda a, b: a < b, ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b, "not": lambda a: not a,
    "and": lambda a, b: a and b, "or": lambda a, b: a or b,
}  # fmt: skip


@pytest.fixture(autouse=True)
def fifty_digits() -> Any:
    with mpmath.workdps(DIGITS):
        yield


def exact(e: Expression, at: Mapping[str, Any]) -> Any:
    """The value of an expression with fifty digits, by rules of its own."""
    if isinstance(e, Number):
        return mpmath.mpf(e.value)
    if isinstance(e, Symbol):
        return mpmath.mpf(at[e.name])
    return MEANING[e.name](*(exact(a, at) for a in e.arguments))


def slope(e: Expression, at: Mapping[str, Any], name: str) -> Any:
    up, down = ({**at, name: mpmath.mpf(at[name]) + s} for s in (STEP, -STEP))
    return (exact(e, up) - exact(e, down)) / (2 * STEP)


def agree(found: Any, expected: Any, size: Any) -> bool:
    return bool(abs(found - expected) <= CLOSE * (abs(expected) + abs(size)))


def leaves() -> st.SearchStrategy[Expression]:
    numbers = st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0, -1.5]).map(Number)
    return st.sampled_from("xyz").map(Symbol) | numbers


def larger(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    one = [name for name, count in FUNCTIONS.items() if count == 1]
    two = [name for name, count in FUNCTIONS.items() if count == 2]
    unary = st.builds(lambda n, a: Call(n, (a,)), st.sampled_from(["neg", *one]), inner)
    binary = st.builds(lambda n, a, b: Call(n, (a, b)), st.sampled_from([*"+-*/^", *two]), inner, inner)
    relation = st.builds(lambda n, a, b: Call(n, (a, b)), st.sampled_from(["<", ">="]), inner, inner)
    pair = st.builds(lambda n, a, b: Call(n, (a, b)), st.sampled_from(["and", "or"]), relation, relation)
    condition = relation | pair | st.builds(lambda a: Call("not", (a,)), relation)
    return unary | binary | st.builds(lambda c, a, b: Call("if", (c, a, b)), condition, inner, inner)


@settings(max_examples=400, deadline=None)
@given(
    st.recursive(leaves(), larger, max_leaves=12),
    # Shifted against one another, so that no two symbols meet at a kink by taking one value.
    st.tuples(
        *(st.floats(0.17, 2.9).map(lambda v, shift=shift: v + shift) for shift in (0.0123, 0.0234, 0.0345))
    ),
)
def test_a_derivative_is_what_a_difference_comes_to(e: Expression, point: tuple[float, ...]) -> None:
    at = dict(zip("xyz", point, strict=True))
    try:
        value, expected = exact(e, at), slope(e, at, "x")
        found = exact(derivative(e, "x"), at)
    except (ZeroDivisionError, ValueError, TypeError, OverflowError):
        assume(False)
    assume(all(isinstance(v, mpmath.mpf) and mpmath.isfinite(v) for v in (value, expected, found)))
    assume(abs(expected) < 1e10)  # beyond, the function bends within a step
    if not agree(found, expected, 1):
        # A kink or a jump within the step is the one way in which both may be right.
        sides = [(exact(e, {**at, "x": at["x"] + s}) - value) / s for s in (STEP, -STEP)]
        assert abs(sides[0] - sides[1]) > 1e-6 * abs(sides[0] + sides[1])


def equations(model: Model) -> dict[str, Expression]:
    found = {a.name: a.expression for a in model.assignments}
    found |= {f"d/dt({name})": rate.expression for name, rate in model.rates.items()}
    found |= {f"{s.name}(0)": s.expression for s in model.states}
    found |= {f"{route} {x.name}": x.expression or Number(1) for route, of in model.doses.items() for x in of}
    return found


SYMPTOM = pharmacology.scale("fibromyalgia", "pain_nrs").model()


def somewhere(model: Model, seed: int) -> dict[str, float]:
    """Central parameters, states off their rest, and every assignment computed."""
    rng = np.random.default_rng(seed)
    at = {name: p.value for name, p in model.parameters.items()}
    at |= {name: getattr(line.expression, "value", 1.0) for name, line in model.switches.items()}
    at |= {s.name: float(rng.uniform(0.05, 0.9)) for s in model.states} | {"t": 31.7}
    for a in model.assignments:
        at[a.name] = exact(a.expression, at)
    return at


@pytest.mark.parametrize("seed", [1, 2])
def test_every_equation_of_naltrexone_has_its_derivatives_right(seed: int) -> None:
    at, count = somewhere(SYMPTOM, seed), 0
    for what, e in equations(SYMPTOM).items():
        for name in set(symbols(e)):
            found, expected = exact(derivative(e, name), at), slope(e, at, name)
            assert agree(found, expected, exact(e, at)), (what, name, found, expected)
            count += 1
    assert count > 450, "each symbol of each equation"


def test_the_jacobian_follows_assignments() -> None:
    model, at = SYMPTOM, somewhere(SYMPTOM, 3)
    names = [s.name for s in model.states]
    values = {name: at[name] for name in (*model.parameters, *model.switches)}
    for by in (names, ["KIN", "CL_N", "T_DEEP", "F_ORAL", "E_MU", "N_UP"]):
        found = jacobian(model, by).evaluate(values, at["t"], [at[name] for name in names])
        for j, column in enumerate(by):
            sides = []
            for step in (STEP, -STEP):
                here = {**at, column: mpmath.mpf(at[column]) + step}
                for a in model.assignments:
                    here[a.name] = exact(a.expression, here)
                sides.append([exact(model.rates[name].expression, here) for name in names])
            expected = np.array([float((u - d) / (2 * STEP)) for u, d in zip(*sides, strict=True)])
            # Doubles against fifty digits: some hundred operations of 1e-16 each.
            assert np.allclose(found[:, j], expected, rtol=1e-12, atol=1e-13 * np.abs(expected).max())


def test_the_jacobian_holds_for_many_persons_at_once() -> None:
    model, at = SYMPTOM, somewhere(SYMPTOM, 4)
    values: dict[str, Any] = {name: at[name] for name in (*model.parameters, *model.switches)}
    states = [at[s.name] for s in model.states]
    matrix = jacobian(model)
    many = matrix.evaluate({**values, "CL_N": np.array([90.0, 180.0])}, 5.0, states)
    assert many.shape == (2, len(states), len(states))
    alone = matrix.evaluate({**values, "CL_N": 180.0}, 5.0, states)
    assert np.array_equal(many[1], alone)


def test_a_jacobian_is_not_much_longer_than_its_model() -> None:
    m = pharmacology.model()
    j = jacobian(m)
    own = parts([*(a.expression for a in m.assignments), *(r.expression for r in m.rates.values())])
    assert parts([*(a.expression for a in j.assignments), *j.entries.values()]) < 2 * own


def parts(expressions: list[Expression]) -> int:
    """The number of different subexpressions, which is what a solver computes."""
    seen: set[Expression] = set()
    open_ = list(expressions)
    while open_:
        e = open_.pop()
        if e not in seen:
            seen.add(e)
            open_ += e.arguments if isinstance(e, Call) else ()
    return len(seen)


def test_derivatives_of_deep_expressions_do_not_explode() -> None:
    layer, e = parse_expression("exp(-x * y) / (1 + x ^ 2 * sqrt(1 + y * tanh(x)))"), parse_expression("x")
    for _ in range(6):
        e = replaced(layer, "y", e)
    assert parts([derivative(e, "x")]) < 6 * parts([e])


def replaced(e: Expression, name: str, by: Expression) -> Expression:
    if isinstance(e, Call):
        return Call(e.name, tuple(replaced(a, name, by) for a in e.arguments))
    return by if e == Symbol(name) else e


@pytest.mark.parametrize(
    ("text", "x", "expected"),
    [
        ("abs(x)", 0.0, 0.0),
        ("max(0, x)", 0.0, 0.5),
        ("min(3 * x, x)", 0.0, 2.0),
        ("max(x, x)", 1.0, 1.0),
        ("max(0, x)", 2.0, 1.0),
        ("max(0, x)", -1e-12, 0.0),
        ("abs(x)", -3.0, -1.0),
        ("x ^ 2", 0.0, 0.0),
        ("x ^ 1", 0.0, 1.0),
    ],
)
def test_a_kink_takes_the_mean_of_its_sides(text: str, x: float, expected: float) -> None:
    found = constant(build("model m\n"), {"x": x}, derivative(parse_expression(text), "x"))
    assert float(found) == expected


def test_nothing_to_a_power_does_not_answer_to_the_power() -> None:
    d = derivative(parse_expression("x ^ n"), "n")
    assert float(constant(build("model m\n"), {"x": 0.0, "n": 1.5}, d)) == 0.0
    assert float(constant(build("model m\n"), {"x": 0.5, "n": 2.0}, d)) == 0.25 * np.log(0.5)
    assert abs(float(constant(build("model m\n"), {"x": -1e-20, "n": 2.0}, d))) < 1e-36


def build(text: str) -> Model:
    block = parse_block(text, file="test.model")
    return assemble(block.name, {block.name: block}.__getitem__)


@given(st.recursive(leaves(), larger, max_leaves=6), st.recursive(leaves(), larger, max_leaves=6))
def test_simplifying_changes_no_value(a: Expression, b: Expression) -> None:
    at = {"x": 0.71234, "y": 1.61234, "z": 2.31234}
    built = {"+": add, "-": subtract, "*": multiply, "/": divide, "^": power}
    built |= {"if": lambda a, b: call("if", call("<", a, b), a, b)}
    for name, maker in built.items():
        try:
            expected = exact(Call("min", (a, b)) if name == "if" else Call(name, (a, b)), at)
            assert mpmath.isfinite(expected) and isinstance(expected, mpmath.mpf)  # noqa: PT018
        except (ZeroDivisionError, ValueError, TypeError, OverflowError, AssertionError):
            continue
        # Folded numbers are doubles, in an expression of up to a dozen of them.
        found = exact(maker(a, b), at)
        assert abs(found - expected) <= 1e-9 * (1 + abs(expected)), name
    assert negate(negate(a)) in (a, Call("neg", (a,)), ZERO) or isinstance(a, Call)


def test_seeds_chain_through_assignments() -> None:
    m = build("model m\nparameter k [1] = 3\na [1] = k ^ 2\nb [1] = a + k\nc [1] = 2 * b\n")
    made, known = chain(
        m.assignments, {"k": Number(1.0)}, lambda e, d: type(e)(f"d{e.name}", "", d, "", "", 0)
    )
    values = {"k": mpmath.mpf(3), "a": 9, "b": 12}
    for e in made:
        values[e.name] = exact(e.expression, values)
    assert exact(known["c"], values) == 2 * (2 * 3 + 1)
    assert along(parse_expression("c + q"), {"q": ZERO}) == ZERO


def test_an_unknown_column_is_refused() -> None:
    with pytest.raises(UnknownName, match="state or parameter"):
        jacobian(pharmacology.model(), ["C_N"])
