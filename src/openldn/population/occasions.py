"""Parameters that change within a person from one occasion to the next.

    value of person i on occasion k = value of person i × exp(κ_ik)        (or as `shapes` has it)

κ_ik comes from the stream "NAME occasion k" at place i, so that occasion 3 of person 17 is what it is whatever
the number of persons or occasions. To a run they are events that change parameters at the edges.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine import Events, Model, ev, parameters_behind
from openldn.engine.expressions import symbols
from openldn.notation import InputError
from openldn.population.persons import uniforms
from openldn.population.shapes import spread_out

Array = NDArray[np.float64]
BY_DOSE = "doses"


@dataclass(frozen=True)
class Occasions:
    """`edges` are the hours at which a new occasion begins, the first one after 0."""

    edges: tuple[float, ...]
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

    def events(self, model: Model, base: Mapping[str, Any], seed: int, who: range) -> Events:
        """The changes of each of the persons `who`, which come before what else happens at that hour."""
        hours = (0.0, *self.edges)
        each = [self.values(model, base, k, seed, who) for k in range(len(hours))]
        found = ev(evid=2, time=hours).among([str(i) for i in who])
        own = {name: np.array([values[name] for values in each]).T.ravel() for name in self.parameters}
        return replace(found, values=own)


def occasions(
    model: Model,
    events: Events | None,
    end: float,
    outputs: Sequence[str],
    asked: str | Sequence[float] | None,
    off: Sequence[str] = (),
) -> Occasions | None:
    """The occasions of a run up to hour `end`, or None where nothing varies between them.

    events: of one person; None where each has their own, who have only hours in common.
    asked: "doses" (each dose begins one), hours, () for none, or None: by dose if any parameter varies so.
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
    if events is None and (asked is None or isinstance(asked, str)):
        raise InputError(
            "persons with events of their own have no occasions in common; give `when` in hours, or ()"
        )
    routes = [r for r in (events.places if events is not None else model.doses) if r in model.doses]
    if events is not None and "" in events.places:
        routes += list(model.doses)[:1]
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
        assert events is not None
        given = events.dose_times().tolist()
    else:
        given = [float(h) for h in asked]
        if sorted(set(given)) != given or min(given) <= 0 or min(given) >= end:
            raise InputError(
                f"occasions at {given}: give increasing hours above 0, before the end of the run"
            )
    return Occasions(tuple(sorted({h for h in given if 0 < h < end})), active)


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
