"""The summary of findings: people out of 1000 by hand, sentences by rule, and plain words where there is nothing."""

import json
import math
from dataclasses import replace
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openldn.evidence.body import body
from openldn.evidence.catalogue import study
from openldn.evidence.certainty import (
    MOST_OUTCOMES,
    SIZES,
    Facts,
    FindingRow,
    Trial,
    baseline,
    certainty_from,
    findings_as_json,
    most_important,
    per_thousand,
    rules,
    size_of,
    statement,
    summary_of_findings,
    why_nothing,
)
from openldn.evidence.conditions import conditions
from openldn.evidence.questions import Question, question, questions, questions_of

R = rules()
TABLES = {c.key: summary_of_findings(c.key) for c in conditions()}
# certainty-type and certainty-rating of FHIR R5
TYPES = {"Overall", "RiskOfBias", "Inconsistency", "Indirectness", "Imprecision", "PublicationBias"}
RATINGS = {"high", "moderate", "low", "very-low", "no-concern", "serious-concern", "very-serious-concern",
           "extremely-serious-concern"}  # fmt: skip


def row(condition: str, key: str) -> FindingRow:
    return next(r for r in TABLES[condition].rows if r.question.key == key)


def facts(estimate: float, *, half: float = 0.1, important: float | None = 1.0, ratio: bool = False) -> Facts:
    return Facts(
        (Trial("bruun-2024-final", "A", 1.0, estimate, 0.1),), 500, estimate, estimate - half, estimate + half,
        "95 % confidence interval", important, ratio=ratio,
    )  # fmt: skip


def test_people_out_of_1000_are_those_of_the_hand() -> None:
    """FINAL: 20 of 49 against 13 of 50 had 30 % less pain; RR 1.5699, SE of its log √(1/20 − 1/49 + 1/13 − 1/50)."""
    found = row("fibromyalgia", "pain_30_percent").per_thousand
    assert found is not None
    rr = (20 / 49) / (13 / 50)
    half = 1.959964 * math.sqrt(1 / 20 - 1 / 49 + 1 / 13 - 1 / 50)
    assert found.without == pytest.approx(260)
    assert found.with_drug == pytest.approx(1000 * 20 / 49)
    assert found.low == pytest.approx(260 * rr * math.exp(-half), rel=1e-6)
    assert found.high == pytest.approx(260 * rr * math.exp(half), rel=1e-6)
    assert found.difference == pytest.approx(1000 * (20 / 49 - 0.26))
    assert found.difference_low == pytest.approx(found.low - 260)


def test_the_baseline_of_several_trials_is_people_over_people() -> None:
    """43 of 50 and 36 of 50 had an adverse event on placebo."""
    found = row("fibromyalgia", "any_adverse_event").baseline
    assert found is not None
    assert found.risk == pytest.approx(79 / 100)
    assert "43 of 50" in found.origin
    assert "36 of 50" in found.origin
    assert len(found.fields) == 2


def test_the_risk_without_the_drug_is_that_of_the_table_that_gave_the_effect() -> None:
    found = row("crohn", "response").baseline
    assert found is not None
    # 6 of 20: the count that fits 40 %, over all who were randomised
    assert found.risk == 0.30
    assert "6 of 20 on placebo in Smith 2011" in found.origin


def test_benefit_and_harm_have_one_denominator_and_no_risk_leaves_it() -> None:
    for table in TABLES.values():
        for r in table.rows:
            assert (r.per_thousand is None) == (r.relative is None)
            assert (r.relative is None) != (r.mean is None)
            if r.per_thousand:
                p = r.per_thousand
                assert p.per == 1000
                assert 0 <= p.low <= p.with_drug <= p.high <= 1000
                assert p.difference == pytest.approx(p.with_drug - p.without)
                assert p.difference_low <= p.difference <= p.difference_high


