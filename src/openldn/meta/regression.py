"""The mixed-effects model y = Xβ + u + e: meta-regression, and with X a column of ones the plain meta-analysis.

    u ~ N(0, τ²)     e ~ N(0, v)     β̂ and its covariance by weights 1/(v + τ̂²)

Tests and intervals of β: `z`, `t` with k − p degrees of freedom, `hk` (Knapp & Hartung 2003: the covariance times
q = r'Wr/(k − p), and t), `adhoc` (the same with max(1, q)). QM tests all terms but the intercept, by χ² or F.
R² is the share of τ² without moderators that they explain (Raudenbush 2009).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from openldn.meta.distributions import chi2_tail, critical, f_tail, two_sided_p
from openldn.meta.heterogeneity import RANDOM_METHODS, Heterogeneity, heterogeneity, tau2
from openldn.meta.linear import LARGEST, SMALLEST, Array, computable, dependent, fit, ones
from openldn.notation import InputError, UnknownName
from openldn.notation.extras import needed

INTERVALS = ("z", "t", "hk", "adhoc")
INTERVAL_WORDS = {"z": "normal", "t": "t", "hk": "Knapp–Hartung", "adhoc": "ad hoc Knapp–Hartung"}


@dataclass(frozen=True)
class Regression:
    """A fitted model; arrays are (terms,). `df` is None where the normal is used. `qm_df2` is None for χ².

    scale: the factor q by which `hk` or `adhoc` multiplied the covariance, else 1.
    """

    terms: tuple[str, ...]
    beta: Array
    se: Array
    p: Array
    ci_low: Array
    ci_high: Array
    cov: Array
    df: int | None
    tau2: float
    heterogeneity: Heterogeneity
    qm: float | None
    qm_df: int
    qm_df2: int | None
    qm_p: float | None
    r2: float | None
    scale: float
    method: str
    ci: str
    k: int
    weights: Array = field(repr=False)
    hat: Array = field(repr=False)

    @property
    def test(self) -> str:
        """Which test the p of all terms belongs to."""
        law = "χ²" if self.qm_df2 is None else f"F ({INTERVAL_WORDS[self.ci]})"
        return f"{law}, {'one τ² for all studies' if self.method in RANDOM_METHODS else 'no τ²'}"

    def table(self) -> Any:
        """A pandas frame, a row a term, on the scale of the analysis."""
        pandas = needed("pandas", "data")
        return pandas.DataFrame({"term": self.terms, "estimate": self.beta, "se": self.se, "ci_low": self.ci_low,
                                 "ci_high": self.ci_high, "p": self.p})  # fmt: skip


def regress(
    yi: Sequence[float] | Array,
    vi: Sequence[float] | Array,
    moderators: Mapping[str, Sequence[float] | Array] | None = None,
    *,
    method: str = "REML",
    ci: str = "hk",
    level: float = 0.95,
    intercept: bool = True,
    tau2_fixed: float | None = None,
) -> Regression:
    """Fit effects `yi` with variances `vi` (studies,) to an intercept and the named moderators (studies,).

    method: one of RANDOM_METHODS, or FE for τ² = 0; `tau2_fixed` sets τ² instead. Raises InputError for
    arrays that do not fit together, UnknownName for a method or interval that does not exist.
    """
    y, v = checked(yi, vi)
    columns = {"intercept": np.ones(len(y))} if intercept else {}
    for name, values in (moderators or {}).items():
        column = np.asarray(values, float)
        if column.shape != y.shape or not np.all(np.isfinite(column)):
            raise InputError(f'moderator "{name}" needs one finite number for each of the {len(y)} studies')
        columns[name] = column
    x = np.column_stack(list(columns.values()))
    k, p = x.shape
    if p > k or np.linalg.matrix_rank(x) < p:
        raise dependent()
    t = tau2_fixed if tau2_fixed is not None else between_variance(y, v, method, x)
    f = fit(y, x, 1 / (v + t))
    df, q = k - p, 1.0
    if ci not in INTERVALS:
        raise UnknownName("interval", ci, INTERVALS)
    if ci in ("hk", "adhoc") and df > 0:
        q = f.rss / df if ci == "hk" else max(1.0, f.rss / df)
    used = df if ci != "z" and df > 0 else None
    cov = f.cov * q
    se = np.sqrt(np.diag(cov))
    c = critical(level, used)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(f.beta == 0, 0.0, f.beta / se)
    qm, qm_df, qm_p = _test_of_moderators(f.beta, cov, used, int(intercept))
    return Regression(
        terms=tuple(columns), beta=f.beta, se=se, p=np.array([two_sided_p(float(r), used) for r in ratio]),
        ci_low=f.beta - c * se, ci_high=f.beta + c * se, cov=cov, df=used, tau2=t,
        heterogeneity=heterogeneity(y, v, method, t, x), qm=qm, qm_df=qm_df, qm_df2=used if qm_df else None,
        qm_p=qm_p, r2=_r2(y, v, method, t, p, intercept), scale=q, method=method, ci=ci, k=k,
        weights=f.weights, hat=f.hat,
    )  # fmt: skip


def checked(yi: Sequence[float] | Array, vi: Sequence[float] | Array) -> tuple[Array, Array]:
    """The effects and variances as arrays. Raises InputError unless all are finite and every variance positive."""
    y, v = np.asarray(yi, float), np.asarray(vi, float)
    if y.ndim != 1 or y.shape != v.shape or len(y) == 0:
        raise InputError(
            f"effects {y.shape} and variances {v.shape} must be two lists of the same studies, at least one"
        )
    for i in np.flatnonzero(~computable(y, v)):
        raise InputError(
            f"study {i + 1} has effect {y[i]:g} and variance {v[i]:g}; the effect must be finite and the variance above "
            f"zero (from {SMALLEST:g} to {LARGEST:g}): leave the study out, mend it or choose another unit"
        )
    return y, v


def between_variance(y: Array, v: Array, method: str, x: Array | None = None) -> float:
    """τ² by a random-effects method, 0 for FE. Raises UnknownName for any other."""
    if method == "FE":
        return 0.0
    if method not in RANDOM_METHODS:
        raise UnknownName("method", method, (*RANDOM_METHODS, "FE"))
    return tau2(y, v, method, ones(y) if x is None else x)


def _test_of_moderators(
    beta: Array, cov: Array, df: int | None, skip: int
) -> tuple[float | None, int, float | None]:
    m = len(beta) - skip
    if m == 0:
        return None, 0, None
    b, c = beta[skip:], cov[skip:, skip:]
    wald = float(b @ np.linalg.solve(c, b)) if np.any(c) else math.inf
    return (wald, m, chi2_tail(wald, m)) if df is None else (wald / m, m, f_tail(wald / m, m, df))


def _r2(y: Array, v: Array, method: str, t: float, p: int, intercept: bool) -> float | None:
    if method == "FE" or p < 2 or not intercept:
        return None
    alone = between_variance(y, v, method)
    return max(0.0, 100 * (alone - t) / alone) if alone > 0 else None
