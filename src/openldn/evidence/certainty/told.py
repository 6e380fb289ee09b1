"""Main outcomes of which a trial printed a finding and no figure that can be pooled: what it told, and how certain that is.

Without an interval nobody can see whether a difference that matters is excluded, so imprecision costs two levels; the other
domains are rated as for any trial (Murad 2017: rating certainty where there is no single estimate of effect).
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from openldn.evidence.catalogue import study
from openldn.evidence.certainty.facts import Facts, trial_of
from openldn.evidence.certainty.grade import Certainty, certainty_from
from openldn.evidence.certainty.rules import Rules, rules
from openldn.evidence.conditions import condition
from openldn.evidence.effects.comparison import comparison
from openldn.evidence.study import Study
from openldn.notation import Fingerprint, OpenLDNError, Record, read_toml

_FILE = Path(__file__).with_name("told.toml")
FOUND = ("no difference", "benefit", "harm", "not printed")
_SAID = {
    "no difference": "found no clear difference in {0}, and printed no interval that would exclude an important one",
    "benefit": "found a benefit in {0}, and did not print how large",
    "harm": "found a harm in {0}, and did not print how large",
    "not printed": "measured {0}; how the drug compared with {1} was not printed where it was read",
}


@dataclass(frozen=True)
class Told:
    """One main outcome of one trial; `found` is one of FOUND."""

    condition: str
    key: str
    title: str
    said: str
    study: Study
    outcome: str
    found: str
    why: str

    @property
    def id(self) -> str:
        return f"{self.condition}/{self.key}"

    @property
    def sentence(self) -> str:
        """`One trial of 110 people found no clear difference in quality of life …`"""
        s = self.study
        against = s.comparator if s.comparator in ("placebo", "none") else "its comparator"
        people = f" of {s.persons} people" if s.persons is not None else ""
        return f"One trial{people} {_SAID[self.found].format(self.said, against)}."

    def certainty(self, using: Rules | None = None) -> Certainty:
        """The proposed certainty, by the same rules as of a pooled answer."""
        c = comparison(self.study, self.outcome)
        nothing = Facts(
            trials=(trial_of(self.study, self.outcome, weight=1.0),), persons=c.persons or 0, estimate=math.nan,
            low=-math.inf, high=math.inf, interval="", important=None,
        )  # fmt: skip
        return certainty_from(nothing, self.id, using or rules())


def told_of(condition_key: str) -> tuple[Told, ...]:
    """Those of a condition by its key, in file order."""
    return tuple(t for t in told() if t.condition == condition_key)


@lru_cache(maxsize=1)
def told() -> tuple[Told, ...]:
    """All of them. Raises DataError with file, line and field."""
    return tuple(
        _told(key, name, inner) for key, r in read_toml(_FILE).tables() for name, inner in r.inner_tables()
    )


def told_fingerprint() -> Fingerprint:
    return read_toml(_FILE).fingerprint


def _told(key: str, name: str, r: Record) -> Told:
    try:
        found = Told(
            condition(key).key, name, r.text("title"), r.text("said"), study(r.text("study")), r.text("outcome"),
            r.one_of("found", FOUND), r.text("why"),
        )  # fmt: skip
        comparison(found.study, found.outcome)
    except OpenLDNError as error:
        raise r.error(str(error)) from None
    r.done()
    return found
