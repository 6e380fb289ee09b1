"""Opioids beside the drug: withdrawal, reward, and a painkiller on top, each held to its own equation."""

import math

import numpy as np
import pytest

from openldn.answers import opioids, statement
from openldn.answers.belief import belief
from openldn.answers.opioids import opioid_on_top
from openldn.engine import ev, simulate
from openldn.engine.events import nothing
from openldn.evidence import claim
from openldn.pharmacology import facts, model
from openldn.proof import checks, run_checks

MONTH = np.arange(13 * 24.0, 14 * 24.0 + 0.1, 0.5)


@pytest.mark.parametrize("mg", [1.0, 4.5, 50.0])
def test_the_level_that_is_said_to_restore_an_opioid_restores_it(mg: float) -> None:
    given = ev(f"{mg} mg", cmt="oral", ii=24, addl=13)
    usual = model().parameters["X_OPIOID"].value
    told = simulate(model(), given, MONTH, ("dose_ratio", "effect_alone"))
    for hour in (0, 20, -1):
        raised = {"X_OPIOID": usual * float(told.of("dose_ratio")[0, hour])}
        found = simulate(model(), given, MONTH, ("effect_with",), raised)
        # errors of the solver
        assert found.of("effect_with")[0, hour] == pytest.approx(told.of("effect_alone")[0, hour], rel=1e-6)


def test_without_the_drug_an_opioid_keeps_all_and_needs_no_more() -> None:
    found = simulate(
        model(), nothing(), np.array([0.0, 24.0]), ("dose_ratio", "opioid_effect_left", "reward_left")
    )
    # beta-endorphin is at its mean of the day in all three
    assert np.allclose(found.values, 1.0, atol=1e-9)


def test_the_answer_on_painkillers_gives_the_same_receptors_in_both_halves() -> None:
    found = dict(opioid_on_top().numbers)
    for amount in ("4.5mg", "50mg"):
        about = belief(amount)
        assert found[f"effect_left_{amount}"].value == pytest.approx(
            100 * about.outputs["opioid_effect_left"][0].mean(), abs=0.2
        )
    assert "receptors as without LDN" in opioid_on_top().text


def test_what_is_displaced_is_competitive_binding_done_by_hand() -> None:
    x = model().parameters["X_DEPENDENT"].value
    t = np.array([0.0, 0.8, 7.0])
    found = simulate(model(), ev("2.4 mg", cmt="oral"), t, ("R_mu", "displaced_share"), rtol=1e-9)
    r = found.of("R_mu")[0]
    assert found.of("displaced_share")[0] == pytest.approx(1 - (1 + x) / (1 + r + x), rel=1e-6, abs=1e-12)


def test_half_are_in_withdrawal_at_the_threshold() -> None:
    half = model().parameters["LOST_HALF"].value
    x = model().parameters["X_DEPENDENT"].value
    r = half * (1 + x) / (1 - half)  # solved from the share displaced
    found = simulate(model(), ev("50 mg", cmt="oral"), np.arange(0, 48, 0.05), ("R_mu", "in_withdrawal"))
    up = found.of("R_mu")[0][:200]
    at = np.interp(r, up[: up.argmax()], found.of("in_withdrawal")[0][: up.argmax()])
    assert at == pytest.approx(0.5, abs=0.01)


def test_the_warning_gives_the_trial_first_and_names_the_disagreement() -> None:
    said = statement("low_dose_withdrawal")
    found = dict(said.numbers)
    crushed = facts()["PD001_crushed"]
    assert f"{crushed.value:g} of {crushed.n} opioid-treated people" in said.text
    assert said.text.index("opioid-treated") < said.text.index("In the model")
    assert found["seen_in_withdrawal"].value == 50
    assert (found["displaced_at_onset"].value or 0) < (found["displaced_at_peak"].value or 0) / 2
    outcome = next(o for o in run_checks() if o.check.id == "48")
    assert outcome.model == pytest.approx(found["in_withdrawal_at_onset"].value, abs=0.01)
    assert (outcome.passed is False) == ("no sign of safety" in said.text)
    assert "%" not in said.text.split("In the model")[0], "no occupancy of somebody who takes no opioid"


def test_agreement_with_the_trial_is_said_only_where_there_is_some() -> None:
    check = next(c for c in checks() if c.id == "48")
    assert check.low is not None
    assert check.high is not None
    assert "does not explain" in opioids._agreement(check.low - 1)
    assert "agrees" in opioids._agreement((check.low + check.high) / 2)
    assert "more withdrawal" in opioids._agreement(check.high + 1)


def test_the_band_of_the_withdrawal_check_is_the_exact_interval_of_three_in_six() -> None:
    """Clopper and Pearson by their definition: each bound makes 3 or more extreme in 6 one in forty."""
    check = next(c for c in checks() if c.id == "48")
    k, n = int(facts()["PD001_crushed"].values[0]), facts()["PD001_crushed"].n
    assert n is not None
    assert check.low is not None
    assert check.high is not None
    at_least = sum(
        math.comb(n, i) * (check.low / 100) ** i * (1 - check.low / 100) ** (n - i) for i in range(k, n + 1)
    )
    at_most = sum(
        math.comb(n, i) * (check.high / 100) ** i * (1 - check.high / 100) ** (n - i) for i in range(k + 1)
    )
    # the band is written in whole percent
    assert at_least == pytest.approx(0.025, abs=0.003)
    assert at_most == pytest.approx(0.025, abs=0.003)


def test_an_intravenous_opioid_is_judged_when_it_is_felt() -> None:
    outcome = next(o for o in run_checks() if o.check.id == "50")
    asked_min = facts()["PD002_times"].values
    assert outcome.check.situation is not None
    assert outcome.check.situation.at_h * 60 == max(asked_min)
    assert (outcome.model or 0) > 50


def test_craving_is_told_as_reward_on_the_dose_that_is_licensed() -> None:
    assert claim("M2b").computed == ("reward_left",)
    found = dict(statement("reward_left").numbers)
    assert (found["reward_left_50mg"].value or 0) < (found["reward_left_4.5mg"].value or 0)
    assert "Craving itself is not in it" in statement("reward_left").text
