"""Each study of ldn meta is shown as the method that pools reads it."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from openldn.meta import pool as meta

HEAD = "study,ai,n1i,ci,n2i\n"


def rows(tmp_path: Path, lines: str, measure: str, method: str, **options: Any) -> dict[str, Any]:
    path = tmp_path / "studies.csv"
    path.write_text(HEAD + lines, encoding="utf-8")
    return meta(path, measure, method=method, **options).as_json()


@pytest.mark.parametrize(
    ("measure", "method", "line"),
    [("OR", m, "A,4,123,11,139\n") for m in ("REML", "FE", "MH", "PETO", "GLMM")]
    + [("RR", "MH", "A,4,123,11,139\n"), ("RD", "MH", "A,4,123,11,139\n")]
    # zero cells: Peto's and a risk difference need nothing added, nor a risk ratio where all have the event
    + [("OR", "PETO", "A,0,20,3,20\n"), ("RD", "MH", "A,0,20,3,20\n"), ("RR", "MH", "A,20,20,13,20\n")],
)
def test_one_study_gives_itself_by_every_method(tmp_path: Path, measure: str, method: str, line: str) -> None:
    d = rows(tmp_path, line, measure, method)
    (own,) = d["studies"]
    assert d["estimate"] == pytest.approx(own["yi"], rel=1e-7)
    assert d["se"] == pytest.approx(math.sqrt(own["vi"]), rel=1e-5)
    assert (d["ci_low"], d["ci_high"]) == pytest.approx((own["ci_low"], own["ci_high"]), rel=1e-5)


def test_petos_average_lies_between_the_studies_it_averages(tmp_path: Path) -> None:
    d = rows(tmp_path, "A,0,10,3,10\nB,0,20,2,20\n", "OR", "PETO")
    y, v = (np.array([s[name] for s in d["studies"]]) for name in ("yi", "vi"))
    assert y.min() < d["estimate"] < y.max()
    assert d["estimate"] == pytest.approx(float(np.average(y, weights=1 / v)), rel=1e-12)
    # by hand: E = 10·3/20, V = 10·10·3·17/(20²·19)
    assert y[0] == pytest.approx((0 - 1.5) / (5100 / 7600), rel=1e-12)
    assert [s["weight"] for s in d["studies"]] == pytest.approx(list(100 * (1 / v) / np.sum(1 / v)))


@pytest.mark.parametrize("method", ["PETO", "MH", "GLMM"])
def test_a_study_that_says_nothing_of_a_ratio_is_not_shown_as_no_difference(
    tmp_path: Path, method: str
) -> None:
    lines = "A,2,40,5,40\nnobody,0,20,0,20\nB,3,30,4,31\n"
    d = rows(tmp_path, lines, "OR", method, bayes="half-normal:1", checks=True)
    assert [s["yi"] is None for s in d["studies"]] == [False, True, False]
    assert [s["study"] for s in d["bayes"]["studies"]] == ["A", "B"]
    answer = meta(tmp_path / "studies.csv", "OR", method=method)
    answer.forest().save(tmp_path / "forest.svg")
    assert "not estimable" in (tmp_path / "forest.svg").read_text(encoding="utf-8")
    answer.funnel().save(tmp_path / "funnel.svg")
    assert "nobody" not in (tmp_path / "funnel.svg").read_text(encoding="utf-8")


def test_rows_that_need_a_half_say_so_and_the_others_do_not(tmp_path: Path) -> None:
    d = rows(tmp_path, "zero,0,20,3,21\nwhole,4,40,7,39\n", "OR", "MH")
    (said,) = [w for w in d["warnings"] if "0.5" in w]
    assert "zero: shown with 0.5" in said
    assert "average adds nothing" in said
    assert "whole" not in said
    plain = rows(tmp_path, "zero,0,20,3,21\nwhole,4,40,7,39\n", "OR", "PETO")
    assert not [w for w in plain["warnings"] if "0.5" in w]
