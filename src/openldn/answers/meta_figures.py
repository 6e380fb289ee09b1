"""Pictures of `ldn meta`: forest and funnel of anybody's studies."""

import math
from collections.abc import Sequence
from pathlib import Path

from openldn.answers.meta_analysis import MetaAnswer
from openldn.figures import (
    Figure,
    ForestRow,
    FunnelPoint,
    Pooled,
    Subgroup,
    forest,
    funnel,
    save_figures,
)
from openldn.meta import LOG_MEASURES, MEASURE_WORDS, MEASURES, RANDOM_METHODS, Subgroups
from openldn.notation import InputError

MOST_DRAWN = 200
COMMON = ("FE", "MH", "PETO")


def plot_forest(answer: MetaAnswer, path: Path) -> None:
    """Draw the forest to .svg or .png. Raises InputError for more studies than anybody could read."""
    plot_meta(answer, forest_to=path)


def plot_funnel(answer: MetaAnswer, path: Path) -> None:
    """Draw the funnel with contours of p to .svg or .png. Raises InputError for a share, which has no p."""
    plot_meta(answer, funnel_to=path)


def plot_meta(answer: MetaAnswer, *, forest_to: Path | None = None, funnel_to: Path | None = None) -> None:
    """Draw what is asked for, all or nothing. Raises InputError as each does, OutputError for the files."""
    if forest_to is not None and forest_to == funnel_to:
        raise InputError(f'the forest and the funnel would both go to "{forest_to}"; name two files')
    asked = ((forest_to, _forest), (funnel_to, _funnel))
    save_figures({path: made(answer) for path, made in asked if path is not None})


def _forest(answer: MetaAnswer) -> Figure:
    a, p = answer.analysis, answer.analysis.pooled
    _few(len(a.names), "forest")
    studies = [
        ForestRow(
            s["study"], s["display"]["estimate"], s["display"]["ci_low"], s["display"]["ci_high"], s["weight"]
        )
        for s in answer.as_json()["studies"]
    ]
    rows = _grouped(answer, studies, answer.subgroups) if answer.subgroups else studies
    prediction = (
        None
        if p.pi_low is None or p.pi_high is None
        else (_shown(answer, p.pi_low), _shown(answer, p.pi_high))
    )
    together = Pooled(
        f"Together ({p.method}, {p.ci})", _shown(answer, p.estimate), _shown(answer, p.ci_low),
        _shown(answer, p.ci_high), prediction,
    )  # fmt: skip
    told = _heterogeneity(answer) if p.k > 1 else ""
    return forest(
        "meta-forest", "Forest plot", rows, [together] if p.k > 1 else [], measure=MEASURE_WORDS[a.measure],
        log=a.measure in LOG_MEASURES, heterogeneity=told,
    )  # fmt: skip


def _funnel(answer: MetaAnswer) -> Figure:
    a = answer.analysis
    if MEASURES[a.measure].one_arm:
        raise InputError(
            f"a funnel shades by p against no effect, and a share ({a.measure}) has none; draw the forest"
        )
    _few(len(a.names), "funnel")
    points = [
        FunnelPoint(name, _shown(answer, float(y)), math.sqrt(v))
        for name, y, v in zip(a.telling_names, a.effects.yi[a.telling], a.effects.vi[a.telling], strict=True)
    ]
    return funnel(
        "meta-funnel", "Funnel plot", points, measure=MEASURE_WORDS[a.measure],
        pooled=_shown(answer, a.pooled.estimate), log=a.measure in LOG_MEASURES,
    )  # fmt: skip


def _heterogeneity(answer: MetaAnswer) -> str:
    """As the text has it: I² from τ² first where there is one, then from Q."""
    p, h = answer.analysis.pooled, answer.analysis.pooled.heterogeneity
    own = f"I² {h.i2:.0f} % (from τ²), " if p.method in RANDOM_METHODS else ""
    tau = f"τ² {h.tau2:.3g}, " if p.method not in COMMON else ""
    told = f"{own}{tau}Q {h.q:.3g} on {h.df} df, p {p_words(h.q_p)}, I² {h.i2_q:.0f} % (from Q)"
    s = answer.subgroups
    return told + (f"; between groups Q {s.q_between:.3g} on {s.df} df, p {p_words(s.p)}" if s else "")


def p_words(p: float) -> str:
    """`< 0.001`, else `= 0.012`."""
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"


def _grouped(answer: MetaAnswer, studies: Sequence[ForestRow], s: Subgroups) -> list[Subgroup]:
    """The rows under the names of their groups, each with its average where it has two studies or more."""
    found = []
    for name, p in s.groups.items():
        members = tuple(r for r, g in zip(studies, answer.group, strict=True) if g == name)
        h = p.heterogeneity
        note = (
            f"I² {h.i2:.0f} % (from τ²), τ² {h.tau2:.3g}"
            if p.method in RANDOM_METHODS
            else f"I² {h.i2_q:.0f} % (from Q)"
        )
        mid, low, high = (_shown(answer, x) for x in (p.estimate, p.ci_low, p.ci_high))
        average = Pooled(f"{name}, {p.k} studies", mid, low, high, note=note)
        found.append(Subgroup(name, members, (average,) if p.k > 1 else ()))
    return found


def _shown(answer: MetaAnswer, x: float) -> float:
    value = answer.natural(x)
    assert value is not None
    return value


def _few(k: int, kind: str) -> None:
    if k > MOST_DRAWN:
        raise InputError(
            f"{k:,} studies do not fit on a {kind} plot that anybody can read; draw {MOST_DRAWN} or fewer"
        )
