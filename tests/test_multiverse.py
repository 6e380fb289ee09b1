"""The multiverse: every way to pool counted, computed, compared; what turns the answer; what others printed."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from openldn.answers import MultiverseAnswer, ask_multiverse, plot_multiverse
from openldn.cli import main
from openldn.evidence import study
from openldn.evidence.multiverse import (
    MISTAKEN,
    NOT,
    OPEN,
    REPRODUCED,
    Entry,
    MultiverseRun,
    Rule,
    complete,
    declared,
    read_declarations,
    run_multiverse,
    significant,
    specifications,
    standard,
    summarise,
    within,
)
from openldn.evidence.questions import questions
from openldn.meta import INTERVALS, RANDOM_METHODS, pool_batch
from openldn.meta import pool_effects as pool
from openldn.notation import DataError, InputError, UnknownName

METHODS = ("FE", *RANDOM_METHODS)
FILE = Path(__file__).parent.parent / "src/openldn/evidence/multiverse/multiverse.toml"


@pytest.fixture(scope="module")
def pain(answer: MultiverseAnswer) -> MultiverseRun:
    return answer.run


@pytest.fixture(scope="module")
def answer() -> MultiverseAnswer:
    return ask_multiverse("fibromyalgia")


@pytest.fixture(scope="module")
def printed(answer: MultiverseAnswer) -> dict[str, Any]:
    return {v.answer.label: v for v in answer.published}


# Many meta-analyses at once


@settings(max_examples=15, deadline=None)
@given(
    st.integers(1, 5).flatmap(
        lambda k: st.tuples(
            arrays(float, (4, k), elements=st.floats(-3, 3)),
            arrays(float, (4, k), elements=st.floats(0.01, 4)),
        )
    ),
    st.sampled_from(METHODS),
    st.sampled_from(INTERVALS),
)
def test_many_at_once_are_each_one_alone(data: tuple[Any, Any], method: str, ci: str) -> None:
    y, v = data
    found = pool_batch(y, v, method, ci)
    for i in range(len(y)):
        one = pool(y[i], v[i], method=method, ci=ci, intervals=False)
        # both find τ² to about 1e-13 of itself; where the likelihood is nearly flat in τ² its slope loses half the digits
        near = {"rel": 1e-6, "abs": 1e-7}
        assert found.tau2[i] == pytest.approx(one.tau2, **near)
        assert found.estimate[i] == pytest.approx(one.estimate, **near)
        assert found.low[i] == pytest.approx(one.ci_low, **near)
        assert found.high[i] == pytest.approx(one.ci_high, **near)
        if y.shape[1] > 1:
            assert found.i2_q[i] == pytest.approx(one.heterogeneity.i2_q, rel=1e-6, abs=1e-5)
            assert found.i2[i] == pytest.approx(one.heterogeneity.i2, rel=1e-5, abs=1e-3)


@pytest.mark.parametrize("method", METHODS)
def test_effects_that_differ_by_next_to_nothing_are_pooled_as_equal(method: str) -> None:
    """A variance over the square of such a difference is more than a double holds."""
    y, v = np.array([[0.0, 1.74e-161]]), np.ones((1, 2))
    found, one = pool_batch(y, v, method, "z"), pool(y[0], v[0], method=method, ci="z", intervals=False)
    assert found.tau2[0] == one.tau2 == 0
    assert found.i2_q[0] == one.heterogeneity.i2_q == 0


def test_a_batch_refuses_shapes_and_names_that_do_not_fit() -> None:
    with pytest.raises(InputError, match="tables"):
        pool_batch(np.zeros((2, 3)), np.ones((2, 2)), "DL", "z")
    with pytest.raises(InputError, match="variance"):
        pool_batch(np.zeros((1, 2)), np.zeros((1, 2)), "DL", "z")
    with pytest.raises(UnknownName, match="DLL"):
        pool_batch(np.zeros((1, 2)), np.ones((1, 2)), "DLL", "z")
    with pytest.raises(UnknownName, match="zz"):
        pool_batch(np.zeros((1, 2)), np.ones((1, 2)), "DL", "zz")


# Counting


@pytest.mark.parametrize("name", ["fibromyalgia/pain", "depression/madrs", "fibromyalgia/any_adverse_event"])
def test_every_combination_is_a_specification_or_is_excluded(name: str) -> None:
    run = run_multiverse(declared(name))
    assert run.combinations == math.prod(len(f.options) for f in run.declared.factors)
    assert int((run.grid >= 0).sum()) == run.combinations - run.excluded
    assert set(np.unique(run.grid[run.grid >= 0])) == set(range(len(run)))
    # the lazy enumeration, which knows nothing of the grid, meets the same number of distinct ones
    listed = {(s.data, s.method, s.interval) for s in specifications(within(run.declared))}
    assert len(listed) == len(run)


def test_a_combination_is_excluded_only_where_a_trial_has_no_such_figures(pain: MultiverseRun) -> None:
    names = [f.name for f in pain.declared.factors]
    scale, trials, time = (names.index(n) for n in ("scale", "trials", "time point"))
    for at in np.argwhere(pain.grid < 0)[::997]:
        chosen = [f.options[i].name for f, i in zip(pain.declared.factors, at, strict=True)]
        no_figures = (
            (chosen[scale] == "standard deviations" and chosen[time] != "3 months")
            or (chosen[time] != "3 months" and "its p" in chosen[names.index("INNOVA")])
            or (chosen[scale] != "points of 10" and chosen[names.index("INNOVA")] == "changes as they are")
            or (chosen[scale] == "points of 10" and "printed d" in chosen)
            or (chosen[scale] == "points of 10" and "half-widths and p" in chosen)
            or (chosen[scale] == "standard deviations" and "± as SD, percent as points" in chosen)
            or (chosen[scale] == "points of 10" and chosen[trials] == "crossover only")
        )
        assert no_figures, chosen


def test_two_rules_that_keep_the_same_trials_make_one_specification(pain: MultiverseRun) -> None:
    f = next(f for f in pain.declared.factors if f.name == "trials")
    axis = pain.declared.factors.index(f)
    names = [o.name for o in f.options]
    women, long = names.index("women only"), names.index("twelve weeks or longer")
    assert np.array_equal(pain.grid.take(women, axis), pain.grid.take(long, axis))


def test_a_correlation_that_no_trial_needs_makes_no_difference(pain: MultiverseRun) -> None:
    axis = [f.name for f in pain.declared.factors].index("correlation")
    for i in range(len(pain)):
        needed = any(e.correlation is not None for e in pain.sets[pain.set_of[i]].entries)
        assert pain.used[i, axis] == needed


# Values


def test_one_specification_by_hand(pain: MultiverseRun) -> None:
    """FINAL −0.34 (−0.95 to 0.27) and INNOVA 0.49 (−0.32 to 1.31): weights, average and interval on paper."""
    e = [next(o.effect for o in study(s).outcomes if o.name == n) for s, n in (
        ("bruun-2024-final", "pain change"), ("rodriguez-freire-2026-innova", "pain at 3 months"))]  # fmt: skip
    # above 60 degrees of freedom an interval is read with the normal
    se = [(x.high - x.low) / 2 / 1.959963984540054 for x in e]
    w = [s**-2 for s in se]
    mean = sum(a * x.estimate for a, x in zip(w, e, strict=True)) / sum(w)
    half = 1.959963984540054 / math.sqrt(sum(w))
    found = one(pain, trials="parallel only", scale="points of 10", estimator="FE", interval="z",
                final="printed difference", time="3 months")  # fmt: skip
    # nothing but the rounding of doubles lies between the two
    assert pain.result.estimate[found] == pytest.approx(mean, rel=1e-9)
    assert pain.result.low[found] == pytest.approx(mean - half, rel=1e-9)
    assert pain.result.high[found] == pytest.approx(mean + half, rel=1e-9)
    assert pain.k[found] == 2


def test_the_changes_of_innova_as_they_are_have_the_spread_of_the_adjusted_difference(
    pain: MultiverseRun,
) -> None:
    adjusted, plain = (
        {e for s in pain.sets if s.measure == "MD" for e in s.entries
         if e.study == "rodriguez-freire-2026-innova" and e.outcome == f"{name} at 3 months"}
        for name in ("pain", "pain change")
    )  # fmt: skip
    (found,) = plain
    assert found.yi == 0.31
    assert found.vi in {e.vi for e in adjusted if e.route == "printed difference with CI"}
    assert 0.49 in {e.yi for e in adjusted}
    used = [i for i in range(len(pain)) if found in pain.sets[pain.set_of[i]].entries]
    # a sensitivity analysis: looked at, and nobody's answer
    assert used
    assert not pain.defensible[used].any()


def one(
    run: MultiverseRun, *, trials: str, scale: str, estimator: str, interval: str, final: str, time: str
) -> int:
    wanted = {"trials": trials, "scale": scale, "estimator": estimator, "kind of interval": interval,
              "FINAL": final, "time point": time}  # fmt: skip
    at = tuple(
        [o.name for o in f.options].index(wanted[f.name]) if f.name in wanted else 0
        for f in run.declared.factors
    )
    return int(run.grid[at])


def test_each_specification_is_what_pooling_its_trials_alone_gives(pain: MultiverseRun) -> None:
    rng = np.random.default_rng(1)
    last = pain.declared.factors[-2:]
    for i in rng.choice(len(pain), 60, replace=False):
        entries = pain.sets[pain.set_of[i]].entries
        method, ci = (f.options[c].value for f, c in zip(last, pain.codes[i, -2:], strict=True))
        p = pool([e.yi for e in entries], [e.vi for e in entries], method=method, ci=ci, intervals=False)
        r = pain.result
        # τ² of both to about 1e-13; see test_many_at_once
        assert [r.estimate[i], r.low[i], r.high[i]] == pytest.approx(
            [p.estimate, p.ci_low, p.ci_high], abs=1e-8
        )


def test_the_order_of_the_trials_does_not_matter(pain: MultiverseRun) -> None:
    d = pain.declared
    turned = run_multiverse(replace(d, trials=d.trials[::-1]))
    assert np.array_equal(pain.grid, turned.grid)
    assert np.array_equal(pain.result.estimate, turned.result.estimate)


def test_a_standardised_difference_is_shown_in_points_by_the_sd_of_final(pain: MultiverseRun) -> None:
    final = next(o for o in study("bruun-2024-final").outcomes if o.name == "pain change")
    # the file derives an SD of 1.6 from each arm's interval, to two digits
    assert standard(pain.declared) == pytest.approx(final.arms[0].sd, abs=0.05)
    measures = np.array([s.measure for s in pain.sets])[pain.set_of]
    assert set(pain.unit[measures == "MD"]) == {1.0}
    assert set(pain.unit[measures == "SMD"]) == {standard(pain.declared)}


# What is defensible


def test_no_defensible_specification_holds_a_mistake_or_the_pilot(pain: MultiverseRun) -> None:
    assert 0 < pain.defensible.sum() < len(pain)
    last = pain.declared.factors[-2:]
    for i in np.flatnonzero(pain.defensible):
        for e in pain.sets[pain.set_of[i]].entries:
            assert "± as SD" not in e.route
            assert study(e.study).is_randomised
        method, ci = (f.options[c].value for f, c in zip(last, pain.codes[i, -2:], strict=True))
        assert method != "FE" or ci == "z"


def test_the_misread_half_width_makes_the_effect_larger(pain: MultiverseRun) -> None:
    shares = summarise(pain)
    assert shares is not None
    medians = {x.option: x.median for x in shares.shares if x.factor == "Younger 2013"}
    assert medians["± as SD"] < medians["half-widths"] < 0


# Flips


@pytest.mark.parametrize("defensible", [True, False])
def test_the_flips_named_are_real(pain: MultiverseRun, defensible: bool) -> None:
    found = summarise(pain, defensible=defensible)
    assert found is not None
    named = [f for f in found.flips if f.sign]
    # what is measured, and which trials: nothing that a statistician chooses turns the sign as often
    assert named[0].factor == "scale"
    assert named[-1].factor in ("estimator", "FINAL")
    for flip in named:
        assert flip.example is not None
        sides = []
        for i in flip.example:
            entries = pain.sets[pain.set_of[i]].entries
            last = zip(pain.declared.factors[-2:], pain.codes[i, -2:], strict=True)
            method, ci = (f.options[c].value for f, c in last)
            p = pool([e.yi for e in entries], [e.vi for e in entries], method=method, ci=ci, intervals=False)
            sides.append(p.estimate > 0)
            assert pain.defensible[i] or not defensible
        assert sides[0] != sides[1], flip.factor
        assert neighbours(pain, flip.factor, *flip.example)


def neighbours(run: MultiverseRun, factor: str, a: int, b: int) -> bool:
    """Whether some combination of the other choices leads to both."""
    axis = [f.name for f in run.declared.factors].index(factor)
    line = np.moveaxis(run.grid, axis, -1)
    return bool(((line == a).any(axis=-1) & (line == b).any(axis=-1)).any())


def test_flips_are_counted_as_pairs_one_by_one() -> None:
    """Counted again by walking through a small grid, without arrays."""
    run = run_multiverse(declared("fibromyalgia/any_adverse_event"))
    found = summarise(run)
    assert found is not None
    side = significant(run)
    for axis, f in enumerate(run.declared.factors):
        pairs = set()
        for at in np.ndindex(*run.grid.shape):
            for other in range(len(f.options)):
                to = (*at[:axis], other, *at[axis + 1 :])
                if 0 <= run.grid[at] < run.grid[to]:
                    pairs.add((int(run.grid[at]), int(run.grid[to])))
        mine = next(x for x in found.flips if x.factor == f.name)
        assert mine.pairs == len(pairs)
        assert mine.sign == sum(run.result.estimate[a] * run.result.estimate[b] < 0 for a, b in pairs)
        assert mine.significance == sum(side[a] != side[b] for a, b in pairs)


def test_the_interval_never_turns_the_sign(pain: MultiverseRun) -> None:
    found = summarise(pain)
    assert found is not None
    interval = next(f for f in found.flips if f.factor == "kind of interval")
    assert interval.sign == 0 < interval.significance


# Printed answers


def test_every_printed_answer_has_a_verdict_with_its_reason(
    answer: MultiverseAnswer, printed: dict[str, Any]
) -> None:
    assert len(printed) == len(declared("fibromyalgia/pain").answers)
    for v in printed.values():
        assert v.verdict in (REPRODUCED, MISTAKEN, NOT, OPEN)
        assert v.best is not None
        assert v.answer.known
        assert v.verdict == REPRODUCED or v.answer.why_not
        assert answer.why(v)


def test_the_figures_of_an_answer_are_those_of_its_study(printed: dict[str, Any]) -> None:
    for v in printed.values():
        if v.answer.study:
            effects = [o.effect for o in study(v.answer.study).outcomes if o.effect]
            assert (v.answer.estimate, v.answer.low, v.answer.high) in [
                (e.estimate, e.low, e.high) for e in effects
            ]


def test_what_is_called_reproduced_pools_to_the_printed_figures(printed: dict[str, Any]) -> None:
    made = [v for v in printed.values() if v.verdict in (REPRODUCED, MISTAKEN)]
    assert {"FINAL and INNOVA, common effect", "FINAL and INNOVA, random effects"} <= {
        v.answer.label for v in made
    }
    for v in made:
        e = v.best.data.entries
        p = pool(
            [x.yi for x in e], [x.vi for x in e], method=v.best.method, ci=v.best.interval, intervals=False
        )
        for ours, theirs in (
            (p.estimate, v.answer.estimate),
            (p.ci_low, v.answer.low),
            (p.ci_high, v.answer.high),
        ):
            # half a unit of the second decimal, in which they are printed
            assert abs(ours - theirs) <= 0.005 + 1e-9


def test_no_answer_is_reproduced_with_a_trial_that_came_later(printed: dict[str, Any]) -> None:
    for v in printed.values():
        for e in v.best.data.entries:
            assert Rule(up_to_year=v.answer.up_to_year).holds(study(e.study)), v.answer.label


def test_the_pooled_answer_of_2024_needs_the_misread_half_width(printed: dict[str, Any]) -> None:
    v = printed["Vatvani 2024"]
    assert v.verdict == NOT
    needs = dict(v.needs)
    assert needs["younger-2013-fm"]
    assert all("± as SD" in r and "in points" not in r for r in needs["younger-2013-fm"])


def test_the_missing_trial_completes_the_average(printed: dict[str, Any]) -> None:
    v = printed["Vatvani 2024"]
    for m in v.missing[:5]:
        y, variance = [e.yi for e in m.entries] + [m.estimate], [e.vi for e in m.entries] + [m.se**2]
        p = pool(y, variance, method="DL", ci="z", intervals=False)
        # halved 60 times on a scale of at most 10
        assert p.estimate == pytest.approx(v.answer.estimate, abs=1e-6)
        assert p.ci_high - p.ci_low == pytest.approx(v.answer.high - v.answer.low, abs=1e-6)
        assert p.heterogeneity.i2_q == pytest.approx(m.i2, abs=1e-6)


def test_a_trial_that_was_taken_away_is_found_again() -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        y, v = rng.uniform(-2, 2, 4), rng.uniform(0.02, 0.5, 4)
        whole = pool(y, v, method="DL", ci="z", intervals=False)
        known = tuple(Entry(f"s{i}", "", "", None, False, float(y[i]), float(v[i])) for i in range(3))
        found = complete(known, whole.estimate, whole.se)
        # near a double root τ² is known to about the square root of 1e-13, and the trial likewise
        assert min(abs(m.estimate - y[3]) + abs(m.se**2 - v[3]) for m in found) < 1e-4


# Other questions


def test_every_question_of_two_trials_has_a_multiverse() -> None:
    for q in questions():
        if len(q.members) > 1:
            assert len(run_multiverse(declared(q.id))) > 1


def test_leaving_out_a_trial_is_looked_at_but_is_nobodys_answer() -> None:
    run = run_multiverse(declared("depression/madrs"))
    assert {1, 2} == set(run.k.tolist())
    assert set(run.k[run.defensible].tolist()) == {2}


def test_a_question_of_one_trial_is_refused_with_the_way_out() -> None:
    with pytest.raises(InputError, match="one trial"):
        declared("depression/hdrs")
    with pytest.raises(InputError, match="ldn evidence crohn"):
        ask_multiverse("crohn")


def test_an_unknown_condition_or_question_is_refused() -> None:
    with pytest.raises(UnknownName, match="fibromyalgia"):
        ask_multiverse("fibromialgia")
    with pytest.raises(UnknownName, match="pain"):
        ask_multiverse("fibromyalgia", "pian")


# The file


@pytest.mark.parametrize(
    ("was", "now", "says"),
    [
        ('kind = "correlation"', 'kind = "correlatoin"', "correlation"),
        ('value = "REML"', 'value = "RML"', "REML"),
        ('value = "adhoc"', 'value = "ad hoc"', "adhoc"),
        (
            'study = "bested-2023-fm"\noutcomes',
            'study = "bested-2032-fm"\noutcomes',
            "bested-2023-fm",
        ),
        ('value = "pain at 6 months"', 'value = "pain at 7 months"', "6 months"),
        (' = "pain change at 6 months"', ' = "pain change at 7 months"', "6 months"),
        ('estimate_of = { "pain at 3 months"', 'estimate_of = { "pain at 4 months"', "4 months"),
        (' = "pain change at 6 months"', ' = "responders"', "no difference"),
        ('designs = ["rct-parallel"] }', 'designs = ["rct-parallell"] }', "rct-parallel"),
        ('estimator = ["FE"]', 'estimator = ["FF"]', "FE"),
        ("when = { estimator", "when = { estimater", "estimater"),
        ('outcome = "pain, LDN against placebo"', 'outcome = "pain, LDN"', "no effect"),
        ('sources = ["acr-2025-fm-ma"]', 'sources = ["acr-2026"]', "acr-2026"),
        ('value = "MD", why', 'value = "DM", why', "DM"),
    ],
)
def test_a_damaged_declaration_is_refused_with_file_and_line(
    tmp_path: Path, was: str, now: str, says: str
) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert was in text
    path = tmp_path / "multiverse.toml"
    path.write_text(text.replace(was, now, 1), encoding="utf-8")
    with pytest.raises(DataError, match=says) as error:
        read_declarations(path)
    assert "multiverse.toml" in str(error.value)


def test_a_route_that_a_study_does_not_offer_is_refused() -> None:
    d = declared("fibromyalgia/pain")
    factors = [f for f in d.factors if f.name == "FINAL"]
    wrong = replace(
        factors[0], options=(replace(factors[0].options[0], routes={"MD": "no such", "SMD": "no such"}),)
    )
    with pytest.raises(UnknownName, match="no such"):
        run_multiverse(replace(d, factors=tuple(wrong if f.name == "FINAL" else f for f in d.factors)))


# The door


def test_the_command_tells_and_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "curve.svg"
    assert run_command("evidence", "depression", "--multiverse", "--plot", str(path)) == 0
    out = capsys.readouterr().out
    assert "distinct" in out
    assert "not a probability" in out.replace("\n", " ")
    assert path.read_text(encoding="utf-8").startswith("<?xml")


def test_our_own_checks_are_no_published_answers(answer: MultiverseAnswer) -> None:
    assert len(answer.in_print) == 7
    assert {v.verdict for v in answer.checks} == {"reproduced"}
    made = sum(v.verdict == "reproduced" for v in answer.in_print)
    told = " ".join(answer.sentences())
    assert f"Of 7 published pooled answers {made} can be reproduced without a mistake" in told
    assert "1 only with a mistake, 1 cannot be told" in told
    named = sum(v.answer.unread == "de Paula 2023" for v in answer.in_print if v.verdict != "reproduced")
    assert f"For {named} of them the likely reason is that de Paula 2023" in told
    for v in answer.in_print:
        assert (
            not v.answer.unread
            or "de Paula" in v.answer.known + v.answer.why_not
            or "De Paula" in v.answer.why_not
        )


def test_the_document_holds_every_specification(
    answer: MultiverseAnswer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command("evidence", "fibromyalgia", "--multiverse", "--json") == 0
    d = json.loads(capsys.readouterr().out)
    assert len(d["specifications"]) == d["distinct"]
    assert all(len(row) == len(d["columns"]) for row in d["specifications"])
    low, e, high = (d["columns"].index(n) for n in ("low", "estimate", "high"))
    assert all(row[low] <= row[e] <= row[high] for row in d["specifications"])
    codes = np.array([row[: len(d["factors"])] for row in d["specifications"]])
    assert (codes < [len(f["options"]) for f in d["factors"]]).all()
    assert len(d["published"]) == len(declared("fibromyalgia/pain").answers)
    assert d["provenance"]["files"]["evidence/multiverse/multiverse.toml"]
    assert d["provenance"]["question"] == dict(answer.provenance.question)
    assert list(answer.sentences()) == d["summary"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("crohn", "--multiverse"), "two trials"),
        (("fibromyalgia", "--plot", "x.svg"), "--multiverse"),
        (("--multiverse",), "condition"),
        (("fibromyalgia", "--multiverse", "--plot", "x.gif"), ".svg"),
        (("fibromyalgia", "--multiverse", "--question", "impact"), "one trial"),
    ],
)
def test_a_wrong_request_is_exit_2_with_the_way_out(
    words: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command("evidence", *words) == 2
    assert says in capsys.readouterr().err


def test_a_ratio_is_told_and_drawn_as_a_ratio(tmp_path: Path) -> None:
    answer = ask_multiverse("fibromyalgia", "any_adverse_event")
    assert answer.defensible is not None
    assert answer.natural(answer.defensible.median) == pytest.approx(math.exp(answer.defensible.median))
    plot_multiverse(answer, tmp_path / "ratio.svg")
    assert (tmp_path / "ratio.svg").stat().st_size > 1000


def run_command(*words: str) -> int:
    try:
        main(list(words))
    except SystemExit as done:
        return int(done.code or 0)
    return 0
