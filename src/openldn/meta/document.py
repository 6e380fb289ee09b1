"""What an analysis of studies is as JSON, part by part; studies without an effect of their own have null for it."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from openldn.meta.analysis import Analysis
from openldn.meta.average import Average
from openldn.meta.bayes import Posterior, Summary
from openldn.meta.heterogeneity import RANDOM_METHODS
from openldn.meta.influence import Influence
from openldn.meta.measures import LOG_MEASURES, MEASURE_WORDS, MEASURES
from openldn.meta.regression import INTERVAL_WORDS, Regression
from openldn.meta.selection import Selection
from openldn.meta.sensitivity import Step
from openldn.meta.small_studies import Egger
from openldn.meta.subgroups import Subgroups

_SHOWN_Z = 1.959963984540054  # studies are shown with their normal 95 % interval


def pinned(a: Analysis) -> dict[str, Any]:
    """The average, how studies differ, and each study: what stands in every document."""
    p = a.pooled
    h = p.heterogeneity
    tau2, profile, adhoc = (x or (None, None) for x in (p.tau2_ci, p.tau2_profile_ci, p.adhoc_ci))
    return {
        "measure": a.measure, "method": p.method, "ci": p.ci, "level": p.level, "k": p.k, **_result(p),
        "p": None if MEASURES[a.measure].one_arm else p.p, "tau2": p.tau2, "tau": math.sqrt(p.tau2), "tau2_se": h.tau2_se,
        "tau2_ci_low": tau2[0], "tau2_ci_high": tau2[1],
        "tau2_profile_ci_low": profile[0], "tau2_profile_ci_high": profile[1],
        "adhoc_ci_low": adhoc[0], "adhoc_ci_high": adhoc[1],
        "i2": h.i2, "i2_q": h.i2_q, "h2": h.h2, "q": h.q, "q_df": h.df, "q_p": h.q_p, "prediction": p.prediction,
        "scale": MEASURES[a.measure].scale, "intervals": _names(p), "display": _display(a, p), "studies": _studies(a),
    }  # fmt: skip


def steps(a: Analysis, series: Iterable[Step]) -> list[dict[str, Any]]:
    """Each average of a series with the study that was left out or added."""
    return [
        {"study": a.names[s.study], "k": s.pooled.k, **_result(s.pooled), "tau2": s.pooled.tau2,
         "display": _display(a, s.pooled)}
        for s in series
    ]  # fmt: skip


def groups(a: Analysis, s: Subgroups, by: str, group: Sequence[str]) -> dict[str, Any]:
    """Each group of studies in the order of the table, and the test between them."""
    rows = []
    members: dict[str, list[str]] = {name: [] for name in s.groups}
    for study, name in zip(a.names, group, strict=True):
        members[name].append(study)
    for name, p in s.groups.items():
        h, (low, high) = p.heterogeneity, p.adhoc_ci or (None, None)
        unknown = p.k == 1 and p.method in RANDOM_METHODS  # one study tells nothing of τ²
        rows.append({
            "group": name, "k": p.k, "studies": members[name], "interval": p.interval, **_result(p),
            "tau2": None if unknown else p.tau2,
            "adhoc_ci_low": low, "adhoc_ci_high": high, "adhoc_beside": p.adhoc_beside,
            "i2": h.i2, "i2_q": h.i2_q, "q": h.q, "q_df": h.df, "q_p": h.q_p, "display": _display(a, p),
        })  # fmt: skip
    return {"by": by, "groups": rows, "q_between": s.q_between, "df": s.df, "p": s.p, "test": s.test}


def regression(a: Analysis, r: Regression, references: dict[str, str]) -> dict[str, Any]:
    """The terms of a ratio are displayed as ratios, all others on the scale of the analysis."""
    shown = math.exp if a.measure in LOG_MEASURES else float
    h = r.heterogeneity
    rows = []
    for i, term in enumerate(r.terms):
        b = {"estimate": float(r.beta[i]), "ci_low": float(r.ci_low[i]), "ci_high": float(r.ci_high[i])}
        display = {name: shown(value) if value < 709 else math.inf for name, value in b.items()}
        rows.append({"term": term, **b, "se": float(r.se[i]), "p": float(r.p[i]), "display": display})
    return {
        "terms": rows, "references": references, "method": r.method, "ci": r.ci,
        "interval": INTERVAL_WORDS[r.ci], "k": r.k, "tau2": r.tau2, "i2": h.i2,
        "qe": h.q, "qe_df": h.df, "qe_p": h.q_p, "qm": r.qm, "qm_df": r.qm_df, "qm_df2": r.qm_df2, "qm_p": r.qm_p, "r2": r.r2,
        "test": r.test,
    }  # fmt: skip


def bayes(a: Analysis, b: Posterior, difference: float | None) -> dict[str, Any]:
    """difference: the smallest one that matters, on the scale of the analysis."""
    alone = MEASURES[a.measure].one_arm
    return {
        "prior": b.prior.name,
        "mu": _summary(b.mu_summary),
        "tau": _summary(b.tau_summary),
        "new_study": _summary(b.new_summary),
        "display": {
            "median": a.natural(b.mu_summary.median),
            "central": [a.natural(x) for x in b.mu_summary.central],
            "new_study_central": [a.natural(x) for x in b.new_summary.central],
        },
        "p_below_no_effect": None if alone else b.p_mu_below(0.0),
        "p_new_below_no_effect": None if alone else b.p_new_below(0.0),
        "difference": difference,
        "p_beyond_difference": None
        if difference is None
        else _beyond(difference, b.p_mu_below, b.p_mu_above),
        "p_new_beyond_difference": None
        if difference is None
        else _beyond(difference, b.p_new_below, b.p_new_above),
        "studies": [
            {"study": name, "mean": float(m), "sd": float(s), "shrinkage": float(share)}
            for name, m, s, share in zip(a.telling_names, b.study_mean, b.study_sd, b.share, strict=True)
        ],
    }


def influence_rows(a: Analysis, i: Influence) -> list[dict[str, Any]]:
    rows = zip(a.telling_names, i.rstudent, i.dffits, i.cooks_d, i.hat, i.weight, i.tau2_deleted, strict=True)
    return [
        {"study": n, "rstudent": float(r), "dffits": float(d), "cooks_d": float(c), "hat": float(h), "weight": float(w),
         "tau2_without": float(t)}
        for n, r, d, c, h, w, t in rows
    ]  # fmt: skip


def influence(a: Analysis, i: Influence) -> dict[str, Any]:
    return {"studies": influence_rows(a, i), "conspicuous": [a.telling_names[k] for k in i.conspicuous]}


def egger(e: Egger) -> dict[str, Any]:
    return {"slope": e.slope, "se": e.slope_se, "p": e.p, "limit": e.limit, "limit_ci": list(e.limit_ci),
            "note": e.note}  # fmt: skip


def selection(a: Analysis, s: Selection, wanted: str) -> dict[str, Any]:
    return {
        "wanted": wanted, "steps": list(s.steps), "weights": list(s.weights), "counts": list(s.counts),
        "estimate": s.estimate, "ci_low": s.ci_low, "ci_high": s.ci_high, "tau2": s.tau2,
        "unadjusted": s.unadjusted, "lrt": s.lrt, "p": s.p,
        "display": {"estimate": a.natural(s.estimate), "unadjusted": a.natural(s.unadjusted)},
    }  # fmt: skip


def finite(value: Any) -> Any:
    """The same with None for numbers that are not finite, which JSON cannot hold."""
    if isinstance(value, dict):
        return {k: finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _display(a: Analysis, p: Average) -> dict[str, Any]:
    names = ("estimate", "ci_low", "ci_high", "pi_low", "pi_high")
    low, high = p.adhoc_ci or (None, None)
    return {
        "measure": MEASURE_WORDS[a.measure],
        **{n: a.natural(getattr(p, n)) for n in names},
        "adhoc_ci_low": a.natural(low),
        "adhoc_ci_high": a.natural(high),
    }


def _names(p: Average) -> dict[str, str | None]:
    """What each interval of the document is called, None where it is not there."""
    return {
        "ci": p.interval,
        "pi": None if p.pi_low is None else p.prediction_interval,
        "tau2_ci": "Q-profile" if p.tau2_ci else None,
        "tau2_profile_ci": "profile likelihood" if p.tau2_profile_ci else None,
        "adhoc_ci": INTERVAL_WORDS["adhoc"] if p.adhoc_ci else None,
        "studies": INTERVAL_WORDS["z"],
    }


def _studies(a: Analysis) -> list[dict[str, Any]]:
    se = np.sqrt(a.effects.vi)
    low, high = a.effects.yi - _SHOWN_Z * se, a.effects.yi + _SHOWN_Z * se
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


def _result(p: Average) -> dict[str, Any]:
    return {n: getattr(p, n) for n in ("estimate", "se", "ci_low", "ci_high", "pi_low", "pi_high")}


def _summary(s: Summary) -> dict[str, Any]:
    return {"mean": s.mean, "sd": s.sd, "median": s.median, "mode": s.mode, "central": list(s.central),
            "shortest": list(s.shortest)}  # fmt: skip


def _beyond(x: float, below: Callable[[float], float], above: Callable[[float], float]) -> float:
    """The chance of an effect at least as far from none as x, on its side."""
    return below(x) if x < 0 else above(x)
