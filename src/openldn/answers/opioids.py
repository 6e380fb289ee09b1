"""The drug and other people's opioids: withdrawal, reward, and an opioid given for pain.

Occupancy in somebody who takes no opioid says little about somebody who does: there the agonist holds the
receptors, and what counts is how much of its hold the drug takes away, and how soon.
"""

from collections.abc import Callable

import numpy as np

from openldn.answers.belief import KIND, belief, possible_models
from openldn.answers.rival import PLASMA, unless
from openldn.answers.running import daily, solved
from openldn.answers.stated import Stated, point, shown, stated, two
from openldn.notation import Estimate
from openldn.pharmacology import facts, model
from openldn.proof import checks

_WITHDRAWAL = "48"  # the check that holds the same sentence against the trial
_FOLLOWED_H, _STEP_H = 48.0, 0.1


def _low_dose_withdrawal(name: str) -> Stated:
    dose, crushed, intact, onset = (facts()[f"PD001{x}"] for x in ("", "_crushed", "_intact", "_onset"))
    (onset_h,), (milligrams,) = onset.values, dose.values
    hours = np.arange(0.0, _FOLLOWED_H + _STEP_H / 2, _STEP_H)
    outputs = ("displaced_share", "in_withdrawal")
    run = solved(model(), daily(milligrams, 1), hours, outputs, possible_models())
    taken, ill = 100 * run.of("displaced_share"), 100 * run.of("in_withdrawal")
    early = int(np.searchsorted(hours, onset_h - _STEP_H / 2))
    peak_h = hours[taken[0].argmax()]
    half = model().parameters["LOST_HALF"].value
    found = {
        "displaced_at_onset": _estimate(taken[:, early]),
        "displaced_at_peak": _estimate(taken.max(axis=1)),
        "in_withdrawal_at_onset": _estimate(ill[:, early]),
        "hour_of_peak": point(float(peak_h), "h"),
        "seen_in_withdrawal": point(100 * crushed.values[0] / _people(crushed), "%", "counted in the trial"),
    }
    text = (
        f"Milligrams bring on withdrawal: crushed capsules with {milligrams:g} mg or more did within {onset_h:g} h in "
        f"{crushed.values[0]:g} of {_people(crushed)} opioid-treated people, though {intact.values[0]:g} of {_people(intact)} "
        f"had it on intact capsules without measurable naltrexone. In the model {milligrams:g} mg takes away "
        f"{two(found['displaced_at_onset'])} % of the opioid tone of somebody who depends on opioids by then and "
        f"{two(found['displaced_at_peak'])} % at its fullest, after {peak_h:.0f} h; by a prior, half of people would be in "
        f"withdrawal at {100 * half:.0f} %. {_agreement(float(ill[0, early]))}"
    )
    return stated(name, text, found, outputs, (onset.source,))


def _agreement(percent: float) -> str:
    """Whether the share in withdrawal that the model has, in percent, is one that the trial allows."""
    check = next(c for c in checks() if c.id == _WITHDRAWAL)
    assert check.low is not None
    assert check.high is not None
    if percent < check.low:
        return (
            "So the model does not explain what was seen: blockade came sooner or cut deeper than it has it, and its small "
            "number is no sign of safety."
        )
    if percent > check.high:
        return "So the model has more withdrawal than was seen."
    return "That agrees with what was seen."


def _reward_left(name: str) -> Stated:
    full, low = (belief(amount).mean("reward_left", "%", 100) for amount in ("50mg", "4.5mg"))
    text = (
        f"In the model the licensed 50 mg a day leaves an opioid at its usual level {shown(full)} % of its reward, 4.5 mg "
        f"a day {shown(low)} %. Craving itself is not in it: whether people whose opioid brings no reward crave less is what "
        "trials of maintenance have to say."
    )
    return stated(name, text, {"reward_left_50mg": full, "reward_left_4.5mg": low}, ("reward_left",))


def opioid_on_top() -> Stated:
    """What an opioid given for pain would meet on 4.5 mg and on 50 mg a day."""
    found = {}
    for amount in ("4.5mg", "50mg"):
        about = belief(amount)
        found[f"dose_ratio_{amount}"] = about.mean("dose_ratio", "1")
        found[f"effect_left_{amount}"] = about.mean("opioid_effect_left", "%", 100)
    plasma = belief("4.5mg", PLASMA).mean("opioid_effect_left", "%", 100)
    found["effect_left_4.5mg_plasma"] = plasma
    text = (
        f"On 4.5 mg a day a usual dose of an opioid would act on {shown(found['effect_left_4.5mg'])} % as many receptors as "
        f"without LDN, on 50 mg on {shown(found['effect_left_50mg'])} %. To act on as many as before its level would have to "
        f"be {shown(found['dose_ratio_4.5mg'], 1)} times the usual, on 50 mg {shown(found['dose_ratio_50mg'])} times, and "
        "such a level is dangerous as blockade wears off. How much of the receptors a working dose holds is assumed (X_OPIOID). "
        + unless(f"it would be {plasma.value:.0f} % on 4.5 mg")
    )
    return stated("What would an opioid painkiller meet?", text, found, ("opioid_effect_left", "dose_ratio"))


def _people(fact: object) -> int:
    n = getattr(fact, "n", None)
    assert isinstance(n, int)
    return n


def _estimate(values: "np.typing.NDArray[np.float64]") -> Estimate:
    low, high = np.percentile(values[1:], [5, 95])
    return Estimate(float(values[0]), float(low), float(high), "%", KIND)


OPIOIDS: dict[str, Callable[[str], Stated]] = {
    "low_dose_withdrawal": _low_dose_withdrawal,
    "reward_left": _reward_left,
}
