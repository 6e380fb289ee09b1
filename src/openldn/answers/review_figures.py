"""The figures of the review: doses in the body, margins to other targets, studies side by side."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from openldn.answers.condition import ConditionAnswer, StudyAnswer
from openldn.answers.dose_answer import DoseAnswer
from openldn.answers.practical import dose_curve
from openldn.answers.statements import DOSES_MG, LDN, highest_in_brain, regimen_answer
from openldn.figures import Curve, Figure, Row, draw, interval_chart, line_chart
from openldn.pharmacology import model

_REACHED, _NEEDED = "reached in the body", "needed for half an effect"


def body_figures(washout: dict[str, DoseAnswer]) -> tuple[Figure, ...]:
    """Plasma, brain and receptors over a day and a month for the standard doses."""
    figures = [
        _day("plasma-day", "naltrexone_plasma", "Naltrexone in plasma over a day", "naltrexone in plasma (ng/mL)", log=True),
        _day(
            "brain-day", "antagonist_over_ki_brain", "Naltrexone at brain receptors over a day",
            "at brain receptors (multiples of Ki)", log=True,
        ),
        _day("occupancy-day", "mu_occupancy_brain", "Mu receptors occupied in the brain over a day",
             "mu occupied, brain (%)"),
        _day(
            "periphery-day", "mu_occupancy_periphery", "Mu receptors occupied outside the brain over a day",
            "mu occupied, periphery (%)",
        ),
    ]  # fmt: skip
    month = [
        Curve(
            _words(amount), washout[amount].times_h / 24, washout[amount].series["mu_occupancy_brain"].median
        )
        for amount in DOSES_MG
    ]
    ends = "; ".join(
        f"{_words(a)} {regimen_answer(a).answers['days_to_10_percent_mu'].value:.0f} days" for a in DOSES_MG
    )
    figures.append(
        draw(
            "occupancy-month", "Four weeks of a daily dose, and what is left after the last",
            f"Mu occupancy in the brain rises over the first week, stays, and falls after day 28. Time from the last "
            f"dose until it is under 10 %: {ends}.",
            lambda width: line_chart(
                month, width, x_title="days from the first dose", y_title="mu occupied, brain (%)", y_range=(0, 100),
            ),
        )
    )  # fmt: skip
    return (*figures, _curve(), _margins())


def _day(id_: str, name: str, title: str, axis: str, *, log: bool = False) -> Figure:
    curves, last = [], []
    for amount in DOSES_MG:
        answer = regimen_answer(amount)
        s, at = answer.series[name], answer.times_h >= answer.times_h[-1] - 24
        hours = answer.times_h[at] - answer.times_h[at][0]
        banded = amount == LDN
        curves.append(
            Curve(
                _words(amount), hours, s.median[at],
                s.low[at] if banded else None, s.high[at] if banded else None,
            )
        )  # fmt: skip
        last.append(f"{_words(amount)} from {_plain(s.median[at].min())} to {_plain(s.median[at].max())}")
    alt = f"Last of 28 days, typical person, band for 4.5 mg between persons; {axis}: {'; '.join(last)}."
    low = min(float(np.min(c.y[c.y > 0])) for c in curves)
    top = max(float(np.max(c.y)) for c in curves)
    limits = (10 ** np.floor(np.log10(low)), 10 ** np.ceil(np.log10(top))) if log else (0.0, 100.0)
    return draw(
        id_, title, alt,
        lambda width: line_chart(
            curves, width, x_title="hours after the dose", y_title=axis, log=log, y_range=limits,
        ),
    )  # fmt: skip


def _curve() -> Figure:
    points = dose_curve()
    mg = np.array([amount for amount, _ in points])
    value, low, high = (np.array([getattr(e, name) for _, e in points]) for name in ("value", "low", "high"))
    curve = Curve("mean of the day", mg, value, low, high)
    told = "; ".join(f"{a:g} mg {e.value:.0f} % ({e.low:.0f} to {e.high:.0f})" for a, e in points)
    return draw(
        "dose-curve", "From 0.1 to 50 mg a day",
        f"Mean mu occupancy of the brain by daily dose; the band holds 90 % of the draws of the model's unsure numbers: {told}.",
        lambda width: line_chart(
            [curve], width, x_title="mg a day", y_title="mu occupied, brain (%)", y_range=(0, 100), log_x=True,
        ),
    )  # fmt: skip


def _margins() -> Figure:
    p = model().parameters
    rows = [Row(f"{_words(a)} a day, peak", highest_in_brain(a), group=_REACHED) for a in DOSES_MG]
    rows += [
        Row("mu receptor, Ki", p["KI_N_MU"].value, group=_NEEDED),
        Row("NOX2 (naloxone)", p["IC50_NOX2"].value, group=_NEEDED),
        Row("TLR4 (mirror image)", p["IC50_TLR4"].value, group=_NEEDED),
    ]
    told = "; ".join(f"{r.label} {_plain(r.value)} nM" for r in rows)
    return draw(
        "margins", "How far the drug is from other targets",
        f"Highest unbound naltrexone in the brain by daily dose, against what half an effect needs: {told}. "
        "Binding in a dish (the Ki) taken at its word would mean more occupancy than scans show, which is why the brain block "
        "is set by scans and not by the Ki.",
        lambda width: interval_chart(rows, width, x_title="unbound concentration (nM)", log=True, x_range=(0.03, 1e6)),
    )  # fmt: skip


def condition_figures(answer: ConditionAnswer) -> tuple[Figure, ...]:
    """Differences with printed intervals on a common scale, and responders by arm, where there are any."""
    shown = [s for s in answer.studies if s.kind == "trials"]
    figures = [*_differences(answer, shown), *_responders(answer, shown), *_before_and_after(answer)]
    return tuple(figures)


def _differences(answer: ConditionAnswer, shown: Sequence[StudyAnswer]) -> list[Figure]:
    by_scale: dict[str, list[Row]] = {}
    better: dict[str, str] = {}
    for s in shown:
        for o in s.study.outcomes:
            if f"outcome:{o.name}/scale" in s.study.not_seen:
                continue  # a scale or a sign that nobody saw is not drawn
            e = o.effect
            if e and e.measure == "difference" and e.estimate is not None and e.low is not None and o.scale:
                weeks = f", {o.weeks:g} weeks" if o.weeks else ""
                label = f"{_short(s)}{weeks}" if o.scale.startswith("NRS") else f"{_short(s)}: {o.name}"
                better.setdefault(o.scale, o.better)
                by_scale.setdefault(o.scale, []).append(Row(label, e.estimate, e.low, e.high))
    return [
        _difference(answer, scale, rows, better[scale]) for scale, rows in by_scale.items() if len(rows) > 1
    ]


def _difference(answer: ConditionAnswer, scale: str, rows: Sequence[Row], better: str) -> Figure:
    side = "below" if better == "lower" else "above"
    told = "; ".join(f"{r.label}: {r.value:g} ({r.low:g} to {r.high:g})" for r in rows).replace("-", "−")
    key = f"{answer.condition.key}-differences-{''.join(c for c in scale if c.isalnum()).lower()}"
    return draw(
        key, f"{_title(answer)}: difference between arms, {scale}",
        f"Printed differences between LDN and the comparator with 95 % intervals on {scale}, not pooled. {told}.",
        lambda width: interval_chart(rows, width, reference=0.0,
            x_title=f"LDN minus comparator, {scale}; {side} zero favours LDN"),
    )  # fmt: skip


def _responders(answer: ConditionAnswer, shown: Sequence[StudyAnswer]) -> list[Figure]:
    rows: list[Row] = []
    for s in shown:
        for o in s.study.outcomes:
            arms = {a.role: a.percent for a in o.arms if a.percent is not None}
            if "ldn" in arms and "placebo" in arms:
                label = f"{_short(s)}: {o.name}"
                rows += [Row(label, arms["ldn"], group="LDN"), Row(label, arms["placebo"], group="placebo")]
    if not rows:
        return []
    told = "; ".join(
        f"{a.label}: {a.value:g} % on LDN, {b.value:g} % on placebo"
        for a, b in zip(rows[::2], rows[1::2], strict=True)
    )
    return [
        draw(
            f"{answer.condition.key}-responders", f"{_title(answer)}: people who responded, by arm",
            f"Percent of people, as printed. {told}.",
            lambda width: interval_chart(rows, width, x_title="percent of people", x_range=(0, 100)),
        )
    ]  # fmt: skip


def _before_and_after(answer: ConditionAnswer) -> list[Figure]:
    figures = []
    for s in answer.studies:
        for o in s.study.outcomes:
            for arm in o.arms:
                if o.name == "itch" and arm.values and len(arm.values) == len(arm.baseline_values):
                    pairs = list(zip(arm.baseline_values, arm.values, strict=True))
                    rows = [
                        Row(f"patient {i}", value, group=group)
                        for i, pair in enumerate(pairs, 1)
                        for value, group in zip(pair, ("before", "after"), strict=True)
                    ]
                    told = "; ".join(f"patient {i} from {a:g} to {b:g}" for i, (a, b) in enumerate(pairs, 1))
                    figures.append(
                        draw(
                            f"{answer.condition.key}-{o.name}", f"{s.study.label}: {o.name} before and after, no control",
                            f"{told}.",
                            partial(interval_chart, rows, x_title=f"{o.name}, 0–10", x_range=(0, 10)),
                        )
                    )  # fmt: skip
    return figures


def _title(answer: ConditionAnswer) -> str:
    return answer.condition.name[0].upper() + answer.condition.name[1:]


def _plain(value: float) -> str:
    """Two significant digits, never with an exponent."""
    return f"{float(f'{value:.2g}'):,.10g}"


def _short(s: StudyAnswer) -> str:
    return s.study.label.replace("Rodríguez-Freire 2026 (INNOVA)", "INNOVA 2026").replace(
        "Bruun 2024 (FINAL)", "FINAL 2024"
    )


def _words(amount: str) -> str:
    return amount.replace("mg", " mg")
