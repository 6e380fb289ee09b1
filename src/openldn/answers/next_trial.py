"""How large the next trial of a question would have to be, and the sentence that says so."""

from openldn.evidence.body import Body, outcome_sd
from openldn.evidence.questions import Question
from openldn.evidence.synthesis.small_trials import (
    InformationSize,
    information_size_of_means,
    information_size_of_shares,
)

POWER = 0.9


def next_size(b: Body) -> InformationSize | None:
    """The next parallel trial against the important difference, from the spread or risk that these trials show."""
    q = b.question
    if q.important is None:
        return None
    if q.measure == "RR":
        counts = [e.events for e in b.effects if e.events]
        if not counts:
            return None
        control = sum(c[2] for c in counts) / sum(c[3] for c in counts)
        treated = control * _ratio_sought(q)
        if not 0 < control < 1 or not 0 < treated < 1:
            return None
        return information_size_of_shares(control, treated, power=POWER)
    sd = 1.0 if q.measure == "SMD" else outcome_sd(q, b.effects, "rct-parallel")
    sd = sd or outcome_sd(q, b.effects, "rct-crossover")
    return information_size_of_means(q.important.value, sd, power=POWER) if sd else None


def _ratio_sought(q: Question) -> float:
    """The risk ratio that the next trial looks for: of a harm, the harm."""
    assert q.important is not None
    return q.important.value if q.harm or q.better == "higher" else 1 / q.important.value


def is_crossover(b: Body) -> bool:
    """Whether all that is known of the spread comes from crossover trials."""
    return b.question.measure == "MD" and all(s.design == "rct-crossover" for s in b.question.studies())


def next_text(b: Body, size: InformationSize | None) -> str:
    q = b.question
    if size is None or q.important is None:
        return "No size can be given: the spread, the risk without the drug or the difference that matters is missing."
    guess = "assumed" if q.important.basis == "assumed" else "taken from a source"
    sought = f"ratio of {_ratio_sought(q):.3g}" if q.ratio else f"difference of {q.important.value:g}"
    if is_crossover(b):
        return (
            f"A crossover trial that finds a {sought} ({guess}) nine times of ten needs about {size.per_group} people who "
            f"finish both periods, with a washout that outlasts occupancy; so far {b.persons} took part."
        )
    return (
        f"A parallel trial that finds a {sought} ({guess}) nine times of ten needs about "
        f"{size.per_group} people per group; all trials so far had {b.persons} together."
    )
