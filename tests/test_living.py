"""The review kept alive: searches with exact strings, screening as data, a flow that adds up, updates whole or not at all."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from openldn.cli.main import cli
from openldn.evidence.importers import read_upload
from openldn.evidence.living import (
    DECISIONS,
    REASONS,
    Run,
    Screened,
    Screening,
    flow_of,
    flow_text,
    protocol,
    read_screening,
    screening,
    searches,
    update,
    write_update,
)
from openldn.evidence.living.screening import screening_text
from openldn.evidence.living.searches import unclosed
from openldn.evidence.prisma import prisma_of, read_prisma
from openldn.notation import DataError, Fingerprint, InputError, OutputError, TomlFile, read_toml

DATA = Path(__file__).parent / "data"
EXPORTS = [DATA / name for name in ("ctgov-two-arms.json", "pubmed.nbib", "ovid.ris")]
DAY = "2031-06-01"


def toml(text: str) -> TomlFile:
    import tomllib

    return TomlFile("screening.toml", text, tomllib.loads(text), Fingerprint("screening.toml", ""))


def run_update(folder: Path, *files: Path) -> dict[str, object]:
    found = CliRunner().invoke(
        cli, ["evidence", "update", *map(str, files), "--out", str(folder), "--day", DAY, "--json"]
    )
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)  # type: ignore[no-any-return]


def decide(folder: Path, **decisions: str) -> None:
    """Each record whose key begins with a word gets the lines that stand for it."""
    path = folder / "screening.toml"
    blocks = path.read_text(encoding="utf-8").split("\n\n")
    for word, lines in decisions.items():
        hits = [i for i, b in enumerate(blocks) if f'key = "{word}' in b]
        assert len(hits) == 1, word
        blocks[hits[0]] = blocks[hits[0]].replace('decision = "awaiting"', lines)
    path.write_text("\n\n".join(blocks), encoding="utf-8")


def test_every_search_has_its_exact_string_and_says_what_it_cannot_find() -> None:
    for s in searches():
        assert s.string
        assert s.finds
        assert s.misses
        assert unclosed(s.string) == ""
    assert "no search of MEDLINE" in next(s for s in searches() if s.key == "pages").misses


@pytest.mark.parametrize(
    ("string", "fault"),
    [('naltrexone AND "low dose', "a quote that does not close"), ("(naltrexone OR LDN", "does not close"),
     ("naltrexone) AND LDN", "nothing opened"), ("naltrexone[tiab", '"]" is missing'), ('"(" AND naltrexone', "")],
)  # fmt: skip
def test_a_search_string_that_does_not_close_is_refused(string: str, fault: str) -> None:
    assert fault in unclosed(string)
    assert bool(unclosed(string)) == bool(fault)


def test_the_protocol_says_what_was_not_done() -> None:
    p = protocol()
    assert p.registered == ""
    told = " ".join(d.what for d in p.deviations)
    assert "No bibliographic database has been searched" in told
    assert "were not recorded" in told


def test_the_flow_of_the_review_adds_up_and_can_be_read_again(tmp_path: Path) -> None:
    flow = flow_of(screening())
    path = tmp_path / "flow.toml"
    path.write_text(flow_text(flow), encoding="utf-8")
    again = read_prisma(path)  # refuses what does not add up
    assert replace(again, fingerprint=flow.fingerprint) == flow


def test_the_flow_counts_every_record_that_a_search_of_pages_brought() -> None:
    """What was set aside stands in the flow, so that a hundred screened pages do not look like none."""
    flow = flow_of(screening())
    pages = [r for r in screening().runs if r.search == "pages"]
    assert dict(flow.found_elsewhere) == {"stored public pages": sum(r.records for r in pages)}
    assert flow.other is not None
    set_aside = dict(flow.set_aside)
    assert sum(set_aside.values()) + flow.other.sought == sum(r.records for r in pages) > 0
    assert set_aside["known already"] == sum(r.known for r in pages)
    awaiting = [r for r in screening().records if r.decision == "awaiting"]
    assert set_aside["awaiting screening"] == len(awaiting)
    assert all(r.why and r.url for r in awaiting), "what awaits says what it is and where"


@st.composite
def screenings(draw: st.DrawFn) -> Screening:
    """Runs and records that belong together, of every search and decision."""
    runs, records = [], []
    for i in range(draw(st.integers(0, 4))):
        search = draw(st.sampled_from([s.key for s in searches()]))
        new, known, twice, untitled = (draw(st.integers(0, 4)) for _ in range(4))
        runs.append(Run(search, f"2031-01-0{i + 1}", new + known + twice + untitled, known, twice, untitled))
        for n in range(new):
            decision = draw(st.sampled_from(DECISIONS))
            reason = draw(st.sampled_from(sorted(REASONS))) if "excluded" in decision else ""
            records.append(
                Screened(f"r-{i}-{n}", f"Record {i} {n}", search, f"2031-01-0{i + 1}", decision, reason)
            )
    return Screening(tuple(runs), tuple(records))


@settings(max_examples=150)
@given(screenings())
def test_whatever_was_screened_its_flow_adds_up(s: Screening) -> None:
    text = flow_text(flow_of(s))
    found = prisma_of(TomlFile("flow.toml", text, toml(text).data, Fingerprint("flow.toml", "")))
    assert found.reports_included == sum(r.decision == "included" for r in s.records)
    assert read_screening(toml(screening_text(s))) == replace(
        s, fingerprint=Fingerprint("screening.toml", "")
    )


def test_an_update_lists_what_is_new_drafts_what_was_included_and_leaves_out_the_rest(tmp_path: Path) -> None:
    folder = tmp_path / "up"
    first = run_update(folder, *EXPORTS)
    assert first["counts"] == {
        "to screen": 5, "awaiting": 0, "drafted": 0, "known": 0, "excluded before": 0, "twice": 1, "without a title": 0,
    }  # fmt: skip
    assert not (folder / "drafts").exists()
    decide(
        folder, **{
            "doe-2031-a-made": 'decision = "included"',
            "poe-2031": 'decision = "excluded"\nreason = "no study of its own"',
        }
    )  # fmt: skip
    second = run_update(folder, *EXPORTS)
    counts = second["counts"]
    assert isinstance(counts, dict)
    assert (counts["drafted"], counts["excluded before"], counts["to screen"]) == (1, 1, 0)
    drafts = sorted(p.name for p in (folder / "drafts").iterdir())
    assert len(drafts) == 2
    assert "sources.toml" in drafts
    flow = read_prisma(folder / "flow.toml")
    assert (flow.identified, flow.screened, flow.screened_out, flow.studies) == (6, 2, 1, 1)
    assert dict(flow.removed) == {"one record twice": 1, "awaiting screening": 3}
    # the same files a third time change nothing
    before = {p: p.read_bytes() for p in folder.rglob("*.toml")}
    run_update(folder, *EXPORTS)
    assert {p: p.read_bytes() for p in folder.rglob("*.toml")} == before


def test_what_is_included_later_adds_its_reference_to_those_that_are_there(tmp_path: Path) -> None:
    """A second round, from another export, loses no reference, keeps what a person wrote and repeats no heading."""
    folder = tmp_path / "up"
    paper = "TY  - JOUR\nTI  - {} made-up naltrexone paper\nAU  - Roe, J\nDB  - Embase\nPY  - 2031\nER  - \n"
    files = []
    for name in ("First", "Second"):
        files.append(tmp_path / f"{name}.ris")
        files[-1].write_text(paper.format(name), encoding="utf-8")
    run_update(folder, *files)
    decide(folder, **{"roe-2031-first": 'decision = "included"'})
    run_update(folder, *files)
    references = folder / "drafts/sources.toml"
    references.write_text("# mine\n" + references.read_text(encoding="utf-8"), encoding="utf-8")
    decide(folder, **{"roe-2031-second": 'decision = "included"'})
    run_update(folder, files[1])
    found = references.read_text(encoding="utf-8")
    assert found.startswith("# mine\n")
    assert found.count("References to add") == 1
    keys = [r.key for r in read_screening(read_toml(folder / "screening.toml")).records]
    assert sorted(read_toml(references).data) == sorted(keys), "under the keys that they were screened by"


def test_a_draft_that_a_person_has_worked_on_is_not_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "up"
    run_update(folder, EXPORTS[0])
    decide(folder, **{"doe-2031": 'decision = "included"'})
    run_update(folder, EXPORTS[0])
    draft = next(p for p in (folder / "drafts").iterdir() if p.name != "sources.toml")
    draft.write_text("# read by a person\n", encoding="utf-8")
    run_update(folder, EXPORTS[0])
    assert draft.read_text(encoding="utf-8") == "# read by a person\n"


def test_a_study_of_the_review_is_known_by_any_of_its_numbers(tmp_path: Path) -> None:
    """FINAL's paper by its DOI in capitals, INNOVA's by its title, a trial of the registry by its number."""
    from openldn.notation import sources

    final = sources()["bruun-2024-final"]
    innova = sources()["rodriguez-freire-2026-innova"]
    ris = tmp_path / "cinahl.ris"
    ris.write_text(
        f"TY  - JOUR\nTI  - {final.title}\nDO  - {final.doi.upper()}\nPY  - 2024\nDB  - CINAHL\nER  - \n\n"
        f"TY  - JOUR\nTI  - {innova.title}\nPY  - 2026\nER  - \n",
        encoding="utf-8",
    )
    found = update([read_upload(ris)], day=DAY)
    assert [s.fate for s in found.seen] == ["known", "known"]
    assert [s.key for s in found.seen] == ["bruun-2024-final", "rodriguez-freire-2026-innova"]
    assert found.flow.totals[0] == flow_of(screening()).totals[0]


def test_one_trial_under_three_numbers_is_one_trial(tmp_path: Path) -> None:
    nbib = tmp_path / "p.nbib"
    numbers = (
        ("NCT99001111", "ISRCTN99002222"),
        ("ISRCTN99002222",),
        ("EudraCT 2030-999999-11", "ISRCTN99002222"),
    )
    records = [
        f"PMID- 9910000{i}\nTI  - Made-up report number {i} of naltrexone for itch.\nDP  - 2031\n"
        + "".join(f"SI  - {n}\n" for n in said)
        for i, said in enumerate(numbers)
    ]
    nbib.write_text("\n".join(records), encoding="utf-8")
    found = update([read_upload(nbib)], day=DAY)
    assert [s.fate for s in found.seen] == ["to screen"] * 3
    assert ["another report of the same trial" in s.why for s in found.seen] == [False, True, True]


def test_a_record_without_a_title_is_said_and_counted(tmp_path: Path) -> None:
    ris = tmp_path / "x.ris"
    ris.write_text(
        "TY  - JOUR\nDO  - 10.9999/made.up.77\nPY  - 2031\nDB  - CINAHL\nER  - \n", encoding="utf-8"
    )
    found = update([read_upload(ris)], day=DAY)
    assert [s.fate for s in found.seen] == ["without a title"]
    assert dict(found.flow.removed) == {"without a title": 1}


def test_a_ris_file_that_does_not_say_its_search_is_asked_for_it(tmp_path: Path) -> None:
    ris = tmp_path / "x.ris"
    ris.write_text(
        "TY  - JOUR\nTI  - A made-up paper about naltrexone\nPY  - 2031\nER  - \n", encoding="utf-8"
    )
    with pytest.raises(InputError, match="--search"):
        update([read_upload(ris)], day=DAY)
    assert update([read_upload(ris)], day=DAY, search="embase").screening.runs[0].search == "embase"
    with pytest.raises(InputError, match="did you mean"):
        update([read_upload(ris)], day=DAY, search="embas")
    with pytest.raises(InputError, match="is not a day"):
        update([read_upload(ris)], day="tomorrow", search="embase")


@pytest.mark.parametrize(
    ("lines", "search"),
    [
        ("DB  - CINAHL Complete\nDP  - EBSCOhost\n", "cinahl"),
        ("UR  - https://search.ebscohost.com/login.aspx?direct=true&db=ccm&AN=1&site=ehost-live\n", "cinahl"),
        ("DB  - Embase\nDB  - Medline\n", "embase"),
        ("DB  - APA PsycInfo\n", "psycinfo"),
        ("L2  - http://ovidsp.ovid.com/ovidweb.cgi?T=JS&PAGE=reference&D=emed21&AN=1\n", "embase"),
        ("DB  - PsycINFO\nDP  - EBSCOhost\n", "psycinfo"),
        ("L2  - http://ovidsp.ovid.com/ovidweb.cgi?T=JS&PAGE=reference&D=psyc16&AN=1\n", "psycinfo"),
        ("DB  - ERIC\nDP  - EBSCOhost\n", ""),
        ("L2  - http://ovidsp.ovid.com/ovidweb.cgi?T=JS&PAGE=reference&D=ovft&AN=1\n", ""),
        ("N2  - We searched MEDLINE, Embase (Ovid) and CINAHL (EBSCO).\n", ""),
    ],
)
def test_a_ris_file_is_of_the_database_that_its_fields_name(tmp_path: Path, lines: str, search: str) -> None:
    """Not of the host, which has many databases, nor of one that an abstract mentions."""
    ris = tmp_path / "x.ris"
    ris.write_text(
        f"TY  - JOUR\nTI  - A made-up paper about naltrexone\nPY  - 2031\n{lines}ER  - \n", encoding="utf-8"
    )
    if search:
        assert update([read_upload(ris)], day=DAY).screening.runs[0].search == search
    else:
        with pytest.raises(InputError, match=r"--search and one of .*psycinfo"):
            update([read_upload(ris)], day=DAY)


def test_one_paper_from_three_databases_is_one_record(tmp_path: Path) -> None:
    """PubMed's PMID, Embase's under C5 and CINAHL's in a note meet, where no DOI and another title would part them."""
    files = {
        "p.nbib": "PMID- 99123456\nTI  - Made-up naltrexone for a made-up itch, a trial.\nDP  - 2031\nSO  - X\n",
        "e.ris": "TY  - JOUR\nT1  - Naltrexone made up against itching: results\nDB  - Embase\nDB  - Medline\n"
        "C5  - 99123456\nY1  - 2031\nER  - \n",
        "c.ris": "TY  - JOUR\nTI  - Itching and naltrexone (made up for a test)\nDB  - CINAHL\nAN  - 112233\n"
        "N1  - Accession Number: 112233. Language: English. PMID: NLM99123456.\nPY  - 2031\nER  - \n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = update([read_upload(tmp_path / name) for name in files], day=DAY)
    assert [s.fate for s in found.seen] == ["to screen", "twice", "twice"]
    assert all("99123456" in s.why for s in found.of("twice"))


def test_a_long_title_ends_in_dots_where_it_is_shown(tmp_path: Path) -> None:
    ris = tmp_path / "x.ris"
    long = "A made-up title about naltrexone that goes on " * 5
    ris.write_text(f"TY  - JOUR\nTI  - {long}\nDB  - Embase\nPY  - 2031\nER  - \n", encoding="utf-8")
    found = update([read_upload(ris)], day=DAY)
    assert found.seen[0].title.endswith("…")
    assert found.screening.records[0].title == long.strip()


def test_nothing_of_a_half_failed_update_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "up"
    run_update(folder, EXPORTS[1])
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    damaged = tmp_path / "damaged.json"
    damaged.write_text('{"studies": [', encoding="utf-8")
    result = CliRunner().invoke(
        cli, ["evidence", "update", str(EXPORTS[0]), str(damaged), "--out", str(folder)]
    )
    assert isinstance(result.exception, DataError)
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before
    found = update([read_upload(EXPORTS[0])], before=folder / "screening.toml", day=DAY)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        write_update(found, folder)
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before


RECORD = (
    '[[run]]\nsearch = "pubmed"\ndate = "2031-06-01"\nrecords = 1\n\n'
    '[[record]]\nkey = "a"\ntitle = "A"\nsearch = "pubmed"\ndate = "2031-06-01"\ndecision = "awaiting"\n'
)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('decision = "awaiting"', 'decision = "maybe"', "choose one of"),
        ('decision = "awaiting"', 'decision = "excluded"', "needs reason"),
        ('decision = "awaiting"', 'decision = "included"\nreason = "other"', "takes no reason"),
        (
            'decision = "awaiting"',
            'decision = "awaiting"\nstudy = "bruun-2024-final"',
            "only what is included",
        ),
        ('decision = "awaiting"', 'decision = "included"\nstudy = "bruun-2024"', "did you mean"),
        ("records = 1", "records = 2", "brought 2 new records, and 1 are listed"),
        ("records = 1", "records = 1\nknown = 2", "a count is negative"),
        ('title = "A"', 'title = ""', "without a title"),
        ('key = "a"', 'key = "../a"', "is no key"),
        ('date = "2031-06-01"\nrecords', 'date = "June"\nrecords', "is not a day"),
    ],
)
def test_a_damaged_screening_file_is_refused_with_its_line(old: str, new: str, says: str) -> None:
    assert old in RECORD
    with pytest.raises(DataError) as caught:
        read_screening(toml(RECORD.replace(old, new, 1)))
    assert says in str(caught.value)
    assert caught.value.file == "screening.toml"


def test_one_record_stands_once() -> None:
    twice = RECORD.replace("records = 1", "records = 2")
    with pytest.raises(DataError, match="the same key, a"):
        read_screening(toml(twice + RECORD[RECORD.index("[[record]]") :]))


def test_the_project_screens_by_its_own_rules() -> None:
    path = Path(__file__).parents[1] / "src/openldn/evidence/living/screening.toml"
    assert read_screening(read_toml(path)).records == screening().records
    for r in screening().records:
        assert r.decision != "awaiting" or r.why or r.search
