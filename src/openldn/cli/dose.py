"""ldn dose: what a regimen does in the body."""

from pathlib import Path
from typing import Any

import click

from openldn.cli.console import common, emit_json, paragraph, progress, table

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


@click.command("dose")
@click.argument("dose")
@click.option("--every", default="24h", show_default=True, help="Interval between doses.")
@click.option("--at", default="22:00", show_default=True, help="Clock time of the first dose.")
@click.option("--days", default=28, show_default=True, type=int, help="Length of the run.")
@click.option("--route", default="oral", show_default=True, help="oral, im_depot, iv or nasal.")
@click.option("--versus", metavar="DOSE", help="A second dose to compare with.")
@click.option("--persons", default=50, show_default=True, type=int, help="Simulated persons for the bands.")
@click.option("--seed", default=20261123, show_default=True, type=int, help="Which persons are drawn.")
@click.option("--without", multiple=True, metavar="SWITCH", help="A part of the model to turn off.")
@click.option(
    "--with", "using", multiple=True, metavar="SWITCH", help="A part to turn on, or kinetics=plasma."
)
@click.option("--set", "setting", multiple=True, metavar="NAME=VALUE", help="A parameter's value: T_E=30.")
@click.option(
    "--for", "condition", metavar="CONDITION", help="Its clinical scales and unwanted effects, too."
)
@click.option(
    "--compare", metavar="NAME=A,B", help="Versions of the model side by side: kinetics=biophase,plasma."
)
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw to FILE.svg or FILE.png.")
@common
def command(
    dose: str,
    every: str,
    at: str,
    days: int,
    route: str,
    versus: str | None,
    persons: int,
    seed: int,
    without: tuple[str, ...],
    using: tuple[str, ...],
    setting: tuple[str, ...],
    condition: str | None,
    compare: str | None,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Simulate DOSE, such as 4.5mg, or a schedule in words:

    \b
    ldn dose 4.5mg --every 24h --at 22:00 --days 28
    ldn dose "1.5 mg every 24h for 7d, then 3 mg for 7d, then 4.5 mg"
    ldn dose "4.5 mg every 24h for 28d except doses 3, 10-12, then stop" --days 60
    ldn dose 380mg --route im_depot --every 28d
    """
    from openldn.answers import dose as ask

    if plot:
        from openldn.answers import check_plot_name

        check_plot_name(plot)

    if compare and plot:
        raise click.UsageError(
            "--plot draws courses of doses; --compare answers in a table (drop one of them)"
        )
    if compare:
        _compare(dose, compare, every, at, days, route, as_json)
        return

    def answer(text: str, report: Any) -> Any:
        in_words = " " in text.strip() and any(word in text.lower() for word in ("every", "once", "then"))
        return ask(
            text, every=every, at=at, days=days, route=route, persons=persons, seed=seed, without=without, using=using,
            setting=setting, condition=condition, regimen=text if in_words else None, progress=report,
        )  # fmt: skip

    with progress(f"simulating {dose}") as report:
        first = answer(dose, report)
        second = answer(versus, report) if versus else None
    if plot:
        from openldn.answers import plot_doses

        plot_doses([a for a in (first, second) if a], plot)
    if as_json:
        document = first.as_json()
        if second:
            document["versus"] = second.as_json()
        emit_json(document)
        return
    _show(first, second, plot)


def _compare(dose: str, text: str, every: str, at: str, days: int, route: str, as_json: bool) -> None:
    from openldn.answers import compare

    with progress(f"comparing {text}"):
        answer = compare(dose, text, every=every, at=at, days=days, route=route)
    if as_json:
        emit_json(answer.as_json())
        return
    click.echo(paragraph(f"Which measurement would tell {' from '.join(answer.versions)}? {dose} and other doses, "
                         f"every {every} for {days} days, {route}, typical person."))  # fmt: skip
    click.echo()
    for d in answer.best:
        when = (
            f"{d.after_last_dose_h:g} h after the last dose"
            if d.after_last_dose_h > 0
            else f"{d.hour:g} h after the first dose"
        )
        values = f"{d.a:.3g} {d.unit} ({d.versions[0]}) against {d.b:.3g} ({d.versions[1]})"
        apart = f"{d.errors_apart:.1f} errors of one measurement apart"
        click.echo(paragraph(f"{d.meaning}: {d.dose}, {when}: {values}, {apart}."))
    click.echo()
    rows = [("dose", "hour", *answer.versions)]
    for row in answer.table:
        if row["measurable"] == answer.best[0].measurable:
            rows.append((row["dose"], f"{row['hour']:g}", *(f"{v:.3g}" for v in row["values"].values())))
    click.echo(paragraph(f"{answer.best[0].meaning} ({answer.best[0].unit}) after the first doses:"))
    for line in table(rows, right=range(1, len(rows[0]) - 1), indent=2):
        click.echo(line)
    best = max(answer.best, key=lambda d: d.errors_apart)
    click.echo()
    guessed = ", ".join(a for a in answer.provenance.assumed if a.islower()) or "none"
    click.echo(
        paragraph(
            f"The best of these is {best.meaning} at {best.dose}. Assumed errors of measurement: {guessed}."
        )
    )


def _show(first: Any, second: Any, plot: Path | None) -> None:
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
