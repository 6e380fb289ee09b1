"""The one computation of a noncompartmental analysis: many curves at once, laid end to end.

What is asked of a curve is in `nca`, the formulae too. Here stands when a formula holds.

A curve that starts above 0 holds what earlier doses left. If they fade at λz, their area is C₀/λz, and

    AUCIFO − C₀/λz = AUCTAU + (C_τ − C₀)/λz = F · dose/CL

So AUCIFO, and all that rests on it, is the dose's own only where C₀/λz is nothing beside it; and dose/AUCTAU is
the clearance only at steady state, where C_τ = C₀. Otherwise it is too high by the share

    excess = (C_τ − C₀) / (λz AUCTAU)

which of n equal doses of one exponential is exp(−n λz τ)/(1 − exp(−n λz τ)). Both are exact where distribution and
absorption are over at the end of the interval; a phase slower than the interval shows is not seen.

At steady state the moment of one dose to infinity is AUMCTAU + τ (AUCIFO − AUCTAU), with AUCIFO that of the
curve (Phoenix's MRTINF at steady state): each cycle before added τ to the time of what it left.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.nca_areas import Whole, between, pieces, terminals

Array = NDArray[np.float64]
Codes = NDArray[np.int8]
Yes = NDArray[np.bool_]
MEANINGS = {
    "CMAX": "highest concentration", "TMAX": "time of it", "CLST": "last measurable concentration",
    "TLST": "time of it", "C0": "concentration at time 0 after a bolus, extrapolated",
    "AUCLST": "area to the last measurable sample", "AUMCLST": "first moment to the last measurable sample",
    "LAMZ": "terminal slope", "LAMZHL": "terminal half-life", "LAMZNPT": "samples in the terminal fit",
    "LAMZLL": "first time of the fit", "LAMZUL": "last time of the fit", "R2": "R² of the fit",
    "R2ADJ": "adjusted R² of the fit", "AUCIFO": "area to infinity, observed last sample",
    "AUCIFP": "area to infinity, predicted last sample", "AUCPEO": "share of AUCIFO beyond the last sample",
    "AUCPEP": "share of AUCIFP beyond the last sample", "AUCPBEO": "share of AUCIFO before the first sample of a bolus",
    "AUMCIFO": "first moment to infinity", "MRTEVIFO": "mean residence and input time",
    "MRTIVIFO": "mean residence time", "CLFO": "clearance over bioavailability", "CLO": "clearance",
    "VZFO": "terminal volume over bioavailability", "VZO": "terminal volume", "VSSO": "volume at steady state",
    "AUCTAU": "area over a dosing interval", "AUMCTAU": "first moment over a dosing interval",
    "CAVG": "mean concentration of the interval",
    "CMIN": "lowest concentration of the interval", "FLUCP": "fluctuation, (CMAX − CMIN)/CAVG",
    "CLFTAU": "dose over AUCTAU, clearance over bioavailability at steady state", "CLTAU": "the same by vein",
    "VZFTAU": "CLFTAU over λz, terminal volume over bioavailability at steady state", "VZTAU": "the same by vein",
    "AILAMZ": "accumulation that λz foretells", "ARAUC": "AUCTAU over that of the first dose",
    "ARCMAX": "CMAX over that of the first dose",
}  # fmt: skip

# A thousandth of an area is less than the trapezoids are off; PKNCA's superposition calls a curve settled there.
SLIGHT = 1e-3
# Four to five half-lives, the field's rule for steady state, leave 3 to 6 % to come.
UNSETTLED = 0.05

# What a code of `Analyses.missing` says; the words in braces are numbers of the row.
REASONS = (
    "",
    "it was not asked for",
    "no sample at {time:g} h, when the dose was given",
    "no sample after the dose at {time:g} h and before the next",
    "no sample is measurable",
    "{known:g} measurable samples after the highest; λz needs 3",
    "the concentration does not fall at the end",
    "the last measurable sample is before {tau:g} h and there is no λz",
    "earlier doses left {before:.3g} {unit} when this one was given: to infinity the curve is not of one dose; "
    "take the first dose, or AUCTAU and what is divided by it at steady state",
    "no sample between the dose before and this one tells what that left",
    "steady state is not reached: the trough goes from {before:.3g} to {after:.3g} {unit}, which puts dose over "
    "AUCTAU {excess:+.2g} % off the clearance; take a later dose, or the first to infinity",
    "a first dose is not at steady state, and without λz it is not known how far from it",
    "this dose is {amount:g} {dose_unit} and the first {reference:g} {dose_unit}",
    "AUCTAU of this dose or of the first is missing",
    "CMAX of this dose or of the first is missing",
)
(
    GIVEN, NOT_ASKED, NO_START, NO_SAMPLE, NOT_MEASURABLE, FEW, NO_FALL, SHORT, CARRIED, UNSEEN, NOT_STEADY, FIRST,
    OTHER_SIZE, NO_AREA, NO_PEAK,
) = range(len(REASONS))  # fmt: skip

# What a code of `Analyses.notes` says.
NOTES = (
    "",
    "{before:.3g} {unit} were there before this first dose, {of_peak:.2g} % of CMAX",
    "{share:.2g} % of AUCIFO is what earlier doses left",
    "it holds for a first dose: what was there before a bolus is not seen",
    "the trough goes from {before:.3g} to {after:.3g} {unit}: dose over AUCTAU is {excess:+.2g} % off the clearance",
    "without λz, or a sample before the dose, it is not known whether steady state is reached",
    "by the formula for steady state, from AUMCTAU",
)
PLAIN, THERE_BEFORE, LITTLE_LEFT, BOLUS_BEFORE, OFF, UNKNOWN, FROM_TAU = range(len(NOTES))

_SLOPE = ("LAMZ", "LAMZHL", "LAMZNPT", "LAMZLL", "LAMZUL", "R2", "R2ADJ")
_INFINITY = ("AUCIFO", "AUCIFP", "AUCPEO", "AUCPEP", "AUMCIFO")
_INTERVAL = ("AUCTAU", "AUMCTAU", "CAVG", "CMIN", "FLUCP")
# C stands for the unit of the concentrations.
_UNITS = {
    **dict.fromkeys(("CMAX", "CLST", "C0", "CAVG", "CMIN"), "C"),
    **dict.fromkeys(("TMAX", "TLST", "LAMZHL", "LAMZLL", "LAMZUL", "MRTEVIFO", "MRTIVIFO"), "h"),
    **dict.fromkeys(("AUCLST", "AUCIFO", "AUCIFP", "AUCTAU"), "C*h"),
    **dict.fromkeys(("AUMCLST", "AUMCIFO", "AUMCTAU"), "C*h^2"),
    **dict.fromkeys(("AUCPEO", "AUCPEP", "AUCPBEO", "FLUCP"), "%"),
    **dict.fromkeys(("CLFO", "CLO", "CLFTAU", "CLTAU"), "L/h"),
    **dict.fromkeys(("VZFO", "VZO", "VSSO", "VZFTAU", "VZTAU"), "L"),
    "LAMZ": "1/h",
}  # fmt: skip


@dataclass(frozen=True)
class Samples:
    """Curves end to end: curve i has the samples from at[i] to at[i + 1], in hours from its dose."""

    t: Array
    c: Array
    at: Whole

    @property
    def sizes(self) -> Whole:
        return np.diff(self.at)

    def before(self, when: Array) -> Whole:
        """How many samples of each curve come before a time (curves,)."""
        return np.add.reduceat(self.t < np.repeat(when, self.sizes), self.at[:-1], dtype=np.intp)

    def upto(self, x: Array, stop: Whole, otherwise: float) -> Array:
        """`x` (samples,) up to the sample `stop` of each curve, `otherwise` after it."""
        if np.array_equal(stop, self.at[1:] - 1):
            return x
        return np.where(np.arange(x.size) <= np.repeat(stop, self.sizes), x, otherwise)

    def total(self, x: Array, stop: Whole) -> Array:
        """The sum of `x` (samples,), each of which reaches to the next sample, up to the sample `stop`."""
        whole = np.array_equal(stop, self.at[1:] - 1)
        return np.add.reduceat(x if whole else self.upto(x, stop - 1, 0.0), self.at[:-1])

    def keep(self, which: Yes) -> "Samples":
        """Without the samples that are False."""
        held = np.concatenate([[0], np.cumsum(which)])
        return Samples(self.t[which], self.c[which], held[self.at])

    def rows(self, which: Whole) -> "Samples":
        """Only these curves, in this order."""
        sizes = self.sizes[which]
        at = offsets(sizes)
        index = np.arange(at[-1]) + np.repeat(self.at[which] - at[:-1], sizes)
        return Samples(self.t[index], self.c[index], at)


@dataclass(frozen=True)
class Course:
    """What is known of each curve beside its samples; arrays are (curves,), hours are from the dose.

    `before`: what was measured `before_h` hours ahead of the dose, at the end of what came earlier, NaN where
    nobody knows. `repeated`: there were earlier doses; `seen` is False where a sample does not tell what the one
    before did. `regular_h`: for how long, at the interval's end, doses and intervals were equal. `input_h`: when
    the last infusion that matters ends. `mean_input_h`: half the time of the dose's own infusion.
    """

    time: Array
    amount: Array
    tau: Array
    before: Array
    before_h: Array
    repeated: Yes
    seen: Yes
    regular_h: Array
    input_h: Array
    mean_input_h: Array


@dataclass(frozen=True)
class Analyses:
    """`values[name]` (curves,), NaN where missing; `missing` and `notes` are codes of REASONS and NOTES, 0 for none."""

    values: dict[str, Array]
    missing: dict[str, Codes]
    notes: dict[str, Codes]
    units: dict[str, str]
    numbers: dict[str, Any]

    def why(self, row: int, name: str) -> str:
        """Why a value is missing; empty where it is given."""
        return self._say(REASONS[self.missing[name][row]], row)

    def note(self, row: int, name: str) -> str:
        """What must be known of a value; empty where nothing."""
        return self._say(NOTES[self.notes[name][row]] if name in self.notes else "", row)

    def _say(self, words: str, row: int) -> str:
        own = (
            {k: x if isinstance(x, str) else float(x[row]) for k, x in self.numbers.items()} if words else {}
        )
        return words.format(**own)


def offsets(sizes: Whole) -> Whole:
    """Where each curve starts, and the end of the last."""
    return np.concatenate([np.zeros(1, np.intp), np.cumsum(sizes, dtype=np.intp)])


def analyse(
    samples: Samples,
    course: Course,
    excluded: Codes,
    *,
    unit: str,
    dose_unit: str,
    litres_per_hour: float,
    administration: str,
    rule: str,
) -> Analyses:
    """The analysis of each curve but those that have a reason in `excluded` (curves,).

    samples: none NaN or negative, 0 below the limit. litres_per_hour: what turns dose over area into L/h.
    """
    n = excluded.size
    measurable = np.add.reduceat(np.append(samples.c > 0, False), samples.at[:-1], dtype=np.intp) > 0
    excluded = np.where((excluded == GIVEN) & ~(measurable & (samples.sizes > 0)), NOT_MEASURABLE, excluded)
    alive = np.flatnonzero(excluded == GIVEN)
    made = _Maker(alive, excluded)
    if alive.size:
        own = samples if alive.size == n else samples.rows(alive)
        whole = Course(**{k: v[alive] for k, v in vars(course).items()})
        # What is missing runs through the formulae as nan.
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            _fill(made, own, whole, administration, rule, litres_per_hour)
    numbers: dict[str, Any] = {
        **made.numbers,
        "time": course.time,
        "tau": course.tau,
        "amount": course.amount,
    }
    numbers |= {"unit": unit, "dose_unit": dose_unit}
    units = {name: _UNITS.get(name, "").replace("C", unit, 1) for name in MEANINGS}
    return Analyses(made.values, made.missing, made.notes, units, numbers)


class _Maker:
    """Spreads what is computed for the curves that can be analysed over all of them."""

    def __init__(self, alive: Whole, excluded: Codes) -> None:
        self.alive, n = alive, excluded.size
        self.values = {name: np.full(n, np.nan) for name in MEANINGS}
        asked = np.where(excluded == GIVEN, NOT_ASKED, excluded).astype(np.int8)
        self.missing = {name: asked.copy() for name in MEANINGS}
        self.notes: dict[str, Codes] = {}
        self.numbers: dict[str, Array] = {}

    def give(self, name: str, value: Array, why: Codes | int = GIVEN) -> None:
        """`value` where `why` is 0."""
        codes = np.broadcast_to(np.asarray(why, np.int8), value.shape)
        self.missing[name][self.alive] = codes
        self.values[name][self.alive] = np.where(codes == GIVEN, value, np.nan)

    def note(self, name: str, codes: Codes) -> None:
        given = self.missing[name][self.alive] == GIVEN
        self.notes[name] = np.zeros(self.values[name].size, np.int8)
        self.notes[name][self.alive] = np.where(given, codes, PLAIN)

    def number(self, name: str, value: Array) -> None:
        self.numbers[name] = np.full(self.values["CMAX"].size, np.nan)
        self.numbers[name][self.alive] = value


def _fill(
    made: _Maker, samples: Samples, course: Course, administration: str, rule: str, litres_per_hour: float
) -> None:
    bolus, vein = administration == "bolus", administration != "extravascular"
    s, put_first, c0 = _from_zero(_without_gaps(samples, bolus), bolus)
    t, c, start = s.t, s.c, s.at[:-1]
    last = _last_measurable(s)
    t_last, c_last = t[last], c[last]
    # The highest of the samples proper; what was put at 0 is none.
    proper = c
    if put_first.any():
        proper = c.copy()
        proper[start[put_first]] = -1.0
    peak = np.maximum.reduceat(proper, start)
    hits = np.flatnonzero(proper == np.repeat(peak, s.sizes))
    top = hits[np.searchsorted(hits, start)]
    areas, moments = _pieces(s, rule)
    auc, aumc = s.total(areas, last), s.total(moments, last)
    observed_now = (peak, t[top], c_last, t_last, auc, aumc)
    for name, value in zip(("CMAX", "TMAX", "CLST", "TLST", "AUCLST", "AUMCLST"), observed_now, strict=True):
        made.give(name, value)

    # λz: after the highest, which a bolus counts, and not while an infusion runs.
    first = top if bolus else top + 1
    if course.input_h.any():
        first = np.maximum(first, start + s.before(course.input_h))
    logs = np.log(c)
    fit = terminals(t, logs, first, last)
    λ = fit.slope
    known = np.maximum(last - first + 1, 0)
    no_slope = np.where(np.isnan(λ), np.where(known < 3, FEW, NO_FALL), GIVEN)
    lower = t[last + 1 - np.where(no_slope == GIVEN, fit.count, 1).astype(np.intp)]
    slopes = λ, np.log(2) / λ, fit.count, lower, t_last, fit.r2, fit.adjusted_r2
    for name, value in zip(_SLOPE, slopes, strict=True):
        made.give(name, value, no_slope)

    # To infinity, which is of this dose where next to nothing was left by others.
    beyond = c_last / λ
    observed, predicted = auc + beyond, auc + fit.last / λ
    trough = np.where(course.before_h > 0, course.before * np.exp(-λ * course.before_h), course.before)
    share = trough / (λ * observed)
    alone = course.seen & ((course.before == 0) | (share <= SLIGHT))
    carried = course.repeated & ~alone
    single = np.where(carried, np.where(course.before > 0, CARRIED, UNSEEN), no_slope)
    moment = aumc + t_last * beyond + beyond / λ
    shares = 100 * (1 - auc / observed), 100 * (1 - auc / predicted)
    for name, value in zip(_INFINITY, (observed, predicted, *shares, moment), strict=True):
        made.give(name, value, single)
    if bolus:
        made.give("C0", c0, np.where(put_first, GIVEN, NOT_ASKED))
        made.give("AUCPBEO", 100 * areas[start] / observed, np.where(put_first, single, NOT_ASKED))

    # The interval, whose end is a sample, between samples, or on the terminal line.
    asked = ~np.isnan(course.tau)
    # A sample at the end of the last interval is there whatever the last digit of its time.
    at_last = ~asked | (np.abs(course.tau - t_last) <= 1e-9 * course.tau)
    τ = np.where(at_last, t_last, course.tau)
    next_ = start + s.before(τ)
    from_ = np.clip(next_ - 1, start, last)
    inside = t_last >= τ
    next_ = np.where(inside, next_, last)
    inner = between(t[from_], c[from_], t[next_], c[next_], τ, rule)
    inner = np.where(t[next_] == τ, c[next_], inner)
    end = np.where(inside, inner, c_last * np.exp(-λ * (τ - t_last)))
    no_interval = np.where(asked, np.where(inside | (no_slope == GIVEN), GIVEN, SHORT), NOT_ASKED)
    rest = pieces(t[from_], c[from_], τ, end, rule)
    auc_tau, aumc_tau = s.total(areas, from_) + rest[0], s.total(moments, from_) + rest[1]
    low = np.minimum(np.minimum.reduceat(s.upto(c, from_, np.inf), start), end)
    high = np.maximum(np.maximum.reduceat(s.upto(proper, from_, 0.0), start), end)
    mean = auc_tau / τ
    for name, value in zip(_INTERVAL, (auc_tau, aumc_tau, mean, low, 100 * (high - low) / mean), strict=True):
        made.give(name, value, no_interval)
    made.give("AILAMZ", -1 / np.expm1(-λ * τ), np.where(asked, no_slope, NOT_ASKED))

    # Steady state. That it is not reached is certain where neither the trough nor the regimen says so.
    excess = (end - trough) / (λ * auc_tau)
    regular = np.exp(-λ * course.regular_h) <= UNSETTLED
    unsettled = (np.abs(excess) > UNSETTLED) & ~regular
    only_first = ~course.repeated & (course.before == 0) & np.isfinite(course.regular_h)
    no_amount = np.isnan(course.amount) | (course.amount == 0)
    steady = np.where(only_first & (no_slope != GIVEN), FIRST, np.where(unsettled, NOT_STEADY, GIVEN))
    steady = np.where(no_interval == GIVEN, steady, no_interval)
    settled = carried & (no_interval == GIVEN) & (np.abs(excess) <= UNSETTLED) & (course.before > 0)

    over = "" if vein else "F"
    of_dose = np.where(no_amount, NOT_ASKED, single)
    of_tau = np.where(no_amount, NOT_ASKED, steady)
    clearance, of_area = (course.amount / x * litres_per_hour for x in (observed, auc_tau))
    made.give(f"CL{over}O", clearance, of_dose)
    made.give(f"VZ{over}O", clearance / λ, of_dose)
    made.give(f"CL{over}TAU", of_area, of_tau)
    made.give(f"VZ{over}TAU", of_area / λ, np.where(of_tau == GIVEN, no_slope, of_tau))
    stay = np.where(settled, (aumc_tau + τ * (observed - auc_tau)) / auc_tau, moment / observed)
    stay -= course.mean_input_h if vein else 0.0
    of_stay = np.where(settled, GIVEN, single)
    made.give("MRTIVIFO" if vein else "MRTEVIFO", stay, of_stay)
    if vein:
        volume = stay * np.where(settled, of_area, clearance)
        made.give("VSSO", volume, np.where(no_amount, NOT_ASKED, of_stay))

    there = course.before > 0
    alone_note = np.where(course.repeated, LITTLE_LEFT * there, np.where(there, THERE_BEFORE, PLAIN))
    alone_note = np.where(~course.repeated & np.isnan(course.before), BOLUS_BEFORE, alone_note)
    off = np.abs(excess) > SLIGHT
    tau_note = np.where(np.isnan(excess), UNKNOWN, np.where(off, OFF, PLAIN))
    stay_note = np.where(settled, np.where(off, OFF, FROM_TAU), alone_note)
    for name in (*_INFINITY, "AUCPBEO", f"CL{over}O", f"VZ{over}O"):
        made.note(name, alone_note)
    for name in (f"CL{over}TAU", f"VZ{over}TAU"):
        made.note(name, tau_note)
    for name in ("MRTIVIFO", "VSSO") if vein else ("MRTEVIFO",):
        made.note(name, stay_note)
    numbers = known.astype(float), course.before, end, 100 * excess, 100 * share, 100 * course.before / peak
    for name, value in zip(("known", "before", "after", "excess", "share", "of_peak"), numbers, strict=True):
        made.number(name, value)


def _without_gaps(s: Samples, bolus: bool) -> Samples:
    """Without samples that are 0 between measurable ones, and at the time of a bolus."""
    zero = s.c == 0
    if not zero.any():
        return s
    positives = np.flatnonzero(~zero)
    first, last = positives[np.searchsorted(positives, s.at[:-1])], _last_measurable(s)
    index = np.arange(s.c.size)
    gap = zero & (index > np.repeat(first, s.sizes)) & (index < np.repeat(last, s.sizes))
    if bolus:
        start = s.at[:-1]
        gap[start] |= zero[start] & (s.t[start] == 0)
    return s.keep(~gap)


def _last_measurable(s: Samples) -> Whole:
    ends = s.at[1:] - 1
    if np.all(s.c[ends] > 0):
        return ends
    positives = np.flatnonzero(s.c > 0)
    return positives[np.searchsorted(positives, ends, side="right") - 1]


def _from_zero(s: Samples, bolus: bool) -> tuple[Samples, Yes, Array]:
    """The samples with one at 0, for which curves it was put there, and its value."""
    start, sizes = s.at[:-1], s.sizes
    put = s.t[start] != 0
    value = np.zeros(put.size)
    if not put.any():
        return s, put, value
    if bolus:
        c1, t1 = s.c[start], s.t[start]
        second = np.minimum(start + 1, s.at[1:] - 1)
        c2, t2 = s.c[second], s.t[second]
        falls = (sizes > 1) & (c1 > c2) & (c2 > 0)
        value = np.where(
            falls, c1 * (c1 / np.where(falls, c2, 1.0)) ** (t1 / np.where(falls, t2 - t1, 1.0)), c1
        )
    at = offsets(sizes + put)
    t, c = np.zeros(at[-1]), np.zeros(at[-1])
    to = np.arange(s.t.size) + np.repeat(np.cumsum(put), sizes)
    t[to], c[to] = s.t, s.c
    c[at[:-1][put]] = value[put]
    return Samples(t, c, at), put, value


def _pieces(s: Samples, rule: str) -> tuple[Array, Array]:
    """Area and moment of each sample and the next one of its curve, 0 for the last."""
    found = pieces(s.t[:-1], s.c[:-1], s.t[1:], s.c[1:], rule)
    whole = tuple(np.append(x, 0.0) for x in found)
    for x in whole:
        x[s.at[1:] - 1] = 0.0
    return whole[0], whole[1]
