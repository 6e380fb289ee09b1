"""What the article claims, what the sources say, and what the model adds where it can."""

from dataclasses import asdict, dataclass, field
from typing import Any

from openldn.answers.answer import Provenance, provenance
from openldn.answers.frames import Tabular, frame
from openldn.answers.stated import Stated
from openldn.answers.statements import statement
from openldn.answers.synthesis import Synthesis, synthesis
from openldn.answers.synthesis_json import rests_on_as_json
from openldn.evidence import (
    Change,
    Claim,
    Context,
    article,
    changes_since,
    claim,
    claims,
    evidence_date,
    fingerprints,
    parse_day,
)
from openldn.evidence.certainty import why_nothing
from openldn.notation import source, sources_fingerprint


@dataclass(frozen=True)
class ClaimAnswer:
    """A claim with its verdict; `statements` are computed ones, empty unless asked for."""

    claim: Claim
    statements: tuple[Stated, ...] = ()
    syntheses: tuple[Synthesis, ...] = ()
    context: tuple[tuple[Context, Synthesis], ...] = ()

    def no_synthesis(self) -> str:
        """Why no pooled trial bears on a claim that something works, in a sentence; "" where one does or none is asked for."""
        c = self.claim
        if c.kind != "efficacy" or c.syntheses:
            return ""
        return c.no_synthesis or why_nothing(c.condition)

    def sources(self) -> tuple[str, ...]:
        """Every source the verdict cites: its own, its studies', its marks' and the statements'."""
        c = self.claim
        keys = [*c.sources, *c.studies, *(m.reference for m in c.marks if m.confidence != "none")]
        keys += [key for s in self.statements for key in s.sources]
        shown = (*self.syntheses, *(s for _, s in self.context))
        keys += [key for s in shown for key in s.provenance.sources]
        return tuple(dict.fromkeys(keys))

    def as_json(self) -> dict[str, Any]:
        c = self.claim
        return {
            "id": c.id,
            "claim": c.claim,
            "section": c.section,
            "sentence": {"numbers": list(c.sentence), "source": article().source},
            "kind": c.kind,
            "condition": c.condition or None,
            "article_numbers": [
                {"name": name, "value": value, "source": "the article"} for name, value in c.article_numbers
            ],
            "verdict": c.verdict,
            "reason": c.reason,
            "reasons": [
                *c.reasons,
                *(s.text for s in self.statements),
                *(s.sentence() for s in self.syntheses),
            ],
            "primary_source_says": c.primary_source_says,
            "sources": list(self.sources()),
            "studies": list(c.studies),
            "marks": [{"reference": m.reference, "confidence": m.confidence, "why": m.why} for m in c.marks],
            "computed": [s.as_json() for s in self.statements],
            "syntheses": [
                {"id": s.question.id, "sentence": s.sentence(), "rests_on": rests_on_as_json(s.rests_on)}
                for s in self.syntheses
            ],
            "context": [
                {
                    "id": s.question.id,
                    "why": x.why,
                    "sentence": s.sentence(),
                    "rests_on": rests_on_as_json(s.rests_on),
                }
                for x, s in self.context
            ],
            "no_synthesis": self.no_synthesis() or None,
            "reading": c.reading,
        }


@dataclass(frozen=True)
class ClaimsAnswer(Tabular):
    """All claims, or the one that was asked for; `date` is that of the evidence."""

    claims: tuple[ClaimAnswer, ...]
    date: str
    provenance: Provenance = field(repr=False)
    since: str | None = None
    changes: tuple[Change, ...] = ()

    @property
    def verdicts(self) -> dict[str, str]:
        """The verdict of each claim by its id."""
        return {c.claim.id: c.claim.verdict for c in self.claims}

    def table(self) -> Any:
        """A row for each claim, in our words, with its verdict and why. Raises InputError without pandas."""
        return claims_table(self.claims)

    def as_json(self) -> dict[str, Any]:
        """The pinned document of `ldn claims --json`."""
        return {
            "evidence_date": self.date,
            "claims": [c.as_json() for c in self.claims],
            "since": self.since,
            "changes": [asdict(c) for c in self.changes],
            "references": {key: source(key).reference() for c in self.claims for key in c.sources()},
            "provenance": self.provenance.as_json(),
        }


def claims_table(answers: tuple[ClaimAnswer, ...]) -> Any:
    """Claims as a frame: id, section, claim, kind, condition, verdict, reason in front, all reasons, sources and reading."""
    rows = [
        (
            a.claim.id, a.claim.section, a.claim.claim, a.claim.kind, a.claim.condition, a.claim.verdict,
            a.claim.reason, " ".join(a.claim.reasons), "; ".join(a.sources()), a.claim.reading,
        )
        for a in answers
    ]  # fmt: skip
    columns = (
        "id",
        "section",
        "claim",
        "kind",
        "condition",
        "verdict",
        "reason",
        "reasons",
        "sources",
        "reading",
    )
    return frame(columns, rows)


def ask_claims(name: str | None = None, *, since: str | None = None, compute: bool = True) -> ClaimsAnswer:
    """Every claim, or the one called `name` (then with the model's statements, unless not `compute`).

    since: a day; the answer then says what changed on it or later, and holds only claims that changed.
    Raises UnknownName with the nearest id, InputError for a day that is none.
    """
    found = (claim(name),) if name else claims()
    day = parse_day(since) if since else None
    changed = changes_since(day, found) if day else ()
    if day:
        found = tuple(c for c in found if c.id in {x.claim for x in changed})
    answers = tuple(answer(c, compute=compute and name is not None) for c in found)
    return ClaimsAnswer(
        answers, evidence_date(), claims_provenance({"id": name, "since": since}, answers), day, changed
    )


def answer(c: Claim, *, compute: bool = True) -> ClaimAnswer:
    """A claim with the syntheses that its verdict cites and, where asked, the model's statements."""
    statements = tuple(statement(s) for s in c.computed) if compute else ()
    context = tuple((x, synthesis(x.synthesis)) for x in c.context)
    return ClaimAnswer(c, statements, tuple(synthesis(q) for q in c.syntheses), context)


def claims_provenance(question: dict[str, Any], answers: tuple[ClaimAnswer, ...]) -> Provenance:
    """The record of a set of claims: their files, their sources, and that all were read once only."""
    from openldn.pharmacology import fingerprints as model_files

    computed = [s for a in answers for s in a.statements]
    return provenance(
        "claims", question, files=(*fingerprints(), sources_fingerprint(), *(model_files() if computed else ())),
        sources=[key for a in answers for key in a.sources()],
        provisional=[a.claim.id for a in answers if a.claim.reading == "provisional"],
        assumed=[name for s in computed for name in s.assumed],
    )  # fmt: skip
