"""What one outcome of one study compares: two groups, how many people, what the sign means.

A group's n is, in this order: its own; for a crossover, those analysed, else randomised; for parallel
arms, the n of the study's flow of the same name, or of the only arm with its role, which assumes that
all were analysed. Anything but its own is an assumption that travels with the effect.
"""

import re
from dataclasses import dataclass

from openldn.evidence.study import Arm, Effect, Harm, Outcome, Study
from openldn.notation import UnknownName

_TREATED, _CONTROL = ("ldn", "naltrexone"), ("placebo", "active", "none")
_BOUND = re.compile(r"^[<≤]=?\s*(0?\.\d+)$")


@dataclass(frozen=True)
class Group:
    """One arm with its address and its number of people (None when nobody printed one)."""

    arm: Arm
    address: str
    n: int | None
    n_field: str
    n_assumption: str = ""


@dataclass(frozen=True)
class Comparison:
    """The treated group against the other; either is None when the outcome does not show it.

    paired: the same persons stand in both. persons: all of them, each once, None if not seen.
    """

    study: Study
    outcome: str
    address: str
    scale: str
    better: str
    effect: Effect | None
    treated: Group | None
    control: Group | None
    paired: bool
    persons: int | None
    persons_field: str
    persons_assumption: str = ""
    arms_printed: int = 0

    @property
    def effect_field(self) -> str:
        return f"{self.address}/effect"

    @property
    def groups(self) -> tuple[Group, Group] | None:
        """Both groups, or None."""
        return (self.treated, self.control) if self.treated and self.control else None

    @property
    def ns(self) -> tuple[int, int] | None:
        """The people of both groups, or None when either is not known."""
        if self.treated and self.control and self.treated.n and self.control.n:
            return self.treated.n, self.control.n
        return None

    @property
    def df(self) -> int | None:
        """Degrees of freedom of the comparison, None when the people were not seen."""
        if self.paired:
            return self.persons - 1 if self.persons else None
        return sum(self.ns) - 2 if self.ns else (self.persons - 2 if self.persons else None)


def comparison(study: Study, outcome: str) -> Comparison:
    """The comparison that the outcome `outcome`, or `harm:TERM`, of `study` makes.

    Raises UnknownName when the study has no such outcome or harm.
    """
    item, address, better, scale = _find(study, outcome)
    # a single group with a placebo arm took both, one after the other
    paired = study.design in ("rct-crossover", "single-arm")
    treated = _only(study, address, item, _TREATED, paired)
    control = _only(study, address, item, _CONTROL, paired)
    persons, field, assumed = _persons(study, treated, control, paired)
    return Comparison(
        study, outcome, address, scale, better, item.effect, treated, control, paired, persons, field, assumed,
        len(item.arms),
    )  # fmt: skip


def p_of(effect: Effect) -> tuple[float, bool] | None:
    """The printed p of a comparison, and whether it is only an upper bound ("<0.01")."""
    if effect.p is not None:
        return effect.p, False
    match = _BOUND.match(effect.p_text.strip())
    return (float(match[1]), True) if match else None


def wanted_sign(c: Comparison) -> int:
    """The sign of LDN minus comparator that the printed verdict implies; 0 when it implies none."""
    favours = c.effect.favours if c.effect else ""
    if c.better not in ("lower", "higher") or favours not in (*_TREATED, "comparator"):
        return 0
    return (1 if favours in _TREATED else -1) * (1 if c.better == "higher" else -1)


def _find(study: Study, outcome: str) -> tuple[Outcome | Harm, str, str, str]:
    if outcome.startswith("harm:"):
        for harm in study.harms:
            if harm.term == outcome.removeprefix("harm:"):
                return harm, outcome, "lower", ""
    for found in study.outcomes:
        if found.name == outcome:
            return found, f"outcome:{outcome}", found.better, found.scale
    known = [o.name for o in study.outcomes] + [f"harm:{h.term}" for h in study.harms]
    raise UnknownName(f"outcome of {study.id}", outcome, known)


def _only(
    study: Study, address: str, item: Outcome | Harm, roles: tuple[str, ...], paired: bool
) -> Group | None:
    """The one arm in these roles. Two (a factorial design) need a choice that is not ours to make."""
    arms = [a for a in item.arms if a.role in roles]
    if len(arms) != 1:
        return None
    arm = arms[0]
    here = f"{address}/arm:{arm.arm}"
    if arm.n is not None:
        return Group(arm, here, arm.n, f"{here}/n")
    if paired:
        n, field, assumed = _people(study)
        return Group(arm, here, n, field, assumed)
    same = [f for f in study.flow if f.arm == arm.arm] or [f for f in study.flow if f.role == arm.role]
    if len(same) == 1 and same[0].n is not None:
        assumed = f"n of {arm.arm} is that of the flow; all of them are taken as analysed"
        return Group(arm, here, same[0].n, f"flow:{same[0].arm}/n", assumed)
    return Group(arm, here, None, "")


def _persons(
    study: Study, treated: Group | None, control: Group | None, paired: bool
) -> tuple[int | None, str, str]:
    if treated and control and treated.n and control.n:
        if not paired:
            return treated.n + control.n, "", ""
        return min(treated.n, control.n), treated.n_field, treated.n_assumption
    return _people(study)


def _people(study: Study) -> tuple[int | None, str, str]:
    if study.n_analysed is not None:
        return study.n_analysed, "n_analysed", ""
    if study.n_randomised is not None:
        assumed = f"all {study.n_randomised} randomised are taken as analysed; the number was not seen"
        return study.n_randomised, "n_randomised", assumed
    return None, "", ""
