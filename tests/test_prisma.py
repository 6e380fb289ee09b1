"""A flow of records is drawn only if its numbers add up."""

import json
import re
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openldn.answers import prisma_figure
from openldn.cli import main
from openldn.evidence.prisma import Prisma, prisma_of, read_prisma
from openldn.notation import DataError, Fingerprint, TomlFile

FILE = Path(__file__).parent / "data" / "prisma.toml"
TEXT = FILE.read_text(encoding="utf-8")


def read(text: str) -> Prisma:
    return prisma_of(TomlFile("flow.toml", text, tomllib.loads(text), Fingerprint("flow.toml", "")))


def test_the_numbers_of_a_file_are_those_of_its_flow() -> None:
    flow = read_prisma(FILE)
    assert (flow.identified, flow.screened, flow.reports.sought) == (245, 185, 35)
    assert flow.reports.included == 8
    assert flow.other is not None
    assert flow.other.included == 2
    assert flow.totals == (12, 14)


def test_a_failing_sum_is_named_with_its_terms_and_its_line() -> None:
    text = TEXT.replace("records = 185", "records = 186")
    with pytest.raises(DataError) as caught:
        read(text)
    message = str(caught.value)
    assert "120 (MEDLINE) + 95 (Embase) + 30 (ClinicalTrials.gov) − 55 (duplicates)" in message
    assert "= 185, but 186 is stated" in message
    assert caught.value.line == 1 + text[: text.index("records = 186")].count("\n")
    assert caught.value.field == "screened.records"


NUMBERS = [m.span(1) for m in re.finditer(r"= (\d+)", TEXT)]
# Studies are no sum of reports: only the total ties them.
STUDIES = "studies = 12"


@pytest.mark.parametrize(
    "span", NUMBERS, ids=[TEXT[:a].splitlines()[-1].strip() + str(a) for a, _ in NUMBERS]
)
@pytest.mark.parametrize("step", [1, -1])
def test_no_number_can_change_alone(span: tuple[int, int], step: int) -> None:
    a, b = span
    with pytest.raises(DataError):
        read(f"{TEXT[:a]}{int(TEXT[a:b]) + step}{TEXT[b:]}")


counts = st.integers(0, 400)


@settings(max_examples=60)
@given(st.data())
def test_every_flow_that_adds_up_is_read(data: st.DataObject) -> None:
    found, removed = data.draw(counts), data.draw(counts)
    screened = data.draw(counts)
    found = screened + removed
    excluded = data.draw(st.integers(0, screened))
    missing = data.draw(st.integers(0, screened - excluded))
    assessed = screened - excluded - missing
    out = data.draw(st.integers(0, assessed))
    included = assessed - out
    flow = read(
        f'[identified]\ndatabases = {{ "A database" = {found} }}\n[removed]\nduplicates = {removed}\n'
        f"[screened]\nrecords = {screened}\nexcluded = {excluded}\n"
        f"[reports]\nsought = {screened - excluded}\nnot_retrieved = {missing}\nassessed = {assessed}\n"
        f"excluded = {{ reason = {out} }}\n[included]\nstudies = {min(included, 1)}\nreports = {included}\n"
    )
    assert flow.identified - removed - excluded - missing - out == flow.reports_included
    assert flow.previous is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("excluded = 150", "excluded = -150", "not negative"),
        ('"MEDLINE" = 120', '"MEDLINE" = "many"', "must be a count"),
        ('"MEDLINE" = 120', '"MEDLINE" = true', "must be a count"),
        ("not_retrieved = 2", "not_retreived = 2", "missing"),
        ("[other]", "[others]", "did you mean"),
        ("studies = 9", "studies = 0", "none without the other"),
        ('"not randomised" = 20', '"not randomised" = 200', "more than there are"),
    ],
)
def test_a_damaged_flow_is_refused(old: str, new: str, message: str) -> None:
    assert old in TEXT
    with pytest.raises(DataError, match=message):
        read(TEXT.replace(old, new, 1))


def words(svg: str) -> str:
    tree = ET.fromstring(svg)
    return " ".join((t.text or "").strip() for t in tree.iter("{http://www.w3.org/2000/svg}text")).replace(
        "\u00a0", " "
    )


def test_every_number_stands_in_both_drawings_and_in_the_words() -> None:
    figure = prisma_figure(FILE)
    numbers: list[Any] = [245, 120, 95, 30, 55, 185, 150, 35, 33, 25, 20, 8, 9, 10, 12, 14]
    for number in numbers:
        for text in (words(figure.wide), words(figure.narrow), figure.alt):
            assert re.search(rf"\b{number}\b", text), number
    assert "& no more" in words(figure.wide), "signs of XML are escaped, not lost"


