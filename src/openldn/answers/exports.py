"""Studies and findings written for other programs: metafor, RevMan and GRADEpro. What is written is whole or not at all."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openldn.evidence import condition
from openldn.evidence.body import body
from openldn.evidence.certainty import FindingRow, summary_of_findings
from openldn.evidence.effects.comparison import comparison
from openldn.evidence.questions import Member, Question, question, questions_of
from openldn.meta import Pooled
from openldn.meta.exports import ExportOutcome, ExportRow, metafor_csv, outcome_of, revman_xml
from openldn.notation import InputError, UnknownName, sources, write_whole

EXPORTS = ("metafor", "revman", "gradepro")
_CHECKED = {
    "metafor": "R was not run here: the estimates were made again from this file by the equations that agree with metafor's.",
    "revman": "Written after files that RevMan 5 saved and after R's meta::read.rm5, which reads them; not opened in RevMan.",
    "gradepro": "GRADEpro documents no import of such a table: it imports RevMan files (--export revman); this one is to copy "
                "from.",
}  # fmt: skip


@dataclass(frozen=True)
class WrittenExport:
    """A file for another program. calls: lines of R that pool it as we did; checked: how far the format was tried."""

    kind: str
    path: Path
    rows: int
    calls: tuple[str, ...] = ()
    checked: str = ""

    def sentences(self) -> tuple[str, ...]:
        found = [
            f'Written for {self.kind}: "{self.path.name}", {self.rows} {"row" if self.rows == 1 else "rows"}. {self.checked}'
        ]
        if self.calls:
            found += [f'In R: dat <- read.csv("{self.path.name}")', *self.calls]
        return tuple(found)

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "file": self.path.name, "rows": self.rows, "calls": list(self.calls),
                "checked": self.checked}  # fmt: skip


def export_meta(found: Pooled, kind: str, path: Path) -> WrittenExport:
    """Write the studies of a pooled table. Raises UnknownName, InputError for GRADEpro, OutputError."""
    _known(kind)
    if kind == "gradepro":
        raise InputError(
            "a summary of findings needs a certainty, which a table of studies has not; export revman, which GRADEpro imports, "
            "or use ldn evidence CONDITION --export gradepro"
        )
    o = outcome_of(found)
    file = str(found.provenance.question["file"])
    calls: tuple[str, ...] = ()
    if kind == "metafor":
        content, calls = metafor_csv([o]).encode(), ("library(metafor)", o.call())
    else:
        content = revman_xml(file, "Experimental against control", [o])
    write_whole({path: content})
    return WrittenExport(kind, path, len(o.rows), calls, _CHECKED[kind])


def export_evidence(name: str, kind: str, path: Path, key: str = "") -> WrittenExport:
    """Write the questions of a condition, or the one named `key`.

    Raises UnknownName for a condition, question or program that is not there, InputError where nothing can be pooled,
    OutputError for the file.
    """
    _known(kind)
    found = condition(name)
    asked = (question(found.key, key),) if key else questions_of(found.key)
    if not asked:
        raise InputError(
            f"no trial of {found.key} printed a figure that can be pooled; there is nothing to export"
        )
    if kind == "gradepro":
        rows = [r for r in summary_of_findings(found.key).rows if not key or r.question.key == key]
        if not rows:
            raise InputError(
                f"{found.key}/{key} is not among the outcomes of the summary of findings; leave out --question"
            )
        write_whole({path: _findings_csv(rows).encode()})
        return WrittenExport(kind, path, len(rows), (), _CHECKED[kind])
    outcomes = [_outcome(q) for q in asked]
    calls: tuple[str, ...] = ()
    if kind == "metafor":
        content = metafor_csv(outcomes).encode()
        calls = ("library(metafor)", *(o.call(subset=True) for o in outcomes))
    else:
        content = revman_xml(f"Low-dose naltrexone: {found.name}", f"LDN in {found.name}", outcomes)
    write_whole({path: content})
    return WrittenExport(kind, path, sum(len(o.rows) for o in outcomes), calls, _CHECKED[kind])


def _known(kind: str) -> None:
    if kind not in EXPORTS:
        raise UnknownName("program to export for", kind, EXPORTS)


def _outcome(q: Question) -> ExportOutcome:
    b = body(q.id)
    rows = []
    for e, s, m in zip(b.effects, q.studies(), q.members, strict=True):
        raw: dict[str, float] = (
            dict(zip(("ai", "n1i", "ci", "n2i"), e.events, strict=True)) if e.events else {}
        )
        rows.append(ExportRow(s.label, e.yi, e.vi, e.n, sources()[s.source].year, raw or _arms(q, m)))
    comparators = {s.comparator for s in q.studies()}
    control = "Placebo" if comparators == {"placebo"} else "Control"
    good, bad = "Favours LDN", f"Favours {control.lower()}"
    return ExportOutcome(
        q.key, q.title, q.measure, b.pooled.method, b.pooled.ci, tuple(rows), ("LDN", control),
        (good, bad) if q.better == "lower" else (bad, good),
    )  # fmt: skip


def _arms(q: Question, m: Member) -> dict[str, float]:
    """Means, SDs and persons of two parallel groups as printed; {} where one of them was not, or in another unit."""
    from openldn.evidence import study

    if (
        q.measure not in ("MD", "SMD")
        or m.outcome.startswith("harm:")
        or (q.measure == "MD" and m.factor != 1)
    ):
        return {}
    c = comparison(study(m.study), m.outcome)
    if not c.groups or c.paired:
        return {}
    found: dict[str, float] = {}
    for i, g in enumerate(c.groups, 1):
        centre = g.arm.change if g.arm.change is not None else g.arm.mean
        n = g.arm.n
        if centre is None or g.arm.sd is None or n is None or {"sd", "mean", "change"} & set(g.arm.derived):
            return {}
        found |= {f"m{i}i": centre, f"sd{i}i": g.arm.sd, f"n{i}i": float(n)}
    return found


def _findings_csv(rows: list[FindingRow]) -> str:
    """A line an outcome, in the order of GRADE's table."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([
        "outcome", "importance", "studies", "design", "participants", "effect measure", "effect", "effect low", "effect high",
        "interval", "risk without per 1000", "risk with per 1000", "risk with low", "risk with high", "certainty", "reasons",
        "statement",
    ])  # fmt: skip
    for r in rows:
        effect = r.relative or r.mean or ("", "", "")
        people = r.per_thousand
        risks = (people.without, people.with_drug, people.low, people.high) if people else ("", "", "", "")
        writer.writerow([
            r.outcome, "critical" if r.question.critical else "important", len(r.studies), "randomised trials",
            r.participants, r.question.measure, *effect, r.interval, *risks, r.certainty.label, "; ".join(r.certainty.reasons),
            r.statement,
        ])  # fmt: skip
    return out.getvalue()
