"""The domains of GRADE, each a rule from numbers to a proposed number of levels, with the numbers in the reason.

    risk of bias      GRADE guideline 4: how much of the weight comes from trials at which risk
    inconsistency     guideline 7: I² and τ, whether trials disagree about an effect or one that matters, prediction
    indirectness      guideline 8: other people, comparators, doses, outcomes or times than those asked about
    imprecision       guidelines 6 and 34: the interval that is shown against the smallest difference that matters; for few
                      people or events, and for large effects, the information size
    missing evidence  guideline 5, Cochrane Handbook 13: trials that are known, whose result of this outcome is not
    publication bias  guideline 5: trials that are not known; small-study tests from ten trials on

The last two are one domain of GRADE and together cost one level at most. Imprecision reads the interval that is shown,
whatever was taken for inconsistency: disagreement makes an average both doubtful and imprecise.
Information: of a ratio, people over those of a trial that finds a fall of the control risk by the smallest that matters. Of a
mean, the standard error of a trial of the optimal size would be δ/(z₀.₉₇₅ + z_power), and (needed/found)² is the share of that
size that has been reached; for two arms this is n over the n of the usual formula.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

from openldn.evidence.certainty.facts import Facts, Trial
from openldn.evidence.certainty.rules import Rules
from openldn.meta.small_trials import information_size_of_shares
from openldn.notation import InputError

DOMAINS = (
    "risk of bias", "inconsistency", "indirectness", "imprecision", "missing evidence", "publication bias",
)  # fmt: skip
_HIGH = ("high", "serious", "critical")
_LEVELS = {0: "no serious concern", -1: "serious", -2: "very serious", -3: "extremely serious"}
_Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Signal:
    """A proposal for one domain: 0 to -3 levels, one or more whole sentences, and the fields it rests on.

    elsewhere: the domain that was rated down for this concern, which costs nothing here and is shown all the same.
    """

    domain: str
    levels: int
    reason: str
    fields: tuple[str, ...]
    elsewhere: str = ""

    @property
    def word(self) -> str:
        """GRADE's word for the levels, or where the concern was counted."""
        return f"counted as {self.elsewhere}" if self.elsewhere else _LEVELS[self.levels]


def risk_of_bias(f: Facts, r: Rules) -> Signal:
    """−1 where less than half of the weight is at low risk or a quarter is at high; −2 where most is doubly high."""
    low, high = _share(f, lambda t: t.bias == "low"), _share(f, lambda t: t.bias in _HIGH)
    double = _share(f, lambda t: t.bias in _HIGH and t.high_domains >= 2)
    levels = -1 if low < r["risk_of_bias.low_share"] or high >= r["risk_of_bias.high_share"] else 0
    levels = -2 if double > r["risk_of_bias.very_share"] else levels
    each = "; ".join(f"{t.label} {t.bias or 'not assessed'}" for t in f.trials)
    some, none = (
        f"{_percent(low)} of the weight is from trials at low risk of bias",
        "No trial is at low risk of bias",
    )
    much = (
        f"{_percent(high)} from trials at high risk"
        if low
        else f"{_percent(high)} of the weight is from trials at high"
    )
    shares = f"{some if low else none}, {much if high else 'none at high'}"
    reason = f"{_alone(f.trials[0])}." if f.k == 1 else f"{shares} ({each})."
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
        tail = "" if told else f"; from {_trials(f.k)} it is not to be trusted, and it is not counted"
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


def imprecision(f: Facts, r: Rules) -> Signal:
    """By the interval that is shown against the smallest difference that matters, by people or events, by information size."""
    if not f.interval:
        none = (
            f"No interval was printed, so nobody can see what it would exclude; {f.persons} people took part."
        )
        return Signal("imprecision", -1 + _by_count(f, r), none, _fields(f))
    interval, thumb, size = _by_interval(f, r), _by_count(f, r), _by_size(f, r)
    levels = min(interval, thumb, size)
    reason = f"The {f.interval} is {f.span(f.low, f.high)}"
    if f.important is None:
        where = "holds the value of no effect" if f.low < 0 < f.high else "lies on one side of no effect"
        reason += f" and {where}; how large a difference would matter is not known."
    else:
        reason += f"{_against_what_matters(f)}."
    if thumb:
        many, name, least = _count(f, r)
        reason += f" {_counted(many, name)} too few by a rule of thumb, which asks for {least:.0f}."
    if size:
        reason += (
            f" So large an effect is doubted from so few: {f.persons} people give {_percent(information_share(f, r))} of the "
            f"information of a trial with {_percent(r['imprecision.power'])} power for the smallest difference that matters."
        )
    return Signal("imprecision", levels, reason, _fields(f))


def held_beyond(f: Facts) -> tuple[bool, bool]:
    """Whether the interval that is shown holds a difference that matters below no effect, and one above."""
    d = f.important
    return (False, False) if d is None else (f.low < -d < f.high, f.low < d < f.high)


