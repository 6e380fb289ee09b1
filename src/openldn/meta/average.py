"""One number for many studies: the inverse-variance average, its interval, and where the true effect of a new study would lie.

FE weighs by 1/v and describes these studies; the random-effects methods weigh by 1/(v + τ̂²) and describe the
distribution they come from. Intervals: see `regression`. Prediction intervals μ̂ ± c √(τ̂² + se²):

    hk         c from the same distribution as the interval (z: normal; t, hk, adhoc: t with k − 1), its se
    cochrane   c from t with k − 2, the se of the z interval (Higgins, Thompson & Spiegelhalter 2009)

Knapp & Hartung's interval from two or three studies can be absurdly narrow or wide. The ad hoc one, which is never
narrower than t, stands beside it, and a warning says so; likewise where it is narrower than z. That does not make it
wide enough: with few studies of unequal variances it too holds the truth less often than it says.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from openldn.meta.distributions import critical, two_sided_p
from openldn.meta.heterogeneity import Heterogeneity
from openldn.meta.linear import Array
from openldn.meta.regression import INTERVAL_WORDS, regress
from openldn.meta.tau2_interval import profile_likelihood, q_profile
from openldn.notation import UnknownName

PREDICTIONS = ("hk", "cochrane")


@dataclass(frozen=True)
class Average:
    """The average effect on the scale of the analysis; `weights` (studies,) are shares of 1.

    se: the standard error that the interval uses. tau2_ci: Q-profile; tau2_profile_ci: profile likelihood, for ML and
    REML. adhoc_ci: the ad hoc interval, whichever was asked for. pi_low and pi_high are None where no prediction can be
    made. `warnings` are whole sentences.
    """

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    p: float
    pi_low: float | None
    pi_high: float | None
    k: int
    method: str
    ci: str
    level: float
    prediction: str
    df: int | None
    heterogeneity: Heterogeneity
    tau2_ci: tuple[float, float] | None
    tau2_profile_ci: tuple[float, float] | None
    adhoc_ci: tuple[float, float] | None
    warnings: tuple[str, ...]
    weights: Array = field(repr=False)

    @property
    def adhoc_beside(self) -> bool:
        """Whether the ad hoc interval has to stand beside this one, which can be far too narrow or too wide."""
        return any("adhoc_ci" in w for w in self.warnings)

    @property
    def interval(self) -> str:
        """The name of the interval of the average, for a reader."""
        return INTERVAL_WORDS["z" if self.k == 1 else self.ci]

    @property
    def prediction_interval(self) -> str:
        """The name of the prediction interval, for a reader."""
        return "t with k − 2" if self.prediction == "cochrane" else self.interval

    @property
    def tau2(self) -> float:
        """The between-study variance; 0 where a common effect is assumed."""
        return self.heterogeneity.tau2


def pool_effects(
    yi: Sequence[float] | Array,
    vi: Sequence[float] | Array,
    *,
    method: str = "REML",
    ci: str = "hk",
    level: float = 0.95,
    prediction: str = "hk",
    intervals: bool = True,
) -> Average:
    """Pool effects `yi` with variances `vi` (studies,), any order.

    method: DL, REML, PM, ML, SJ, EB, HE, HS or FE; ci: z, t, hk or adhoc; prediction: hk or cochrane.
    intervals=False leaves out the intervals of τ², which take most of the time. One study gives itself, with
    its z interval and a warning. Raises InputError or UnknownName as `regress` does.
    """
    if prediction not in PREDICTIONS:
        raise UnknownName("prediction interval", prediction, PREDICTIONS)
    r = regress(yi, vi, method=method, ci=ci, level=level)
    y, v = np.asarray(yi, float), np.asarray(vi, float)
    mu, se, k = float(r.beta[0]), float(r.se[0]), r.k
    plain = 1 / math.sqrt(float(np.sum(r.weights)))
    low, high = _prediction(mu, plain if prediction == "cochrane" else se, r.tau2, k, r.df, level, prediction)
    random = method != "FE" and k > 1 and intervals
    return Average(
        estimate=mu, se=se, ci_low=float(r.ci_low[0]), ci_high=float(r.ci_high[0]), p=float(r.p[0]),
        pi_low=low, pi_high=high, k=k, method=method, ci=ci, level=level, prediction=prediction, df=r.df,
        heterogeneity=r.heterogeneity, tau2_ci=q_profile(y, v, level=level) if random else None,
        tau2_profile_ci=profile_likelihood(y, v, level=level, restricted=method == "REML")
        if random and method in ("ML", "REML") else None,
        adhoc_ci=_adhoc(mu, plain, r.weights, y, level) if k > 1 else None,
        warnings=_warnings(r.scale, k, method, ci, level), weights=r.weights / np.sum(r.weights),
    )  # fmt: skip


def common_effect(mu: float, se: float, level: float) -> tuple[float, float, float]:
    """(low, high, p) of the normal interval around `mu`, for methods that assume a common effect."""
    c = critical(level, None)
    return mu - c * se, mu + c * se, two_sided_p(mu / se if se > 0 else (math.inf if mu else 0.0), None)


def _prediction(
    mu: float, se: float, t: float, k: int, df: int | None, level: float, kind: str
) -> tuple[float | None, float | None]:
    if k == 1 or (kind == "cochrane" and k < 3):
        return None, None
    half = critical(level, k - 2 if kind == "cochrane" else df) * math.sqrt(t + se**2)
    return mu - half, mu + half


def _adhoc(mu: float, se: float, weights: Array, y: Array, level: float) -> tuple[float, float]:
    df = len(y) - 1
    half = critical(level, df) * se * math.sqrt(max(1.0, float(np.sum(weights * (y - mu) ** 2)) / df))
    return mu - half, mu + half


def _warnings(scale: float, k: int, method: str, ci: str, level: float) -> tuple[str, ...]:
    if k == 1:
        return (
            "One study: what is shown is that study with its normal interval; nothing is pooled and nothing says how "
            "studies differ.",
        )
    found = []
    beside = "the ad hoc one, which is never narrower than the t interval, stands beside it (adhoc_ci)"
    if ci == "hk" and k <= 3:
        found.append(
            f"Knapp and Hartung's interval from {k} studies can be far too narrow or too wide; {beside}."
        )
    elif ci == "hk" and critical(level, k - 1) * math.sqrt(scale) < critical(level, None):
        found.append(f"Knapp and Hartung's interval is narrower here than the normal one; {beside}.")
    if method != "FE" and k < 5:
        found.append(
            f"τ² from {k} studies is hardly known; read its interval, and the prediction interval with care."
        )
    if method == "FE":
        found.append(
            "A common effect is assumed (τ² = 0), so the prediction interval is the confidence interval."
        )
    return tuple(found)
