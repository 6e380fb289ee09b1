"""The five domains of GRADE, each a rule from numbers to a proposed number of levels, with the numbers in the reason.

    risk of bias      GRADE guideline 4: how much of the weight comes from trials at which risk
    inconsistency     guideline 7: I² and τ, whether trials disagree about an effect or one that matters, prediction
    indirectness      guideline 8: other people, comparators, doses, outcomes or times than those asked about
    imprecision       guidelines 6 and 34: the interval against the smallest difference that matters; the information size
    publication bias  guideline 5: missing results that are known of; small-study tests from ten trials on

Disagreement between trials widens the interval too. It is counted once: where inconsistency has been rated down, the
interval of a common effect is read, and both domains together never come to less than the wide interval alone would.
Information: the standard error that a trial of the optimal size would have is δ/(z₀.₉₇₅ + z_power), and (needed/found)²
is the share of that size that has been reached. For two arms this is n over the n of the usual formula, and a
crossover counts what its persons tell, not their number.
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

from openldn.evidence.certainty.facts import Facts, Trial
from openldn.evidence.certainty.rules import Rules

DOMAINS = ("risk of bias", "inconsistency", "indirectness", "imprecision", "publication bias")
_HIGH = ("high", "serious", "critical")
_LEVELS = {0: "no serious concern", -1: "serious", -2: "very serious"}
_TOLD = 0.005  # a diversity that would not print as 0 %
_COUNTED = "counted as inconsistency"


@dataclass(frozen=True)
class Signal:
    """A proposal for one domain: 0, -1 or -2 levels, one or more whole sentences, and the fields it rests on.

    elsewhere: a concern that costs nothing here because another domain was rated down for it; it is shown all the same.
    """

    domain: str
    levels: int
    reason: str
    fields: tuple[str, ...]
    elsewhere: bool = False

    @property
    def word(self) -> str:
        """GRADE's word for the levels, or where the concern was counted."""
        return _COUNTED if self.elsewhere else _LEVELS[self.levels]


def risk_of_bias(f: Facts, r: Rules) -> Signal:
    """−1 where less than half of the weight is at low risk or a quarter is at high; −2 where most is doubly high."""
    low, high = _share(f, lambda t: t.bias == "low"), _share(f, lambda t: t.bias in _HIGH)
    double = _share(f, lambda t: t.bias in _HIGH and t.high_domains >= 2)
    levels = -1 if low < r["risk_of_bias.low_share"] or high >= r["risk_of_bias.high_share"] else 0
    levels = -2 if double > r["risk_of_bias.very_share"] else levels
    each = "; ".join(f"{t.label} {t.bias or 'not assessed'}" for t in f.trials)
    reason = (
        f"{_percent(low)} of the weight is from trials at low risk of bias, {_percent(high)} from trials at high risk "
        f"({each})."
    )
    if f.without_high:
        k, estimate, a, b = f.without_high
        reason += f" Without those at high risk, {_trials(k)} with a common effect: {f.show(estimate)} ({f.span(a, b)})."
    return Signal("risk of bias", levels, reason, tuple(f"risk_of_bias: {t.study}" for t in f.trials))


def inconsistency(f: Facts, r: Rules) -> Signal:
    """−1 for substantial I² where trials lie on both sides of a threshold; −2 for considerable I² that settles nothing."""
    fields = _fields(f)
    if f.k == 1:
        return Signal("inconsistency", 0, "One trial: it cannot be assessed whether trials agree.", fields)
    marks = (0.0,) if f.important is None else (0.0, -f.important, f.important)
    apart = [m for m in marks if min(t.yi for t in f.trials) < m < max(t.yi for t in f.trials)]
    opposed = max(t.low for t in f.trials) > 0 > min(t.high for t in f.trials)
    told = f.prediction is not None and f.k >= r["inconsistency.trials_for_prediction"]
    open_ended = told and _beyond_both(f, *f.prediction) if f.prediction else False
    levels = 0
    if f.i2 >= r["inconsistency.substantial"] and (apart or opposed or open_ended):
        levels = -1
    if f.i2 >= r["inconsistency.considerable"] and (opposed or open_ended):
        levels = -2
    where = (
        f"estimates lie on both sides of {' and of '.join(_mark(f, m) for m in apart)}"
        if apart
        else "all estimates lie on one side of every threshold"
    )
    reason = f"I² = {f.i2:.0f} %, τ = {f.tau:.2g}, p = {f.q_p:.2g} for a difference between {_trials(f.k)}; {where}."
    if f.prediction:
        tail = "" if told else f", which {_trials(f.k)} cannot tell and which is not counted"
        reason += f" The prediction interval is {f.span(*f.prediction)}{tail}."
    return Signal("inconsistency", levels, reason, fields)