@given(st.floats(0.01, 0.99), st.floats(-2, 2), st.floats(0.01, 1))
def test_no_effect_leaves_as_many_and_fewer_is_fewer(risk: float, effect: float, half: float) -> None:
    base = baseline(question("fibromyalgia", "pain_30_percent"))
    assert base is not None
    f = facts(min(effect, -math.log(risk)), half=half, ratio=True)
    found = per_thousand(f, replace(base, risk=risk), "RR")
    assert found.with_drug == pytest.approx(1000 * min(1.0, risk * math.exp(f.estimate)))
    assert found.difference * f.estimate >= 0
    same = per_thousand(facts(0.0, half=half, ratio=True), replace(base, risk=risk), "RR")
    assert same.difference == pytest.approx(0, abs=1e-9)


def test_the_share_that_notices_is_that_of_the_normal_distribution() -> None:
    """Placebo in FINAL: mean −0.9, SD 1.6; two points or more: Φ((−2 + 0.9)/1.6) = 24.6 %."""
    found = row("fibromyalgia", "pain")
    assert found.reaching is not None
    assert found.mean is not None
    n = NormalDist()
    assert found.reaching.without == pytest.approx(0.2459, abs=5e-5)
    assert found.reaching.with_drug == pytest.approx(n.cdf((-2 + 0.9 - found.mean[0]) / 1.6))
    assert found.reaching.low < found.reaching.with_drug < found.reaching.high
    assert row("fibromyalgia", "impact").reaching is None, "no arm of the FIQR is printed"


def test_at_most_seven_outcomes_critical_first_and_a_harm_keeps_its_place() -> None:
    for table in TABLES.values():
        assert len(table.rows) <= MOST_OUTCOMES
        critical = [r.question.critical for r in table.rows]
        assert critical == sorted(critical, reverse=True)
    q = question("fibromyalgia", "pain")
    many = [replace(q, key=f"b{i}", critical=True) for i in range(9)]
    chosen = most_important([*many, replace(q, key="h", harm=True, critical=False)])
    assert len(chosen) == 7
    assert [c.harm for c in chosen] == [False] * 6 + [True]
    assert [c.key for c in most_important(many)] == [f"b{i}" for i in range(7)]
    assert {r.question.harm for r in TABLES["fibromyalgia"].rows} == {True, False}


def test_every_row_has_its_reasons_as_footnotes_and_every_footnote_a_row() -> None:
    for table in TABLES.values():
        used = {i for r in table.rows for i in r.footnotes}
        assert used == set(range(1, len(table.footnotes) + 1))
        for r in table.rows:
            assert [table.footnotes[i - 1] for i in r.footnotes] == list(r.certainty.reasons)
            assert r.certainty.word == "high" or r.footnotes


def test_where_nothing_can_be_pooled_the_table_says_why() -> None:
    for key, table in TABLES.items():
        assert bool(table.rows) == bool(questions_of(key))
        assert bool(table.absent) != bool(table.rows)
    assert (
        TABLES["glioma"].absent == "No trial printed a figure that can be pooled: Peters 2022 (110 people)."
    )
    assert TABLES["autism"].absent.startswith("No trial of low-dose naltrexone exists")
    assert "Campbell 1993 (41 people)" in TABLES["autism"].absent
    assert TABLES["crps"].absent.startswith("No randomised trial with results exists")
    assert "registered, without results: NCT06306157" in TABLES["crps"].absent
    assert "only reviews" in why_nothing("dermatology")


def test_a_planned_trial_is_told_with_its_number_and_a_suspended_one_as_suspended() -> None:
    told = summary_of_findings("me-cfs").absent
    for said in ("LIFT (NCT06366724) (160 planned)", "TreatMELC (56 planned)", "NCT02965768 (suspended)"):
        assert said in told
    assert "number not seen" not in told
    assert "122 people planned" in study("paulides-2022-ldn-crohn").one_line_design


def test_a_list_of_trials_names_every_publication_and_says_who_are_the_same_people() -> None:
    told = summary_of_findings("autism").absent
    assert (
        "Willemsen-Swinkels 1995 (23 people), Willemsen-Swinkels 1996 (23 people, taken as the same)" in told
    )


def test_a_concentration_in_blood_is_no_harm() -> None:
    assert not any("serum" in line for line in summary_of_findings("gulf-war-illness").harms.lines)


