"""ldn evidence protocol, searches, flow and update: how the review stays alive."""

from pathlib import Path
from typing import Any

import click

from openldn.cli.console import common, echo, emit_json, paragraph
from openldn.cli.prisma import show_flow

_SHOWN = 60
_TITLES = {
    "question": "Question", "population": "People", "intervention": "Drug", "comparator": "Against", "outcomes": "Outcomes",
    "designs": "Designs", "languages": "Languages", "extraction": "Extraction", "bias": "Risk of bias",
    "synthesis": "Synthesis", "certainty": "Certainty", "judges": "Judges", "funding": "Funding and interests",
}  # fmt: skip


@click.command("protocol")
@common
def protocol_command(as_json: bool) -> None:
    """What the review asks, takes and does, and where it did otherwise than planned."""
    from openldn.answers import ask_protocol

    answer = ask_protocol()
    if as_json:
        emit_json(answer.as_json())
        return
    for name, title in _TITLES.items():
        echo(f"{title}")
        echo(paragraph(getattr(answer.protocol, name), 2))
    echo(f"Registered\n  {answer.protocol.registered or 'nowhere'}")
    echo("\nDeviations")
    for d in answer.protocol.deviations:
        echo(paragraph(f"- {d.date}: {d.what} {d.why}", 2))


@click.command("searches")
@common
def searches_command(as_json: bool) -> None:
    """Where the review looks: the exact strings, the day each was last run, what it finds and what it misses."""
    from openldn.answers import ask_searches

    answer = ask_searches()
    if as_json:
        emit_json(answer.as_json())
        return
    for s, runs in answer.searches:
        echo(f"\n{s.name}  [{s.key}]")
        echo(f"  {s.string}")
        last = f"last run on {runs[-1].date}, {len(runs)} run{'s' if len(runs) > 1 else ''} in all" if runs else (
            "never run by the project; whoever has access may, and bring the export to ldn evidence update"
        )  # fmt: skip
        echo(paragraph(f"{last}.", 2))
        echo(paragraph(f"Finds: {s.finds} Misses: {s.misses}", 2))
        if s.export:
            echo(paragraph(f"Export: {s.export}.", 2))
        for run in runs:
            if run.string:
                echo(
                    paragraph(f"- {run.date}: {run.string}: {run.records} records, {run.new} of them new", 4)
                )


@click.command("flow")
@click.option(
    "--plot", metavar="FILE", type=click.Path(path_type=Path), help="Draw the flow to .svg, .png or .pdf."
)
@common
def flow_command(plot: Path | None, as_json: bool) -> None:
    """The PRISMA flow of this review, from what was screened."""
    from openldn.answers import check_plot_name, own_flow, plot_prisma

    if plot:
        check_plot_name(plot)
    answer = own_flow()
    if plot:
        plot_prisma(answer, plot)
    if as_json:
        emit_json(answer.as_json())
    else:
        show_flow(answer, plot)


@click.command("update")
@click.argument("files", nargs=-1, metavar="FILE…", type=click.Path(path_type=Path))
@click.option(
    "--format", "wanted", metavar="ctgov|nbib|ris", help="Format of the files; found out when left out."
)
@click.option(
    "--search", default="", metavar="KEY", help="Which search a RIS file is of, where it does not say."
)
@click.option(
    "--day", default="", metavar="YYYY-MM-DD", help="When the searches were run; today when left out."
)
@click.option(
    "--out",
    default="update",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder of the update.",
)
@common
def update_command(
    files: tuple[Path, ...], wanted: str | None, search: str, day: str, out: Path, as_json: bool
) -> None:
    """Take in exports of the searches: what is known is left out, the rest is listed to screen.

    \b
    ldn evidence update trials.json pubmed.nbib cinahl.ris --out update
    (decide in update/screening.toml: excluded with a reason, or included)
    ldn evidence update trials.json pubmed.nbib cinahl.ris --out update

    The second run drafts what was included, into update/drafts. Each run renews update/flow.toml.
    """
    from openldn.answers import update_evidence

    if not files:
        raise click.UsageError("name one export or more, such as: ldn evidence update pubmed.nbib")
    answer = update_evidence(files, out, day=day, wanted=wanted, search=search)
    if as_json:
        emit_json(answer.as_json())
    else:
        _show(answer)


def _show(answer: Any) -> None:
    echo(paragraph(answer.summary()))
    for note in answer.update.notes:
        echo(paragraph(f"- {note}", 2))
    for fate, found in answer.by_fate():
        echo(f"\n{fate[0].upper()}{fate[1:]}")
        for s in found[:_SHOWN]:
            echo(paragraph(f"- {s.title or 'no title'} ({s.file}, {s.place}): {s.why}", 2))
        if len(found) > _SHOWN:
            echo(f"  … and {len(found) - _SHOWN} more; --json lists all")
    echo(
        f"\nWritten to {answer.folder}: {', '.join(p.relative_to(answer.folder).as_posix() for p in answer.written)}."
    )
    if answer.update.of("to screen") or answer.update.of("awaiting"):
        echo(paragraph(
            "Next: give each awaiting record in screening.toml a decision (excluded with a reason, not retrieved, or included), "
            "and run the same command again."
        ))  # fmt: skip
