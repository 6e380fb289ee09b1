"""ldn meta with groups, regressions, pairs and single groups."""

import json
import math
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from openldn.cli import main
from openldn.meta import MEASURES, binary, counts, read_table, regress, subgroups
from openldn.meta import pool as meta
from openldn.meta.effects.one_arm import proportion_effect
from openldn.meta.effects.paired import PairedMeans, paired_effect
from openldn.meta.effects.paired_counts import PairedCounts, paired_count_effect
from openldn.notation import DataError, InputError

BCG = Path(__file__).parent.parent / "docs" / "examples" / "bcg.csv"
KNOWN = tomllib.loads((Path(__file__).parent / "data" / "synthesis.toml").read_text(encoding="utf-8"))["bcg"]
PAIRS = "study,m1i,sd1i,m2i,sd2i,ni,ri\nA,4.1,2,5,2.2,31,0.5\nB,3.8,1.9,4.1,2.1,50,0.6\n"
CELLS = "study,ai,bi,ci,di\nA,20,10,5,20\nB,7,3,2,12\n"
SHARES = "study,xi,ni\nA,3,30\nB,12,50\nC,9,61\n"


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def writer(content: str, name: str = "studies.csv") -> Path:
        (tmp_path / name).write_text(content, encoding="utf-8")
        return tmp_path / name

    return writer


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["meta", *arguments])
    out = capsys.readouterr()
    return int(left.value.code or 0), out.out, out.err


def effects() -> Any:
    c = read_table(BCG, "RR").columns
    return binary("RR", counts(c["ai"], c["n1i"], c["ci"], c["n2i"]))


# --- groups -------------------------------------------------------------------------------------------------


def test_the_latitudes_of_the_example_are_those_of_the_reference() -> None:
    table = read_table(BCG, "RR", besides=["latitude", "zone"])
    np.testing.assert_array_equal(table.numbers("latitude"), KNOWN["latitude"])
    assert [z == "from 30 degrees" for z in table.texts["zone"]] == [x >= 30 for x in KNOWN["latitude"]]


@pytest.mark.parametrize("method", ["REML", "DL", "FE"])
def test_groups_are_the_averages_of_their_studies_and_the_test_is_the_librarys(method: str) -> None:
    e = effects()
    group = read_table(BCG, "RR", besides=["zone"]).texts["zone"]
    d = meta(BCG, "RR", method=method, by="Zone").as_json()["subgroups"]
    by_hand = subgroups(e.yi, e.vi, group, method=method)
    assert (d["q_between"], d["df"], d["p"]) == pytest.approx((by_hand.q_between, by_hand.df, by_hand.p))
    assert sum(g["k"] for g in d["groups"]) == 13
    for g in d["groups"]:
        assert g["estimate"] == pytest.approx(by_hand.groups[g["group"]].estimate)
        assert g["display"]["ci_low"] == pytest.approx(math.exp(g["ci_low"]))
        assert len(g["studies"]) == g["k"]


@pytest.mark.parametrize("method", ["MH", "PETO", "GLMM", "FE"])
def test_a_group_is_what_its_own_file_would_give(write: Any, method: str) -> None:
    lines = BCG.read_text(encoding="utf-8").splitlines()
    north = write("\n".join([lines[0], *(x for x in lines[1:] if "from 30" in x)]))
    found = meta(BCG, "OR", method=method, by="zone").as_json()["subgroups"]["groups"][0]
    alone = meta(north, "OR", method=method).as_json()
    for name in ("estimate", "se", "ci_low", "ci_high", "tau2", "q", "k"):
        assert found[name] == pytest.approx(alone[name]), name


def test_common_effects_split_the_whole_q_into_within_and_between() -> None:
    d = meta(BCG, "RR", method="FE", by="zone").as_json()
    within = sum(g["q"] for g in d["subgroups"]["groups"])
    assert within + d["subgroups"]["q_between"] == pytest.approx(d["q"], rel=1e-9)


def test_the_forest_shows_the_groups(tmp_path: Path) -> None:
    meta(BCG, "RR", by="zone").forest().save(tmp_path / "x.svg")
    svg = (tmp_path / "x.svg").read_text(encoding="utf-8")
    assert "below 30 degrees, 5 studies" in svg
    assert "between groups Q" in svg
    assert "I² 92 % (from τ²)" in svg.replace("\u00a0", " ")


# --- regression ---------------------------------------------------------------------------------------------


