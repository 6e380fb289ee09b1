"""From choices to the effects that are pooled: which trials, which of their figures, and why it cannot be done."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from openldn.evidence.catalogue import study
from openldn.evidence.effects import Route, possible_routes
from openldn.evidence.multiverse.declaration import Declared, Factor, Option, Rule, Trial
from openldn.notation import InputError, UnknownName

Choice = tuple[Factor, Option]


@dataclass(frozen=True, order=True)
class Entry:
    """One trial in a data set; `correlation` is None where the route needs none."""

    study: str
    outcome: str
    route: str
    correlation: float | None
    as_parallel: bool
    yi: float
    vi: float

    def words(self) -> str:
        """`Younger 2013 (difference with p, in points)`."""
        said = [self.route]
        if self.correlation is not None:
            said.append(f"r = {self.correlation:g}")
        if self.as_parallel:
            said.append("as if two groups")
        return f"{study(self.study).label} ({', '.join(said)})"


@dataclass(frozen=True)
class DataSet:
    """What is pooled, in the order of the studies' ids, so that no order of trials or factors matters."""

    measure: str
    entries: tuple[Entry, ...]

    @property
    def k(self) -> int:
        return len(self.entries)

    @property
    def yi(self) -> tuple[float, ...]:
        return tuple(e.yi for e in self.entries)

    @property
    def vi(self) -> tuple[float, ...]:
        return tuple(e.vi for e in self.entries)


def data_set(declared: Declared, choices: Iterable[Choice]) -> DataSet | None:
    """The data set of one option for each factor; None where no trial is left or one has no way to the measure."""
    measure, correlation, rule = declared.question.measure, 0.5, Rule()
    sources: dict[str, Option] = {}
    outcomes: dict[str, str] = {}
    for factor, option in choices:
        if factor.kind == "measure":
            measure = option.value
        elif factor.kind == "trials":
            rule = option.rule
        elif factor.kind == "correlation":
            correlation = option.correlation
        elif factor.kind == "source":
            sources[factor.study] = option
        elif factor.kind == "outcome":
            outcomes[factor.study] = option.value
    found: list[Entry] = []
    for trial in declared.trials:
        if not rule.holds(study(trial.study)):
            continue
        made = entries(trial, measure, sources[trial.study], outcomes.get(trial.study, ""), correlation)
        if made is None:
            return None
        found += made
    return DataSet(measure, tuple(sorted(found))) if found else None


def entries(
    trial: Trial, measure: str, source: Option, outcome: str, correlation: float
) -> tuple[Entry, ...] | None:
    """The trial's entry, () where the source leaves it out of this measure, None where it has no way to it."""
    name = source.routes.get(measure)
    if name is None:
        return None
    if not name:
        return ()
    outcome = outcome or trial.outcomes.get(measure, "")
    factor = trial.factor if measure == "MD" else 1.0
    found = _entry(trial.study, outcome, measure, name, correlation, source.as_parallel, factor)
    if found is not None and source.estimate_of:
        found = _in_place(found, source.estimate_of.get(outcome, ""), factor)
    return None if found is None else (found,)


def _in_place(entry: Entry, other: str, factor: float) -> Entry | None:
    """The estimate that `other` prints with the spread of `entry`; None where nothing stands in its place."""
    effect = next((o.effect for o in study(entry.study).outcomes if o.name == other), None)
    if effect is None or effect.estimate is None:
        return None
    route = f"difference of {other}, spread of the {entry.route}"
    return replace(entry, outcome=other, route=route, yi=effect.estimate * factor)


@lru_cache(maxsize=8192)
def _entry(
    key: str, outcome: str, measure: str, name: str, correlation: float, as_parallel: bool, factor: float
) -> Entry | None:
    route = _routes(key, outcome, measure, as_parallel).get(name)
    if route is None:
        if any(name in _routes(key, o.name, measure, as_parallel) for o in study(key).outcomes):
            return None
        known = _routes(key, outcome, measure, as_parallel)
        raise UnknownName(f"route of {key} to {measure}", name, known)
    try:
        e = route.effect(correlation)
    except InputError:
        return None  # the figures do not allow this correlation
    r = correlation if route.uses_correlation else None
    return Entry(key, outcome, name, r, as_parallel, e.yi * factor, e.vi * factor**2)


@lru_cache(maxsize=512)
def _routes(key: str, outcome: str, measure: str, as_parallel: bool) -> Mapping[str, Route]:
    found = study(key)
    if as_parallel:
        found = replace(found, design="rct-parallel")
    return {r.name: r for r in possible_routes(found, outcome, measure, misread=True)}
