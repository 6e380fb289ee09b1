"""ldn meta as a user meets it: files good and bad, the pinned document, and what is said in words."""

import contextlib
import json
import math
import re
import time
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from openldn.cli import main
from openldn.meta import (
    COLUMNS,
    FAMILIES,
    INTERVALS,
    LARGEST_FILE,
    METHODS,
    MOST_STUDIES,
    posterior,
    prior,
    read_table,
)
from openldn.meta import pool as meta
from openldn.meta import pool_effects as pool
from openldn.notation import DataError, OpenLDNError

COUNTS = "study,ai,n1i,ci,n2i\nA,4,123,11,139\nB,6,306,29,303\nC,3,231,11,220\nD,62,13598,248,12867\n"
MEANS = (
    "study,m1i,sd1i,n1i,m2i,sd2i,n2i\nA,4.1,2.0,30,5.0,2.2,31\nB,3.8,1.9,49,4.1,2.1,50\nC,5,2,12,5.1,2.4,13\n"
)
GENERIC = "study,yi,vi\nFINAL,-0.34,0.0968\nINNOVA,0.49,0.1729\nthird,-0.86,0.04\n"
PINNED = {
    "estimate",
    "se",
    "ci_low",
    "ci_high",
    "tau2",
    "i2",
    "i2_q",
    "q",
    "q_p",
    "pi_low",
    "pi_high",
    "k",
    "display",
}


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def writer(content: str | bytes, name: str = "studies.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return writer


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["meta", *arguments])
    out = capsys.readouterr()
    return int(left.value.code or 0), out.out, out.err


# --- what comes out -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "measure", "method"),
    [(COUNTS, m, x) for m in ("RR", "OR", "RD") for x in ("REML", "DL", "PM", "ML", "SJ", "EB", "HE", "HS", "FE", "MH")]
    + [(COUNTS, "OR", "PETO"), (COUNTS, "OR", "GLMM")]
    + [(MEANS, m, x) for m in ("MD", "SMD", "ROM") for x in ("REML", "FE")]
    + [(GENERIC, "GEN", "REML")],
)  # fmt: skip
def test_every_measure_and_method_gives_the_pinned_document(
    write: Any, capsys: pytest.CaptureFixture[str], content: str, measure: str, method: str
) -> None:
    code, out, err = run(capsys, str(write(content)), "--measure", measure, "--method", method, "--json")
    assert (code, err) == (0, "")
    d = json.loads(out)
    assert set(d) >= PINNED
    assert d["k"] == content.count("\n") - 1
    assert d["ci_low"] <= d["estimate"] <= d["ci_high"]
    assert d["pi_low"] <= d["ci_low"] + 1e-12
    shown = d["display"]
    natural = math.exp if measure in ("RR", "OR", "ROM") else float
    for name in ("estimate", "ci_low", "ci_high", "pi_low", "pi_high"):
        assert shown[name] == pytest.approx(natural(d[name]))
    if method in ("FE", "MH", "PETO"):
        assert (d["tau2"], d["i2"]) == (0, 0)
        assert (d["pi_low"], d["pi_high"]) == (d["ci_low"], d["ci_high"])
    if method != "GLMM":
        assert sum(s["weight"] for s in d["studies"]) == pytest.approx(100)
    assert d["ci"] == ("z" if method in ("MH", "PETO", "GLMM") else "hk")


