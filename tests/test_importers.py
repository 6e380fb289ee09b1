"""Files that users have become drafts that hold the file's numbers, say what was guessed, and break nothing."""

import copy
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openldn import evidence as ev
from openldn.evidence.importers import (
    Imported,
    import_file,
    import_upload,
    source_text,
    study_text,
    upload_of,
    write_import,
)
from openldn.evidence.importers.ctgov_groups import treatments
from openldn.evidence.importers.ctgov_outcomes import weeks_in
from openldn.evidence.importers.identifiers import doi_in, folded_title, pmid_in, registrations
from openldn.evidence.importers.reading import RECORD_LIMIT, SIZE_LIMIT
from openldn.evidence.importers.shape import Node
from openldn.evidence.importers.words import clean, count, number
from openldn.evidence.importers.writing import toml_string
from openldn.notation import (
    DataError,
    OpenLDNError,
    OutputError,
    UnknownName,
    read_sources,
    read_toml,
    sources,
)

DATA = Path(__file__).parent / "data"
TWO_ARMS = json.loads((DATA / "ctgov-two-arms.json").read_text(encoding="utf-8"))


def imported(text: str | bytes, name: str = "file", **how: Any) -> Imported:
    raw = text if isinstance(text, bytes) else text.encode()
    return import_upload(upload_of(raw, name), **how)


def altered(*path: Any, value: Any) -> dict[str, Any]:
    """The two-arm record with the value at `path` replaced."""
    record: Any = copy.deepcopy(TWO_ARMS)
    here = record
    for part in path[:-1]:
        here = here[part]
    here[path[-1]] = value
    return dict(record)


def measure(i: int, *more: Any) -> tuple[Any, ...]:
    return ("resultsSection", "outcomeMeasuresModule", "outcomeMeasures", i, *more)


def study_of(record: Any) -> ev.Study:
    found = imported(json.dumps(record)).records[0].study
    assert found is not None
    return found


def nbib(**fields: str) -> str:
    """One PubMed record; a field called LID_ is a second LID."""
    plain = {"PMID": "99000050", "DP": "2031", "TI": "A title long enough to be told apart", "AU": "Doe A",
             "PT": "Randomized Controlled Trial", "TA": "J Made Up", "SO": "J Made Up. 2031."} | fields  # fmt: skip
    return "".join(f"{tag.rstrip('_'):4}- {value}\n" for tag, value in plain.items() if value) + "\n"


# ---- a law of the writer: what is written is read back the same


@pytest.mark.parametrize("study", ev.studies(), ids=lambda s: s.id)
def test_every_study_of_the_catalogue_survives_being_written_and_read(
    study: ev.Study, tmp_path: Path
) -> None:
    path = tmp_path / f"{study.id}.toml"
    path.write_text(study_text(study), encoding="utf-8")
    again = ev.read_study(path)
    assert {**again.__dict__, "fingerprint": None} == {**study.__dict__, "fingerprint": None}


def test_every_source_survives_being_written_and_read(tmp_path: Path) -> None:
    path = tmp_path / "sources.toml"
    path.write_text("\n".join(source_text(s) for s in sources().values()), encoding="utf-8")
    assert read_sources(read_toml(path)) == sources()


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_text_ends_its_own_string(text: str) -> None:
    assert tomllib.loads(f"x = {toml_string(text)}") == {"x": text}


# ---- a registry record with results


