"""Every way to pool anybody's table: what is counted, how it weighs, and what the doors say."""

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openldn.answers import ask_multiverse, meta_multiverse
from openldn.cli import main
from openldn.meta import MEASURES, pool, pool_effects
from openldn.meta.multiverse import Multiverse, of_table, significant, summarise, weigh
from openldn.meta.multiverse.table import MOST_LEFT_OUT, MOST_POOLED
from openldn.meta.table import read_table
from openldn.notation import InputError

COUNTS = {
    "study": ["A", "B", "C", "D"], "ai": [4, 6, 0, 12], "n1i": [123, 306, 231, 98], "ci": [11, 29, 3, 14],
    "n2i": [139, 303, 220, 97], "zone": ["x", "x", "y", "y"],
}  # fmt: skip
MEANS = {
    "study": ["A", "B", "C"], "m1i": [4.1, 3.8, 5.2], "sd1i": [2.0, 1.9, 2.1], "n1i": [12, 49, 9],
    "m2i": [5.0, 4.1, 5.1], "sd2i": [2.2, 2.1, 2.4], "n2i": [11, 50, 9],
}  # fmt: skip
PAIRS = {
    "study": ["A", "B"], "m1i": [4.1, 3.8], "sd1i": [2.0, 1.9], "m2i": [5.0, 4.1], "sd2i": [2.2, 2.1], "ni": [31, 50],
    "ri": [0.4, 0.8],
}  # fmt: skip


def multiverse(table: Any, measure: str, by: str | None = None) -> Multiverse:
    return of_table(read_table(table, measure), by)


def command(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["meta", *words])
    out = capsys.readouterr()
    return int(left.value.code or 0), out.out, out.err


def csv(folder: Path, table: dict[str, list[Any]]) -> Path:
    path = folder / "studies.csv"
    rows = [",".join(table), *(",".join(map(str, row)) for row in zip(*table.values(), strict=True))]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


# How combinations weigh


def test_each_option_of_a_choice_weighs_the_same_however_many_follow() -> None:
    # First choice a or b; under a one analysis (0), under b three (1, 2, 3): by count a has a quarter, by choice a half.
    grid = np.array([[0, 0, 0], [1, 2, 3]])
    weight = weigh(grid, grid >= 0, (("a", "b"), ("p", "q", "r")))
    assert weight.sum(axis=1) == pytest.approx([0.5, 0.5])
    assert weight[1] == pytest.approx([1 / 6] * 3)


def test_parts_of_an_option_share_its_share_and_impossible_ones_have_none() -> None:
    grid = np.array([0, 1, 2, 3, -1])
    parts = (("fixed", "random", "random", "random", "random"),)
    assert weigh(grid, grid >= 0, parts) == pytest.approx([1 / 2, 1 / 6, 1 / 6, 1 / 6, 0])
    alike = np.array([0, 1, 2, 2, -1])  # two names for one estimator share as well
    assert weigh(alike, alike >= 0, parts) == pytest.approx([1 / 2, 1 / 4, 1 / 8, 1 / 8, 0])
    assert weigh(grid, grid > 9, parts).sum() == 0


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_weights_are_those_of_somebody_who_decides_step_by_step(data: st.DataObject) -> None:
    shape = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=4))
    cells = data.draw(
        st.lists(st.integers(-1, 6), min_size=int(np.prod(shape)), max_size=int(np.prod(shape)))
    )
    grid = np.array(cells).reshape(shape)
    parts = tuple(tuple(data.draw(st.sampled_from("uvw")) for _ in range(n)) for n in shape)
    found = weigh(grid, grid >= 0, parts)
    expected = np.zeros(shape)

    def key(at: tuple[int, ...]) -> Any:
        below = grid[at]
        return tuple(np.where(np.asarray(below) >= 0, below, -1).ravel())

    def walk(at: tuple[int, ...], weight: float) -> None:
        if len(at) == len(shape):
            expected[at] = weight
            return
        alive = [i for i in range(shape[len(at)]) if np.any(np.asarray(grid[(*at, i)]) >= 0)]
        wholes = {parts[len(at)][i] for i in alive}
        for i in alive:
            mine = [j for j in alive if parts[len(at)][j] == parts[len(at)][i]]
            kinds = {key((*at, j)) for j in mine}
            like = sum(key((*at, j)) == key((*at, i)) for j in mine)
            walk((*at, i), weight / len(wholes) / len(kinds) / like)

    if np.any(grid >= 0):
        walk((), 1.0)
        assert found.sum() == pytest.approx(1)
    assert found == pytest.approx(expected)


