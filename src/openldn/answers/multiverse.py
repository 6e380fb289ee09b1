"""Does the answer hold whatever one chooses? Every way to pool the trials of a question, and what others printed."""

import math
from dataclasses import dataclass, field
from typing import Any

from openldn.answers.answer import Provenance, provenance
from openldn.answers.printed_answers import as_printed, counted, what_was_found
from openldn.evidence import condition, evidence_date, fingerprints, study
from openldn.evidence.multiverse import (
    MultiverseRun,
    Summary,
    Verdict,
    declarations,
    declared,
    only_parallel,
    run_multiverse,
    summarise,
    verdicts,
)
from openldn.evidence.questions import question, questions, questions_of
from openldn.meta.multiverse import EQUAL, Sides
from openldn.meta.multiverse.words import counted as counted_ways
from openldn.meta.multiverse.words import example, told, turns
from openldn.notation import InputError, sources_fingerprint

_SIDES = Sides("favour LDN", "for LDN", "against it")


@dataclass(frozen=True)
class MultiverseAnswer:
    """All specifications of one question: summaries of all and of the defensible ones, and the printed answers."""

    run: MultiverseRun
    everything: Summary
    defensible: Summary | None
    published: tuple[Verdict, ...]
    date: str
    provenance: Provenance = field(repr=False)

    @property
    def unit(self) -> str:
        q = self.run.declared.question
        return q.unit or q.measure

    def natural(self, x: float) -> float:
        """A value in the question's unit as people read it: a ratio as a ratio."""
        return math.exp(x) if self.run.declared.question.ratio else x

    @property
    def parallel(self) -> Summary | None:
        """The defensible specifications of parallel trials alone; None where crossovers are in none or in all."""
        alone = self.run.where(only_parallel)
        mine = alone[self.run.defensible]
        return summarise(self.run, defensible=True, where=alone) if mine.any() and not mine.all() else None

    def sentences(self) -> tuple[str, ...]:
        """The answer in whole sentences."""
        found = [counted_ways(self.run, "what is printed")]
        for name, s in (
            ("Defensible", self.defensible), ("Defensible, parallel trials alone", self.parallel), ("All", self.everything),
        ):  # fmt: skip
            if s is not None:
                found.append(told(name, s, self._show, self.unit, _SIDES))
        s = self.defensible or self.everything
        found += [
            turns(s, "defensible analyses" if self.defensible else "analyses"),
            *example(self.run, s.flips[0], self._show),
        ]
        if self.run.declared.note:
            found.append(self.run.declared.note)
        found.append(EQUAL)
        return (*found, *counted(self.in_print, self.checks))

    @property
    def in_print(self) -> tuple[Verdict, ...]:
        """What became of the answers that somebody published."""
        return tuple(v for v in self.published if v.answer.study)

    @property
    def checks(self) -> tuple[Verdict, ...]:
        """What became of our own, worked by hand to check the search."""
        return tuple(v for v in self.published if not v.answer.study)

    def _show(self, x: float) -> str:
        return f"{self.natural(float(x)):.2f}".replace("-", "−")

    def printed(self, v: Verdict) -> str:
        """`SMD −0.61 (−1.14 to −0.08)`."""
        return as_printed(v)

    def why(self, v: Verdict) -> str:
        """What was found of a printed answer, and what stands in the way."""
        return what_was_found(v)

    def in_short(self) -> dict[str, Any]:
        """The sentences and what became of the printed answers, without the specifications."""
        return {
            "question": self.run.declared.question.id,
            "sentences": list(self.sentences()),
            "published": [
                {
                    "label": v.answer.label,
                    "published": bool(v.answer.study),
                    "printed": self.printed(v),
                    "verdict": v.verdict,
                    "why": self.why(v),
                }
                for v in self.published
            ],
            "computed": "provenance.runs",
        }

    def as_json(self) -> dict[str, Any]:
        """Every specification as a row: the option of each factor by its number, −1 where it makes no difference."""
        from openldn.answers.multiverse_json import document

        return document(self)


def all_multiverses() -> dict[str, MultiverseAnswer]:
    """The multiverse of each condition that has a question of benefit with two trials."""
    keys = dict.fromkeys(q.condition for q in questions() if len(q.members) > 1 and not q.harm)
    return {key: ask_multiverse(key) for key in keys}


def ask_multiverse(name: str, key: str = "") -> MultiverseAnswer:
    """The multiverse of a condition by key, name or alias; `key` picks its question, else the first declared one.

    Raises UnknownName for a condition or question that is not there, InputError where no question has two trials.
    """
    found = condition(name).key
    q = question(found, key) if key else None
    if q is None:
        several = [x for x in questions_of(found) if len(x.members) > 1 or x.id in declarations()]
        if not several:
            raise InputError(
                f"no question of {found} has two trials with figures; a multiverse needs two "
                f"(ldn evidence {found} shows what there is)"
            )
        q = min(several, key=lambda x: (x.id not in declarations(), x.harm))
    run = run_multiverse(choices := declared(q.id))
    everything = summarise(run)
    assert everything is not None
    ids = {t.study for t in choices.trials} | {a.study for a in choices.answers if a.study}
    return MultiverseAnswer(
        run, everything, summarise(run, defensible=True), verdicts(choices), evidence_date(),
        provenance(
            "multiverse", {"condition": found, "question": q.key}, files=(*fingerprints(), sources_fingerprint()),
            sources=[study(i).source for i in ids], provisional=ids, assumed=["correlation"],
        ),
    )  # fmt: skip
