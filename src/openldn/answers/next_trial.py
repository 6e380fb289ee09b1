"""What the next trial of a question would have to be: how many people, how long, against what, on which scale.

Means by the t test, over the spreads that the trials so far show; shares by the normal formula. One power throughout, that
of the optimal information size, with a higher one beside it. What the trials do not print is assumed and said to be.
"""

import math
from dataclasses import dataclass

from openldn.answers.next_trial_table import assumed, attrition, occupancy_fact, percent
from openldn.evidence.body import Body
from openldn.evidence.certainty.rules import rules
from openldn.evidence.questions import Question
from openldn.meta.small_trials import (
    detectable_paired,
    information_size_of_shares,
    size_of_means,
    size_of_paired,
)
from openldn.pharmacology import facts

Span = tuple[int, int]


@dataclass(frozen=True)
class NextTrial:
    """design: parallel or crossover. persons: in each group, or in both periods, who finish; least and most by the spread.

    more: the same at the higher power. randomised: in all, those who leave included. None where no size can be given;
    `missing` or `senseless` then says why. senseless may also stand beside a size that no trial will have.
    """

    design: str
    power: float
    persons: Span | None
    more: Span | None
    randomised: Span | None
    attrition: float
    missing: str
    senseless: str
    text: str


def power() -> float:
    """The power of the optimal information size and of the next trial alike."""
    return rules()["imprecision.power"]


def next_trial(b: Body) -> NextTrial:
    """The next trial of a question."""
    q = b.question
    design = "crossover" if is_crossover(b) else "parallel"
    leave, left = attrition(b.question.studies(), f"rct-{design}")
    if q.important is None:
        return _without(design, leave, missing=_no_difference(b))
    guess = "assumed" if q.important.basis == "assumed" else "taken from a source"
    if q.measure == "RR":
        control = control_risk(b)
        if control is None or not 0 < control < 1:
            return _without(design, leave, missing="The risk without the drug is not printed.")
        treated = control * ratio_sought(q)
        if treated > assumed("largest_share"):
            return _without(design, leave, senseless=(
                f"No size is given: a ratio of {ratio_sought(q):.3g} ({guess}) on {percent(control)} without the drug would "
                f"be {percent(treated)}, which makes no sense as a target; a trial would look for a difference in percentage "
                "points."
            ))  # fmt: skip
        sizes, more = (_shares(control, treated, p) for p in (power(), assumed("more_power")))
        sought, by = (
            f"ratio of {ratio_sought(q):.3g}",
            f"where {percent(control)} have the event without the drug",
        )
    else:
        spread = spreads(b)
        if not spread:
            return _without(design, leave, missing="No trial shows how far people differ.")
        sizes, more = (_means(q.important.value, spread, design, p) for p in (power(), assumed("more_power")))
        sought, by = f"difference of {q.important.value:g}", _by_spread(q, spread, design)
    groups = 1 if design == "crossover" else 2
    total = (with_those_who_leave(sizes[0] * groups, leave), with_those_who_leave(sizes[1] * groups, leave))
    who = "people who finish both periods" if design == "crossover" else "people per group"
    text = (
        f"A {design} trial with {percent(power())} power for a {sought} ({guess}) needs {_span(sizes)} {who} {by} "
        f"({_span(more)} for {percent(assumed('more_power'))} power), {_span(total)} randomised in all {left}; so far "
        f"{b.persons} took part{_already(b, total[0])}. {_frame(b, design)}"
    )
    senseless = ""
    if sizes[0] > assumed("largest_group"):
        senseless = (
            f"No trial can settle this: events are too rare. A {sought} ({guess}) {by} would need about "
            f"{sizes[0]} people per group; only many trials together or long observation can tell."
        )
        text = senseless
    return NextTrial(design, power(), sizes, more, total, leave, "", senseless, text)


def is_crossover(b: Body) -> bool:
    """Whether all that is known of the spread comes from crossover trials."""
    return b.question.measure == "MD" and all(s.design == "rct-crossover" for s in b.question.studies())


def spreads(b: Body) -> tuple[tuple[str, float], ...]:
    """Label and SD of each trial of the next one's design; SE √n over 2 of one group, SE √n of differences within persons.

    Standardised differences are in SDs already. () where no trial prints its number of people.
    """
    if b.question.measure == "SMD":
        return (("", 1.0),)
    design, over = ("rct-crossover", 1.0) if is_crossover(b) else ("rct-parallel", 2.0)
    return tuple(
        (s.label, e.se * math.sqrt(e.n) / over)
        for e, s in zip(b.effects, b.question.studies(), strict=True)
        if s.design == design and e.n
    )


def control_risk(b: Body) -> float | None:
    """The risk without the drug, people over people; None where no trial counts."""
    counts = [e.events for e in b.effects if e.events]
    return sum(c[2] for c in counts) / sum(c[3] for c in counts) if counts else None