def test_a_two_arm_trial_keeps_the_numbers_of_its_record(tmp_path: Path) -> None:
    (path, references) = write_import(import_file(DATA / "ctgov-two-arms.json"), tmp_path / "new")
    assert (path.name, references.name) == ("doe-2031-fibromyalgia.toml", "sources.toml")
    study = ev.read_study(path)
    assert (study.design, study.blinding, study.comparator) == ("rct-parallel", "double-blind", "placebo")
    assert (study.dose_mg, study.low_dose, study.condition) == ((4.5,), True, "fibromyalgia")
    assert (study.n_enrolled, study.n_randomised, study.n_completed) == (61, 61, 56)
    at = {
        "flow:Low Dose Naltrexone/n": 30,
        "flow:Placebo/n": 31,
        "flow:Placebo/counts/completed": 29,
        "flow:Low Dose Naltrexone/counts/left: adverse event": 2,
        "outcome:Change in Pain/arm:Low Dose Naltrexone/change": -1.4,
        "outcome:Change in Pain/arm:Placebo/sd": 2.0,
        "outcome:Change in Pain/effect/estimate": -0.6,
        "outcome:Change in Pain/effect/low": -1.6,
        "outcome:Change in Pain/effect/high": 0.4,
        "outcome:Change in Pain/effect/se": 0.5,
        "outcome:Change in Pain/effect/p": 0.24,
        "outcome:Change in Pain/primary": True,
        "outcome:Change in Pain/weeks": 12,
        "outcome:Fatigue/arm:Low Dose Naltrexone/mean": 41.0,
        "outcome:Fatigue/arm:Placebo/se": 1.25,
        "outcome:Fatigue/arm:Placebo/n": 29,
        "outcome:Sleep/arm:Placebo/ci_low": 7.9,
        "outcome:Pain Reduction of 30% or More/arm:Placebo/events": 8,
        "outcome:Pain Reduction of 30% or More/effect/p_text": "<0.001",
        "outcome:Global Impression of Change/arm:Placebo/categories/Same": 16,
        "outcome:Responders/arm:Low Dose Naltrexone/percent": 40,
        "outcome:Morning Stiffness: Week 4/arm:Low Dose Naltrexone/n": 29,
        "outcome:Morning Stiffness: Week 12/arm:Placebo/mean": 49,
        "harm:abnormal dreams/arm:Low Dose Naltrexone/events": 11,
        "harm:abnormal dreams/arm:Low Dose Naltrexone/occurrences": 14,
        "harm:nausea-vomiting/arm:Placebo/events": 3,
        "harm:any serious adverse event/arm:Low Dose Naltrexone/events": 1,
        "harm:deaths/arm:Placebo/n": 31,
    }
    assert {field: ev.value_at(study, field) for field in at} == at
    assert {a.role for o in study.outcomes for a in o.arms} == {"ldn", "placebo"}
    (source,) = read_sources(read_toml(references)).values()
    assert source.registry == ("NCT99000001", "EudraCT 2030-123456-17")


def test_what_the_registry_does_not_say_is_not_said() -> None:
    study = study_of(TWO_ARMS)
    assert study.reading == "provisional"
    assert study.usable == "none"
    assert {o.better for o in study.outcomes} == {"neither"}
    assert {f"outcome:{o.name}/better" for o in study.outcomes} <= set(study.not_seen)
    lost = ev.value_at(study, "outcome:Morning Stiffness: Week 4/arm:Placebo/mean")
    assert lost is None
    odds = next(o for o in study.outcomes if o.name.startswith("Pain Reduction")).effect
    assert odds is not None
    assert (odds.low, odds.high) == (None, None), "a 90 % interval is not a 95 % one"
    assert "90 %" in odds.words


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ("Standard Deviation", "sd"),
        ("STANDARD_DEVIATION", "sd"),
        ("Standard Error", "se"),
        ("Standard Error of the Mean", "se"),
        ("Inter-Quartile Range", None),
        ("Full Range", None),
        ("90% Confidence Interval", None),
        ("Geometric Coefficient of Variation", None),
        (None, "error"),
        ("NA", "error"),
        ("Wobble", "error"),
    ],
)
def test_a_spread_is_only_what_its_type_says(said: str | None, field: str | None) -> None:
    arm = study_of(altered(*measure(0, "dispersionType"), value=said)).outcomes[0].arms[0]
    given_fields = {f for f in ("sd", "se", "error") if getattr(arm, f) is not None}
    assert given_fields == ({field} if field else set())
    assert arm.error_kind == ("unstated" if field == "error" else "")
    assert "1.9" in arm.note or field, "a figure without a field stands in the note"


def test_the_sign_of_a_difference_is_told_by_the_arms_and_kept_as_printed() -> None:
    effect = measure(0, "analyses", 0, "paramValue")
    with_the_arms = study_of(altered(*effect, value="-0.60")).outcomes[0].effect
    against_them = study_of(altered(*effect, value="0.60")).outcomes[0].effect
    assert with_the_arms is not None
    assert against_them is not None
    assert with_the_arms.estimand.startswith("by its sign naltrexone minus comparator")
    assert against_them.estimand.startswith("by its sign comparator minus naltrexone")
    assert against_them.estimate == 0.6


def test_an_impossible_count_is_found_by_the_lint() -> None:
    record = altered(*measure(5, "classes", 0, "categories", 0, "measurements", 0, "value"), value="31")
    found = imported(json.dumps(record)).findings
    assert any(f.rule == "impossible-count" and "31 of 30" in f.message for f in found)
    assert not any(f.rule == "impossible-count" for f in imported(json.dumps(TWO_ARMS)).findings)


