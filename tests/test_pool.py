"""A table of studies at the front door in Python: whatever holds it, the answer is that of `ldn meta`."""

import doctest
import json
import math
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from openldn.cli import main
from openldn.meta import Pooled, pool, pooling
from openldn.notation import DataError, InputError, OpenLDNError, OutputError, UnknownName

BCG = Path(__file__).parent.parent / "docs" / "examples" / "bcg.csv"
SHARES = {"study": ["A", "B", "C"], "xi": [3, 12, 9], "ni": [30, 50, 61]}


@pytest.fixture
def frame() -> Any:
    return pd.read_csv(BCG)


@pytest.fixture(scope="module")
def bcg() -> Pooled:
    return pool(BCG, "RR")


class Foreign:
    """A data frame of another library: all that is known of it is the protocol."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def __dataframe__(self, **options: Any) -> Any:
        return self._frame.__dataframe__(**options)


# --- what comes out -----------------------------------------------------------------------------------------


def test_the_vaccine_trials_give_what_metafor_prints_for_them() -> None:
    # metafor, ?dat.bcg and ?rma: rma(yi, vi, data = dat), REML, prints these with four decimals
    found = pool(BCG, "RR", ci="z")
    printed = (-0.7145, 0.1798, 0.3132, 0.1664, 152.2330)
    half = 5e-5  # of the last decimal printed
    assert (found.estimate, found.se, found.tau2, found.tau2_se, found.q) == pytest.approx(printed, abs=half)
    assert (found.ci_low, found.ci_high) == pytest.approx((-1.0669, -0.3622), abs=half)
    assert found.i2 == pytest.approx(92.22, abs=0.005)


def test_the_example_of_the_docstring_runs() -> None:
    ran = doctest.testmod(pooling)
    assert ran.attempted >= 4
    assert ran.failed == 0


@pytest.mark.parametrize(
    "held",
    [
        lambda f: f,
        lambda f: f.to_dict("list"),
        lambda f: {name: f[name].to_numpy() for name in f},
        lambda f: f.astype(str),
        lambda f: f.astype({"ai": "Int64", "ci": float}),
        lambda f: f.set_index("study"),
        lambda f: f.rename(columns=str.upper),
        lambda f: str(BCG),
        Foreign,
    ],
    ids=["frame", "dict", "arrays", "texts", "other types", "index", "capitals", "path", "another library"],
)
def test_it_does_not_matter_what_holds_the_studies(
    frame: Any, held: Callable[[Any], Any], bcg: Pooled
) -> None:
    there, here = pool(held(frame), "RR", by="zone", moderators="latitude").as_json(), bcg.as_json()
    for name in set(here) - {"provenance", "warnings", "notes"}:
        assert there[name] == here[name], name
    assert there["regression"] == pool(BCG, "RR", moderators=["latitude"]).as_json()["regression"]


def test_the_answer_is_the_document_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--by", "zone", "--moderator", "latitude", "--checks", "--leave-one-out", "--cumulative"]
    with pytest.raises(SystemExit):
        main(
            [
                "meta",
                str(BCG),
                "--measure",
                "OR",
                "--bayes",
                "half-normal:0.5",
                "--difference",
                "0.8",
                *options,
                "--json",
            ]
        )
    document = json.loads(capsys.readouterr().out)
    found = pool(
        BCG, "OR", bayes="half-normal:0.5", difference=0.8, by="zone", moderators=["latitude"], checks=True, leave_one_out=True,
        cumulative=True,
    )  # fmt: skip
    assert found.as_json() == document
    for name in set(document) & set(Pooled.__dataclass_fields__) - {"provenance", "warnings", "notes"}:
        assert getattr(found, name) == document[name], name
    assert (list(found.warnings), list(found.notes)) == (document["warnings"], document["notes"])
    assert set(Pooled.__dataclass_fields__) - set(document) == {"analysis", "source", "besides"}


def test_the_question_of_an_answer_makes_it_again(frame: Any) -> None:
    first = pool(frame, "or", "peto", by="zone")
    question = dict(first.provenance.question)
    assert question.pop("file") == "table in memory"
    assert pool(frame, **question).as_json() == first.as_json()


def test_another_table_has_another_fingerprint(frame: Any, bcg: Pooled) -> None:
    changed = frame.assign(latitude=frame["latitude"] + 1)
    one, two = (pool(t, "RR").provenance.files for t in (frame, changed))
    assert one != two
    assert one == pool(frame.copy(), "RR").provenance.files


# --- what can be asked of it --------------------------------------------------------------------------------


def test_the_table_has_a_row_for_each_study_on_both_scales(bcg: Pooled) -> None:
    t = bcg.table()
    assert list(t["study"]) == list(bcg.analysis.names)
    np.testing.assert_allclose(t["effect"], np.exp(t["yi"]))
    np.testing.assert_allclose(t["effect_high"], np.exp(t["ci_high"]))
    assert t["weight"].sum() == pytest.approx(100)
    # the average is the mean of the effects by these weights
    assert np.average(t["yi"], weights=t["weight"]) == pytest.approx(bcg.estimate)
    np.testing.assert_allclose(t["ci_high"] - t["yi"], 1.959964 * t["se"], rtol=1e-6)


def test_a_study_that_tells_nothing_has_a_row_without_an_effect() -> None:
    silent = {
        "study": ["A", "nobody", "B"],
        "ai": [2, 0, 3],
        "n1i": [40, 20, 30],
        "ci": [5, 0, 4],
        "n2i": [40, 20, 31],
    }
    t = pool(silent, "OR", "PETO").table()
    assert list(t["effect"].isna()) == [False, True, False]


def test_the_methods_say_what_the_document_says() -> None:
    whole = pool(BCG, "RR", by="zone", moderators="latitude", checks=True, leave_one_out=True, cumulative=True,
                 bayes="half-normal:0.5")  # fmt: skip
    d, plain = whole.as_json(), pool(BCG, "RR")
    for frame, rows in (
        (plain.leave_one_out(), d["leave_one_out"]),
        (plain.cumulative(), d["cumulative"]),
        (plain.influence(), d["influence"]["studies"]),
        (plain.subgroups("Zone").table(), d["subgroups"]["groups"]),
        (plain.regression("latitude").table(), d["regression"]["terms"]),
    ):
        assert len(frame) == len(rows)
        for name in set(frame) & set(rows[0]):
            # a list of rows has None for what a frame has NaN
            assert [None if x != x else x for x in frame[name]] == [r[name] for r in rows], name
    marked = plain.influence()
    assert list(marked["study"][marked["conspicuous"]]) == d["influence"]["conspicuous"]
    assert plain.egger().p == d["egger"]["p"]
    assert plain.selection().estimate == d["selection"]["estimate"]
    assert plain.selection("lower").estimate == plain.selection().estimate  # the vaccine lowers the risk
    assert plain.posterior("half-normal:0.5").mu_summary.median == d["bayes"]["mu"]["median"]


def test_the_order_of_a_series_can_be_that_of_the_years(bcg: Pooled) -> None:
    order = list(range(13, 0, -1))
    turned = bcg.cumulative(order)
    assert list(turned["study"]) == list(reversed(bcg.analysis.names))
    assert turned["estimate"].iloc[-1] == pytest.approx(bcg.estimate)


def test_the_words_hold_the_numbers(bcg: Pooled) -> None:
    said = bcg.summary()
    assert said.splitlines()[0] == "Risk ratio, 13 studies, method REML"
    assert f"risk ratio {math.exp(bcg.estimate):.3g}" in said
    assert f"between {math.exp(bcg.pi_low or 0):.3g} and {math.exp(bcg.pi_high or 0):.3g}" in said
    assert str(bcg) == said
    assert repr(bcg) == "<Risk ratio, 13 studies, method REML: 0.489 (0.33 to 0.726)>"


def test_a_notebook_shows_the_first_studies_and_nothing_that_runs(bcg: Pooled) -> None:
    shown = bcg._repr_html_()
    assert "Aronson 1948" in shown
    assert "3 more" in shown
    mean = pool({"study": ["<script>", "B"], "yi": [1, 2], "vi": [1, 1]}, "GEN")._repr_html_()
    assert "<script>" not in mean
    assert "&lt;script&gt;" in mean


# --- pictures -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "begins"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")])
@pytest.mark.parametrize("picture", ["forest", "funnel"])
def test_a_picture_is_saved_in_the_kind_that_its_name_says(
    tmp_path: Path, bcg: Pooled, picture: str, kind: str, begins: bytes
) -> None:
    path = tmp_path / f"x.{kind}"
    getattr(bcg, picture)().save(path)
    assert path.read_bytes().startswith(begins)


def test_a_picture_that_cannot_be_written_leaves_what_was_there(tmp_path: Path, bcg: Pooled) -> None:
    with pytest.raises(OutputError, match=r"ends in \.svg, \.png or \.pdf"):
        bcg.forest().save(tmp_path / "x.docx")
    with pytest.raises(OutputError, match="there is no folder"):
        bcg.forest().save(tmp_path / "none" / "x.svg")
    assert not list(tmp_path.iterdir())


def test_a_picture_can_be_altered(bcg: Pooled) -> None:
    named = bcg.forest(title="Vaccine", favours=("vaccine", "none"), axis=(0.05, 2), by="zone")._repr_svg_()
    assert all(word in named for word in ("Vaccine", "vaccine", "below 30 degrees, 5 studies"))
    plain = bcg.forest()
    red = replace(plain, wide=plain.wide.replace("<svg ", '<svg data-mine="1" '))
    assert 'data-mine="1"' in red._repr_svg_()
    chart = bcg.chart().properties(title="Mine").to_dict()
    assert chart["title"] == "Mine"
    drawn = {row.get("label", "").replace("\n", " ") for rows in chart["datasets"].values() for row in rows}
    assert drawn >= {*bcg.analysis.names, "Together"}


def test_a_share_has_a_forest_and_no_funnel() -> None:
    found = pool(SHARES, "PLO")
    assert "share" in found.forest().alt
    with pytest.raises(InputError, match="draw the forest"):
        found.funnel()
    with pytest.raises(InputError, match="needs a comparison"):
        found.selection()


# --- what is refused ----------------------------------------------------------------------------------------

Change = Callable[[Any], Any]
BAD: list[tuple[str, Change, str, type[OpenLDNError], str]] = [
    ("column", lambda f: f.drop(columns="ai"), "RR", DataError, 'column "ai" is missing; RR needs ai, n1i, ci, n2i'),
    ("near column", lambda f: f.rename(columns={"n1i": "n1"}), "RR", DataError, 'did you mean "n1"'),
    ("column twice", lambda f: pd.concat([f, f["ai"]], axis=1), "RR", DataError, '"ai" stands there twice'),
    ("NaN", lambda f: f.assign(ai=[math.nan, *f["ai"][1:]]), "RR", DataError, '"ai" is missing ("")'),
    ("NA", lambda f: f.assign(ai=f["ai"].astype("Int64").where(f["ai"] > 4)), "RR", DataError, "row 1"),
    ("infinite", lambda f: f.assign(ai=math.inf), "RR", DataError, '"ai" is "inf", which is not a number'),
    ("truth", lambda f: f.assign(ai=True), "RR", DataError, '"ai" is "True", which is not a number'),
    ("events", lambda f: f.assign(ai=99_999), "RR", InputError, "more than the persons of its group (n1i)"),
    ("part of a person", lambda f: f.assign(ai=0.5), "RR", InputError, "not a whole number"),
    ("study twice", lambda f: pd.concat([f, f]), "RR", DataError, 'study "Aronson 1948" stands on row 1 already'),
    ("nameless", lambda f: f.assign(study=None), "RR", DataError, "has no name for its study"),
    ("escape", lambda f: f.assign(study="\x1b[31m"), "RR", DataError, "control character"),
    ("no rows", lambda f: f.iloc[:0], "RR", DataError, "has columns and no row; give one a study"),
    ("nothing", lambda f: {}, "RR", DataError, 'column "ai" is missing'),
    ("too many", lambda f: {"yi": [1] * 100_001, "vi": [1] * 100_001}, "GEN", DataError, "limit is 100,000"),
    ("uneven", lambda f: {"yi": [1, 2], "vi": [1]}, "GEN", DataError, 'column "yi" has 2 values and column "vi" has 1'),
    ("no list", lambda f: {"yi": 1, "vi": 2}, "GEN", InputError, 'column "yi" is 1, not a list'),
    ("no table", lambda f: 5, "GEN", InputError, 'not of type "int"'),
    ("no file", lambda f: "none.csv", "GEN", DataError, "No such file"),
    ("SD", lambda f: {"m1i": [1], "sd1i": [-2], "n1i": [9], "m2i": [1], "sd2i": [2], "n2i": [9]}, "MD", InputError,
     "sd1i = -2 is negative"),
    ("variance", lambda f: {"yi": [1, 2], "vi": [1, 0]}, "GEN", DataError, 'study "study 2" has vi = 0'),
    ("measure", lambda f: f, "RRR", UnknownName, 'measure "RRR" is not known; did you mean "RR"'),
    ("no measure", lambda f: f, 7, UnknownName, 'measure "7" is not known'),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "measure", "error", "says"), [b[1:] for b in BAD], ids=[b[0] for b in BAD]
)
def test_a_bad_table_gets_a_message_that_names_it(
    frame: Any, change: Change, measure: str, error: type[OpenLDNError], says: str
) -> None:
    with pytest.raises(error) as raised:
        pool(change(frame), measure)
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"method": "REMLL"}, 'method "REMLL" is not known; did you mean "REML"'),
        ({"ci": "kh"}, 'interval "kh" is not known'),
        ({"method": "MH", "ci": "hk"}, "method MH has normal intervals only, not hk; leave out --ci"),
        ({"method": "GLMM", "prediction": "cochrane"}, "GLMM has one prediction interval, not cochrane"),
        ({"method": "PETO", "prediction": "higgins"}, 'prediction interval "higgins" is not known'),
        ({"method": "PETO", "moderators": "latitude"}, "method PETO has no meta-regression"),
        ({"measure": "RD", "double_zero": "drop"}, "--double-zero drop is for RR and OR"),
        ({"separator": "tab"}, "separator tab is for a file"),
        ({"decimal": "comma", "separator": "semicolon"}, "separator semicolon is for a file"),
        ({"difference": 0.8}, "add --bayes"),
        ({"by": "zoen"}, 'column "zoen" is not there; did you mean "zone"'),
    ],
)
def test_an_option_that_cannot_be_followed_is_refused_and_never_ignored(
    frame: Any, options: dict[str, Any], says: str
) -> None:
    with pytest.raises(InputError if "zoen" not in says else DataError) as raised:
        pool(frame, **{"measure": "OR", **options})
    assert says in str(raised.value)


def test_one_study_gives_itself_and_what_needs_more_says_so() -> None:
    found = pool({"yi": [0.5], "vi": [0.04]}, "GEN")
    assert (found.estimate, found.se, found.k, found.pi_low) == (0.5, 0.2, 1, None)
    assert found.warnings[0].startswith("One study")
    with pytest.raises(InputError, match="two studies or more"):
        found.leave_one_out()
    with pytest.raises(InputError, match="three studies or more"):
        found.influence()
    with pytest.raises(InputError, match="needs a moderator"):
        found.regression()


def test_a_variance_and_its_root_that_were_both_computed_agree() -> None:
    rng = np.random.default_rng(5)
    sei = rng.uniform(0.05, 2, 2_000)
    both = pool({"yi": rng.normal(size=2_000), "sei": sei, "vi": sei**2}, "GEN", "DL")
    assert both.k == 2_000
    back = pool({"yi": [0.1, 0.2], "vi": [0.106, 0.0968], "sei": np.sqrt([0.106, 0.0968])}, "GEN")
    assert back.k == 2


def test_pooling_a_dict_loads_no_library_that_it_does_not_need() -> None:
    code = (
        "import sys; from openldn.meta import pool; pool({'yi': [1, 2], 'vi': [1, 1]}, 'GEN').summary(); "
        "print({'pandas', 'altair', 'vl_convert', 'scipy.stats', 'openldn.figures'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
