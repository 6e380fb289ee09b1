"""What a mistake in one line once changed without a test that noticed; see docs/data/mutation.csv."""

import json
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import numpy as np
import pytest
from click.testing import CliRunner

import openldn as ldn
from fuzzing.places import DATA, EXAMPLES
from openldn import evidence as ev
from openldn.answers import ask_multiverse, exposure, next_trial
from openldn.cli.main import cli
from openldn.evidence import Arm, Outcome
from openldn.evidence.certainty import Facts, Trial
from openldn.evidence.certainty.signals import _against_what_matters
from openldn.evidence.importers import import_file
from openldn.figures import specification_marks
from openldn.figures.diagram import diagram
from openldn.figures.forest import check_interval
from openldn.notation import InputError
from openldn.pharmacology import model
from openldn.population import doubt, simulate_doubt
from openldn.proof.qualify import performance


def test_a_line_that_rises_to_two_and_falls_back_is_above_one_for_half_the_day() -> None:
    # Over two days from the first midnight on, 24 hours in all, so 12 a day; nothing is rounded.
    hours = exposure._hours_above(np.array([[0.0, 2.0, 0.0]]), np.array([24.0, 48.0, 72.0]), 1.0)
    assert hours.tolist() == [12.0]
    assert exposure._hours_above(np.array([[1.5, 1.25]]), np.array([24.0, 72.0]), 1.0).tolist() == [24.0]
    assert exposure._hours_above(np.array([[1.5, 0.5]]), np.array([24.0, 72.0]), 1.0).tolist() == [12.0]


def test_limits_the_wrong_way_round_are_refused_by_a_forest() -> None:
    with pytest.raises(InputError, match=r"from 2 down to 0\.5; swap the limits"):
        check_interval("A", 1.0, 2.0, 0.5)
    check_interval("A", 1.0, 0.5, 2.0)
    check_interval("A", 1.0, 1.0, 1.0)


def test_a_diagram_is_told_in_sentences() -> None:
    drawn = diagram("id", "title", [("a", "what it is"), ("b", "")], [("a", "b", "", "flow")])
    assert drawn.alt == "Diagram of 2 boxes: a (what it is), b. a flows to b."


def test_a_percentage_that_its_count_denies_is_told_with_the_right_one() -> None:
    arms = (Arm("LDN", "ldn", n=40, events=10, percent=30.0),)
    blank = replace(
        ev.study("bruun-2024-final"),
        flow=(),
        outcomes=(Outcome("pain", "lower", arms=arms),),
        harms=(),
        known_faults=(),
    )
    (found,) = ev.lint([blank])
    assert found.message == "10 of 40 is 25.0 %, not 30 %"


def test_doubt_without_an_adjustment_takes_the_drawn_centres_as_they_are() -> None:
    seen = []

    def noted(*arguments: object, centres: dict[str, float], **options: object) -> None:
        seen.append(centres)

    m = model("disposition")
    with mock.patch("openldn.population.doubt.simulate_population", noted):
        simulate_doubt(m, ldn.ev(1), np.arange(2.0), ("C_N",), 3, 1, 6)
        simulate_doubt(m, ldn.ev(1), np.arange(2.0), ("C_N",), 3, 1, 6, adjust=lambda drawn: {"F_ORAL": 7.0})
    plain, adjusted = seen[:3], seen[3:]
    for name, values in doubt(m, 3, 6).items():
        assert [centres[name] for centres in plain] == np.broadcast_to(values, (3,)).tolist()
    assert adjusted == [{"F_ORAL": 7.0}] * 3


def test_an_interval_holds_what_matters_on_the_side_on_which_it_lies() -> None:
    def told(low: float, high: float) -> str:
        one = Trial("x", "x", 1.0, (low + high) / 2, 0.1)
        return _against_what_matters(
            Facts((one,), 500, (low + high) / 2, low, high, "interval", important=1.0)
        )

    assert "a difference that matters downwards" in told(-2.0, 0.0)
    assert "a difference that matters upwards" in told(0.0, 2.0)
    assert "downwards and one upwards" in told(-2.0, 2.0)
    assert "no difference that matters" in told(-0.5, 0.5)
    assert "wholly beyond" in told(1.5, 2.5)


