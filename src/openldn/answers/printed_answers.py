"""What became of the pooled answers that others printed, and of our own checks, in words."""

from collections.abc import Sequence

from openldn.evidence.catalogue import study
from openldn.evidence.multiverse import MISTAKEN, NOT, OPEN, REPRODUCED, Verdict


def counted(in_print: Sequence[Verdict], checks: Sequence[Verdict]) -> list[str]:
    """How many published answers were reproduced, whose figures are missing, and our own checks apart."""
    told = []
    if found := in_print:
        of = {word: [v for v in found if v.verdict == word] for word in (REPRODUCED, MISTAKEN, OPEN, NOT)}
        rest = [f"{len(of[word])} {word}" for word in (MISTAKEN, OPEN, NOT) if of[word]]
        made = "; ".join(v.answer.label for v in of[REPRODUCED])
        told.append(
            f"Of {len(found)} published pooled answers {len(of[REPRODUCED])} can be reproduced without a mistake"
            + (f" ({made})" if made else "") + (f"; {', '.join(rest)}." if rest else ".")
        )  # fmt: skip
        unread: dict[str, int] = {}
        for v in found:
            if v.verdict != REPRODUCED and v.answer.unread:
                unread[v.answer.unread] = unread.get(v.answer.unread, 0) + 1
        told += [
            f"For {n} of them the likely reason is that {who}, which they hold or may hold, prints its figures in a text "
            "that we could not read."
            for who, n in unread.items()
        ]
    if mine := checks:
        made = "; ".join(f"{v.answer.label}: {v.verdict}" for v in mine)
        told.append(
            f"Beside them stand {len(mine)} checks of our own, worked by hand and not published ({made})."
        )
    return told


def as_printed(v: Verdict) -> str:
    """`SMD −0.61 (−1.14 to −0.08)`."""
    a = v.answer
    limits = "" if a.low is None or a.high is None else f" ({_two(a.low)} to {_two(a.high)})"
    return f"{a.measure} {_two(a.estimate)}{limits}"


def what_was_found(v: Verdict) -> str:
    """What was found of a printed answer, and what stands in the way."""
    said = []
    if v.best is not None:
        b = v.best
        figures = f"{_two(b.estimate)} ({_two(b.low)} to {_two(b.high)})"
        lead = (
            "The nearest is" if v.verdict == NOT else f"One of {v.possible:,} ways of {v.tried:,} that agree:"
        )
        i2 = "" if v.answer.i2 is None else f", I² {b.i2:.0f} % where {v.answer.i2:.0f} % is printed"
        said.append(f"{lead} {figures}{i2} from {b.words()}.")
    if v.verdict == NOT and v.agreeing:
        said.append(
            f"{v.agreeing:,} of {v.tried:,} ways give its figures, but what is known of it rules them out."
        )
    said += [x for x in (v.answer.known, v.answer.why_not) if x]
    if v.missing and v.answer.i2 is not None:
        m = v.missing[0]
        rest = "; ".join(e.words() for e in m.entries)
        said.append(
            f"If the others are {rest}, {v.answer.unread} must have found {_two(m.estimate)} (SE {m.se:.2f}), "
            f"with an I² of {m.i2:.0f} %; printed is {v.answer.i2:.0f} %."
        )
        for key, routes in v.needs:
            ways = " or ".join(f"“{r}”" for r in routes)
            percents = all(r.startswith("percent") and "in points" not in r for r in routes)
            said.append(
                f"No trial completes it unless {study(key).label} is read by {ways}"
                + (", its percents taken for points." if percents and v.answer.measure == "MD" else ".")
            )
    return " ".join(said)


def _two(x: float) -> str:
    return f"{x:.2f}".replace("-", "−")