def test_a_condition_with_trials_has_a_harm_row_or_says_why_not() -> None:
    for key, table in TABLES.items():
        if not table.rows:
            continue
        told = " ".join(table.harms.sentences())
        assert any(r.question.harm for r in table.rows) or told.startswith("Harms are not pooled"), key


def test_occurrences_and_percents_without_a_denominator_stand_apart_and_never_in_a_row() -> None:
    neuropathic = " ".join(TABLES["neuropathic-pain"].harms.lines)
    assert "LDN 8 occurrences; amitriptyline 52 occurrences; p < 0.001; events, not people" in neuropathic
    fibromyalgia = " ".join(TABLES["fibromyalgia"].harms.lines)
    assert "Younger 2013: vivid dreams: LDN 37 %; placebo 13 %" in fibromyalgia
    assert "headache: LDN 16 %; placebo 3 %" in fibromyalgia
    assert "vivid dreams: risk ratio 2.41 (1.77 to 3.28)" in fibromyalgia
    assert (
        "Cree 2010: serious adverse events: LDN 0; the other arm was not seen."
        in TABLES["multiple-sclerosis"].harms.lines
    )
    assert TABLES["depression"].harms.silent == ("Mischoulon 2017", "Moloney 2026")


def test_a_harm_stands_in_a_row_or_beside_the_table_and_not_in_both() -> None:
    table = TABLES["fibromyalgia"]
    told = " ".join(table.harms.lines)
    assert "any adverse event:" not in told
    assert "stopped for an adverse event:" not in told
    assert findings_as_json(table)["harmsApart"] == list(table.harms.sentences())


def test_trials_that_no_row_holds_are_named_once_a_cohort() -> None:
    assert TABLES["multiple-sclerosis"].not_pooled == TABLES["crohn"].not_pooled == ()
    assert [t.study.label for t in TABLES["multiple-sclerosis"].told] == ["Sharafaddinzadeh 2010"]
    assert [t.study.label for t in TABLES["crohn"].told] == ["Smith 2013"]
    assert [label for label, _ in TABLES["fibromyalgia"].not_pooled] == ["de Paula 2023"]
    assert "Bruun 2025 (FINAL, exploratory)" not in dict(TABLES["fibromyalgia"].not_pooled)


@pytest.mark.parametrize(
    ("estimate", "size"),
    [(0.0, "little to no difference"), (-0.99, "little to no difference"), (-1.0, "slight"), (1.49, "slight"),
     (1.5, "plain"), (-2.99, "plain"), (-3.0, "large")],
)  # fmt: skip
def test_the_size_of_an_effect_is_measured_by_what_would_matter(estimate: float, size: str) -> None:
    assert size_of(facts(estimate), R) == size
    assert size_of(facts(estimate, important=None), R) == "unknown"
    assert size in SIZES


@pytest.mark.parametrize(
    ("word", "estimate", "said"),
    [
        ("high", -4.0, "Low-dose naltrexone results in a large reduction in pain compared with placebo."),
        ("high", -2.0, "Low-dose naltrexone reduces pain compared with placebo."),
        ("high", -1.2, "Low-dose naltrexone reduces pain slightly compared with placebo."),
        (
            "high",
            0.2,
            "Low-dose naltrexone results in little to no difference in pain compared with placebo.",
        ),
        (
            "moderate",
            4.0,
            "Low-dose naltrexone probably results in a large increase in pain compared with placebo.",
        ),
        ("moderate", 2.0, "Low-dose naltrexone probably increases pain compared with placebo."),
        ("moderate", 1.2, "Low-dose naltrexone probably increases pain slightly compared with placebo."),
        (
            "moderate",
            -0.2,
            "Low-dose naltrexone probably results in little to no difference in pain compared with placebo.",
        ),
        ("low", -4.0, "Low-dose naltrexone may result in a large reduction in pain compared with placebo."),
        ("low", -2.0, "Low-dose naltrexone may reduce pain compared with placebo."),
        ("low", -1.2, "Low-dose naltrexone may reduce pain slightly compared with placebo."),
        (
            "low",
            0.2,
            "Low-dose naltrexone may result in little to no difference in pain compared with placebo.",
        ),
        (
            "very low",
            -4.0,
            "The evidence is very uncertain about the effect of low-dose naltrexone on pain compared with placebo.",
        ),
    ],
)
def test_the_sentence_follows_size_and_certainty(word: str, estimate: float, said: str) -> None:
    assert statement(facts(estimate), word, "pain", R) == said