def test_the_document_holds_what_the_library_computes(write: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(GENERIC)
    d = json.loads(run(capsys, str(path), "--measure", "GEN", "--json")[1])
    p = pool([-0.34, 0.49, -0.86], [0.0968, 0.1729, 0.04])
    for name in ("estimate", "se", "ci_low", "ci_high", "pi_low", "pi_high", "tau2"):
        assert d[name] == getattr(p, name)
    assert (d["tau2_ci_low"], d["tau2_ci_high"]) == p.tau2_ci
    assert (d["i2"], d["i2_q"], d["q"]) == (p.heterogeneity.i2, p.heterogeneity.i2_q, p.heterogeneity.q)
    assert [s["study"] for s in d["studies"]] == ["FINAL", "INNOVA", "third"]
    record = d["provenance"]
    assert record["files"].keys() == {"studies.csv"}
    assert len(record["files"]["studies.csv"]) == 64
    assert record["question"]["method"] == "REML"
    again = meta(
        path, record["question"]["measure"], method=record["question"]["method"], ci=record["question"]["ci"]
    )
    assert again.as_json() == d


def test_defaults_are_reml_and_knapp_hartung_and_names_may_be_in_lower_case(write: Any) -> None:
    path = write(COUNTS)
    answer = meta(path, "rr")
    assert (answer.analysis.pooled.method, answer.analysis.pooled.ci) == ("REML", "hk")
    assert meta(path, "or", method="peto").analysis.pooled.ci == "z"


def test_the_text_says_it_in_words(write: Any, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, str(write(COUNTS)), "--measure", "RR", "--bayes", "half-normal:0.5", "--difference", "0.8",
                       "--leave-one-out", "--cumulative")  # fmt: skip
    assert code == 0
    words = " ".join(out.split())
    for phrase in ("Risk ratio, 4 studies", "together", "The true effect of a new study in a like setting",
                   "How studies differ: τ as a factor", "Bayesian",
                   "P(beyond the difference that matters)", "Without this study", "Up to this study"):  # fmt: skip
        assert phrase in words, phrase


def test_three_studies_show_the_ad_hoc_interval_beside(
    write: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(COUNTS.replace("C,3", "D,3").rsplit("D,62", 1)[0])
    answer = meta(path, "RR")
    assert any("ad hoc" in w for w in answer.warnings)
    d, adhoc = answer.as_json(), meta(path, "RR", ci="adhoc").analysis.pooled
    assert (d["adhoc_ci_low"], d["adhoc_ci_high"]) == pytest.approx((adhoc.ci_low, adhoc.ci_high), rel=1e-12)
    assert d["display"]["adhoc_ci_low"] == pytest.approx(math.exp(adhoc.ci_low))
    out = run(capsys, str(path), "--measure", "RR")[1]
    assert f"The 95 % ad hoc Knapp–Hartung interval is {math.exp(adhoc.ci_low):.3g}" in out


def test_every_interval_is_called_by_its_name(write: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(COUNTS)
    for ci, name in (("z", "normal"), ("t", "t"), ("hk", "Knapp–Hartung"), ("adhoc", "ad hoc Knapp–Hartung")):
        out = " ".join(run(capsys, str(path), "--measure", "RD", "--ci", ci)[1].split())
        assert f"95 % {name} interval" in out
        assert f"95 % prediction interval, {name})" in out
        assert "95 % Q-profile interval" in out
        d = json.loads(run(capsys, str(path), "--measure", "RD", "--ci", ci, "--json")[1])
        assert d["intervals"] == {
            "ci": name, "pi": name, "tau2_ci": "Q-profile", "tau2_profile_ci": "profile likelihood",
            "adhoc_ci": "ad hoc Knapp–Hartung", "studies": "normal",
        }  # fmt: skip
    d = meta(path, "OR", "PETO", by=None).as_json()
    assert d["intervals"]["ci"] == "normal"
    assert d["intervals"]["tau2_ci"] is None
    assert meta(path, "RD", prediction="cochrane").intervals["pi"] == "t with k − 2"


def test_no_logarithm_stands_under_ratios(write: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(COUNTS.replace("n2i\n", "n2i,by\n").replace("139\n", "139,x\n").replace("303\n", "303,x\n")
                 .replace("220\n", "220,y\n").replace("12867\n", "12867,y\n"))  # fmt: skip
    d = meta(path, "RR", checks=True).as_json()
    out = run(capsys, str(path), "--measure", "RR", "--checks", "--by", "by", "--bayes", "half-normal:1")[1]
    words = " ".join(out.split())
    assert "log" not in words
    assert f"τ as a factor {math.exp(d['tau']):.3g}" in words
    assert f"the average is {math.exp(d['selection']['estimate']):.3g}" in words
    picture = meta(path, "RR", by="by").forest().wide
    assert "τ as a factor" in picture
    assert "τ²," not in picture.replace("(from τ²)", "")


def test_odd_tables_are_remarked_upon(write: Any, capsys: pytest.CaptureFixture[str]) -> None:
    same = "study,yi,vi\na,0.2,0.04\n\nb,0.2,0.09\n\n\nc,0.2,0.01\n\n\n"
    d = json.loads(run(capsys, str(write(same)), "--measure", "GEN", "--json")[1])
    blank, identical = d["notes"]
    assert blank.startswith("3 lines, the first of them line 3, are blank inside the file")
    assert identical.startswith("All 3 studies have the same effect, so τ² is 0 by construction")
    assert "has no width" in identical
    assert "Note: All 3 studies" in run(capsys, str(write(same)), "--measure", "GEN")[1]
    far = meta(write("study,yi,vi\na,0.2,4e-9\nb,0.3,5\n"), "GEN", ci="z").notes
    assert far[0].startswith('The variances lie 9 orders of magnitude apart, from 4e−09 in "a" to 5 in "b"')
    assert meta(write("study,yi,vi\na,0.2,0.01\nb,0.3,5\n\n\n"), "GEN").notes == (), (
        "blank lines at the end are usual"
    )
    assert meta(write("study,yi,vi\na,0.2,0.01\n"), "GEN").notes == ()


def test_one_study_gives_itself_with_a_warning(write: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = write("yi,vi\n0.5,0.04\n")
    d = json.loads(run(capsys, str(path), "--measure", "GEN", "--json")[1])
    assert (d["estimate"], d["se"], d["k"], d["tau2"]) == (0.5, 0.2, 1, 0)
    assert (d["pi_low"], d["tau2_ci_low"]) == (None, None)
    assert "One study" in d["warnings"][0]
    assert "One study" in run(capsys, str(path), "--measure", "GEN")[1]


def test_zero_cells_are_named_and_double_zeros_can_be_dropped(write: Any) -> None:
    path = write("study,ai,n1i,ci,n2i\nA,0,20,3,21\nB,0,30,0,31\nC,4,40,7,39\n")
    kept = meta(path, "OR")
    words = " ".join(kept.warnings)
    assert "0.5 was added to all four cells of 2 studies with a zero cell: A, B" in words
    assert "In 1 study nobody" in words
    dropped = meta(path, "OR", double_zero="drop")
    assert dropped.analysis.names == ("A", "C")
    assert "Left out" in " ".join(dropped.warnings)
    none_added = meta(path, "OR", method="MH")
    assert "The average adds nothing to any cell. A: shown with 0.5" in " ".join(none_added.warnings)
    assert none_added.analysis.pooled.weights[1] == 0


def test_the_posterior_is_in_the_document(write: Any) -> None:
    d = meta(write(GENERIC), "GEN", bayes="half-normal:0.5", difference=-0.3).as_json()["bayes"]
    p = posterior([-0.34, 0.49, -0.86], [0.0968, 0.1729, 0.04], prior("half-normal:0.5"))
    assert d["mu"]["median"] == p.mu_summary.median
    assert d["p_below_no_effect"] == p.p_mu_below(0)
    assert d["p_beyond_difference"] == p.p_mu_below(-0.3)
    assert [s["study"] for s in d["studies"]] == ["FINAL", "INNOVA", "third"]
    record = meta(write(COUNTS), "OR", bayes="turner:pain:drug-placebo").as_json()["provenance"]
    assert "turner-2015" in record["sources"]
    assert record["provisional"] == ["prior turner:pain:drug-placebo"]


# --- files that are read ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + GENERIC.encode(),
        GENERIC.replace("\n", "\r\n").encode(),
        GENERIC.replace("\n", "\r").encode(),
        GENERIC.rstrip("\n").encode(),
        ("\n" + GENERIC.replace("\n", "\n\n")).encode(),
        GENERIC.replace("study,yi,vi", " Study , YI,vi ").encode(),
        GENERIC.replace("-", "−").encode(),
        GENERIC.replace("study", "label").encode(),
        b'study,vi,note,yi\n"FINAL",0.0968,"a, b",-0.34\nINNOVA,0.1729,,0.49\nthird,4e-2,x,-.86\n',
    ],
    ids=[
        "bom",
        "windows",
        "old mac",
        "no last line end",
        "blank lines",
        "header",
        "minus",
        "label",
        "more columns",
    ],
)
def test_harmless_differences_between_files_do_not_matter(write: Any, content: bytes) -> None:
    there = meta(write(content), "GEN")
    here = meta(write(GENERIC, "plain.csv"), "GEN")
    assert there.analysis.names == here.analysis.names
    assert there.analysis.pooled.estimate == here.analysis.pooled.estimate


def test_semicolons_and_decimal_commas_are_read_when_asked_for(write: Any) -> None:
    text = GENERIC.replace(",", ";").replace(".", ",")
    with pytest.raises(
        DataError, match="--separator semicolon and, if numbers have a decimal comma, --decimal comma"
    ):
        meta(write(text), "GEN")
    answer = meta(write(text), "GEN", separator="semicolon", decimal="comma")
    assert (
        answer.analysis.pooled.estimate == meta(write(GENERIC, "plain.csv"), "GEN").analysis.pooled.estimate
    )
    with pytest.raises(DataError, match="tab; read it with --separator tab"):
        meta(write(GENERIC.replace(",", "\t")), "GEN")


def test_standard_errors_serve_in_place_of_variances(write: Any) -> None:
    answer = meta(write("yi,sei\n0.1,0.2\n0.4,0.3\n"), "GEN")
    np.testing.assert_allclose(answer.analysis.effects.vi, [0.04, 0.09])
    with pytest.raises(DataError, match="standard error is above zero"):
        meta(write("yi,sei\n0.1,0\n0.4,0.3\n"), "GEN")


# --- files that are not -------------------------------------------------------------------------------------

C, M, G = "study,ai,n1i,ci,n2i\n", "study,m1i,sd1i,n1i,m2i,sd2i,n2i\n", "study,yi,vi\n"
BAD: list[tuple[str, str | bytes, str, str]] = [
    ("negative count", C + "A,-1,10,2,10\n", "RR", 'study "A": ai = -1 is negative'),
    ("part of a person", C + "A,1.5,10,2,10\n", "RR", "not a whole number"),
    ("more events than persons", C + "A,11,10,2,10\n", "OR", "more than the persons of its group"),
    ("nobody", C + "A,0,0,2,10\n", "RD", "nobody in it"),
    ("no events at all", C + "A,0,10,0,10\nB,0,20,0,20\n", "RR", "in no study"),
    ("only events", C + "A,10,10,10,10\n", "OR", "in no study"),
    ("zero variance", G + "A,0.1,0\n", "GEN", "vi = 0; a variance is above zero"),
    ("negative variance", G + "A,0.1,-2\n", "GEN", "a variance is above zero"),
    ("variance too small", G + "A,0.1,1e-200\n", "GEN", "choose another unit"),
    ("no study", G, "GEN", "a header and no study"),
    ("empty", "", "GEN", "is empty"),
    ("blank", "\n \n", "GEN", "is empty"),
    ("same name", G + "A,0.1,1\nB,0.2,1\nA,0.3,1\n", "GEN", 'study "A" stands on line 2 already'),
    ("decimal comma", 'study,yi,vi\nA,"0,1",1\n', "GEN", "decimal comma"),
    ("unquoted decimal comma", G + "A,0,1,1\n", "GEN", "has 4 fields where the header has 3"),
    ("short line", G + "A,0.1\n", "GEN", "has 2 fields"),
    ("missing", G + "A,,1\n", "GEN", '"yi" is missing ("")'),
    ("NA", G + "A,NA,1\n", "GEN", 'is missing ("NA")'),
    ("nan", G + "A,nan,1\n", "GEN", "is missing"),
    ("infinite", G + "A,inf,1\n", "GEN", "not a number"),
    ("overflow", G + "A,1e999,1\n", "GEN", "beyond what can be computed with"),
    ("words", G + "A,none given,1\n", "GEN", '"none given", which is not a number'),
    ("underscore", G + "A,1_000,1\n", "GEN", "not a number"),
    ("other digits", G + "A,１,1\n", "GEN", "not a number"),
    ("hexadecimal", G + "A,0x10,1\n", "GEN", "not a number"),
    ("column", "study,yi,v\nA,0.1,1\n", "GEN", 'column "vi" is missing'),
    ("nearest column", "study,a1,n1i,ci,n2i\nA,1,10,2,10\n", "RR", 'did you mean "a1"'),
    ("wrong measure", GENERIC, "RR", "RR needs ai, n1i, ci, n2i"),
    ("column twice", "study,yi,vi,yi\nA,0.1,1,2\n", "GEN", 'column "yi" stands there twice'),
    ("one person", M + "A,1,2,1,1,2,10\n", "MD", "two persons or more"),
    ("negative SD", M + "A,1,-2,10,1,2,10\n", "SMD", "sd1i = -2 is negative"),
    ("no SD", M + "A,1,0,10,1,0,10\n", "MD", "nobody differs"),
    ("tiny SD", M + "A,1,1e-90,10,1,1e-90,10\n", "MD", "cannot be computed"),
    ("overflowing SD", M + "A,1,1e200,10,1,1e200,10\n", "SMD", "choose another unit"),
    ("NUL", b"study,yi,vi\nA\x00,0.1,1\n", "GEN", "control characters"),
    ("picture", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "GEN", "not UTF-8"),
    ("zip", b"PK\x03\x04\x14\x00\x06\x00\x08\x00", "GEN", "control characters"),
    ("UTF-16", GENERIC.encode("utf-16"), "GEN", "UTF-16"),
    ("Latin-1", "study,yi,vi\nGarc\u00eda,0.1,1\n".encode("latin-1"), "GEN", "not UTF-8"),
    ("open quote", 'study,yi,vi\n"A,0.1,1\n', "GEN", "check the quotes"),
    ("endless name", G + "A" * 500 + ",0.1,1\n", "GEN", "500 characters"),
    ("escape in a name", G + "A\x1b[31m,0.1,1\n", "GEN", "control characters"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "measure", "says"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_a_bad_file_gets_one_message_and_exit_code_two(
    write: Any, capsys: pytest.CaptureFixture[str], content: str | bytes, measure: str, says: str
) -> None:
    code, out, err = run(capsys, str(write(content)), "--measure", measure)
    assert (code, out) == (2, "")
    assert len(err.strip().splitlines()) == 1
    assert err.startswith("ldn: ")
    assert says in err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--measure", "HR"), 'measure "HR" is not known'),
        (("--measure", "SMDD"), 'did you mean "SMD"'),
        (("--measure", "RR", "--method", "REMLL"), 'did you mean "REML"'),
        (("--measure", "RR", "--ci", "kh"), 'interval "kh" is not known'),
        (("--measure", "SMD", "--method", "MH"), "pools RR or OR or RD from counts, not SMD"),
        (("--measure", "RR", "--method", "PETO"), "pools OR from counts, not RR"),
        (("--measure", "GEN", "--method", "GLMM"), "not GEN"),
        (("--measure", "OR", "--method", "MH", "--ci", "hk"), "normal intervals only"),
        (("--measure", "RR", "--prediction", "higgins"), "prediction interval"),
        (("--measure", "RR", "--double-zero", "omit"), "double-zero"),
        (("--measure", "RR", "--separator", "pipe"), 'separator "pipe"'),
        (("--measure", "RR", "--decimal", "comma"), "cannot be both"),
        (("--measure", "RR", "--bayes", "turner"), "the turner priors are for OR"),
        (("--measure", "RR", "--bayes", "normal:1"), 'did you mean "half-normal"'),
        (("--measure", "RR", "--difference", "0.8"), "add --bayes"),
        (("--measure", "RR", "--bayes", "half-normal:1", "--difference", "-1"), "for a ratio give a ratio"),
        (("--measure", "RR", "--bayes", "half-normal:1", "--difference", "nan"), "finite"),
        ((), "measure"),
    ],
)
def test_a_choice_that_does_not_fit_is_refused(
    write: Any, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], says: str
) -> None:
    code, out, err = run(capsys, str(write(COUNTS)), *arguments)
    assert (code, out) == (2, "")
    assert len(err.strip().splitlines()) == 1
    assert says in err


def test_no_file_a_folder_and_too_much_are_refused(tmp_path: Path, write: Any) -> None:
    with pytest.raises(DataError, match="No such file"):
        meta(tmp_path / "none.csv", "RR")
    with pytest.raises(DataError, match="it is a folder"):
        meta(tmp_path, "RR")
    big = tmp_path / "big.csv"
    with big.open("wb") as file:
        file.truncate(100_000_000)  # a hole: nothing is written, and no more than the limit is read
    start = time.monotonic()
    with pytest.raises(DataError, match=f"the limit is {LARGEST_FILE}"):
        meta(big, "RR")
    assert time.monotonic() - start < 5
    with pytest.raises(DataError, match=f"the limit is {MOST_STUDIES}"):
        meta(write("yi,vi\n" + "1,1\n" * (MOST_STUDIES + 1)), "GEN")


def test_whatever_bytes_come_in_there_is_an_answer_or_a_message(write: Any) -> None:
    rng = np.random.default_rng(11)
    good = COUNTS.encode()
    for _ in range(300):
        noise = bytearray(good)
        for place in rng.integers(0, len(noise), size=3):
            noise[place] = int(rng.integers(0, 256))
        with contextlib.suppress(OpenLDNError):
            meta(write(bytes(noise)), "RR", method="DL").as_json()


def test_a_thousand_studies_are_pooled_from_a_file(write: Any) -> None:
    """How long it takes is measured in benchmarks, not here."""
    rng = np.random.default_rng(2)
    v = rng.uniform(0.02, 0.5, 1000)
    y = rng.normal(0.2, np.sqrt(v + 0.1))
    path = write(
        "study,yi,vi\n" + "".join(f"s{i},{a},{b}\n" for i, (a, b) in enumerate(zip(y, v, strict=True)))
    )
    found = meta(path, "GEN").analysis.pooled
    assert found.k == 1000
    # four standard errors of the simulated mean, and of its spread
    assert found.estimate == pytest.approx(0.2, abs=4 * found.se)
    assert found.tau2 == pytest.approx(0.1, abs=0.05)


# --- what the page of documentation shows -------------------------------------------------------------------

DOCS = Path(__file__).parent.parent / "docs"


def test_the_example_of_the_documentation_is_the_bcg_data() -> None:
    bcg = tomllib.loads((Path(__file__).parent / "data" / "synthesis.toml").read_text(encoding="utf-8"))[
        "bcg"
    ]
    c = read_table(DOCS / "examples" / "bcg.csv", "RR").columns
    np.testing.assert_array_equal(c["ai"], bcg["a"])
    np.testing.assert_array_equal(c["n1i"] - c["ai"], bcg["b"])
    np.testing.assert_array_equal(c["ci"], bcg["c"])
    np.testing.assert_array_equal(c["n2i"] - c["ci"], bcg["d"])


def test_the_python_of_the_documentation_runs() -> None:
    page = (DOCS / "synthesis.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 2
    for code in blocks:
        exec(compile(code, "synthesis.md", "exec"), {})


def test_every_choice_that_exists_is_on_the_page() -> None:
    page = (DOCS / "synthesis.md").read_text(encoding="utf-8")
    for name in (*COLUMNS, *METHODS, *INTERVALS, *FAMILIES):
        assert f"`{name}`" in page or f"`{name}:S`" in page, name
    for columns in COLUMNS.values():
        for column in columns:
            assert f"`{column}`" in page
    assert f"{LARGEST_FILE // 1_000_000} MB" in page
    assert f"{int(MOST_STUDIES):,} studies" in page


def test_pictures_and_checks_are_made_when_asked_for(
    tmp_path: Path, write: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(write(GENERIC))
    forest, funnel = tmp_path / "forest.svg", tmp_path / "funnel.png"
    code, out, _ = run(
        capsys, file, "--measure", "GEN", "--plot", str(forest), "--funnel", str(funnel), "--checks"
    )
    assert code == 0
    assert all(name in forest.read_text() for name in ("FINAL", "INNOVA", "third", "Together"))
    assert funnel.read_bytes().startswith(b"\x89PNG")
    assert "Small studies (Egger)" in out
    assert "can hardly find anything" in " ".join(out.split())
    document = json.loads(run(capsys, file, "--measure", "GEN", "--checks", "--json")[1])
    assert {"influence", "egger", "selection"} <= set(document)
    # FINAL and INNOVA are not significant, the third is: one study in each interval of p
    assert sum(document["selection"]["counts"]) == 3


def test_a_picture_of_another_kind_is_refused_before_anything_is_computed(
    tmp_path: Path, write: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(capsys, str(write(GENERIC)), "--measure", "GEN", "--plot", str(tmp_path / "x.gif"))
    assert code == 2
    assert ".svg, .png or .pdf" in err
    many = "study,yi,vi\n" + "".join(f"s{i},0.1,0.2\n" for i in range(300))
    code, _, err = run(capsys, str(write(many)), "--measure", "GEN", "--plot", str(tmp_path / "x.svg"))
    assert code == 2
    assert "200 or fewer" in err
