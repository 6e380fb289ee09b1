"""The signals of GRADE: each rule both ways, worse data never raises a rating, and every reason shows its numbers."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openldn.evidence.body import body, body_of
from openldn.evidence.certainty import (
    DOMAINS,
    WORDS,
    Facts,
    Trial,
    certainty_as_json,
    certainty_from,
    certainty_of,
    facts_of,
    information_share,
    judgements,
    rules,
)
from openldn.evidence.certainty import grade as grading
from openldn.evidence.certainty import signals as rule
from openldn.evidence.certainty.grade import read_judgements
from openldn.evidence.questions import Indirect, Member, question, questions
from openldn.meta import pool_effects as pool
from openldn.meta.small_trials import information_size_of_means
from openldn.notation import DataError, InputError, UnknownName, read_toml, sources

R = rules()


def trial(yi: float = -1.0, se: float = 0.2, weight: float = 1.0, **more: object) -> Trial:
    return Trial("bruun-2024-final", "A", weight, yi, se, **more)  # type: ignore[arg-type]


def facts(*trials: Trial, **more: object) -> Facts:
    """Large, precise, direct and consistent unless told otherwise: nothing to rate down."""
    found = trials or (trial(),)
    base = Facts(
        trials=found, persons=2000, estimate=-2.0, low=-2.3, high=-1.7, interval="95 % confidence interval", important=1.0,
    )  # fmt: skip
    return replace(base, **more)  # type: ignore[arg-type]


def level(f: Facts, domain: str) -> int:
    return certainty_from(f).signal(domain).levels


def test_trials_without_any_fault_are_high_and_other_studies_start_low() -> None:
    clean = certainty_from(facts())
    assert (clean.word, clean.start) == ("high", "high")
    assert [s.domain for s in clean.signals] == list(DOMAINS)
    assert clean.reasons == ()
    assert "without randomisation" in clean.upgrading
    other = certainty_from(facts(trial(randomised=False)))
    assert (other.word, other.start) == ("low", "low")
    assert "named judge" in other.upgrading


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ([(1.0, "low", 0)], 0),
        ([(0.5, "low", 0), (0.5, "some concerns", 0)], 0),
        ([(0.49, "low", 0), (0.51, "some concerns", 0)], -1),
        ([(0.8, "low", 0), (0.2, "high", 1)], 0),
        ([(0.74, "low", 0), (0.26, "high", 1)], -1),
        ([(1.0, "high", 1)], -1),
        ([(0.5, "low", 0), (0.5, "high", 2)], -1),
        ([(0.4, "low", 0), (0.6, "high", 2)], -2),
        ([(1.0, "", 0)], -1),
    ],
)
def test_bias_counts_by_the_weight_that_it_carries(
    shares: list[tuple[float, str, int]], expected: int
) -> None:
    found = [trial(weight=w, bias=b, high_domains=n) for w, b, n in shares]
    assert level(facts(*found), "risk of bias") == expected


def test_inconsistency_needs_both_a_large_i2_and_trials_that_disagree_about_something() -> None:
    two = (trial(yi=-1.5), trial(yi=-0.5))
    assert level(facts(*two, i2=49.9), "inconsistency") == 0
    assert level(facts(*two, i2=50.0), "inconsistency") == -1, "they lie on both sides of what matters"
    assert level(facts(trial(yi=-3.0), trial(yi=-1.5), i2=70.0), "inconsistency") == 0, "both matter"
    assert level(facts(*two, i2=80.0), "inconsistency") == -1, "considerable, and yet both below no effect"
    opposed = (trial(yi=-1.5), trial(yi=1.5))
    assert level(facts(*opposed, i2=80.0), "inconsistency") == -2
    assert level(facts(*opposed, i2=74.0), "inconsistency") == -1


def test_a_prediction_interval_counts_from_five_trials_on() -> None:
    wide = (-3.0, 3.0)
    same = [trial(yi=-1.5 - 0.01 * i) for i in range(5)]
    assert level(facts(*same[:4], i2=80.0, prediction=wide), "inconsistency") == 0
    assert level(facts(*same, i2=80.0, prediction=wide), "inconsistency") == -2
    assert level(facts(*same, i2=80.0, prediction=(-3.0, 0.5)), "inconsistency") == 0
    told = certainty_from(facts(*same[:4], i2=80.0, prediction=wide)).signal("inconsistency").reason
    assert "not counted" in told


def test_one_trial_can_neither_agree_nor_disagree() -> None:
    found = certainty_from(facts(i2=99.0)).signal("inconsistency")
    assert found.levels == 0
    assert "cannot be assessed" in found.reason


def test_indirectness_counts_ways_and_stops_at_two() -> None:
    placebo, active = trial(weight=0.5), trial(weight=0.5, comparator="active")
    assert level(facts(placebo, active), "indirectness") == 0, "half is not most"
    assert level(facts(active), "indirectness") == -1
    assert level(facts(trial(low_dose=False)), "indirectness") == -1
    ways = tuple(Indirect(a, "other") for a in ("population", "time", "outcome"))
    assert [level(facts(indirect=ways[:n]), "indirectness") for n in range(4)] == [0, -1, -2, -2]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-0.9, 0.9, 0),  # nothing that matters is left
        (-2.3, -1.7, 0),  # all of it matters
        (-1.1, 0.3, -1),
        (-1.7, -0.7, -1),
        (-1.2, 1.2, -2),  # an important benefit and an important harm
        (-1.9, 5.0, -2),
        (-2.1, 2.1, -3),  # twice both: nothing is known
    ],
)
def test_imprecision_is_the_interval_against_what_would_matter(
    low: float, high: float, expected: int
) -> None:
    assert level(facts(low=low, high=high), "imprecision") == expected


def test_the_information_size_is_that_of_the_usual_formula_for_two_arms() -> None:
    """n a group over the n of `information_size_of_means`, whose 63 for half an SD every textbook prints."""
    sd, n = 2.0, 40
    needed = information_size_of_means(1.0, sd)
    assert needed.per_group == 63
    half = 1.959964 * sd * np.sqrt(2 / n)
    share = information_share(facts(low=-half, high=half), R)
    # the formula rounds up to whole people, by less than one in 63
    assert share == pytest.approx(n / 63, rel=0.016)


def test_a_large_effect_from_too_little_information_costs_one_level_and_from_far_too_little_two() -> None:
    enough = 1.959964 / (1.959964 + 0.841621)  # half the interval of a trial with 80 % power for 1

    def of(half: float, estimate: float = -5.0) -> int:
        return level(facts(estimate=estimate, low=estimate - half, high=estimate + half), "imprecision")

    assert of(0.999 * enough) == 0
    assert of(1.001 * enough) == -1
    assert of(enough / np.sqrt(0.301)) == -1
    assert of(enough / np.sqrt(0.299)) == -2
    assert of(1.001 * enough, estimate=-2.0) == 0, "not large: the interval decides"


def test_a_ratio_is_large_from_a_relative_reduction_of_three_tenths() -> None:
    d = np.log(1.25)

    def of(ratio: float) -> int:
        y = np.log(ratio)
        return level(facts(estimate=y, low=y - 0.2, high=y + 0.2, important=d, ratio=True), "imprecision")

    # an interval of ±0.2 is 61 % of the information of a trial with 80 % power for a ratio of 1.25
    assert (of(0.64), of(0.49)) == (-1, -1)
    assert of(1 / 0.49) == -1, "a rise as a fall"


def test_the_information_size_of_a_ratio_is_that_of_a_trial_with_the_control_risk() -> None:
    """People over those who could find a fall of the risk by a fifth: of 42.5 %, 512 a group by the usual formula."""
    d = np.log(1.25)
    f = facts(
        estimate=np.log(1.48),
        low=np.log(1.26),
        high=np.log(1.75),
        important=d,
        ratio=True,
        control_risk=0.425,
        persons=1076,
    )
    # z (1.960 + 0.842), p₁ = 0.425, p₂ = 0.34: (z₀.₉₇₅ √(2 p̄ q̄) + z₀.₈ √(p₁q₁ + p₂q₂))² / 0.085², rounded up
    assert information_share(f, R) == pytest.approx(1076 / (2 * 512))
    assert level(f, "imprecision") == 0
    assert level(replace(f, persons=1023), "imprecision") == -1
    assert level(replace(f, persons=307), "imprecision") == -2
    assert level(replace(f, control_risk=0.0), "imprecision") == -1, "no risk: by the interval"


def test_few_people_or_few_events_cost_one_level_whatever_the_interval() -> None:
    assert level(facts(persons=400), "imprecision") == 0
    assert level(facts(persons=399), "imprecision") == -1
    assert level(facts(persons=12), "imprecision") == -1
    assert level(facts(persons=9000, events=299), "imprecision") == -1
    assert level(facts(persons=9000, events=300), "imprecision") == 0


def test_without_a_size_that_matters_only_no_effect_and_a_rule_of_thumb_are_left() -> None:
    def of(**more: object) -> int:
        return level(facts(important=None, **more), "imprecision")

    assert of() == 0
    assert of(low=-1.0, high=0.1) == -1
    assert of(persons=399) == -1
    assert of(persons=12) == -1
    with pytest.raises(InputError, match="no difference that would matter is known"):
        information_share(facts(important=None), R)


def test_imprecision_reads_the_interval_that_is_shown_whatever_inconsistency_took() -> None:
    apart = (trial(yi=-1.5), trial(yi=0.5))
    f = facts(*apart, i2=60.0, low=-1.2, high=0.9)
    found = certainty_from(f)
    assert (found.signal("inconsistency").levels, found.signal("imprecision").levels) == (-1, -1)
    assert level(replace(f, i2=0.0), "imprecision") == -1
    assert level(replace(f, low=-3.0, high=3.0), "imprecision") == -3


def test_without_an_interval_nobody_can_see_what_is_excluded() -> None:
    told = facts(interval="", low=-np.inf, high=np.inf, estimate=np.nan, important=None)
    assert level(told, "imprecision") == -1
    assert level(replace(told, persons=110), "imprecision") == -2


def test_missing_evidence_and_publication_bias_cost_one_level_together() -> None:
    ten = [trial(yi=-1 - 0.1 * i, se=0.1 * (i + 1)) for i in range(10)]
    both = certainty_from(facts(*ten, egger_p=0.001, persons=1000, missing=(("B", 600),)))
    assert both.signal("missing evidence").levels == -1
    assert both.signal("publication bias").levels == 0
    assert both.signal("publication bias").word == "counted as missing evidence"
    assert any(r.startswith("publication bias, counted as missing evidence") for r in both.reasons)


def test_publication_bias_is_not_judged_by_tests_below_ten_trials() -> None:
    nine, ten = ([trial(yi=-1 - 0.1 * i, se=0.1 * (i + 1)) for i in range(k)] for k in (9, 10))
    assert level(facts(*nine, egger_p=0.001), "publication bias") == 0
    assert "uninformative" in certainty_from(facts(*nine)).signal("publication bias").reason
    assert level(facts(*ten, egger_p=0.001), "publication bias") == -1
    assert level(facts(*ten, egger_p=0.2), "publication bias") == 0


def test_known_missing_results_count_by_their_people() -> None:
    assert level(facts(persons=100, missing=(("B", 49),)), "missing evidence") == 0
    assert level(facts(persons=100, missing=(("B", 30), ("C", 20))), "missing evidence") == -1
    assert level(facts(persons=100, missing=(("B", 50),)), "publication bias") == 0


def test_ten_trials_are_tested_and_the_number_is_eggers() -> None:
    q = question("fibromyalgia", "pain")
    many = body_of(replace(q, members=q.members * 4))
    f = facts_of(many, R)
    x, y = np.array([1 / t.se for t in f.trials]), np.array([t.yi / t.se for t in f.trials])
    # Egger's own regression, written out: y/se on 1/se, the intercept against 0
    from scipy import stats

    fit = stats.linregress(x, y)
    t = fit.intercept / fit.intercept_stderr
    assert f.egger_p == pytest.approx(2 * stats.t.sf(abs(t), len(x) - 2), rel=1e-8)


@st.composite
def any_facts(draw: st.DrawFn) -> Facts:
    number = st.floats(-3, 3)
    trials = tuple(
        trial(
            draw(number), draw(st.floats(0.05, 2)), draw(st.floats(0.05, 1)),
            bias=draw(st.sampled_from(["low", "some concerns", "high", ""])),
            high_domains=draw(st.integers(0, 3)), comparator=draw(st.sampled_from(["placebo", "active"])),
            low_dose=draw(st.booleans()),
        )
        for _ in range(draw(st.integers(1, 11)))
    )  # fmt: skip
    e, wide = draw(number), draw(st.floats(0.01, 4))
    return Facts(
        trials, draw(st.integers(10, 3000)), e, e - wide, e + wide, "95 % confidence interval",
        draw(st.one_of(st.none(), st.floats(0.1, 2))), i2=draw(st.floats(0, 100)),
        events=draw(st.one_of(st.none(), st.integers(0, 900))), ratio=draw(st.booleans()),
        prediction=draw(st.one_of(st.none(), st.just((e - 2 * wide, e + 2 * wide)))),
        missing=tuple(("B", n) for n in draw(st.lists(st.integers(1, 500), max_size=2))),
        egger_p=draw(st.one_of(st.none(), st.floats(0, 1))),
    )  # fmt: skip


def rank(f: Facts) -> int:
    return WORDS.index(certainty_from(f).word)


@settings(max_examples=120, deadline=None)
@given(any_facts(), st.floats(0, 3), st.floats(0, 1))
def test_adding_imprecision_never_upgrades(f: Facts, more: float, fewer: float) -> None:
    assert rank(replace(f, low=f.low - more, high=f.high + more)) <= rank(f)
    assert rank(replace(f, persons=max(1, int(f.persons * fewer)), missing=())) <= rank(
        replace(f, missing=())
    )
    if f.events is not None:
        assert rank(replace(f, events=int(f.events * fewer))) <= rank(f)


@settings(max_examples=120, deadline=None)
@given(any_facts(), st.floats(0, 100), st.data())
def test_worse_data_never_raises_the_rating(f: Facts, i2: float, data: st.DataObject) -> None:
    assert rank(replace(f, i2=max(f.i2, i2))) <= rank(f)
    i = data.draw(st.integers(0, f.k - 1))
    worse = replace(f.trials[i], bias="high", high_domains=f.trials[i].high_domains + 1)
    assert rank(replace(f, trials=(*f.trials[:i], worse, *f.trials[i + 1 :]))) <= rank(f)
    other = replace(f.trials[i], comparator="active", low_dose=False)
    assert rank(replace(f, trials=(*f.trials[:i], other, *f.trials[i + 1 :]))) <= rank(f)
    assert rank(replace(f, missing=(*f.missing, ("C", 40)))) <= rank(f)
    assert rank(replace(f, egger_p=0.01)) <= rank(f)
    assert rank(replace(f, indirect=(*f.indirect, Indirect("time", "shorter")))) <= rank(f)


@settings(max_examples=100, deadline=None)
@given(any_facts())
def test_every_signal_is_within_its_levels_and_says_why(f: Facts) -> None:
    found = certainty_from(f)
    for s in found.signals:
        assert s.levels in ((0, -1, -2, -3) if s.domain == "imprecision" else (0, -1, -2))
        assert s.reason.endswith(".")
        assert re.search(r"\d|One trial|No trial", s.reason), s.reason
    total = sum(s.levels for s in found.signals)
    assert WORDS.index(found.word) == max(0, WORDS.index(found.start) + total)
    assert len(found.reasons) == sum(s.levels < 0 or bool(s.elsewhere) for s in found.signals)
    # What is counted elsewhere costs nothing here, and there it does.
    assert all(s.levels == 0 and found.signal(s.elsewhere).levels < 0 for s in found.signals if s.elsewhere)


@pytest.mark.parametrize("asked", questions(), ids=lambda q: q.id)
def test_every_question_has_a_certainty_whose_reasons_hold_its_numbers(asked: object) -> None:
    q = question(asked.condition, asked.key)  # type: ignore[attr-defined]
    b = body(q.id)
    found, f = certainty_of(b), facts_of(b, R)
    assert found.label == f"{found.word} (proposed)"
    assert q.said
    precision, bias = found.signal("imprecision").reason, found.signal("risk of bias").reason
    assert f.span(f.low, f.high) in precision
    assert f.events is not None or b.persons >= R["imprecision.persons"] or f"{b.persons} people" in precision
    for t in f.trials:
        assert t.label in bias
        assert t.bias in bias
    if b.pooled.k > 1:
        assert f"I² = {b.pooled.heterogeneity.i2:.0f} %" in found.signal("inconsistency").reason
    for s in found.signals:
        assert s.fields
    # the addresses lead into the trials' files
    assert any(x.startswith(q.members[0].study) for x in found.signal("imprecision").fields)


def test_the_pain_of_fibromyalgia_is_very_low_and_its_numbers_are_the_literatures() -> None:
    """FINAL and INNOVA alone, with a common effect, are −0.04 (−0.53 to 0.45)."""
    found = certainty_of(body("fibromyalgia/pain"))
    assert found.word == "very low"
    assert {s.domain: s.levels for s in found.signals if s.levels} == {
        "risk of bias": -1, "inconsistency": -1, "imprecision": -2,
    }  # fmt: skip
    assert "−0.042 (−0.53 to 0.45)" in found.signal("risk of bias").reason


def test_intervals_are_hartungs_only_from_three_trials_that_differ() -> None:
    pain, harm, madrs = (
        facts_of(body(f"{q}"), R)
        for q in ("fibromyalgia/pain", "fibromyalgia/any_adverse_event", "depression/madrs")
    )
    b = body("fibromyalgia/pain").pooled
    assert (pain.low, pain.high) == (b.ci_low, b.ci_high)
    for f in (harm, madrs):
        z = pool([t.yi for t in f.trials], [t.se**2 for t in f.trials], ci="z")
        assert (f.low, f.high) == pytest.approx((z.ci_low, z.ci_high), rel=1e-12)
        assert "normal" in f.interval


def test_changing_a_threshold_changes_the_rating_that_rests_on_it() -> None:
    stricter = replace(
        R, table=tuple(replace(x, value=40) if x.name == "inconsistency.substantial" else x for x in R.table)
    )
    b = body("fibromyalgia/pain_standardised")
    assert certainty_of(b).signal("inconsistency").levels == 0
    assert certainty_of(b, using=stricter).signal("inconsistency").levels == -1


def test_every_threshold_has_a_reason_and_names_whose_it_is() -> None:
    text = "".join(p.read_text(encoding="utf-8") for p in Path(rule.__file__).parent.glob("*.py"))
    for x in R.table:
        assert len(x.why) > 20
        assert x.place
        assert x.basis == "ours" or x.sources
        assert set(x.sources) <= set(sources())
        assert f'["{x.name}"]' in text, f"nobody applies {x.name}"
    with pytest.raises(UnknownName, match="did you mean"):
        R["imprecision.powr"]


def test_nobody_has_judged_yet() -> None:
    assert judgements() == ()


TEXT = """
[[judgement]]
question = "crohn/response"
word = "moderate"
judge = "A. Person"
date = "2027-01-31"
reason = "the full text settles the denominators"
"""


def test_a_named_judge_is_shown_and_the_proposal_stays_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "judgements.toml"
    path.write_text(TEXT, encoding="utf-8")
    read = read_judgements(read_toml(path))
    monkeypatch.setattr(grading, "judgements", lambda: read)
    found = certainty_of(body("crohn/response"))
    assert (found.word, found.shown) == ("very low", "moderate")
    assert found.label == "moderate (judged by A. Person, 2027-01-31)"
    told = certainty_as_json(found)
    assert (told["rating"], told["proposed"], told["rater"]) == ("moderate", "very-low", "A. Person")
    assert certainty_of(body("crohn/endoscopic_response")).judgement is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [("crohn/response", "crohn/cure", "question"), ("moderate", "medium", "word"), ("2027-01-31", "soon", "date"),
     ("A. Person", " ", "name"), ('reason = "', 'why = "', "reason"), (TEXT, TEXT * 2, "twice")],
)  # fmt: skip
def test_a_damaged_judgement_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "judgements.toml"
    path.write_text(TEXT.replace(old, new), encoding="utf-8")
    with pytest.raises(DataError, match=said):
        read_judgements(read_toml(path))


def test_a_trial_that_nobody_assessed_counts_as_not_low() -> None:
    q = question("depression", "madrs")
    f = facts_of(body_of(replace(q, members=(Member("mischoulon-2017-mdd", "MADRS-10"),))), R)
    assert f.trials[0].bias == "some concerns"
    assert rule.risk_of_bias(replace(f, trials=(replace(f.trials[0], bias=""),)), R).levels == -1
