"""What ldn dose prints: what a regimen does in the body, and what it might do to people with a condition."""

from pathlib import Path
from typing import Any

from openldn.cli.console import echo, paragraph, table
from openldn.notation import shown, significant

_HEAD = 24  # letters of a column's head

_WORDS = {
    "naltrexone_cmax": "highest naltrexone in plasma",
    "naltrexone_auc_24h": "naltrexone exposure, last 24 h",
    "naltrexol_cmax": "highest 6β-naltrexol in plasma",
    "mu_occupancy_min": "mu occupancy in the brain, lowest on the last day",
    "mu_occupancy_mean": "mu occupancy in the brain, mean of the last day",
    "mu_occupancy_max": "mu occupancy in the brain, highest on the last day",
    "hours_above_50_percent_mu": "hours a day with more than half of mu occupied",
    "days_to_10_percent_mu": "days after the last dose until mu is under 10 %",
    "beta_endorphin_change_percent": "β-endorphin against no drug, mean of the last day",
    "net_opioid_tone": "net mu tone in the brain, mean of the last day (1 at rest)",
    "tlr4_engagement_percent": "highest engagement of TLR4",
}


def show(first: Any, second: Any, plot: Path | None) -> None:
    """Print one DoseAnswer, or two side by side."""
    echo(paragraph(f"{first.question['regimen']}, {first.question['route']}, {first.question['days']} days"))
    if second:
        echo(paragraph(f"versus {second.question['regimen']}"))
    if first.changed:
        echo(paragraph(f"Changed: {', '.join(c.sentence() for c in first.changed)}."))
    echo()
    answers = [a for a in (first, second) if a]
    rows = [["", *(cell for a in answers for cell in (_amount(a), "")), ""]] if second else []
    for name, estimate in first.answers.items():
        cells = [cell for a in answers for cell in _cells(a.answers[name])]
        rows.append([_WORDS.get(name, name), *cells, estimate.unit])
    _print(rows)
    echo()
    kind = next(iter(first.answers.values())).kind
    bands = (
        ""
        if first.question["persons"] == 0
        else " The bands show how people differ, not how unsure the model is."
    )
    echo(paragraph(f"Shown: {kind}.{bands}"))
    if first.mechanisms:
        _show_mechanisms(answers)
    if first.effects:
        _show_scales(answers)
        _show_unwanted(answers)
    p = first.provenance
    echo(paragraph(f"Rests on numbers that no source gives ({', '.join(p.assumed)}) and on numbers read "
                         f"once only ({', '.join(p.provisional)})."))  # fmt: skip
    for warning in first.warnings:
        echo(paragraph(warning))
    if plot:
        echo(f"drawn: {plot}")


def _show_mechanisms(answers: list[Any]) -> None:
    """What the switches do that somebody turned on."""
    first = answers[0].mechanisms
    names = ", ".join(dict.fromkeys(s.switch for s in first))
    echo(f"\nSwitched on ({names}): change from without the drug, mean of the last day")
    rows = [["", *(cell for a in answers for cell in (_amount(a), "")), ""]] if len(answers) > 1 else []
    for i, s in enumerate(first):
        rows.append([s.meaning, *(cell for a in answers for cell in _cells(a.mechanisms[i].change, 2)), "%"])
    _print(rows, 2)
    echo(paragraph(f"Shown: {first[0].change.kind}; nobody measured how strong these mechanisms are.", 2))
    echo()


def _show_scales(answers: list[Any]) -> None:
    found = answers[0].effects
    echo(f"\n{found.condition}, {_weeks(found)}: improvement in points")
    echo(
        paragraph(
            f"The run of --days is that of the body: scales and unwanted effects are always those of {_weeks(found)}, as "
            "long as the trials that their numbers come from.",
            2,
        )
    )
    placebo = answers[0].switches["placebo"] == 1
    head = ["scale", "at entry", "untreated", *(["on placebo"] if placebo else []), "that matters"]
    head.append("reach that on placebo" if placebo else "reach that untreated")
    one = len(answers) == 1
    rows = [[*head, *(["by the drug", ""] if one else []), ""]]
    for s in found.scales:
        rows.append([
            s.scale.name, significant(s.baseline), significant(s.untreated.value, 2),
            *([significant(s.on_placebo.value, 2)] if placebo else []),
            "" if s.important is None else significant(s.important),
            "" if s.reach is None else f"{significant(s.reach.value, 2)} of 100",
            *(_cells(s.by_drug, 2) if one else []), "",
        ])  # fmt: skip
    _print(rows, 2, len(head))
    if not one:
        echo(f"\n{found.condition}, {_weeks(found)}: points that the drug adds")
        rows = [["scale", *(cell for a in answers for cell in (_amount(a), "")), ""]]
        for i, s in enumerate(found.scales):
            rows.append(
                [s.scale.name, *(c for a in answers for c in _cells(a.effects.scales[i].by_drug, 2)), ""]
            )
        _print(rows, 2)
    echo(paragraph("By the drug: what would be believed without any trial of it; no trial is in it.", 2))
    told = [s for s in found.scales if s.scale.important is not None]
    if told:
        echo(
            paragraph(
                "That matters: the smallest change that people notice, not what trials call a response unless it says so.",
                2,
            )
        )
    for s in told:
        points = significant(s.important)
        echo(paragraph(f"{s.scale.name}, {points} points: {s.scale.important.why}.", 4))


def _show_unwanted(answers: list[Any]) -> None:
    from openldn.answers.unwanted import EVENTS

    echo(f"\nPeople with an unwanted effect within {_weeks(answers[0].effects)}, of 100")
    rows = [
        ["", *(cell for a in answers for cell in (_in_all(a, answers), "", _by_drug(a, answers), "")), ""]
    ]
    for name, word in EVENTS.items():
        cells = [
            cell
            for a in answers
            for estimate in (a.effects.unwanted.rates[name], a.effects.unwanted.more[name])
            for cell in _cells(estimate, 2)
        ]
        rows.append([word, *cells, ""])
    _print(rows, 2)
    echo()


def _print(rows: list[list[str]], indent: int = 0, numbers: int | None = None) -> None:
    """A table whose columns are numbers, each with its band beside it, from the second or `numbers` on."""
    start = 1 if numbers is None else numbers
    right = [*range(1, start), *range(start, len(rows[0]) - 1, 2)]
    for line in table(rows, right=right, indent=indent):
        echo(line)


def _weeks(found: Any) -> str:
    return f"{found.weeks} weeks"


def _amount(answer: Any) -> str:
    """A dose as the head of a column: the amount, or a schedule cut short."""
    return shown(answer.question["dose"], _HEAD)


def _in_all(answer: Any, answers: list[Any]) -> str:
    return f"{_amount(answer)}, in all" if len(answers) > 1 else "in all"


def _by_drug(answer: Any, answers: list[Any]) -> str:
    return f"by {_amount(answer)}" if len(answers) > 1 else "by the drug"


def _cells(estimate: Any, digits: int = 3) -> list[str]:
    """A value and its band, the latter empty where there is none."""
    if estimate.value is None or estimate.value != estimate.value:
        return ["beyond the run", ""]
    value = significant(estimate.value, digits)
    if estimate.low is None or estimate.low != estimate.low:
        return [value, ""]
    return [value, f"({significant(estimate.low, digits)} to {significant(estimate.high, digits)})"]
