"""Egger's regression test: do small studies show other effects than large ones?

    additive        y = β₀ + β₁ √v in the mixed-effects model, τ² by `method`, normal test of β₁ (Sterne & Egger 2005)
    multiplicative  the same line by weights 1/v with a free dispersion, t test with k − 2 df: Egger's own (1997)

β₀, the limit, is the effect a study without error would have by that line. Asymmetry has many causes besides missing
studies: real differences, chance, and the effect measures that are tied to their own standard error (OR, SMD). With
fewer than ten studies the test has next to no power, which is said in `note`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from openldn.meta.distributions import critical, two_sided_p
from openldn.meta.linear import Array, fit
from openldn.meta.regression import checked, regress
from openldn.notation import InputError, UnknownName

MODELS = ("additive", "multiplicative")


@dataclass(frozen=True)
class Egger:
    """The slope of the effect on its standard error, with test; `limit` and its interval at a standard error of 0."""

    slope: float
    slope_se: float
    statistic: float
    df: int | None
    p: float
    limit: float
    limit_ci: tuple[float, float]
    k: int
    note: str


def egger(
    yi: Sequence[float] | Array, vi: Sequence[float] | Array, *, model: str = "additive", method: str = "REML"
) -> Egger:
    """Egger's test. Raises InputError for fewer than three studies or where all have the same standard error."""
    if model not in MODELS:
        raise UnknownName("model", model, MODELS)
    y, v = checked(yi, vi)
    k, se = len(y), np.sqrt(v)
    if k < 3 or np.ptp(se) <= 1e-12 * np.max(se):
        raise InputError(
            f"Egger's test needs three studies or more with different standard errors; there are {k}"
        )
    if model == "additive":
        r = regress(y, v, {"standard error": se}, method=method, ci="z")
        beta, cov, df = r.beta, r.cov, None
    else:
        f = fit(y, np.column_stack([np.ones(k), se]), 1 / v)
        beta, cov, df = f.beta, f.cov * f.rss / (k - 2), k - 2
    slope_se = math.sqrt(float(cov[1, 1]))
    statistic = float(beta[1]) / slope_se if slope_se > 0 else math.copysign(math.inf, float(beta[1]))
    half = critical(0.95, df) * math.sqrt(float(cov[0, 0]))
    note = (
        f"With {k} studies the test can hardly find anything; no asymmetry seen is no proof of none."
        if k < 10
        else ""
    )
    return Egger(
        float(beta[1]), slope_se, statistic, df, two_sided_p(statistic, df), float(beta[0]),
        (float(beta[0]) - half, float(beta[0]) + half), k, note,
    )  # fmt: skip
