"""The one computation of a noncompartmental analysis: many curves at once, laid end to end.

What is asked of a curve is in `nca`, the formulae too. Here stands when a formula holds.

A curve that starts above 0 holds what earlier doses left. If they fade at λz, their area is C₀/λz, and

    AUCIFO − C₀/λz = AUCTAU + (C_τ − C₀)/λz = F · dose/CL

So AUCIFO, and all that rests on it, is the dose's own only where C₀/λz is nothing beside it; and dose/AUCTAU is
the clearance only at steady state, where C_τ = C₀. Otherwise it is too high by the share

    excess = (C_τ − C₀) / (λz AUCTAU)

which of n equal doses of one exponential is exp(−n λz τ)/(1 − exp(−n λz τ)). Both are exact where distribution and
absorption are over at the end of the interval; a phase slower than the interval shows is not seen. CLFTAU is
missing above 5 % where also equal doses at equal intervals have not lasted for ln(20)/λz, and after a first dose
that is not over; a trough alone, one sample with its error, does not take it away: then `notes` has the excess.

At steady state the moment of one dose to infinity is AUMCTAU + τ (AUCIFO − AUCTAU), with AUCIFO that of the
curve (Phoenix's MRTINF at steady state): each cycle before added τ to the time of what it left.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openldn.engine.nca_areas import Whole, between, pieces, terminals
from openldn.engine.nca_samples import Samples, Yes, from_zero, last_measurable, pieces_of, without_gaps
from openldn.engine.nca_terms import (
    BOLUS_BEFORE,
    CARRIED,
    FEW,
    FIRST,
    FROM_TAU,
    GIVEN,
    LITTLE_LEFT,
    MEANINGS,
    NO_FALL,
    NOT_ASKED,
    NOT_MEASURABLE,
    NOT_STEADY,
    NOTHING,
    OFF,
    PLAIN,
    SHORT,
    THERE_BEFORE,
    UNITS,
    UNKNOWN,
    UNSEEN,
    Analyses,
    Codes,
    How,
)

Array = NDArray[np.float64]
# A thousandth of an area is less than the trapezoids are off; PKNCA's superposition calls a curve settled there.
SLIGHT = 1e-3
# Four to five half-lives, the field's rule for steady state, leave 3 to 6 % to come.
UNSETTLED = 0.05

_NUMBERS = ("known", "before", "after", "excess", "share", "of_peak")
_SLOPE = ("LAMZ", "LAMZHL", "LAMZNPT", "LAMZLL", "LAMZUL", "R2", "R2ADJ")
_INFINITY = ("AUCIFO", "AUCIFP", "AUCPEO", "AUCPEP", "AUMCIFO")
_INTERVAL = ("AUCTAU", "AUMCTAU", "CAVG", "CMIN")


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


def analyse(samples: Samples, course: Course, excluded: Codes, how: How) -> Analyses:
    """The analysis of each curve but those that have a reason in `excluded` (curves,).

    samples: none NaN or negative, 0 below the limit.
    """
    measurable = np.add.reduceat(np.append(samples.c > 0, False), samples.at[:-1], dtype=np.intp) > 0
    excluded = np.where((excluded == GIVEN) & ~(measurable & (samples.sizes > 0)), NOT_MEASURABLE, excluded)
    alive = np.flatnonzero(excluded == GIVEN)
    made = _Maker(alive, excluded)
    if alive.size:
        own = samples if alive.size == excluded.size else samples.rows(alive)
        whole = Course(**{k: v[alive] for k, v in vars(course).items()})
        # What is missing runs through the formulae as nan.
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            _fill(made, own, whole, how)
    numbers = {**made.numbers, "time": course.time, "tau": course.tau, "amount": course.amount}
    words = {"unit": how.unit, "dose_unit": how.dose_unit}
    units = {name: UNITS.get(name, "").replace("C", how.unit, 1) for name in MEANINGS}
    return Analyses(made.values, made.missing, made.notes, units, words, numbers)


class _Maker:
    """Spreads what is computed for the curves that can be analysed over all of them."""

    def __init__(self, alive: Whole, excluded: Codes) -> None:
        self.alive, n = alive, excluded.size
        self.values = {name: np.full(n, np.nan) for name in MEANINGS}
        asked = np.where(excluded == GIVEN, NOT_ASKED, excluded).astype(np.int8)
        self.missing = {name: asked.copy() for name in MEANINGS}
        self.notes = {name: np.zeros(n, np.int8) for name in MEANINGS}
        self.numbers = {name: np.full(n, np.nan) for name in _NUMBERS}

    def give(self, name: str, value: Array, why: Codes | int = GIVEN) -> None:
        """`value` where `why` is 0."""
        codes = np.broadcast_to(np.asarray(why, np.int8), value.shape)
        self.missing[name][self.alive] = codes
        self.values[name][self.alive] = np.where(codes == GIVEN, value, np.nan)

    def note(self, name: str, codes: Codes) -> None:
        given = self.missing[name][self.alive] == GIVEN
        self.notes[name][self.alive] = np.where(given, codes, PLAIN)

    def number(self, name: str, value: Array) -> None:
        self.numbers[name][self.alive] = value


def _fill(made: _Maker, samples: Samples, course: Course, how: How) -> None:
    bolus, vein = how.administration == "bolus", how.administration != "extravascular"
    rule, litres_per_hour = how.rule, how.litres_per_hour
    s, put_first, c0 = from_zero(without_gaps(samples, bolus), bolus)
    t, c, start = s.t, s.c, s.at[:-1]
    last = last_measurable(s)
    t_last, c_last = t[last], c[last]
    # The highest of the samples proper; what was put at 0 is none.
    proper = c
    if put_first.any():
        proper = c.copy()
        proper[start[put_first]] = -1.0
    peak = np.maximum.reduceat(proper, start)
    hits = np.flatnonzero(proper == np.repeat(peak, s.sizes))
    top = hits[np.searchsorted(hits, start)]
    areas, moments = pieces_of(s, rule)
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
    beyond, foretold = c_last / λ, fit.last / λ
    observed, predicted = auc + beyond, auc + foretold
    trough = np.where(course.before_h > 0, course.before * np.exp(-λ * course.before_h), course.before)
    share = trough / (λ * observed)
    alone = course.seen & ((course.before == 0) | (share <= SLIGHT))
    carried = course.repeated & ~alone
    single = np.where(carried, np.where(course.before > 0, CARRIED, UNSEEN), no_slope)
    moment = aumc + t_last * beyond + beyond / λ
    shares = 100 * beyond / observed, 100 * foretold / predicted
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
    for name, value in zip(_INTERVAL, (auc_tau, aumc_tau, mean, low), strict=True):
        made.give(name, value, no_interval)
    no_ratio = np.where((no_interval == GIVEN) & (auc_tau == 0), NOTHING, no_interval)
    made.give("FLUCP", 100 * (high - low) / mean, no_ratio)
    made.give("AILAMZ", -1 / np.expm1(-λ * τ), np.where(asked, no_slope, NOT_ASKED))

    # Steady state. That it is not reached is certain where neither the trough nor the regimen says so, and after a
    # first dose that is not over.
    excess = (end - trough) / (λ * auc_tau)
    regular = np.exp(-λ * course.regular_h) <= UNSETTLED
    only_first = ~course.repeated & (course.before == 0) & np.isfinite(course.regular_h)
    unsettled = np.where(only_first, excess > SLIGHT, (np.abs(excess) > UNSETTLED) & ~regular)
    no_amount = np.isnan(course.amount) | (course.amount == 0)
    steady = np.where(only_first & (no_slope != GIVEN), FIRST, np.where(unsettled, NOT_STEADY, GIVEN))
    steady = np.where(no_ratio == GIVEN, steady, no_ratio)
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
    for name, value in zip(_NUMBERS, numbers, strict=True):
        made.number(name, value)
