"""What a multiverse says, in whole sentences, and what it is as JSON; the same for a table and for a question of ours."""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from openldn.meta.multiverse.run import Run
from openldn.meta.multiverse.summary import Flips, Summary

EQUAL = (
    "Every option of a choice counts the same, however many analyses follow from it; a share of analyses is not a "
    "probability."
)
RESULTS = ("estimate", "low", "high", "p", "tau2", "i2", "i2_q")


@dataclass(frozen=True)
class Sides:
    """How the two sides of no effect are called."""

    favours: str
    good: str
    bad: str


ABOVE = Sides("lie above no effect", "above it", "below it")
BELOW = Sides("lie below no effect", "below it", "above it")


def counted(run: Run[Any, Any], why: str) -> str:
    """How many combinations there are, how many are excluded and why, and how many are left."""
    return (
        f"{run.combinations:,} combinations of {len(run.declared.factors)} choices; {run.excluded:,} cannot be "
        f"computed from {why}; {len(run):,} of the others are distinct, {run.defensible.sum():,} of them defensible."
    )


def told(name: str, s: Summary, show: Callable[[float], str], unit: str, sides: Sides) -> str:
    """Median, range and the sides on which analyses lie."""
    found = f"{name}: {percent(s.benefit)} {sides.favours}; the 95 % interval keeps off no effect in "
    found += f"{percent(s.significant)} {sides.good} and in {percent(s.significant_harm)} {sides.bad}"
    if not s.shown:
        return f"{found}."
    of = "" if s.shown == s.specifications else f" of the {s.shown:,} in this measure"
    return f"{found}. Median{of} {show(s.median)} {unit} (from {show(s.lowest)} to {show(s.highest)})."


def turns(s: Summary, kind: str) -> str:
    """The choice that turns the sign most often, and the one that turns significance."""
    first = s.flips[0]
    if not first.sign:
        text = f"No single choice turns the sign between two {kind}."
    else:
        assert first.between is not None
        others = ", ".join(f"{f.factor} {share(f.turns)}" for f in s.flips[1:] if f.sign)
        never = ", ".join(f.factor for f in s.flips if f.pairs and not f.sign)
        text = (
            f"The choice that turns the sign most often is “{first.factor}”: in {share(first.turns)} of pairs of {kind} that "
            f"differ in nothing else ({first.pairs:,} pairs), most between “{first.between[0]}” and “{first.between[1]}”."
            + (f" Then {others}." if others else "")
            + (f" Never: {never}." if never else "")
        )
    most = max(s.flips, key=lambda f: f.moves)
    if most.significance:
        text += f" Significance turns most often with “{most.factor}”, in {share(most.moves)} of {most.pairs:,} pairs."
    return text


def example(run: Run[Any, Any], flips: Flips, show: Callable[[float], str]) -> list[str]:
    """Two analyses on either side of no effect, where both have the unit that is shown."""
    if flips.example is None or not all(math.isfinite(run.unit[i]) for i in flips.example):
        return []
    at = [f.name for f in run.declared.factors].index(flips.factor)
    options = run.declared.factors[at].options
    said = [
        f"{show(float(run.result.estimate[i] * run.unit[i]))} with “{options[run.codes[i][at]].name}”"
        for i in flips.example
    ]
    return [f"For example: {said[0]}, {said[1]}."]


def percent(x: float) -> str:
    """`98 %`, with a digit more near 0 and 100, where a few analyses matter."""
    x = 0.0 if x < 1e-9 else 100.0 if x > 100 - 1e-9 else x
    return f"{x:.0f} %" if x in (0.0, 100.0) or 1 <= x <= 99 else f"{x:.2g} %" if x < 1 else f"{x:.1f} %"


def share(x: float) -> str:
    return f"{x:.0f} %" if x >= 1 else f"{x:.1g} %"


def document(
    run: Run[Any, Any], everything: Summary, defensible: Summary | None, apart: Sequence[tuple[str, Summary]]
) -> dict[str, Any]:
    """Of `specifications`, `codes` are indices into the options of each factor, −1 where that choice changes nothing.

    estimate, low and high stand in the unit that is shown on the scale of the analysis (the logarithm for a ratio), or are
    null where a specification has another measure; tau2 in the measure of the specification.
    """
    r = run.result
    columns = [r.estimate * run.unit, r.low * run.unit, r.high * run.unit, r.p, r.tau2, r.i2, r.i2_q]
    rows = []
    for i in range(len(run)):
        codes = [int(c) if used else -1 for c, used in zip(run.codes[i], run.used[i], strict=True)]
        rows.append([*codes, int(run.defensible[i]), int(run.k[i]), *(_short(float(x[i])) for x in columns)])
    return {
        "benefit_sign": run.declared.benefit,
        "combinations": run.combinations,
        "excluded": run.excluded,
        "distinct": len(run),
        "weights": "every option of a choice the same",
        "factors": [
            {
                "name": f.name,
                "kind": f.kind,
                "study": getattr(f, "study", ""),
                "options": [
                    {"name": o.name, "why": o.why, "defensible": o.defensible, "of": o.of} for o in f.options
                ],
            }
            for f in run.declared.factors
        ],
        "not_defensible": [asdict(x) for x in run.declared.indefensible],
        "all": _summary(run, everything),
        "defensible": _summary(run, defensible) if defensible else None,
        "apart": [{"name": name, **_summary(run, s)} for name, s in apart],
        "columns": [*(f.name for f in run.declared.factors), "defensible", "k", *RESULTS],
        "specifications": rows,
    }


def _summary(run: Run[Any, Any], s: Summary) -> dict[str, Any]:
    data = {k: _finite(v) for k, v in asdict(s).items()}
    data["shares"] = [{k: _finite(v) for k, v in asdict(x).items()} for x in s.shares]
    data["flips"] = [
        {**asdict(f), "example": [run.options_of(i) for i in f.example] if f.example else None}
        for f in s.flips
    ]
    return data


def _finite(x: Any) -> Any:
    return None if isinstance(x, float) and not math.isfinite(x) else x


def _short(x: float) -> float | None:
    """Six digits, which is more than any of these figures has, so that thousands of rows stay readable."""
    return float(f"{x:.6g}") if math.isfinite(x) else None
