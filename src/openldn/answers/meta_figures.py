"""Pictures of `ldn meta`: forest and funnel of anybody's studies."""

import math
from pathlib import Path

from openldn.answers.meta import MetaAnswer
from openldn.evidence.synthesis import LOG_MEASURES, MEASURE_WORDS
from openldn.figures import ForestRow, FunnelPoint, Pooled, check_plot_name, forest, funnel, save_figure
from openldn.notation import InputError

MOST_DRAWN = 200


def plot_forest(answer: MetaAnswer, path: Path) -> None:
    """Draw the forest to .svg or .png. Raises InputError for more studies than anybody could read."""
    check_plot_name(path)
    a, p = answer.analysis, answer.analysis.pooled
    _few(len(a.names), "forest")
    rows = [
        ForestRow(
            s["study"], s["display"]["estimate"], s["display"]["ci_low"], s["display"]["ci_high"], s["weight"]
        )
        for s in answer.as_json()["studies"]
    ]
    prediction = (
        None
        if p.pi_low is None or p.pi_high is None
        else (_shown(answer, p.pi_low), _shown(answer, p.pi_high))
    )
    together = Pooled(
        f"Together ({p.method}, {p.ci})", _shown(answer, p.estimate), _shown(answer, p.ci_low),
        _shown(answer, p.ci_high), prediction,
    )  # fmt: skip
    h = p.heterogeneity
    told = (
        f"I² {h.i2_q:.0f} % (from Q), τ² {h.tau2:.3g}, Q {h.q:.3g} on {h.df} df, p {h.q_p:.2g}"
        if p.k > 1
        else ""
    )
    save_figure(
        forest("meta-forest", "Forest plot", rows, [together] if p.k > 1 else [], measure=MEASURE_WORDS[a.measure],
               log=a.measure in LOG_MEASURES, heterogeneity=told), path,
    )  # fmt: skip


def plot_funnel(answer: MetaAnswer, path: Path) -> None:
    """Draw the funnel with contours of p to .svg or .png."""
    check_plot_name(path)
    a = answer.analysis
    _few(len(a.names), "funnel")
    points = [
        FunnelPoint(name, _shown(answer, float(y)), math.sqrt(v))
        for name, y, v in zip(a.telling_names, a.effects.yi[a.telling], a.effects.vi[a.telling], strict=True)
    ]
    save_figure(
        funnel("meta-funnel", "Funnel plot", points, measure=MEASURE_WORDS[a.measure],
               pooled=_shown(answer, a.pooled.estimate), log=a.measure in LOG_MEASURES), path,
    )  # fmt: skip


def _shown(answer: MetaAnswer, x: float) -> float:
    value = answer.natural(x)
    assert value is not None
    return value


def _few(k: int, kind: str) -> None:
    if k > MOST_DRAWN:
        raise InputError(
            f"{k:,} studies do not fit on a {kind} plot that anybody can read; draw {MOST_DRAWN} or fewer"
        )