def test_a_spread_of_no_stated_kind_is_found_by_the_lint() -> None:
    found = imported(json.dumps(TWO_ARMS)).findings
    assert {f.field for f in found if f.rule == "spread-mixed-up"} == {
        "outcome:Global Health/arm:Low Dose Naltrexone/error", "outcome:Global Health/arm:Placebo/error",
    }  # fmt: skip


def test_a_record_without_results_is_a_protocol_with_planned_people() -> None:
    record = copy.deepcopy(TWO_ARMS)
    del record["resultsSection"]
    record["protocolSection"]["designModule"]["enrollmentInfo"]["type"] = "ESTIMATED"
    record["protocolSection"]["statusModule"]["overallStatus"] = "RECRUITING"
    study = study_of(record)
    assert study.design == "protocol"
    assert study.status.startswith("recruiting")
    assert (study.n_enrolled, study.n_randomised, study.harms) == (None, None, ())
    assert "61 planned" in study.population
    assert study.outcomes[0].arms == ()


def test_the_sequences_of_a_crossover_take_no_single_treatment() -> None:
    record = copy.deepcopy(TWO_ARMS)
    record["protocolSection"]["designModule"]["designInfo"]["interventionModel"] = "CROSSOVER"
    groups = record["resultsSection"]["participantFlowModule"]["groups"]
    groups[0]["title"], groups[1]["title"] = "Naltrexone Then Placebo", "Placebo Then Naltrexone"
    study = study_of(record)
    assert study.design == "rct-crossover"
    assert [a.role for a in study.flow] == ["none", "none"]


def test_people_are_not_counted_once_a_treatment() -> None:
    record = copy.deepcopy(TWO_ARMS)
    record["protocolSection"]["designModule"]["enrollmentInfo"]["count"] = 31
    made = imported(json.dumps(record)).records[0]
    assert made.study is not None
    assert (made.study.n_randomised, made.study.n_completed) == (None, None)
    assert any("61 started but 31 were enrolled" in note for note in made.notes)


@pytest.mark.parametrize(
    ("label", "kind", "said", "role"),
    [
        (
            "Arm A",
            "EXPERIMENTAL",
            "Naltrexone 4.5 mg nightly in capsules identical to matching placebo",
            "ldn",
        ),
        ("Arm A", "EXPERIMENTAL", "Capsules that look like those of placebo", "none"),
        ("Arm A", "EXPERIMENTAL", "Naltrexone, then placebo", "none"),
        ("Arm A", "ACTIVE_COMPARATOR", "Gabapentin with placebo for naltrexone", "active"),
        ("Arm A", "ACTIVE_COMPARATOR", "Naltrexone 4.5 mg", "ldn"),
        ("Arm A", "PLACEBO_COMPARATOR", "Looks like naltrexone 4.5 mg", "placebo"),
        ("Placebo", "EXPERIMENTAL", "Naltrexone for everybody else", "placebo"),
    ],
)
def test_the_type_of_an_arm_decides_before_its_description(
    label: str, kind: str, said: str, role: str
) -> None:
    record = copy.deepcopy(TWO_ARMS)
    arm = record["protocolSection"]["armsInterventionsModule"]["armGroups"][0]
    arm |= {"label": label, "type": kind, "description": said, "interventionNames": []}
    found = treatments(Node(record["protocolSection"], "record.json"))
    assert found.role(label, said) == role


def test_an_experimental_arm_is_no_placebo_whatever_its_interventions_say() -> None:
    record = copy.deepcopy(TWO_ARMS)
    arm = record["protocolSection"]["armsInterventionsModule"]["armGroups"][0]
    arm |= {
        "label": "1", "type": "EXPERIMENTAL", "interventionNames": ["Drug: placebo"],
        "description": "Naltrexone 4.5 mg against matching placebo",
    }  # fmt: skip
    assert treatments(Node(record["protocolSection"], "record.json")).role("1", "") == "ldn"


def test_a_dose_in_mg_per_kg_is_not_one_in_mg() -> None:
    text = json.dumps(TWO_ARMS).replace("4.5 mg", "0.1 mg/kg").replace("4.5 MG", "0.1 mg/kg")
    assert study_of(json.loads(text)).dose_mg == ()


@pytest.mark.parametrize(
    ("text", "weeks"),
    [
        ("Baseline to Week 12", 12), ("12 weeks", 12), ("84 days", 12), ("Day 84", 12), ("Week 0 to Week 8", 8),
        ("3 months", None), ("Weeks 4 and 8", None), ("Week 4, Week 12", None), ("", None), ("up to 1 year", None),
        ("4, 8 and 12 weeks", None), ("12-week follow-up", 12),
    ],
)  # fmt: skip
def test_a_time_is_read_only_when_there_is_one(text: str, weeks: float | None) -> None:
    assert weeks_in(text) == weeks