@pytest.mark.parametrize(("named", "kept"), [("Wilcoxon shift", True), ("Odds Ratio (OR)", False)])
def test_the_name_of_a_parameter_is_kept_where_no_measure_says_it(
    tmp_path: Path, named: str, kept: bool
) -> None:
    record = json.loads((DATA / "ctgov-two-arms.json").read_text(encoding="utf-8"))
    outcome = record["resultsSection"]["outcomeMeasuresModule"]["outcomeMeasures"][0]
    outcome["analyses"][0]["paramType"] = named
    path = tmp_path / "r.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    effect = import_file(path).records[0].study.outcomes[0].effect
    assert effect is not None
    assert (named in effect.words) is kept


def test_missing_trials_are_sought_only_where_one_is_unread_and_its_heterogeneity_is_known() -> None:
    verdicts = [v for v in ask_multiverse("fibromyalgia", "").published if v.missing or v.needs]
    assert verdicts
    assert all(v.answer.unread and v.answer.i2 is not None for v in verdicts)


def test_a_standardised_difference_is_in_standard_deviations_already() -> None:
    def body(measure: str) -> SimpleNamespace:
        trial = SimpleNamespace(label="A", design="rct-parallel")
        question = SimpleNamespace(measure=measure, studies=lambda: [trial])
        return SimpleNamespace(question=question, effects=[SimpleNamespace(se=0.5, n=64)])

    assert next_trial.spreads(body("SMD")) == (("", 1.0),)  # type: ignore[arg-type]
    assert next_trial.spreads(body("MD")) == (("A", 2.0),)  # type: ignore[arg-type]


def test_the_columns_of_a_regression_end_under_one_another() -> None:
    found = CliRunner().invoke(
        cli,
        [
            "meta",
            str(EXAMPLES / "bcg.csv"),
            "--measure",
            "RR",
            "--moderator",
            "latitude",
            "--moderator",
            "zone",
        ],
    )
    lines = found.output.split("Meta-regression\n")[1].splitlines()
    rows = lines[: next(i for i, line in enumerate(lines) if not line.startswith("  "))]
    assert len(rows) >= 4
    assert len({len(row) for row in rows}) == 1  # the last column, p, is set against its right edge


def test_a_published_answer_stands_over_the_rank_that_it_would_take() -> None:
    curve = SimpleNamespace(estimate=np.arange(10.0))
    axis, canvas = SimpleNamespace(at=lambda value: 50.0, end=100.0), mock.MagicMock()
    published = [
        SimpleNamespace(estimate=value, low=None, high=None, label="") for value in (4.0, -1.0, 99.0)
    ]
    specification_marks.draw_published(canvas, curve, axis, published, 100.0, 200.0)  # type: ignore[arg-type]
    middles = [np.mean([x for x, _ in call.args[0]]) for call in canvas.polygon.call_args_list]
    # In the middle of the fifth of ten places of width ten, of the first, and at the very end.
    assert sorted(middles) == [105.0, 145.0, 200.0]


def test_patients_of_the_bench_are_followed_for_the_days_that_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = performance._nights(1, 1)
    monkeypatch.setattr(performance, "_nights", lambda persons, threads: run)
    told = next(f.description for f in performance._threads(1) if f.id == "PQ-patients")
    hours = run.times[-1] if np.ndim(run.times) == 1 else run.times[0, -1]
    assert f"({performance.NIGHTS} doses, {hours / 24:.0f} days)" in told


def test_the_swatches_of_a_funnel_have_outlines_thinner_than_any_line_of_it() -> None:
    trials = {"study": list("ABC"), "yi": [0.1, 0.3, -0.2], "vi": [0.1, 0.2, 0.05]}
    svg = ldn.pool(trials, "GEN").funnel().wide
    swatches = re.findall(r'h13v11h-13Z"[^>]*stroke-width="([\d.]+)"', svg)
    assert set(swatches) == {"0.8"}
