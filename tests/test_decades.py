"""Curves over powers of ten: what stands where, and what is left out."""

import re

import pytest

from openldn.figures import Trace, decades
from openldn.notation import InputError


def drawn(*traces: Trace, **options: object) -> str:
    return decades("d", "A title", "In words.", traces, across="tolerance", up="error", **options).wide  # type: ignore[arg-type]


def places(svg: str) -> list[tuple[float, float]]:
    """The points of the first curve, which is drawn 1.8 wide."""
    path = next(
        d for d, rest in re.findall(r'<path d="([^"]*)"([^>]*)>', svg) if 'stroke-width="1.8"' in rest
    )
    return [tuple(map(float, pair.split())) for pair in path[1:].split("L")]  # type: ignore[misc]


def test_equal_factors_are_equal_distances() -> None:
    (x1, y1), (x2, y2), (x3, y3) = places(drawn(Trace("a", [(1e-10, 1e-9), (1e-7, 1e-6), (1e-4, 1e-3)])))
    assert x2 - x1 == pytest.approx(x3 - x2, abs=0.2)  # places are rounded to a tenth of a pixel
    assert y1 - y2 == pytest.approx(y2 - y3, abs=0.2)
    assert x1 < x2
    assert y1 > y2


def test_powers_are_written_as_powers() -> None:
    svg = drawn(Trace("a", [(1e-10, 1e-9), (1e-4, 1e-3)]))
    assert "10⁻¹⁰" in svg
    assert "0.0001" not in svg


def test_what_has_no_logarithm_is_left_out_and_nothing_at_all_is_refused() -> None:
    assert len(places(drawn(Trace("a", [(1e-10, 0.0), (1e-7, 1e-6), (1e-4, 1e-3)])))) == 2
    with pytest.raises(InputError, match="no point"):
        drawn(Trace("a", [(1e-3, 0.0)]))


def test_a_share_stands_on_a_plain_axis_with_its_limit() -> None:
    svg = drawn(Trace("a", [(1e-9, 0.0), (1e-8, 1.0)]), up_in_powers=False, limit=(1e-6, "allowed"))
    assert len(places(svg)) == 2
    assert ">allowed<" in svg
    assert ">10⁻⁶<" in svg


def test_no_two_of_ten_curves_look_alike() -> None:
    svg = drawn(*(Trace(f"t{i}", [(1e-9, 10.0**-i), (1e-8, 10.0**-i)]) for i in range(10)))
    pens = re.findall(r'<path d="M[^"]*L[^"]*" fill="none" (stroke="[^"]*" stroke-width="1.8"[^/]*)/>', svg)
    assert len(pens) == 20  # each in the drawing and in the key
    assert len(set(pens)) == 10
