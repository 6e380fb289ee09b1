"""ldn check: the model against its quantitative checks."""

import sys
from typing import Any

import click

from openldn.cli.console import common, echo, emit_json, paragraph, progress, table


@click.command("check")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--meanings", is_flag=True, help="Say of every check what it would mean to fail.")
@common
def command(ids: tuple[str, ...], meanings: bool, as_json: bool) -> None:
    """Hold the model against what was measured, one line a check, or only the checks ID.

    A misfit is printed as a misfit, with its reason and what it means; only one without a documented
    reason makes the command exit with 1.
    """
    from openldn.answers import check_report

    with progress("checking the model") as report:
        answer = check_report(report, ids=ids)
    if as_json:
        emit_json(answer.as_json())
    else:
        _show(answer, meanings or bool(ids))
    sys.exit(1 if answer.short else 0)


def _show(answer: Any, meanings: bool) -> None:
    rows = []
    for outcome in answer.outcomes:
        c = outcome.check
        rows.append(
            (
                c.id,
                _mark(outcome),
                c.role,
                _number(outcome.model),
                _target(c),
                f"{_unit(c.unit)}{c.description}",
            )
        )
    for line in table(rows, right=(3,)):
        echo(line)
    for outcome in answer.outcomes:
        if meanings or outcome.passed is False:
            echo()
            echo(paragraph(_in_words(outcome)))
    echo()
    passed = sum(o.passed is True for o in answer.outcomes)
    documented = sum(bool(o.passed is False and o.check.misfit) for o in answer.outcomes)
    pending = sum(o.passed is None for o in answer.outcomes)
    predicted = [o for o in answer.outcomes if o.check.role == "predicted"]
    echo(
        paragraph(
            f"{passed} of {len(answer.outcomes)} pass, {documented} documented misfits, {answer.short} fall short, {pending} "
            "wait for a calibration. "
            f"Of {len(predicted)} predicted ones {sum(o.passed is True for o in predicted)} pass."
        )
    )


def _in_words(outcome: Any) -> str:
    """A check with what its failure means or would mean and, of a misfit, the reason."""
    c = outcome.check
    if outcome.passed is False:
        means = f"It means that {c.failing_means}."
        return f"{c.id} {c.description}: {c.misfit or 'no reason is documented'}. {means}"
    facts = f" Facts: {', '.join(c.facts)}." if c.facts else ""
    return f"{c.id} {c.description}. To fail would mean that {c.failing_means}.{facts}"


def _mark(outcome: Any) -> str:
    if outcome.passed is None:
        return "pending"
    if outcome.passed:
        return "pass"
    return "MISFIT" if outcome.check.misfit else "FAIL"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def _target(check: Any) -> str:
    if check.low is None:
        return f"at most {check.high:g}"
    if check.high is None:
        return f"at least {check.low:g}"
    return f"{check.low:g} to {check.high:g}"


def _unit(unit: str) -> str:
    return "" if unit == "1" else f"[{unit}] "
