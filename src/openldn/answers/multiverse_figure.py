"""The specification curve of a multiverse."""

from pathlib import Path

import numpy as np

from openldn.answers.multiverse import MultiverseAnswer
from openldn.evidence import study
from openldn.evidence.multiverse import Verdict, standard
from openldn.figures import Figure, Published, check_plot_name, save_figure, specification_curve


def plot_multiverse(answer: MultiverseAnswer, path: Path) -> None:
    """Draw the specification curve to `path` (.svg, .png or .pdf). Raises OutputError."""
    check_plot_name(path)
    save_figure(multiverse_figure(answer), path)


def multiverse_figure(answer: MultiverseAnswer) -> Figure:
    """The defensible ways with the choices under them, the others in pale behind, and the printed answers on it."""
    run, q = answer.run, answer.run.declared.question
    counts = np.asarray(run.defensible, bool)
    counts = counts if counts.any() else np.ones(len(run), bool)
    e, low, high = (
        np.array([answer.natural(float(x)) for x in column * run.unit])
        for column in (run.result.estimate, run.result.low, run.result.high)
    )
    better = (
        ("favours LDN", "favours the comparator")
        if run.declared.benefit < 0
        else ("favours the comparator", "favours LDN")
    )
    return specification_curve(
        f"multiverse-{q.condition}", f"Every way to pool: {q.title}", e[counts], low[counts], high[counts], run.choices(counts),
        measure=_axis(answer), log=q.ratio, favours=better, published=[_mark(answer, v) for v in answer.published],
        others=e[~counts], weights=run.weights(counts)[counts],
    )  # fmt: skip


def _mark(answer: MultiverseAnswer, v: Verdict) -> Published:
    a = v.answer
    unit = standard(answer.run.declared) if a.measure == "SMD" else 1.0
    low, high = (None if x is None else x * unit for x in (a.low, a.high))
    other = a.measure != answer.run.declared.question.measure
    return Published(
        f"{a.label}: {v.verdict}",
        a.estimate * unit,
        low,
        high,
        own=not a.study,
        printed=answer.printed(v) if other else "",
    )


def _axis(answer: MultiverseAnswer) -> str:
    """The measure of the axis, and how a standardised difference came to stand on it."""
    run = answer.run
    if run.declared.sd_of is None or not any(s.measure == "SMD" for s in run.sets):
        return answer.unit
    return f"{answer.unit}; SMDs times {standard(run.declared):.3g}, the SD of {study(run.declared.sd_of[0]).label}"