def indirectness(f: Facts, r: Rules) -> Signal:
    """One level for each way in which most of the evidence answers another question, two at most."""
    active = _share(f, lambda t: t.comparator not in ("placebo", "none"))
    above = _share(f, lambda t: not t.low_dose)
    found = [f"{i.aspect}: {i.why}" for i in f.indirect]
    if active > r["indirectness.share"] and not f.against:
        found.append(
            f"comparator: {_percent(active)} of the weight is against an active treatment, which says nothing of placebo"
        )
    if above > r["indirectness.share"]:
        found.append(f"dose: {_percent(above)} of the weight is from doses above the low ones")
    doses = ", ".join(dict.fromkeys(t.dose or "dose not seen" for t in f.trials))
    direct = f"People, comparator, dose ({doses}), outcome and time are those asked about in {_trials(f.k)}."
    reason = direct if not found else "; ".join(found)[0].upper() + "; ".join(found)[1:] + "."
    fields = tuple(
        f"{t.study}: {name}" for t in f.trials for name in ("comparator", "low_dose", "population")
    )
    return Signal("indirectness", -min(2, len(found)), reason, fields)


def imprecision(f: Facts, r: Rules, inconsistent: int = 0) -> Signal:
    """By the interval against the smallest difference that matters, and by the information size.

    inconsistent: the levels already taken for disagreement between trials, which widens the interval.
    """
    share = information_share(f, r)
    size = _by_size(share, f, r)
    levels = min(_by_interval(f, r, f.low, f.high), size)
    doubt = f.doubting is not None and _by_interval(f, r, *f.doubting) < levels
    levels = max(-2, levels - doubt)
    used, low, high = f.interval, f.low, f.high
    if inconsistent:
        wide = levels
        levels = min(_by_interval(f, r, f.common_low, f.common_high), size, 0, wide - inconsistent)
        used, low, high = "interval of a common effect", f.common_low, f.common_high
    reason = f"The {used} is {f.span(low, high)}"
    if f.important is None:
        reason += f" and {'includes' if low < 0 < high else 'excludes'} no effect; no size that would matter is known. "
        reason += f"{f.persons} people are {_percent(share)} of the {r['imprecision.persons']:.0f} of a rule of thumb."
    else:
        small = f"{f.threshold(-f.important)} to {f.threshold(f.important)}"
        reason += f"{_against_what_matters(f.important, low, high)} ({small} is too small to matter). "
        reason += f"{f.persons} people give {_percent(share)} of the optimal information size (that of one trial with "
        reason += f"{_percent(r['imprecision.power'])} power)"
        if f.diversity > _TOLD:
            reason += (
                f" if trials do not differ, {_percent(share * (1 - f.diversity))} with their diversity D² of "
            )
            reason += _percent(f.diversity)
        reason += "."
    if inconsistent:
        reason += (
            f" Disagreement between trials is counted as inconsistency; with it the {f.interval} is "
            f"{f.span(f.low, f.high)}"
        )
        reason += "." if f.important is None else f"{_against_what_matters(f.important, f.low, f.high)}."
    elif f.doubting and doubt:
        reason += (
            f" How far {_trials(f.k)} differ is hardly known; the Bayesian interval, which doubts it, is "
            f"{f.span(*f.doubting)}, which costs one level more."
        )
    elsewhere = bool(inconsistent) and levels == 0 and any(held_beyond(f))
    return Signal("imprecision", max(-2, levels), reason, _fields(f), elsewhere)


