"""Functions in lanes against arbitrary-precision arithmetic, over everything that a double can be."""

import ctypes
import math
from collections.abc import Callable

import mpmath
import numpy as np
import pytest
from llvmlite import ir

from openldn.engine.kernels.equations import _operation
from openldn.engine.kernels.lanes import I64, PTR, Lanes
from openldn.engine.kernels.machine import Loaded, compile_object, host

SEED = 20261201
COUNT = 2000
EXACT = {
    "exp": mpmath.exp, "log": mpmath.log, "tanh": mpmath.tanh, "sin": mpmath.sin, "cos": mpmath.cos,
    "sqrt": mpmath.sqrt,
}  # fmt: skip
# Error in units of the last place. Half a unit cannot be avoided; a square root has no more. tanh adds
# the errors of exp(2x) - 1, of a sum and of a division.
ULPS = {"exp": 1.5, "log": 1.5, "tanh": 3.0, "sin": 2.0, "cos": 2.0, "sqrt": 0.51, "^": 1.5}
SPECIAL = [0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 5e-324, -5e-324, 2.2e-308, 1.7e308, -1.7e308]


def over(name: str, arguments: int) -> Callable[..., np.ndarray]:
    """The operation `name` on arrays, as a kernel computes it."""
    module = ir.Module(name)
    module.triple = host().triple
    width = host().widest
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [I64] + [PTR] * (arguments + 1)), "go")
    v = Lanes(ir.IRBuilder(function.append_basic_block("entry")), width)
    count, out, *data = function.args
    with v.loop(count) as i:
        v.store(_operation(v, name, [v.load(one, i) for one in data]), out, i)
    v.b.ret_void()
    loaded = Loaded(compile_object(str(module)))
    go = ctypes.CFUNCTYPE(None, ctypes.c_int64, *[ctypes.c_void_p] * (arguments + 1))(loaded.address("go"))

    def call(*args: np.ndarray) -> np.ndarray:
        size = args[0].size
        blocks = -(-size // width)
        room = [np.resize(np.asarray(a, dtype=float), blocks * width + 8) for a in (*args, args[0])]
        # Vectors are loaded from addresses that are whole multiples of their size.
        places = [-(a.ctypes.data % -64) // 8 for a in room]
        aligned = [np.ascontiguousarray(a)[p : p + blocks * width] for a, p in zip(room, places, strict=True)]
        for one, given in zip(aligned, args, strict=False):
            one[:size] = given
        go(blocks, aligned[-1].ctypes.data, *(one.ctypes.data for one in aligned[:-1]))
        return aligned[-1][:size].copy()

    call.loaded = loaded  # type: ignore[attr-defined]  # the code lives as long as this does
    return call


def anything(rng: np.random.Generator, count: int) -> np.ndarray:
    """Doubles of every size, subnormal ones too, by random bits."""
    raw = rng.integers(0, 2**64, count, dtype=np.uint64, endpoint=False).view(np.float64)
    return np.concatenate([raw[np.isfinite(raw)], SPECIAL])


def ulps(found: np.ndarray, exact: list[mpmath.mpf]) -> np.ndarray:
    """Distance in units of the last place of the exact value."""
    distance = []
    for value, true in zip(found.tolist(), exact, strict=True):
        near = float(true)
        if math.isinf(near) or math.isinf(value):
            distance.append(0.0 if near == value else math.inf)
        else:
            distance.append(float(abs(mpmath.mpf(value) - true) / mpmath.mpf(math.ulp(near))))
    return np.array(distance)


@pytest.mark.parametrize("name", list(EXACT))
@pytest.mark.parametrize("region", ["everywhere", "where models live"])
def test_a_function_is_off_by_a_unit_or_so_in_the_last_place(name: str, region: str) -> None:
    rng = np.random.default_rng(SEED)
    x = anything(rng, COUNT) if region == "everywhere" else rng.normal(0, 30, COUNT)
    if name == "exp" and region == "everywhere":
        x = np.concatenate([x, rng.uniform(-746, 710, COUNT)])
    x = x[np.isfinite(x)]
    if name in ("log", "sqrt"):
        x = np.abs(x)
        x = x[x > 0]
    found = over(name, 1)(x)
    # The angle 1.7e308 takes 1024 bits more than its sine has.
    with mpmath.workprec(1300 if name in ("sin", "cos") else 120):
        distance = ulps(found, [EXACT[name](mpmath.mpf(v)) for v in x.tolist()])
    assert distance.max() <= ULPS[name], x[distance.argmax()]


@pytest.mark.parametrize("name", list(EXACT))
def test_zeros_infinities_and_what_is_no_number_go_where_the_standard_says(name: str) -> None:
    x = np.array(SPECIAL)
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(x)
    found = over(name, 1)(x)
    assert np.array_equal(np.isnan(found), np.isnan(expected))
    ends = ~np.isfinite(expected) | (expected == 0)
    assert np.array_equal(found[ends & ~np.isnan(expected)], expected[ends & ~np.isnan(expected)])
    if name in ("tanh", "sqrt"):
        assert np.array_equal(np.signbit(found[:2]), [False, True])


def test_a_power_is_off_by_a_unit_or_so_in_the_last_place() -> None:
    rng = np.random.default_rng(SEED)
    x = np.concatenate([np.exp(rng.normal(0, 3, COUNT)), np.exp(rng.uniform(-700, 700, COUNT))])
    y = np.concatenate([rng.normal(0, 5, COUNT), rng.uniform(-1.05, 1.05, COUNT)])
    found = over("^", 2)(x, y)
    with mpmath.workprec(120):
        exact = [mpmath.mpf(a) ** mpmath.mpf(b) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
        distance = ulps(found, exact)
    assert distance.max() <= ULPS["^"], (x[distance.argmax()], y[distance.argmax()])


def test_powers_of_zero_negative_numbers_and_infinities_are_those_of_the_c_library() -> None:
    x, y = (
        grid.ravel() for grid in np.meshgrid([*SPECIAL, 2.0, -2.0, -8.0], [*SPECIAL, 2.0, 3.0, 0.5, -2.0])
    )
    with np.errstate(all="ignore"):
        expected = np.power(x, y)
    found = over("^", 2)(x, y)
    assert np.allclose(found, expected, rtol=1e-15, atol=0, equal_nan=True)


@pytest.mark.parametrize("name", ["min", "max"])
def test_the_smaller_and_the_larger_of_two_are_no_number_where_either_is_none(name: str) -> None:
    x, y = (grid.ravel() for grid in np.meshgrid(SPECIAL, SPECIAL))
    expected = (np.minimum if name == "min" else np.maximum)(x, y)
    assert np.array_equal(over(name, 2)(x, y), expected, equal_nan=True)


def test_a_lane_that_needs_the_library_changes_no_neighbour() -> None:
    x = np.array([0.3, 1.1, 2.5, 7.0] * 2)
    hard = x.copy()
    hard[1] = 1e300
    sine = over("sin", 1)
    alone, beside = sine(x), sine(hard)
    assert np.array_equal(np.delete(alone, 1), np.delete(beside, 1))
