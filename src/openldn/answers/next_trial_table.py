"""What the next trial takes for granted, and how many are expected to leave it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from openldn.evidence.study import Study
from openldn.notation import Fingerprint, read_toml

_FILE = Path(__file__).with_name("next_trial.toml")


@dataclass(frozen=True)
class _Table:
    """The numbers of next_trial.toml, the fact on the half-time of occupancy, and why a study's drop-out is in dispute."""

    values: dict[str, float]
    fact: str
    disputed: dict[str, str]


@lru_cache(maxsize=1)
def _table() -> _Table:
    values, fact, disputed = {}, "", {}
    for name, r in read_toml(_FILE).tables():
        if name == "occupancy":
            fact = r.text("fact")
        elif name == "disputed_attrition":
            disputed = {key: str(why) for key, why in r.rest().items()}
        else:
            values[name] = r.number("value")
            r.one_of("basis", ("assumed",))
            r.text("why")
        r.done()
    return _Table(values, fact, disputed)


def next_trial_fingerprint() -> Fingerprint:
    return read_toml(_FILE).fingerprint


def assumed(name: str) -> float:
    """A number of next_trial.toml."""
    return _table().values[name]


def occupancy_fact() -> str:
    """The fact on the half-time of occupancy."""
    return _table().fact


def attrition_of(s: Study) -> float | None:
    """The share of those randomised who did not finish; None where it is not printed, or where sources disagree."""
    if s.id in _table().disputed:
        return None
    finished = s.n_completed or sum(dict(a.counts).get("completed", 0) for a in s.flow) or None
    return None if finished is None or not s.n_randomised else max(0.0, 1 - finished / s.n_randomised)


def attrition(studies: Sequence[Study], design: str) -> tuple[float, str]:
    """The share that will leave, and in words whose it is: of the longest trials of the next one's design."""
    alike = [s for s in studies if s.design == design]
    told = {s.label: (share, s) for s in alike if (share := attrition_of(s)) is not None}
    longest = max((s.duration_weeks or 0 for _, s in told.values()), default=0)
    told = {label: found for label, found in told.items() if (found[1].duration_weeks or 0) == longest}
    if not told:
        why = "; ".join(f"{s.label}: {_table().disputed[s.id]}" for s in alike if s.id in _table().disputed)
        share = assumed("attrition")
        return (
            share,
            f"if {percent(share)} leave (assumed{f', since sources disagree; {why}' if why else ''})",
        )
    share = sum(x * (s.n_randomised or 0) for x, s in told.values()) / sum(
        s.n_randomised or 0 for _, s in told.values()
    )
    weeks = f" in {longest:g} weeks" if longest else ""
    return share, f"if as many leave as in {' and '.join(told)} ({percent(share)}{weeks})"


def percent(x: float) -> str:
    return f"{100 * x:.0f} %"
