"""The living review: what the article says, what the sources say, what the model computes, today.

`review()` gathers everything as data; `review_page` turns it into one page. Both are made from the
same object, so what stands on the page stands in review.json.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from openldn.answers.answer import POPULATION_NOTE, Provenance, provenance
from openldn.answers.basis import assumptions
from openldn.answers.belief import DAYS, DRAWS, SEED
from openldn.answers.check import CheckReport, check_report
from openldn.answers.claim import ClaimAnswer, answer, ask_claims, claims_table
from openldn.answers.condition import ConditionAnswer, all_conditions, ask_condition
from openldn.answers.course import DRAWS as EFFECT_DRAWS
from openldn.answers.course import PERSONS, WEEKS, ScaleCourse, usual_courses
from openldn.answers.dose_answer import DoseAnswer
from openldn.answers.doses import dose
from openldn.answers.frames import Tabular
from openldn.answers.multiverse import MultiverseAnswer, all_multiverses
from openldn.answers.multiverse_figure import multiverse_figure
from openldn.answers.practical import practical_answers
from openldn.answers.review_figures import body_figures, condition_figures
from openldn.answers.review_summary import RUNS, Sentence, for_clinicians, in_plain_words
from openldn.answers.sensitivity import OUTPUTS, swings
from openldn.answers.settling import Settling, settling_runs, settlings
from openldn.answers.stated import Stated
from openldn.answers.statements import DOSES_MG, FULL, LDN, regimen_answer, statement
from openldn.answers.synthesis_figures import pooled_figures
from openldn.answers.unwanted import Unwanted, usual_unwanted
from openldn.evidence import (
    About,
    Correction,
    SafetyFact,
    about,
    corrected_once,
    corrections,
    fingerprints,
    safety_facts,
    share_second_read,
    studies,
)
from openldn.figures import Figure
from openldn.notation import csl_json, sources_fingerprint
from openldn.pharmacology import fingerprints as model_files
from openldn.pharmacology import scales
from openldn.proof import checks_fingerprint

TITLE = "Low-dose naltrexone: a living review"
_WASHOUT = "{} every 24h for 28d then stop", 56


@dataclass(frozen=True)
class ReviewFigure:
    """A figure with where its numbers come from."""

    figure: Figure
    section: str
    sources: tuple[str, ...] = ()
    computed: str = ""

    def as_json(self) -> dict[str, Any]:
        f = self.figure
        return {
            "id": f.id, "title": f.title, "alt": f.alt, "section": self.section,
            "sources": list(self.sources), "computed": self.computed or None,
        }  # fmt: skip


@dataclass(frozen=True)
class Review(Tabular):
    """Everything on the page, as data; `runs` are the questions of the simulations behind it."""

    about: About
    clinicians: tuple[Sentence, ...]
    plain: tuple[Sentence, ...]
    claims: tuple[ClaimAnswer, ...]
    conditions: tuple[ConditionAnswer, ...]
    doses: tuple[tuple[str, DoseAnswer], ...]
    practical: tuple[Stated, ...]
    unwanted: tuple[tuple[str, Unwanted], ...]
    courses: Mapping[str, tuple[ScaleCourse, ...]]
    multiverses: Mapping[str, MultiverseAnswer]
    checks: CheckReport
    settling: tuple[Settling, ...]
    safety: tuple[SafetyFact, ...]
    corrections: tuple[Correction, ...]
    figures: tuple[ReviewFigure, ...]
    share_read_twice: float
    corrected_once: tuple[tuple[str, str], ...]
    provenance: Provenance = field(repr=False)
    runs: tuple[dict[str, Any], ...] = field(repr=False, default=())

    def figures_of(self, section: str) -> tuple[ReviewFigure, ...]:
        """The figures of one section of the page."""
        return tuple(f for f in self.figures if f.section == section)

    def table(self) -> Any:
        """A row for each claim with its verdict, as `claims` has them. Raises InputError without pandas."""
        return claims_table(self.claims)

    def cited(self) -> tuple[str, ...]:
        """Every source that the review cites, in a stable order."""
        return self.provenance.sources

    def assumed(self) -> set[str]:
        """Every parameter that nobody measured behind anything that the review computes."""
        parts: list[Any] = [
            self.provenance,
            *(s for c in self.claims for s in c.statements),
            *self.practical,
            *(u for _, u in self.unwanted),
            *(course for own in self.courses.values() for course in own),
        ]
        return {name for part in parts for name in part.assumed}

    def as_json(self) -> dict[str, Any]:
        """The pinned review.json."""
        verdicts = Counter(c.claim.verdict for c in self.claims)
        return {
            "title": TITLE,
            "evidence_date": self.about.evidence_date,
            "note": POPULATION_NOTE,
            "gathered": self.about.gathered,
            "summary": {
                "clinicians": [s.as_json() for s in self.clinicians],
                "plain": [s.as_json() for s in self.plain],
            },
            "verdicts": {"computed": "evidence/claims", "counts": dict(verdicts)},
            "claims": [c.as_json() for c in self.claims],
            "conditions": [_without_provenance(c.as_json()) for c in self.conditions],
            "doses": [
                {"dose": amount, "answers": _estimates(a), "computed": RUNS} for amount, a in self.doses
            ],
            "statements": [statement(name).as_json() for name in _cited_statements(self.claims)],
            "practical": [a.as_json("question") for a in self.practical],
            "unwanted": [{"dose": amount, **u.as_json()} for amount, u in self.unwanted],
            "courses": {key: [c.as_json() for c in found] for key, found in self.courses.items()},
            "multiverses": {key: m.in_short() for key, m in self.multiverses.items()},
            "sensitivity": [s.as_json() for output in OUTPUTS for s in swings(output)[:10]],
            "checks": [o.as_json() for o in self.checks.outcomes],
            "settling": [s.as_json() for s in self.settling],
            "assumptions": [asdict(a) for a in assumptions(self.assumed())],
            "safety": [
                {"id": f.id, "topic": f.topic, "statement": f.statement, "figures": list(f.figures),
                 "about": f.about, "source": f.source, "place": f.place, "reading": f.reading}
                for f in self.safety
            ],
            "corrections": [
                {"id": c.id, "subject": c.subject, "field": c.field, "was": c.was, "now": c.now, "why": c.why,
                 "decision": c.decision, "sources": list(c.sources), "source": "evidence/corrections.toml",
                 "date": c.date}
                for c in self.corrections
            ],
            "figures": [f.as_json() for f in self.figures],
            "corrected_read_once": [{"study": s, "field": f} for s, f in self.corrected_once],
            "numbers_read_twice": {"value": self.share_read_twice, "unit": "1", "source": "evidence/second_readings"},
            "references": csl_json(self.cited()),
            "provenance": {**self.provenance.as_json(), "runs": list(self.runs)},
        }  # fmt: skip


def review(progress: Callable[[float], None] = lambda share: None) -> Review:
    """Everything that the review shows, computed now; `progress` gets the share done."""
    washout = {}
    for i, amount in enumerate(DOSES_MG):
        regimen_answer(amount)
        text, days = _WASHOUT
        washout[amount] = dose(amount, regimen=text.format(amount), days=days, persons=0)
        progress(0.4 * (i + 1) / len(DOSES_MG))
    practical_answers()
    courses = {key: usual_courses(key) for key in dict.fromkeys(s.condition for s in scales())}
    harms = tuple((amount, usual_unwanted(amount)) for amount in (LDN, FULL))
    checks = check_report(lambda share: progress(0.4 + 0.35 * share))
    listed = ask_claims(compute=False)
    claims = tuple(answer(c.claim) for c in listed.claims)
    conditions = tuple(ask_condition(c.key) for c in all_conditions())
    progress(0.8)
    figures = [ReviewFigure(f, "mechanism", computed=RUNS) for f in body_figures(washout)]
    multiverses = all_multiverses()
    figures += [
        ReviewFigure(multiverse_figure(m), f"{key}-multiverse", m.provenance.sources, "evidence/multiverse")
        for key, m in multiverses.items()
    ]
    progress(0.9)
    for found in conditions:
        own = tuple(s.study.source for s in found.studies)
        key = found.condition.key
        figures += [ReviewFigure(f, key, own) for f in condition_figures(found)]
        figures += [
            ReviewFigure(f, f"{key}-pooled", own, question)
            for f, question in pooled_figures(found.syntheses, found.findings)
        ]
    summaries = for_clinicians([c.claim for c in claims]), in_plain_words()
    safety, doses = safety_facts(), tuple((amount, regimen_answer(amount)) for amount in DOSES_MG)
    cited = [
        *(key for c in claims for key in c.sources()),
        *(s.study.source for c in conditions for s in c.studies),
        *(key for part in summaries for s in part for key in s.sources),
        *(f.source for f in safety),
        *(key for o in checks.outcomes for key in o.check.sources),
        *(key for _, a in doses for key in a.provenance.sources),
        *(key for _, u in harms for key in u.sources),
        *(key for s in settlings() for key in s.comparison.provenance.sources),
        *(key for own in courses.values() for course in own for key in course.sources),
    ]
    runs = [a for _, a in doses] + list(washout.values())
    return Review(
        about(), *summaries, claims, conditions, doses, practical_answers(), harms, courses,
        multiverses, checks, settlings(), safety, corrections(), tuple(figures),
        share_second_read(*studies()).fraction, corrected_once(),
        provenance(
            "review", {}, seed=doses[0][1].provenance.seed,
            files=(*fingerprints(), *model_files(), checks_fingerprint(), sources_fingerprint()),
            sources=cited,
            provisional=[*(s.id for s in studies()), *doses[0][1].provenance.provisional],
            assumed=doses[0][1].provenance.assumed,
        ),
        tuple({"command": "dose", "question": dict(a.provenance.question), "seed": a.provenance.seed} for a in runs)
        + settling_runs(settlings())
        + _other_runs(),
    )  # fmt: skip


def _other_runs() -> tuple[dict[str, Any], ...]:
    """The runs behind statements, practical answers and sensitivities, besides those of `dose`."""
    once = [
        {"command": "typical", "seed": None, "question": {"dose": a, "regimen": r, "persons": 0}}
        for a, r in (("2.4mg", "once"), ("4.5mg", "once"), *((a, f"every 24h for {DAYS}d") for a in DOSES_MG))
    ]
    drawn = {"dose": "0.1mg to 50mg", "every": "24h", "draws": DRAWS, "persons": 0}
    effects = {
        "dose": "4.5mg, 50mg",
        "every": "24h",
        "weeks": WEEKS,
        "draws": EFFECT_DRAWS,
        "persons": PERSONS,
    }
    return (
        {"command": "belief", "seed": SEED, "question": drawn},
        {"command": "effects", "seed": SEED, "question": effects},
        *once,
    )


def _estimates(answer: DoseAnswer) -> dict[str, Any]:
    return {name: e.as_json() for name, e in answer.answers.items()}


def _cited_statements(claims: tuple[ClaimAnswer, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for c in claims for name in c.claim.computed))


def _without_provenance(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in ("provenance", "references")}
