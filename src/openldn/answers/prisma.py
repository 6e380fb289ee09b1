"""How the studies of a review were found: the PRISMA 2020 flow of a file as a figure.

Our own review has none: `evidence/about.toml` holds no such numbers, and none are made up.
"""

from pathlib import Path

from openldn.evidence.prisma import Named, Prisma, Reports, read_prisma, total
from openldn.figures import Figure, FlowColumn, FlowStep, flow_figure


def prisma_figure(path: Path, id: str = "prisma") -> Figure:  # noqa: A002 - the field's name
    """The flow diagram of the TOML file at `path`. Raises DataError, with the sum, when it does not add up."""
    return figure_of(read_prisma(path), id)


def figure_of(p: Prisma, id: str = "prisma") -> Figure:  # noqa: A002
    """The flow diagram of a review."""
    columns = [FlowColumn("Studies from databases and registers", (
        FlowStep(
            (f"Records identified: {p.identified}", *_named(p.databases), *_named(p.registers)),
            ("Removed before screening:", *_named(p.removed)) if p.removed else (),
        ),
        FlowStep((f"Records screened: {p.screened}",), (f"Records excluded: {p.screened_out}",)),
        *_reports(p.reports),
    ))]  # fmt: skip
    if p.other is not None:
        first = FlowStep((f"Records identified: {p.other.sought}", *_named(p.found_elsewhere)))
        columns.append(FlowColumn("Studies from other methods", (first, *_reports(p.other))))
    new = (f"Studies included: {p.studies}", f"Reports of them: {p.reports_included}")
    last = [FlowStep(new)]
    if p.previous is not None:
        studies, reports = p.totals
        before = f"In the previous version: {p.previous[0]} studies, {p.previous[1]} reports"
        last = [FlowStep((*new, before)), FlowStep((f"In all: {studies} studies, {reports} reports",))]
    steps = [s for c in columns for s in c.steps] + last
    told = "; ".join(
        " ".join((*s.lines, *(("— " + ", ".join(s.leaves),) if s.leaves else ()))) for s in steps
    )
    title = f"How the studies were found{f': {p.title}' if p.title else ''}{f' ({p.date})' if p.date else ''}"
    return flow_figure(id, title, f"{title}. {told}.", columns, last)


def _reports(r: Reports) -> tuple[FlowStep, ...]:
    left = (f"Reports excluded: {total(r.excluded)}", *_named(r.excluded)) if r.excluded else ()
    return (
        FlowStep((f"Reports sought: {r.sought}",), (f"Reports not retrieved: {r.not_retrieved}",)),
        FlowStep((f"Reports assessed: {r.assessed}",), left),
        FlowStep((f"Reports included: {r.included}",)),
    )


def _named(named: Named) -> tuple[str, ...]:
    return tuple(f"{name}: {n}" for name, n in named)
