"""Studies written for metafor, RevMan and GRADEpro: what a file holds is what was pooled, and the doors refuse what is not."""

import csv
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from openldn.answers import export_evidence, export_meta
from openldn.cli import main
from openldn.evidence import conditions, study
from openldn.evidence.body import body
from openldn.evidence.questions import questions_of
from openldn.meta import pool
from openldn.meta.exports import metafor_csv, outcome_of
from openldn.notation import InputError, UnknownName

BCG = Path(__file__).parent.parent / "docs/examples/bcg.csv"
MEANS = {
    "study": ["A, first", "B", "Ç"], "m1i": [4.1, 3.8, 5.2], "sd1i": [2.0, 1.9, 2.1], "n1i": [12, 49, 9],
    "m2i": [5.0, 4.1, 5.1], "sd2i": [2.2, 2.1, 2.4], "n2i": [11, 50, 9],
}  # fmt: skip


def ldn(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(list(words))
    out = capsys.readouterr()
    return int(left.value.code or 0), out.out, out.err


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("ci", ["z", "t", "hk", "adhoc"])
@pytest.mark.parametrize("method", ["REML", "DL", "PM", "FE"])
def test_a_file_for_metafor_pools_to_the_same_answer(method: str, ci: str, tmp_path: Path) -> None:
    found = pool(BCG, "RR", method, ci)
    written = export_meta(found, "metafor", tmp_path / "m.csv")
    again = pool(tmp_path / "m.csv", "GEN", method, ci)
    assert (again.estimate, again.ci_low, again.ci_high, again.tau2) == pytest.approx(
        (found.estimate, found.ci_low, found.ci_high, found.tau2), rel=1e-12
    )
    test = {"z": "z", "t": "t", "hk": "knha", "adhoc": "adhoc"}[ci]
    assert written.calls[-1] == f'rma(yi, vi, data=dat, slab=study, method="{method}", test="{test}")'
    # the raw columns stand beside, so that escalc can make yi and vi again
    raw = pool(tmp_path / "m.csv", "RR", method, ci)
    assert raw.estimate == pytest.approx(found.estimate, rel=1e-12)


def test_the_first_bcg_trial_stands_there_with_the_figures_of_metafor(tmp_path: Path) -> None:
    export_meta(pool(BCG, "RR"), "metafor", tmp_path / "m.csv")
    first = rows(tmp_path / "m.csv")[0]
    # metafor's tests print yi −0.8893 and vi 0.3256 for it
    assert (round(float(first["yi"]), 4), round(float(first["vi"]), 4)) == (-0.8893, 0.3256)
    assert [first[c] for c in ("ni", "ai", "n1i", "ci", "n2i")] == ["262", "4", "123", "11", "139"]


def test_methods_of_counts_are_called_by_their_own_functions() -> None:
    lines = {m: outcome_of(pool(BCG, "OR", m)).call() for m in ("MH", "PETO", "GLMM")}
    assert lines["MH"] == 'rma.mh(ai=ai, n1i=n1i, ci=ci, n2i=n2i, data=dat, slab=study, measure="OR")'
    assert lines["PETO"] == "rma.peto(ai=ai, n1i=n1i, ci=ci, n2i=n2i, data=dat, slab=study)"
    assert 'model="CM.EL"' in lines["GLMM"]


def test_a_study_without_an_effect_is_na_and_names_are_quoted() -> None:
    table = {"study": ["A, first", "B"], "ai": [0, 3], "n1i": [10, 10], "ci": [0, 5], "n2i": [10, 10]}
    text = metafor_csv([outcome_of(pool(table, "OR", "MH"))])
    assert '"A, first",NA,NA,20,0,10,0,10' in text


def review(path: Path) -> tuple[ET.Element, list[str]]:
    return ET.parse(path).getroot(), path.read_text(encoding="utf-8").splitlines()


def test_a_file_for_revman_holds_the_counts_as_rs_reader_wants_them(tmp_path: Path) -> None:
    path = tmp_path / "bcg.rm5"
    export_meta(pool(BCG, "RR", "MH"), "revman", path)
    root, lines = review(path)
    outcome = root.find("ANALYSES_AND_DATA/COMPARISON/DICH_OUTCOME")
    assert outcome is not None
    assert (outcome.get("EFFECT_MEASURE"), outcome.get("METHOD"), outcome.get("RANDOM")) == ("RR", "MH", "NO")
    data = outcome.findall("DICH_DATA")
    table = rows(BCG)
    for element, row in zip(data, table, strict=True):
        assert [element.get(a) for a in ("EVENTS_1", "TOTAL_1", "EVENTS_2", "TOTAL_2")] == [
            row[c] for c in ("ai", "n1i", "ci", "n2i")
        ]
    # meta's read.rm5 takes one element a line, a header of six lines, and ids that are in the list of studies
    at = next(i for i, line in enumerate(lines) if line.startswith("<DICH_OUTCOME"))
    assert [re.findall(r"\w+", x)[0] for x in lines[at : at + 6]] == [
        "DICH_OUTCOME", "NAME", "GROUP_LABEL_1", "GROUP_LABEL_2", "GRAPH_LABEL_1", "GRAPH_LABEL_2",
    ]  # fmt: skip
    assert sum(line.startswith("<DICH_DATA") for line in lines) == len(table)
    assert {e.get("STUDY_ID") for e in data} == {s.get("ID") for s in root.iter("STUDY")}


def test_means_and_bare_effects_have_their_own_elements(tmp_path: Path) -> None:
    export_meta(pool(MEANS, "SMD"), "revman", tmp_path / "a.rm5")
    first = next(review(tmp_path / "a.rm5")[0].iter("CONT_DATA"))
    names = ("MEAN_1", "SD_1", "TOTAL_1", "MEAN_2", "SD_2", "TOTAL_2")
    assert [first.get(a) for a in names] == ["4.1", "2", "12", "5", "2.2", "11"]
    export_meta(pool({"yi": [0.2, 0.4], "sei": [0.1, 0.3]}, "GEN"), "revman", tmp_path / "b.rm5")
    second = list(review(tmp_path / "b.rm5")[0].iter("IV_DATA"))[1]
    assert (float(second.get("ESTIMATE", "")), float(second.get("SE", ""))) == pytest.approx((0.4, 0.3))
    with pytest.raises(InputError, match="metafor"):
        export_meta(pool({"xi": [1, 2], "ni": [10, 10]}, "PLO"), "revman", tmp_path / "c.rm5")
    assert not (tmp_path / "c.rm5").exists()


@pytest.mark.parametrize("key", [c.key for c in conditions() if questions_of(c.key)])
def test_every_condition_is_exported_as_it_is_pooled(key: str, tmp_path: Path) -> None:
    export_evidence(key, "metafor", tmp_path / "m.csv")
    export_evidence(key, "revman", tmp_path / "r.rm5")
    export_evidence(key, "gradepro", tmp_path / "g.csv")
    found = rows(tmp_path / "m.csv")
    for q in questions_of(key):
        mine = [r for r in found if r["question"] == q.key]
        b = body(q.id)
        assert [float(r["yi"]) for r in mine] == [e.yi for e in b.effects]
        table = {"yi": [float(r["yi"]) for r in mine], "vi": [float(r["vi"]) for r in mine]}
        p = pool(table, "GEN", b.pooled.method, b.pooled.ci)
        ours = (b.pooled.estimate, b.pooled.ci_low, b.pooled.ci_high)
        assert (p.estimate, p.ci_low, p.ci_high) == pytest.approx(ours)
    root, _ = review(tmp_path / "r.rm5")
    comparison = root.find("ANALYSES_AND_DATA/COMPARISON")
    assert comparison is not None
    assert len(list(comparison)) == len(questions_of(key)) + 1
    assert all(r["certainty"] for r in rows(tmp_path / "g.csv"))


def test_means_stand_there_only_where_they_were_printed(tmp_path: Path) -> None:
    export_evidence("fibromyalgia", "metafor", tmp_path / "f.csv", "pain")
    final = next(r for r in rows(tmp_path / "f.csv") if "FINAL" in r["study"])
    # the SDs of FINAL's changes were derived from intervals, so no SD is said to be its
    assert "sd1i" not in final
    export_evidence("depression", "metafor", tmp_path / "d.csv", "madrs")
    first = rows(tmp_path / "d.csv")[0]
    assert "Mischoulon" in first["study"]
    arms = [a for o in study("mischoulon-2017-mdd").outcomes for a in o.arms]
    assert float(first["m1i"]) in {a.mean for a in arms}
    assert float(first["sd1i"]) in {a.sd for a in arms}


def test_a_summary_of_findings_of_a_bare_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="certainty"):
        export_meta(pool(BCG, "RR"), "gradepro", tmp_path / "g.csv")
    with pytest.raises(UnknownName, match="metafor"):
        export_meta(pool(BCG, "RR"), "metaphor", tmp_path / "g.csv")