@pytest.mark.parametrize(
    ("text", "value"),
    [("13", 13), ("4.0", 4.0), ("-1.4", -1.4), ("−1.4", -1.4), ("1e3", 1000.0), ("1,234", None), ("NA", None),
     ("<0.5", None), ("٣", None), ("nan", None), ("inf", None), ("0x1F", None), ("1" * 400, None), ("", None)],
)  # fmt: skip
def test_a_number_is_one_only_if_it_is_plainly_written(text: str, value: float | None) -> None:
    assert number(text) == value


# ---- PubMed and RIS


def test_pubmed_records_are_references_and_guesses() -> None:
    made = import_file(DATA / "pubmed.nbib")
    trial, review, letter = made.records
    assert trial.source.authors == "Doe AM, Roe-Smith B"
    assert (trial.source.doi, trial.source.pmid) == ("10.9999/made.up.17", "99000017")
    assert trial.source.registry == ("NCT99000001",)
    assert trial.source.container == "J Made Up Res 2031;12(3):100-9"
    assert trial.study is not None
    assert (trial.study.design, trial.study.blinding, trial.study.comparator) == (
        "rct-parallel",
        "double-blind",
        "placebo",
    )
    assert {"design", "blinding", "comparator"} <= set(trial.study.not_seen)
    assert trial.study.outcomes == trial.study.harms == ()
    assert review.study is not None
    assert review.study.is_review
    assert review.source.registry == (), "a review's abstract names other people's trials"
    assert letter.study is None


def test_pages_that_are_not_specified_are_none() -> None:
    """PsycINFO writes "No" as the first page and "Specified" as the last."""
    made = imported(
        "TY  - JOUR\nT1  - A made-up paper about naltrexone\nJF  - A Journal\nSP  - No\nEP  - Specified\nY1  - 2031//\nER  - \n",
        wanted="ris",
    )
    assert "A Journal 2031" in str(made.files())
    assert "Specified" not in str(made.files())


def test_ovids_lax_ris_is_read() -> None:
    made = import_file(DATA / "ovid.ris")
    first, second = made.records
    assert first.source.pmid == "99000017"
    assert first.source.doi == "10.9999/MADE.UP.17"
    assert first.source.authors == "Doe AM, Roe-Smith B"
    assert second.source.pmid == "", "a number of Embase is no PMID"
    assert second.study is not None
    assert (second.study.design, second.study.condition) == ("rct-crossover", "crohn")
    assert second.source.registry == ("ISRCTN99000003",)
    assert any("outside of any record" in note for note in made.notes)


def test_a_doi_of_cinahl_is_found_where_ebscohost_writes_it() -> None:
    # The tags and their order are those of an EBSCOhost export (github.com/zotero/translators, issue 1700); L3 and the
    # PMID among the notes are those of CINAHL. The record is made up.
    text = """TY  - JOUR
T1  - Low-dose naltrexone for a made-up illness: a randomised trial.
AU  - Doe, Ada
JO  - Journal of Made-up Nursing
JF  - Journal of Made-up Nursing
PY  - 2031/03//
Y1  - 2031/03//
VL  - 12
M3  - Article
SP  - 48
N1  - Accession Number: 999000886. Language: English. Entry Date: 20310401. PMID: NLM99000061.
UR  - http://search.ebscohost.com/login.aspx?direct=true&db=ccm&AN=999000886&site=ehost-live
L3  - 10.9999/made.up.61
DP  - EBSCOhost
DB  - ccm
ER  -
"""
    source = imported(text).records[0].source
    assert source.doi == "10.9999/made.up.61"
    assert source.pmid == "99000061"
    assert source.url.startswith("http://search.ebscohost.com/")
    for tag in ("L3", "L2", "L1", "ID", "N1", "UR"):
        moved = text.replace("L3  - ", f"{tag}  - https://doi.org/")
        assert imported(moved).records[0].source.doi == "10.9999/made.up.61", tag


def test_the_design_of_a_crossover_trial_is_guessed_from_its_words() -> None:
    (record,) = imported(nbib(TI="A randomised crossover trial of naltrexone")).records
    assert record.study is not None
    assert record.study.design == "rct-crossover"


