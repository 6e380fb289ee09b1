"""The article's other sentences about mechanism and harm, each as a distribution over what is not known.

Where a sentence rests on a number that nobody measured, what is computed is how often the possible models
agree with it, not whether it is true.
"""

from collections.abc import Callable

import numpy as np

from openldn.answers.belief import DAYS, KIND, belief, possible_models
from openldn.answers.rival import PLASMA, SLOW, unless, version
from openldn.answers.running import solved
from openldn.answers.stated import Stated, point, shown, stated, two
from openldn.answers.unwanted import usual_unwanted
from openldn.engine import parse_regimen, schedule
from openldn.notation import Estimate
from openldn.pharmacology import facts, model

_QUARTER_MORE = 1.25
_CLEAR = 0.05  # what the sentences call a twentieth
_SAID = {"nausea": "nausea", "headache": "headache", "any": "any event"}


def _rebound_after_stop(name: str) -> Stated:
    end = 2 * DAYS * 24.0
    given = schedule(parse_regimen(f"4.5mg every 24h for {DAYS}d then stop"), "oral", end)
    every, last = np.arange(0, end + 1, 3.0), float(given.dose_times()[-1])
    course, rival = (
        solved(
            model(),
            given,
            every,
            ("tone_mu",),
            {**possible_models(), **version(kinetics)},
        ).of("tone_mu")
        for kinetics in (SLOW, PLASMA)
    )
    stopped = every > last
    tone, hours = course[:, stopped], every[stopped]
    before = course[1:, ~stopped].max(axis=1)
    above, clearly = 100 * float(np.mean(before > 1)), 100 * float(np.mean(before > 1 + _CLEAR))
    peak, when = tone.max(axis=1), (hours[tone.argmax(axis=1)] - last) / 24
    highest, day = _of(peak, "1"), _of(when, "d")
    clear = 100 * float(np.mean(peak[1:] > 1 + _CLEAR))
    plasma = _of(rival[:, stopped].max(axis=1), "1")
    text = (
        f"A rebound in the sense of more opioid action than without the drug comes after stopping if at all: then net mu "
        f"tone peaks at {two(highest)} of rest in the {DAYS} days after the last dose; {clear:.0f} % of the draws exceed rest "
        f"by more than a twentieth. While 4.5 mg is taken daily, {above:.3g} % of the draws exceed rest at some hour, "
        f"{clearly:.3g} % by more than a twentieth. "
        + unless(f"the peak after stopping would be {plasma.value:.2f}")
    )
    found = {
        "peak_tone": highest, "day_of_peak": day, "draws_above_5_percent": point(clear, "%", KIND),
        "daily_draws_above": point(above, "%", KIND), "daily_draws_above_5_percent": point(clearly, "%", KIND),
        "peak_tone_plasma": plasma,
    }  # fmt: skip
    return stated(name, text, found, ("tone_mu",))


def _endorphin_threshold(name: str) -> Stated:
    mean = belief("4.5mg").outputs["POMC"].mean(axis=1)
    rival = belief("4.5mg", PLASMA)
    of_rival = rival.share_of_draws(rival.outputs["POMC"].mean(axis=1) >= _QUARTER_MORE)
    shares = {limit: 100 * float(np.mean(mean[1:] >= 1 + limit / 100)) for limit in (25, 50, 100)}
    text = (
        "No source names the threshold or measured one. For whoever wants to suppose one: production of β-endorphin on "
        f"4.5 mg a day is up by a quarter in {shares[25]:.0f} %, by half in {shares[50]:.0f} % and doubled in "
        f"{shares[100]:.0f} % of the draws of the model's unsure numbers. "
        + unless(f"it would be up by a quarter in {of_rival:.0f} %")
    )
    found = {f"draws_up_by_{limit}_percent": point(share, "%", KIND) for limit, share in shares.items()}
    found["draws_up_by_25_percent_plasma"] = point(of_rival, "%", KIND)
    return stated(name, text, found, ("POMC",))