def information_share(f: Facts, r: Rules) -> float:
    """The share of the optimal information size that has been reached: by people and the control risk of a ratio where that is
    known, else by the interval that is shown.

    Raises InputError where no size that matters is known.
    """
    if f.important is None:
        raise InputError(
            "no difference that would matter is known, so there is no size of a trial to find it"
        )
    if f.ratio and f.control_risk is not None and 0 < f.control_risk < 1:
        least = f.control_risk * math.exp(-f.important)
        size = information_size_of_shares(f.control_risk, least, power=r["imprecision.power"])
        return size.reached_by(f.persons)
    needed = f.important / (_Z + NormalDist().inv_cdf(r["imprecision.power"]))
    return (needed / ((f.high - f.low) / (2 * _Z))) ** 2


def missing_evidence(f: Facts, r: Rules) -> Signal:
    """−1 where trials that are known to have measured the outcome without a usable figure hold half as many people."""
    lost = sum(n for _, n in f.missing)
    share = lost / f.persons if f.persons else (1.0 if lost else 0.0)
    levels = -1 if f.missing and share >= r["missing_evidence.share"] else 0
    reason = "No trial that was found is known to have measured it without a figure that can be pooled."
    if f.missing:
        who = ", ".join(f"{label} ({n} people)" for label, n in f.missing)
        reason = (
            f"Measured as well, without a figure that can be pooled, in {who}: {_percent(share)} as many people as the "
            f"{f.persons} pooled."
        )
    return Signal("missing evidence", levels, reason, ("questions: unpooled",))


def publication_bias(f: Facts, r: Rules, missing: int = 0) -> Signal:
    """−1 for a small-study test among ten trials or more, unless `missing` levels were taken for missing evidence."""
    if f.k < r["publication_bias.trials"]:
        few = f"{_trials(f.k)}: tests of small-study effects are uninformative with fewer than "
        return Signal("publication bias", 0, f"{few}{r['publication_bias.trials']:.0f}.", _fields(f))
    if f.egger_p is None:
        same = f"{_trials(f.k)} with one standard error among them: no test of small-study effects applies."
        return Signal("publication bias", 0, same, _fields(f))
    found = f.egger_p < r["publication_bias.egger"]
    reason = (
        f"Egger's test among {_trials(f.k)}: p = {f.egger_p:.2g}, {'asymmetry' if found else 'no asymmetry'}."
    )
    counted = "missing evidence" if found and missing else ""
    return Signal("publication bias", -1 if found and not missing else 0, reason, _fields(f), counted)


def _by_interval(f: Facts, r: Rules) -> int:
    if f.important is None:
        return -1 if f.low < 0 < f.high else 0
    far = f.important * r["imprecision.extreme"]
    if f.low < -far and f.high > far:
        return -3
    return -sum(held_beyond(f))


def _by_count(f: Facts, r: Rules) -> int:
    many, _, least = _count(f, r)
    return -1 if many < least else 0


def _count(f: Facts, r: Rules) -> tuple[int, str, float]:
    """What there is of people, or of events where they were printed, and the rule of thumb for it."""
    if f.events is not None:
        return f.events, "events", r["imprecision.events"]
    return f.persons, "people", r["imprecision.persons"]


def _by_size(f: Facts, r: Rules) -> int:
    if f.important is None or not _is_large(f, r):
        return 0
    share = information_share(f, r)
    return 0 if share >= 1 else -2 if share < r["imprecision.far_below"] else -1


def _is_large(f: Facts, r: Rules) -> bool:
    if f.ratio:
        return abs(f.estimate) >= -math.log(1 - r["imprecision.large_ratio"])
    return f.important is not None and abs(f.estimate) >= r["statements.large"] * f.important


def _against_what_matters(f: Facts) -> str:
    """What the interval holds, where a smallest difference that matters is known, with the threshold beside it."""
    assert f.important is not None
    down, up = f.threshold(-f.important), f.threshold(f.important)
    below, above = held_beyond(f)
    if below and above:
        return f" and holds a difference that matters downwards and one upwards (below {down}, above {up})"
    if below or above:
        side = f"downwards (below {down})" if below else f"upwards (above {up})"
        return f" and holds both a difference that matters {side} and differences too small to matter"
    if f.low >= f.important or f.high <= -f.important:
        return f" and lies wholly beyond the smallest difference that matters ({up if f.low > 0 else down})"
    return f" and holds no difference that matters (none below {down} or above {up})"


def _beyond_both(f: Facts, low: float, high: float) -> bool:
    edge = f.important or 0.0
    return low < -edge and high > edge


def _share(f: Facts, which: Callable[[Trial], bool]) -> float:
    return sum(t.weight for t in f.trials if which(t)) / sum(t.weight for t in f.trials)


def _mark(f: Facts, m: float) -> str:
    return "no effect" if m == 0 else f"the smallest difference that matters ({f.threshold(m)})"


def _fields(f: Facts) -> tuple[str, ...]:
    return tuple(x for t in f.trials for x in t.fields)


def _alone(t: Trial) -> str:
    """The risk of the only trial: a share of the weight would be all or none."""
    told = {"": "has not been assessed for bias", "some concerns": "raises some concerns about bias"}
    return f"One trial, {t.label}, which {told.get(t.bias, f'is at {t.bias} risk of bias')}"


def _counted(many: int, name: str) -> str:
    return f"{many} {'event is' if many == 1 and name == 'events' else f'{name} are'}"


def _percent(x: float) -> str:
    return "less than 1 %" if 0 < x < 0.01 else f"{100 * x:.0f} %"


def _trials(k: int) -> str:
    return f"{k} trial" if k == 1 else f"{k} trials"
