"""Unwanted effects by dose: how many of 100 people report each within twelve weeks.

What people report on placebo and what the label tells of 50 mg are sourced; how much of the label is the
drug's doing, and what low doses make of it, is the model's. No trial of low doses sets any of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from openldn.answers.basis import basis_of
from openldn.answers.belief import SEED
from openldn.answers.course import DRAWS, WEEKS
from openldn.answers.running import solved
from openldn.answers.switches import off
from openldn.engine import Events, parse_regimen, schedule
from openldn.engine.events import nothing
from openldn.notation import Estimate
from openldn.pharmacology import kept_to_scans, model
from openldn.population import doubt, with_typical

EVENTS = {
    "ae_nausea": "nausea",
    "ae_vomiting": "vomiting",
    "ae_headache": "headache",
    "ae_dizziness": "dizziness",
    "ae_fatigue": "fatigue",
    "ae_insomnia": "insomnia",
    "ae_anxiety": "anxiety",
    "ae_dreams": "vivid dreams",
    "ae_low_mood": "low mood",
    "ae_any": "any unwanted event",
    "ae_serious": "a serious event",
}
_END_H = WEEKS * 168.0
KIND = f"of 100 people in {WEEKS} weeks; 90 % of {DRAWS} draws of the model's unsure numbers"


@dataclass(frozen=True)
class Unwanted:
    """`rates` by event, `more` what the drug adds to the same person's background, both of 100 people."""

    rates: Mapping[str, Estimate]
    more: Mapping[str, Estimate]
    sources: tuple[str, ...] = field(repr=False)
    assumed: tuple[str, ...] = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        return {
            "events": [
                {"event": EVENTS[name], "rate": self.rates[name].as_json(), "added_by_drug": self.more[name].as_json()}
                for name in EVENTS
            ],
            "weeks": WEEKS, "sources": list(self.sources), "assumed": list(self.assumed),
            "computed": "provenance.runs",
        }  # fmt: skip


@lru_cache(maxsize=16)
def usual_unwanted(amount: str) -> Unwanted:
    """The unwanted effects of `amount` a day by mouth; computed once."""
    return unwanted(schedule(parse_regimen(f"{amount} every 24h"), "oral", _END_H), ("oral",), {})


def unwanted(plan: Events, routes: tuple[str, ...], switched: Mapping[str, float]) -> Unwanted:
    """What a plan of doses brings with it; `switched` are switches that differ from the model's own."""
    m = model()
    values = {**with_typical(kept_to_scans(doubt(m, DRAWS, SEED)), m), **switched}
    with_drug, without = (
        solved(m, given, np.array([0.0, _END_H]), tuple(EVENTS), values) for given in (plan, nothing())
    )
    rates, more = {}, {}
    for name in EVENTS:
        rate = 100 * with_drug.of(name)[:, -1]
        rates[name] = _estimate(rate)
        more[name] = _estimate(rate - 100 * without.of(name)[:, -1])
    basis = basis_of(m, tuple(EVENTS), routes, off(m, dict(switched)))
    return Unwanted(rates, more, basis.sources, basis.assumed)


def _estimate(values: "np.typing.NDArray[np.float64]") -> Estimate:
    low, high = np.percentile(values[1:], [5, 95])
    return Estimate(float(values[0]), float(low), float(high), "%", KIND)
