"""ClinicalTrials.gov: one draft from each record of its API version 2, results included.

The document is one study, a list of them, or an answer of the search with `studies`. Numbers are strings
there. What the registry does not say (which direction is better, which arm was subtracted from which) is
not guessed: it stands in the draft as not seen. Structure: the registry's "Study Data Structure" page.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from openldn.evidence.importers.ctgov_flow import Flow, flow_of
from openldn.evidence.importers.ctgov_groups import Treatments, treatments
from openldn.evidence.importers.ctgov_harms import harms_of
from openldn.evidence.importers.ctgov_outcomes import outcomes_of, planned_outcomes
from openldn.evidence.importers.drafts import NOT_A_FILE, Draft, Filed, file_under
from openldn.evidence.importers.identifiers import pmid_in, registrations
from openldn.evidence.importers.reading import RECORD_LIMIT, Upload
from openldn.evidence.importers.shape import Node
from openldn.evidence.study import Study
from openldn.notation import Source, parse_json

_OLD = ("FullStudiesResponse", "StudyFieldsResponse", "FullStudies", "Study", "ProtocolSection")
_MODELS = {"PARALLEL": "rct-parallel", "CROSSOVER": "rct-crossover", "FACTORIAL": "rct-factorial"}
_MASKING = {"NONE": "none", "SINGLE": "single-blind", "DOUBLE": "double-blind", "TRIPLE": "double-blind",
            "QUADRUPLE": "double-blind"}  # fmt: skip
_ITSELF = ("RESULT", "DERIVED")


def read_ctgov(upload: Upload) -> tuple[list[Draft], list[str]]:
    """The drafts of a JSON document, and notes about the file as a whole.

    Raises DataError when it is not JSON, cut short, nested too deep, or of another shape.
    """
    document = _parsed(upload)
    notes = []
    if isinstance(document, dict) and document.get("nextPageToken"):
        notes.append("this is one page of a longer answer: nextPageToken says that more studies follow")
    return [_draft(node) for node in _studies(document, upload)], notes


def _parsed(upload: Upload) -> Any:
    def refused(word: str) -> Any:
        raise ValueError(f"{word} is no JSON number")

    try:
        return parse_json(upload.text, upload.name, parse_constant=refused)
    except json.JSONDecodeError as error:
        rest = upload.text[error.pos :].strip()
        whole = upload.text.rstrip().endswith(("}", "]"))
        if not rest or not whole or error.msg.startswith("Unterminated"):
            raise upload.error("breaks off in the middle: the download was cut short", error.lineno) from None
        raise upload.error(f"is not JSON: {error.msg}", error.lineno) from None
    except ValueError as error:
        raise upload.error(f"is not JSON as the registry writes it: {str(error)[:80]}") from None


def _studies(document: Any, upload: Upload) -> Iterator[Node]:
    found = document
    if isinstance(document, dict):
        if any(name in document for name in _OLD):
            raise upload.error(
                "is JSON of the registry's old API (version 1), which was closed in 2024; get the record again, "
                "with Download and JSON on its page or from /api/v2/studies"
            )
        found = document.get("studies", [document])
    if not isinstance(found, list) or not found:
        raise upload.error(
            'is JSON of another shape: it needs "protocolSection", or "studies" with at least one'
        )
    if len(found) > RECORD_LIMIT:
        raise upload.error(
            f"holds {len(found):,} records, the limit is {RECORD_LIMIT}: import fewer at a time"
        )
    for i, item in enumerate(found, 1):
        node = Node(item, upload.name, f"study {i}")
        if "protocolSection" not in node:
            raise upload.error('has no "protocolSection"; the JSON is of another shape', place=node.place)
        yield node


def _draft(record: Node) -> Draft:
    protocol, results = record.node("protocolSection"), record.node("resultsSection")
    identity = protocol.node("identificationModule")
    given = treatments(protocol)
    notes: list[str] = []
    source = _source(record, protocol)
    if not source.registry:
        notes.append("no NCT number stands in the record")
    listed = protocol.node("conditionsModule").texts("conditions", 120)
    filed = file_under(listed, [source.title, identity.text("briefTitle")])
    flow = flow_of(results, given, protocol.node("designModule", "enrollmentInfo"), notes)
    study = _study(record, given, source, filed, flow, notes)
    if filed.note:
        notes.append(filed.note)
    references = protocol.node("referencesModule").nodes("references")
    reports = {pmid_in(r.written("pmid")) for r in references if r.text("type").upper() in _ITSELF} - {""}
    place = f"{record.place} ({identity.text('nctId', 20) or 'without a number'})"
    return Draft(place, _author(protocol), source, study, filed.key, tuple(notes), tuple(sorted(reports)))


def _source(record: Node, protocol: Node) -> Source:
    identity, status = protocol.node("identificationModule"), protocol.node("statusModule")
    ids = [identity.text("nctId", 20), *identity.texts("nctIdAliases", 20),
           *(i.text("id", 60) for i in identity.nodes("secondaryIdInfos"))]  # fmt: skip
    dates = [status.node(f"{name}PostDateStruct").text("date", 10) for name in ("resultsFirst", "studyFirst")]
    years = [
        int(d[:4]) for d in (*dates, status.text("studyFirstSubmitDate", 10)) if re.match(r"(19|20)\d\d", d)
    ]
    version = record.node("derivedSection", "miscInfoModule").text("versionHolder", 20)
    found = registrations(" | ".join(ids))
    nct = next((r for r in found if r.startswith("NCT")), "")
    return Source(
        key="",
        kind="registry",
        title=identity.text("officialTitle", 600) or identity.text("briefTitle", 600),
        authors=protocol.node("sponsorCollaboratorsModule", "leadSponsor").text("name", 200),
        year=years[0] if years else None,
        container="ClinicalTrials.gov",
        registry=found,
        url=f"https://clinicaltrials.gov/study/{nct}" if nct else "",
        note="Imported from the registry's JSON"
        + (f" of {version}" if version else "")
        + "; the page was not read.",
    )


def _study(
    record: Node, given: Treatments, source: Source, filed: Filed, flow: Flow, notes: list[str]
) -> Study:
    protocol, results = record.node("protocolSection"), record.node("resultsSection")
    design, detail = _design(protocol.node("designModule"), bool(results.data), notes)
    masking = protocol.node("designModule", "designInfo", "maskingInfo").text("masking", 20).upper()
    unseen = [
        name for name, seen in (("condition", filed.seen), ("blinding", masking in _MASKING)) if not seen
    ]
    outcomes = outcomes_of(results, given, notes) if results.data else planned_outcomes(protocol)
    if not given.naltrexone:
        notes.append("naltrexone is not named in titles, arms or interventions; is this the right record?")
    elif not given.doses:
        notes.append("no dose in mg stands beside the word naltrexone; read it in the record")
    else:
        notes.append("dose_mg was picked from running text beside the word naltrexone; check it")
    if results.data:
        notes.append('"better" is "neither" for every outcome, because the registry does not say; set each')
        if "baselineCharacteristicsModule" in results:
            notes.append("baseline characteristics were left out")
    notes.append("eligibility criteria stand here by age and sex only; the rest was left out")
    sponsor = source.authors
    return Study(
        id="", source="", fingerprint=NOT_A_FILE,
        label=f"{_author(protocol)} {source.year or 'undated'} ({_short(protocol, source)})",
        condition=filed.key,
        design=design,
        design_detail=detail,
        blinding=_MASKING.get(masking, "not-applicable"),
        population=_population(protocol, flow),
        comparator=given.comparator,
        dose_mg=given.doses,
        low_dose=given.low,
        n_enrolled=flow.enrolled,
        n_randomised=flow.started if design.startswith("rct-") else None,
        n_completed=flow.completed,
        status=_status(protocol) if design == "protocol" else "",
        in_article=False,
        funding=f"{sponsor} (sponsor)" if sponsor else "",
        usable="none",
        usable_note="imported; a person decides what may be taken from it",
        reading_note="Read by a program from the registry's JSON. n_randomised and n_completed are sums over groups.",
        not_seen=(*unseen, *(["dose_mg"] if given.doses else []), "low_dose", "usable",
                  *(f"outcome:{o.name}/better" for o in outcomes)),
        flow=flow.arms,
        outcomes=outcomes,
        harms=harms_of(results.node("adverseEventsModule"), given, notes),
    )  # fmt: skip


def _design(module: Node, has_results: bool, notes: list[str]) -> tuple[str, str]:
    info = module.node("designInfo")
    kind, model = module.text("studyType", 40).upper(), info.text("interventionModel", 40).upper()
    allocation = info.text("allocation", 40).upper()
    words = [
        w.replace("_", " ").lower()
        for w in (allocation, model, info.text("observationalModel", 40))
        if w != "NA"
    ]
    detail = ", ".join(w for w in (*words, info.text("interventionModelDescription", 300)) if w)
    if not has_results:
        return "protocol", detail
    if kind == "INTERVENTIONAL" and allocation == "RANDOMIZED":
        if model not in _MODELS:
            notes.append(f'randomised, but the model is "{model or "not stated"}": filed as parallel groups')
        return _MODELS.get(model, "rct-parallel"), detail
    if kind == "INTERVENTIONAL" and (model == "SINGLE_GROUP" or not allocation or allocation == "NA"):
        return "single-arm", detail
    notes.append(f'no design of ours says "{detail or kind.lower() or "not stated"}": filed as a cohort')
    return "cohort", detail


def _population(protocol: Node, flow: Flow) -> str:
    who = protocol.node("eligibilityModule")
    low, high = who.text("minimumAge", 30), who.text("maximumAge", 30)
    ages = (
        f"{low} to {high}" if low and high else f"{low} and older" if low else f"up to {high}" if high else ""
    )
    sex = who.text("sex", 20).upper()
    people = {"FEMALE": "women only", "MALE": "men only", "ALL": "any sex"}.get(sex, "")
    listed = ", ".join(protocol.node("conditionsModule").texts("conditions", 120)[:6])
    planned = f"{flow.planned} planned" if flow.planned is not None else ""
    return "; ".join(part for part in (listed, ages, people, planned) if part)


def _status(protocol: Node) -> str:
    module = protocol.node("statusModule")
    words = module.text("overallStatus", 60).replace("_", " ").lower() or "not stated"
    date = module.text("statusVerifiedDate", 10)
    why = module.text("whyStopped", 200)
    return (
        words + (f" ({date})" if date else "") + (f": {why}" if why else "") + "; no results in the registry"
    )


def _author(protocol: Node) -> str:
    people = [o.text("name", 80) for o in protocol.node("contactsLocationsModule").nodes("overallOfficials")]
    people.append(
        protocol.node("sponsorCollaboratorsModule", "responsibleParty").text("investigatorFullName", 80)
    )
    for person in people:
        # "Jane Q. Doe, MD, PhD" is Doe; an office such as "Medical Director" is nobody.
        words = person.partition(",")[0].split()
        if len(words) > 1 and not re.search(r"director|monitor|trial|clinical|office", person, re.IGNORECASE):
            return words[-1]
    sponsor = protocol.node("sponsorCollaboratorsModule", "leadSponsor").text("name", 80)
    return sponsor.split()[0] if sponsor else "Sponsor"


def _short(protocol: Node, source: Source) -> str:
    acronym = protocol.node("identificationModule").text("acronym", 20)
    return acronym or next(iter(source.registry), "no number")
