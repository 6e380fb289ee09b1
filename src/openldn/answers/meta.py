"""What do these studies say together? A meta-analysis of a CSV file, with everything needed to make it again."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from openldn.answers.answer import Provenance, provenance
from openldn.answers.meta_checks import checks_of
from openldn.evidence.synthesis import (
    LOG_MEASURES,
    MEASURE_WORDS,
    Analysis,
    Pooled,
    Posterior,
    Step,
    Summary,
    analyse,
    check_choice,
    cumulative,
    leave_one_out,
    posterior,
    prior,
    priors_fingerprint,
    read_table,
)
from openldn.notation import InputError

_MOST_REFITS = 2_000


@dataclass(frozen=True)
class MetaAnswer:
    """The analysis of a file; `bayes` and the two series are there when they were asked for.

    difference: the minimal important difference on the scale of the analysis, for the Bayesian answer.
    """

    question: dict[str, Any]
    analysis: Analysis
    bayes: Posterior | None
    difference: float | None
    leave_one_out: tuple[Step, ...]
    cumulative: tuple[Step, ...]
    checks: dict[str, Any]
    provenance: Provenance = field(repr=False)

    @property
    def warnings(self) -> tuple[str, ...]:
        return self.analysis.warnings

    def natural(self, value: float | None) -> float | None:
        """A value on the scale of the analysis as a reader knows it: the ratio instead of its logarithm."""
        return _natural(self.analysis.measure, value)

    def as_json(self) -> dict[str, Any]:
        """The pinned document of `ldn meta --json`."""
        a, p, h = self.analysis, self.analysis.pooled, self.analysis.pooled.heterogeneity
        document: dict[str, Any] = {
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
            "display": self._display(p),
            "studies": self._studies(),
            "warnings": list(self.warnings),
            "provenance": self.provenance.as_json(),
            **self.checks,
        }
        if self.bayes:
            document["bayes"] = self._bayes(self.bayes)
        for name, steps in (("leave_one_out", self.leave_one_out), ("cumulative", self.cumulative)):
            if steps:
                document[name] = [
                    {"study": a.names[s.study], "k": s.pooled.k, **_result(s.pooled), "tau2": s.pooled.tau2,
                     "display": self._display(s.pooled)}
                    for s in steps
                ]  # fmt: skip
        return _finite(document)  # type: ignore[no-any-return]

    def _display(self, p: Pooled) -> dict[str, Any]:
        names = ("estimate", "ci_low", "ci_high", "pi_low", "pi_high")
        low, high = p.adhoc_ci or (None, None)
        return {
            "measure": MEASURE_WORDS[self.analysis.measure],
            **{n: self.natural(getattr(p, n)) for n in names},
            "adhoc_ci_low": self.natural(low),
            "adhoc_ci_high": self.natural(high),
        }

    def _studies(self) -> list[dict[str, Any]]:
        a = self.analysis
        z = 1.959963984540054  # studies are shown with their normal 95 % interval
        se = np.sqrt(a.effects.vi)
        rows = zip(a.names, a.effects.yi, a.effects.vi, a.effects.yi - z * se, a.effects.yi + z * se, a.pooled.weights,
                   strict=True)  # fmt: skip
        return [
            {
                "study": name, "yi": float(y), "vi": float(v), "ci_low": float(low), "ci_high": float(high),
                "weight": 100 * float(w),
                "display": {"estimate": self.natural(float(y)), "ci_low": self.natural(float(low)),
                            "ci_high": self.natural(float(high))},
            }
            for name, y, v, low, high, w in rows
        ]  # fmt: skip

    def _bayes(self, b: Posterior) -> dict[str, Any]:
        mid = self.difference
        return {
            "prior": b.prior.name,
            "mu": _summary(b.mu_summary),
            "tau": _summary(b.tau_summary),
            "new_study": _summary(b.new_summary),
            "display": {
                "median": self.natural(b.mu_summary.median),
                "central": [self.natural(x) for x in b.mu_summary.central],
                "new_study_central": [self.natural(x) for x in b.new_summary.central],
            },
            "p_below_no_effect": b.p_mu_below(0.0),
            "p_new_below_no_effect": b.p_new_below(0.0),
            "difference": mid,
            "p_beyond_difference": None if mid is None else _beyond(mid, b.p_mu_below, b.p_mu_above),
            "p_new_beyond_difference": None if mid is None else _beyond(mid, b.p_new_below, b.p_new_above),
            "studies": [
                {"study": name, "mean": float(m), "sd": float(s), "shrinkage": float(share)}
                for name, m, s, share in zip(
                    self.analysis.names, b.study_mean, b.study_sd, b.share, strict=True
                )
            ],
        }


def meta(
    path: Path,
    measure: str,
    *,
    method: str = "REML",
    ci: str | None = None,
    prediction: str = "hk",
    separator: str = "comma",
    decimal: str = "point",
    double_zero: str = "keep",
    bayes: str | None = None,
    difference: float | None = None,
    one_out: bool = False,
    one_by_one: bool = False,
    checks: bool = False,
) -> MetaAnswer:
    """Pool the studies of a CSV file. `difference` is on the natural scale: 0.8 for a ratio, −1 for points.

    Raises InputError, UnknownName or DataError with the way out.
    """
    measure, method = measure.upper(), method.upper()
    ci = check_choice(measure, method, ci)
    chosen = prior(bayes, measure) if bayes else None
    if difference is not None and chosen is None:
        raise InputError(
            "--difference asks for a probability, which needs a prior; add --bayes half-normal:S"
        )
    studies = read_table(path, measure, separator=separator, decimal=decimal)
    found = analyse(studies, method=method, ci=ci, prediction=prediction, double_zero=double_zero)
    k = len(found.names)
    if (one_out or one_by_one or checks) and k > _MOST_REFITS:
        raise InputError(
            f"{k:,} studies would be pooled {k:,} times; --leave-one-out, --cumulative and --checks take {_MOST_REFITS:,}"
        )
    question = {
        "file": path.name, "measure": measure, "method": method, "ci": ci, "prediction": prediction,
        "separator": separator, "decimal": decimal, "double_zero": double_zero, "bayes": bayes,
        "difference": difference, "leave_one_out": one_out, "cumulative": one_by_one, "checks": checks,
    }  # fmt: skip
    empirical = bool(chosen and chosen.source)
    return MetaAnswer(
        question, found, posterior(found.effects.yi, found.effects.vi, chosen) if chosen else None,
        _on_scale(measure, difference), leave_one_out(k, found.pool_these) if one_out else (),
        cumulative(k, found.pool_these) if one_by_one else (), checks_of(found) if checks else {},
        provenance(
            "meta", question, files=(studies.fingerprint, *([priors_fingerprint()] if empirical else [])),
            sources=[chosen.source] if chosen and empirical else [],
            provisional=[f"prior {chosen.name}"] if chosen and empirical else [],
        ),
    )  # fmt: skip


def _natural(measure: str, value: float | None) -> float | None:
    if value is None or measure not in LOG_MEASURES:
        return value
    return math.exp(value) if value < 709 else math.inf


def _on_scale(measure: str, difference: float | None) -> float | None:
    if difference is None or not math.isfinite(difference):
        if difference is not None:
            raise InputError(f"the important difference is {difference:g}; give a finite number")
        return None
    if measure in LOG_MEASURES:
        if difference <= 0:
            raise InputError(
                f"the important difference is {difference:g}; for a ratio give a ratio, such as 0.8"
            )
        return math.log(difference)
    return difference


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
