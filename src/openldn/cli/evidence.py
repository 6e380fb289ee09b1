"""ldn evidence: the studies of a condition, side by side; ldn evidence import: a file becomes drafts."""

from pathlib import Path
from typing import Any

import click

from openldn.cli.console import common, echo, emit_json, paragraph, table
from openldn.cli.exporting import check_export, show_export
from openldn.cli.living import flow_command, protocol_command, searches_command, update_command
from openldn.cli.prisma import prisma_command

_SHOWN = 40


class _ConditionOrImport(click.Command):
    """`ldn evidence CONDITION`, unless the first word is that of a command, which no condition is called."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        words = [a for a in args if not a.startswith("-")]
        named = {
            "import": _import, "prisma": prisma_command, "protocol": protocol_command, "searches": searches_command,
            "flow": flow_command, "update": update_command,
        }  # fmt: skip
        word = words[0] if words else ""
        if word not in named:
            return super().make_context(info_name, args, parent, **extra)
        args = list(args)
        args.remove(word)
        return named[word].make_context(f"{info_name} {word}", args, parent, **extra)


@click.command(
    "evidence", cls=_ConditionOrImport,
    epilog="`ldn evidence import FILE` makes drafts of studies from a file of ClinicalTrials.gov, PubMed or RIS; "
    "see ldn evidence import --help. `ldn evidence prisma FILE` checks and draws the flow of a review. `ldn evidence "
    "protocol`, `searches`, `flow` and `update FILE…` tell how this review is kept and take in what is new.",
)  # fmt: skip
@click.argument("condition", required=False)
@click.option(
    "--multiverse", is_flag=True, help="Every way to pool the trials of one question, and what it changes."
)
@click.option(
    "--question",
    metavar="KEY",
    default="",
    help="With --multiverse or --export: one question of the condition.",
)
@click.option("--plot", metavar="FILE", type=click.Path(path_type=Path),
              help="With --multiverse: the specification curve, to .svg, .png or .pdf.")  # fmt: skip
@click.option("--export", metavar="PROGRAM",
              help="Instead: write what is pooled for metafor, revman or gradepro; name the file with --out.")  # fmt: skip
@click.option(
    "--out", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="The file of --export."
)
@common
def command(
    condition: str | None, multiverse: bool, question: str, plot: Path | None, export: str | None, out: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    """List the studies of CONDITION with arm-level results; without one, list the conditions.

    \b
    ldn evidence fibromyalgia --multiverse --plot curve.svg
    ldn evidence fibromyalgia --export metafor --out fibromyalgia.csv
    """
    from openldn.answers import all_conditions, ask_condition

    if (target := check_export(export, out)) is not None:
        _export(condition, question, multiverse or plot is not None, target, as_json)
        return
    if multiverse:
        _multiverse(condition, question, plot, as_json)
        return
    if question or plot:
        raise click.UsageError(
            "--question and --plot belong to --multiverse, --question to --export too; add it."
        )
    if condition is None:
        answers = [ask_condition(c.key) for c in all_conditions()]
        if as_json:
            emit_json({"conditions": [{"condition": a.condition.key, "name": a.condition.name,
                                       "summary": a.summary()} for a in answers]})  # fmt: skip
            return
        for line in table([(a.condition.key, a.summary()) for a in answers]):
            echo(line)
        return
    answer = ask_condition(condition)
    if as_json:
        emit_json(answer.as_json())
    else:
        _show(answer)


def _export(
    condition: str | None, question: str, other: bool, target: tuple[str, Path], as_json: bool
) -> None:
    from openldn.answers import export_evidence

    if condition is None:
        raise click.UsageError(
            "--export needs a condition, such as: ldn evidence fibromyalgia --export metafor --out F.csv"
        )
    if other:
        raise click.UsageError("--export does not go with --multiverse or --plot; leave one of them out.")
    written = export_evidence(condition, *target, question)
    if as_json:
        emit_json(written.as_json())
    else:
        show_export(written)


def _show(answer: Any) -> None:
    from openldn.answers import KINDS
    from openldn.answers.condition import POOLED

    echo(f"{answer.condition.name[0].upper()}{answer.condition.name[1:]}. Evidence to {answer.date}.")
    echo(paragraph(f"{answer.summary()} {POOLED}" if answer.syntheses else answer.summary()))
    _show_pooled(answer)
    for kind, title in KINDS:
        found = answer.of_kind(kind)
        if not found:
            continue
        low = kind != "trials" or any(item.study.low_dose for item in found)
        echo(f"\n{title}{'' if low else ', all of higher doses'}")
        for item in found:
            _show_study(item)
    echo()
    twice = answer.share_read_twice
    told = (
        "All of these studies' numbers were read a second time, blind."
        if twice == 1
        else f"{100 * twice:.0f} % of these studies' numbers were read a second time, blind; the others are provisional."
    )
    echo(paragraph(f"{told} --json holds every outcome and harm."))


def _show_pooled(answer: Any) -> None:
    from openldn.notation import effect_figure

    if not answer.syntheses:
        echo(paragraph(answer.why_none()))
        _show_told(answer)
        _show_harms(answer)
        if answer.first_trial():
            echo("\nWhat a first trial would have to be")
        for sentence in answer.first_trial():
            echo(paragraph(f"- {sentence}", 2))
        return
    echo("\nWhat the trials say together")
    for r in answer.findings.rows:
        told = ", ".join(map(str, sorted(r.footnotes)))
        why = f", {'reason' if len(r.footnotes) == 1 else 'reasons'} {told} below" if told else ""
        ours = ", counts reconstructed, not printed" if r.reconstructed else ""
        echo(
            paragraph(
                f"- {r.statement} {_effect_of(r)}; {r.participants} people{ours}. Certainty {r.certainty.label}{why}.",
                2,
            )
        )
    _show_told(answer)
    if answer.findings.footnotes:
        echo("\nReasons for the certainty, by the numbers above")
    for n, note in enumerate(answer.findings.footnotes, 1):
        echo(paragraph(f"{n}. {note}", 2))
    if answer.findings.harms.sentences():
        echo("\nOther harms")
    _show_harms(answer)
    echo("\nThe arithmetic")
    for s in answer.syntheses:
        echo(paragraph(f"- {s.sentence()}", 2))
        if s.heterogeneity():
            echo(paragraph(f"{s.heterogeneity()}.", 4))
        for r, more in zip(s.rows, s.small_trials(), strict=True):
            e = r.estimate
            value = f"{effect_figure(e.value)} ({effect_figure(e.low)} to {effect_figure(e.high)})"
            echo(paragraph(f"{r.label}: {value}, {100 * r.weight:.0f} % weight, from {r.effect.route}", 4))
            echo(paragraph(more, 6))
        echo(paragraph(s.rests_on.sentence(), 4))
        echo(paragraph(s.next.text, 4))


def _show_told(answer: Any) -> None:
    """Trials that told something of a main outcome and printed no figure that can be pooled."""
    for t in answer.findings.told:
        echo(paragraph(f"- {t.sentence} Certainty {t.certainty().label}: {t.why}.", 2))


def _effect_of(row: Any) -> str:
    """`Difference −0.22 (95 % interval −1.53 to 1.09) points`: the figures of a line of findings."""
    from openldn.notation import effect_figure

    estimate, low, high = (effect_figure(x) for x in row.relative or row.mean)
    kind = row.question.effect_words
    unit = "" if row.question.ratio else f" {row.question.unit}"
    return f"{kind[0].upper()}{kind[1:]} {estimate}{unit} (95 % interval {low} to {high})"


def _show_harms(answer: Any) -> None:
    harms = answer.findings.harms
    if harms.lead:
        echo(paragraph(harms.lead, 2))
    for line in harms.lines:
        echo(paragraph(f"- {line}", 4))
    if harms.silence:
        echo(paragraph(harms.silence, 2))


def _multiverse(condition: str | None, question: str, plot: Path | None, as_json: bool) -> None:
    from openldn.answers import ask_multiverse, check_plot_name, plot_multiverse

    if condition is None:
        raise click.UsageError(
            "--multiverse needs a condition, such as: ldn evidence fibromyalgia --multiverse"
        )
    if plot:
        check_plot_name(plot)
    answer = ask_multiverse(condition, question)
    if plot:
        plot_multiverse(answer, plot)
    if as_json:
        emit_json(answer.as_json())
        return
    asked = answer.run.declared.question
    echo(f"{asked.condition.capitalize()}, {asked.title}. Evidence to {answer.date}.")
    for sentence in answer.sentences():
        echo(paragraph(sentence))
    for title, found in (("Published answers", answer.in_print), ("Our own checks", answer.checks)):
        if not found:
            continue
        echo(f"\n{title}")
        rows = [(v.answer.label, answer.printed(v), v.verdict, "") for v in found]
        for line in table(rows, indent=2):
            echo(line)
        for v in found:
            echo(f"\n  {v.answer.label}")
            echo(paragraph(answer.why(v), 4))
    if plot:
        echo(f"\nDrawn to {plot}.")


def _show_study(item: Any) -> None:
    s = item.study
    echo(f"\n  {s.label}  [{s.id}]")
    echo(paragraph(s.one_line_design, 4))
    if item.headline:
        h = item.headline
        echo(paragraph(f"{h.name_and_time()}: {h.sentence()}", 4))
    elif s.status:
        echo(paragraph(f"status: {s.status}", 4))
    if s.concerns:
        echo(paragraph(f"concerns: {s.concerns}", 4))
    for fault in s.known_faults:
        echo(paragraph(f"fault in the source: {fault.reason}", 4))


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "wanted", metavar="ctgov|nbib|ris", help="Format of FILE; found out when left out.")
@click.option("--condition", "under", metavar="C", help="File every record under this condition.")
@click.option(
    "--out",
    default="imported",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder to write to.",
)
@common
def _import(file: Path, wanted: str | None, under: str | None, out: Path, as_json: bool) -> None:
    """Make provisional study files and references from FILE, and say what the lint finds in them.

    FILE is JSON of ClinicalTrials.gov (API version 2), PubMed's format (.nbib) or RIS. Nothing is replaced.
    """
    from openldn.answers import import_evidence

    answer = import_evidence(file, out, wanted, under)
    if as_json:
        emit_json(answer.as_json())
    else:
        _show_import(answer)


def _show_import(answer: Any) -> None:
    from openldn.answers import NEXT, duplicate_words

    made = answer.imported
    echo(paragraph(answer.summary()))
    for note in made.notes:
        echo(paragraph(f"- {note}", 2))
    for record in made.records[:_SHOWN]:
        kind = record.study.one_line_design if record.study else "reference only"
        echo(f"\n  {record.key}  ({record.place})")
        echo(paragraph(kind, 4))
        for finding in answer.findings_of(record):
            echo(paragraph(f"lint, {finding.rule}: {finding.field}: {finding.message}", 4))
        for note in record.notes:
            echo(paragraph(f"- {note}", 4))
    if len(made.records) > _SHOWN:
        echo(f"\n  … and {len(made.records) - _SHOWN} more; --json lists all")
    if made.duplicates:
        echo("\nAlready there, or of the same trial")
        for duplicate in made.duplicates[:_SHOWN]:
            echo(paragraph(f"- {duplicate_words(duplicate)}", 2))
        if len(made.duplicates) > _SHOWN:
            echo(f"  … and {len(made.duplicates) - _SHOWN} more; --json lists all")
    if not answer.written:
        echo("\nNothing was written: every record is there already.")
        return
    echo(f"\n{len(answer.written)} files in {answer.folder}. Next:")
    for i, step in enumerate(NEXT, 1):
        echo(paragraph(f"{i}. {step}", 2))
