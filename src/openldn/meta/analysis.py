"""From a table of studies to the average, by any method that fits the measure; a choice that does not fit is refused.

    RR OR RD    all methods; MH, PETO and GLMM read the counts, PETO and GLMM for OR only
    others      FE and the random-effects methods

MH, PETO and GLMM take normal intervals only; the others Knapp and Hartung's unless told otherwise.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from openldn.meta.average import PREDICTIONS, Average, pool_effects
from openldn.meta.common_effect import mantel_haenszel, peto
from openldn.meta.effects.two_groups import Counts, Effects, binary, continuous, counts
from openldn.meta.heterogeneity import RANDOM_METHODS
from openldn.meta.linear import Array, computable
from openldn.meta.measures import COLUMNS, MEASURE_WORDS, natural
from openldn.meta.rare_events import conditional_exact
from openldn.meta.regression import INTERVALS
from openldn.meta.sensitivity import Indices
from openldn.meta.study_effects import column_effects, own_effects
from openldn.meta.table import Table
from openldn.notation import InputError, UnknownName, number

OF_COUNTS = {"MH": ("RR", "OR", "RD"), "PETO": ("OR",), "GLMM": ("OR",)}
METHODS = (*RANDOM_METHODS, "FE", *OF_COUNTS)
COMMON = ("FE", "MH", "PETO")  # take studies not to differ
DOUBLE_ZERO = ("keep", "drop")
_NAMED = 5
_SAME = 1e-12  # effects that differ by rounding only
_FAR = 1e9  # an SE some 30,000 times another's: no two studies of one question
_TURNED = (
    "The average was turned back to a share with the harmonic mean of the groups' sizes, {:.4g}: the double arcsine has no "
    "one size, and another gives another share. --measure PLO needs none."
)


@dataclass(frozen=True)
class Analysis:
    """Studies with their effects, the average, and all that a reader should be told, in whole sentences.

    warnings: what limits the answer; notes: what is odd about the studies themselves.

    `effects` are those of each study as the method reads it: NaN where it finds none in a study. `kept`: the indices of
    the file's studies that take part. persons: of each study, where the scale needs them to be
    turned back.
    """

    measure: str
    names: tuple[str, ...]
    effects: Effects
    pooled: Average
    warnings: tuple[str, ...]
    kept: Indices = field(repr=False)
    persons: Array | None = field(repr=False)
    table: Counts | None = field(repr=False)
    options: dict[str, Any] = field(repr=False)
    notes: tuple[str, ...] = ()

    @property
    def telling(self) -> Indices:
        """The indices of the studies that have an effect of their own."""
        return np.flatnonzero(np.isfinite(self.effects.yi))

    @property
    def told(self) -> tuple[Array, Array]:
        """Effects and variances of the studies that have an effect of their own."""
        return self.effects.yi[self.telling], self.effects.vi[self.telling]

    @property
    def telling_names(self) -> tuple[str, ...]:
        return tuple(self.names[i] for i in self.telling)

    def natural(self, value: float | None, study: int | None = None) -> float | None:
        """A value on the scale of the analysis as a reader knows it: a ratio, a share, a difference.

        study: whose size turns a double arcsine back; without it the harmonic mean of all.
        """
        if value is None:
            return None
        n = None
        if self.persons is not None:
            n = self.harmonic_persons if study is None else float(self.persons[study])
        return natural(self.measure, value, n)

    @property
    def harmonic_persons(self) -> float:
        assert self.persons is not None
        return float(len(self.persons) / np.sum(1 / self.persons))

    def pool_these(self, use: Indices, ci: str = "") -> Average:
        """The average of the studies with these indices, by the same method; τ² gets no intervals.

        ci: another interval than that of the analysis.
        """
        options = {**self.options, "ci": ci} if ci else self.options
        return _pool(self.measure, self.effects, self.table, use, intervals=False, **options)


def analyse(
    studies: Table,
    *,
    method: str = "REML",
    ci: str | None = None,
    prediction: str = "hk",
    level: float = 0.95,
    double_zero: str = "keep",
) -> Analysis:
    """Pool the studies of `studies`. ci: z, t, hk, adhoc, or None for the method's default.

    double_zero="drop" leaves out, for RR and OR, studies in which nobody or everybody had the event. Raises
    UnknownName and InputError for choices that do not exist or do not fit, InputError for impossible studies.
    """
    ci = check_choice(studies.measure, method, ci)
    _check_options(studies.measure, method, prediction, double_zero)
    names, c, kept = studies.names, studies.columns, np.arange(len(studies.names))
    table: Counts | None = None
    if studies.measure == "GEN":
        effects = Effects(c["yi"], c["vi"])
    elif "n1i" in c and "ai" in c:
        table = counts(c["ai"], c["n1i"], c["ci"], c["n2i"], names)
        if double_zero == "drop" and studies.measure != "RD":
            use = ~table.double_zero
            table = Counts(table.a[use], table.n1[use], table.c[use], table.n2[use])
            kept = np.flatnonzero(use)
            names = tuple(names[i] for i in kept)
        if studies.measure != "RD" and np.all(table.double_zero):
            raise InputError(
                f"in no study do some persons have the event and others not, so no {MEASURE_WORDS[studies.measure]} exists; "
                "report the counts, or use --measure RD"
            )
        own = method in OF_COUNTS
        effects = own_effects(studies.measure, method, table) if own else binary(studies.measure, table)
    elif "n1i" not in c:
        effects = column_effects(studies.measure, c, names)
        _refuse_tiny(effects, names)
    else:
        effects = continuous(
            studies.measure, c["m1i"], c["sd1i"], c["n1i"], c["m2i"], c["sd2i"], c["n2i"], names
        )
        _refuse_tiny(effects, names)
    options: dict[str, Any] = {"method": method, "ci": ci, "prediction": prediction, "level": level}
    pooled = _pool(studies.measure, effects, table, np.arange(len(names)), intervals=True, **options)
    said = _about_zeros(studies.measure, method, effects, names, len(studies.names) - len(names))
    said = (*pooled.warnings, *said, *_beyond_shares(studies.measure, pooled), *studies.notes)
    persons = c["ni"][kept] if studies.measure == "PFT" else None
    odd = (*studies.oddities, *_about_effects(effects, names, pooled))
    found = Analysis(studies.measure, names, effects, pooled, said, kept, persons, table, options, odd)
    return (
        found if persons is None else replace(found, warnings=(*said, _TURNED.format(found.harmonic_persons)))
    )


def check_choice(measure: str, method: str, ci: str | None) -> str:
    """The interval to use. Raises UnknownName or InputError when the choice does not exist or does not fit."""
    for kind, value, known in (("measure", measure, COLUMNS), ("method", method, METHODS)):
        if value not in known:
            raise UnknownName(kind, value, known)
    if ci is not None and ci not in INTERVALS:
        raise UnknownName("interval", ci, INTERVALS)
    if method in OF_COUNTS:
        if measure not in OF_COUNTS[method]:
            fits = " or ".join(OF_COUNTS[method])
            raise InputError(
                f"method {method} pools {fits} from counts, not {measure}; use --method REML or FE"
            )
        if ci not in (None, "z"):
            raise InputError(
                f"method {method} has normal intervals only, not {ci}; leave out --ci or use --method REML"
            )
        return "z"
    return ci or "hk"


def _check_options(measure: str, method: str, prediction: str, double_zero: str) -> None:
    if prediction not in PREDICTIONS:
        raise UnknownName("prediction interval", prediction, PREDICTIONS)
    if double_zero not in DOUBLE_ZERO:
        raise UnknownName("treatment of double-zero studies", double_zero, DOUBLE_ZERO)
    if method in OF_COUNTS and prediction != "hk":
        raise InputError(
            f"method {method} has one prediction interval, not {prediction}; leave out --prediction or use --method REML"
        )
    if measure not in ("RR", "OR") and double_zero != "keep":
        raise InputError(
            f"--double-zero {double_zero} is for RR and OR, where such studies say nothing; leave it out for {measure}"
        )


def _pool(
    measure: str, effects: Effects, table: Counts | None, use: Indices, *, intervals: bool, method: str, ci: str,
    prediction: str, level: float,
) -> Average:  # fmt: skip
    if method in OF_COUNTS:
        assert table is not None
        part = Counts(table.a[use], table.n1[use], table.c[use], table.n2[use])
        if method == "PETO":
            return peto(part, level=level)
        return (
            mantel_haenszel(measure, part, level=level)
            if method == "MH"
            else conditional_exact(part, level=level)
        )
    y, v = effects.yi[use], effects.vi[use]
    return pool_effects(y, v, method=method, ci=ci, level=level, prediction=prediction, intervals=intervals)


def _refuse_tiny(effects: Effects, names: Sequence[str]) -> None:
    for i in map(int, np.flatnonzero(~computable(effects.yi, effects.vi))):
        raise InputError(f'study "{names[i]}": its effect cannot be computed from such numbers; check them')


def _about_effects(effects: Effects, names: Sequence[str], p: Average) -> tuple[str, ...]:
    """What the effects by themselves give away: no difference at all, or variances that hardly belong together."""
    said = []
    at = np.flatnonzero(np.isfinite(effects.yi) & np.isfinite(effects.vi))
    if len(at) < 2:
        return ()
    y, v = effects.yi[at], effects.vi[at]
    if float(np.ptp(y)) <= _SAME * float(np.max(np.abs(y))):
        narrow = " Knapp and Hartung's interval has no width then." if p.ci == "hk" else ""
        said.append(
            f"All {len(at)} studies have the same effect, so τ² is 0 by construction and nothing is learnt of how studies "
            f"differ; look whether one study was entered more than once.{narrow}"
        )
    few, many = int(np.argmin(v)), int(np.argmax(v))
    if v[many] >= _FAR * v[few]:
        orders = int(math.log10(v[many] / v[few]))
        said.append(
            f'The variances lie {orders} orders of magnitude apart, from {number(float(v[few]))} in "{names[at[few]]}" to '
            f'{number(float(v[many]))} in "{names[at[many]]}": with a common effect the first study decides alone. Look '
            "whether a unit, or an SE taken for a variance, is wrong."
        )
    return tuple(said)


def _about_zeros(
    measure: str, method: str, effects: Effects, names: Sequence[str], dropped: int
) -> tuple[str, ...]:
    said = []
    if dropped:
        said.append(f"Left out, since nobody or everybody had the event in both groups: {_studies(dropped)}.")
    if not effects.corrected:
        return tuple(said)
    if method in OF_COUNTS:
        said.append(
            f"The average adds nothing to any cell. {_list(names, effects.corrected)}: shown with 0.5 added to all four "
            "cells, since there is no finite effect or no interval without."
        )
        return tuple(said)
    if measure not in OF_COUNTS["MH"]:
        said.append(
            f"0.5 was added to all cells of {_studies(len(effects.corrected))} without a finite effect or a variance: "
            f"{_list(names, effects.corrected)}."
        )
        return tuple(said)
    said.append(
        f"0.5 was added to all four cells of {_studies(len(effects.corrected))} with a zero cell: "
        f"{_list(names, effects.corrected)}. --method MH (and PETO or GLMM for OR) add nothing."
    )
    if effects.double_zero and measure != "RD":
        said.append(
            f"In {_studies(len(effects.double_zero))} nobody, or everybody, had the event in both groups: "
            f"{_list(names, effects.double_zero)}. With the 0.5 they count as small studies of no difference; "
            "--double-zero drop leaves them out."
        )
    if effects.double_zero and measure == "RD" and len(effects.double_zero) == len(names):
        said.append(
            "No study had persons with and without the event: a difference near 0 is no proof of none."
        )
    return tuple(said)


def _beyond_shares(measure: str, p: Average) -> tuple[str, ...]:
    ends = [x for x in (p.ci_low, p.ci_high, p.pi_low, p.pi_high) if x is not None]
    if measure != "PR" or (min(ends) >= 0 and max(ends) <= 1):
        return ()
    return ("An interval leaves the range from 0 to 1, where no share lies; --measure PLO stays inside.",)


def _studies(n: int) -> str:
    return f"{n} study" if n == 1 else f"{n} studies"


def _list(names: Sequence[str], which: Sequence[int]) -> str:
    shown = ", ".join(names[i] for i in which[:_NAMED])
    return shown if len(which) <= _NAMED else f"{shown} and {len(which) - _NAMED} more"
