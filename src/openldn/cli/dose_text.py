"""What ldn dose prints: what a regimen does in the body, and what it might do to people with a condition."""

from pathlib import Path
from typing import Any

import click

from openldn.cli.console import paragraph, table

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
    click.echo(
        paragraph(f"{first.question['regimen']}, {first.question['route']}, {first.question['days']} days")
    )
    if second:
        click.echo(paragraph(f"versus {second.question['regimen']}"))
    click.echo()
    rows = []
    for name, estimate in first.answers.items():
        cells = [_WORDS.get(name, name), *_cells(estimate)]
        if second:
            cells += _cells(second.answers[name])
        rows.append([*cells[:-1], f"{cells[-1]}  {estimate.unit}".strip()])
    for line in table(rows, right=range(1, len(rows[0]))):
        click.echo(line)
    click.echo()
    kind = next(iter(first.answers.values())).kind
    click.echo(paragraph(f"Shown: {kind}. The bands show how people differ, not how unsure the model is."))
    off = [name for name, on in first.switches.items() if not on and name in first.question["without"]]
    if off:
        click.echo(paragraph(f"Switched off: {', '.join(off)}."))
    for answer in (first, second):
        if answer and answer.effects:
            _show_effects(answer)
    p = first.provenance
    click.echo(paragraph(f"Rests on numbers that no source gives ({', '.join(p.assumed)}) and on numbers read "
                         f"once only ({', '.join(p.provisional)})."))  # fmt: skip
    for warning in first.warnings:
        click.echo(paragraph(warning))
    if plot:
        click.echo(f"drawn: {plot}")


def _show_effects(answer: Any) -> None:
    from openldn.answers.unwanted import EVENTS

    found = answer.effects
    click.echo(f"\n{found.condition}, twelve weeks of {answer.question['regimen']}: improvement in points")
    rows: list[tuple[str, ...]] = [
        ("scale", "at entry", "untreated", "on placebo", "that matters", "reach it on placebo", "by the drug")
    ]
    for s in found.scales:
        important = "" if s.important is None else f"{s.important:.3g}"
        reach = "" if s.reach is None else f"{s.reach.value:.0f} of 100"
        rows.append((s.scale.name, f"{s.baseline:.3g}", f"{s.untreated.value:.2g}", f"{s.on_placebo.value:.2g}",
                     important, reach, " ".join(_cells(s.by_drug, 2))))  # fmt: skip
    for line in table(rows, right=range(1, 6), indent=2):
        click.echo(line)
    click.echo(
        paragraph("By the drug: what would be believed without any trial of it; no trial is in it.", 2)
    )
    click.echo("\nPeople with an unwanted effect within twelve weeks, of 100")
    events: list[tuple[str, ...]] = [("", "in all", "", "by the drug")]
    for name, rate in found.unwanted.rates.items():
        added = " ".join(_cells(found.unwanted.more[name], 2))
        events.append((EVENTS[name], *_cells(rate, 2), added))
    for line in table(events, right=(1,), indent=2):
        click.echo(line)
    click.echo()


def _cells(estimate: Any, digits: int = 3) -> list[str]:
    value = (
        "beyond the run"
        if estimate.value is None or estimate.value != estimate.value
        else f"{estimate.value:.{digits}g}"
    )
    if estimate.low is None or estimate.low != estimate.low:
        return [value, ""]
    return [value, f"({estimate.low:.{digits}g} to {estimate.high:.{digits}g})"]
