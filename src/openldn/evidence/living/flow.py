"""The PRISMA flow of the review, made from what was screened, so that it cannot but add up.

The studies that stood before searches were recorded are those of the previous version. What nobody has screened yet is
counted before screening, under that name.
"""

from collections import Counter
from collections.abc import Iterable

from openldn.evidence.catalogue import studies
from openldn.evidence.importers.writing import toml_string
from openldn.evidence.living.screening import Run, Screened, Screening
from openldn.evidence.living.searches import searches
from openldn.evidence.prisma import Named, Prisma, Reports, total
from openldn.notation import Fingerprint


def flow_of(s: Screening, *, title: str = "Low-dose naltrexone, the living review") -> Prisma:
    """The flow of everything screened in `s`, added to the studies of the version before searches were recorded."""
    kind = {x.key: x.kind for x in searches()}
    named = {x.key: x.name for x in searches()}
    here = [r for r in s.records if kind[r.search] != "other"]
    pages = [r for r in s.records if kind[r.search] == "other"]
    runs = [r for r in s.runs if kind[r.search] != "other"]
    elsewhere = [r for r in s.runs if kind[r.search] == "other"]
    removed = _removed(runs, here)
    new = {r.study for r in s.records if r.study}
    reports = sum(r.decision == "included" for r in s.records)
    awaiting = sum(r.decision == "awaiting" for r in here)
    screened = sum(r.records for r in runs) - total(removed)
    assert screened == len(here) - awaiting
    before = [x for x in studies() if x.id not in new]
    return Prisma(
        title=title,
        date=max((r.date for r in s.runs), default=""),
        databases=_found(runs, named, kind, "database"),
        registers=_found(runs, named, kind, "register"),
        removed=removed,
        screened=screened,
        screened_out=sum(r.decision == "excluded" for r in here),
        reports=_reports(r for r in here if _is_sought(r)),
        found_elsewhere=_found(s.runs, named, kind, "other"),
        other=_reports(r for r in pages if _is_sought(r)) if elsewhere else None,
        studies=_studies(s.records),
        reports_included=reports,
        previous=(len(before), len(before)),
        fingerprint=s.fingerprint or Fingerprint("screening.toml", ""),
        set_aside=_set_aside(elsewhere, pages),
    )


def _studies(records: Iterable[Screened]) -> int:
    """How many studies the included records are reports of; one that has no file yet counts as a study of its own."""
    included = [r for r in records if r.decision == "included"]
    return len({r.study for r in included if r.study}) + sum(not r.study for r in included)


def _is_sought(r: Screened) -> bool:
    return r.decision not in ("awaiting", "excluded")


def _found(runs: Iterable[Run], named: dict[str, str], kind: dict[str, str], which: str) -> Named:
    found = Counter[str]()
    for run in runs:
        if kind[run.search] == which:
            found[named[run.search]] += run.records
    return tuple(found.items())


def _removed(runs: list[Run], here: list[Screened]) -> Named:
    parts = (
        ("known already", sum(r.known for r in runs)),
        ("one record twice", sum(r.twice for r in runs)),
        ("without a title", sum(r.untitled for r in runs)),
        ("awaiting screening", sum(r.decision == "awaiting" for r in here)),
    )
    return tuple((name, n) for name, n in parts if n)


def _set_aside(runs: list[Run], pages: list[Screened]) -> Named:
    out = ("excluded by title or abstract", sum(r.decision == "excluded" for r in pages))
    return (*_removed(runs, pages), *((out,) if out[1] else ()))


def _reports(records: Iterable[Screened]) -> Reports:
    found = list(records)
    missing = sum(r.decision == "not retrieved" for r in found)
    excluded = Counter(r.reason for r in found if r.decision == "report excluded")
    return Reports(len(found), missing, len(found) - missing, tuple(excluded.items()))


def flow_text(p: Prisma) -> str:
    """The flow as a TOML file that `ldn evidence prisma` reads."""

    def counts(named: Named) -> str:
        return "{ " + ", ".join(f"{toml_string(name)} = {n}" for name, n in named) + " }" if named else "{}"

    def way(r: Reports) -> list[str]:
        return [f"sought = {r.sought}", f"not_retrieved = {r.not_retrieved}", f"assessed = {r.assessed}",
                f"excluded = {counts(r.excluded)}"]  # fmt: skip

    lines = [f"title = {toml_string(p.title)}", f"date = {toml_string(p.date)}", "", "[identified]"]
    lines += [f"databases = {counts(p.databases)}", f"registers = {counts(p.registers)}"]
    if p.removed:
        lines += ["", "[removed]", *(f"{toml_string(name)} = {n}" for name, n in p.removed)]
    lines += [
        "",
        "[screened]",
        f"records = {p.screened}",
        f"excluded = {p.screened_out}",
        "",
        "[reports]",
        *way(p.reports),
    ]
    if p.other is not None:
        lines += ["", "[other]", f"identified = {counts(p.found_elsewhere)}"]
        lines += [f"set_aside = {counts(p.set_aside)}"] if p.set_aside else []
        lines += way(p.other)
    lines += ["", "[included]", f"studies = {p.studies}", f"reports = {p.reports_included}"]
    if p.previous is not None:
        lines += ["", "[previous]", f"studies = {p.previous[0]}", f"reports = {p.previous[1]}"]
    return "\n".join(lines) + "\n"
