"""How the studies of a review were found: the PRISMA 2020 flow of a file as a figure.

That of our own review is made from what was screened (`evidence.living`); any other comes from a file.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openldn.answers.answer import Provenance, provenance
from openldn.evidence.prisma import Named, Prisma, Reports, total
from openldn.evidence.prisma_files import read_flow
from openldn.figures import Figure, FlowColumn, FlowStep, check_plot_name, flow_figure, save_figure


@dataclass(frozen=True)
class PrismaAnswer:
    """A flow whose numbers add up."""

    flow: Prisma
    provenance: Provenance = field(repr=False)

    def columns(self) -> tuple[tuple[str, tuple[FlowStep, ...]], ...]:
        """The steps of each way of finding studies, then of what is included, each under its heading."""
        columns, last = _steps(self.flow)
        return (*((c.heading, c.steps) for c in columns), ("Included", tuple(last)))

    def as_json(self) -> dict[str, Any]:
        """`flow` as it was read, which can be read again, and the sums that follow from it."""
        p = self.flow
        studies, reports = p.totals
        sums = {
            "identified": p.identified, "removed": total(p.removed), "reports_excluded": total(p.reports.excluded),
            "reports_included": p.reports.included, "other_reports_included": p.other.included if p.other else None,
            "studies": studies, "reports": reports,
        }  # fmt: skip
        return {"flow": _flow(p), "sums": sums, "provenance": self.provenance.as_json()}


def prisma(path: Path) -> PrismaAnswer:
    """The flow in a file (.toml, .json or .csv). Raises InputError, or DataError with the sum that fails."""
    flow = read_flow(path)
    return PrismaAnswer(flow, provenance("evidence prisma", {"file": path.name}, files=[flow.fingerprint]))


def plot_prisma(answer: PrismaAnswer, path: Path) -> None:
    """Draw the flow to .svg, .png or .pdf. Raises OutputError."""
    check_plot_name(path)
    save_figure(figure_of(answer.flow), path)


def _flow(p: Prisma) -> dict[str, Any]:
    """The flow in the shape of its file; what the review had none of is absent."""
    found: dict[str, Any] = {"title": p.title, "date": p.date}
    found["identified"] = {"databases": dict(p.databases), "registers": dict(p.registers)}
    found["removed"] = dict(p.removed)
    found["screened"] = {"records": p.screened, "excluded": p.screened_out}
    found["reports"] = _way(p.reports)
    if p.other is not None:
        aside = {"set_aside": dict(p.set_aside)} if p.set_aside else {}
        found["other"] = {"identified": dict(p.found_elsewhere), **aside, **_way(p.other)}
    found["included"] = {"studies": p.studies, "reports": p.reports_included}
    if p.previous is not None:
        found["previous"] = {"studies": p.previous[0], "reports": p.previous[1]}
        found["total"] = dict(zip(("studies", "reports"), p.totals, strict=True))
    return found


def _way(r: Reports) -> dict[str, Any]:
    return {
        "sought": r.sought,
        "not_retrieved": r.not_retrieved,
        "assessed": r.assessed,
        "excluded": dict(r.excluded),
    }


def prisma_figure(path: Path, id: str = "prisma") -> Figure:  # noqa: A002 - the field's name
    """The flow diagram of the file at `path`. Raises DataError, with the sum, when it does not add up."""
    return figure_of(read_flow(path), id)


def figure_of(p: Prisma, id: str = "prisma") -> Figure:  # noqa: A002
    """The flow diagram of a review."""
    columns, last = _steps(p)
    steps = [s for c in columns for s in c.steps] + last
    told = "; ".join(
        " ".join(
            map(str.strip, (*s.lines, *(("— " + ", ".join(map(str.strip, s.leaves)),) if s.leaves else ())))
        )
        for s in steps
    )
    title = f"How the studies were found{f': {p.title}' if p.title else ''}{f' ({p.date})' if p.date else ''}"
    return flow_figure(id, title, f"{title}. {told}.", columns, last)


def _steps(p: Prisma) -> tuple[list[FlowColumn], list[FlowStep]]:
    columns = [FlowColumn("Studies from databases and registers", (
        FlowStep(
            (f"Records identified: {p.identified}", *_named(p.databases), *_named(p.registers)),
            ("Removed before screening:", *_named(p.removed)) if p.removed else (),
        ),
        FlowStep((f"Records screened: {p.screened}",), (f"Records excluded: {p.screened_out}",)),
        *_reports(p.reports),
    ))]  # fmt: skip
    if p.other is not None:
        first = FlowStep(
            (f"Records identified: {total(p.found_elsewhere)}", *_named(p.found_elsewhere)),
            ("Set aside before a report was sought:", *_named(p.set_aside)) if p.set_aside else (),
        )
        columns.append(FlowColumn("Studies from other methods", (first, *_reports(p.other))))
    new = (f"Studies included: {p.studies}", f"Reports of them: {p.reports_included}")
    last = [FlowStep(new)]
    if p.previous is not None:
        studies, reports = p.totals
        before = f"In the previous version: {p.previous[0]} studies, {p.previous[1]} reports"
        last = [FlowStep((*new, before)), FlowStep((f"In all: {studies} studies, {reports} reports",))]
    return columns, last


def _reports(r: Reports) -> tuple[FlowStep, ...]:
    left = (f"Reports excluded: {total(r.excluded)}", *_named(r.excluded)) if r.excluded else ()
    return (
        FlowStep((f"Reports sought: {r.sought}",), (f"Reports not retrieved: {r.not_retrieved}",)),
        FlowStep((f"Reports assessed: {r.assessed}",), left),
        FlowStep((f"Reports included: {r.included}",)),
    )


def _named(named: Named) -> tuple[str, ...]:
    return tuple(f"  {name}: {n}" for name, n in named)