def held_beyond(f: Facts) -> tuple[bool, bool]:
    """Whether the interval that is shown holds a difference that matters below no effect, and one above."""
    d = f.important
    return (False, False) if d is None else (f.low < -d < f.high, f.low < d < f.high)


def information_share(f: Facts, r: Rules) -> float:
    """The share of the optimal information size that is reached; without a size that matters, of the rule of thumb."""
    if f.important is None:
        return f.persons / r["imprecision.persons"]
    n = NormalDist()
    needed = f.important / (n.inv_cdf(0.975) + n.inv_cdf(r["imprecision.power"]))
    return (needed / f.common_se) ** 2


def publication_bias(f: Facts, r: Rules) -> Signal:
    """−1 for known missing results of half as many people, or for a small-study test among ten trials or more."""
    lost = sum(n for _, n in f.missing)
    share = lost / f.persons if f.persons else (1.0 if lost else 0.0)
    levels = -1 if f.missing and share >= r["publication_bias.missing_share"] else 0
    if f.k < r["publication_bias.trials"]:
        reason = (
            f"Cannot be assessed by tests: with {_trials(f.k)}, fewer than {r['publication_bias.trials']:.0f}, tests of "
            "small-study effects are uninformative."
        )
    elif f.egger_p is None:
        reason = f"{_trials(f.k)} with one standard error among them: no test of small-study effects applies."
    else:
        found = f.egger_p < r["publication_bias.egger"]
        levels = -1 if found else levels
        reason = f"Egger's test among {_trials(f.k)}: p = {f.egger_p:.2g}, {'asymmetry' if found else 'no asymmetry'}."
    if f.missing:
        who = ", ".join(f"{label} ({n} people)" for label, n in f.missing)
        reason += (
            f" Known to have measured it without a figure that can be pooled: {who}, {_percent(share)} of the "
            f"{f.persons} pooled."
        )
    return Signal("publication bias", levels, reason, ("questions: unpooled", *_fields(f)))


def _by_interval(f: Facts, r: Rules, low: float, high: float) -> int:
    if f.important is None:
        return -1 if low < 0 < high else 0
    reach = f.important * (1 + r["imprecision.appreciable"])
    if low < -reach and high > reach:
        return -2
    return -1 if low < -f.important < high or low < f.important < high else 0


def _by_size(share: float, f: Facts, r: Rules) -> int:
    if share >= 1:
        return 0
    return -2 if f.important is not None and share < r["imprecision.far_below"] else -1


def _against_what_matters(d: float, low: float, high: float) -> str:
    sides = [word for word, at in (("downwards", -d), ("upwards", d)) if low < at < high]
    if sides:
        return f" and holds a difference that matters {' and one '.join(sides)}"
    if low >= d or high <= -d:
        return " and lies wholly beyond the smallest difference that matters"
    return " and holds no difference that matters"


def holds_both(f: Facts, r: Rules) -> bool:
    """Whether the interval reaches appreciably beyond a difference that matters in both directions."""
    return f.important is not None and _by_interval(f, r, f.low, f.high) == -2


def _beyond_both(f: Facts, low: float, high: float) -> bool:
    edge = f.important or 0.0
    return low < -edge and high > edge


def _share(f: Facts, which: Callable[[Trial], bool]) -> float:
    return sum(t.weight for t in f.trials if which(t)) / sum(t.weight for t in f.trials)


def _mark(f: Facts, m: float) -> str:
    return "no effect" if m == 0 else f"the smallest difference that matters ({f.threshold(m)})"


def _fields(f: Facts) -> tuple[str, ...]:
    return tuple(x for t in f.trials for x in t.fields)


def _percent(x: float) -> str:
    return "less than 1 %" if 0 < x < 0.01 else f"{100 * x:.0f} %"


def _trials(k: int) -> str:
    return f"{k} trial" if k == 1 else f"{k} trials"
