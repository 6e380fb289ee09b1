"""Parameters that change within a person from one occasion to the next.

    value of person i on occasion k = value of person i × exp(κ_ik)        (or as `shapes` has it)

κ_ik comes from the stream "NAME occasion k" at place i, so that occasion 3 of person 17 is what it is whatever
the number of persons or occasions. To a run they are events that change parameters at the edges.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.events.table import OTHER, Events, ev, sorted_by_person
from openldn.engine.expressions import symbols
from openldn.engine.model import Model
from openldn.engine.persons import uniforms
from openldn.engine.pruning import parameters_behind
from openldn.engine.shapes import spread_out
from openldn.notation import InputError

Array = NDArray[np.float64]
BY_DOSE = "doses"


@dataclass(frozen=True)
class Occasions:
    """`edges` are the hours at which each person's occasions begin, the first at the start: (persons, occasions), NaN
    behind a person's last; or (1, occasions), the same for everybody. parameters: those that change."""

    edges: Array = field(repr=False)
    parameters: tuple[str, ...]

    def values(
        self, model: Model, base: Mapping[str, Any], k: int, seed: int, who: range
    ) -> dict[str, Array]:
        """The parameters on occasion k of the persons `who`, about their own values in `base`."""
        found = {}
        for name in self.parameters:
            parameter = model.parameters[name]
            assert parameter.occasion is not None
            own = np.broadcast_to(np.asarray(base.get(name, parameter.value), dtype=float), (len(who),))
            u = uniforms(seed, f"{name} occasion {k}", len(who), who.start)
            found[name] = spread_out(parameter, parameter.occasion, own, u)
        return found

    def added(self, events: Events, model: Model, base: Mapping[str, Any], seed: int, who: range) -> Events:
        """The events of the persons `who` with their changes, which come before what else happens at that hour."""
        count, occasions = len(who), self.edges.shape[1]
        edges = np.broadcast_to(self.edges, (count, occasions))
        there = ~np.isnan(edges)
        person, _ = np.nonzero(there)
        each = [self.values(model, base, k, seed, who) for k in range(occasions)]
        columns = {
            name: np.stack([values[name] for values in each], axis=1)[there] for name in self.parameters
        }
        ids = events.ids if events.persons == count else tuple(str(i) for i in who)
        one = replace(ev(evid=OTHER), silent=np.ones(1, dtype=np.int64))
        changes = sorted_by_person(one, np.zeros(person.size, dtype=np.int64), person, ids, time=edges[there])
        given = events if events.persons == count else events.among(ids)
        return replace(changes, values=columns) + replace(given, ids=ids)


def occasions(
    model: Model,
    events: Events,
    outputs: Sequence[str],
    asked: str | Sequence[float] | None = None,
    *,
    end: float = np.inf,
    off: Sequence[str] = (),
) -> Occasions | None:
    """The occasions of a run up to hour `end`, or None where nothing varies between them.

    asked: "doses" (each dose of a person begins one), hours, () for none, or None: by dose if any parameter varies so.
    off: switches at 0. Raises InputError for variation that would do nothing.
    """
    varying = tuple(name for name, p in model.parameters.items() if p.occasion is not None)
    _refuse_idle(model, varying)
    if not varying and asked is not None and len(asked):
        raise InputError(
            "occasions were asked for, but no parameter varies between them: none has an `occasion`"
        )
    if not varying or (asked is not None and not len(asked)):
        return None
    routes = [r for r in events.places if r in model.doses] or list(model.doses)[:1]
    active = tuple(name for name in varying if name in parameters_behind(model, outputs, routes, off))
    if not active:
        if asked is None:
            return None
        raise InputError(
            f"variation of {', '.join(varying)} between occasions would change nothing in {', '.join(outputs)}"
        )
    if isinstance(asked, str) and asked != BY_DOSE:
        raise InputError(f'occasions "{asked}": give "{BY_DOSE}" or hours')
    if asked is None or isinstance(asked, str):
        return Occasions(_by_dose(events, end), active)
    given = [float(h) for h in asked]
    if sorted(set(given)) != given or min(given) <= 0 or min(given) >= end:
        raise InputError(f"occasions at {given}: give increasing hours above 0, before the end of the run")
    return Occasions(np.array([[_start(events), *(h for h in given if h < end)]]), active)


def _start(events: Events) -> float:
    return min(0.0, float(np.min(events.time, initial=0.0)))


def _by_dose(events: Events, end: float) -> Array:
    """The start, and every dose after it, of each person; shape (persons, occasions), NaN behind the last."""
    doses = events.spelled_out()
    start, person = _start(events), doses.person
    there = doses.gives & (doses.time > start) & (doses.time < end)
    time, person = doses.time[there], person[there]
    new = np.ones(time.size, dtype=bool)
    new[1:] = (time[1:] != time[:-1]) | (person[1:] != person[:-1])
    time, person = time[new], person[new]
    count = np.bincount(person, minlength=events.persons)
    found = np.full((events.persons, 1 + int(count.max(initial=0))), np.nan)
    found[:, 0] = start
    found[person, 1 + np.arange(time.size) - np.repeat(np.cumsum(count) - count, count)] = time
    return found


def _refuse_idle(model: Model, varying: Sequence[str]) -> None:
    lines = [line for lines in model.doses.values() for line in lines]
    used = {name for e in (*model.assignments, *model.rates.values()) for name in symbols(e.expression)}
    for line in lines:
        for part in (line.expression, line.lag, line.rate, line.duration):
            used |= set(symbols(part)) if part is not None else set()
    starts = {name for state in model.states for name in symbols(state.expression)}
    for name in varying:
        if name not in used:
            why = "it only sets where a state starts" if name in starts else "no equation uses it"
            raise InputError(f"variation of {name} between occasions would do nothing: {why}")
