"""exp, log, tanh, sin, cos and powers in lanes, each to about one unit in the last place.

The usual scheme: reduce the argument, a polynomial, put the result together. Every lane takes the same
path, so a person's result does not depend on the neighbours. The few arguments that need another
path (angles above a million, powers of negative numbers or near the ends of the range) ask the C library,
lane by lane; the branch changes the time, never the value, of the other lanes.

Sources of the reductions and of the coefficients of log, sin and cos: W. J. Cody & W. Waite, Software
Manual for the Elementary Functions (1980); FreeBSD's msun (Sun Microsystems 1993, freely usable).
"""

import math
from typing import Any

from llvmlite import ir

from openldn.engine.kernels.lanes import F64, I64, Lanes

_ROUND = 1.5 * 2.0**52  # adding it rounds to a whole number, which then stands in the low bits
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_EXP = [1 / math.factorial(i) for i in range(2, 14)]
_LOG = [
    6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01, 2.222219843214978396e-01,
    1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01,
]  # fmt: skip
_SIN = [
    -1.66666666666666324348e-01, 8.33333333332248946124e-03, -1.98412698298579493134e-04,
    2.75573137070700676789e-06, -2.50507602534068634195e-08, 1.58969099521155010221e-10,
]  # fmt: skip
_COS = [
    4.16666666666666019037e-02, -1.38888888888741095749e-03, 2.48015872894767294178e-05,
    -2.75573143513906633035e-07, 2.08757232129817482790e-09, -1.13596475577881948265e-11,
]  # fmt: skip
# π/2 in parts of 33 bits, so that a part times a whole number below 2^20 is exact, and their remainders.
_HALF_PI = [1.57079632673412561417e00, 6.07710050630396597660e-11, 2.02226624871116645580e-21]
_HALF_PI_REST = 8.47842766036889956997e-32
_ANGLE_LIMIT = 1e6


def exp(v: Lanes, x: Any) -> Any:
    x = v.below(v.above(x, -746.0), 710.0)
    k, whole, r = _reduced(v, x)
    p = v.plus(v.num(1.0), _expm1(v, r))
    return _scaled(v, p, k, whole)


def decay(v: Lanes, x: Any) -> Any:
    """exp(x) for x from -700 to 700, at -700 below it; a few units in the last place."""
    _, whole, r = _reduced(v, v.above(x, -700.0))
    small = v.fma(v.times(r, r), v.polynomial(r, _EXP[:10]), r)
    return v.times(v.plus(v.num(1.0), small), _power_of_two(v, whole))


def _reduced(v: Lanes, x: Any, low: Any = None) -> tuple[Any, Any, Any]:
    """k, k as the low bits of an integer, and x - k ln 2 (+ low) with |…| below 0.35."""
    z = v.fma(x, v.num(1 / math.log(2)), v.num(_ROUND))
    k = v.minus(z, v.num(_ROUND))
    r = v.fma(k, v.num(-_LN2_HIGH), x)
    rest = v.num(-_LN2_LOW)
    r = v.fma(k, rest, r) if low is None else v.plus(r, v.fma(k, rest, low))
    return k, v.as_bits(z), r


def _expm1(v: Lanes, r: Any) -> Any:
    return v.fma(v.times(r, r), v.polynomial(r, _EXP), r)


def _power_of_two(v: Lanes, whole: Any) -> Any:
    """2^k from k in the low bits of an integer."""
    return v.as_double(v.b.add(v.b.shl(whole, v.bits(52)), v.bits(1023 << 52)))


def _scaled(v: Lanes, p: Any, k: Any, whole: Any) -> Any:
    """p 2^k in two factors, so that subnormal results and those near the top are reached."""
    low, high = v.compare("<", k, v.num(-900.0)), v.compare(">", k, v.num(900.0))
    shift = v.select(low, v.bits(200), v.select(high, v.bits(-200 % 2**64), v.bits(0)))
    rest = v.select(low, v.num(2.0**-200), v.select(high, v.num(2.0**200), v.num(1.0)))
    return v.times(v.times(p, _power_of_two(v, v.b.add(whole, shift))), rest)


def tanh(v: Lanes, x: Any) -> Any:
    a = v.below(v.abs(x), 22.0)
    _, whole, r = _reduced(v, v.plus(a, a))
    scale = _power_of_two(v, whole)
    e = v.fma(scale, _expm1(v, r), v.minus(scale, v.num(1.0)))  # exp(2a) - 1
    return v.call("copysign", v.div(e, v.plus(e, v.num(2.0))), x)


