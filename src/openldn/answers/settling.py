"""Which measurement would settle what the model cannot: rival versions of it, and what each would read.

For every part of the model that is in question its versions are run side by side, for 4.5 mg a day and for doses
around it. What counts is the difference between typical persons over the error of one measurement; how people
differ and how unsure the numbers are is not in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from openldn.answers.comparison import Comparison, Difference, compare
from openldn.answers.statements import LDN
from openldn.notation import significant
from openldn.pharmacology import model

# Parts of the model that a measurement might refute; the others are settings of a person or of the run.
IN_QUESTION = ("kinetics", "rebound", "metabolite", "ogf", "cytokine", "tlr4")
_IN_WORDS = {
    "biophase": "a brain that fills and empties slowly",
    "plasma": "a brain that follows plasma at once",
    "slow_koff": "a drug that stays on its receptor for days",
}


@dataclass(frozen=True)
class Settling:
    """What is in question, in the words of the model text, and its versions side by side."""

    meaning: str
    comparison: Comparison

    @property
    def told(self) -> tuple[tuple[Difference, Difference], ...]:
        """For each pair that some measurement tells apart: the best on 4.5 mg a day, and the best on any dose."""
        pairs = zip(self.comparison.best_by_pair_asked, self.comparison.best_by_pair, strict=True)
        return tuple((asked, best) for asked, best in pairs if best.tells)

    def sentence(self) -> str:
        """The answer in words, for the dose that was asked."""
        if not self.told:
            return f"Whether {self.meaning}: no measurement that was looked at would tell."
        return " ".join(self._told_in_words(asked, best) for asked, best in self.told)

    def named(self, version: str) -> str:
        """A version by its own name: `rebound off`, `plasma`."""
        return f"{self.comparison.of} {version}" if version in ("on", "off") else version

    def in_words(self, version: str) -> str:
        """A version in words with its name behind them, where it has words."""
        return f"{_IN_WORDS[version]} ({version})" if version in _IN_WORDS else self.named(version)

    def reading(self, d: Difference) -> str:
        """What the measurement would read: `64 % (biophase) against 3.5 % (plasma)`."""
        a, b = (
            f"{significant(x, 2)} {d.unit} ({self.named(v)})"
            for x, v in zip((d.a, d.b), d.versions, strict=True)
        )
        return f"{a} against {b}"

    def as_json(self) -> dict[str, Any]:
        """The fields, with what they rest on."""
        c = self.comparison
        return {
            "of": c.of, "meaning": self.meaning, "versions": list(c.versions), "told_apart": c.settling.tells,
            "text": self.sentence(),
            "best_by_pair_at_dose": [d.as_json() for d in c.best_by_pair_asked],
            "best_by_pair": [d.as_json() for d in c.best_by_pair],
            "sources": list(c.provenance.sources), "assumed": list(c.provenance.assumed),
            "computed": "provenance.runs",
        }  # fmt: skip

    def _told_in_words(self, asked: Difference, best: Difference) -> str:
        told = " from ".join(map(self.in_words, best.versions))
        d = asked if asked.tells else best
        only = "" if asked.tells else "only "
        return (
            f"{told[0].upper()}{told[1:]}: {only}{d.meaning} on {_mg(d.dose)} a day, {d.when}, {d.errors_apart:.1f} errors of "
            "one measurement apart."
        )


@lru_cache(maxsize=1)
def settlings() -> tuple[Settling, ...]:
    """Everything in question, in turn; computed once."""
    m = model()
    lines = {
        line.name: line.meaning for b in m.blocks for kind in ("switch", "choice") for line in b.of(kind)
    }
    return tuple(
        Settling(lines[name], compare(LDN, f"{name}={','.join(m.choices.get(name, ('on', 'off')))}"))
        for name in IN_QUESTION
    )


def settling_runs(found: Iterable[Settling]) -> tuple[dict[str, Any], ...]:
    """The questions of the runs behind them: typical persons, nobody drawn."""
    return tuple(
        {"command": "compare", "seed": None, "question": {**s.comparison.question, "persons": 0}}
        for s in found
    )


def _mg(dose: str) -> str:
    return dose.replace("mg", " mg")
