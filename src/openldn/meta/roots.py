"""The zero of a function between two points of opposite sign: bisection sped up by inverse interpolation.

Method: Chandrupatla (1997), Adv Eng Softw 28:145. Never leaves the bracket.
"""

import math
from collections.abc import Callable


def find_root(f: Callable[[float], float], low: float, high: float, rtol: float = 1e-13) -> float:
    """x in [low, high] with f(x) = 0, to a relative error of `rtol`; the ends must differ in sign."""
    a, b = high, low
    fa, fb = f(a), f(b)
    if fa == 0:
        return a
    if fb == 0:
        return b
    if (fa > 0) == (fb > 0):
        raise ValueError(f"no change of sign between {low:g} and {high:g}")
    t, c, fc = 0.5, a, fa
    for _ in range(300):
        x = a + t * (b - a)
        fx = f(x)
        if (fx > 0) == (fa > 0):
            c, fc = a, fa
        else:
            c, b, fc, fb = b, a, fb, fa
        a, fa = x, fx
        best = a if abs(fa) < abs(fb) else b
        width = abs(b - a)
        tolerance = rtol * max(abs(best), 1e-290) * 2
        if fx == 0 or width <= tolerance or x in (b, c):
            return best
        # inverse quadratic interpolation where it stays well inside, else halve
        xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
        if phi * phi < xi and (1 - phi) * (1 - phi) < 1 - xi:
            t = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
        else:
            t = 0.5
        edge = tolerance / (2 * width)
        t = min(1 - edge, max(edge, t))
    return best


def widen(f: Callable[[float], float], low: float, high: float) -> float:
    """`high`, multiplied until f changes sign between `low` and it; infinity when it never does."""
    sign = f(low) > 0
    while math.isfinite(high) and (f(high) > 0) == sign:
        high *= 4
    return high
