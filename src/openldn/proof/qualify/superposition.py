"""Linear superposition: what one to three compartments hold after any records, without an ODE solver.

The central compartment after one unit at once is a sum of exponentials Σ cⱼ exp(−μⱼ τ), with cⱼ and μⱼ from the partial
fractions of its transfer function; an infusion is its integral. Everything else is bookkeeping: each
dose is a contribution that is born by a record and may die by a later one. Shares nothing with the engine.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

_DEPOT = ("oral", 1)


@dataclass(frozen=True)
class Linear:
    """Clearances in L/h, volumes in L; a compartment with volume 0 is not there."""

    cl: float = 5.0
    v: float = 20.0
    q2: float = 0.0
    v2: float = 0.0
    q3: float = 0.0
    v3: float = 0.0
    ka: float = 1.1

    @lru_cache(maxsize=256)  # noqa: B019 - models are few, and equal ones are one
    def terms(self, depot: bool) -> list[tuple[float, float]]:
        """cⱼ and μⱼ of the amount in the central compartment after a unit in the depot, or in itself."""
        outer = [(q, q / v) for q, v in ((self.q2, self.v2), (self.q3, self.v3)) if v > 0]
        # s + (CL + Σ Q)/V − Σ (Qᵢ/V) kᵢ / (s + kᵢ), times Π (s + kᵢ)
        lower = np.poly1d([1.0])
        for _, k in outer:
            lower *= np.poly1d([1.0, k])
        upper = np.poly1d([1.0, (self.cl + sum(q for q, _ in outer)) / self.v]) * lower
        for i, (q, k) in enumerate(outer):
            others = np.poly1d([1.0])
            for j, (_, other) in enumerate(outer):
                others *= np.poly1d([1.0, other]) if j != i else np.poly1d([1.0])
            upper -= q / self.v * k * others
        found = [(float((lower(s) / upper.deriv()(s)).real), float(-s.real)) for s in upper.roots]
        if not depot:
            return found
        slow = [(c * self.ka / (self.ka - m), m) for c, m in found]
        return [*slow, (-sum(c for c, _ in slow), self.ka)]


@dataclass
class Contribution:
    start: float
    amount: float  # at once, or of an infusion
    duration: float
    depot: bool
    born: int
    dies: float = math.inf
    died_by: int = 10**9


def central(model: Linear, records: Sequence[Mapping[str, Any]]) -> list[float]:
    """The amount in the central compartment at each record, after what the record does.

    Records have NONMEM's names, TIME and EVID and, where they matter, AMT, CMT, RATE, II, ADDL, SS, and F, LAG, D (RATE −2)
    and R (RATE −1); CMT is "oral", or 1, for the depot.
    """
    alive: list[Contribution] = []
    for number, record in enumerate(records):
        steady = record.get("SS", 0)
        if record["EVID"] in (3, 4) or steady == 1:
            for c in alive:
                if c.died_by > number:
                    c.dies, c.died_by = min(c.dies, record["TIME"]), number
        if record["EVID"] in (1, 4):
            alive += _given(model, record, number)
    return [
        sum(_amount(model, c, r["TIME"]) for c in alive if c.born <= number < c.died_by)
        for number, r in enumerate(records)
    ]


def _given(model: Linear, r: Mapping[str, Any], number: int) -> list[Contribution]:
    t, ii, rate, depot = r["TIME"], r.get("II", 0.0), r.get("RATE", 0.0), r.get("CMT") in _DEPOT
    if r["AMT"] == 0:  # infused for ever, up to now
        rate = r["R"] if rate == -1 else rate
        return [Contribution(t - 1e5, rate * 1e5, 1e5, depot, number)]
    amount, lag = r.get("F", 1.0) * r["AMT"], r.get("LAG", 0.0)
    duration = {0.0: 0.0, -1.0: amount / r.get("R", 1.0), -2.0: r.get("D", 0.0)}.get(
        rate, amount / rate if rate > 0 else 0.0
    )
    starts = [t + lag + i * ii for i in range(int(r.get("ADDL", 0)) + 1)]
    if r.get("SS", 0):
        slowest = min(m for _, m in model.terms(depot))
        past = int((40 / slowest + lag + duration) / ii) + 2  # exp(−40) is nothing
        starts += [t + lag - k * ii for k in range(1, past)]
    return [Contribution(s, amount, duration, depot, number) for s in starts]


def _amount(model: Linear, c: Contribution, t: float) -> float:
    since = t - c.start
    if since < -1e-9:  # sums of intervals meet the times of records only to rounding
        return 0.0
    since = max(0.0, since)
    if c.duration == 0:
        return sum(a * math.exp(-m * since) for a, m in model.terms(c.depot)) * c.amount
    ended = max(0.0, since - c.duration)
    area = sum(a / m * (math.exp(-m * ended) - math.exp(-m * since)) for a, m in model.terms(c.depot))
    return c.amount / c.duration * area
