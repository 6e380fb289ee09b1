"""What the trials of a condition say together, how surely, and what would change it.

One answer per question of `evidence/questions.toml`: every trial with the way from print to effect, the
average in three ways, the chance of a benefit that matters, what each trial could have shown, and how large
the next one would have to be.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from openldn.answers.answer import Provenance, provenance
from openldn.answers.next_trial import NextTrial, next_trial, sources_of
from openldn.answers.next_trial_table import next_trial_fingerprint
from openldn.evidence import fingerprints, study, value_at
from openldn.evidence.body import Body, body
from openldn.evidence.certainty import Certainty, certainty_of
from openldn.evidence.questions import Question, question_by_id, questions_of
from openldn.evidence.read_once import RestsOn, rests_on
from openldn.meta import INTERVAL_WORDS, EffectSize, Fragility, fragility, spread_words
from openldn.meta.effects import TwoByTwo
from openldn.meta.small_trials import Replication, corrected_for_selection, replication
from openldn.notation import Estimate, effect_figure, significant, sources_fingerprint

_Z = 1.959963984540054  # Φ⁻¹(0.975)
_AS_PRINTED = "printed difference with CI"  # a route of `evidence/effects/printed.py`
FEW_EVENTS = 10  # fewer cannot carry a chance: the normal distribution of a log ratio does not hold


@dataclass(frozen=True)
class TrialRow:
    """One trial: its effect on the natural scale, its weight, and what it could have shown.

    again: what a second trial as precise would find, on the scale of the analysis like `corrected`, the estimate corrected
    for selection by significance; None where it is not significant.
    """

    effect: EffectSize
    label: str
    estimate: Estimate
    weight: float
    power: float | None
    type_m: float | None
    fragility: Fragility | None
    again: Replication
    corrected: float | None


@dataclass(frozen=True)
class Synthesis:
    """The body of evidence on one question as people read it; `next` is what the next trial would have to be."""

    question: Question
    body: Body = field(repr=False)
    rows: tuple[TrialRow, ...]
    average: Estimate
    common: Estimate
    prediction: tuple[float, float] | None
    p_benefit: float
    p_important: float | None
    next: NextTrial
    certainty: Certainty
    provenance: Provenance = field(repr=False)

    @property
    def rests_on(self) -> RestsOn:
        """The printed numbers behind the effects, and which of them one person has read."""
        return rests_on(self.body.effects)

    def sentence(self) -> str:
        """The answer in plain words, null results as large as others."""
        q, a = self.question, self.average
        k, n = len(self.rows), self.body.persons
        trials = f"{k} trial{'s' if k > 1 else ''}, {n} people"
        against = "" if q.ratio else f" {q.unit}"
        effect = f"{self.measure_words()} {effect_figure(a.value)} ({effect_figure(a.low)} to {effect_figure(a.high)}){against}"
        if self.reconstructed:
            effect += f", from {self.reconstructed}"
        if q.sign_unknown:
            effect += ", whose direction is not printed"
        sure = f"certainty {self.certainty.label}"
        return f"{q.title[0].upper()}{q.title[1:]}: {trials}; {effect}; {self._chances()}; {sure}."

    def _chances(self) -> str:
        """The chances in words: those of the figures at face value, or why none is told."""
        q, b = self.question, self.body
        if self.events is not None and self.events < FEW_EVENTS:
            return f"too few events ({self.events}) for a chance"
        if q.sign_unknown:
            other, far = b.with_other_sign()
            told = (
                f"taken at face value, any benefit has a chance of {chance_words(self.p_benefit)} read one way and "
                f"{chance_words(other)} the other"
            )
            if self.p_important is None or far is None or b.important is None:
                return told
            most, size = chance_words(max(self.p_important, far)), significant(abs(b.natural(b.important)))
            return (
                f"{told}, one that matters ({size}) of {most}{'' if most.startswith('less') else ' at most'}"
            )
        low, high = b.benefit_range()
        span = (
            f" ({low:.0%} to {high:.0%} by the prior chosen)".replace("%", " %")
            if round(high - low, 2) > 0
            else ""
        )
        face = "taken at face value" if not self.reconstructed else "if these counts are right"
        better = "fewer events on the drug have" if q.harm else "any benefit has"
        said = f"{face}, {better} a chance of {chance_words(self.p_benefit)}{span}"
        if self.p_important is not None and b.important is not None and not q.harm:
            matters = significant(b.natural(b.important))
            said += f", one that matters ({matters}) of {chance_words(self.p_important)}"
        return said

    @property
    def reconstructed(self) -> str:
        """The counts that no trial printed, in words; "" where all were printed."""
        tables = [TwoByTwo(*e.events).words() for e in self.body.effects if e.reconstructed and e.events]
        return f"counts reconstructed, not printed ({'; '.join(tables)})" if tables else ""

    @property
    def events(self) -> int | None:
        """Events in all trials together; None where not every trial counts them."""
        tables = [e.events for e in self.body.effects if e.events]
        return sum(t[0] + t[2] for t in tables) if len(tables) == len(self.rows) else None

    def small_trials(self) -> tuple[str, ...]:
        """What each trial could have shown and how far to believe it, in sentences."""
        from openldn.answers.trial_words import trial_sentences

        return tuple(" ".join(trial_sentences(self, r)) for r in self.rows)

    def measure_words(self) -> str:
        """`difference`, `risk ratio` …"""
        return self.question.effect_words

    def heterogeneity(self) -> str:
        """How much the trials differ, in a sentence; "" for a single trial."""
        h = self.body.pooled.heterogeneity
        if len(self.rows) < 2:
            return ""
        q = self.question
        differ = spread_words(q.measure, h.tau2**0.5) if q.ratio else f"τ² {h.tau2:.2g}"
        told = f"I² {h.i2:.0f} % (by Q alone {h.i2_q:.0f} %), {differ}, Q {h.q:.1f}, p {h.q_p:.2g}"
        if self.prediction:
            low, high = map(effect_figure, self.prediction)
            told += (
                f"; prediction interval {low} to {high}, for the true effect of a new trial in a like setting"
            )
        return told

    def warnings(self) -> tuple[str, ...]:
        """What a reader must be told of the average; of one trial the table says so already."""
        p = self.body.pooled
        if len(self.rows) < 2:
            return ()
        if len(self.rows) == 2:
            return (
                "Two trials cannot tell how far trials differ; the interval is the normal one and may be too narrow.",
            )
        return p.warnings

    def as_json(self) -> dict[str, Any]:
        """See `synthesis_json`."""
        from openldn.answers.synthesis_json import synthesis_as_json

        return synthesis_as_json(self)


def syntheses(condition: str) -> tuple[Synthesis, ...]:
    """The answers to every question of a condition, by its key; empty where no trial can be put into figures."""
    return tuple(synthesis(q.id) for q in questions_of(condition))


def chance_words(p: float) -> str:
    """`54 %`; what would round to nothing or to certainty is said to be neither."""
    return "more than 99 %" if p > 0.995 else "less than 1 %" if p < 0.005 else f"{100 * p:.0f} %"


@lru_cache(maxsize=64)
def synthesis(question_id: str) -> Synthesis:
    """The answer to one question, `condition/key`, computed once. Raises UnknownName."""
    q, b = question_by_id(question_id), body(question_id)
    p, following = b.pooled, next_trial(b)
    return Synthesis(
        q, b, tuple(_row(b, i) for i in range(len(b.effects))),
        (_printed(b, b.effects[0]) if p.k == 1 else None)
        or _estimate(b, p.estimate, p.ci_low, p.ci_high, _kind(p.method, p.ci, p.k)),
        _estimate(b, b.common.estimate, b.common.ci_low, b.common.ci_high, _kind("FE", "z", p.k)),
        None if p.pi_low is None or p.pi_high is None else (b.natural(p.pi_low), b.natural(p.pi_high)),
        b.p_benefit(), b.p_important(), following, certainty_of(b),
        provenance(
            "synthesis", {"question": q.id}, files=(*fingerprints(), sources_fingerprint(), next_trial_fingerprint()),
            sources=(*(s.source for s in q.studies()), *(q.important.sources if q.important else ()), *sources_of(following)),
            provisional=[s.id for s in q.studies()],
            assumed=[f"{e.study}: {said}" for e in b.effects for said in e.assumptions]
            + ([f"{q.id}: important difference"] if q.important and q.important.basis == "assumed" else [])
            + ([f"{q.id}: how many leave the next trial"] if "leave (assumed)" in following.text else []),
        ),
    )  # fmt: skip


def _row(b: Body, i: int) -> TrialRow:
    e = b.effects[i]
    half = _Z * e.se
    passed = abs(e.yi) > half
    errors = b.errors[i] if b.errors else None
    counts = TwoByTwo(*e.events) if e.events else None
    return TrialRow(
        e, b.question.studies()[i].label, _printed(b, e) or _estimate(b, e.yi, e.yi - half, e.yi + half, "95 % CI, normal"),
        float(b.pooled.weights[i]), errors.power if errors else None, errors.type_m if errors else None,
        fragility(counts) if counts else None,
        replication(e.yi, e.se), corrected_for_selection(e.yi, e.se) if passed else None,
    )  # fmt: skip


def _printed(b: Body, e: EffectSize) -> Estimate | None:
    """The trial's own interval where its printed difference is what is pooled, so that one value stands everywhere."""
    low, high = (next((f for f in e.fields if f.endswith(f"/effect/{end}")), "") for end in ("low", "high"))
    if e.route != _AS_PRINTED or not low or not high:
        return None
    trial = study(e.study)
    if value_at(trial, low.replace("/low", "/estimate")) != e.yi:
        return None
    from_, to = (float(str(value_at(trial, f))) for f in (low, high))
    return _estimate(b, e.yi, from_, to, "95 % CI, as printed")


def _estimate(b: Body, value: float, low: float, high: float, kind: str) -> Estimate:
    return Estimate(b.natural(value), b.natural(low), b.natural(high), b.question.unit or "1", kind)


def _kind(method: str, ci: str, k: int) -> str:
    if k == 1:
        return "one trial, 95 % CI"
    words = {"REML": "random effects (REML)", "FE": "common effect"}[method]
    never = ", never narrower than t" if ci == "adhoc" else ""
    return f"{words}, 95 % CI {INTERVAL_WORDS[ci]}{never}"
