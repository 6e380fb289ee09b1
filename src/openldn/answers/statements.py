"""Sentences about mechanism that the model works out: dose to blockade, exposure over potency.

Each statement is one sentence with its numbers computed now, the names of assumed parameters behind
them and the sources of the rest. Claims cite them by name (`evidence.COMPUTED`).
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from openldn.answers.belief import DAYS, belief
from openldn.answers.dose_answer import DoseAnswer
from openldn.answers.doses import dose
from openldn.answers.hypotheses import HYPOTHESES
from openldn.answers.opioids import OPIOIDS
from openldn.answers.rival import PLASMA, SLOW, unless
from openldn.answers.running import solved
from openldn.answers.stated import Stated, percent, point, rough, shown, stated, two
from openldn.engine import parse_dose, parse_regimen, schedule
from openldn.notation import Estimate, UnknownName
from openldn.pharmacology import facts, model

DOSES_MG = ("1mg", "3mg", "4.5mg", "6mg", "50mg")
LDN, FULL = "4.5mg", "50mg"
_LDN_MG = parse_dose(LDN)
RARE = 5  # of 100 draws: what a sentence treats as not happening


def statement(name: str) -> Stated:
    """The statement of this name, computed once. Raises UnknownName."""
    if name not in _STATEMENTS:
        raise UnknownName("statement", name, _STATEMENTS)
    return _computed(name)


@lru_cache(maxsize=16)
def regimen_answer(amount: str) -> DoseAnswer:
    """The standard run of the review for one dose: every 24 h for 28 days, persons of the default seed."""
    return dose(amount)


@lru_cache(maxsize=16)
def _computed(name: str) -> Stated:
    return _STATEMENTS[name](name)


def _blockade_by_dose(name: str) -> Stated:
    runs = {amount: regimen_answer(amount).answers for amount in (LDN, FULL)}
    mean = {amount: run["mu_occupancy_mean"] for amount, run in runs.items()}
    first = 100 * _first_dose_peak(LDN)
    plasma = belief(LDN, PLASMA).mean("occ_mu_brain", "%", 100)
    text = (
        f"In the model a first dose of 4.5 mg occupies at most {first:.0f} % of mu receptors in the brain, "
        f"4.5 mg a day {shown(mean[LDN])} % on average and 50 mg a day {shown(mean[FULL])} % (between persons): "
        "blockade, and nothing that switches a receptor on. "
        + unless(f"4.5 mg a day would occupy {plasma.value:.0f} % on average")
    )
    numbers = {
        "first_dose_peak_mu": point(first, "%"),
        "mean_mu_4.5mg": mean[LDN],
        "mean_mu_50mg": mean[FULL],
        "mean_mu_4.5mg_plasma": plasma,
    }
    return stated(name, text, numbers, ("occ_mu_brain",))


def _hours_blocked(name: str) -> Stated:
    about, plasma = belief(LDN), belief(LDN, PLASMA)
    hours, mean = about.hours_above("occ_mu_brain", 0.5), about.mean("occ_mu_brain", "%", 100)
    rival = plasma.hours_above("occ_mu_brain", 0.5), plasma.mean("occ_mu_brain", "%", 100)
    few_h = facts()["OG010_0_1_mg_kg"].values[1]
    step_h = about.hours[1] - about.hours[0]
    short = about.share_of_draws((about.outputs["occ_mu_brain"][:, :-1] > 0.5).sum(axis=1) * step_h <= few_h)
    text = (
        f"On 4.5 mg a day more than half of mu receptors in the brain are occupied for {hours.value:.0f} of 24 hours "
        f"({hours.low:.0f} to {hours.high:.0f} over the model's unsure numbers), {shown(mean)} % on average; for {few_h:.0f} "
        f"hours or fewer, as the idea of a short blockade with a rebound has it, in {short:.0f} % of the draws. "
        + unless(f"it would be {rival[0].value:.1f} hours, and {rival[1].value:.0f} % on average")
    )
    found = {
        "hours_above_half": hours, "mean_mu": mean, "draws_short": point(short, "%"),
        "hours_above_half_plasma": rival[0], "mean_mu_plasma": rival[1],
    }  # fmt: skip
    return stated(name, text, found, ("occ_mu_brain",), (facts()["OG010_0_1_mg_kg"].source,))


def _endorphin_rise(name: str) -> Stated:
    rise, plasma = (_rise(kinetics) for kinetics in (SLOW, PLASMA))
    text = (
        f"On 4.5 mg a day β-endorphin would rise by {shown(rise)} % if its production answers blockade as one comparison "
        "of former addicts on the full dose with other people suggests; no controlled measurement on a low dose was found. "
        + unless(f"it would be {plasma.value:.0f} %")
    )
    found = {"beta_endorphin_rise": rise, "beta_endorphin_rise_plasma": plasma}
    return stated(name, text, found, ("POMC",))


def _rise(kinetics: str) -> Estimate:
    about = belief(LDN, kinetics)
    return about.of(100 * (about.outputs["POMC"][:, :-1].mean(axis=1) - 1), "%")


def _net_tone(name: str) -> Stated:
    about = belief(LDN)
    tone, plasma = about.mean("tone_mu", "1"), belief(LDN, PLASMA).mean("tone_mu", "1")
    above = about.share_of_draws(about.outputs["tone_mu"].mean(axis=1) > 1)
    text = (
        f"{balance(above)}: with the rise in endorphins and in receptors counted, the "
        f"net action of opioids at mu receptors in the brain is {two(tone)} of that without the drug; "
        f"{above:.0f} % of the draws of the unsure numbers leave more than without it. "
        + unless(f"it would be {plasma.value:.2f}")
    )
    numbers = {"net_tone": tone, "draws_above_rest": point(above, "%"), "net_tone_plasma": plasma}
    return stated(name, text, numbers, ("tone_mu",))


def balance(above: float) -> str:
    """What can be said of gain against blockade when `above` of 100 draws leave more tone than at rest."""
    if above <= RARE:
        return "What is gained does not make up for what is blocked"
    if above >= 100 - RARE:
        return "What is gained more than makes up for what is blocked"
    return "Whether what is gained makes up for what is blocked is open"


def _tlr4_margin(name: str) -> Stated:
    return _margin(
        name, "engaged_TLR4", "IC50_TLR4", "TLR4 signalling in mouse microglia (for the mirror image)"
    )


def _nox2_margin(name: str) -> Stated:
    return _margin(name, "engaged_NOX2", "IC50_NOX2", "NOX2, the microglial oxidative burst (for naloxone)")


def _margin(name: str, engaged: str, potency: str, target: str) -> Stated:
    about = belief(LDN)
    peak, engagement = about.peak("CU_BRAIN", "nmol/L"), about.peak(engaged, "%", 100)
    needed = model().parameters[potency].value
    assert peak.value is not None
    grams = _LDN_MG * needed / peak.value / 1000
    text = (
        f"Half inhibition of {target} took {needed / 1000:.3g} µM; the highest unbound concentration on 4.5 mg a "
        f"day is {two(peak)} nM in the model, about {rough(needed / peak.value)} times less, and engages "
        f"{percent(engagement)} %. Half engagement would take about {rough(grams)} g by mouth."
    )
    numbers = {
        "unbound_peak": peak,
        "half_inhibition": point(needed, "nmol/L"),
        "engagement": engagement,
        "dose_for_half": point(grams, "g"),
    }
    return stated(name, text, numbers, (engaged,))


def highest(amount: str, output: str, *, once: bool = False) -> float:
    """The typical person's highest value of an output over DAYS days of daily doses, or after one."""
    return float(np.max(_typical(amount, (output,), once)[output]))


def highest_in_brain(amount: str) -> float:
    """Highest unbound naltrexone in brain water, nmol/L, on daily doses of `amount`."""
    return highest(amount, "CU_BRAIN")


def _first_dose_peak(amount: str) -> float:
    return highest(amount, "occ_mu_brain", once=True)


def _typical(amount: str, outputs: tuple[str, ...], once: bool) -> dict[str, Any]:
    text, hours = (f"{amount} once", 48.0) if once else (f"{amount} every 24h", 24.0 * DAYS)
    given = schedule(parse_regimen(text), "oral", hours)
    times = np.arange(0.0, hours + 0.05, 0.1)
    result = solved(model(), given, times, outputs)
    return {name: result.of(name)[0] for name in outputs}


_STATEMENTS: dict[str, Callable[[str], Stated]] = {
    "blockade_by_dose": _blockade_by_dose,
    "hours_blocked": _hours_blocked,
    "endorphin_rise": _endorphin_rise,
    "net_tone": _net_tone,
    "tlr4_margin": _tlr4_margin,
    "nox2_margin": _nox2_margin,
    **OPIOIDS,
    **HYPOTHESES,
}