def test_a_common_effect_weighs_as_much_as_all_random_effects() -> None:
    m = multiverse(MEANS, "MD")
    weight = m.run.weights(m.run.defensible)
    names = [m.run.options_of(i).get("estimator") for i in range(len(m.run))]
    fixed = sum(w for w, n in zip(weight, names, strict=True) if n == "FE")
    # Cohen's d and each study left out are no defensible options, so nothing else is single
    assert fixed == pytest.approx(0.5)
    assert weight[~m.run.defensible].sum() == 0


def test_the_summary_agrees_with_weights_by_hand() -> None:
    m = multiverse(COUNTS, "RR", "zone")
    s = m.defensible
    assert s is not None
    weight = m.run.weights(m.run.defensible)
    sign, side = np.sign(m.run.result.estimate), significant(m.run)
    assert s.benefit == pytest.approx(100 * weight[sign == -1].sum())
    assert s.significant == pytest.approx(100 * weight[side == -1].sum())
    assert s.benefit_by_count == pytest.approx(100 * np.mean(sign[m.run.defensible] == -1))
    assert sum(x.specifications for x in s.shares if x.factor == "measure") == s.specifications
    only = summarise(m.run, where=m.run.where(lambda data: len(data.which) == 2))
    assert only is not None
    assert only.specifications == int((m.run.k == 2).sum())


def test_the_pairs_of_a_choice_turn_by_the_weights_of_their_options() -> None:
    """The share of turned pairs again, by a walk through the grid."""
    m = multiverse({**COUNTS, "ai": [14, 6, 0, 12]}, "RD", "zone")
    s = m.everything
    run, ok = m.run, m.run.grid >= 0
    cells = weigh(run.grid, ok, run.parts)
    sign = np.sign(run.result.estimate)
    for axis, f in enumerate(run.declared.factors):
        lines = np.moveaxis(run.grid, axis, -1).reshape(-1, len(f.options))
        weights = np.moveaxis(cells, axis, -1).reshape(lines.shape)
        total = turned = 0.0
        for line, w in zip(lines, weights, strict=True):
            pairs = [(i, j) for i, j in itertools.combinations(range(len(line)), 2)
                     if line[i] >= 0 and line[j] >= 0 and line[i] != line[j]]  # fmt: skip
            both = sum(w[i] * w[j] for i, j in pairs)
            if both:
                total += w.sum()
                turned += (
                    w.sum() * sum(w[i] * w[j] * (sign[line[i]] * sign[line[j]] < 0) for i, j in pairs) / both
                )
        mine = next(x for x in s.flips if x.factor == f.name)
        assert mine.turns == pytest.approx(100 * turned / total if total else 0.0, abs=1e-9)


def test_parallel_trials_stand_apart_where_crossovers_are_mixed_in() -> None:
    pain = ask_multiverse("fibromyalgia")
    assert pain.parallel is not None
    assert pain.parallel.specifications < pain.defensible.specifications  # type: ignore[union-attr]
    assert "Defensible, parallel trials alone:" in " ".join(pain.sentences())
    assert [x["name"] for x in pain.as_json()["apart"]] == ["parallel trials alone"]
    assert ask_multiverse("depression").parallel is None


def test_a_standardised_answer_is_not_shown_as_points() -> None:
    from openldn.answers.multiverse_figure import multiverse_figure

    alt = multiverse_figure(ask_multiverse("fibromyalgia")).alt
    assert "SMDs times" in alt
    for v in ask_multiverse("fibromyalgia").published:
        if v.answer.measure == "SMD":
            assert f"{v.answer.label}: {v.verdict} SMD {v.answer.estimate:.2f}".replace("-", "−") in alt


