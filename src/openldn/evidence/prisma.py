"""The numbers of a PRISMA 2020 flow diagram, which must add up or there is no diagram.

    identified − removed              = screened
    screened − excluded               = sought
    sought − not retrieved            = assessed
    assessed − excluded with reasons  = included, from databases and registers
    the last three also for reports found by other methods (websites, citations, …), where what was
    identified may have been set aside before a report was sought, by reason
    previous + new                    = total, for studies and for reports

Two relations are not sums: studies and their reports exist together or not at all, and nothing is
negative. Source: Page et al., the PRISMA 2020 statement, BMJ 2021;372:n71, its flow diagram.

    [identified]
    databases = { "MEDLINE" = 120, "Embase" = 95 }
    registers = { "ClinicalTrials.gov" = 30 }
    [removed]
    duplicates = 60
    [screened]
    records = 185
    excluded = 150
    [reports]
    sought = 35
    not_retrieved = 2
    assessed = 33
    excluded = { "not randomised" = 20, "other dose" = 5 }
    [included]
    studies = 7
    reports = 8
"""

from dataclasses import dataclass, field
from pathlib import Path

from openldn.notation import DataError, Fingerprint, Record, TomlFile, read_toml

Named = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Reports:
    """Reports of one way of finding them; `excluded` by reason."""

    sought: int
    not_retrieved: int
    assessed: int
    excluded: Named

    @property
    def included(self) -> int:
        """Assessed and not excluded."""
        return self.assessed - total(self.excluded)


@dataclass(frozen=True)
class Prisma:
    """One review's flow. `other` and `previous` are None where the review had none.

    removed: before screening, by reason. set_aside: of what other methods found, before a report was sought, by reason.
    previous: (studies, reports) of the review that this one updates.
    """

    title: str
    date: str
    databases: Named
    registers: Named
    removed: Named
    screened: int
    screened_out: int
    reports: Reports
    found_elsewhere: Named
    other: Reports | None
    studies: int
    reports_included: int
    previous: tuple[int, int] | None
    fingerprint: Fingerprint = field(repr=False)
    set_aside: Named = ()

    @property
    def identified(self) -> int:
        """Records from databases and registers."""
        return total(self.databases) + total(self.registers)

    @property
    def totals(self) -> tuple[int, int]:
        """(studies, reports) with those of the previous review."""
        studies, reports = self.previous or (0, 0)
        return studies + self.studies, reports + self.reports_included


def total(named: Named) -> int:
    """The sum of named counts."""
    return sum(n for _, n in named)


def read_prisma(path: Path) -> Prisma:
    """The flow in a TOML file. Raises DataError for a damaged file and for the first sum that fails."""
    return prisma_of(read_toml(path))


def prisma_of(file: TomlFile) -> Prisma:
    """As `read_prisma`, from a file that was read."""
    r = file.root()
    identified, screened, included = r.table("identified"), r.table("screened"), r.table("included")
    removed, reports = r.table("removed", None), r.table("reports")
    other, previous, totals = r.table("other", None), r.table("previous", None), r.table("total", None)
    found = Prisma(
        title=r.text("title", ""),
        date=r.text("date", ""),
        databases=_named(identified, "databases"),
        registers=_named(identified, "registers"),
        removed=_plain(removed),
        screened=_count(screened, "records"),
        screened_out=_count(screened, "excluded"),
        reports=_reports(reports),
        found_elsewhere=_named(other, "identified") if other is not None else (),
        other=_reports(other) if other is not None else None,
        studies=_count(included, "studies"),
        reports_included=_count(included, "reports"),
        previous=(_count(previous, "studies"), _count(previous, "reports")) if previous is not None else None,
        fingerprint=file.fingerprint,
        set_aside=_named(other, "set_aside") if other is not None else (),
    )
    r.done()
    for table in (identified, screened, included, reports, *(t for t in (other, previous) if t is not None)):
        table.done()
    _add_up(r, found)
    if totals is not None:
        for name, want, i in (("studies", "studies", 0), ("reports", "reports", 1)):
            before, new = (found.previous or (0, 0))[i], (found.studies, found.reports_included)[i]
            _sum(
                r,
                f"total.{name}",
                f"{want} in all",
                [("previous", before), ("new", new)],
                _count(totals, name),
            )
        totals.done()
    return found


def _add_up(r: Record, p: Prisma) -> None:
    found = [*p.databases, *p.registers, *_less(p.removed)]
    _sum(r, "screened.records", "records screened", found, p.screened)
    _sum(
        r, "reports.sought", "reports sought", [("screened", p.screened), ("excluded", -p.screened_out)], p.reports.sought
    )  # fmt: skip
    _assessed(r, "reports", p.reports)
    if p.other is not None:
        _sum(
            r,
            "other.sought",
            "other reports sought",
            [*p.found_elsewhere, *_less(p.set_aside)],
            p.other.sought,
        )
        _assessed(r, "other", p.other)
    ways = [("assessed", p.reports.assessed), *_less(p.reports.excluded)]
    if p.other is not None:
        ways += [("assessed from elsewhere", p.other.assessed), *_less(p.other.excluded)]
    _sum(r, "included.reports", "reports included", ways, p.reports_included)
    if (p.studies == 0) != (p.reports_included == 0):
        message = f"{p.studies} studies and {p.reports_included} reports are included; one has none without the other"
        raise r.error(message, "included")


def _assessed(r: Record, where: str, reports: Reports) -> None:
    parts = [("sought", reports.sought), ("not retrieved", -reports.not_retrieved)]
    _sum(r, f"{where}.assessed", "reports assessed", parts, reports.assessed)
    if reports.included < 0:
        left = f"{reports.assessed} reports were assessed, {total(reports.excluded)} excluded"
        raise r.error(f"{left}: more than there are", f"{where}.excluded")


def _less(named: Named) -> list[tuple[str, int]]:
    return [(name, -n) for name, n in named]


def _sum(r: Record, field_name: str, what: str, parts: list[tuple[str, int]], stated: int) -> None:
    found = sum(n for _, n in parts)
    if found == stated:
        return
    shown = " ".join(f"{'−' if n < 0 else '+'} {abs(n)} ({name})" for name, n in parts).removeprefix("+ ")
    table, _, name = field_name.partition(".")
    line = r.file.line((table, name))
    message = f"{what}: {shown or '0'} = {found}, but {stated} is stated; mend whichever is wrong"
    raise DataError(message, file=r.file.name, line=line, field=field_name)


def _reports(r: Record) -> Reports:
    return Reports(
        _count(r, "sought"), _count(r, "not_retrieved"), _count(r, "assessed"), _named(r, "excluded")
    )


def _count(r: Record, name: str) -> int:
    n = r.integer(name)
    if n < 0:
        raise r.error(f'"{name}" is {n}; a count is not negative', name)
    return n


def _named(r: Record, name: str) -> Named:
    return _plain(r.table(name, None))


def _plain(r: Record | None) -> Named:
    """A table of named counts, in file order."""
    if r is None:
        return ()
    found = r.rest()
    for name, n in found.items():
        if not isinstance(n, int) or isinstance(n, bool) or n < 0:
            raise r.error(f'"{name}" is {n!r}; it must be a count', name)
    return tuple(found.items())
