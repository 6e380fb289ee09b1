"""All studies, read once: by id, by condition, one per cohort."""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from openldn.evidence.conditions import condition, conditions
from openldn.evidence.study import Study
from openldn.evidence.study_files import read_study
from openldn.notation import DataError, UnknownName, sources, suggestion

_FOLDER = Path(__file__).with_name("studies")


@lru_cache(maxsize=1)
def studies() -> tuple[Study, ...]:
    """Every study, in the order of conditions and, within one, of file names.

    Raises DataError when a file is damaged, or cites a condition or source that is not there.
    """
    order = {c.key: c.order for c in conditions()}
    known = sources()
    found = []
    for path in sorted(_FOLDER.glob("*.toml")):
        study = read_study(path)
        if study.condition not in order:
            way_out = suggestion(study.condition, order)
            raise DataError(
                f'condition "{study.condition}" is not known; {way_out}',
                file=study.fingerprint.file,
                field="condition",
            )
        if study.source not in known:
            raise DataError("has no reference in sources.toml", file=study.fingerprint.file, field="source")
        found.append(study)
    return tuple(sorted(found, key=lambda s: (order[s.condition], s.id)))


def study(name: str) -> Study:
    """The study with this id or label, in any case. Raises UnknownName with the nearest id."""
    by_name = _by_name()
    found = by_name.get(name.strip().casefold())
    if found is None:
        raise UnknownName("study", name, (s.id for s in studies()))
    return found


def of_condition(name: str) -> tuple[Study, ...]:
    """The studies of the condition with this key, name or alias; UnknownName if there is none such."""
    key = condition(name).key
    return tuple(s for s in studies() if s.condition == key)


def one_per_cohort(found: Iterable[Study]) -> tuple[Study, ...]:
    """The same studies in the same order, but of a shared cohort only the first publication."""
    seen: set[str] = set()
    kept = []
    for s in found:
        if s.cohort not in seen:
            kept.append(s)
        if s.cohort:
            seen.add(s.cohort)
    return tuple(kept)


@lru_cache(maxsize=1)
def _by_name() -> dict[str, Study]:
    labels = {s.label.casefold(): s for s in studies()}
    return labels | {s.id.casefold(): s for s in studies()}
