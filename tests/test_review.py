"""The living review: whole, self-contained, and every number in it followed to where it comes from."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from openldn.answers import Review, statement, write_review
from openldn.answers.belief import belief
from openldn.answers.hypotheses import burden
from openldn.answers.review_summary import newer_than_the_article
from openldn.answers.rival import ASSUMES
from openldn.answers.stated import two
from openldn.answers.statements import regimen_answer
from openldn.answers.unwanted import usual_unwanted
from openldn.evidence import VERDICTS, claims
from openldn.notation import Estimate, OutputError, sources
from openldn.pharmacology import facts


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Review]:
    folder = tmp_path_factory.mktemp("review") / "new"
    return folder, write_review(folder)


@pytest.fixture(scope="module")
def document(made: tuple[Path, Review]) -> dict[str, Any]:
    return json.loads((made[0] / "review.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def html(made: tuple[Path, Review]) -> str:
    return (made[0] / "index.html").read_text(encoding="utf-8")


def test_both_files_are_there_and_nothing_else(made: tuple[Path, Review]) -> None:
    assert sorted(p.name for p in made[0].iterdir()) == ["index.html", "review.json"]


def test_the_table_of_the_review_has_every_claim_with_its_verdict(
    made: tuple[Path, Review], document: dict[str, Any]
) -> None:
    table = made[1].table()
    assert list(zip(table["id"], table["verdict"], strict=True)) == [
        (c["id"], c["verdict"]) for c in document["claims"]
    ]


def test_the_pinned_fields_are_there(document: dict[str, Any]) -> None:
    assert {"evidence_date", "claims", "conditions", "figures", "provenance"} <= set(document)
    assert len(document["claims"]) == len(claims()) == 71
    for claim in document["claims"]:
        assert {"id", "claim", "section", "verdict", "reasons", "sources"} <= set(claim)
        assert claim["reasons"][0] == claim["reason"]
        assert claim["verdict"] in VERDICTS
        assert set(claim["sources"]) <= set(sources())
    for figure in document["figures"]:
        assert figure["id"]
        assert figure["title"]
        assert len(figure["alt"]) > 40
    assert {"seed", "versions", "files", "runs"} <= set(document["provenance"])


def test_every_number_carries_its_source_or_what_it_was_computed_from(document: dict[str, Any]) -> None:
    """A number is covered by the nearest table around it that names a source or a computation."""
    covers = ("source", "sources", "computed", "reference")
    bare: list[str] = []
    counted = 0

    def walk(value: Any, path: str, covered: bool) -> None:
        nonlocal counted
        if isinstance(value, dict):
            own = covered or any(value.get(key) for key in covers)
            for key, item in value.items():
                walk(item, f"{path}.{key}", own)
        elif isinstance(value, list):
            for i, item in enumerate(value):
                walk(item, f"{path}[{i}]", covered)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            counted += 1
            if not covered:
                bare.append(path)

    for key, value in document.items():
        # the references and the record of files, seeds and versions are themselves where numbers lead
        if key not in ("references", "provenance"):
            walk(value, key, False)
    assert not bare, bare[:10]
    assert counted > 1000


def test_the_review_says_which_measurement_would_settle_rival_versions(
    document: dict[str, Any], html: str
) -> None:
    found = {s["of"]: s for s in document["settling"]}
    assert {"kinetics", "rebound"} <= set(found)
    for d in found["kinetics"]["best_by_pair_at_dose"]:
        assert d["measurable"] == "pet_occupancy"
        assert d["dose"] == "4.5mg"
        assert d["errors_apart"] > 1
    assert {tuple(d["versions"]) for d in found["kinetics"]["best_by_pair"]} == {
        ("biophase", "plasma"), ("biophase", "slow_koff"), ("plasma", "slow_koff"),
    }  # fmt: skip
    assert found["rebound"]["best_by_pair_at_dose"][0]["measurable"] == "beta_endorphin"
    told = [s for s in found.values() if s["told_apart"]]
    assert len(told) < len(found), "something in the model cannot be settled by what can be measured"
    text = " ".join(re.sub(r"<[^>]+>", " ", html).split())
    assert "Which measurement would settle it?" in text
    assert (
        f"{found['rebound']['best_by_pair_at_dose'][0]['errors_apart']:.1f} errors of one measurement apart"
        in text
    )
    asked = [run["question"] for run in document["provenance"]["runs"] if run["command"] == "compare"]
    assert {q["compare"].split("=")[0] for q in asked} == set(found)


def test_the_page_prints_plain_numbers(html: str) -> None:
    text = re.sub(r"<[^>]+>", " ", html)
    assert not re.search(r"\d(\.\d+)?e[+-]\d", text)
    assert not re.search(r"[−-]0 \(", text)


def test_every_run_behind_a_number_has_its_seed_and_question(document: dict[str, Any]) -> None:
    runs = document["provenance"]["runs"]
    asked = {run["question"]["dose"] for run in runs}
    assert {"1mg", "3mg", "4.5mg", "6mg", "50mg"} <= asked
    for run in runs:
        assert run["seed"] is not None or run["question"]["persons"] == 0


def test_every_source_named_anywhere_is_in_the_registry(document: dict[str, Any]) -> None:
    known = set(sources()) | {"the article", "evidence/corrections.toml", "evidence/second_readings"}

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for key, item in value.items():
                if key == "source" and isinstance(item, str):
                    assert all(part in known for part in item.split(", ")), item
                elif key == "sources" and isinstance(item, list):
                    assert set(item) <= known
                else:
                    walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    walk({k: v for k, v in document.items() if k not in ("references", "provenance")})


class _Page(HTMLParser):
    VOID = frozenset({"meta", "link", "br", "img", "hr", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.headings: list[int] = []
        self.open: list[str] = []
        self.labelled = 0
        self.svgs = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if tag == "a":
            self.links.append(found.get("href") or "")
        if tag in ("script", "img", "iframe", "object", "embed", "video", "audio", "source"):
            self.loads.append(tag)
        if tag in ("link", "image", "use"):
            self.loads.append(found.get("href") or "")
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "svg":
            self.svgs += 1
            self.labelled += found.get("role") == "img" and bool(found.get("aria-label"))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(html: str) -> _Page:
    parser = _Page()
    parser.feed(html)
    return parser


def test_the_page_asks_nothing_of_another_host(page: _Page, html: str) -> None:
    assert set(page.loads) <= {"data:,"}
    assert not re.search(r"url\(\s*['\"]?https?:", html)
    assert "@import" not in html
    assert "Content-Security-Policy" in html
    assert "<script" not in html


def test_every_figure_has_a_text_alternative(page: _Page, document: dict[str, Any]) -> None:
    assert page.svgs == page.labelled == 2 * len(document["figures"])


def test_every_tag_is_closed_and_every_anchor_is_unique(page: _Page) -> None:
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))


def test_every_inner_link_leads_somewhere(page: _Page) -> None:
    inner = {link[1:] for link in page.links if link.startswith("#")}
    assert inner <= set(page.ids)


def test_headings_go_down_one_step_at_a_time(page: _Page) -> None:
    assert page.headings[0] == 1
    for before, after in zip(page.headings, page.headings[1:], strict=False):
        assert after <= before + 1


def test_every_claim_stands_on_the_page_once(html: str) -> None:
    for claim in claims():
        assert html.count(f'id="claim-{claim.id}"') == 1, claim.id


def test_the_page_says_what_it_is_not_and_warns_of_opioids(html: str) -> None:
    text = re.sub(r"<[^>]+>", " ", html)
    assert "It is not advice" in text
    assert "must not meet" in text
    for topic in ("Planned surgery", "Overdose", "Liver", "Pregnancy", "Breastfeeding", "Compounded"):
        assert topic in text


def test_the_page_never_tells_a_person_to_take_it(html: str) -> None:
    text = re.sub(r"<[^>]+>", " ", html).lower()
    for phrase in ("you should take", "we recommend", "recommended dose for you", "start with a dose"):
        assert phrase not in text.replace("whether you should take", "")


def test_improvement_without_treatment_is_not_sold_as_healing(html: str) -> None:
    assert (
        html.count("natural course and regression to the mean in one")
        == html.count('<table class="courses">')
        > 5
    )


def test_every_code_is_explained_where_it_stands_and_in_the_table(
    html: str, document: dict[str, Any]
) -> None:
    codes = set(re.findall(r'<abbr title="[^"]+">(\w+)</abbr>', html))
    assert '<abbr title="">' not in html
    assert codes == {a["symbol"] for a in document["assumptions"]}
    glossary = html[html.index('<table class="glossary">') :]
    for code in codes:
        assert f"<code>{code}</code>" in glossary
    for part in re.findall(r"Assumed(?: in it)?: ([^<]+)", html):
        assert not part.strip(), "a code without its meaning"


def test_every_misfit_on_the_page_says_what_it_means(html: str, made: tuple[Path, Review]) -> None:
    misfits = [o for o in made[1].checks.outcomes if o.passed is False]
    assert html.count("It means that") == len(misfits) > 0


def test_one_typical_person_has_one_occupancy_on_the_page() -> None:
    """Persons, draws, the curve of doses and the numbers moved: same day of the same run, so the same mean."""
    for amount in ("3mg", "4.5mg"):
        of_persons = regimen_answer(amount).answers["mu_occupancy_mean"].value
        # error of the solver, whose tolerances differ between the two runs
        assert belief(amount).mean("occ_mu_brain", "%", 100).value == pytest.approx(of_persons, abs=1e-3)


def test_no_reason_on_the_page_points_to_an_id_that_only_the_tables_have(html: str) -> None:
    glossary = html[html.index('<table class="glossary">') :]
    glossary = glossary[: glossary.index("</table>")]
    assert set(re.findall(r"\b[A-Z]{2}\d{3}\w*", glossary)) & set(facts()) == set()
    assert "(Zagon 1983)" in glossary
    text = re.sub(r"<[^>]+>", " ", html)
    assert not re.search(r"\bchecks? \d", text)
    assert "(Q3)" not in text
    assert "(S_KIDNEY)" not in text


def test_the_assumption_about_the_brain_stands_in_full_once_and_is_led_to_from_each_sentence(
    html: str, document: dict[str, Any]
) -> None:
    assert ASSUMES not in html
    assert html.count('id="slow-exit"') == 1
    assert html.count('<a href="#slow-exit">') > 15
    washout = next(a for a in document["practical"] if "4.5 mg a day is gone" in a["question"])
    assert ASSUMES in washout["text"], "a reader of review.json has no head of a section"
    assert washout["numbers"]["hours_to_5_percent_plasma"]["value"] < 24


def test_sentences_of_misfits_and_new_trials_begin_with_a_capital(
    made: tuple[Path, Review], html: str
) -> None:
    assert not re.search(r" wanted\. [a-z]", html)
    for answer in made[1].conditions:
        for s in newer_than_the_article(answer):
            assert not re.search(r"[a-z]\. [a-z]", s.text), s.text


def test_unwanted_effects_in_words_are_those_of_the_table() -> None:
    text = statement("side_effects").text
    for amount in ("4.5mg", "50mg"):
        for e in ("ae_nausea", "ae_headache", "ae_any"):
            more = usual_unwanted(amount).more[e]
            assert two(more) in text
    assert not re.search(r"\([^)]*\(", text), "no bracket within a bracket"


def test_what_is_said_of_a_tale_follows_from_the_numbers() -> None:
    def one(value: float, low: float) -> Estimate:
        return Estimate(value, low, 9.0, "%", "of 100")

    said = [burden(one(*x)) for x in ((3.6, 2.1), (3.6, 0.4), (0.2, 0.0))]
    assert len(set(said)) == 3
    assert "all but free" in said[2]


def test_the_page_says_by_what_rule_numbers_are_moved(html: str) -> None:
    assert "it is moved along with whatever scales exposure" in html
    assert html.count('<table class="swings">') == 3


def test_corrections_are_listed_under_the_numbers_by_which_they_refer_to_each_other(
    page: _Page, document: dict[str, Any]
) -> None:
    listed = [i.removeprefix("correction-") for i in page.ids if i.startswith("correction-")]
    assert len(listed) == len(document["corrections"])
    assert {x for c in document["corrections"] for x in re.findall(r"\bC\d{3}\b", c["why"])} <= set(listed)


def test_the_page_says_why_two_changes_that_matter_differ(html: str) -> None:
    assert "as a rule half of the change that one person notices" in html
    assert "so the two need not agree" in html


def test_a_check_of_our_own_is_not_called_published(html: str) -> None:
    assert "Own check: FINAL and INNOVA, common effect" in html
    assert "Published: FINAL and INNOVA" not in html


def test_null_trials_are_shown_as_large_as_positive_ones(html: str) -> None:
    for name in ("INNOVA", "FINAL", "Sharafaddinzadeh", "Moloney"):
        assert name in html


def test_an_unwritable_folder_is_refused_before_anything_is_computed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot write"):
        write_review(tmp_path / "file")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
