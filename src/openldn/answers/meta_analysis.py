"""What do these studies say together? A meta-analysis of a CSV file, with everything needed to make it again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openldn.answers.answer import Provenance, provenance
from openldn.answers.meta_checks import checks_of
from openldn.answers.meta_json import document
from openldn.answers.meta_moderators import groups_of, notes_on, regression_of
from openldn.meta import (
    Analysis,
    Posterior,
    Regression,
    Step,
    Subgroups,
    analyse,
    check_choice,
    cumulative,
    leave_one_out,
    on_scale,
    posterior,
    prior,
    priors_fingerprint,
    read_table,
)
from openldn.notation import InputError

_MOST_REFITS = 2_000


@dataclass(frozen=True)
class MetaAnswer:
    """The analysis of a file; `bayes`, the two series, the groups and the regression are there when they were asked for.

    difference: the minimal important difference on the scale of the analysis, for the Bayesian answer. group: of each
    study. references: the level of each factor that the others are compared with.
    """

    question: dict[str, Any]
    analysis: Analysis
    bayes: Posterior | None
    difference: float | None
    leave_one_out: tuple[Step, ...]
    cumulative: tuple[Step, ...]
    checks: dict[str, Any]
    group: tuple[str, ...]
    subgroups: Subgroups | None
    regression: Regression | None
    references: dict[str, str]
    provenance: Provenance = field(repr=False)

    @property
    def warnings(self) -> tuple[str, ...]:
        return (*self.analysis.warnings, *notes_on(self.subgroups, self.regression))

    def natural(self, value: float | None) -> float | None:
        """A value on the scale of the analysis as a reader knows it: the ratio instead of its logarithm."""
        return self.analysis.natural(value)

    def as_json(self) -> dict[str, Any]:
        """The pinned document of `ldn meta --json`."""
        return document(self)


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
    by: str | None = None,
    moderators: Sequence[str] = (),
) -> MetaAnswer:
    """Pool the studies of a CSV file. `difference` is on the natural scale: 0.8 for a ratio, −1 for points.

    by: a column that parts the studies into groups. moderators: columns of a meta-regression.

    Raises InputError, UnknownName or DataError with the way out.
    """
    measure, method = measure.upper(), method.upper()
    ci = check_choice(measure, method, ci)
    chosen = prior(bayes, measure) if bayes else None
    if difference is not None and chosen is None:
        raise InputError(
            "--difference asks for a probability, which needs a prior; add --bayes half-normal:S"
        )
    mid = None if difference is None else on_scale(measure, difference)
    by = by.strip().lower() if by else None
    besides = [c for c in (by, *moderators) if c]
    studies = read_table(path, measure, separator=separator, decimal=decimal, besides=besides)
    found = analyse(studies, method=method, ci=ci, prediction=prediction, double_zero=double_zero)
    k = len(found.names)
    if (one_out or one_by_one or checks) and k > _MOST_REFITS:
        raise InputError(
            f"{k:,} studies would be pooled {k:,} times; --leave-one-out, --cumulative and --checks take {_MOST_REFITS:,}"
        )
    group = tuple(studies.texts[by][i] for i in found.kept) if by else ()
    if len(set(group)) > _MOST_REFITS:
        raise InputError(
            f'column "{by}" parts {k:,} studies into {len(set(group)):,} groups; the limit is {_MOST_REFITS:,}'
        )
    slopes, references = regression_of(found, studies, moderators) if moderators else (None, {})
    question = {
        "file": path.name, "measure": measure, "method": method, "ci": ci, "prediction": prediction,
        "separator": separator, "decimal": decimal, "double_zero": double_zero, "bayes": bayes,
        "difference": difference, "leave_one_out": one_out, "cumulative": one_by_one, "checks": checks,
        "by": by, "moderators": list(moderators),
    }  # fmt: skip
    empirical = bool(chosen and chosen.source)
    y, v = found.effects.yi[found.telling], found.effects.vi[found.telling]
    return MetaAnswer(
        question, found, posterior(y, v, chosen) if chosen else None,
        mid, leave_one_out(k, found.pool_these) if one_out else (),
        cumulative(k, found.pool_these) if one_by_one else (), checks_of(found) if checks else {},
        group, groups_of(found, group) if by else None, slopes, references,
        provenance(
            "meta", question, files=(studies.fingerprint, *([priors_fingerprint()] if empirical else [])),
            sources=[chosen.source] if chosen and empirical else [],
            provisional=[f"prior {chosen.name}"] if chosen and empirical else [],
        ),
    )  # fmt: skip