def ratio_sought(q: Question) -> float:
    """The risk ratio that the next trial looks for: of a harm, the harm."""
    assert q.important is not None
    return q.important.value if q.harm or q.better == "higher" else 1 / q.important.value


def washout() -> str:
    """What a washout has to outlast, from the half-time of occupancy."""
    a, b = facts()[occupancy_fact()].values
    low, high = (assumed("half_times") * float(h) / 24 for h in (a, b))
    return (
        f"Its washout has to outlast occupancy, which halves in {a:g} to {b:g} h after 50 mg (after a low dose nobody "
        f"measured it): {assumed('half_times'):g} half-times are {math.ceil(low)} to {math.ceil(high)} days"
    )


def sources_of(n: NextTrial) -> tuple[str, ...]:
    """The source of the half-time that a crossover's washout rests on."""
    return (facts()[occupancy_fact()].source,) if n.design == "crossover" and n.persons else ()


def _already(b: Body, randomised: int) -> str:
    """Where as many took part as the next trial asks for: whether another would tell more; "" elsewhere, and of harms."""
    q = b.question
    if q.harm or q.important is None or b.persons < randomised:
        return ""
    matters = math.log(ratio_sought(q)) if q.ratio else q.important.value
    best = max(b.sign * b.pooled.ci_low, b.sign * b.pooled.ci_high)
    if best < abs(matters):
        return ", as many already, and they rule such a difference out: another trial like them would tell nothing new"
    return (
        ", as many already, but in trials that differ or that do not agree: their interval still holds such a difference, "
        "so one trial of that size, planned for it, would help"
    )


def _weeks(q: Question) -> list[float]:
    """The weeks at which the pooled outcomes were measured; of one without them those of its trial."""
    found = set()
    for m, s in zip(q.members, q.studies(), strict=True):
        at = next((o.weeks for o in s.outcomes if o.name == m.outcome), None) or s.duration_weeks
        if at:
            found.add(at)
    return sorted(found)


def _frame(b: Body, design: str) -> str:
    """Comparator, time, endpoint and washout, from what the trials so far were."""
    q, studies = b.question, b.question.studies()
    weeks = _weeks(q)
    against = sorted(
        {
            s.comparator_detail or "another treatment" if s.comparator == "active" else s.comparator
            for s in studies
        }
    )
    times = (
        f"{weeks[-1]:g} weeks or longer (measured so far at {_range(weeks)})"
        if weeks
        else "as long as the question asks"
    )
    parts = [f"Against {' or '.join(against)}, {times}, with {q.title} as endpoint."]
    if design == "crossover":
        had = "; ".join(f"{s.label} had: {s.design_detail}" for s in studies if s.design_detail)
        parts.append(f"{washout()}{f' ({had})' if had else ''}.")
    if q.against:
        parts.append("Whether it does anything takes a trial against placebo.")
    return " ".join(parts)


def _no_difference(b: Body) -> str:
    q, spread = b.question, spreads(b)
    text = f"No size can be given: no source was found that says which difference matters on {q.title}."
    if is_crossover(b) and spread and b.persons:
        least = detectable_paired(max(sd for _, sd in spread), b.persons, power=power())
        text += (
            f" As many people as so far ({b.persons}) would find a difference of {least:.2g} {q.unit} with "
            f"{percent(power())} power."
        )
    return text


def _without(design: str, leave: float, *, missing: str = "", senseless: str = "") -> NextTrial:
    return NextTrial(design, power(), None, None, None, leave, missing, senseless, missing or senseless)


def _means(difference: float, spread: tuple[tuple[str, float], ...], design: str, p: float) -> Span:
    size = size_of_paired if design == "crossover" else size_of_means
    found = [size(difference, sd, power=p) for _, sd in spread]
    return min(found), max(found)


def _shares(control: float, treated: float, p: float) -> Span:
    n = information_size_of_shares(control, treated, power=p).per_group
    return n, n


def _by_spread(q: Question, spread: tuple[tuple[str, float], ...], design: str) -> str:
    if q.measure == "SMD":
        return "by the t test"
    of = "SD of differences within persons" if design == "crossover" else "SD"
    return f"by the spread of {' or '.join(f'{label} ({of} {sd:.3g})' for label, sd in spread)}"


def with_those_who_leave(persons: int, leave: float) -> int:
    return math.ceil(persons / (1 - leave) - 1e-9)


def _span(x: Span) -> str:
    return f"{x[0]}" if x[0] == x[1] else f"{x[0]} to {x[1]}"


def _range(weeks: list[float]) -> str:
    return f"{weeks[0]:g}" if len(weeks) == 1 else f"{weeks[0]:g} to {weeks[-1]:g}"
