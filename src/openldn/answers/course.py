"""What the scales of a condition do over twelve weeks: untreated, on placebo, and what a drug might add.

The course without the drug comes from sources about other treatments. What naltrexone adds is a prior,
wide about zero and the same for every scale: it says what would be believed without any trial of it.
Shares of persons are counted among simulated ones, never computed from a formula of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.answers.basis import basis_of
from openldn.answers.belief import SEED
from openldn.answers.running import solved
from openldn.answers.switches import off
from openldn.engine import Events, parameters_behind, parse_regimen, schedule
from openldn.engine.events import nothing
from openldn.notation import Estimate, UnknownName
from openldn.pharmacology import Scale, kept_to_scans, scales, scales_of
from openldn.population import doubt, draw, with_typical

Array = NDArray[np.float64]
WEEKS, PERSONS, DRAWS = 12, 2000, 100
_END_H = WEEKS * 168.0
PERSONS_KIND = f"typical person; 5th to 95th percentile of {PERSONS} simulated persons"
DRAWS_KIND = f"prior, no trial of the drug in it; 90 % of {DRAWS} draws"


@dataclass(frozen=True)
class ScaleCourse:
    """Improvements in points after WEEKS; `reach` is how many of 100 persons on placebo improve by `important`."""

    scale: Scale
    baseline: float
    untreated: Estimate
    on_placebo: Estimate
    important: float | None
    reach: Estimate | None
    by_drug: Estimate
    sources: tuple[str, ...] = field(repr=False)
    assumed: tuple[str, ...] = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        return {
            "scale": self.scale.id, "name": self.scale.name, "weeks": WEEKS, "unit": "point",
            "baseline": self.baseline, "untreated": self.untreated.as_json(),
            "on_placebo": self.on_placebo.as_json(), "important_change": self.important,
            "reach_it_on_placebo": self.reach.as_json() if self.reach else None,
            "by_drug": self.by_drug.as_json(), "sources": list(self.sources), "assumed": list(self.assumed),
            "computed": "provenance.runs",
        }  # fmt: skip


def check_condition(condition: str) -> None:
    """Raise UnknownName unless the condition, by its key, has a scale."""
    if not scales_of(condition):
        raise UnknownName("condition with a clinical scale", condition, {s.condition for s in scales()})


@lru_cache(maxsize=64)
def usual_courses(condition: str) -> tuple[ScaleCourse, ...]:
    """The courses of a condition's scales with 4.5 mg a day by mouth; computed once."""
    return courses(condition, schedule(parse_regimen("4.5mg every 24h"), "oral", _END_H), ("oral",), {})


def courses(
    condition: str,
    plan: Events,
    routes: tuple[str, ...],
    switched: Mapping[str, float],
    own: Mapping[str, Mapping[str, float]] | None = None,
) -> tuple[ScaleCourse, ...]:
    """What each scale of a condition does; `switched` are switches and numbers that differ from the model's own,
    `own` numbers of single scales by scale key."""
    check_condition(condition)
    return tuple(
        _course(s, plan, routes, {**switched, **(own or {}).get(s.key, {})}) for s in scales_of(condition)
    )


def _course(
    scale: Scale, plan: Events, routes: tuple[str, ...], switched: Mapping[str, float]
) -> ScaleCourse:
    m = scale.model()
    drawn = draw(m, PERSONS, SEED)
    people = with_typical({name: drawn[name] for name in ("OWN", "BASELINE") if name in drawn}, m)

    def improved(placebo: float) -> Array:
        values = {**people, **switched, "placebo": placebo}
        score = solved(m, nothing(), np.array([0.0, _END_H]), ("score", "sign"), values)
        return np.asarray((score.of("score")[:, 0] - score.of("score")[:, 1]) * score.of("sign")[:, 0])

    untreated, expected = improved(0.0), improved(float(switched.get("placebo", 1.0)))
    baseline = switched.get("BASELINE", m.parameters["BASELINE"].value)
    important = scale.important.points(baseline) if scale.important else None
    reach = None
    if important is not None:
        share = 100 * float(np.mean(expected[1:] >= important))
        reach = Estimate(share, None, None, "%", f"counted among {PERSONS} simulated persons")
    drug = abs(baseline - m.parameters["BEST"].value) * _answered(
        scale, plan, tuple(sorted(switched.items()))
    )
    basis = basis_of(m, ("score",), routes, off(m, dict(switched)))
    return ScaleCourse(
        scale, baseline, _spread(untreated, PERSONS_KIND), _spread(expected, PERSONS_KIND), important, reach,
        _spread(drug, DRAWS_KIND), basis.sources, basis.assumed,
    )  # fmt: skip


def _answered(scale: Scale, plan: Events, switched: tuple[tuple[str, float], ...]) -> Array:
    """What the drug adds as a share of the way to the best score, shape (1 + draws,)."""
    # Scales that share their priors share the run: only a scale with its own is solved again.
    like = scale if _has_own_prior(scale) else next(s for s in scales() if not _has_own_prior(s))
    return _answered_like(like.id, plan, switched)


def _has_own_prior(scale: Scale) -> bool:
    return any(name.startswith(("E_", "T_")) for name in scale.entries)


@lru_cache(maxsize=32)
def _answered_like(scale_id: str, plan: Events, switched: tuple[tuple[str, float], ...]) -> Array:
    m = next(s for s in scales() if s.id == scale_id).model()
    values = with_typical(kept_to_scans(doubt(m, DRAWS, SEED)), m)
    # Numbers of the other scale, such as its baseline, are none of this one's.
    behind = {*parameters_behind(m, ("answered",), m.routes()), *m.switches}
    own = {name: value for name, value in switched if name in behind}
    ends = np.array([0.0, _END_H])
    result = solved(m, plan, ends, ("answered",), {**values, **own})
    return result.of("answered")[:, -1]


def _spread(values: Array, kind: str) -> Estimate:
    low, high = np.percentile(values[1:], [5, 95])
    return Estimate(float(values[0]), float(low), float(high), "point", kind)