def _parted(v: Lanes, x: Any) -> tuple[Any, Any]:
    """Exponent k and f with x = 2^k (1 + f), f between √½ - 1 and √2 - 1; x > 0."""
    small = v.compare("<", x, v.num(2.0**-1022))
    x = v.select(small, v.times(x, v.num(2.0**54)), x)
    shifted = v.b.add(v.as_bits(x), v.bits((1023 << 52) - 0x3FE6A09E667F3BCD))
    biased = v.as_double(v.b.or_(v.b.lshr(shifted, v.bits(52)), v.bits(0x4330000000000000)))
    k = v.minus(biased, v.select(small, v.num(2.0**52 + 1023 + 54), v.num(2.0**52 + 1023)))
    m = v.b.add(v.b.and_(shifted, v.bits(0x000FFFFFFFFFFFFF)), v.bits(0x3FE6A09E667F3BCD))
    return k, v.minus(v.as_double(m), v.num(1.0))


def log(v: Lanes, x: Any) -> Any:
    k, f = _parted(v, x)
    s = v.div(f, v.plus(v.num(2.0), f))
    z = v.times(s, s)
    tail = v.times(z, v.polynomial(z, _LOG))
    half = v.times(v.times(v.num(0.5), f), f)
    inner = v.fma(s, v.plus(half, tail), v.times(k, v.num(_LN2_LOW)))
    found = v.minus(v.times(k, v.num(_LN2_HIGH)), v.minus(v.minus(half, inner), f))
    found = v.select(v.compare("==", x, v.num(math.inf)), x, found)
    found = v.select(v.compare("==", x, v.num(0.0)), v.num(-math.inf), found)
    return v.select(v.compare(">=", x, v.num(0.0)), found, v.num(math.nan))


def sin(v: Lanes, x: Any) -> Any:
    sine, cosine, whole = _turned(v, x)
    return _quadrant(v, "sin", x, sine, cosine, whole)


def cos(v: Lanes, x: Any) -> Any:
    sine, cosine, whole = _turned(v, x)
    return _quadrant(v, "cos", x, cosine, sine, v.b.add(whole, v.bits(1)), whole)


def _quadrant(v: Lanes, name: str, x: Any, even: Any, odd: Any, turns: Any, whole: Any = None) -> Any:
    """`even` or `odd`, by the quarter turns that were taken off, with its sign."""
    whole = turns if whole is None else whole
    other = v.b.icmp_unsigned("!=", v.b.and_(whole, v.bits(1)), v.bits(0))
    sign = v.b.shl(v.b.and_(turns, v.bits(2)), v.bits(62))
    value = v.as_double(v.b.xor(v.as_bits(v.select(other, odd, even)), sign))
    large = v.b.fcmp_unordered(">", v.abs(x), v.num(_ANGLE_LIMIT))
    return _or_library(v, name, large, value, x)


def _turned(v: Lanes, x: Any) -> Any:
    """Sine and cosine of x less quarter turns, and their number in low bits; computed once for an angle."""
    key = ("turned", x)
    if key in v.shared:
        return v.shared[key]
    z = v.fma(x, v.num(2 / math.pi), v.num(_ROUND))
    n, whole = v.minus(z, v.num(_ROUND)), v.as_bits(z)
    a = v.fma(n, v.num(-_HALF_PI[0]), x)
    b = v.times(n, v.num(_HALF_PI[1]))
    c = v.minus(a, b)
    error = v.minus(v.minus(a, c), b)
    d = v.times(n, v.num(_HALF_PI[2]))
    high = v.minus(c, d)
    rest = v.plus(v.minus(v.minus(c, high), d), error)
    r = v.plus(high, v.fma(n, v.num(-_HALF_PI_REST), rest))
    z = v.times(r, r)
    sine = v.fma(v.times(z, r), v.polynomial(z, _SIN), r)
    cosine = v.fma(z, v.fma(z, v.polynomial(z, _COS), v.num(-0.5)), v.num(1.0))
    v.shared[key] = (sine, cosine, whole)
    return v.shared[key]


