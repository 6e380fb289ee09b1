"""What one to three compartments hold after a dose, written out; no solver and no numerical root finding.

The central compartment after a unit at once is Σ cⱼ exp(−λⱼ t). With kᵢ₁ = Qᵢ/Vᵢ, the rate constants λⱼ are k₁₀ = CL/V for
one compartment, the roots of a quadratic for two and of a cubic, by Viète's cosines, for three, and

    cⱼ = Π (kᵢ₁ − λⱼ) / Π (λₘ − λⱼ),   m ≠ j.

Absorption at KA multiplies cⱼ by KA / (KA − λⱼ) and adds −Σ at λ = KA. An infusion over T is the mean of doses at once
over T. An endless train at intervals τ divides exp(−λ t) by 1 − exp(−λ τ).
"""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Terms = list[tuple[float, float]]
"""cⱼ with λⱼ."""


def disposition(cl: float, v: float, *outer: tuple[float, float]) -> Terms:
    """The terms of a dose into the central compartment; `outer` has (Q, V) of up to two more."""
    back = [q / volume for q, volume in outer]
    forth = [q / v for q, _ in outer]
    k10 = cl / v
    if not outer:
        rates = [k10]
    elif len(outer) == 1:
        total = k10 + forth[0] + back[0]
        slow = (total - math.sqrt(total**2 - 4 * back[0] * k10)) / 2
        rates = [back[0] * k10 / slow, slow]
    else:
        rates = _three(k10, forth, back)
    return [
        (
            math.prod(k - own for k in back) / math.prod(other - own for other in rates if other is not own),
            own,
        )
        for own in rates
    ]


def absorbed(terms: Terms, ka: float) -> Terms:
    """The terms of a dose that is absorbed at the rate `ka`."""
    slow = [(c * ka / (ka - rate), rate) for c, rate in terms]
    return [*slow, (-sum(c for c, _ in slow), ka)]


def at_once(terms: Terms, t: Array) -> Array:
    """After a unit at time 0."""
    return np.asarray(sum(c * np.exp(-rate * t) for c, rate in terms))


def infused(terms: Terms, t: Array, duration: float) -> Array:
    """After a unit given evenly from 0 to `duration`."""
    after = np.maximum(t - duration, 0.0)
    return np.asarray(
        sum(c / rate * (np.exp(-rate * after) - np.exp(-rate * t)) for c, rate in terms) / duration
    )


def at_once_steady(terms: Terms, t: Array, interval: float) -> Array:
    """From 0 to `interval` after the last of endlessly many units."""
    return np.asarray(sum(c * np.exp(-rate * t) / -math.expm1(-rate * interval) for c, rate in terms))


def infused_steady(terms: Terms, t: Array, duration: float, interval: float) -> Array:
    """The same for infusions that are shorter than the interval; the last starts at 0."""
    found = infused(terms, t, duration)
    for c, rate in terms:
        left = -math.expm1(-rate * duration) * math.exp(-rate * (interval - duration))
        found = found + c / (rate * duration) * left * np.exp(-rate * t) / -math.expm1(-rate * interval)
    return np.asarray(found)


def _three(k10: float, forth: list[float], back: list[float]) -> list[float]:
    """Roots of λ³ − a λ² + b λ − c, all real and positive: λ = a/3 + 2 √(−p/3) cos((φ + 2πm)/3)."""
    (k12, k13), (k21, k31) = forth, back
    a = k10 + k12 + k13 + k21 + k31
    b = k10 * k21 + k10 * k31 + k12 * k31 + k13 * k21 + k21 * k31
    c = k10 * k21 * k31
    p, q = b - a**2 / 3, a * b / 3 - 2 * a**3 / 27 - c
    size = math.sqrt(-p / 3)
    angle = math.acos(max(-1.0, min(1.0, -q / (2 * size**3))))
    return [a / 3 + 2 * size * math.cos((angle + 2 * math.pi * m) / 3) for m in range(3)]
