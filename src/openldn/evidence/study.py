"""One study as data: who was given what against what, and what was printed about them.

Every number is as printed, in the unit of the scale beside it; one that was computed here is named in
the `derived` of its table. None or "" means that the source was not seen to say it, never zero.

Conventions of a file:
  weeks, duration_weeks   weeks; of a crossover the weeks of one period on LDN, unless a comment says more
  sd, se, ci, error       belong to `change`, else to `change_percent`, else to `mean`
  n                       persons in that arm; a crossover's persons stand in both arms
  estimate                LDN (or naltrexone) minus or over the comparator, after minus before, where `sign` is "printed"
  sign                    of the estimate, one of `vocabulary.SIGNS`; an estimate that has one must name it
"""

from dataclasses import dataclass, field
from typing import Literal

from openldn.evidence.vocabulary import DESIGN_WORDS, REVIEWS
from openldn.notation import Fingerprint


@dataclass(frozen=True)
class Arm:
    """What was printed of one group. `role` says what it took; the rest follows the module's conventions.

    categories: counts of persons that exclude each other and so may not exceed n.
    counts: other printed counts, each of at most n persons. occurrences: events, not persons.
    values, baseline_values: one per person, in the same order.
    """

    arm: str
    role: str
    n: int | None = None
    events: int | None = None
    occurrences: int | None = None
    percent: float | None = None
    mean: float | None = None
    sd: float | None = None
    se: float | None = None
    error: float | None = None
    error_kind: str = ""
    change: float | None = None
    change_percent: float | None = None
    baseline_mean: float | None = None
    baseline_sd: float | None = None
    baseline_error: float | None = None
    baseline_values: tuple[float, ...] = ()
    ci_low: float | None = None
    ci_high: float | None = None
    p_within: float | None = None
    p_within_text: str = ""
    values: tuple[float, ...] = ()
    categories: tuple[tuple[str, int], ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    note: str = ""
    derived: tuple[str, ...] = ()

    @property
    def centre(self) -> float | None:
        """The figure to which sd, se, ci and error belong."""
        return next((v for v in (self.change, self.change_percent, self.mean) if v is not None), None)


@dataclass(frozen=True)
class Effect:
    """A printed comparison; `measure` is one of `vocabulary.MEASURES`, `low` and `high` its 95 % limits."""

    measure: str
    estimate: float | None = None
    sign: str = ""
    low: float | None = None
    high: float | None = None
    se: float | None = None
    p: float | None = None
    p_text: str = ""
    i2: float | None = None
    iqr: float | None = None
    cohen_d: float | None = None
    effect_size: float | None = None
    words: str = ""
    estimand: str = ""
    favours: str = ""
    derived: tuple[str, ...] = ()

    def p_words(self) -> str:
        """`p = 0.27`, `p < 0.001`, `not significant`, or "" when no p was printed."""
        if self.p is not None:
            return f"p = {self.p:g}"
        plain = {"": "", "NS": "not significant", "significant": "significant"}
        if self.p_text in plain:
            return plain[self.p_text]
        return "p " + self.p_text.replace("<=", "≤ ").replace("<", "< ").replace("≤ =", "≤ ")


@dataclass(frozen=True)
class Outcome:
    """`name` is unique in its study. `nested_in` names the wider responder threshold that contains it.

    primary: the source calls it so. headline: it does not, and this is the outcome that we show.
    """

    name: str
    better: str
    scale: str = ""
    weeks: float | None = None
    primary: bool = False
    headline: bool = False
    nested_in: str = ""
    note: str = ""
    reading_note: str = ""
    arms: tuple[Arm, ...] = ()
    effect: Effect | None = None


@dataclass(frozen=True)
class Harm:
    """An adverse effect by the name that the source gives it; `term` is unique in its study."""

    term: str
    note: str = ""
    arms: tuple[Arm, ...] = ()
    effect: Effect | None = None


@dataclass(frozen=True)
class Recollection:
    """What a drafter remembered and nobody saw: kept apart, never used as a number."""

    field: str
    recollection: str


@dataclass(frozen=True)
class KnownFault:
    """A finding of the lint that is the source's own fault, and stays visible."""

    rule: str
    field: str
    reason: str


@dataclass(frozen=True)
class Study:
    """One file of `studies/`. `id` is the file's name and, as `source`, the key of its reference.

    cohort: an id that publications of the same people share; count each cohort once.
    not_seen: fields (as `fields.py` addresses them) whose value nobody read in a page.
    """

    id: str
    source: str
    label: str
    condition: str
    design: str
    blinding: str
    comparator: str
    low_dose: bool
    in_article: bool
    usable: str
    fingerprint: Fingerprint
    group: str = ""
    design_detail: str = ""
    population: str = ""
    comparator_detail: str = ""
    dose_mg: tuple[float, ...] = ()
    dose_text: str = ""
    schedule: str = ""
    duration_weeks: float | None = None
    n_planned: int | None = None
    n_enrolled: int | None = None
    n_randomised: int | None = None
    n_completed: int | None = None
    n_analysed: int | None = None
    cohort: str = ""
    status: str = ""
    funding: str = ""
    concerns: str = ""
    usable_note: str = ""
    notes: str = ""
    reading: Literal["provisional"] = "provisional"
    reading_note: str = ""
    not_seen: tuple[str, ...] = ()
    flow: tuple[Arm, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    harms: tuple[Harm, ...] = ()
    recollections: tuple[Recollection, ...] = field(default=(), repr=False)
    known_faults: tuple[KnownFault, ...] = field(default=(), repr=False)

    @property
    def is_review(self) -> bool:
        """A publication about other studies rather than about people of its own."""
        return self.design in REVIEWS

    @property
    def is_randomised(self) -> bool:
        """People, or their periods, were allotted by chance. A protocol has nobody yet."""
        return self.design.startswith("rct-")

    @property
    def is_controlled(self) -> bool:
        """There was something to compare with, by chance or not."""
        return self.comparator != "none" and not self.is_review and self.design != "protocol"

    @property
    def is_trial(self) -> bool:
        """Randomised against a comparator, with results."""
        return self.is_randomised and self.is_controlled

    @property
    def persons(self) -> int | None:
        """The number to print beside the study: randomised, else analysed, else enrolled."""
        return next((n for n in (self.n_randomised, self.n_analysed, self.n_enrolled) if n is not None), None)

    @property
    def one_line_design(self) -> str:
        """For a table: `randomised crossover, double-blind, against placebo, 8 weeks, 80 people, 4.5 mg`."""
        parts = [DESIGN_WORDS[self.design]]
        if self.blinding in ("single-blind", "double-blind"):
            parts.append(self.blinding)
        if self.comparator in ("placebo", "active") and not self.is_review:
            parts.append("against " + ("placebo" if self.comparator == "placebo" else "another treatment"))
        if self.duration_weeks is not None:
            parts.append(f"{self.duration_weeks:g} weeks")
        if self.persons is not None:
            parts.append("1 person" if self.persons == 1 else f"{self.persons} people")
        elif self.n_planned is not None:
            parts.append(f"{self.n_planned} people planned")
        return ", ".join([*parts, *([self.dose_words()] if self.dose_words() else [])])

    def dose_words(self) -> str:
        """The dose as text, "" when it was not seen: the printed words, else mg from the smallest up."""
        if self.dose_text:
            return self.dose_text
        if len(self.dose_mg) > 3:
            return f"{min(self.dose_mg):g} to {max(self.dose_mg):g} mg"
        return " or ".join(f"{dose:g}" for dose in self.dose_mg) + " mg" if self.dose_mg else ""
