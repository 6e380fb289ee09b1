"""Every combination of the choices of a question, computed; the machinery is `openldn.meta.multiverse`."""

from collections.abc import Iterator
from dataclasses import replace

from openldn.evidence.catalogue import study
from openldn.evidence.effects.arm_means import pooled_sd
from openldn.evidence.effects.comparison import comparison
from openldn.evidence.multiverse.data_sets import DataSet, data_set
from openldn.evidence.multiverse.declaration import Declared
from openldn.meta import multiverse
from openldn.notation import InputError, UnknownName

MultiverseRun = multiverse.Run[Declared, DataSet]
Specification = multiverse.Specification[DataSet]


def specifications(declared: Declared) -> Iterator[Specification]:
    """Every distinct specification, one after the other, without computing any."""
    return multiverse.specifications(declared, lambda picked: data_set(declared, picked))


def run_multiverse(declared: Declared) -> MultiverseRun:
    """Compute every specification. Raises InputError when not one of them can be computed."""
    declared = within(declared)
    try:
        return multiverse.run_plan(
            declared, lambda picked: data_set(declared, picked), lambda data: _unit(declared, data)
        )
    except UnknownName:
        raise
    except InputError as error:
        raise InputError(f"{declared.question.id}: {error}") from None


def within(declared: Declared) -> Declared:
    """The declaration without the options that only a search for a published answer tries."""
    kept = (replace(f, options=tuple(o for o in f.options if not o.search_only)) for f in declared.factors)
    return replace(declared, factors=tuple(kept))


def only_parallel(data: DataSet) -> bool:
    """Whether every trial of the data had groups side by side."""
    return all(study(e.study).design == "rct-parallel" for e in data.entries)


def _unit(declared: Declared, data: DataSet) -> float:
    return standard(declared) if declared.sd_of and data.measure == "SMD" else 1.0


def standard(declared: Declared) -> float:
    """The SD by which a standardised difference is brought to the unit of the question; 1 where none is named."""
    if declared.sd_of is None:
        return 1.0
    found = pooled_sd(comparison(study(declared.sd_of[0]), declared.sd_of[1]))
    if found is None:
        raise InputError(f"{declared.sd_of[0]}, {declared.sd_of[1]}: no SD; name another study in sd_of")
    return found[0]
