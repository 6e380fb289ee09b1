"""Does the answer hold whatever one chooses? Every way to pool the trials of a question, and what others printed."""

import math
from dataclasses import dataclass, field
from typing import Any

from openldn.answers.answer import Provenance, provenance
from openldn.answers.printed_answers import as_printed, counted, what_was_found
from openldn.evidence import condition, evidence_date, fingerprints, study
from openldn.evidence.multiverse import (
    Flips,
    MultiverseRun,
    Summary,
    Verdict,
    declarations,
    declared,
    run_multiverse,
    summarise,
    verdicts,
)
from openldn.evidence.questions import question, questions, questions_of
from openldn.notation import InputError, sources_fingerprint

_METHODS = (
    "An analysis counts once, however likely anybody would do it: a share of analyses is not a probability."
)


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

    def sentences(self) -> tuple[str, ...]:
        """The answer in whole sentences."""
        run = self.run
        found = [
            f"{run.combinations:,} combinations of {len(run.declared.factors)} choices; {run.excluded:,} cannot be "
            f"computed from what is printed; {len(run):,} of the others are distinct, {run.defensible.sum():,} of "
            "them defensible."
        ]
        for name, s in (("Defensible", self.defensible), ("All", self.everything)):
            if s is not None:
                found.append(
                    f"{name}: median {self._show(s.median)} {self.unit} (from {self._show(s.lowest)} to "
                    f"{self._show(s.highest)}); {_percent(s.benefit)} favour LDN; the 95 % interval keeps off no "
                    f"effect in {_percent(s.significant)} for LDN and in {_percent(s.significant_harm)} against it."
                )
        found += self._turns()
        if run.declared.note:
            found.append(run.declared.note)
        found.append(_METHODS)
        return (*found, *counted(self.in_print, self.checks))

    @property
    def in_print(self) -> tuple[Verdict, ...]:
        """What became of the answers that somebody published."""
        return tuple(v for v in self.published if v.answer.study)

    @property
    def checks(self) -> tuple[Verdict, ...]:
        """What became of our own, worked by hand to check the search."""
        return tuple(v for v in self.published if not v.answer.study)

    def _turns(self) -> list[str]:
        s = self.defensible or self.everything
        kind = "defensible analyses" if self.defensible else "analyses"
        first = s.flips[0]
        if not first.sign:
            text = f"No single choice turns the sign between two {kind}."
        else:
            assert first.between is not None
            others = ", ".join(f"{f.factor} {_share(f)}" for f in s.flips[1:] if f.sign)
            never = ", ".join(f.factor for f in s.flips if f.pairs and not f.sign)
            text = (
                f"The choice that turns the sign most often is “{first.factor}”: in {_share(first)} of "
                f"{first.pairs:,} pairs of {kind} that differ in nothing else, most between “{first.between[0]}” "
                f"and “{first.between[1]}”."
                + (f" Then {others}." if others else "")
                + (f" Never: {never}." if never else "")
            )
        most = max(s.flips, key=lambda f: f.significance / f.pairs if f.pairs else 0.0)
        if most.significance:
            text += (
                f" Significance turns most often with “{most.factor}”, in {100 * most.significance / most.pairs:.0f} % "
                f"of {most.pairs:,} pairs."
            )
        return [text, *self._example(first)]

    def _example(self, flips: Flips) -> list[str]:
        if flips.example is None:
            return []
        told = []
        for i in flips.example:
            at = self.run.declared.factors.index(
                next(f for f in self.run.declared.factors if f.name == flips.factor)
            )
            option = self.run.declared.factors[at].options[self.run.codes[i][at]].name
            told.append(f"{self._show(self.run.result.estimate[i] * self.run.unit[i])} with “{option}”")
        return [f"For example: {told[0]}, {told[1]}."]

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


def _share(f: Flips) -> str:
    share = 100 * f.sign / f.pairs
    return f"{share:.0f} %" if share >= 1 else f"{share:.1g} %"


def _percent(x: float) -> str:
    return f"{x:.0f} %" if x in (0.0, 100.0) or 1 <= x <= 99 else f"{x:.2g} %" if x < 1 else f"{x:.1f} %"
