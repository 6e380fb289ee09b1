"""The model language: it reads like the paper, and refuses everything else with its line."""

import math
import time
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openldn.engine import Entry, Model, assemble, ev, parse_block, parse_expression, parse_model, simulate
from openldn.engine.expressions import Call, Number, Symbol
from openldn.engine.sensitivities import sensitivities
from openldn.engine.shipped import shipped_block
from openldn.engine.tape import constant
from openldn.notation import DataError, InputError, ModelTextError, QuantityError
from openldn.population import draw

ONE = """
model one : a single compartment
parameter CL [L/h] = 2 : clearance
parameter V [L] = 10 : volume
state A [ug] : drug
dose iv -> A
C [ug/L] = A / V : concentration
d/dt(A) = -CL * C
"""


def build(text: str, entries: dict[str, Entry] | None = None) -> Model:
    block = parse_block(text, file="test.model")
    return assemble(block.name, {block.name: block}.__getitem__, entries)


def value(text: str) -> float:
    model = build("model m\n")
    return float(constant(model, {}, parse_expression(text)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 + 3 * 4", 14),
        ("2 - 3 - 4", -5),
        ("8 / 4 / 2", 1),
        ("-2 ^ 2", -4),
        ("2 ^ 3 ^ 2", 512),
        ("2 ^ -1", 0.5),
        ("--3", 3),
        ("min(3, max(1, 2))", 2),
        ("exp(log(5)) + sqrt(9) + tanh(0) + cos(0)", 9),
        ("1e3 + .5 + 2.", 1002.5),
    ],
)
def test_expressions_mean_what_they_mean_on_paper(text: str, expected: float) -> None:
    assert value(text) == pytest.approx(expected, rel=1e-14)


@given(st.text(alphabet="ab1.2+-*/^(), expmin_\"'[]{}:;\n", max_size=60))
def test_no_expression_does_more_than_raise_a_model_error(text: str) -> None:
    try:
        tree = parse_expression(text)
    except ModelTextError:
        return
    assert isinstance(tree, Number | Symbol | Call)


@pytest.mark.parametrize(
    "text", ["__import__('os')", "a.b", "a[0]", "lambda: 1", "a if b", "open(x)", "a = b", "1;2"]
)
def test_python_is_not_spoken_here(text: str) -> None:
    with pytest.raises(ModelTextError):
        parse_expression(text)


def test_brackets_cannot_be_nested_without_end() -> None:
    with pytest.raises(ModelTextError, match="deeper"):
        parse_expression("(" * 100 + "1" + ")" * 100)
    for text in ("(" * 1900 + "1", "2^" * 100 + "2", "1+" * 1900 + "1", "exp(" * 70 + "1"):
        with pytest.raises(ModelTextError):
            build(f"model m\nx [1] = {text}\n")


def test_the_longest_sum_that_is_allowed_still_runs() -> None:
    assert value("+".join(["1"] * 150)) == 150


def test_a_small_model_runs() -> None:
    result = simulate(build(ONE), ev("1 mg", cmt="iv"), np.array([0.0, 5.0]), ("C",))
    # 1000 ug in 10 L, halved every 10 ln2 / 2 h; tolerance is the solver's
    assert result.of("C")[0, 1] == pytest.approx(100 * math.exp(-1.0), rel=1e-6)


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("-CL * C", "-CLL * C", 8, 'did you mean "CL"'),
        ("-CL * C", "-CL * A", 8, "as it should be"),
        ("[ug/L]", "[mg/L]", 7, "factor of 0.001"),
        ("d/dt(A) = -CL * C", "", 5, "has no rate"),
        ("d/dt(A)", "d/dt(B)", 5, "has no rate"),
        ("= 2 :", "= two :", 3, "not a number"),
        ("= 2 :", ":", 3, "has no value"),
        ("dose iv -> A", "dose iv -> B", 6, "cannot go into"),
        ("A / V", "A / V + D\nD [ug/L] = C", 7, "algebraic loop: C → D → C"),
        ("state A", "stat A", 5, "does not read"),
        ("[L/h]", "[L/hh]", 3, "not known"),
        ("state A [ug]", "state A [ug] : drug\nstate A [ug]", 6, "defined twice"),
        ("A / V", "A / t", 7, "as it should be"),
        ("A / V", "exp(A) * A / V", 7, "as it should be"),
        ("parameter V ", "parameter t ", 4, "reserved"),
    ],
)
def test_a_fault_in_a_model_is_reported_with_its_line(old: str, new: str, line: int, says: str) -> None:
    with pytest.raises(ModelTextError) as caught:
        build(ONE.replace(old, new, 1))
    assert says in str(caught.value)
    assert (caught.value.file, caught.value.line) == ("test.model", line)


