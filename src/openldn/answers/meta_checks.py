"""What could be wrong with an average: studies that pull, small ones that differ, results that were not published."""

from collections.abc import Callable
from typing import Any

from openldn.meta import MEASURES, Analysis, egger, influence, selection_model
from openldn.meta.heterogeneity import RANDOM_METHODS
from openldn.notation import InputError


def checks_of(a: Analysis, wanted: str = "") -> dict[str, Any]:
    """Influence of each study, Egger's test and a step selection model; each with `not_possible` where it is not.

    wanted: "higher" or "lower", the direction that favours publication; that of the average if left out.
    """
    names, y, v = a.telling_names, a.effects.yi[a.telling], a.effects.vi[a.telling]
    method = a.pooled.method if a.pooled.method in RANDOM_METHODS else "REML"
    wanted = wanted or ("higher" if a.pooled.estimate >= 0 else "lower")

    def studies() -> dict[str, Any]:
        i = influence(y, v, method=method)
        rows = zip(names, i.rstudent, i.dffits, i.cooks_d, i.hat, i.weight, i.tau2_deleted, strict=True)
        return {
            "studies": [
                {"study": n, "rstudent": float(r), "dffits": float(d), "cooks_d": float(c), "hat": float(h),
                 "weight": float(w), "tau2_without": float(t)}
                for n, r, d, c, h, w, t in rows
            ],
            "conspicuous": [names[k] for k in i.conspicuous],
        }  # fmt: skip

    def small() -> dict[str, Any]:
        e = egger(y, v, method=method)
        return {
            "slope": e.slope,
            "se": e.slope_se,
            "p": e.p,
            "limit": e.limit,
            "limit_ci": list(e.limit_ci),
            "note": e.note,
        }

    def selected() -> dict[str, Any]:
        if MEASURES[a.measure].one_arm:
            raise InputError(
                "a share of one group is not published for its p; a selection model needs a comparison"
            )
        s = selection_model(y, v, wanted=wanted)
        return {
            "wanted": wanted, "steps": list(s.steps), "weights": list(s.weights), "counts": list(s.counts),
            "estimate": s.estimate, "ci_low": s.ci_low, "ci_high": s.ci_high, "tau2": s.tau2,
            "unadjusted": s.unadjusted, "lrt": s.lrt, "p": s.p,
        }  # fmt: skip

    return {"influence": _or_why(studies), "egger": _or_why(small), "selection": _or_why(selected)}


def _or_why(compute: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return compute()
    except InputError as error:
        return {"not_possible": str(error)}
