"""The right-hand sides as a user of a peer would write them: plain Python, with the functions of that peer's library.

`common.model` holds the same equations for our engine, and all the numbers. A test holds the two together.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Rates = Callable[[Any, Any, Any], tuple[Any, ...]]


@dataclass(frozen=True)
class Functions:
    """The functions of one library; `positive` is x where x > 0 and else 0."""

    cos: Callable[[Any], Any]
    tanh: Callable[[Any], Any]
    sqrt: Callable[[Any], Any]
    positive: Callable[[Any], Any]


def common_rates(values: Mapping[str, float], of: Functions) -> Rates:
    """The common model: (hour, 17 states, the nine parameters that differ) to the 17 rates.

    values: the parameters that do not differ.
    """
    cos, tanh, sqrt, positive = of.cos, of.tanh, of.sqrt, of.positive
    fa, share_m, q, v2, fm = (values[name] for name in ("fa", "share_m", "Q", "V2", "fm"))
    vm, qm, vm2, ke0m = (values[name] for name in ("Vm", "Qm", "Vm2", "ke0m"))
    kon, koff, konm, koffm = (values[name] for name in ("kon", "koff", "konm", "koffm"))
    kde, ksynr, kdegr, upreg = (values[name] for name in ("KdE", "ksynR", "kdegR", "upreg"))
    kpomc, ke, feed, amp, e0 = (values[name] for name in ("kpomc", "kE", "feed", "amp", "E0"))
    km, tlr, kk, gk, ge = (values[name] for name in ("kM", "tlr", "kK", "gK", "gE"))
    kpl, kae, half_ae, soft = (values[name] for name in ("kpl", "kAE", "half_ae", "soft"))
    turn, peak = 2 * 3.141592653589793 / values["day"], values["peak"]
    act0 = (e0 / kde) / (1 + e0 / kde)

    def rates(t: Any, y: Any, p: Any) -> tuple[Any, ...]:
        gut, c1, c2, m1, m2, b, bm, on, om = y[0], y[1], y[2], y[3], y[4], y[5], y[6], y[7], y[8]
        rtot, pomc, e, mic, cyt, pain, pl, ae = y[9], y[10], y[11], y[12], y[13], y[14], y[15], y[16]
        ka, fh, cl, v1, clm, ke0, mic_e, ks, pmax = p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8]
        left, bound = rtot - on - om, e / kde
        free = positive(left) / (1 + bound)
        tone = left * bound / (1 + bound) / act0
        excess = tone - 1
        above = (excess + sqrt(excess * excess + soft)) / 2
        lack = tanh(1 - tone)
        return (
            -ka * gut,
            (fa * fh * ka * gut - cl * c1 - q * c1 + q * c2) / v1,
            q * (c1 - c2) / v2,
            (fa * share_m * (1 - fh) * ka * gut + fm * cl * c1 - clm * m1 - qm * m1 + qm * m2) / vm,
            qm * (m1 - m2) / vm2,
            ke0 * (c1 - b),
            ke0m * (m1 - bm),
            kon * b * free - koff * on - kdegr * on,
            konm * bm * free - koffm * om - kdegr * om,
            ksynr * (1 + upreg * lack) - kdegr * rtot,
            kpomc * ((1 + feed * lack) - pomc),
            ke * (pomc * (1 + amp * cos(turn * (t - peak))) * e0 - e),
            km * (1 / (1 + mic_e * above) / (1 + b / tlr) - mic),
            kk * (mic - cyt),
            ks * ((1 - gk * (1 - cyt)) * (1 - pl) / (1 + ge * above) - pain),
            kpl * (pmax - pl),
            kae * (on / (on + half_ae) - ae),
        )

    return rates


def two_compartment_rates(values: Mapping[str, float], of: Functions) -> Rates:
    """Two compartments by mouth: (hour, gut, central and peripheral amount, CL and V2) to the three rates."""
    del of  # a linear model needs none
    ka, q, v3 = values["KA"], values["Q"], values["V3"]

    def rates(t: Any, y: Any, p: Any) -> tuple[Any, ...]:
        gut, central, peripheral, cl, v2 = y[0], y[1], y[2], p[0], p[1]
        out = q * (central / v2 - peripheral / v3)
        return -ka * gut, ka * gut - cl / v2 * central - out, out

    return rates
