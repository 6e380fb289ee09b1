"""ldn evidence: the studies of a condition, side by side."""

from typing import Any

import click

from openldn.cli.console import common, emit_json, paragraph, table


@click.command("evidence")
@click.argument("condition", required=False)
@common
def command(condition: str | None, as_json: bool) -> None:
    """List the studies of CONDITION with arm-level results; without one, list the conditions."""
    from openldn.answers import all_conditions, ask_condition

    if condition is None:
        answers = [ask_condition(c.key) for c in all_conditions()]
        if as_json:
            emit_json({"conditions": [{"condition": a.condition.key, "name": a.condition.name,
                                       "summary": a.summary()} for a in answers]})  # fmt: skip
            return
        for line in table([(a.condition.key, a.summary()) for a in answers]):
            click.echo(line)
        return
    answer = ask_condition(condition)
    if as_json:
        emit_json(answer.as_json())
    else:
        _show(answer)


def _show(answer: Any) -> None:
    from openldn.answers import KINDS
    from openldn.answers.condition import NO_POOLING

    click.echo(f"{answer.condition.name[0].upper()}{answer.condition.name[1:]}. Evidence to {answer.date}.")
    click.echo(paragraph(f"{answer.summary()} {NO_POOLING}"))
    for kind, title in KINDS:
        found = answer.of_kind(kind)
        if not found:
            continue
        click.echo(f"\n{title}")
        for item in found:
            _show_study(item)
    click.echo()
    click.echo(paragraph(f"{100 * answer.share_read_twice:.0f} % of these studies' numbers were read a second time, "
                         "blind; all else is provisional. --json holds every outcome and harm."))  # fmt: skip


def _show_study(item: Any) -> None:
    s = item.study
    click.echo(f"\n  {s.label}  [{s.id}]")
    click.echo(paragraph(s.one_line_design, 4))
    if item.headline:
        h = item.headline
        when = f" at {h.weeks:g} weeks" if h.weeks is not None else ""
        click.echo(paragraph(f"{h.outcome}{when}: {h.sentence()}", 4))
    elif s.status:
        click.echo(paragraph(f"status: {s.status}", 4))
    if s.concerns:
        click.echo(paragraph(f"concerns: {s.concerns}", 4))
    for fault in s.known_faults:
        click.echo(paragraph(f"fault in the source: {fault.reason}", 4))
