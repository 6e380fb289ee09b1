"""The hashes of every file of this room that an answer may rest on."""

from openldn.evidence.about import about
from openldn.evidence.article import article_fingerprint
from openldn.evidence.catalogue import studies
from openldn.evidence.certainty.fingerprints import certainty_fingerprints
from openldn.evidence.changes import changes_fingerprint
from openldn.evidence.claims import claims_fingerprints
from openldn.evidence.conditions import conditions_fingerprint
from openldn.evidence.corrections import corrections_fingerprint
from openldn.evidence.elsewhere import elsewhere_fingerprint
from openldn.evidence.living.protocol import protocol_fingerprint
from openldn.evidence.living.screening import screening_fingerprint
from openldn.evidence.living.searches import searches_fingerprint
from openldn.evidence.multiverse.declaration import multiverse_fingerprint
from openldn.evidence.questions import questions_fingerprint
from openldn.evidence.readings import second_readings_fingerprints
from openldn.evidence.safety import safety_fingerprint
from openldn.evidence.second_verdicts import second_verdicts_fingerprint
from openldn.notation import Fingerprint


def fingerprints() -> tuple[Fingerprint, ...]:
    """One per file read, in the order of their names; reads whatever has not been read yet."""
    found = [
        about().fingerprint,
        conditions_fingerprint(),
        corrections_fingerprint(),
        elsewhere_fingerprint(),
        safety_fingerprint(),
        questions_fingerprint(),
        multiverse_fingerprint(),
        changes_fingerprint(),
        protocol_fingerprint(),
        searches_fingerprint(),
        screening_fingerprint(),
        *certainty_fingerprints(),
        *claims_fingerprints(),
        article_fingerprint(),
        second_verdicts_fingerprint(),
        *second_readings_fingerprints(),
        *(s.fingerprint for s in studies()),
    ]
    return tuple(sorted(found, key=lambda f: f.file))