def test_the_regression_on_latitude_is_the_librarys_and_the_published_one() -> None:
    e = effects()
    r = regress(e.yi, e.vi, {"latitude": KNOWN["latitude"]}, ci="z")
    d = meta(BCG, "RR", ci="z", moderators=["Latitude"]).as_json()["regression"]
    assert [t["term"] for t in d["terms"]] == ["intercept", "latitude"]
    slope = d["terms"][1]
    assert slope["estimate"] == pytest.approx(float(r.beta[1]))
    assert slope["display"]["estimate"] == pytest.approx(math.exp(float(r.beta[1])))
    assert d["qm"] == pytest.approx((slope["estimate"] / slope["se"]) ** 2)  # one term: the square of its z
    assert d["r2"] == pytest.approx(100 * (1 - d["tau2"] / meta(BCG, "RR").analysis.pooled.tau2))


def test_a_factor_of_two_levels_gives_their_difference(write: Any) -> None:
    d = meta(BCG, "RR", method="FE", ci="z", by="zone", moderators=["zone"]).as_json()
    first, second = (g["estimate"] for g in d["subgroups"]["groups"])
    terms = {t["term"]: t["estimate"] for t in d["regression"]["terms"]}
    assert terms["intercept"] == pytest.approx(first)
    assert terms["zone: below 30 degrees"] == pytest.approx(second - first)
    assert d["regression"]["references"] == {"zone": "from 30 degrees"}
    assert d["regression"]["qm"] == pytest.approx(d["subgroups"]["q_between"])


def test_groups_and_slopes_are_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(
        capsys, str(BCG), "--measure", "RR", "--by", "zone", "--moderator", "latitude", "--moderator", "zone"
    )
    words = " ".join(out.split())
    assert code == 0
    for phrase in (
        "By zone", "Between groups: Q =", "Meta-regression", 'group of zone is compared with "from 30 degrees"',
        "compare studies, not", "13 studies for 2 terms",
    ):  # fmt: skip
        assert phrase in words, phrase


