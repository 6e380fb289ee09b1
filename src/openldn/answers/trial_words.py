"""What one trial of a question could have shown, what a second one would show, and how far its result is to be believed.

Power and exaggeration are against the difference that matters. The replication takes nothing as selected; the correction for
selection is for a result that is significant, and supposes that it is known only for that. Fragility counts people whose
outcome would have to be another; it follows from p and size, and says nothing of truth.
"""

from openldn.answers.synthesis import FEW_EVENTS, Synthesis, TrialRow, chance_words
from openldn.notation import effect_figure

CAVEAT = "a count that follows from p and the size, and says nothing of truth"


def trial_sentences(s: Synthesis, r: TrialRow) -> tuple[str, ...]:
    """Sentences on one trial of `s`, each of which can stand alone; few events carry no chance."""
    table = r.effect.events
    sparse = table is not None and table[0] + table[2] < FEW_EVENTS
    normal = () if sparse else (_again(s, r), _shrunk(s, r))
    return tuple(filter(None, (_power(r), _turns(r), *normal)))


def _power(r: TrialRow) -> str:
    if r.power is None:
        return ""
    more = (
        f"; a significant result would have exaggerated such a difference {r.type_m:.1f}-fold"
        if r.type_m and r.type_m > 1.5
        else ""
    )
    return f"{r.label} had a power of {chance_words(r.power)} to find a difference that matters{more}."


def _turns(r: TrialRow) -> str:
    """Which way a result turns when some people fare otherwise."""
    f = r.fragility
    if f is None or not f.index:
        return ""
    people = f"{f.index} {'people' if f.index > 1 else 'person'} in the group with fewer events had fared otherwise"
    ours = "; the counts are reconstructed" if r.effect.reconstructed else ""
    if f.reverse:
        return f"By Fisher's test it is not significant (p = {f.p:.2g}) and would be if {people} ({CAVEAT}{ours})."
    return (
        f"By Fisher's test it is significant (p = {f.p:.2g}) and would not be if {people} ({CAVEAT}{ours})."
    )


def _again(s: Synthesis, r: TrialRow) -> str:
    low, high = (effect_figure(s.body.natural(x)) for x in (r.again.low, r.again.high))
    return (
        f"A second trial as precise would find between {low} and {high} (95 %, if both estimate one truth and nothing was "
        f"selected), and a significant result in the same direction with a chance of {100 * r.again.chance:.0f} %."
    )


def _shrunk(s: Synthesis, r: TrialRow) -> str:
    if r.corrected is None:
        return ""
    told, was = (effect_figure(s.body.natural(x)) for x in (r.corrected, r.effect.yi))
    return (
        f"If it is known only because it is significant, the most likely truth is {told} and not {was} (corrected for "
        "selection by p alone)."
    )
