"""The JSON document of a multiverse: factors and options once, each specification a short row of numbers."""

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from openldn.evidence.multiverse import Match, Summary, Verdict, good

if TYPE_CHECKING:
    from openldn.answers.multiverse import MultiverseAnswer

RESULTS = ("estimate", "low", "high", "p", "tau2", "i2", "i2_q")


def document(answer: "MultiverseAnswer") -> dict[str, Any]:
    """Of `specifications`, `codes` are indices into the options of each factor, −1 where that choice changes nothing.

    estimate, low and high stand in `unit` on the scale of the analysis (the logarithm for a ratio); tau2 in the
    measure of the specification.
    """
    run = answer.run
    q = run.declared.question
    r = run.result
    columns = [r.estimate * run.unit, r.low * run.unit, r.high * run.unit, r.p, r.tau2, r.i2, r.i2_q]
    rows = []
    for i in range(len(run)):
        codes = [int(c) if used else -1 for c, used in zip(run.codes[i], run.used[i], strict=True)]
        rows.append([*codes, int(run.defensible[i]), int(run.k[i]), *(_short(float(x[i])) for x in columns)])
    return {
        "condition": q.condition,
        "question": q.id,
        "title": q.title,
        "measure": q.measure,
        "unit": answer.unit,
        "better": q.better,
        "benefit_sign": good(run),
        "evidence_date": answer.date,
        "summary": list(answer.sentences()),
        "declared": run.declared.own,
        "combinations": run.combinations,
        "excluded": run.excluded,
        "distinct": len(run),
        "factors": [
            {
                "name": f.name,
                "kind": f.kind,
                "study": f.study,
                "options": [{"name": o.name, "why": o.why, "defensible": o.defensible} for o in f.options],
            }
            for f in run.declared.factors
        ],
        "not_defensible": [asdict(x) for x in run.declared.indefensible],
        "all": _summary(answer, answer.everything),
        "defensible": _summary(answer, answer.defensible) if answer.defensible else None,
        "published": [_verdict(answer, v) for v in answer.published],
        "columns": [*(f.name for f in run.declared.factors), "defensible", "k", *RESULTS],
        "specifications": rows,
        "provenance": answer.provenance.as_json(),
    }


def _summary(answer: "MultiverseAnswer", s: Summary) -> dict[str, Any]:
    data = asdict(s)
    data["shares"] = [asdict(x) for x in s.shares]
    data["flips"] = [
        {**asdict(f), "example": [answer.run.options_of(i) for i in f.example] if f.example else None}
        for f in s.flips
    ]
    return data


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


def _short(x: float) -> float | None:
    """Six digits, which is more than any of these figures has, so that thousands of rows stay readable."""
    return float(f"{x:.6g}") if math.isfinite(x) else None