def test_the_two_drawings_share_no_names_and_stay_in_their_width() -> None:
    figure = prisma_figure(FILE, "flow")
    names = [set(re.findall(r'id="([^"]+)"', svg)) for svg in (figure.wide, figure.narrow)]
    assert names[0].isdisjoint(names[1])
    for svg, width in ((figure.wide, 640), (figure.narrow, 300)):
        for box in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}rect"):
            assert float(box.attrib["x"]) >= 0
            assert float(box.attrib["x"]) + float(box.attrib["width"]) <= width


# --- the command --------------------------------------------------------------------------------------------


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["evidence", "prisma", *arguments])
    out = capsys.readouterr()
    return int(left.value.code or 0), out.out, out.err


def csv_of(flow: dict[str, Any]) -> str:
    """The same flow as lines of a CSV."""
    lines = ["box,name,count"]

    def walk(box: str, table: dict[str, Any]) -> None:
        for name, value in table.items():
            if isinstance(value, dict):
                walk(f"{box}.{name}".lstrip("."), value)
            elif isinstance(value, str):
                lines.append(f'{name},"{value}",')
            else:
                lines.append(f'{box},"{name}",{value}')

    walk("", flow)
    return "\n".join(lines) + "\n"


def test_only_what_belongs_under_a_line_is_set_in(capsys: pytest.CaptureFixture[str]) -> None:
    lines = run(capsys, str(FILE))[1].splitlines()
    depth = {line.strip(): len(line) - len(line.lstrip()) for line in lines}
    head = depth["Records identified: 245"]
    assert depth["MEDLINE: 120"] == depth["ClinicalTrials.gov: 30"] == head + 2
    assert depth["Records screened: 185"] == head
    assert depth["duplicates: 55"] == depth["Removed before screening:"] + 2


@pytest.mark.parametrize("kind", ["toml", "json", "csv"])
def test_the_same_flow_comes_from_every_kind_of_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    data = tomllib.loads(TEXT)
    path = tmp_path / f"flow.{kind}"
    path.write_text({"toml": TEXT, "json": json.dumps(data), "csv": csv_of(data)}[kind], encoding="utf-8")
    code, out, err = run(capsys, str(path), "--json", "--plot", str(tmp_path / "flow.svg"))
    assert (code, err) == (0, "")
    d = json.loads(out)
    assert d["flow"] == data
    assert (d["sums"]["identified"], d["sums"]["studies"], d["sums"]["reports"]) == (245, 12, 14)
    assert "Records screened: 185" in (tmp_path / "flow.svg").read_text(encoding="utf-8")
    again = tmp_path / "again.json"
    again.write_text(out, encoding="utf-8")
    assert json.loads(run(capsys, str(again), "--json")[1])["flow"] == data


def test_the_words_hold_every_number(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, str(FILE))
    assert code == 0
    assert "the numbers add up" in out
    for n in set(re.findall(r"= (\d+)", TEXT)):
        assert re.search(rf"\b{n}\b", out), n


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("flow.toml", TEXT.replace("records = 185", "records = 186"), "= 185, but 186 is stated"),
        ("flow.json", json.dumps(tomllib.loads(TEXT)).replace("150", "151"), "but 35 is stated"),
        ("flow.csv", csv_of(tomllib.loads(TEXT)).replace(",150", ",151"), "but 35 is stated"),
        ("flow.json", '{"screened": 1, "screened": 2}', "stands there twice"),
        ("flow.json", "[1]", "no object at its top"),
        ("flow.json", "{", "not valid JSON"),
        ("flow.csv", "a,b\n1,2\n", "another header than box,name,count"),
        ("flow.csv", "box,name,count\nscreened,records,-4\n", "it must be a count"),
        ("flow.csv", "box,name,count\nscreened,records,4\nscreened,records,5\n", "stands there twice"),
        ("flow.csv", "box,name,count\nscreened,records\n", "has 2 fields where there are three"),
        ("flow.txt", "", "not .toml, .json or .csv"),
    ],
)
def test_a_flow_at_fault_is_refused_and_nothing_is_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, says: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    code, out, err = run(capsys, str(tmp_path / name), "--plot", str(tmp_path / "x.svg"))
    assert (code, out) == (2, "")
    assert says in err
    assert not (tmp_path / "x.svg").exists()


def test_a_flow_that_is_not_there_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, str(tmp_path / "none.toml"))
    assert code == 2
    assert "cannot be read" in err
