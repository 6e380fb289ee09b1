"""The average within groups of studies, and whether the groups differ by more than chance.

    Q_between = Σ (μ_g − μ̄)² / se_g²,  χ² with (groups − 1) df,  μ̄ weighted by 1/se_g²

se_g is the normal standard error of each group's average, whatever interval is shown. Each group has a τ² of its
own; with common_tau2=True all share the one that is left within groups, as a meta-regression on the groups has it.
Few studies in a group leave the test without power, and groups chosen after seeing the data make it void.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from openldn.meta.average import Average, pool_effects
from openldn.meta.distributions import chi2_tail
from openldn.meta.heterogeneity import RANDOM_METHODS
from openldn.meta.linear import Array
from openldn.meta.regression import Regression, checked, regress
from openldn.meta.sensitivity import Indices, Pooler
from openldn.notation import InputError
from openldn.notation.extras import needed


@dataclass(frozen=True)
class Subgroups:
    """`groups`: name to average, in order of appearance; of a shared τ² the averages stand in `regression` alone."""

    groups: dict[str, Average]
    q_between: float
    df: int
    p: float
    regression: Regression | None = None

    @property
    def test(self) -> str:
        """Which test the p between groups belongs to."""
        random = any(p.method in RANDOM_METHODS for p in self.groups.values())
        return f"χ², normal standard errors, {'a τ² for each group' if random else 'no τ²'}"

    def table(self) -> Any:
        """A pandas frame, a row a group, on the scale of the analysis."""
        pandas = needed("pandas", "data")
        return pandas.DataFrame(
            [
                {"group": name, "k": p.k, "estimate": p.estimate, "se": p.se, "ci_low": p.ci_low, "ci_high": p.ci_high,
                 "tau2": p.tau2}
                for name, p in self.groups.items()
            ]
        )  # fmt: skip


def subgroups(
    yi: Sequence[float] | Array,
    vi: Sequence[float] | Array,
    group: Sequence[str],
    *,
    method: str = "REML",
    ci: str = "hk",
    common_tau2: bool = False,
) -> Subgroups:
    """Pool within each group (studies,) and compare. Raises InputError for fewer than two groups."""
    y, v = checked(yi, vi)
    names = list(dict.fromkeys(group))
    if len(group) != len(y) or len(names) < 2:
        raise InputError(
            f"{len(names)} group(s) for {len(y)} studies; name a group for each study, two or more in all"
        )
    every = {name: np.isin(np.arange(len(y)), use) for name, use in _members(group).items()}

    def pool_these(use: Indices) -> Average:
        return pool_effects(y[use], v[use], method=method, ci=ci)

    def plain(use: Indices) -> Average:
        return pool_effects(y[use], v[use], method=method, ci="z", intervals=False)

    if common_tau2:
        columns = {name: m.astype(np.float64) for name, m in every.items() if name != names[0]}
        r = regress(y, v, columns, method=method, ci="z")
        assert r.qm is not None and r.qm_p is not None  # noqa: PT018 - there are moderators
        fitted = {name: pool_these(np.flatnonzero(m)) for name, m in every.items()}
        return Subgroups(fitted, r.qm, r.qm_df, r.qm_p, r)
    return compare_groups(group, pool_these, plain)


def compare_groups(group: Sequence[str], pool_these: Pooler, plain: Pooler) -> Subgroups:
    """The same for any method: `plain` pools with the normal standard error. Raises InputError that names the group."""
    member = _members(group)
    names = list(member)
    if len(names) < 2:
        raise InputError(f'every study is of one group, "{names[0]}"; a comparison needs two or more')
    fitted = {name: _named(name, pool_these, use) for name, use in member.items()}
    rows = [_named(name, plain, use) for name, use in member.items()]
    mu, w = np.array([r.estimate for r in rows]), np.array([1 / r.se**2 for r in rows])
    q = float(np.sum(w * (mu - np.average(mu, weights=w)) ** 2))
    return Subgroups(fitted, q, len(names) - 1, chi2_tail(q, len(names) - 1))


def _members(group: Sequence[str]) -> dict[str, Indices]:
    """The indices of the studies of each group, in order of appearance."""
    found: dict[str, list[int]] = {}
    for i, name in enumerate(group):
        found.setdefault(name, []).append(i)
    return {name: np.array(use, dtype=np.intp) for name, use in found.items()}


def _named(name: str, pooler: Callable[[Indices], Average], use: Indices) -> Average:
    try:
        found = pooler(use)
    except InputError as error:
        raise InputError(f'group "{name}": {error}') from None
    if found.se <= 0:
        raise InputError(
            f'group "{name}": its average has no standard error, so it cannot be compared; use --method REML'
        )
    return found
