"""A sentence for each outcome from the size of the effect and the certainty, after GRADE guideline 26.

The size is measured by the smallest difference that matters: below it there is little to no difference, then an effect is
slight, plain or large. High certainty says "reduces", moderate "probably reduces", low "may reduce"; very low says that
the evidence is very uncertain. Little to no difference is said of the average; where the interval still holds a difference
that matters, the sentence says which. One case is ours: where the interval reaches beyond a difference that matters in both
directions, a direction is not named, since "may result in a large reduction" from one event would tell more than there is.
"""

from openldn.evidence.certainty.facts import Facts
from openldn.evidence.certainty.rules import Rules
from openldn.evidence.certainty.signals import held_beyond

_HOW = {"high": "", "moderate": "probably ", "low": "may "}
SIZES = ("little to no difference", "slight", "plain", "large", "unknown")


def size_of(f: Facts, r: Rules) -> str:
    """One of SIZES; unknown where no smallest difference that matters is known."""
    if f.important is None:
        return "unknown"
    ratio = abs(f.estimate) / f.important
    if ratio < r["statements.important"]:
        return "little to no difference"
    if ratio < r["statements.moderate"]:
        return "slight"
    return "plain" if ratio < r["statements.large"] else "large"


def statement(
    f: Facts,
    word: str,
    outcome: str,
    r: Rules,
    *,
    drug: str = "low-dose naltrexone",
    against: str = "placebo",
    sides: tuple[str, str] = ("reduction", "increase"),
) -> str:
    """`Low-dose naltrexone may reduce pain slightly compared with placebo.` outcome: as `Question.said` names it.

    sides: what a difference that matters is called below no effect and above it, such as benefit and harm.
    """
    versus = f" compared with {against}" if against else ""
    if word == "very low":
        return f"The evidence is very uncertain about the effect of {drug} on {outcome}{versus}."
    down, may, size = f.estimate < 0, _HOW[word], size_of(f, r)
    s = "" if word == "low" else "s"
    verb = f"{may}{'reduce' if down else 'increase'}{s}"
    noun = "reduction" if down else "increase"
    text = {
        "little to no difference": f"{may}result{s} in little to no difference in {outcome}",
        "slight": f"{verb} {outcome} slightly",
        "plain": f"{verb} {outcome}",
        "large": f"{may}result{s} in a large {noun} in {outcome}",
        "unknown": f"{verb} {outcome}"
        if not f.low < 0 < f.high
        else f"{may}result{s} in no clear difference in {outcome}",
    }[size]
    tail = "; how large a difference would matter is not known" if size == "unknown" else ""
    held = [f"an important {name}" for name, there in zip(sides, held_beyond(f), strict=True) if there]
    if size == "little to no difference" and held:
        text = f"{may}result{s} on average in little to no difference in {outcome}"
        tail = f"; the interval includes {' and '.join(held)}"
    return f"{drug[0].upper()}{drug[1:]} {text}{versus}{tail}."