def test_a_retracted_paper_says_so() -> None:
    (record,) = imported(nbib(PT_="Retracted Publication")).records
    assert record.study is not None
    assert "retracted" in record.study.concerns
    assert any("RETRACTED" in note for note in record.notes)


# ---- who is who


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("NCT01234567", ("NCT01234567",)), ("nct 01234567.", ("NCT01234567",)), ("NCT0123456", ()),
        ("EudraCT 2019-000702-30", ("EudraCT 2019-000702-30",)), ("2019-000702-30-DK", ("EudraCT 2019-000702-30",)),
        ("ISRCTN12345678 and ACTRN12624001162505", ("ISRCTN12345678", "ACTRN12624001162505")),
        ("CTRI/2013/06/003735", ("CTRI/2013/06/003735",)), ("IRCT20180809040747N1", ("IRCT20180809040747N1",)),
        ("jRCT1031180001", ("jRCT1031180001",)), ("ChiCTR2000012345", ("ChiCTR2000012345",)), ("", ()),
    ],
)  # fmt: skip
def test_registrations_are_found_in_text(text: str, found: tuple[str, ...]) -> None:
    assert registrations(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("10.1000/abc", "10.1000/abc"), ("https://doi.org/10.1000/abc", "10.1000/abc"), ("doi:10.1000/abc.", "10.1000/abc"),
        ("http://dx.doi.org/10.1000%2Fabc", "10.1000/abc"), ("(see 10.1000/a(1)b)", "10.1000/a(1)b"), ("10.1/x", ""),
    ],
)  # fmt: skip
def test_a_doi_is_found_in_every_form(text: str, found: str) -> None:
    assert doi_in(text) == found


def test_pmids_and_titles_fold() -> None:
    assert pmid_in("https://pubmed.ncbi.nlm.nih.gov/0123/") == pmid_in("123") == "123"
    assert pmid_in("PMC123") == ""
    assert folded_title("Low-Dose Naltrexone: a Trial.") == folded_title("LOW DOSE NALTREXONE — A TRIAL")
    assert folded_title("Naltrexone") == ""


def test_a_paper_of_the_catalogue_is_not_drafted_again() -> None:
    paper = sources()["bruun-2024-final"]
    as_url = f"https://doi.org/{paper.doi.upper()} [doi]"
    made = imported(nbib(LID=as_url))
    assert made.records == ()
    (duplicate,) = made.duplicates
    assert (duplicate.of, duplicate.among, duplicate.action) == ("bruun-2024-final", "catalogue", "left-out")
    assert any("DOI" in why for why in duplicate.why)


def test_a_title_with_another_doi_is_kept_and_reported() -> None:
    paper = sources()["bruun-2024-final"]
    made = imported(nbib(TI=paper.title, DP=str(paper.year), LID="10.9999/another [doi]"))
    (duplicate,) = [d for d in made.duplicates if d.of == "bruun-2024-final"]
    assert duplicate.action == "kept"
    assert "is not" in " ".join(duplicate.why)
    assert len(made.records) == 1


def test_a_second_publication_of_a_catalogue_trial_joins_its_cohort() -> None:
    final = sources()["bruun-2024-final"]
    made = imported(nbib(SI=f"ClinicalTrials.gov/{final.registry[0]}"))
    (record,) = made.records
    assert record.study is not None
    assert record.study.cohort == ev.study("bruun-2024-final").cohort == "final"
    assert not [f for f in made.findings if f.rule == "cohort-twice"]
    assert {d.action for d in made.duplicates} == {"cohort"}


def test_the_lint_asks_for_a_cohort_where_the_catalogue_has_none() -> None:
    alone = [s for s in ev.studies() if not s.cohort and not s.is_review]
    lone = next(s for s in alone if "NCT" in " ".join(sources()[s.source].registry[:1]))
    made = imported(nbib(SI=f"ClinicalTrials.gov/{sources()[lone.source].registry[0]}"))
    assert any(f.rule == "cohort-twice" and lone.id in f.message for f in made.findings)
    assert any(f"to {lone.id} too" in note for note in made.records[0].notes)


def test_one_trial_published_twice_in_a_file_is_one_cohort() -> None:
    text = nbib(SI="ClinicalTrials.gov/NCT99000009") + nbib(
        PMID="99000051", TI="Another title, on exploratory outcomes", SI="ClinicalTrials.gov/NCT99000009"
    )
    first, second = imported(text).records
    assert first.study is not None
    assert second.study is not None
    assert first.study.cohort == second.study.cohort == "nct99000009"


