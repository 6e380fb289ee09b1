"""Pictures of a summary of findings: people out of a hundred, and the judgements of bias."""

from openldn.evidence.certainty import FindingRow, SummaryOfFindings, light_tables
from openldn.evidence.questions import questions_of
from openldn.figures import Figure, Judged, Panel, icon_array, traffic_light

PER = 100


def finding_figures(s: SummaryOfFindings) -> tuple[Figure, ...]:
    """Icons of benefits and harms with one denominator, and a table of lights for each tool of bias."""
    figures = []
    panels = [p for p in (_panel(r) for r in s.rows) if p]
    if panels:
        figures.append(
            icon_array(
                f"icons-{s.condition}", f"{s.name[0].upper()}{s.name[1:]}: people out of {PER}", panels, per=PER,
                treatment="LDN", control=s.comparators[0] if len(s.comparators) == 1 else "comparator",
            )
        )  # fmt: skip
    members = [(m.study, m.outcome) for q in questions_of(s.condition) for m in q.members]
    for table in light_tables(members):
        rows = [Judged(label, words, overall) for label, words, overall in table.rows]
        figures.append(
            traffic_light(
                f"bias-{s.condition}-{table.tool}", f"Risk of bias: {table.title}", rows, table.domains
            )
        )
    return tuple(figures)


def _panel(r: FindingRow) -> Panel | None:
    """A row as icons; None where it has no risks."""
    p = r.per_thousand
    if p is None:
        return None
    scale = PER / p.per
    without, treated, low, high = (round(x * scale) for x in (p.without, p.with_drug, p.low, p.high))
    # an odds ratio is no ratio of these counts
    ratio = r.relative[0] if r.relative and r.question.measure == "RR" else None
    return Panel(
        r.outcome, _kind(r), without, treated, min(low, treated), max(high, treated), ratio, r.certainty.shown
    )


def _kind(r: FindingRow) -> str:
    if r.question.harm:
        return "harm"
    return "benefit" if r.question.better == "higher" else "prevent"
