"""Forest and funnel of an analysis of anybody's studies. What draws is loaded when something is drawn."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from openldn.meta.analysis import COMMON, Analysis
from openldn.meta.heterogeneity import RANDOM_METHODS
from openldn.meta.measures import LOG_MEASURES, MEASURE_WORDS, MEASURES, spread_words
from openldn.meta.subgroups import Subgroups
from openldn.notation import InputError, p_words

if TYPE_CHECKING:
    from openldn.figures import Figure, ForestRow, Subgroup

MOST_DRAWN = 200


def draw_forest(
    a: Analysis, studies: Sequence[dict[str, Any]], s: Subgroups | None, group: Sequence[str], **look: Any
) -> "Figure":
    """The forest, under the names of groups where there are any. studies: rows of the document; look: of `figures.forest`.

    Raises InputError for more studies than anybody could read, and as `figures.forest` does.
    """
    from openldn.figures import ForestRow, Pooled, forest

    p = a.pooled
    _few(len(a.names), "forest")
    rows = [
        ForestRow(
            x["study"], _or_none(x["display"]["estimate"]), _or_none(x["display"]["ci_low"]),
            _or_none(x["display"]["ci_high"]), _or_none(x["weight"]),
        )
        for x in studies
    ]  # fmt: skip
    prediction = (
        None if p.pi_low is None or p.pi_high is None else (_shown(a, p.pi_low), _shown(a, p.pi_high))
    )
    together = Pooled(f"Together ({p.method}, {p.interval})", *_ends(a, p), prediction)
    return forest(
        "meta-forest", look.pop("title", "Forest plot"), _grouped(a, rows, s, group) if s else rows,
        [together] if p.k > 1 else [], measure=MEASURE_WORDS[a.measure], log=a.measure in LOG_MEASURES,
        heterogeneity=_heterogeneity(a, s) if p.k > 1 else "", **look,
    )  # fmt: skip


def draw_funnel(a: Analysis, **look: Any) -> "Figure":
    """The funnel with contours of p. Raises InputError for a share, which has no p, and for too many studies."""
    from openldn.figures import FunnelPoint, funnel

    if MEASURES[a.measure].one_arm:
        raise InputError(
            f"a funnel shades by p against no effect, and a share ({a.measure}) has none; draw the forest"
        )
    _few(len(a.names), "funnel")
    points = [
        FunnelPoint(name, _shown(a, float(y)), math.sqrt(v))
        for name, y, v in zip(a.telling_names, a.effects.yi[a.telling], a.effects.vi[a.telling], strict=True)
    ]
    return funnel(
        "meta-funnel", look.pop("title", "Funnel plot"), points, measure=MEASURE_WORDS[a.measure],
        pooled=_shown(a, a.pooled.estimate), log=a.measure in LOG_MEASURES, **look,
    )  # fmt: skip


def forest_chart(a: Analysis, studies: Sequence[dict[str, Any]], width: int) -> Any:
    """The forest as an altair chart. Raises InputError as `draw_forest` does, and where altair is not installed."""
    from openldn.figures import Row, interval_chart
    from openldn.notation.extras import needed

    needed("altair", "full")
    _few(len(a.names), "forest")
    rows = [
        Row(x["study"], x["display"]["estimate"], x["display"]["ci_low"], x["display"]["ci_high"], "study")
        for x in studies
        if math.isfinite(x["yi"])
    ]
    rows.append(Row("Together", *_ends(a, a.pooled), "together"))
    log = a.measure in LOG_MEASURES
    none = None if MEASURES[a.measure].one_arm else 1.0 if log else 0.0
    return interval_chart(rows, width, x_title=MEASURE_WORDS[a.measure], reference=none, log=log)


def _heterogeneity(a: Analysis, s: Subgroups | None) -> str:
    """As the text has it: I² from τ² first where there is one, then from Q."""
    p, h = a.pooled, a.pooled.heterogeneity
    own = f"I² {h.i2:.0f} % (from τ²), " if p.method in RANDOM_METHODS else ""
    tau = f"{_spread(a, h.tau2)}, " if p.method not in COMMON else ""
    told = f"{own}{tau}Q {h.q:.3g} on {h.df} df, p {p_words(h.q_p)}, I² {h.i2_q:.0f} % (from Q)"
    return told + (f"; between groups Q {s.q_between:.3g} on {s.df} df, p {p_words(s.p)}" if s else "")


def _grouped(
    a: Analysis, rows: Sequence["ForestRow"], s: Subgroups, group: Sequence[str]
) -> list["Subgroup"]:
    """The rows under the names of their groups, each with its average where it has two studies or more."""
    from openldn.figures import Pooled, Subgroup

    found = []
    for name, p in s.groups.items():
        members = tuple(r for r, g in zip(rows, group, strict=True) if g == name)
        h = p.heterogeneity
        note = (
            f"I² {h.i2:.0f} % (from τ²), {_spread(a, h.tau2)}"
            if p.method in RANDOM_METHODS
            else f"I² {h.i2_q:.0f} % (from Q)"
        )
        average = Pooled(f"{name}, {p.k} studies", *_ends(a, p), note=note)
        found.append(Subgroup(name, members, (average,) if p.k > 1 else ()))
    return found


def _spread(a: Analysis, tau2: float) -> str:
    """τ² as forests print it; of ratios the factor, since no logarithm stands under ratios."""
    return spread_words(a.measure, math.sqrt(tau2)) if a.measure in LOG_MEASURES else f"τ² {tau2:.3g}"


def _ends(a: Analysis, p: Any) -> tuple[float, float, float]:
    return _shown(a, p.estimate), _shown(a, p.ci_low), _shown(a, p.ci_high)


def _shown(a: Analysis, x: float) -> float:
    value = a.natural(x)
    assert value is not None
    return value


def _or_none(x: float | None) -> float | None:
    return x if x is not None and math.isfinite(x) else None


def _few(k: int, kind: str) -> None:
    if k > MOST_DRAWN:
        raise InputError(
            f"{k:,} studies do not fit on a {kind} plot that anybody can read; draw {MOST_DRAWN} or fewer"
        )