def test_a_report_that_the_registry_names_is_of_its_cohort() -> None:
    other = altered("protocolSection", "identificationModule", "nctId", value="NCT99000077")
    other["protocolSection"]["identificationModule"]["secondaryIdInfos"] = []
    other["protocolSection"]["referencesModule"]["references"][0]["pmid"] = sources()["smith-2011-crohn"].pmid
    made = imported(json.dumps(other))
    (duplicate,) = [d for d in made.duplicates if d.of == "smith-2011-crohn"]
    assert duplicate.action == "cohort"
    assert any("named by the registry" in why for why in duplicate.why)


def test_the_same_record_twice_in_a_file_is_drafted_once() -> None:
    made = imported(json.dumps({"studies": [TWO_ARMS, TWO_ARMS]}))
    assert len(made.records) == 1
    assert [(d.record[:7], d.among, d.action) for d in made.duplicates] == [("study 2", "import", "left-out")]


@pytest.mark.parametrize(
    "again",
    ["10.9999/A.B", "doi:10.9999/a.b", "https://doi.org/10.9999/A.b", "http://dx.doi.org/10.9999%2Fa.b"],
)
def test_a_doi_is_the_same_in_every_form(again: str) -> None:
    text = "".join(
        f"TY  - JOUR\nTI  - {title}\nDO  - {doi}\nER  - \n"
        for title, doi in (("One", "10.9999/a.b"), ("Two", again))
    )
    made = imported(text)
    assert len(made.records) == 1
    assert [(d.record, d.action) for d in made.duplicates] == [("line 5", "left-out")]


@pytest.mark.parametrize("mark", ["doi", "pmid", "title"])
def test_every_reference_of_ours_is_recognised(mark: str) -> None:
    ours = [s for s in sources().values() if s.kind == "article-journal" and s.year and getattr(s, mark)]
    ours = [s for s in ours if mark != "title" or folded_title(s.title)]
    assert len(ours) > 50
    told = {"doi": "DO  - {0.doi}\nTI  - T", "pmid": "AN  - {0.pmid}\nTI  - T", "title": "TI  - {0.title}"}[
        mark
    ]
    made = imported(
        "".join(f"TY  - JOUR\nDB  - PubMed\n{told.format(s).upper()}\nPY  - {s.year}\nER  - \n" for s in ours)
    )
    assert {d.action for d in made.duplicates} == {"left-out"}
    assert len(made.duplicates) + sum(r.known_source for r in made.records) == made.found == len(ours)


def test_results_posted_since_are_not_left_out_for_the_old_registration() -> None:
    waiting = next(
        s for s in ev.studies() if s.design == "protocol" and "NCT" in " ".join(sources()[s.source].registry)
    )
    nct = next(r for r in sources()[waiting.source].registry if r.startswith("NCT"))
    assert sources()[waiting.source].kind == "registry"
    record = altered("protocolSection", "identificationModule", "nctId", value=nct)
    record["protocolSection"]["identificationModule"]["secondaryIdInfos"] = []
    made = imported(json.dumps(record))
    assert len(made.records) == 1
    (duplicate,) = [d for d in made.duplicates if d.of == waiting.id]
    assert duplicate.action == "kept"
    del record["resultsSection"]
    assert imported(json.dumps(record)).records == ()


# ---- files at fault


def _deep(levels: int) -> str:
    return '{"protocolSection":' + "[" * levels + "]" * levels + "}"


