"""A summary of findings as a JSON document with the names of HL7's Evidence resource (FHIR R5, EBM-on-FHIR).

    ours                        theirs
    row                         Evidence: title, description, assertion, note
    condition, drug, comparator variableDefinition: variableRole population, exposure, referenceExposure
    outcome                     variableDefinition: variableRole measuredVariable
    effect and interval         statistic: statisticType, quantity, attributeEstimate.range
    participants, studies       statistic.sampleSize: numberOfParticipants, numberOfStudies
    people out of 1000          statistic: statisticType "absolute value" and "absolute difference"
    certainty, its signals      certainty: type Overall, rating, rater; subcomponent: type, rating, note

Types and ratings use the codes of certainty-type and certainty-rating. It is aligned, not conformant: concepts are plain
codes and words, and identifiers, status and references to other resources are left to whoever needs a resource.
"""

from typing import Any

from openldn.evidence.certainty.findings import FindingRow, SummaryOfFindings
from openldn.evidence.certainty.grade import Certainty

_TYPES = {
    "risk of bias": "RiskOfBias", "inconsistency": "Inconsistency", "indirectness": "Indirectness",
    "imprecision": "Imprecision", "missing evidence": "PublicationBias", "publication bias": "PublicationBias",
}  # fmt: skip
_RATINGS = {
    0: "no-concern",
    -1: "serious-concern",
    -2: "very-serious-concern",
    -3: "extremely-serious-concern",
}
_STATISTICS = {
    "RR": "relative risk", "OR": "odds ratio", "RD": "risk difference", "MD": "mean difference",
    "SMD": "standardized mean difference",
}  # fmt: skip


def findings_as_json(s: SummaryOfFindings) -> dict[str, Any]:
    """The table with one Evidence-like object a row; `absent` says why there is none."""
    return {
        "title": f"{s.intervention} for {s.name}",
        "condition": s.condition,
        "intervention": s.intervention,
        "comparators": list(s.comparators),
        "evidence": [row_as_json(row, s) for row in s.rows],
        "footnotes": list(s.footnotes),
        "told": [
            {
                "study": t.study.id,
                "sources": [t.study.source],
                "outcome": t.title,
                "found": t.found,
                "why": t.why,
                "text": t.sentence,
                **certainty_as_json(t.certainty()),
            }
            for t in s.told
        ],
        "absent": s.absent,
        "notPooled": [{"study": label, "note": why} for label, why in s.not_pooled],
        "leftOut": list(s.left_out),
        "harmsApart": list(s.harms.sentences()),
    }


def row_as_json(row: FindingRow, s: SummaryOfFindings) -> dict[str, Any]:
    """One outcome with the names of an Evidence resource."""
    q = row.question
    estimate, low, high = row.relative or row.mean or (0.0, 0.0, 0.0)
    size = {"numberOfStudies": len(row.studies), "numberOfParticipants": row.participants}
    statistics: list[dict[str, Any]] = [
        {
            "description": q.title,
            "statisticType": _STATISTICS[q.measure],
            "quantity": {"value": estimate, "unit": "1" if row.relative else q.unit},
            "sampleSize": size,
            "attributeEstimate": [{"type": row.interval, "level": 0.95, "range": {"low": low, "high": high}}],
        }
    ]
    if row.per_thousand and row.baseline:
        p = row.per_thousand
        for kind, value, a, b, note in (
            ("absolute value", p.without, None, None, f"without the drug; {row.baseline.origin}"),
            ("absolute value", p.with_drug, p.low, p.high, "with the drug"),
            ("absolute difference", p.difference, p.difference_low, p.difference_high, "with minus without"),
        ):
            one: dict[str, Any] = {
                "description": note,
                "statisticType": kind,
                "quantity": {"value": value, "unit": f"per {p.per}"},
            }
            if a is not None:
                one["attributeEstimate"] = [
                    {"type": row.interval, "level": 0.95, "range": {"low": a, "high": b}}
                ]
            statistics.append(one)
    if row.reaching:
        x = row.reaching
        statistics.append(
            {
                "description": f"share that improves by {x.threshold:g} {q.unit} or more; {x.origin}",
                "statisticType": "proportion",
                "quantity": {"value": x.with_drug, "unit": "1"},
                "attributeEstimate": [
                    {"type": row.interval, "level": 0.95, "range": {"low": x.low, "high": x.high}}
                ],
                "note": [f"without the drug {x.without:.3g}"],
            }
        )
    important = q.important
    return {
        "id": q.id,
        "title": q.title,
        "sources": [study.source for study in q.studies()],
        "assertion": row.statement,
        "note": [n for n in (q.note, *(f"footnote {i}" for i in row.footnotes)) if n],
        "critical": q.critical,
        "harm": q.harm,
        "better": q.better,
        "important": None
        if important is None
        else {"value": important.value, "basis": important.basis, "why": important.why},
        "variableDefinition": [
            {"variableRole": "population", "description": s.name},
            {"variableRole": "exposure", "description": s.intervention},
            {"variableRole": "referenceExposure", "description": " or ".join(s.comparators)},
            {"variableRole": "measuredVariable", "description": q.said or q.title},
        ],
        "statistic": statistics,
        "certainty": [certainty_as_json(row.certainty)],
    }


def certainty_as_json(c: Certainty) -> dict[str, Any]:
    """The overall rating with one subcomponent for each domain; a judge's word replaces the proposal and keeps it beside."""
    return {
        "type": "Overall",
        "rating": c.shown.replace(" ", "-"),
        "rater": c.judgement.judge if c.judgement else "proposed by rules",
        "description": c.label,
        "proposed": c.word.replace(" ", "-"),
        "note": [c.judgement.reason if c.judgement else f"starts {c.start}", c.upgrading],
        "subcomponent": [
            {
                "type": _TYPES[s.domain],
                "rating": _RATINGS[s.levels],
                "levels": s.levels,
                "note": [s.reason],
                "fields": list(s.fields),
            }
            for s in c.signals
        ],
    }
