"""ldn dose: what a regimen does in the body."""

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from openldn.cli.compare_text import show_comparison
from openldn.cli.console import common, emit_json, progress
from openldn.cli.dose_text import show

# What --compare cannot honour, and why.
_NOT_COMPARED = {
    "versus": "--compare looks at other doses too, without --versus",
    "condition": "--compare is about what can be measured in the body, not about scales: drop --for",
    "persons": "--compare follows the typical person: drop --persons",
    "seed": "--compare draws nobody: drop --seed",
    "plot": "--plot draws courses of doses; --compare answers in a table (drop one of them)",
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
    "--compare",
    metavar="NAME=A,B",
    help="Which measurement tells versions of the model apart: kinetics=biophase,plasma or rebound=on,off.",
)
@click.option(
    "--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw to FILE.svg, .png or .pdf."
)
@common
@click.pass_context
def command(
    context: click.Context,
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

    asked: dict[str, Any] = {
        "every": every, "at": at, "days": days, "route": route, "without": without, "using": using, "setting": setting,
    }  # fmt: skip
    if compare:
        for name, reason in _NOT_COMPARED.items():
            if context.get_parameter_source(name) != ParameterSource.DEFAULT:
                raise click.UsageError(reason)
        from openldn.answers import compare as ask_versions

        with progress(f"comparing {compare}"):
            comparison = ask_versions(dose, compare, **asked)
        if as_json:
            emit_json(comparison.as_json())
        else:
            show_comparison(comparison)
        return

    with progress(f"simulating {dose}") as report:
        first, second = (
            ask(
                text, persons=persons, seed=seed, condition=condition, progress=report,
                **asked,
            ) if text is not None else None
            for text in (dose, versus)
        )  # fmt: skip
    assert first is not None
    if plot:
        from openldn.answers import plot_doses

        plot_doses([a for a in (first, second) if a], plot)
    if as_json:
        document = first.as_json()
        if second:
            document["versus"] = second.as_json()
        emit_json(document)
        return
    show(first, second, plot)