def test_the_doors_write_and_say_how_far_the_format_was_tried(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "m.csv")
    code, text, _ = ldn(capsys, "meta", str(BCG), "--measure", "RR", "--export", "metafor", "--out", out)
    assert code == 0
    assert "R was not run here" in " ".join(text.split())
    assert 'rma(yi, vi, data=dat, slab=study, method="REML", test="knha")' in text.splitlines()
    d: Any = json.loads(
        ldn(capsys, "evidence", "fibromyalgia", "--export", "revman", "--out", out, "--json")[1]
    )
    assert "not opened in RevMan" in d["checked"]
    d = json.loads(
        ldn(capsys, "meta", str(BCG), "--measure", "RR", "--export", "revman", "--out", out, "--json")[1]
    )
    assert d["export"]["kind"] == "revman"
    assert d["k"] == 13


_META, _FM = ("meta", str(BCG), "--measure", "RR"), ("evidence", "fibromyalgia")
_TO = ("--export", "metafor", "--out", "x.csv")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((*_META, "--export", "metafor"), "--out"),
        ((*_META, "--out", "x.csv"), "--export"),
        ((*_META, "--export", "stata", "--out", "x.csv"), "metafor"),
        ((*_META, "--multiverse", *_TO), "--multiverse"),
        (("evidence", *_TO), "condition"),
        ((*_FM, "--multiverse", *_TO), "--multiverse"),
        ((*_FM, "--export", "metafor", "--out", "nowhere/x.csv"), "nowhere"),
        (("evidence", "hashimoto", *_TO), "nothing to export"),
        ((*_FM, *_TO, "--question", "pian"), "pain"),
    ],
)
def test_a_wrong_export_is_exit_2_and_writes_nothing(
    words: tuple[str, ...], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    code, _, err = ldn(capsys, *words)
    assert code == 2
    assert says in err
    assert list(tmp_path.iterdir()) == []
