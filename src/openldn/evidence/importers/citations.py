"""A bibliographic record as a draft: the reference, and a study without results if the design can be guessed.

The design comes from the publication type, else from words in the title; either way it is a guess and
named among what nobody saw. Letters, comments and papers of no stated type give a reference only. The
abstract is searched for identifiers and a few words of method and is not carried over.
"""

import re
from dataclasses import dataclass, field

from openldn.evidence.about import about
from openldn.evidence.importers.drafts import NOT_A_FILE, Draft, Filed, file_under
from openldn.evidence.importers.identifiers import registrations
from openldn.evidence.importers.words import clean
from openldn.evidence.study import Study
from openldn.evidence.vocabulary import DESIGN_WORDS, REVIEWS
from openldn.notation import Source

_AUTHORS_LIMIT = 600
_TYPES = (
    ("clinical trial protocol", "protocol"), ("network meta-analysis", "meta-analysis"),
    ("meta-analysis", "meta-analysis"), ("systematic review", "systematic-review"), ("scoping review", "review"),
    ("randomized controlled trial", "rct-parallel"), ("randomised controlled trial", "rct-parallel"),
    ("equivalence trial", "rct-parallel"), ("pragmatic clinical trial", "rct-parallel"), ("review", "review"),
    ("case reports", "case-series"), ("observational study", "cohort"), ("controlled clinical trial", "single-arm"),
    ("clinical study", "single-arm"), ("clinical trial", "single-arm"),
)  # fmt: skip
_TITLES = (
    (r"\bprotocol\b", "protocol"), (r"\bmeta-?analys[ei]s\b", "meta-analysis"),
    (r"\bsystematic (?:literature )?review\b", "systematic-review"), (r"\breview\b", "review"),
    (r"\brandomi[sz]ed\b|\bplacebo-controlled\b", "rct-parallel"), (r"\bcase (?:report|series)\b", "case-series"),
    (r"\bcohort\b|\bretrospective\b", "cohort"), (r"\bopen[- ]label\b|\bpilot\b", "single-arm"),
)  # fmt: skip
_GUESSED = ("condition", "design", "blinding", "comparator", "dose_mg", "low_dose")
_NO_STUDY = ("comment", "editorial", "letter", "news", "published erratum", "retraction of publication")
_DOSE = re.compile(r"(?<![\d.,])(\d{1,3}(?:\.\d{1,3})?)\s?mg\b(?!\s*/\s*(?:kg|m))", re.IGNORECASE)


@dataclass(frozen=True)
class Citation:
    """What an importer read of one publication. types: as the database calls it; terms: subject headings.

    registered: fields that hold registrations, such as SI of PubMed.
    """

    place: str
    author: str
    source: Source
    types: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    abstract: str = field(default="", repr=False)
    notes: tuple[str, ...] = ()


def draft_of(citation: Citation) -> Draft:
    """The Draft of a publication."""
    source, notes = citation.source, list(citation.notes)
    types = [t.casefold() for t in citation.types]
    design, why = _design(types, source.title)
    words = f"{source.title} | {' | '.join(citation.terms)} | {citation.abstract}"
    registry = _registry(source, design, words, notes)
    filed = file_under(citation.terms, (source.title,))
    if filed.note:
        notes.append(filed.note)
    if "retracted publication" in types or re.match(r"\W*retracted\b", source.title, re.IGNORECASE):
        notes.append("the database marks this publication as RETRACTED")
    if not design:
        notes.append(f"{why}; only the reference was taken")
    else:
        notes.append(f'design "{DESIGN_WORDS[design]}" is a guess {why}; results are not in this format')
    source = Source(**{**source.__dict__, "registry": registry})
    study = _study(citation, source, design, filed, words, types) if design else None
    return Draft(citation.place, citation.author, source, study, filed.key, tuple(notes))


def authors_line(names: list[str]) -> str:
    """`Doe JQ, Roe R` from names as they stand in a file, with "et al." where they become too many."""
    kept: list[str] = []
    for one in map(_short_name, names):
        if len(", ".join([*kept, one])) > _AUTHORS_LIMIT:
            return ", ".join(kept) + " et al."
        if one:
            kept.append(one)
    return ", ".join(kept)


