"""Questions, bodies of evidence and what the answers make of them."""

import math

import numpy as np
import pytest

from openldn.answers.claim import ask_claims
from openldn.answers.condition import all_conditions, ask_condition
from openldn.answers.synthesis import syntheses, synthesis
from openldn.answers.synthesis_figures import forest_of
from openldn.evidence import claims, condition, questions, study
from openldn.evidence.body import body, body_of
from openldn.evidence.changes import changes_since, parse_day
from openldn.evidence.questions import question, question_by_id, with_routes
from openldn.notation import InputError, UnknownName

EVERY = [q.id for q in questions()]


@pytest.mark.parametrize("name", EVERY)
def test_a_question_pools_randomised_comparisons_only_and_each_person_once(name: str) -> None:
    q = question_by_id(name)
    for s in q.studies():
        assert s.is_trial or q.condition == "history", (name, s.id)
        assert not s.is_review
    cohorts = [s.cohort or s.id for s in q.studies()]
    assert len(cohorts) == len(set(cohorts))


@pytest.mark.parametrize("name", EVERY)
def test_an_answer_says_what_its_numbers_say(name: str) -> None:
    s = synthesis(name)
    b = s.body
    assert s.average.low <= s.average.value <= s.average.high
    assert 0 <= s.p_benefit <= 1
    if s.p_important is not None:
        assert s.p_important <= s.p_benefit
    assert math.isclose(sum(r.weight for r in s.rows), 1.0, abs_tol=1e-9)
    assert f"{len(s.rows)} trial" in s.sentence()
    assert s.as_json()["trials"][0]["fields"]
    good = b.common.estimate * b.sign > 0
    # with one trial, or a clear common effect, the chance of benefit stands on the same side
    if len(s.rows) == 1:
        assert (s.p_benefit > 0.5) == good
    assert forest_of(s).alt


def test_a_single_trial_gives_itself() -> None:
    s = synthesis("multiple-sclerosis/mental_component")
    e = s.rows[0].effect
    assert s.average.value == e.yi
    assert s.average.low == pytest.approx(e.yi - 1.959964 * e.se, rel=1e-5)
    assert s.prediction is None


def test_final_and_innova_alone_reproduce_the_two_published_ways_to_pool_them() -> None:
    """−0.04 [−0.53, 0.45] with a common effect and 0.03 [−0.78, 0.84] with random effects (DL), worked out by hand."""
    from openldn.evidence.synthesis import pool

    effects = {e.study: e for e in question("fibromyalgia", "pain").effects()}
    two = [effects["bruun-2024-final"], effects["rodriguez-freire-2026-innova"]]
    y, v = [e.yi for e in two], [e.vi for e in two]
    fixed, random = pool(y, v, method="FE", ci="z"), pool(y, v, method="DL", ci="z")
    # printed to two digits
    assert (fixed.estimate, fixed.ci_low, fixed.ci_high) == pytest.approx((-0.04, -0.53, 0.45), abs=0.006)
    assert (random.estimate, random.ci_low, random.ci_high) == pytest.approx((0.03, -0.78, 0.84), abs=0.006)


def test_the_power_of_final_for_its_own_estimate_is_a_fifth() -> None:
    from openldn.evidence.synthesis import design_errors

    e = next(e for e in question("fibromyalgia", "pain").effects() if e.study == "bruun-2024-final")
    found = design_errors(0.34, e.se)
    assert found.power == pytest.approx(0.19, abs=0.01)
    assert found.type_m == pytest.approx(2.3, abs=0.05)


def test_the_next_trial_is_as_large_as_the_formula_asks() -> None:
    s = synthesis("fibromyalgia/pain")
    final = next(r.effect for r in s.rows if r.effect.study == "bruun-2024-final")
    sd = final.se * math.sqrt(final.n) / 2
    # (z_0.975 + z_0.9)² with two groups
    assert s.next_size.per_group == math.ceil(2 * (1.959964 + 1.281552) ** 2 * sd**2)


def test_another_route_changes_the_body_and_nothing_else() -> None:
    q = question("fibromyalgia", "pain")
    other = with_routes(q, {"bruun-2024-final": "changes, SD from CI"})
    a, b = body_of(q), body_of(other)
    changed = [x.study for x, y in zip(a.effects, b.effects, strict=True) if x.yi != y.yi]
    assert changed == ["bruun-2024-final"]
    with pytest.raises(UnknownName, match="route"):
        body_of(with_routes(q, {"bruun-2024-final": "by magic"}))


def test_shrinkage_never_leaves_the_span_of_the_trials() -> None:
    b = body("fibromyalgia/pain_standardised")
    y = np.array([e.yi for e in b.effects])
    assert y.min() <= b.bayes.study_mean.min() <= b.bayes.study_mean.max() <= y.max()


def test_every_condition_says_what_is_pooled_or_why_nothing_is() -> None:
    for c in all_conditions():
        a = ask_condition(c.key)
        assert bool(a.syntheses) != bool(a.why_none()), c.key
    assert "No randomised trial with results exists" in ask_condition("hashimoto").why_none()
    assert "No trial of low-dose naltrexone exists" in ask_condition("autism").why_none()


def test_every_verdict_on_efficacy_cites_the_synthesis_where_there_is_one() -> None:
    for c in claims():
        if c.kind == "efficacy" and c.condition and syntheses(c.condition):
            assert c.syntheses, c.id
        for name in c.syntheses:
            assert condition(question_by_id(name).condition)


def test_what_changed_since_a_day_is_told_and_a_later_day_has_less() -> None:
    early, late = changes_since("2026-11-24"), changes_since("2026-11-25")
    assert early
    assert not [x for x in late if x.date < "2026-11-25"]
    assert {x.what for x in early} >= {"study", "synthesis"}
    for x in early:
        assert x.what != "study" or study(x.subject)
    answer = ask_claims(since="2026-11-24")
    assert {c.claim.id for c in answer.claims} == {x.claim for x in answer.changes}
    assert ask_claims(since="2999-01-01").claims == ()


@pytest.mark.parametrize(
    "text", ["yesterday", "24.11.2026", "2026-13-01", "2026-11-24T00:00", "٢٠٢٦-11-24", ""]
)
def test_a_day_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not a day"):
        parse_day(text)
