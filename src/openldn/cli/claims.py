"""ldn claims: the article's claims with verdicts."""

from typing import Any

import click

from openldn.cli.console import common, echo, emit_json, paragraph, table


@click.command("claims")
@click.argument("id", required=False)
@click.option("--since", metavar="DATE", help="Only what changed on this day or later, such as 2026-11-24.")
@common
def command(id: str | None, since: str | None, as_json: bool) -> None:  # noqa: A002 - the user's word for it
    """List the article's claims with verdicts, or show claim ID in full with its reasons and sources."""
    from openldn.answers import ask_claims

    answer = ask_claims(id, since=since)
    if as_json:
        emit_json(answer.as_json())
    elif since:
        _show_changes(answer)
    elif id:
        _show_one(answer.claims[0])
    else:
        _show_all(answer)


def _show_changes(answer: Any) -> None:
    if not answer.changes:
        echo(f"Nothing changed since {answer.since}.")
        return
    for x in answer.changes:
        about = f"{x.subject}, {x.field}" if x.what == "study" else f"{x.what} {x.subject}".strip()
        before = f"{x.was} → {x.now}" if x.was else x.now
        echo(paragraph(f"{x.date}  {x.claim}  {about}: {before}. {' '.join(x.why.split())}"))
    verdicts = sum(x.what == "verdict" for x in answer.changes)
    echo(f"\n{len(answer.claims)} claims touched since {answer.since}, {verdicts} verdicts changed.")


def _show_all(answer: Any) -> None:
    section = ""
    for item in answer.claims:
        c = item.claim
        if c.section != section:
            section = c.section
            echo(f"\n{section[0].upper()}{section[1:]}")
        for line in table([(c.id.ljust(4), c.verdict.ljust(12), c.claim)], indent=2):
            echo(line)
    counts: dict[str, int] = {}
    for item in answer.claims:
        counts[item.claim.verdict] = counts.get(item.claim.verdict, 0) + 1
    spread = ", ".join(f"{n} {verdict}" for verdict, n in sorted(counts.items(), key=lambda x: -x[1]))
    echo(f"\n{len(answer.claims)} claims: {spread}. Evidence to {answer.date}.")
    echo(paragraph("Claims stand in our own words. Verdicts are proposals from abstracts, registries and "
                         "labels; `ldn claims ID` gives the reasons."))  # fmt: skip


def _show_one(item: Any) -> None:
    from openldn.answers import meaning
    from openldn.notation import source

    c = item.claim
    echo(f"{c.id}  {c.section}  [{c.verdict}]\n")
    echo(paragraph(c.claim))
    echo("\nWhy")
    echo(paragraph(c.reason, 2))
    if c.more or item.statements or item.syntheses or item.context or item.no_synthesis():
        echo("\nBehind it")
    for reason in c.more:
        echo(paragraph(f"- {reason}", 2))
    for statement in item.statements:
        echo(paragraph(f"- computed: {statement.text}{_assumed(statement.assumed)}", 2))
    for s in item.syntheses:
        echo(paragraph(f"- pooled ({s.question.id}): {s.sentence()}", 2))
        echo(paragraph(s.rests_on.sentence(), 4))
    for near, s in item.context:
        echo(paragraph(f"- context only ({s.question.id}), {near.why}: {s.sentence()}", 2))
        echo(paragraph(s.rests_on.sentence(), 4))
    if item.no_synthesis():
        echo(paragraph(f"- no synthesis: {item.no_synthesis()}", 2))
    if codes := dict.fromkeys(name for s in item.statements for name in s.assumed):
        echo("\nWhat the codes mean: numbers that nobody measured")
        echo(paragraph("; ".join(f"{code} {meaning(code)}" for code in codes) + ".", 2))
    if c.primary_source_says:
        echo("\nWhat the sources say")
        echo(paragraph(c.primary_source_says, 2))
    for mark in c.marks:
        echo("\nThe article's source mark")
        where = (
            "no reference was found" if mark.confidence == "none" else f"{mark.confidence}: {mark.reference}"
        )
        echo(paragraph(f"{where}. {mark.why}", 2))
    if item.sources():
        echo("\nSources")
        for key in item.sources():
            echo(paragraph(f"[{key}] {source(key).reference()}", 2))


def _assumed(codes: Any) -> str:
    return f" Assumed in it: {', '.join(codes)}." if codes else ""