def _entry(value: float, unit: str, low: float | None = None, high: float | None = None) -> Entry:
    return Entry("CL", value, unit, f"{value} {unit}", "assumed", "", "table.toml", 7, low=low, high=high)


def test_a_table_whose_unit_does_not_fit_the_equation_is_refused() -> None:
    with pytest.raises(DataError, match=r"CL.*does not convert.*table\.toml, line 7"):
        build(ONE.replace("= 2 :", ":"), {"CL": _entry(2, "mg")})


def test_a_table_in_another_unit_of_the_same_kind_is_converted() -> None:
    model = build(ONE.replace("= 2 :", ":"), {"CL": _entry(100, "mL/min")})
    assert model.parameters["CL"].value == pytest.approx(6.0)


def test_a_number_outside_its_physical_range_is_refused() -> None:
    with pytest.raises(QuantityError, match=r"CL is -2 .*possible is 0 to 50.*table\.toml"):
        build(ONE.replace("= 2 :", ":"), {"CL": _entry(-2, "L/h", 0, 50)})


@given(
    st.lists(
        st.sampled_from([*ONE.split("\n"), "include x", "switch s = 2", "d/dt(A = 1", "C [ug/L] ="]),
        max_size=9,
    )
)
def test_shuffled_lines_never_crash_the_assembler(lines: list[str]) -> None:
    try:
        build("\n".join(lines))
    except (ModelTextError, KeyError):  # KeyError: this test's only block is its own
        return


@pytest.mark.parametrize("line", [
    "parameter CL [L/h] = -1 from 0",
    "parameter CL [L/h] = 51 from 0 to 50",
    "parameter CL [L/h] = 5 from low",
    "parameter CL [L/h] from 0",
    "parameter CL [L/h] = 5 cv 0",
    "parameter CL [L/h] = 5 cv 4",
    "parameter CL [L/h] = -5 cv 0.3",
    "parameter CL [L/h] = 5 cv wide",
])  # fmt: skip
def test_a_range_or_a_spread_that_makes_no_sense_is_refused(line: str) -> None:
    with pytest.raises(ModelTextError, match="line 2"):
        parse_block(f"model m : x\n{line}\n", file="m.model")


def test_a_clearance_below_zero_is_refused_before_a_run() -> None:
    block = shipped_block("one_compartment")
    model = assemble(block.name, {block.name: block}.__getitem__)
    impossible = "CL is -5 L/h; possible is 0 or more"
    with pytest.raises(DataError, match=impossible):
        simulate(model, ev(10, cmt="iv", CL=-5), outputs=["C"])
    with pytest.raises(QuantityError, match=impossible):
        simulate(model, ev(10, cmt="iv"), [1.0], ["C"], {"CL": -5})
    with pytest.raises(QuantityError, match=impossible):
        sensitivities(model, ev(10, cmt="iv"), [1.0], ["C"], ["V"], {"CL": -5})


DOSED = "model m\nparameter A [1] = 1\nparameter T [h] = 1\nparameter R [mg/h] = 1\nparameter lag [h] = 3\nstate x [mg]\n"


@pytest.mark.parametrize(
    ("tail", "parts"),
    [
        ("", ("1", None, None, None)),
        ("* A / 2", ("A / 2", None, None, None)),
        ("*A lag T rate R duration 2 * T : words: and lag T", ("A", "T", "R", "2 * T")),
        ("lag lag", ("1", "lag", None, None)),
        ("lag lag * 2 duration if(lag > T, T, lag)", ("1", "lag * 2", None, "if(lag > T, T, lag)")),
        ("* (A) rate 5 mg/h duration 3 h", ("A", None, "5 mg/h", "3 h")),
        ("* 1. lag -T", ("1", "-T", None, None)),
    ],
)
def test_the_words_behind_a_dose_are_found_where_an_expression_ends(
    tail: str, parts: tuple[str | None, ...]
) -> None:
    (line,) = parse_model(f"{DOSED}dose iv -> x {tail}\nd/dt(x) = 0\n").doses["iv"]
    expected = [None if part is None else parse_expression(part) for part in parts]
    assert [line.expression, line.lag, line.rate, line.duration] == expected


@pytest.mark.parametrize(
    "tail",
    [
        "5",
        "A",
        "*",
        "lag",
        "lag T lag T",
        "rate R lag T",
        "* A lag",
        "* A lag : words",
        "lag T:x",
    ],
)
def test_words_behind_a_dose_that_do_not_read_are_refused(tail: str) -> None:
    with pytest.raises(ModelTextError, match="line 7"):
        parse_model(f"{DOSED}dose iv -> x {tail}\nd/dt(x) = 0\n")


