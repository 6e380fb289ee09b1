"""The JSON document of `ldn meta`: what is pinned, and what was asked for besides."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from openldn.answers.meta_moderators import between_test, in_doubt, tau2_of, terms_test
from openldn.meta import (
    LOG_MEASURES,
    MEASURE_WORDS,
    MEASURES,
    Average,
    Posterior,
    Regression,
    Subgroups,
    Summary,
)

if TYPE_CHECKING:
    from openldn.answers.meta_analysis import MetaAnswer


def document(answer: "MetaAnswer") -> dict[str, Any]:
    """What is pinned stands first; studies without an effect of their own have null for it."""
    a, p = answer.analysis, answer.analysis.pooled
    h = p.heterogeneity
    found: dict[str, Any] = {
        "measure": a.measure,
        "method": p.method,
        "ci": p.ci,
        "level": p.level,
        "k": p.k,
        **_result(p),
        "p": None if MEASURES[a.measure].one_arm else p.p,
        "tau2": p.tau2,
        "tau": math.sqrt(p.tau2),
        "tau2_se": h.tau2_se,
        "tau2_ci_low": p.tau2_ci[0] if p.tau2_ci else None,
        "tau2_ci_high": p.tau2_ci[1] if p.tau2_ci else None,
        "tau2_profile_ci_low": p.tau2_profile_ci[0] if p.tau2_profile_ci else None,
        "tau2_profile_ci_high": p.tau2_profile_ci[1] if p.tau2_profile_ci else None,
        "adhoc_ci_low": p.adhoc_ci[0] if p.adhoc_ci else None,
        "adhoc_ci_high": p.adhoc_ci[1] if p.adhoc_ci else None,
        "i2": h.i2,
        "i2_q": h.i2_q,
        "h2": h.h2,
        "q": h.q,
        "q_df": h.df,
        "q_p": h.q_p,
        "prediction": p.prediction,
        "scale": MEASURES[a.measure].scale,
        "display": _display(answer, p),
        "studies": _studies(answer),
        "warnings": list(answer.warnings),
        "provenance": answer.provenance.as_json(),
        **answer.checks,
    }
    if answer.bayes:
        found["bayes"] = _bayes(answer, answer.bayes)
    for name, steps in (("leave_one_out", answer.leave_one_out), ("cumulative", answer.cumulative)):
        if steps:
            found[name] = [
                {"study": a.names[s.study], "k": s.pooled.k, **_result(s.pooled), "tau2": s.pooled.tau2,
                 "display": _display(answer, s.pooled)}
                for s in steps
            ]  # fmt: skip
    if answer.subgroups:
        found["subgroups"] = _groups(answer, answer.subgroups)
    if answer.regression:
        found["regression"] = _regression(answer, answer.regression)
    return _finite(found)  # type: ignore[no-any-return]


def _display(answer: "MetaAnswer", p: Average) -> dict[str, Any]:
    names = ("estimate", "ci_low", "ci_high", "pi_low", "pi_high")
    low, high = p.adhoc_ci or (None, None)
    return {
        "measure": MEASURE_WORDS[answer.analysis.measure],
        **{n: answer.natural(getattr(p, n)) for n in names},
        "adhoc_ci_low": answer.natural(low),
        "adhoc_ci_high": answer.natural(high),
    }


def _studies(answer: "MetaAnswer") -> list[dict[str, Any]]:
    a = answer.analysis
    z = 1.959963984540054  # studies are shown with their normal 95 % interval
    se = np.sqrt(a.effects.vi)
    low, high = a.effects.yi - z * se, a.effects.yi + z * se
    rows = zip(
        range(len(a.names)), a.names, a.effects.yi, a.effects.vi, low, high, a.pooled.weights, strict=True
    )
    return [
        {
            "study": name, "yi": float(y), "vi": float(v), "ci_low": float(below), "ci_high": float(above),
            "weight": 100 * float(w),
            "display": {"estimate": a.natural(float(y), i), "ci_low": a.natural(float(below), i),
                        "ci_high": a.natural(float(above), i)},
        }
        for i, name, y, v, below, above, w in rows
    ]  # fmt: skip


def _bayes(answer: "MetaAnswer", b: Posterior) -> dict[str, Any]:
    mid, alone = answer.difference, MEASURES[answer.analysis.measure].one_arm
    return {
        "prior": b.prior.name,
        "mu": _summary(b.mu_summary),
        "tau": _summary(b.tau_summary),
        "new_study": _summary(b.new_summary),
        "display": {
            "median": answer.natural(b.mu_summary.median),
            "central": [answer.natural(x) for x in b.mu_summary.central],
            "new_study_central": [answer.natural(x) for x in b.new_summary.central],
        },
        "p_below_no_effect": None if alone else b.p_mu_below(0.0),
        "p_new_below_no_effect": None if alone else b.p_new_below(0.0),
        "difference": mid,
        "p_beyond_difference": None if mid is None else _beyond(mid, b.p_mu_below, b.p_mu_above),
        "p_new_beyond_difference": None if mid is None else _beyond(mid, b.p_new_below, b.p_new_above),
        "studies": [
            {"study": name, "mean": float(m), "sd": float(s), "shrinkage": float(share)}
            for name, m, s, share in zip(
                answer.analysis.telling_names, b.study_mean, b.study_sd, b.share, strict=True
            )
        ],
    }


def _groups(answer: "MetaAnswer", s: Subgroups) -> dict[str, Any]:
    """Each group of studies in the order of the file, and the test between them."""
    rows = []
    for name, p in s.groups.items():
        h = p.heterogeneity
        members = [n for n, g in zip(answer.analysis.names, answer.group, strict=True) if g == name]
        rows.append({
            "group": name, "k": p.k, "studies": members, **_result(p), "tau2": tau2_of(p),
            "adhoc_ci_low": p.adhoc_ci[0] if p.adhoc_ci else None,
            "adhoc_ci_high": p.adhoc_ci[1] if p.adhoc_ci else None, "adhoc_beside": in_doubt(p),
            "i2": h.i2, "i2_q": h.i2_q, "q": h.q, "q_df": h.df, "q_p": h.q_p, "display": _display(answer, p),
        })  # fmt: skip
    return {"by": answer.question["by"], "groups": rows, "q_between": s.q_between, "df": s.df, "p": s.p,
            "test": between_test(s)}  # fmt: skip


def _regression(answer: "MetaAnswer", r: Regression) -> dict[str, Any]:
    """The terms of a ratio are displayed as ratios, all others on the scale of the analysis."""
    shown = math.exp if answer.analysis.measure in LOG_MEASURES else float
    h = r.heterogeneity
    rows = []
    for i, term in enumerate(r.terms):
        b = {"estimate": float(r.beta[i]), "ci_low": float(r.ci_low[i]), "ci_high": float(r.ci_high[i])}
        display = {name: shown(value) if value < 709 else math.inf for name, value in b.items()}
        rows.append({"term": term, **b, "se": float(r.se[i]), "p": float(r.p[i]), "display": display})
    return {
        "terms": rows, "references": answer.references, "method": r.method, "ci": r.ci, "k": r.k, "tau2": r.tau2, "i2": h.i2,
        "qe": h.q, "qe_df": h.df, "qe_p": h.q_p, "qm": r.qm, "qm_df": r.qm_df, "qm_df2": r.qm_df2, "qm_p": r.qm_p, "r2": r.r2,
        "test": terms_test(r),
    }  # fmt: skip


def _result(p: Average) -> dict[str, Any]:
    return {n: getattr(p, n) for n in ("estimate", "se", "ci_low", "ci_high", "pi_low", "pi_high")}


def _summary(s: Summary) -> dict[str, Any]:
    return {"mean": s.mean, "sd": s.sd, "median": s.median, "mode": s.mode, "central": list(s.central),
            "shortest": list(s.shortest)}  # fmt: skip


def _beyond(x: float, below: Callable[[float], float], above: Callable[[float], float]) -> float:
    """The chance of an effect at least as far from none as x, on its side."""
    return below(x) if x < 0 else above(x)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
