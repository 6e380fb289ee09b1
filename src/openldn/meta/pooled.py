"""What a table of studies says together: the numbers, the words, the pictures, and what stands around them."""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from openldn.meta import document
from openldn.meta.analysis import COMMON, Analysis
from openldn.meta.around import (
    MOST_GROUPS,
    direction_of,
    egger_of,
    influence_on,
    left_out,
    one_by_one,
    posterior_of,
    selection_of,
)
from openldn.meta.bayes import Posterior
from openldn.meta.measures import spread_words
from openldn.meta.moderators import regress_on
from openldn.meta.pictures import draw_forest, draw_funnel, forest_chart
from openldn.meta.priors import prior
from openldn.meta.regression import Regression
from openldn.meta.selection import Selection
from openldn.meta.sensitivity import Step
from openldn.meta.small_studies import Egger
from openldn.meta.subgroups import Subgroups, compare_groups
from openldn.meta.table import Table
from openldn.notation import InputError, Provenance, number, p_words
from openldn.notation.extras import needed

if TYPE_CHECKING:
    from openldn.figures import Figure
    from openldn.meta.multiverse import Multiverse

_FIRST_ROWS = 10


@dataclass(frozen=True, eq=False, repr=False)
class Pooled:
    """What studies say together. Attributes are the fields of the document of `ldn meta --json`.

    estimate, se, ci_low, ci_high, pi_low, pi_high (the prediction interval), tau2 and its intervals are on the scale of the
    analysis, which `scale` names ("log", "" for the natural one); `display` has them as a reader knows them: a ratio, a
    share, a difference; `intervals` names the kind of each. i2 is from τ², i2_q from Q, both in percent. studies: a dict a
    study; `table()` is easier to work with. warnings: what limits the answer, notes: what is odd about the table, in
    whole sentences.
    """

    measure: str
    method: str
    ci: str
    level: float
    k: int
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    pi_low: float | None
    pi_high: float | None
    p: float | None
    tau2: float
    tau: float
    tau2_se: float | None
    tau2_ci_low: float | None
    tau2_ci_high: float | None
    tau2_profile_ci_low: float | None
    tau2_profile_ci_high: float | None
    adhoc_ci_low: float | None
    adhoc_ci_high: float | None
    i2: float
    i2_q: float
    h2: float
    q: float
    q_df: int
    q_p: float
    prediction: str
    scale: str
    intervals: dict[str, str | None]
    display: dict[str, Any]
    studies: list[dict[str, Any]]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    provenance: Provenance
    analysis: Analysis
    source: Table
    besides: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """The document of `ldn meta --json`: these attributes, and what was asked for besides."""
        own = [f.name for f in fields(self) if f.name not in ("provenance", "analysis", "source", "besides")]
        found = {name: getattr(self, name) for name in own}
        whole = {**found, "provenance": self.provenance.as_json(), **self.besides}
        return document.finite(whole)  # type: ignore[no-any-return]

    def table(self) -> Any:
        """A pandas frame, a row a study in the order of the table.

        effect, effect_low, effect_high: as a reader knows them, with the study's normal 95 % interval; weight in percent;
        yi, se, ci_low, ci_high: on the scale of the analysis. NaN where a study has no effect of its own.
        """
        pandas = needed("pandas", "data")
        rows = [
            {"study": s["study"], "effect": s["display"]["estimate"], "effect_low": s["display"]["ci_low"],
             "effect_high": s["display"]["ci_high"], "weight": s["weight"], "yi": s["yi"], "se": s["vi"] ** 0.5,
             "ci_low": s["ci_low"], "ci_high": s["ci_high"]}
            for s in self.studies
        ]  # fmt: skip
        return pandas.DataFrame(rows)

    def natural(self, value: float | None) -> float | None:
        """A value on the scale of the analysis as a reader knows it: the ratio instead of its logarithm."""
        return self.analysis.natural(value)

    # --- in words -------------------------------------------------------------------------------------------

    @property
    def title(self) -> str:
        """`Risk ratio, 13 studies, method REML`."""
        measure = self.display["measure"]
        return f"{measure[0].upper()}{measure[1:]}, {self.k} {'study' if self.k == 1 else 'studies'}, method {self.method}"

    @property
    def sentences(self) -> tuple[str, ...]:
        """The average, where the true effect of a new study would lie, and how studies differ."""
        d, names = self.display, self.intervals
        p = "" if self.p is None else f"; p {p_words(self.p)}"
        said = [
            f"Together: {d['measure']} {shown(d['estimate'])} (95 % {names['ci']} interval {shown_interval(d)}{p})."
        ]
        if self.analysis.pooled.adhoc_beside:
            said.append(f"The 95 % {names['adhoc_ci']} interval is {shown_interval(d, 'adhoc_ci')}.")
        if self.pi_low is not None and self.method not in COMMON:
            said.append(
                f"The true effect of a new study in a like setting would lie between {shown(d['pi_low'])} and "
                f"{shown(d['pi_high'])} (95 % prediction interval, {names['pi']})."
            )
        return (*said, self._how_studies_differ()) if self.k > 1 else tuple(said)

    def summary(self) -> str:
        """A short text: the title, the sentences and the notes, a line each."""
        notes = (f"Note: {w.replace(' (adhoc_ci)', '')}" for w in (*self.warnings, *self.notes))
        return "\n".join((self.title, *self.sentences, *notes))

    def _how_studies_differ(self) -> str:
        test = f"Q = {shown(self.q)} on {self.q_df} df, p {p_words(self.q_p)}; I² from Q {self.i2_q:.0f} %"
        if self.method in COMMON:
            return f"Whether studies differ: {test}. The method takes them not to."
        bounds = [None if x is None else x**0.5 for x in (self.tau2_ci_low, self.tau2_ci_high)]
        share = (
            f"; {self.i2:.0f} % of the variation is between studies (I² from τ²)"
            if self.method != "GLMM"
            else ""
        )
        return f"How studies differ: {spread_words(self.measure, self.tau, *bounds)}{share}. {test}."

    def __repr__(self) -> str:
        return f"<{self.title}: {shown(self.display['estimate'])} ({shown_interval(self.display)})>"

    def __str__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        """The sentences and the first studies, for a notebook."""
        rows = [("study", self.display["measure"], "95 % interval", "weight")]
        for s in self.studies[:_FIRST_ROWS]:
            d = s["display"]
            rows.append((s["study"], shown(d["estimate"]), shown_interval(d), f"{s['weight']:.1f} %"))
        cells = "".join(f"<tr>{''.join(f'<td>{html.escape(c)}</td>' for c in row)}</tr>" for row in rows)
        left = len(self.studies) - _FIRST_ROWS
        more = f"<p>({left:,} more in table())</p>" if left > 0 else ""
        said = "".join(f"<p>{html.escape(line)}</p>" for line in (self.title, *self.sentences))
        return f"{said}<table>{cells}</table>{more}"

    # --- pictures -------------------------------------------------------------------------------------------

    def forest(
        self, *, by: str | None = None, title: str = "Forest plot", favours: tuple[str, str] = ("", ""),
        axis: tuple[float, float] | None = None, digits: int = 2,
    ) -> "Figure":  # fmt: skip
        """The forest, under the names of groups where `by` names their column, as when the studies were pooled.

        favours: words below and above no effect; axis: its limits; digits: of the numbers. Raises InputError for more
        studies than anybody could read.
        """
        group = self.group_by(by or self.provenance.question["by"])
        s = self.compare(group) if group else None
        return draw_forest(
            self.analysis, self.studies, s, group, title=title, favours=favours, axis=axis, digits=digits
        )

    def funnel(self, *, title: str = "Funnel plot", digits: int = 2) -> "Figure":
        """The funnel with contours of p. Raises InputError for a share, which has no p, and for too many studies."""
        return draw_funnel(self.analysis, title=title, digits=digits)

    def chart(self, width: int = 640) -> Any:
        """The forest as an altair chart, to be altered with all that altair has. Raises InputError where it is missing."""
        return forest_chart(self.analysis, self.studies, width)

    # --- around the average ---------------------------------------------------------------------------------

    def leave_one_out(self) -> Any:
        """The average without each study in turn: a pandas frame, a row a study, on the scale of the analysis.

        Raises InputError for fewer than two studies, and for more than can be refitted.
        """
        return self._series(left_out(self.analysis))

    def cumulative(self, order: Sequence[float] | None = None) -> Any:
        """The average of the first, the first two … studies: a frame as that of `leave_one_out`.

        order: (studies,), such as their years; the order of the table if left out.
        """
        return self._series(one_by_one(self.analysis, order))

    def influence(self) -> Any:
        """Deletion diagnostics: a pandas frame, a row a study, with a column that says which stand out.

        Raises InputError for fewer than three studies, and for more than can be refitted.
        """
        found = influence_on(self.analysis)
        pandas = needed("pandas", "data")
        frame = pandas.DataFrame(document.influence_rows(self.analysis, found))
        frame["conspicuous"] = [i in found.conspicuous for i in range(len(frame))]
        return frame

    def egger(self) -> Egger:
        """Egger's test of small studies. Raises InputError for fewer than three studies of different size."""
        return egger_of(self.analysis)

    def selection(self, wanted: str = "") -> Selection:
        """A step selection model. wanted: "higher" or "lower", the direction that favours publication.

        That of the average is taken if it is left out. Raises InputError for a share of one group.
        """
        return selection_of(self.analysis, wanted or direction_of(self.analysis))

    def subgroups(self, by: str) -> Subgroups:
        """The average of each group of studies that column `by` names, and the test between them."""
        return self.compare(self.group_by(by))

    def regression(self, *moderators: str) -> Regression:
        """A meta-regression on columns: numbers as they are, words as a factor against the first in the table."""
        if not moderators:
            raise InputError("a meta-regression needs a moderator; name a column of the table")
        return regress_on(self.analysis, self.source, moderators)[0]

    def multiverse(self, by: str | None = None) -> "Multiverse":
        """Every way to pool the table: measures, estimators, intervals, corrections, each study left out; see `of_table`.

        by: a column whose groups are each a choice of studies. Raises InputError for one study, and for too many.
        """
        from openldn.meta.multiverse import of_table

        q = self.provenance.question
        kept = {name: q[name] for name in ("file", "measure", "separator", "decimal")}
        column = by.strip().lower() if by else None
        record = replace(self.provenance, question={**kept, "multiverse": True, "by": column})
        return of_table(self.source, column, record)

    def posterior(self, prior_of_tau: str) -> Posterior:
        """The Bayesian answer with this prior of τ: `half-normal:S`, `half-cauchy:S`, `uniform`, `turner`, `rhodes`."""
        return posterior_of(self.analysis, prior(prior_of_tau, self.measure))

    def _series(self, series: Sequence[Step]) -> Any:
        pandas = needed("pandas", "data")
        rows = document.steps(self.analysis, series)
        return pandas.DataFrame(
            [{name: value for name, value in r.items() if name != "display"} for r in rows]
        )

    def group_by(self, by: str | None) -> tuple[str, ...]:
        """The group of each study that takes part."""
        if not by:
            return ()
        texts = self.source.text(by)
        group = tuple(texts[i] for i in self.analysis.kept)
        if len(set(group)) > MOST_GROUPS:
            raise InputError(
                f'column "{by}" parts {self.k:,} studies into {len(set(group)):,} groups; the limit is {MOST_GROUPS}'
            )
        return group

    def compare(self, group: Sequence[str]) -> Subgroups:
        """The average of each group, named for each study that takes part, and the test between them."""
        a = self.analysis
        return compare_groups(group, a.pool_these, lambda use: a.pool_these(use, ci="z"))


def shown(x: float | None) -> str:
    """A number as the sentences have it, "?" where there is none."""
    return "?" if x is None or not math.isfinite(x) else number(x)


def shown_interval(d: dict[str, Any], name: str = "ci") -> str:
    """`0.34 to 0.71`."""
    return f"{shown(d[f'{name}_low'])} to {shown(d[f'{name}_high'])}"