def power(v: Lanes, x: Any, y: Any) -> Any:
    """x^y, with the logarithm in two parts where it has to be exact enough to be multiplied by y."""
    k, f = _parted(v, x)
    d = v.plus(v.num(2.0), f)
    d_low = v.minus(f, v.minus(d, v.num(2.0)))
    s = v.div(f, d)
    s_low = v.div(v.fma(v.neg(s), d_low, v.fma(v.neg(s), d, f)), d)
    z = v.times(s, s)
    z_low = v.fma(s, v.plus(s_low, s_low), v.fma(s, s, v.neg(z)))
    # log(1 + f) = 2s (1 + w), w = z/3 + z²/5 + …; the first term of w in two parts as well.
    third = v.times(z, v.num(1 / 3))
    third_low = v.fma(z, v.num(1 / 3), v.neg(third))
    third_low = v.fma(z, v.num(_THIRD_LOW), v.fma(z_low, v.num(1 / 3), third_low))
    tail = v.fma(v.times(z, z), v.polynomial(z, _ATANH), third_low)
    w = v.plus(third, tail)
    w_low = v.plus(v.minus(third, w), tail)
    s2, s2_low = v.plus(s, s), v.plus(s_low, s_low)
    product = v.times(s2, w)
    product_low = v.fma(s2, w_low, v.fma(s2_low, w, v.fma(s2, w, v.neg(product))))
    first = v.plus(s2, product)
    first_low = v.plus(v.plus(v.minus(s2, first), product), v.plus(product_low, s2_low))
    shift = v.times(k, v.num(_LN2_HIGH))
    high = v.plus(shift, first)
    back = v.minus(high, shift)
    error = v.plus(v.minus(shift, v.minus(high, back)), v.minus(first, back))
    low = v.plus(error, v.fma(k, v.num(_LN2_LOW), v.fma(k, v.num(_LN2_TINY), first_low)))
    p = v.times(y, high)
    p_low = v.fma(y, low, v.fma(y, high, v.neg(p)))
    n, whole, r = _reduced(v, v.below(v.above(p, -740.0), 709.0), p_low)
    found = _scaled(v, v.plus(v.num(1.0), _expm1(v, r)), n, whole)
    zero = v.b.and_(v.compare("==", x, v.num(0.0)), v.compare(">", y, v.num(0.0)))
    found = v.select(zero, v.num(0.0), found)
    easy = v.b.and_(v.compare(">", x, v.num(0.0)), v.compare("<", x, v.num(math.inf)))
    easy = v.b.and_(easy, v.compare("<", v.abs(p), v.num(700.0)))
    plain_zero = v.b.and_(zero, v.b.icmp_signed("==", v.as_bits(x), v.bits(0)))
    return _or_library(v, "pow", v.b.not_(v.b.or_(easy, plain_zero)), found, x, y)


_THIRD_LOW = 1.850371707708594e-17  # 1/3 less its double
_LN2_TINY = 1.1612227229362532e-26  # ln 2 less the two parts above
_ATANH = [1 / n for n in range(5, 27, 2)]


def _or_library(v: Lanes, name: str, hard: Any, found: Any, *args: Any) -> Any:
    """`found`, and in the hard lanes what the C library's function of that name says."""
    some, _ = v.any(hard)
    before = v.b.block
    with v.b.if_then(some, likely=False):
        ask = _library(v, name, len(args))
        value = v.b.call(ask, [found, v.b.sext(hard, v.integers), *args], cconv=_COLD)
        inside = v.b.block
    result = v.b.phi(v.vector)
    result.add_incoming(found, before)
    result.add_incoming(value, inside)
    return result


# A convention by which the called function keeps all registers: the rare call then costs nothing
# where it is not made.
_COLD = "preserve_allcc"


def _library(v: Lanes, name: str, count: int) -> Any:
    module, full = v.b.module, f"library_{name}"
    if full in module.globals:
        return module.globals[full]
    scalar = ir.Function(module, ir.FunctionType(F64, [F64] * count), name)
    kind = ir.FunctionType(v.vector, [v.vector, v.integers, *[v.vector] * count])
    ask = ir.Function(module, kind, full)
    ask.linkage, ask.calling_convention = "internal", _COLD
    ask.attributes.add("noinline")
    b = ir.IRBuilder(ask.append_basic_block("entry"))
    value, hard, *args = ask.args
    for lane in range(v.width):
        at = I64(lane)
        before = b.block
        with b.if_then(b.icmp_signed("!=", b.extract_element(hard, at), I64(0))):
            asked = b.call(scalar, [b.extract_element(a, at) for a in args])
            changed = b.insert_element(value, asked, at)
            inside = b.block
        kept = b.phi(v.vector)
        kept.add_incoming(value, before)
        kept.add_incoming(changed, inside)
        value = kept
    b.ret(value)
    return ask
