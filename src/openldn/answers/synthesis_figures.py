"""Pictures of a body of evidence: the forest of each question with more to show than one number."""

from collections.abc import Sequence

from openldn.answers.finding_figures import finding_figures
from openldn.answers.synthesis import Synthesis
from openldn.evidence.certainty import SummaryOfFindings, forest_marks
from openldn.figures import Figure, ForestRow, Pooled, forest


def pooled_figures(
    syntheses: Sequence[Synthesis], findings: SummaryOfFindings
) -> tuple[tuple[Figure, str], ...]:
    """The pictures of a condition's evidence, each with its question, "" where it is of them all.

    A forest where a question has two trials or more; one trial stands in the table of findings.
    """
    forests = tuple((forest_of(s), s.question.id) for s in syntheses if len(s.rows) > 1)
    return (*((f, "") for f in finding_figures(findings)), *forests)


def forest_of(s: Synthesis) -> Figure:
    """The trials of a question with what they say together; one trial stands alone, without a diamond."""
    q, several = s.question, len(s.rows) > 1
    counted = all(r.effect.events for r in s.rows)
    domains, marks = forest_marks(q)
    rows = [
        ForestRow(
            r.label, _value(r.estimate.value), r.estimate.low, r.estimate.high,
            100 * r.weight if several else None, _columns(r.effect.events, r.effect.n, counted), bias,
        )
        for r, bias in zip(s.rows, marks, strict=True)
    ]  # fmt: skip
    pooled = []
    if several:
        blank = ("",) * (2 if counted else 1)
        for name, a, prediction in (
            (_random(s), s.average, s.prediction), ("Common effect", s.common, None),
        ):  # fmt: skip
            pooled.append(Pooled(name, _value(a.value), _value(a.low), _value(a.high), prediction, blank))
    good, bad = ("favours LDN", f"favours {_comparator(s)}")
    favours = (bad, good) if q.better == "higher" else (good, bad)
    unit = f" ({q.unit})" if q.unit and q.unit != "1" else ""
    return forest(
        f"forest-{q.condition}-{q.key}", f"{q.title[0].upper()}{q.title[1:]}", rows, pooled,
        measure=f"{s.measure_words()}{unit}", log=q.ratio, favours=favours,
        columns=("LDN", _comparator(s)) if counted else ("people",), bias_domains=domains, heterogeneity=s.heterogeneity(),
    )  # fmt: skip


def _random(s: Synthesis) -> str:
    return f"Random effects, {s.body.pooled.interval}" if s.body.pooled.ci == "adhoc" else "Random effects"


def _comparator(s: Synthesis) -> str:
    kinds = {x.comparator for x in s.question.studies()}
    return "placebo" if kinds == {"placebo"} else "the other drug"


def _columns(events: tuple[int, int, int, int] | None, n: int | None, counted: bool) -> tuple[str, ...]:
    if counted and events:
        return f"{events[0]}/{events[1]}", f"{events[2]}/{events[3]}"
    return (str(n) if n else "",)


def _value(x: float | None) -> float:
    assert x is not None
    return x
