"""What the trials say together, as a document for machines: the fields of `ldn evidence --json`."""

from typing import Any

from openldn.answers.next_trial import NextTrial
from openldn.answers.next_trial_table import assumed
from openldn.answers.synthesis import Synthesis, TrialRow
from openldn.answers.trial_words import CAVEAT
from openldn.evidence.certainty import certainty_as_json
from openldn.evidence.read_once import RestsOn


def synthesis_as_json(s: Synthesis) -> dict[str, Any]:
    """One question: the average in three ways, its trials, what they rest on and the next one."""
    q, b, p = s.question, s.body, s.body.pooled
    h = p.heterogeneity
    return {
        "id": q.id, "title": q.title, "measure": q.measure, "unit": q.unit, "better": q.better, "harm": q.harm,
        "sentence": s.sentence(), "average": s.average.as_json(), "common_effect": s.common.as_json(),
        "prediction_interval": list(s.prediction) if s.prediction else None,
        "method": p.method, "ci": p.ci, "k": p.k, "persons": b.persons,
        "tau2": h.tau2, "i2": h.i2, "i2_q": h.i2_q, "q": h.q, "q_p": h.q_p,
        "bayes": {
            "prior_of_tau": b.bayes.prior.name, "p_benefit": s.p_benefit, "p_important": s.p_important,
            "if_the_sign_runs_the_other_way": list(b.with_other_sign()) if q.sign_unknown else None,
            "p_benefit_by_prior": list(b.benefit_range()), "p_benefit_next_setting": b.p_next_benefit(),
            "allows_for_bias": False,
        },
        "important_difference": None if q.important is None else {
            "value": q.important.value, "basis": q.important.basis, "why": q.important.why,
            "sources": list(q.important.sources),
        },
        "certainty": certainty_as_json(s.certainty), "trials": [_row(r) for r in s.rows],
        "warnings": list(p.warnings), "note": q.note, "sign_unknown": q.sign_unknown or None,
        "counts_reconstructed": bool(s.reconstructed), "rests_on": rests_on_as_json(s.rests_on),
        "next_trial": next_as_json(s.next),
        "computed": "provenance",
        "provenance": s.provenance.as_json(),
    }  # fmt: skip


def next_as_json(n: NextTrial) -> dict[str, Any]:
    """The next trial; persons as [least, most] by the spreads of the trials so far."""
    return {
        "design": n.design, "power": n.power, "persons_who_finish": _span(n.persons),
        "persons_at_power": {"power": assumed("more_power"), "persons_who_finish": _span(n.more)},
        "counted_per_group": n.design == "parallel", "randomised": _span(n.randomised), "attrition": n.attrition,
        "missing": n.missing or None, "senseless": n.senseless or None, "text": n.text,
    }  # fmt: skip


def _span(x: tuple[int, int] | None) -> list[int] | None:
    return list(x) if x else None


def rests_on_as_json(found: RestsOn) -> dict[str, Any]:
    """How many numbers there are and those read once, each with its address, value and state."""
    return {
        "numbers": found.total, "sentence": found.sentence(),
        "read_once": [{"study": x.study, "field": x.field, "value": x.value, "state": x.state} for x in found.read_once],
    }  # fmt: skip


def _row(r: TrialRow) -> dict[str, Any]:
    e, f = r.effect, r.fragility
    return {
        "study": e.study, "outcome": e.outcome, "estimate": r.estimate.as_json(), "n": e.n,
        "weight_percent": 100 * r.weight, "route": e.route,
        "steps": [c.sentence() for c in e.conversions], "assumptions": list(e.assumptions),
        "fields": list(e.fields), "power_if_the_important_difference_is_true": r.power,
        "exaggeration_if_significant": r.type_m,
        "fragility": None if f is None else {"index": f.index, "reverse": f.reverse, "fisher_p": f.p, "caveat": CAVEAT},
        "second_trial": {
            "low": r.again.low, "high": r.again.high, "chance_of_significance_same_direction": r.again.chance,
            "scale": "of the analysis, the logarithm for a ratio",
        },
        "corrected_for_selection": r.corrected,
    }  # fmt: skip