def test_lines_as_long_as_may_be_are_read_or_refused_at_once() -> None:
    heads = [
        "model m :", "model", "include", "switch s = 1", "switch s", "choice c = a", "choice c =", "parameter p [1] = 1",
        "parameter p [1] =", "parameter p [", "state x [1] =", "state x [", "dose iv -> x", "dose iv [", "dose iv -> x * 1",
        "dose iv -> x lag 1", "d/dt(", "d/dt(x) =", "x [1] =", "x [", "x",
        "at 1 h : x =", "at", "when", "when x > 1 : x =", "when x > 1 : dose iv", "observe y [1] =", "observe y [1] = 1 lloq",
    ]  # fmt: skip
    tails = [
        " lag a rate a duration a", " from 1 to 2 cv 3", " from", " | b", " ", "a", "1", "(", ")", " : ", ":", " [", "]", " * a",
        "kg*", " kg/", "1/", " -", "-", " not", "not ", " 5 kg^", ".", "µ", " and a < b", " = 1", "\t",
    ]  # fmt: skip
    begun = time.perf_counter()
    for head in heads:
        for tail in tails:
            text = (head + tail * 5000)[:4990]
            with suppress(ModelTextError):
                parse_block(f"{text}\nmodel m\n", file="long.model")
    # Some hundred lines in a quarter of a second; one that is searched again and again took a second to minutes.
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize(
    "line", ["parameter x [{}] = 1", "x [1] = 1 {}", "state x [{}]", "dose iv [{}] -> x"]
)
def test_units_as_long_as_a_line_are_read_or_refused_at_once(line: str) -> None:
    begun = time.perf_counter()
    for unit in (
        "kg*" * 1600 + "kg",
        "kg/" * 1600 + "kg",
        "kg^9*" * 900,
        "a" * 4900,
        "1/" * 2400,
        "cm^-9/" * 800 + "m",
    ):
        with suppress(ModelTextError):
            parse_block(f"{line.format(unit)}\nmodel m\n", file="long.model")
    assert time.perf_counter() - begun < 5  # six lines; as above


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("fast", "CL is 'fast'; give a number"),
        (float("nan"), "CL is nan; it must be a finite number"),
        ([5.0, float("inf")], r"CL is inf; it must be a finite number \(person 1\)"),
        ([[5.0, 6.0]], r"CL has values of shape \(1, 2\) for 2 persons"),
    ],
)
def test_a_value_that_is_no_number_is_refused_before_a_run(value: object, says: str) -> None:
    model = assemble("one_compartment", shipped_block)
    with pytest.raises(InputError, match=says):
        simulate(model, ev(10, cmt="iv"), [1.0], ["C"], {"CL": value})


def test_persons_differ_by_the_cv_that_a_text_says() -> None:
    model = parse_model(
        "model m : x\nparameter CL [L/h] = 20 from 0 cv 0.3 : clearance\nparameter V [L] = 5\n"
    )
    assert model.parameters["CL"].meaning == "clearance"
    drawn = draw(model, 4000, 3)
    assert list(drawn) == ["CL"]
    logs = np.log(drawn["CL"])
    sigma = np.sqrt(np.log1p(0.3**2))
    assert np.mean(logs) == pytest.approx(np.log(20), abs=4 * sigma / np.sqrt(4000))  # four standard errors
    assert np.std(logs) == pytest.approx(sigma, rel=4 / np.sqrt(2 * 4000))


def test_a_text_that_includes_another_is_told_how_to_be_read() -> None:
    with pytest.raises(ModelTextError, match=r"include other.*line 2"):
        parse_model("model m : x\ninclude other\n")


@pytest.mark.parametrize(
    ("rate", "says"),
    [
        ("-CL * A", r"in mg\*L/h, not in mg/h as it should be: divide by something in L"),
        ("-A / V", r"in mg/L, not in mg/h as it should be: it is off by h/L"),
        ("-A", r"in mg, not in mg/h as it should be: divide by something in h"),
        ("-CL", r"in L/h, not in mg/h as it should be: it is off by L/mg"),
        ("-1 * A / A / T", r"in 1/h, not in mg/h as it should be: multiply by something in mg"),
    ],
)
def test_a_rate_in_the_wrong_unit_is_told_what_is_missing(rate: str, says: str) -> None:
    text = (
        "model m : x\nparameter CL [L/h] = 2\nparameter V [L] = 5\nparameter T [h] = 1\nstate A [mg]\n"
        f"d/dt(A) = {rate}\n"
    )
    with pytest.raises(ModelTextError, match=says):
        parse_model(text)


def test_a_division_by_the_number_nought_is_refused_with_its_line() -> None:
    text = "model m\nparameter K [1/h] = 0.1\nstate A [mg]\nd/dt(A) = -K * A\nX [mg] = A * (1 / 0)\n"
    with pytest.raises(ModelTextError, match="divides by 0") as caught:
        parse_model(text)
    assert caught.value.line == 5
    assert parse_model(text.replace("1 / 0", "1 / 0.5"))