def _growth_factor_rule(name: str) -> Stated:
    about = belief("4.5mg")
    hours = about.mean("blocked_share", "h/d", 24)
    fact = facts()["OG010_0_1_mg_kg"]
    short_h = fact.values
    short = about.share_of_draws(24 * about.outputs["blocked_share"].mean(axis=1) <= short_h[1])
    text = (
        f"In mice blockade for {short_h[0]:.0f} to {short_h[1]:.0f} hours a day held growth back and blockade all day drove it. "
        f"On 4.5 mg a day the receptor of opioid growth factor would be blocked for {shown(hours)} hours of 24; in {short:.0f} % "
        f"of the draws for {short_h[1]:.0f} hours or less. The affinity of the drug there was never measured, so which side "
        "of the mouse rule people are on is open."
    )
    found = {"hours_blocked": hours, "draws_short": point(short, "%", KIND)}
    return stated(name, text, found, ("blocked_share",), (fact.source,))


def _immune_messengers(name: str) -> Stated:
    given = schedule(parse_regimen("4.5mg every 24h"), "oral", DAYS * 24.0)
    at = np.array([DAYS * 24.0])
    outputs = ("IL6",)
    result = solved(model(), given, at, outputs, {**possible_models(), "cytokine": 1.0})
    change = _of(100 * (result.of("IL6")[:, 0] - 1), "%")
    down = 100 * float(np.mean(result.of("IL6")[1:, 0] < 1 - _CLEAR))
    up = 100 * float(np.mean(result.of("IL6")[1:, 0] > 1 + _CLEAR))
    text = (
        "Reports on inflammatory messengers contradict each other, so the model has no direction: if there is an effect at all, "
        f"IL-6 on 4.5 mg a day would change by {shown(change)} %, down by more than a twentieth in {down:.0f} % and up in "
        f"{up:.0f} % of the draws. That is what not knowing looks like; by default the model has no effect."
    )
    found = {"il6_change": change, "draws_down": point(down, "%", KIND), "draws_up": point(up, "%", KIND)}
    return stated(name, text, found, outputs, changed={"cytokine": 1.0})


def _side_effects(name: str) -> Stated:
    runs = {"4.5mg": usual_unwanted("4.5mg"), "50mg": usual_unwanted("50mg")}
    found = {f"{event}_{dose}": u.more[f"ae_{event}"] for dose, u in runs.items() for event in _SAID}
    outside = belief("4.5mg").mean("occ_mu_periphery", "%", 100)
    low, full = (
        ", ".join(f"{event} in {two(found[f'{e}_{d}'])}" for e, event in _SAID.items()) for d in runs
    )
    text = (
        f"{burden(found['any_4.5mg'])}: {shown(outside)} % of mu receptors outside the brain are blocked on average on 4.5 mg "
        f"a day, and of 100 people the drug adds in twelve weeks {low}; on 50 mg a day {full}. No trial of low doses went "
        "into these figures."
    )
    return stated(
        name, text, {**found, "mean_mu_periphery": outside}, ("occ_mu_periphery", *runs["4.5mg"].more)
    )


def burden(more: Estimate) -> str:
    """What can be said of a dose whose unwanted effects, of 100 people, are `more`."""
    assert more.value is not None
    assert more.low is not None
    if more.low >= 1:
        return "The model does not make a low dose free of unwanted effects"
    if more.value >= 1:
        return "Whether a low dose is free of unwanted effects is open in the model"
    return "In the model a low dose is all but free of unwanted effects"


def _of(values: "np.typing.NDArray[np.float64]", unit: str) -> Estimate:
    low, high = np.percentile(values[1:], [5, 95])
    return Estimate(float(values[0]), float(low), float(high), unit, KIND)


HYPOTHESES: dict[str, Callable[[str], Stated]] = {
    "rebound_after_stop": _rebound_after_stop,
    "endorphin_threshold": _endorphin_threshold,
    "growth_factor_rule": _growth_factor_rule,
    "immune_messengers": _immune_messengers,
    "side_effects": _side_effects,
}
