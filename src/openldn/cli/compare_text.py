"""What ldn dose --compare prints: the measurement that would settle it, over time and doses."""

from typing import Any

from openldn.cli.console import echo, paragraph, table
from openldn.notation import significant

_SAME = 0.05  # of one measurement's error: printed with one decimal it would be 0.0


def show_comparison(answer: Any) -> None:
    """Print a Comparison."""
    asked = answer.question
    told = " from ".join(_named(answer, version) for version in answer.versions)
    regimen = asked["regimen"] or f"{asked['dose']} every {asked['every']}"
    echo(
        paragraph(
            f"Which measurement would tell {told}? {regimen} and other doses, {asked['days']} days, "
            f"{asked['route']}, typical person."
        )
    )
    if answer.changed:
        echo(paragraph(f"Changed in every version: {', '.join(c.sentence() for c in answer.changed)}."))
    echo()
    for at_asked, best in zip(answer.best_asked, answer.best, strict=True):
        echo(paragraph(_sentence(answer, at_asked, best)))
    echo()
    settling = answer.settling
    if settling.errors_apart >= _SAME:
        _tables(answer, settling)
    echo(paragraph(_verdict(answer)))
    guessed = [d.meaning for d in answer.best if d.measurable in answer.provenance.assumed]
    if guessed:
        echo(paragraph(f"Assumed errors of measurement: {', '.join(guessed)}."))


def _verdict(answer: Any) -> str:
    if not answer.settling.tells:
        known = "; ".join(d.meaning for d in answer.best)
        return (
            f"Nothing that can be measured tells them apart: looked at were {known}, and none differs by as much as one "
            "measurement may be off, at any hour and dose."
        )
    return " ".join(
        _verdict_of(answer, best, asked)
        for best, asked in zip(answer.best_by_pair, answer.best_by_pair_asked, strict=True)
    )


def _verdict_of(answer: Any, best: Any, asked: Any) -> str:
    """What tells one pair of versions apart."""
    told = " from ".join(_named(answer, version) for version in best.versions)
    if not best.tells:
        return f"Nothing that can be measured tells {told}."
    said = f"What tells {told} best is {best.meaning} on {best.dose}, {best.when}: {_apart(best)}."
    if best.dose == asked.dose:
        return said
    if not asked.tells:
        return f"{said} On {asked.dose} no single measurement does."
    return f"{said} On {asked.dose} it is {asked.meaning}, {asked.when}: {_apart(asked)}."


def _sentence(answer: Any, asked: Any, best: Any) -> str:
    if best.errors_apart < _SAME:
        return f"{best.meaning}: the same in all, at every hour and dose."
    parts = [_values(answer, asked)]
    if best.dose != asked.dose:
        parts.append(_values(answer, best))
    return f"{best.meaning}: {'; '.join(parts)}."


def _values(answer: Any, d: Any) -> str:
    a, b = (f"{significant(x)} ({_named(answer, v)})" for x, v in zip((d.a, d.b), d.versions, strict=True))
    return f"on {d.dose}, {d.when}, {a} against {b} {d.unit}, {_apart(d)}"


def _apart(d: Any) -> str:
    return f"{d.errors_apart:.1f} errors of one measurement apart"


def _named(answer: Any, version: str) -> str:
    """`rebound off`; a version of a choice has a name of its own."""
    return f"{answer.of} {version}" if version in ("on", "off") else version


def _tables(answer: Any, best: Any) -> None:
    """The best measurement by moment: errors apart at each dose, and the predictions at the dose that was asked."""
    rows = [row for row in answer.table if row["measurable"] == best.measurable]
    doses = list(dict.fromkeys(row["dose"] for row in rows))
    of_dose = {dose: {row["when"]: row for row in rows if row["dose"] == dose} for dose in doses}
    asked = of_dose[answer.question["dose"]]
    same = [dose for dose in doses if list(of_dose[dose]) == list(asked)]
    echo(paragraph(f"{best.meaning}, errors of one measurement apart on each dose:"))
    _print([
        ["", *same],
        *([when, *(f"{of_dose[dose][when]['errors_apart']:.1f}" for dose in same)] for when in asked),
    ])  # fmt: skip
    echo(paragraph(f"{best.meaning} on {answer.question['dose']}, {best.unit}:"))
    _print([
        ["", *(_named(answer, v) for v in answer.versions)],
        *([when, *(significant(v) for v in row["values"].values())] for when, row in asked.items()),
    ])  # fmt: skip


def _print(rows: list[list[str]]) -> None:
    for line in table([[*row, ""] for row in rows], right=range(1, len(rows[0])), indent=2):
        echo(line)
    echo()