# What is computed


@pytest.mark.parametrize(("table", "measure"), [(COUNTS, "OR"), (MEANS, "SMD"), (PAIRS, "MC")])
def test_each_analysis_is_what_pooling_its_studies_alone_gives(
    table: dict[str, list[Any]], measure: str
) -> None:
    m = multiverse(table, measure)
    run = m.run
    last = run.declared.factors[-2:]
    for i in range(0, len(run), 7):
        data = run.sets[run.set_of[i]]
        method, ci = (f.options[c].value for f, c in zip(last, run.codes[i, -2:], strict=True))
        chosen = {c: [v[j] for j in data.which] for c, v in table.items()}
        ours = [run.result.estimate[i], run.result.low[i], run.result.high[i]]
        if method in ("MH", "PETO"):
            p = pool(chosen, data.measure, method)
            assert ours == pytest.approx([p.estimate, p.ci_low, p.ci_high])
        else:
            q = pool_effects(data.yi, data.vi, method=method, ci=ci, intervals=False)
            assert ours == pytest.approx([q.estimate, q.ci_low, q.ci_high], abs=1e-7)


def test_the_default_analysis_is_among_them() -> None:
    for table, measure in ((COUNTS, "RR"), (COUNTS, "RD"), (MEANS, "MD"), (MEANS, "SMD"), (PAIRS, "SMCRP")):
        frame = multiverse(table, measure).table()
        p = pool(table, measure)
        row = frame[(frame.measure == measure) & (frame.studies == "all studies") & (frame.estimator == "REML")
                    & (frame["kind of interval"] == "hk")].iloc[0]  # fmt: skip
        assert row.effect == pytest.approx(p.display["estimate"])
        assert (row.effect_low, row.effect_high) == pytest.approx((p.display["ci_low"], p.display["ci_high"]))
        assert row.defensible


def test_cohens_d_and_other_zero_cells_are_computed_by_their_textbook_formulas() -> None:
    m = multiverse(MEANS, "SMD")
    d = next(s for s in m.run.sets if s.measure == "SMD" and len(s.which) == 3 and s.yi != m.run.sets[0].yi)
    spread = ((11 * 2.0**2 + 10 * 2.2**2) / 21) ** 0.5
    assert d.yi[0] == pytest.approx(-0.9 / spread)
    c = multiverse(COUNTS, "RR")
    every = next(s for s in c.run.sets if s.measure == "RR" and s.zero and len(s.which) == 4)
    assert every.yi[0] == pytest.approx(np.log((4.5 / 124) / (11.5 / 140)))
    assert multiverse(MEANS, "MD").run.declared.factors[0].name == "measure"


def test_choices_are_those_that_fit_the_table() -> None:
    kinds = {
        (m, t["study"][0]): [f.kind for f in multiverse(t, m).run.declared.factors]
        for t, m in ((COUNTS, "RR"), (MEANS, "MD"), (PAIRS, "MC"))
    }
    assert kinds[("RR", "A")] == ["measure", "studies", "zero", "estimator", "interval"]
    assert kinds[("MD", "A")] == ["measure", "studies", "small", "estimator", "interval"]
    assert kinds[("MC", "A")] == ["measure", "studies", "correlation", "estimator", "interval"]
    generic = multiverse({"yi": [0.1, 0.4], "vi": [0.1, 0.2]}, "GEN").run.declared
    assert [f.kind for f in generic.factors] == ["studies", "estimator", "interval"]
    full = {**COUNTS, "ai": [4, 6, 2, 12]}
    assert "zero" not in [f.kind for f in multiverse(full, "RR").run.declared.factors]