def test_a_group_of_few_studies_has_the_interval_and_the_caution_of_its_own_file(
    write: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = BCG.read_text(encoding="utf-8").splitlines()
    alone = meta(write("\n".join([lines[0], *(x for x in lines[1:] if ",42," in x)])), "RR").as_json()
    answer = meta(BCG, "RR", by="latitude")
    groups = {g["group"]: g for g in answer.as_json()["subgroups"]["groups"]}
    assert groups["42"]["adhoc_beside"]
    assert groups["42"]["adhoc_ci_high"] == pytest.approx(alone["adhoc_ci_high"])
    assert groups["55"]["tau2"] is None
    assert not groups["55"]["adhoc_beside"]
    said = next(w for w in answer.warnings if "far too narrow" in w)
    assert " 42," in said
    assert " 55" not in said
    row = next(
        x
        for x in run(capsys, str(BCG), "--measure", "RR", "--by", "latitude")[1].splitlines()
        if x.startswith("  42")
    )
    assert f"{alone['display']['adhoc_ci_high']:.3g}" in row


def test_two_p_values_of_one_column_say_which_test_each_is(capsys: pytest.CaptureFixture[str]) -> None:
    d = meta(BCG, "RR", by="zone", moderators=["zone"]).as_json()
    assert d["subgroups"]["p"] != pytest.approx(d["regression"]["qm_p"], rel=0.1)
    assert "a τ² for each group" in d["subgroups"]["test"]
    assert d["regression"]["test"] == "F (Knapp–Hartung), one τ² for all studies"
    words = " ".join(
        run(capsys, str(BCG), "--measure", "RR", "--by", "zone", "--moderator", "zone")[1].split()
    )
    assert d["subgroups"]["test"] in words
    assert f"p = {d['regression']['qm_p']:.3f} (F (Knapp–Hartung)" in words


def test_the_example_of_the_help_runs_on_the_example_file(capsys: pytest.CaptureFixture[str]) -> None:
    line = next(x for x in run(capsys, "--help")[1].splitlines() if "--by" in x and "ldn meta" in x)
    assert run(capsys, str(BCG), *line.split()[3:])[0] == 0


GROUPED = "study,yi,vi,kind,year\nA,0.1,0.2,x,2001\nB,0.3,0.1,y,2003\nC,0.2,0.1,x,2007\nD,0.5,0.2,y,2011\n"
TRIALS = "study,ai,n1i,ci,n2i,kind\nA,4,20,3,20,x\nB,2,20,5,21,y\nC,3,22,5,21,y\n"


@pytest.mark.parametrize(
    ("content", "arguments", "says"),
    [
        (GROUPED, ("--by", "knid"), 'column "knid" is not there; did you mean "kind"'),
        (GROUPED, ("--moderator", "dose"), 'column "dose" is not there'),
        (GROUPED.replace(",y,2003", ",,2003"), ("--by", "kind"), '"kind" is missing'),
        (GROUPED.replace(",y,2003", ",Y,2003"), ("--by", "kind"), "spell a group one way"),
        (GROUPED.replace(",y,", ",x,"), ("--by", "kind"), 'every study is of one group, "x"'),
        (GROUPED.replace(",y,", ",x,"), ("--moderator", "kind"), "it can explain nothing"),
        (GROUPED, ("--moderator", "study"), "cannot place 4 terms"),
        (TRIALS, ("--moderator", "kind", "--method", "PETO"), "PETO has no meta-regression"),
        (TRIALS.replace("A,4,", "A,0,"), ("--by", "kind", "--method", "MH"), 'group "x": over all studies'),
    ],
)  # fmt: skip
def test_a_column_that_cannot_serve_is_refused(
    write: Any, capsys: pytest.CaptureFixture[str], content: str, arguments: tuple[str, ...], says: str
) -> None:
    measure = "GEN" if "yi" in content else "OR"
    code, out, err = run(capsys, str(write(content)), "--measure", measure, *arguments)
    assert (code, out) == (2, "")
    assert says in err


# --- pairs and single groups --------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", ["MC", "SMCC", "SMCR", "SMCRH", "SMCRP", "ROMC"])
def test_pairs_of_means_are_read_from_columns(write: Any, measure: str) -> None:
    d = meta(write(PAIRS), measure).as_json()
    y, v = paired_effect(measure, PairedMeans(4.1, 5.0, 2.0, 2.2, 31, 0.5))
    assert (d["studies"][0]["yi"], d["studies"][0]["vi"]) == pytest.approx((y, v))
    shown = math.exp(d["estimate"]) if measure == "ROMC" else d["estimate"]
    assert d["display"]["estimate"] == pytest.approx(shown)


def test_a_mean_change_is_the_plain_paired_t(write: Any) -> None:
    d = meta(write(PAIRS), "MC").as_json()["studies"][0]
    assert d["yi"] == pytest.approx(-0.9)
    assert d["vi"] == pytest.approx((4 + 4.84 - 2 * 0.5 * 2 * 2.2) / 31)


@pytest.mark.parametrize(
    ("measure", "plain"),
    [("MPRD", "RD"), ("MPRR", "RR"), ("MPOR", "OR"), ("MPORC", "ORC"), ("MPPETO", "PETO")],
)
def test_pairs_of_answers_are_read_from_columns(write: Any, measure: str, plain: str) -> None:
    d = meta(write(CELLS), measure).as_json()
    y, v = paired_count_effect(plain, PairedCounts(20, 10, 5, 20))
    assert (d["studies"][0]["yi"], d["studies"][0]["vi"]) == pytest.approx((y, v))


def test_a_half_is_added_to_pairs_only_where_it_is_needed_and_named(write: Any) -> None:
    path = write("study,ai,bi,ci,di\nA,20,10,5,20\nempty,5,3,0,12\n")
    assert "empty" in " ".join(meta(path, "MPORC").warnings)
    assert "0.5" not in " ".join(meta(path, "MPRR").warnings)


@pytest.mark.parametrize("measure", ["PR", "PLO", "PAS", "PFT"])
def test_shares_of_one_group_are_shown_as_shares_and_have_no_p(write: Any, measure: str) -> None:
    d = meta(write(SHARES), measure).as_json()
    for s, (x, n) in zip(d["studies"], [(3, 30), (12, 50), (9, 61)], strict=True):
        assert s["yi"] == pytest.approx(proportion_effect(measure, x, n).yi)
        assert s["display"]["estimate"] == pytest.approx(x / n, rel=1e-9)
    assert min(3 / 30, 9 / 61) < d["display"]["estimate"] < 12 / 50
    assert d["p"] is None
    if measure != "PR":
        assert 0 <= d["display"]["pi_low"] < d["display"]["pi_high"] <= 1


def test_what_needs_a_comparison_is_refused_for_a_share(write: Any, tmp_path: Path) -> None:
    path = write(SHARES)
    answer = meta(path, "PLO", bayes="half-normal:1", checks=True)
    assert answer.as_json()["bayes"]["p_below_no_effect"] is None
    assert "not_possible" in answer.as_json()["selection"]
    with pytest.raises(InputError, match="draw the forest"):
        answer.funnel().save(tmp_path / "x.svg")
    with pytest.raises(InputError, match="share of one group"):
        meta(path, "PLO", bayes="half-normal:1", difference=0.1)


def test_a_share_below_zero_and_a_lost_size_are_remarked(write: Any) -> None:
    path = write("study,xi,ni\nA,1,30\nB,12,50\nC,0,25\n")
    assert "PLO stays inside" in " ".join(meta(path, "PR").warnings)
    assert "harmonic mean" in " ".join(meta(path, "PFT").warnings)
    assert "harmonic" not in " ".join(meta(path, "PLO").warnings)


@pytest.mark.parametrize(
    ("content", "measure", "says"),
    [
        (PAIRS.replace("31,0.5", "31,1"), "MC", 'study "A": a correlation of 1'),
        (PAIRS.replace("31,0.5", "30.5,0.5"), "MC", "ni = 30.5 is not a whole number"),
        (PAIRS.replace("31,0.5", "1,0.5"), "MC", 'study "A": 1 person'),
        (PAIRS.replace("4.1,2,", "4.1,0,"), "MC", "both must exceed 0"),
        (PAIRS.replace("A,4.1", "A,-4.1"), "ROMC", "use MC"),
        (CELLS.replace("A,20", "A,-1"), "MPRR", 'study "A": ai = -1 is negative'),
        (CELLS.replace("A,20", "A,1.5"), "MPRR", "not a whole number"),
        (SHARES.replace("A,3", "A,31"), "PLO", "more than the persons of the group"),
        (SHARES.replace("3,30", "0,0"), "PLO", "nobody in it"),
        (SHARES, "MC", 'column "m1i" is missing'),
    ],
)
def test_impossible_pairs_and_shares_are_refused(write: Any, content: str, measure: str, says: str) -> None:
    with pytest.raises((InputError, DataError), match=None) as error:
        meta(write(content), measure)
    assert says in str(error.value)


@pytest.mark.parametrize("measure", list(MEASURES))
def test_every_measure_gives_a_document_that_is_json(
    write: Any, capsys: pytest.CaptureFixture[str], measure: str
) -> None:
    examples = {"xi": SHARES, "ri": PAIRS, "di": CELLS, "yi": GROUPED, "sd2i": "", "n2i": TRIALS}
    content = next(text for column, text in examples.items() if column in MEASURES[measure].columns)
    content = content or "study,m1i,sd1i,n1i,m2i,sd2i,n2i\nA,4.1,2.0,30,5.0,2.2,31\nB,3.8,1.9,49,4.1,2.1,50\n"
    code, out, _ = run(capsys, str(write(content)), "--measure", measure.lower(), "--json")
    d = json.loads(out)
    assert code == 0
    assert d["scale"] == MEASURES[measure].scale
    assert d["ci_low"] <= d["estimate"] <= d["ci_high"]
    assert run(capsys, str(write(content)), "--measure", measure)[0] == 0


# --- what a file says twice, or not at all ------------------------------------------------------------------


def test_a_variance_and_a_standard_error_must_agree_as_far_as_they_are_printed(write: Any) -> None:
    same = meta(write("study,yi,vi,sei\nA,0.1,0.0968,0.311\nB,0.2,0.04,0.2\n"), "GEN").analysis
    np.testing.assert_array_equal(same.effects.vi, [0.0968, 0.04])
    with pytest.raises(DataError, match=r'study "B": vi = 0.04 is not the square of sei = 0.3') as error:
        meta(write("study,yi,vi,sei\nA,0.1,0.0968,0.311\nB,0.2,0.04,0.3\n"), "GEN")
    assert error.value.line == 3


def test_names_that_differ_only_in_case_or_spaces_are_one_name(write: Any) -> None:
    with pytest.raises(DataError, match='study "a" stands on line 2 already'):
        meta(write("study,yi,vi\nA,0.1,1\n a ,0.3,1\n"), "GEN")


def test_studies_without_names_are_numbered_and_said_to_be(write: Any) -> None:
    assert "no column `study`" in " ".join(meta(write("yi,vi\n0.1,1\n0.3,1\n"), "GEN").warnings)
    assert "no column" not in " ".join(meta(write("study,yi,vi\nA,0.1,1\nB,0.3,1\n"), "GEN").warnings)
    with pytest.raises(DataError, match="has no name for its study"):
        meta(write("study,yi,vi\nA,0.1,1\n,0.3,1\n"), "GEN")


@pytest.mark.parametrize("sds", ["0,30,5.0,2.2", "2.0,30,5.0,0"])
def test_an_sd_of_zero_in_one_group_is_refused(write: Any, sds: str) -> None:
    with pytest.raises(InputError, match="nobody differs from anybody"):
        meta(write(f"study,m1i,sd1i,n1i,m2i,sd2i,n2i\nA,4.1,{sds},31\n"), "MD")
