"""The certainty of a body of evidence in GRADE's four words: proposed by rules, with room for a named judge.

Randomised trials start high, others low; the signals are added up, and nothing is below very low. Rating up (large
effect, gradient of dose, confounding that works against the effect: GRADE guideline 9) is meant for studies without
randomisation and is left to people. Software proposes; a `Judgement` by a named person stands beside and is shown.
"""

import datetime
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from openldn.evidence.body import Body
from openldn.evidence.certainty import signals as rule
from openldn.evidence.certainty.facts import Facts, facts_of
from openldn.evidence.certainty.rules import Rules, rules
from openldn.evidence.certainty.signals import Signal
from openldn.evidence.prose import prose
from openldn.evidence.questions import question_by_id
from openldn.notation import Fingerprint, OpenLDNError, TomlFile, read_toml

_FILE = Path(__file__).with_name("judgements.toml")
WORDS = ("very low", "low", "moderate", "high")
UPGRADING = (
    "Not applied: rating up for a large effect, a gradient of dose or opposing confounding is for studies without "
    "randomisation (GRADE guideline 9)."
)
_LEFT = "Not proposed: rating up studies without randomisation is left to a named judge (GRADE guideline 9)."


@dataclass(frozen=True)
class Judgement:
    """The certainty of one question as a named person judged it."""

    question: str
    word: str
    judge: str
    date: str
    reason: str


@dataclass(frozen=True)
class Certainty:
    """`word` is proposed by the signals; `judgement` is what a person said, None where nobody has."""

    question: str
    start: str
    word: str
    signals: tuple[Signal, ...]
    upgrading: str
    judgement: Judgement | None

    @property
    def shown(self) -> str:
        """The judge's word where there is one, else the proposal."""
        return self.judgement.word if self.judgement else self.word

    @property
    def label(self) -> str:
        """`low (proposed)`, or `low (judged by NAME, DATE)`."""
        if self.judgement:
            return f"{self.shown} (judged by {self.judgement.judge}, {self.judgement.date})"
        return f"{self.word} (proposed)"

    @property
    def reasons(self) -> tuple[str, ...]:
        """One line for each domain that was rated down, or whose concern was counted elsewhere."""
        return tuple(f"{s.domain}, {s.word}: {s.reason}" for s in self.signals if s.levels or s.elsewhere)

    def signal(self, domain: str) -> Signal:
        """The signal of one of `signals.DOMAINS`."""
        return next(s for s in self.signals if s.domain == domain)


def certainty_of(body: Body, *, using: Rules | None = None) -> Certainty:
    """The proposed certainty of `body`, with the judgement of a named person where judgements.toml holds one."""
    use = using or rules()
    return certainty_from(facts_of(body, use), body.question.id, use)


def certainty_from(f: Facts, question: str = "", using: Rules | None = None) -> Certainty:
    """The same from plain numbers."""
    r = using or rules()
    missing = rule.missing_evidence(f, r)
    found = (
        rule.risk_of_bias(f, r), rule.inconsistency(f, r), rule.indirectness(f, r), rule.imprecision(f, r), missing,
        rule.publication_bias(f, r, missing.levels),
    )  # fmt: skip
    randomised = all(t.randomised for t in f.trials)
    start = "high" if randomised else "low"
    at = WORDS.index(start) + sum(s.levels for s in found)
    return Certainty(
        question, start, WORDS[max(0, at)], found, UPGRADING if randomised else _LEFT, judgement_of(question)
    )


def judgement_of(question: str) -> Judgement | None:
    """What a named person judged of this question, None where nobody has."""
    return next((j for j in judgements() if j.question == question), None)


@lru_cache(maxsize=1)
def judgements() -> tuple[Judgement, ...]:
    """Every judgement by a named person. Raises DataError with file, line and field."""
    return read_judgements(read_toml(_FILE))


def read_judgements(file: TomlFile) -> tuple[Judgement, ...]:
    """The judgements in `file`."""
    root = file.root()
    found: list[Judgement] = []
    for r in root.tables("judgement"):
        one = Judgement(
            r.text("question"), r.one_of("word", WORDS), r.text("judge"), r.text("date"), prose(r, "reason")
        )
        try:
            question_by_id(one.question)
        except OpenLDNError as error:
            raise r.error(str(error), "question") from None
        try:
            datetime.date.fromisoformat(one.date)
        except ValueError:
            raise r.error(f'"{one.date}" is not a date; write it like 2026-11-23', "date") from None
        if not one.judge.strip() or not one.reason:
            raise r.error("a judgement needs a name and a reason", "judge")
        if any(one.question == other.question for other in found):
            raise r.error(f'"{one.question}" is judged twice', "question")
        r.done()
        found.append(one)
    root.done()
    return tuple(found)


def judgements_fingerprint() -> Fingerprint:
    return read_toml(_FILE).fingerprint