@pytest.mark.parametrize("measure", [m for m in MEASURES if m != "PFT"])
def test_every_measure_has_a_multiverse(measure: str) -> None:
    cells = {"study": ["A", "B"], "ai": [10, 4], "bi": [5, 3], "ci": [2, 1], "di": [9, 8]}
    shares = {"study": ["A", "B"], "xi": [3, 0], "ni": [10, 12]}
    generic = {"study": ["A", "B"], "yi": [0.1, 0.4], "vi": [0.1, 0.2]}
    table = next(
        t for t in (COUNTS, MEANS, PAIRS, cells, shares, generic) if set(MEASURES[measure].columns) <= set(t)
    )
    m = multiverse(table, measure)
    assert len(m.run) > 1
    assert json.loads(json.dumps(m.as_json(), allow_nan=False))["distinct"] == len(m.run)
    assert m.plot().wide.startswith("<svg")


# Limits and refusals


def test_a_multiverse_is_bounded() -> None:
    n = MOST_LEFT_OUT + 1
    rng = np.random.default_rng(0)
    many = {"study": [f"s{i}" for i in range(n)], "yi": rng.normal(0, 1, n), "vi": rng.uniform(0.1, 1, n)}
    m = multiverse(many, "GEN")
    assert [o.name for o in m.run.declared.factors[0].options] == ["all studies"]
    assert "No study was left out in turn: 101 of them, and the limit is 100 studies" in " ".join(m.sentences)
    n = MOST_POOLED + 1
    with pytest.raises(InputError, match="2,000 studies of a multiverse"):
        multiverse({"yi": np.zeros(n), "vi": np.ones(n)}, "GEN")
    with pytest.raises(InputError, match="two or more"):
        multiverse({"yi": [0.1], "vi": [0.1]}, "GEN")
    with pytest.raises(InputError, match="PLO"):
        multiverse({"xi": [1, 2], "ni": [10, 10]}, "PFT")
    many = {"yi": rng.normal(0, 1, 60), "vi": np.ones(60), "by": [f"g{i}" for i in range(60)]}
    with pytest.raises(InputError, match="50 groups of a multiverse"):
        multiverse(many, "GEN", "by")
    nothing = {"ai": [0, 0], "n1i": [10, 10], "ci": [0, 0], "n2i": [10, 10]}
    with pytest.raises(InputError, match="--measure RD"):
        multiverse(nothing, "RR")


# The doors


def test_the_command_tells_draws_and_prints_one_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, picture = csv(tmp_path, COUNTS), tmp_path / "curve.svg"
    code, out, _ = command(
        capsys, str(path), "--measure", "RR", "--multiverse", "--by", "zone", "--plot", str(picture)
    )
    assert code == 0
    words = " ".join(out.split())
    assert "of the others are distinct" in words
    assert "lie below no effect" in words
    assert "Every option of a choice counts the same" in words
    assert picture.read_text(encoding="utf-8").startswith("<?xml")
    d = json.loads(command(capsys, str(path), "--measure", "RR", "--multiverse", "--by", "zone", "--json")[1])
    assert d["distinct"] == len(d["specifications"])
    assert all(len(row) == len(d["columns"]) for row in d["specifications"])
    assert d["provenance"]["question"] == {
        "file": "studies.csv", "measure": "RR", "separator": "comma", "decimal": "point", "multiverse": True, "by": "zone",
    }  # fmt: skip
    assert d == json.loads(json.dumps(meta_multiverse(path, "RR", by="zone").as_json()))


@pytest.mark.parametrize(
    "option", [("--method", "DL"), ("--ci", "z"), ("--checks",), ("--cumulative",), ("--bayes", "uniform")]
)
def test_an_option_that_a_multiverse_does_not_take_is_refused(
    option: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = command(capsys, str(csv(tmp_path, COUNTS)), "--measure", "RR", "--multiverse", *option)
    assert (code, out) == (2, "")
    assert f"{option[0]} does not go with --multiverse" in err


def test_a_pooled_answer_has_its_multiverse() -> None:
    found = pool(COUNTS, "RR").multiverse(by="zone")
    assert "by zone" in {o.of for f in found.run.declared.factors for o in f.options}
    assert len(found.table()) == len(found.run)
    assert {"measure", "studies", "zero cells", "estimator", "kind of interval", "effect"} <= set(
        found.table().columns
    )
