"""Rules about who is who: `cohort-twice` over all studies, `doi` over their references."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from openldn.evidence.lint.finding import Finding, find
from openldn.evidence.study import Study
from openldn.notation import Source, is_doi

COHORT, DOI = "cohort-twice", "doi"
_NCT = re.compile(r"NCT\d{8}")
_PUBMED_CENTRAL = "PMC"


def cohort_twice(studies: Sequence[Study], sources: Mapping[str, Source]) -> Iterator[Finding]:
    """Publications of one registration or one DOI must say by a shared `cohort` that they are one cohort.

    Reviews are left out: they are about other people's people.
    """
    holders: dict[str, list[Study]] = defaultdict(list)
    for study in studies:
        if study.is_review or study.source not in sources:
            continue
        source = sources[study.source]
        ids = {r.upper() for r in source.registry if not r.upper().startswith(_PUBMED_CENTRAL)}
        for mark in ids | ({source.doi.casefold()} if source.doi else set()):
            holders[mark].append(study)
    for mark, group in holders.items():
        first, *others = group
        for study in others:
            if not study.cohort or study.cohort != first.cohort:
                message = f"{mark} is also that of {first.id}; give both the same cohort"
                yield find(COHORT, study, "cohort", message)


def bad_identifier(study: Study, sources: Mapping[str, Source]) -> Iterator[Finding]:
    """A DOI that does not parse, a PMID that is not digits, an NCT number without eight of them."""
    source = sources.get(study.source)
    if source is None:
        yield find(DOI, study, "source", f'"{study.source}" is not in the registry of sources')
        return
    if source.doi and not is_doi(source.doi):
        yield find(DOI, study, "source.doi", f'"{source.doi}" is not a DOI')
    if source.pmid and not source.pmid.isdecimal():
        yield find(DOI, study, "source.pmid", f'"{source.pmid}" is not a PMID: digits only')
    for mark in source.registry:
        if mark.upper().startswith("NCT") and not _NCT.fullmatch(mark):
            yield find(DOI, study, "source.registry", f'"{mark}" is not NCT and eight digits')
