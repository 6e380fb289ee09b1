"""What everything about a low dose rests on: that it leaves the brain as slowly as 50 mg does.

Late scans were made after 50 mg only. Each sentence that carries them over to a low dose says so, and
gives what the rival would have, in which the brain follows plasma: doubt about the structure, which
no interval over the numbers of one structure can hold.
"""

from collections.abc import Mapping
from functools import lru_cache

from openldn.answers.switches import settings
from openldn.pharmacology import model

SLOW, PLASMA = "kinetics=biophase", "kinetics=plasma"
IF_PLASMA = "typical person, if the brain followed plasma"
ASSUMES = "This assumes that a low dose leaves the brain as slowly as 50 mg does, which nobody has scanned"
_INSTEAD = "; if the brain followed plasma instead"
SHORT = "Assumes a slow exit from the brain", "; if not"


@lru_cache(maxsize=4)
def version(kinetics: str) -> Mapping[str, float]:
    """The switches of one version of how the brain fills and empties: SLOW or PLASMA."""
    return settings(model(), using=[kinetics])


def unless(what: str) -> str:
    """The sentence that names the assumption and, in `what`, the rival's figures."""
    return f"{ASSUMES}{_INSTEAD}, {what}."


def in_short(text: str) -> tuple[str, ...]:
    """`text` cut where it names the assumption in full: what stands before, between and after, for a page that has
    said it once and puts SHORT there."""
    return tuple(text.split(ASSUMES + _INSTEAD))
