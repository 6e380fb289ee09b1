"""Naltrexone: one file of equations per block, beside its table of numbers. Knows no trial.

Blocks stand in `*.model`, their numbers in `*.toml` of the same name, what was measured in `facts/`,
clinical scales in `clinical/`.
"""

from openldn.pharmacology.defaults import Default, defaults
from openldn.pharmacology.drug import block, block_names, entries, facts, fingerprints, kept_to_scans, model
from openldn.pharmacology.observations import Measurable, Scan, measurables, pet_scans
from openldn.pharmacology.scales import Important, Scale, scale, scales, scales_of

__all__ = [
    "Default",
    "Important",
    "Measurable",
    "Scale",
    "Scan",
    "block",
    "block_names",
    "defaults",
    "entries",
    "facts",
    "fingerprints",
    "kept_to_scans",
    "measurables",
    "model",
    "pet_scans",
    "scale",
    "scales",
    "scales_of",
]