V1 = {"FullStudiesResponse": {"FullStudies": []}}
BAD = [
    (b"", "is empty"),
    (b" \n\t ", "is empty"),
    (b"\xef\xbb\xbf", "is empty"),
    (b"<!DOCTYPE html><html><body>Study</body></html>", "web page saved instead"),
    (b"<!-- saved -->\n<HTML lang='en'>", "web page saved instead"),
    (b"<?xml version='1.0'?><PubmedArticleSet/>", "is XML"),
    (b"PK\x03\x04rest", "zip archive"),
    (b"\x1f\x8b\x08", "gzip archive"),
    (b"\xff\xfeT\x00Y\x00", "UTF-16"),
    ("TY  - JOUR\nAU  - Müller\nER  - \n".encode("latin-1"), "not UTF-8"),
    (b"TY  - JOUR\nTI  - a\x00b\nER  - \n", "NUL byte"),
    (b"hello world", "none of the formats"),
    (b"title,year\nA,2031\n", "none of the formats"),
    (json.dumps(TWO_ARMS)[:2000].encode(), "cut short"),
    (json.dumps(TWO_ARMS, indent=1)[:-3].encode(), "cut short"),
    (b'{"protocolSection": {"a": 1,}}', "is not JSON"),
    (b'{"protocolSection": {"a": NaN}}', "NaN is no JSON number"),
    (b'{"protocolSection": {"a": ' + b"9" * 5000 + b"}}", "19 digits of a whole number"),
    (_deep(200_000).encode(), "nested deeper"),
    (json.dumps(V1).encode(), "old API"),
    (json.dumps({"Study": {"ProtocolSection": {}}}).encode(), "old API"),
    (b'{"studies": []}', "another shape"),
    (b"[]", "another shape"),
    (b'{"a": 1}', "protocolSection"),
    (b'{"studies": 7}', "another shape"),
    (b"[1, 2]", "another shape"),
    (json.dumps([{"protocolSection": {}}] * (RECORD_LIMIT + 1)).encode(), "the limit is 5,000"),
    (b'{"protocolSection": {"identificationModule": []}}', "a list where it must be an object"),
    (b'{"protocolSection": {"identificationModule": {"briefTitle": {}}}}', "an object where it must be text"),
    (b'{"protocolSection": {"conditionsModule": {"conditions": "pain"}}}', "text where it must be a list"),
    (b"TY  - JOUR\nTI  - A\nER  - \nTY  - JOUR\nTI  - B", "cut short"),
    (b"TY  - JOUR\nTI  - broken off", "cut short"),
    (b"TY", "is in none of the formats"),
    (nbib().encode() + b"PMID- 2\nTI  - cut", "cut short"),
    (b"PMID- 1\n\n" * (RECORD_LIMIT + 1), "more than 5,000"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "says"), BAD, ids=[f"{i}:{says}" for i, (_, says) in enumerate(BAD)])
def test_a_file_at_fault_is_refused_with_the_reason(raw: bytes, says: str) -> None:
    with pytest.raises(DataError, match=says) as caught:
        imported(raw, "bad.txt")
    assert "bad.txt" in str(caught.value)
    assert len(str(caught.value)) < 600


def test_a_format_that_is_asked_for_must_fit() -> None:
    with pytest.raises(UnknownName, match='format "bibtex" is not known'):
        imported("TY  - JOUR\nER  - \n", wanted="bibtex")
    with pytest.raises(DataError, match="no record"):
        imported(json.dumps(TWO_ARMS), wanted="ris")
    with pytest.raises(UnknownName, match="condition"):
        imported(json.dumps(TWO_ARMS), under="fibromyalgy")


def test_a_file_that_is_too_large_missing_or_a_folder_is_refused(tmp_path: Path) -> None:
    large = tmp_path / "large.ris"
    with large.open("wb") as file:
        file.truncate(SIZE_LIMIT + 1)
    with pytest.raises(DataError, match="50,000,001 bytes"):
        import_file(large)
    with pytest.raises(DataError, match="No such file"):
        import_file(tmp_path / "nothing")
    with pytest.raises(DataError, match="it is a folder"):
        import_file(tmp_path)


def test_nothing_of_a_record_gets_into_a_path() -> None:
    for author in ("../../etc/passwd", "C:\\Windows", "a/b", "\u202egnp.exe", "…", "名前", "-rf", "."):
        (record,) = imported(nbib(AU=author, TI="Title with nothing of ours")).records
        assert set(record.key) <= set("abcdefghijklmnopqrstuvwxyz0123456789-"), author
        assert record.key[0] != "-"
        assert len(record.key) < 90


def test_control_signs_and_endless_texts_do_not_get_through() -> None:
    (record,) = imported(nbib(TI="A title \x1b[31mred \u202e and \x07 back " + "long " * 9000)).records
    assert record.source.title.startswith("A title [31mred and back")
    assert len(record.source.title) <= 600
    assert clean("a\ud800b") == "ab"
    assert count("-3") == -3, "an impossible count is for the lint to find"


