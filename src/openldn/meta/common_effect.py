"""Averages that read the counts themselves and assume a common effect: Mantel-Haenszel and Peto.

With N = n₁ + n₂, sums over studies, cells as in `effects.two_groups`. Nothing is added to any cell.

    MH OR   Σ(ad/N) / Σ(bc/N)             variance: Robins, Breslow & Greenland 1986
    MH RR   Σ(an₂/N) / Σ(cn₁/N)           variance: Greenland & Robins 1985
    MH RD   Σ((an₂ − cn₁)/N) / Σ(n₁n₂/N)  variance: Sato, Greenland & Robins 1989
    Peto    log OR = Σ(a − E) / ΣV        E = n₁(a+c)/N,  V = n₁n₂(a+c)(b+d) / (N²(N−1)),  variance 1/ΣV

Peto's is for rare events, effects near none and groups of similar size; elsewhere it is biased. Studies in which
nobody, or everybody, had the event add nothing to a ratio; they do count for the risk difference. Q compares each
study's own effect (0.5 added where a cell is zero) with the average, and leaves those studies out for every measure, as
metafor's rma.mh does: what 0.5 makes of them is no finding. For Peto it is Σ(a−E)²/V − (Σ(a−E))²/ΣV.
"""

import math

import numpy as np

from openldn.meta.average import Average, common_effect
from openldn.meta.distributions import chi2_tail
from openldn.meta.effects.two_groups import Counts, binary
from openldn.meta.heterogeneity import Heterogeneity, i2_from_q
from openldn.meta.linear import Array
from openldn.notation import InputError

_ASSUMED = "A common effect is assumed (τ² = 0), so the prediction interval is the confidence interval."


def mantel_haenszel(measure: str, table: Counts, *, level: float = 0.95) -> Average:
    """The Mantel-Haenszel RR, OR (log scale) or RD. Raises InputError where no ratio exists."""
    a, b, c, d, n1, n2 = table.a, table.b, table.c, table.d, table.n1, table.n2
    n = n1 + n2
    warnings = [_ASSUMED]
    if measure == "RD":
        weights = n1 * n2 / n
        mu = float(np.sum((a * n2 - c * n1) / n) / np.sum(weights))
        p = (n1**2 * c - n2**2 * a + n1 * n2 * (n2 - n1) / 2) / n**2
        q = (a * (n2 - c) + c * (n1 - a)) / (2 * n)
        variance = float(mu * np.sum(p) + np.sum(q)) / float(np.sum(weights)) ** 2
        if variance <= 0:
            warnings.append(
                "No study has persons with and without the event to compare, so the interval has no width. That is no "
                "proof of no difference: it says nothing about rare events."
            )
    else:
        _refuse_empty(table, "the Mantel-Haenszel ratio")
        if measure == "OR":
            r, s = a * d / n, b * c / n
            weights, own, other = s, (a + d) / n, (b + c) / n
            sum_r, sum_s = float(np.sum(r)), float(np.sum(s))
            _refuse_one_sided(sum_r, sum_s)
            variance = float(
                np.sum(own * r) / (2 * sum_r**2)
                + np.sum(own * s + other * r) / (2 * sum_r * sum_s)
                + np.sum(other * s) / (2 * sum_s**2)
            )
        else:
            r, s = a * n2 / n, c * n1 / n
            weights, sum_r, sum_s = s, float(np.sum(r)), float(np.sum(s))
            _refuse_one_sided(sum_r, sum_s)
            variance = float(np.sum(n1 * n2 * (a + c) / n**2 - a * c / n)) / (sum_r * sum_s)
        mu = math.log(sum_r / sum_s)
        if np.any(table.double_zero):
            warnings.append(_silent(table, "a ratio"))
    use = ~table.double_zero
    told = int(np.sum(use))
    q_value = 0.0
    if told > 1:
        effects = binary(measure, Counts(a[use], n1[use], c[use], n2[use]))
        q_value = float(np.sum((effects.yi - mu) ** 2 / effects.vi))
    if measure == "RD" and told < len(a):
        left = len(a) - told
        who, so = ("1 study", "it counts") if left == 1 else (f"{left} studies", "they count")
        warnings.append(
            f"Q leaves out {who} in which nobody, or everybody, had the event in both groups: {so} for the average, and "
            "nothing there tells how studies differ."
        )
    return _pooled(mu, max(0.0, variance), q_value, max(0, told - 1), table, "MH", level, weights, warnings)


