"""Which study moves the result: deletion diagnostics of Viechtbauer & Cheung (2010), for the plain meta-analysis.

With μ₋, τ²₋ and var(μ₋) from the fit without study i, hᵢ its leverage:

    rstudent   (yᵢ − μ₋) / √(vᵢ + τ²₋ + var μ₋)
    DFFITS     (μ − μ₋) / √(hᵢ (vᵢ + τ²₋))
    Cook's D   (μ − μ₋)² / var μ
    cov. ratio var μ₋ / var μ
    DFBETAS    (μ − μ₋) / √(1/Σ 1/(v + τ²₋)), all studies in the sum

`hat` equals the weight as a share, since there is one coefficient.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from openldn.meta.linear import Array
from openldn.meta.regression import checked, regress
from openldn.notation import InputError


@dataclass(frozen=True)
class Influence:
    """One value a study, arrays (studies,). `weight` in percent; `conspicuous` by the usual rules of thumb."""

    rstudent: Array = field(repr=False)
    dffits: Array = field(repr=False)
    cooks_d: Array = field(repr=False)
    cov_ratio: Array = field(repr=False)
    dfbetas: Array = field(repr=False)
    hat: Array = field(repr=False)
    weight: Array = field(repr=False)
    tau2_deleted: Array = field(repr=False)
    q_deleted: Array = field(repr=False)

    @property
    def conspicuous(self) -> tuple[int, ...]:
        """Studies with |DFFITS| > 3√(1/(k−1)), leverage > 3/k, or |DFBETAS| > 1."""
        k = len(self.hat)
        flags = (np.abs(self.dffits) > 3 / np.sqrt(k - 1)) | (self.hat > 3 / k) | (np.abs(self.dfbetas) > 1)
        return tuple(int(i) for i in np.flatnonzero(flags))


def influence(
    yi: Sequence[float] | Array, vi: Sequence[float] | Array, *, method: str = "REML", ci: str = "z"
) -> Influence:
    """Refit without each study. Raises InputError for fewer than three studies, or when all effects are one number."""
    y, v = checked(yi, vi)
    k = len(y)
    if k < 3:
        raise InputError(f"influence needs three studies or more, there are {k}; show the studies themselves")
    full = regress(y, v, method=method, ci=ci)
    mu, variance = float(full.beta[0]), float(full.cov[0, 0])
    if variance == 0:
        raise InputError(
            f"all effects are {mu:g}, so no study moves anything; with --ci z the question can be asked"
        )
    rows = []
    for i in range(k):
        rest = np.arange(k) != i
        r = regress(y[rest], v[rest], method=method, ci=ci)
        gap, t, var = mu - float(r.beta[0]), r.tau2, float(r.cov[0, 0])
        rows.append(
            (
                (y[i] - r.beta[0]) / np.sqrt(v[i] + t + var), gap / np.sqrt(full.hat[i] * (v[i] + t)),
                gap**2 / variance, var / variance, gap / np.sqrt(full.scale / np.sum(1 / (v + t))), t, r.heterogeneity.q,
            )
        )  # fmt: skip
    rstudent, dffits, cooks, ratio, dfbetas, tau2, q = np.array(rows).T
    share = 100 * full.weights / np.sum(full.weights)
    return Influence(rstudent, dffits, cooks, ratio, dfbetas, full.hat, share, tau2, q)
