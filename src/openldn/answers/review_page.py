"""One page of the review: self-contained HTML that asks nothing of any other host and prints well."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from openldn.answers.basis import assumptions, meaning
from openldn.answers.condition import KINDS, POOLED, ConditionAnswer
from openldn.answers.course import WEEKS
from openldn.answers.living_review import TITLE, Review
from openldn.answers.review_summary import newer_than_the_article
from openldn.answers.rival import ASSUMES, SHORT, in_short
from openldn.answers.sensitivity import MOVED_WITH, OUTPUTS, swings
from openldn.answers.statements import LDN
from openldn.answers.unwanted import EVENTS
from openldn.evidence import SAFETY_TOPICS, VERDICTS, conditions, outcome_headline
from openldn.notation import effect_figure, significant, source
from openldn.notation.shown import printable_part
from openldn.pharmacology import measurables

_BODY_SECTIONS = (
    ("mechanism: immune", "It evens out the immune response"),
    ("mechanism: opioid blockade", "It blocks opioid receptors"),
    ("mechanism: endorphins", "Endorphins rebound"),
    ("mechanism: central inflammation", "Microglia calm down"),
)
_HISTORY = ("opening history", "opening: present appeal")
_RESEARCH = ("research: overview", "research: autoimmune overview")
_SIGNS = {"supported": "●", "partly": "◐", "contradicted": "✕", "inconsistent": "≠", "unverified": "?"}
_DOSE_COLUMNS = (
    ("naltrexone_cmax", "peak in plasma", "ng/mL", 2),
    ("naltrexone_auc_24h", "exposure a day", "ng·h/mL", 2),
    ("mu_occupancy_min", "mu blocked, lowest", "%", 0),
    ("mu_occupancy_mean", "mu blocked, mean", "%", 0),
    ("mu_occupancy_max", "mu blocked, highest", "%", 0),
    ("hours_above_50_percent_mu", "hours a day above half", "h", 0),
    ("days_to_10_percent_mu", "days until under 10 %", "d", 0),
)


@dataclass
class _References:
    """Numbers sources in the order in which the page cites them."""

    numbers: dict[str, int] = field(default_factory=dict)

    def cite(self, keys: Iterable[str]) -> list[tuple[int, str]]:
        return [(self.numbers.setdefault(key, len(self.numbers) + 1), key) for key in dict.fromkeys(keys)]

    def listed(self) -> list[tuple[int, str, Any]]:
        return [(number, key, source(key)) for key, number in self.numbers.items()]


def page(review: Review) -> str:
    """The HTML of the whole review."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("openldn.answers"), autoescape=True, undefined=StrictUndefined, finalize=printable_part,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    references = _References()
    order = {c.key: c.order for c in conditions()}
    answers = sorted(review.conditions, key=lambda a: order[a.condition.key])
    named = [a for a in answers if a.condition.in_article and a.condition.order < _TOPICS_FROM]
    others = [a for a in answers if not a.condition.in_article and a.condition.order < _TOPICS_FROM]
    return environment.get_template("review.html").render(
        title=TITLE,
        review=review,
        cite=references.cite,
        references=references.listed,
        claims_in=lambda *sections: [c for c in review.claims if c.claim.section in sections],
        claims_about=lambda key: [
            c for c in review.claims if c.claim.condition == key and c.claim.section not in _elsewhere()
        ],
        history=_HISTORY,
        research=_RESEARCH,
        body_sections=_BODY_SECTIONS,
        named=named,
        early=[a for a in answers if a.condition.key == "history"],
        others=others,
        other_claims=[
            c for c in review.claims if c.claim.section == "other conditions" and not _has_own_place(c, named)
        ],
        kinds=KINDS,
        pooled=POOLED,
        newer=newer_than_the_article,
        topics=SAFETY_TOPICS,
        verdicts=VERDICTS,
        signs=_SIGNS,
        columns=_DOSE_COLUMNS,
        cell=_cell,
        misfits=[o for o in review.checks.outcomes if o.passed is False],
        by_role=_by_role(review),
        swings=[swings(output)[:10] for output in OUTPUTS],
        moved_with=MOVED_WITH,
        results=_results,
        events=EVENTS,
        weeks=WEEKS,
        cell_of=_cell_of,
        triple=_effect,
        number=significant,
        ldn=LDN,
        assumed_errors=[x.meaning for x in measurables() if x.basis == "assumed"],
        meaning=meaning,
        brief=_brief,
        assumes=ASSUMES,
        assumed_at=_ASSUMED_AT,
        assumptions=assumptions(review.assumed()),
    )


def _brief(text: str) -> Any:
    """A sentence that leads to the assumption about the brain where it stands in full."""
    from markupsafe import Markup, escape

    clause, if_not = SHORT
    link = Markup('<a href="#{}">{}</a>{}').format(_ASSUMED_AT, clause, if_not)
    return link.join(escape(part) for part in in_short(text))


_ASSUMED_AT = "slow-exit"
_TOPICS_FROM = 40  # in conditions.toml, what is a heading and not an illness is ordered from here


def _elsewhere() -> tuple[str, ...]:
    return (*_HISTORY, *_RESEARCH, "what it is", *(s for s, _ in _BODY_SECTIONS))


def _has_own_place(claim: Any, named: list[ConditionAnswer]) -> bool:
    return claim.claim.condition in {a.condition.key for a in named}


def _cell(estimate: Any, digits: int) -> str:
    if estimate.value is None:
        return "beyond the run"
    value, low, high = (f"{x:.{digits}f}" for x in (estimate.value, estimate.low, estimate.high))
    return f"{value} ({low}–{high})"


def _cell_of(estimate: Any) -> str:
    """`0.8 (−2.8 to 4.8)` with two significant digits; without an interval, the value alone."""
    if estimate.low is None:
        return significant(estimate.value, 2)
    return _triple((estimate.value, estimate.low, estimate.high))


def _triple(x: tuple[float, float, float]) -> str:
    """`−0.22 (−1.5 to 1.1)`."""
    value, low, high = (significant(part, 2) for part in x)
    return f"{value} ({low} to {high})"


def _effect(x: tuple[float, float, float]) -> str:
    """`−0.22 (−1.53 to 1.09)`, by the rule of the sentences."""
    value, low, high = map(effect_figure, x)
    return f"{value} ({low} to {high})"


def _by_role(review: Review) -> list[tuple[str, int, int]]:
    roles: dict[str, list[Any]] = {}
    for outcome in review.checks.outcomes:
        roles.setdefault(outcome.check.role, []).append(outcome)
    return [(role, len(found), sum(o.passed is True for o in found)) for role, found in roles.items()]


def _results(study: Any) -> list[str]:
    """A line for each outcome of a study that shows something: name, time, arms, effect."""
    lines = []
    for outcome in study.outcomes:
        shown = outcome_headline(outcome)
        if shown.sentence():
            lines.append(f"{shown.name_and_time()}: {shown.sentence()}")
    return lines
