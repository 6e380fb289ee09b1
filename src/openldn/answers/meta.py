"""What do these studies say together? A meta-analysis of a CSV file, with everything needed to make it again."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openldn.answers.answer import Provenance, provenance
from openldn.answers.meta_checks import checks_of
from openldn.answers.meta_json import document
from openldn.evidence.synthesis import (
    LOG_MEASURES,
    Analysis,
    Posterior,
    Step,
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
    y, v = found.effects.yi[found.telling], found.effects.vi[found.telling]
    return MetaAnswer(
        question, found, posterior(y, v, chosen) if chosen else None,
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
