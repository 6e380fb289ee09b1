"""Which numbers of a pooled answer one person has read, and nobody else.

A difference that was computed here from two arms is not read anywhere: the two figures of the arms stand for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from openldn.evidence.catalogue import study
from openldn.evidence.fields import Value, value_at
from openldn.evidence.readings import STATES, read_twice, state_of
from openldn.evidence.study import Outcome
from openldn.meta.effects import EffectSize

_OF_ARMS = ("change", "change_percent", "mean")


@dataclass(frozen=True)
class RestsOn:
    """The printed numbers behind some effects: how many, and those that were read once."""

    total: int
    read_once: tuple["Once", ...]

    def sentence(self) -> str:
        """`Rests on 2 of 6 numbers read once: Smith 2011, response: LDN percent 88 (corrected, read once).`"""
        if not self.read_once:
            return f"All {self.total} numbers behind it were read twice."
        by: dict[str, list[str]] = {}
        for x in self.read_once:
            by.setdefault(f"{study(x.study).label}, {x.of}", []).append(x.words())
        told = "; ".join(f"{where}: {', '.join(found)}" for where, found in by.items())
        return f"Rests on {len(self.read_once)} of {self.total} numbers read once: {told}."


@dataclass(frozen=True)
class Once:
    """One number read once. `state` is provisional or corrected (`readings.STATES`)."""

    study: str
    field: str
    value: Value
    state: str

    @property
    def of(self) -> str:
        """The outcome or harm that it belongs to."""
        return self.field.split("/")[0].partition(":")[2]

    def words(self) -> str:
        """`LDN error 9.3`, `effect low −0.32 (corrected, read once)`."""
        name = " ".join(part.removeprefix("arm:").replace("_", " ") for part in self.field.split("/")[1:])
        told = f"{self.value:g}".replace("-", "−") if isinstance(self.value, int | float) else str(self.value)
        state = "" if self.state == "provisional" else f" ({STATES[self.state]})"
        return f"{name} {told}{state}"


def rests_on(effects: Iterable[EffectSize]) -> RestsOn:
    """The numbers behind `effects`, each counted once however often it is used."""
    found = dict.fromkeys(
        (e.study, f) for e in effects for field in e.fields for f in _printed(e.study, field)
    )
    once = [(s, f) for s, f in found if not read_twice(s, f)]
    return RestsOn(len(found), tuple(Once(s, f, value_at(study(s), f), state_of(s, f)) for s, f in once))


def _printed(study_id: str, field: str) -> tuple[str, ...]:
    """The figures that a computed difference is of; any other field as it is."""
    head, _, last = field.partition("/effect/")
    if last != "estimate":
        return (field,)
    outcome = next((o for o in study(study_id).outcomes if f"outcome:{o.name}" == head), None)
    if outcome is None or outcome.effect is None or "estimate" not in outcome.effect.derived:
        return (field,)
    return _arms(outcome, outcome.effect.estimate) or (field,)


def _arms(outcome: Outcome, difference: float | None) -> tuple[str, ...]:
    """The figures of the two arms whose difference was computed; () where it is not theirs."""
    for name in _OF_ARMS:
        values = [(a, getattr(a, name)) for a in outcome.arms if getattr(a, name) is not None]
        if len(values) != 2 or difference is None:
            continue
        (first, x), (second, y) = values
        if abs(x - y - difference) < 1e-9:
            return tuple(f"outcome:{outcome.name}/arm:{a.arm}/{name}" for a in (first, second))
    return ()