def test_nothing_is_replaced_and_nothing_half_written(tmp_path: Path) -> None:
    made = import_file(DATA / "pubmed.nbib")
    there = tmp_path / "sources.toml"
    there.write_text("mine")
    with pytest.raises(OutputError, match=r"sources\.toml.*there already"):
        write_import(made, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["sources.toml"]
    assert there.read_text() == "mine"


def test_thousands_of_records_are_imported() -> None:
    text = "".join(
        nbib(PMID=str(n), TI=f"A title long enough to be told apart, number {n}") for n in range(1, 2001)
    )
    assert len(imported(text).records) == 2000


# ---- fuzz: whatever a file holds, it is imported or refused

_PRINTED = st.sampled_from(
    ["0", "1", "-3", "2.50", "1e99", "-1e-99", "999999999999999", "NA", "<0.001", "95", "TWO_SIDED"]
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12) | _PRINTED,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def _places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [here] if here else []
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in parts:
        found += _places(item, (*here, key))
    return found


PLACES = _places(TWO_ARMS)


def survives(raw: bytes, name: str = "fuzz", wanted: str | None = None) -> None:
    try:
        made = imported(raw, name, wanted=wanted)
    except OpenLDNError:
        return
    for file, text in made.files().items():
        assert tomllib.loads(text), file


@settings(max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(PLACES), _JSON), min_size=1, max_size=3))
def test_a_record_with_anything_anywhere_is_imported_or_refused(
    changes: list[tuple[tuple[Any, ...], Any]],
) -> None:
    record = TWO_ARMS
    for place, value in changes:
        try:
            record = copy.deepcopy(record)
            here: Any = record
            for part in place[:-1]:
                here = here[part]
            here[place[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue
    survives(json.dumps(record).encode())


@settings(max_examples=100)
@given(st.binary(max_size=400), st.sampled_from([None, "ctgov", "nbib", "ris"]))
def test_any_bytes_are_imported_or_refused(raw: bytes, wanted: str | None) -> None:
    survives(raw, wanted=wanted)


_LINES = st.lists(
    st.tuples(
        st.sampled_from(["PMID", "TI", "TY", "ER", "AU", "LID", "DP", "PT", "DO", "AN", "UR", ""]),
        st.text(max_size=30) | st.sampled_from(["1", "2031", "10.1000/x [doi]", "Clinical Trial", "NCT01234567"]),
    ),
    max_size=30,
)  # fmt: skip


@settings(max_examples=150)
@given(_LINES, st.sampled_from(["nbib", "ris", None]))
def test_any_tagged_lines_are_imported_or_refused(lines: list[tuple[str, str]], wanted: str | None) -> None:
    text = "\n".join(f"{tag:4}- {value}" if tag else f"      {value}" for tag, value in lines)
    survives(text.encode("utf-8", "replace"), wanted=wanted)


@settings(max_examples=60)
@given(st.data())
def test_a_file_cut_anywhere_is_imported_or_refused(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["ctgov-two-arms.json", "pubmed.nbib", "ovid.ris"]))
    raw = (DATA / name).read_bytes()
    survives(raw[: data.draw(st.integers(0, len(raw)))])


# ---- the door


def ldn(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "openldn", *arguments]
    env = {**os.environ, "COLUMNS": "100"}
    return subprocess.run(command, capture_output=True, text=True, env=env, cwd=cwd, check=False)


def test_import_writes_drafts_and_says_what_the_lint_says(tmp_path: Path) -> None:
    run = ldn("evidence", "import", str(DATA / "ctgov-two-arms.json"), cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    assert sorted(p.name for p in (tmp_path / "imported").iterdir()) == [
        "doe-2031-fibromyalgia.toml",
        "sources.toml",
    ]
    assert "lint, spread-mixed-up" in run.stdout
    assert "Next:" in run.stdout
    again = ldn("evidence", "import", str(DATA / "ctgov-two-arms.json"), cwd=tmp_path)
    assert again.returncode == 2
    assert "is there already" in again.stderr


def test_import_with_json_is_one_document(tmp_path: Path) -> None:
    run = ldn(
        "evidence",
        "--json",
        "import",
        str(DATA / "pubmed.nbib"),
        "--condition",
        "FM",
        "--out",
        "x",
        cwd=tmp_path,
    )
    document = json.loads(run.stdout)
    assert set(document) >= {"studies", "sources", "duplicates", "findings", "notes", "written", "provenance"}
    assert {s["condition"] for s in document["studies"]} == {"fibromyalgia"}
    assert len(document["sources"]) == 3
    assert str(tmp_path) not in run.stdout


def test_import_at_fault_is_one_line_and_exit_two(tmp_path: Path) -> None:
    (tmp_path / "page.json").write_text("<html></html>")
    run = ldn("evidence", "import", "page.json", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith("ldn: ")
    assert len(run.stderr.splitlines()) == 1
    assert not (tmp_path / "imported").exists()


def test_no_condition_is_called_import(tmp_path: Path) -> None:
    with pytest.raises(UnknownName):
        ev.condition("import")
    assert "Crohn" in ldn("evidence", "crohn", cwd=tmp_path).stdout
