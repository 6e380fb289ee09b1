"""Units and quantities: what converts, what does not, and what a person may write."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openldn.notation import QuantityError, convert, parse_number, parse_quantity, parse_unit, unit_over
from openldn.notation.units import _SYMBOLS


@pytest.mark.parametrize(
    ("value", "a", "b", "expected"),
    [
        (1, "ng/mL", "ug/L", 1),
        (3510, "mL/min", "L/h", 210.6),  # Licko's clearance, as the draft converts it
        (341.41, "g/mol", "ug/nmol", 0.34141),
        (200, "ng*h/mL", "ug*h/L", 200),
        (50, "%", "1", 0.5),
        (1, "week", "d", 7),
        (2, "uM", "nmol/L", 2000),
        (1, "year", "month", 12),
    ],
)
def test_known_conversions_hold(value: float, a: str, b: str, expected: float) -> None:
    # relative error of one double operation
    assert convert(value, a, b) == pytest.approx(expected, rel=1e-12)


@given(st.sampled_from(sorted(_SYMBOLS)), st.floats(1e-6, 1e6))
def test_there_and_back_is_the_same_number(symbol: str, value: float) -> None:
    base = next(s for s, u in _SYMBOLS.items() if u[0] == _SYMBOLS[symbol][0])
    assert convert(convert(value, symbol, base), base, symbol) == pytest.approx(value, rel=1e-12)


def test_milligrams_do_not_turn_into_litres() -> None:
    with pytest.raises(QuantityError, match="measure different things"):
        convert(1, "mg", "L")


def test_a_misspelt_unit_gets_a_suggestion() -> None:
    with pytest.raises(QuantityError, match='did you mean "nmol"'):
        parse_unit("nmoll/L")


@pytest.mark.parametrize("text", ["mg/", "mg//L", "mg L", "mg^", "(mg)", "mg/L;", "__import__"])
def test_what_is_no_unit_is_refused(text: str) -> None:
    with pytest.raises(QuantityError):
        parse_unit(text)


def test_a_decimal_comma_is_a_point() -> None:
    found = parse_quantity("13,3 ng/ml", what="peak", like="1 ng/mL")
    assert found.value == 13.3
    assert found.to("ug/L") == pytest.approx(13.3)


@pytest.mark.parametrize("text", ["nan", "inf", "1e999", "1.2.3", "1,234,5", "1,2.3", "", "four"])
def test_what_is_no_finite_number_is_refused(text: str) -> None:
    with pytest.raises(QuantityError):
        parse_number(text)


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_every_finite_number_reads_as_itself(value: float) -> None:
    assert parse_number(repr(value)) == value


@given(st.text(max_size=40))
def test_no_text_does_more_than_raise_a_quantity_error(text: str) -> None:
    try:
        quantity = parse_quantity(text, what="dose", like="4.5mg")
    except QuantityError:
        return
    assert math.isfinite(quantity.value)


UNITS = st.sampled_from(
    ["", "1", "ug/L", "1/h", "ng*h/mL", "L/h/kg", "cm^2", "1/h/mL", "%", "mL·h", "1*mg", "h^-1"]
)


@given(UNITS, UNITS)
def test_a_unit_over_another_times_the_other_is_itself(unit: str, divisor: str) -> None:
    assert parse_unit(unit_over(unit, divisor)) * parse_unit(divisor) == parse_unit(unit)
