"""The front door: a table of studies in, what they say together out, with everything needed to make it again.

    from openldn.meta import pool

    found = pool("trials.csv", "RR", by="zone")
    found.estimate, found.ci_low, found.ci_high     # on the scale of the analysis: the logarithm of a ratio
    found.display["estimate"]                       # the ratio itself
    print(found.summary())
    found.forest().save("forest.pdf")

The command `ldn meta` is this function: same columns, options, checks and document.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from openldn.meta import document
from openldn.meta.analysis import analyse, check_choice
from openldn.meta.around import checks_of, left_out, one_by_one, posterior_of
from openldn.meta.measures import on_scale
from openldn.meta.moderators import notes_on, regress_on
from openldn.meta.pooled import Pooled
from openldn.meta.priors import prior, priors_fingerprint
from openldn.meta.table import read_table
from openldn.notation import InputError, numbers_given, provenance, text_given, texts_given


def pool(
    table: Any,
    measure: str,
    method: str = "REML",
    ci: str | None = None,
    *,
    prediction: str = "hk",
    double_zero: str = "keep",
    separator: str = "comma",
    decimal: str = "point",
    bayes: str | None = None,
    difference: float | None = None,
    leave_one_out: bool = False,
    cumulative: bool = False,
    by: str | None = None,
    moderators: str | Sequence[str] = (),
    checks: bool = False,
) -> Pooled:
    """Pool the studies of a table: a meta-analysis. Options are those of `ldn meta`.

    table: a pandas data frame, a dict of columns, anything with `__dataframe__`, or the path of a CSV file. Columns are
    metafor's, `MEASURES` has those of each measure; `study` names the studies.
    ci: z, t, hk or adhoc; None for hk, z for MH, PETO and GLMM. bayes: a prior of τ. difference: the smallest that matters,
    on the natural scale (0.8 for a ratio). by: a column that parts the studies into groups; moderators: columns of a
    meta-regression. leave_one_out, cumulative, checks: also in the document; the methods of the answer have them anyway.

        >>> from openldn.meta import pool
        >>> bcg = {  # thirteen trials of BCG against tuberculosis, Colditz 1994
        ...     "ai": [4, 6, 3, 62, 33, 180, 8, 505, 29, 17, 186, 5, 27],
        ...     "n1i": [123, 306, 231, 13598, 5069, 1541, 2545, 88391, 7499, 1716, 50634, 2498, 16913],
        ...     "ci": [11, 29, 11, 248, 47, 372, 10, 499, 45, 65, 141, 3, 29],
        ...     "n2i": [139, 303, 220, 12867, 5808, 1451, 629, 88391, 7277, 1665, 27338, 2341, 17854],
        ... }
        >>> found = pool(bcg, "RR", ci="z")
        >>> round(found.estimate, 4), round(found.se, 4), round(found.tau2, 4)
        (-0.7145, 0.1798, 0.3132)
        >>> found
        <Risk ratio, 13 studies, method REML: 0.489 (0.344 to 0.696)>

    Raises UnknownName for a measure, method or choice that does not exist, InputError for one that does not fit and for
    impossible studies, DataError for a table that does not read. One study gives itself, with a warning.
    """
    for name, word, like in (
        ("ci", ci, "hk"), ("bayes", bayes, "half-normal:1"), ("by", by, "zone"), ("prediction", prediction, "hk"),
        ("double_zero", double_zero, "keep"), ("separator", separator, "comma"), ("decimal", decimal, "point"),
    ):  # fmt: skip
        if word is not None:
            text_given(word, name, like)
    leave_one_out, cumulative, checks = (
        bool(numbers_given(flag, name).any())
        for name, flag in (("leave_one_out", leave_one_out), ("cumulative", cumulative), ("checks", checks))
    )
    measure, method = str(measure).upper(), str(method).upper()
    ci = check_choice(measure, method, ci)
    chosen = prior(bayes, measure) if bayes else None
    if difference is not None and chosen is None:
        raise InputError(
            "--difference asks for a probability, which needs a prior; add --bayes half-normal:S"
        )
    mid = None if difference is None else on_scale(measure, difference)
    by = by.strip().lower() if by else None
    moderators = (
        (moderators,) if isinstance(moderators, str) else texts_given(moderators, "moderators", '"latitude"')
    )
    besides = [c for c in (by, *moderators) if c]
    studies = read_table(table, measure, separator=separator, decimal=decimal, besides=besides)
    a = analyse(studies, method=method, ci=ci, prediction=prediction, double_zero=double_zero)
    question = {
        "file": studies.fingerprint.file, "measure": measure, "method": method, "ci": ci, "prediction": prediction,
        "separator": separator, "decimal": decimal, "double_zero": double_zero, "bayes": bayes,
        "difference": difference, "leave_one_out": leave_one_out, "cumulative": cumulative, "checks": checks,
        "by": by, "moderators": list(moderators),
    }  # fmt: skip
    published = chosen if chosen and chosen.source else None
    record = provenance(
        "meta", question, files=(studies.fingerprint, *([priors_fingerprint()] if published else [])),
        sources=[published.source] if published else [], provisional=[f"prior {published.name}"] if published else [],
    )  # fmt: skip
    alone = Pooled(
        **document.pinned(a),
        warnings=a.warnings,
        notes=a.notes,
        provenance=record,
        analysis=a,
        source=studies,
        besides={},
    )
    asked: dict[str, Any] = checks_of(a) if checks else {}
    if chosen:
        asked["bayes"] = document.bayes(a, posterior_of(a, chosen), mid)
    if leave_one_out:
        asked["leave_one_out"] = document.steps(a, left_out(a))
    if cumulative:
        asked["cumulative"] = document.steps(a, one_by_one(a))
    groups = slopes = None
    if by:
        group = alone.group_by(by)
        groups = alone.compare(group)
        asked["subgroups"] = document.groups(a, groups, by, group)
    if moderators:
        slopes, references = regress_on(a, studies, moderators)
        asked["regression"] = document.regression(a, slopes, references)
    return replace(alone, besides=asked, warnings=(*a.warnings, *notes_on(groups, slopes)))
