"""The choices that fit any table of studies, and what they come to.

    measure             those that the same columns hold: RR, OR, RD; MD, SMD; MC, SMCC, SMCRP
    studies             all; each one left out in turn; each group of a column that is named
    zero cells          of RR and OR: 0.5 where a cell is zero, in every study, or only in studies with an event
    small samples       of SMD: Hedges' g, or Cohen's d, which overstates
    correlation         of pairs of means: the one in the table, or one for all
    estimator           a common effect (of counts also Mantel-Haenszel and Peto), or every estimator of τ²
    kind of interval    normal, t, Knapp-Hartung, ad hoc

Medians and the curve are of the measure that was asked for; signs and intervals of every measure count. Leaving a study
out without a reason is a sensitivity analysis: it is computed and not called defensible, nor is Cohen's d.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from openldn.meta.common_effect import mantel_haenszel, peto
from openldn.meta.effects.change import CORRELATIONS
from openldn.meta.effects.two_groups import Counts, Effects, binary, continuous, counts, exact_j
from openldn.meta.measures import MEASURE_WORDS, MEASURES, natural
from openldn.meta.multiverse.choices import (
    ESTIMATOR_OF,
    MOST_COMBINATIONS,
    Choice,
    Indefensible,
    Option,
    common_effect_is_normal,
    estimators,
    intervals,
)
from openldn.meta.multiverse.run import Run, run_plan
from openldn.meta.multiverse.summary import Summary, significant, summarise
from openldn.meta.multiverse.words import ABOVE, BELOW, EQUAL, counted, document, example, told, turns
from openldn.meta.study_effects import column_effects
from openldn.meta.table import Table
from openldn.notation import InputError, Limit, Provenance, number
from openldn.notation.extras import needed

if TYPE_CHECKING:
    from openldn.figures import Figure

MOST_POOLED = Limit(2_000, "studies", "of a multiverse of a table")
MOST_GROUPS = Limit(50, "groups", "of a multiverse of a table")
MOST_LEFT_OUT = Limit(100, "studies", "of a multiverse that leaves each one out")
_TOGETHER = (("RR", "OR", "RD"), ("MD", "SMD"), ("MC", "SMCC", "SMCRP"))
_COUNTED = {"MH": ("RR", "OR", "RD"), "PETO": ("OR",)}
_ONLY, _EVERY, _DROP = "0.5 where a cell is zero", "0.5 in every study", "only studies with an event"


@dataclass(frozen=True)
class Pooled:
    """The effects of some studies of the table in one measure; `which` are their rows, `zero` how zero cells were met."""

    measure: str
    which: tuple[int, ...]
    zero: str
    yi: tuple[float, ...] = field(repr=False)
    vi: tuple[float, ...] = field(repr=False)


@dataclass(frozen=True)
class TablePlan:
    """The choices of one table, in the measure that was asked for; the good side is where its plain average lies."""

    measure: str
    factors: tuple[Choice, ...]
    indefensible: tuple[Indefensible, ...]
    benefit: int


@dataclass(frozen=True, eq=False, repr=False)
class Multiverse:
    """Every way to pool one table: `run` holds the specifications, `everything` and `defensible` what they say together.

    notes: what was left out of the multiverse and why.
    """

    run: Run[TablePlan, Pooled]
    names: tuple[str, ...]
    notes: tuple[str, ...]
    provenance: Provenance | None = None

    @property
    def measure(self) -> str:
        return self.run.declared.measure

    @cached_property
    def everything(self) -> Summary:
        found = summarise(self.run)
        assert found is not None
        return found

    @cached_property
    def defensible(self) -> Summary | None:
        """The summary of the defensible specifications, None where there is none."""
        return summarise(self.run, defensible=True)

    def natural(self, x: float) -> float:
        """A value on the scale of the analysis as a reader knows it: a ratio as a ratio."""
        return natural(self.measure, x)

    @property
    def title(self) -> str:
        words = MEASURE_WORDS[self.measure]
        return f"Every way to pool: {words}, {len(self.names)} studies"

    @property
    def sentences(self) -> tuple[str, ...]:
        """The answer in whole sentences."""
        one_arm = MEASURES[self.measure].one_arm
        sides = ABOVE if self.run.declared.benefit > 0 else BELOW
        found = [counted(self.run, "the table")]
        for name, s in (("Defensible", self.defensible), ("All", self.everything)):
            if s is None:
                continue
            if one_arm:
                found.append(
                    f"{name}: median {self._show(s.median)} (from {self._show(s.lowest)} to {self._show(s.highest)})."
                )
            else:
                found.append(told(name, s, self._show, MEASURE_WORDS[self.measure], sides))
        if not one_arm:
            s = self.defensible or self.everything
            kind = "defensible analyses" if self.defensible else "analyses"
            found += [turns(s, kind), *example(self.run, s.flips[0], self._show)]
        return (*found, EQUAL, *self.notes)

    def summary(self) -> str:
        """The title and the sentences, a line each."""
        return "\n".join((self.title, *self.sentences))

    def table(self) -> Any:
        """A pandas frame, a row a specification: the option of each choice ("" where it makes no difference), the result.

        effect, effect_low, effect_high as a reader knows them, in the measure of the row; side: −1 or 1 where the interval
        lies below or above no effect.
        """
        pandas = needed("pandas", "data")
        r, side = self.run.result, significant(self.run)
        rows = []
        for i in range(len(self.run)):
            data, picked = self.run.sets[self.run.set_of[i]], self.run.options_of(i)
            values = (float(x[i]) for x in (r.estimate, r.low, r.high))
            effect, low, high = (natural(data.measure, x) for x in values)
            rows.append({
                **{f.name: picked.get(f.name, "") for f in self.run.declared.factors}, "measure": data.measure,
                "k": int(self.run.k[i]), "defensible": bool(self.run.defensible[i]), "effect": effect,
                "effect_low": low, "effect_high": high, "p": float(r.p[i]), "tau2": float(r.tau2[i]), "side": int(side[i]),
            })  # fmt: skip
        return pandas.DataFrame(rows)

    def plot(self) -> "Figure":
        """The specification curve: the defensible analyses in the measure that was asked for, the others pale behind."""
        from openldn.figures import specification_curve

        shown = np.isfinite(self.run.unit)
        chosen = self.run.defensible & shown
        chosen = chosen if chosen.any() else shown
        e, low, high = (
            np.array([self.natural(float(x)) for x in column])
            for column in (self.run.result.estimate, self.run.result.low, self.run.result.high)
        )
        log = MEASURES[self.measure].scale == "log"
        choices = {name: taken for name, taken in self.run.choices(chosen).items() if name != "measure"}
        return specification_curve(
            "meta-multiverse", self.title, e[chosen], low[chosen], high[chosen], choices,
            measure=MEASURE_WORDS[self.measure], log=log, others=e[shown & ~chosen],
            weights=self.run.weights(chosen)[chosen],
        )  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """Every specification as a row: the option of each choice by its number, −1 where it makes no difference."""
        return {
            "title": self.title, "measure": self.measure, "unit": MEASURE_WORDS[self.measure],
            "scale": MEASURES[self.measure].scale, "studies": list(self.names), "summary": list(self.sentences),
            "notes": list(self.notes),
            **document(self.run, self.everything, self.defensible, ()),
            "provenance": self.provenance.as_json() if self.provenance else None,
        }  # fmt: skip

    def _show(self, x: float) -> str:
        return number(self.natural(float(x)))

    def __repr__(self) -> str:
        return f"<{self.title}: {len(self.run):,} analyses>"


def of_table(studies: Table, by: str | None = None, provenance: Provenance | None = None) -> Multiverse:
    """The multiverse of a table. by: a column whose groups are each a choice of studies.

    Raises InputError for fewer than two studies, too many, and PFT, whose average depends on what is pooled.
    """
    k = len(studies.names)
    if k < 2:
        raise InputError("one study can be pooled in one way only; a multiverse needs two or more")
    if k > MOST_POOLED:
        raise InputError(
            f"{k:,} studies; the limit is {MOST_POOLED}: pool a part of them, or leave out --multiverse"
        )
    if studies.measure == "PFT":
        raise InputError(
            "the double arcsine is turned back by the sizes of what is pooled; take --measure PLO"
        )
    groups = studies.text(by) if by else ()
    if len(set(groups)) > MOST_GROUPS:
        raise InputError(
            f'column "{by}" has {len(set(groups)):,} groups; the limit is {MOST_GROUPS}: name another column'
        )
    effects = _Effects(studies)
    factors, notes = _factors(effects, by)
    plan = TablePlan(
        studies.measure, factors, (common_effect_is_normal("estimator", "kind of interval"),), effects.side()
    )
    size = math.prod(len(f.options) for f in factors)
    if size > MOST_COMBINATIONS:
        raise InputError(
            f"{size:,} combinations; the limit is {MOST_COMBINATIONS}: name a column with fewer groups"
        )
    run = run_plan(
        plan, lambda picked: effects.chosen(picked, groups),
        lambda data: 1.0 if data.measure == studies.measure else math.nan, effects.counted,
    )  # fmt: skip
    return Multiverse(run, studies.names, notes, provenance)


def _factors(effects: "_Effects", by: str | None) -> tuple[tuple[Choice, ...], tuple[str, ...]]:
    s, notes = effects.studies, []
    found = []
    measures = effects.measures()
    if len(measures) > 1:
        found.append(Choice("measure", "measure", tuple(
            Option(m, MEASURE_WORDS[m] + (", as asked" if m == s.measure else ""), value=m) for m in measures)))  # fmt: skip
    which = [Option("all studies", "everything in the table", value="all")]
    if by:
        which += [Option(f"{by}: {g}", f"the studies with this {by}", value=f"by {g}", of=f"by {by}")
                  for g in dict.fromkeys(s.text(by))]  # fmt: skip
    if len(s.names) <= MOST_LEFT_OUT:
        which += [
            Option(
                f"without {name}",
                "shows whether one study carries the answer",
                False,
                f"without {i}",
                "without one study",
            )
            for i, name in enumerate(s.names)
        ]
    else:
        notes.append(
            f"No study was left out in turn: {len(s.names):,} of them, and the limit is {MOST_LEFT_OUT}."
        )
    found.append(Choice("studies", "studies", tuple(which)))
    if effects.table is not None and effects.zero_cells:
        found.append(Choice("zero cells", "zero", (
            Option(_ONLY, "the default of most programs", value=_ONLY),
            Option(_DROP, "a study where nobody, or everybody, has the event says nothing of a ratio", value=_DROP),
            Option(_EVERY, "treats all studies alike; in use", value=_EVERY))))  # fmt: skip
    if "SMD" in measures:
        found.append(Choice("small samples", "small", (
            Option("Hedges' g", "unbiased", value="g"),
            Option("Cohen's d", "in use; overstates in small studies", False, "d"))))  # fmt: skip
    if "ri" in s.columns:
        found.append(Choice("correlation", "correlation", (
            Option("as in the table", "what was printed or imputed for each study", value=""),
            *(Option(f"{r:g} for all", "imputed; hardly a paper prints it", value=f"{r:g}") for r in CORRELATIONS))))  # fmt: skip
    methods = list(estimators())
    if effects.table is not None:
        methods += [
            Option(m, "reads the counts; a common effect", value=m, of=ESTIMATOR_OF[m])
            for m, fits in _COUNTED.items() if set(fits) & set(measures)
        ]  # fmt: skip
    found.append(Choice("estimator", "estimator", tuple(methods)))
    found.append(Choice("kind of interval", "interval", intervals()))
    return tuple(found), tuple(notes)


class _Effects:
    """The effects of every study of a table under each choice, computed once."""

    def __init__(self, studies: Table) -> None:
        self.studies = studies
        c = studies.columns
        two = "ai" in c and "n1i" in c
        self.table = counts(c["ai"], c["n1i"], c["ci"], c["n2i"], studies.names) if two else None
        self.made: dict[tuple[str, str, str, str], Effects] = {}

    @property
    def zero_cells(self) -> bool:
        t = self.table
        return t is not None and bool(np.any(np.minimum(np.minimum(t.a, t.b), np.minimum(t.c, t.d)) == 0))

    def side(self) -> int:
        """The side of no effect on which the average by inverse variances lies."""
        e = self.of(self.studies.measure)
        return -1 if float(np.sum(e.yi / e.vi)) < 0 else 1

    def measures(self) -> tuple[str, ...]:
        """The measure that was asked for, and those of the same columns that can be computed beside it."""
        asked = self.studies.measure
        beside = next((m for m in _TOGETHER if asked in m), (asked,))
        found = []
        for m in (asked, *(x for x in beside if x != asked)):
            if m in ("RR", "OR") and self.table is not None and np.all(self.table.double_zero):
                if m == asked:
                    raise InputError(
                        "in no study do some persons have the event and others not; use --measure RD"
                    )
                continue
            try:
                self.of(m)
            except InputError:
                if m == asked:
                    raise
                continue
            found.append(m)
        return tuple(found)

    def of(self, measure: str, zero: str = _ONLY, small: str = "g", correlation: str = "") -> Effects:
        key = (measure, zero, small, correlation)
        if key not in self.made:
            self.made[key] = self._compute(*key)
        return self.made[key]

    def _compute(self, measure: str, zero: str, small: str, correlation: str) -> Effects:
        c, names = self.studies.columns, self.studies.names
        if measure == "GEN":
            return Effects(c["yi"], c["vi"])
        if self.table is not None:
            t = self.table
            if zero == _EVERY and measure != "RD":
                t = Counts(t.a + 0.5, t.n1 + 1, t.c + 0.5, t.n2 + 1)
            return binary(measure, t)
        if "ri" in c:
            columns: Mapping[str, Any] = (
                c if not correlation else {**c, "ri": np.full(len(names), float(correlation))}
            )
            return column_effects(measure, columns, names)
        if "xi" in c or "di" in c:
            return column_effects(measure, c, names)
        found = continuous(measure, c["m1i"], c["sd1i"], c["n1i"], c["m2i"], c["sd2i"], c["n2i"], names)
        if measure == "SMD" and small == "d":
            n = c["n1i"] + c["n2i"]
            d = found.yi / exact_j(n - 2)
            return replace(found, yi=d, vi=1 / c["n1i"] + 1 / c["n2i"] + d**2 / (2 * n))
        return found

    def chosen(self, picked: Iterable[tuple[Choice, Option]], groups: tuple[str, ...]) -> Pooled | None:
        at = {f.kind: o.value for f, o in picked}
        measure = at.get("measure", self.studies.measure)
        ratio = measure in ("RR", "OR") and self.table is not None
        zero = at.get("zero", _ONLY) if ratio else _ONLY
        e = self.of(
            measure, zero, at.get("small", "g") if measure == "SMD" else "g", at.get("correlation", "")
        )
        use = np.ones(len(self.studies.names), dtype=bool)
        kind, _, what = at["studies"].partition(" ")
        if kind == "without":
            use[int(what)] = False
        elif kind == "by":
            use = np.array([g == what for g in groups])
        if ratio and zero == _DROP:
            assert self.table is not None
            use &= ~self.table.double_zero
        which = np.flatnonzero(use)
        if not len(which):
            return None
        met = zero if zero == _EVERY else ""  # dropping shows in which studies are left
        return Pooled(measure, tuple(map(int, which)), met, tuple(e.yi[which]), tuple(e.vi[which]))

    def counted(self, data: Pooled, method: str) -> tuple[float, float, float, float] | None:
        """What a method that reads the counts makes of these studies; None where it does not pool this measure."""
        if self.table is None or data.measure not in _COUNTED[method] or data.zero:
            return None
        at = list(data.which)
        part = Counts(*(x[at] for x in (self.table.a, self.table.n1, self.table.c, self.table.n2)))
        pooler: Callable[[], Any] = (
            (lambda: peto(part)) if method == "PETO" else (lambda: mantel_haenszel(data.measure, part))
        )
        try:
            p = pooler()
        except InputError:
            return None  # no finite ratio
        return (p.estimate, p.ci_low, p.ci_high, p.p) if p.se > 0 else None