def peto(table: Counts, *, level: float = 0.95) -> Average:
    """Peto's one-step log odds ratio. Raises InputError when no study has persons with and without the event."""
    _refuse_empty(table, "Peto's odds ratio")
    n1, n2 = table.n1, table.n2
    excess, v = peto_parts(table)
    total = float(np.sum(v))
    mu = float(np.sum(excess)) / total
    use = v > 0
    q = max(0.0, float(np.sum(excess[use] ** 2 / v[use])) - float(np.sum(excess)) ** 2 / total)
    warnings = [_ASSUMED] + ([_silent(table, "an odds ratio")] if np.any(table.double_zero) else [])
    lopsided = np.maximum(n1, n2) > 3 * np.minimum(n1, n2)
    if np.any(lopsided & use):
        warnings.append(
            "Peto's method is biased where groups differ much in size, as here by more than three to one; compare "
            "with --method MH."
        )
    if abs(mu) > 1:
        warnings.append("Peto's method is biased for effects as large as this one; compare with --method MH.")
    return _pooled(mu, 1 / total, q, int(np.sum(use)) - 1, table, "PETO", level, v, warnings)


def peto_parts(table: Counts) -> tuple[Array, Array]:
    """a − E and V of each study (studies,); V is 0 where nobody, or everybody, had the event."""
    n1, n2, events = table.n1, table.n2, table.a + table.c
    n = n1 + n2
    with np.errstate(invalid="ignore", divide="ignore"):
        v = np.where(n > 1, n1 * n2 * events * (n - events) / (n**2 * (n - 1)), 0.0)
    return table.a - n1 * events / n, v


def _pooled(
    mu: float, variance: float, q: float, df: int, table: Counts, method: str, level: float, weights: Array,
    warnings: list[str],
) -> Average:  # fmt: skip
    se = math.sqrt(variance)
    low, high, p = common_effect(mu, se, level)
    k = len(table.a)
    if k == 1:
        warnings[0] = "One study: what is shown is that study by itself; nothing says how studies differ."
    return Average(
        estimate=mu, se=se, ci_low=low, ci_high=high, p=p, pi_low=low if k > 1 else None,
        pi_high=high if k > 1 else None, k=k, method=method, ci="z", level=level, prediction="hk", df=None,
        heterogeneity=Heterogeneity(q, df, chi2_tail(q, df), 0.0, None, 0.0, i2_from_q(q, df), 1.0, None),
        tau2_ci=None, tau2_profile_ci=None, adhoc_ci=None, warnings=tuple(warnings), weights=weights / np.sum(weights),
    )  # fmt: skip


def _refuse_empty(table: Counts, what: str) -> None:
    if np.all(table.double_zero):
        raise InputError(
            f"in no study do some persons have the event and others not, so {what} does not exist; report the counts, "
            "or use --measure RD"
        )


def _refuse_one_sided(r: float, s: float) -> None:
    if r == 0 or s == 0:
        raise InputError(
            "over all studies the events (or the persons without) fall in one group only, so the Mantel-Haenszel ratio "
            "is 0 or infinite; use --measure RD, or --method PETO with --measure OR"
        )


def _silent(table: Counts, what: str) -> str:
    k = int(np.sum(table.double_zero))
    who, gets = ("1 study says", "gets") if k == 1 else (f"{k} studies say", "get")
    return f"{who} nothing about {what} (nobody, or everybody, had the event in both groups) and {gets} no weight."