def test_what_cannot_be_told_is_never_better_than_very_low() -> None:
    """An interval from an important benefit to an important harm, at twice either: the sentence names no direction."""
    wide = facts(-4.0, half=8.0)
    assert certainty_from(wide).word == "very low"
    assert "very uncertain" in statement(wide, "very low", "pain", R)


def test_a_size_that_nobody_knows_is_not_named() -> None:
    assert "not known" in statement(facts(-4.0, important=None), "low", "pain", R)
    assert "no clear difference" in statement(facts(-4.0, half=5.0, important=None), "moderate", "pain", R)


def test_no_difference_on_average_is_said_with_what_the_interval_still_holds() -> None:
    both = statement(facts(-0.1, half=1.2), "low", "pain", R, sides=("benefit", "harm"))
    assert both.startswith("Low-dose naltrexone may result on average in little to no difference in pain")
    assert both.endswith("; the interval includes an important benefit and an important harm.")
    one = statement(facts(-0.5, half=0.9), "high", "pain", R, sides=("benefit", "harm"))
    assert one.endswith("; the interval includes an important benefit.")
    assert "interval" not in statement(facts(0.2), "high", "pain", R)


def test_the_words_on_pain_in_fibromyalgia_are_those_of_its_interval() -> None:
    found = row("fibromyalgia", "pain")
    assert found.mean is not None
    assert found.mean[1] < -1
    assert found.mean[2] > 1
    assert "very uncertain" in found.statement
    assert any(
        "one downwards and one upwards" in r or "downwards and one upwards" in r
        for r in found.certainty.reasons
    )


def test_imprecision_stands_among_the_reasons_wherever_the_interval_crosses_what_matters() -> None:
    for table in TABLES.values():
        for r in table.rows:
            d, (low, high) = body(r.question.id).important, (r.relative or r.mean or (0, 0, 0))[1:]
            if d is None:
                continue
            cut = [math.exp(x) if r.question.ratio else x for x in (-abs(d), abs(d))]
            if any(low < x < high for x in cut):
                assert any(reason.startswith("imprecision") for reason in r.certainty.reasons), r.outcome


def test_no_sentence_advises_anybody() -> None:
    for table in TABLES.values():
        for r in table.rows:
            assert r.statement.endswith(".")
            for word in ("should", "recommend", "must", "effective", "works", "safe"):
                assert word not in r.statement.lower()


def test_an_active_comparator_is_named_and_no_placebo_invented() -> None:
    (only,) = TABLES["neuropathic-pain"].rows
    assert "placebo" not in only.statement
    assert "amitriptyline" in only.statement
    assert TABLES["neuropathic-pain"].comparators[0].startswith("amitriptyline")


def test_the_json_has_the_names_and_codes_of_the_evidence_resource() -> None:
    for table in TABLES.values():
        told = json.loads(json.dumps(findings_as_json(table)))
        assert len(told["evidence"]) == len(table.rows)
        for e in told["evidence"]:
            assert {v["variableRole"] for v in e["variableDefinition"]} == {
                "population", "exposure", "referenceExposure", "measuredVariable",
            }  # fmt: skip
            (whole,) = e["certainty"]
            parts = whole["subcomponent"]
            assert {whole["type"], *(p["type"] for p in parts)} == TYPES
            assert {whole["rating"], *(p["rating"] for p in parts)} <= RATINGS
            first = e["statistic"][0]
            limits = first["attributeEstimate"][0]["range"]
            assert limits["low"] <= first["quantity"]["value"] <= limits["high"]
            assert first["sampleSize"]["numberOfStudies"] >= 1


def test_every_question_stands_in_its_condition() -> None:
    shown: list[Question] = [r.question for t in TABLES.values() for r in t.rows]
    left = [title for t in TABLES.values() for title in t.left_out]
    assert len(shown) + len(left) == len(questions())
