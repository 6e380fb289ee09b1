"""Judgements of bias: one assessment for each study and tool, a word and a reason for each domain.

Nobody who may judge has judged yet: every assessment is "proposed", by those who read the pages, and rests on fields of
the study's file or on pages that it names. Where the page that would say it was not had the word is "not read"; "no
information" is for a report that was read and does not say. An assessment that a named person has "judged" stands
beside the proposal and is the one that is shown.
"""

import datetime
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from openldn.evidence.catalogue import study
from openldn.evidence.certainty.tools import NOT_READ, Tool, tool
from openldn.evidence.fields import value_at
from openldn.evidence.prose import prose
from openldn.notation import Fingerprint, OpenLDNError, Record, TomlFile, read_toml

_FILE = Path(__file__).with_name("risk_of_bias.toml")
STATUSES = ("proposed", "judged")


@dataclass(frozen=True)
class DomainJudgement:
    """`fields` are addresses in the study's file, `pages` what else was read."""

    domain: str
    judgement: str
    reason: str
    fields: tuple[str, ...]
    pages: tuple[str, ...]


@dataclass(frozen=True)
class Assessment:
    """outcomes: the results it is about, as questions name them; () for all. overall_given: "" where nobody gave one."""

    study: str
    tool: Tool
    outcomes: tuple[str, ...]
    domains: tuple[DomainJudgement, ...]
    overall_given: str
    overall_reason: str
    judge: str
    date: str
    status: str

    def of(self, domain: str) -> DomainJudgement | None:
        """The judgement of the domain with this key, None when it has none."""
        return next((d for d in self.domains if d.domain == domain), None)

    @property
    def judgements(self) -> tuple[str, ...]:
        """One word for each domain of the tool, in its order; "not read" where none is given."""
        return tuple(d.judgement if (d := self.of(key)) else NOT_READ for key in self.tool.keys)

    @property
    def overall(self) -> str:
        """What its judge said of the whole, else what the tool's algorithm makes of the domains."""
        return self.overall_given or self.tool.overall(self.judgements)

    @property
    def worst_domains(self) -> int:
        """How many domains have the tool's worst word."""
        return self.judgements.count(self.tool.words[-1])

    @property
    def label(self) -> str:
        """`proposed`, or `judged by NAME, DATE`."""
        return "proposed" if self.status == "proposed" else f"judged by {self.judge}, {self.date}"


@lru_cache(maxsize=1)
def assessments() -> tuple[Assessment, ...]:
    """Every assessment in file order. Raises DataError with file, line and field."""
    return read_assessments(read_toml(_FILE))


def read_assessments(file: TomlFile) -> tuple[Assessment, ...]:
    """The assessments in `file`; unknown and missing domains are left for the lint to find."""
    root = file.root()
    found = tuple(_assessment(r) for r in root.tables("assessment"))
    root.done()
    return found


def assessments_of(study_id: str, outcome: str = "") -> tuple[Assessment, ...]:
    """Those of a study that are about this outcome, the one that is shown first."""
    found = [a for a in assessments() if a.study == study_id and (not a.outcomes or outcome in a.outcomes)]
    return tuple(sorted(found, key=lambda a: (a.status != "judged", not a.outcomes)))


def shown_assessment(study_id: str, outcome: str = "") -> Assessment | None:
    """A named judge's before a proposal, one for this very outcome before one for all; None when there is none."""
    return next(iter(assessments_of(study_id, outcome)), None)


def risk_of_bias_fingerprint() -> Fingerprint:
    return read_toml(_FILE).fingerprint


def _assessment(r: Record) -> Assessment:
    name, inner = _known_study(r), r.table("domains")
    found = Assessment(
        study=name,
        tool=_known_tool(r),
        outcomes=r.texts("outcomes", ()),
        domains=tuple(_judgement(key, d, name) for key, d in inner.inner_tables()),
        overall_given=r.text("overall", ""),
        overall_reason=prose(r, "overall_reason", ""),
        judge=r.text("judge"),
        date=r.text("date"),
        status=r.one_of("status", STATUSES),
    )
    try:
        datetime.date.fromisoformat(found.date)
    except ValueError:
        raise r.error(f'"{found.date}" is not a date; write it like 2026-11-23', "date") from None
    if found.overall_given and not found.overall_reason:
        raise r.error("an overall judgement that somebody gave needs overall_reason", "overall")
    if found.tool.version != r.text("version"):
        raise r.error(f"{found.tool.name} stands in tools.toml as version {found.tool.version}", "version")
    inner.done()
    r.done()
    return found


def _known_study(r: Record) -> str:
    name = r.text("study")
    try:
        return study(name).id
    except OpenLDNError as error:
        raise r.error(str(error), "study") from None


def _known_tool(r: Record) -> Tool:
    try:
        return tool(r.text("tool"))
    except OpenLDNError as error:
        raise r.error(str(error), "tool") from None


def _judgement(key: str, r: Record, study_id: str) -> DomainJudgement:
    found = DomainJudgement(
        key, r.text("judgement"), prose(r, "reason"), r.texts("fields", ()), r.texts("pages", ())
    )
    r.done()
    for field in found.fields:
        try:
            value_at(study(study_id), field)
        except OpenLDNError as error:
            raise r.error(str(error), "fields") from None
    return found
