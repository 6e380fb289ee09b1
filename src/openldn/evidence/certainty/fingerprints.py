"""The hashes of the files that a certainty rests on, beside those of its studies and questions."""

from openldn.evidence.certainty.grade import judgements_fingerprint
from openldn.evidence.certainty.risk_of_bias import risk_of_bias_fingerprint
from openldn.evidence.certainty.rules import rules_fingerprint
from openldn.evidence.certainty.told import told_fingerprint
from openldn.evidence.certainty.tools import tools_fingerprint
from openldn.notation import Fingerprint


def certainty_fingerprints() -> tuple[Fingerprint, ...]:
    """One for each file, in the order of their names."""
    return (
        judgements_fingerprint(),
        risk_of_bias_fingerprint(),
        rules_fingerprint(),
        told_fingerprint(),
        tools_fingerprint(),
    )