def year_in(*dates: str) -> int | None:
    """The first year from 1800 to 2199 in these dates."""
    years = (re.search(r"(?<!\d)(1[89]\d\d|2[01]\d\d)(?!\d)", date) for date in dates)
    return next((int(y[1]) for y in years if y), None)


def family_name(name: str) -> str:
    """Doe of `Doe, Jane Q`, `Doe JQ` and `Jane Doe`."""
    if "," in name:
        return clean(name.partition(",")[0], 80)
    words = clean(name, 80).split()
    if len(words) > 1 and re.fullmatch(r"[A-Z][A-Z\-.]{0,4}", words[-1]):
        return " ".join(words[:-1])
    return words[-1] if words else ""


def _short_name(name: str) -> str:
    family, comma, given = clean(name, 120).partition(",")
    if not comma:
        return family
    initials = "".join(word[0].upper() for word in re.findall(r"[^\W\d_]+", given))[:4]
    return f"{family.strip()} {initials}".strip()


def _design(types: list[str], title: str) -> tuple[str, str]:
    if any(t in _NO_STUDY for t in types):
        return "", "letters, comments and the like are no studies"
    found = next((design for word, design in _TYPES if any(t.startswith(word) for t in types)), "")
    why = "from the publication type"
    by_title = next((design for p, design in _TITLES if re.search(p, title, re.IGNORECASE)), "")
    if not found or (found == "single-arm" and by_title == "rct-parallel"):
        found, why = by_title, "from words in the title"
    if found == "rct-parallel" and re.search(r"\bcross-?over\b", title, re.IGNORECASE):
        found = "rct-crossover"
    return found, why if found else "neither a publication type nor the title tells the design"


def _registry(source: Source, design: str, words: str, notes: list[str]) -> tuple[str, ...]:
    """What the file gives as registrations; of the abstract only one, and not of a review, which lists others'."""
    if any(not r.startswith("PMC") for r in source.registry) or design in REVIEWS:
        return source.registry
    found = registrations(words)
    if len(found) == 1:
        notes.append(f"{found[0]} was read in running text; check that it is this trial's own")
        return (*source.registry, *found)
    if found:
        notes.append(f"the text names {len(found)} registrations ({', '.join(found[:4])}); none was taken")
    return source.registry


def _study(
    citation: Citation, source: Source, design: str, filed: Filed, words: str, types: list[str]
) -> Study:
    retracted = "retracted publication" in types
    if design == "rct-parallel" and re.search(r"\bcross-?over\b", words, re.IGNORECASE):
        design = "rct-crossover"
    review = design in REVIEWS
    blinding = "not-applicable" if review else _blinding(words)
    doses = tuple(sorted({float(d) for d in _DOSE.findall(source.title)} - {0.0}))
    bounds = about()
    low = any(bounds.low_dose_from_mg <= d <= bounds.low_dose_to_mg for d in doses)
    named_low = not doses and re.search(r"\blow[- ]dose naltrexone\b|\bLDN\b", words, re.IGNORECASE)
    trial = design.startswith("rct-") or design == "protocol"
    return Study(
        id="", source="", fingerprint=NOT_A_FILE,
        label=f"{citation.author or 'Anonymous'} {source.year or 'undated'}",
        condition=filed.key,
        design=design,
        blinding=blinding,
        comparator="placebo" if trial and re.search(r"\bplacebos?\b", words, re.IGNORECASE) else "none",
        dose_mg=doses,
        low_dose=low or named_low is not None,
        status="" if design != "protocol" else "published as a protocol; no results in this record",
        in_article=False,
        concerns="Marked as retracted by the database." if retracted else "",
        usable="none",
        usable_note="a reference only; no results were imported",
        reading_note="Made by a program from a bibliographic record; nobody has read the publication.",
        not_seen=tuple(f for f in _GUESSED if not (f == "condition" and filed.seen) and (f != "dose_mg" or doses)),
    )  # fmt: skip


def _blinding(words: str) -> str:
    for pattern, value in (
        (r"\bdouble-?\s?(?:blind|masked)", "double-blind"), (r"\bsingle-?\s?(?:blind|masked)", "single-blind"),
        (r"\bopen-?\s?label\b", "none"),
    ):  # fmt: skip
        if re.search(pattern, words, re.IGNORECASE):
            return value
    return "not-applicable"
