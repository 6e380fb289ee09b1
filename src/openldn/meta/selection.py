"""A step selection model: studies with large p values may have been published more rarely (Vevea & Hedges 1995).

A study with one-sided p in the j-th interval is seen with probability proportional to ωⱼ, ω₁ = 1:

    f(yᵢ) = ω(pᵢ) N(yᵢ; μ, vᵢ + τ²) / Aᵢ,     Aᵢ = Σⱼ ωⱼ P(p in interval j | μ, τ²)

p = 1 − Φ(y/√v) where a higher effect is the wanted one, Φ(y/√v) where a lower is. By default one step, at 0.025.
μ, τ² and the ω are fitted together by maximum likelihood from several starts, the best wins. The likelihood ratio
test compares with the same model without selection. Few studies can hardly tell selection from heterogeneity: it
is a sensitivity analysis and no correction.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openldn.meta.distributions import chi2_tail, critical, normal_quantile
from openldn.meta.likelihood import maximum
from openldn.meta.linear import Array, ones
from openldn.meta.regression import checked
from openldn.notation import InputError, SolveError

_BOUND = 12.0  # log ω: beyond e^±12 a weight is as good as none or all


@dataclass(frozen=True)
class Selection:
    """`weights`: relative chance of being seen in each interval of p, the first 1; `counts` the studies in each.

    unadjusted: μ by maximum likelihood without selection. se and the interval are from the observed information,
    None where it cannot be inverted.
    """

    estimate: float
    se: float | None
    ci_low: float | None
    ci_high: float | None
    tau2: float
    weights: tuple[float, ...]
    counts: tuple[int, ...]
    steps: tuple[float, ...]
    unadjusted: float
    unadjusted_tau2: float
    lrt: float
    df: int
    p: float


def selection_model(
    yi: Sequence[float] | Array,
    vi: Sequence[float] | Array,
    *,
    steps: Sequence[float] = (0.025,),
    wanted: str = "higher",
) -> Selection:
    """Fit the model with steps of the one-sided p; `wanted` is the direction of effect that favours publication.

    Raises InputError for steps that do not rise from 0 to 1, or when an interval holds no study.
    """
    y, v = checked(yi, vi)
    cuts = np.array([s for s in steps if s != 1.0], float)
    if len(cuts) == 0 or np.any(np.diff(cuts) <= 0) or not (cuts[0] > 0 and cuts[-1] < 1):
        raise InputError(f"steps {tuple(steps)} must rise between 0 and 1, such as (0.025,) or (0.025, 0.5)")
    if wanted not in ("higher", "lower"):
        raise InputError(f'wanted is "{wanted}"; it is "higher" or "lower"')
    sign = 1.0 if wanted == "higher" else -1.0
    y = sign * y
    # a p below a cut is a y above √v z(cut): the bounds of the intervals on the scale of y, (studies, steps)
    bounds = np.sqrt(v)[:, None] * np.array([-normal_quantile(float(c)) for c in cuts])
    where = np.sum(y[:, None] < bounds, axis=1)
    counts = np.bincount(where, minlength=len(cuts) + 1)
    if np.any(counts == 0):
        edges = (0.0, *map(float, cuts), 1.0)
        j = int(np.flatnonzero(counts == 0)[0])
        raise InputError(
            f"no study has a one-sided p between {edges[j]:g} and {edges[j + 1]:g}, so its weight has no estimate; choose "
            "other steps"
        )
    plain = maximum(y, v, ones(y), restricted=False)
    w = 1 / (v + plain.tau2)
    mu0 = float(np.sum(w * y) / np.sum(w))
    data = _Data(y, v, bounds, where)
    minus, at = _fit(data, mu0, plain.tau2)
    lrt = max(0.0, 2 * (-minus - plain.log_likelihood))
    se = _standard_error(data, at)
    half = critical(0.95, None) * se if se is not None else None
    mu, df = sign * float(at[0]), len(cuts)
    return Selection(
        estimate=mu, se=se, ci_low=None if half is None else mu - half, ci_high=None if half is None else mu + half,
        tau2=math.exp(float(at[1])) if at[1] > data.floor + 1e-3 else 0.0, weights=(1.0, *(float(x) for x in np.exp(at[2:]))),
        counts=tuple(int(n) for n in counts), steps=(*map(float, cuts), 1.0), unadjusted=sign * mu0,
        unadjusted_tau2=plain.tau2, lrt=lrt, df=df, p=chi2_tail(lrt, df),
    )  # fmt: skip


@dataclass(frozen=True)
class _Data:
    y: Array
    v: Array
    bounds: Array
    where: NDArray[np.intp]

    @property
    def scale(self) -> float:
        return math.log(float(np.median(self.v)))

    @property
    def floor(self) -> float:
        """log τ² that is as good as τ² = 0."""
        return self.scale - 20.0

    def minus_log_likelihood(self, z: Array) -> float:
        """z: μ, log τ², then log ω from the second interval on."""
        from scipy.special import ndtr

        total = self.v + math.exp(z[1])
        log_weight = np.concatenate([[0.0], z[2:]])
        below = ndtr((self.bounds - z[0]) / np.sqrt(total)[:, None])
        edges = np.concatenate([np.ones((len(self.y), 1)), below, np.zeros((len(self.y), 1))], axis=1)
        seen = (edges[:, :-1] - edges[:, 1:]) @ np.exp(log_weight)
        density = -0.5 * (np.log(2 * math.pi * total) + (self.y - z[0]) ** 2 / total)
        return -float(np.sum(density + log_weight[self.where] - np.log(np.maximum(seen, 1e-300))))


def _fit(data: _Data, mu: float, t: float) -> tuple[float, Array]:
    from scipy.optimize import minimize

    cuts = data.bounds.shape[1]
    limits = [(None, None), (data.floor, data.scale + 15.0)] + [(-_BOUND, _BOUND)] * cuts
    found = []
    for log_t in {math.log(max(t, math.exp(data.scale - 8))), data.scale, data.scale - 4}:
        for log_weight in (0.0, -1.5):
            start = np.array([mu, log_t, *([log_weight] * cuts)])
            one = minimize(data.minus_log_likelihood, start, method="L-BFGS-B", bounds=limits, tol=1e-13)
            again = minimize(data.minus_log_likelihood, one.x, method="Nelder-Mead", bounds=limits,
                             options={"xatol": 1e-8, "fatol": 1e-11, "maxiter": 4000})  # fmt: skip
            found.append(min((one, again), key=lambda r: float(r.fun)))
    best = min(found, key=lambda r: float(r.fun))
    if not math.isfinite(best.fun):
        raise SolveError("the selection model could not be fitted; try fewer steps")
    return float(best.fun), np.asarray(best.x)


def _standard_error(data: _Data, at: Array) -> float | None:
    """Of μ, from the observed information by central differences; τ² is held where it sits at 0."""
    free = [i for i in range(len(at)) if i != 1 or at[1] > data.floor + 1e-3]
    h = np.full(len(at), 1e-4)
    h[0] = 1e-4 * math.exp(data.scale / 2)
    n = len(free)
    information = np.empty((n, n))
    for a, i in enumerate(free):
        for b, j in enumerate(free[: a + 1]):
            total = 0.0
            for s, u in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                z = at.copy()
                z[i] += s * h[i]
                z[j] += u * h[j]
                total += s * u * data.minus_log_likelihood(z)
            information[a, b] = information[b, a] = total / (4 * h[i] * h[j])
    try:
        variance = float(np.linalg.inv(information)[0, 0])
    except np.linalg.LinAlgError:
        return None
    return math.sqrt(variance) if variance > 0 else None
