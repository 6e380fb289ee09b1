"""The JSON document of a multiverse of ours: that of any multiverse, and what became of the printed answers."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from openldn.evidence.multiverse import Match, Verdict
from openldn.meta.multiverse.words import document as multiverse_document

if TYPE_CHECKING:
    from openldn.answers.multiverse import MultiverseAnswer


def document(answer: "MultiverseAnswer") -> dict[str, Any]:
    """Of `specifications`, `codes` are indices into the options of each factor, −1 where that choice changes nothing.

    estimate, low and high stand in `unit` on the scale of the analysis (the logarithm for a ratio); tau2 in the
    measure of the specification.
    """
    q = answer.run.declared.question
    parallel = answer.parallel
    return {
        "condition": q.condition,
        "question": q.id,
        "title": q.title,
        "measure": q.measure,
        "unit": answer.unit,
        "better": q.better,
        "evidence_date": answer.date,
        "summary": list(answer.sentences()),
        "declared": answer.run.declared.own,
        **multiverse_document(
            answer.run,
            answer.everything,
            answer.defensible,
            [("parallel trials alone", parallel)] if parallel else [],
        ),
        "published": [_verdict(answer, v) for v in answer.published],
        "provenance": answer.provenance.as_json(),
    }


def _verdict(answer: "MultiverseAnswer", v: Verdict) -> dict[str, Any]:
    a = v.answer
    return {
        "label": a.label, "study": a.study or None, "measure": a.measure, "estimate": a.estimate, "low": a.low,
        "high": a.high, "i2": a.i2, "verdict": v.verdict, "ways_tried": v.tried, "ways_agreeing": v.agreeing,
        "ways_possible": v.possible, "best": _match(v.best) if v.best else None,
        "missing_trial": [
            {"estimate": m.estimate, "se": m.se, "i2": m.i2, "others": [e.words() for e in m.entries]}
            for m in v.missing[:5]
        ],
        "missing_trial_needs": [{"study": s, "routes": list(r)} for s, r in v.needs],
        "why": answer.why(v), "sources": list(a.sources),
    }  # fmt: skip


def _match(m: Match) -> dict[str, Any]:
    return {
        "trials": [asdict(e) for e in m.data.entries], "method": m.method, "ci": m.interval, "estimate": m.estimate,
        "low": m.low, "high": m.high, "i2_q": m.i2, "defensible": m.defensible, "largest_difference": m.off,
    }  # fmt: skip
