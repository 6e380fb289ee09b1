"""The JSON document of `ldn meta`: what is pinned, and what was asked for besides."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from openldn.evidence.synthesis import MEASURE_WORDS, Pooled, Posterior, Summary

if TYPE_CHECKING:
    from openldn.answers.meta import MetaAnswer


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
        "p": p.p,
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
    return _finite(found)  # type: ignore[no-any-return]


def _display(answer: "MetaAnswer", p: Pooled) -> dict[str, Any]:
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
    rows = zip(a.names, a.effects.yi, a.effects.vi, a.effects.yi - z * se, a.effects.yi + z * se, a.pooled.weights,
               strict=True)  # fmt: skip
    return [
        {
            "study": name, "yi": float(y), "vi": float(v), "ci_low": float(low), "ci_high": float(high),
            "weight": 100 * float(w),
            "display": {"estimate": answer.natural(float(y)), "ci_low": answer.natural(float(low)),
                        "ci_high": answer.natural(float(high))},
        }
        for name, y, v, low, high, w in rows
    ]  # fmt: skip


def _bayes(answer: "MetaAnswer", b: Posterior) -> dict[str, Any]:
    mid = answer.difference
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
        "p_below_no_effect": b.p_mu_below(0.0),
        "p_new_below_no_effect": b.p_new_below(0.0),
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


def _result(p: Pooled) -> dict[str, Any]:
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
